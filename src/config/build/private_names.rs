//! Which private DNS names are taken in which VPC. R52, R53

use std::collections::hash_map::Entry;

use super::{Builder, Map};
use crate::{
    catalog::HostedZoneId,
    config::{Entries, Finding, at::At, nearest},
    model::{DnsName, ServiceIx, VpcIx},
};

/// Names of zones by VPC: hidden zones of private DNS and hosted zones share one namespace.
#[derive(Debug, Default)]
pub(in crate::config) struct PrivateNames {
    taken: Map<(VpcIx, DnsName), Claim>,
    /// Names that were read before: services have the same in every VPC.
    read: Map<Box<str>, Option<DnsName>>,
}

/// Who has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Claim {
    /// A private hosted zone.
    HostedZone,
    /// The private DNS of an endpoint.
    PrivateDns,
}

impl PrivateNames {
    /// A service's private name as a domain name.
    pub(in crate::config) fn read(&mut self, name: &str) -> Option<DnsName> {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let read = name.parse::<DnsName>().ok();
        self.read.insert(name.into(), read.clone());
        read
    }

    /// Takes a name, or says who has it.
    pub(in crate::config) fn claim(
        &mut self,
        vpc: VpcIx,
        name: DnsName,
        claim: Claim,
    ) -> Result<(), Claim> {
        match self.taken.entry((vpc, name)) {
            Entry::Occupied(other) => Err(*other.get()),
            Entry::Vacant(free) => {
                free.insert(claim);
                Ok(())
            }
        }
    }
}

impl Builder {
    /// The ids that an endpoint's hidden hosted zones are said to have, by private name. R19, R45
    pub(super) fn hidden_zone_ids(
        &mut self,
        path: &At<'_>,
        service: ServiceIx,
        given: &Entries<String>,
    ) -> Box<[(Box<str>, HostedZoneId)]> {
        let mut ids = Vec::with_capacity(given.len());
        for (name, id) in given.iter() {
            let path = path.entry("private_dns_hosted_zone_ids", name);
            let of = &self.model[service];
            let zones = || of.private_names.iter().map(|private| &*private.zone);
            if !zones().any(|zone| zone == name) {
                let message = format!("`{name}` is no private DNS name of `{}`", of.id);
                let near = nearest(name, zones());
                let finding = Finding::error(path, message).at_key().rule("R45");
                let finding = match near {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding,
                };
                self.error(finding);
            } else if let Some(id) = self.parse(&path, id) {
                ids.push((name.into(), id));
            }
        }
        ids.into()
    }
}
