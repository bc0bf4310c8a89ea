//! VPC Lattice: resource configurations and service networks, as far as endpoints have names for them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Entries;

/// A resource configuration of VPC Lattice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ResourceConfigurationSpec {
    /// `rcfg-…`; made up from the name where absent (R22).
    pub(in crate::config) id: Option<String>,
    /// The provider's own name for the resource, in lower case.
    pub(in crate::config) custom_domain_name: Option<String>,
    /// Whether the domain is known to be the provider's. Default `VERIFIED` (R62).
    pub(in crate::config) domain_verification_status: Option<DomainVerificationStatusSpec>,
}

/// A service network of VPC Lattice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ServiceNetworkSpec {
    /// `sn-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The names of the resource configurations in it.
    #[serde(default)]
    pub(in crate::config) resources: Vec<String>,
    /// The VPC Lattice services in it, by name.
    #[serde(default)]
    pub(in crate::config) services: Entries<Option<LatticeServiceSpec>>,
}

/// A VPC Lattice service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct LatticeServiceSpec {
    /// `svc-…`; made up from the names where absent.
    pub(in crate::config) id: Option<String>,
    /// The provider's own name for the service, in lower case.
    pub(in crate::config) custom_domain_name: Option<String>,
    /// Whether the domain is known to be the provider's. Default `VERIFIED` (R62).
    pub(in crate::config) domain_verification_status: Option<DomainVerificationStatusSpec>,
}

/// Whether a domain is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::config) enum DomainVerificationStatusSpec {
    /// It is.
    Verified,
    /// Not yet.
    Pending,
    /// It was not shown in time.
    VerificationTimedOut,
}

/// Which custom domain names become private names (R62).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::config) enum PrivateDnsPreferenceSpec {
    /// All of them.
    AllDomains,
    /// Those that the provider has verified.
    VerifiedDomainsOnly,
    /// Those, and those of `private_dns_specified_domains`.
    VerifiedDomainsAndSpecifiedDomains,
    /// Those of `private_dns_specified_domains`.
    SpecifiedDomainsOnly,
}
