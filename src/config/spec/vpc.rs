//! VPCs, subnets, instances.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    EndpointSpec, FirewallFailOpenSpec, FlagSpec, HostnameTypeSpec, NatGatewaySpec, NetworkAclSpec,
    PrivateDnsNameOptionsSpec, ResolverEndpointSpec, RouteTableSpec, SecurityGroupSpec,
};
use crate::config::Entries;

/// A VPC.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct VpcSpec {
    /// `vpc-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Its Region; the topology's where absent.
    pub(in crate::config) region: Option<String>,
    /// The primary IPv4 block, /16 to /28.
    pub(in crate::config) cidr_block: String,
    /// Further IPv4 blocks.
    #[serde(default)]
    pub(in crate::config) secondary_cidr_blocks: Vec<String>,
    /// The IPv6 block, /44 to /60.
    pub(in crate::config) ipv6_cidr_block: Option<String>,
    /// Whether the VPC Resolver answers at all. Default true (R118).
    pub(in crate::config) enable_dns_support: Option<bool>,
    /// Needed, with `enable_dns_support`, by private DNS and hosted zones. Default false, as in AWS (R118).
    #[serde(default)]
    pub(in crate::config) enable_dns_hostnames: bool,
    /// Subnets by name.
    #[serde(default)]
    pub(in crate::config) subnets: Entries<SubnetSpec>,
    /// Whether it has an internet gateway.
    #[serde(default)]
    pub(in crate::config) internet_gateway: bool,
    /// Whether it has an egress-only internet gateway (IPv6).
    #[serde(default)]
    pub(in crate::config) egress_only_internet_gateway: bool,
    /// NAT gateways by name.
    #[serde(default)]
    pub(in crate::config) nat_gateways: Entries<NatGatewaySpec>,
    /// Route tables by name; without any there is an empty main one.
    #[serde(default)]
    pub(in crate::config) route_tables: Entries<RouteTableSpec>,
    /// Security groups by name; `default` always exists.
    #[serde(default)]
    pub(in crate::config) security_groups: Entries<SecurityGroupSpec>,
    /// Network ACLs by name; `default` always exists.
    #[serde(default)]
    pub(in crate::config) network_acls: Entries<NetworkAclSpec>,
    /// Instances by name.
    #[serde(default)]
    pub(in crate::config) instances: Entries<InstanceSpec>,
    /// VPC endpoints by name.
    #[serde(default)]
    pub(in crate::config) vpc_endpoints: Entries<EndpointSpec>,
    /// Resolver endpoints by name.
    #[serde(default)]
    pub(in crate::config) resolver_endpoints: Entries<ResolverEndpointSpec>,
    /// Whether Resolver's own reverse zones for addresses are there. Default `ENABLE` (R84).
    pub(in crate::config) autodefined_reverse_flag: Option<FlagSpec>,
    /// Whether queries pass when DNS Firewall does not answer. Default `DISABLED`: they are answered SERVFAIL (R107).
    pub(in crate::config) firewall_fail_open: Option<FirewallFailOpenSpec>,
    /// Whether DNS Firewall answers. Default true; false shows what `firewall_fail_open` does (R107).
    pub(in crate::config) firewall_available: Option<bool>,
    /// Whether answers of `public_dns.upstream` are validated by DNSSEC. Default false (R100).
    pub(in crate::config) dnssec_validation: Option<bool>,
}

/// A subnet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct SubnetSpec {
    /// `subnet-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The AZ's name in this account, such as `us-east-1a`.
    pub(in crate::config) availability_zone: String,
    /// Its IPv4 block; absent in an IPv6-only subnet.
    pub(in crate::config) cidr_block: Option<String>,
    /// Its IPv6 block, a /64.
    pub(in crate::config) ipv6_cidr_block: Option<String>,
    /// Whether askers here get AAAA records made from A records (R102).
    #[serde(default)]
    pub(in crate::config) enable_dns64: bool,
    /// Its route table's name; the main one where absent.
    pub(in crate::config) route_table: Option<String>,
    /// Its network ACL's name; `default` where absent.
    pub(in crate::config) network_acl: Option<String>,
    /// What host names of instances here are made of; `resource-name` where the subnet has no IPv4 block, else `ip-name`.
    pub(in crate::config) private_dns_hostname_type_on_launch: Option<HostnameTypeSpec>,
    /// Whether resource names of instances here have an A record. Default false (R111).
    pub(in crate::config) enable_resource_name_dns_a_record_on_launch: Option<bool>,
    /// Whether resource names of instances here have an AAAA record; true where the subnet has no IPv4 block, else false (R111).
    pub(in crate::config) enable_resource_name_dns_aaaa_record_on_launch: Option<bool>,
}

/// An EC2 instance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct InstanceSpec {
    /// `i-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The name of its subnet.
    pub(in crate::config) subnet: String,
    /// Its private IPv4 address; a free one of the subnet where absent.
    pub(in crate::config) private_ip: Option<String>,
    /// Its IPv6 address; where absent, none, or a free one in a subnet without IPv4.
    pub(in crate::config) ipv6_address: Option<String>,
    /// Its public IPv4 address.
    pub(in crate::config) public_ip: Option<String>,
    /// The names of its security groups; `default` where there are none.
    pub(in crate::config) security_groups: Option<Vec<String>>,
    /// Whether it drops packets that are not addressed to or from it. Default true; a middlebox has false (N43).
    pub(in crate::config) source_dest_check: Option<bool>,
    /// Which names it has, where its subnet's defaults do not do (R111).
    #[serde(default)]
    pub(in crate::config) private_dns_name_options: PrivateDnsNameOptionsSpec,
}
