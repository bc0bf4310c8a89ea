//! The network behind the names, compiled once per model: who has which address, and what filters and routes it.
//!
//! A trace looks things up here and scans nothing: its time does not grow with the model.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Index,
    sync::Arc,
};

use ipnet::IpNet;

use super::{NetworkAcl, RouteTable, SecurityGroup, compile};
use crate::model::{
    EgressOnlyInternetGatewayId, EniIx, InstanceIx, InternetGatewayId, Model, NatGatewayId,
    NetworkInterfaceId, OuterGateway, PrefixListIx, QuickMap, ResolverEndpointIx, ServiceIx,
    SubnetIx, VpcEndpointId, VpcIx,
};

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident => $field:ident: $item:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) u32);

        impl Index<$name> for Network {
            type Output = $item;

            fn index(&self, ix: $name) -> &$item {
                // made by `compile`, which fills the vectors
                &self.$field[ix.0 as usize]
            }
        }
    )*};
}

places! {
    /// A network interface of a [`Network`].
    InterfaceIx => interfaces: Interface;
    /// A security group.
    GroupIx => groups: SecurityGroup;
    /// A network ACL.
    AclIx => acls: NetworkAcl;
    /// A route table.
    TableIx => tables: RouteTable;
    /// A NAT gateway.
    NatGatewayIx => nat_gateways: NatGateway;
    /// A gateway endpoint.
    GatewayEndpointIx => gateway_endpoints: GatewayEndpoint;
    /// A gateway that leads out of the model.
    OuterGatewayIx => outer_gateways: OuterGateway;
}

/// Everything that a trace looks up.
#[derive(Clone, Debug, Default)]
pub struct Network {
    pub(super) interfaces: Vec<Interface>,
    pub(super) groups: Vec<SecurityGroup>,
    pub(super) acls: Vec<NetworkAcl>,
    pub(super) tables: Vec<RouteTable>,
    pub(super) nat_gateways: Vec<NatGateway>,
    pub(super) gateway_endpoints: Vec<GatewayEndpoint>,
    pub(super) outer_gateways: Vec<OuterGateway>,
    /// By `VpcIx`.
    pub(super) vpcs: Vec<OfVpc>,
    /// By `SubnetIx`.
    pub(super) subnets: Vec<OfSubnet>,
    pub(super) by_address: QuickMap<(VpcIx, IpAddr), InterfaceIx>,
    /// Addresses as the internet knows them.
    pub(super) by_public_address: QuickMap<IpAddr, InterfaceIx>,
    pub(super) by_id: BTreeMap<NetworkInterfaceId, InterfaceIx>,
    /// By `InstanceIx`.
    pub(super) of_instances: Vec<InterfaceIx>,
    /// The blocks of all VPCs, merged and sorted.
    pub(super) vpc_blocks: Vec<IpNet>,
    /// Pairs of VPCs of one Region with an active peering connection, both ways round. N106
    pub(super) peered: BTreeSet<(VpcIx, VpcIx)>,
}

/// A network interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// What it belongs to.
    pub owner: Owner,
    /// Where it is.
    pub subnet: SubnetIx,
    /// Its private IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
    /// Its IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// Its public IPv4 address. N30
    pub public_ip: Option<Ipv4Addr>,
    /// Its security groups; a NAT gateway's has none. N38
    pub groups: Arc<[GroupIx]>,
    /// Whether it drops what is not addressed to or from it. N43
    pub source_dest_check: bool,
}

/// What a network interface belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An instance.
    Instance(InstanceIx),
    /// An interface endpoint or a Gateway Load Balancer endpoint, by its network interface.
    Endpoint(EniIx),
    /// A NAT gateway.
    NatGateway(NatGatewayIx),
    /// A resolver endpoint.
    ResolverEndpoint(ResolverEndpointIx),
}

impl Interface {
    /// Its address of a family.
    #[must_use]
    pub fn address(&self, is_ipv4: bool) -> Option<IpAddr> {
        if is_ipv4 { self.ipv4.map(IpAddr::V4) } else { self.ipv6.map(IpAddr::V6) }
    }
}

/// A NAT gateway. N38
#[derive(Clone, Debug)]
pub struct NatGateway {
    /// Its id.
    pub id: NatGatewayId,
    /// Its name in the VPC.
    pub name: Box<str>,
    /// Its network interface.
    pub interface: InterfaceIx,
}

/// A gateway endpoint. N50
#[derive(Clone, Debug)]
pub struct GatewayEndpoint {
    /// Its id.
    pub id: VpcEndpointId,
    /// Its name in the VPC.
    pub name: Box<str>,
    /// Its VPC.
    pub vpc: VpcIx,
    /// Its service.
    pub service: ServiceIx,
    /// Whether it forwards. N62
    pub is_available: bool,
    /// Which destinations it takes, by family. N4
    pub prefix_lists: [Option<PrefixListIx>; 2],
}

/// What a VPC has besides.
#[derive(Clone, Debug)]
pub(super) struct OfVpc {
    /// Masks and networks of its subnets' blocks, by family.
    pub(super) subnets_v4: Vec<(u32, QuickMap<u32, SubnetIx>)>,
    pub(super) subnets_v6: Vec<(u128, QuickMap<u128, SubnetIx>)>,
    pub(super) internet_gateway: InternetGatewayId,
    pub(super) egress_only_internet_gateway: EgressOnlyInternetGatewayId,
    /// The route table of the internet gateway. N20
    pub(super) edge_table: Option<TableIx>,
    /// What something has that names no security group.
    pub(super) default_group: Arc<[GroupIx]>,
}

/// What a subnet uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfSubnet {
    pub(super) table: TableIx,
    pub(super) acl: AclIx,
}

impl Network {
    /// Compiles the network of a model.
    #[must_use]
    pub fn compile(model: &Model) -> Self {
        compile::network(model)
    }

    /// The network interface that has an address in a VPC.
    #[must_use]
    pub fn interface_at(&self, vpc: VpcIx, address: IpAddr) -> Option<InterfaceIx> {
        self.by_address.get(&(vpc, address)).copied()
    }

    /// The network interface that the internet reaches by an address: a public IPv4 address, or an IPv6 address.
    #[must_use]
    pub fn interface_with_public_address(&self, address: IpAddr) -> Option<InterfaceIx> {
        self.by_public_address.get(&address).copied()
    }

    /// The places of all network interfaces.
    pub fn interface_indexes(&self) -> impl Iterator<Item = InterfaceIx> + use<> {
        (0..u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX)).map(InterfaceIx)
    }

    /// The network interface with an id.
    #[must_use]
    pub fn interface_with_id(&self, id: NetworkInterfaceId) -> Option<InterfaceIx> {
        self.by_id.get(&id).copied()
    }

    /// The network interface of an instance.
    #[must_use]
    pub fn interface_of(&self, instance: InstanceIx) -> Option<InterfaceIx> {
        self.of_instances.get(instance.index()).copied()
    }

    /// The route table of a subnet. N10
    #[must_use]
    pub fn table_of(&self, subnet: SubnetIx) -> TableIx {
        self.of_subnet(subnet).table
    }

    /// The route table of a VPC's internet gateway, if it has one. N20
    #[must_use]
    pub fn edge_table_of(&self, vpc: VpcIx) -> Option<TableIx> {
        self.of_vpc(vpc).edge_table
    }

    /// The network ACL of a subnet. N120
    #[must_use]
    pub fn acl_of(&self, subnet: SubnetIx) -> AclIx {
        self.of_subnet(subnet).acl
    }

    /// The id of a VPC's internet gateway, if it has one.
    #[must_use]
    pub fn internet_gateway(&self, vpc: VpcIx) -> InternetGatewayId {
        self.of_vpc(vpc).internet_gateway
    }

    /// The id of a VPC's egress-only internet gateway, if it has one.
    #[must_use]
    pub fn egress_only_internet_gateway(&self, vpc: VpcIx) -> EgressOnlyInternetGatewayId {
        self.of_vpc(vpc).egress_only_internet_gateway
    }

    /// Whether an address is in a block of any VPC.
    #[must_use]
    pub(super) fn is_in_a_vpc(&self, address: IpAddr) -> bool {
        let behind = self.vpc_blocks.partition_point(|block| block.network() <= address);
        let last = behind.checked_sub(1).and_then(|at| self.vpc_blocks.get(at));
        last.is_some_and(|block| block.contains(&address))
    }

    /// The subnet of a VPC that an address is in.
    #[must_use]
    pub fn subnet_at(&self, vpc: VpcIx, address: IpAddr) -> Option<SubnetIx> {
        let of_vpc = self.of_vpc(vpc);
        match address {
            IpAddr::V4(v4) => {
                let bits = v4.to_bits();
                of_vpc.subnets_v4.iter().find_map(|(mask, of)| of.get(&(bits & mask)).copied())
            }
            IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                of_vpc.subnets_v6.iter().find_map(|(mask, of)| of.get(&(bits & mask)).copied())
            }
        }
    }

    /// An address of a subnet that nothing has, for a flow that begins at no network interface: the last free one. N21
    #[must_use]
    pub fn free_address(&self, model: &Model, subnet: SubnetIx, is_ipv4: bool) -> Option<IpAddr> {
        let block = model[subnet].blocks().find(|block| block.addr().is_ipv4() == is_ipv4)?;
        let vpc = model[subnet].vpc;
        let down = (1..=u64::MAX).map_while(|n| match block.broadcast() {
            IpAddr::V4(last) => {
                let before = last.to_bits().checked_sub(u32::try_from(n).ok()?)?;
                Some(IpAddr::V4(Ipv4Addr::from_bits(before)))
            }
            IpAddr::V6(last) => {
                let before = last.to_bits().checked_sub(u128::from(n))?;
                Some(IpAddr::V6(Ipv6Addr::from_bits(before)))
            }
        });
        let usable = |address: &IpAddr| {
            block.contains(address) && model[subnet].reserved(*address).is_none()
        };
        let free = |address: &IpAddr| self.interface_at(vpc, *address).is_none();
        down.take_while(usable).take(self.interfaces.len() + 1).find(free)
    }

    /// What something in a VPC has that names no security group. N72
    #[must_use]
    pub fn default_groups(&self, vpc: VpcIx) -> Arc<[GroupIx]> {
        Arc::clone(&self.of_vpc(vpc).default_group)
    }

    /// Whether rules of one VPC may name security groups of another. N106
    #[must_use]
    pub(super) fn refers_across(&self, ours: VpcIx, theirs: VpcIx) -> bool {
        self.peered.contains(&(ours, theirs))
    }

    fn of_vpc(&self, vpc: VpcIx) -> &OfVpc {
        // one for each VPC of the model that this was compiled from
        &self.vpcs[vpc.index()]
    }

    fn of_subnet(&self, subnet: SubnetIx) -> &OfSubnet {
        // one for each subnet of the model that this was compiled from
        &self.subnets[subnet.index()]
    }
}
