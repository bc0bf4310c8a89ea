//! Packets → sums over windows of one or ten minutes. N201, N202, N214–N217

use std::{collections::BTreeMap, net::IpAddr};

use super::{Action, Observation, TrafficPath};
use crate::{
    model::{AggregationInterval, FlowLog, TrafficType},
    trace::{Direction, InterfaceIx, Network, Owner, Packet},
};

/// One record, before it has the names of what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// Of which network interface.
    pub interface: InterfaceIx,
    /// When it begins, in seconds since 1970: with the first packet, or with the window.
    pub start: u64,
    /// When it ends: with the last packet, or with the last second of the window.
    pub end: u64,
    /// When its window is over: the first second behind it.
    pub closes: u64,
    /// What was seen.
    pub outcome: Outcome,
}

/// What a window holds of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Packets of a flow.
    Ok(Sums),
    /// No packet at all. N216
    NoData,
    /// More flows than there was room for. N216
    SkipData,
}

/// A flow at an interface, in one direction, with one action; and what was counted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// The headers.
    pub packet: Packet,
    /// Which way.
    pub direction: Direction,
    /// What became of it.
    pub action: Action,
    /// Where it goes.
    pub traffic_path: Option<TrafficPath>,
    /// The interface on the other side.
    pub next_hop: Option<InterfaceIx>,
    /// How many packets.
    pub packets: u64,
    /// How many octets.
    pub bytes: u64,
    /// The flags of all packets together. N217
    pub tcp_flags: u8,
}

/// What packets of one record have in common: addresses, ports, protocol, direction, action. N202
type Key = (IpAddr, IpAddr, (u16, u16), u8, bool, Action);

/// What a window has seen of one interface.
#[derive(Clone, Debug, Default)]
struct Window {
    flows: Vec<(Sums, u64, u64)>,
    places: BTreeMap<Key, usize>,
    skipped: bool,
}

/// Sums up what one flow log sees.
///
/// Windows begin at whole multiples of their length, which is the flow log's, and one minute for interfaces of instances.
#[derive(Clone, Debug)]
pub struct Aggregator {
    traffic_type: TrafficType,
    room: usize,
    interfaces: BTreeMap<InterfaceIx, Windows>,
}

/// The windows of an interface.
#[derive(Clone, Debug)]
struct Windows {
    /// How long each is, in seconds.
    secs: u64,
    /// The begin of the first that is not closed.
    open: u64,
    /// Those in which there is something, by their begin.
    seen: BTreeMap<u64, Window>,
}

impl Aggregator {
    /// The aggregator of a flow log that covers these interfaces, from a second on.
    #[must_use]
    pub fn new(
        network: &Network,
        flow_log: &FlowLog,
        interfaces: impl IntoIterator<Item = InterfaceIx>,
        began: u64,
    ) -> Self {
        let interfaces = interfaces.into_iter().map(|ix| {
            let secs = window_secs(network, flow_log, ix);
            (ix, Windows { secs, open: began - began % secs, seen: BTreeMap::new() })
        });
        Self {
            traffic_type: flow_log.traffic_type,
            room: usize::try_from(flow_log.max_flows_per_interval).unwrap_or(usize::MAX),
            interfaces: interfaces.collect(),
        }
    }

    /// With room for so many flows of an interface in a window.
    #[must_use]
    pub fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }

    /// Counts packets. Those of a window that is closed are counted in the first that is open.
    ///
    /// Whether they are logged at all (N206) is for the caller to ask.
    pub fn take(&mut self, seen: &Observation) {
        let Some(windows) = self.interfaces.get_mut(&seen.interface) else { return };
        let begin = (seen.at - seen.at % windows.secs).max(windows.open);
        let window = windows.seen.entry(begin).or_default();
        let wanted = match (self.traffic_type, seen.action) {
            (TrafficType::All, _)
            | (TrafficType::Accept, Action::Accept)
            | (TrafficType::Reject, Action::Reject | Action::RejectBpa) => true,
            (TrafficType::Accept, Action::Reject | Action::RejectBpa)
            | (TrafficType::Reject, Action::Accept) => false,
        };
        if wanted {
            window.take(seen, self.room);
        }
    }

    /// Closes every window that has ended by a moment, and gives its records: interface by interface, window by window, in the order
    /// in which flows began.
    pub fn flush(&mut self, now: u64) -> Vec<Aggregate> {
        // only logs of ALL have records of no action. N201
        let is_all = self.traffic_type == TrafficType::All;
        let interfaces = self.interfaces.iter_mut();
        interfaces.flat_map(|(ix, windows)| windows.flush(*ix, now, is_all)).collect()
    }

    /// Closes every window that had begun by a moment, as the last ones.
    #[must_use]
    pub fn finish(mut self, last: u64) -> Vec<Aggregate> {
        let is_all = self.traffic_type == TrafficType::All;
        let interfaces = self.interfaces.iter_mut();
        let records = interfaces.flat_map(|(ix, windows)| {
            let seen = windows.seen.last_key_value().map_or(0, |(begin, _)| *begin);
            let until = seen.max(last - last % windows.secs).saturating_add(windows.secs);
            windows.flush(*ix, until, is_all)
        });
        records.collect()
    }
}

/// How long the windows of a network interface are, in seconds. N202
pub(super) fn window_secs(network: &Network, flow_log: &FlowLog, ix: InterfaceIx) -> u64 {
    match network[ix].owner {
        // all instances are Nitro ones: a minute at most, whatever the flow log says
        Owner::Instance(_) => AggregationInterval::OneMinute.secs(),
        Owner::Endpoint(_) | Owner::NatGateway(_) | Owner::ResolverEndpoint(_) => {
            flow_log.max_aggregation_interval.secs()
        }
    }
}

impl Windows {
    fn flush(&mut self, interface: InterfaceIx, now: u64, is_all: bool) -> Vec<Aggregate> {
        let mut records = Vec::new();
        while let Some(closes) = self.open.checked_add(self.secs).filter(|closes| *closes <= now) {
            let (start, end) = (self.open, closes - 1);
            let whole = |outcome| Aggregate { interface, start, end, closes, outcome };
            match self.seen.remove(&self.open) {
                None => records.extend(is_all.then(|| whole(Outcome::NoData))),
                Some(window) => {
                    let flows = window.flows.into_iter();
                    records.extend(flows.map(|(sums, start, end)| {
                        let outcome = Outcome::Ok(sums);
                        Aggregate { interface, start, end, closes, outcome }
                    }));
                    let skipped = window.skipped && is_all;
                    records.extend(skipped.then(|| whole(Outcome::SkipData)));
                }
            }
            self.open = closes;
        }
        records
    }
}

impl Window {
    fn take(&mut self, seen: &Observation, room: usize) {
        let Observation { packet, direction, action, .. } = *seen;
        let ports = packet.transport.ports().unwrap_or_default();
        let is_egress = direction == Direction::Egress;
        let key: Key =
            (packet.source, packet.destination, ports, packet.protocol(), is_egress, action);
        let next = self.flows.len();
        let at = match self.places.get(&key) {
            Some(at) => *at,
            None if next >= room => {
                self.skipped = true;
                return;
            }
            None => {
                self.places.insert(key, next);
                let traffic_path = seen.traffic_path;
                let none = Sums {
                    packet,
                    direction,
                    action,
                    traffic_path,
                    next_hop: seen.next_hop,
                    packets: 0,
                    bytes: 0,
                    tcp_flags: 0,
                };
                self.flows.push((none, seen.at, seen.at));
                next
            }
        };
        if let Some((sums, start, end)) = self.flows.get_mut(at) {
            sums.packets = sums.packets.saturating_add(seen.packets);
            sums.bytes = sums.bytes.saturating_add(seen.bytes);
            sums.tcp_flags |= seen.tcp_flags;
            (*start, *end) = ((*start).min(seen.at), (*end).max(seen.at));
        }
    }
}
