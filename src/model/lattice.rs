//! Resource and service-network endpoints: what of VPC Lattice they lead to. R22, R62

use super::EndpointIx;

/// What a resource or service-network endpoint has besides its network interfaces.
#[derive(Clone, Debug)]
pub struct LatticeEndpoint {
    /// The endpoint.
    pub endpoint: EndpointIx,
    /// The ARN of its resource configuration or service network.
    pub arn: Box<str>,
    /// Which private names it takes.
    pub private_dns_preference: PrivateDnsPreference,
    /// The domains that its preference speaks of.
    pub private_dns_specified_domains: Vec<Box<str>>,
    /// What can be reached through it, each with a name of its own.
    pub associations: Vec<Association>,
}

/// One resource or service behind an endpoint, as `DescribeVpcEndpointAssociations` lists it. R22
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// Its id: `snra-…` for a resource, `snsa-…` for a service.
    pub id: Box<str>,
    /// The ARN of the resource configuration or service.
    pub arn: Box<str>,
    /// What it is; it decides the public zone of its name.
    pub kind: AssociationKind,
    /// The labels of its name in front of the zone.
    pub labels: Box<str>,
    /// Its custom domain name, if private DNS serves that one.
    pub private_dns_name: Option<Box<str>>,
}

/// What an association leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssociationKind {
    /// A resource configuration.
    Resource,
    /// A VPC Lattice service.
    Service,
}

/// Which custom domain names become private names. R62
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateDnsPreference {
    /// All of them.
    AllDomains,
    /// Those that the provider has verified.
    VerifiedDomainsOnly,
    /// Those, and those that the consumer specifies.
    VerifiedDomainsAndSpecifiedDomains,
    /// Those that the consumer specifies.
    SpecifiedDomainsOnly,
}

impl PrivateDnsPreference {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllDomains => "ALL_DOMAINS",
            Self::VerifiedDomainsOnly => "VERIFIED_DOMAINS_ONLY",
            Self::VerifiedDomainsAndSpecifiedDomains => "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS",
            Self::SpecifiedDomainsOnly => "SPECIFIED_DOMAINS_ONLY",
        }
    }

    /// Whether the consumer's list counts.
    #[must_use]
    pub fn takes_specified(self) -> bool {
        matches!(self, Self::VerifiedDomainsAndSpecifiedDomains | Self::SpecifiedDomainsOnly)
    }
}
