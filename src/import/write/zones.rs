//! Private hosted zones, and health checks. N321

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::{Entry, InsertSome as _, Writer, is_gone, shown, with_id};
use crate::import::{
    Note,
    dump::{Attributes as _, Item, ZONE_VPCS, bare},
};

impl<'a> Writer<'a> {
    pub(super) fn hosted_zones(&mut self) {
        self.public_zones();
        let dump = self.dump;
        let mut vpcs: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for item in dump.all(ZONE_VPCS) {
            if let Some(zone) = item.value.text("HostedZone.Id") {
                vpcs.entry(bare(zone)).or_default().extend(item.value.list("VPCs"));
            }
        }
        let zones = self.entries("hosted_zones");
        let listed_by_vpc = self.zones_by_vpc();
        let mut records = self.records_by_zone(&zones);
        for entry in zones.iter() {
            let mut value = with_id(entry);
            let name = zone_name(entry.item);
            if name != entry.key {
                value.insert("name".into(), name.clone().into());
            }
            match vpcs.get(entry.id) {
                Some(listed) => {
                    let ids =
                        listed.iter().filter_map(|vpc| vpc.text("VPCId").or(vpc.text("VpcId")));
                    let vpcs = self.refer_all(entry, ids, "VPC");
                    value.insert_list("vpcs", vpcs);
                }
                None if listed_by_vpc.contains_key(entry.id) => {
                    let ids = listed_by_vpc.get(entry.id).into_iter().flatten().copied();
                    let vpcs = self.refer_all(entry, ids, "VPC");
                    value.insert_list("vpcs", vpcs);
                }
                None => {
                    self.note_on(
                        entry,
                        "no `get-hosted-zone` of it says which VPCs see it: none does",
                    );
                }
            }
            let of_zone = records.remove(entry.id).unwrap_or_default();
            if of_zone.is_empty() {
                self.note_on(entry, "no `list-resource-record-sets` of it: it has no records");
            }
            let mut written: Vec<Value> = Vec::new();
            for item in of_zone {
                written.extend(self.record(entry, &name, &item.value));
            }
            written.sort_by_cached_key(|record| {
                let text = |key: &str| record.text(key).unwrap_or_default().to_owned();
                (text("name"), text("type"), text("set_identifier"))
            });
            value.insert_list("records", written);
            self.put("hosted_zones", entry, value);
        }
        self.health_checks();
    }

    /// Zones that the public DNS has are not of a VPC.
    fn public_zones(&mut self) {
        for item in self.dump.all("HostedZones") {
            let Some(id) = item.value.text("Id") else { continue };
            if item.value.flag("Config.PrivateZone") == Some(false) && !is_gone(&item.value) {
                let what = format!("the public hosted zone `{}` is left out", zone_name(item));
                self.notes.push(Note::new(&item.file, Some(&shown(item, bare(id))), what));
            }
        }
    }

    /// Records by the zone's id: the file's name tells it, else the zone is the one they are in.
    fn records_by_zone<'z>(&mut self, zones: &'z [Entry<'a>]) -> BTreeMap<&'z str, Vec<&'a Item>> {
        let dump = self.dump;
        let mut by_name: HashMap<String, Vec<&str>> = HashMap::new();
        for entry in zones {
            by_name.entry(zone_name(entry.item)).or_default().push(entry.id);
        }
        let ids: BTreeSet<&str> = zones.iter().map(|entry| entry.id).collect();
        let public = dump
            .all("HostedZones")
            .iter()
            .filter(|item| item.value.flag("Config.PrivateZone") == Some(false));
        let public: HashSet<String> = public.map(zone_name).collect();
        // the zone of a file: of its apex's SOA
        let mut of_file: BTreeMap<&str, String> = BTreeMap::new();
        for item in dump.all("ResourceRecordSets") {
            if item.value.text("Type") == Some("SOA")
                && let Some(name) = item.value.text("Name")
            {
                of_file.insert(&item.file, plain_name(name));
            }
        }
        let mut found: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
        let mut unclear: BTreeMap<&str, &Item> = BTreeMap::new();
        let mut elsewhere: BTreeSet<(&str, &str)> = BTreeSet::new();
        for item in dump.all("ResourceRecordSets") {
            if let Some(id) = item.of.as_deref().and_then(|id| ids.get(id)) {
                found.entry(id).or_default().push(item);
                continue;
            }
            let named = item.of.as_deref().is_some_and(|id| dump.has("HostedZones", id));
            // a record of Terraform's says its zone: one of the same name is another
            if let Some(zone) = item.value.text("HostedZoneId").filter(|_| !named) {
                elsewhere.insert((&item.file, zone));
                continue;
            }
            let owner = plain_name(item.value.text("Name").unwrap_or_default());
            let apex = of_file.get(&*item.file).map_or(&*owner, String::as_str);
            let longest = suffixes(apex).find_map(|zone| by_name.get(zone));
            match longest.map(Vec::as_slice) {
                Some([id]) if !public.contains(apex) && !named => {
                    found.entry(id).or_default().push(item);
                }
                _ if named || suffixes(apex).any(|zone| public.contains(zone)) => {}
                _ => _ = unclear.insert(&item.file, item),
            }
        }
        for (file, zone) in elsewhere {
            let what = "records of this hosted zone, which is in no file: left out";
            self.notes.push(Note::new(file, Some(zone), what));
        }
        for (file, item) in unclear {
            let what = "which zone these records are of is not clear: put the zone's id into the file's name";
            let name = item.value.text("Name");
            self.notes.push(Note::new(file, name, what));
        }
        found
    }

    /// Health checks, as switches: those that are listed, and those that records go by. R72
    fn health_checks(&mut self) {
        for entry in self.entries("health_checks").iter() {
            self.note_on(
                entry,
                "what it checks is left out: it says `healthy` until it is told otherwise",
            );
            self.put("health_checks", entry, with_id(entry));
        }
        let dump = self.dump;
        for item in dump.all("ResourceRecordSets") {
            let Some(id) = item.value.text("HealthCheckId") else { continue };
            if self.by_id.contains_key(id) || self.has_health_check(id) {
                continue;
            }
            let what = "a health check that is in no file: it says `healthy`";
            self.notes.push(Note::new(&item.file, Some(id), what));
            let checks = self.beside.entry("health_checks").or_default();
            checks.insert(id.to_owned(), json!({ "id": id }));
        }
    }

    fn has_health_check(&self, id: &str) -> bool {
        self.beside.get("health_checks").is_some_and(|checks| checks.contains_key(id))
    }
}

/// A name and those that it is below, from the longest to the shortest.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest))
}

/// The name of a zone, without its final dot.
pub(super) fn zone_name(item: &Item) -> String {
    plain_name(item.value.text("Name").unwrap_or_default())
}

/// A name in lower case, without its final dot.
pub(super) fn plain_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// An empty mapping.
pub(super) fn nothing() -> Value {
    Value::Object(Map::new())
}
