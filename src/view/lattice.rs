//! The public names of resource and service-network endpoints: few, and so they are stored. R22

use super::{EndpointName, VpceOwner};
use crate::{
    model::{DnsName, EndpointIx, EndpointState, Model, NameMap},
    names::{association_entries, lattice_zone},
};

/// The names, and the zones that they are in.
#[derive(Clone, Debug)]
pub(super) struct LatticeNames {
    zones: NameMap<()>,
    /// Names that exist; those without an endpoint are empty non-terminals.
    names: NameMap<Option<EndpointIx>>,
}

impl LatticeNames {
    /// Nothing where no endpoint has such names.
    pub(super) fn compile(model: &Model) -> Option<Self> {
        if model.lattice_endpoints.is_empty() {
            return None;
        }
        let (mut zones, mut names) = (NameMap::default(), NameMap::default());
        for lattice in &model.lattice_endpoints {
            let endpoint = &model[lattice.endpoint];
            for entry in association_entries(model, lattice.endpoint) {
                let zone = lattice_zone(entry.association.kind, model[endpoint.vpc].region);
                zones.insert(&zone, ());
                let Ok(name) = entry.dns_entry.dns_name.parse::<DnsName>() else { continue };
                if endpoint.state != EndpointState::Available {
                    // R129
                    continue;
                }
                let above = name.suffixes().skip(1).take_while(|suffix| *suffix != zone.wire());
                for above in above {
                    names.entry_or(&DnsName::from_suffix(above), || None);
                }
                names.insert(&name, Some(lattice.endpoint));
            }
        }
        Some(Self { zones, names })
    }

    /// The zone of a lower-case wire-format QNAME, and what the QNAME is in it.
    pub(super) fn owner<'a>(&self, qname: &'a [u8]) -> Option<(&'a [u8], VpceOwner)> {
        let (apex, ()) = self.zones.longest_suffix(qname)?;
        if qname == apex {
            return Some((apex, VpceOwner::Apex));
        }
        let owner = match self.names.get(qname) {
            Some(Some(endpoint)) => {
                VpceOwner::Endpoint(EndpointName { endpoint: *endpoint, availability_zone: None })
            }
            Some(None) => VpceOwner::EmptyNonTerminal,
            None => VpceOwner::NameError,
        };
        Some((apex, owner))
    }
}
