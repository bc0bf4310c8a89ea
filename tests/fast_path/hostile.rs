//! Input by a hostile hand: no panic, nothing to those who cannot have asked, no more octets than are fair.

use proptest::prelude::*;

use crate::{Server, topologies::cases};

/// How much longer than the query a reply may be that refuses it: the OPT record.
const OPT_BYTES: usize = 11;

fn check(server: &Server, octets: &[u8], from: &str) -> Result<(), TestCaseError> {
    let from = from.parse().unwrap();
    let reply = match server.fast(octets, from) {
        Some(reply) => Some(reply).filter(|reply| !reply.is_empty()),
        None => server.full(octets, from),
    };
    let Some(reply) = reply else { return Ok(()) };
    prop_assert!(octets.len() >= 12 && octets[2] & 0x80 == 0, "a reply to what is no query");
    prop_assert!(from.port() != 0, "a reply to port 0");
    prop_assert_eq!(&reply[..2], &octets[..2]);
    prop_assert!(reply[2] & 0x80 != 0);
    let limit = match reply[3] & 15 {
        0 | 3 => 4096,
        _ => octets.len() + OPT_BYTES,
    };
    prop_assert!(reply.len() <= limit, "{} octets for {}", reply.len(), octets.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_are_answered_fairly_or_not_at_all(
        case in cases(),
        datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 50),
    ) {
        let [server, _] = case.servers();
        for octets in &datagrams {
            check(&server, octets, "127.0.0.1:1000")?;
            check(&server, octets, "127.0.0.1:0")?;
        }
    }

    #[test]
    fn any_octets_behind_a_right_header_are_answered_fairly_or_not_at_all(
        case in cases(),
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 50),
        pointers in prop::collection::vec((0..=255_u8, 0xc0..=0xff_u8), 1..20),
    ) {
        let [server, _] = case.servers();
        let header = [7, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for body in &bodies {
            check(&server, &[&header[..], body].concat(), "127.0.0.1:1000")?;
        }
        // names that are nothing but pointers, to themselves and to each other
        let loops: Vec<u8> = pointers.iter().flat_map(|(low, high)| [*high, *low]).collect();
        check(&server, &[&header[..], &loops, &[0, 1, 0, 1]].concat(), "127.0.0.1:1000")?;
    }

    #[test]
    fn oversized_datagrams_are_answered_fairly_or_not_at_all(
        case in cases(), length in 500..65_000_usize, octet in any::<u8>(),
    ) {
        let [server, _] = case.servers();
        let mut octets = vec![octet; length];
        octets[..12].copy_from_slice(&[7, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        check(&server, &octets, "127.0.0.1:1000")?;
    }
}
