//! The sockets: UDP and TCP at each address.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hickory_server::Server;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{handler::Handler, udp, upstream::Upstream};
use crate::state::State;

/// A TCP connection without a message for this long is closed.
/// Source: RFC 7766 §6.2.3 leaves it to the server, "of the order of a few seconds".
const TCP_IDLE: Duration = Duration::from_secs(10);

/// Replies that may wait in one TCP connection.
const TCP_REPLY_BUFFER: usize = 32;

/// How long questions that wait for the public DNS may hold up the end.
const DRAIN: Duration = Duration::from_secs(5);

/// Connections that may wait for being accepted.
const BACKLOG: i32 = 1024;

/// How often another free port is tried when only one of its UDP and TCP sides is free.
const PORT_TRIES: usize = 16;

/// The DNS server, bound and not yet serving.
pub struct Dns {
    listeners: Vec<Listener>,
    handler: Box<dyn Fn(SocketAddr) -> Handler + Send>,
}

struct Listener {
    configured: SocketAddr,
    bound: SocketAddr,
    udp: UdpSocket,
    tcp: TcpListener,
}

impl Dns {
    /// Binds UDP and TCP at each address; port 0 is any port that is free for both.
    ///
    /// # Errors
    /// If an address cannot be bound; the message names it.
    pub fn bind(
        state: Arc<State>,
        upstream: Arc<Upstream>,
        addresses: &[SocketAddr],
    ) -> io::Result<Self> {
        let listeners =
            addresses.iter().map(|address| Listener::bind(*address)).collect::<Result<_, _>>()?;
        let handler =
            move |configured| Handler::new(Arc::clone(&state), Arc::clone(&upstream), configured);
        Ok(Self { listeners, handler: Box::new(handler) })
    }

    /// The addresses bound, in the order they were given.
    pub fn bound(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.listeners.iter().map(|listener| listener.bound)
    }

    /// Serves until `stop` is cancelled; what is being answered then is still answered.
    pub async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        for Listener { configured, udp, tcp, .. } in self.listeners {
            let handler = (self.handler)(configured);
            tasks.spawn(udp::serve(udp, handler.clone(), stop.clone()));
            let mut server = Server::new(handler);
            server.register_listener(tcp, TCP_IDLE, TCP_REPLY_BUFFER);
            let stop = stop.clone();
            tasks.spawn(async move {
                stop.cancelled().await;
                if let Err(error) = server.shutdown_gracefully().await {
                    warn!(%error, "the TCP listener ended badly");
                }
            });
        }
        stop.cancelled().await;
        if timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
            warn!(after = ?DRAIN, "some questions are left without an answer");
        }
    }
}

impl Listener {
    fn bind(configured: SocketAddr) -> io::Result<Self> {
        let mut last = None;
        for _ in 0..PORT_TRIES {
            let udp = socket(configured, Type::DGRAM, Protocol::UDP)?;
            let bound = SocketAddr::new(configured.ip(), port_of(&udp)?);
            match socket(bound, Type::STREAM, Protocol::TCP).and_then(|tcp| {
                tcp.listen(BACKLOG)?;
                Ok(tcp)
            }) {
                Ok(tcp) => {
                    return Ok(Self {
                        configured,
                        bound,
                        udp: UdpSocket::from_std(udp.into())?,
                        tcp: TcpListener::from_std(tcp.into())?,
                    });
                }
                Err(error) if configured.port() == 0 => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last
            .unwrap_or_else(|| io::Error::other(format!("no free port at {}", configured.ip()))))
    }
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let named = |error: io::Error| {
        let transport = if kind == Type::STREAM { "tcp" } else { "udp" };
        io::Error::new(error.kind(), format!("cannot listen on {transport} {address}: {error}"))
    };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol)).map_err(named)?;
    if address.is_ipv6() {
        socket.set_only_v6(true).map_err(named)?;
    }
    if kind == Type::STREAM {
        // a restart must not wait for connections of the run before; UDP has no such state, and sharing its
        // port with a server that is still running would split the questions between the two
        socket.set_reuse_address(true).map_err(named)?;
    }
    socket.set_nonblocking(true).map_err(named)?;
    socket.bind(&address.into()).map_err(named)?;
    Ok(socket)
}

fn port_of(socket: &Socket) -> io::Result<u16> {
    let address = socket.local_addr()?.as_socket();
    address
        .map(|address| address.port())
        .ok_or_else(|| io::Error::other("a socket without an address"))
}
