//! The topology file's form, one file a group of AWS resources; texts are read into their types by `build`.
//!
//! Attribute names are Terraform's. Doc comments here are the descriptions of the published JSON Schema.

mod block_public_access;
mod endpoint;
mod endpoint_service;
mod firewall;
mod flow_log;
mod lattice;
mod network;
mod peering;
mod prefix_list;
mod private_dns_name;
mod profile;
mod query_log;
mod quotas;
mod resolver;
mod s3_bucket;
mod settings;
mod vpc;
mod zone;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use block_public_access::{
    BlockPublicAccessExclusionSpec, BlockPublicAccessOptionsSpec, InternetGatewayBlockModeSpec,
    InternetGatewayExclusionModeSpec,
};
pub(super) use endpoint::{
    AddressSpec, BothAddressesSpec, ClientRoutingPolicySpec, DnsRecordIpTypeSpec, EndpointSpec,
    EndpointStateSpec, EndpointSubnetsSpec, EndpointTypeSpec, IpAddressTypeSpec, OwnerSpec,
    ServiceSpec,
};
pub(super) use endpoint_service::{
    EndpointServiceSpec, PrivateDnsNameConfigurationSpec, ServiceTypeSpec, VerificationStateSpec,
};
pub(super) use firewall::{
    BlockResponseSpec, FirewallActionSpec, FirewallDomainListSpec, FirewallFailOpenSpec,
    FirewallRedirectionSpec, FirewallRuleGroupSpec, FirewallRuleSpec,
};
pub(super) use flow_log::{
    DestinationOptionsSpec, FileFormatSpec, FlowLogSpec, LogDestinationTypeSpec, TrafficTypeSpec,
};
pub(super) use lattice::{
    DomainVerificationStatusSpec, LatticeServiceSpec, PrivateDnsPreferenceSpec,
    ResourceConfigurationSpec, ServiceNetworkSpec,
};
pub(super) use network::{
    ActionSpec, NaclRuleSpec, NamedTargetSpec, NatGatewaySpec, NetworkAclSpec, ProtocolSpec,
    RouteOriginWord, RouteSpec, RouteTableSpec, RouteTargetSpec, RouteTargetWord,
    SecurityGroupRuleSpec, SecurityGroupSpec,
};
pub(super) use peering::{PeeringSideSpec, PeeringSpec, PeeringStatusSpec};
pub(super) use prefix_list::{AddressFamilySpec, PrefixListEntriesSpec, PrefixListSpec};
pub(super) use private_dns_name::{FlagSpec, HostnameTypeSpec, PrivateDnsNameOptionsSpec};
pub(super) use profile::ProfileSpec;
pub(super) use query_log::{QueryLogConfigSpec, QueryLogDestinationSpec, QueryLogFileSpec};
pub(super) use quotas::QuotasSpec;
pub(super) use resolver::{
    DNS_PORT, DirectionSpec, ResolverAddressSpec, ResolverEndpointSpec, ResolverListenSpec,
    ResolverProtocolSpec, ResolverRuleSpec, RuleTypeSpec, TargetPartsSpec, TargetProtocolSpec,
    TargetSpec, dns_server,
};
pub(super) use s3_bucket::S3BucketSpec;
pub(super) use settings::{
    AllImpairedSpec, CacheSpec, CachedNegativeSoaSpec, CompatSpec, FailoverSettingsSpec,
    FailoverSpec, InboundSpec, PacketLimitSpec, PacketLimitWord, PlaceSpec, PresetSpec,
    PublicDnsSpec, VantageSpec, VantageWord, ZonalSpec,
};
pub(super) use vpc::{InstanceSpec, SubnetSpec, VpcSpec};
pub(super) use zone::{
    AliasSpec, FailoverRoleWord, GeolocationSpec, GeoproximitySpec, HealthCheckSpec,
    HealthStatusSpec, HostedZoneSpec, RecordSpec,
};

use super::Entries;

/// A plustwo topology: VPCs with their endpoints, private hosted zones, who asks from where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopologySpec {
    /// The Region of every VPC that names none, such as `us-east-1`.
    pub(super) region: String,
    /// The account that owns everything: twelve digits, in quotes. Default `123456789012`.
    pub(super) account_id: Option<String>,
    /// The account's own mapping of AZ names to AZ ids, such as `us-east-1a: use1-az4`.
    #[serde(default)]
    pub(super) availability_zone_ids: Entries<String>,
    /// Services that the catalogue lacks, by the name that endpoints use for them.
    #[serde(default)]
    pub(super) services: Entries<ServiceSpec>,
    /// VPCs by name.
    #[serde(default)]
    pub(super) vpcs: Entries<VpcSpec>,
    /// Peering connections by name.
    #[serde(default)]
    pub(super) vpc_peering_connections: Entries<PeeringSpec>,
    /// Prefix lists by name; an entry of the name of one of AWS's says what that holds.
    #[serde(default)]
    pub(super) prefix_lists: Entries<PrefixListSpec>,
    /// VPC Block Public Access by Region (N42).
    #[serde(default)]
    pub(super) vpc_block_public_access_options: Entries<BlockPublicAccessOptionsSpec>,
    /// Exclusions from VPC Block Public Access, by names of your choice (N42).
    #[serde(default)]
    pub(super) vpc_block_public_access_exclusions: Entries<BlockPublicAccessExclusionSpec>,
    /// Private hosted zones; the key is the zone's name unless `name` gives it.
    #[serde(default)]
    pub(super) hosted_zones: Entries<HostedZoneSpec>,
    /// Health checks by name, which records with a routing policy go by (R72).
    #[serde(default)]
    pub(super) health_checks: Entries<HealthCheckSpec>,
    /// Resolver rules by name: which names are answered by other networks' DNS servers.
    #[serde(default)]
    pub(super) resolver_rules: Entries<ResolverRuleSpec>,
    /// Query logging configurations by name: where a line for each query of their VPCs goes (R110).
    #[serde(default)]
    pub(super) resolver_query_log_configs: Entries<QueryLogConfigSpec>,
    /// Flow logs by name: records of what flows through the network interfaces of a VPC, a subnet, or one by itself (N200).
    #[serde(default)]
    pub(super) flow_logs: Entries<FlowLogSpec>,
    /// Route 53 Profiles by name: DNS settings that several VPCs share.
    #[serde(default)]
    pub(super) route53_profiles: Entries<ProfileSpec>,
    /// Who is who among the askers: address or prefix to vantage; the longest prefix wins.
    #[serde(default)]
    pub(super) clients: Entries<VantageSpec>,
    /// Addresses to listen on; a vantage given here holds for every asker at that address.
    #[serde(default)]
    pub(super) listen: Entries<Option<VantageSpec>>,
    /// How names of the public DNS are answered.
    #[serde(default)]
    pub(super) public_dns: PublicDnsSpec,
    /// When and how DNS reacts to a fault: settings, or the name of a preset.
    pub(super) failover: Option<FailoverSpec>,
    /// Whether answers are cached as the VPC Resolver caches them. Default `off`.
    pub(super) cache: Option<CacheSpec>,
    /// Whether negative answers from the cache have the SOA that they were stored with (R89). Default `keep`.
    pub(super) cached_negative_soa: Option<CachedNegativeSoaSpec>,
    /// How many packets a second an asker in a VPC may send; excess is dropped in silence (R101). Default `off`; `aws` is 1024.
    pub(super) packets_per_second_limit: Option<PacketLimitSpec>,
    /// Whose limits interface endpoints have: `2021` is TCP over IPv4 alone (N2). Default `current`.
    pub(super) compat: Option<CompatSpec>,
    /// Endpoint services of customers, by the name that endpoints use for them.
    #[serde(default)]
    pub(super) vpc_endpoint_services: Entries<EndpointServiceSpec>,
    /// Resource configurations of VPC Lattice by name.
    #[serde(default)]
    pub(super) resource_configurations: Entries<ResourceConfigurationSpec>,
    /// Service networks of VPC Lattice by name.
    #[serde(default)]
    pub(super) service_networks: Entries<ServiceNetworkSpec>,
    /// Domain lists of DNS Firewall by name (R108).
    #[serde(default)]
    pub(super) firewall_domain_lists: Entries<FirewallDomainListSpec>,
    /// Rule groups of DNS Firewall by name (R105).
    #[serde(default)]
    pub(super) firewall_rule_groups: Entries<FirewallRuleGroupSpec>,
    /// How long the hidden zone of private DNS that was switched off or deleted stays attached, such as `3m` (R54). Default none.
    pub(super) private_dns_deletion_lag: Option<String>,
    /// Buckets of S3 by name, whose policies `plustwo policy` asks (N59).
    #[serde(default)]
    pub(super) s3_buckets: Entries<S3BucketSpec>,
    /// What the account may have, where that is not AWS's default; what is more is warned of.
    #[serde(default)]
    pub(super) quotas: QuotasSpec,
}
