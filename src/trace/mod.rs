//! `(network, health, flow) → Trace`: the way of a packet and of its reply, and what decided at every hop.
//!
//! **Invariant:** [`trace`] is total and pure, as `answer` is. It ends, it repeats, and a flow is reachable exactly if no hop of
//! either way drops it. The data plane sees a fault at once, whatever DNS has noticed.
//!
//! ```text
//!  network interface ─► security group ─► same subnet? ────────────────────────────────┐
//!                                          │ no                                        ▼
//!                                          └─► network ACL ─► route table ─► target   security group ─► network interface
//!   local, pcx ─► network ACL ─────────────────────────────────────────────────────────▲
//!   igw, eigw ─► the internet · gateway endpoint ─► service · NAT, middlebox ─► again from their subnet
//! ```
//! Rules N2, N10–N57, N70–N85, N100–N167, N280–N286.

mod code;
mod compile;
mod endpoints;
mod filters;
mod flow;
mod gateways;
mod hop;
mod limits;
mod losers;
mod network;
mod place;
mod public_access;
mod reply;
mod routes;
mod symmetry;
mod walk;

pub use code::Code;
pub use filters::{
    AtInterface, Mismatch, NetworkAcl, Peer, RuleMatch, SecurityGroup, SecurityGroupRule, is_meant,
};
pub use flow::{Flow, PACKET_BYTES, Packet, SOURCE_PORT, Source, Transport};
pub use gateways::is_nowhere_on_the_internet;
pub use hop::{AwsService, Component, Decision, Detail, Direction, Explanation, Hop};
pub use limits::MAX_PACKET_BYTES;
pub use network::{
    AclIx, GatewayEndpoint, GatewayEndpointIx, GroupIx, Interface, InterfaceIx, NatGateway,
    NatGatewayIx, Network, OuterGatewayIx, Owner, TableIx,
};
pub use routes::{Route, RouteState, RouteTable, Target, UnlistedRoute};

use crate::{health::Health, model::Model};

/// What a trace depends on besides the flow.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// What exists.
    pub model: &'a Model,
    /// The network compiled from it.
    pub network: &'a Network,
    /// The faults, as they are.
    pub health: &'a Health,
    /// Whether to go on where that is possible, and say what would drop the packet further on. N162
    pub explain_all: bool,
}

/// The way of a flow's first packet, and of what comes back. N160, N161
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What was asked.
    pub flow: Flow,
    /// From the source to the destination.
    pub forward: Vec<Hop>,
    /// And back; empty where nothing arrives, or no network is crossed.
    pub back: Vec<Hop>,
}

impl Trace {
    /// Whether the packet arrives and its reply comes back: no hop drops either. N161
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        !self.hops().any(Hop::drops)
    }

    /// All hops, forward ones first.
    pub fn hops(&self) -> impl Iterator<Item = &Hop> {
        self.forward.iter().chain(&self.back)
    }

    /// The first hop that drops the packet or its reply.
    #[must_use]
    pub fn dropped_at(&self) -> Option<&Hop> {
        self.hops().find(|hop| hop.drops())
    }
}

/// Traces a flow.
#[must_use]
pub fn trace(world: &World<'_>, flow: Flow) -> Trace {
    walk::both_ways(world, flow)
}
