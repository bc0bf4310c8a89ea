//! Prefix lists: customers', and AWS's where a dump says more of them than the catalogue. N24, N25

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use serde_json::{Map, Value};

use super::{Found, InsertSome as _, Writer, endpoints, is_gone, with_id};
use crate::{
    catalog::{self, ManagedPrefixList, Region},
    import::{
        Note,
        dump::{Attributes as _, Dump},
        region_in,
    },
};

/// What the names of AWS's own lists begin with.
const OF_AWS: &str = "com.amazonaws.";
/// What is said of a list whose blocks nobody knows.
const UNKNOWN: &str = "what this prefix list holds is in no file: traces say where it may decide";

impl<'a> Writer<'a> {
    /// Names the lists that are written: customers', and those of AWS's that the catalogue has otherwise.
    pub(super) fn name_prefix_lists(&mut self) {
        let dump = self.dump;
        let held: HashSet<&str> =
            dump.all("Entries").iter().filter_map(|item| item.of.as_deref()).collect();
        let referred = referred(dump);
        let nowhere: Rc<str> = "".into();
        let mut found: Vec<Found<'a>> = Vec::new();
        let mut counted: HashSet<&str> = HashSet::new();
        for item in dump.all("PrefixLists") {
            let Some(id) = item.value.text("PrefixListId") else { continue };
            if is_gone(&item.value) {
                continue;
            }
            let name = item.value.text("PrefixListName");
            let of_aws = name.and_then(|name| name.strip_prefix(OF_AWS));
            let wish = item.value.tag("Name").or(name);
            let Some(service) = of_aws else {
                found.push((item, id, wish.or(item.label.as_deref()), Rc::clone(&nowhere)));
                continue;
            };
            let has_entries = held.contains(id) || own_entries(&item.value).next().is_some();
            match managed(name) {
                // what the catalogue has is had without being written
                Some(list) if !has_entries && (list.id == Some(id) || !referred.contains(id)) => {}
                Some(_) => found.push((item, id, name, Rc::clone(&nowhere))),
                None if !referred.contains(id) => {}
                None => {
                    // by its whole name it counts for what AWS counts it; of another Region there is one of that name already
                    let whole = name.filter(|name| catalog::prefix_list_weight(name).is_some());
                    let whole = whole.filter(|name| counted.insert(name));
                    found.push((item, id, whole.or(Some(service)), Rc::clone(&nowhere)));
                }
            }
        }
        self.name("prefix_lists", found, &[]);
    }

    /// `region` is the topology's.
    pub(super) fn prefix_lists(&mut self, region: &'static str) {
        let mut listed = self.listed_entries();
        let mut named: HashMap<&str, String> = HashMap::new();
        for (id, region, _) in self.named_lists(region) {
            named.entry(id).or_insert(region);
        }
        for entry in self.entries("prefix_lists").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let list = managed(of.text("PrefixListName"));
            // a list of AWS's says its Region by its name
            if list.is_none() {
                let found = of.text("PrefixListArn").and_then(region_in).or(entry.item.region);
                // else it is in the Region where it is named
                let found = found.or(named.get(entry.id).map(|region| &**region));
                value.insert_some("region", found.filter(|found| *found != region));
                let family = of.text("AddressFamily");
                value.insert_some("address_family", family);
                value.insert_some("max_entries", of.number("MaxEntries").filter(|most| *most > 0));
            }
            let more = listed.remove(entry.id).unwrap_or_default();
            let mut blocks: Vec<String> = own_entries(of).chain(more).map(str::to_owned).collect();
            if blocks.is_empty()
                && let Some(list) = list
            {
                let what =
                    "of this list the id alone is in the files: it holds what the catalogue says";
                self.note_on(entry, what);
                let known = list.blocks.iter().filter(|block| **block != list.stand_in);
                blocks.extend(known.map(ToString::to_string));
            } else if blocks.is_empty() && !self.is_empty_list(entry.id, of) {
                self.note_on(entry, UNKNOWN);
                value.insert("entries".into(), "unknown".into());
            }
            blocks.sort();
            blocks.dedup();
            value.insert_list("entries", blocks);
            self.put("prefix_lists", entry, value);
        }
        for (id, _) in listed {
            let item = self.dump.all("Entries").iter().find(|item| item.of.as_deref() == Some(id));
            if let Some(item) = item.filter(|_| !self.dump.has("PrefixLists", id)) {
                let what = "entries of a prefix list that is in no file: left out";
                self.notes.push(Note::new(&item.file, Some(id), what));
            }
        }
        self.unknown_prefix_lists(region);
    }

    /// Whether a file says that a list holds nothing.
    fn is_empty_list(&self, id: &str, list: &Value) -> bool {
        let says = |key: &str| list.attribute(key).is_some();
        says("Entries") || says("Cidrs") || self.dump.empty_lists.contains(id)
    }

    /// The lists that routes and rules name: in which Region, and in which file. `default` is the topology's Region.
    fn named_lists(&self, default: &str) -> Vec<(&'a str, String, Arc<str>)> {
        let gateways = endpoints::gateways(self.dump);
        let mut found = Vec::new();
        for section in ["route_tables", "security_groups"] {
            for entry in self.entries(section).iter() {
                let vpc = self.vpcs.get(&*entry.vpc);
                let region = vpc.and_then(|vpc| vpc.fields.get("region")).and_then(Value::as_str);
                let region = region.unwrap_or(default);
                let named = named_by(&entry.item.value, &gateways)
                    .map(|id| (id, region.to_owned(), Arc::clone(&entry.item.file)));
                found.extend(named);
            }
        }
        found
    }

    /// Lists that routes and rules name, and that neither a file nor the catalogue has. Without them a wider route would count, and nobody
    /// would say so. N24
    ///
    /// AWS uses an id in several Regions, so such a list is that of the Region where it is named.
    fn unknown_prefix_lists(&mut self, default: &'static str) {
        let mut missing: BTreeMap<(String, &str), Arc<str>> = BTreeMap::new();
        for (id, region, file) in self.named_lists(default) {
            let parsed: Option<Region> = region.parse().ok();
            let mut managed = parsed.into_iter().flat_map(catalog::prefix_lists);
            if !self.by_id.contains_key(id) && !managed.any(|list| list.id == Some(id)) {
                missing.entry((region, id)).or_insert(file);
            }
        }
        for ((region, id), file) in missing {
            self.notes.push(Note::new(&file, Some(id), UNKNOWN));
            let of_region = region != default;
            let key = if of_region { format!("{id}-{region}") } else { id.to_owned() };
            let mut value = Map::new();
            value.insert("id".into(), id.into());
            value.insert_some("region", of_region.then_some(region));
            value.insert("entries".into(), "unknown".into());
            let path = vec!["prefix_lists".to_owned(), key.clone()];
            self.origins.insert(path, (file, id.to_owned()));
            self.beside.entry("prefix_lists").or_default().insert(key, value.into());
        }
    }

    /// Entries that stand by themselves, by the id of their list: the file's name tells it, or there is one list.
    fn listed_entries(&mut self) -> BTreeMap<&'a str, Vec<&'a str>> {
        let dump = self.dump;
        let own = dump.all("PrefixLists").iter().filter(|item| {
            let name = item.value.text("PrefixListName").unwrap_or_default();
            !name.starts_with(OF_AWS) && !is_gone(&item.value)
        });
        let own: Vec<&str> = own.filter_map(|item| item.value.text("PrefixListId")).collect();
        let only = match own.as_slice() {
            [id] => Some(*id),
            _ => None,
        };
        let mut listed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut unclear: HashSet<&str> = HashSet::new();
        for item in dump.all("Entries") {
            let Some(block) = item.value.text("Cidr") else {
                self.notes.push(Note::new(&item.file, None, "an entry without a `Cidr`"));
                continue;
            };
            let of = item.of.as_deref().filter(|id| id.starts_with("pl-"));
            if let Some(id) = of.or(only) {
                listed.entry(id).or_default().push(block);
            } else if unclear.insert(&item.file) {
                let what = "entries of a prefix list: put the list's id into the file's name";
                self.notes.push(Note::new(&item.file, None, what));
            }
        }
        listed
    }

    /// How a destination is called in the topology: a list by its name where it has one.
    pub(super) fn prefix_list<'s>(&'s self, destination: &'s str) -> &'s str {
        if !destination.starts_with("pl-") {
            return destination;
        }
        self.by_id.get(destination).map_or(destination, |(_, key)| key)
    }
}

/// The blocks that a list says itself.
fn own_entries(list: &Value) -> impl Iterator<Item = &str> {
    let entries = list.list("Entries").iter().filter_map(|entry| entry.text("Cidr"));
    entries.chain(list.texts("Cidrs"))
}

/// The list of the catalogue that has a name.
fn managed(name: Option<&str>) -> Option<&'static ManagedPrefixList> {
    let name = name?;
    let region: Region = region_in(name)?.parse().ok()?;
    catalog::prefix_lists(region).iter().find(|list| list.name() == name)
}

/// The lists that routes and rules name.
fn referred(dump: &Dump) -> HashSet<&str> {
    let gateways = HashSet::new();
    let named = ["RouteTables", "SecurityGroups"].into_iter().flat_map(|list| dump.all(list));
    named.flat_map(|item| named_by(&item.value, &gateways)).collect()
}

/// The lists that the routes of a table, or the rules of a security group, name; those of routes to some gateway endpoints apart.
fn named_by<'v>(
    value: &'v Value,
    gateways: &HashSet<&str>,
) -> impl Iterator<Item = &'v str> + use<'v> {
    let of_endpoint = |route: &&Value| {
        let to = route.text("VpcEndpointId").or(route.text("GatewayId"));
        to.is_some_and(|to| gateways.contains(to))
    };
    let routes: Vec<&Value> =
        value.list("Routes").iter().filter(|route| !of_endpoint(route)).collect();
    let routes = routes.into_iter().filter_map(|route| route.text("DestinationPrefixListId"));
    let ingress = value.list("IpPermissions").iter();
    let rules = ingress.chain(value.list("IpPermissionsEgress"));
    let rules = rules.flat_map(|rule| rule.list("PrefixListIds"));
    routes.chain(rules.filter_map(|list| list.text("PrefixListId")))
}
