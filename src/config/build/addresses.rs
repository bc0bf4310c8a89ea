//! Who has which address: no two have the same, and those who choose none get a free one.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    rc::Rc,
};

use foldhash::fast::RandomState;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Builder, Map};
use crate::{
    config::{Finding, Segment, at::At},
    model::{EniIx, InstanceIx, NetworkInterface, ResolverEndpointIx, SubnetIx, VpcIx},
};

/// Where addresses that nobody chose begin, counted from the start of the subnet: above AWS's own. N21
const FIRST_FREE: u32 = 10;

/// Addresses of one VPC that are in use, and where to look for the next free one.
#[derive(Default)]
pub(super) struct Addresses {
    /// Those that the file chooses, and who has them.
    chosen: Map<IpAddr, Owner>,
    given: HashSet<IpAddr, RandomState>,
    next_v4: Map<SubnetIx, u32>,
    next_v6: Map<SubnetIx, u32>,
    wishes: Vec<Wish>,
}

/// Who has an address, by its name in the VPC.
#[derive(Clone)]
pub(super) struct Owner {
    kind: &'static str,
    /// The key of the VPC that holds such owners.
    among: &'static str,
    name: Rc<str>,
}

/// An address that somebody needs and did not choose.
struct Wish {
    wanted: Wanted,
    subnet: SubnetIx,
    owner: Owner,
    /// For an endpoint, its entry among `subnets`, to blame when there is none.
    entry: Option<Segment>,
}

impl Owner {
    pub(super) fn endpoint(name: &str) -> Self {
        Self { kind: "endpoint", among: "vpc_endpoints", name: name.into() }
    }

    pub(super) fn instance(name: &str) -> Self {
        Self { kind: "instance", among: "instances", name: name.into() }
    }

    pub(super) fn nat_gateway(name: &str) -> Self {
        Self { kind: "NAT gateway", among: "nat_gateways", name: name.into() }
    }

    pub(super) fn resolver_endpoint(name: &str) -> Self {
        Self { kind: "resolver endpoint", among: "resolver_endpoints", name: name.into() }
    }

    /// As messages name it.
    fn in_vpc(&self, vpc: &str) -> String {
        format!("{} `{vpc}/{}`", self.kind, self.name)
    }
}

/// Who needs an address of which family.
pub(super) enum Wanted {
    InterfaceV4(EniIx),
    InterfaceV6(EniIx),
    InstanceV4(InstanceIx),
    /// Of an instance where there is no IPv4.
    InstanceV6(InstanceIx),
    /// One of the network interfaces of a resolver endpoint.
    ResolverV4(ResolverEndpointIx, usize),
    NatGatewayV4(VpcIx, Box<str>),
}

impl Builder {
    /// Reads an address chosen in the file and takes it for its owner: inside the subnet, not reserved, not used. N21, N71
    pub(super) fn chosen_address(
        &mut self,
        path: &At<'_>,
        text: &str,
        subnet: SubnetIx,
        owner: &Owner,
    ) -> Option<IpAddr> {
        let Ok(address) = text.parse::<IpAddr>() else {
            let message = format!("`{text}` is not an IP address");
            self.error(Finding::error(path, message));
            return None;
        };
        let vpc = self.model[subnet].vpc;
        let blocks: Vec<IpNet> = self.model[subnet].blocks().collect();
        let of_family = blocks.iter().find(|block| block.addr().is_ipv4() == address.is_ipv4());
        let name = self.model[subnet].name.clone();
        match of_family {
            None => {
                let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
                let message = format!("subnet `{name}` has no {family} block for `{address}`");
                self.error(Finding::error(path, message));
                return None;
            }
            Some(block) if !block.contains(&address) => {
                let message = format!("`{address}` is not in subnet `{name}`, which is {block}");
                self.error(Finding::error(path, message).rule("N71"));
                return None;
            }
            Some(block) => {
                if let Some(why) = self.model[subnet].reserved(address) {
                    let message = format!("`{address}` cannot be used: it is {why} in {block}");
                    let help = "the first four addresses of a subnet and the last are AWS's";
                    let rule = if address.is_ipv4() { "N21" } else { "N71" };
                    self.error(Finding::error(path, message).rule(rule).help(help));
                    return None;
                }
            }
        }
        if let Some(other) = self.addresses.chosen.insert(address, owner.clone()) {
            let other = other.in_vpc(&self.model[vpc].name);
            let message = format!("`{address}` is the address of {other} already");
            self.error(Finding::error(path, message));
            return None;
        }
        Some(address)
    }

    /// Notes that somebody needs an address; given once all that the VPC's file chooses are known.
    pub(super) fn want_address(
        &mut self,
        wanted: Wanted,
        subnet: SubnetIx,
        owner: &Owner,
        entry: Option<&Segment>,
    ) {
        let (owner, entry) = (owner.clone(), entry.cloned());
        self.addresses.wishes.push(Wish { wanted, subnet, owner, entry });
    }

    /// Gives the lowest free addresses to all of a VPC who chose none; no address of it is taken afterwards.
    pub(super) fn addresses_not_chosen(&mut self, vpc: VpcIx) {
        let mut wishes = std::mem::take(&mut self.addresses.wishes);
        for Wish { wanted, subnet, owner, entry } in wishes.drain(..) {
            let place = &self.model[subnet];
            let (v4, v6) = (place.cidr_block, place.ipv6_cidr_block);
            let found = match wanted {
                Wanted::InterfaceV4(_)
                | Wanted::InstanceV4(_)
                | Wanted::ResolverV4(..)
                | Wanted::NatGatewayV4(..) => {
                    v4.and_then(|block| self.addresses.free_v4(subnet, block)).map(IpAddr::V4)
                }
                Wanted::InterfaceV6(_) | Wanted::InstanceV6(_) => {
                    v6.and_then(|block| self.addresses.free_v6(subnet, block)).map(IpAddr::V6)
                }
            };
            match found {
                Some(address) => self.give_address(wanted, address),
                None => self.no_address(vpc, subnet, &owner, entry.as_ref()),
            }
        }
        // the rooms of these stay, for the next VPC
        self.addresses.wishes = wishes;
        self.addresses.chosen.clear();
        self.addresses.given.clear();
        self.addresses.next_v4.clear();
        self.addresses.next_v6.clear();
    }

    fn give_address(&mut self, wanted: Wanted, address: IpAddr) {
        match (wanted, address) {
            (Wanted::InterfaceV4(eni), IpAddr::V4(v4)) => {
                if let Some(interface) = self.interface(eni) {
                    interface.ipv4 = Some(v4);
                }
            }
            (Wanted::InterfaceV6(eni), IpAddr::V6(v6)) => {
                if let Some(interface) = self.interface(eni) {
                    interface.ipv6 = Some(Box::new(v6));
                }
            }
            (Wanted::InstanceV4(ix), IpAddr::V4(v4)) => {
                if let Some(instance) = self.model.instances.get_mut(ix.index()) {
                    instance.private_ip = Some(v4);
                }
            }
            (Wanted::InstanceV6(ix), IpAddr::V6(v6)) => {
                if let Some(instance) = self.model.instances.get_mut(ix.index()) {
                    instance.ipv6_address = Some(v6);
                }
            }
            (Wanted::ResolverV4(endpoint, at), address) => {
                let endpoint = self.model.resolver_endpoints.get_mut(endpoint.index());
                if let Some(place) = endpoint.and_then(|of| of.ip_addresses.get_mut(at)) {
                    place.ip = Some(address);
                }
            }
            (Wanted::NatGatewayV4(vpc, name), IpAddr::V4(v4)) => {
                if let Some(nat) = self.vpc_mut(vpc).nat_gateways.get_mut(&name) {
                    nat.private_ip = Some(v4);
                }
            }
            (
                Wanted::InterfaceV4(_) | Wanted::InstanceV4(_) | Wanted::NatGatewayV4(..),
                IpAddr::V6(_),
            )
            | (Wanted::InterfaceV6(_) | Wanted::InstanceV6(_), IpAddr::V4(_)) => {}
        }
    }

    fn no_address(&mut self, vpc: VpcIx, subnet: SubnetIx, owner: &Owner, entry: Option<&Segment>) {
        let at = At::ROOT;
        let at = at.entry("vpcs", &self.model[vpc].name);
        let at = at.entry(owner.among, &owner.name);
        let subnets = at.key("subnets");
        let path = entry.map_or(at, |entry| subnets.below(entry)).path();
        let message = format!("subnet `{}` has no free address left", self.model[subnet].name);
        self.error(Finding::error(path, message));
    }

    fn interface(&mut self, eni: EniIx) -> Option<&mut NetworkInterface> {
        self.model.interfaces.get_mut(eni.index())
    }
}

impl Addresses {
    fn free_v4(&mut self, subnet: SubnetIx, block: Ipv4Net) -> Option<Ipv4Addr> {
        // a small subnet has its free addresses below the usual start
        let first = if block.prefix_len() > 27 { 4 } else { FIRST_FREE };
        let next = self.next_v4.entry(subnet).or_insert(first);
        loop {
            let address = Ipv4Addr::from(u32::from(block.network()).checked_add(*next)?);
            if !block.contains(&address) || address == block.broadcast() {
                return None;
            }
            *next += 1;
            if give(&self.chosen, &mut self.given, address.into()) {
                return Some(address);
            }
        }
    }

    fn free_v6(&mut self, subnet: SubnetIx, block: Ipv6Net) -> Option<Ipv6Addr> {
        let next = self.next_v6.entry(subnet).or_insert(FIRST_FREE);
        loop {
            let address =
                Ipv6Addr::from(u128::from(block.network()).checked_add(u128::from(*next))?);
            *next = next.checked_add(1)?;
            if give(&self.chosen, &mut self.given, address.into()) {
                return Some(address);
            }
        }
    }
}

/// Whether an address was free; it is not afterwards.
fn give(
    chosen: &Map<IpAddr, Owner>,
    given: &mut HashSet<IpAddr, RandomState>,
    address: IpAddr,
) -> bool {
    !chosen.contains_key(&address) && given.insert(address)
}
