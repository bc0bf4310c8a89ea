//! What is done with the sockets of a door until it closes.

use std::{io, net::UdpSocket, sync::Arc, time::Duration};

use hickory_server::Server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

#[cfg(target_os = "linux")]
use super::batched::Worker;
use super::{handler::Handler, listen::UdpPath, tls::TlsIdentity, udp};
use crate::model::ResolverProtocol;

/// A TCP connection without a message for this long is closed.
/// Source: RFC 7766 §6.2.3 leaves it to the server, "of the order of a few seconds".
const TCP_IDLE: Duration = Duration::from_secs(10);

/// Replies that may wait in one TCP connection.
const TCP_REPLY_BUFFER: usize = 32;

/// Serves connections at one socket, by hickory's server.
pub(super) fn tcp(
    socket: std::net::TcpListener,
    handler: Handler,
    protocol: ResolverProtocol,
    tls: Option<&TlsIdentity>,
) -> io::Result<Server<Handler>> {
    let tcp = TcpListener::from_std(socket)?;
    let mut server = Server::new(handler);
    match (tls, protocol) {
        (_, ResolverProtocol::Do53) => {
            server.register_listener(tcp, TCP_IDLE, TCP_REPLY_BUFFER);
        }
        (Some(tls), protocol) => tls.serve(&mut server, tcp, protocol)?,
        (None, _) => {}
    }
    Ok(server)
}

/// Lets connections be served until `stop` is cancelled.
pub(super) async fn until(mut server: Server<Handler>, stop: CancellationToken) {
    stop.cancelled().await;
    if let Err(error) = server.shutdown_gracefully().await {
        warn!(%error, "the TCP listener ended badly");
    }
}

/// Serves one UDP socket until `stop` is cancelled.
pub(super) async fn udp(
    socket: Arc<UdpSocket>,
    handler: Handler,
    path: UdpPath,
    thread: usize,
    stop: CancellationToken,
) {
    #[cfg(target_os = "linux")]
    if path == UdpPath::Fast {
        let (hand_over, handed) = tokio::sync::mpsc::channel(udp::MAX_HANDED);
        let started = Worker::start(Arc::clone(&socket), handler.clone(), hand_over, thread);
        match started {
            Ok(worker) => {
                let stopped = async {
                    stop.cancelled().await;
                    _ = tokio::task::spawn_blocking(|| drop(worker)).await;
                };
                let handed_over = async {
                    udp::full_path(Arc::clone(&socket), handler.clone(), handed).await;
                    if !stop.is_cancelled() {
                        error!("a thread of the DNS server is gone: its socket is served without");
                        serve_portable(socket, handler, path, stop.clone()).await;
                    }
                };
                tokio::join!(handed_over, stopped);
                return;
            }
            Err(error) => warn!(%error, "no thread for the fast path: going without"),
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = thread;
    serve_portable(socket, handler, path, stop).await;
}

async fn serve_portable(
    socket: Arc<UdpSocket>,
    handler: Handler,
    path: UdpPath,
    stop: CancellationToken,
) {
    let fast_path = path != UdpPath::Full;
    if let Err(error) = udp::portable(socket, handler, fast_path, stop).await {
        error!(%error, "a UDP socket cannot be served");
    }
}
