//! What each source sees of the namespace: which zone owns a QNAME, in AWS's order. Compiled once per model.
//!
//! ```text
//!  QNAME ─► a private zone of the VPC, longest suffix? ──yes──► hosted zone, or hidden zone of an endpoint
//!               │ no                                             (it answers alone: no fall-through, R66)
//!               ▼
//!           the public names ──► endpoint names (R30) ──► an upstream, or canned answers (R86)
//! ```
//! Rules R6, R30, R45, R63–R67. **Invariant:** health is not in here; a fault compiles nothing.

mod askers;
mod endpoint_index;
mod firewall;
mod instances;
mod lattice;
mod private;
mod public;
mod public_hosts;
mod rrset;
mod zone;

use hickory_proto::rr::RecordType;

pub use askers::Askers;
use endpoint_index::EndpointIndex;
use firewall::DomainList;
pub use firewall::{Firewall, Response, Verdict};
pub use instances::{Autodefined, InstanceNames, NAME_SERVER, RegionNames, RegionNumber};
use lattice::LatticeNames;
use private::has_hidden_zones;
pub use private::{HiddenZone, PrivateZone, Source, View};
pub use public::{EndpointName, Public, PublicOwner, VpceOwner};
pub use public_hosts::PublicHost;
use public_hosts::PublicHosts;
pub use rrset::CompiledRrset;
pub use zone::{CompiledSoa, Found, Node, Zone, aws_soa, negative_soa};

use zone::{PRIVATE_MNAME, VPCE_MNAME, aws_ns};

use crate::{
    catalog::Owner,
    model::{
        DnsName, ENDPOINT_TTL, EndpointIx, FirewallRuleIx, Model, QuickMap, ResolverRuleIx,
        Vantage, VpcIx,
    },
    names::EndpointNames,
};

/// Everything that names mean to anybody, for one model.
#[derive(Clone, Debug)]
pub struct Views {
    /// One a VPC, by `VpcIx`.
    vpcs: Vec<View>,
    /// Compiled hosted zones, by their place in `Model::hosted_zones`.
    zones: Vec<Zone>,
    /// What everybody sees who has no private zone for a name.
    pub public: Public,
    /// Who is who among the askers.
    pub askers: Askers,
    /// Names of instances. R111
    pub instances: InstanceNames,
    /// Of DNS Firewall, by their places in `Model::firewall_domain_lists`.
    domain_lists: Vec<DomainList>,
    /// What the zones that AWS itself makes have in common.
    pub aws: AwsRecords,
    /// By endpoint of a third-party service: the CNAME that its hidden zone holds. R47
    cnames: QuickMap<EndpointIx, CompiledRrset>,
}

/// Records of the zones that AWS makes; their owners are the zones' names.
#[derive(Clone, Debug)]
pub struct AwsRecords {
    /// The SOA of hidden zones and of the public zones of services. R69
    pub soa: CompiledSoa,
    /// The SOA of the public zones of endpoint names. R44
    pub vpce_soa: CompiledSoa,
    /// Their NS RRset. R68
    pub ns: CompiledRrset,
}

impl Views {
    /// Compiles every view of a model.
    #[must_use]
    pub fn compile(model: &Model) -> Self {
        let public = Public::compile(model);
        Self {
            vpcs: View::compile_all(model, &public),
            zones: model
                .hosted_zones
                .iter()
                .map(|zone| Zone::compile(&zone.name, &zone.rrsets))
                .collect(),
            public,
            askers: Askers::compile(model),
            instances: InstanceNames::compile(model),
            domain_lists: DomainList::compile_all(model),
            aws: AwsRecords {
                soa: CompiledSoa::new(&aws_soa(&DnsName::root(), PRIVATE_MNAME)),
                vpce_soa: CompiledSoa::new(&aws_soa(&DnsName::root(), VPCE_MNAME)),
                ns: aws_ns(),
            },
            cnames: third_party_cnames(model),
        }
    }

    /// The CNAME that the hidden zone of a third-party service's endpoint holds in place of addresses. R47
    #[must_use]
    pub fn cname_of(&self, endpoint: EndpointIx) -> Option<&CompiledRrset> {
        self.cnames.get(&endpoint)
    }

    /// What the first rule of a firewall says that matches a lower-case wire-format name. R105
    #[must_use]
    pub fn firewall_verdict<'a>(
        &self,
        firewall: &'a Firewall,
        name: &[u8],
        rtype: RecordType,
    ) -> Option<&'a Verdict> {
        firewall.verdict(&self.domain_lists, name, rtype)
    }

    /// How a rule of the firewall at a vantage answers what it blocks. R106
    #[must_use]
    pub fn firewall_response(&self, vantage: Vantage, rule: FirewallRuleIx) -> Option<&Response> {
        let Vantage::Vpc(place) = vantage else { return None };
        self.of(place.vpc).firewall.as_ref()?.response(rule)
    }

    /// What a VPC sees.
    #[must_use]
    pub fn of(&self, vpc: VpcIx) -> &View {
        // one view a VPC of the model these were compiled from
        &self.vpcs[vpc.index()]
    }

    /// The zone and the endpoint of a lower-case wire-format QNAME that is a Regional or zonal name outright, unless a
    /// private zone at this vantage may own it. R12, R13, R30
    #[must_use]
    #[inline(always)]
    pub fn endpoint_outright<'a>(
        &self,
        model: &Model,
        vantage: Vantage,
        qname: &'a [u8],
    ) -> Option<(&'a [u8], EndpointName)> {
        if let Vantage::Vpc(place) = vantage
            && self.of(place.vpc).owns_endpoint_names
        {
            return None;
        }
        self.public.endpoint_outright(model, qname)
    }

    /// Who answers for a lower-case wire-format QNAME at this vantage, if not the public DNS: the zone or rule that is
    /// its longest suffix. R6 (4), R65, R82
    #[must_use]
    pub fn private_owner<'a>(
        &'a self,
        model: &Model,
        vantage: Vantage,
        qname: &'a [u8],
    ) -> Option<PrivateOwner<'a>> {
        let Vantage::Vpc(place) = vantage else { return None };
        let autodefined = || self.instances.zone(model, place.vpc, qname);
        Some(match self.of(place.vpc).source(place, qname, autodefined)? {
            Source::Zone(_, PrivateZone::Hosted(at)) => PrivateOwner::Hosted(self.zones.get(at)?),
            Source::Zone(apex, PrivateZone::Hidden(hidden)) => {
                PrivateOwner::Hidden { apex, hidden }
            }
            Source::Zone(apex, PrivateZone::Autodefined(zone)) => {
                PrivateOwner::Autodefined { vpc: place.vpc, apex, zone }
            }
            Source::Forward(rule) => PrivateOwner::Forward(rule),
            Source::Cut { name, zone, rule } => {
                PrivateOwner::Delegated { cut: name, zone: self.zones.get(zone)?, rule }
            }
        })
    }
}

fn third_party_cnames(model: &Model) -> QuickMap<EndpointIx, CompiledRrset> {
    let third_party = model.endpoint_indexes().filter(|ix| {
        model.service_of(*ix).owner == Owner::Customer
            && has_hidden_zones(&model[model[*ix].vpc], &model[*ix])
    });
    let cname = |ix| {
        let target = EndpointNames::new(model, ix).regional_key().to_name();
        (ix, CompiledRrset::cname(target, ENDPOINT_TTL))
    };
    third_party.map(cname).collect()
}

/// Who answers for a QNAME that is not the public DNS's.
#[derive(Clone, Copy, Debug)]
pub enum PrivateOwner<'a> {
    /// A hosted zone of the customer's.
    Hosted(&'a Zone),
    /// The hidden zone of an endpoint's private DNS. R45
    Hidden {
        /// The zone's name, lower-case wire format: a suffix of the QNAME.
        apex: &'a [u8],
        /// What stands behind it.
        hidden: HiddenZone,
    },
    /// A zone that Resolver defines by itself. R83, R84
    Autodefined {
        /// The VPC that it is in.
        vpc: VpcIx,
        /// The zone's name, lower-case wire format: a suffix of the QNAME.
        apex: &'a [u8],
        /// Which zone it is.
        zone: Autodefined,
    },
    /// The targets of a FORWARD rule. R81
    Forward(ResolverRuleIx),
    /// The name servers that a hosted zone of the customer's names. R70
    Delegated {
        /// The name that is delegated, lower-case wire format: a suffix of the QNAME.
        cut: &'a [u8],
        /// The zone, which may have addresses of theirs.
        zone: &'a Zone,
        /// The DELEGATE rule that leads to them; without one nobody can be asked.
        rule: Option<ResolverRuleIx>,
    },
}
