//! What the network interfaces on a trace's way see of its packets. N1, N200, N215, N219

use super::{Action, TrafficPath};
use crate::{
    model::{Compat, OuterGatewayKind, SubnetIx},
    trace::{Code, Component, Decision, Direction, Hop, InterfaceIx, Packet, Target, Trace, World},
};

/// A packet of a trace at a network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Where.
    pub interface: InterfaceIx,
    /// Which way it passes it.
    pub direction: Direction,
    /// Its headers there.
    pub packet: Packet,
    /// What became of it.
    pub action: Action,
    /// Where it goes.
    pub traffic_path: Option<TrafficPath>,
    /// The interface that gets what leaves this one, or sent what comes to it. N212
    pub next_hop: Option<InterfaceIx>,
    /// Whether it is of the way back.
    pub is_reply: bool,
}

/// Each network interface on the way there and back, once for each direction in which the packet passes it.
///
/// A security group or network ACL that drops the packet is one REJECT at the interface it stands before, and so is a gateway where VPC
/// Block Public Access drops it. What else is dropped behind an interface left it: ACCEPT there. Whoever is at no network interface has no records.
#[must_use]
pub fn sightings(world: &World<'_>, trace: &Trace) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (hops, is_reply) in [(&trace.forward, false), (&trace.back, true)] {
        let way = Way { world, hops, is_reply, leaving: None };
        let mut seen = way.sightings();
        join(&mut seen);
        found.extend(seen);
    }
    found
}

/// Tells sightings of one way of each other: what left an interface came to the next one, if it went there through no gateway that hides
/// the one from the other. AWS says that the next hop is not known through internet gateways and between Regions. N212
fn join(seen: &mut [Sighting]) {
    let mut rest = seen;
    while let [left, tail @ ..] = rest {
        if let Some(arrived) = tail.first_mut()
            && (left.direction, arrived.direction) == (Direction::Egress, Direction::Ingress)
            && matches!(
                left.traffic_path,
                Some(TrafficPath::SameVpc | TrafficPath::IntraRegionPeering)
            )
        {
            left.next_hop = Some(arrived.interface);
            arrived.next_hop = Some(left.interface);
        }
        rest = tail;
    }
}

/// One way of a trace.
struct Way<'a> {
    world: &'a World<'a>,
    hops: &'a [Hop],
    is_reply: bool,
    /// The interface that the packet is leaving: its filters have not let it pass yet.
    leaving: Option<(InterfaceIx, Packet)>,
}

impl Way<'_> {
    fn sightings(mut self) -> Vec<Sighting> {
        let mut found = Vec::new();
        let hops = self.hops;
        for (at, hop) in hops.iter().enumerate() {
            let filter = filter(hop);
            if self.is_host(at) {
                // whose interface the packet has come to, and may leave again
            } else if filter != Some(Direction::Egress) {
                found.extend(self.left(at));
            } else if hop.drops() {
                let leaving = self.leaving.take();
                found.extend(leaving.map(|(ix, packet)| {
                    self.sighting(ix, Direction::Egress, packet, Action::Reject)
                }));
            }
            if filter == Some(Direction::Ingress) && hop.drops() {
                let arrived = self.arrived(at, hop);
                found.extend(
                    arrived.map(|ix| {
                        self.sighting(ix, Direction::Ingress, hop.arrives, Action::Reject)
                    }),
                );
            }
            if filter.is_none() {
                found.extend(self.passes(at, hop));
                found.extend(self.blocked_on_its_way_in(at, hop));
            }
            if hop.drops() {
                break;
            }
        }
        found.extend(self.left(hops.len()));
        found
    }

    /// Whether a hop is what the interface of the hop before it belongs to.
    fn is_host(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.hops.get(at));
        let is_interface =
            before.is_some_and(|hop| matches!(hop.component, Component::NetworkInterface(_)));
        let hop = self.hops.get(at);
        is_interface && hop.is_some_and(|hop| matches!(hop.component, Component::Host(_)))
    }

    /// The packet has left the interface that it was leaving.
    fn left(&mut self, at: usize) -> Option<Sighting> {
        let (ix, packet) = self.leaving.take()?;
        if self.is_blocked_on_its_way_out(at) {
            return Some(self.sighting(ix, Direction::Egress, packet, Action::RejectBpa));
        }
        let mut sighting = self.sighting(ix, Direction::Egress, packet, Action::Accept);
        sighting.traffic_path = self.traffic_path(ix, at);
        Some(sighting)
    }

    /// Whether VPC Block Public Access drops what leaves an interface, at the gateway that is next from a hop on. N42
    fn is_blocked_on_its_way_out(&self, at: usize) -> bool {
        let hops = self.hops.get(at..).unwrap_or_default().iter();
        let mut behind = hops.skip_while(|hop| {
            let is_between =
                matches!(hop.component, Component::NetworkAcl(..) | Component::RouteTable(..));
            is_between && !hop.drops()
        });
        behind.next().is_some_and(is_blocked)
    }

    /// The interface that a packet from the internet is for, where VPC Block Public Access drops it at the gateway. N42
    fn blocked_on_its_way_in(&self, at: usize, hop: &Hop) -> Option<Sighting> {
        let before = at.checked_sub(1).and_then(|at| self.hops.get(at))?;
        let Component::InternetGateway(vpc) = hop.component else { return None };
        if !is_blocked(hop) || matches!(before.component, Component::RouteTable(..)) {
            return None;
        }
        let ix = self.world.network.interface_at(vpc, hop.leaves.destination)?;
        Some(self.sighting(ix, Direction::Ingress, hop.leaves, Action::RejectBpa))
    }

    /// A hop that is no filter: the packet passes its interface, if it is one.
    fn passes(&mut self, at: usize, hop: &Hop) -> Option<Sighting> {
        let ix = self.interface(at, hop)?;
        // what begins here comes to its interface first or second, behind what the interface belongs to
        let begins = at <= 1 && matches!(hop.component, Component::NetworkInterface(_));
        let is_dead = hop.explanations.iter().any(|why| why.availability_zone.is_some());
        if is_dead || (begins && hop.drops()) {
            return None;
        }
        // an interface of an instance is followed by the instance, a NAT gateway is its own
        let own = usize::from(matches!(hop.component, Component::NetworkInterface(_)));
        let goes_on = begins || self.hops.get(at + own + 1).is_some();
        if goes_on && !hop.drops() {
            self.leaving = Some((ix, hop.leaves));
        }
        (!begins).then(|| self.sighting(ix, Direction::Ingress, hop.arrives, Action::Accept))
    }

    /// The interface of a hop that a packet passes.
    fn interface(&self, at: usize, hop: &Hop) -> Option<InterfaceIx> {
        let network = self.world.network;
        match hop.component {
            Component::NetworkInterface(ix) => Some(ix),
            Component::NatGateway(nat) if at > 0 => Some(network[nat].interface),
            // a Gateway Load Balancer endpoint has no hop for its interface, as nothing filters there
            Component::InterfaceEndpoint(endpoint) if self.is_by_itself(at) => {
                let (_, eni) = self.world.model.interfaces_of(endpoint).next()?;
                network.interface_with_id(eni.id)
            }
            _ => None,
        }
    }

    /// Whether no hop beside this one is of a network interface.
    fn is_by_itself(&self, at: usize) -> bool {
        let is_interface = |at: usize| {
            let hop = self.hops.get(at);
            hop.is_some_and(|hop| matches!(hop.component, Component::NetworkInterface(_)))
        };
        at > 0 && !is_interface(at - 1) && !is_interface(at + 1)
    }

    /// The interface that a packet has come to when a filter before it drops it.
    fn arrived(&self, at: usize, hop: &Hop) -> Option<InterfaceIx> {
        if let Some(ix) = hop.explanations.iter().find_map(|why| why.interface) {
            return Some(ix);
        }
        let Component::NetworkAcl(_, subnet) = hop.component else { return None };
        let model = self.world.model;
        let sent_to = self.sent_to(at, subnet);
        sent_to
            .or_else(|| self.world.network.interface_at(model[subnet].vpc, hop.arrives.destination))
    }

    /// Where the last route before a hop leads, if that is an interface in the subnet.
    fn sent_to(&self, at: usize, subnet: SubnetIx) -> Option<InterfaceIx> {
        let network = self.world.network;
        let before = self.hops.get(..at)?.iter().rev();
        let (table, route) = before.into_iter().find_map(|hop| match hop {
            Hop {
                component: Component::RouteTable(table, _),
                decision: Some(Decision::Route(route)),
                ..
            } => Some((*table, *route)),
            _ => None,
        })?;
        let ix = match network[table].routes.get(route)?.target {
            Target::NatGateway(nat) => network[nat].interface,
            Target::NetworkInterface(ix) => ix,
            Target::GatewayLoadBalancerEndpoint(eni) => {
                network.interface_with_id(self.world.model[eni].id)?
            }
            Target::Local
            | Target::InternetGateway
            | Target::EgressOnlyInternetGateway
            | Target::VpcPeeringConnection(_)
            | Target::GatewayEndpoint(_)
            | Target::OuterGateway(_)
            | Target::Gone => return None,
        };
        (network[ix].subnet == subnet).then_some(ix)
    }

    /// Where a packet goes that has left an interface, from a hop on. N219
    fn traffic_path(&self, from: InterfaceIx, at: usize) -> Option<TrafficPath> {
        let World { model, network, .. } = *self.world;
        let vpc = model[network[from].subnet].vpc;
        for hop in self.hops.get(at..)? {
            let path = match hop.component {
                Component::InternetGateway(_) | Component::GatewayEndpoint(_)
                    if model.compat == Compat::Of2021 =>
                {
                    TrafficPath::Gateway
                }
                Component::InternetGateway(_) => TrafficPath::InternetGateway,
                Component::GatewayEndpoint(_) => TrafficPath::GatewayEndpoint,
                Component::VpcPeeringConnection(peering) => {
                    let peering = model.vpc_peering_connections.get(peering)?;
                    let (requester, accepter) = (peering.requester.vpc, peering.accepter.vpc);
                    if model[requester].region == model[accepter].region {
                        TrafficPath::IntraRegionPeering
                    } else {
                        TrafficPath::InterRegionPeering
                    }
                }
                Component::OuterGateway(outer) => match network[outer].kind {
                    OuterGatewayKind::VirtualPrivateGateway => TrafficPath::VirtualPrivateGateway,
                    OuterGatewayKind::LocalGateway => TrafficPath::LocalGateway,
                    OuterGatewayKind::TransitGateway
                    | OuterGatewayKind::CarrierGateway
                    | OuterGatewayKind::CoreNetwork
                    | OuterGatewayKind::Unknown => return None,
                },
                Component::NetworkInterface(_)
                | Component::NatGateway(_)
                | Component::InterfaceEndpoint(_)
                | Component::Place(_) => TrafficPath::SameVpc,
                // a filter before another interface of the VPC
                Component::SecurityGroup(group) if network[group].vpc == vpc && hop.drops() => {
                    TrafficPath::SameVpc
                }
                Component::NetworkAcl(_, subnet) if model[subnet].vpc == vpc && hop.drops() => {
                    TrafficPath::SameVpc
                }
                Component::SecurityGroup(_)
                | Component::NetworkAcl(..)
                | Component::RouteTable(..) => continue,
                Component::Internet
                | Component::Host(_)
                | Component::Vpc(_)
                | Component::Subnet(_)
                | Component::EgressOnlyInternetGateway(_)
                | Component::ResolverEndpoint(_)
                | Component::Service(_)
                | Component::AwsService(_) => return None,
            };
            return Some(path);
        }
        None
    }

    fn sighting(
        &self,
        interface: InterfaceIx,
        direction: Direction,
        packet: Packet,
        action: Action,
    ) -> Sighting {
        let is_reply = self.is_reply;
        Sighting {
            interface,
            direction,
            packet,
            action,
            traffic_path: None,
            next_hop: None,
            is_reply,
        }
    }
}

/// Whether VPC Block Public Access drops a packet there. N42
fn is_blocked(hop: &Hop) -> bool {
    hop.explanations.iter().any(|why| why.code == Code::VpcBlockPublicAccessEnabled)
}

/// Which way a hop filters, if it is a filter.
fn filter(hop: &Hop) -> Option<Direction> {
    let decided = match hop.decision {
        Some(Decision::SecurityGroupRule(found)) => Some(found.direction),
        Some(Decision::Tracked(direction) | Decision::AclRule { direction, .. }) => Some(direction),
        Some(Decision::Route(_)) | None => None,
    };
    // a security group that has no rule for it decides nothing; it says why
    decided.or_else(|| hop.explanations.iter().find_map(|why| why.direction))
}
