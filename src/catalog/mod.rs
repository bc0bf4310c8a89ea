//! AWS's own facts, typed: services, partitions, Regions, hosted-zone ids, public host names, prefix lists.
//!
//! The data stands in `zones/*.tsv`, one place to edit, each column with its source and how far to trust it; it is
//! part of the binary and read once. Rules R14, R17, R18, R26, R45, R59–R61, R73.

mod entry;
mod hosted_zone_id;
mod place;
mod prefix_list;
mod public;
mod region;
mod service;
mod table;

pub use entry::{Api2023, BaseSource, PrivateSource, ServiceEntry, entries};
pub use hosted_zone_id::{HostedZoneId, stable_hash, stable_hash_of};
pub use place::{Coordinates, Place};
pub use prefix_list::{ManagedPrefixList, prefix_list_weight, prefix_lists};
pub use public::{
    ANY_REGION, HostTemplate, PublicHost, host_templates, public_address, public_host,
};
pub use region::{Partition, Region, UnknownRegion};
pub use service::{
    CROSS_REGION, NOT_CROSS_REGION_AZS, Owner, PrivateName, Service, ServiceError, find, services,
};
