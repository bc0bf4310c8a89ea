//! Prefix lists.

use schemars::JsonSchema;
use serde::Deserialize;

/// A customer's prefix list; or, by the name of one of AWS's lists, what that holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PrefixListSpec {
    /// `pl-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Its Region; the topology's where absent.
    pub(in crate::config) region: Option<String>,
    /// The family of its entries; told by them where absent.
    pub(in crate::config) address_family: Option<AddressFamilySpec>,
    /// The most entries it can have; any number where absent.
    pub(in crate::config) max_entries: Option<usize>,
    /// CIDR blocks of one family; or `unknown`, where nobody says which.
    #[serde(default)]
    pub(in crate::config) entries: PrefixListEntriesSpec,
}

/// What a prefix list holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum PrefixListEntriesSpec {
    /// CIDR blocks of one family.
    Blocks(Vec<String>),
    /// No more than that there is such a list.
    Word(UnknownWord),
}

impl Default for PrefixListEntriesSpec {
    fn default() -> Self {
        Self::Blocks(Vec::new())
    }
}

/// What is not known.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum UnknownWord {
    /// Traces say where it would decide.
    Unknown,
}

/// The family of a prefix list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::config) enum AddressFamilySpec {
    /// IPv4.
    #[serde(rename = "IPv4")]
    Ipv4,
    /// IPv6.
    #[serde(rename = "IPv6")]
    Ipv6,
}
