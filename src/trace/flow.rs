//! What is traced: where a packet starts, and the headers that components look at.

use std::net::IpAddr;

use super::InterfaceIx;
use crate::model::SubnetIx;

/// The source port of flows that name none. Source: rules N124 and N161; Windows begins its ephemeral ports here, and
/// Linux has it inside its own.
pub const SOURCE_PORT: u16 = 49_152;

/// One flow, as its first packet begins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Where it begins.
    pub source: Source,
    /// Where it goes.
    pub destination: IpAddr,
    /// Protocol and ports.
    pub transport: Transport,
    /// How large each packet is, with its IP header. N77, N148
    pub packet_bytes: u32,
    /// How long nothing is sent before the reply. N39, N103
    pub idle_secs: u64,
}

/// How large packets are that say nothing of it: what ping sends.
pub const PACKET_BYTES: u32 = 84;

impl Flow {
    /// A flow of small packets that is answered at once.
    #[must_use]
    pub fn new(source: Source, destination: IpAddr, transport: Transport) -> Self {
        Self { source, destination, transport, packet_bytes: PACKET_BYTES, idle_secs: 0 }
    }
}

/// Where a flow begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A network interface of the model, by the address of the destination's family that it has.
    Interface(InterfaceIx),
    /// A place in a subnet that nothing of the model has: something with the VPC's default security group.
    Subnet(SubnetIx, IpAddr),
    /// An address outside every VPC.
    Internet(IpAddr),
}

/// The headers of a packet that decide its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Where it says it is from.
    pub source: IpAddr,
    /// Where it says it goes.
    pub destination: IpAddr,
    /// Protocol and ports.
    pub transport: Transport,
}

/// Protocol and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Tcp {
        /// The port it is from.
        source_port: u16,
        /// The port it goes to.
        destination_port: u16,
    },
    /// UDP.
    Udp {
        /// The port it is from.
        source_port: u16,
        /// The port it goes to.
        destination_port: u16,
    },
    /// ICMP in IPv4, `ICMPv6` in IPv6.
    Icmp {
        /// The type of message.
        icmp_type: u8,
        /// The code in it.
        code: u8,
    },
    /// Another protocol, by its number.
    Other(u8),
}

impl Transport {
    /// The echo request of a family: what ping sends.
    #[must_use]
    pub fn ping(is_ipv4: bool) -> Self {
        Self::Icmp { icmp_type: if is_ipv4 { 8 } else { 128 }, code: 0 }
    }

    /// That of the reply: ports swapped, echo request to echo reply.
    #[must_use]
    pub fn reply(self) -> Self {
        match self {
            Self::Tcp { source_port, destination_port } => {
                Self::Tcp { source_port: destination_port, destination_port: source_port }
            }
            Self::Udp { source_port, destination_port } => {
                Self::Udp { source_port: destination_port, destination_port: source_port }
            }
            Self::Icmp { icmp_type, code } => {
                let icmp_type = match icmp_type {
                    8 => 0,
                    128 => 129,
                    other => other,
                };
                Self::Icmp { icmp_type, code }
            }
            Self::Other(_) => self,
        }
    }

    /// The ports, the source's first, if it has any.
    #[must_use]
    pub fn ports(self) -> Option<(u16, u16)> {
        match self {
            Self::Tcp { source_port, destination_port }
            | Self::Udp { source_port, destination_port } => Some((source_port, destination_port)),
            Self::Icmp { .. } | Self::Other(_) => None,
        }
    }

    /// The same from another source port.
    #[must_use]
    pub(super) fn sent_from(self, source_port: u16) -> Self {
        match self {
            Self::Tcp { destination_port, .. } => Self::Tcp { source_port, destination_port },
            Self::Udp { destination_port, .. } => Self::Udp { source_port, destination_port },
            Self::Icmp { .. } | Self::Other(_) => self,
        }
    }
}

impl Packet {
    /// The protocol's number: 6 is TCP, 17 UDP, 1 ICMP, 58 `ICMPv6`.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        match self.transport {
            Transport::Tcp { .. } => 6,
            Transport::Udp { .. } => 17,
            Transport::Icmp { .. } if self.destination.is_ipv4() => 1,
            Transport::Icmp { .. } => 58,
            Transport::Other(number) => number,
        }
    }

    /// What comes back.
    #[must_use]
    pub fn reply(&self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
            transport: self.transport.reply(),
        }
    }

    /// Whether it is TCP, or what ping sends or gets back: what a gateway endpoint takes. N55
    #[must_use]
    pub(super) fn is_tcp_or_echo(&self) -> bool {
        match self.transport {
            Transport::Tcp { .. } => true,
            Transport::Icmp { icmp_type, .. } => matches!(icmp_type, 0 | 8 | 128 | 129),
            Transport::Udp { .. } | Transport::Other(_) => false,
        }
    }
}
