//! Datagrams by the batch: one system call receives many, one sends all their replies.
//!
//! The calls are made directly: the C library's functions for them do more, so that a thread can be cancelled in them.

use std::{
    io,
    mem::{self, MaybeUninit},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket},
    os::fd::{AsRawFd as _, RawFd},
    ptr,
};

use super::Envelope;

/// Datagrams in a batch. Measured: 16 and 256 make no difference.
const SLOTS: usize = 64;

/// Longest datagram that is received whole, in octets: what replies announce (R90), and a cache line more, so that
/// buffers do not share the sets of a cache.
const RECEIVE_BYTES: usize = 4096 + 64;

/// Longest reply, in octets: what an Ethernet carries in one piece; an odd number of cache lines.
const REPLY_BYTES: usize = 1472;

/// Octets of an address of either family, as the system writes it.
#[expect(clippy::cast_possible_truncation, reason = "128")]
const NAME_BYTES: libc::socklen_t = size_of::<libc::sockaddr_storage>() as libc::socklen_t;

/// Room for one control message with the address that a datagram was sent to.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; 64]);

impl Control {
    const NONE: Self = Self([0; 64]);
}

/// A batch of datagrams and the replies to them.
///
/// The headers point into the other vectors, which never grow, shrink or move their content.
pub struct Batch {
    received: Vec<[u8; RECEIVE_BYTES]>,
    replies: Vec<[u8; REPLY_BYTES]>,
    names: Vec<libc::sockaddr_storage>,
    /// Empty where the socket has one address only.
    controls: Vec<Control>,
    /// What `received` and `replies` are to the system; never read again here.
    _receive_vectors: Vec<libc::iovec>,
    reply_vectors: Vec<libc::iovec>,
    receive_headers: Vec<libc::mmsghdr>,
    reply_headers: Vec<libc::mmsghdr>,
    /// Headers that the last call filled in.
    filled: usize,
    /// Replies that wait to be sent.
    queued: usize,
}

impl Batch {
    /// An empty batch. With `local_addresses` each reply leaves from the address that its query was sent to; the
    /// socket must have been told so ([`super::want_local_address`]).
    #[must_use]
    pub fn new(local_addresses: bool) -> Self {
        let mut received = vec![[0; RECEIVE_BYTES]; SLOTS];
        let mut replies = vec![[0; REPLY_BYTES]; SLOTS];
        // SAFETY: an address of zeroes is one of no family
        let name: libc::sockaddr_storage = unsafe { mem::zeroed() };
        let mut names = vec![name; SLOTS];
        let mut controls = vec![Control::NONE; if local_addresses { SLOTS } else { 0 }];
        let mut receive_vectors: Vec<_> =
            pointers(&mut received).map(|buffer| vector(buffer.cast(), RECEIVE_BYTES)).collect();
        let mut reply_vectors: Vec<_> =
            pointers(&mut replies).map(|buffer| vector(buffer.cast(), REPLY_BYTES)).collect();
        let mut controls_left = pointers(&mut controls);
        let receive_headers = pointers(&mut receive_vectors)
            .zip(pointers(&mut names))
            .map(|(vector, name)| {
                let mut header = header(vector);
                header.msg_hdr.msg_name = name.cast();
                header.msg_hdr.msg_namelen = NAME_BYTES;
                if let Some(control) = controls_left.next() {
                    header.msg_hdr.msg_control = control.cast();
                    header.msg_hdr.msg_controllen = size_of::<Control>() as _;
                }
                header
            })
            .collect();
        let reply_headers = pointers(&mut reply_vectors).map(header).collect();
        Self {
            received,
            replies,
            names,
            controls,
            _receive_vectors: receive_vectors,
            reply_vectors,
            receive_headers,
            reply_headers,
            filled: 0,
            queued: 0,
        }
    }

    /// Waits for a datagram, takes what else is there, and returns how many that is. Replies not sent are forgotten.
    ///
    /// # Errors
    /// What the system says; the batch is empty then.
    pub fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let control_bytes = if self.controls.is_empty() { 0 } else { size_of::<Control>() };
        for header in self.receive_headers.iter_mut().take(self.filled) {
            header.msg_hdr.msg_namelen = NAME_BYTES;
            header.msg_hdr.msg_controllen = control_bytes as _;
        }
        (self.filled, self.queued) = (0, 0);
        // SAFETY: the headers point to buffers, names and controls that live as long as `self`, of the lengths they
        // say, and nothing else holds a reference to them during the call
        let filled = unsafe {
            libc::syscall(
                libc::SYS_recvmmsg,
                socket.as_raw_fd(),
                self.receive_headers.as_mut_ptr(),
                length(self.receive_headers.len()),
                libc::MSG_WAITFORONE,
                ptr::null_mut::<libc::timespec>(),
            )
        };
        self.filled = usize::try_from(filled).map_err(|_| io::Error::last_os_error())?;
        Ok(self.filled)
    }

    /// The datagram at a place of the batch, who sent it, and room for a reply to it.
    pub fn exchange(&mut self, at: usize) -> Option<(&[u8], SocketAddr, &mut [u8])> {
        let header = self.receive_headers.get(at).filter(|_| at < self.filled)?;
        let datagram = self.received.get(at)?.get(..usize::try_from(header.msg_len).ok()?)?;
        let from = socket_address(self.names.get(at)?)?;
        Some((datagram, from, self.replies.get_mut(self.queued)?))
    }

    /// Where the datagram at a place came from, for a reply that is sent later.
    #[must_use]
    pub fn envelope(&self, at: usize) -> Option<Envelope> {
        let peer = socket_address(self.names.get(at).filter(|_| at < self.filled)?)?;
        let local = self.receive_headers.get(at).and_then(|header| local_address(&header.msg_hdr));
        Some(Envelope { peer, local })
    }

    /// Queues the first octets of the room that [`Batch::exchange`] gave as the reply to the datagram at a place.
    pub fn reply(&mut self, at: usize, octets: usize) {
        let (Some(asked), Some(header), Some(vector)) = (
            self.receive_headers.get_mut(at).filter(|_| at < self.filled),
            self.reply_headers.get_mut(self.queued),
            self.reply_vectors.get_mut(self.queued),
        ) else {
            return;
        };
        vector.iov_len = octets.min(REPLY_BYTES);
        header.msg_hdr.msg_name = asked.msg_hdr.msg_name;
        header.msg_hdr.msg_namelen = asked.msg_hdr.msg_namelen;
        if !self.controls.is_empty() {
            forget_interface(&mut asked.msg_hdr);
            header.msg_hdr.msg_control = asked.msg_hdr.msg_control;
            header.msg_hdr.msg_controllen = asked.msg_hdr.msg_controllen;
        }
        self.queued += 1;
    }

    /// Sends the queued replies. One that the system refuses is left out; returned is how many those are.
    #[inline(always)]
    pub fn send(&mut self, socket: &UdpSocket) -> usize {
        let mut refused = 0;
        let mut at = 0;
        while let Some(rest) = self.reply_headers.get_mut(at..self.queued).filter(|r| !r.is_empty())
        {
            // SAFETY: each header points to a reply, a name and perhaps a control that live as long as `self`, of the
            // lengths it says; the system only reads them
            let taken = unsafe {
                libc::syscall(
                    libc::SYS_sendmmsg,
                    socket.as_raw_fd(),
                    rest.as_mut_ptr(),
                    length(rest.len()),
                    0,
                )
            };
            match usize::try_from(taken) {
                Ok(taken) if taken > 0 => at += taken,
                _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                _ => {
                    refused += 1;
                    at += 1;
                }
            }
        }
        self.queued = 0;
        refused
    }
}

/// Sends one datagram, from the address that the query was sent to where that is known.
///
/// # Errors
/// What the system says.
pub(super) fn send_from(socket: &UdpSocket, octets: &[u8], to: &Envelope) -> io::Result<()> {
    let peer = socket2::SockAddr::from(to.peer);
    let mut control = Control::NONE;
    // SAFETY: a header of zeroes has no parts
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    let mut part =
        libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() };
    header.msg_name = peer.as_ptr().cast_mut().cast();
    header.msg_namelen = peer.len();
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    if let Some(local) = to.local {
        header.msg_control = (&raw mut control).cast();
        header.msg_controllen = size_of::<Control>() as _;
        put_local_address(&mut header, local);
    }
    // SAFETY: the header points to `peer`, `part` and `control`, which outlive the call, and the system only reads
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_DONTWAIT) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Asks the system to say with each datagram which address it was sent to.
///
/// # Errors
/// What the system says.
pub(super) fn want_local_address(socket: RawFd, ipv6: bool) -> io::Result<()> {
    let on: libc::c_int = 1;
    let (level, option) = if ipv6 {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
    } else {
        (libc::IPPROTO_IP, libc::IP_PKTINFO)
    };
    #[expect(clippy::cast_possible_truncation, reason = "4")]
    let length = size_of_val(&on) as libc::socklen_t;
    // SAFETY: the option is an integer, and `on` is one of the length given
    let result = unsafe { libc::setsockopt(socket, level, option, (&raw const on).cast(), length) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Pointers to the items of a vector, as the vector itself has them: they stay good while it keeps its length, since
/// every reference to an item is made from the vector and gone before the next system call.
fn pointers<T>(items: &mut Vec<T>) -> impl Iterator<Item = *mut T> + use<T> {
    let first = items.as_mut_ptr();
    (0..items.len()).map(move |at| first.wrapping_add(at))
}

fn vector(buffer: *mut u8, octets: usize) -> libc::iovec {
    libc::iovec { iov_base: buffer.cast(), iov_len: octets }
}

fn header(vector: *mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: a header of zeroes has no parts
    let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
    header.msg_hdr.msg_iov = vector;
    header.msg_hdr.msg_iovlen = 1;
    header
}

fn length(count: usize) -> libc::c_uint {
    libc::c_uint::try_from(count).unwrap_or(0)
}

fn socket_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says what it is, and the storage has room and alignment for every family
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above
            let v6 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            Some(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// The address that a datagram was sent to, if the system said so.
fn local_address(header: &libc::msghdr) -> Option<IpAddr> {
    let (level, kind, data) = control_message(header)?;
    match (level, kind) {
        (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
            // SAFETY: level and type say what the data is; it need not be aligned
            let info = unsafe { ptr::read_unaligned(data.cast::<libc::in_pktinfo>()) };
            Some(Ipv4Addr::from(u32::from_be(info.ipi_spec_dst.s_addr)).into())
        }
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
            // SAFETY: as above
            let info = unsafe { ptr::read_unaligned(data.cast::<libc::in6_pktinfo>()) };
            Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into())
        }
        _ => None,
    }
}

/// Lets routing choose the interface that an IPv4 reply leaves by. An IPv6 one needs it for link-local addresses.
fn forget_interface(header: &mut libc::msghdr) {
    if let Some((libc::IPPROTO_IP, libc::IP_PKTINFO, data)) = control_message(header) {
        let interface = data.wrapping_add(mem::offset_of!(libc::in_pktinfo, ipi_ifindex));
        // SAFETY: level and type say what the data is, and it lies in a buffer of ours that nobody else refers to
        unsafe { interface.cast::<[u8; 4]>().write([0; 4]) };
    }
}

/// Level, type and data of the first control message.
fn control_message(header: &libc::msghdr) -> Option<(libc::c_int, libc::c_int, *mut u8)> {
    // SAFETY: the control buffer is as long as the header says, and aligned; a null result means that there is no
    // whole message in it
    unsafe {
        let first = libc::CMSG_FIRSTHDR(header);
        if first.is_null() {
            return None;
        }
        Some(((*first).cmsg_level, (*first).cmsg_type, libc::CMSG_DATA(first)))
    }
}

/// Writes the control message that makes a datagram leave from an address.
fn put_local_address(header: &mut libc::msghdr, address: IpAddr) {
    // SAFETY: `header` has a control buffer of the size of `Control`, which has room for either message; its first
    // header and the data behind it lie inside
    unsafe {
        let first = libc::CMSG_FIRSTHDR(header);
        if first.is_null() {
            return;
        }
        let data = libc::CMSG_DATA(first);
        match address {
            IpAddr::V4(v4) => {
                let mut info: libc::in_pktinfo = MaybeUninit::zeroed().assume_init();
                info.ipi_spec_dst.s_addr = u32::from(v4).to_be();
                let size = length(size_of_val(&info));
                (*first).cmsg_level = libc::IPPROTO_IP;
                (*first).cmsg_type = libc::IP_PKTINFO;
                (*first).cmsg_len = libc::CMSG_LEN(size) as _;
                ptr::write_unaligned(data.cast(), info);
                header.msg_controllen = libc::CMSG_SPACE(size) as _;
            }
            IpAddr::V6(v6) => {
                let mut info: libc::in6_pktinfo = MaybeUninit::zeroed().assume_init();
                info.ipi6_addr.s6_addr = v6.octets();
                let size = length(size_of_val(&info));
                (*first).cmsg_level = libc::IPPROTO_IPV6;
                (*first).cmsg_type = libc::IPV6_PKTINFO;
                (*first).cmsg_len = libc::CMSG_LEN(size) as _;
                ptr::write_unaligned(data.cast(), info);
                header.msg_controllen = libc::CMSG_SPACE(size) as _;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(batch: &mut Batch, server: &UdpSocket) -> Vec<Envelope> {
        let received = batch.receive(server).unwrap();
        let mut envelopes = Vec::new();
        for at in 0..received {
            let (datagram, _, room) = batch.exchange(at).unwrap();
            let length = datagram.len().min(room.len());
            room[..length].copy_from_slice(&datagram[..length]);
            envelopes.push(batch.envelope(at).unwrap());
            batch.reply(at, length);
        }
        assert_eq!(batch.send(server), 0, "none is refused");
        envelopes
    }

    #[test]
    fn replies_go_back_to_who_asked() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let server = UdpSocket::bind(address).unwrap();
            let clients: Vec<UdpSocket> =
                (0..3).map(|_| UdpSocket::bind(address).unwrap()).collect();
            for (at, client) in (0_u8..).zip(&clients) {
                client.send_to(&[at; 20], server.local_addr().unwrap()).unwrap();
                client.send_to(&[at + 10; 30], server.local_addr().unwrap()).unwrap();
            }
            let mut batch = Batch::new(false);
            let mut echoed = 0;
            while echoed < 6 {
                echoed += echo(&mut batch, &server).len();
            }
            for (at, client) in (0_u8..).zip(&clients) {
                let mut buffer = [0; 64];
                for expected in [&[at; 20][..], &[at + 10; 30]] {
                    let (length, from) = client.recv_from(&mut buffer).unwrap();
                    assert_eq!((&buffer[..length], from), (expected, server.local_addr().unwrap()));
                }
            }
        }
    }

    #[test]
    fn replies_leave_from_the_address_that_was_asked() {
        let server = UdpSocket::bind("0.0.0.0:0").unwrap();
        super::super::want_local_address(&server).unwrap();
        let port = server.local_addr().unwrap().port();
        let asked = SocketAddr::from(([127, 0, 0, 7], port));
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(b"one", asked).unwrap();
        let mut batch = Batch::new(true);
        let envelopes = echo(&mut batch, &server);
        let mut buffer = [0; 64];
        assert_eq!(client.recv_from(&mut buffer).unwrap(), (3, asked));
        assert_eq!(envelopes[0].local, Some(asked.ip()));
        super::super::send_from(&server, b"later", &envelopes[0]).unwrap();
        assert_eq!(client.recv_from(&mut buffer).unwrap(), (5, asked));
    }
}
