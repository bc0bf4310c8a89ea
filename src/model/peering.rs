//! VPC peering connections.

use super::{VpcIx, VpcPeeringConnectionId};

/// A peering connection between two VPCs. N140
#[derive(Clone, Debug)]
pub struct VpcPeeringConnection {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: VpcPeeringConnectionId,
    /// The requester's side.
    pub requester: PeeringSide,
    /// The accepter's side.
    pub accepter: PeeringSide,
    /// Where it is in its life; only `active` does anything. N144
    pub status: PeeringStatus,
}

impl VpcPeeringConnection {
    /// The side of this VPC and the other side, if it is one of the two.
    #[must_use]
    pub fn seen_from(&self, vpc: VpcIx) -> Option<(&PeeringSide, &PeeringSide)> {
        if self.requester.vpc == vpc {
            Some((&self.requester, &self.accepter))
        } else if self.accepter.vpc == vpc {
            Some((&self.accepter, &self.requester))
        } else {
            None
        }
    }
}

/// One side of a peering connection. N147
#[derive(Clone, Debug)]
pub struct PeeringSide {
    /// The VPC on this side.
    pub vpc: VpcIx,
    /// Whether public names of instances here become private for the other side. R117
    pub allow_remote_vpc_dns_resolution: bool,
}

/// The states of a peering connection, as the EC2 API spells them. N144
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeeringStatus {
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
    /// Could not be made: the blocks overlap. N143
    Failed,
    /// Not accepted within seven days.
    Expired,
}

impl PeeringStatus {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InitiatingRequest => "initiating-request",
            Self::PendingAcceptance => "pending-acceptance",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// Whether it is in use or may come to be: of such there is one a pair of VPCs. N140
    #[must_use]
    pub fn is_live(self) -> bool {
        match self {
            Self::InitiatingRequest
            | Self::PendingAcceptance
            | Self::Provisioning
            | Self::Active
            | Self::Deleting => true,
            Self::Deleted | Self::Rejected | Self::Failed | Self::Expired => false,
        }
    }
}
