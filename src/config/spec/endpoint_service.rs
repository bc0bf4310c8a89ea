//! Endpoint services: what customers offer through PrivateLink.

use schemars::JsonSchema;
use serde::Deserialize;

/// A customer's endpoint service, as Terraform's `aws_vpc_endpoint_service` has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct EndpointServiceSpec {
    /// `vpce-svc-…`; made up from the name where absent (R10).
    pub(in crate::config) id: Option<String>,
    /// Its Region; the topology's where absent.
    pub(in crate::config) region: Option<String>,
    /// Whether endpoints for it start in `pendingAcceptance` (R51). Default false.
    #[serde(default)]
    pub(in crate::config) acceptance_required: bool,
    /// Its private DNS name, lower case; `*.x` stands for everything below x (R62).
    pub(in crate::config) private_dns_name: Option<String>,
    /// Whether the domain is known to be the provider's. Default `verified`; without it there is no private DNS (R62).
    pub(in crate::config) private_dns_name_verification_state: Option<VerificationStateSpec>,
    /// The TXT record that shows it; made up where absent. It is in the public DNS while the state is `verified`.
    pub(in crate::config) private_dns_name_configuration: Option<PrivateDnsNameConfigurationSpec>,
    /// The AZs where it is offered, by name or id; all of its Region where absent.
    #[serde(default)]
    pub(in crate::config) availability_zones: Vec<String>,
    /// Default `Interface`.
    pub(in crate::config) service_type: Option<ServiceTypeSpec>,
    /// The Regions whose VPCs can have endpoints for it, besides its own (R23).
    #[serde(default)]
    pub(in crate::config) supported_regions: Vec<String>,
    /// The port its endpoints serve. Default 443.
    pub(in crate::config) port: Option<u16>,
}

/// The TXT record of a private DNS name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct PrivateDnsNameConfigurationSpec {
    /// Its label below the domain, such as `_6e86v84tqgqubxbwii1m`; a name with dots is complete.
    pub(in crate::config) name: Option<String>,
    /// What it says, such as `vpce:l6p0ERxlTt45jevFwOCp`.
    pub(in crate::config) value: Option<String>,
}

/// Whether a private DNS name is verified.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::config) enum VerificationStateSpec {
    /// The TXT record has not been found yet.
    PendingVerification,
    /// It has been found.
    Verified,
    /// It was not found in time.
    Failed,
}

/// The type of an endpoint service.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub(in crate::config) enum ServiceTypeSpec {
    /// Behind a Network Load Balancer.
    Interface,
    /// Behind a Gateway Load Balancer.
    GatewayLoadBalancer,
}
