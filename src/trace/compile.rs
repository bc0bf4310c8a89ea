//! Model → [`Network`]: names become places, prefix lists become routes, addresses become keys.

use std::{collections::BTreeMap, hash::Hash, net::IpAddr, sync::Arc};

use ipnet::IpNet;

use super::{
    AclIx, GatewayEndpoint, GatewayEndpointIx, GroupIx, Interface, InterfaceIx, NatGateway,
    NatGatewayIx, Network, NetworkAcl, OuterGatewayIx, Owner, Peer, Route, RouteState, RouteTable,
    SecurityGroup, SecurityGroupRule, TableIx, Target, UnlistedRoute,
    network::{OfSubnet, OfVpc},
};
use crate::model::{
    self, EgressOnlyInternetGatewayId, EndpointState, InstanceIx, InternetGatewayId, Model,
    PeeringStatus, PrefixListIx, QuickMap, RouteDestination, RouteTarget, SecurityGroupId,
    SubnetIx, Vpc, VpcIx,
};

/// The group and ACL that every VPC has.
const DEFAULT: &str = "default";

/// Names of a VPC's resources, and their places.
type Places<T> = BTreeMap<(VpcIx, Box<str>), T>;

/// Compiles everything.
pub(super) fn network(model: &Model) -> Network {
    let mut compiler = Compiler { model, network: Network::default(), names: Names::default() };
    compiler.groups();
    compiler.acls();
    compiler.vpcs();
    compiler.instances();
    compiler.endpoints();
    compiler.nat_gateways();
    compiler.gateway_endpoints();
    compiler.tables();
    compiler.subnets();
    compiler.vpc_blocks();
    compiler.peered();
    compiler.network
}

/// Puts a subnet's block among those of its length; a longer prefix has a larger mask, and subnets do not overlap.
fn put<A: Ord + Copy + Hash>(
    by_length: &mut Vec<(A, QuickMap<A, SubnetIx>)>,
    mask: A,
    network: A,
    subnet: SubnetIx,
) {
    let at = by_length.partition_point(|(other, _)| *other > mask);
    if by_length.get(at).is_none_or(|(other, _)| *other != mask) {
        by_length.insert(at, (mask, QuickMap::default()));
    }
    if let Some((_, subnets)) = by_length.get_mut(at) {
        subnets.entry(network).or_insert(subnet);
    }
}

/// The names of somebody's groups in a VPC.
type GroupNames = (VpcIx, Vec<Box<str>>);

struct Compiler<'m> {
    model: &'m Model,
    network: Network,
    names: Names,
}

#[derive(Default)]
struct Names {
    groups: Places<GroupIx>,
    acls: Places<AclIx>,
    tables: Places<TableIx>,
    nat_gateways: Places<NatGatewayIx>,
    /// Lists of groups that interfaces share.
    group_lists: BTreeMap<GroupNames, Arc<[GroupIx]>>,
}

/// The place behind the last of a vector.
fn next<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

impl Compiler<'_> {
    fn vpc_indexes(&self) -> impl Iterator<Item = VpcIx> + use<> {
        (0..next(&self.model.vpcs)).map(VpcIx)
    }

    /// Security groups by name first, then their rules, which refer to any of them. N105, N106
    fn groups(&mut self) {
        let model = self.model;
        let mut by_id: BTreeMap<SecurityGroupId, GroupIx> = BTreeMap::new();
        let mut all = Vec::new();
        for vpc in self.vpc_indexes() {
            for (name, group) in &model[vpc].security_groups {
                let ix = GroupIx(next(&all));
                self.names.groups.insert((vpc, name.clone()), ix);
                by_id.insert(group.id, ix);
                all.push((vpc, name, group));
            }
        }
        let rules = |vpc: VpcIx, rules: &[model::SecurityGroupRule]| {
            rules.iter().map(|rule| self.rule(vpc, rule, &by_id)).collect()
        };
        let compiled = all.into_iter().map(|(vpc, name, group)| SecurityGroup {
            id: group.id,
            name: name.clone(),
            vpc,
            ingress: rules(vpc, &group.ingress),
            egress: rules(vpc, &group.egress),
        });
        self.network.groups = compiled.collect();
    }

    fn rule(
        &self,
        vpc: VpcIx,
        rule: &model::SecurityGroupRule,
        by_id: &BTreeMap<SecurityGroupId, GroupIx>,
    ) -> SecurityGroupRule {
        let v4 = rule.cidr_blocks.iter().copied().map(IpNet::V4).map(Peer::Cidr);
        let v6 = rule.ipv6_cidr_blocks.iter().copied().map(IpNet::V6).map(Peer::Cidr);
        let lists = rule.prefix_list_ids.iter().copied().map(Peer::PrefixList);
        let groups = rule.security_groups.iter().map(|found| {
            let of_vpc = self.names.groups.get(&(vpc, found.clone()));
            let of_id = || by_id.get(&found.parse().ok()?);
            of_vpc.or_else(of_id).copied().map_or(Peer::Stale, Peer::Group)
        });
        let peers = v4.chain(v6).chain(lists).chain(groups).collect();
        SecurityGroupRule { traffic: rule.traffic.clone(), peers }
    }

    /// The places of a list of groups of a VPC; equal lists are one.
    fn group_list(&mut self, vpc: VpcIx, names: &[Box<str>]) -> Arc<[GroupIx]> {
        let key = (vpc, names.to_vec());
        if let Some(known) = self.names.group_lists.get(&key) {
            return Arc::clone(known);
        }
        let groups = &self.names.groups;
        let list: Arc<[GroupIx]> =
            names.iter().filter_map(|name| groups.get(&(vpc, name.clone())).copied()).collect();
        self.names.group_lists.insert(key, Arc::clone(&list));
        list
    }

    fn acls(&mut self) {
        let model = self.model;
        for vpc in self.vpc_indexes() {
            for (name, acl) in &model[vpc].network_acls {
                let ix = AclIx(next(&self.network.acls));
                self.names.acls.insert((vpc, name.clone()), ix);
                self.network.acls.push(NetworkAcl {
                    id: acl.id,
                    name: name.clone(),
                    ingress: acl.ingress.clone(),
                    egress: acl.egress.clone(),
                });
            }
        }
    }

    fn vpcs(&mut self) {
        let model = self.model;
        for vpc in self.vpc_indexes() {
            let (mut subnets_v4, mut subnets_v6) = (Vec::new(), Vec::new());
            for subnet in &model[vpc].subnets {
                if let Some(block) = model[*subnet].cidr_block {
                    let key = block.network().to_bits();
                    put(&mut subnets_v4, block.netmask().to_bits(), key, *subnet);
                }
                if let Some(block) = model[*subnet].ipv6_cidr_block {
                    let key = block.network().to_bits();
                    put(&mut subnets_v6, block.netmask().to_bits(), key, *subnet);
                }
            }
            let default_group = self.group_list(vpc, &[DEFAULT.into()]);
            let name = &model[vpc].name;
            self.network.vpcs.push(OfVpc {
                subnets_v4,
                subnets_v6,
                internet_gateway: InternetGatewayId::derive(name),
                egress_only_internet_gateway: EgressOnlyInternetGatewayId::derive(name),
                edge_table: None,
                default_group,
            });
        }
    }

    /// Puts a network interface in its place; an address means something in its VPC.
    fn interface(&mut self, interface: Interface) -> InterfaceIx {
        let ix = InterfaceIx(next(&self.network.interfaces));
        let vpc = self.model[interface.subnet].vpc;
        let network = &mut self.network;
        for address in [interface.address(true), interface.address(false)].into_iter().flatten() {
            network.by_address.insert((vpc, address), ix);
        }
        // the IPv6 addresses of VPC endpoints are not reached from the internet: EC2's DenyAllIgwTraffic
        let denies_all = matches!(interface.owner, Owner::Endpoint(_));
        let ipv6 = interface.address(false).filter(|_| !denies_all);
        let public = interface.public_ip.map(IpAddr::V4).into_iter().chain(ipv6);
        for address in public {
            network.by_public_address.entry(address).or_insert(ix);
        }
        network.by_id.insert(interface.id, ix);
        network.interfaces.push(interface);
        ix
    }

    fn instances(&mut self) {
        let model = self.model;
        for (ix, instance) in (0..).map(InstanceIx).zip(&model.instances) {
            let vpc = model[instance.subnet].vpc;
            let groups = self.group_list(vpc, &instance.security_groups);
            let interface = self.interface(Interface {
                id: model.network_interface_of_instance(ix),
                owner: Owner::Instance(ix),
                subnet: instance.subnet,
                ipv4: instance.private_ip,
                ipv6: instance.ipv6_address,
                public_ip: instance.public_ip,
                groups,
                source_dest_check: instance.source_dest_check,
            });
            self.network.of_instances.push(interface);
        }
    }

    /// Network interfaces of interface endpoints and of resolver endpoints.
    fn endpoints(&mut self) {
        let model = self.model;
        for endpoint in model.endpoint_indexes() {
            let of = &model[endpoint];
            let groups = self.group_list(of.vpc, &of.security_groups);
            for (eni, interface) in model.interfaces_of(endpoint) {
                self.interface(Interface {
                    id: interface.id,
                    owner: Owner::Endpoint(eni),
                    subnet: interface.subnet,
                    ipv4: interface.ipv4,
                    ipv6: interface.ipv6.as_deref().copied(),
                    public_ip: None,
                    groups: Arc::clone(&groups),
                    source_dest_check: true,
                });
            }
        }
        for endpoint in model.resolver_endpoint_indexes() {
            let of = &model[endpoint];
            let groups = self.group_list(of.vpc, &of.security_groups);
            for place in &of.ip_addresses {
                let (ipv4, ipv6) = match place.ip {
                    Some(IpAddr::V4(v4)) => (Some(v4), None),
                    Some(IpAddr::V6(v6)) => (None, Some(v6)),
                    None => (None, None),
                };
                self.interface(Interface {
                    id: place.id,
                    owner: Owner::ResolverEndpoint(endpoint),
                    subnet: place.subnet,
                    ipv4,
                    ipv6,
                    public_ip: None,
                    groups: Arc::clone(&groups),
                    source_dest_check: true,
                });
            }
        }
    }

    fn nat_gateways(&mut self) {
        let model = self.model;
        for vpc in self.vpc_indexes() {
            for (name, nat) in &model[vpc].nat_gateways {
                let ix = NatGatewayIx(next(&self.network.nat_gateways));
                let interface = self.interface(Interface {
                    id: model.network_interface_of_nat_gateway(vpc, name),
                    owner: Owner::NatGateway(ix),
                    subnet: nat.subnet,
                    ipv4: nat.private_ip,
                    ipv6: None,
                    public_ip: nat.public_ip,
                    groups: Arc::new([]),
                    source_dest_check: false,
                });
                self.names.nat_gateways.insert((vpc, name.clone()), ix);
                let (id, name) = (nat.id, name.clone());
                self.network.nat_gateways.push(NatGateway { id, name, interface });
            }
        }
    }

    fn gateway_endpoints(&mut self) {
        let model = self.model;
        for vpc in self.vpc_indexes() {
            let endpoints = model[vpc].gateway_endpoints.iter();
            self.network.gateway_endpoints.extend(endpoints.map(|(name, endpoint)| {
                GatewayEndpoint {
                    id: endpoint.id,
                    name: name.clone(),
                    vpc,
                    service: endpoint.service,
                    is_available: endpoint.state == EndpointState::Available,
                    prefix_lists: [endpoint.prefix_list, endpoint.ipv6_prefix_list],
                }
            }));
        }
    }

    /// Route tables: `local` routes, the file's, those of gateway endpoints. N11, N15
    fn tables(&mut self) {
        let model = self.model;
        for vpc in self.vpc_indexes() {
            for (name, table) in &model[vpc].route_tables {
                let local = model[vpc].blocks().map(|destination| Route {
                    destination,
                    prefix_list: None,
                    target: Target::Local,
                    state: RouteState::Active,
                    is_propagated: false,
                });
                let mut routes: Vec<Route> = Vec::new();
                let mut of_lists: Vec<(PrefixListIx, Target, RouteState)> = Vec::new();
                for route in &table.routes {
                    let (target, state) = self.target(vpc, &route.target);
                    match route.destination {
                        RouteDestination::Cidr(destination) => {
                            let is_propagated = route.is_propagated;
                            routes.push(Route {
                                destination,
                                prefix_list: None,
                                target,
                                state,
                                is_propagated,
                            });
                        }
                        RouteDestination::PrefixList(list) => of_lists.push((list, target, state)),
                    }
                }
                // in the table of a gateway the file's routes may stand for `local` ones. N20
                routes.extend(local);
                of_lists.extend(self.endpoint_routes(vpc, name));
                // of equal blocks in two lists the one with the lowest id counts. N13
                of_lists.sort_by_key(|(list, ..)| model[*list].id);
                let mut unlisted = Vec::new();
                for (list, target, state) in of_lists {
                    let unknown = model[list].unknown;
                    if unknown.ipv4 || unknown.ipv6 {
                        unlisted.push(UnlistedRoute { list, unknown, target, state });
                    }
                    let prefix_list = Some(list);
                    let blocks = model[list].entries.iter().copied();
                    routes.extend(blocks.map(|destination| Route {
                        destination,
                        prefix_list,
                        target,
                        state,
                        is_propagated: false,
                    }));
                }
                self.names.tables.insert((vpc, name.clone()), TableIx(next(&self.network.tables)));
                if table.internet_gateway
                    && let Some(of_vpc) = self.network.vpcs.get_mut(vpc.index())
                {
                    of_vpc.edge_table = Some(TableIx(next(&self.network.tables)));
                }
                let mut compiled = RouteTable::new(table.id, name.clone(), vpc, routes);
                compiled.unlisted = unlisted;
                self.network.tables.push(compiled);
            }
        }
    }

    /// The routes that gateway endpoints put into a table. N15
    fn endpoint_routes(
        &self,
        vpc: VpcIx,
        table: &str,
    ) -> impl Iterator<Item = (PrefixListIx, Target, RouteState)> {
        let model = self.model;
        let all = (0..).map(GatewayEndpointIx).zip(&self.network.gateway_endpoints);
        let of_vpc = all.filter(move |(_, endpoint)| endpoint.vpc == vpc);
        let of_table = of_vpc.filter(move |(_, endpoint)| {
            let known = model[vpc].gateway_endpoints.get(&endpoint.name);
            known.is_some_and(|known| known.route_tables.iter().any(|name| **name == *table))
        });
        of_table.flat_map(|(ix, endpoint)| {
            let lists = endpoint.prefix_lists.into_iter().flatten();
            lists.map(move |list| (list, Target::GatewayEndpoint(ix), RouteState::Active))
        })
    }

    /// Where a route leads, and whether that is there. N18
    fn target(&mut self, vpc: VpcIx, target: &RouteTarget) -> (Target, RouteState) {
        let found = match target {
            RouteTarget::InternetGateway => {
                self.model[vpc].internet_gateway.then_some(Target::InternetGateway)
            }
            RouteTarget::EgressOnlyInternetGateway => self.model[vpc]
                .egress_only_internet_gateway
                .then_some(Target::EgressOnlyInternetGateway),
            RouteTarget::NatGateway(name) => {
                let nat = self.names.nat_gateways.get(&(vpc, name.clone()));
                nat.copied().map(Target::NatGateway)
            }
            RouteTarget::VpcPeeringConnection(name) => {
                let all = &self.model.vpc_peering_connections;
                let at = all.iter().position(|peering| peering.name == *name);
                if let Some(at) = at {
                    // of a connection that is not active the route is there, as a blackhole. N145
                    let status = all.get(at).map(|peering| peering.status);
                    let active = status == Some(PeeringStatus::Active);
                    let state = if active { RouteState::Active } else { RouteState::Blackhole };
                    return (Target::VpcPeeringConnection(at), state);
                }
                None
            }
            RouteTarget::Instance(name) => self.middlebox(vpc, name),
            RouteTarget::VpcEndpoint(name) => self.model.endpoint_indexes().find_map(|endpoint| {
                let of = &self.model[endpoint];
                let meant = of.vpc == vpc && *of.name == **name;
                let interface = self.model.interfaces_of(endpoint).next();
                interface.filter(|_| meant).map(|(eni, _)| Target::GatewayLoadBalancerEndpoint(eni))
            }),
            RouteTarget::OuterGateway(outer) => {
                let ix = OuterGatewayIx(next(&self.network.outer_gateways));
                self.network.outer_gateways.push(outer.clone());
                Some(Target::OuterGateway(ix))
            }
            RouteTarget::Blackhole => None,
        };
        match found {
            Some(target) => (target, RouteState::Active),
            None => (Target::Gone, RouteState::Blackhole),
        }
    }

    fn middlebox(&self, vpc: VpcIx, name: &str) -> Option<Target> {
        let instances = (0..).map(InstanceIx).zip(&self.model.instances);
        let mut of_vpc = instances.filter(|(_, of)| self.model[of.subnet].vpc == vpc);
        let (found, _) = of_vpc.find(|(_, instance)| *instance.name == *name)?;
        self.network.interface_of(found).map(Target::NetworkInterface)
    }

    fn subnets(&mut self) {
        for subnet in &self.model.subnets {
            let table = self.names.tables.get(&(subnet.vpc, subnet.route_table.clone()));
            let acl = self.names.acls.get(&(subnet.vpc, subnet.network_acl.clone()));
            // a model's names of siblings exist
            let table = table.copied().unwrap_or(TableIx(0));
            let acl = acl.copied().unwrap_or(AclIx(0));
            self.network.subnets.push(OfSubnet { table, acl });
        }
    }

    fn vpc_blocks(&mut self) {
        let blocks: Vec<IpNet> = self.model.vpcs.iter().flat_map(Vpc::blocks).collect();
        let mut merged = IpNet::aggregate(&blocks);
        merged.sort_unstable_by_key(IpNet::network);
        self.network.vpc_blocks = merged;
    }

    fn peered(&mut self) {
        for peering in &self.model.vpc_peering_connections {
            let (a, b) = (peering.requester.vpc, peering.accepter.vpc);
            let one_region = self.model[a].region == self.model[b].region;
            if one_region && peering.status == PeeringStatus::Active {
                self.network.peered.extend([(a, b), (b, a)]);
            }
        }
    }
}
