//! Who asks: the internet, or a place in a VPC.

use super::{InstanceIx, ResolverEndpointIx, SubnetIx, VpcIx};

/// Where a question is asked from; the same name has different answers at different vantages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vantage {
    /// Outside every VPC.
    Internet,
    /// Inside a VPC.
    Vpc(VpcVantage),
}

/// A place in a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VpcVantage {
    /// The VPC.
    pub vpc: VpcIx,
    /// The subnet, where it is known; it decides AZ affinity and DNS64.
    pub subnet: Option<SubnetIx>,
    /// The instance, where it is known.
    pub instance: Option<InstanceIx>,
    /// The inbound endpoint that the question came through; then nothing is known of subnet and instance. R91
    pub inbound: Option<ResolverEndpointIx>,
}

impl Vantage {
    /// In a VPC, no subnet known.
    #[must_use]
    pub fn vpc(vpc: VpcIx) -> Self {
        Self::Vpc(VpcVantage { vpc, subnet: None, instance: None, inbound: None })
    }

    /// An instance in a subnet of a VPC.
    #[must_use]
    pub fn instance(vpc: VpcIx, subnet: SubnetIx, instance: InstanceIx) -> Self {
        let (subnet, instance) = (Some(subnet), Some(instance));
        Self::Vpc(VpcVantage { vpc, subnet, instance, inbound: None })
    }

    /// Through an inbound endpoint of a VPC. R91
    #[must_use]
    pub fn inbound(vpc: VpcIx, endpoint: ResolverEndpointIx) -> Self {
        Self::Vpc(VpcVantage { vpc, subnet: None, instance: None, inbound: Some(endpoint) })
    }

    /// In a subnet of a VPC.
    #[must_use]
    pub fn subnet(vpc: VpcIx, subnet: SubnetIx) -> Self {
        Self::Vpc(VpcVantage { vpc, subnet: Some(subnet), instance: None, inbound: None })
    }
}
