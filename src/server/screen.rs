//! What is decided from a datagram's first twelve bytes, before anything parses it.

use std::net::{IpAddr, SocketAddr};

use hickory_proto::op::{OpCode, ResponseCode};

/// Length of a DNS message's header in octets. Source: RFC 1035 §4.1.1.
const HEADER_BYTES: usize = 12;

/// What to do with a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screened {
    /// No reply, whatever is in it.
    Drop,
    /// A reply that is a header only.
    Refuse([u8; HEADER_BYTES]),
    /// It may be parsed. The header is the FORMERR to send if that fails.
    Parse([u8; HEADER_BYTES]),
}

/// Looks at a datagram's sender and header.
///
/// Responses are dropped first of all: a server that answers them, be it with FORMERR, can be made to talk to
/// another server or to itself for ever.
pub(super) fn screen(message: &[u8], from: SocketAddr) -> Screened {
    let Some(&[id0, id1, flags0, _flags1, ..]) = message.first_chunk::<HEADER_BYTES>() else {
        return Screened::Drop;
    };
    if flags0 & 0x80 != 0 || !can_be_answered(from) {
        return Screened::Drop;
    }
    let opcode = (flags0 >> 3) & 0x0f;
    let header = |flags0: u8, rcode: ResponseCode| {
        [id0, id1, 0x80 | flags0, rcode.low(), 0, 0, 0, 0, 0, 0, 0, 0]
    };
    match OpCode::from_u8(opcode) {
        OpCode::Query | OpCode::Notify | OpCode::Update => {
            Screened::Parse(header(flags0 & 0x79, ResponseCode::FormErr))
        }
        // RD and CD mean nothing with another opcode, so they are not copied. RFC 6895 §2
        _ => Screened::Refuse(header(flags0 & 0x78, ResponseCode::NotImp)),
    }
}

/// Whether an address can be one that a real asker asks from.
pub(super) fn can_be_answered(from: SocketAddr) -> bool {
    let broadcast = match from.ip() {
        IpAddr::V4(ip) => ip.is_broadcast() || ip.is_multicast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    };
    from.port() != 0 && !from.ip().is_unspecified() && !broadcast
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKER: &str = "127.0.0.1:5000";

    fn screened(bytes: &[u8], from: &str) -> Screened {
        screen(bytes, from.parse().unwrap())
    }

    #[test]
    fn responses_stubs_and_impossible_askers_get_no_reply() {
        let query = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let response = [1, 2, 0x81, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
        for (bytes, from) in [
            (&query[..11], ASKER),
            (&[], ASKER),
            (&response[..], ASKER),
            (&query[..], "127.0.0.1:0"),
            (&query[..], "0.0.0.0:5000"),
            (&query[..], "255.255.255.255:5000"),
            (&query[..], "[::]:5000"),
        ] {
            assert_eq!(screened(bytes, from), Screened::Drop, "{bytes:?} from {from}");
        }
        assert!(matches!(screened(&query, ASKER), Screened::Parse(_)));
    }

    #[test]
    fn unknown_opcodes_are_not_implemented_and_copy_no_flags() {
        // opcode 15, RD, RA bit set by mistake, CD
        let message = [7, 8, 0x79, 0x90, 0, 0, 0, 0, 0, 0, 0, 0];
        let reply = [7, 8, 0xf8, 4, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(screened(&message, ASKER), Screened::Refuse(reply));
    }
}
