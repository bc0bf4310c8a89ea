//! Prefix lists: customers', and those of AWS's that something refers to. N24, N26

use std::collections::{HashMap, HashSet};

use ipnet::IpNet;

use super::{Builder, ix32, parse_region, quotas::count};
use crate::{
    catalog::{self, ManagedPrefixList, Region},
    config::{
        AwsError, Entries, Finding, Path,
        at::At,
        spec::{AddressFamilySpec, PrefixListEntriesSpec, PrefixListSpec},
    },
    model::{
        PrefixList, PrefixListId, PrefixListIx, Route, RouteDestination, RouteTarget,
        UnknownEntries, VpcIx,
    },
};

impl Builder {
    /// The lists of the file. N25
    pub(super) fn prefix_lists(&mut self, lists: Entries<PrefixListSpec>) {
        for (name, spec) in lists {
            let path = At::ROOT.entry("prefix_lists", &name);
            let PrefixListSpec { id, region, address_family, max_entries, entries } = spec;
            self.check_name(&path, &name);
            let managed = Region::all()
                .find(|region| name.contains(region.as_str()))
                .and_then(|region| managed(region, &name));
            let named = region_of(&name);
            let region = match (region, named) {
                (Some(region), _) => parse_region(&region, &path.key("region"), &mut self.findings),
                (None, Some(named)) => named,
                (None, None) => self.model.region,
            };
            let weight = catalog::prefix_list_weight(&name);
            if weight.is_none() && name.starts_with("com.amazonaws.") {
                let message = format!("`{name}` is no list of AWS's that plustwo knows");
                let help = "names that begin with `com.amazonaws.` are AWS's own";
                self.error(Finding::error(path, message).at_key().rule("N24").help(help));
            }
            let of_name = || id_of(region, &name, managed);
            let id = self.id_within(region.as_str(), &path, id.as_deref(), of_name);
            let (entries, is_known) = match entries {
                PrefixListEntriesSpec::Blocks(blocks) => (blocks, true),
                PrefixListEntriesSpec::Word(_) => (Vec::new(), false),
            };
            if let Some(most) = max_entries.filter(|most| entries.len() > *most) {
                let message = format!("{} entries: `max_entries` is {most}", entries.len());
                self.error(Finding::error(path.key("entries"), message).rule("N25"));
            }
            // the family of one of AWS's lists is in its name. N4
            let of_managed = managed.map(|managed| !managed.is_ipv6);
            let family = address_family.map(|family| family == AddressFamilySpec::Ipv4);
            let family = of_managed.or(family);
            let unknown = UnknownEntries {
                ipv4: !is_known && family != Some(false),
                ipv6: !is_known && family != Some(true),
                of_aws: weight.is_some(),
            };
            let mut blocks = self.prefix_list_entries(&path, family, &entries);
            // AWS wants `max_entries`; here they may be as many as there are
            let weight = weight.unwrap_or_else(|| count(max_entries.unwrap_or(blocks.len())));
            blocks.extend(managed.map(|managed| managed.stand_in));
            let list = PrefixList { id, name, region, weight, entries: blocks, unknown };
            self.keep_prefix_list(list);
        }
    }

    fn prefix_list_entries(
        &mut self,
        path: &At<'_>,
        mut is_ipv4: Option<bool>,
        entries: &[String],
    ) -> Vec<IpNet> {
        let mut blocks: Vec<IpNet> = Vec::with_capacity(entries.len());
        let mut seen = HashSet::with_capacity(entries.len());
        for (at, text) in entries.iter().enumerate() {
            let path = path.item("entries", at);
            let Some(block) = self.block::<IpNet>(&path, text) else { continue };
            let family = block.addr().is_ipv4();
            if *is_ipv4.get_or_insert(family) != family {
                let message = format!("`{text}` is of the other family: a list has one");
                self.error(Finding::error(path, message).rule("N24"));
            }
            if !seen.insert(block) {
                let message = format!("`{text}` is in the list already");
                self.error(Finding::error(path, message));
            }
            blocks.push(block);
        }
        blocks
    }

    fn keep_prefix_list(&mut self, list: PrefixList) -> Option<PrefixListIx> {
        let ix = u16::try_from(ix32(self.model.prefix_lists.len())).ok().map(PrefixListIx)?;
        for name in [list.name.clone(), list.id.to_string().into()] {
            self.names.prefix_lists.entry((list.region, name)).or_insert(ix);
        }
        self.model.prefix_lists.push(list);
        Some(ix)
    }

    /// Two prefix lists that hold one block and lead elsewhere: AWS takes either. N13
    pub(super) fn warn_of_equal_lists(&mut self, path: &Path, routes: &[Route]) {
        // of each block the first list that holds it, and the first of those that lead elsewhere
        let mut holders: HashMap<IpNet, Vec<(PrefixListIx, &RouteTarget)>> = HashMap::new();
        let mut found = Vec::new();
        for (at, Route { destination, target, .. }) in routes.iter().enumerate() {
            let RouteDestination::PrefixList(list) = *destination else { continue };
            let ours = &self.model[list];
            let mut told = HashSet::new();
            for block in &ours.entries {
                let known = holders.entry(*block).or_default();
                let elsewhere = known.iter().find(|(_, led)| *led != target);
                if let Some((other, _)) = elsewhere.filter(|(other, _)| told.insert(*other)) {
                    let theirs = &self.model[*other];
                    let lowest = if ours.id < theirs.id { ours } else { theirs };
                    let message = format!(
                        "`{block}` is in `{}` too, which leads elsewhere: AWS takes either, here `{}` counts",
                        theirs.name, lowest.name
                    );
                    found.push((at, message));
                }
                if known.len() < 2 && known.iter().all(|(_, led)| *led != target) {
                    known.push((list, target));
                }
            }
        }
        for (at, message) in found {
            let table = At::of(path);
            let path = table.item("routes", at);
            self.error(Finding::warning(path.key("destination"), message).rule("N13"));
        }
    }

    /// The list that an id or a name means in a Region. N24
    pub(super) fn find_prefix_list(&mut self, region: Region, found: &str) -> Option<PrefixListIx> {
        if let Some(known) = self.names.prefix_lists.get(&(region, found.into())) {
            return Some(*known);
        }
        let managed = managed(region, found)?;
        let name = managed.name();
        let list = PrefixList {
            id: id_of(region, &name, Some(managed)),
            weight: catalog::prefix_list_weight(&name).unwrap_or(1),
            name: name.into(),
            region,
            entries: managed.blocks.clone(),
            unknown: UnknownEntries::default(),
        };
        self.keep_prefix_list(list)
    }

    /// The list that something of a VPC refers to, or AWS's words that there is none.
    pub(super) fn prefix_list(
        &mut self,
        path: &At<'_>,
        vpc: VpcIx,
        found: &str,
    ) -> Option<PrefixListIx> {
        let region = self.model[vpc].region;
        let list = self.find_prefix_list(region, found);
        if list.is_none() {
            let error = AwsError::no_such_prefix_list(found);
            let lists = self.model.prefix_lists.iter().filter(|list| list.region == region);
            let own = lists.map(|list| list.name.to_string());
            let managed = catalog::prefix_lists(region).iter().map(ManagedPrefixList::name);
            let mut known: Vec<String> = own.chain(managed).collect();
            known.sort_unstable();
            known.dedup();
            self.refused_with(path, &error, format!("known in {region}: {}", known.join(", ")));
        }
        list
    }
}

/// The Region that the name of one of AWS's lists tells.
fn region_of(name: &str) -> Option<Region> {
    name.strip_prefix("com.amazonaws.")?.split('.').next()?.parse().ok()
}

/// The list of AWS's with this id or name. N24
fn managed(region: Region, found: &str) -> Option<&'static ManagedPrefixList> {
    catalog::prefix_lists(region).iter().find(|list| {
        let name = list.name();
        name == found || id_of(region, &name, Some(list)).to_string() == found
    })
}

fn id_of(region: Region, name: &str, managed: Option<&ManagedPrefixList>) -> PrefixListId {
    managed
        .and_then(|managed| managed.id?.parse().ok())
        .unwrap_or_else(|| PrefixListId::derive(&format!("{region}/{name}")))
}
