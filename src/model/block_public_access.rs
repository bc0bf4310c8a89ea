//! VPC Block Public Access: what internet gateways and egress-only ones let through, by Region and by exclusions. N42

use super::{Model, SubnetIx, VpcIx};

/// What is blocked in a Region, as the EC2 API spells it. N42
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InternetGatewayBlockMode {
    /// Nothing.
    #[default]
    Off,
    /// What passes internet gateways and egress-only internet gateways, both ways.
    BlockBidirectional,
    /// The same, but for what NAT gateways and egress-only internet gateways carry outwards, and its replies.
    BlockIngress,
}

impl InternetGatewayBlockMode {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::BlockBidirectional => "block-bidirectional",
            Self::BlockIngress => "block-ingress",
        }
    }
}

/// What an exclusion exempts a VPC or a subnet from, as the EC2 API spells it. N42
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InternetGatewayExclusionMode {
    /// Everything is let through.
    AllowBidirectional,
    /// Whatever begins inside is let through, and its replies; it counts under `block-bidirectional` alone.
    AllowEgress,
}

impl InternetGatewayExclusionMode {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllowBidirectional => "allow-bidirectional",
            Self::AllowEgress => "allow-egress",
        }
    }
}

/// What of a subnet's traffic may pass an internet gateway or an egress-only one: mode and exclusion together. N42
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicAccess {
    /// All of it.
    Open,
    /// What begins inside, and its replies.
    BegunInside,
    /// What begins inside, and its replies, if a gateway carries it that lets nothing else through.
    ByEgressOnlyGateways,
    /// Nothing.
    Blocked,
}

impl PublicAccess {
    /// Whether a packet passes: of a flow that began inside, by a NAT gateway or an egress-only internet gateway.
    #[must_use]
    pub fn lets_pass(self, begun_inside: bool, by_egress_only_gateway: bool) -> bool {
        match self {
            Self::Open => true,
            Self::BegunInside => begun_inside,
            Self::ByEgressOnlyGateways => begun_inside && by_egress_only_gateway,
            Self::Blocked => false,
        }
    }
}

impl Model {
    /// What holds in a subnet of a VPC, or in the VPC at large: a subnet's exclusion counts before its VPC's. N42
    #[must_use]
    pub fn public_access(&self, vpc: VpcIx, subnet: Option<SubnetIx>) -> PublicAccess {
        let mode = self.vpc_block_public_access.get(&self[vpc].region);
        let of_subnet = subnet.and_then(|subnet| self[subnet].block_public_access_exclusion);
        let exclusion = of_subnet.or(self[vpc].block_public_access_exclusion);
        match (mode.copied().unwrap_or_default(), exclusion) {
            (InternetGatewayBlockMode::Off, _)
            | (_, Some(InternetGatewayExclusionMode::AllowBidirectional)) => PublicAccess::Open,
            (InternetGatewayBlockMode::BlockIngress, _) => PublicAccess::ByEgressOnlyGateways,
            (
                InternetGatewayBlockMode::BlockBidirectional,
                Some(InternetGatewayExclusionMode::AllowEgress),
            ) => PublicAccess::BegunInside,
            (InternetGatewayBlockMode::BlockBidirectional, None) => PublicAccess::Blocked,
        }
    }
}
