//! What a place itself decides: what AWS serves there whatever the filters say, faults, and other AZs. N41, N76, N109

use std::net::{IpAddr, Ipv4Addr};

use super::{
    AwsService, Code, Component, Detail, Explanation, World,
    walk::{End, Walk},
};
use crate::{
    health::Target as Faulty,
    model::{EniIx, Model, RESOLVER_IPV6, RESOLVER_LINK_LOCAL, SubnetIx},
};

impl AwsService {
    /// What AWS serves at an address to whoever is in a subnet. N109
    #[must_use]
    pub fn at(model: &Model, subnet: SubnetIx, address: IpAddr) -> Option<Self> {
        let vpc = &model[model[subnet].vpc];
        let offset = |block: ipnet::Ipv4Net, v4: Ipv4Addr| {
            v4.to_bits().wrapping_sub(block.network().to_bits())
        };
        match address {
            IpAddr::V4(v4) if v4 == RESOLVER_LINK_LOCAL || vpc.resolver_plus_two() == Some(v4) => {
                Some(Self::Dns)
            }
            IpAddr::V4(v4)
                if model[subnet].cidr_block.is_some_and(|block| offset(block, v4) == 1) =>
            {
                Some(Self::Router)
            }
            IpAddr::V4(v4) => match v4.octets() {
                [169, 254, 169, 254] => Some(Self::InstanceMetadata),
                [169, 254, 170, 2] => Some(Self::TaskMetadata),
                [169, 254, 169, 250 | 251] => Some(Self::WindowsActivation),
                [169, 254, 169, 123] => Some(Self::TimeSync),
                _ => None,
            },
            IpAddr::V6(RESOLVER_IPV6) => Some(Self::Dns),
            IpAddr::V6(v6) => match v6.segments() {
                [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some(Self::InstanceMetadata),
                [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x123] => Some(Self::TimeSync),
                _ => None,
            },
        }
    }
}

impl Walk<'_> {
    /// What no filter keeps from whoever is in a subnet; and itself. N109
    pub(super) fn aws_service(&mut self, subnet: SubnetIx) -> Option<End> {
        let service = if self.packet.source == self.packet.destination {
            AwsService::Itself
        } else {
            AwsService::at(self.world.model, subnet, self.packet.destination)?
        };
        let vpc = self.world.model[subnet].vpc;
        let off = service == AwsService::Dns && !self.world.model[vpc].enable_dns_support;
        let why = off.then(|| Explanation::new(Code::DnsSupportOff));
        let passes = self.pass(Component::AwsService(service), why.into_iter().collect());
        Some(if passes { End::Aws } else { End::Dropped })
    }

    /// Why nothing gets through a place: the data plane sees a fault at once. N41, N76
    pub(super) fn impairment(&self, subnet: SubnetIx, eni: Option<EniIx>) -> Vec<Explanation> {
        let World { model, health, .. } = *self.world;
        if health.is_clear() {
            return Vec::new();
        }
        let az = model[subnet].availability_zone;
        let places = [Faulty::AvailabilityZone(az), Faulty::Subnet(subnet)];
        let mut places = places.into_iter().chain(eni.map(Faulty::NetworkInterface));
        if !places.any(|place| health.is_observed_impaired(place)) {
            return Vec::new();
        }
        let impaired =
            Explanation { availability_zone: Some(az), ..Explanation::new(Code::AzImpaired) };
        vec![Explanation::new(Code::BadState), impaired]
    }

    /// Whether something is in another AZ of the Region than the flow began in. N285
    pub(super) fn crossed_az(&self, subnet: SubnetIx) -> Option<Detail> {
        let model = self.world.model;
        let from = self.memory.subnet.filter(|_| !self.is_reply)?;
        let region = |subnet: SubnetIx| model[model[subnet].vpc].region;
        let (from_az, to) = (model[from].availability_zone, model[subnet].availability_zone);
        let crossed = from_az != to && region(from) == region(subnet);
        crossed.then_some(Detail::AvailabilityZoneCrossed { from: from_az, to })
    }
}
