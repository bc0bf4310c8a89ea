//! What AWS makes with a VPC, where no resource stands for it and others name it by the ids that the VPC shows. N331

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Shapes, resource::Resource};
use crate::import::{Note, dump::Attributes as _};

/// Attributes of a VPC with such ids: the list, the attribute of the id there, and what is taken to be in it.
const IMPLIED: &[(&str, &str, &str, &str)] = &[
    (
        "main_route_table_id",
        "RouteTables",
        "RouteTableId",
        "`local`, and the routes that others add",
    ),
    (
        "default_route_table_id",
        "RouteTables",
        "RouteTableId",
        "`local`, and the routes that others add",
    ),
    (
        "default_security_group_id",
        "SecurityGroups",
        "GroupId",
        "the rules that AWS gives it, and those that others add",
    ),
    (
        "default_network_acl_id",
        "NetworkAcls",
        "NetworkAclId",
        "the rules that AWS gives it, and those that others add",
    ),
];

impl Shapes {
    /// Makes them.
    pub(super) fn implied(&mut self, resources: &[Resource]) {
        let is_vpc = |of: &&Resource| matches!(&*of.kind, "aws_vpc" | "aws_default_vpc");
        let mut named: HashSet<&str> = HashSet::new();
        for resource in resources.iter().filter(|of| !is_vpc(of) && !of.is_data) {
            texts(&resource.values, &mut named);
        }
        for of in resources.iter().filter(is_vpc) {
            for (attribute, list, key, taken) in IMPLIED {
                let id = of.values.text(attribute).filter(|id| named.contains(id));
                let (Some(id), Some(vpc)) = (id, of.values.text("id")) else { continue };
                if self.has(list, id) || !self.has("Vpcs", vpc) {
                    continue;
                }
                let shown = format!("{} ({vpc})", of.address);
                let what = format!("its `{id}` is no resource of the state: taken to have {taken}");
                self.notes.push(Note::new(&self.file, Some(&shown), what));
                let mut value = Map::new();
                value.insert((*key).to_owned(), id.into());
                value.insert("VpcId".into(), vpc.into());
                value.extend(as_made(list, id, of.values.text("ipv6_cidr_block").is_some()));
                self.add(of, list, id, value);
            }
        }
    }
}

/// How AWS makes it; for IPv6 too, where the VPC has a block of it. N100, N120
fn as_made(list: &str, id: &str, has_ipv6: bool) -> Map<String, Value> {
    let of_ipv6 = |value: Value| if has_ipv6 { vec![value] } else { Vec::new() };
    let made = match list {
        "SecurityGroups" => json!({
            "GroupName": "default",
            "IsDefault": true,
            "IpPermissions": [{ "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": id }] }],
            "IpPermissionsEgress": [{
                "IpProtocol": "-1",
                "IpRanges": [{ "CidrIp": "0.0.0.0/0" }],
                "Ipv6Ranges": of_ipv6(json!({ "CidrIpv6": "::/0" })),
            }],
        }),
        "NetworkAcls" => {
            let rule = |number: u16, key: &str, block: &str, egress: bool| {
                json!({
                    "RuleNumber": number, "RuleAction": "allow", "Protocol": "-1", key: block, "Egress": egress,
                })
            };
            let rules = [false, true].into_iter().flat_map(|egress| {
                let mut rules = of_ipv6(rule(101, "Ipv6CidrBlock", "::/0", egress));
                rules.push(rule(100, "CidrBlock", "0.0.0.0/0", egress));
                rules
            });
            json!({ "IsDefault": true, "Entries": rules.collect::<Value>() })
        }
        _ => json!({ "Tags": { "Name": "main" } }),
    };
    match made {
        Value::Object(made) => made,
        _ => Map::new(),
    }
}

/// Every text in a value.
fn texts<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
    match value {
        Value::String(text) => _ = found.insert(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(values) => values.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
