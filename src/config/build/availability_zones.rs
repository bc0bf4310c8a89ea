//! The AZs that subnets are in, as the account sees them. R13

use std::collections::{BTreeSet, HashMap};

use super::Builder;
use crate::{
    config::{Entries, Finding, at::At, spec::VpcSpec},
    model::{AvailabilityZone, AvailabilityZoneId, AzInAccount},
};

impl Builder {
    /// AZs in use, by name, with their ids.
    pub(super) fn availability_zones(&mut self, ids: &Entries<String>, vpcs: &Entries<VpcSpec>) {
        let used = vpcs.iter().flat_map(|(_, vpc)| vpc.subnets.iter());
        let used = used
            .filter_map(|(_, subnet)| subnet.availability_zone.parse::<AvailabilityZone>().ok());
        let names: BTreeSet<AvailabilityZone> = used.collect();
        let root = At::ROOT.key("availability_zone_ids");
        let mut given = HashMap::new();
        let mut taken = HashMap::new();
        for (name, id) in ids.iter() {
            let path = root.key(name);
            if let Err(error) = name.parse::<AvailabilityZone>() {
                self.error(Finding::error(path, error).at_key());
            }
            if let Some(id) = self.parse::<AvailabilityZoneId>(&path, id) {
                if let Some(other) = taken.insert(id.clone(), name) {
                    let message = format!("`{id}` is the id of `{other}` already");
                    self.error(Finding::error(path, message).rule("R13"));
                }
                given.insert(name, id);
            }
        }
        self.model.availability_zones = names
            .into_iter()
            .map(|name| AzInAccount {
                id: given.get(name.as_str()).cloned().unwrap_or_else(|| name.default_id()),
                name,
            })
            .collect();
    }
}
