//! Endpoint services: what customers offer through PrivateLink. R10, R47, R62

use super::{AvailabilityZoneId, EndpointServiceId, ServiceIx};
use crate::catalog::Region;

/// A customer's endpoint service.
#[derive(Clone, Debug)]
pub struct EndpointService {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id, which is the label in its endpoints' names. R14
    pub id: EndpointServiceId,
    /// What endpoints take it for; its private name is among that one's only while it is verified. R50, R62
    pub service: ServiceIx,
    /// Whether endpoints wait until the owner accepts them. R51
    pub acceptance_required: bool,
    /// Its private DNS name.
    pub private_dns: Option<ProviderPrivateDns>,
    /// Where it is offered; everywhere in its Region where empty.
    pub availability_zones: Vec<AvailabilityZoneId>,
    /// What its endpoints are.
    pub service_type: ServiceType,
    /// The Regions whose VPCs can have endpoints for it, its own among them. R23
    pub supported_regions: Vec<Region>,
}

impl EndpointService {
    /// Whether it is offered in an AZ of its Region.
    #[must_use]
    pub fn offers(&self, az: &AvailabilityZoneId) -> bool {
        self.availability_zones.is_empty() || self.availability_zones.contains(az)
    }
}

/// A private DNS name as its provider sees it. R62
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPrivateDns {
    /// The name, in lower case; `*.x` stands for everything below `x`.
    pub name: Box<str>,
    /// Whether the provider has shown that the domain is theirs.
    pub state: VerificationState,
    /// The owner name of the TXT record that shows it, below the domain unless it has dots.
    pub txt_name: Box<str>,
    /// What the TXT record says.
    pub txt_value: Box<str>,
}

/// Whether a domain is known to be the provider's. R62
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationState {
    /// The TXT record has not been found yet.
    PendingVerification,
    /// The TXT record has been found.
    Verified,
    /// The TXT record was not found in time.
    Failed,
}

impl VerificationState {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingVerification => "pendingVerification",
            Self::Verified => "verified",
            Self::Failed => "failed",
        }
    }
}

/// The types of an endpoint service's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceType {
    /// Behind a Network Load Balancer.
    Interface,
    /// Behind a Gateway Load Balancer. R21
    GatewayLoadBalancer,
}

impl ServiceType {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interface => "Interface",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
        }
    }
}
