//! DNS Firewall: domain lists, rule groups, what happens when it does not answer.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Entries;

/// A list of domains.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FirewallDomainListSpec {
    /// `rslvr-fdl-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// `example.com` is that name alone, `*.example.com` every name below it, `*` every name (R108).
    #[serde(default)]
    pub(in crate::config) domains: Vec<String>,
    /// A file with more of them, one a line, beside the topology file.
    pub(in crate::config) file: Option<String>,
}

/// A rule group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FirewallRuleGroupSpec {
    /// `rslvr-frg-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Its rules by name.
    #[serde(default)]
    pub(in crate::config) rules: Entries<FirewallRuleSpec>,
    /// The VPCs it is associated with, by name or id, each with the group's priority there: above 100, below 9900, the
    /// lowest first (R105).
    #[serde(default)]
    pub(in crate::config) vpcs: Entries<u32>,
}

/// A rule of a rule group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FirewallRuleSpec {
    /// Its place in the group: the lowest first (R105).
    pub(in crate::config) priority: u32,
    /// The domain list it is for, by name or id.
    pub(in crate::config) firewall_domain_list: String,
    /// What becomes of queries for those domains (R106).
    pub(in crate::config) action: FirewallActionSpec,
    /// BLOCK: how they are answered (R106).
    pub(in crate::config) block_response: Option<BlockResponseSpec>,
    /// OVERRIDE: where the CNAME leads.
    pub(in crate::config) block_override_domain: Option<String>,
    /// OVERRIDE: the type of the record, which is always CNAME.
    pub(in crate::config) block_override_dns_type: Option<OverrideTypeSpec>,
    /// OVERRIDE: its TTL in seconds, at most 604800. Default 0.
    pub(in crate::config) block_override_ttl: Option<u32>,
    /// The type of queries it is for, such as `AAAA` or `TYPE28`; all where absent.
    pub(in crate::config) q_type: Option<String>,
    /// Which names of a CNAME chain it looks at. Default `INSPECT_REDIRECTION_DOMAIN` (R108).
    pub(in crate::config) firewall_domain_redirection_action: Option<FirewallRedirectionSpec>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum FirewallActionSpec {
    /// Queries pass.
    Allow,
    /// Queries pass, and the query log says so.
    Alert,
    /// Queries are answered by the firewall.
    Block,
}

/// The answer to blocked queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum BlockResponseSpec {
    /// The name has no records of the type.
    Nodata,
    /// The name does not exist.
    Nxdomain,
    /// A CNAME to `block_override_domain`.
    Override,
}

/// The type of the record that OVERRIDE gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum OverrideTypeSpec {
    /// The only one.
    Cname,
}

/// Which names of a CNAME chain a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::config) enum FirewallRedirectionSpec {
    /// All of them.
    InspectRedirectionDomain,
    /// The first alone.
    TrustRedirectionDomain,
}

/// Whether queries pass when the firewall does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum FirewallFailOpenSpec {
    /// They pass.
    Enabled,
    /// They are answered SERVFAIL.
    Disabled,
}
