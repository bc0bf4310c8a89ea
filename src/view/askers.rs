//! Finds who asks: an asker's address to its vantage, by the longest prefix.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::{InstanceIx, Model, QuickMap, SubnetIx, Vantage, VpcIx};

/// Vantages by address prefix.
#[derive(Clone, Debug, Default)]
struct Prefixes {
    v4: ByLength<u32>,
    v6: ByLength<u128>,
}

/// Of one family, per prefix length, longest first: its mask, and networks to vantages.
type ByLength<A> = Vec<(A, QuickMap<A, Vantage>)>;

impl Prefixes {
    /// The first of two vantages given for one prefix is kept.
    fn insert(&mut self, prefix: IpNet, vantage: Vantage) {
        match prefix {
            IpNet::V4(v4) => put(&mut self.v4, v4.netmask().into(), v4.network().into(), vantage),
            IpNet::V6(v6) => put(&mut self.v6, v6.netmask().into(), v6.network().into(), vantage),
        }
    }

    #[inline(always)]
    fn find(&self, address: IpAddr) -> Option<&Vantage> {
        match address {
            IpAddr::V4(v4) => {
                let v4 = u32::from(v4);
                self.v4.iter().find_map(|(mask, networks)| networks.get(&(v4 & mask)))
            }
            IpAddr::V6(v6) => {
                let v6 = u128::from(v6);
                self.v6.iter().find_map(|(mask, networks)| networks.get(&(v6 & mask)))
            }
        }
    }
}

/// Puts a network in its place; a longer prefix has a larger mask.
fn put<A: Ord + Copy + std::hash::Hash>(
    by_length: &mut ByLength<A>,
    mask: A,
    network: A,
    vantage: Vantage,
) {
    let at = by_length.partition_point(|(other, _)| *other > mask);
    if by_length.get(at).is_none_or(|(other, _)| *other != mask) {
        by_length.insert(at, (mask, QuickMap::default()));
    }
    if let Some((_, networks)) = by_length.get_mut(at) {
        networks.entry(network).or_insert(vantage);
    }
}
/// Who is who among the askers.
#[derive(Clone, Debug)]
pub struct Askers {
    clients: Prefixes,
    /// Subnets, and instances as host prefixes.
    places: Prefixes,
    otherwise: Vantage,
}

impl Askers {
    /// Compiles the `clients` of the topology, its subnets and its instances.
    #[must_use]
    pub fn compile(model: &Model) -> Self {
        let mut clients = Prefixes::default();
        for client in &model.clients {
            clients.insert(client.prefix, client.vantage);
        }
        let mut places = Prefixes::default();
        for (ix, instance) in (0..).map(InstanceIx).zip(&model.instances) {
            let place = Vantage::instance(model[instance.subnet].vpc, instance.subnet, ix);
            let addresses =
                [instance.private_ip.map(IpAddr::V4), instance.ipv6_address.map(IpAddr::V6)];
            for address in addresses.into_iter().flatten() {
                places.insert(IpNet::from(address), place);
            }
        }
        for (ix, subnet) in (0..).map(SubnetIx).zip(&model.subnets) {
            for block in subnet.blocks() {
                places.insert(block, Vantage::subnet(subnet.vpc, ix));
            }
        }
        let otherwise =
            if model.vpcs.is_empty() { Vantage::Internet } else { Vantage::vpc(VpcIx(0)) };
        Self { clients, places, otherwise }
    }

    /// The vantage of an asker: what `clients` says of it, else the instance or subnet its address is in (of
    /// VPCs with equal blocks, the first in the file), else the first VPC.
    #[must_use]
    #[inline(always)]
    pub fn vantage_of(&self, asker: IpAddr) -> Vantage {
        let asker = asker.to_canonical();
        *self.clients.find(asker).or_else(|| self.places.find(asker)).unwrap_or(&self.otherwise)
    }

    /// Whether the topology knows this address: by `clients`, or as one inside a subnet.
    #[must_use]
    pub fn knows(&self, asker: IpAddr) -> bool {
        let asker = asker.to_canonical();
        self.clients.find(asker).or_else(|| self.places.find(asker)).is_some()
    }
}
