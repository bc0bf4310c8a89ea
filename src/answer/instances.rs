//! In the zones that Resolver defines by itself: names of instances, addresses backwards, the host itself. R83–R85, R111–R117

use std::net::{IpAddr, Ipv4Addr};

use hickory_proto::rr::RecordType;

use super::{
    Reason, Via,
    evaluate::{Reply, Step, Walk},
};
use crate::{
    model::{DnsName, InstanceIx, VpcIx},
    names::{InstanceLabel, ReverseName, WireName, instance_label},
    view::{Autodefined, CompiledSoa, NAME_SERVER, RegionNames},
};

impl<'a, R: Reply> Walk<'a, '_, R> {
    /// In an autodefined zone of a VPC.
    pub(super) fn in_autodefined(
        &mut self,
        vpc: VpcIx,
        apex: &'a [u8],
        zone: Autodefined,
        name: &'a [u8],
    ) -> Step<'a> {
        self.reply.note(|| Reason::Autodefined(DnsName::from_suffix(apex)));
        let instances = &self.situation.views.instances;
        let region = match zone {
            Autodefined::Localhost(at) => {
                return match instances.localhost(at) {
                    Some(zone) => self.in_zone(zone, name),
                    None => Step::ServFail,
                };
            }
            Autodefined::Reverse => instances.region_of(vpc),
            Autodefined::Internal(region)
            | Autodefined::Public(region)
            | Autodefined::Empty(region) => instances.region(region),
        };
        let Some(region) = region else { return Step::ServFail };
        if name == apex {
            return match self.rtype {
                RecordType::SOA => self.aws_rrset(&region.soa.rrset),
                _ => self.no_data(apex, &region.soa),
            };
        }
        match zone {
            Autodefined::Internal(_) => self.internal_name(vpc, apex, region, name),
            Autodefined::Public(_) => self.public_instance_name(vpc, apex, region, name),
            Autodefined::Reverse => self.reverse_name(vpc, apex, region, name),
            Autodefined::Empty(_) | Autodefined::Localhost(_) => self.name_error(apex, &region.soa),
        }
    }

    /// `ip-10-0-0-15` or `i-…` in a Region's domain of private names. R111–R113
    fn internal_name(
        &mut self,
        vpc: VpcIx,
        apex: &'a [u8],
        region: &RegionNames,
        name: &[u8],
    ) -> Step<'a> {
        if name == region.name_server.wire() {
            return self.instance_addresses(apex, &region.soa, Some(NAME_SERVER.into()), None);
        }
        let Situated { model, instances } = self.situated();
        let label = instance_label(name).filter(|(_, domain)| *domain == apex);
        match label.map(|(label, _)| label) {
            Some(InstanceLabel::Ip(address))
                if instances
                    .region_of_address(vpc, address)
                    .is_some_and(|found| found.internal == region.internal) =>
            {
                self.instance_addresses(apex, &region.soa, Some(address.into()), None)
            }
            Some(InstanceLabel::Resource(id)) => match instances.instance(model, vpc, id) {
                Some(ix) if model[model[model[ix].subnet].vpc].region == region.region() => {
                    let instance = &model[ix];
                    self.reply.note(|| Reason::ResourceName(ix));
                    let options = instance.private_dns_name_options;
                    let v4 =
                        instance.private_ip.filter(|_| options.enable_resource_name_dns_a_record);
                    let v6 = instance
                        .ipv6_address
                        .filter(|_| options.enable_resource_name_dns_aaaa_record);
                    if v4.is_none() && v6.is_none() {
                        return self.name_error(apex, &region.soa);
                    }
                    self.instance_addresses(
                        apex,
                        &region.soa,
                        v4.map(IpAddr::V4),
                        v6.map(IpAddr::V6),
                    )
                }
                _ => self.name_error(apex, &region.soa),
            },
            _ => self.name_error(apex, &region.soa),
        }
    }

    /// `ec2-203-0-113-25` in a Region's domain of public names, asked in a VPC. R116, R117
    fn public_instance_name(
        &mut self,
        vpc: VpcIx,
        apex: &'a [u8],
        region: &RegionNames,
        name: &[u8],
    ) -> Step<'a> {
        match self.public_instance(apex, region, name) {
            Some((ix, public)) => {
                let model = self.situation.model;
                let owner = model[model[ix].subnet].vpc;
                let inside = self.situation.views.instances.sees_private_side(vpc, owner);
                let private = model[ix].private_ip.filter(|_| inside);
                self.reply.note(|| Reason::PublicInstanceName(ix, private.is_some()));
                let address = private.unwrap_or(public);
                self.instance_addresses(apex, &region.soa, Some(address.into()), None)
            }
            None if self.is_of_others(apex, name) => {
                self.reply.note(|| Reason::Upstream);
                Step::Ask(Via::PublicDns)
            }
            None => self.name_error(apex, &region.soa),
        }
    }

    /// Whether a name is that of a public address which nothing in the file has, and the public DNS can be asked. R86, R116
    fn is_of_others(&self, apex: &[u8], name: &[u8]) -> bool {
        let Some((InstanceLabel::Public(address), domain)) = instance_label(name) else {
            return false;
        };
        let views = self.situation.views;
        domain == apex
            && views.public.has_upstream()
            && !views.instances.has_public_address(address)
    }

    /// The instance whose public name this is, and that address.
    fn public_instance(
        &self,
        apex: &[u8],
        region: &RegionNames,
        name: &[u8],
    ) -> Option<(InstanceIx, Ipv4Addr)> {
        let Situated { model, instances } = self.situated();
        let (label, domain) = instance_label(name)?;
        let InstanceLabel::Public(address) = label else { return None };
        let ix = instances.public_instance(address)?;
        let of_region = model[model[model[ix].subnet].vpc].region == region.region();
        (domain == apex && of_region).then_some((ix, address))
    }

    /// An address backwards. R115
    fn reverse_name(
        &mut self,
        vpc: VpcIx,
        apex: &'a [u8],
        region: &RegionNames,
        name: &[u8],
    ) -> Step<'a> {
        let instances = &self.situation.views.instances;
        let Some(reverse) = ReverseName::read(name).filter(|reverse| !reverse.more) else {
            return self.name_error(apex, &region.soa);
        };
        if reverse.octets < 4 {
            return if instances.any_in_block(vpc, &reverse) {
                self.no_data(apex, &region.soa)
            } else {
                self.name_error(apex, &region.soa)
            };
        }
        let Some(theirs) = instances.region_of_address(vpc, reverse.address) else {
            return self.name_error(apex, &region.soa);
        };
        if !matches!(self.rtype, RecordType::PTR | RecordType::ANY) {
            return self.no_data(apex, &region.soa);
        }
        match WireName::ip_name(reverse.address, &theirs.internal) {
            Some(target) => {
                self.reply.pointer(target.wire());
                Step::Records
            }
            None => Step::ServFail,
        }
    }

    /// What the public DNS says of a name of an instance: `ec2-…` and its address backwards; none if it is not one. R115, R116
    pub(super) fn in_public_names_of_instances(&mut self, name: &'a [u8]) -> Option<Step<'a>> {
        let Situated { model, instances } = self.situated();
        if instances.has_no_public_names() {
            return None;
        }
        let (ix, public) = if let Some((InstanceLabel::Public(address), _)) = instance_label(name) {
            (instances.public_instance(address)?, address)
        } else {
            let reverse = ReverseName::read(name).filter(|name| name.octets == 4 && !name.more)?;
            (instances.public_instance(reverse.address)?, reverse.address)
        };
        let region = instances.region_of(model[model[ix].subnet].vpc)?;
        let own = WireName::public_name(public, &region.public)?;
        if own.wire() == name {
            let apex = name.get(name.len() - region.public.wire().len()..)?;
            self.reply.note(|| Reason::PublicInstanceName(ix, false));
            return Some(self.instance_addresses(apex, &region.soa, Some(public.into()), None));
        }
        let reverse = ReverseName::read(name)?;
        if !matches!(self.rtype, RecordType::PTR | RecordType::ANY) {
            return Some(self.no_data(reverse.block(3)?, &region.soa));
        }
        self.reply.note(|| Reason::PublicInstanceName(ix, false));
        self.reply.pointer(own.wire());
        Some(Step::Records)
    }

    /// The addresses of a name that are of the type asked for.
    fn instance_addresses(
        &mut self,
        apex: &'a [u8],
        soa: &CompiledSoa,
        v4: Option<IpAddr>,
        v6: Option<IpAddr>,
    ) -> Step<'a> {
        let any = self.rtype == RecordType::ANY;
        let before = self.reply.records();
        if let Some(v4) = v4.filter(|_| any || self.rtype == RecordType::A) {
            self.reply.address(v4);
        }
        if let Some(v6) = v6.filter(|_| any || self.rtype == RecordType::AAAA) {
            self.reply.address(v6);
        }
        if self.reply.records() == before { self.no_data(apex, soa) } else { Step::Records }
    }

    fn situated(&self) -> Situated<'a> {
        Situated { model: self.situation.model, instances: &self.situation.views.instances }
    }
}

/// What names of instances are judged by.
struct Situated<'a> {
    model: &'a crate::model::Model,
    instances: &'a crate::view::InstanceNames,
}
