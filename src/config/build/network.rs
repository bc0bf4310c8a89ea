//! Route tables, gateways, security groups, network ACLs and peering: typed now, acted upon by the trace.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Builder;
use crate::{
    config::{
        Entries, Finding, Path,
        spec::{
            ActionSpec, NaclRuleSpec, NamedTargetSpec, NatGatewaySpec, NetworkAclSpec, PeeringSpec,
            ProtocolSpec, RouteSpec, RouteTableSpec, RouteTargetSpec, RouteTargetWord,
            SecurityGroupRuleSpec, SecurityGroupSpec,
        },
    },
    model::{
        NatGateway, NatGatewayId, NetworkAcl, NetworkAclId, NetworkAclRule, PeeringSide, Protocol,
        Route, RouteDestination, RouteTable, RouteTableId, RouteTarget, RuleAction, SecurityGroup,
        SecurityGroupId, SecurityGroupRule, Traffic, VpcIx, VpcPeeringConnection,
        VpcPeeringConnectionId,
    },
};

/// The name of the group and ACL that every VPC has, and of the main route table where the file has none.
const DEFAULT: &str = "default";

/// AWS's words for a peering connection that cannot be. N143
const OVERLAPPING: &str = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";

/// Everything, in either family: what a new security group lets out. N100
fn everything() -> SecurityGroupRule {
    SecurityGroupRule {
        traffic: Traffic { protocol: Protocol::All, from_port: -1, to_port: -1 },
        cidr_blocks: vec![Ipv4Net::default()],
        ipv6_cidr_blocks: vec![Ipv6Net::default()],
        prefix_list_ids: Vec::new(),
        security_groups: Vec::new(),
    }
}

impl Builder {
    /// A seed for the made-up id of something in a VPC.
    fn seed(&self, vpc: VpcIx, name: &str) -> String {
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

    fn vpc_mut(&mut self, vpc: VpcIx) -> &mut crate::model::Vpc {
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

    pub(super) fn security_groups(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        groups: Entries<SecurityGroupSpec>,
    ) {
        let names: Vec<Box<str>> =
            groups.iter().map(|(name, _)| name.into()).chain([DEFAULT.into()]).collect();
        let mut built = BTreeMap::new();
        for (name, spec) in groups {
            let path = path.key("security_groups").key(&name);
            let SecurityGroupSpec { id, ingress, egress } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || SecurityGroupId::derive(&seed));
            let ingress = self.security_group_rules(&path.key("ingress"), ingress, &names);
            let egress = match egress {
                None => vec![everything()],
                Some(rules) => self.security_group_rules(&path.key("egress"), rules, &names),
            };
            built.insert(name, SecurityGroup { id, ingress, egress });
        }
        let seed = self.seed(vpc, DEFAULT);
        built.entry(DEFAULT.into()).or_insert_with(|| {
            let from_itself = SecurityGroupRule {
                cidr_blocks: Vec::new(),
                ipv6_cidr_blocks: Vec::new(),
                ..everything()
            };
            let ingress =
                vec![SecurityGroupRule { security_groups: vec![DEFAULT.into()], ..from_itself }];
            SecurityGroup {
                id: SecurityGroupId::derive(&seed),
                ingress,
                egress: vec![everything()],
            }
        });
        self.vpc_mut(vpc).security_groups = built;
    }

    fn security_group_rules(
        &mut self,
        path: &Path,
        rules: Vec<SecurityGroupRuleSpec>,
        groups: &[Box<str>],
    ) -> Vec<SecurityGroupRule> {
        let mut built = Vec::with_capacity(rules.len());
        for (at, rule) in rules.into_iter().enumerate() {
            let path = path.index(at);
            let SecurityGroupRuleSpec {
                protocol,
                from_port,
                to_port,
                cidr_blocks,
                ipv6_cidr_blocks,
                prefix_list_ids,
                security_groups,
            } = rule;
            let nobody = cidr_blocks.is_empty()
                && ipv6_cidr_blocks.is_empty()
                && prefix_list_ids.is_empty()
                && security_groups.is_empty();
            if nobody {
                let message = "a rule names no other side";
                let help =
                    "`cidr_blocks`, `ipv6_cidr_blocks`, `prefix_list_ids` or `security_groups`";
                self.error(Finding::error(path.clone(), message).rule("N105").help(help));
            }
            for (at, group) in security_groups.iter().enumerate() {
                if !group.starts_with("sg-") && !groups.iter().any(|known| **known == **group) {
                    let path = path.key("security_groups").index(at);
                    self.unknown(&path, "security group", group, groups.iter().map(|name| &**name));
                }
            }
            let traffic = self.traffic(&path, &protocol, from_port, to_port);
            built.extend(traffic.map(|traffic| SecurityGroupRule {
                traffic,
                cidr_blocks: self.blocks(&path.key("cidr_blocks"), &cidr_blocks),
                ipv6_cidr_blocks: self.blocks(&path.key("ipv6_cidr_blocks"), &ipv6_cidr_blocks),
                prefix_list_ids: prefix_list_ids.into_iter().map(Into::into).collect(),
                security_groups: security_groups.into_iter().map(Into::into).collect(),
            }));
        }
        built
    }

    fn blocks<T: super::vpc::Block>(&mut self, path: &Path, texts: &[String]) -> Vec<T> {
        let texts = texts.iter().enumerate();
        texts.filter_map(|(at, text)| self.block(&path.index(at), text)).collect()
    }

    /// Protocol and ports of a rule. N104, N122
    fn traffic(
        &mut self,
        path: &Path,
        protocol: &ProtocolSpec,
        from_port: Option<i32>,
        to_port: Option<i32>,
    ) -> Option<Traffic> {
        let at = path.key("protocol");
        let protocol = match protocol {
            ProtocolSpec::Number(-1) => Protocol::All,
            ProtocolSpec::Number(number) => {
                if let Ok(number) = u8::try_from(*number) {
                    Protocol::Number(number)
                } else {
                    let message =
                        format!("`{number}` is not a protocol number: expected -1 to 255");
                    self.error(Finding::error(at, message).rule("N104"));
                    return None;
                }
            }
            ProtocolSpec::Name(name) => match name.to_ascii_lowercase().as_str() {
                "-1" | "all" => Protocol::All,
                "icmp" => Protocol::Number(1),
                "tcp" => Protocol::Number(6),
                "udp" => Protocol::Number(17),
                "icmpv6" => Protocol::Number(58),
                other => {
                    if let Ok(number) = other.parse() {
                        Protocol::Number(number)
                    } else {
                        let message = format!("`{name}` is not a protocol");
                        let help = "`tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all";
                        self.error(Finding::error(at, message).rule("N104").help(help));
                        return None;
                    }
                }
            },
        };
        let is_icmp = matches!(protocol, Protocol::Number(1 | 58));
        let (from_port, to_port) = (from_port.unwrap_or(-1), to_port.or(from_port).unwrap_or(-1));
        let range = if is_icmp { -1..=255 } else { -1..=65_535 };
        let fits = range.contains(&from_port) && range.contains(&to_port);
        if !fits || (!is_icmp && from_port > to_port) {
            let message = format!(
                "`{from_port}` to `{to_port}` is not a range of {}",
                if is_icmp { "ICMP types" } else { "ports" }
            );
            self.error(Finding::error(path.key("from_port"), message).rule("N104"));
        }
        Some(Traffic { protocol, from_port, to_port })
    }

    /// The names of somebody's security groups; `default` where none are given. N72
    pub(super) fn security_groups_of(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        names: Option<Vec<String>>,
    ) -> Vec<Box<str>> {
        let Some(names) = names else { return vec![DEFAULT.into()] };
        let mut found = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            let groups = &self.model[vpc].security_groups;
            let by_id = || groups.iter().find(|(_, group)| group.id.to_string() == *name);
            if let Some((known, _)) = groups.get_key_value(name.as_str()).or_else(by_id) {
                found.push(known.clone());
            } else {
                let known: Vec<Box<str>> = groups.keys().cloned().collect();
                let path = path.key("security_groups").index(at);
                self.unknown(&path, "security group", name, known.iter().map(|name| &**name));
            }
        }
        found
    }

    pub(super) fn network_acls(&mut self, vpc: VpcIx, path: &Path, acls: Entries<NetworkAclSpec>) {
        let mut built = BTreeMap::new();
        for (name, spec) in acls {
            let path = path.key("network_acls").key(&name);
            let NetworkAclSpec { id, ingress, egress } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || NetworkAclId::derive(&seed));
            let ingress = self.network_acl_rules(&path.key("ingress"), ingress);
            let egress = self.network_acl_rules(&path.key("egress"), egress);
            built.insert(name, NetworkAcl { id, ingress, egress });
        }
        let seed = self.seed(vpc, DEFAULT);
        let has_v6 = !self.model[vpc].ipv6_cidr_blocks.is_empty();
        built.entry(DEFAULT.into()).or_insert_with(|| {
            // N121
            let allow = |rule_no, cidr_block| NetworkAclRule {
                rule_no,
                action: RuleAction::Allow,
                traffic: everything().traffic,
                cidr_block,
            };
            let mut rules = vec![allow(100, IpNet::V4(Ipv4Net::default()))];
            rules.extend(has_v6.then(|| allow(101, IpNet::V6(Ipv6Net::default()))));
            NetworkAcl { id: NetworkAclId::derive(&seed), ingress: rules.clone(), egress: rules }
        });
        self.vpc_mut(vpc).network_acls = built;
    }

    fn network_acl_rules(&mut self, path: &Path, rules: Vec<NaclRuleSpec>) -> Vec<NetworkAclRule> {
        let mut built: Vec<NetworkAclRule> = Vec::with_capacity(rules.len());
        for (at, rule) in rules.into_iter().enumerate() {
            let path = path.index(at);
            let NaclRuleSpec {
                rule_no,
                action,
                protocol,
                from_port,
                to_port,
                cidr_block,
                ipv6_cidr_block,
            } = rule;
            let number = u16::try_from(rule_no).ok().filter(|number| (1..=32_766).contains(number));
            if number.is_none() {
                let message = format!("`{rule_no}` is not a rule number: expected 1 to 32766");
                self.error(Finding::error(path.key("rule_no"), message).rule("N120"));
            }
            if built.iter().any(|other| Some(other.rule_no) == number) {
                let message = format!("rule number `{rule_no}` is used twice");
                self.error(Finding::error(path.key("rule_no"), message).rule("N120"));
            }
            let block = match (cidr_block, ipv6_cidr_block) {
                (Some(v4), None) => {
                    self.block::<Ipv4Net>(&path.key("cidr_block"), &v4).map(IpNet::V4)
                }
                (None, Some(v6)) => {
                    self.block::<Ipv6Net>(&path.key("ipv6_cidr_block"), &v6).map(IpNet::V6)
                }
                (Some(_), Some(_)) | (None, None) => {
                    let message =
                        "a rule has one block: expected `cidr_block` or `ipv6_cidr_block`";
                    self.error(Finding::error(path.clone(), message).rule("N122"));
                    None
                }
            };
            let traffic = self.traffic(&path, &protocol, from_port, to_port);
            let action = match action {
                ActionSpec::Allow => RuleAction::Allow,
                ActionSpec::Deny => RuleAction::Deny,
            };
            if let (Some(rule_no), Some(cidr_block), Some(traffic)) = (number, block, traffic) {
                built.push(NetworkAclRule { rule_no, action, traffic, cidr_block });
            }
        }
        built.sort_by_key(|rule| rule.rule_no);
        built
    }

    /// The name of a subnet's network ACL. N120
    pub(super) fn network_acl_of(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        name: Option<String>,
    ) -> Box<str> {
        let Some(name) = name else { return DEFAULT.into() };
        let acls = &self.model[vpc].network_acls;
        if let Some((known, _)) =
            acls.iter().find(|(known, acl)| ***known == *name || acl.id.to_string() == name)
        {
            known.clone()
        } else {
            let known: Vec<Box<str>> = acls.keys().cloned().collect();
            self.unknown(
                &path.key("network_acl"),
                "network ACL",
                &name,
                known.iter().map(|name| &**name),
            );
            DEFAULT.into()
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
