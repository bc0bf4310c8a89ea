//! Which private DNS names are taken in which VPC. R52, R53

use std::collections::{HashMap, hash_map::Entry};

use crate::model::{DnsName, VpcIx};

/// Names of zones by VPC: hidden zones of private DNS and hosted zones share one namespace.
#[derive(Debug, Default)]
pub(in crate::config) struct PrivateNames {
    taken: HashMap<(VpcIx, DnsName), Claim>,
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
