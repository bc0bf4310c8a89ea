//! So many packets of a traced flow, over so long a time: what the network interfaces on its way observe, and what flow logs record of it.

use super::{
    Aggregator, Observation, Record, Sighting, covers, interfaces_of, is_logged, sightings,
};
use crate::{
    model::{FlowLogIx, NetworkInterfaceId},
    trace::{InterfaceIx, Trace, Transport, World},
};

/// The longest that a flow can take, in seconds: a day.
pub const MAX_DURATION_SECS: u64 = 86_400;

/// TCP's flags, as records have them. N217
const FIN: u8 = 1;
const SYN: u8 = 2;
const SYN_ACK: u8 = 18;

/// How much flows, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// How many packets there; as many come back.
    pub packets: u64,
    /// How large they are together, in octets; as large is what comes back.
    pub bytes: u64,
    /// When the first is sent, in seconds since 1970.
    pub at: u64,
    /// How many seconds later the last one is sent; the others evenly between them.
    pub duration_secs: u64,
}

/// What a flow log records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedFlow {
    /// Which flow log.
    pub flow_log: FlowLogIx,
    /// Its records, those of a network interface together, by the order of interfaces on the way.
    pub records: Vec<(NetworkInterfaceId, Vec<Record>)>,
}

impl Traffic {
    /// What the network interfaces on a trace's way observe, as time goes on. What is never logged is not among it. N206
    #[must_use]
    pub fn observations(&self, world: &World<'_>, trace: &Trace) -> Vec<Observation> {
        let seen = sightings(world, trace);
        let seen: Vec<&Sighting> = seen
            .iter()
            .filter(|of| {
                is_logged(world.model, world.network, of.interface, of.direction, &of.packet)
            })
            .collect();
        let answered = trace.is_reachable();
        let groups = self.groups();
        let last = groups.len().saturating_sub(1);
        let mut out = Vec::with_capacity(groups.len() * seen.len());
        for (at, (second, packets, bytes)) in groups.into_iter().enumerate() {
            let is_only = self.packets < 2;
            for of in &seen {
                let opens = if of.is_reply { SYN_ACK } else { SYN };
                let tcp_flags = match of.packet.transport {
                    // whoever gets no answer goes on asking for a connection
                    Transport::Tcp { .. } if !answered => opens,
                    Transport::Tcp { .. } => {
                        let first = if at == 0 { opens } else { 0 };
                        let closes = if at == last && !is_only { FIN } else { 0 };
                        first | closes
                    }
                    Transport::Udp { .. } | Transport::Icmp { .. } | Transport::Other(_) => 0,
                };
                out.push(Observation {
                    at: second,
                    interface: of.interface,
                    direction: of.direction,
                    packet: of.packet,
                    packets,
                    bytes,
                    tcp_flags,
                    action: of.action,
                    traffic_path: of.traffic_path,
                });
            }
        }
        out
    }

    /// Seconds in which packets are sent, with their number and octets.
    fn groups(&self) -> Vec<(u64, u64, u64)> {
        let duration = self.duration_secs.min(MAX_DURATION_SECS);
        let packets = self.packets;
        let count = packets.min(duration + 1);
        let mut groups = Vec::new();
        let (mut sent, mut sent_bytes) = (0, 0);
        for at in 0..count {
            let second = if count > 1 { duration * at / (count - 1) } else { 0 };
            let sent_then = share(packets, at + 1, count);
            let bytes_then = share(self.bytes, sent_then, packets);
            let of = (self.at.saturating_add(second), sent_then - sent, bytes_then - sent_bytes);
            groups.push(of);
            (sent, sent_bytes) = (sent_then, bytes_then);
        }
        groups
    }
}

/// `whole * part / of`, where `part` is at most `of`.
fn share(whole: u64, part: u64, of: u64) -> u64 {
    let exact = u128::from(whole) * u128::from(part) / u128::from(of.max(1));
    u64::try_from(exact).unwrap_or(whole)
}

/// What flow logs record of traced flows; of those that see nothing of it, nothing, unless `idle` asks for the records of every
/// interface that they cover. N200
#[must_use]
pub fn records(
    world: &World<'_>,
    traces: &[Trace],
    traffic: &Traffic,
    flow_logs: &[FlowLogIx],
    idle: bool,
) -> Vec<LoggedFlow> {
    let World { model, network, .. } = *world;
    let seen: Vec<Observation> =
        traces.iter().flat_map(|trace| traffic.observations(world, trace)).collect();
    let mut order: Vec<InterfaceIx> = Vec::new();
    for of in &seen {
        if !order.contains(&of.interface) {
            order.push(of.interface);
        }
    }
    let ended = traffic.at.saturating_add(traffic.duration_secs.min(MAX_DURATION_SECS));
    let mut out = Vec::new();
    for flow_log in flow_logs {
        let of = &model[*flow_log];
        let mut covered: Vec<InterfaceIx> =
            order.iter().copied().filter(|ix| covers(model, network, of, *ix)).collect();
        if idle {
            let others = interfaces_of(model, network, of).filter(|ix| !order.contains(ix));
            covered.extend(others);
        }
        let mut aggregator = Aggregator::new(network, of, covered.iter().copied(), traffic.at);
        for seen in &seen {
            aggregator.take(seen);
        }
        let aggregates = aggregator.finish(ended);
        let by_interface = covered.iter().filter_map(|ix| {
            let own = aggregates.iter().filter(|aggregate| aggregate.interface == *ix);
            let records: Vec<Record> =
                own.map(|aggregate| Record::new(model, network, aggregate)).collect();
            (!records.is_empty()).then(|| (network[*ix].id, records))
        });
        let records: Vec<(NetworkInterfaceId, Vec<Record>)> = by_interface.collect();
        if !records.is_empty() {
            out.push(LoggedFlow { flow_log: *flow_log, records });
        }
    }
    out
}
