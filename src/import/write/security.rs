//! Security groups and network ACLs. N100–N122

use serde_json::{Map, Value};

use super::{Entry, InsertSome as _, Writer, with_id};
use crate::import::dump::Attributes as _;

/// The rule that ends every network ACL, for IPv4 and IPv6. N120
const LAST_RULE: i64 = 32_767;

impl Writer<'_> {
    pub(super) fn security_groups(&mut self) {
        for entry in self.entries("security_groups").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let ingress = self.group_rules(entry, of.list("IpPermissions"));
            value.insert_list("ingress", ingress);
            let egress = self.group_rules(entry, of.list("IpPermissionsEgress"));
            value.insert("egress".into(), egress.into());
            self.put("security_groups", entry, value);
        }
    }

    fn group_rules(&mut self, entry: &Entry<'_>, rules: &[Value]) -> Vec<Value> {
        let (whole, broken): (Vec<&Value>, Vec<&Value>) = rules.iter().partition(|rule| {
            is_number_or_absent(rule, "FromPort")
                && is_number_or_absent(rule, "ToPort")
                && has_protocol(rule, "IpProtocol")
        });
        self.broken_rules(entry, broken.len());
        let mut written: Vec<Value> = whole
            .into_iter()
            .map(|rule| {
                let mut value = Map::new();
                let protocol = protocol(rule.text("IpProtocol"), rule.number("IpProtocol"));
                let ports = protocol != "-1";
                value.insert("protocol".into(), protocol.into());
                value.insert_some("from_port", rule.number("FromPort").filter(|_| ports));
                value.insert_some("to_port", rule.number("ToPort").filter(|_| ports));
                for (list, key, ours) in [
                    ("IpRanges", "CidrIp", "cidr_blocks"),
                    ("Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"),
                    ("PrefixListIds", "PrefixListId", "prefix_list_ids"),
                ] {
                    let found = rule.list(list).iter().filter_map(|range| range.text(key));
                    let mut found: Vec<&str> = found.map(|block| self.prefix_list(block)).collect();
                    found.sort_unstable();
                    found.dedup();
                    value.insert_list(ours, found);
                }
                let groups =
                    rule.list("UserIdGroupPairs").iter().filter_map(|pair| pair.text("GroupId"));
                let mut groups: Vec<String> = groups.map(|id| self.group(entry, id)).collect();
                groups.sort();
                groups.dedup();
                value.insert_list("security_groups", groups);
                Value::from(value)
            })
            .collect();
        written.sort_by_cached_key(Value::to_string);
        written.dedup();
        written
    }

    /// Rules of which a part cannot be read would let through more than they say.
    fn broken_rules(&mut self, entry: &Entry<'_>, count: usize) {
        if count > 0 {
            let what = format!("rules that cannot be read, {count} of them, are left out");
            self.note_on(entry, what);
        }
    }

    /// A group of the other side: by name in the own VPC, else by id, as AWS keeps rules for groups that are gone. N107
    fn group(&self, entry: &Entry<'_>, id: &str) -> String {
        match self.by_id.get(id) {
            Some((vpc, key)) if *vpc == entry.vpc => key.clone(),
            _ => id.to_owned(),
        }
    }

    /// What a subnet goes by that names no other: said where no file has it. N10, N120, N322
    pub(super) fn defaults(&mut self) {
        for vpc in self.entries("vpcs").iter() {
            let Some(parts) = self.vpcs.get(&vpc.key) else { continue };
            let lacks = |section: &str, key: &str, is_default: &dyn Fn(&str, &Value) -> bool| {
                let mut subnets = parts.sections.get("subnets").into_iter().flatten();
                let of_vpc = parts.sections.get(section).into_iter().flatten();
                subnets.any(|(_, subnet)| subnet.get(key).is_none())
                    && !of_vpc.into_iter().any(|(name, value)| is_default(name, value))
            };
            let is_main = |_: &str, table: &Value| table.flag("main") == Some(true);
            let no_table = lacks("route_tables", "route_table", &is_main);
            let no_acl = lacks("network_acls", "network_acl", &|name, _| name == "default");
            // where no call's answer has any, that is said once
            let is_said = |list: &str| self.dump.lacks.contains(list);
            let (no_table, no_acl) =
                (no_table && !is_said("RouteTables"), no_acl && !is_said("NetworkAcls"));
            if no_table {
                self.note_on(
                    vpc,
                    "its main route table is in no file: taken as one with no routes but `local`",
                );
            }
            if no_acl {
                self.note_on(
                    vpc,
                    "its default network ACL is in no file: taken as one that allows everything",
                );
            }
        }
    }

    pub(super) fn network_acls(&mut self) {
        for entry in self.entries("network_acls").iter() {
            let mut value = with_id(entry);
            let (rules, broken): (Vec<&Value>, Vec<&Value>) =
                entry.item.value.list("Entries").iter().partition(|rule| is_whole(rule));
            self.broken_rules(entry, broken.len());
            for (key, egress) in [("ingress", false), ("egress", true)] {
                let entries = rules.iter().filter(|rule| {
                    rule.flag("Egress") == Some(egress)
                        && rule.number("RuleNumber").is_some_and(|number| number < LAST_RULE)
                });
                let mut written: Vec<Value> = entries.map(|rule| acl_rule(rule)).collect();
                written.sort_by_key(|rule| rule.number("rule_no"));
                written.dedup();
                value.insert_list(key, written);
            }
            for set in entry.item.value.list("Associations") {
                let Some(subnet) = set.text("SubnetId") else { continue };
                if let Some(subnet) = self.refer(entry, subnet, "subnet")
                    && entry.key != "default"
                {
                    self.set_in_subnet(entry, &subnet, "network_acl");
                }
            }
            self.put("network_acls", entry, value);
        }
    }
}

/// Whether a number can be read, or is not there.
fn is_number_or_absent(rule: &Value, path: &str) -> bool {
    let given = rule.inner(path).filter(|value| value.as_str() != Some(""));
    given.is_none() || rule.number(path).is_some()
}

/// Whether a rule says its protocol. N104, N122
fn has_protocol(rule: &Value, key: &str) -> bool {
    rule.text(key).is_some() || rule.number(key).is_some()
}

/// Whether everything that decides in an entry of a network ACL can be read. N122
fn is_whole(rule: &Value) -> bool {
    let ports = ["PortRange.From", "PortRange.To", "IcmpTypeCode.Type", "IcmpTypeCode.Code"];
    let inside = |key: &str| rule.attribute(key).is_none_or(Value::is_object);
    rule.flag("Egress").is_some()
        && rule.number("RuleNumber").is_some()
        && rule.text("RuleAction").is_some()
        && has_protocol(rule, "Protocol")
        && inside("PortRange")
        && inside("IcmpTypeCode")
        && ports.into_iter().all(|path| is_number_or_absent(rule, path))
}

fn acl_rule(rule: &Value) -> Value {
    let mut value = Map::new();
    value.insert_some("rule_no", rule.number("RuleNumber"));
    let action = rule.text("RuleAction").unwrap_or("deny").to_ascii_lowercase();
    value.insert("action".into(), action.into());
    let protocol = protocol(rule.text("Protocol"), rule.number("Protocol"));
    let icmp = matches!(&*protocol, "icmp" | "icmpv6");
    let (from, to) = if icmp {
        ("IcmpTypeCode.Type", "IcmpTypeCode.Code")
    } else {
        ("PortRange.From", "PortRange.To")
    };
    let ports = protocol != "-1";
    value.insert("protocol".into(), protocol.into());
    value.insert_some("from_port", rule.number(from).filter(|_| ports));
    value.insert_some("to_port", rule.number(to).filter(|_| ports));
    value.insert_some("cidr_block", rule.text("CidrBlock"));
    value.insert_some("ipv6_cidr_block", rule.text("Ipv6CidrBlock"));
    value.into()
}

/// A protocol by its name where it has one. N104
fn protocol(name: Option<&str>, number: Option<i64>) -> String {
    match (number, name) {
        (Some(1), _) => "icmp".to_owned(),
        (Some(6), _) => "tcp".to_owned(),
        (Some(17), _) => "udp".to_owned(),
        (Some(58), _) => "icmpv6".to_owned(),
        (Some(number), _) => number.to_string(),
        (None, Some("all") | None) => "-1".to_owned(),
        (None, Some(name)) => name.to_ascii_lowercase(),
    }
}
