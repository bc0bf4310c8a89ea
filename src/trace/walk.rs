//! A packet on its way: network interfaces, filters and route tables. N160

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    AtInterface, Code, Component, Decision, Detail, Direction, Explanation, Flow,
    GatewayEndpointIx, GroupIx, Hop, InterfaceIx, NatGatewayIx, Owner, Packet, RouteState, Source,
    Target, Trace, World, losers::passed_over, symmetry::one_way_hops,
};
use crate::model::{EndpointKind, RuleAction, SubnetIx, VpcIx};

/// A packet, and where it has been.
pub(super) struct Walk<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) packet: Packet,
    pub(super) hops: Vec<Hop>,
    /// Whether no middlebox forwarded it. N106
    pub(super) direct: bool,
    /// The VPC that it was sent from, if it was from one. N106
    pub(super) sender: Option<VpcIx>,
    /// From where it was sent on, and to where: the same again is a circle.
    pub(super) sent_on: Vec<(SubnetIx, IpAddr)>,
    /// Whether this is the reply.
    pub(super) is_reply: bool,
    pub(super) memory: Memory,
}

/// What stateful components remember of the way there. N101, N161
pub(super) struct Memory {
    pub(super) source: Source,
    /// As it began.
    pub(super) began: Packet,
    /// How large each packet is.
    pub(super) packet_bytes: u32,
    /// How long nothing is sent before the reply.
    pub(super) idle_secs: u64,
    /// The subnet it began in.
    pub(super) subnet: Option<SubnetIx>,
    pub(super) connections: Vec<Connection>,
    /// What NAT gateways made of what. N38
    pub(super) sessions: Vec<(NatGatewayIx, Packet, Packet)>,
    /// Whose egress-only internet gateways it went out by. N34
    pub(super) egress_only: Vec<VpcIx>,
    /// Whether something on the way makes every connection a tracked one. N102
    pub(super) tracked_by_path: bool,
}

/// A connection that the security groups of an interface let begin. N101
pub(super) struct Connection {
    interface: Option<InterfaceIx>,
    group: GroupIx,
    untracked: bool,
    /// Its hop of the way there.
    hop: usize,
}

/// How a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was dropped.
    Dropped,
    /// At a network interface.
    Interface(InterfaceIx),
    /// Outside every VPC.
    Internet,
    /// At the service of a gateway endpoint.
    Service(GatewayEndpointIx),
    /// Where no network is crossed. N109
    Aws,
    /// A reply, where the flow began.
    Home,
}

/// Both ways of a flow. N160, N161
pub(super) fn both_ways(world: &World<'_>, flow: Flow) -> Trace {
    let mut walk = Walk::new(world, flow);
    let end = walk.begin();
    walk.settle_connections();
    let mut forward = std::mem::take(&mut walk.hops);
    passed_over(world, &mut forward);
    let arrived = world.explain_all || !forward.iter().any(Hop::drops);
    let mut back = if arrived { walk.back(end) } else { Vec::new() };
    passed_over(world, &mut back);
    let mut trace = Trace { flow, forward, back };
    one_way_hops(&mut trace);
    trace
}

impl<'a> Walk<'a> {
    fn new(world: &'a World<'a>, flow: Flow) -> Self {
        let is_ipv4 = flow.destination.is_ipv4();
        let (source, subnet) = match flow.source {
            Source::Interface(ix) => {
                let interface = &world.network[ix];
                (interface.address(is_ipv4), Some(interface.subnet))
            }
            Source::Subnet(subnet, address) => (Some(address), Some(subnet)),
            Source::Internet(address) => (Some(address), None),
        };
        let unspecified =
            if is_ipv4 { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = source.unwrap_or(unspecified);
        let packet = Packet { source, destination: flow.destination, transport: flow.transport };
        Self {
            world,
            packet,
            hops: Vec::with_capacity(16),
            direct: true,
            sender: subnet.map(|subnet| world.model[subnet].vpc),
            sent_on: Vec::new(),
            is_reply: false,
            memory: Memory {
                source: flow.source,
                began: packet,
                packet_bytes: flow.packet_bytes,
                idle_secs: flow.idle_secs,
                subnet,
                connections: Vec::new(),
                sessions: Vec::new(),
                egress_only: Vec::new(),
                tracked_by_path: false,
            },
        }
    }

    /// The way there. N160
    fn begin(&mut self) -> End {
        match self.memory.source {
            Source::Internet(_) => {
                self.pass(Component::Internet, Vec::new());
                self.enter_from_internet()
            }
            Source::Subnet(subnet, _) => {
                let mut why = self.impairment(subnet, None);
                why.extend(self.other_family());
                if !self.pass(Component::Place(subnet), why) {
                    return End::Dropped;
                }
                if let Some(end) = self.aws_service(subnet) {
                    return end;
                }
                let groups = self.world.network.default_groups(self.world.model[subnet].vpc);
                self.filtered(None, &groups, subnet, Direction::Egress, true)
                    .unwrap_or_else(|| self.onward(subnet))
            }
            Source::Interface(ix) => {
                let subnet = self.world.network[ix].subnet;
                self.host(ix, Vec::new());
                if let Some(end) = self.aws_service(subnet) {
                    return end;
                }
                let mut why = self.cannot_begin(ix);
                why.extend(self.other_family());
                if !self.pass(Component::NetworkInterface(ix), why) {
                    return End::Dropped;
                }
                self.leave(ix)
            }
        }
    }

    /// Notes of the connections which are not tracked: what is on the way decides that too. N102
    fn settle_connections(&mut self) {
        let tracked = self.memory.tracked_by_path;
        for connection in &mut self.memory.connections {
            connection.untracked &= !tracked;
            if let Some(hop) = self.hops.get_mut(connection.hop).filter(|_| connection.untracked) {
                hop.details.push(Detail::Untracked);
            }
        }
    }

    /// Out of a network interface: its security groups, then onward.
    pub(super) fn leave(&mut self, ix: InterfaceIx) -> End {
        let interface = &self.world.network[ix];
        let is_filtered = self.is_filtered(ix);
        let (groups, subnet) = (&interface.groups, interface.subnet);
        self.filtered(Some(ix), groups, subnet, Direction::Egress, is_filtered)
            .unwrap_or_else(|| self.onward(subnet))
    }

    /// From the edge of a subnet: network ACL and route table, unless it stays inside. N19, N125
    pub(super) fn onward(&mut self, subnet: SubnetIx) -> End {
        let World { model, network, .. } = *self.world;
        let (vpc, destination) = (model[subnet].vpc, self.packet.destination);
        let table_ix = network.table_of(subnet);
        let component = Component::RouteTable(table_ix, Some(subnet));
        if network.subnet_at(vpc, destination) == Some(subnet) {
            return self.deliver(subnet, false);
        }
        // a table that sent it on already sends it the same way again
        if self.sent_on.contains(&(subnet, destination)) {
            return self.drop_at(component, Code::RoutingLoop);
        }
        self.sent_on.push((subnet, destination));
        let table = &network[table_ix];
        let selected = table.select(destination);
        let route = selected.and_then(|at| table.routes.get(at));
        // what is sent on inside the subnet does not cross its edge. N125
        let next = route.and_then(|route| self.subnet_of(route.target));
        if next != Some(subnet) && !self.network_acl(subnet, Direction::Egress) {
            return End::Dropped;
        }
        let mut hop = Hop::passed(component, self.packet);
        hop.decision = selected.map(Decision::Route);
        let before = table.maybe_before(destination, selected);
        hop.details.extend(before.map(|at| Detail::UnlistedRoute { table: table_ix, at }));
        match route.map(|route| route.state) {
            None => hop.explanations.push(Explanation::new(Code::NoRouteToDestination)),
            Some(RouteState::Blackhole) => {
                hop.explanations.push(Explanation::new(Code::BadStateRoute));
            }
            Some(RouteState::Active) => {}
        }
        // a blackhole may lead to something that is there, such as a connection that is not active yet
        let goes_on = self.pass_hop(hop);
        match route {
            Some(route) if goes_on => self.follow(route.target, vpc, Some(subnet)),
            Some(_) | None => End::Dropped,
        }
    }

    /// Where a target stands, if that is in a subnet.
    fn subnet_of(&self, target: Target) -> Option<SubnetIx> {
        let World { model, network, .. } = *self.world;
        match target {
            Target::NatGateway(nat) => Some(network[network[nat].interface].subnet),
            Target::NetworkInterface(ix) => Some(network[ix].subnet),
            Target::GatewayLoadBalancerEndpoint(eni) => Some(model[eni].subnet),
            Target::Local
            | Target::InternetGateway
            | Target::EgressOnlyInternetGateway
            | Target::VpcPeeringConnection(_)
            | Target::GatewayEndpoint(_)
            | Target::OuterGateway(_)
            | Target::Gone => None,
        }
    }

    /// To wherever in a VPC the destination is.
    pub(super) fn arrive(&mut self, vpc: VpcIx) -> End {
        match self.world.network.subnet_at(vpc, self.packet.destination) {
            Some(subnet) => self.deliver(subnet, true),
            None => self.drop_at(Component::Vpc(vpc), Code::NoPossibleDestination),
        }
    }

    /// Into a subnet, by its network ACL where it comes from another, and to the network interface there.
    pub(super) fn deliver(&mut self, subnet: SubnetIx, crosses: bool) -> End {
        if crosses && !self.network_acl(subnet, Direction::Ingress) {
            return End::Dropped;
        }
        let World { model, network, .. } = *self.world;
        let destination = self.packet.destination;
        let Some(ix) = network.interface_at(model[subnet].vpc, destination) else {
            if self.is_reply && self.memory.source == Source::Subnet(subnet, destination) {
                return self.back_in_place(subnet);
            }
            return self.drop_at(Component::Subnet(subnet), Code::NoPossibleDestination);
        };
        let groups = &network[ix].groups;
        let is_filtered = self.is_filtered(ix);
        self.filtered(Some(ix), groups, subnet, Direction::Ingress, is_filtered)
            .unwrap_or_else(|| self.enter(ix))
    }

    /// A reply, where a flow began that began at no network interface.
    fn back_in_place(&mut self, subnet: SubnetIx) -> End {
        let groups = self.world.network.default_groups(self.world.model[subnet].vpc);
        self.filtered(None, &groups, subnet, Direction::Ingress, true).unwrap_or_else(|| {
            let why = self.misrouted();
            if self.pass(Component::Place(subnet), why) { End::Home } else { End::Dropped }
        })
    }

    /// Through a network interface, to what it belongs to.
    fn enter(&mut self, ix: InterfaceIx) -> End {
        let World { model, network, .. } = *self.world;
        let interface = &network[ix];
        let eni = match interface.owner {
            Owner::NatGateway(nat) => return self.enter_nat_gateway(nat),
            Owner::Endpoint(eni) => Some(eni),
            Owner::Instance(_) | Owner::ResolverEndpoint(_) => None,
        };
        let why = self.impairment(interface.subnet, eni);
        let mut hop = Hop::passed(Component::NetworkInterface(ix), self.packet);
        hop.explanations = why;
        if eni.is_some() {
            hop.details.extend(self.crossed_az(interface.subnet));
        }
        if !self.pass_hop(hop) {
            return End::Dropped;
        }
        let mut why = Vec::new();
        if self.is_reply {
            why = self.misrouted();
        } else if let Some(eni) = eni {
            self.memory.tracked_by_path = true;
            why = self.not_taken_by(model[eni].endpoint);
        }
        let passes = self.host(ix, why);
        if let Some(eni) = eni.filter(|_| !self.is_reply) {
            let closed = self.closed_port_of(model[eni].endpoint);
            if let Some(hop) = self.hops.last_mut().filter(|hop| !hop.drops()) {
                hop.details.extend(closed);
            }
        }
        match (passes, self.is_reply) {
            (false, _) => End::Dropped,
            (true, true) => End::Home,
            (true, false) => End::Interface(ix),
        }
    }

    /// Why a reply that came to an end is not where its flow began. N145
    pub(super) fn misrouted(&self) -> Vec<Explanation> {
        let came_back = self.packet == self.memory.began.reply();
        if came_back { Vec::new() } else { vec![Explanation::new(Code::ReplyMisrouted)] }
    }

    /// A hop of what a network interface belongs to.
    pub(super) fn host(&mut self, ix: InterfaceIx, why: Vec<Explanation>) -> bool {
        let World { model, network, .. } = *self.world;
        let component = match network[ix].owner {
            Owner::Instance(_) => Component::Host(ix),
            Owner::Endpoint(eni) => Component::InterfaceEndpoint(model[eni].endpoint),
            Owner::NatGateway(nat) => Component::NatGateway(nat),
            Owner::ResolverEndpoint(endpoint) => Component::ResolverEndpoint(endpoint),
        };
        self.pass(component, why)
    }

    /// The network ACL of a subnet; whether the packet goes on. N120–N127
    pub(super) fn network_acl(&mut self, subnet: SubnetIx, direction: Direction) -> bool {
        let acl = self.world.network.acl_of(subnet);
        let (action, rule_no) = self.world.network[acl].decide(direction, &self.packet);
        let mut hop = Hop::passed(Component::NetworkAcl(acl, subnet), self.packet);
        hop.decision = Some(Decision::AclRule { direction, action, rule_no });
        if action == RuleAction::Deny {
            hop.explanations.push(Explanation::filtered(Code::SubnetAclRestriction, direction));
        }
        self.pass_hop(hop)
    }

    /// The security groups of an interface, or of a place that has none; an end where they drop the packet. N100–N110
    pub(super) fn filtered(
        &mut self,
        interface: Option<InterfaceIx>,
        groups: &[GroupIx],
        subnet: SubnetIx,
        direction: Direction,
        is_filtered: bool,
    ) -> Option<End> {
        if !is_filtered {
            return None;
        }
        let World { model, network, .. } = *self.world;
        let known = self.memory.connections.iter().filter(|_| self.is_reply);
        let known = known.into_iter().find(|connection| connection.interface == interface);
        let forgotten = known.is_some() && self.groups_have_forgotten();
        if let Some(Connection { group, untracked: false, .. }) = known.filter(|_| !forgotten) {
            let mut hop = Hop::passed(Component::SecurityGroup(*group), self.packet);
            hop.decision = Some(Decision::Tracked(direction));
            self.hops.push(hop);
            return None;
        }
        let (sender, packet, direct) = (self.sender, self.packet, self.direct);
        let guest = match self.memory.source {
            Source::Subnet(subnet, address) => Some((model[subnet].vpc, address)),
            Source::Interface(_) | Source::Internet(_) => None,
        };
        let at = AtInterface { groups, subnet, sender, direction, packet: &packet, direct, guest };
        let found = network.security_groups(model, at);
        let group = found.as_ref().ok().map(|found| found.group).or(groups.first().copied());
        let component = match (group, interface) {
            (Some(group), _) => Component::SecurityGroup(group),
            (None, Some(interface)) => Component::NetworkInterface(interface),
            (None, None) => Component::Place(subnet),
        };
        let mut hop = Hop::passed(component, packet);
        match &found {
            Ok(found) => hop.decision = Some(Decision::SecurityGroupRule(*found)),
            Err(mismatch) => {
                let lists = mismatch.unlisted.iter();
                hop.details.extend(lists.map(|list| Detail::UnlistedPeer { list: *list }));
                let codes = [
                    (mismatch.no_rules, Code::SgHasNoRules),
                    (!mismatch.no_rules, Code::EniSgRulesMismatch),
                    (mismatch.not_preserved, Code::SgReferencesNotPreserved),
                    (mismatch.not_peered, Code::UnknownPeeredSgs),
                    (forgotten, Code::IdleTimeout),
                ];
                let codes = codes.into_iter().filter(|(holds, _)| *holds);
                hop.explanations.extend(codes.map(|(_, code)| Explanation {
                    interface,
                    ..Explanation::filtered(code, direction)
                }));
            }
        }
        if let Some(group) = group {
            let untracked = found.is_ok_and(|found| network.is_untracked(at, found));
            let hop = self.hops.len();
            self.memory.connections.push(Connection { interface, group, untracked, hop });
        }
        if self.pass_hop(hop) { None } else { Some(End::Dropped) }
    }

    /// Whether an interface has security groups at all. N38, R21
    pub(super) fn is_filtered(&self, ix: InterfaceIx) -> bool {
        let World { model, network, .. } = *self.world;
        match network[ix].owner {
            Owner::NatGateway(_) => false,
            Owner::Endpoint(eni) => {
                model[model[eni].endpoint].kind != EndpointKind::GatewayLoadBalancer
            }
            Owner::Instance(_) | Owner::ResolverEndpoint(_) => true,
        }
    }

    /// Why nothing begins at a network interface.
    fn cannot_begin(&self, ix: InterfaceIx) -> Vec<Explanation> {
        let interface = &self.world.network[ix];
        let (eni, code) = match interface.owner {
            Owner::Endpoint(eni) => (Some(eni), Some(Code::VpceIntraVpcTraffic)),
            Owner::NatGateway(_) => (None, Some(Code::NatNoSession)),
            Owner::Instance(_) | Owner::ResolverEndpoint(_) => (None, None),
        };
        let mut why = self.impairment(interface.subnet, eni);
        why.extend(code.map(Explanation::new));
        why
    }

    /// Why nothing can be sent to a family that the source has no address of.
    fn other_family(&self) -> Option<Explanation> {
        let Packet { source, destination, .. } = self.packet;
        let has_one = !source.is_unspecified() && source.is_ipv4() == destination.is_ipv4();
        (!has_one).then(|| Explanation::new(Code::EniAddressRestriction))
    }

    /// A hop that leaves the packet as it is; whether it goes on.
    pub(super) fn pass(&mut self, component: Component, why: Vec<Explanation>) -> bool {
        let mut hop = Hop::passed(component, self.packet);
        hop.explanations = why;
        self.pass_hop(hop)
    }

    /// A hop; whether the packet goes on. With `explain_all` it goes on as if it had not been dropped. N162
    pub(super) fn pass_hop(&mut self, hop: Hop) -> bool {
        let goes_on = !hop.drops() || self.world.explain_all;
        self.packet = hop.leaves;
        self.hops.push(hop);
        goes_on
    }

    /// A hop at which nothing leads on.
    pub(super) fn drop_at(&mut self, component: Component, code: Code) -> End {
        if let Some(last) = self.hops.last_mut().filter(|last| last.component == component) {
            // it is there already
            last.explanations.push(Explanation::new(code));
            return End::Dropped;
        }
        self.pass(component, vec![Explanation::new(code)]);
        End::Dropped
    }
}
