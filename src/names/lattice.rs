//! The names of resource and service-network endpoints, as `DescribeVpcEndpointAssociations` lists them. R22

use super::{DnsEntry, ZONE_ID_PENDING, hidden_zone_id};
use crate::{
    catalog::{HostedZoneId, Region},
    model::{Association, AssociationKind, DnsName, EndpointIx, EndpointState, Model},
};

/// What an association shows of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociationEntry<'a> {
    /// The association.
    pub association: &'a Association,
    /// Its public name.
    pub dns_entry: DnsEntry,
    /// Its private name, while private DNS is on and takes it. R62
    pub private_dns_entry: Option<DnsEntry>,
}

/// The public zone of the names of a Region's resources or services: no zonal names, private addresses. R22
#[must_use]
pub fn lattice_zone(kind: AssociationKind, region: Region) -> DnsName {
    let word = match kind {
        AssociationKind::Resource => "vpc-lattice-rsc",
        AssociationKind::Service => "vpc-lattice-svcs",
    };
    format!("{word}.{}.on.aws", region.as_str()).parse().unwrap_or_else(|_| DnsName::root())
}

/// The names behind an endpoint; none if it is of another type.
#[must_use]
pub fn association_entries<'m>(model: &'m Model, ix: EndpointIx) -> Vec<AssociationEntry<'m>> {
    let endpoint = &model[ix];
    let region = model[endpoint.vpc].region;
    let associations = model.lattice_of(ix).map(|lattice| lattice.associations.iter());
    let entry = |association: &'m Association| {
        let Association { kind, labels, private_dns_name, .. } = association;
        let zone = lattice_zone(*kind, region);
        let private = private_dns_name.as_deref().filter(|_| endpoint.private_dns_enabled);
        AssociationEntry {
            association,
            dns_entry: DnsEntry {
                dns_name: format!("{labels}.{zone}"),
                // AWS's own id is not known: a stable one for each zone
                hosted_zone_id: HostedZoneId::derive(&zone.to_string()).to_string(),
            },
            private_dns_entry: private.map(|name| DnsEntry {
                dns_name: name.to_owned(),
                hosted_zone_id: match endpoint.state {
                    EndpointState::Available => hidden_zone_id(model, endpoint, name).to_string(),
                    _ => ZONE_ID_PENDING.to_owned(),
                },
            }),
        }
    };
    associations.into_iter().flatten().map(entry).collect()
}
