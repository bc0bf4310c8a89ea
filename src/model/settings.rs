//! Settings of the emulation itself: who asks, what public names answer, how failover behaves.

use std::{net::SocketAddr, time::Duration};

use hickory_proto::rr::Record;
use ipnet::IpNet;

use super::{DnsName, RrSet, Vantage};

/// Who an asker is, by its address; the longest prefix wins.
#[derive(Clone, Debug)]
pub struct Client {
    /// The addresses meant.
    pub prefix: IpNet,
    /// Where they ask from.
    pub vantage: Vantage,
}

/// An address to listen on whose askers all have one vantage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address; port 0 is any free one.
    pub address: SocketAddr,
    /// Where its askers ask from; by their own address where none is given.
    pub vantage: Option<Vantage>,
}

/// How names of the public DNS are answered. R86
#[derive(Clone, Debug, Default)]
pub struct PublicDns {
    /// Recursive resolvers to ask; none: canned answers, offline.
    pub upstream: Vec<SocketAddr>,
    /// The root's keys, as DNSKEY records, that DNSSEC validation begins from; none: those that IANA publishes. R100
    pub trust_anchors: Vec<Record>,
    /// Domains whose delegation leads nowhere. R137
    pub broken_delegations: Vec<DnsName>,
    /// The canned answers, a zone with the root as its apex (`zones/public.zone`).
    pub canned: Vec<RrSet>,
}

/// When and how DNS reacts to an impaired AZ, subnet or network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    /// From the failure until DNS leaves the network interface out. R36, R39
    pub detection: Duration,
    /// From the restoration until DNS hands it out again. R39
    pub recovery: Duration,
    /// What a zonal name answers while its AZ is impaired. R36
    pub zonal: ImpairedAnswer,
    /// What the Regional name answers while every network interface is impaired. R37
    pub all_impaired: ImpairedAnswer,
}

/// Time from a failure to DNS noticing it.
/// Source: AWS Fault Injection Service blocks networking for 2 minutes in its AZ power-interruption scenario.
pub const DETECTION: Duration = Duration::from_secs(120);

/// Time from a restoration to DNS using the address again; no source, a choice (R39 is unconfirmed).
pub const RECOVERY: Duration = Duration::from_secs(60);

impl Default for Failover {
    fn default() -> Self {
        Self {
            detection: DETECTION,
            recovery: RECOVERY,
            zonal: ImpairedAnswer::Answer,
            all_impaired: ImpairedAnswer::Answer,
        }
    }
}

/// What a name answers that has nothing healthy left; unconfirmed, hence a switch. R36, R37
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpairedAnswer {
    /// The impaired addresses: `answer` for a zonal name, `fail_open` for a Regional one.
    Answer,
    /// NOERROR without records.
    Nodata,
    /// SERVFAIL.
    Servfail,
}

/// What negative answers from the cache have in their authority section; an observation alone, hence a switch. R89
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CachedNegativeSoa {
    /// The SOA that they were stored with, its TTL counted down.
    #[default]
    Keep,
    /// Nothing.
    Omit,
}

/// Whose limits interface endpoints have. N2
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// Those of 2021: TCP over IPv4 alone.
    Of2021,
    /// Today's.
    #[default]
    Current,
}

/// Whether answers are cached as the VPC Resolver caches them. R40, R87
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// Every answer is computed anew, with its full TTL.
    #[default]
    Off,
    /// Per VPC, TTLs count down; an address outlives its removal by up to its TTL.
    Aws,
}
