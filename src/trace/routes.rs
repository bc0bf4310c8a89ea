//! Route tables, compiled: which route takes a destination. N10–N18

use std::{collections::BTreeMap, hash::Hash, net::IpAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Code, GatewayEndpointIx, InterfaceIx, NatGatewayIx, OuterGatewayIx};
use crate::model::{EniIx, PrefixListIx, QuickMap, RouteTableId, UnknownEntries, VpcIx};

/// A route table with its `local` routes and those of gateway endpoints. N11, N15
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// Its name in the VPC.
    pub name: Box<str>,
    /// Its VPC.
    pub vpc: VpcIx,
    /// Its routes: `local` ones, the file's, those of gateway endpoints. Each block of a prefix list is one.
    pub routes: Vec<Route>,
    /// Its routes to prefix lists of which nobody says what they hold. N24
    pub unlisted: Vec<UnlistedRoute>,
    v4: ByLength<u32>,
    v6: ByLength<u128>,
    /// Routes to the block of another, by that one. N13
    shadowed: BTreeMap<usize, Vec<usize>>,
}

/// One route to one block. N13
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Which destinations it takes.
    pub destination: IpNet,
    /// The prefix list that the block is of.
    pub prefix_list: Option<PrefixListIx>,
    /// Where they go.
    pub target: Target,
    /// Whether the target is there. N18
    pub state: RouteState,
    /// Whether a virtual private gateway made it. N23
    pub is_propagated: bool,
}

/// One route to a prefix list of which nobody says what it holds. N24
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlistedRoute {
    /// The list.
    pub list: PrefixListIx,
    /// What it may hold.
    pub unknown: UnknownEntries,
    /// Where it leads.
    pub target: Target,
    /// Whether the target is there. N18
    pub state: RouteState,
}

/// Where a route leads. N22
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Another subnet of the VPC. N11
    Local,
    /// The VPC's internet gateway. N30
    InternetGateway,
    /// The VPC's egress-only internet gateway. N34
    EgressOnlyInternetGateway,
    /// A NAT gateway. N38
    NatGateway(NatGatewayIx),
    /// A peering connection, by its place in `Model::vpc_peering_connections`. N140
    VpcPeeringConnection(usize),
    /// An instance that forwards. N43
    NetworkInterface(InterfaceIx),
    /// A Gateway Load Balancer endpoint. R21
    GatewayLoadBalancerEndpoint(EniIx),
    /// A gateway endpoint. N50
    GatewayEndpoint(GatewayEndpointIx),
    /// A gateway that leads out of the model. N22
    OuterGateway(OuterGatewayIx),
    /// Something that is gone.
    Gone,
}

/// The states of a route, as the EC2 API spells them. N18
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteState {
    /// In use.
    Active,
    /// The target is not there: the route is chosen all the same, and drops.
    Blackhole,
}

impl RouteState {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blackhole => "blackhole",
        }
    }
}

impl Route {
    /// Who made it, as the EC2 API spells it. N11, N23
    #[must_use]
    pub fn origin(&self) -> &'static str {
        match self.target {
            Target::Local => "CreateRouteTable",
            _ if self.is_propagated => "EnableVgwRoutePropagation",
            _ => "CreateRoute",
        }
    }
}

/// Of one family, per prefix length, longest first: its mask, and networks to routes.
type ByLength<A> = Vec<(A, QuickMap<A, usize>)>;

/// Of routes to one block the first that is put in place counts, and is what this gives to the others.
fn put<A: Ord + Copy + Hash>(
    by_length: &mut ByLength<A>,
    mask: A,
    network: A,
    route: usize,
) -> usize {
    let at = by_length.partition_point(|(other, _)| *other > mask);
    if by_length.get(at).is_none_or(|(other, _)| *other != mask) {
        by_length.insert(at, (mask, QuickMap::default()));
    }
    by_length.get_mut(at).map_or(route, |(_, networks)| *networks.entry(network).or_insert(route))
}

impl RouteTable {
    /// Compiles a table: of equal blocks a CIDR route comes before one of a prefix list, that before a propagated one, and of two lists the one that
    /// comes first in `routes` counts; whoever compiles puts the lowest id first. N13
    #[must_use]
    pub fn new(id: RouteTableId, name: Box<str>, vpc: VpcIx, routes: Vec<Route>) -> Self {
        let (mut v4, mut v6) = (ByLength::new(), ByLength::new());
        let numbered = || routes.iter().enumerate();
        let static_first = numbered()
            .filter(|(_, route)| route.prefix_list.is_none() && !route.is_propagated)
            .chain(numbered().filter(|(_, route)| route.prefix_list.is_some()))
            .chain(numbered().filter(|(_, route)| route.is_propagated));
        let mut shadowed: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, route) in static_first {
            let first = match route.destination {
                IpNet::V4(block) => {
                    put(&mut v4, block.netmask().to_bits(), block.network().to_bits(), at)
                }
                IpNet::V6(block) => {
                    put(&mut v6, block.netmask().to_bits(), block.network().to_bits(), at)
                }
            };
            if first != at {
                shadowed.entry(first).or_default().push(at);
            }
        }
        Self { id, name, vpc, routes, unlisted: Vec::new(), v4, v6, shadowed }
    }

    /// The route that takes a destination: the longest prefix, whatever its kind and state. N12, N13, N18
    ///
    /// Its place in `routes`; none where nothing matches, or where nothing may: N17.
    #[must_use]
    pub fn select(&self, destination: IpAddr) -> Option<usize> {
        if is_unroutable(destination) {
            return None;
        }
        match destination {
            IpAddr::V4(v4) => matching(&self.v4, v4.to_bits()).next(),
            IpAddr::V6(v6) => matching(&self.v6, v6.to_bits()).next(),
        }
    }

    /// The routes that would take a destination before the one that is selected, if the lists they are to hold it: by their places in
    /// `unlisted`. N13, N24
    ///
    /// No block of a list is inside of a VPC (a choice), so what is `local` is so, and none is smaller than one address.
    pub fn maybe_before(
        &self,
        destination: IpAddr,
        selected: Option<usize>,
    ) -> impl Iterator<Item = usize> {
        let route = selected.and_then(|at| self.routes.get(at));
        let is_certain = is_unroutable(destination)
            || route.is_some_and(|route| {
                let of_address =
                    route.destination.prefix_len() == route.destination.max_prefix_len();
                route.target == Target::Local
                    || (of_address && route.prefix_list.is_none() && !route.is_propagated)
            });
        let unlisted = self.unlisted.iter().enumerate();
        unlisted.filter_map(move |(at, of)| {
            let elsewhere =
                route.is_none_or(|route| (route.target, route.state) != (of.target, of.state));
            (!is_certain && elsewhere && of.unknown.may_hold(destination)).then_some(at)
        })
    }

    /// The routes in use that match a destination too, lead elsewhere, and lose to the one that is selected; and why. N13, N284
    #[must_use]
    pub fn passed_over(&self, destination: IpAddr) -> Vec<(Code, usize)> {
        let Some(selected) = self.select(destination).and_then(|at| self.routes.get(at)) else {
            return Vec::new();
        };
        let firsts: Vec<usize> = match destination {
            IpAddr::V4(v4) => matching(&self.v4, v4.to_bits()).collect(),
            IpAddr::V6(v6) => matching(&self.v6, v6.to_bits()).collect(),
        };
        let all = firsts.into_iter().flat_map(|first| {
            let others = self.shadowed.get(&first).into_iter().flatten();
            std::iter::once(first).chain(others.copied())
        });
        let lost = all.filter_map(|at| {
            let route = self.routes.get(at)?;
            let (length, of_selected) =
                (route.destination.prefix_len(), selected.destination.prefix_len());
            let code = if length < of_selected {
                Code::MoreSpecificRoute
            } else {
                Code::HigherPriorityRoute
            };
            let leads_elsewhere =
                route.state == RouteState::Active && route.target != selected.target;
            leads_elsewhere.then_some((code, at))
        });
        lost.collect()
    }
}

/// The routes that take an address, one for each length, longest first.
fn matching<A: Copy + Eq + Hash + std::ops::BitAnd<Output = A>>(
    by_length: &ByLength<A>,
    bits: A,
) -> impl Iterator<Item = usize> {
    by_length.iter().filter_map(move |(mask, routes)| routes.get(&(bits & *mask)).copied())
}

/// Addresses that no route takes, however wide. N17
fn is_unroutable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            Ipv4Net::new([169, 254, 168, 0].into(), 22).is_ok_and(|block| block.contains(&v4))
        }
        IpAddr::V6(v6) => {
            let block = Ipv6Net::new([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0].into(), 32);
            block.is_ok_and(|block| block.contains(&v6))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, Option<u16>, Target)]) -> RouteTable {
        let routes = routes.iter().map(|(destination, list, target)| Route {
            destination: destination.parse().unwrap(),
            prefix_list: list.map(PrefixListIx),
            target: *target,
            state: RouteState::Active,
            is_propagated: false,
        });
        RouteTable::new(RouteTableId::derive("t"), "t".into(), VpcIx(0), routes.collect())
    }

    #[test]
    fn routes_are_selected_as_in_the_guide() {
        use Target::{GatewayEndpoint, InternetGateway, Local, VpcPeeringConnection};
        const IGW: Target = InternetGateway;
        let s3 = GatewayEndpoint(GatewayEndpointIx(0));
        let pcx = VpcPeeringConnection(0);
        for (name, routes, destination, expected) in [
            // N14
            (
                "a longer prefix than the default",
                &[
                    ("10.0.0.0/16", None, Local),
                    ("172.31.0.0/16", None, pcx),
                    ("0.0.0.0/0", None, IGW),
                ][..],
                "172.31.1.1",
                Some(pcx),
            ),
            (
                "the user's block is longer than the list's",
                &[("54.123.165.0/24", None, IGW), ("54.123.160.0/19", Some(0), s3)],
                "54.123.165.9",
                Some(IGW),
            ),
            // N13, N15
            (
                "equal: the CIDR route",
                &[("54.123.160.0/19", Some(0), s3), ("54.123.160.0/19", None, IGW)],
                "54.123.165.9",
                Some(IGW),
            ),
            (
                "the list's block is longer than the user's",
                &[("54.123.160.0/19", Some(0), s3), ("0.0.0.0/0", None, IGW)],
                "54.123.165.9",
                Some(s3),
            ),
            (
                "two lists: the one that stands first",
                &[("54.123.160.0/19", Some(1), pcx), ("54.123.160.0/19", Some(0), s3)],
                "54.123.165.9",
                Some(pcx),
            ),
            // N12
            ("no IPv4 route takes IPv6", &[("0.0.0.0/0", None, IGW)], "2001:db8::1", None),
            ("nor the other way round", &[("::/0", None, IGW)], "192.0.2.1", None),
            // N17
            ("AWS's own block", &[("0.0.0.0/0", None, IGW)], "169.254.171.255", None),
            ("and what is beside it", &[("0.0.0.0/0", None, IGW)], "169.254.172.0", Some(IGW)),
            ("AWS's own IPv6 block", &[("::/0", None, IGW)], "fd00:ec2::254", None),
        ] {
            let table = table(routes);
            let found =
                table.select(destination.parse().unwrap()).map(|at| table.routes[at].target);
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn routes_that_lose_are_told_with_the_reason() {
        use Target::{GatewayEndpoint, InternetGateway, Local, VpcPeeringConnection};
        let (s3, pcx) = (GatewayEndpoint(GatewayEndpointIx(0)), VpcPeeringConnection(0));
        let table = table(&[
            ("0.0.0.0/0", None, InternetGateway),
            ("54.123.160.0/19", Some(0), s3),
            ("54.123.160.0/19", None, pcx),
            ("54.0.0.0/8", None, pcx),
            ("10.0.0.0/16", None, Local),
        ]);
        for (destination, expected) in [
            ("54.123.165.9", &[(Code::HigherPriorityRoute, 1), (Code::MoreSpecificRoute, 0)][..]),
            ("54.1.1.1", &[(Code::MoreSpecificRoute, 0)]),
            ("192.0.2.1", &[]),
            ("169.254.168.1", &[]),
        ] {
            assert_eq!(table.passed_over(destination.parse().unwrap()), expected, "{destination}");
        }
    }
}
