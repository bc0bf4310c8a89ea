//! Private hosted zones: records that only some VPCs see. R63

use std::time::Duration;

use hickory_proto::rr::{RData, RecordType};

use super::{AzIx, DnsName, EndpointIx, RoutedRecords, VpcIx};
use crate::catalog::HostedZoneId;

/// A private hosted zone.
#[derive(Clone, Debug)]
pub struct HostedZone {
    /// Its id.
    pub id: HostedZoneId,
    /// Its apex.
    pub name: DnsName,
    /// The VPCs it is associated with. R63
    pub vpcs: Vec<VpcIx>,
    /// Its RRsets in the file's order; SOA and NS of the apex are implied where absent. R68, R69
    pub rrsets: Vec<RrSet>,
    /// Of a hidden zone whose private DNS is gone: until when it is attached all the same. R54
    pub attached_until: Option<Duration>,
}

/// A name of a zone from which on others answer: their name servers. R70
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The name; it and everything below it are delegated.
    pub name: DnsName,
    /// Those who answer.
    pub name_servers: Vec<DnsName>,
}

impl HostedZone {
    /// The zone's cuts: NS records below its apex, but for those of wildcards, and for those below another cut. R70
    #[must_use]
    pub fn cuts(&self) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        for RrSet { name, rtype, data } in &self.rrsets {
            let RrSetData::Values { rdata, .. } = data else { continue };
            let wildcard = name.wire().starts_with(b"\x01*");
            if *rtype != RecordType::NS || *name == self.name || wildcard {
                continue;
            }
            let servers = rdata.iter().filter_map(|rdata| match rdata {
                RData::NS(server) => Some(DnsName::from(&server.0)),
                _ => None,
            });
            cuts.push(Cut { name: name.clone(), name_servers: servers.collect() });
        }
        let names: Vec<DnsName> = cuts.iter().map(|cut| cut.name.clone()).collect();
        let hidden =
            |cut: &Cut| names.iter().any(|above| *above != cut.name && cut.name.is_within(above));
        cuts.retain(|cut| !hidden(cut));
        cuts
    }
}

/// All records of one owner name and type.
#[derive(Clone, Debug, PartialEq)]
pub struct RrSet {
    /// The owner name; its first label may be `*`. R67
    pub name: DnsName,
    /// The type.
    pub rtype: RecordType,
    /// What it holds.
    pub data: RrSetData,
}

/// An RRset's content.
#[derive(Clone, Debug, PartialEq)]
pub enum RrSetData {
    /// Records with their common TTL in seconds.
    Values {
        /// Seconds.
        ttl: u32,
        /// At least one.
        rdata: Vec<RData>,
    },
    /// What another name has for this type, at the time of the question. R64
    Alias(AliasTarget),
    /// Several records, of which a routing policy chooses; at least one. R71
    Routed(Vec<RoutedRecords>),
}

impl RrSetData {
    /// What it consists of: itself, or the records that a routing policy chooses from. None of them is `Routed`.
    pub fn parts(&self) -> impl Iterator<Item = &Self> {
        let (own, routed) = match self {
            Self::Values { .. } | Self::Alias(_) => (Some(self), [].as_slice()),
            Self::Routed(all) => (None, all.as_slice()),
        };
        own.into_iter().chain(routed.iter().map(|one| &one.data))
    }
}

/// What an alias record points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasTarget {
    /// A name of an interface endpoint.
    Endpoint {
        /// The endpoint.
        endpoint: EndpointIx,
        /// Its zonal name of this AZ, else its Regional name.
        availability_zone: Option<AzIx>,
    },
    /// Another name of the zone, with the alias's own type. Aliases never lead round in a circle.
    Record {
        /// The name.
        name: DnsName,
        /// Whether the alias counts as healthy only while something there does. R73
        evaluate_target_health: bool,
    },
}
