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
mod private;
mod public;
mod zone;

pub use askers::Askers;
pub use private::{HiddenZone, PrivateZone, View};
pub use public::{EndpointName, Public, PublicOwner, VpceOwner};
pub use zone::{Found, Node, SOA_TTL, Zone, aws_ns, aws_soa, negative_soa};

use crate::model::{Model, Vantage, VpcIx};

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
}

impl Views {
    /// Compiles every view of a model.
    #[must_use]
    pub fn compile(model: &Model) -> Self {
        Self {
            vpcs: View::compile_all(model),
            zones: model
                .hosted_zones
                .iter()
                .map(|zone| Zone::compile(&zone.name, &zone.rrsets))
                .collect(),
            public: Public::compile(model),
            askers: Askers::compile(model),
        }
    }

    /// What a VPC sees.
    #[must_use]
    pub fn of(&self, vpc: VpcIx) -> &View {
        // one view a VPC of the model these were compiled from
        &self.vpcs[vpc.index()]
    }

    /// The private zone that owns a lower-case wire-format QNAME at this vantage, by longest suffix. R65
    #[must_use]
    pub fn private_owner<'a>(
        &'a self,
        vantage: Vantage,
        qname: &'a [u8],
    ) -> Option<PrivateOwner<'a>> {
        let Vantage::Vpc(place) = vantage else { return None };
        let (apex, zone) = self.of(place.vpc).owner(qname)?;
        Some(match zone {
            PrivateZone::Hosted(at) => PrivateOwner::Hosted(self.zones.get(at)?),
            PrivateZone::Hidden(hidden) => PrivateOwner::Hidden { apex, hidden },
        })
    }
}

/// The private zone that owns a QNAME.
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
}
