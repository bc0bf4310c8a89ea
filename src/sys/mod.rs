//! System calls that no library offers in the form needed here: the one room with `unsafe` in it.
//!
//! **Invariant:** everything public is safe to call with any argument; each `unsafe` block says why it is sound.

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "recvmmsg and sendmmsg take pointers")]
mod datagrams;
mod memory;

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
};

#[cfg(target_os = "linux")]
pub use datagrams::Batch;
pub use memory::{release_free_memory, release_program_pages};

/// Where a datagram came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Who sent it.
    pub peer: SocketAddr,
    /// Which address of this machine it was sent to, where one socket has several.
    pub local: Option<IpAddr>,
}

/// Asks the system to say with each datagram which address it was sent to: for sockets that listen on all of them.
///
/// # Errors
/// What the system says; where it has no such thing, nothing happens.
pub fn want_local_address(socket: &UdpSocket) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        datagrams::want_local_address(socket.as_raw_fd(), socket.local_addr()?.is_ipv6())
    }
    #[cfg(not(target_os = "linux"))]
    {
        _ = socket;
        Ok(())
    }
}

/// Sends one datagram, from the address that its query was sent to where that is known.
///
/// # Errors
/// What the system says.
pub fn send_from(socket: &UdpSocket, octets: &[u8], to: &Envelope) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        datagrams::send_from(socket, octets, to)
    }
    #[cfg(not(target_os = "linux"))]
    {
        socket.send_to(octets, to.peer).map(|_| ())
    }
}
