//! What decides where a packet may go: route tables, gateways, security groups, network ACLs.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{NatGatewayId, NetworkAclId, PrefixListIx, RouteTableId, SecurityGroupId, SubnetIx};

/// A route table without its implied `local` routes. N10, N11
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// Whether it serves the subnets that name none.
    pub main: bool,
    /// Whether the VPC's internet gateway uses it for what comes in. N20
    pub internet_gateway: bool,
    /// Its routes, in the file's order.
    pub routes: Vec<Route>,
}

/// One route. N13, N22
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Which destinations it takes.
    pub destination: RouteDestination,
    /// Where they go.
    pub target: RouteTarget,
    /// Whether a virtual private gateway made it. N23
    pub is_propagated: bool,
}

/// What a route matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RouteDestination {
    /// A block of either family. N12
    Cidr(IpNet),
    /// A prefix list. N24
    PrefixList(PrefixListIx),
}

/// Where a route leads. N22
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteTarget {
    /// The VPC's internet gateway. N30
    InternetGateway,
    /// The VPC's egress-only internet gateway. N34
    EgressOnlyInternetGateway,
    /// A NAT gateway of the VPC, by its name. N38
    NatGateway(Box<str>),
    /// A peering connection, by its name. N140
    VpcPeeringConnection(Box<str>),
    /// An instance of the VPC as a middlebox, by its name. N43
    Instance(Box<str>),
    /// A Gateway Load Balancer endpoint of the VPC, by its name. R21
    VpcEndpoint(Box<str>),
    /// A gateway whose other side is not part of the model. N22, N44
    OuterGateway(OuterGateway),
    /// Something that is gone: the route wins selection and drops. N18
    Blackhole,
}

/// A gateway whose other side is not part of the model: a trace ends there. N22
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OuterGateway {
    /// What it is.
    pub kind: OuterGatewayKind,
    /// Its id; of a core network, and of what has no other, its ARN.
    pub id: Box<str>,
}

impl OuterGateway {
    /// Whether it may be a middlebox, which routes of an internet gateway may lead to. N20
    #[must_use]
    pub fn is_middlebox(&self) -> bool {
        self.has_unknown(&["eni-", "i-", "vpce-"])
    }

    /// Whether it may be a NAT gateway. Routes inside of a VPC may lead to one, and to a middlebox. N16
    #[must_use]
    pub fn is_nat_gateway(&self) -> bool {
        self.has_unknown(&["nat-"])
    }

    fn has_unknown(&self, prefixes: &[&str]) -> bool {
        self.kind == OuterGatewayKind::Unknown
            && prefixes.iter().any(|prefix| self.id.starts_with(prefix))
    }
}

/// The kinds of gateways that lead out of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OuterGatewayKind {
    /// To other VPCs and networks.
    TransitGateway,
    /// To a VPN or Direct Connect. N44
    VirtualPrivateGateway,
    /// From an Outpost.
    LocalGateway,
    /// From a Wavelength Zone.
    CarrierGateway,
    /// Of Cloud WAN.
    CoreNetwork,
    /// Something of which no more than its id is known, such as a peering connection with a VPC of another account.
    Unknown,
}

impl OuterGatewayKind {
    /// Every kind, in the order of a file's keys.
    pub const ALL: [Self; 6] = [
        Self::TransitGateway,
        Self::VirtualPrivateGateway,
        Self::LocalGateway,
        Self::CarrierGateway,
        Self::CoreNetwork,
        Self::Unknown,
    ];

    /// What its ids begin with.
    #[must_use]
    pub fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::TransitGateway => &["tgw-"],
            Self::VirtualPrivateGateway => &["vgw-"],
            Self::LocalGateway => &["lgw-"],
            Self::CarrierGateway => &["cagw-"],
            Self::CoreNetwork => &["arn:"],
            Self::Unknown => &["pcx-", "eni-", "nat-", "i-", "vpce-", "arn:"],
        }
    }

    /// The key of a route's target.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::TransitGateway => "transit_gateway",
            Self::VirtualPrivateGateway => "virtual_private_gateway",
            Self::LocalGateway => "local_gateway",
            Self::CarrierGateway => "carrier_gateway",
            Self::CoreNetwork => "core_network",
            Self::Unknown => "unknown",
        }
    }
}

/// A NAT gateway. N38
#[derive(Clone, Debug)]
pub struct NatGateway {
    /// Its id.
    pub id: NatGatewayId,
    /// The subnet it stands in.
    pub subnet: SubnetIx,
    /// Its own address there; a subnet without IPv4 gives none.
    pub private_ip: Option<Ipv4Addr>,
    /// Its Elastic IP address; a private NAT gateway has none.
    pub public_ip: Option<Ipv4Addr>,
}

/// A security group: stateful, allow rules only. N100, N101
#[derive(Clone, Debug)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// What may come in.
    pub ingress: Vec<SecurityGroupRule>,
    /// What may go out.
    pub egress: Vec<SecurityGroupRule>,
}

/// One allow rule of a security group. N104, N105
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// The protocol and ports.
    pub traffic: Traffic,
    /// IPv4 blocks of the other side.
    pub cidr_blocks: Vec<Ipv4Net>,
    /// IPv6 blocks of the other side.
    pub ipv6_cidr_blocks: Vec<Ipv6Net>,
    /// Prefix lists of the other side.
    pub prefix_list_ids: Vec<PrefixListIx>,
    /// Security groups of the other side, by name or id.
    pub security_groups: Vec<Box<str>>,
}

/// Protocol and ports of a rule, as the EC2 API writes them. N104, N122
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// The protocol.
    pub protocol: Protocol,
    /// First port, or ICMP type; −1 is any.
    pub from_port: i32,
    /// Last port, or ICMP code; −1 is any.
    pub to_port: i32,
}

/// An IP protocol, or all of them. N104
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `-1`: every protocol and port.
    All,
    /// The protocol of this number: 6 is TCP, 17 UDP, 1 ICMP, 58 ICMPv6.
    Number(u8),
}

/// A network ACL: stateless, first match in ascending rule number. N120
#[derive(Clone, Debug)]
pub struct NetworkAcl {
    /// Its id.
    pub id: NetworkAclId,
    /// Rules for packets entering the subnet, by ascending number.
    pub ingress: Vec<NetworkAclRule>,
    /// Rules for packets leaving the subnet, by ascending number.
    pub egress: Vec<NetworkAclRule>,
}

/// One numbered rule of a network ACL. N120, N122
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAclRule {
    /// 1 to 32766.
    pub rule_no: u16,
    /// What happens on a match.
    pub action: RuleAction,
    /// The protocol and destination ports.
    pub traffic: Traffic,
    /// Source for ingress, destination for egress.
    pub cidr_block: IpNet,
}

/// What a network ACL rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Lets the packet pass.
    Allow,
    /// Drops it in silence. N127
    Deny,
}
