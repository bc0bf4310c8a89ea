//! What everybody sees: endpoint names, which are public and hold private addresses (R30), and the public DNS.

use std::collections::BTreeSet;

use super::{EndpointIndex, LatticeNames, PublicHost, PublicHosts, Zone};
use crate::{
    catalog::{self, Region},
    model::{AzIx, DnsName, EndpointIx, EndpointState, Model, NameMap},
    names::{VpceName, base_name, is_internal, recognise, recognise_first, vpce_zone},
};

/// The names that do not depend on who asks.
#[derive(Clone, Debug)]
pub struct Public {
    endpoints: EndpointIndex,
    /// By `ServiceIx`.
    bases: Vec<Base>,
    /// Zones of endpoint names, one a Region.
    vpce_zones: NameMap<()>,
    /// Names above these zones.
    above_vpce_zones: NameMap<()>,
    /// Names in those zones that exist without holding anything: services' base names and what is above them. R24
    empty_non_terminals: NameMap<()>,
    /// Names of resource and service-network endpoints, if there are any. R22
    lattice: Option<LatticeNames>,
    canned: Zone,
    /// Domains whose delegation leads nowhere. R137
    broken: NameMap<()>,
    upstream: bool,
    hosts: PublicHosts,
}

/// Who answers for a public name.
#[derive(Clone, Copy, Debug)]
pub enum PublicOwner<'a> {
    /// The zone of a Region's endpoint names, or of its names of VPC Lattice. R22
    Vpce {
        /// The zone's name, lower-case wire format: a suffix of the QNAME.
        apex: &'a [u8],
        /// What the QNAME is in it.
        owner: VpceOwner,
    },
    /// Nobody: the domain of some Region's private names of instances, of which the public DNS has none. R114
    Internal(&'a Zone),
    /// Nobody who answers: the delegation of this domain, a suffix of the QNAME, is broken. R137
    Broken(&'a [u8]),
    /// A recursive resolver that the topology names.
    Upstream,
    /// The canned answers, offline.
    Canned(&'a Zone),
}

/// What a QNAME is in the zone of endpoint names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpceOwner {
    /// A name of an endpoint.
    Endpoint(EndpointName),
    /// A name that exists without holding anything.
    EmptyNonTerminal,
    /// The zone's own name.
    Apex,
    /// No such name. R128
    NameError,
}

/// Which name of which endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointName {
    /// The endpoint.
    pub endpoint: EndpointIx,
    /// The zonal name of this AZ, else the Regional name.
    pub availability_zone: Option<AzIx>,
}

impl Public {
    /// Compiles the public names of a model.
    pub(super) fn compile(model: &Model) -> Self {
        let regions: Vec<Region> = Region::all().collect();
        let mut vpce_zones = NameMap::default();
        let mut above_vpce_zones = NameMap::default();
        for region in &regions {
            let zone = vpce_zone(*region);
            vpce_zones.insert(&zone, ());
            for above in zone.suffixes().skip(1) {
                above_vpce_zones.insert(&DnsName::from_suffix(above), ());
            }
        }
        let modelled: BTreeSet<Region> =
            model.vpcs.iter().map(|vpc| vpc.region).chain([model.region]).collect();
        let known = regions.iter().copied().filter(|region| modelled.contains(region));
        let catalogued = known.flat_map(catalog::services).map(|service| base_name(&service));
        let bases: Vec<Base> = model
            .services
            .iter()
            .map(|service| Base {
                // resources and service networks of VPC Lattice have no such names. R22
                name: if service.label.is_empty() { DnsName::root() } else { base_name(service) },
                zone_length: vpce_zone(service.region).wire().len(),
                regional_only: service.cross_region,
            })
            .collect();
        let mut empty_non_terminals = NameMap::default();
        let own = bases.iter().filter(|base| base.name != DnsName::root());
        for base in catalogued.chain(own.map(|base| base.name.clone())) {
            let mut name = Some(base);
            while let Some(here) = name.filter(|name| vpce_zones.get(name.wire()).is_none()) {
                name = here.parent();
                empty_non_terminals.insert(&here, ());
            }
        }
        let mut broken = NameMap::default();
        for name in &model.public_dns.broken_delegations {
            broken.insert(name, ());
        }
        Self {
            broken,
            endpoints: EndpointIndex::compile(model),
            bases,
            vpce_zones,
            above_vpce_zones,
            empty_non_terminals,
            lattice: LatticeNames::compile(model),
            canned: Zone::compile(&DnsName::root(), &model.public_dns.canned),
            upstream: !model.public_dns.upstream.is_empty(),
            hosts: PublicHosts::compile(&modelled),
        }
    }

    /// Whether a recursive resolver is asked for public names. R86
    #[must_use]
    pub fn has_upstream(&self) -> bool {
        self.upstream
    }

    /// The service's host name that a lower-case wire-format QNAME is, or lies below. R130
    #[must_use]
    pub fn host<'a>(&self, qname: &'a [u8]) -> Option<PublicHost<'a>> {
        self.hosts.find(qname)
    }

    /// Who answers for a lower-case wire-format QNAME that no private zone owns. R30, R86
    ///
    /// Endpoint names of every known Region, and private names of instances, are answered here and never leave the machine.
    #[must_use]
    pub fn owner<'a>(&'a self, model: &Model, qname: &'a [u8]) -> PublicOwner<'a> {
        if let Some((apex, ())) = self.vpce_zones.longest_suffix(qname) {
            return PublicOwner::Vpce { apex, owner: self.vpce_owner(model, qname, apex) };
        }
        if let Some(lattice) = &self.lattice
            && let Some((apex, owner)) = lattice.owner(qname)
        {
            return PublicOwner::Vpce { apex, owner };
        }
        if is_internal(qname) {
            return PublicOwner::Internal(&self.canned);
        }
        if let Some((domain, ())) = self.broken.longest_suffix(qname) {
            return PublicOwner::Broken(domain);
        }
        if self.upstream { PublicOwner::Upstream } else { PublicOwner::Canned(&self.canned) }
    }

    /// Whether a name is in a zone of endpoint names, which are answered here whoever else could be asked. R30
    #[must_use]
    pub fn has_endpoint_names(&self, qname: &[u8]) -> bool {
        self.vpce_zones.longest_suffix(qname).is_some()
    }

    fn vpce_owner(&self, model: &Model, qname: &[u8], apex: &[u8]) -> VpceOwner {
        if qname == apex {
            return VpceOwner::Apex;
        }
        match self.endpoint_name(model, qname) {
            Some(name) => VpceOwner::Endpoint(name),
            None if self.empty_non_terminals.get(qname).is_some() => VpceOwner::EmptyNonTerminal,
            None => VpceOwner::NameError,
        }
    }

    /// Whether a private zone of this name can own names of endpoints.
    pub(super) fn owns_endpoint_names(&self, zone: &DnsName) -> bool {
        self.above_vpce_zones.get(zone.wire()).is_some()
            || self.vpce_zones.longest_suffix(zone.wire()).is_some()
    }

    /// The zone and the endpoint of a QNAME that is a Regional or zonal name outright. R12, R13
    ///
    /// What [`Public::owner`] says of most names of endpoints, at once.
    #[inline(always)]
    pub(super) fn endpoint_outright<'a>(
        &self,
        model: &Model,
        qname: &'a [u8],
    ) -> Option<(&'a [u8], EndpointName)> {
        let name = recognise_first(qname)?;
        let found = self.endpoint(model, &name)?;
        let zone_length = self.bases.get(model[found.endpoint].service.index())?.zone_length;
        Some((name.base.get(name.base.len().checked_sub(zone_length)?..)?, found))
    }

    /// The endpoint whose name this is.
    fn endpoint_name(&self, model: &Model, qname: &[u8]) -> Option<EndpointName> {
        self.endpoint(model, &recognise(qname)?)
    }

    /// The id, the hash, the service and the AZ must all agree. R12, R13, R16
    #[inline(always)]
    fn endpoint(&self, model: &Model, name: &VpceName<'_>) -> Option<EndpointName> {
        let ix = self.endpoints.find(model, name.endpoint)?;
        let endpoint = &model[ix];
        let base = self.bases.get(endpoint.service.index())?;
        let right = endpoint.dns_name_hash.octets() == name.hash
            && endpoint.state == EndpointState::Available
            && base.name.wire() == name.base
            && (name.labels_below == 0 || model.service_of(ix).vpce_wildcard);
        if !right {
            return None;
        }
        let availability_zone = match name.availability_zone {
            None => None,
            // AWS's services have no zonal names in other Regions. R23
            Some(_) if base.regional_only => return None,
            Some(az) => Some(
                model
                    .interfaces_of(ix)
                    .map(|(eni, _)| model.az_of(eni))
                    .find(|ix| model[*ix].name.as_str().as_bytes() == az)?,
            ),
        };
        Some(EndpointName { endpoint: ix, availability_zone })
    }
}

/// What follows the endpoint's label in names of a service's endpoints.
#[derive(Clone, Debug)]
struct Base {
    name: DnsName,
    /// Octets at its end that are the zone's name.
    zone_length: usize,
    /// Whether there are no zonal names. R23
    regional_only: bool,
}
