//! Services that the catalogue lacks or knows otherwise: what an endpoint's `DnsEntries` show of them. R10, R14

use serde_json::{Map, Value, json};

use super::{Entry, InsertSome as _, Writer, with_id};
use crate::{
    catalog::{self, Region},
    import::{dump::Attributes as _, region_in},
};

/// What the first of an endpoint's own names shows. R10–R14
pub(super) struct DnsEntry<'a> {
    /// The eight characters behind the id.
    pub(super) hash: Option<&'a str>,
    /// The label of the service, and its Region.
    pub(super) label: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) hosted_zone_id: Option<&'a str>,
}

impl<'a> DnsEntry<'a> {
    /// Reads the entry `vpce-…-{hash}.{label}.{region}.vpce.{suffix}`; the one without an AZ is the shortest.
    pub(super) fn of(endpoint: &'a Value, id: &str) -> Option<Self> {
        let entries = endpoint.list("DnsEntries").iter();
        let (entry, rest) = entries
            .filter_map(|entry| {
                let name = entry.text("DnsName")?.trim_start_matches("*.");
                Some((entry, name.strip_prefix(id)?.strip_prefix('-')?))
            })
            .min_by_key(|(_, rest)| rest.len())?;
        let (hash, service) = rest.split_once('.')?;
        let is_hash = hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let place = service.split_once(".vpce.").map(|(place, _)| place);
        let place = place.and_then(|place| place.rsplit_once('.'));
        is_hash.then(|| Self {
            hash: Some(hash),
            label: place.map(|(label, _)| label),
            region: place.map(|(_, region)| region),
            hosted_zone_id: entry.text("HostedZoneId"),
        })
    }
}

/// The names among an endpoint's entries that are not its own: its private ones.
pub(super) fn private_names(endpoint: &Value) -> Vec<&str> {
    let entries = endpoint.list("DnsEntries").iter().filter_map(|entry| entry.text("DnsName"));
    let mut names: Vec<&str> = entries
        .filter(|name| !name.contains(".vpce.") && !name.contains("vpce-"))
        .map(|name| name.trim_end_matches('.'))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Writer<'_> {
    /// The account's own endpoint services. R62
    pub(super) fn endpoint_services(&mut self) {
        for entry in self.entries("vpc_endpoint_services").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let name = of.text("ServiceName").unwrap_or_default();
            let region = region_in(name).or(entry.item.region);
            value.insert_some("region", region);
            if of.flag("AcceptanceRequired") == Some(true) {
                value.insert("acceptance_required".into(), true.into());
            }
            if let Some(private) = of.text("PrivateDnsName") {
                value.insert(
                    "private_dns_name".into(),
                    private.trim_end_matches('.').to_lowercase().into(),
                );
                let txt = "PrivateDnsNameConfiguration";
                let state = of.text(&format!("{txt}.State"));
                value.insert_some(
                    "private_dns_name_verification_state",
                    state.filter(|state| *state != "verified"),
                );
                let (name, data) =
                    (of.text(&format!("{txt}.Name")), of.text(&format!("{txt}.Value")));
                if let (Some(name), Some(data)) = (name, data) {
                    let txt = json!({ "name": name, "value": data });
                    value.insert("private_dns_name_configuration".into(), txt);
                }
            }
            let mut azs: Vec<&str> = of.texts("AvailabilityZones").collect();
            azs.sort_unstable();
            value.insert_list("availability_zones", azs);
            let kinds = of.list("ServiceType").iter();
            let balanced = kinds
                .filter_map(|kind| kind.text("ServiceType").or(kind.as_str()))
                .any(|kind| kind == "GatewayLoadBalancer");
            value.insert_some("service_type", balanced.then_some("GatewayLoadBalancer"));
            let regions = of.list("SupportedRegions").iter();
            let regions: Vec<&str> = regions
                .filter_map(|of| of.text("Region").or(of.as_str()))
                .filter(|other| Some(*other) != region)
                .collect();
            value.insert_list("supported_regions", regions);
            self.put("vpc_endpoint_services", entry, value);
        }
    }

    /// How an endpoint's service is called in the topology; one that is not known is written as far as the endpoint shows it.
    pub(super) fn service(&mut self, entry: &Entry<'_>, region: &str) -> Option<String> {
        let of = &entry.item.value;
        let Some(name) = of.text("ServiceName") else {
            self.note_on(entry, "it says no service: left out");
            return None;
        };
        let region = of.text("ServiceRegion").unwrap_or(region);
        if let Some(id) = name.rsplit('.').next().filter(|id| id.starts_with("vpce-svc-")) {
            return Some(self.customers_service(entry, name, id, region));
        }
        let region: Option<Region> = region.parse().ok();
        let known = region.and_then(|region| catalog::find(name, region).ok());
        let is_gateway = of.text("VpcEndpointType") == Some("Gateway");
        let shown = DnsEntry::of(of, entry.id).and_then(|shown| shown.label);
        let Some(label) = shown else {
            return Some(name.to_owned());
        };
        if is_gateway || known.as_ref().is_some_and(|known| &*known.label == label) {
            return Some(name.to_owned());
        }
        let private: Vec<String> = match &known {
            Some(known) => {
                let names = known.private_names.iter();
                let spelt = names.map(|name| {
                    if name.wildcard { format!("*.{}", name.zone) } else { name.zone.to_string() }
                });
                spelt.collect()
            }
            None => private_names(of).into_iter().map(str::to_owned).collect(),
        };
        let services = self.beside.entry("services").or_default();
        if !services.contains_key(name) {
            let mut value = Map::new();
            value.insert("label".into(), label.into());
            value.insert("service_name".into(), name.into());
            value.insert("owner".into(), "amazon".into());
            value.insert_list("private_dns_names", private);
            services.insert(name.to_owned(), value.into());
            if known.is_none() {
                self.note_on(
                    entry,
                    format!("the catalogue lacks `{name}`: what its `DnsEntries` show is taken"),
                );
            }
        }
        Some(name.to_owned())
    }

    /// A service of somebody else's, which only its endpoints show.
    fn customers_service(
        &mut self,
        entry: &Entry<'_>,
        name: &str,
        id: &str,
        region: &str,
    ) -> String {
        if let Some((_, key)) = self.by_id.get(id) {
            return key.clone();
        }
        let of = &entry.item.value;
        let services = self.beside.entry("vpc_endpoint_services").or_default();
        if !services.contains_key(id) {
            let mut value = Map::new();
            value.insert("id".into(), id.into());
            value.insert("region".into(), region_in(name).unwrap_or(region).into());
            value.insert_some("private_dns_name", private_names(of).first().copied());
            let balanced = of.text("VpcEndpointType") == Some("GatewayLoadBalancer");
            value.insert_some("service_type", balanced.then_some("GatewayLoadBalancer"));
            let own = self.vpcs.get(&*entry.vpc).and_then(|vpc| vpc.fields.get("region"));
            let own = own.and_then(Value::as_str).unwrap_or(region);
            let other = region_in(name)
                .filter(|theirs| *theirs != own && of.text("ServiceRegion").is_some());
            value.insert_list("supported_regions", other.map(|_| own).into_iter().collect());
            services.insert(id.to_owned(), value.into());
            self.note_on(
                entry,
                format!(
                    "`{id}` is another account's: only what this endpoint shows of it is known"
                ),
            );
        }
        id.to_owned()
    }
}
