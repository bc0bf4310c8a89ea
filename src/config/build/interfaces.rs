//! The network interfaces of interface endpoints: their subnets and addresses.

use std::net::IpAddr;

use super::{
    Builder,
    addresses::{Owner, Wanted},
    endpoint::Place,
    ix32,
};
use crate::{
    config::{
        AwsError, Finding, Segment,
        at::At,
        spec::{AddressSpec, BothAddressesSpec, EndpointSubnetsSpec},
    },
    model::{
        EndpointIx, EniIx, IpAddressType, NetworkInterface, NetworkInterfaceId, ServiceIx, SubnetIx,
    },
};

/// A subnet of an endpoint.
struct InSubnet {
    subnet: SubnetIx,
    /// Its entry among the endpoint's `subnets`.
    entry: Segment,
    address: Option<AddressSpec>,
}

impl Builder {
    /// One network interface a subnet, one subnet an AZ; sorted by AZ. R15, N70
    pub(super) fn interfaces(
        &mut self,
        place: &Place<'_>,
        endpoint: EndpointIx,
        family: IpAddressType,
        subnets: Option<EndpointSubnetsSpec>,
        service: Option<ServiceIx>,
    ) -> (EniIx, EniIx) {
        let mut found: Vec<InSubnet> = Vec::new();
        match subnets {
            None => {}
            Some(EndpointSubnetsSpec::Names(names)) => {
                for (at, name) in names.iter().enumerate() {
                    let entry = Segment::Index(at);
                    self.in_subnet(place, endpoint, name, entry, None, &mut found);
                }
            }
            Some(EndpointSubnetsSpec::Addresses(entries)) => {
                for (name, address) in entries {
                    let entry = Segment::Key(name.clone());
                    self.in_subnet(place, endpoint, &name, entry, address, &mut found);
                }
            }
        }
        if let Some(service) = service {
            let subnets = place.path.key("subnets");
            for InSubnet { subnet, entry, .. } in &found {
                let path = &subnets.below(entry);
                self.check_availability_zone(path, place.vpc, service, *subnet);
            }
        }
        found.sort_by_key(|one| self.model[one.subnet].availability_zone);
        let owner = Owner::endpoint(place.name);
        let first = EniIx(ix32(self.model.interfaces.len()));
        for one in found {
            let eni = EniIx(ix32(self.model.interfaces.len()));
            let subnet = &self.model[one.subnet].name;
            let seed = [place.vpc_id, "/", place.name, "/", subnet];
            self.model.interfaces.push(NetworkInterface {
                id: NetworkInterfaceId::derive_from(&seed),
                endpoint,
                subnet: one.subnet,
                ipv4: None,
                ipv6: None,
            });
            self.interface_addresses(place.path, eni, family, one, &owner);
        }
        (first, EniIx(ix32(self.model.interfaces.len())))
    }

    /// Adds a subnet to those of an endpoint, unless it is unknown or in the AZ of another.
    fn in_subnet(
        &mut self,
        place: &Place<'_>,
        endpoint: EndpointIx,
        name: &str,
        entry: Segment,
        address: Option<AddressSpec>,
        found: &mut Vec<InSubnet>,
    ) {
        let subnets = place.path.key("subnets");
        let path = subnets.below(&entry);
        let Some(subnet) = self.subnet(&path, place.vpc, name) else {
            self.names.endpoints_without_a_subnet.insert(endpoint);
            return;
        };
        let az = self.model[subnet].availability_zone;
        if found.iter().any(|other| self.model[other.subnet].availability_zone == az) {
            let error = AwsError::duplicate_subnets_in_same_zone(self.model[subnet].id);
            return self.refused(&path, &error);
        }
        found.push(InSubnet { subnet, entry, address });
    }

    /// Takes the addresses chosen for a network interface, and asks for those that are missing. R43, N71
    fn interface_addresses(
        &mut self,
        path: &At<'_>,
        eni: EniIx,
        family: IpAddressType,
        chosen: InSubnet,
        owner: &Owner,
    ) {
        let InSubnet { subnet, entry, address } = chosen;
        let subnets = path.key("subnets");
        let path = &subnets.below(&entry);
        let chosen = match address {
            None => [None, None],
            Some(AddressSpec::One(text)) => [Some((*path, text)), None],
            Some(AddressSpec::Both(BothAddressesSpec { ipv4, ipv6 })) => [
                ipv4.map(|text| (path.key("ipv4"), text)),
                ipv6.map(|text| (path.key("ipv6"), text)),
            ],
        };
        let needs_v4 = family != IpAddressType::Ipv6;
        let needs_v6 = family != IpAddressType::Ipv4;
        let (mut v4, mut v6) = (None, None);
        let mut blamed = false;
        for (path, text) in chosen.into_iter().flatten() {
            match self.chosen_address(&path, &text, subnet, owner) {
                Some(IpAddr::V4(address)) if needs_v4 => v4 = Some(address),
                Some(IpAddr::V6(address)) if needs_v6 => v6 = Some(Box::new(address)),
                Some(address) => {
                    let message = format!(
                        "`{address}` does not go with `ip_address_type: {}`",
                        family.as_str()
                    );
                    self.error(Finding::error(path, message).rule("R43"));
                    blamed = true;
                }
                None => blamed = true,
            }
        }
        let place = &self.model[subnet];
        for (needed, block, family) in [
            (needs_v4, place.cidr_block.is_some(), "IPv4"),
            (needs_v6, place.ipv6_cidr_block.is_some(), "IPv6"),
        ] {
            if needed && !block && !blamed {
                let message = format!(
                    "subnet `{}` has no {family} block, which the endpoint needs",
                    self.model[subnet].name
                );
                self.error(Finding::error(path, message).rule("N74"));
                blamed = true;
            }
        }
        if !blamed && needs_v4 && v4.is_none() {
            self.want_address(Wanted::InterfaceV4(eni), subnet, owner, Some(&entry));
        }
        if !blamed && needs_v6 && v6.is_none() {
            self.want_address(Wanted::InterfaceV6(eni), subnet, owner, Some(&entry));
        }
        if let Some(interface) = self.model.interfaces.get_mut(eni.index()) {
            (interface.ipv4, interface.ipv6) = (v4, v6);
        }
    }
}
