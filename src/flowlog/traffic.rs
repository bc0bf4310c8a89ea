//! So many packets of a traced flow, over so long a time: what the network interfaces on its way observe, and what flow logs record of it.

use std::collections::BTreeMap;

use super::{
    Aggregator, Observation, Record, Sighting, aggregate::window_secs, covers, interfaces_of,
    is_logged, sightings,
};
use crate::{
    model::{FlowLog, FlowLogIx, NetworkInterfaceId},
    trace::{Detail, InterfaceIx, Trace, Transport, World},
};

/// The longest that a flow can take, in seconds: a day.
pub const MAX_DURATION_SECS: u64 = 86_400;

/// TCP's flags, as records have them. N217
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
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

/// What the network interfaces on a trace's way see, before it is known how much. What is never logged is not among it. N206
#[derive(Debug)]
struct Seen {
    sightings: Vec<Sighting>,
    /// Whether what comes back refuses a connection. N84
    is_refused: bool,
    is_answered: bool,
}

impl Seen {
    fn new(world: &World<'_>, trace: &Trace) -> Self {
        let mut sightings = sightings(world, trace);
        sightings.retain(|of| {
            is_logged(world.model, world.network, of.interface, of.direction, &of.packet)
        });
        let is_refused = is_refused(trace);
        Self { sightings, is_refused, is_answered: trace.is_reachable() && !is_refused }
    }
}

impl Traffic {
    /// What network interfaces observe of it, as time goes on.
    fn of<'a>(&'a self, seen: &'a Seen) -> impl Iterator<Item = Observation> + use<'a> {
        let last = self.group_count().saturating_sub(1);
        self.groups().enumerate().flat_map(move |(at, group)| {
            let is_ends = (at == 0, u64::try_from(at) == Ok(last));
            seen.sightings.iter().map(move |of| self.observation(of, seen, group, is_ends))
        })
    }

    /// Packets of a group at an interface. The group may be the first, the last, or both.
    fn observation(
        &self,
        of: &Sighting,
        seen: &Seen,
        (second, packets, bytes): (u64, u64, u64),
        (is_first, is_last): (bool, bool),
    ) -> Observation {
        let opens = match (of.is_reply, seen.is_refused) {
            (false, _) => SYN,
            (true, false) => SYN_ACK,
            (true, true) => RST,
        };
        let tcp_flags = match of.packet.transport {
            // whoever gets no answer goes on asking for a connection
            Transport::Tcp { .. } if !seen.is_answered => opens,
            Transport::Tcp { .. } => {
                let first = if is_first { opens } else { 0 };
                let closes = if is_last && self.packets > 1 { FIN } else { 0 };
                first | closes
            }
            Transport::Udp { .. } | Transport::Icmp { .. } | Transport::Other(_) => 0,
        };
        Observation {
            at: second,
            interface: of.interface,
            direction: of.direction,
            packet: of.packet,
            packets,
            bytes,
            tcp_flags,
            action: of.action,
            traffic_path: of.traffic_path,
            next_hop: of.next_hop,
        }
    }

    /// In how many seconds packets are sent.
    fn group_count(&self) -> u64 {
        self.packets.min(self.duration() + 1)
    }

    fn duration(&self) -> u64 {
        self.duration_secs.min(MAX_DURATION_SECS)
    }

    /// When the last packet is sent.
    fn ends(&self) -> u64 {
        self.at.saturating_add(self.duration())
    }

    /// Seconds in which packets are sent, with their number and octets.
    fn groups(&self) -> impl Iterator<Item = (u64, u64, u64)> + use<> {
        let Self { packets, bytes, at: begin, .. } = *self;
        let (duration, count) = (self.duration(), self.group_count());
        let sent = move |at| {
            let sent = share(packets, at, count);
            (sent, share(bytes, sent, packets))
        };
        (0..count).map(move |at| {
            let second = if count > 1 { duration * at / (count - 1) } else { 0 };
            let ((before, bytes_before), (then, bytes_then)) = (sent(at), sent(at + 1));
            (begin.saturating_add(second), then - before, bytes_then - bytes_before)
        })
    }
}

/// Whether what comes back refuses a connection. N84
fn is_refused(trace: &Trace) -> bool {
    let mut details = trace.forward.iter().flat_map(|hop| &hop.details);
    details.any(|detail| matches!(detail, Detail::ClosedPort { .. }))
}

/// `whole * part / of`, where `part` is at most `of`.
fn share(whole: u64, part: u64, of: u64) -> u64 {
    let exact = u128::from(whole) * u128::from(part) / u128::from(of.max(1));
    u64::try_from(exact).unwrap_or(whole)
}

/// What flow logs record of traced flows; of those that see nothing of it, nothing, unless `nodata` asks for the records of every
/// interface that they cover. N200
#[must_use]
pub fn records(
    world: &World<'_>,
    traces: &[Trace],
    traffic: &Traffic,
    flow_logs: &[FlowLogIx],
    nodata: bool,
) -> Vec<LoggedFlow> {
    let World { model, network, .. } = *world;
    let seen: Vec<Seen> = traces.iter().map(|trace| Seen::new(world, trace)).collect();
    let order = order(&seen, traffic);
    let mut out = Vec::new();
    for flow_log in flow_logs {
        let of = &model[*flow_log];
        let covered: Vec<InterfaceIx> = covered(world, of, &order, nodata).collect();
        if covered.is_empty() {
            continue;
        }
        let mut aggregator = Aggregator::new(network, of, covered.iter().copied(), traffic.at);
        for seen in &seen {
            for observation in traffic.of(seen) {
                aggregator.take(&observation);
            }
        }
        let mut by_interface: BTreeMap<InterfaceIx, Vec<Record>> = BTreeMap::new();
        for aggregate in aggregator.finish(traffic.ends()) {
            let record = Record::new(model, network, &aggregate);
            by_interface.entry(aggregate.interface).or_default().push(record);
        }
        let records =
            covered.iter().filter_map(|ix| Some((network[*ix].id, by_interface.remove(ix)?)));
        let records: Vec<(NetworkInterfaceId, Vec<Record>)> = records.collect();
        if !records.is_empty() {
            out.push(LoggedFlow { flow_log: *flow_log, records });
        }
    }
    out
}

/// Whether [`records`] could be more than so many. It is found out without making them, and may be said of a few less.
#[must_use]
pub fn are_more_than(
    limit: u64,
    world: &World<'_>,
    traces: &[Trace],
    traffic: &Traffic,
    flow_logs: &[FlowLogIx],
    nodata: bool,
) -> bool {
    let seen: Vec<Seen> = traces.iter().map(|trace| Seen::new(world, trace)).collect();
    let order = order(&seen, traffic);
    let mut most: u64 = 0;
    for flow_log in flow_logs {
        let of = &world.model[*flow_log];
        for ix in covered(world, of, &order, nodata) {
            let secs = window_secs(world.network, of, ix);
            let begin = traffic.at - traffic.at % secs;
            let windows = traffic.ends().saturating_sub(begin) / secs + 1;
            let sightings = seen.iter().flat_map(|seen| &seen.sightings);
            let flows = sightings.filter(|sighting| sighting.interface == ix).count().max(1);
            let records = windows.saturating_mul(u64::try_from(flows).unwrap_or(u64::MAX));
            most = most.saturating_add(records);
            if most > limit {
                return true;
            }
        }
    }
    false
}

/// The interfaces that see something, by their order on the way.
fn order(seen: &[Seen], traffic: &Traffic) -> Vec<InterfaceIx> {
    let mut order: Vec<InterfaceIx> = Vec::new();
    if traffic.packets > 0 {
        for of in seen.iter().flat_map(|seen| &seen.sightings) {
            if !order.contains(&of.interface) {
                order.push(of.interface);
            }
        }
    }
    order
}

/// The interfaces that a flow log has records of.
fn covered<'a>(
    world: &'a World<'_>,
    flow_log: &'a FlowLog,
    order: &'a [InterfaceIx],
    nodata: bool,
) -> impl Iterator<Item = InterfaceIx> + use<'a> {
    let World { model, network, .. } = *world;
    let on_the_way = order.iter().copied().filter(move |ix| covers(model, network, flow_log, *ix));
    let others = nodata.then(|| interfaces_of(model, network, flow_log));
    let others = others.into_iter().flatten().filter(|ix| !order.contains(ix));
    on_the_way.chain(others)
}
