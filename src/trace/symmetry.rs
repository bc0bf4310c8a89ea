//! Whether a reply comes back through what the request went through. N145, N161

use super::{Component, Detail, Hop, Trace};

/// What a packet passes of those that a way is chosen by: gateways, NAT gateways, peering connections, VPC endpoints, and instances that
/// forward. Where it begins and ends is none of them, and filters, route tables and subnets are not.
fn leads(component: Component, ends: [Option<Component>; 2]) -> bool {
    match component {
        Component::InternetGateway(_)
        | Component::EgressOnlyInternetGateway(_)
        | Component::NatGateway(_)
        | Component::VpcPeeringConnection(_)
        | Component::GatewayEndpoint(_)
        | Component::OuterGateway(_) => true,
        // a middlebox, or a Gateway Load Balancer endpoint
        Component::Host(_) | Component::InterfaceEndpoint(_) => !ends.contains(&Some(component)),
        Component::Internet
        | Component::Place(_)
        | Component::NetworkInterface(_)
        | Component::SecurityGroup(_)
        | Component::NetworkAcl(..)
        | Component::RouteTable(..)
        | Component::Vpc(_)
        | Component::Subnet(_)
        | Component::ResolverEndpoint(_)
        | Component::Service(_)
        | Component::AwsService(_) => false,
    }
}

/// Notes at each hop that only the request or only the reply of a reachable flow passes. N161
pub(super) fn one_way_hops(trace: &mut Trace) {
    if trace.back.is_empty() || !trace.is_reachable() {
        return;
    }
    let ends = [trace.forward.first(), trace.forward.last()];
    let ends = ends.map(|hop| hop.map(|hop| hop.component));
    let Trace { forward, back, .. } = trace;
    note(forward, back, ends, Detail::NoReplyThroughIt);
    note(back, forward, ends, Detail::OnlyRepliesThroughIt);
}

fn note(hops: &mut [Hop], other_way: &[Hop], ends: [Option<Component>; 2], detail: Detail) {
    for hop in hops.iter_mut().filter(|hop| leads(hop.component, ends)) {
        if !other_way.iter().any(|other| other.component == hop.component) {
            hop.details.push(detail);
        }
    }
}

impl Trace {
    /// What only the request passes, and what only the reply does, each once and in order; both empty where the reply takes the same
    /// way, or none. N161
    #[must_use]
    pub fn one_way(&self) -> [Vec<Component>; 2] {
        let of = |hops: &[Hop], detail: Detail| {
            let mut found = Vec::new();
            for hop in hops.iter().filter(|hop| hop.details.contains(&detail)) {
                if !found.contains(&hop.component) {
                    found.push(hop.component);
                }
            }
            found
        };
        [of(&self.forward, Detail::NoReplyThroughIt), of(&self.back, Detail::OnlyRepliesThroughIt)]
    }
}
