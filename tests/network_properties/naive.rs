//! Network ACLs and route tables decide as naive ones do.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use plustwo::{
    model::{
        NetworkAclId, NetworkAclRule, PrefixListIx, Protocol, RouteTableId, RuleAction, Traffic,
        VpcIx,
    },
    trace::{Direction, NetworkAcl, Packet, Route, RouteState, RouteTable, Target, Transport},
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_network_acl_decides_as_a_naive_one(
        rules in prop::collection::btree_map(1..200_u16, acl_rule(), 0..12),
        packet in packet(),
        ingress in any::<bool>(),
    ) {
        let direction = if ingress { Direction::Ingress } else { Direction::Egress };
        let rules: Vec<NetworkAclRule> =
            rules.into_iter().map(|(rule_no, rule)| NetworkAclRule { rule_no, ..rule }).collect();
        let acl = NetworkAcl {
            id: NetworkAclId::derive("n"),
            name: "n".into(),
            ingress: rules.clone(),
            egress: rules.clone(),
        };
        prop_assert_eq!(acl.decide(direction, &packet), naive_acl(&rules, direction, &packet));
    }

    #[test]
    fn the_longest_prefix_is_selected_as_by_a_naive_search(
        routes in prop::collection::vec((any::<u32>(), 0..=32_u8, prop::option::of(0..3_u16), any::<bool>()), 0..24),
        near in any::<prop::sample::Index>(),
        low in any::<u16>(),
    ) {
        let routes: Vec<Route> = routes
            .into_iter()
            .map(|(bits, length, list, propagated)| Route {
                destination: Ipv4Net::new(Ipv4Addr::from_bits(bits), length).unwrap().trunc().into(),
                prefix_list: list.map(PrefixListIx),
                target: Target::InternetGateway,
                state: RouteState::Active,
                is_propagated: propagated && list.is_none(),
            })
            .collect();
        let bits = if routes.is_empty() { 0 } else {
            match routes[near.index(routes.len())].destination {
                IpNet::V4(v4) => v4.network().to_bits(),
                IpNet::V6(_) => 0,
            }
        };
        let destination = IpAddr::V4(Ipv4Addr::from_bits(bits ^ u32::from(low)));
        let expected = naive_route(&routes, destination);
        let table = RouteTable::new(RouteTableId::derive("t"), "t".into(), VpcIx(0), routes);
        let found = table.select(destination).map(|at| &table.routes[at]);
        prop_assert_eq!(found, expected.as_ref());
    }
}

fn acl_rule() -> impl Strategy<Value = NetworkAclRule> {
    let protocol = prop_oneof![
        Just(Protocol::All),
        prop::sample::select(vec![1_u8, 6, 17, 47, 58]).prop_map(Protocol::Number)
    ];
    let block = (any::<u8>(), 0..=16_u8)
        .prop_map(|(third, length)| Ipv4Net::new([10, 1, third, 0].into(), 32 - length).unwrap());
    (protocol, -1..1200_i32, 0..1200_i32, block, any::<bool>()).prop_map(
        |(protocol, from_port, more, block, allow)| {
            let is_icmp = matches!(protocol, Protocol::Number(1 | 58));
            let to_port = match (is_icmp, from_port) {
                (true, _) => more % 3 - 1,
                (false, -1) => -1,
                (false, from) => from + more,
            };
            let from_port = if is_icmp { from_port % 10 } else { from_port };
            NetworkAclRule {
                rule_no: 1,
                action: if allow { RuleAction::Allow } else { RuleAction::Deny },
                traffic: Traffic { protocol, from_port, to_port },
                cidr_block: block.trunc().into(),
            }
        },
    )
}

fn packet() -> impl Strategy<Value = Packet> {
    let transport = prop_oneof![
        (0..2400_u16, 0..2400_u16).prop_map(|(source_port, destination_port)| Transport::Tcp {
            source_port,
            destination_port
        }),
        (0..2400_u16, 0..2400_u16).prop_map(|(source_port, destination_port)| Transport::Udp {
            source_port,
            destination_port
        }),
        (0..12_u8, 0..3_u8).prop_map(|(icmp_type, code)| Transport::Icmp { icmp_type, code }),
        prop::sample::select(vec![47_u8, 50]).prop_map(Transport::Other),
    ];
    let address = || (any::<u8>(), any::<u8>()).prop_map(|(c, d)| IpAddr::from([10, 1, c, d]));
    (address(), address(), transport).prop_map(|(source, destination, transport)| Packet {
        source,
        destination,
        transport,
    })
}

/// Every rule that matches, and of these the one with the lowest number.
fn naive_acl(rules: &[NetworkAclRule], direction: Direction, packet: &Packet) -> (RuleAction, u16) {
    let address = if direction == Direction::Ingress { packet.source } else { packet.destination };
    let number = match packet.transport {
        Transport::Tcp { .. } => 6,
        Transport::Udp { .. } => 17,
        Transport::Icmp { .. } => 1,
        Transport::Other(number) => number,
    };
    let matching = rules.iter().filter(|rule| {
        let Traffic { protocol, from_port, to_port } = rule.traffic;
        let of_block = rule.cidr_block.hosts().any(|host| host == address)
            || rule.cidr_block.network() == address
            || rule.cidr_block.broadcast() == address;
        let of_protocol = protocol == Protocol::All || protocol == Protocol::Number(number);
        let of_port = match packet.transport {
            _ if protocol == Protocol::All => true,
            Transport::Tcp { destination_port, .. } | Transport::Udp { destination_port, .. } => {
                let port = i32::from(destination_port);
                (from_port, to_port) == (-1, -1) || from_port <= port && port <= to_port
            }
            Transport::Icmp { icmp_type, code } => {
                [-1, i32::from(icmp_type)].contains(&from_port)
                    && [-1, i32::from(code)].contains(&to_port)
            }
            Transport::Other(_) => true,
        };
        of_block && of_protocol && of_port
    });
    let first = matching.min_by_key(|rule| rule.rule_no);
    first.map_or((RuleAction::Deny, 32_767), |rule| (rule.action, rule.rule_no))
}

/// Of all routes that take the destination the one with the longest prefix; of equals one without a list, else the first.
fn naive_route(routes: &[Route], destination: IpAddr) -> Option<Route> {
    if matches!(destination, IpAddr::V4(v4) if matches!(v4.octets(), [169, 254, 168..=171, _])) {
        return None;
    }
    let taking =
        routes.iter().enumerate().filter(|(_, route)| route.destination.contains(&destination));
    let best = taking.min_by_key(|(at, route)| {
        (
            128 - route.destination.prefix_len(),
            route.is_propagated,
            route.prefix_list.is_some(),
            *at,
        )
    });
    best.map(|(_, route)| route.clone())
}
