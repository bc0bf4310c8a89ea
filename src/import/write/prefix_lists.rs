//! Prefix lists: customers', and AWS's where a dump says more of them than the catalogue. N24, N25

use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use serde_json::Value;

use super::{Found, InsertSome as _, Writer, is_gone, with_id};
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

impl<'a> Writer<'a> {
    /// Names the lists that are written: customers', and those of AWS's that the catalogue has otherwise.
    pub(super) fn name_prefix_lists(&mut self) {
        let dump = self.dump;
        let held: HashSet<&str> =
            dump.all("Entries").iter().filter_map(|item| item.of.as_deref()).collect();
        let referred = referred(dump);
        let nowhere: Rc<str> = "".into();
        let mut found: Vec<Found<'a>> = Vec::new();
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
                None if has_entries => found.push((item, id, Some(service), Rc::clone(&nowhere))),
                None => {
                    let what = format!(
                        "the catalogue lacks `{OF_AWS}{service}`, and what it holds is in no file: left out"
                    );
                    self.note(item, id, what);
                }
            }
        }
        self.name("prefix_lists", found, &[]);
    }

    /// `region` is the topology's.
    pub(super) fn prefix_lists(&mut self, region: &'static str) {
        let mut listed = self.listed_entries();
        for entry in self.entries("prefix_lists").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let list = managed(of.text("PrefixListName"));
            // a list of AWS's says its Region by its name
            if list.is_none() {
                let found = of.text("PrefixListArn").and_then(region_in).or(entry.item.region);
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
            } else if blocks.is_empty() {
                let what = "no entry of it in any file, as `get-managed-prefix-list-entries` writes: it holds nothing";
                self.note_on(entry, what);
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
    let routes = dump.all("RouteTables").iter().flat_map(|item| item.value.list("Routes"));
    let routes = routes.filter_map(|route| route.text("DestinationPrefixListId"));
    let groups = dump.all("SecurityGroups").iter();
    let rules = groups.flat_map(|item| {
        let ingress = item.value.list("IpPermissions").iter();
        ingress.chain(item.value.list("IpPermissionsEgress"))
    });
    let rules = rules.flat_map(|rule| rule.list("PrefixListIds"));
    routes.chain(rules.filter_map(|list| list.text("PrefixListId"))).collect()
}
