//! VPCs, their subnets and the instances in them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{
    AzIx, GatewayEndpoint, InstanceId, InternetGatewayExclusionMode, NatGateway, NetworkAcl,
    PrivateDnsNameOptions, QueryLogConfigIx, RouteTable, SecurityGroup, SubnetId, SubnetIx, VpcId,
    VpcIx,
};
use crate::catalog::Region;

/// How many addresses at the start of an IPv6 block are AWS's. N71
const RESERVED_AT_START: u128 = 4;

/// A VPC and what belongs to it alone.
#[expect(clippy::struct_excessive_bools, reason = "independent attributes of AWS's")]
#[derive(Clone, Debug)]
pub struct Vpc {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: VpcId,
    /// Its Region.
    pub region: Region,
    /// The primary IPv4 block first, then secondary ones. N11
    pub cidr_blocks: Vec<Ipv4Net>,
    /// Its IPv6 blocks.
    pub ipv6_cidr_blocks: Vec<Ipv6Net>,
    /// Whether the VPC Resolver answers at all. R125
    pub enable_dns_support: bool,
    /// Together with `enable_dns_support`: whether hosted zones and private DNS names are served. R49, R103
    pub enable_dns_hostnames: bool,
    /// Whether it has an internet gateway. N30
    pub internet_gateway: bool,
    /// Whether it has an egress-only internet gateway. N34
    pub egress_only_internet_gateway: bool,
    /// What it is exempted from of its Region's Block Public Access. N42
    pub block_public_access_exclusion: Option<InternetGatewayExclusionMode>,
    /// Its subnets, in the file's order.
    pub subnets: Vec<SubnetIx>,
    /// Its route tables by name; exactly one is the main one. N10
    pub route_tables: BTreeMap<Box<str>, RouteTable>,
    /// Its NAT gateways by name. N38
    pub nat_gateways: BTreeMap<Box<str>, NatGateway>,
    /// Its security groups by name; `default` always exists. N100
    pub security_groups: BTreeMap<Box<str>, SecurityGroup>,
    /// Its network ACLs by name; `default` always exists. N121
    pub network_acls: BTreeMap<Box<str>, NetworkAcl>,
    /// Its gateway endpoints by name. N50
    pub gateway_endpoints: BTreeMap<Box<str>, GatewayEndpoint>,
    /// Whether Resolver's own reverse zones for addresses are there. R84
    pub autodefined_reverse: bool,
    /// Whether queries pass when DNS Firewall does not answer. R107
    pub firewall_fail_open: bool,
    /// Whether DNS Firewall answers. R107
    pub firewall_available: bool,
    /// Where its queries are logged: its own query logging configurations, then those of its Profiles, each once. R104, R110
    pub query_logs: Vec<QueryLogConfigIx>,
    /// Whether answers of the public DNS are validated for askers here. R100
    pub dnssec_validation: bool,
}

/// Where the VPC Resolver answers in every VPC. R1
pub const RESOLVER_LINK_LOCAL: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);

/// The same of IPv6. R1
pub const RESOLVER_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253);

impl Vpc {
    /// The address that the VPC Resolver has in this VPC alone: the base of the primary block plus two. R1
    #[must_use]
    pub fn resolver_plus_two(&self) -> Option<Ipv4Addr> {
        let base = self.cidr_blocks.first()?.network();
        base.to_bits().checked_add(2).map(Ipv4Addr::from_bits)
    }

    /// Where the VPC Resolver answers; nowhere where DNS support is off. R1, R125
    pub fn resolver_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let addresses = [
            self.resolver_plus_two().map(IpAddr::V4),
            Some(RESOLVER_LINK_LOCAL.into()),
            Some(RESOLVER_IPV6.into()),
        ];
        addresses.into_iter().flatten().filter(|_| self.enable_dns_support)
    }

    /// Whether private hosted zones and private DNS names are served here: both attributes are on. R49, R63, R103
    #[must_use]
    pub fn serves_private_names(&self) -> bool {
        self.enable_dns_support && self.enable_dns_hostnames
    }

    /// All its blocks, of both families.
    pub fn blocks(&self) -> impl Iterator<Item = IpNet> {
        let v4 = self.cidr_blocks.iter().copied().map(IpNet::V4);
        v4.chain(self.ipv6_cidr_blocks.iter().copied().map(IpNet::V6))
    }
}

/// A subnet: a block of its VPC in one AZ.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: SubnetId,
    /// Its VPC.
    pub vpc: VpcIx,
    /// Its AZ.
    pub availability_zone: AzIx,
    /// Its IPv4 block; an IPv6-only subnet has none.
    pub cidr_block: Option<Ipv4Net>,
    /// Its IPv6 block.
    pub ipv6_cidr_block: Option<Ipv6Net>,
    /// Whether the VPC Resolver synthesises AAAA records for askers here. R102
    pub enable_dns64: bool,
    /// The name of its route table in the VPC; the main one where none is given. N10
    pub route_table: Box<str>,
    /// The name of its network ACL in the VPC; `default` where none is given. N120
    pub network_acl: Box<str>,
    /// What it is exempted from of its Region's Block Public Access; its VPC's exclusion where it has none. N42
    pub block_public_access_exclusion: Option<InternetGatewayExclusionMode>,
    /// Which names instances have that say nothing of them themselves. R111
    pub private_dns_name_options: PrivateDnsNameOptions,
}

impl Subnet {
    /// Its blocks, of both families.
    pub fn blocks(&self) -> impl Iterator<Item = IpNet> {
        self.cidr_block.map(IpNet::V4).into_iter().chain(self.ipv6_cidr_block.map(IpNet::V6))
    }

    /// Why an address in one of its blocks cannot be anybody's: the first four and the last are AWS's. N21, N71
    #[must_use]
    pub fn reserved(&self, address: IpAddr) -> Option<&'static str> {
        match (address, self.cidr_block, self.ipv6_cidr_block) {
            (IpAddr::V4(v4), Some(block), _) => {
                match v4.to_bits().wrapping_sub(block.network().to_bits()) {
                    0 => Some("the network address"),
                    1 => Some("the VPC router's"),
                    2 => Some("reserved for DNS"),
                    3 => Some("reserved by AWS"),
                    _ if v4 == block.broadcast() => Some("the broadcast address"),
                    _ => None,
                }
            }
            (IpAddr::V6(v6), _, Some(block)) => {
                let from_start = v6.to_bits().wrapping_sub(block.network().to_bits());
                let is_reserved = from_start < RESERVED_AT_START || v6 == block.broadcast();
                is_reserved.then_some("reserved by AWS")
            }
            (IpAddr::V4(_) | IpAddr::V6(_), ..) => None,
        }
    }
}

/// An EC2 instance with one network interface.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: InstanceId,
    /// Where it is.
    pub subnet: SubnetIx,
    /// Its primary private IPv4 address.
    pub private_ip: Option<Ipv4Addr>,
    /// Its IPv6 address.
    pub ipv6_address: Option<Ipv6Addr>,
    /// Its public IPv4 address.
    pub public_ip: Option<Ipv4Addr>,
    /// The names of its security groups in the VPC.
    pub security_groups: Vec<Box<str>>,
    /// Whether it drops packets that are not addressed to or from it. N43
    pub source_dest_check: bool,
    /// Which names it has. R111
    pub private_dns_name_options: PrivateDnsNameOptions,
}
