//! Route tables, gateways, security groups, network ACLs and peering: typed now, acted upon by the trace.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::Builder;
use crate::{
    config::{
        Entries, Finding, Path,
        spec::{
            NamedTargetSpec, NatGatewaySpec, PeeringSpec, RouteSpec, RouteTableSpec,
            RouteTargetSpec, RouteTargetWord,
        },
    },
    model::{
        NatGateway, NatGatewayId, PeeringSide, Route, RouteDestination, RouteTable, RouteTableId,
        RouteTarget, VpcIx, VpcPeeringConnection, VpcPeeringConnectionId,
    },
};

/// The name of the group and ACL that every VPC has, and of the main route table where the file has none.
pub(super) const DEFAULT: &str = "default";

/// AWS's words for a peering connection that cannot be. N143
const OVERLAPPING: &str = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";

impl Builder {
    /// A seed for the made-up id of something in a VPC.
    pub(super) fn seed(&self, vpc: VpcIx, name: &str) -> String {
        format!("{}/{name}", self.model[vpc].name)
    }

    pub(super) fn route_tables(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        tables: Entries<RouteTableSpec>,
    ) {
        let mut built = BTreeMap::new();
        let mut main: Option<Box<str>> = None;
        let none_given = tables.is_empty();
        for (name, spec) in tables {
            let path = path.key("route_tables").key(&name);
            let RouteTableSpec { id, main: is_main, routes } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || RouteTableId::derive(&seed));
            if is_main {
                if let Some(other) = &main {
                    let message = format!("`{other}` is the main route table already");
                    self.error(Finding::error(path.key("main"), message).rule("N10"));
                }
                main = Some(name.clone());
            }
            let routes = routes.into_iter().enumerate();
            let routes = routes
                .filter_map(|(at, route)| self.route(vpc, &path.key("routes").index(at), route));
            let routes = routes.collect();
            built.insert(name, RouteTable { id, main: is_main, routes });
        }
        if none_given || main.is_none() && !built.contains_key(DEFAULT) {
            let id = RouteTableId::derive(&self.seed(vpc, DEFAULT));
            built.insert(DEFAULT.into(), RouteTable { id, main: true, routes: Vec::new() });
        } else if main.is_none()
            && let Some(table) = built.get_mut(DEFAULT)
        {
            table.main = true;
        }
        self.vpc_mut(vpc).route_tables = built;
    }

    pub(super) fn vpc_mut(&mut self, vpc: VpcIx) -> &mut crate::model::Vpc {
        // made by `one_vpc` before anything asks for it
        &mut self.model.vpcs[vpc.index()]
    }

    fn route(&mut self, vpc: VpcIx, path: &Path, spec: RouteSpec) -> Option<Route> {
        let RouteSpec { destination, target } = spec;
        let at = path.key("destination");
        let destination = if destination.starts_with("pl-") {
            RouteDestination::PrefixList(destination.into())
        } else {
            RouteDestination::Cidr(self.block::<IpNet>(&at, &destination)?)
        };
        let target = self.route_target(path, target)?;
        if let RouteDestination::Cidr(block) = &destination {
            self.check_route(vpc, path, *block, &target);
        }
        Some(Route { destination, target })
    }

    fn route_target(&mut self, path: &Path, target: RouteTargetSpec) -> Option<RouteTarget> {
        match target {
            RouteTargetSpec::Word(RouteTargetWord::InternetGateway) => {
                Some(RouteTarget::InternetGateway)
            }
            RouteTargetSpec::Word(RouteTargetWord::EgressOnlyInternetGateway) => {
                Some(RouteTarget::EgressOnlyInternetGateway)
            }
            RouteTargetSpec::Word(RouteTargetWord::Blackhole) => Some(RouteTarget::Blackhole),
            RouteTargetSpec::Named(NamedTargetSpec {
                nat_gateway,
                vpc_peering_connection,
                instance,
            }) => {
                let mut targets = [
                    nat_gateway.map(|name| RouteTarget::NatGateway(name.into())),
                    vpc_peering_connection
                        .map(|name| RouteTarget::VpcPeeringConnection(name.into())),
                    instance.map(|name| RouteTarget::Instance(name.into())),
                ]
                .into_iter()
                .flatten();
                if let (Some(target), None) = (targets.next(), targets.next()) {
                    Some(target)
                } else {
                    let message = "a route has exactly one target";
                    let help = "one of `nat_gateway`, `vpc_peering_connection`, `instance`";
                    self.error(Finding::error(path.key("target"), message).rule("N22").help(help));
                    None
                }
            }
        }
    }

    /// What a target cannot take, and gateways that are not there. N16, N30, N34, N36
    fn check_route(&mut self, vpc: VpcIx, path: &Path, block: IpNet, target: &RouteTarget) {
        let of_vpc = &self.model[vpc];
        let inside = of_vpc.blocks().any(|own| own.contains(&block));
        let (message, rule) = match target {
            RouteTarget::InternetGateway if !of_vpc.internet_gateway => {
                ("the VPC has no internet gateway: `internet_gateway: true` gives it one", "N30")
            }
            RouteTarget::EgressOnlyInternetGateway if !of_vpc.egress_only_internet_gateway => (
                "the VPC has no egress-only internet gateway: `egress_only_internet_gateway: true` gives it one",
                "N34",
            ),
            RouteTarget::EgressOnlyInternetGateway if block.addr().is_ipv4() => {
                ("an egress-only internet gateway takes IPv6 only", "N36")
            }
            RouteTarget::InternetGateway if inside => {
                ("a destination inside the VPC cannot lead to an internet gateway", "N16")
            }
            _ => return,
        };
        self.error(Finding::error(path.key("target"), message).rule(rule));
    }

    /// Targets by name that do not exist; checked when everything is there to be named.
    pub(super) fn check_route_targets(&mut self) {
        let mut missing = Vec::new();
        let peerings: Vec<&str> =
            self.model.vpc_peering_connections.iter().map(|peering| &*peering.name).collect();
        for (ix, vpc) in (0..).map(VpcIx).zip(&self.model.vpcs) {
            let nats: Vec<&str> = vpc.nat_gateways.keys().map(|name| &**name).collect();
            for (table, routes) in &vpc.route_tables {
                for (at, route) in routes.routes.iter().enumerate() {
                    let (key, kind, name, known) = match &route.target {
                        RouteTarget::NatGateway(name) => {
                            ("nat_gateway", "NAT gateway", name, nats.clone())
                        }
                        RouteTarget::VpcPeeringConnection(name) => {
                            ("vpc_peering_connection", "peering connection", name, peerings.clone())
                        }
                        RouteTarget::Instance(name) => {
                            if self.names.instances.contains_key(&(ix, name.clone())) {
                                continue;
                            }
                            ("instance", "instance", name, Vec::new())
                        }
                        RouteTarget::InternetGateway
                        | RouteTarget::EgressOnlyInternetGateway
                        | RouteTarget::Blackhole => continue,
                    };
                    if known.contains(&&**name) {
                        continue;
                    }
                    let path =
                        Path::default().key("vpcs").key(&vpc.name).key("route_tables").key(table);
                    let path = path.key("routes").index(at).key("target").key(key);
                    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
                    missing.push((path, kind, name.clone(), known));
                }
            }
        }
        for (path, kind, name, known) in missing {
            self.unknown(&path, kind, &name, known.iter().map(String::as_str));
        }
    }

    /// The name of a subnet's route table. N10
    pub(super) fn route_table_of(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        name: Option<String>,
    ) -> Box<str> {
        let tables = &self.model[vpc].route_tables;
        let main = || {
            let main = tables.iter().find(|(_, table)| table.main).map(|(name, _)| name.clone());
            main.unwrap_or_else(|| DEFAULT.into())
        };
        let Some(name) = name else { return main() };
        if let Some((known, _)) =
            tables.iter().find(|(known, table)| ***known == *name || table.id.to_string() == name)
        {
            known.clone()
        } else {
            let known: Vec<Box<str>> = tables.keys().cloned().collect();
            let main = main();
            self.unknown(
                &path.key("route_table"),
                "route table",
                &name,
                known.iter().map(|name| &**name),
            );
            main
        }
    }

    pub(super) fn nat_gateways(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        gateways: Entries<NatGatewaySpec>,
    ) {
        for (name, spec) in gateways {
            let path = path.key("nat_gateways").key(&name);
            let NatGatewaySpec { id, subnet, public_ip } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || NatGatewayId::derive(&seed));
            let public_ip = public_ip.and_then(|text| self.parse(&path.key("public_ip"), &text));
            if let Some(subnet) = self.subnet(&path.key("subnet"), vpc, &subnet) {
                self.vpc_mut(vpc).nat_gateways.insert(name, NatGateway { id, subnet, public_ip });
            }
        }
    }
}

/// A peering connection between two VPCs that do not overlap, one a pair. N140, N143
pub(super) fn peering_connection(
    builder: &mut Builder,
    path: &Path,
    name: Box<str>,
    spec: PeeringSpec,
) -> Option<VpcPeeringConnection> {
    let PeeringSpec { id, vpc, peer_vpc, requester, accepter } = spec;
    let id = builder.id(path, id.as_deref(), || VpcPeeringConnectionId::derive(&name));
    let ours = builder.vpc(&path.key("vpc"), &vpc);
    let theirs = builder.vpc(&path.key("peer_vpc"), &peer_vpc);
    let (ours, theirs) = (ours?, theirs?);
    let (a, b) = (&builder.model[ours], &builder.model[theirs]);
    let overlapping = a
        .blocks()
        .any(|ours| b.blocks().any(|theirs| ours.contains(&theirs) || theirs.contains(&ours)));
    if overlapping {
        let finding = Finding::error(path.key("peer_vpc"), OVERLAPPING);
        builder.error(
            finding
                .rule("N143")
                .help("the blocks of the two VPCs may not overlap, in either family"),
        );
    }
    let pair = |connection: &&VpcPeeringConnection| {
        let sides = [connection.requester.vpc, connection.accepter.vpc];
        sides == [ours, theirs] || sides == [theirs, ours]
    };
    if let Some(other) = builder.model.vpc_peering_connections.iter().find(pair) {
        let message = format!("`{}` connects these two VPCs already", other.name);
        builder.error(Finding::error(path.clone(), message).at_key().rule("N140"));
    }
    let side =
        |vpc, allow_remote_vpc_dns_resolution| PeeringSide { vpc, allow_remote_vpc_dns_resolution };
    Some(VpcPeeringConnection {
        name,
        id,
        requester: side(ours, requester.allow_remote_vpc_dns_resolution),
        accepter: side(theirs, accepter.allow_remote_vpc_dns_resolution),
    })
}
