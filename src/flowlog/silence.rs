//! Why flow logs record nothing of a flow. N200, N201, N203, N206

use super::{
    Action, Sighting, Traffic, covers, sightings,
    unlogged::{Unlogged, why_unlogged},
};
use crate::{
    model::FlowLogIx,
    trace::{AwsService, Component, InterfaceIx, Trace, World},
};

/// Why there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// There is no address that packets could go to.
    NoAddress,
    /// No packet is sent.
    NoPackets,
    /// No network interface sees one.
    Unseen,
    /// Flow logs never have it. N206
    NeverLogged(Unlogged),
    /// No flow log covers an interface that sees it; this is the first that does. N200
    NotCovered(InterfaceIx),
    /// What covers an interface that sees it logs other traffic; this is what became of it there. N201
    OtherAction(InterfaceIx, Action),
    /// AWS would not have delivered a record yet, the first of them at this second since 1970. N203
    NotDelivered(u64),
}

/// Why these flow logs record nothing of traced flows, where that is so and not for their delivery.
#[must_use]
pub fn silence(
    world: &World<'_>,
    traces: &[Trace],
    traffic: &Traffic,
    flow_logs: &[FlowLogIx],
) -> Silence {
    let World { model, network, .. } = *world;
    if traces.is_empty() {
        return Silence::NoAddress;
    }
    if traffic.packets == 0 {
        return Silence::NoPackets;
    }
    let seen: Vec<Sighting> = traces.iter().flat_map(|trace| sightings(world, trace)).collect();
    let unlogged =
        |of: &Sighting| why_unlogged(model, network, of.interface, of.direction, &of.packet);
    let mut logged = seen.iter().filter(|of| unlogged(of).is_none()).peekable();
    let Some(first) = logged.peek().copied() else {
        let never = seen.iter().find_map(unlogged).or_else(|| service_asked(traces));
        return never.map_or(Silence::Unseen, Silence::NeverLogged);
    };
    let is_covered = |of: &&Sighting| {
        flow_logs.iter().any(|flow_log| covers(model, network, &model[*flow_log], of.interface))
    };
    logged.find(is_covered).map_or(Silence::NotCovered(first.interface), |of| {
        Silence::OtherAction(of.interface, of.action)
    })
}

/// The service that an instance asks without a packet at its network interface: none that is traced.
fn service_asked(traces: &[Trace]) -> Option<Unlogged> {
    traces.iter().flat_map(Trace::hops).find_map(|hop| match hop.component {
        Component::AwsService(AwsService::TaskMetadata | AwsService::Itself) => None,
        Component::AwsService(service) => Some(Unlogged::Service(service)),
        _ => None,
    })
}
