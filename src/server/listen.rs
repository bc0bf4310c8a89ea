//! The sockets: UDP and TCP at each address, or TCP with TLS.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    thread,
    time::Duration,
};

use hickory_server::Server;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

#[cfg(target_os = "linux")]
use super::batched::Worker;
use super::{handler::Handler, tls::TlsIdentity, udp, upstream::Upstream};
use crate::{
    model::{ResolverEndpointId, ResolverProtocol},
    state::State,
    sys,
};

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

/// What a UDP socket may hold that nobody has read yet, in octets; the system may allow less.
const UDP_BUFFER_BYTES: usize = 4 << 20;

/// Most UDP sockets, and threads, at one address.
pub const MAX_THREADS: usize = 256;

/// How the DNS server works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DnsOptions {
    /// Threads for UDP at each address, each with a socket of its own; 0 is one a core. At most [`MAX_THREADS`].
    pub threads: usize,
    /// Which way UDP queries take.
    pub path: UdpPath,
}

/// Which way UDP queries take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UdpPath {
    /// Batches, answered by the fast path where it can; where the system has no `recvmmsg`, as [`UdpPath::Portable`].
    #[default]
    Fast,
    /// One datagram at a time, answered by the fast path where it can.
    Portable,
    /// One datagram at a time, every one through the codec.
    Full,
}

/// An address of the DNS server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// What to bind; port 0 is any port that is free for UDP and TCP.
    pub address: SocketAddr,
    /// The inbound endpoint that it is an address of; else the topology's `listen` may give it a vantage.
    pub inbound: Option<ResolverEndpointId>,
    /// What is spoken there: UDP and TCP, or TCP with TLS.
    pub protocol: ResolverProtocol,
}

impl From<SocketAddr> for Door {
    fn from(address: SocketAddr) -> Self {
        Self { address, inbound: None, protocol: ResolverProtocol::Do53 }
    }
}

/// The DNS server, bound and not yet serving.
pub struct Dns {
    listeners: Vec<Listener>,
    path: UdpPath,
    tls: Option<Arc<TlsIdentity>>,
    handler: Box<dyn Fn(Door) -> Handler + Send>,
}

struct Listener {
    door: Door,
    bound: SocketAddr,
    udp: Vec<Arc<UdpSocket>>,
    tcp: TcpListener,
}

impl Dns {
    /// Binds UDP and TCP at each door.
    ///
    /// # Errors
    /// If an address cannot be bound; the message names it.
    pub fn bind(
        state: Arc<State>,
        upstream: Arc<Upstream>,
        doors: &[Door],
        options: DnsOptions,
    ) -> io::Result<Self> {
        let path = match options.path {
            UdpPath::Fast if !cfg!(target_os = "linux") => UdpPath::Portable,
            path => path,
        };
        let threads = match (path, options.threads) {
            (UdpPath::Portable | UdpPath::Full, _) => 1,
            (UdpPath::Fast, 0) => thread::available_parallelism().map_or(1, usize::from),
            (UdpPath::Fast, threads) => threads,
        };
        let listeners = doors
            .iter()
            .map(|door| Listener::bind(*door, threads.min(MAX_THREADS)))
            .collect::<Result<_, _>>()?;
        let handler = move |door| Handler::new(Arc::clone(&state), Arc::clone(&upstream), door);
        Ok(Self { listeners, path, tls: None, handler: Box::new(handler) })
    }

    /// Shows this identity where TLS is spoken, instead of one made for the run.
    #[must_use]
    pub fn with_tls(self, identity: TlsIdentity) -> Self {
        Self { tls: Some(Arc::new(identity)), ..self }
    }

    /// The addresses bound, in the order they were given.
    pub fn bound(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.doors().map(|(_, bound)| bound)
    }

    /// The doors, in the order they were given, and the address that each is bound to.
    pub fn doors(&self) -> impl Iterator<Item = (Door, SocketAddr)> + '_ {
        self.listeners.iter().map(|listener| (listener.door, listener.bound))
    }

    /// Serves until `stop` is cancelled; what is being answered then is still answered.
    pub async fn run(self, stop: CancellationToken) {
        let tls = self.tls_identity();
        let mut tasks = JoinSet::new();
        let mut thread = 0;
        for Listener { door, udp, tcp, .. } in self.listeners {
            let handler = (self.handler)(door);
            for socket in udp {
                tasks.spawn(serve_udp(socket, handler.clone(), self.path, thread, stop.clone()));
                thread += 1;
            }
            let mut server = Server::new(handler);
            match (&tls, door.protocol) {
                (_, ResolverProtocol::Do53) => {
                    server.register_listener(tcp, TCP_IDLE, TCP_REPLY_BUFFER);
                }
                (Some(tls), protocol) => {
                    if let Err(error) = tls.serve(&mut server, tcp, protocol) {
                        error!(%error, address = %door.address, "TLS cannot be served");
                    }
                }
                (None, _) => {}
            }
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

    /// What is shown where TLS is spoken; none where it is not.
    fn tls_identity(&self) -> Option<Arc<TlsIdentity>> {
        let with_tls = |listener: &&Listener| listener.door.protocol != ResolverProtocol::Do53;
        let mut addresses =
            self.listeners.iter().filter(with_tls).map(|of| of.bound.ip()).peekable();
        addresses.peek()?;
        if let Some(given) = &self.tls {
            return Some(Arc::clone(given));
        }
        TlsIdentity::self_signed(addresses)
            .inspect_err(|error| error!(%error, "no certificate can be made: TLS is not served"))
            .ok()
            .map(Arc::new)
    }
}

/// Serves one UDP socket until `stop` is cancelled.
async fn serve_udp(
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

impl Listener {
    fn bind(door: Door, threads: usize) -> io::Result<Self> {
        let configured = door.address;
        if door.protocol != ResolverProtocol::Do53 {
            let tcp = listening(configured)?;
            let bound = SocketAddr::new(configured.ip(), port_of(&tcp)?);
            let tcp = TcpListener::from_std(tcp.into())?;
            return Ok(Self { door, bound, udp: Vec::new(), tcp });
        }
        let mut last = None;
        for _ in 0..PORT_TRIES {
            let udp = bind(configured, Type::DGRAM)?;
            let bound = SocketAddr::new(configured.ip(), port_of(&udp)?);
            match listening(bound) {
                Ok(tcp) => {
                    return Ok(Self {
                        door,
                        bound,
                        udp: udp_sockets(udp, bound, threads)?,
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

/// A TCP socket that listens.
fn listening(address: SocketAddr) -> io::Result<Socket> {
    let tcp = bind(address, Type::STREAM)?;
    tcp.listen(BACKLOG)?;
    tcp.set_nonblocking(true)?;
    Ok(tcp)
}

/// The first socket and as many more at its address as there are threads.
///
/// The first one was bound alone, so that an address that somebody else serves is refused: only from then on may the
/// port be shared, and only among those who ask for it.
fn udp_sockets(
    first: Socket,
    bound: SocketAddr,
    threads: usize,
) -> io::Result<Vec<Arc<UdpSocket>>> {
    let mut sockets = vec![first];
    #[cfg(target_os = "linux")]
    if threads > 1 {
        for socket in &sockets {
            socket.set_reuse_port(true)?;
        }
        for _ in 1..threads {
            let socket = unbound(bound, Type::DGRAM)?;
            socket.set_reuse_port(true)?;
            socket.bind(&bound.into())?;
            sockets.push(socket);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = threads;
    let ready = sockets.into_iter().map(|socket| {
        let socket = UdpSocket::from(socket);
        // as much as the system allows
        _ = SockRef::from(&socket).set_recv_buffer_size(UDP_BUFFER_BYTES);
        if bound.ip().is_unspecified() {
            sys::want_local_address(&socket)?;
        }
        Ok(Arc::new(socket))
    });
    ready.collect()
}

/// A socket at an address, alone.
fn bind(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let named = |error: io::Error| {
        let transport = if kind == Type::STREAM { "tcp" } else { "udp" };
        io::Error::new(error.kind(), format!("cannot listen on {transport} {address}: {error}"))
    };
    let socket = unbound(address, kind).map_err(named)?;
    if kind == Type::STREAM {
        // a restart must not wait for connections of the run before; UDP has no such state
        socket.set_reuse_address(true).map_err(named)?;
    }
    socket.bind(&address.into()).map_err(named)?;
    Ok(socket)
}

fn unbound(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let protocol = if kind == Type::STREAM { Protocol::TCP } else { Protocol::UDP };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

fn port_of(socket: &Socket) -> io::Result<u16> {
    let address = socket.local_addr()?.as_socket();
    address
        .map(|address| address.port())
        .ok_or_else(|| io::Error::other("a socket without an address"))
}
