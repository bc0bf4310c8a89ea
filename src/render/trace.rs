//! A trace as a story: hop by hop, with what decided, the verdict last.

use std::fmt::Write as _;

use super::component::named;
use crate::{
    model::{Protocol, RuleAction, Traffic},
    trace::{
        Component, Decision, Detail, Direction, Flow, Hop, InterfaceIx, PACKET_BYTES, Packet, Peer,
        RouteState, RuleMatch, Source, TableIx, Target, Trace, Transport, World,
    },
};

/// A trace for a terminal.
#[must_use]
pub fn trace_text(world: &World<'_>, trace: &Trace) -> String {
    let mut out = String::new();
    // writing to a String cannot fail
    _ = writeln!(out, "{}", flow_text(world, trace));
    for line in trace_lines(world, trace) {
        _ = writeln!(out, "  {line}");
    }
    out
}

/// The hops of a trace and its verdict, a line each; what belongs to the line above is indented.
#[must_use]
pub fn trace_lines(world: &World<'_>, trace: &Trace) -> Vec<String> {
    let mut lines = Vec::new();
    for (way, hops) in [("there", &trace.forward), ("back", &trace.back)] {
        if hops.is_empty() {
            continue;
        }
        lines.push(way.to_owned());
        for hop in hops {
            lines.push(format!("  {}", hop_text(world, hop)));
            for detail in &hop.details {
                lines.push(format!("    note: {}", detail_text(world, *detail)));
            }
            for why in &hop.explanations {
                let (code, text, rule) = (why.code.as_str(), why.code.text(), why.code.rule());
                lines.push(match why.passed_over {
                    None => format!("    dropped: {code}: {text} ({rule})"),
                    Some((table, at)) => {
                        let route = route_text(world, table, at);
                        format!("    passed over: {code}: {route}. {text} ({rule})")
                    }
                });
            }
        }
    }
    lines.extend(another_way(world, trace));
    lines.push(verdict(world, trace));
    lines
}

/// What only the request passes, or only the reply. N161
fn another_way(world: &World<'_>, trace: &Trace) -> Option<String> {
    let names = trace.one_way().map(|components| {
        let names = components.into_iter().map(|component| component_text(world, component));
        names.collect::<Vec<_>>().join(" and ")
    });
    let takes = match names.each_ref().map(|names| &**names) {
        ["", ""] => return None,
        [there, ""] => format!("not through {there}"),
        ["", back] => format!("through {back}"),
        [there, back] => format!("through {back}, not through {there}"),
    };
    Some(format!("the reply takes another way: {takes} (N145, N161)"))
}

/// Whether it gets there and back; where not, at what it ends first.
fn verdict(world: &World<'_>, trace: &Trace) -> String {
    let Some(hop) = trace.dropped_at() else { return "reachable".to_owned() };
    let there = trace.forward.iter().any(Hop::drops);
    let what = if there { "" } else { "it gets there, but no reply comes back: " };
    let codes = hop.explanations.iter().filter(|why| why.passed_over.is_none());
    let codes: Vec<&str> = codes.map(|why| why.code.as_str()).collect();
    format!("unreachable: {what}{} at {}", codes.join(", "), component_text(world, hop.component))
}

/// Who sends what to whom.
fn flow_text(world: &World<'_>, trace: &Trace) -> String {
    let flow = &trace.flow;
    let from = match flow.source {
        Source::Interface(ix) => {
            let interface = &world.network[ix];
            let address = interface.address(flow.destination.is_ipv4());
            let address = address.map_or_else(String::new, |address| format!(" ({address})"));
            format!("{}{address}", whose(world, ix))
        }
        Source::Subnet(subnet, address) => {
            let name = named(world, Component::Place(subnet)).name;
            format!("subnet {name} ({address})")
        }
        Source::Internet(address) => format!("the internet ({address})"),
    };
    let packet = Packet {
        source: flow.destination,
        destination: flow.destination,
        transport: flow.transport,
    };
    let size = size_and_silence(flow);
    format!("{from} to {}, {}{size}", flow.destination, transport_text(&packet))
}

/// How large packets are, and how late they are answered, where something was said of it.
pub(super) fn size_and_silence(flow: &Flow) -> String {
    let mut text = String::new();
    if flow.packet_bytes != PACKET_BYTES {
        text = format!(", {} octets", flow.packet_bytes);
    }
    if flow.idle_secs > 0 {
        // writing to a String cannot fail
        _ = write!(text, ", answered after {} s", flow.idle_secs);
    }
    text
}

fn whose(world: &World<'_>, ix: InterfaceIx) -> String {
    let name = named(world, Component::NetworkInterface(ix)).name;
    name.trim_start_matches("of ").to_owned()
}

/// Protocol and ports.
pub(super) fn transport_text(packet: &Packet) -> String {
    match packet.transport {
        Transport::Tcp { source_port, destination_port } => {
            format!("tcp {source_port} > {destination_port}")
        }
        Transport::Udp { source_port, destination_port } => {
            format!("udp {source_port} > {destination_port}")
        }
        Transport::Icmp { icmp_type: 8 | 128, .. } => "ping".to_owned(),
        Transport::Icmp { icmp_type: 0 | 129, .. } => "ping reply".to_owned(),
        Transport::Icmp { icmp_type, code } => format!("icmp type {icmp_type} code {code}"),
        Transport::Other(number) => format!("protocol {number}"),
    }
}

fn component_text(world: &World<'_>, component: Component) -> String {
    let named = named(world, component);
    let text = format!("{} {}", named.kind, named.name);
    text.trim_end().to_owned()
}

/// One hop in a line.
fn hop_text(world: &World<'_>, hop: &Hop) -> String {
    let what = component_text(world, hop.component);
    let decided = match hop.decision {
        None => None,
        Some(Decision::SecurityGroupRule(found)) => Some(format!(
            " lets it {}: {}",
            in_or_out(found.direction),
            security_group_rule(world, &found)
        )),
        Some(Decision::Tracked(direction)) => {
            Some(format!(" lets it {}: the connection is tracked", in_or_out(direction)))
        }
        Some(Decision::AclRule { direction, action, rule_no }) => {
            Some(acl_rule(world, hop, direction, action, rule_no))
        }
        Some(Decision::Route(at)) => match hop.component {
            Component::RouteTable(table, _) => Some(format!(": {}", route_text(world, table, at))),
            _ => None,
        },
    };
    match decided {
        Some(decided) => format!("{what}{decided}"),
        None => format!("{what}{}", header_text(hop)),
    }
}

fn in_or_out(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    }
}

/// What a component does to the headers, or what they are where the reader wants to know.
fn header_text(hop: &Hop) -> String {
    let Hop { arrives, leaves, .. } = hop;
    if hop.drops() {
        return String::new();
    }
    if arrives != leaves {
        let mut changes = Vec::new();
        if arrives.source != leaves.source {
            changes.push(format!("source {} becomes {}", arrives.source, leaves.source));
        }
        if arrives.destination != leaves.destination {
            let (before, after) = (arrives.destination, leaves.destination);
            changes.push(format!("destination {before} becomes {after}"));
        }
        if arrives.transport.ports() != leaves.transport.ports() {
            let (before, after) = (transport_text(arrives), transport_text(leaves));
            changes.push(format!("{before} becomes {after}"));
        }
        return format!(": {}", changes.join(", "));
    }
    match hop.component {
        Component::Internet | Component::Service(_) | Component::NetworkInterface(_) => {
            format!(": {} to {}, {}", arrives.source, arrives.destination, transport_text(arrives))
        }
        _ => String::new(),
    }
}

fn detail_text(world: &World<'_>, detail: Detail) -> String {
    let code = detail.as_str();
    match detail {
        Detail::AvailabilityZoneCrossed { from, to } => {
            let (from, to) = (&world.model[from].name, &world.model[to].name);
            format!("{code}: from {from} to {to} (N285)")
        }
        Detail::PathThroughGwlbNotChecked => {
            format!("{code}: what is behind it was not looked at (N285)")
        }
        Detail::ClosedPort { served } => {
            format!(
                "{code}: the service listens at {served}, and refuses the connection with a RST (N84)"
            )
        }
        Detail::NoReplyThroughIt => {
            format!("{code}: the reply does not come back through it (N161)")
        }
        Detail::OnlyRepliesThroughIt => {
            format!("{code}: the request did not come through it (N161)")
        }
        Detail::Untracked => {
            format!("{code}: the reply needs a rule, and taking one away cuts it at once (N102)")
        }
        Detail::UnlistedRoute { table, at } => {
            let Some(route) = world.network[table].unlisted.get(at) else { return String::new() };
            let list = &world.model[route.list].name;
            let leads = leads_text(world, route.target, route.state);
            format!(
                "{code}: a route to prefix list {list}{leads}, and comes first if the list holds the destination, which nobody says (N24)"
            )
        }
        Detail::UnlistedPeer { list } => {
            let list = &world.model[list].name;
            format!(
                "{code}: a rule names prefix list {list}, and lets it pass if the list holds the other side, which nobody says (N24)"
            )
        }
    }
}

/// A rule of a security group, numbered as in the file.
fn security_group_rule(world: &World<'_>, found: &RuleMatch) -> String {
    let rule = world.network[found.group].rules(found.direction).get(found.rule);
    let traffic = rule.map_or_else(String::new, |rule| traffic_text(&rule.traffic));
    let side = match found.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let peer = match found.peer {
        Peer::Cidr(block) => block.to_string(),
        Peer::PrefixList(list) => format!("prefix list {}", world.model[list].name),
        Peer::Group(group) => component_text(world, Component::SecurityGroup(group)),
        Peer::Stale => "nobody".to_owned(),
    };
    format!("rule {}, {traffic} {side} {peer}", found.rule + 1)
}

/// Protocol and ports of a rule.
pub(super) fn traffic_text(traffic: &Traffic) -> String {
    let Traffic { protocol, from_port, to_port } = traffic;
    let name = match protocol {
        Protocol::All => return "everything".to_owned(),
        Protocol::Number(1) => "icmp".to_owned(),
        Protocol::Number(6) => "tcp".to_owned(),
        Protocol::Number(17) => "udp".to_owned(),
        Protocol::Number(58) => "icmpv6".to_owned(),
        Protocol::Number(number) => format!("protocol {number}"),
    };
    match (protocol, from_port, to_port) {
        (Protocol::Number(1 | 58), -1, _) | (_, -1, -1) => name,
        (Protocol::Number(1 | 58), icmp_type, -1) => format!("{name} type {icmp_type}"),
        (Protocol::Number(1 | 58), icmp_type, code) => {
            format!("{name} type {icmp_type} code {code}")
        }
        (_, from, to) if from == to => format!("{name} {from}"),
        (_, from, to) => format!("{name} {from}-{to}"),
    }
}

fn acl_rule(
    world: &World<'_>,
    hop: &Hop,
    direction: Direction,
    action: RuleAction,
    rule_no: u16,
) -> String {
    let Component::NetworkAcl(_, subnet) = hop.component else { return String::new() };
    let subnet = named(world, Component::Subnet(subnet)).name;
    let way = match direction {
        Direction::Ingress => "into",
        Direction::Egress => "out of",
    };
    let lets = match action {
        RuleAction::Allow => "lets it",
        RuleAction::Deny => "keeps it from going",
    };
    let rule = if rule_no > MAX_RULE_NO { "rule *".to_owned() } else { format!("rule {rule_no}") };
    let transport = transport_text(&hop.arrives);
    format!(" {lets} {way} subnet {subnet}: {rule}, {transport}")
}

/// The last number that a rule of a network ACL may have; those behind it are `*`. N120
pub(super) const MAX_RULE_NO: u16 = 32_766;

/// A route: its destination and where it leads.
fn route_text(world: &World<'_>, table: TableIx, at: usize) -> String {
    let Some(route) = world.network[table].routes.get(at) else { return String::new() };
    let list = route
        .prefix_list
        .map_or_else(String::new, |list| format!(" of prefix list {}", world.model[list].name));
    let leads = leads_text(world, route.target, route.state);
    format!("{}{list}{leads}", route.destination)
}

/// Where a route leads, and whether that is there.
fn leads_text(world: &World<'_>, target: Target, state: RouteState) -> String {
    match (target, state) {
        (Target::Gone, _) => " is a blackhole".to_owned(),
        (target, RouteState::Active) => target_text(world, target),
        (target, RouteState::Blackhole) => {
            format!("{}, and is a blackhole", target_text(world, target))
        }
    }
}

/// Where a route leads, behind its destination.
fn target_text(world: &World<'_>, target: Target) -> String {
    let component = match target {
        Target::Local => return " is local".to_owned(),
        Target::Gone => return String::new(),
        Target::InternetGateway => return " leads to the internet gateway".to_owned(),
        Target::EgressOnlyInternetGateway => {
            return " leads to the egress-only internet gateway".to_owned();
        }
        Target::NatGateway(nat) => Component::NatGateway(nat),
        Target::VpcPeeringConnection(at) => Component::VpcPeeringConnection(at),
        Target::NetworkInterface(ix) => Component::Host(ix),
        Target::GatewayLoadBalancerEndpoint(eni) => {
            Component::InterfaceEndpoint(world.model[eni].endpoint)
        }
        Target::GatewayEndpoint(ix) => Component::GatewayEndpoint(ix),
        Target::OuterGateway(ix) => Component::OuterGateway(ix),
    };
    format!(" leads to {}", component_text(world, component))
}
