//! What Flow Logs never see. N206

use std::net::{IpAddr, Ipv4Addr};

use crate::{
    model::Model,
    trace::{AwsService, Direction, InterfaceIx, Network, Packet, Transport},
};

/// The ports of DHCP, the server's first. RFC 2131
const DHCP: [u16; 2] = [67, 68];

/// The ports of `DHCPv6`, the server's first. RFC 8415
const DHCPV6: [u16; 2] = [547, 546];

/// What packets are that Flow Logs never have. N206
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlogged {
    /// They go to one of AWS's own services, or come from there.
    Service(AwsService),
    /// They are DHCP.
    Dhcp,
}

/// Whether packets at a network interface are logged at all. N206
#[must_use]
pub fn is_logged(
    model: &Model,
    network: &Network,
    interface: InterfaceIx,
    direction: Direction,
    packet: &Packet,
) -> bool {
    why_unlogged(model, network, interface, direction, packet).is_none()
}

/// Why packets at a network interface are never logged, if they are not.
///
/// They are not if they go to the VPC Resolver, instance metadata, the Time Sync Service, Windows activation or the VPC router, or come
/// from there, or if they are DHCP. A DNS server of the customer's own is logged.
pub(super) fn why_unlogged(
    model: &Model,
    network: &Network,
    interface: InterfaceIx,
    direction: Direction,
    packet: &Packet,
) -> Option<Unlogged> {
    let subnet = network[interface].subnet;
    let other = match direction {
        Direction::Ingress => packet.source,
        Direction::Egress => packet.destination,
    };
    match AwsService::at(model, subnet, other) {
        Some(
            service @ (AwsService::Dns
            | AwsService::InstanceMetadata
            | AwsService::WindowsActivation
            | AwsService::TimeSync
            | AwsService::Router),
        ) => Some(Unlogged::Service(service)),
        // task metadata is not on AWS's list; no packet of it comes to a network interface
        Some(AwsService::TaskMetadata | AwsService::Itself) | None => {
            is_dhcp(packet, other).then_some(Unlogged::Dhcp)
        }
    }
}

fn is_dhcp(packet: &Packet, other: IpAddr) -> bool {
    let Transport::Udp { source_port, destination_port } = packet.transport else { return false };
    let ports = [source_port, destination_port];
    let of = |known: [u16; 2]| ports.iter().all(|port| known.contains(port));
    let is_local = match other {
        IpAddr::V4(v4) => v4 == Ipv4Addr::BROADCAST || v4.is_link_local() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.is_multicast(),
    };
    is_local && if other.is_ipv4() { of(DHCP) } else { of(DHCPV6) }
}
