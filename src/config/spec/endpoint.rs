//! VPC endpoints and the services behind them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::PrivateDnsPreferenceSpec;
use crate::config::Entries;

/// A VPC endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct EndpointSpec {
    /// `vpce-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The service: `sns`, `com.amazonaws.us-east-1.sns`, a name of `vpc_endpoint_services` or of `services`.
    /// Resource and service-network endpoints have none.
    pub(in crate::config) service_name: Option<String>,
    /// Default `Interface`; `Gateway` where there are `route_tables` and no `subnets`.
    pub(in crate::config) vpc_endpoint_type: Option<EndpointTypeSpec>,
    /// Interface: its subnets, one an AZ: a list of names, or names with the addresses of the network interfaces.
    pub(in crate::config) subnets: Option<EndpointSubnetsSpec>,
    /// Gateway: the route tables that get its route.
    #[serde(default)]
    pub(in crate::config) route_tables: Vec<String>,
    /// Interface: its security groups; `default` where there are none.
    pub(in crate::config) security_groups: Option<Vec<String>>,
    /// Interface: whether the service's own names resolve to it inside the VPC. Default false.
    #[serde(default)]
    pub(in crate::config) private_dns_enabled: bool,
    /// S3: private names for queries through an inbound Resolver endpoint alone. Default true when private DNS is on (R58).
    pub(in crate::config) private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// The families its network interfaces have addresses of, or, of a gateway endpoint, its prefix lists (N4). Default `ipv4`.
    pub(in crate::config) ip_address_type: Option<IpAddressTypeSpec>,
    /// The families its names answer. Default: those of `ip_address_type` (R43).
    pub(in crate::config) dns_record_ip_type: Option<DnsRecordIpTypeSpec>,
    /// Which of the healthy addresses an asker gets. Default `any_availability_zone`, which is what PrivateLink does.
    pub(in crate::config) client_routing_policy: Option<ClientRoutingPolicySpec>,
    /// The eight characters `[a-z0-9]` in its names (R11); made up where absent.
    pub(in crate::config) dns_name_hash: Option<String>,
    /// Interface: ids of the hidden hosted zones of its private DNS names, by name, such as `sqs.us-east-1.amazonaws.com: Z0123…`
    /// (R19, R45); made up where absent.
    #[serde(default)]
    pub(in crate::config) private_dns_hosted_zone_ids: Entries<String>,
    /// Where it is in its life. Default `available`, or `pendingAcceptance` where the service requires acceptance; only
    /// `available` has addresses (R129) and forwards (N62, N79).
    pub(in crate::config) state: Option<EndpointStateSpec>,
    /// Its endpoint policy, as a mapping or as JSON text; full access where absent.
    pub(in crate::config) policy: Option<serde_json::Value>,
    /// The service's Region where it is not the VPC's (R23).
    pub(in crate::config) service_region: Option<String>,
    /// Resource: the name of its resource configuration (R22).
    pub(in crate::config) resource_configuration: Option<String>,
    /// Service network: the name of its service network (R22).
    pub(in crate::config) service_network: Option<String>,
    /// Resource and service network: which custom domain names become private names. Default `VERIFIED_DOMAINS_ONLY` (R62).
    pub(in crate::config) private_dns_preference: Option<PrivateDnsPreferenceSpec>,
    /// Resource and service network: the domains that the preference speaks of; each stands for itself and what is below it.
    pub(in crate::config) private_dns_specified_domains: Option<Vec<String>>,
}

/// The type of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::config) enum EndpointTypeSpec {
    /// Network interfaces in subnets, with DNS names.
    Interface,
    /// A route to a prefix list, for S3 and `DynamoDB`.
    Gateway,
    /// A network interface in one subnet, reached by routes, without DNS names (R21).
    GatewayLoadBalancer,
    /// For a resource configuration of VPC Lattice (R22).
    Resource,
    /// For a service network of VPC Lattice (R22).
    ServiceNetwork,
}

/// The subnets of an interface endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum EndpointSubnetsSpec {
    /// Names; the addresses are free ones of the subnets.
    Names(Vec<String>),
    /// Names with addresses.
    Addresses(Entries<Option<AddressSpec>>),
}

/// The addresses of one network interface.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum AddressSpec {
    /// One address of either family.
    One(String),
    /// One of each.
    Both(BothAddressesSpec),
}

/// The addresses of a network interface by family.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct BothAddressesSpec {
    /// The IPv4 address.
    pub(in crate::config) ipv4: Option<String>,
    /// The IPv6 address.
    pub(in crate::config) ipv6: Option<String>,
}

/// Families of addresses.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum IpAddressTypeSpec {
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
    /// Both.
    Dualstack,
}

/// Families that names answer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum DnsRecordIpTypeSpec {
    /// A.
    Ipv4,
    /// AAAA.
    Ipv6,
    /// Both.
    Dualstack,
    /// A everywhere, AAAA for Regional and zonal names alone.
    ServiceDefined,
}

/// Which healthy addresses an asker gets.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum ClientRoutingPolicySpec {
    /// All of them, rotated.
    AnyAvailabilityZone,
    /// The own AZ's alone while it is healthy.
    AvailabilityZoneAffinity,
    /// The own AZ's first.
    PartialAvailabilityZoneAffinity,
}

/// The state of an endpoint.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::config) enum EndpointStateSpec {
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

/// A service that the catalogue lacks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ServiceSpec {
    /// The label in its endpoints' names: `api.ecr`, or `vpce-svc-…` for an endpoint service (R14).
    pub(in crate::config) label: String,
    /// Its full name; made from the label and Region where absent.
    pub(in crate::config) service_name: Option<String>,
    /// Its private DNS names; `*.x` is x and everything below it (R45).
    #[serde(default)]
    pub(in crate::config) private_dns_names: Vec<String>,
    /// Who provides it. Default `customer` for a label `vpce-svc-…`, else `amazon` (R47).
    pub(in crate::config) owner: Option<OwnerSpec>,
    /// The port its endpoints serve. Default 443.
    pub(in crate::config) port: Option<u16>,
}

/// Who provides a service.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum OwnerSpec {
    /// AWS: private names hold addresses.
    Amazon,
    /// A customer: private names are CNAMEs.
    Customer,
}
