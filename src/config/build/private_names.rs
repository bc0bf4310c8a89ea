//! Which private DNS names are taken in which VPC. R52, R53

use std::collections::hash_map::Entry;

use super::Map;
use crate::model::{DnsName, VpcIx};

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
