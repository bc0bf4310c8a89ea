//! Who asks, public names, failover.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where an asker is: `internet`, or a place in a VPC.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum VantageSpec {
    /// Outside every VPC.
    Word(VantageWord),
    /// Inside one.
    Place(PlaceSpec),
    /// Through an inbound endpoint.
    Inbound(InboundSpec),
}

/// A vantage that needs no name.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum VantageWord {
    /// Outside every VPC.
    Internet,
}

/// A place in a VPC.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PlaceSpec {
    /// The VPC's name or id.
    pub(in crate::config) vpc: String,
    /// The subnet's name or id.
    pub(in crate::config) subnet: Option<String>,
    /// The instance's name or id.
    pub(in crate::config) instance: Option<String>,
}

/// Outside, asking through an inbound endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct InboundSpec {
    /// The inbound endpoint as `vpc/name`, or by its id.
    pub(in crate::config) inbound: String,
}

/// How names of the public DNS are answered.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PublicDnsSpec {
    /// Recursive resolvers, `address` or `address:port`; none: canned answers, offline.
    #[serde(default)]
    pub(in crate::config) upstream: Vec<String>,
    /// Keys of a root of one's own, as DNSKEY records in presentation form: `. IN DNSKEY 257 3 13 …`. Those that IANA
    /// publishes where there is none (R100).
    #[serde(default)]
    pub(in crate::config) trust_anchors: Vec<String>,
    /// Domains whose delegation is broken: names at and below them are SERVFAIL where the public DNS would be asked (R137).
    #[serde(default)]
    pub(in crate::config) broken_delegations: Vec<String>,
}

/// Failover settings, or a preset.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum FailoverSpec {
    /// A preset by name.
    Preset(PresetSpec),
    /// Settings.
    Settings(FailoverSettingsSpec),
}

/// A set of delays.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum PresetSpec {
    /// Detection after 120 s, as in AWS FIS's "AZ availability: power interruption"; the default.
    FisPowerInterruption,
    /// Detection after 5 minutes, as a zonal autoshift may take.
    ArcZonalAutoshift,
    /// No delays.
    Instant,
}

/// When and how DNS reacts to a fault.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FailoverSettingsSpec {
    /// Where the settings that are not given come from.
    pub(in crate::config) preset: Option<PresetSpec>,
    /// From the failure to DNS leaving the address out: `120s`, `2m`, `500ms`.
    pub(in crate::config) detection: Option<String>,
    /// From the restoration to DNS handing it out again.
    pub(in crate::config) recovery: Option<String>,
    /// What a zonal name answers while its AZ is impaired. Default `answer` (R36).
    pub(in crate::config) zonal: Option<ZonalSpec>,
    /// What a Regional name answers when everything is impaired. Default `fail_open` (R37).
    pub(in crate::config) all_impaired: Option<AllImpairedSpec>,
}

/// What a zonal name answers while its AZ is impaired.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum ZonalSpec {
    /// The impaired address.
    Answer,
    /// NOERROR without records.
    Nodata,
    /// SERVFAIL.
    Servfail,
}

/// What a Regional name answers when everything is impaired.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum AllImpairedSpec {
    /// All addresses.
    FailOpen,
    /// NOERROR without records.
    Nodata,
    /// SERVFAIL.
    Servfail,
}

/// How many packets a second an asker may send.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum PacketLimitSpec {
    /// A limit by name.
    Word(PacketLimitWord),
    /// So many.
    Number(u32),
}

/// A limit that needs no number.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum PacketLimitWord {
    /// Any number.
    Off,
    /// AWS's: 1024.
    Aws,
}

/// What becomes of the SOA of a negative answer in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum CachedNegativeSoaSpec {
    /// It is given with the answer.
    Keep,
    /// It is left out, as was observed in AWS.
    Omit,
}

/// The year whose limits of interface endpoints hold.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub(in crate::config) enum CompatSpec {
    /// Those of 2021: TCP over IPv4 alone.
    #[serde(rename = "2021")]
    Of2021,
    /// Today's.
    #[serde(rename = "current")]
    Current,
}

/// Whether answers are cached.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum CacheSpec {
    /// Every answer is computed anew, with its full TTL.
    Off,
    /// As the VPC Resolver caches: TTLs count down.
    Aws,
}
