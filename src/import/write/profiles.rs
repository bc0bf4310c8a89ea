//! Route 53 Profiles: what is in them, and the VPCs that have them. R104

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{InsertSome as _, Writer, is_gone, with_id};
use crate::import::dump::{Attributes as _, bare};

/// The priority of a rule group that shows none: the first that there is. R105
const FALLBACK: i64 = 101;

impl Writer<'_> {
    pub(super) fn profiles(&mut self) {
        let dump = self.dump;
        let mut resources: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for item in dump.all("ProfileResourceAssociations") {
            let profile = item.value.text("ProfileId").or(item.of.as_deref());
            if let Some(profile) = profile.filter(|_| !is_gone(&item.value)) {
                resources.entry(profile).or_default().push(&item.value);
            }
        }
        let mut vpcs = self.associated("ProfileAssociations", "ProfileId", "ResourceId");
        for entry in self.entries("route53_profiles").iter() {
            let mut value = with_id(entry);
            let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            let mut groups = Map::new();
            for of in resources.remove(entry.id).unwrap_or_default() {
                let arn = of.text("ResourceArn").unwrap_or_default();
                let id = bare(arn);
                let Some(name) = self.refer(entry, id, "resource") else { continue };
                let key = match id {
                    _ if arn.contains("hostedzone") => "hosted_zones",
                    _ if id.starts_with("rslvr-rr-") => "resolver_rules",
                    _ if id.starts_with("vpce-") => "vpc_endpoints",
                    _ if id.starts_with("rqlc-") => "resolver_query_log_configs",
                    _ if id.starts_with("rslvr-frg-") => {
                        let known = priority(of);
                        if known.is_none() {
                            let what = format!(
                                "its rule group `{id}` has no priority: taken as {FALLBACK}"
                            );
                            self.note_on(entry, what);
                        }
                        groups.insert(name, known.unwrap_or(FALLBACK).into());
                        continue;
                    }
                    _ => {
                        self.note_on(entry, format!("its resource `{arn}` has no form: left out"));
                        continue;
                    }
                };
                lists.entry(key).or_default().push(name);
            }
            for (key, mut names) in lists {
                names.sort();
                value.insert_list(key, names);
            }
            if !groups.is_empty() {
                value.insert("firewall_rule_groups".into(), groups.into());
            }
            let associated = vpcs.remove(entry.id).unwrap_or_default();
            let mut of_vpcs = Map::new();
            for (vpc, of) in associated {
                of_vpcs.insert(vpc, of.value.number("Priority").map_or(Value::Null, Into::into));
            }
            if !of_vpcs.is_empty() {
                value.insert("vpcs".into(), of_vpcs.into());
            }
            self.put("route53_profiles", entry, value);
        }
        self.unknown_ones(vpcs, "this Profile");
    }
}

/// The priority of a rule group in a Profile, which stands in a JSON text.
fn priority(of: &Value) -> Option<i64> {
    let properties = of.text("ResourceProperties")?;
    serde_json::from_str::<Value>(properties).ok()?.number("priority")
}
