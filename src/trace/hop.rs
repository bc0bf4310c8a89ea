//! What a trace consists of: components on the way, what each decided, and why one dropped the packet. N280–N286

use super::{
    AclIx, Code, GatewayEndpointIx, GroupIx, InterfaceIx, NatGatewayIx, OuterGatewayIx, Packet,
    RuleMatch, TableIx,
};
use crate::model::{
    AzIx, EndpointIx, PrefixListIx, ResolverEndpointIx, RuleAction, ServiceIx, SubnetIx, VpcIx,
};

/// Which way a packet passes a filter, as the EC2 API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the subnet or network interface.
    Ingress,
    /// Out of it.
    Egress,
}

impl Direction {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The other one.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
}

/// One step of a packet's way: one component. N281
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// What it came to.
    pub component: Component,
    /// Its headers there.
    pub arrives: Packet,
    /// Its headers behind it; others than before where addresses are translated.
    pub leaves: Packet,
    /// What decided.
    pub decision: Option<Decision>,
    /// Why it went no further; empty where it did. N162
    pub explanations: Vec<Explanation>,
    /// What is worth knowing besides. N285
    pub details: Vec<Detail>,
}

/// What a packet passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Outside every VPC.
    Internet,
    /// Whatever a network interface belongs to, where that is an instance or an endpoint.
    Host(InterfaceIx),
    /// A place in a subnet that nothing of the model has.
    Place(SubnetIx),
    /// A network interface.
    NetworkInterface(InterfaceIx),
    /// A security group.
    SecurityGroup(GroupIx),
    /// A network ACL, at a subnet.
    NetworkAcl(AclIx, SubnetIx),
    /// A route table, for a subnet, or for an internet gateway.
    RouteTable(TableIx, Option<SubnetIx>),
    /// A VPC that holds nothing of the destination's.
    Vpc(VpcIx),
    /// A subnet that holds nothing of the destination's.
    Subnet(SubnetIx),
    /// A VPC's internet gateway.
    InternetGateway(VpcIx),
    /// A VPC's egress-only internet gateway.
    EgressOnlyInternetGateway(VpcIx),
    /// A NAT gateway.
    NatGateway(NatGatewayIx),
    /// A peering connection, by its place in `Model::vpc_peering_connections`.
    VpcPeeringConnection(usize),
    /// A gateway endpoint.
    GatewayEndpoint(GatewayEndpointIx),
    /// A gateway that leads out of the model. N22
    OuterGateway(OuterGatewayIx),
    /// An interface endpoint, or a Gateway Load Balancer endpoint.
    InterfaceEndpoint(EndpointIx),
    /// A resolver endpoint.
    ResolverEndpoint(ResolverEndpointIx),
    /// The service behind a gateway endpoint.
    Service(ServiceIx),
    /// What no filter keeps an instance from. N109
    AwsService(AwsService),
}

/// What no security group and no network ACL blocks. N109
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// The VPC Resolver.
    Dns,
    /// Instance metadata.
    InstanceMetadata,
    /// Task metadata of ECS.
    TaskMetadata,
    /// Windows activation.
    WindowsActivation,
    /// The Time Sync Service.
    TimeSync,
    /// The VPC router.
    Router,
    /// The asker itself: its packet leaves no network interface.
    Itself,
}

/// What decided at a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A rule of a security group.
    SecurityGroupRule(RuleMatch),
    /// The flow it is the reply of is tracked. N101
    Tracked(Direction),
    /// A rule of a network ACL, by its number. N120
    AclRule {
        /// In which direction.
        direction: Direction,
        /// What it does.
        action: RuleAction,
        /// Its number; 32767 and 32768 are `*`.
        rule_no: u16,
    },
    /// A route, by its place in the table. N13
    Route(usize),
}

/// Why a packet went no further. N284
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// Which way it passed, at a filter.
    pub direction: Option<Direction>,
    /// The network interface meant, where that is not the component.
    pub interface: Option<InterfaceIx>,
    /// The AZ meant.
    pub availability_zone: Option<AzIx>,
    /// The route meant, which was passed over: by its table, and its place in it.
    pub passed_over: Option<(TableIx, usize)>,
}

impl Explanation {
    /// A code by itself.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, direction: None, interface: None, availability_zone: None, passed_over: None }
    }

    /// A code at a filter.
    #[must_use]
    pub(super) fn filtered(code: Code, direction: Direction) -> Self {
        Self { direction: Some(direction), ..Self::new(code) }
    }
}

/// What is worth knowing of a hop. N285
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The packet went to another AZ than it came from.
    AvailabilityZoneCrossed {
        /// Where it came from.
        from: AzIx,
        /// Where it went.
        to: AzIx,
    },
    /// What is behind a Gateway Load Balancer was not looked at.
    PathThroughGwlbNotChecked,
    /// Nothing listens where the connection goes, so what comes back refuses it. N84
    ClosedPort {
        /// Where the service listens.
        served: u16,
    },
    /// The flow is not tracked: its reply needs a rule. N102
    Untracked,
    /// The flow is reachable, and its reply does not come back through this. N161
    NoReplyThroughIt,
    /// The flow is reachable, and its request did not come through this. N161
    OnlyRepliesThroughIt,
    /// A route to a prefix list of which nobody says what it holds comes before the one that was selected, if it holds the destination:
    /// by its place in `unlisted`. N24
    UnlistedRoute {
        /// The table.
        table: TableIx,
        /// Its place.
        at: usize,
    },
    /// A rule for a prefix list of which nobody says what it holds lets it pass, if that holds the other side. N24
    UnlistedPeer {
        /// The list.
        list: PrefixListIx,
    },
}

impl Detail {
    /// Reachability Analyzer's code, or ours.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AvailabilityZoneCrossed { .. } => "AVAILABILITY_ZONE_CROSSED",
            Self::PathThroughGwlbNotChecked => "PATH_THROUGH_GWLB_NOT_CHECKED",
            Self::ClosedPort { .. } => "EMU_CLOSED_PORT",
            Self::Untracked => "EMU_UNTRACKED_CONNECTION",
            Self::NoReplyThroughIt | Self::OnlyRepliesThroughIt => "EMU_ASYMMETRIC_PATH",
            Self::UnlistedRoute { .. } | Self::UnlistedPeer { .. } => "EMU_UNKNOWN_PREFIX_LIST",
        }
    }
}

impl Hop {
    /// A hop that the packet passes as it is.
    #[must_use]
    pub(super) fn passed(component: Component, packet: Packet) -> Self {
        Self {
            component,
            arrives: packet,
            leaves: packet,
            decision: None,
            explanations: Vec::new(),
            details: Vec::new(),
        }
    }

    /// Whether the packet went no further.
    #[must_use]
    pub fn drops(&self) -> bool {
        !self.explanations.is_empty()
    }
}
