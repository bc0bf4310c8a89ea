//! Packets as a network interface sees them.

use crate::trace::{Direction, InterfaceIx, Packet};

/// What became of a packet. N215
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Security groups and network ACL let it pass.
    Accept,
    /// One of them dropped it.
    Reject,
    /// VPC Block Public Access dropped it. N42
    RejectBpa,
}

impl Action {
    /// As records spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Reject | Self::RejectBpa => "REJECT",
        }
    }

    /// Why it was dropped, where records say so: `BPA`. N212
    #[must_use]
    pub fn reject_reason(self) -> Option<&'static str> {
        match self {
            Self::Accept | Self::Reject => None,
            Self::RejectBpa => Some("BPA"),
        }
    }
}

/// Where a packet goes that leaves a network interface, by AWS's numbers. N219
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficPath {
    /// To another resource in the VPC.
    SameVpc,
    /// Through an internet gateway or a gateway endpoint, from an instance that is no Nitro one: with `compat: "2021"`.
    Gateway,
    /// Through a virtual private gateway.
    VirtualPrivateGateway,
    /// Through a peering connection inside a Region.
    IntraRegionPeering,
    /// Through a peering connection between Regions.
    InterRegionPeering,
    /// Through a local gateway.
    LocalGateway,
    /// Through a gateway endpoint, from a Nitro instance.
    GatewayEndpoint,
    /// Through an internet gateway, from a Nitro instance.
    InternetGateway,
}

impl TrafficPath {
    /// AWS's number.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::SameVpc => 1,
            Self::Gateway => 2,
            Self::VirtualPrivateGateway => 3,
            Self::IntraRegionPeering => 4,
            Self::InterRegionPeering => 5,
            Self::LocalGateway => 6,
            Self::GatewayEndpoint => 7,
            Self::InternetGateway => 8,
        }
    }
}

/// Packets that are alike, at a network interface, within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When, in seconds since 1970.
    pub at: u64,
    /// Where.
    pub interface: InterfaceIx,
    /// Which way they pass it.
    pub direction: Direction,
    /// Their headers there.
    pub packet: Packet,
    /// How many.
    pub packets: u64,
    /// How large they are together, in octets.
    pub bytes: u64,
    /// Those of TCP's flags that are logged, of all packets together; 0 of other protocols. N217
    pub tcp_flags: u8,
    /// What became of them.
    pub action: Action,
    /// Where they go.
    pub traffic_path: Option<TrafficPath>,
    /// The interface that gets what leaves this one, or sent what comes to it, where no gateway stands between the two. N212
    pub next_hop: Option<InterfaceIx>,
}
