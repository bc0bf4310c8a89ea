//! Which names an instance has inside its VPC. R111

/// How an instance's own names are made. Source: `PrivateDnsNameOptions` of the EC2 API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateDnsNameOptions {
    /// What its host name is made of; it changes no answer, since the IP name of an IPv4 address always exists.
    pub hostname_type: HostnameType,
    /// Whether its resource name has an A record.
    pub enable_resource_name_dns_a_record: bool,
    /// Whether its resource name has an AAAA record.
    pub enable_resource_name_dns_aaaa_record: bool,
}

/// What an instance's host name is made of. R111
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostnameType {
    /// Its private IPv4 address: `ip-10-24-34-0`.
    IpName,
    /// Its id: `i-0123456789abcdef0`.
    ResourceName,
}

impl HostnameType {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IpName => "ip-name",
            Self::ResourceName => "resource-name",
        }
    }
}
