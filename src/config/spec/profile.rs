//! Route 53 Profiles.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Entries;

/// A Profile: DNS settings that several VPCs share.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ProfileSpec {
    /// `rp-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Private hosted zones, by their keys.
    #[serde(default)]
    pub(in crate::config) hosted_zones: Vec<String>,
    /// Resolver rules, by name.
    #[serde(default)]
    pub(in crate::config) resolver_rules: Vec<String>,
    /// Interface endpoints as `vpc/name`, or by their ids.
    #[serde(default)]
    pub(in crate::config) vpc_endpoints: Vec<String>,
    /// Query logging configurations, by name or id (R110).
    #[serde(default)]
    pub(in crate::config) resolver_query_log_configs: Vec<String>,
    /// Rule groups of DNS Firewall, by name or id, each with its priority in the Profile: above 100, below 9900, the lowest
    /// first (R105).
    #[serde(default)]
    pub(in crate::config) firewall_rule_groups: Entries<u32>,
    /// The VPCs it is associated with, and the priority of each association: 100 to 9900, the lowest counts first.
    #[serde(default)]
    pub(in crate::config) vpcs: Entries<Option<u16>>,
}
