//! Route tables, gateways, security groups, network ACLs.

use schemars::JsonSchema;
use serde::Deserialize;

/// A NAT gateway.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct NatGatewaySpec {
    /// `nat-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The name of the subnet it stands in.
    pub(in crate::config) subnet: String,
    /// Its own address in the subnet; a free one where absent.
    pub(in crate::config) private_ip: Option<String>,
    /// Its Elastic IP address; a private NAT gateway has none.
    pub(in crate::config) public_ip: Option<String>,
}

/// A route table; its `local` routes are implied.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RouteTableSpec {
    /// `rtb-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Whether it serves subnets that name none; exactly one of a VPC does.
    #[serde(default)]
    pub(in crate::config) main: bool,
    /// The gateway that uses it for what comes in; its routes lead to instances and Gateway Load Balancer endpoints (N20).
    pub(in crate::config) gateway: Option<TableGatewayWord>,
    /// Its routes.
    #[serde(default)]
    pub(in crate::config) routes: Vec<RouteSpec>,
}

/// A gateway that has a route table of its own.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum TableGatewayWord {
    /// The VPC's internet gateway.
    InternetGateway,
}

/// A route.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RouteSpec {
    /// A CIDR block, or a prefix list by its id (`pl-…`) or name.
    pub(in crate::config) destination: String,
    /// Where it leads.
    pub(in crate::config) target: RouteTargetSpec,
    /// Who made it; a user where absent (N23).
    pub(in crate::config) origin: Option<RouteOriginWord>,
}

/// Who made a route, as the EC2 API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::config) enum RouteOriginWord {
    /// A user.
    CreateRoute,
    /// A virtual private gateway, which propagates what it learns: every other route to the same block comes first (N13).
    EnableVgwRoutePropagation,
}

/// `internet_gateway`, `egress_only_internet_gateway` or `blackhole`; or one resource by its name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum RouteTargetSpec {
    /// A target there is one of.
    Word(RouteTargetWord),
    /// A target by its name.
    Named(Box<NamedTargetSpec>),
}

/// A route's target that needs no name.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum RouteTargetWord {
    /// The VPC's internet gateway.
    InternetGateway,
    /// The VPC's egress-only internet gateway.
    EgressOnlyInternetGateway,
    /// Something that is gone: the route wins and drops.
    Blackhole,
}

/// A route's target by name: exactly one of these.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct NamedTargetSpec {
    /// A NAT gateway of the VPC.
    pub(in crate::config) nat_gateway: Option<String>,
    /// A peering connection.
    pub(in crate::config) vpc_peering_connection: Option<String>,
    /// An instance of the VPC.
    pub(in crate::config) instance: Option<String>,
    /// A Gateway Load Balancer endpoint of the VPC.
    pub(in crate::config) vpc_endpoint: Option<String>,
    /// A transit gateway, `tgw-…`: a trace ends there.
    pub(in crate::config) transit_gateway: Option<String>,
    /// A virtual private gateway, `vgw-…`: a trace ends there.
    pub(in crate::config) virtual_private_gateway: Option<String>,
    /// A local gateway, `lgw-…`: a trace ends there.
    pub(in crate::config) local_gateway: Option<String>,
    /// A carrier gateway, `cagw-…`: a trace ends there.
    pub(in crate::config) carrier_gateway: Option<String>,
    /// The ARN of a core network: a trace ends there.
    pub(in crate::config) core_network: Option<String>,
    /// Something of which the file says no more than its id, such as `pcx-…`, `eni-…` or `nat-…`: a trace ends there.
    pub(in crate::config) unknown: Option<String>,
}

/// A protocol by name or number; `-1` is all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum ProtocolSpec {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, or a number in quotes.
    Name(String),
    /// −1 to 255.
    Number(i32),
}

/// A security group: allow rules only.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct SecurityGroupSpec {
    /// `sg-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// What may come in; nothing where absent.
    #[serde(default)]
    pub(in crate::config) ingress: Vec<SecurityGroupRuleSpec>,
    /// What may go out; everything where absent (N100).
    pub(in crate::config) egress: Option<Vec<SecurityGroupRuleSpec>>,
}

/// An allow rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct SecurityGroupRuleSpec {
    /// The protocol.
    pub(in crate::config) protocol: ProtocolSpec,
    /// First port, or ICMP type; not with protocol `-1`.
    pub(in crate::config) from_port: Option<i32>,
    /// Last port, or ICMP code.
    pub(in crate::config) to_port: Option<i32>,
    /// IPv4 blocks of the other side.
    #[serde(default)]
    pub(in crate::config) cidr_blocks: Vec<String>,
    /// IPv6 blocks of the other side.
    #[serde(default)]
    pub(in crate::config) ipv6_cidr_blocks: Vec<String>,
    /// Prefix lists of the other side, by id or name.
    #[serde(default)]
    pub(in crate::config) prefix_list_ids: Vec<String>,
    /// Security groups of the other side, by name in this VPC or by id.
    #[serde(default)]
    pub(in crate::config) security_groups: Vec<String>,
}

/// A network ACL: numbered rules, the first match decides.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct NetworkAclSpec {
    /// `acl-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Rules for packets that enter the subnet.
    #[serde(default)]
    pub(in crate::config) ingress: Vec<NaclRuleSpec>,
    /// Rules for packets that leave the subnet.
    #[serde(default)]
    pub(in crate::config) egress: Vec<NaclRuleSpec>,
}

/// A rule of a network ACL.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct NaclRuleSpec {
    /// 1 to 32766; lower numbers are tried first.
    pub(in crate::config) rule_no: i64,
    /// What happens on a match.
    pub(in crate::config) action: ActionSpec,
    /// The protocol.
    pub(in crate::config) protocol: ProtocolSpec,
    /// First destination port, or ICMP type.
    pub(in crate::config) from_port: Option<i32>,
    /// Last destination port, or ICMP code.
    pub(in crate::config) to_port: Option<i32>,
    /// The source for ingress, the destination for egress: IPv4.
    pub(in crate::config) cidr_block: Option<String>,
    /// The same for IPv6.
    pub(in crate::config) ipv6_cidr_block: Option<String>,
}

/// What a network ACL rule does.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum ActionSpec {
    /// Lets the packet pass.
    Allow,
    /// Drops it.
    Deny,
}
