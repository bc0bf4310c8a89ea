//! Where routes lead: gateways, peering connections, middleboxes. N30–N44, N140–N145

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Code, Component, Decision, Detail, Direction, Explanation, Hop, InterfaceIx, NatGatewayIx,
    Packet, RouteState, Source, Target, World,
    public_access::Way,
    walk::{End, Walk},
};
use crate::model::{EniIx, SubnetIx, VpcIx};

/// What a NAT gateway translates of IPv6. N5, RFC 6052 §2.1
const NAT64_PREFIX: [u8; 12] = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/// The lowest port that a NAT gateway sends from. N38
const FIRST_EPHEMERAL_PORT: u16 = 1024;

/// RFC 6598: addresses that are shared, `100.64.0.0/10`.
fn is_shared(v4: Ipv4Addr) -> bool {
    matches!(v4.octets(), [100, 64..=127, ..])
}

/// Whether nobody on the internet has an address, and no gateway has a code of its own for it: what is this host's or link's, what is
/// reserved, and private IPv6. RFC 1122 §3.2.1.3, RFC 3927, RFC 4193, RFC 4291 §2.5.6
#[must_use]
pub fn is_nowhere_on_the_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [0 | 240.., ..] | [169, 254, ..]),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

impl Walk<'_> {
    /// To a route's target, from a subnet of a VPC or from its edge.
    pub(super) fn follow(&mut self, target: Target, vpc: VpcIx, from: Option<SubnetIx>) -> End {
        match target {
            Target::Local => self.arrive(vpc),
            Target::InternetGateway => self.out_by_internet_gateway(vpc),
            Target::EgressOnlyInternetGateway => self.out_by_egress_only(vpc),
            Target::NatGateway(nat) => self.nat_gateway(nat, from),
            Target::VpcPeeringConnection(at) => self.peering(at, vpc),
            Target::NetworkInterface(ix) => self.middlebox(ix, from),
            Target::GatewayLoadBalancerEndpoint(eni) => self.gateway_load_balancer(eni, from),
            Target::GatewayEndpoint(endpoint) => self.gateway_endpoint(endpoint),
            Target::OuterGateway(ix) => {
                self.drop_at(Component::OuterGateway(ix), Code::UnknownDestination)
            }
            // its state is a blackhole: the route table has dropped the packet
            Target::Gone => End::Dropped,
        }
    }

    /// Out by an internet gateway: the private address becomes the public one. N30, N31
    fn out_by_internet_gateway(&mut self, vpc: VpcIx) -> End {
        let network = self.world.network;
        let mut hop = Hop::passed(Component::InternetGateway(vpc), self.packet);
        let mut codes = Vec::new();
        if self.packet.source.is_ipv4() {
            let interface = network.interface_at(vpc, self.packet.source);
            match interface.and_then(|ix| network[ix].public_ip) {
                Some(public) => hop.leaves.source = public.into(),
                None => codes.push(Code::IgwPublicIpAssociationForEgress),
            }
        }
        if let IpAddr::V4(v4) = self.packet.destination {
            codes.extend(v4.is_private().then_some(Code::IgwDestinationNotInRfc1918Egress));
            codes.extend(is_shared(v4).then_some(Code::IgwDestinationNotInRfc6598Egress));
        }
        let blocked = self.blocked_at_internet_gateway(vpc, self.packet.source, Way::Out);
        let leads_on = codes.is_empty();
        let codes = codes.into_iter().map(Explanation::new);
        hop.explanations = blocked.into_iter().chain(codes).collect();
        if self.pass_hop(hop) && leads_on { self.leave_to_internet() } else { End::Dropped }
    }

    /// Out by an egress-only internet gateway, which remembers it. N34–N37
    fn out_by_egress_only(&mut self, vpc: VpcIx) -> End {
        let blocked = self.blocked_at_egress_only(vpc, self.packet.source, Way::Out);
        let code = if self.packet.destination.is_ipv4() {
            Some(Code::EigwIpv4)
        } else if self.is_reply && !self.memory.egress_only.contains(&vpc) {
            Some(Code::EigwIngressNotAllowed)
        } else {
            None
        };
        let why = blocked.into_iter().chain(code.map(Explanation::new)).collect();
        if !self.pass(Component::EgressOnlyInternetGateway(vpc), why) || code.is_some() {
            return End::Dropped;
        }
        if !self.is_reply {
            self.memory.egress_only.push(vpc);
            self.memory.tracked_by_path = true;
        }
        self.leave_to_internet()
    }

    /// The VPC that the internet reaches by an address, and what the address is inside. N30
    fn public_place(&self, address: IpAddr) -> Option<(VpcIx, IpAddr)> {
        let World { model, network, .. } = *self.world;
        if let Some(ix) = network.interface_with_public_address(address) {
            let interface = &network[ix];
            let private = interface.address(address.is_ipv4())?;
            return Some((model[interface.subnet].vpc, private));
        }
        match self.memory.source {
            Source::Subnet(subnet, own) if self.is_reply && own == address && own.is_ipv6() => {
                Some((model[subnet].vpc, own))
            }
            Source::Subnet(..) | Source::Interface(_) | Source::Internet(_) => None,
        }
    }

    /// On the internet: to whatever of the model has the address there, else out of the model.
    fn leave_to_internet(&mut self) -> End {
        if self.public_place(self.packet.destination).is_some() {
            return self.enter_from_internet();
        }
        let from_internet = matches!(self.memory.source, Source::Internet(_));
        let mut why = Vec::new();
        if is_nowhere_on_the_internet(self.packet.destination) {
            why.push(Explanation::new(Code::NoPossibleDestination));
        }
        if self.is_reply {
            why.extend(self.misrouted());
            if why.is_empty() && !from_internet {
                why.push(Explanation::new(Code::ReplyMisrouted));
            }
        }
        if !self.pass(Component::Internet, why) {
            return End::Dropped;
        }
        match (self.is_reply, from_internet) {
            (true, true) => End::Home,
            (true, false) => End::Dropped,
            (false, _) => End::Internet,
        }
    }

    /// In from the internet: by the internet gateway of the VPC that has the address. N31, N164
    pub(super) fn enter_from_internet(&mut self) -> End {
        let model = self.world.model;
        let Some((vpc, private)) = self.public_place(self.packet.destination) else {
            return self.drop_outside();
        };
        let is_ipv6 = private.is_ipv6();
        let egress_only = Component::EgressOnlyInternetGateway(vpc);
        if is_ipv6 && self.is_reply && self.memory.egress_only.contains(&vpc) {
            let blocked = self.blocked_at_egress_only(vpc, private, Way::In);
            let passes = self.pass(egress_only, Vec::from_iter(blocked));
            return if passes { self.arrive(vpc) } else { End::Dropped };
        }
        if !model[vpc].internet_gateway {
            return if is_ipv6 && model[vpc].egress_only_internet_gateway {
                self.drop_at(egress_only, Code::EigwIngressNotAllowed)
            } else {
                self.drop_at(Component::Internet, Code::IgwPrivateIpAssociationForIngress)
            };
        }
        let mut hop = Hop::passed(Component::InternetGateway(vpc), self.packet);
        hop.leaves.destination = private;
        hop.explanations.extend(self.blocked_at_internet_gateway(vpc, private, Way::In));
        if let IpAddr::V4(v4) = self.packet.source {
            let private = v4.is_private().then_some(Code::IgwSourceNotInRfc1918Ingress);
            let shared = is_shared(v4).then_some(Code::IgwSourceNotInRfc6598Ingress);
            hop.explanations.extend(private.into_iter().chain(shared).map(Explanation::new));
        }
        if self.pass_hop(hop) { self.inside_the_edge(vpc) } else { End::Dropped }
    }

    /// On the internet, where no internet gateway has the destination: a private address, or one of a VPC's, is none on the internet;
    /// any other is that of somebody of whom the topology says nothing. N164, N284
    fn drop_outside(&mut self) -> End {
        let destination = self.packet.destination;
        let is_private = match destination {
            IpAddr::V4(v4) => v4.is_private() || is_shared(v4),
            IpAddr::V6(_) => false,
        };
        if is_private || self.world.network.is_in_a_vpc(destination) {
            return self.drop_at(Component::Internet, Code::IgwPrivateIpAssociationForIngress);
        }
        if is_nowhere_on_the_internet(destination) {
            return self.drop_at(Component::Internet, Code::NoPossibleDestination);
        }
        self.drop_at(Component::Internet, Code::UnknownDestination);
        self.drop_at(Component::Internet, Code::OutsideTheTopology)
    }

    /// Behind an internet gateway: by its route table, where it has one. N20
    fn inside_the_edge(&mut self, vpc: VpcIx) -> End {
        let network = self.world.network;
        let Some(table) = network.edge_table_of(vpc) else { return self.arrive(vpc) };
        let selected = network[table].select(self.packet.destination);
        let route = selected.and_then(|at| network[table].routes.get(at));
        let mut hop = Hop::passed(Component::RouteTable(table, None), self.packet);
        hop.decision = selected.map(Decision::Route);
        let Some(route) = route else {
            hop.explanations.push(Explanation::new(Code::NoRouteToDestination));
            self.pass_hop(hop);
            return End::Dropped;
        };
        if route.state == RouteState::Blackhole {
            hop.explanations.push(Explanation::new(Code::BadStateRoute));
            self.hops.push(hop);
            return End::Dropped;
        }
        self.hops.push(hop);
        self.follow(route.target, vpc, None)
    }

    /// Through a NAT gateway, and again from its subnet. N38–N41
    fn nat_gateway(&mut self, nat: NatGatewayIx, from: Option<SubnetIx>) -> End {
        let World { model, network, .. } = *self.world;
        let interface = &network[network[nat].interface];
        let subnet = interface.subnet;
        if Some(subnet) != from && !self.network_acl(subnet, Direction::Ingress) {
            return End::Dropped;
        }
        let mut hop = Hop::passed(Component::NatGateway(nat), self.packet);
        hop.explanations = self.impairment(subnet, None);
        hop.details.extend(self.crossed_az(subnet));
        let vpc = &model[model[subnet].vpc];
        let from_vpc = vpc.blocks().any(|block| block.contains(&self.packet.source));
        let translated = interface.ipv4.and_then(|own| translated(&self.packet, own));
        let codes = [
            (self.is_reply, Code::NatNoSession),
            (!from_vpc, Code::NgwRequiresSourceInVpc),
            (translated.is_none(), Code::ProtocolRestriction),
        ];
        let codes = codes.into_iter().filter(|(holds, _)| *holds);
        hop.explanations.extend(codes.map(|(_, code)| Explanation::new(code)));
        hop.leaves = translated.unwrap_or(self.packet);
        let (before, after) = (hop.arrives, hop.leaves);
        let leads_on = translated.is_some() && !self.is_reply;
        if !self.pass_hop(hop) || !leads_on {
            return End::Dropped;
        }
        self.memory.sessions.push((nat, before, after));
        self.memory.tracked_by_path = true;
        self.onward(subnet)
    }

    /// Addressed to a NAT gateway: a reply of what it translated, or nothing it takes. N38
    pub(super) fn enter_nat_gateway(&mut self, nat: NatGatewayIx) -> End {
        let network = self.world.network;
        let subnet = network[network[nat].interface].subnet;
        let mut sessions = self.memory.sessions.iter().filter(|_| self.is_reply);
        let session = sessions.find(|(of, _, after)| *of == nat && after.reply() == self.packet);
        let mut hop = Hop::passed(Component::NatGateway(nat), self.packet);
        match session {
            Some((_, before, _)) => {
                hop.leaves = before.reply();
                if self.nat_has_forgotten() {
                    let codes = [Code::NatNoSession, Code::NatIdleTimeout];
                    hop.explanations.extend(codes.map(Explanation::new));
                }
            }
            None => hop.explanations.push(Explanation::new(Code::NatNoSession)),
        }
        let leads_on = session.is_some();
        hop.explanations.extend(self.impairment(subnet, None));
        if self.pass_hop(hop) && leads_on { self.onward(subnet) } else { End::Dropped }
    }

    /// Across a peering connection, into the other VPC and no further. N141–N145
    fn peering(&mut self, at: usize, vpc: VpcIx) -> End {
        let model = self.world.model;
        let peering = model.vpc_peering_connections.get(at);
        let theirs = peering.and_then(|peering| peering.seen_from(vpc)).map(|(_, side)| side.vpc);
        let component = Component::VpcPeeringConnection(at);
        let Some(theirs) = theirs else {
            return self.drop_at(component, Code::BadState);
        };
        let destination = self.packet.destination;
        if !model[theirs].blocks().any(|block| block.contains(&destination)) {
            return self.drop_at(component, Code::PcxRequiresAddressInVpcCidr);
        }
        let why = Vec::from_iter(self.too_large_between(vpc, theirs));
        if self.pass(component, why) { self.arrive(theirs) } else { End::Dropped }
    }

    /// Through an instance that forwards, and again from its subnet. N43
    fn middlebox(&mut self, ix: InterfaceIx, from: Option<SubnetIx>) -> End {
        let network = self.world.network;
        let interface = &network[ix];
        let subnet = interface.subnet;
        if Some(subnet) != from && !self.network_acl(subnet, Direction::Ingress) {
            return End::Dropped;
        }
        let groups = &interface.groups;
        if let Some(end) = self.filtered(Some(ix), groups, subnet, Direction::Ingress, true) {
            return end;
        }
        let mut why = self.impairment(subnet, None);
        if interface.source_dest_check {
            why.push(Explanation::new(Code::EniSourceDestCheckRestriction));
        }
        if !self.pass(Component::NetworkInterface(ix), why) {
            return End::Dropped;
        }
        self.direct = false;
        self.host(ix, Vec::new());
        self.leave(ix)
    }

    /// To a Gateway Load Balancer and back, and again from the endpoint's subnet. R21
    fn gateway_load_balancer(&mut self, eni: EniIx, from: Option<SubnetIx>) -> End {
        let model = self.world.model;
        let subnet = model[eni].subnet;
        if Some(subnet) != from && !self.network_acl(subnet, Direction::Ingress) {
            return End::Dropped;
        }
        let component = Component::InterfaceEndpoint(model[eni].endpoint);
        let mut hop = Hop::passed(component, self.packet);
        hop.explanations = self.impairment(subnet, Some(eni));
        hop.details.push(Detail::PathThroughGwlbNotChecked);
        if !self.pass_hop(hop) {
            return End::Dropped;
        }
        self.direct = false;
        self.onward(subnet)
    }
}

/// What a NAT gateway makes of a packet: its own address as the source, and of IPv6 for IPv4 an IPv4 packet. N5, N38
fn translated(packet: &Packet, own: Ipv4Addr) -> Option<Packet> {
    let destination = match packet.destination {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(v6) => nat64(v6)?,
    };
    let mut translated =
        Packet { source: own.into(), destination: destination.into(), transport: packet.transport };
    match translated.protocol() {
        1 if packet.destination.is_ipv6() => {
            // RFC 7915 §4.2: an echo request stays one
            translated.transport = super::Transport::ping(true);
        }
        1 | 6 | 17 => {}
        _ => return None,
    }
    if let Some((source_port, _)) =
        packet.transport.ports().filter(|(of, _)| *of < FIRST_EPHEMERAL_PORT)
    {
        translated.transport =
            translated.transport.sent_from(source_port.saturating_add(FIRST_EPHEMERAL_PORT));
    }
    Some(translated)
}

/// The IPv4 address that an IPv6 address stands for, if it does. R102
fn nat64(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = v6.octets();
    let (prefix, last) = octets.split_last_chunk::<4>()?;
    (*prefix == NAT64_PREFIX).then(|| (*last).into())
}
