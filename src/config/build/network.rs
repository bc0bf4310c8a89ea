//! Route tables, gateways, security groups, network ACLs and peering: typed now, acted upon by the trace.

use std::collections::BTreeMap;

use super::{Builder, routes::RoutesToCome};
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{NatGatewaySpec, PeeringSideSpec, PeeringSpec, RouteTableSpec},
    },
    model::{
        NatGateway, NatGatewayId, PeeringSide, RouteTable, RouteTableId, VpcIx,
        VpcPeeringConnection, VpcPeeringConnectionId,
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
        path: &At<'_>,
        tables: Entries<RouteTableSpec>,
    ) {
        let mut built = BTreeMap::new();
        let mut main: Option<Box<str>> = None;
        let none_given = tables.is_empty();
        for (name, spec) in tables {
            let path = path.entry("route_tables", &name);
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
            self.routes_to_come.push(RoutesToCome {
                vpc,
                path: path.path(),
                table: name.clone(),
                routes,
            });
            built.insert(name, RouteTable { id, main: is_main, routes: Vec::new() });
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

    /// The name of a subnet's route table. N10
    pub(super) fn route_table_of(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
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
        path: &At<'_>,
        gateways: Entries<NatGatewaySpec>,
    ) {
        for (name, spec) in gateways {
            let path = path.entry("nat_gateways", &name);
            let NatGatewaySpec { id, subnet, public_ip } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || NatGatewayId::derive(&seed));
            let public_ip = public_ip.and_then(|text| self.parse(&path.key("public_ip"), &text));
            match self.subnet(&path.key("subnet"), vpc, &subnet) {
                Some(subnet) => {
                    let gateway = NatGateway { id, subnet, public_ip };
                    self.vpc_mut(vpc).nat_gateways.insert(name, gateway);
                }
                None => _ = self.names.blamed_nat_gateways.insert((vpc, name)),
            }
        }
    }
}

/// A peering connection between two VPCs that do not overlap, one a pair. N140, N143
pub(super) fn peering_connection(
    builder: &mut Builder,
    path: &At<'_>,
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
    let pair = (ours.min(theirs), ours.max(theirs));
    if let Some(other) = builder.names.peered.insert(pair, name.clone()) {
        let message = format!("`{other}` connects these two VPCs already");
        builder.error(Finding::error(path, message).at_key().rule("N140"));
    }
    let both_serve = [ours, theirs].iter().all(|vpc| builder.model[*vpc].serves_private_names());
    let mut side = |key: &str, vpc, PeeringSideSpec { allow_remote_vpc_dns_resolution }| {
        if allow_remote_vpc_dns_resolution && !both_serve {
            let message = "remote DNS resolution needs `enable_dns_support` and `enable_dns_hostnames` in both VPCs";
            let side = path.key(key);
            let path = side.key("allow_remote_vpc_dns_resolution");
            builder.findings.push(Finding::error(path, message).rule("N147"));
        }
        PeeringSide { vpc, allow_remote_vpc_dns_resolution }
    };
    let requester = side("requester", ours, requester);
    let accepter = side("accepter", theirs, accepter);
    Some(VpcPeeringConnection { name, id, requester, accepter })
}
