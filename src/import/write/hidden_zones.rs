//! What `list-hosted-zones-by-vpc` tells: ids of hidden zones, and which VPCs see which zone. R45, N321

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::{Entry, Writer, services, zones::plain_name};
use crate::{
    catalog::{self, Region},
    import::{
        Note,
        dump::{Attributes as _, Item, bare},
        region_in,
    },
};

/// Zones of AWS's own by the id of their VPC and their name: the id, and where that is said.
pub(super) type HiddenZones<'a> = BTreeMap<(&'a str, String), (&'a str, &'a Item)>;

/// What stands in the place of an id before the zone is there. R19
const PENDING: &str = "ZONEIDPENDING";

impl<'a> Writer<'a> {
    /// The VPC that a list of zones is of: the file's name tells it, or there is one VPC.
    fn vpc_of_list(&self, item: &'a Item) -> Option<&'a str> {
        let only = match self.dump.all("Vpcs") {
            [vpc] => vpc.value.text("VpcId"),
            _ => None,
        };
        item.of.as_deref().filter(|of| of.starts_with("vpc-")).or(only)
    }

    /// The zones that a service of AWS's made in a VPC.
    pub(super) fn find_hidden_zones(&mut self) {
        let dump = self.dump;
        let mut unclear: HashSet<&str> = HashSet::new();
        for item in dump.all("HostedZoneSummaries") {
            let Some(vpc) = self.vpc_of_list(item) else {
                if unclear.insert(&item.file) {
                    let what =
                        "which VPC sees these zones is not clear: put its id into the file's name";
                    self.notes.push(Note::new(&item.file, None, what));
                }
                continue;
            };
            let of = &item.value;
            let is_hidden = of.text("Owner.OwningService").is_some();
            if let (true, Some(name), Some(id)) =
                (is_hidden, of.text("Name"), of.text("HostedZoneId"))
            {
                self.hidden_zones.insert((vpc, plain_name(name)), (bare(id), item));
            }
        }
    }

    /// The ids of an endpoint's hidden zones by private name: its `DnsEntries` show them, and so does the VPC's list.
    pub(super) fn hidden_zone_ids(&mut self, entry: &Entry<'a>) -> Map<String, Value> {
        let of = &entry.item.value;
        let mut ids: BTreeMap<String, &str> = BTreeMap::new();
        if of.flag("PrivateDnsEnabled") != Some(true) {
            return Map::new();
        }
        for shown in of.list("DnsEntries") {
            let (Some(name), Some(id)) = (shown.text("DnsName"), shown.text("HostedZoneId")) else {
                continue;
            };
            let is_own = name.contains(".vpce.") || name.contains("vpce-");
            if !is_own && id != PENDING {
                ids.insert(plain_name(name.trim_start_matches("*.")), bare(id));
            }
        }
        let names = if self.hidden_zones.is_empty() { Vec::new() } else { private_zones(of) };
        for name in names {
            let Some((id, _)) =
                of.text("VpcId").and_then(|vpc| self.hidden_zones.remove(&(vpc, name.clone())))
            else {
                continue;
            };
            match ids.get(&name) {
                Some(known) if *known != id => {
                    let what = format!(
                        "the hidden zone of `{name}` is `{id}` to its VPC: its `DnsEntries` count"
                    );
                    self.note_on(entry, what);
                }
                _ => _ = ids.insert(name, id),
            }
        }
        ids.into_iter().map(|(name, id)| (name, id.into())).collect()
    }

    /// Hidden zones that are of no endpoint.
    pub(super) fn other_hidden_zones(&mut self) {
        for ((vpc, name), (id, item)) in std::mem::take(&mut self.hidden_zones) {
            let service = item.value.text("Owner.OwningService").unwrap_or("AWS");
            let what = format!(
                "the hidden zone `{name}` of {service} in `{vpc}` is of no endpoint here: left out"
            );
            self.notes.push(Note::new(&item.file, Some(id), what));
        }
    }

    /// The VPCs that see each zone of an account's; a zone that is in no file is left out.
    pub(super) fn zones_by_vpc(&mut self) -> BTreeMap<&'a str, Vec<&'a str>> {
        let dump = self.dump;
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for item in dump.all("HostedZoneSummaries") {
            let of = &item.value;
            let (Some(vpc), Some(id), Some(account)) = (
                self.vpc_of_list(item),
                of.text("HostedZoneId").map(bare),
                of.text("Owner.OwningAccount"),
            ) else {
                continue;
            };
            found.entry(id).or_default().push(vpc);
            if !dump.has("HostedZones", id) {
                let name = plain_name(of.text("Name").unwrap_or_default());
                let what = format!(
                    "the hosted zone `{name}` of account {account}, which `{vpc}` sees, is in no file: left out"
                );
                self.notes.push(Note::new(&item.file, Some(id), what));
            }
        }
        found
    }
}

/// The private names of an endpoint: as it shows them, and as the catalogue has them.
fn private_zones(endpoint: &Value) -> Vec<String> {
    let shown = services::private_names(endpoint).into_iter();
    let mut names: Vec<String> =
        shown.map(|name| plain_name(name.trim_start_matches("*."))).collect();
    if let Some(service) = endpoint.text("ServiceName") {
        let region: Option<Region> = region_in(service).and_then(|region| region.parse().ok());
        let known = region.and_then(|region| catalog::find(service, region).ok());
        names.extend(known.iter().flat_map(|of| &of.private_names).map(|of| of.zone.to_string()));
    }
    names.sort();
    names.dedup();
    names
}
