//! Networks and flows that are drawn by chance.

use std::{fmt::Write as _, net::IpAddr};

use plustwo::{
    config,
    health::Health,
    model::{InstanceIx, Model},
    trace::{Flow, Network, Source, Trace, Transport, World, trace},
};
use proptest::prelude::*;

use crate::flow_logs::FORMAT;

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
pub(crate) type Rule = (usize, u16, u16, usize, bool);

/// What differs from network to network.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// By route table: destinations and targets.
    routes: Vec<Vec<(usize, usize)>>,
    pub(crate) groups: Vec<(Vec<Rule>, Vec<Rule>)>,
    acls: Vec<(Vec<Rule>, Vec<Rule>)>,
    /// Whether instances check sources and destinations.
    checks: Vec<bool>,
    active: bool,
    /// Whether internet gateways have route tables.
    edge: bool,
    /// What Block Public Access blocks, and what is excluded from it.
    pub(crate) blocks: usize,
}

pub(crate) fn rule() -> impl Strategy<Value = Rule> {
    let ports = [0_u16, 22, 443, 1024, 49_152, 65_535];
    let port = prop::sample::select(ports.to_vec());
    (0..PROTOCOLS.len(), port.clone(), port, 0..BLOCKS.len(), any::<bool>())
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
pub(crate) const ALL_BLOCKED: usize = 3;

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
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

pub(crate) fn flow() -> impl Strategy<Value = (usize, usize, Transport)> {
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
        let format = FORMAT;
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

pub(crate) fn model(shape: &Shape) -> Model {
    let text = topology(shape);
    let topology = config::parse("topology.yaml", &text);
    topology.map_err(|problems| format!("{}\n{text}", problems.render())).unwrap().model
}

pub(crate) fn drawn_flow(
    network: &Network,
    (source, address, transport): (usize, usize, Transport),
) -> Flow {
    let destination: IpAddr = ADDRESSES[address].parse().unwrap();
    let source = match u32::try_from(source).unwrap() {
        at @ 0..6 => Source::Interface(network.interface_of(InstanceIx(at)).unwrap()),
        _ if destination.is_ipv4() => Source::Internet([192, 0, 2, 1].into()),
        _ => Source::Internet("2001:db8::1".parse().unwrap()),
    };
    Flow::new(source, destination, transport)
}

pub(crate) fn traced(
    model: &Model,
    network: &Network,
    health: &Health,
    all: bool,
    flow: Flow,
) -> Trace {
    trace(&World { model, network, health, explain_all: all }, flow)
}
