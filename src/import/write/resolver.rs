//! Route 53 Resolver: endpoints, rules, query logs, settings of VPCs. N320

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::{InsertSome as _, Writer, is_gone, with_id, zones::nothing};
use crate::import::{
    Note,
    dump::{Attributes as _, Item},
};

/// The rules that Resolver makes by itself. R80
const AUTODEFINED: &str = "rslvr-autodefined";

/// By the id of what VPCs are associated with: the names of the VPCs, and what says so.
pub(super) type Associated<'a> = BTreeMap<String, Vec<(String, &'a Item)>>;

impl<'a> Writer<'a> {
    pub(super) fn resolver_endpoints(&mut self) {
        let dump = self.dump;
        let entries = self.entries("resolver_endpoints");
        // lists of addresses do not say what they are of: the file's name does, or there is one endpoint
        let only = (entries.len() == 1).then(|| entries.first().map(|entry| entry.id)).flatten();
        let mut listed: HashMap<&str, Vec<&Value>> = HashMap::new();
        for item in dump.all("IpAddresses") {
            let of = item.of.as_deref().filter(|id| id.starts_with("rslvr-"));
            if let Some(id) = of.or(only) {
                listed.entry(id).or_default().push(&item.value);
            } else {
                let what = "addresses of a resolver endpoint: put its id into the file's name";
                self.notes.push(Note::new(&item.file, item.value.text("Ip"), what));
            }
        }
        for entry in entries.iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            value.insert_some("direction", of.text("Direction"));
            let interfaces = self.interfaces.of_endpoint(&[], entry.id);
            self.interfaces.take(&interfaces);
            let own = of.list("IpAddresses").iter();
            let mut addresses: Vec<(&str, Option<&str>)> = listed
                .get(entry.id)
                .into_iter()
                .flatten()
                .copied()
                .chain(own)
                .filter(|address| !is_gone(address))
                .filter_map(|of| Some((of.text("SubnetId")?, of.text("Ip"))))
                .collect();
            if addresses.is_empty() {
                let found = interfaces.iter().filter_map(|item| {
                    Some((item.value.text("SubnetId")?, item.value.text("PrivateIpAddress")))
                });
                addresses.extend(found);
            }
            if addresses.is_empty() {
                self.note_on(entry, "no `list-resolver-endpoint-ip-addresses` of it");
            }
            addresses.sort_unstable();
            addresses.dedup();
            let mut written = Vec::new();
            for (subnet, ip) in addresses {
                let Some(name) = self.refer(entry, subnet, "subnet") else { continue };
                let mut address = Map::new();
                address.insert("subnet".into(), name.into());
                let fits = ip.filter(|ip| self.interfaces.fits(subnet, ip));
                if let (None, Some(ip)) = (fits, ip) {
                    self.note_on(
                        entry,
                        format!("its address {ip} is not in `{subnet}`: another is made up"),
                    );
                }
                address.insert_some("ip", fits);
                written.push(address);
            }
            value.insert_list("ip_addresses", written);
            let interfaces: Vec<&Value> = interfaces.iter().map(|item| &item.value).collect();
            self.security_groups_of(entry, &mut value, "SecurityGroupIds", &interfaces);
            let mut protocols: Vec<&str> = of.texts("Protocols").collect();
            if protocols.contains(&"DoH-FIPS") {
                self.note_on(entry, "its protocol DoH-FIPS is left out");
                protocols.retain(|protocol| *protocol != "DoH-FIPS");
            }
            if protocols != ["Do53"] {
                value.insert_list("protocols", protocols);
            }
            self.put("resolver_endpoints", entry, value);
        }
        self.settings();
    }

    /// What VPCs have set: reverse zones, and what happens without DNS Firewall. R84, R107
    fn settings(&mut self) {
        let dump = self.dump;
        for item in dump.all("ResolverConfigs") {
            let disabled = item.value.text("AutodefinedReverse");
            let disabled = disabled.is_some_and(|of| matches!(of, "DISABLED" | "DISABLE"));
            if disabled && let Some(vpc) = self.vpc_of_setting(item) {
                self.set(&vpc, "autodefined_reverse_flag", "DISABLE");
            }
        }
        for item in dump.all("FirewallConfigs") {
            if item.value.text("FirewallFailOpen") == Some("ENABLED")
                && let Some(vpc) = self.vpc_of_setting(item)
            {
                self.set(&vpc, "firewall_fail_open", "ENABLED");
            }
        }
    }

    fn vpc_of_setting(&mut self, item: &Item) -> Option<String> {
        let id = item.value.text("ResourceId")?;
        self.vpc_of(item, id, Some(id)).map(|vpc| vpc.to_string())
    }

    /// VPCs by what a list of associations says they are associated with.
    pub(super) fn associated(&mut self, list: &str, with: &str, vpc: &str) -> Associated<'a> {
        let mut found = Associated::new();
        for item in self.dump.all(list) {
            let (Some(id), Some(vpc)) = (item.value.text(with), item.value.text(vpc)) else {
                continue;
            };
            if is_gone(&item.value) || id.starts_with(AUTODEFINED) {
                continue;
            }
            match self.by_id.get(vpc) {
                Some((_, name)) => {
                    let name = name.clone();
                    found.entry(id.to_owned()).or_default().push((name, item));
                }
                None => {
                    self.note(
                        item,
                        id,
                        format!("it is associated with `{vpc}`, which is in no file"),
                    );
                }
            }
        }
        for vpcs in found.values_mut() {
            vpcs.sort_by(|a, b| a.0.cmp(&b.0));
            vpcs.dedup_by(|a, b| a.0 == b.0);
        }
        found
    }

    pub(super) fn resolver_rules(&mut self) {
        let mut vpcs = self.associated("ResolverRuleAssociations", "ResolverRuleId", "VPCId");
        for entry in self.entries("resolver_rules").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let kind = of.text("RuleType").unwrap_or_default();
            let (key, domain) = match kind {
                "DELEGATE" => ("delegation_record", of.text("DelegationRecord")),
                _ => ("domain_name", of.text("DomainName")),
            };
            let domain = domain.unwrap_or_default();
            let domain = if domain == "." { domain } else { domain.trim_end_matches('.') };
            value.insert(key.into(), domain.into());
            value.insert("rule_type".into(), kind.into());
            if let Some(id) = of.text("ResolverEndpointId") {
                let endpoint = self.refer(entry, id, "resolver endpoint");
                value.insert_some("resolver_endpoint", endpoint);
            }
            let targets = of.list("TargetIps").iter().filter_map(target);
            value.insert_list("target_ips", targets.collect());
            let associated = vpcs.remove(entry.id).unwrap_or_default();
            value.insert_list("vpcs", associated.into_iter().map(|(vpc, _)| vpc).collect());
            self.put("resolver_rules", entry, value);
        }
        self.unknown_ones(vpcs, "this resolver rule");
    }

    /// Notes what associations are of that is nowhere.
    pub(super) fn unknown_ones(&mut self, found: Associated<'_>, what: &str) {
        for (id, vpcs) in found {
            for (vpc, item) in vpcs {
                let what = format!("{what} is in no file: left out of `{vpc}`");
                self.note(item, &id, what);
            }
        }
    }

    pub(super) fn query_logs(&mut self) {
        let list = "ResolverQueryLogConfigAssociations";
        let mut vpcs = self.associated(list, "ResolverQueryLogConfigId", "ResourceId");
        for entry in self.entries("resolver_query_log_configs").iter() {
            let mut value = with_id(entry);
            value.insert("destination".into(), json!({ "events": nothing() }));
            let to = entry.item.value.text("DestinationArn").unwrap_or("its destination");
            self.note_on(
                entry,
                format!("instead of `{to}` it logs to those who read `GET /v1/query-log`"),
            );
            let associated = vpcs.remove(entry.id).unwrap_or_default();
            value.insert_list("vpcs", associated.into_iter().map(|(vpc, _)| vpc).collect());
            self.put("resolver_query_log_configs", entry, value);
        }
        self.unknown_ones(vpcs, "this query log");
    }
}

/// A target of a FORWARD rule, as short as it can be.
fn target(of: &Value) -> Option<Value> {
    let ip = of.text("Ip").or(of.text("Ipv6"))?;
    let mut value = Map::new();
    value.insert("ip".into(), ip.into());
    let protocol = of.text("Protocol");
    let usual = if protocol == Some("DoH") { 443 } else { 53 };
    let port = of.number("Port").filter(|port| *port != usual);
    value.insert_some("port", port);
    value.insert_some("protocol", protocol);
    value.insert_some("server_name_indication", of.text("ServerNameIndication"));
    Some(if value.len() == 1 { ip.into() } else { value.into() })
}
