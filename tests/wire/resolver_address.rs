//! Who asks at the resolver's own address of a VPC. R1

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use hickory_proto::{op::Message, rr::RecordType};
use plustwo::{
    config,
    server::InMemory,
    state::{Clock, State},
};

use crate::{data, query};

/// Two VPCs with a zone of one name each; in the second, one subnet has DNS64.
const TOPOLOGY: &str = "
region: us-east-1
vpcs:
  first:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets: { a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 } }
  second:
    cidr_block: 10.1.0.0/16
    secondary_cidr_blocks: [10.5.0.0/16]
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.1.1.0/24, enable_dns64: true }
hosted_zones:
  of-first: { name: who.internal, vpcs: [first], records: [{ name: '@', type: A, values: [192.0.2.1] }] }
  of-second: { name: who.internal, vpcs: [second], records: [{ name: '@', type: A, values: [192.0.2.2] }] }
clients: { 192.0.2.99/32: { vpc: first } }
listen: { \"10.1.0.2:5353\": { vpc: first } }
";

/// What the server at an address answers to an asker, by the fast path and by the full one.
fn answers(at: &str, from: &str, rtype: RecordType) -> Vec<String> {
    let model =
        config::parse("test.yaml", TOPOLOGY).map_err(|problems| problems.render()).unwrap().model;
    let state = Arc::new(State::new(model, Clock::stopped()));
    let server = InMemory::new(state, at.parse().unwrap());
    let from = SocketAddr::new(from.parse::<IpAddr>().unwrap(), 40_000);
    let question = query("who.internal.", rtype, Some(1232)).to_vec().unwrap();
    let full = data(&Message::from_vec(&server.full(&question, from).unwrap()).unwrap());
    let mut out = [0; 1232];
    let length = server.fast(&question, from, &mut out).unwrap();
    assert_eq!(data(&Message::from_vec(&out[..length]).unwrap()), full, "{at} from {from}");
    full
}

#[test]
fn they_are_in_its_vpc() {
    for (name, at, from, expected) in [
        ("inside", "10.1.0.2:53", "10.1.1.7", "192.0.2.2"),
        ("on the same host", "10.1.0.2:53", "10.1.0.2", "192.0.2.2"),
        ("on loopback", "10.1.0.2:53", "127.0.0.1", "192.0.2.2"),
        ("with an address of another VPC's", "10.1.0.2:53", "10.0.1.7", "192.0.2.2"),
        ("said to be elsewhere", "10.1.0.2:53", "192.0.2.99", "192.0.2.1"),
        ("at an address with a vantage", "10.1.0.2:5353", "10.1.1.7", "192.0.2.1"),
        ("of the first VPC", "10.0.0.2:53", "127.0.0.1", "192.0.2.1"),
        ("+2 of a secondary block is nobody's", "10.5.0.2:53", "127.0.0.1", "192.0.2.1"),
        ("an address that every VPC has", "169.254.169.253:53", "10.1.1.7", "192.0.2.2"),
    ] {
        assert_eq!(answers(at, from, RecordType::A), [expected], "{name}");
    }
}

#[test]
fn their_subnets_still_count() {
    assert_eq!(answers("10.1.0.2:53", "10.1.1.7", RecordType::AAAA), ["64:ff9b::c000:202"]);
    assert!(answers("10.1.0.2:53", "127.0.0.1", RecordType::AAAA).is_empty());
}
