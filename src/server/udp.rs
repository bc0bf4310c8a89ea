//! The full path of UDP, and the loop of platforms without `recvmmsg`.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
};

use hickory_server::{net::xfer::Protocol, server::Request};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, trace, warn};

use super::{
    fast::{Scene, Workplace},
    handler::{Handler, Pending, Verdict},
    reply::Reply,
    screen::{Screened, screen},
};
use crate::{
    health::Moment,
    state::{Counters, Way},
    sys::{self, Envelope},
};

/// Largest datagram that the portable loop reads, in octets; a longer one is cut by the kernel and fails to parse.
const MAX_DATAGRAM_BYTES: usize = 65_535;

/// Longest reply of the fast path in the portable loop, in octets: what an Ethernet carries in one piece.
const MAX_FAST_BYTES: usize = 1472;

/// Datagrams of one socket that may wait for the full path; further ones are answered SERVFAIL, or dropped.
pub(super) const MAX_HANDED: usize = 1024;

/// Questions of one socket that may wait for the public DNS at once; further ones get SERVFAIL.
const MAX_WAITING: usize = 1024;

/// A datagram that was handed to the full path.
pub(super) struct Handed {
    /// What was asked.
    pub(super) octets: Vec<u8>,
    /// By whom.
    pub(super) envelope: Envelope,
    /// When it was handed over.
    pub(super) since: Moment,
}

/// Where the full path's replies leave.
#[derive(Clone)]
struct Outlet {
    socket: Arc<UdpSocket>,
    handler: Handler,
}

/// Takes the full path with what is handed over, until nobody can hand over more and nothing waits.
pub(super) async fn full_path(
    socket: Arc<UdpSocket>,
    handler: Handler,
    mut handed: mpsc::Receiver<Handed>,
) {
    let outlet = Outlet { socket, handler };
    let mut waiting = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = waiting.join_next() => {}
            next = handed.recv() => match next {
                None => break,
                Some(handed) => {
                    outlet.answer(handed, &mut waiting);
                    // a long queue must not keep the runtime from everything else
                    tokio::task::consume_budget().await;
                }
            },
        }
    }
    while waiting.join_next().await.is_some() {}
}

/// Answers datagrams one by one until told to stop, then lets what waits for the public DNS finish. Without
/// `fast_path` every one of them takes the full path.
pub(super) async fn portable(
    socket: Arc<UdpSocket>,
    handler: Handler,
    fast_path: bool,
    stop: CancellationToken,
) -> std::io::Result<()> {
    socket.set_nonblocking(true)?;
    let incoming = tokio::net::UdpSocket::from_std(socket.try_clone()?)?;
    let outlet = Outlet { socket, handler };
    let mut waiting = JoinSet::new();
    let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = waiting.join_next() => continue,
            received = incoming.recv_from(&mut buffer) => received,
        };
        let (length, peer) = match received {
            Ok(received) => received,
            Err(error) => {
                // an ICMP error about an earlier reply; the socket is as good as before
                debug!(%error, "receiving failed");
                continue;
            }
        };
        Counters::add(&outlet.handler.counters().udp);
        if !outlet.handler.admits(&outlet.handler.state().current(), peer) {
            continue;
        }
        let octets = buffer.get(..length).unwrap_or_default();
        if !(fast_path && outlet.answer_fast(octets, peer)) {
            let envelope = Envelope { peer, local: None };
            let since = outlet.handler.now();
            outlet.answer(Handed { octets: octets.to_vec(), envelope, since }, &mut waiting);
        }
    }
    while waiting.join_next().await.is_some() {}
    Ok(())
}

impl Outlet {
    /// Answers by the fast path, if that takes it.
    fn answer_fast(&self, octets: &[u8], peer: SocketAddr) -> bool {
        let mut out = [0; MAX_FAST_BYTES];
        let snapshot = self.handler.state().current();
        let mut place = Workplace::default();
        let Some(scene) = Scene::new(&self.handler, &snapshot, &mut place) else { return false };
        let Some(length) = scene.reply(octets, peer, &mut out, &mut place) else { return false };
        scene.end();
        self.handler.counters().collect(&mut place.tally);
        let reply = out.get(..length).unwrap_or_default();
        if !reply.is_empty() {
            self.send(reply, &Envelope { peer, local: None });
        }
        true
    }

    /// Answers a datagram at once, or adds to those that `wait` for the public DNS; when these are too many already
    /// the answer is SERVFAIL.
    fn answer(&self, handed: Handed, waiting: &mut JoinSet<()>) {
        let Handed { octets, envelope: from, since } = handed;
        match decide(&self.handler, octets, from.peer, since) {
            Decided::Nothing => {}
            Decided::Reply(reply) => self.send(&reply, &from),
            Decided::Ask(request, pending) if waiting.len() >= MAX_WAITING => {
                warn!(limit = MAX_WAITING, "too many questions wait for the public DNS");
                Counters::add(&self.handler.counters().upstream_failures);
                let reply = pending.servfail(&request);
                if let Some(reply) =
                    encode(&self.handler, &request, &reply, (Way::Forwarded, since))
                {
                    self.send(&reply, &from);
                }
            }
            Decided::Ask(request, pending) => {
                let outlet = self.clone();
                waiting.spawn(async move {
                    let reply = outlet.handler.finish(&request, *pending).await;
                    if let Some(reply) =
                        encode(&outlet.handler, &request, &reply, (Way::Forwarded, since))
                    {
                        outlet.send(&reply, &from);
                    }
                });
            }
        }
    }

    fn send(&self, octets: &[u8], to: &Envelope) {
        if let Err(error) = sys::send_from(&self.socket, octets, to) {
            debug!(to = %to.peer, %error, "sending failed");
        }
    }
}

/// What the full path makes of a datagram.
pub(super) enum Decided {
    /// No reply.
    Nothing,
    /// These octets.
    Reply(Vec<u8>),
    /// What the public DNS says.
    Ask(Box<Request>, Box<Pending>),
}

/// Decides about a datagram without waiting for anything.
pub(super) fn decide(
    handler: &Handler,
    octets: Vec<u8>,
    from: SocketAddr,
    since: Moment,
) -> Decided {
    let malformed = match screen(&octets, from) {
        Screened::Drop => {
            Counters::add(&handler.counters().dropped);
            return Decided::Nothing;
        }
        Screened::Refuse(header) => {
            Counters::add(&handler.counters().malformed);
            return Decided::Reply(header.into());
        }
        Screened::Parse(malformed) => malformed,
    };
    let request = match Request::from_bytes(octets, from, Protocol::Udp) {
        Ok(request) => request,
        Err(error) => {
            trace!(%from, %error, "malformed message");
            Counters::add(&handler.counters().malformed);
            return Decided::Reply(malformed.into());
        }
    };
    Counters::add(&handler.counters().full);
    match handler.verdict(&request) {
        Verdict::Silence => Decided::Nothing,
        Verdict::Reply(reply) => encode(handler, &request, &reply, (Way::Full, since))
            .map_or(Decided::Nothing, Decided::Reply),
        Verdict::Ask(pending) => Decided::Ask(Box::new(request), pending),
    }
}

/// The octets of a reply to a question that took a `way` `since` it came; it is counted, and who listens is told of it.
fn encode(
    handler: &Handler,
    request: &Request,
    reply: &Reply,
    (way, since): (Way, Moment),
) -> Option<Vec<u8>> {
    let (octets, cut) = reply.to_datagram(request)?;
    if cut {
        Counters::add(&handler.counters().truncated);
    }
    handler.replied(request, reply, way, since);
    handler.tell(request, reply, || Some(octets.clone()));
    Some(octets)
}
