//! Binding: UDP and TCP at an address, or TCP alone where TLS is spoken.

use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::{model::ResolverProtocol, sys};

/// Connections that may wait for being accepted.
const BACKLOG: i32 = 1024;

/// How often another free port is tried when only one of its UDP and TCP sides is free.
const PORT_TRIES: usize = 16;

/// What a UDP socket may hold that nobody has read yet, in octets; the system may allow less.
const UDP_BUFFER_BYTES: usize = 4 << 20;

/// The sockets of one address.
pub(super) struct Sockets {
    /// Where they are: the port is never 0.
    pub(super) bound: SocketAddr,
    /// One a thread; none where TLS is spoken.
    pub(super) udp: Vec<Arc<UdpSocket>>,
    /// Connections.
    pub(super) tcp: TcpListener,
}

impl Sockets {
    /// Binds what a protocol needs at an address. Port 0 is any port that is free for UDP and TCP.
    pub(super) fn bind(
        configured: SocketAddr,
        protocol: ResolverProtocol,
        threads: usize,
    ) -> io::Result<Self> {
        if protocol != ResolverProtocol::Do53 {
            let tcp = listening(configured)?;
            let bound = SocketAddr::new(configured.ip(), port_of(&tcp)?);
            return Ok(Self { bound, udp: Vec::new(), tcp: tcp.into() });
        }
        let mut last = None;
        for _ in 0..PORT_TRIES {
            let udp = bind(configured, Type::DGRAM)?;
            let bound = SocketAddr::new(configured.ip(), port_of(&udp)?);
            match listening(bound) {
                Ok(tcp) => {
                    let udp = udp_sockets(udp, bound, threads)?;
                    return Ok(Self { bound, udp, tcp: tcp.into() });
                }
                Err(error) if configured.port() == 0 => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last
            .unwrap_or_else(|| io::Error::other(format!("no free port at {}", configured.ip()))))
    }

    /// The same at an address where a TCP socket listens already, which is taken over.
    pub(super) fn beside(
        tcp: TcpListener,
        bound: SocketAddr,
        protocol: ResolverProtocol,
        threads: usize,
    ) -> io::Result<Self> {
        let udp = match protocol {
            ResolverProtocol::Do53 => udp_sockets(bind(bound, Type::DGRAM)?, bound, threads)?,
            ResolverProtocol::DoT | ResolverProtocol::DoH => Vec::new(),
        };
        Ok(Self { bound, udp, tcp })
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
