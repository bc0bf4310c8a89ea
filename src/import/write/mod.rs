//! Resources in AWS's shape → a topology file's value, with names for ids.
//!
//! First everything gets its name, then each is written, so that what refers to another finds it. N323

mod buckets;
mod endpoints;
mod firewall;
mod flow_logs;
mod hidden_zones;
mod instances;
mod names;
mod prefix_lists;
mod profiles;
mod public_access;
mod records;
mod resolver;
mod routes;
mod security;
mod services;
mod vpc;
mod zones;

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
};

use serde_json::{Map, Value};

use super::{
    Note,
    dump::{Attributes as _, Dump, Item, bare},
};

/// What there is one of for each VPC, in the order of a topology file.
const IN_VPC: &[&str] = &[
    "subnets",
    "nat_gateways",
    "route_tables",
    "security_groups",
    "network_acls",
    "instances",
    "vpc_endpoints",
    "resolver_endpoints",
];

/// What stands beside the VPCs.
const BESIDE: &[&str] = &[
    "vpc_block_public_access_options",
    "vpc_block_public_access_exclusions",
    "vpc_peering_connections",
    "prefix_lists",
    "vpc_endpoint_services",
    "services",
    "resource_configurations",
    "service_networks",
    "hosted_zones",
    "health_checks",
    "resolver_rules",
    "resolver_query_log_configs",
    "firewall_domain_lists",
    "firewall_rule_groups",
    "route53_profiles",
    "flow_logs",
    "s3_buckets",
];

/// Where a part of the topology comes from: its file, and how it is called there.
pub(super) type Origin = (Arc<str>, String);

/// The targets of routes by their ids; by VPC, route table and destination.
pub(super) type Targets = BTreeMap<(String, String, String), String>;

/// A topology's value, and what led to it.
pub(super) struct Written {
    /// In the form of a topology file.
    pub(super) value: Value,
    /// By the path of a resource in the topology.
    pub(super) origins: BTreeMap<Vec<String>, Origin>,
    /// Where routes lead whose target may be refused.
    pub(super) targets: Targets,
    /// What was not carried over.
    pub(super) notes: Vec<Note>,
}

/// A resource that has a name in the topology.
struct Entry<'a> {
    item: &'a Item,
    id: &'a str,
    /// Its name.
    key: String,
    /// The name of its VPC; empty for what stands beside them.
    vpc: Rc<str>,
}

impl Entry<'_> {
    /// As messages name it.
    fn shown(&self) -> String {
        shown(self.item, self.id)
    }
}

fn shown(item: &Item, id: &str) -> String {
    match &item.label {
        Some(label) => format!("{label} ({id})"),
        None => id.to_owned(),
    }
}

/// A resource, its id, the name it wishes for, and its VPC.
type Found<'a> = (&'a Item, &'a str, Option<&'a str>, Rc<str>);

/// Entries of one VPC by section and name.
#[derive(Default)]
struct VpcParts {
    fields: Map<String, Value>,
    sections: BTreeMap<&'static str, BTreeMap<String, Value>>,
}

struct Writer<'a> {
    dump: &'a Dump,
    notes: Vec<Note>,
    origins: BTreeMap<Vec<String>, Origin>,
    targets: Targets,
    /// By section, in the order of their names.
    named: BTreeMap<&'static str, Rc<[Entry<'a>]>>,
    /// Id → name of the VPC, and own name.
    by_id: HashMap<&'a str, (Rc<str>, String)>,
    /// Network interfaces by id, and by the endpoint they are of.
    interfaces: instances::Interfaces<'a>,
    /// Route tables with a route to a gateway endpoint, by the endpoint's id.
    gateway_routes: BTreeMap<String, Vec<String>>,
    /// Hidden zones of private DNS that no endpoint has claimed yet.
    hidden_zones: hidden_zones::HiddenZones<'a>,
    vpcs: BTreeMap<String, VpcParts>,
    beside: BTreeMap<&'static str, BTreeMap<String, Value>>,
}

/// Writes everything.
pub(super) fn write(dump: &Dump, notes: Vec<Note>) -> Written {
    let mut writer = Writer {
        dump,
        notes,
        origins: BTreeMap::new(),
        targets: Targets::new(),
        named: BTreeMap::new(),
        by_id: HashMap::new(),
        interfaces: instances::Interfaces::of(dump),
        gateway_routes: BTreeMap::new(),
        hidden_zones: hidden_zones::HiddenZones::new(),
        vpcs: BTreeMap::new(),
        beside: BTreeMap::new(),
    };
    writer.names();
    let region = writer.vpcs();
    writer.gateways();
    writer.peering();
    writer.prefix_lists(region);
    writer.route_tables();
    writer.security_groups();
    writer.network_acls();
    writer.defaults();
    writer.instances();
    writer.endpoint_services();
    writer.find_hidden_zones();
    writer.endpoints(region);
    writer.block_public_access(region);
    writer.hosted_zones();
    writer.resolver_endpoints();
    writer.resolver_rules();
    writer.query_logs();
    writer.firewall();
    writer.profiles();
    writer.flow_logs();
    writer.s3_buckets(region);
    writer.other_interfaces();
    writer.other_hidden_zones();
    let (account, azs) = (writer.account(), writer.availability_zone_ids());
    writer.finish(region, account, azs)
}

impl<'a> Writer<'a> {
    fn note(&mut self, item: &Item, id: &str, message: impl Into<String>) {
        self.notes.push(Note::new(&item.file, Some(&shown(item, id)), message));
    }

    fn note_on(&mut self, entry: &Entry<'_>, message: impl Into<String>) {
        self.note(entry.item, entry.id, message);
    }

    /// The entries of a section.
    fn entries(&self, section: &'static str) -> Rc<[Entry<'a>]> {
        self.named.get(section).cloned().unwrap_or_else(|| Rc::new([]))
    }

    /// Gives names to resources. Those that are in no VPC we know of are left out.
    fn name(&mut self, section: &'static str, found: Vec<Found<'a>>, reserved: &[&str]) {
        let mut groups: BTreeMap<Rc<str>, Vec<Found<'a>>> = BTreeMap::new();
        for of in found {
            groups.entry(Rc::clone(&of.3)).or_default().push(of);
        }
        let mut named = Vec::new();
        for (vpc, group) in groups {
            let wishes: Vec<_> = group.iter().map(|(_, id, name, _)| (*id, *name)).collect();
            let keys = names::unique(&wishes, reserved);
            for ((item, id, ..), key) in group.into_iter().zip(keys) {
                self.by_id.insert(id, (Rc::clone(&vpc), key.clone()));
                named.push(Entry { item, id, key, vpc: Rc::clone(&vpc) });
            }
        }
        named.sort_by(|a, b| (&a.vpc, &a.key).cmp(&(&b.vpc, &b.key)));
        self.named.insert(section, named.into());
    }

    /// Adds entries that have their names already.
    fn add_named(&mut self, section: &'static str, entries: Vec<Entry<'a>>) {
        for entry in &entries {
            self.by_id.insert(entry.id, (Rc::clone(&entry.vpc), entry.key.clone()));
        }
        let named = self.named.remove(section).unwrap_or_else(|| Rc::new([]));
        let mut all: Vec<Entry<'a>> = entries;
        all.extend(named.iter().map(|Entry { item, id, key, vpc }| Entry {
            item,
            id,
            key: key.clone(),
            vpc: Rc::clone(vpc),
        }));
        all.sort_by(|a, b| (&a.vpc, &a.key).cmp(&(&b.vpc, &b.key)));
        self.named.insert(section, all.into());
    }

    /// The name of the VPC that a resource says it is in; a note where there is none.
    fn vpc_of(&mut self, item: &Item, id: &str, vpc: Option<&str>) -> Option<Rc<str>> {
        let Some(vpc) = vpc else {
            self.note(item, id, "it says no VPC it is in: left out");
            return None;
        };
        let known = self.by_id.get(vpc).map(|(_, key)| Rc::from(key.as_str()));
        if known.is_none() {
            self.note(item, id, format!("it is in `{vpc}`, which is in no file: left out"));
        }
        known
    }

    /// The name of something that an entry refers to, as it is written there: bare inside of a VPC, else behind the VPC's.
    fn refer(&mut self, from: &Entry<'_>, id: &str, what: &str) -> Option<String> {
        match self.by_id.get(id) {
            Some((vpc, key)) if vpc.is_empty() || *vpc == from.vpc => Some(key.clone()),
            Some((vpc, key)) => Some(format!("{vpc}/{key}")),
            None => {
                self.note_on(from, format!("its {what} `{id}` is in no file: left out"));
                None
            }
        }
    }

    /// The same for a list.
    fn refer_all<'i>(
        &mut self,
        from: &Entry<'_>,
        ids: impl Iterator<Item = &'i str>,
        what: &str,
    ) -> Vec<String> {
        let mut keys: Vec<String> = ids.filter_map(|id| self.refer(from, id, what)).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Puts a resource where it belongs.
    fn put(&mut self, section: &'static str, entry: &Entry<'_>, value: Map<String, Value>) {
        let origin = (Arc::clone(&entry.item.file), entry.shown());
        let key = entry.key.clone();
        if entry.vpc.is_empty() {
            self.origins.insert(vec![section.to_owned(), key.clone()], origin);
            self.beside.entry(section).or_default().insert(key, value.into());
        } else if let Some(vpc) = self.vpcs.get_mut(&*entry.vpc) {
            let path = ["vpcs", &entry.vpc, section, &key].map(str::to_owned);
            self.origins.insert(path.to_vec(), origin);
            vpc.sections.entry(section).or_default().insert(key, value.into());
        }
    }

    /// Sets an attribute of a VPC.
    fn set(&mut self, vpc: &str, key: &str, value: impl Into<Value>) {
        if let Some(vpc) = self.vpcs.get_mut(vpc) {
            vpc.fields.insert(key.to_owned(), value.into());
        }
    }

    /// The account that owns most VPCs.
    fn account(&mut self) -> Option<String> {
        let vpcs = self.entries("vpcs");
        let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
        for owner in vpcs.iter().filter_map(|vpc| vpc.item.value.text("OwnerId")) {
            *owners.entry(owner).or_default() += 1;
        }
        let (account, _) = owners.into_iter().max_by_key(|(_, count)| *count)?;
        let account = account.to_owned();
        for vpc in vpcs.iter() {
            let owner = vpc.item.value.text("OwnerId");
            if let Some(owner) = owner.filter(|owner| **owner != *account) {
                self.note_on(vpc, format!("it is account {owner}'s: taken as {account}'s"));
            }
        }
        Some(account)
    }

    fn finish(
        mut self,
        region: &str,
        account: Option<String>,
        azs: BTreeMap<String, String>,
    ) -> Written {
        let mut root = Map::new();
        root.insert("region".into(), region.into());
        root.insert_some("account_id", account);
        if !azs.is_empty() {
            let azs = azs.into_iter().map(|(name, id)| (name, id.into())).collect();
            root.insert("availability_zone_ids".into(), Value::Object(azs));
        }
        let mut vpcs = Map::new();
        for (key, mut parts) in std::mem::take(&mut self.vpcs) {
            for section in IN_VPC {
                if let Some(entries) = parts.sections.remove(section) {
                    parts.fields.insert((*section).into(), entries.into_iter().collect());
                }
            }
            vpcs.insert(key, parts.fields.into());
        }
        root.insert("vpcs".into(), vpcs.into());
        for section in BESIDE {
            if let Some(entries) = self.beside.remove(section) {
                root.insert((*section).into(), entries.into_iter().collect());
            }
        }
        let Self { origins, targets, notes, .. } = self;
        Written { value: root.into(), origins, targets, notes }
    }
}

/// What is inserted only where it is there.
trait InsertSome {
    fn insert_some(&mut self, key: &str, value: Option<impl Into<Value>>);
    fn insert_list(&mut self, key: &str, values: Vec<impl Into<Value>>);
}

impl InsertSome for Map<String, Value> {
    fn insert_some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(key.to_owned(), value.into());
        }
    }

    fn insert_list(&mut self, key: &str, values: Vec<impl Into<Value>>) {
        if !values.is_empty() {
            let values: Vec<Value> = values.into_iter().map(Into::into).collect();
            self.insert(key.to_owned(), values.into());
        }
    }
}

/// The state of a resource, in lower case. N322
fn state(value: &Value) -> String {
    let of = ["State.Name", "Status.Code", "State", "Status", "Lifecycle"];
    let found = of.into_iter().find_map(|path| value.text(path));
    found.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a resource only shows that it was there.
fn is_gone(value: &Value) -> bool {
    matches!(
        &*state(value),
        "deleted"
            | "deleting"
            | "terminated"
            | "shutting-down"
            | "delete-in-progress"
            | "delete-complete"
    )
}

/// A map with the id first.
fn with_id(entry: &Entry<'_>) -> Map<String, Value> {
    let mut value = Map::new();
    value.insert("id".into(), bare(entry.id).into());
    value
}
