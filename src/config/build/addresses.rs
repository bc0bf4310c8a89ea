//! Who has which address: no two have the same, and those who choose none get a free one.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Builder;
use crate::{
    config::{Finding, Path},
    model::{EniIx, InstanceIx, NetworkInterface, SubnetIx, VpcIx},
};

/// Where addresses that nobody chose begin, counted from the start of the subnet: above AWS's own. N21
const FIRST_FREE: u32 = 10;

/// How many addresses at the start of an IPv6 block are AWS's. N71
const RESERVED_AT_START: u128 = 4;

/// Addresses in use, and where to look for the next free one.
#[derive(Default)]
pub(super) struct Addresses {
    used: HashMap<(VpcIx, IpAddr), Box<str>>,
    next_v4: HashMap<SubnetIx, u32>,
    next_v6: HashMap<SubnetIx, u32>,
    /// Who still needs an address: the interface or instance, and the path to blame when there is none.
    wanted: Vec<(Wanted, SubnetIx, Path)>,
}

/// Who needs an address of which family.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    InterfaceV4(EniIx),
    InterfaceV6(EniIx),
    InstanceV4(InstanceIx),
}

/// Why an IPv4 address of a subnet cannot be anybody's. N21
fn reserved(block: Ipv4Net, address: Ipv4Addr) -> Option<&'static str> {
    let from_start = u32::from(address).wrapping_sub(u32::from(block.network()));
    match from_start {
        0 => Some("the network address"),
        1 => Some("the VPC router's"),
        2 => Some("reserved for DNS"),
        3 => Some("reserved by AWS"),
        _ if address == block.broadcast() => Some("the broadcast address"),
        _ => None,
    }
}

impl Builder {
    /// Reads an address chosen in the file and takes it for `who`: inside the subnet, not reserved, not used. N21, N71
    pub(super) fn chosen_address(
        &mut self,
        path: &Path,
        text: &str,
        subnet: SubnetIx,
        who: &str,
    ) -> Option<IpAddr> {
        let Ok(address) = text.parse::<IpAddr>() else {
            let message = format!("`{text}` is not an IP address");
            self.error(Finding::error(path.clone(), message));
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
                self.error(Finding::error(path.clone(), message));
                return None;
            }
            Some(block) if !block.contains(&address) => {
                let message = format!("`{address}` is not in subnet `{name}`, which is {block}");
                self.error(Finding::error(path.clone(), message).rule("N71"));
                return None;
            }
            Some(IpNet::V4(block)) => {
                if let IpAddr::V4(v4) = address
                    && let Some(why) = reserved(*block, v4)
                {
                    let message = format!("`{address}` cannot be used: it is {why} in {block}");
                    let help = "the first four addresses of a subnet and the last are AWS's";
                    self.error(Finding::error(path.clone(), message).rule("N21").help(help));
                    return None;
                }
            }
            Some(IpNet::V6(block)) => {
                let last = block.broadcast();
                let from_start =
                    |v6: Ipv6Addr| u128::from(v6).wrapping_sub(u128::from(block.network()));
                if let IpAddr::V6(v6) = address
                    && (from_start(v6) < RESERVED_AT_START || v6 == last)
                {
                    let message =
                        format!("`{address}` cannot be used: it is reserved by AWS in {block}");
                    let help = "the first four addresses of a subnet and the last are AWS's";
                    self.error(Finding::error(path.clone(), message).rule("N71").help(help));
                    return None;
                }
            }
        }
        if let Some(other) = self.addresses.used.insert((vpc, address), who.into()) {
            let message = format!("`{address}` is the address of {other} already");
            self.error(Finding::error(path.clone(), message));
            return None;
        }
        Some(address)
    }

    /// Notes that somebody needs an address; given once all chosen ones are known.
    pub(super) fn want_address(&mut self, wanted: Wanted, subnet: SubnetIx, path: &Path) {
        self.addresses.wanted.push((wanted, subnet, path.clone()));
    }

    /// Gives the lowest free addresses to all who chose none.
    pub(super) fn addresses_not_chosen(&mut self) {
        for (wanted, subnet, path) in std::mem::take(&mut self.addresses.wanted) {
            let place = &self.model[subnet];
            let (vpc, v4, v6) = (place.vpc, place.cidr_block, place.ipv6_cidr_block);
            let found = match wanted {
                Wanted::InterfaceV4(_) | Wanted::InstanceV4(_) => {
                    v4.and_then(|block| self.addresses.free_v4(vpc, subnet, block)).map(IpAddr::V4)
                }
                Wanted::InterfaceV6(_) => {
                    v6.and_then(|block| self.addresses.free_v6(vpc, subnet, block)).map(IpAddr::V6)
                }
            };
            let Some(address) = found else {
                let name = &self.model[subnet].name;
                let message = format!("subnet `{name}` has no free address left");
                self.error(Finding::error(path, message));
                continue;
            };
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
                (Wanted::InterfaceV4(_) | Wanted::InstanceV4(_), IpAddr::V6(_))
                | (Wanted::InterfaceV6(_), IpAddr::V4(_)) => {}
            }
        }
    }

    fn interface(&mut self, eni: EniIx) -> Option<&mut NetworkInterface> {
        self.model.interfaces.get_mut(eni.index())
    }
}

impl Addresses {
    fn free_v4(&mut self, vpc: VpcIx, subnet: SubnetIx, block: Ipv4Net) -> Option<Ipv4Addr> {
        // a small subnet has its free addresses below the usual start
        let first = if block.prefix_len() > 27 { 4 } else { FIRST_FREE };
        let next = self.next_v4.entry(subnet).or_insert(first);
        loop {
            let address = Ipv4Addr::from(u32::from(block.network()).checked_add(*next)?);
            if !block.contains(&address) || address == block.broadcast() {
                return None;
            }
            *next += 1;
            if let std::collections::hash_map::Entry::Vacant(free) =
                self.used.entry((vpc, address.into()))
            {
                free.insert("another".into());
                return Some(address);
            }
        }
    }

    fn free_v6(&mut self, vpc: VpcIx, subnet: SubnetIx, block: Ipv6Net) -> Option<Ipv6Addr> {
        let next = self.next_v6.entry(subnet).or_insert(FIRST_FREE);
        loop {
            let address =
                Ipv6Addr::from(u128::from(block.network()).checked_add(u128::from(*next))?);
            *next = next.checked_add(1)?;
            if let std::collections::hash_map::Entry::Vacant(free) =
                self.used.entry((vpc, address.into()))
            {
                free.insert("another".into());
                return Some(address);
            }
        }
    }
}
