//! A trace in the shape of EC2's `NetworkInsightsAnalysis`. N280–N285

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::{
    component::named,
    trace::{MAX_RULE_NO, size_and_silence, transport_text},
};
use crate::{
    model::{HexDigits, OuterGatewayKind, Protocol, RuleAction, SubnetIx, Traffic, VpcIx},
    trace::{
        Component, Decision, Detail, Direction, Explanation, Hop, Packet, Peer, RuleMatch, TableIx,
        Target, Trace, Transport, World,
    },
};

/// A trace as Reachability Analyzer shows an analysis. The ids are made up from the flow.
#[must_use]
pub fn network_insights_analysis(world: &World<'_>, trace: &Trace) -> Value {
    let source = trace.forward.first().map(|hop| hop.arrives.source.to_string());
    let packet = Packet {
        source: trace.flow.destination,
        destination: trace.flow.destination,
        transport: trace.flow.transport,
    };
    let seed = format!(
        "{}/{}/{}{}",
        source.unwrap_or_default(),
        trace.flow.destination,
        transport_text(&packet),
        size_and_silence(&trace.flow)
    );
    let explanations: Vec<Value> = trace
        .hops()
        .flat_map(|hop| hop.explanations.iter().map(move |why| (hop, why)))
        .map(|(hop, why)| explanation(world, hop, why))
        .collect();
    json!({
        "NetworkInsightsAnalysisId": format!("nia-{}", HexDigits::derive_from(["nia-", &*seed])),
        "NetworkInsightsPathId": format!("nip-{}", HexDigits::derive_from(["nip-", &*seed])),
        "Status": "succeeded",
        "NetworkPathFound": trace.is_reachable(),
        "ForwardPathComponents": components(world, &trace.forward),
        "ReturnPathComponents": components(world, &trace.back),
        "Explanations": explanations,
    })
}

/// The components of a way, numbered. What is no resource of AWS's is none of them.
fn components(world: &World<'_>, hops: &[Hop]) -> Vec<Value> {
    let components = hops.iter().filter_map(|hop| Some((hop, component(world, hop.component)?)));
    components
        .enumerate()
        .map(|(at, (hop, component))| path_component(world, at + 1, hop, component))
        .collect()
}

/// An id with its ARN and name.
fn component(world: &World<'_>, component: Component) -> Option<Value> {
    if let Component::Service(service) = component {
        return Some(json!({ "Id": world.model[service].gateway_service_name() }));
    }
    let named = named(world, component);
    let id = named.id?;
    let region = named.vpc.map_or(world.model.region, |vpc| world.model[vpc].region);
    let (partition, account) = (region.partition().id, &world.model.account_id);
    if id.starts_with("arn:") {
        return Some(json!({ "Id": id, "Arn": id }));
    }
    let service = if named.resource == "resolver-endpoint" { "route53resolver" } else { "ec2" };
    let arn = format!("arn:{partition}:{service}:{region}:{account}:{}/{id}", named.resource);
    // a name of the file's, if it has one: not whose it is
    match named.name.strip_prefix("of ") {
        None => Some(json!({ "Id": id, "Arn": arn, "Name": named.name })),
        Some(_) => Some(json!({ "Id": id, "Arn": arn })),
    }
}

fn path_component(world: &World<'_>, number: usize, hop: &Hop, component: Value) -> Value {
    let named = named(world, hop.component);
    let mut out = Map::new();
    out.insert("SequenceNumber".to_owned(), number.into());
    out.insert("Component".to_owned(), component);
    let (vpc, subnet) = (named.vpc, named.subnet);
    put(&mut out, "Vpc", vpc.map(|vpc| vpc_of(world, vpc)));
    put(&mut out, "Subnet", subnet.map(|subnet| subnet_of(world, subnet)));
    if let Component::VpcPeeringConnection(at) = hop.component
        && let Some(peering) = world.model.vpc_peering_connections.get(at)
    {
        let of_source =
            |vpc: VpcIx| world.model[vpc].blocks().any(|block| block.contains(&hop.arrives.source));
        let (mut from, mut to) = (peering.requester.vpc, peering.accepter.vpc);
        if of_source(to) && !of_source(from) {
            (from, to) = (to, from);
        }
        put(&mut out, "SourceVpc", Some(vpc_of(world, from)));
        put(&mut out, "DestinationVpc", Some(vpc_of(world, to)));
    }
    match hop.decision {
        Some(Decision::SecurityGroupRule(found)) => {
            put(&mut out, "SecurityGroupRule", security_group_rule(world, &found));
        }
        Some(Decision::AclRule { direction, action, rule_no }) => {
            put(&mut out, "AclRule", Some(acl_rule(world, hop, direction, action, rule_no)));
        }
        Some(Decision::Route(at)) => put(&mut out, "RouteTableRoute", route_of(world, hop, at)),
        Some(Decision::Tracked(_)) | None => {}
    }
    out.insert("InboundHeader".to_owned(), header(&hop.arrives));
    if !hop.drops() {
        out.insert("OutboundHeader".to_owned(), header(&hop.leaves));
    }
    if !hop.details.is_empty() {
        let details = hop.details.iter().map(|detail| additional_detail(world, *detail));
        out.insert("AdditionalDetails".to_owned(), details.collect());
    }
    if hop.drops() {
        let explanations = hop.explanations.iter().map(|why| explanation(world, hop, why));
        out.insert("Explanations".to_owned(), explanations.collect());
    }
    if let Component::Service(service) = hop.component {
        out.insert("ServiceName".to_owned(), world.model[service].gateway_service_name().into());
    }
    Value::Object(out)
}

fn put(out: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        out.insert(key.to_owned(), value);
    }
}

fn vpc_of(world: &World<'_>, vpc: VpcIx) -> Value {
    component(world, Component::Vpc(vpc)).unwrap_or_default()
}

fn subnet_of(world: &World<'_>, subnet: SubnetIx) -> Value {
    component(world, Component::Subnet(subnet)).unwrap_or_default()
}

/// An address as a block of its own.
fn host(address: IpAddr) -> String {
    let length = if address.is_ipv4() { 32 } else { 128 };
    format!("{address}/{length}")
}

fn range(from: u16, to: u16) -> Value {
    json!({ "From": from, "To": to })
}

fn header(packet: &Packet) -> Value {
    let mut out = Map::new();
    out.insert("DestinationAddresses".to_owned(), json!([host(packet.destination)]));
    let ports = packet.transport.ports();
    put(&mut out, "DestinationPortRanges", ports.map(|(_, port)| json!([range(port, port)])));
    out.insert("Protocol".to_owned(), packet.protocol().to_string().into());
    out.insert("SourceAddresses".to_owned(), json!([host(packet.source)]));
    put(&mut out, "SourcePortRanges", ports.map(|(port, _)| json!([range(port, port)])));
    if let Transport::Icmp { icmp_type, code } = packet.transport {
        // ours: Reachability Analyzer knows TCP and UDP alone. N283
        out.insert("IcmpTypeCode".to_owned(), json!({ "Type": icmp_type, "Code": code }));
    }
    Value::Object(out)
}

fn protocol(traffic: &Traffic) -> String {
    match traffic.protocol {
        Protocol::All => "-1".to_owned(),
        Protocol::Number(number) => number.to_string(),
    }
}

fn port_range(traffic: &Traffic) -> Option<Value> {
    match traffic.protocol {
        Protocol::Number(6 | 17) if traffic.from_port >= 0 => {
            Some(json!({ "From": traffic.from_port, "To": traffic.to_port }))
        }
        Protocol::All | Protocol::Number(_) => None,
    }
}

fn security_group_rule(world: &World<'_>, found: &RuleMatch) -> Option<Value> {
    let group = &world.network[found.group];
    let rule = group.rules(found.direction).get(found.rule)?;
    let mut out = Map::new();
    match found.peer {
        Peer::Cidr(block) => put(&mut out, "Cidr", Some(block.to_string().into())),
        Peer::PrefixList(list) => {
            put(&mut out, "PrefixListId", Some(world.model[list].id.to_string().into()));
        }
        Peer::Group(group) => {
            put(&mut out, "SecurityGroupId", Some(world.network[group].id.to_string().into()));
        }
        Peer::Stale => {}
    }
    out.insert("Direction".to_owned(), found.direction.as_str().into());
    put(&mut out, "PortRange", port_range(&rule.traffic));
    out.insert("Protocol".to_owned(), protocol(&rule.traffic).into());
    Some(Value::Object(out))
}

fn acl_rule(
    world: &World<'_>,
    hop: &Hop,
    direction: Direction,
    action: RuleAction,
    rule_no: u16,
) -> Value {
    let action = match action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
    };
    let everything = if hop.arrives.destination.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
    let rule = match hop.component {
        Component::NetworkAcl(acl, _) if rule_no <= MAX_RULE_NO => {
            world.network[acl].rules(direction).iter().find(|rule| rule.rule_no == rule_no)
        }
        _ => None,
    };
    let mut out = Map::new();
    let cidr = rule.map_or_else(|| everything.to_owned(), |rule| rule.cidr_block.to_string());
    out.insert("Cidr".to_owned(), cidr.into());
    out.insert("Egress".to_owned(), (direction == Direction::Egress).into());
    put(&mut out, "PortRange", rule.and_then(|rule| port_range(&rule.traffic)));
    let protocol = rule.map_or_else(|| "-1".to_owned(), |rule| protocol(&rule.traffic));
    out.insert("Protocol".to_owned(), protocol.into());
    out.insert("RuleAction".to_owned(), action.into());
    out.insert("RuleNumber".to_owned(), rule_no.into());
    Value::Object(out)
}

/// The route that a hop has selected.
fn route_of(world: &World<'_>, hop: &Hop, at: usize) -> Option<Value> {
    match hop.component {
        Component::RouteTable(table, _) => route(world, table, at),
        _ => None,
    }
}

fn route(world: &World<'_>, table: TableIx, at: usize) -> Option<Value> {
    let table = &world.network[table];
    let route = table.routes.get(at)?;
    let mut out = Map::new();
    match route.prefix_list {
        Some(list) => {
            out.insert(
                "DestinationPrefixListId".to_owned(),
                world.model[list].id.to_string().into(),
            );
        }
        None => {
            out.insert("DestinationCidr".to_owned(), route.destination.to_string().into());
        }
    }
    let id = |of: Component| named(world, of).id.map(Value::from);
    let (key, value) = match route.target {
        Target::Local => ("GatewayId", Some("local".into())),
        Target::InternetGateway => ("GatewayId", id(Component::InternetGateway(table.vpc))),
        Target::EgressOnlyInternetGateway => {
            let of = Component::EgressOnlyInternetGateway(table.vpc);
            ("EgressOnlyInternetGatewayId", id(of))
        }
        Target::NatGateway(nat) => ("NatGatewayId", id(Component::NatGateway(nat))),
        Target::VpcPeeringConnection(at) => {
            ("VpcPeeringConnectionId", id(Component::VpcPeeringConnection(at)))
        }
        Target::NetworkInterface(ix) => ("NetworkInterfaceId", id(Component::NetworkInterface(ix))),
        Target::GatewayLoadBalancerEndpoint(eni) => {
            ("GatewayId", id(Component::InterfaceEndpoint(world.model[eni].endpoint)))
        }
        Target::GatewayEndpoint(ix) => ("GatewayId", id(Component::GatewayEndpoint(ix))),
        Target::OuterGateway(ix) => {
            let key = match world.network[ix].kind {
                OuterGatewayKind::TransitGateway => "TransitGatewayId",
                OuterGatewayKind::VirtualPrivateGateway => "GatewayId",
                OuterGatewayKind::LocalGateway => "LocalGatewayId",
                OuterGatewayKind::CarrierGateway => "CarrierGatewayId",
                OuterGatewayKind::CoreNetwork => "CoreNetworkArn",
                OuterGatewayKind::Unknown => match world.network[ix].id.split('-').next() {
                    Some("pcx") => "VpcPeeringConnectionId",
                    Some("eni") => "NetworkInterfaceId",
                    Some("nat") => "NatGatewayId",
                    Some("i") => "InstanceId",
                    Some("vpce") => "GatewayId",
                    _ => "OdbNetworkArn",
                },
            };
            (key, id(Component::OuterGateway(ix)))
        }
        Target::Gone => ("GatewayId", None),
    };
    put(&mut out, key, value);
    out.insert("Origin".to_owned(), route.origin().into());
    out.insert("State".to_owned(), route.state.as_str().into());
    Some(Value::Object(out))
}

fn additional_detail(world: &World<'_>, detail: Detail) -> Value {
    let mut out = Map::new();
    out.insert("AdditionalDetailType".to_owned(), detail.as_str().into());
    if let Detail::AvailabilityZoneCrossed { from, to } = detail {
        // ours: EC2 does not say which
        let azs = [from, to].map(|az| world.model[az].name.as_str());
        out.insert("AvailabilityZones".to_owned(), json!(azs));
    }
    let list = match detail {
        Detail::UnlistedRoute { table, at } => {
            world.network[table].unlisted.get(at).map(|route| route.list)
        }
        Detail::UnlistedPeer { list } => Some(list),
        Detail::AvailabilityZoneCrossed { .. }
        | Detail::PathThroughGwlbNotChecked
        | Detail::ClosedPort { .. }
        | Detail::Untracked
        | Detail::NoReplyThroughIt
        | Detail::OnlyRepliesThroughIt => None,
    };
    let list = list.map(|list| world.model[list].id.to_string());
    put(&mut out, "PrefixListId", list.map(Value::from));
    Value::Object(out)
}

/// A route that lost to another. N284
fn passed_over(world: &World<'_>, why: &Explanation, table: TableIx, at: usize) -> Value {
    let of = Component::RouteTable(table, None);
    let mut out = Map::new();
    out.insert("ExplanationCode".to_owned(), why.code.as_str().into());
    put(&mut out, "RouteTable", component(world, of));
    put(&mut out, "RouteTableRoute", route(world, table, at));
    put(&mut out, "Vpc", Some(vpc_of(world, world.network[table].vpc)));
    Value::Object(out)
}

/// An explanation with what it speaks of. N282
fn explanation(world: &World<'_>, hop: &Hop, why: &Explanation) -> Value {
    if let Some((table, at)) = why.passed_over {
        return passed_over(world, why, table, at);
    }
    let named = named(world, hop.component);
    let mut out = Map::new();
    put(&mut out, "Direction", why.direction.map(|direction| direction.as_str().into()));
    out.insert("ExplanationCode".to_owned(), why.code.as_str().into());
    let of = |of: Component| component(world, of);
    match hop.component {
        Component::SecurityGroup(_) => {}
        Component::NetworkInterface(_) => put(&mut out, "NetworkInterface", of(hop.component)),
        Component::NetworkAcl(..) => put(&mut out, "Acl", of(hop.component)),
        Component::RouteTable(..) => put(&mut out, "RouteTable", of(hop.component)),
        Component::InternetGateway(_) => put(&mut out, "InternetGateway", of(hop.component)),
        Component::NatGateway(_) => put(&mut out, "NatGateway", of(hop.component)),
        Component::VpcPeeringConnection(_) => {
            put(&mut out, "VpcPeeringConnection", of(hop.component));
        }
        Component::GatewayEndpoint(_) | Component::InterfaceEndpoint(_) => {
            put(&mut out, "VpcEndpoint", of(hop.component));
        }
        Component::Internet
        | Component::Host(_)
        | Component::Place(_)
        | Component::Vpc(_)
        | Component::Subnet(_)
        | Component::EgressOnlyInternetGateway(_)
        | Component::OuterGateway(_)
        | Component::ResolverEndpoint(_)
        | Component::Service(_)
        | Component::AwsService(_) => put(&mut out, "Component", of(hop.component)),
    }
    let mut subnet = named.subnet;
    if let Some(interface) = why.interface {
        let groups = world.network[interface].groups.iter().copied();
        let groups: Vec<Value> =
            groups.filter_map(|group| of(Component::SecurityGroup(group))).collect();
        put(&mut out, "NetworkInterface", of(Component::NetworkInterface(interface)));
        out.insert("SecurityGroups".to_owned(), groups.into());
        subnet = subnet.or(Some(world.network[interface].subnet));
    } else if matches!(hop.component, Component::SecurityGroup(_)) {
        let group = of(hop.component).into_iter();
        out.insert("SecurityGroups".to_owned(), group.collect());
    }
    match hop.decision {
        Some(Decision::AclRule { direction, action, rule_no }) => {
            put(&mut out, "AclRule", Some(acl_rule(world, hop, direction, action, rule_no)));
        }
        Some(Decision::Route(at)) => put(&mut out, "RouteTableRoute", route_of(world, hop, at)),
        Some(Decision::SecurityGroupRule(_) | Decision::Tracked(_)) | None => {}
    }
    put(&mut out, "Subnet", subnet.map(|subnet| subnet_of(world, subnet)));
    put(&mut out, "Vpc", named.vpc.map(|vpc| vpc_of(world, vpc)));
    if let Some(az) = why.availability_zone {
        out.insert("AvailabilityZones".to_owned(), json!([world.model[az].name.as_str()]));
    }
    Value::Object(out)
}
