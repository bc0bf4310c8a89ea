//! The UDP loop of one socket.

use std::{net::SocketAddr, sync::Arc};

use hickory_proto::op::ResponseCode;
use hickory_server::{net::xfer::Protocol, server::Request};
use tokio::{net::UdpSocket, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, trace, warn};

use super::{
    handler::{Handler, Verdict},
    reply::Reply,
    screen::{Screened, screen},
};
use crate::state::Counters;

/// Largest datagram that is read, in octets; a longer one is cut by the kernel and fails to parse.
const MAX_DATAGRAM_BYTES: usize = 65_535;

/// Questions of one socket that may wait for the public DNS at once; further ones get SERVFAIL.
const MAX_WAITING: usize = 1024;

/// Answers datagrams until told to stop, then lets what waits for the public DNS finish.
pub(super) async fn serve(socket: UdpSocket, handler: Handler, stop: CancellationToken) {
    let socket = Arc::new(socket);
    let mut waiting = JoinSet::new();
    let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = waiting.join_next() => continue,
            received = socket.recv_from(&mut buffer) => received,
        };
        let (length, from) = match received {
            Ok(received) => received,
            Err(error) => {
                // an ICMP error about an earlier reply; the socket is as good as before
                debug!(%error, "receiving failed");
                continue;
            }
        };
        Counters::add(&handler.counters().udp);
        let message = buffer.get(..length).unwrap_or_default();
        let full = waiting.len() >= MAX_WAITING;
        if let Some(later) = answer(&socket, &handler, message, from, full).await {
            waiting.spawn(later);
        }
    }
    while waiting.join_next().await.is_some() {}
}

/// Answers one datagram at once, or returns what is left to do when the public DNS must be asked; when the queue
/// for that is `full` the answer is SERVFAIL.
async fn answer(
    socket: &Arc<UdpSocket>,
    handler: &Handler,
    message: &[u8],
    from: SocketAddr,
    full: bool,
) -> Option<impl Future<Output = ()> + Send + 'static> {
    let malformed = match screen(message, from) {
        Screened::Drop => {
            Counters::add(&handler.counters().dropped);
            return None;
        }
        Screened::Refuse(header) => {
            Counters::add(&handler.counters().malformed);
            send(socket, &header, from).await;
            return None;
        }
        Screened::Parse(malformed) => malformed,
    };
    let request = match Request::from_bytes(message.to_vec(), from, Protocol::Udp) {
        Ok(request) => request,
        Err(error) => {
            trace!(%from, %error, "malformed message");
            Counters::add(&handler.counters().malformed);
            send(socket, &malformed, from).await;
            return None;
        }
    };
    match handler.verdict(&request) {
        Verdict::Silence => None,
        Verdict::Reply(reply) => {
            send_reply(socket, handler, &request, &reply).await;
            None
        }
        Verdict::Ask(_) if full => {
            warn!(limit = MAX_WAITING, "too many questions wait for the public DNS");
            Counters::add(&handler.counters().upstream_failures);
            send_reply(socket, handler, &request, &Reply::new(&request, ResponseCode::ServFail))
                .await;
            None
        }
        Verdict::Ask(pending) => {
            let (socket, handler) = (Arc::clone(socket), handler.clone());
            Some(async move {
                let reply = handler.finish(&request, *pending).await;
                send_reply(&socket, &handler, &request, &reply).await;
            })
        }
    }
}

async fn send_reply(socket: &UdpSocket, handler: &Handler, request: &Request, reply: &Reply) {
    if let Some((bytes, cut)) = reply.to_datagram(request) {
        if cut {
            Counters::add(&handler.counters().truncated);
        }
        send(socket, &bytes, request.src()).await;
    }
}

async fn send(socket: &UdpSocket, bytes: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(bytes, to).await {
        debug!(%to, %error, "sending failed");
    }
}
