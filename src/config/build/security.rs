//! Security groups and network ACLs: typed now, acted upon by the trace.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{
    Builder,
    network::DEFAULT,
    quotas::{self, Quota, count},
    vpc::Block,
};
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{
            ActionSpec, NaclRuleSpec, NetworkAclSpec, ProtocolSpec, SecurityGroupRuleSpec,
            SecurityGroupSpec,
        },
    },
    model::{
        NetworkAcl, NetworkAclId, NetworkAclRule, PeeringStatus, PrefixListIx, Protocol,
        RuleAction, SecurityGroup, SecurityGroupId, SecurityGroupRule, Traffic, VpcIx,
    },
};

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
    pub(super) fn security_groups(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        groups: Entries<SecurityGroupSpec>,
    ) {
        let names: Vec<Box<str>> =
            groups.iter().map(|(name, _)| name.into()).chain([DEFAULT.into()]).collect();
        let mut built = BTreeMap::new();
        for (name, spec) in groups {
            let path = path.entry("security_groups", &name);
            let SecurityGroupSpec { id, ingress, egress } = spec;
            let seed = self.seed(vpc, &name);
            let id = self.id(&path, id.as_deref(), || SecurityGroupId::derive(&seed));
            let ingress = self.security_group_rules(vpc, &path.key("ingress"), ingress, &names);
            let egress = match egress {
                None => vec![everything()],
                Some(rules) => self.security_group_rules(vpc, &path.key("egress"), rules, &names),
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
        vpc: VpcIx,
        path: &At<'_>,
        rules: Vec<SecurityGroupRuleSpec>,
        groups: &[Box<str>],
    ) -> Vec<SecurityGroupRule> {
        let mut built = Vec::with_capacity(rules.len());
        let mut used = quotas::Entries::default();
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
                self.error(Finding::error(path, message).rule("N105").help(help));
            }
            for (at, group) in security_groups.iter().enumerate() {
                if groups.iter().any(|known| **known == **group) {
                    continue;
                }
                let path = path.item("security_groups", at);
                if group.starts_with(SecurityGroupId::PREFIX) {
                    if let Some(id) = self.parse::<SecurityGroupId>(&path, group) {
                        self.names.groups_referred_to.push((path.path(), vpc, id));
                    }
                } else {
                    self.unknown(&path, "security group", group, groups.iter().map(|name| &**name));
                }
            }
            let lists = prefix_list_ids.iter().enumerate();
            let prefix_list_ids: Vec<PrefixListIx> = lists
                .filter_map(|(at, list)| {
                    self.prefix_list(&path.item("prefix_list_ids", at), vpc, list)
                })
                .collect();
            let before = used;
            let weights = prefix_list_ids.iter().map(|list| self.weight(*list));
            let in_both = weights.fold(count(security_groups.len()), u32::saturating_add);
            let blocks = quotas::Entries {
                ipv4: count(cidr_blocks.len()),
                ipv6: count(ipv6_cidr_blocks.len()),
            };
            used = used.and(blocks).and(quotas::Entries::both(in_both));
            self.check_quotas(Quota::GroupRules, before, used, &path);
            let traffic = self.traffic(&path, &protocol, from_port, to_port);
            built.extend(traffic.map(|traffic| SecurityGroupRule {
                traffic,
                cidr_blocks: self.blocks(&path.key("cidr_blocks"), &cidr_blocks),
                ipv6_cidr_blocks: self.blocks(&path.key("ipv6_cidr_blocks"), &ipv6_cidr_blocks),
                prefix_list_ids,
                security_groups: security_groups.into_iter().map(Into::into).collect(),
            }));
        }
        built
    }

    /// Rules that refer to a group of no VPC, or of one that is no peer: AWS keeps such rules as stale ones. N106, N107
    pub(super) fn stale_rules(&mut self) {
        let vpcs = (0..).map(VpcIx).zip(&self.model.vpcs);
        let known: HashMap<SecurityGroupId, VpcIx> = vpcs
            .flat_map(|(ix, vpc)| vpc.security_groups.values().map(move |group| (group.id, ix)))
            .collect();
        let peerings = self.model.vpc_peering_connections.iter();
        let active = peerings.filter(|peering| peering.status == PeeringStatus::Active);
        let peered: HashSet<(VpcIx, VpcIx)> = active
            .flat_map(|peering| {
                let (a, b) = (peering.requester.vpc, peering.accepter.vpc);
                [(a, b), (b, a)]
            })
            .collect();
        for (path, vpc, id) in std::mem::take(&mut self.names.groups_referred_to) {
            let (message, rule) = match known.get(&id) {
                None => (
                    format!("no VPC has the security group `{id}`: the rule never matches"),
                    "N107",
                ),
                Some(theirs) if *theirs == vpc => continue,
                Some(theirs) => {
                    let of = &self.model[*theirs];
                    let name = &of.name;
                    if of.region != self.model[vpc].region {
                        let message = format!(
                            "`{id}` is of VPC `{name}`, in another Region: the rule never matches"
                        );
                        (message, "N106")
                    } else if peered.contains(&(vpc, *theirs)) {
                        continue;
                    } else {
                        let message = format!(
                            "`{id}` is of VPC `{name}`, to which no active peering connection leads: the rule never matches"
                        );
                        (message, "N107")
                    }
                }
            };
            self.findings.push(Finding::warning(path, message).rule(rule));
        }
    }

    fn blocks<T: Block>(&mut self, path: &At<'_>, texts: &[String]) -> Vec<T> {
        let texts = texts.iter().enumerate();
        texts.filter_map(|(at, text)| self.block(&path.index(at), text)).collect()
    }

    /// Protocol and ports of a rule. N104, N122
    fn traffic(
        &mut self,
        path: &At<'_>,
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
        let has_ports = matches!(protocol, Protocol::Number(6 | 17));
        if has_ports && from_port.is_some() != to_port.is_some() {
            let message = "a range of ports has both ends: expected `from_port` and `to_port`";
            self.error(Finding::error(path, message).rule("N104"));
            return None;
        }
        // of ICMP these are the type and the code, and a type alone is any code of it
        let (from_port, to_port) = (from_port.unwrap_or(-1), to_port.unwrap_or(-1));
        let range = if is_icmp { -1..=255 } else { -1..=65_535 };
        let fits = range.contains(&from_port) && range.contains(&to_port);
        let half_open = has_ports && from_port == -1 && to_port != -1;
        if !fits || half_open || (!is_icmp && from_port > to_port) {
            let message = format!(
                "`{from_port}` to `{to_port}` is not a range of {}",
                if is_icmp { "ICMP types" } else { "ports" }
            );
            self.error(Finding::error(path.key("from_port"), message).rule("N104"));
        }
        let names_some = !matches!((from_port, to_port), (-1, -1) | (0, 0 | 65_535));
        if fits && protocol == Protocol::All && names_some {
            let message = format!(
                "`protocol: \"-1\"` is everything: the ports `{from_port}` to `{to_port}` do not count"
            );
            self.error(Finding::warning(path.key("from_port"), message).rule("N104"));
        }
        Some(Traffic { protocol, from_port, to_port })
    }

    /// The names of somebody's security groups; `default` where none are given, by an empty list too: AWS has nobody without one. N72
    pub(super) fn security_groups_of(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        names: Option<Vec<String>>,
    ) -> Vec<Box<str>> {
        let names = names.unwrap_or_default();
        if names.is_empty() {
            return vec![DEFAULT.into()];
        }
        let mut found = Vec::with_capacity(names.len());
        self.check_groups_of_an_interface(path, names.len());
        for (at, name) in names.iter().enumerate() {
            let groups = &self.model[vpc].security_groups;
            let by_id = || groups.iter().find(|(_, group)| group.id.to_string() == *name);
            if let Some((known, _)) = groups.get_key_value(name.as_str()).or_else(by_id) {
                found.push(known.clone());
            } else {
                let known: Vec<Box<str>> = groups.keys().cloned().collect();
                let path = path.item("security_groups", at);
                self.unknown(&path, "security group", name, known.iter().map(|name| &**name));
            }
        }
        found
    }

    /// The names of an endpoint's security groups; endpoints with the same names share one list.
    pub(super) fn shared_security_groups(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        names: Option<Vec<String>>,
    ) -> Arc<[Box<str>]> {
        let list = self.security_groups_of(vpc, path, names);
        if let Some(known) = self.group_lists.get(list.as_slice()) {
            return Arc::clone(known);
        }
        let list: Arc<[Box<str>]> = list.into();
        self.group_lists.insert(Arc::clone(&list));
        list
    }

    pub(super) fn network_acls(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        acls: Entries<NetworkAclSpec>,
    ) {
        let mut built = BTreeMap::new();
        for (name, spec) in acls {
            let path = path.entry("network_acls", &name);
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

    fn network_acl_rules(
        &mut self,
        path: &At<'_>,
        rules: Vec<NaclRuleSpec>,
    ) -> Vec<NetworkAclRule> {
        let mut built: Vec<NetworkAclRule> = Vec::with_capacity(rules.len());
        let mut numbers = BTreeSet::new();
        let mut used = quotas::Entries::default();
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
            if number.is_some_and(|number| numbers.contains(&number)) {
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
                    self.error(Finding::error(path, message).rule("N122"));
                    None
                }
            };
            let before = used;
            used = used.and(match block {
                Some(IpNet::V4(_)) => quotas::Entries { ipv4: 1, ipv6: 0 },
                Some(IpNet::V6(_)) => quotas::Entries { ipv4: 0, ipv6: 1 },
                None => quotas::Entries::default(),
            });
            self.check_quotas(Quota::AclRules, before, used, &path);
            let traffic = self.traffic(&path, &protocol, from_port, to_port);
            let action = match action {
                ActionSpec::Allow => RuleAction::Allow,
                ActionSpec::Deny => RuleAction::Deny,
            };
            if let (Some(rule_no), Some(cidr_block), Some(traffic)) = (number, block, traffic) {
                numbers.insert(rule_no);
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
        path: &At<'_>,
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
