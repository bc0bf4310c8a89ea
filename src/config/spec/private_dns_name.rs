//! Which names instances have, and which of them Resolver knows by itself.

use schemars::JsonSchema;
use serde::Deserialize;

/// Which names an instance has; what is absent is as its subnet says (R111).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PrivateDnsNameOptionsSpec {
    /// What its host name is made of.
    pub(in crate::config) hostname_type: Option<HostnameTypeSpec>,
    /// Whether its resource name has an A record.
    pub(in crate::config) enable_resource_name_dns_a_record: Option<bool>,
    /// Whether its resource name has an AAAA record.
    pub(in crate::config) enable_resource_name_dns_aaaa_record: Option<bool>,
}

/// What an instance's host name is made of.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum HostnameTypeSpec {
    /// Its private IPv4 address.
    IpName,
    /// Its id.
    ResourceName,
}

/// A switch as the Route 53 Resolver API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum FlagSpec {
    /// On.
    Enable,
    /// Off.
    Disable,
}
