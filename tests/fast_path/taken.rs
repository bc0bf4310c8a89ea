//! What the fast path takes, query by query, as real clients send them; and that it allocates nothing for them.

use crate::Server;

const TOPOLOGY: &str = "
region: us-east-1
vpcs:
  v:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24 }
    vpc_endpoints:
      sns:
        id: vpce-0123456789abcdef0
        dns_name_hash: lj2wisx3
        service_name: sns
        subnets: { a: 10.0.1.50, b: 10.0.2.50 }
        private_dns_enabled: true
";

/// The QNAME of the tables, in wire format: `sns.us-east-1.amazonaws.com`, type A, class IN.
const QUESTION: &[u8] = b"\x03sns\x09us-east-1\x09amazonaws\x03com\x00\x00\x01\x00\x01";

fn query(flags: [u8; 2], additional: u8, question: &[u8], behind: &[u8]) -> Vec<u8> {
    let header = [7, 8, flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, additional];
    [&header[..], question, behind].concat()
}

#[test]
fn what_real_clients_send_is_taken_and_what_is_odd_is_not() {
    let server = Server::new(TOPOLOGY);
    let opt = |payload: [u8; 2], flags: u8, options: &[u8]| {
        let length = u8::try_from(options.len()).unwrap();
        [&[0, 0, 41, payload[0], payload[1], 0, 0, flags, 0, 0, length][..], options].concat()
    };
    let cookie = b"\x00\x0a\x00\x08abcdefgh";
    let upper = QUESTION.to_ascii_uppercase();
    let no_rd = query([0, 0], 0, QUESTION, &[]);
    let version_1 = [0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0];
    for (client, datagram, taken) in [
        ("glibc, musl, Go without EDNS", query([1, 0], 0, QUESTION, &[]), true),
        (
            "glibc with edns0 and trust-ad",
            query([1, 0x20], 1, QUESTION, &opt([4, 176], 0, &[])),
            true,
        ),
        (
            "dig: AD, EDNS 1232, COOKIE",
            query([1, 0x20], 1, QUESTION, &opt([4, 208], 0, cookie)),
            true,
        ),
        ("dig +dnssec +cd", query([1, 0x30], 1, QUESTION, &opt([4, 208], 0x80, cookie)), true),
        ("unbound with 0x20", query([1, 0x10], 1, &upper, &opt([16, 0], 0x80, &[])), true),
        (
            "padded by a DoT forwarder",
            query([1, 0], 1, QUESTION, &opt([4, 208], 0, b"\0\x0c\0\x02\0\0")),
            true,
        ),
        ("dig +norecurse", no_rd, false),
        ("dig +nsid", query([1, 0], 1, QUESTION, &opt([4, 208], 0, b"\0\x03\0\0")), false),
        (
            "dig +subnet",
            query([1, 0], 1, QUESTION, &opt([4, 208], 0, b"\0\x08\0\x07\0\x01\x18\0\x0a\0\x01")),
            false,
        ),
        ("EDNS version 1", query([1, 0], 1, QUESTION, &version_1), false),
        (
            "an option longer than its record",
            query([1, 0], 1, QUESTION, &opt([4, 208], 0, b"\0\x0a\0\x09abcd")),
            false,
        ),
        ("octets behind the question", query([1, 0], 0, QUESTION, &[0]), false),
        (
            "octets behind the OPT record",
            query([1, 0], 1, QUESTION, &[&opt([4, 208], 0, &[])[..], &[0]].concat()),
            false,
        ),
        ("an OPT record that is announced and missing", query([1, 0], 1, QUESTION, &[]), false),
        ("opcode NOTIFY", query([0x21, 0], 0, QUESTION, &[]), false),
        ("a response", query([0x81, 0x80], 0, QUESTION, &[]), false),
        ("TC set", query([3, 0], 0, QUESTION, &[]), false),
        ("a compressed name", query([1, 0], 0, b"\xc0\x0c\x00\x01\x00\x01", &[]), false),
        ("class CH", query([1, 0], 0, b"\x07version\x04bind\x00\x00\x10\x00\x03", &[]), false),
        ("a zone transfer", query([1, 0], 0, b"\x00\x00\xfc\x00\x01", &[]), false),
        ("a name without an end", query([1, 0], 0, b"\x03sns", &[]), false),
        ("nothing", Vec::new(), false),
    ] {
        let asker = "127.0.0.1:1000".parse().unwrap();
        assert_eq!(server.fast(&datagram, asker).is_some(), taken, "{client}");
    }
    let plain = query([1, 0], 0, QUESTION, &[]);
    assert!(server.fast(&plain, "127.0.0.1:0".parse().unwrap()).is_none(), "port 0");
}

#[test]
fn a_cache_is_the_full_paths() {
    let server = Server::new(&format!("cache: aws\n{TOPOLOGY}"));
    let datagram = query([1, 0], 0, QUESTION, &[]);
    assert!(server.fast(&datagram, "127.0.0.1:1000".parse().unwrap()).is_none());
}

#[test]
fn names_rotate_one_by_one_over_both_paths() {
    let server = Server::new(TOPOLOGY);
    let asker = "127.0.0.1:1000".parse().unwrap();
    let datagram = query([1, 0], 0, QUESTION, &[]);
    // the last octets of a reply of two addresses end in the second one
    let second = |reply: &[u8]| reply[reply.len() - 2];
    let mut seen = Vec::new();
    for turn in 0..6 {
        let reply = if turn % 3 == 0 {
            server.full(&datagram, asker)
        } else {
            server.fast(&datagram, asker)
        };
        seen.push(second(&reply.unwrap()));
        // the other type has turns of its own
        let aaaa = query([1, 0], 0, &[&QUESTION[..QUESTION.len() - 3], &[28, 0, 1]].concat(), &[]);
        assert!(server.fast(&aaaa, asker).is_some());
    }
    assert_eq!(seen, [2, 1, 2, 1, 2, 1]);
}

#[test]
fn nothing_is_allocated() {
    let server = Server::new(TOPOLOGY);
    let asker = "127.0.0.1:1000".parse().unwrap();
    for question in [
        QUESTION,
        b"\x1fvpce-0123456789abcdef0-lj2wisx3\x03sns\x09us-east-1\x04vpce\x09amazonaws\x03com\x00\x00\x01\x00\x01",
        b"\x1fvpce-0000000000000000f-lj2wisx3\x03sns\x09us-east-1\x04vpce\x09amazonaws\x03com\x00\x00\x01\x00\x01",
        b"\x03sqs\x09us-east-1\x09amazonaws\x03com\x00\x00\x01\x00\x01",
        b"\x03sqs\x09eu-west-1\x09amazonaws\x03com\x00\x00\x1c\x00\x01",
        b"\x07nothing\x07example\x00\x00\x1c\x00\x01",
    ] {
        let datagram = query([1, 0], 0, question, &[]);
        let mut out = [0; crate::ROOM];
        // what is read once per process is read here
        assert!(server.memory.fast(&datagram, asker, &mut out).is_some(), "{question:?}");
        let allocations = allocation_counter::measure(|| {
            assert!(server.memory.fast(&datagram, asker, &mut out).is_some());
        });
        assert_eq!(allocations.count_total, 0, "{question:?}");
    }
}
