//! What holds of traces whatever the network, the faults and the flow.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod flow_logs;

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
};

use ipnet::{IpNet, Ipv4Net};
use plustwo::{
    config,
    health::{Event, Health, Moment, State, Target as Faulty},
    model::{
        AzIx, InstanceIx, Model, NetworkAclId, NetworkAclRule, PrefixListIx, Protocol,
        RouteTableId, RuleAction, Traffic, VpcIx,
    },
    trace::{
        Component, Direction, Flow, Network, NetworkAcl, Packet, Route, RouteState, RouteTable,
        Source, Target, Trace, Transport, World, trace,
    },
};
use proptest::prelude::*;

const TARGETS: [&str; 9] = [
    "{ transit_gateway: tgw-0123456789abcdef0 }",
    "internet_gateway",
    "blackhole",
    "{ nat_gateway: out }",
    "{ instance: i1 }",
    "{ instance: i2 }",
    "{ vpc_peering_connection: peers }",
    "{ vpc_endpoint: fw }",
    "egress_only_internet_gateway",
];
const DESTINATIONS: [&str; 8] = [
    "0.0.0.0/0",
    "10.2.0.0/16",
    "10.2.1.0/24",
    "192.0.2.0/24",
    "com.amazonaws.us-east-1.s3",
    "10.1.1.0/24",
    "::/0",
    "203.0.113.0/24",
];
const BLOCKS: [&str; 5] =
    ["0.0.0.0/0", "10.0.0.0/8", "10.1.1.0/24", "10.2.0.0/16", "203.0.113.0/28"];
const PROTOCOLS: [&str; 4] = ["tcp", "udp", "icmp", "\"-1\""];
const ADDRESSES: [&str; 12] = [
    "10.1.0.10",
    "10.1.1.10",
    "10.1.2.10",
    "10.2.0.10",
    "10.2.1.10",
    "10.1.0.50",
    "192.0.2.9",
    "203.0.113.0",
    "203.0.113.2",
    "54.231.0.9",
    "10.1.9.9",
    "2001:db8:1::10",
];

/// A rule of a security group or network ACL: protocol, ports, block, whether it allows.
type Rule = (usize, u16, u16, usize, bool);

/// What differs from network to network.
#[derive(Clone, Debug)]
struct Shape {
    /// By route table: destinations and targets.
    routes: Vec<Vec<(usize, usize)>>,
    groups: Vec<(Vec<Rule>, Vec<Rule>)>,
    acls: Vec<(Vec<Rule>, Vec<Rule>)>,
    /// Whether instances check sources and destinations.
    checks: Vec<bool>,
    active: bool,
    /// Whether internet gateways have route tables.
    edge: bool,
    /// What Block Public Access blocks, and what is excluded from it.
    blocks: usize,
}

/// Block Public Access, as topologies say it.
const BLOCKED: [&str; 6] = [
    "",
    "",
    "",
    "vpc_block_public_access_options: { us-east-1: { internet_gateway_block_mode: block-bidirectional } }\n",
    "vpc_block_public_access_options: { us-east-1: { internet_gateway_block_mode: block-ingress } }\n",
    "vpc_block_public_access_options: { us-east-1: { internet_gateway_block_mode: block-bidirectional } }\n\
     vpc_block_public_access_exclusions: { v0: { vpc: v0, internet_gateway_exclusion_mode: allow-egress }, \
     s0: { subnet: v0/s0, internet_gateway_exclusion_mode: allow-bidirectional } }\n",
];
/// The one of them that lets nothing pass.
const ALL_BLOCKED: usize = 3;

fn rule() -> impl Strategy<Value = Rule> {
    let ports = [0_u16, 22, 443, 1024, 49_152, 65_535];
    let port = prop::sample::select(ports.to_vec());
    (0..PROTOCOLS.len(), port.clone(), port, 0..BLOCKS.len(), any::<bool>())
}

fn shape() -> impl Strategy<Value = Shape> {
    let route = (0..DESTINATIONS.len(), 0..TARGETS.len());
    // more often than not a filter is open, so that packets get far
    let rules =
        |open: Rule| prop_oneof![3 => Just(vec![open]), 1 => prop::collection::vec(rule(), 0..4)];
    let group = (rules((3, 0, 0, 0, false)), rules((3, 0, 0, 0, false)));
    let acl = (rules((3, 0, 0, 0, true)), rules((3, 0, 0, 0, true)));
    (
        prop::collection::vec(prop::collection::vec(route, 0..5), 4),
        prop::collection::vec(group, 2),
        prop::collection::vec(acl, 2),
        prop::collection::vec(any::<bool>(), 6),
        (any::<bool>(), any::<bool>(), 0..BLOCKED.len()),
    )
        .prop_map(|(routes, groups, acls, checks, (active, edge, blocks))| Shape {
            routes,
            groups,
            acls,
            checks,
            active,
            edge,
            blocks,
        })
}

fn flow() -> impl Strategy<Value = (usize, usize, Transport)> {
    let port = || prop::sample::select(vec![22_u16, 443, 49_152]);
    let transport = prop_oneof![
        (port(), port()).prop_map(|(source_port, destination_port)| Transport::Tcp {
            source_port,
            destination_port
        }),
        (port(), port()).prop_map(|(source_port, destination_port)| Transport::Udp {
            source_port,
            destination_port
        }),
        Just(Transport::ping(true)),
        Just(Transport::Other(47)),
    ];
    (0..8_usize, 0..ADDRESSES.len(), transport)
}

fn group_rule(rule: &Rule) -> String {
    let (protocol, from, to, block, by_group) = *rule;
    let ports = match PROTOCOLS[protocol] {
        "tcp" | "udp" => format!(", from_port: {}, to_port: {}", from.min(to), from.max(to)),
        _ => String::new(),
    };
    let peer = if by_group {
        "security_groups: [g0]".to_owned()
    } else {
        format!("cidr_blocks: [{}]", BLOCKS[block])
    };
    format!("{{ protocol: {}{ports}, {peer} }}", PROTOCOLS[protocol])
}

fn acl_rules(rules: &[Rule]) -> String {
    let rules = rules.iter().enumerate().map(|(at, (protocol, from, to, block, allow))| {
        let ports = match PROTOCOLS[*protocol] {
            "tcp" | "udp" => format!(", from_port: {}, to_port: {}", from.min(to), from.max(to)),
            _ => String::new(),
        };
        let action = if *allow { "allow" } else { "deny" };
        let (protocol, block) = (PROTOCOLS[*protocol], BLOCKS[*block]);
        format!(
            "{{ rule_no: {}, action: {action}, protocol: {protocol}{ports}, cidr_block: {block} }}",
            at + 1
        )
    });
    rules.collect::<Vec<_>>().join(", ")
}

/// Routes that AWS would take, of those that were drawn; each destination once.
fn routes(drawn: &[(usize, usize)], vpc: usize) -> String {
    let mut taken = Vec::new();
    let mut out = Vec::new();
    for (destination, target) in drawn {
        let (destination, target) = (DESTINATIONS[*destination], TARGETS[*target]);
        let is_ipv6 = destination.contains("::");
        let is_list = destination.starts_with("com.");
        let inside = destination.starts_with(if vpc == 0 { "10.1." } else { "10.2." });
        let fits = match target {
            "internet_gateway"
            | "{ vpc_peering_connection: peers }"
            | "{ transit_gateway: tgw-0123456789abcdef0 }" => !inside,
            "egress_only_internet_gateway" => (is_ipv6 || is_list) && !inside,
            "{ nat_gateway: out }" => !is_ipv6,
            _ => true,
        };
        // of the own VPC only whole subnets lead elsewhere
        let whole = !inside || destination.ends_with(".1.0/24");
        if fits && whole && !taken.contains(&destination) {
            taken.push(destination);
            out.push(format!("{{ destination: \"{destination}\", target: {target} }}"));
        }
    }
    out.join(", ")
}

/// Two peered VPCs with three subnets each, and an instance in each of these.
fn topology(shape: &Shape) -> String {
    let mut text = format!(
        "region: us-east-1\n{}vpc_endpoint_services: {{ walls: {{ service_type: GatewayLoadBalancer }} }}\nvpcs:\n",
        BLOCKED[shape.blocks]
    );
    for vpc in 0..2 {
        let net = vpc + 1;
        writeln!(
            text,
            "  v{vpc}:\n    cidr_block: 10.{net}.0.0/16\n    ipv6_cidr_block: 2001:db8:{net}::/56\n    internet_gateway: \
             true\n    egress_only_internet_gateway: true\n    subnets:"
        )
        .unwrap();
        for subnet in 0..3 {
            let (table, az) = (subnet % 2, ["a", "b", "c"][subnet]);
            let acl = [", network_acl: n0", ", network_acl: n1", ""][subnet];
            writeln!(
                text,
                "      s{subnet}: {{ availability_zone: us-east-1{az}, cidr_block: 10.{net}.{subnet}.0/24, \
                 ipv6_cidr_block: \"2001:db8:{net}:{subnet}::/64\", route_table: t{table}{acl} }}"
            )
            .unwrap();
        }
        writeln!(
            text,
            "    nat_gateways: {{ out: {{ subnet: s2, public_ip: 203.0.113.{} }} }}",
            8 + vpc
        )
        .unwrap();
        writeln!(text, "    route_tables:").unwrap();
        for table in 0..2 {
            let main = if table == 0 { "main: true, " } else { "" };
            let routes = routes(&shape.routes[vpc * 2 + table], vpc);
            writeln!(text, "      t{table}: {{ {main}routes: [ {routes} ] }}").unwrap();
        }
        if shape.edge {
            let whole = format!("{{ destination: 10.{net}.1.0/24, target: {{ instance: i0 }} }}");
            let second =
                format!("{{ destination: 10.{net}.2.0/24, target: {{ vpc_endpoint: fw }} }}");
            writeln!(
                text,
                "      edge: {{ gateway: internet_gateway, routes: [ {whole}, {second} ] }}"
            )
            .unwrap();
        }
        filters_and_instances(&mut text, shape, vpc);
        writeln!(
            text,
            "    vpc_endpoints:\n      sqs: {{ service_name: sqs, subnets: {{ s0: 10.{net}.0.50 }}, security_groups: [g0] }}\n      \
             fw: {{ service_name: walls, vpc_endpoint_type: GatewayLoadBalancer, subnets: [s2] }}\n      s3: {{ \
             service_name: s3, vpc_endpoint_type: Gateway, route_tables: [t1] }}"
        )
        .unwrap();
    }
    let status = if shape.active { "active" } else { "pending-acceptance" };
    writeln!(
        text,
        "vpc_peering_connections: {{ peers: {{ vpc: v0, peer_vpc: v1, status: {status} }} }}"
    )
    .unwrap();
    flow_logs_of(&mut text);
    text
}

/// Flow logs of both VPCs, one of each kind of traffic.
fn flow_logs_of(text: &mut String) {
    for vpc in 0..2 {
        let key = if vpc == 0 { "flow_logs:\n" } else { "" };
        let format = flow_logs::FORMAT;
        writeln!(
            text,
            "{key}  all{vpc}: {{ vpc: v{vpc}, traffic_type: ALL, log_group_name: all, log_format: \"{format}\" }}\n  \
             accepted{vpc}: {{ vpc: v{vpc}, traffic_type: ACCEPT, log_group_name: accepted, log_format: \"{format}\" }}\n  \
             rejected{vpc}: {{ vpc: v{vpc}, traffic_type: REJECT, log_group_name: rejected, log_format: \"{format}\" }}"
        )
        .unwrap();
    }
}

/// What is in both VPCs in the same way.
fn filters_and_instances(text: &mut String, shape: &Shape, vpc: usize) {
    let net = vpc + 1;
    writeln!(text, "    security_groups:").unwrap();
    for (at, (ingress, egress)) in shape.groups.iter().enumerate() {
        let [ingress, egress] = [ingress, egress]
            .map(|rules| rules.iter().map(group_rule).collect::<Vec<_>>().join(", "));
        writeln!(text, "      g{at}: {{ ingress: [ {ingress} ], egress: [ {egress} ] }}").unwrap();
    }
    writeln!(text, "    network_acls:").unwrap();
    for (at, (ingress, egress)) in shape.acls.iter().enumerate() {
        let (ingress, egress) = (acl_rules(ingress), acl_rules(egress));
        writeln!(text, "      n{at}: {{ ingress: [ {ingress} ], egress: [ {egress} ] }}").unwrap();
    }
    writeln!(text, "    instances:").unwrap();
    for instance in 0..3 {
        let check = shape.checks[vpc * 3 + instance];
        let public = if instance == 1 {
            String::new()
        } else {
            format!(", public_ip: 203.0.113.{}", vpc * 4 + instance)
        };
        let groups = ["[g0]", "[g1]", "[g0, g1]"][instance];
        writeln!(
            text,
            "      i{instance}: {{ subnet: s{instance}, private_ip: 10.{net}.{instance}.10, ipv6_address: \
             \"2001:db8:{net}:{instance}::10\", source_dest_check: {check}, security_groups: {groups}{public} }}"
        )
        .unwrap();
    }
}

fn model(shape: &Shape) -> Model {
    let text = topology(shape);
    let topology = config::parse("topology.yaml", &text);
    topology.map_err(|problems| format!("{}\n{text}", problems.render())).unwrap().model
}

fn drawn_flow(network: &Network, (source, address, transport): (usize, usize, Transport)) -> Flow {
    let destination: IpAddr = ADDRESSES[address].parse().unwrap();
    let source = match u32::try_from(source).unwrap() {
        at @ 0..6 => Source::Interface(network.interface_of(InstanceIx(at)).unwrap()),
        _ if destination.is_ipv4() => Source::Internet([192, 0, 2, 1].into()),
        _ => Source::Internet("2001:db8::1".parse().unwrap()),
    };
    Flow::new(source, destination, transport)
}

fn traced(model: &Model, network: &Network, health: &Health, all: bool, flow: Flow) -> Trace {
    trace(&World { model, network, health, explain_all: all }, flow)
}

/// The least that a trace has to be, whatever it says.
fn check_form(trace: &Trace, explain_all: bool) -> Result<(), TestCaseError> {
    for way in [&trace.forward, &trace.back] {
        for (before, behind) in way.iter().zip(way.iter().skip(1)) {
            // headers change inside components alone
            prop_assert_eq!(before.leaves, behind.arrives);
            prop_assert!(explain_all || !before.drops(), "goes on behind {:?}", before);
        }
    }
    prop_assert!(!trace.forward.is_empty());
    if !explain_all && trace.forward.iter().any(plustwo::trace::Hop::drops) {
        prop_assert!(trace.back.is_empty());
    }
    if trace.is_reachable() {
        let begins = trace.forward.first().map(|hop| hop.component);
        let aws = matches!(trace.forward.last().unwrap().component, Component::AwsService(_));
        prop_assert!(aws || trace.back.last().map(|hop| hop.component) == begins);
        if let Some((first, last)) = trace.forward.first().zip(trace.back.last()) {
            prop_assert_eq!(last.leaves, first.arrives.reply());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_trace_ends_repeats_and_is_reachable_exactly_if_nothing_drops(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
        impaired in prop::option::of(0..3_u16),
    ) {
        let model = model(&shape);
        let network = Network::compile(&model);
        let health = impaired.map_or_else(Health::default, |az| {
            let target = Faulty::AvailabilityZone(AzIx(az));
            let event = Event::Observed(Moment::ZERO, target, State::Impaired);
            Health::default().after(event, &model.failover)
        });
        for drawn in flows {
            let flow = drawn_flow(&network, drawn);
            let found = traced(&model, &network, &health, false, flow);
            prop_assert_eq!(&found, &traced(&model, &network, &health, false, flow));
            check_form(&found, false)?;
            let all = traced(&model, &network, &health, true, flow);
            check_form(&all, true)?;
            prop_assert_eq!(found.is_reachable(), all.is_reachable());
            // silence and size only take away
            for flow in [Flow { idle_secs: 1_000_000, ..flow }, Flow { packet_bytes: 9_001, ..flow }] {
                let harder = traced(&model, &network, &health, false, flow);
                check_form(&harder, false)?;
                prop_assert!(found.is_reachable() || !harder.is_reachable());
            }
            // what goes on behind a drop begins as what stops there
            prop_assert_eq!(found.dropped_at(), all.dropped_at());
        }
    }

    #[test]
    fn blocking_public_access_only_takes_away_and_lets_no_gateway_pass(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
    ) {
        let [open, closed] =
            [0, ALL_BLOCKED].map(|blocks| model(&Shape { blocks, ..shape.clone() }));
        let networks = (Network::compile(&open), Network::compile(&closed));
        let health = Health::default();
        for drawn in flows {
            let flow = drawn_flow(&networks.0, drawn);
            let was = traced(&open, &networks.0, &health, false, flow).is_reachable();
            let is = traced(&closed, &networks.1, &health, false, flow);
            prop_assert!(was || !is.is_reachable(), "{:?}", flow);
            for hop in is.hops() {
                let is_gateway = matches!(
                    hop.component,
                    Component::InternetGateway(_) | Component::EgressOnlyInternetGateway(_)
                );
                prop_assert!(!is_gateway || hop.drops(), "{:?}", hop);
            }
        }
    }

    #[test]
    fn an_allow_rule_more_never_drops_more(
        shape in shape(),
        flows in prop::collection::vec(flow(), 1..24),
        more in rule(),
        group in 0..2_usize,
        ingress in any::<bool>(),
        at in any::<prop::sample::Index>(),
    ) {
        let mut wider = shape.clone();
        let rules = &mut wider.groups[group];
        let rules = if ingress { &mut rules.0 } else { &mut rules.1 };
        rules.insert(at.index(rules.len() + 1), more);
        let (before, after) = (model(&shape), model(&wider));
        let networks = (Network::compile(&before), Network::compile(&after));
        let health = Health::default();
        for drawn in flows {
            let flow = drawn_flow(&networks.0, drawn);
            let was = traced(&before, &networks.0, &health, false, flow).is_reachable();
            let is = traced(&after, &networks.1, &health, false, flow).is_reachable();
            prop_assert!(!was || is, "{:?}", flow);
        }
    }

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
        routes in prop::collection::vec((any::<u32>(), 0..=32_u8, prop::option::of(0..3_u16)), 0..24),
        near in any::<prop::sample::Index>(),
        low in any::<u16>(),
    ) {
        let routes: Vec<Route> = routes
            .into_iter()
            .map(|(bits, length, list)| Route {
                destination: Ipv4Net::new(Ipv4Addr::from_bits(bits), length).unwrap().trunc().into(),
                prefix_list: list.map(PrefixListIx),
                target: Target::InternetGateway,
                state: RouteState::Active,
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
        (128 - route.destination.prefix_len(), route.prefix_list.is_some(), *at)
    });
    best.map(|(_, route)| route.clone())
}
