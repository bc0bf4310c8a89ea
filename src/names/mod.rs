//! DNS names of interface endpoints and of instances, both ways: built, and recognised in a QNAME.
//!
//! ```text
//!  vpce-0e44d14a27a369e43-rf450lif-us-east-1a . sns . us-east-1 . vpce . amazonaws.com
//!  └────── id ──────────┘ └ hash ┘ └── az ──┘   └label┘ └ Region ┘
//! ```
//! Rules R10–R21, R26, R45, R111–R116. Whatever [`EndpointNames`] builds, [`recognise`] reads back; a property test holds them to it.

mod entries;
mod instances;
mod lattice;
mod recognise;
mod shared;

pub use entries::{DnsEntry, EndpointNames, ZONE_ID_PENDING, hidden_zone_id};
pub use instances::{
    InstanceLabel, ReverseName, WireName, instance_label, internal_domain, is_internal,
    public_domain, second_internal_domain,
};
pub use lattice::{AssociationEntry, association_entries, lattice_zone};
pub use recognise::{VpceName, recognise, recognise_first};
pub use shared::{SharedZone, SharedZones, Taken, TakenBy, is_dual_stack, shared_zones};

use crate::{
    catalog::{Region, Service},
    model::DnsName,
};

/// The public zone of all endpoint names of a Region, such as `us-east-1.vpce.amazonaws.com`. R12, R17
#[must_use]
pub fn vpce_zone(region: Region) -> DnsName {
    parse(&format!("{}.vpce.{}", region.as_str(), region.partition().dns_suffix))
}

/// What follows the endpoint's own label in its names: `{label}.{region}.vpce.{dns_suffix}`. R12, R14
#[must_use]
pub fn base_name(service: &Service) -> DnsName {
    let suffix = service.region.partition().dns_suffix;
    parse(&format!("{}.{}.vpce.{suffix}", service.label, service.region.as_str()))
}

/// A name from parts that are valid labels; the catalogue and `config` see to that.
fn parse(text: &str) -> DnsName {
    text.parse().unwrap_or_else(|_| DnsName::root())
}
