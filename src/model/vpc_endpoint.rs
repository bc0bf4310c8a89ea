//! VPC endpoints: interface endpoints with their network interfaces, and gateway endpoints.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{
    DnsNameHash, EndpointIx, EniIx, NetworkInterfaceId, PolicyDocument, PrefixListIx, ServiceIx,
    SubnetIx, VpcEndpointId, VpcIx,
};
use crate::catalog::HostedZoneId;

/// TTL of Regional, zonal and private DNS names, in seconds.
/// Source: rule R33 (measured on real endpoints).
pub const ENDPOINT_TTL: u32 = 60;

/// An interface endpoint: one network interface a subnet, one subnet an AZ. R15, N70
///
/// A Gateway Load Balancer endpoint is one too, with a single subnet and without names. R21
#[derive(Clone, Debug)]
pub struct InterfaceEndpoint {
    /// The user's name for it in its VPC; endpoints of the same name in other VPCs share the text.
    pub name: Arc<str>,
    /// Its id.
    pub id: VpcEndpointId,
    /// The hash in its DNS names. R11
    pub dns_name_hash: DnsNameHash,
    /// Ids of the hidden hosted zones of its private names, where they are known. R19, R45
    pub hidden_zone_ids: Box<[(Box<str>, HostedZoneId)]>,
    /// Its VPC.
    pub vpc: VpcIx,
    /// The service behind it.
    pub service: ServiceIx,
    /// Where it is in its life; only `available` has addresses in DNS. R129
    pub state: EndpointState,
    /// Its network interfaces, by AZ name: first and one past the last in `Model::interfaces`.
    pub interfaces: (EniIx, EniIx),
    /// Whether the service's own names resolve to it inside the VPC. R45
    pub private_dns_enabled: bool,
    /// S3 only: private names for queries through an inbound Resolver endpoint alone. R58
    pub private_dns_only_for_inbound_resolver_endpoint: bool,
    /// The families its network interfaces have addresses of. R43
    pub ip_address_type: IpAddressType,
    /// The families its names answer. R42
    pub dns_record_ip_type: DnsRecordIpType,
    /// Which of the healthy addresses an asker gets. R34
    pub client_routing_policy: ClientRoutingPolicy,
    /// The names of its security groups in the VPC; endpoints with the same names share them. N72
    pub security_groups: Arc<[Box<str>]>,
    /// Its endpoint policy; none is full access. N81
    pub policy: Option<Arc<PolicyDocument>>,
    /// What it leads to; it decides which names it has.
    pub kind: EndpointKind,
}

/// The types of endpoints that have network interfaces, as the EC2 API spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// For a service, with Regional and zonal names. R12
    Interface,
    /// For a Gateway Load Balancer, without names. R21
    GatewayLoadBalancer,
    /// For one resource configuration. R22
    Resource,
    /// For a service network. R22
    ServiceNetwork,
}

impl EndpointKind {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interface => "Interface",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
            Self::Resource => "Resource",
            Self::ServiceNetwork => "ServiceNetwork",
        }
    }

    /// Whether it leads to VPC Lattice. R22
    #[must_use]
    pub fn is_lattice(self) -> bool {
        matches!(self, Self::Resource | Self::ServiceNetwork)
    }
}

/// The states of an endpoint, as the EC2 API spells them. N79
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// Waits for the owner of the service.
    PendingAcceptance,
    /// Being made.
    Pending,
    /// In use.
    Available,
    /// Being deleted.
    Deleting,
    /// Refused by the owner of the service.
    Rejected,
    /// Could not be made.
    Failed,
    /// Not accepted in time.
    Expired,
}

impl EndpointState {
    /// Every state, for parsing and for suggestions.
    pub const ALL: [Self; 7] = [
        Self::PendingAcceptance,
        Self::Pending,
        Self::Available,
        Self::Deleting,
        Self::Rejected,
        Self::Failed,
        Self::Expired,
    ];

    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingAcceptance => "pendingAcceptance",
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Deleting => "deleting",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// Which families an endpoint's network interfaces have addresses of. R43
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpAddressType {
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
    /// Both.
    Dualstack,
}

impl IpAddressType {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Dualstack => "dualstack",
        }
    }
}

/// Which record types an endpoint's names answer. R42
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsRecordIpType {
    /// A.
    Ipv4,
    /// AAAA.
    Ipv6,
    /// Both.
    Dualstack,
    /// A everywhere, AAAA for the Regional and zonal names alone.
    ServiceDefined,
}

impl DnsRecordIpType {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Dualstack => "dualstack",
            Self::ServiceDefined => "service-defined",
        }
    }
}

/// Which of an endpoint's healthy addresses an asker is given; the load balancer's words for it. R34
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientRoutingPolicy {
    /// All of them, rotated: what PrivateLink does.
    AnyAvailabilityZone,
    /// The asker's own AZ's alone while it is healthy, else the others.
    AvailabilityZoneAffinity,
    /// The asker's own AZ's first, the others behind it.
    PartialAvailabilityZoneAffinity,
}

impl ClientRoutingPolicy {
    /// The load balancer's spelling, with underscores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnyAvailabilityZone => "any_availability_zone",
            Self::AvailabilityZoneAffinity => "availability_zone_affinity",
            Self::PartialAvailabilityZoneAffinity => "partial_availability_zone_affinity",
        }
    }
}

/// An endpoint network interface. N70, N71
#[derive(Clone, Debug)]
pub struct NetworkInterface {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// The endpoint it belongs to.
    pub endpoint: EndpointIx,
    /// Where it is; its AZ is the subnet's.
    pub subnet: SubnetIx,
    /// Its IPv4 address, unless the endpoint is IPv6 only.
    pub ipv4: Option<Ipv4Addr>,
    /// Its IPv6 address, if the endpoint has IPv6.
    pub ipv6: Option<Box<Ipv6Addr>>,
}

impl NetworkInterface {
    /// Its addresses, IPv4 first.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let v6 = self.ipv6.as_deref().copied().map(IpAddr::V6);
        self.ipv4.map(IpAddr::V4).into_iter().chain(v6)
    }
}

/// A gateway endpoint: a route to a prefix list, no network interface, no DNS names. N50, N51
#[derive(Clone, Debug)]
pub struct GatewayEndpoint {
    /// Its id.
    pub id: VpcEndpointId,
    /// Its service.
    pub service: ServiceIx,
    /// Where it is in its life; only `available` forwards. N62
    pub state: EndpointState,
    /// Which destinations its route takes; none without IPv4, or for a service that has no gateway endpoints. N15
    pub prefix_list: Option<PrefixListIx>,
    /// The same of IPv6. N4
    pub ipv6_prefix_list: Option<PrefixListIx>,
    /// The names of the route tables that hold its route. N15
    pub route_tables: Vec<Box<str>>,
    /// Its endpoint policy; none is full access. N58
    pub policy: Option<Arc<PolicyDocument>>,
    /// The families it takes. R43
    pub ip_address_type: IpAddressType,
    /// The families that the service's names answer; they work as an interface endpoint's beside it. R43, R58
    pub dns_record_ip_type: DnsRecordIpType,
}
