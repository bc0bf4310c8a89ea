//! Route tables, gateways, security groups, network ACLs: typed now, acted upon by the trace.

use std::{collections::BTreeMap, net::IpAddr};

use super::{
    Builder,
    addresses::{Owner, Wanted},
    routes::RoutesToCome,
};
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{NatGatewaySpec, RouteTableSpec},
    },
    model::{NatGateway, NatGatewayId, RouteTable, RouteTableId, VpcIx},
};

/// The name of the group and ACL that every VPC has, and of the main route table where the file has none.
pub(super) const DEFAULT: &str = "default";

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
        let mut edge: Option<Box<str>> = None;
        let none_given = tables.is_empty();
        for (name, spec) in tables {
            let path = path.entry("route_tables", &name);
            let RouteTableSpec { id, main: is_main, gateway, routes } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || RouteTableId::derive(&seed));
            if is_main {
                if let Some(other) = &main {
                    let message = format!("`{other}` is the main route table already");
                    self.error(Finding::error(path.key("main"), message).rule("N10"));
                }
                main = Some(name.clone());
            }
            if gateway.is_some() {
                if let Some(other) = &edge {
                    let message =
                        format!("`{other}` is the internet gateway's route table already");
                    self.error(Finding::error(path.key("gateway"), message).rule("N20"));
                } else if !self.model[vpc].internet_gateway {
                    let message =
                        "the VPC has no internet gateway: `internet_gateway: true` gives it one";
                    self.error(Finding::error(path.key("gateway"), message).rule("N30"));
                }
                edge = Some(name.clone());
            }
            self.routes_to_come.push(RoutesToCome {
                vpc,
                path: path.path(),
                table: name.clone(),
                routes,
            });
            let internet_gateway = gateway.is_some();
            let routes = Vec::new();
            built.insert(name, RouteTable { id, main: is_main, internet_gateway, routes });
        }
        if none_given || main.is_none() && !built.contains_key(DEFAULT) {
            let id = RouteTableId::derive(&self.seed(vpc, DEFAULT));
            let (internet_gateway, routes) = (false, Vec::new());
            built.insert(DEFAULT.into(), RouteTable { id, main: true, internet_gateway, routes });
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
            let NatGatewaySpec { id, subnet, private_ip, public_ip } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || NatGatewayId::derive(&seed));
            let owner = format!("NAT gateway `{seed}`");
            let public_ip = self.public_address(&path.key("public_ip"), public_ip, &owner);
            match self.subnet(&path.key("subnet"), vpc, &subnet) {
                Some(subnet) => {
                    if self.model[subnet].cidr_block.is_none() {
                        let name = &self.model[subnet].name;
                        let message = format!(
                            "subnet `{name}` has no IPv4 block: a NAT gateway has an IPv4 address"
                        );
                        self.error(Finding::error(path.key("subnet"), message).rule("N38"));
                    }
                    let path = path.key("private_ip");
                    let private_ip = private_ip
                        .and_then(|text| {
                            self.chosen_address(&path, &text, subnet, &Owner::nat_gateway(&name))
                        })
                        .and_then(|address| match address {
                            IpAddr::V4(v4) => Some(v4),
                            IpAddr::V6(_) => {
                                let message = "a NAT gateway's address is an IPv4 address";
                                self.error(Finding::error(path, message).rule("N38"));
                                None
                            }
                        });
                    let gateway = NatGateway { id, subnet, private_ip, public_ip };
                    self.vpc_mut(vpc).nat_gateways.insert(name, gateway);
                }
                None => _ = self.names.blamed_nat_gateways.insert((vpc, name)),
            }
        }
    }

    /// NAT gateways that choose no address get free ones, after all others of the VPC. N38
    pub(super) fn nat_gateway_addresses(&mut self, vpc: VpcIx) {
        let gateways = self.model[vpc].nat_gateways.iter();
        let wishes: Vec<_> = gateways
            .filter(|(_, nat)| nat.private_ip.is_none())
            .filter(|(_, nat)| self.model[nat.subnet].cidr_block.is_some())
            .map(|(name, nat)| (name.clone(), nat.subnet))
            .collect();
        for (name, subnet) in wishes {
            let owner = Owner::nat_gateway(&name);
            self.want_address(Wanted::NatGatewayV4(vpc, name), subnet, &owner, None);
        }
    }
}
