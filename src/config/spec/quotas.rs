//! Quotas of the account.

use schemars::JsonSchema;
use serde::Deserialize;

/// What the account may have, where that is not AWS's default. The names are those of Service Quotas.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct QuotasSpec {
    /// Default 20; a VPC has 255 at most (N60).
    pub(in crate::config) gateway_vpc_endpoints_per_region: Option<u32>,
    /// Of interface and Gateway Load Balancer endpoints together; default 50 (N78).
    pub(in crate::config) interface_vpc_endpoints_per_vpc: Option<u32>,
    /// In each direction and for each address family; default 60 (N108).
    pub(in crate::config) inbound_or_outbound_rules_per_security_group: Option<u32>,
    /// Default 5, at most 16; with the rules of a security group it multiplies to 1,000 at most (N108).
    pub(in crate::config) security_groups_per_network_interface: Option<u32>,
    /// In each direction and for each address family; default 20, at most 40 (N126).
    pub(in crate::config) rules_per_network_acl: Option<u32>,
    /// For each address family; default 500, at most 1,000 (N25).
    pub(in crate::config) routes_per_route_table: Option<u32>,
    /// Default 50, at most 125 (N149).
    pub(in crate::config) active_vpc_peering_connections_per_vpc: Option<u32>,
    /// Of connections that the account asked for in a Region and nobody has accepted; default 25 (N149).
    pub(in crate::config) outstanding_vpc_peering_connection_requests: Option<u32>,
}
