//! VPC Block Public Access.

use schemars::JsonSchema;
use serde::Deserialize;

/// What is blocked in a Region.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct BlockPublicAccessOptionsSpec {
    /// What internet gateways and egress-only internet gateways of the Region do not let through.
    pub(in crate::config) internet_gateway_block_mode: InternetGatewayBlockModeSpec,
}

/// What is blocked.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum InternetGatewayBlockModeSpec {
    /// Nothing.
    Off,
    /// Everything, both ways.
    BlockBidirectional,
    /// Everything but what NAT gateways and egress-only internet gateways carry outwards, and its replies.
    BlockIngress,
}

/// An exclusion, of exactly one of `vpc` and `subnet`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct BlockPublicAccessExclusionSpec {
    /// The VPC that is excluded, by name or id.
    pub(in crate::config) vpc: Option<String>,
    /// The subnet that is excluded, as `vpc/name` or by its id.
    pub(in crate::config) subnet: Option<String>,
    /// What is let through all the same.
    pub(in crate::config) internet_gateway_exclusion_mode: InternetGatewayExclusionModeSpec,
}

/// What an exclusion lets through.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum InternetGatewayExclusionModeSpec {
    /// Everything.
    AllowBidirectional,
    /// What begins inside, and its replies; it counts under `block-bidirectional` alone.
    AllowEgress,
}
