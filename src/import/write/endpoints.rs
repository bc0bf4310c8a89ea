//! VPC endpoints: with the hash that their DNS names show, and the addresses of their network interfaces. N320, N323

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Entry, InsertSome as _, Writer, instances::ipv6_address, services, state, with_id};
use crate::import::dump::{Attributes as _, Dump, Item};

/// The states that a topology file has, in lower case, and how it spells them. N79
const STATES: &[(&str, &str)] = &[
    ("pendingacceptance", "pendingAcceptance"),
    ("pending-acceptance", "pendingAcceptance"),
    ("pending", "pending"),
    ("deleting", "deleting"),
    ("rejected", "rejected"),
    ("failed", "failed"),
    ("expired", "expired"),
];

/// The types that a topology file has, but for the default.
const TYPES: [&str; 4] = ["Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork"];

impl<'a> Writer<'a> {
    /// `region` is the topology's.
    pub(super) fn endpoints(&mut self, region: &'static str) {
        for entry in self.entries("vpc_endpoints").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let kind = kind_of(of);
            let kind = TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(kind));
            match kind {
                Some("Resource") => self.lattice(entry, &mut value, "Resource"),
                Some("ServiceNetwork") => self.lattice(entry, &mut value, "ServiceNetwork"),
                _ => {
                    let of_vpc =
                        self.vpcs.get(&*entry.vpc).and_then(|vpc| vpc.fields.get("region"));
                    let own = of_vpc.and_then(Value::as_str).unwrap_or(region).to_owned();
                    let Some(name) = self.service(entry, &own) else { continue };
                    value.insert("service_name".into(), name.into());
                    let other = of.text("ServiceRegion").filter(|other| *other != own);
                    value.insert_some("service_region", other);
                    value.insert_some("vpc_endpoint_type", kind);
                }
            }
            if kind == Some("Gateway") {
                let listed: Vec<&str> = of.texts("RouteTableIds").collect();
                // N323: the routes say it too
                let routed = self.gateway_routes.remove(entry.id).unwrap_or_default();
                for table in routed.iter().filter(|table| !listed.contains(&&***table)) {
                    let what =
                        format!("`{table}` has a route to it, which its `RouteTableIds` lack");
                    self.note_on(entry, what);
                }
                let ids = listed.into_iter().chain(routed.iter().map(String::as_str));
                let tables = self.refer_all(entry, ids, "route table");
                value.insert_list("route_tables", tables);
                let families = of.text("IpAddressType").map(str::to_ascii_lowercase);
                value.insert_some("ip_address_type", families.filter(|found| found != "ipv4"));
            } else {
                self.interface_endpoint(entry, &mut value);
            }
            self.state_and_policy(entry, &mut value, kind);
            self.put("vpc_endpoints", entry, value);
        }
    }

    fn interface_endpoint(&mut self, entry: &Entry<'a>, value: &mut Map<String, Value>) {
        let of = &entry.item.value;
        let subnets = self.subnets_of(entry);
        value.insert_some("subnets", subnets);
        let ids: Vec<&str> = of.texts("NetworkInterfaceIds").collect();
        let interfaces = self.interfaces.of_endpoint(&ids, entry.id);
        let interfaces: Vec<&Value> = interfaces.into_iter().map(|item| &item.value).collect();
        self.security_groups_of(entry, value, "Groups", &interfaces);
        if of.flag("PrivateDnsEnabled") == Some(true) {
            value.insert("private_dns_enabled".into(), true.into());
        }
        let option = |key: &str| format!("DnsOptions.{key}");
        let inbound = "PrivateDnsOnlyForInboundResolverEndpoint";
        let only = of.flag(&option(inbound)).filter(|_| of.flag("PrivateDnsEnabled") == Some(true));
        // on is what S3 has by default, and nothing else can have
        let s3 = of.text("ServiceName").is_some_and(|name| name.rsplit('.').next() == Some("s3"));
        let key = "private_dns_only_for_inbound_resolver_endpoint";
        value.insert_some(key, only.filter(|only| s3 && !only));
        let lower = |path: &str| of.text(path).map(str::to_ascii_lowercase);
        let addresses = lower("IpAddressType").filter(|found| found != "ipv4");
        let records = lower(&option("DnsRecordIpType"));
        let default = addresses.as_deref().unwrap_or("ipv4");
        value.insert_some("dns_record_ip_type", records.filter(|found| found != default));
        value.insert_some("ip_address_type", addresses.clone());
        value.insert_some("private_dns_preference", of.text(&option("PrivateDnsPreference")));
        let domains: Vec<&str> = of.texts(&option("PrivateDnsSpecifiedDomains")).collect();
        value.insert_list("private_dns_specified_domains", domains);
        let shown = services::DnsEntry::of(of, entry.id);
        match shown {
            Some(shown) => value.insert_some("dns_name_hash", shown.hash),
            None if of.list("DnsEntries").is_empty() => {}
            None => {
                self.note_on(
                    entry,
                    "its `DnsEntries` are not in AWS's form: its names are made up",
                );
            }
        }
        self.check_zone_id(entry);
        let ids = self.hidden_zone_ids(entry);
        if !ids.is_empty() {
            value.insert("private_dns_hosted_zone_ids".into(), ids.into());
        }
    }

    /// The hosted zone id of an endpoint's own names is the Region's; it is not in the file.
    fn check_zone_id(&mut self, entry: &Entry<'_>) {
        let Some(shown) = services::DnsEntry::of(&entry.item.value, entry.id) else { return };
        let (Some(found), Some(region)) = (shown.hosted_zone_id, shown.region) else { return };
        let Ok(region) = region.parse::<crate::catalog::Region>() else { return };
        if region.vpce_hosted_zone_id_is_known()
            && region.vpce_hosted_zone_id().to_string() != found
        {
            let known = region.vpce_hosted_zone_id();
            self.note_on(
                entry,
                format!("the hosted zone id `{found}` is left out: {region} has `{known}`"),
            );
        }
    }

    /// Its subnets, with their addresses where those are known.
    fn subnets_of(&mut self, entry: &Entry<'a>) -> Option<Value> {
        let of = &entry.item.value;
        let ids: Vec<&str> = of.texts("NetworkInterfaceIds").collect();
        let interfaces = self.interfaces.of_endpoint(&ids, entry.id);
        self.interfaces.take(&interfaces);
        let mut subnets: Vec<&str> = of.texts("SubnetIds").collect();
        subnets.extend(interfaces.iter().filter_map(|item| item.value.text("SubnetId")));
        subnets.sort_unstable();
        subnets.dedup();
        let mut named: Vec<(String, Value)> = Vec::new();
        for subnet in subnets {
            let Some(name) = self.refer(entry, subnet, "subnet") else { continue };
            let interface =
                interfaces.iter().find(|item| item.value.text("SubnetId") == Some(subnet));
            named.push((name, self.addresses(entry, subnet, interface.copied())));
        }
        if named.is_empty() {
            return None;
        }
        named.sort_by(|a, b| a.0.cmp(&b.0));
        if named.iter().all(|(_, addresses)| addresses.is_null()) {
            return Some(named.into_iter().map(|(name, _)| name).collect());
        }
        Some(Value::Object(named.into_iter().collect()))
    }

    /// The addresses of an interface; null where they are not known.
    fn addresses(&mut self, entry: &Entry<'_>, subnet: &str, interface: Option<&Item>) -> Value {
        let configured = || {
            let listed = entry.item.value.list("SubnetConfigurations").iter();
            listed.into_iter().find(|of| of.text("SubnetId") == Some(subnet))
        };
        let (v4, v6) = match (interface, configured()) {
            (Some(item), _) => (item.value.text("PrivateIpAddress"), ipv6_address(&item.value)),
            (None, Some(of)) => (of.text("Ipv4"), of.text("Ipv6")),
            (None, None) => (None, None),
        };
        let mut fitting = [v4, v6].map(|address| {
            let address = address?;
            if self.interfaces.fits(subnet, address) {
                return Some(address);
            }
            self.note_on(
                entry,
                format!("its address {address} is not in `{subnet}`: another is made up"),
            );
            None
        });
        if v4.is_none() && v6.is_none() {
            self.note_on(entry, format!("its address in `{subnet}` is in no file: one is made up"));
        }
        let kind = entry.item.value.text("IpAddressType").unwrap_or("ipv4").to_ascii_lowercase();
        if kind == "ipv4" {
            fitting[1] = None;
        } else if kind == "ipv6" {
            fitting[0] = None;
        }
        match fitting {
            [Some(v4), Some(v6)] => json!({ "ipv4": v4, "ipv6": v6 }),
            [Some(one), None] | [None, Some(one)] => one.into(),
            [None, None] => Value::Null,
        }
    }

    fn state_and_policy(
        &mut self,
        entry: &Entry<'_>,
        value: &mut Map<String, Value>,
        kind: Option<&str>,
    ) {
        let of = &entry.item.value;
        let found = state(of);
        let known = STATES.iter().find(|(theirs, _)| *theirs == found).map(|(_, ours)| *ours);
        if known.is_none() && !matches!(&*found, "" | "available") {
            self.note_on(entry, format!("its state `{found}` is taken as `available`"));
        }
        value.insert_some("state", known);
        let Some(text) = of.text("PolicyDocument") else { return };
        match serde_json::from_str::<Value>(text) {
            Ok(policy) if is_full_access(&policy) => {}
            Ok(policy) if policy.is_object() && kind != Some("Resource") => {
                value.insert("policy".into(), policy);
            }
            _ => self.note_on(entry, "its policy is no JSON object: left out"),
        }
    }

    /// What a resource or service-network endpoint is for; only its id is known. R22
    fn lattice(&mut self, entry: &Entry<'_>, value: &mut Map<String, Value>, kind: &'static str) {
        let (arn, key, section) = if kind == "Resource" {
            ("ResourceConfigurationArn", "resource_configuration", "resource_configurations")
        } else {
            ("ServiceNetworkArn", "service_network", "service_networks")
        };
        value.insert("vpc_endpoint_type".into(), kind.into());
        let Some(id) = entry.item.value.text(arn).and_then(|arn| arn.rsplit('/').next()) else {
            return self.note_on(entry, format!("it has no `{arn}`"));
        };
        value.insert(key.into(), id.into());
        let known = self.beside.entry(section).or_default();
        if known.insert(id.to_owned(), json!({ "id": id })).is_none() {
            self.note_on(entry, format!("of `{id}` only the id is known: it has no names"));
        }
    }
}

/// Whether an endpoint is a gateway endpoint. N80
pub(super) fn is_gateway(endpoint: &Value) -> bool {
    kind_of(endpoint).eq_ignore_ascii_case("Gateway")
}

/// The ids of all gateway endpoints.
pub(super) fn gateways(dump: &Dump) -> HashSet<&str> {
    let endpoints = dump.all("VpcEndpoints").iter().filter(|item| is_gateway(&item.value));
    endpoints.filter_map(|item| item.value.text("VpcEndpointId")).collect()
}

/// The type of an endpoint. One that says none and has route tables is of the time when all were gateway endpoints. N80
fn kind_of(endpoint: &Value) -> &str {
    let tables = endpoint.texts("RouteTableIds").next();
    let default = if tables.is_some() { "Gateway" } else { "Interface" };
    endpoint.text("VpcEndpointType").unwrap_or(default)
}

/// Whether a policy is the one that endpoints get which are given none. N251
fn is_full_access(policy: &Value) -> bool {
    let statements = policy.list("Statement");
    let [statement] = statements else { return false };
    let any = |key: &str| statement.text(key) == Some("*");
    statement.text("Effect") == Some("Allow")
        && any("Principal")
        && any("Action")
        && any("Resource")
        && statement.as_object().is_some_and(|keys| {
            keys.keys()
                .all(|key| ["Effect", "Principal", "Action", "Resource", "Sid"].contains(&&**key))
        })
}
