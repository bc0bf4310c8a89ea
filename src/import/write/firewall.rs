//! DNS Firewall: domain lists, rule groups, their associations. R105–R108

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::{Entry, InsertSome as _, Writer, names, with_id};
use crate::import::{Note, dump::Attributes as _};

impl Writer<'_> {
    pub(super) fn firewall(&mut self) {
        self.domain_lists();
        let dump = self.dump;
        let mut rules: HashMap<&str, Vec<&Value>> = HashMap::new();
        for item in dump.all("FirewallRules") {
            let group = item.value.text("FirewallRuleGroupId").or(item.of.as_deref());
            if let Some(group) = group {
                rules.entry(group).or_default().push(&item.value);
            } else {
                let what = "a firewall rule of no group";
                self.notes.push(Note::new(&item.file, item.value.text("Name"), what));
            }
        }
        let list = "FirewallRuleGroupAssociations";
        let mut vpcs = self.associated(list, "FirewallRuleGroupId", "VpcId");
        for entry in self.entries("firewall_rule_groups").iter() {
            let mut value = with_id(entry);
            let of_group = rules.remove(entry.id).unwrap_or_default();
            let written = self.rules(entry, &of_group);
            if !written.is_empty() {
                value.insert("rules".into(), written.into());
            }
            let associated = vpcs.remove(entry.id).unwrap_or_default();
            let associated: Map<String, Value> = associated
                .into_iter()
                .filter_map(|(vpc, of)| Some((vpc, of.value.number("Priority")?.into())))
                .collect();
            if !associated.is_empty() {
                value.insert("vpcs".into(), associated.into());
            }
            self.put("firewall_rule_groups", entry, value);
        }
        self.unknown_ones(vpcs, "this rule group");
    }

    fn domain_lists(&mut self) {
        let dump = self.dump;
        let entries = self.entries("firewall_domain_lists");
        let mut domains: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for item in dump.all("Domains") {
            let Some(domain) = item.value.as_str() else { continue };
            if let Some(list) = item.of.as_deref() {
                domains.entry(list).or_default().push(domain);
            } else {
                let what = "domains of a firewall list: put the list's id into the file's name";
                self.notes.push(Note::new(&item.file, None, what));
            }
        }
        for entry in entries.iter() {
            let mut value = with_id(entry);
            let own: Vec<&str> = entry.item.value.texts("Domains").collect();
            let found = domains.remove(entry.id).unwrap_or_default();
            let mut found: Vec<&str> = own.into_iter().chain(found).collect();
            found.sort_unstable();
            found.dedup();
            if found.is_empty() {
                let what = match entry.item.value.text("ManagedOwnerName") {
                    Some(_) => "AWS does not publish its managed lists: it holds no domains",
                    None => "no `list-firewall-domains` of it: it holds no domains",
                };
                self.note_on(entry, what);
            }
            let found = found.into_iter().map(|domain| domain.trim_end_matches('.')).collect();
            value.insert_list("domains", found);
            self.put("firewall_domain_lists", entry, value);
        }
    }

    fn rules(&mut self, entry: &Entry<'_>, rules: &[&Value]) -> Map<String, Value> {
        let mut sorted = rules.to_vec();
        sorted.sort_by_key(|rule| (rule.number("Priority"), rule.text("Name")));
        let wishes: Vec<(&str, Option<&str>)> = sorted
            .iter()
            .map(|rule| (rule.text("FirewallDomainListId").unwrap_or("rule"), rule.text("Name")))
            .collect();
        let keys = names::unique(&wishes, &[]);
        let mut written = Map::new();
        for (rule, key) in sorted.into_iter().zip(keys) {
            let name = rule.text("Name").unwrap_or(&key).to_owned();
            let Some(list) = rule.text("FirewallDomainListId") else {
                self.note_on(entry, format!("its rule `{name}` is for no domain list: left out"));
                continue;
            };
            let Some(list) = self.refer(entry, list, &format!("rule `{name}`'s domain list"))
            else {
                continue;
            };
            let mut value = Map::new();
            value.insert_some("priority", rule.number("Priority"));
            value.insert("firewall_domain_list".into(), list.into());
            value.insert_some("action", rule.text("Action"));
            value.insert_some("block_response", rule.text("BlockResponse"));
            value.insert_some("block_override_domain", rule.text("BlockOverrideDomain"));
            value.insert_some("block_override_dns_type", rule.text("BlockOverrideDnsType"));
            let has_override = rule.text("BlockResponse") == Some("OVERRIDE");
            value.insert_some(
                "block_override_ttl",
                rule.number("BlockOverrideTtl").filter(|_| has_override),
            );
            value.insert_some("q_type", rule.text("Qtype").or(rule.text("QType")));
            let redirection = rule.text("FirewallDomainRedirectionAction");
            value.insert_some("firewall_domain_redirection_action", redirection);
            written.insert(key, value.into());
        }
        written
    }
}
