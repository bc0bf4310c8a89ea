//! Routes: where each leads, and what AWS would not take; read once everything is there to be led to.

use std::collections::{HashMap, HashSet};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Builder;
use crate::{
    config::{
        Finding, Path,
        at::At,
        spec::{NamedTargetSpec, RouteSpec, RouteTargetSpec, RouteTargetWord},
    },
    model::{EndpointKind, Route, RouteDestination, RouteTarget, VpcIx, VpcPeeringConnection},
};

/// The routes of one table.
pub(super) struct RoutesToCome {
    pub(super) vpc: VpcIx,
    /// The table's.
    pub(super) path: Path,
    pub(super) table: Box<str>,
    pub(super) routes: Vec<RouteSpec>,
}

/// Blocks that no route may be inside of. N17
fn is_unroutable(block: IpNet) -> bool {
    match block {
        IpNet::V4(v4) => {
            Ipv4Net::new([169, 254, 168, 0].into(), 22).is_ok_and(|own| own.contains(&v4))
        }
        IpNet::V6(v6) => {
            let own = Ipv6Net::new([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0].into(), 32);
            own.is_ok_and(|own| own.contains(&v6))
        }
    }
}

impl Builder {
    /// All routes of all tables.
    pub(super) fn routes(&mut self) {
        let peerings = self.model.vpc_peering_connections.iter().enumerate();
        let peerings: HashMap<Box<str>, usize> = peerings
            .flat_map(|(at, peering)| {
                [(peering.name.clone(), at), (peering.id.to_string().into(), at)]
            })
            .collect();
        for RoutesToCome { vpc, path, table, routes } in std::mem::take(&mut self.routes_to_come) {
            let mut seen = HashSet::new();
            let mut built = Vec::with_capacity(routes.len());
            for (at, route) in routes.into_iter().enumerate() {
                let table = At::of(&path);
                let path = table.item("routes", at);
                let Some(route) = self.route(vpc, &path, route, &peerings) else { continue };
                if !seen.insert(route.destination.clone()) {
                    let message = "this destination has a route in the table already";
                    self.error(Finding::error(path.key("destination"), message));
                }
                built.push(route);
            }
            if let Some(table) = self.vpc_mut(vpc).route_tables.get_mut(&table) {
                table.routes = built;
            }
        }
    }

    fn route(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        spec: RouteSpec,
        peerings: &HashMap<Box<str>, usize>,
    ) -> Option<Route> {
        let RouteSpec { destination, target } = spec;
        let at = path.key("destination");
        let destination = if destination.starts_with("pl-") {
            Some(RouteDestination::PrefixList(destination.into()))
        } else {
            self.block::<IpNet>(&at, &destination).map(RouteDestination::Cidr)
        };
        let target = match target {
            RouteTargetSpec::Word(RouteTargetWord::InternetGateway) => RouteTarget::InternetGateway,
            RouteTargetSpec::Word(RouteTargetWord::EgressOnlyInternetGateway) => {
                RouteTarget::EgressOnlyInternetGateway
            }
            RouteTargetSpec::Word(RouteTargetWord::Blackhole) => RouteTarget::Blackhole,
            RouteTargetSpec::Named(named) => {
                self.named_target(vpc, &path.key("target"), named, peerings)?
            }
        };
        let route = Route { destination: destination?, target };
        self.check_route(vpc, path, &route);
        Some(route)
    }

    /// The one target that is named, by the name it has in the model. N22
    fn named_target(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        spec: NamedTargetSpec,
        peerings: &HashMap<Box<str>, usize>,
    ) -> Option<RouteTarget> {
        match spec {
            NamedTargetSpec {
                nat_gateway: Some(found),
                vpc_peering_connection: None,
                instance: None,
                vpc_endpoint: None,
            } => {
                let gateways = &self.model[vpc].nat_gateways;
                let by_id = || gateways.iter().find(|(_, nat)| nat.id.to_string() == found);
                let known = gateways.get_key_value(found.as_str()).or_else(by_id);
                if let Some((name, _)) = known {
                    return Some(RouteTarget::NatGateway(name.clone()));
                }
                if self.names.blamed_nat_gateways.contains(&(vpc, found.as_str().into())) {
                    return None;
                }
                let known: Vec<Box<str>> = gateways.keys().cloned().collect();
                let path = path.key("nat_gateway");
                self.unknown(&path, "NAT gateway", &found, known.iter().map(|name| &**name));
                None
            }
            NamedTargetSpec {
                nat_gateway: None,
                vpc_peering_connection: Some(found),
                instance: None,
                vpc_endpoint: None,
            } => self.peering_target(vpc, &path.key("vpc_peering_connection"), &found, peerings),
            NamedTargetSpec {
                nat_gateway: None,
                vpc_peering_connection: None,
                instance: Some(found),
                vpc_endpoint: None,
            } => {
                let instance = self.instance(&path.key("instance"), vpc, &found)?;
                Some(RouteTarget::Instance(self.model[instance].name.clone()))
            }
            NamedTargetSpec {
                nat_gateway: None,
                vpc_peering_connection: None,
                instance: None,
                vpc_endpoint: Some(found),
            } => self.endpoint_target(vpc, &path.key("vpc_endpoint"), &found),
            NamedTargetSpec { .. } => {
                let message = "a route has exactly one target";
                let help =
                    "one of `nat_gateway`, `vpc_peering_connection`, `instance`, `vpc_endpoint`";
                self.error(Finding::error(path, message).rule("N22").help(help));
                None
            }
        }
    }

    /// A Gateway Load Balancer endpoint of the VPC. R21
    fn endpoint_target(&mut self, vpc: VpcIx, path: &At<'_>, found: &str) -> Option<RouteTarget> {
        let known = format!("{}/{found}", self.model[vpc].name);
        let names = self.endpoint_names();
        let endpoint = names.get(known.as_str()).or_else(|| names.get(found)).copied();
        let Some(endpoint) = endpoint else {
            let of_vpc = self.model.endpoints.iter().filter(|endpoint| endpoint.vpc == vpc);
            let known: Vec<_> = of_vpc.map(|endpoint| endpoint.name.clone()).collect();
            self.unknown(path, "VPC endpoint", found, known.iter().map(|name| &**name));
            return None;
        };
        let endpoint = &self.model[endpoint?];
        let name = endpoint.name.clone();
        let message = if endpoint.vpc != vpc {
            format!("endpoint `{found}` is in another VPC")
        } else if endpoint.kind == EndpointKind::GatewayLoadBalancer {
            return Some(RouteTarget::VpcEndpoint((&*name).into()));
        } else {
            format!("`{name}` is no Gateway Load Balancer endpoint: no route can lead to it")
        };
        let help = "a route leads to a Gateway Load Balancer endpoint of its own VPC";
        self.error(Finding::error(path, message).rule("R21").help(help));
        None
    }

    /// A peering connection that this VPC is one side of. N145
    fn peering_target(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        found: &str,
        peerings: &HashMap<Box<str>, usize>,
    ) -> Option<RouteTarget> {
        let all = &self.model.vpc_peering_connections;
        let Some(peering) = peerings.get(found).and_then(|at| all.get(*at)) else {
            if !self.names.blamed_peerings.contains(found) {
                let known: Vec<Box<str>> = all.iter().map(|peering| peering.name.clone()).collect();
                self.unknown(path, "peering connection", found, known.iter().map(|name| &**name));
            }
            return None;
        };
        let VpcPeeringConnection { name, requester, accepter, .. } = peering;
        let name = name.clone();
        if ![requester.vpc, accepter.vpc].contains(&vpc) {
            let message = format!(
                "peering connection `{name}` does not lead to VPC `{}`",
                self.model[vpc].name
            );
            self.error(Finding::error(path, message).rule("N145"));
        }
        Some(RouteTarget::VpcPeeringConnection(name))
    }

    /// What a target cannot take, and gateways that are not there. N11, N16, N17, N30, N34, N36
    fn check_route(&mut self, vpc: VpcIx, path: &At<'_>, route: &Route) {
        let of_vpc = &self.model[vpc];
        let RouteDestination::Cidr(block) = route.destination else { return };
        let gone = match route.target {
            RouteTarget::InternetGateway if !of_vpc.internet_gateway => Some((
                "the VPC has no internet gateway: `internet_gateway: true` gives it one",
                "N30",
            )),
            RouteTarget::EgressOnlyInternetGateway if !of_vpc.egress_only_internet_gateway => {
                Some((
                    "the VPC has no egress-only internet gateway: `egress_only_internet_gateway: true` gives it one",
                    "N34",
                ))
            }
            RouteTarget::EgressOnlyInternetGateway if block.addr().is_ipv4() => {
                Some(("an egress-only internet gateway takes IPv6 only", "N36"))
            }
            RouteTarget::InternetGateway
            | RouteTarget::EgressOnlyInternetGateway
            | RouteTarget::NatGateway(_)
            | RouteTarget::VpcPeeringConnection(_)
            | RouteTarget::Instance(_)
            | RouteTarget::VpcEndpoint(_)
            | RouteTarget::Blackhole => None,
        };
        let is_middlebox = matches!(
            route.target,
            RouteTarget::NatGateway(_)
                | RouteTarget::Instance(_)
                | RouteTarget::VpcEndpoint(_)
                | RouteTarget::Blackhole
        );
        let mut subnets = of_vpc.subnets.iter().flat_map(|subnet| self.model[*subnet].blocks());
        let never = if of_vpc.blocks().any(|own| own == block) {
            Some((
                format!("`{block}` is the VPC's own block: its route is `local` and implied"),
                "N11",
            ))
        } else if of_vpc.blocks().any(|own| own.contains(&block)) {
            let allowed = is_middlebox && subnets.any(|subnet| subnet == block);
            (!allowed).then(|| {
                let message = format!(
                    "`{block}` is inside the VPC: only the block of a whole subnet can lead elsewhere, to a NAT \
                     gateway, an instance or a Gateway Load Balancer endpoint"
                );
                (message, "N16")
            })
        } else {
            is_unroutable(block)
                .then(|| (format!("`{block}` is AWS's own and cannot be routed"), "N17"))
        };
        drop(subnets);
        if let Some((message, rule)) = gone {
            self.error(Finding::error(path.key("target"), message).rule(rule));
        }
        if let Some((message, rule)) = never {
            self.error(Finding::error(path.key("destination"), message).rule(rule));
        }
    }
}
