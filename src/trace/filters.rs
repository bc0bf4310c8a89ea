//! Security groups, stateful, and network ACLs, stateless: which rule lets a packet pass. N100–N127

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Direction, GroupIx, Network, Packet, Target, Transport};
use crate::model::{
    Model, NetworkAclId, NetworkAclRule, PrefixList, PrefixListIx, Protocol, RuleAction,
    SecurityGroupId, SubnetIx, Traffic, VpcIx,
};

/// A security group with what its rules refer to. N100
#[derive(Clone, Debug)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// Its name in the VPC.
    pub name: Box<str>,
    /// Its VPC.
    pub vpc: VpcIx,
    /// What may come in.
    pub ingress: Vec<SecurityGroupRule>,
    /// What may go out.
    pub egress: Vec<SecurityGroupRule>,
}

/// One rule, in the order of the file. N104, N105
#[derive(Clone, Debug)]
pub struct SecurityGroupRule {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// The other sides it names.
    pub peers: Vec<Peer>,
}

/// The other side that a rule names. N105
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A block.
    Cidr(IpNet),
    /// A prefix list.
    PrefixList(PrefixListIx),
    /// A security group: whoever carries it. N106
    Group(GroupIx),
    /// A security group that is not there: a stale rule. N107
    Stale,
}

/// The rule that let a packet pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleMatch {
    /// Whose rule it is.
    pub group: GroupIx,
    /// In which direction.
    pub direction: Direction,
    /// Its place among the group's rules of the direction.
    pub rule: usize,
    /// The other side it names.
    pub peer: Peer,
}

/// Why security groups let nothing pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// No group has a rule in the direction at all. N110
    pub no_rules: bool,
    /// A rule names the group of the other side, which something in between hides. N106
    pub not_preserved: bool,
    /// A rule names the group of the other side, which is in another Region or not peered. N106
    pub not_peered: bool,
    /// Prefix lists of rules that apply, of which nobody says whether they hold the other side. N24
    pub unlisted: Vec<PrefixListIx>,
}

/// A packet at a network interface, as its security groups see it.
#[derive(Clone, Copy, Debug)]
pub struct AtInterface<'a> {
    /// The groups of the interface.
    pub groups: &'a [GroupIx],
    /// Its subnet.
    pub subnet: SubnetIx,
    /// The VPC that the packet was sent from, if it was from one. N106
    pub sender: Option<VpcIx>,
    /// Which way the packet goes.
    pub direction: Direction,
    /// The packet.
    pub packet: &'a Packet,
    /// Whether it comes as it was sent: no middlebox forwarded it. N106
    pub direct: bool,
    /// The VPC and address of somebody who carries the default security group at no network interface of the model.
    pub guest: Option<(VpcIx, IpAddr)>,
}

impl AtInterface<'_> {
    /// The address of the other side.
    fn other(&self) -> IpAddr {
        match self.direction {
            Direction::Ingress => self.packet.source,
            Direction::Egress => self.packet.destination,
        }
    }
}

impl SecurityGroup {
    /// Its rules of a direction.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> &[SecurityGroupRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

impl Network {
    /// The rule that lets a packet pass a network interface: any rule of any of its groups. N100, N104–N106
    ///
    /// # Errors
    /// Why none does.
    pub fn security_groups(
        &self,
        model: &Model,
        at: AtInterface<'_>,
    ) -> Result<RuleMatch, Mismatch> {
        let mut mismatch = Mismatch { no_rules: true, ..Mismatch::default() };
        for group in at.groups {
            for (rule, spec) in self[*group].rules(at.direction).iter().enumerate() {
                mismatch.no_rules = false;
                if !is_meant(&spec.traffic, at.packet) {
                    continue;
                }
                for peer in &spec.peers {
                    if self.peer_matches(model, &at, *peer, &mut mismatch) {
                        let direction = at.direction;
                        return Ok(RuleMatch { group: *group, direction, rule, peer: *peer });
                    }
                }
            }
        }
        Err(mismatch)
    }

    fn peer_matches(
        &self,
        model: &Model,
        at: &AtInterface<'_>,
        peer: Peer,
        mismatch: &mut Mismatch,
    ) -> bool {
        let other = at.other();
        match peer {
            Peer::Cidr(block) => block.contains(&other),
            Peer::PrefixList(list) => {
                let PrefixList { entries, unknown, .. } = &model[list];
                let holds = entries.iter().any(|block| block.contains(&other));
                if !holds && unknown.may_hold(other) && !mismatch.unlisted.contains(&list) {
                    mismatch.unlisted.push(list);
                }
                holds
            }
            Peer::Stale => false,
            Peer::Group(group) => {
                // only private addresses of network interfaces are looked at, of those in the VPC of the other side. N106
                let theirs = self[group].vpc;
                let ours = model[at.subnet].vpc;
                if theirs != ours && self.vpc_of_other(model, at).is_some_and(|of| of != theirs) {
                    return false;
                }
                let is_guest = at.guest == Some((theirs, other));
                let carries = match self.interface_at(theirs, other) {
                    Some(interface) => self[interface].groups.contains(&group),
                    None => is_guest && self.default_groups(theirs).contains(&group),
                };
                if !carries {
                    return false;
                }
                let reachable = theirs == ours || self.refers_across(ours, theirs);
                mismatch.not_peered |= !reachable;
                mismatch.not_preserved |= reachable && !at.direct;
                reachable && at.direct
            }
        }
    }

    /// The VPC that the other side is in, where that is known: an address may be somebody's in each of two peered VPCs.
    fn vpc_of_other(&self, model: &Model, at: &AtInterface<'_>) -> Option<VpcIx> {
        match at.direction {
            Direction::Ingress => at.sender,
            Direction::Egress => {
                let table = &self[self.table_of(at.subnet)];
                let route = table.routes.get(table.select(at.packet.destination)?)?;
                match route.target {
                    Target::Local => Some(table.vpc),
                    Target::VpcPeeringConnection(peering) => {
                        let peering = model.vpc_peering_connections.get(peering)?;
                        peering.seen_from(table.vpc).map(|(_, theirs)| theirs.vpc)
                    }
                    Target::InternetGateway
                    | Target::EgressOnlyInternetGateway
                    | Target::NatGateway(_)
                    | Target::NetworkInterface(_)
                    | Target::GatewayLoadBalancerEndpoint(_)
                    | Target::GatewayEndpoint(_)
                    | Target::OuterGateway(_)
                    | Target::Gone => None,
                }
            }
        }
    }

    /// Whether the flow is not tracked: everybody may begin it, and everything may go the other way. N102
    #[must_use]
    pub fn is_untracked(&self, at: AtInterface<'_>, allowed_by: RuleMatch) -> bool {
        let has_ports =
            matches!(at.packet.transport, Transport::Tcp { .. } | Transport::Udp { .. });
        let protocol = at.packet.protocol();
        let is_ipv4 = at.packet.destination.is_ipv4();
        let everybody = |peer: &Peer| {
            matches!(peer, Peer::Cidr(block)
                if block.prefix_len() == 0 && block.addr().is_ipv4() == is_ipv4)
        };
        let everything = |traffic: &Traffic| match traffic.protocol {
            Protocol::All => true,
            Protocol::Number(number) => {
                number == protocol
                    && traffic.from_port <= 0
                    && matches!(traffic.to_port, -1 | 65_535)
            }
        };
        has_ports
            && everybody(&allowed_by.peer)
            && at.groups.iter().any(|group| {
                let rules = self[*group].rules(allowed_by.direction.opposite());
                rules
                    .iter()
                    .any(|rule| everything(&rule.traffic) && rule.peers.iter().any(everybody))
            })
    }
}

/// A network ACL. N120
#[derive(Clone, Debug)]
pub struct NetworkAcl {
    /// Its id.
    pub id: NetworkAclId,
    /// Its name in the VPC.
    pub name: Box<str>,
    /// Rules for packets entering the subnet, by ascending number.
    pub ingress: Vec<NetworkAclRule>,
    /// Rules for packets leaving the subnet, by ascending number.
    pub egress: Vec<NetworkAclRule>,
}

/// The number of the rule that stands behind all others, by family. N120
const LAST_RULE_IPV4: u16 = 32_767;
const LAST_RULE_IPV6: u16 = 32_768;

impl NetworkAcl {
    /// Its rules of a direction.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> &[NetworkAclRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// What happens to a packet, and the number of the rule that decided: the first that matches, else `*`. N120, N122
    #[must_use]
    pub fn decide(&self, direction: Direction, packet: &Packet) -> (RuleAction, u16) {
        let address = match direction {
            Direction::Ingress => packet.source,
            Direction::Egress => packet.destination,
        };
        let mut rules = self.rules(direction).iter();
        let found = rules
            .find(|rule| rule.cidr_block.contains(&address) && is_meant(&rule.traffic, packet));
        match found {
            Some(rule) => (rule.action, rule.rule_no),
            None if address.is_ipv4() => (RuleAction::Deny, LAST_RULE_IPV4),
            None => (RuleAction::Deny, LAST_RULE_IPV6),
        }
    }
}

/// Whether protocol and destination port, or ICMP type and code, are a rule's. N104, N122
#[must_use]
pub fn is_meant(traffic: &Traffic, packet: &Packet) -> bool {
    let Traffic { protocol, from_port, to_port } = *traffic;
    match protocol {
        Protocol::All => return true,
        Protocol::Number(number) if number != packet.protocol() => return false,
        Protocol::Number(_) => {}
    }
    match packet.transport {
        Transport::Tcp { destination_port: port, .. }
        | Transport::Udp { destination_port: port, .. } => {
            let any = from_port == -1 && to_port == -1;
            any || (from_port..=to_port).contains(&i32::from(port))
        }
        Transport::Icmp { icmp_type, code } => {
            (from_port == -1 || from_port == i32::from(icmp_type))
                && (to_port == -1 || to_port == i32::from(code))
        }
        Transport::Other(_) => true,
    }
}
