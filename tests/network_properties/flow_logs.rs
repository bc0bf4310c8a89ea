//! What holds of flow logs whatever the network, the flow and the time.

use std::{collections::BTreeMap, net::IpAddr};

use plustwo::{
    flowlog::{
        Action, Aggregate, Aggregator, Observation, Outcome, Record, RecordOutcome, Sighting,
        Traffic, is_logged, line, read, records, sightings,
    },
    health::Health,
    model::{FlowLog, FlowLogField, FlowLogIx, InstanceIx, Model},
    trace::{
        Code, Component, Direction, Explanation, Hop, InterfaceIx, Network, Packet, Trace,
        Transport, World,
    },
};
use proptest::prelude::*;

use crate::shapes::{drawn_flow, flow, model, shape, traced};

/// All fields of versions 2 to 5, and those of later ones that say something here or might.
pub(crate) const FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} \
    ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} \
    ${tcp-flags} ${type} ${pkt-srcaddr} ${pkt-dstaddr} ${region} ${az-id} ${sublocation-type} ${sublocation-id} \
    ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${traffic-path} ${reject-reason} ${resource-id} \
    ${encryption-status} ${instance-tag} ${interface-type} ${next-hop-interface-id} ${next-hop-subnet-id} \
    ${next-hop-az-id} ${next-hop-vpc-id} ${next-hop-interface-type}";

fn traffic() -> impl Strategy<Value = Traffic> {
    (1..5000_u64, 1..10_000_000_u64, 0..2_000_000_000_u64, 0..4000_u64).prop_map(
        |(packets, bytes, at, duration_secs)| Traffic { packets, bytes, at, duration_secs },
    )
}

/// The least that sightings have to be, told from the hops in another way.
fn check_sightings(trace: &Trace, seen: &[Sighting]) -> Result<(), TestCaseError> {
    for sighting in seen {
        let way = if sighting.is_reply { &trace.back } else { &trace.forward };
        let known = way.iter().any(|hop| [hop.arrives, hop.leaves].contains(&sighting.packet));
        prop_assert!(known, "no packet of the trace: {:?}", sighting);
        let is_reject = sighting.action != Action::Accept;
        prop_assert!(!(is_reject && sighting.traffic_path.is_some()));
        let leaves = sighting.direction == Direction::Egress;
        prop_assert!(leaves || sighting.traffic_path.is_none(), "{:?}", sighting);
        // the interface on the other side has this one on its other side
        if let Some(next_hop) = sighting.next_hop {
            let is_other = |of: &&Sighting| {
                (of.interface, of.next_hop) == (next_hop, Some(sighting.interface))
                    && of.direction != sighting.direction
                    && of.is_reply == sighting.is_reply
            };
            prop_assert!(seen.iter().any(|of| is_other(&of)), "{:?}", seen);
        }
    }
    let rejected: Vec<_> = seen.iter().filter(|of| of.action != Action::Accept).collect();
    prop_assert!(rejected.len() <= 1);
    let is_filter = |hop: &Hop| hop.explanations.iter().any(|why| why.direction.is_some());
    let filter = trace.dropped_at().filter(|hop| is_filter(hop));
    let is_blocked = |why: &Explanation| why.code == Code::VpcBlockPublicAccessEnabled;
    let blocked = trace.dropped_at().is_some_and(|hop| hop.explanations.iter().any(is_blocked));
    prop_assert!(rejected.is_empty() || filter.is_some() || blocked, "{:?}", trace);
    prop_assert!(rejected.iter().all(|of| (of.action == Action::RejectBpa) == blocked));
    if let Some(why) = filter.and_then(|hop| hop.explanations.first())
        && let Some(interface) = why.interface
    {
        let at: Vec<_> = rejected.iter().map(|of| (of.interface, Some(of.direction))).collect();
        prop_assert_eq!(at, vec![(interface, why.direction)]);
    }
    for hop in trace.hops().filter(|hop| !hop.drops()) {
        if let Component::NetworkInterface(ix) = hop.component {
            prop_assert!(seen.iter().any(|of| of.interface == ix), "{:?}", hop);
        }
    }
    if trace.is_reachable() && !trace.back.is_empty() {
        // whatever sees the packet leave sees the reply come, for all components that remember go both ways
        let first = trace.forward.iter().find_map(|hop| match hop.component {
            Component::NetworkInterface(ix) => Some(ix),
            _ => None,
        });
        let of_first = seen.iter().filter(|of| Some(of.interface) == first).count();
        prop_assert!(first.is_none() || of_first >= 2, "{:?}", trace);
    }
    Ok(())
}

/// What lines say of a sighting, whatever the record behind them holds.
fn words_of(network: &Network, sighting: &Sighting) -> [(FlowLogField, String); 10] {
    let Sighting { packet, interface, direction, action, .. } = *sighting;
    let (source_port, destination_port) = match packet.transport {
        Transport::Tcp { source_port, destination_port }
        | Transport::Udp { source_port, destination_port } => (source_port, destination_port),
        Transport::Icmp { .. } | Transport::Other(_) => (0, 0),
    };
    let own = |address: IpAddr| match network[interface].ipv4 {
        Some(primary) if address.is_ipv4() => primary.into(),
        _ => address,
    };
    let (srcaddr, dstaddr, way) = match direction {
        Direction::Ingress => (packet.source, own(packet.destination), "ingress"),
        Direction::Egress => (own(packet.source), packet.destination, "egress"),
    };
    let action = if action == Action::Accept { "ACCEPT" } else { "REJECT" };
    [
        (FlowLogField::InterfaceId, network[interface].id.to_string()),
        (FlowLogField::SrcAddr, srcaddr.to_string()),
        (FlowLogField::DstAddr, dstaddr.to_string()),
        (FlowLogField::PktSrcAddr, packet.source.to_string()),
        (FlowLogField::PktDstAddr, packet.destination.to_string()),
        (FlowLogField::SrcPort, source_port.to_string()),
        (FlowLogField::DstPort, destination_port.to_string()),
        (FlowLogField::Protocol, packet.protocol().to_string()),
        (FlowLogField::FlowDirection, way.to_owned()),
        (FlowLogField::Action, action.to_owned()),
    ]
}

/// Each line is of something that was seen.
fn check_came_from<'a>(
    (model, network, seen): (&Model, &Network, &[Sighting]),
    of: impl Iterator<Item = &'a Record>,
) -> Result<(), TestCaseError> {
    let format = &model[FlowLogIx(0)].log_format;
    let seen: Vec<_> = seen.iter().map(|sighting| words_of(network, sighting)).collect();
    for record in of.filter(|record| matches!(record.outcome, RecordOutcome::Ok(_))) {
        let line = line(format, record);
        let words: BTreeMap<_, _> = format.fields().iter().zip(line.split(' ')).collect();
        let is_of = |of: &[(FlowLogField, String)]| of.iter().all(|(at, word)| words[at] == word);
        prop_assert!(seen.iter().any(|of| is_of(of)), "{}\n{:?}", line, seen);
    }
    Ok(())
}

/// What a flow log counted of packets and octets.
fn counted<'a>(
    model: &Model,
    of: impl Iterator<Item = &'a Record>,
) -> Result<(u64, u64), TestCaseError> {
    let format = &model[FlowLogIx(0)].log_format;
    let mut sums = (0, 0);
    for record in of {
        let text = line(format, record);
        let found = read(format, &text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for (field, value) in &found {
            prop_assert_eq!(value, &record.value(*field, format.version()), "{}", text);
        }
        let number = |field: FlowLogField| -> u64 {
            let at = format.fields().iter().position(|of| *of == field).unwrap();
            text.split(' ').nth(at).and_then(|word| word.parse().ok()).unwrap_or(0)
        };
        let (packets, bytes) = (number(FlowLogField::Packets), number(FlowLogField::Bytes));
        sums = (sums.0 + packets, sums.1 + bytes);
    }
    Ok(sums)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn records_read_back_and_conserve_what_a_trace_saw(
        shape in shape(),
        flows in prop::collection::vec((flow(), traffic()), 1..8),
    ) {
        let model = model(&shape);
        let network = Network::compile(&model);
        let health = Health::default();
        let world = World { model: &model, network: &network, health: &health, explain_all: false };
        for (drawn, traffic) in flows {
            let flow = drawn_flow(&network, drawn);
            let trace = traced(&model, &network, &health, false, flow);
            let seen = sightings(&world, &trace);
            check_sightings(&trace, &seen)?;
            let all: Vec<FlowLogIx> = model.flow_log_indexes().collect();
            let logged = records(&world, std::slice::from_ref(&trace), &traffic, &all, false);
            let lines = logged.iter().flat_map(|of| &of.records).flat_map(|(_, of)| of);
            check_came_from((&model, &network, &seen), lines)?;
            let of_kind = |kind: &str| {
                let of = logged.iter().filter(|of| model[of.flow_log].name.starts_with(kind));
                counted(&model, of.flat_map(|of| &of.records).flat_map(|(_, records)| records))
            };
            let count = |action: Option<Action>| {
                let is_accept = |action: Action| action == Action::Accept;
                let of = seen.iter().filter(|of| {
                    action.is_none_or(|action| is_accept(of.action) == is_accept(action))
                });
                let of = u64::try_from(of.count()).unwrap();
                (of * traffic.packets, of * traffic.bytes)
            };
            prop_assert_eq!(of_kind("all")?, count(None), "{:?}", seen);
            prop_assert_eq!(of_kind("accepted")?, count(Some(Action::Accept)));
            prop_assert_eq!(of_kind("rejected")?, count(Some(Action::Reject)));
        }
    }

    #[test]
    fn an_aggregator_conserves_packets_in_whatever_order_they_come(
        seen in prop::collection::vec(observation(), 0..60),
        flushes in prop::collection::vec((0..60_usize, 0..3000_u64), 0..4),
        room in 1..12_usize,
    ) {
        let model = model_of_instances();
        let network = Network::compile(&model);
        let interfaces: Vec<InterfaceIx> =
            (0..3).filter_map(|at| network.interface_of(InstanceIx(at))).collect();
        let flow_log = &model[FlowLogIx(0)];
        for room in [room, 1000] {
            let mut aggregator = aggregator(&network, flow_log, &interfaces).with_room(room);
            let mut aggregates = Vec::new();
            for (at, (interface, observation)) in seen.iter().enumerate() {
                for (_, now) in flushes.iter().filter(|(of, _)| *of == at) {
                    aggregates.extend(aggregator.flush(*now));
                }
                aggregator.take(&Observation { interface: interfaces[*interface], ..*observation });
            }
            aggregates.extend(aggregator.finish(3000));
            check_aggregates(&aggregates, &interfaces)?;
            let took: u64 = seen.iter().map(|(_, of)| of.packets).sum();
            let ok = aggregates.iter().filter_map(|of| match &of.outcome {
                Outcome::Ok(sums) => Some(sums.packets),
                Outcome::NoData | Outcome::SkipData => None,
            });
            let skipped = aggregates.iter().any(|of| of.outcome == Outcome::SkipData);
            let counted: u64 = ok.sum();
            // what is missing is said to be
            prop_assert_eq!(skipped, counted < took);
            prop_assert!(room < 1000 || counted == took);
        }
    }
}

fn aggregator(network: &Network, flow_log: &FlowLog, interfaces: &[InterfaceIx]) -> Aggregator {
    Aggregator::new(network, flow_log, interfaces.iter().copied(), 0)
}

/// A window has a record at least, of each interface; NODATA stands alone.
fn check_aggregates(all: &[Aggregate], interfaces: &[InterfaceIx]) -> Result<(), TestCaseError> {
    let mut windows: BTreeMap<(InterfaceIx, u64), Vec<&Aggregate>> = BTreeMap::new();
    for of in all {
        prop_assert!(of.start <= of.end);
        if !matches!(of.outcome, Outcome::Ok(_)) {
            windows.entry((of.interface, of.start / 60)).or_default().push(of);
        }
    }
    for ((interface, window), of) in &windows {
        let empty = of.iter().filter(|of| of.outcome == Outcome::NoData).count();
        prop_assert!(empty <= 1 && (empty == 0 || of.len() == 1), "{:?} {}", interface, window);
    }
    for interface in interfaces {
        let covered = all.iter().filter(|of| of.interface == *interface).count();
        prop_assert!(covered >= 50, "3000 seconds are 50 windows");
    }
    Ok(())
}

fn model_of_instances() -> Model {
    let instances = (0..3).map(|at| format!("i{at}: {{ subnet: s, private_ip: 10.0.0.1{at} }}"));
    let instances = instances.collect::<Vec<_>>().join(", ");
    let text = format!(
        "region: us-east-1\nvpcs: {{ v: {{ cidr_block: 10.0.0.0/16, subnets: {{ s: {{ availability_zone: us-east-1a, \
         cidr_block: 10.0.0.0/24 }} }}, instances: {{ {instances} }} }} }}\nflow_logs: {{ all: {{ vpc: v, traffic_type: \
         ALL, log_group_name: x }} }}"
    );
    plustwo::config::parse("topology.yaml", &text).unwrap().model
}

/// Packets of a few flows, at one of three interfaces.
fn observation() -> impl Strategy<Value = (usize, Observation)> {
    let flow = (0..3_u8, 0..3_u16, any::<bool>(), any::<bool>());
    (0..3_usize, 0..3000_u64, flow, 1..100_u64).prop_map(|(interface, at, flow, packets)| {
        let (host, port, egress, reject) = flow;
        let transport = Transport::Tcp { source_port: 50_000 + port, destination_port: 443 };
        let packet = Packet {
            source: [10, 0, 1, host].into(),
            destination: [10, 0, 0, 10].into(),
            transport,
        };
        let observation = Observation {
            at,
            interface: anywhere(),
            direction: if egress { Direction::Egress } else { Direction::Ingress },
            packet,
            packets,
            bytes: packets * 40,
            tcp_flags: 2,
            action: if reject { Action::Reject } else { Action::Accept },
            traffic_path: None,
            next_hop: None,
        };
        (interface, observation)
    })
}

/// Some interface, until the network is there.
fn anywhere() -> InterfaceIx {
    let model = model_of_instances();
    Network::compile(&model).interface_of(InstanceIx(0)).unwrap()
}

/// N206
#[test]
fn what_is_never_logged_whoever_sees_it() {
    let model = model_of_instances();
    let network = Network::compile(&model);
    let interface = network.interface_of(InstanceIx(0)).unwrap();
    for (other, ports, logged) in [
        ("10.0.0.2", (50_000, 53), false),
        ("169.254.169.253", (50_000, 53), false),
        ("fd00:ec2::253", (50_000, 53), false),
        ("169.254.169.254", (50_000, 80), false),
        ("169.254.169.123", (123, 123), false),
        ("169.254.169.250", (50_000, 1688), false),
        ("10.0.0.1", (50_000, 33_434), false),
        ("255.255.255.255", (68, 67), false),
        ("fe80::1", (546, 547), false),
        // servers of one's own
        ("10.0.0.53", (50_000, 53), true),
        ("192.0.2.1", (123, 123), true),
        ("192.0.2.1", (68, 67), true),
        ("10.0.0.11", (67, 443), true),
    ] {
        let other: IpAddr = other.parse().unwrap();
        let own: IpAddr =
            if other.is_ipv4() { [10, 0, 0, 10].into() } else { "2001:db8::10".parse().unwrap() };
        let (source_port, destination_port) = ports;
        let transport = Transport::Udp { source_port, destination_port };
        let packet = Packet { source: own, destination: other, transport };
        let there = is_logged(&model, &network, interface, Direction::Egress, &packet);
        let back = is_logged(&model, &network, interface, Direction::Ingress, &packet.reply());
        assert_eq!((there, back), (logged, logged), "{other} {ports:?}");
    }
}
