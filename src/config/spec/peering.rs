//! VPC peering connections.

use schemars::JsonSchema;
use serde::Deserialize;

/// A peering connection between two VPCs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PeeringSpec {
    /// `pcx-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The requester's VPC.
    pub(in crate::config) vpc: String,
    /// The accepter's VPC.
    pub(in crate::config) peer_vpc: String,
    /// Options of the requester's side.
    #[serde(default)]
    pub(in crate::config) requester: PeeringSideSpec,
    /// Options of the accepter's side.
    #[serde(default)]
    pub(in crate::config) accepter: PeeringSideSpec,
    /// Where it is in its life; only `active`, the default, does anything (N144).
    #[serde(default)]
    pub(in crate::config) status: PeeringStatusSpec,
}

/// Options of one side of a peering connection.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PeeringSideSpec {
    /// Whether public names of instances here become private for the other side (R117).
    #[serde(default)]
    pub(in crate::config) allow_remote_vpc_dns_resolution: bool,
}

/// The state of a peering connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum PeeringStatusSpec {
    /// Asked for.
    InitiatingRequest,
    /// Waits for the accepter.
    PendingAcceptance,
    /// Accepted, being made.
    Provisioning,
    /// In use.
    #[default]
    Active,
    /// Being deleted.
    Deleting,
    /// Gone.
    Deleted,
    /// Refused by the accepter.
    Rejected,
    /// Could not be made: the blocks overlap (N143).
    Failed,
    /// Not accepted within seven days.
    Expired,
}
