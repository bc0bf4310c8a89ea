//! Routes: where each leads, and what AWS would not take; read once everything is there to be led to.

use std::collections::{HashMap, HashSet};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{
    Builder,
    quotas::{Entries, Quota},
};
use crate::{
    config::{
        Finding, Path,
        at::At,
        spec::{NamedTargetSpec, RouteOriginWord, RouteSpec, RouteTargetSpec, RouteTargetWord},
    },
    model::{
        EndpointKind, HexDigits, OuterGateway, OuterGatewayKind, PrefixListId, Route,
        RouteDestination, RouteTarget, VpcIx, VpcPeeringConnection,
    },
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

/// Whether a NAT gateway can translate what is addressed to a block. N5
fn is_nat64_or_v4(block: IpNet) -> bool {
    match block {
        IpNet::V4(_) => true,
        IpNet::V6(v6) => {
            let nat64 = Ipv6Net::new([0x64, 0xff9b, 0, 0, 0, 0, 0, 0].into(), 96);
            nat64.is_ok_and(|nat64| nat64.contains(&v6))
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
            let known = self.model[vpc].route_tables.get(&table);
            let is_edge = known.is_some_and(|table| table.internet_gateway);
            let mut used = self.entries_of_gateway_endpoints(vpc, &table);
            let mut seen = HashSet::new();
            let mut built = Vec::with_capacity(routes.len());
            for (at, route) in routes.into_iter().enumerate() {
                let table = At::of(&path);
                let path = table.item("routes", at);
                let Some(route) = self.route((vpc, is_edge), &path, route, &peerings) else {
                    continue;
                };
                if !seen.insert((route.destination.clone(), route.is_propagated)) {
                    let message = "this destination has a route in the table already";
                    self.error(Finding::error(path.key("destination"), message));
                }
                // those of users are counted by another quota than propagated ones
                if route.is_propagated {
                    built.push(route);
                    continue;
                }
                let before = used;
                used = used.and(match route.destination {
                    RouteDestination::Cidr(IpNet::V4(_)) => Entries { ipv4: 1, ipv6: 0 },
                    RouteDestination::Cidr(IpNet::V6(_)) => Entries { ipv4: 0, ipv6: 1 },
                    RouteDestination::PrefixList(list) => Entries::both(self.weight(list)),
                });
                self.check_quotas(Quota::Routes, before, used, &path);
                built.push(route);
            }
            self.warn_of_equal_lists(&path, &built);
            if let Some(table) = self.vpc_mut(vpc).route_tables.get_mut(&table) {
                table.routes = built;
            }
        }
    }

    /// What the routes of gateway endpoints count for in a table. N25
    fn entries_of_gateway_endpoints(&self, vpc: VpcIx, table: &str) -> Entries {
        let endpoints = self.model[vpc].gateway_endpoints.values();
        let here = endpoints.filter(|of| of.route_tables.iter().any(|of| **of == *table));
        let lists = here.filter_map(|of| of.prefix_list);
        lists.map(|list| Entries::both(self.weight(list))).fold(Entries::default(), Entries::and)
    }

    fn route(
        &mut self,
        (vpc, is_edge): (VpcIx, bool),
        path: &At<'_>,
        spec: RouteSpec,
        peerings: &HashMap<Box<str>, usize>,
    ) -> Option<Route> {
        let RouteSpec { destination, target, origin } = spec;
        let at = path.key("destination");
        let region = self.model[vpc].region;
        let destination = if destination.starts_with(PrefixListId::PREFIX) {
            self.prefix_list(&at, vpc, &destination).map(RouteDestination::PrefixList)
        } else if !destination.contains('/')
            && let Some(list) = self.find_prefix_list(region, &destination)
        {
            Some(RouteDestination::PrefixList(list))
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
                self.named_target(vpc, &path.key("target"), *named, peerings)?
            }
        };
        let is_propagated = origin == Some(RouteOriginWord::EnableVgwRoutePropagation);
        let route = Route { destination: destination?, target, is_propagated };
        self.check_propagated(is_edge, path, &route);
        if is_edge {
            self.check_edge_route(vpc, path, &route);
        } else {
            self.check_route(vpc, path, &route);
        }
        Some(route)
    }

    /// What a virtual private gateway cannot propagate. N13, N20, N23
    fn check_propagated(&mut self, is_edge: bool, path: &At<'_>, route: &Route) {
        if !route.is_propagated {
            return;
        }
        let target_fits = match &route.target {
            RouteTarget::OuterGateway(outer) => {
                outer.kind == OuterGatewayKind::VirtualPrivateGateway
            }
            target => *target == RouteTarget::Blackhole,
        };
        if !target_fits {
            let message = "a propagated route leads to a virtual private gateway";
            self.error(Finding::error(path.key("target"), message).rule("N23"));
        }
        if let RouteDestination::PrefixList(_) = route.destination {
            let message = "the destination of a propagated route is a block";
            self.error(Finding::error(path.key("destination"), message).rule("N23"));
        }
        if is_edge {
            let message = "nothing is propagated to a route table of a gateway";
            self.error(Finding::error(path.key("origin"), message).rule("N20"));
        }
    }

    /// The one target that is named, by the name it has in the model. N22
    fn named_target(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        spec: NamedTargetSpec,
        peerings: &HashMap<Box<str>, usize>,
    ) -> Option<RouteTarget> {
        let NamedTargetSpec {
            nat_gateway,
            vpc_peering_connection,
            instance,
            vpc_endpoint,
            transit_gateway,
            virtual_private_gateway,
            local_gateway,
            carrier_gateway,
            core_network,
            unknown,
        } = spec;
        let outer = [
            transit_gateway,
            virtual_private_gateway,
            local_gateway,
            carrier_gateway,
            core_network,
            unknown,
        ];
        let mut outer = OuterGatewayKind::ALL
            .into_iter()
            .zip(outer)
            .filter_map(|(kind, found)| found.map(|found| (kind, found)));
        let outer = (outer.next(), outer.next());
        match (nat_gateway, vpc_peering_connection, instance, vpc_endpoint, outer) {
            (Some(found), None, None, None, (None, None)) => {
                self.nat_gateway_target(vpc, &path.key("nat_gateway"), &found)
            }
            (None, Some(found), None, None, (None, None)) => {
                self.peering_target(vpc, &path.key("vpc_peering_connection"), &found, peerings)
            }
            (None, None, Some(found), None, (None, None)) => {
                let instance = self.instance(&path.key("instance"), vpc, &found)?;
                Some(RouteTarget::Instance(self.model[instance].name.clone()))
            }
            (None, None, None, Some(found), (None, None)) => {
                self.endpoint_target(vpc, &path.key("vpc_endpoint"), &found)
            }
            (None, None, None, None, (Some((kind, found)), None)) => {
                self.outer_target(&path.key(kind.key()), kind, &found)
            }
            _ => {
                let message = "a route has exactly one target";
                let outer = OuterGatewayKind::ALL.map(|kind| format!("`{}`", kind.key()));
                let help = format!(
                    "one of `nat_gateway`, `vpc_peering_connection`, `instance`, `vpc_endpoint`, {}",
                    outer.join(", ")
                );
                self.error(Finding::error(path, message).rule("N22").help(help));
                None
            }
        }
    }

    /// A NAT gateway of the VPC. N38
    fn nat_gateway_target(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        found: &str,
    ) -> Option<RouteTarget> {
        let gateways = &self.model[vpc].nat_gateways;
        let by_id = || gateways.iter().find(|(_, nat)| nat.id.to_string() == found);
        let known = gateways.get_key_value(found).or_else(by_id);
        if let Some((name, _)) = known {
            return Some(RouteTarget::NatGateway(name.clone()));
        }
        if !self.names.blamed_nat_gateways.contains(&(vpc, found.into())) {
            let known: Vec<Box<str>> = gateways.keys().cloned().collect();
            self.unknown(path, "NAT gateway", found, known.iter().map(|name| &**name));
        }
        None
    }

    /// A gateway that leads out of the model, by an id of its kind. N22, N44
    fn outer_target(
        &mut self,
        path: &At<'_>,
        kind: OuterGatewayKind,
        found: &str,
    ) -> Option<RouteTarget> {
        let fits = kind.prefixes().iter().any(|prefix| {
            let rest = found.strip_prefix(prefix);
            rest.is_some_and(|rest| {
                *prefix == "arn:" || HexDigits::parse(rest.as_bytes()).is_some()
            })
        });
        if !fits {
            let expected = if kind == OuterGatewayKind::CoreNetwork {
                "the ARN of a core network".to_owned()
            } else {
                let prefixes = kind.prefixes().iter().filter(|prefix| **prefix != "arn:");
                let prefixes: Vec<String> = prefixes.map(|prefix| format!("`{prefix}`")).collect();
                let arn = if kind == OuterGatewayKind::Unknown { ", or an ARN" } else { "" };
                let prefixes = prefixes.join(", ");
                format!("{prefixes} and 17 (or 8) lower-case hexadecimal digits{arn}")
            };
            let message = format!("expected {expected}, found `{found}`");
            self.error(Finding::error(path, message).rule("N22"));
            return None;
        }
        Some(RouteTarget::OuterGateway(OuterGateway { kind, id: found.into() }))
    }

    /// What a route table of the internet gateway cannot hold. N20
    fn check_edge_route(&mut self, vpc: VpcIx, path: &At<'_>, route: &Route) {
        let of_vpc = &self.model[vpc];
        let target_fits = match route.target {
            RouteTarget::Instance(_) | RouteTarget::VpcEndpoint(_) | RouteTarget::Blackhole => true,
            RouteTarget::OuterGateway(ref outer) if outer.is_middlebox() => true,
            RouteTarget::InternetGateway
            | RouteTarget::EgressOnlyInternetGateway
            | RouteTarget::NatGateway(_)
            | RouteTarget::VpcPeeringConnection(_)
            | RouteTarget::OuterGateway(_) => false,
        };
        let destination_fits = match route.destination {
            RouteDestination::Cidr(block) => {
                let mut subnets = of_vpc.subnets.iter().flat_map(|of| self.model[*of].blocks());
                of_vpc.blocks().any(|own| own == block) || subnets.any(|own| own == block)
            }
            RouteDestination::PrefixList(_) => false,
        };
        if !target_fits {
            let message = "a route table of a gateway leads to instances and Gateway Load Balancer endpoints alone";
            self.error(Finding::error(path.key("target"), message).rule("N20"));
        }
        if !destination_fits {
            let message = "a route table of a gateway has blocks of the VPC and of whole subnets as destinations";
            self.error(Finding::error(path.key("destination"), message).rule("N20"));
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

    /// What a target cannot take, and gateways that are not there. N30, N34
    fn check_route(&mut self, vpc: VpcIx, path: &At<'_>, route: &Route) {
        let of_vpc = &self.model[vpc];
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
            RouteTarget::InternetGateway
            | RouteTarget::EgressOnlyInternetGateway
            | RouteTarget::NatGateway(_)
            | RouteTarget::VpcPeeringConnection(_)
            | RouteTarget::Instance(_)
            | RouteTarget::VpcEndpoint(_)
            | RouteTarget::OuterGateway(_)
            | RouteTarget::Blackhole => None,
        };
        if let Some((message, rule)) = gone {
            self.error(Finding::error(path.key("target"), message).rule(rule));
        } else {
            self.check_families(path, route);
        }
        if let RouteDestination::Cidr(block) = route.destination {
            self.check_destination(vpc, path, route, block);
        }
    }

    /// What a gateway cannot take of a route's destination: of a block an error, of a prefix list, whose blocks may change, a warning. N5, N36
    fn check_families(&mut self, path: &At<'_>, route: &Route) {
        let (fits, message, rule): (fn(IpNet) -> bool, _, _) = match route.target {
            RouteTarget::EgressOnlyInternetGateway => (
                |block| block.addr().is_ipv6(),
                "an egress-only internet gateway takes IPv6 only",
                "N36",
            ),
            RouteTarget::NatGateway(_) => {
                (is_nat64_or_v4, "a NAT gateway takes IPv4, and of IPv6 `64:ff9b::/96` alone", "N5")
            }
            RouteTarget::InternetGateway
            | RouteTarget::VpcPeeringConnection(_)
            | RouteTarget::Instance(_)
            | RouteTarget::VpcEndpoint(_)
            | RouteTarget::OuterGateway(_)
            | RouteTarget::Blackhole => return,
        };
        let path = path.key("target");
        let finding = match route.destination {
            RouteDestination::Cidr(block) if !fits(block) => Finding::error(path, message),
            RouteDestination::PrefixList(list) => {
                let list = &self.model[list];
                let Some(block) = list.entries.iter().find(|block| !fits(**block)) else { return };
                let message =
                    format!("{message}: what goes to `{block}` of `{}` is dropped", list.name);
                Finding::warning(path, message)
            }
            RouteDestination::Cidr(_) => return,
        };
        self.error(finding.rule(rule));
    }

    /// Blocks that AWS would not take as a destination. N11, N16, N17
    fn check_destination(&mut self, vpc: VpcIx, path: &At<'_>, route: &Route, block: IpNet) {
        let of_vpc = &self.model[vpc];
        let leads_inside = match &route.target {
            RouteTarget::NatGateway(_)
            | RouteTarget::Instance(_)
            | RouteTarget::VpcEndpoint(_)
            | RouteTarget::Blackhole => true,
            RouteTarget::OuterGateway(outer) => outer.is_middlebox() || outer.is_nat_gateway(),
            RouteTarget::InternetGateway
            | RouteTarget::EgressOnlyInternetGateway
            | RouteTarget::VpcPeeringConnection(_) => false,
        };
        let mut subnets = of_vpc.subnets.iter().flat_map(|subnet| self.model[*subnet].blocks());
        let never = if of_vpc.blocks().any(|own| own == block) {
            Some((
                format!("`{block}` is the VPC's own block: its route is `local` and implied"),
                "N11",
            ))
        } else if of_vpc.blocks().any(|own| own.contains(&block)) {
            let allowed = leads_inside && subnets.any(|subnet| subnet == block);
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
        if let Some((message, rule)) = never {
            self.error(Finding::error(path.key("destination"), message).rule(rule));
        }
    }
}
