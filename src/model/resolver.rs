//! Route 53 Resolver: endpoints, where queries come in and go out, and rules, which say where they go.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use super::{
    DnsName, HexDigits, NetworkInterfaceId, ResolverEndpointIx, ResolverNetworkInterfaceId,
    SubnetIx, VpcIx,
};

/// Most targets of a FORWARD rule. R93
pub const MAX_TARGETS: usize = 6;

/// A resolver endpoint of a VPC. R91, R93
#[derive(Clone, Debug)]
pub struct ResolverEndpoint {
    /// The user's name for it in its VPC.
    pub name: Box<str>,
    /// Its id.
    pub id: ResolverEndpointId,
    /// Its VPC.
    pub vpc: VpcIx,
    /// Which way queries go.
    pub direction: Direction,
    /// Its network interfaces, in the file's order.
    pub ip_addresses: Vec<ResolverAddress>,
    /// Inbound: how it is asked. Outbound: how its rules' targets can be.
    pub protocols: Vec<ResolverProtocol>,
    /// The names of its security groups in the VPC. R92
    pub security_groups: Vec<Box<str>>,
    /// Inbound: whether its askers get AAAA records made from A records. R102
    pub dns64_enabled: bool,
}

/// Which way queries go through a resolver endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From other networks into the VPC. R91
    Inbound,
    /// From the VPC to other networks, by FORWARD rules. R93
    Outbound,
}

impl Direction {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "INBOUND",
            Self::Outbound => "OUTBOUND",
        }
    }
}

/// A network interface of a resolver endpoint.
#[derive(Clone, Debug)]
pub struct ResolverAddress {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// Resolver's own id for it, which the query log shows. R110
    pub ip_id: ResolverNetworkInterfaceId,
    /// Where it stands.
    pub subnet: SubnetIx,
    /// Its address in the modelled VPC.
    pub ip: Option<IpAddr>,
    /// Inbound: the real addresses that stand for it, by protocol.
    pub listen: Vec<(ResolverProtocol, SocketAddr)>,
    /// Outbound: the real address that queries leave from; any where none is given.
    pub source: Option<IpAddr>,
}

/// How DNS is spoken at a resolver endpoint. R91, R93
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResolverProtocol {
    /// DNS over UDP and TCP.
    Do53,
    /// DNS over TLS, RFC 7858; not AWS's, and useful to try stubs with.
    DoT,
    /// DNS over HTTPS, RFC 8484.
    DoH,
}

impl ResolverProtocol {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Do53 => "Do53",
            Self::DoT => "DoT",
            Self::DoH => "DoH",
        }
    }
}

/// The id of a resolver endpoint, which tells its direction: `rslvr-in-…` or `rslvr-out-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolverEndpointId {
    outbound: bool,
    digits: HexDigits,
}

impl ResolverEndpointId {
    /// A stable made-up id.
    #[must_use]
    pub fn derive(direction: Direction, seed: &str) -> Self {
        let digits = HexDigits::derive_from([Self::prefix(direction), seed]);
        Self { outbound: direction == Direction::Outbound, digits }
    }

    /// Reads the id of an endpoint of a direction.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(direction: Direction, text: &str) -> Result<Self, String> {
        let prefix = Self::prefix(direction);
        text.strip_prefix(prefix)
            .and_then(|digits| HexDigits::parse(digits.as_bytes()))
            .map(|digits| Self { outbound: direction == Direction::Outbound, digits })
            .ok_or_else(|| {
                format!("expected `{prefix}` and 17 lower-case hexadecimal digits, found `{text}`")
            })
    }

    fn prefix(direction: Direction) -> &'static str {
        match direction {
            Direction::Inbound => "rslvr-in-",
            Direction::Outbound => "rslvr-out-",
        }
    }
}

impl fmt::Display for ResolverEndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.outbound { Direction::Outbound } else { Direction::Inbound };
        write!(f, "{}{}", Self::prefix(direction), self.digits)
    }
}

/// A resolver rule of the customer's. R80
#[derive(Clone, Debug)]
pub struct ResolverRule {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: super::ResolverRuleId,
    /// It holds for this name and everything below. R81
    pub domain_name: DnsName,
    /// What becomes of such queries.
    pub action: ResolverRuleAction,
    /// The VPCs it is associated with.
    pub vpcs: Vec<VpcIx>,
}

impl ResolverRule {
    /// Whether it is a DELEGATE rule that leads to a name server. R70
    #[must_use]
    pub fn leads_to(&self, name_server: &DnsName) -> bool {
        matches!(self.action, ResolverRuleAction::Delegate { .. })
            && name_server.is_within(&self.domain_name)
    }
}

/// What becomes of queries that a rule matches. R80
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolverRuleAction {
    /// They leave by an outbound endpoint. R93
    Forward {
        /// The outbound endpoint.
        endpoint: ResolverEndpointIx,
        /// Where they go, in the order in which they are tried.
        targets: Vec<TargetAddress>,
    },
    /// The name servers that a private zone delegates names to are reached by an outbound endpoint, if their names are the
    /// rule's `domain_name`, its delegation record, or below it. R70
    Delegate {
        /// The outbound endpoint.
        endpoint: ResolverEndpointIx,
        /// The real addresses that stand for name servers; others have their own address and port 53.
        name_servers: Vec<(DnsName, SocketAddr)>,
    },
    /// Resolver answers them itself, whatever a FORWARD rule for a name above says. R82
    System,
}

/// A target of a FORWARD rule. R93
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetAddress {
    /// Where it is.
    pub address: SocketAddr,
    /// How it is asked.
    pub protocol: TargetProtocol,
}

/// How a target is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TargetProtocol {
    /// DNS over UDP and TCP.
    Do53,
    /// DNS over HTTPS, to a server that proves to have this name: its `server_name_indication`, else its address.
    DoH(Box<str>),
}

impl fmt::Display for TargetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, protocol } = self;
        match protocol {
            TargetProtocol::Do53 => write!(f, "{address}"),
            TargetProtocol::DoH(name) if **name == *address.ip().to_string() => {
                write!(f, "{address} (DoH)")
            }
            TargetProtocol::DoH(name) => write!(f, "{address} (DoH, {name})"),
        }
    }
}
