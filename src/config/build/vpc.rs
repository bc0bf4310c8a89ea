//! VPCs, subnets and instances: blocks that lie where they should and do not overlap.

use std::{net::IpAddr, ops::RangeInclusive};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{
    Builder,
    addresses::{Owner, Wanted},
    ix32, parse_region,
};
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{FirewallFailOpenSpec, FlagSpec, InstanceSpec, SubnetSpec, VpcSpec},
    },
    model::{
        AvailabilityZone, AzIx, Instance, InstanceId, InstanceIx, Subnet, SubnetId, SubnetIx, Vpc,
        VpcId, VpcIx,
    },
};

impl Builder {
    /// All VPCs with what stands in them.
    pub(super) fn vpcs(&mut self, vpcs: Entries<VpcSpec>) {
        for (name, spec) in vpcs {
            let path = At::ROOT.entry("vpcs", &name);
            self.one_vpc(&path, &name, spec);
        }
    }

    fn one_vpc(&mut self, path: &At<'_>, name: &str, spec: VpcSpec) {
        let VpcSpec {
            id,
            region,
            cidr_block,
            secondary_cidr_blocks,
            ipv6_cidr_block,
            enable_dns_support,
            enable_dns_hostnames,
            subnets,
            internet_gateway,
            egress_only_internet_gateway,
            nat_gateways,
            route_tables,
            security_groups,
            network_acls,
            instances,
            vpc_endpoints,
            resolver_endpoints,
            autodefined_reverse_flag,
            firewall_fail_open,
            firewall_available,
            dnssec_validation,
        } = spec;
        self.check_vpc_name(path, name);
        let ix = VpcIx(ix32(self.model.vpcs.len()));
        let id = self.id(path, id.as_deref(), || VpcId::derive(name));
        let region = match region {
            None => self.model.region,
            Some(region) => parse_region(&region, &path.key("region"), &mut self.findings),
        };
        let cidr_blocks = self.ipv4_blocks(path, cidr_block, secondary_cidr_blocks);
        let ipv6_cidr_blocks = ipv6_cidr_block
            .and_then(|text| self.ipv6_block(&path.key("ipv6_cidr_block"), &text, 44..=60));
        self.model.vpcs.push(Vpc {
            name: name.into(),
            id,
            region,
            cidr_blocks,
            ipv6_cidr_blocks: ipv6_cidr_blocks.into_iter().collect(),
            enable_dns_support: enable_dns_support.unwrap_or(true),
            enable_dns_hostnames,
            internet_gateway,
            egress_only_internet_gateway,
            block_public_access_exclusion: None,
            subnets: Vec::new(),
            route_tables: std::collections::BTreeMap::new(),
            nat_gateways: std::collections::BTreeMap::new(),
            security_groups: std::collections::BTreeMap::new(),
            network_acls: std::collections::BTreeMap::new(),
            gateway_endpoints: std::collections::BTreeMap::new(),
            autodefined_reverse: autodefined_reverse_flag != Some(FlagSpec::Disable),
            firewall_fail_open: firewall_fail_open == Some(FirewallFailOpenSpec::Enabled),
            firewall_available: firewall_available.unwrap_or(true),
            query_logs: Vec::new(),
            dnssec_validation: dnssec_validation.unwrap_or(false),
        });
        self.names.vpcs.insert(name.into(), ix);
        self.names.vpcs.insert(id.to_string().into(), ix);
        self.route_tables(ix, path, route_tables);
        self.network_acls(ix, path, network_acls);
        self.security_groups(ix, path, security_groups);
        self.subnets(ix, path, subnets);
        self.nat_gateways(ix, path, nat_gateways);
        self.instances(ix, path, instances);
        self.endpoints(ix, path, vpc_endpoints);
        self.resolver_endpoints(ix, path, resolver_endpoints);
        self.nat_gateway_addresses(ix);
        self.addresses_not_chosen(ix);
    }

    fn check_vpc_name(&mut self, path: &At<'_>, name: &str) {
        self.check_name(path, name);
        if name == "internet" {
            let message = "`internet` is where askers outside every VPC are, and cannot be a VPC";
            self.error(Finding::error(path, message).at_key());
        }
    }

    /// The primary IPv4 block and the secondary ones, none of which overlap.
    fn ipv4_blocks(
        &mut self,
        path: &At<'_>,
        primary: String,
        secondary: Vec<String>,
    ) -> Vec<Ipv4Net> {
        let mut blocks: Vec<Ipv4Net> = Vec::new();
        let primary = (path.key("cidr_block"), primary);
        let secondary = secondary.into_iter().enumerate();
        let secondary = secondary.map(|(at, text)| (path.item("secondary_cidr_blocks", at), text));
        for (path, text) in std::iter::once(primary).chain(secondary) {
            let Some(block) = self.block::<Ipv4Net>(&path, &text) else { continue };
            if !(16..=28).contains(&block.prefix_len()) {
                let message = format!("`{text}` is a /{}: expected /16 to /28", block.prefix_len());
                self.error(Finding::error(path, message));
            }
            if let Some(other) = blocks.iter().find(|other| overlap(**other, block)) {
                let message = format!("`{text}` overlaps {other} of the same VPC");
                self.error(Finding::error(path, message));
            }
            blocks.push(block);
        }
        blocks
    }

    /// Reads a block without host bits.
    pub(super) fn block<T: Block>(&mut self, path: &At<'_>, text: &str) -> Option<T> {
        let Ok(block) = text.parse::<T>() else {
            let message = format!("`{text}` is not a CIDR block, such as `{}`", T::EXAMPLE);
            self.error(Finding::error(path, message));
            return None;
        };
        let truncated = block.truncated();
        if truncated != block {
            let message = format!("`{text}` has bits behind the prefix");
            let help = format!("did you mean `{truncated}`?");
            self.error(Finding::error(path, message).help(help));
        }
        Some(truncated)
    }

    /// Reads an IPv6 block of a size that AWS has: a multiple of four. Source: VPC User Guide, "VPC CIDR blocks".
    fn ipv6_block(
        &mut self,
        path: &At<'_>,
        text: &str,
        sizes: RangeInclusive<u8>,
    ) -> Option<Ipv6Net> {
        let block = self.block::<Ipv6Net>(path, text)?;
        let length = block.prefix_len();
        if !sizes.contains(&length) || length % 4 != 0 {
            let (least, most) = sizes.into_inner();
            let message =
                format!("`{text}` is a /{length}: expected /{least} to /{most} in steps of 4");
            self.error(Finding::error(path, message));
        }
        Some(block)
    }

    fn subnets(&mut self, vpc: VpcIx, path: &At<'_>, subnets: Entries<SubnetSpec>) {
        for (name, spec) in subnets {
            let path = path.entry("subnets", &name);
            self.one_subnet(vpc, &path, &name, spec);
        }
    }

    fn one_subnet(&mut self, vpc: VpcIx, path: &At<'_>, name: &str, spec: SubnetSpec) {
        let SubnetSpec {
            id,
            availability_zone,
            cidr_block,
            ipv6_cidr_block,
            enable_dns64,
            route_table,
            network_acl,
            private_dns_hostname_type_on_launch,
            enable_resource_name_dns_a_record_on_launch,
            enable_resource_name_dns_aaaa_record_on_launch,
        } = spec;
        self.check_name(path, name);
        let vpc_name = self.model[vpc].name.clone();
        let id = self.id(path, id.as_deref(), || SubnetId::derive(&format!("{vpc_name}/{name}")));
        let az = self.subnet_az(vpc, &path.key("availability_zone"), &availability_zone);
        if cidr_block.is_none() && ipv6_cidr_block.is_none() {
            let message =
                format!("subnet `{name}` has no block: expected `cidr_block` or `ipv6_cidr_block`");
            self.error(Finding::error(path, message).at_key());
        }
        let v4 = cidr_block.and_then(|text| {
            let path = path.key("cidr_block");
            let block = self.block::<Ipv4Net>(&path, &text)?;
            if !(16..=28).contains(&block.prefix_len()) {
                let message = format!("`{text}` is a /{}: expected /16 to /28", block.prefix_len());
                self.error(Finding::error(path, message));
            }
            self.subnet_block(vpc, &path, IpNet::V4(block));
            Some(block)
        });
        let v6 = ipv6_cidr_block.and_then(|text| {
            let path = path.key("ipv6_cidr_block");
            let block = self.ipv6_block(&path, &text, 44..=64)?;
            self.subnet_block(vpc, &path, IpNet::V6(block));
            Some(block)
        });
        let private_dns_name_options = self.private_dns_names_on_launch(
            path,
            v4.is_some(),
            private_dns_hostname_type_on_launch,
            enable_resource_name_dns_a_record_on_launch,
            enable_resource_name_dns_aaaa_record_on_launch,
        );
        let route_table = self.route_table_of(vpc, path, route_table);
        let network_acl = self.network_acl_of(vpc, path, network_acl);
        let ix = az.map(|_| SubnetIx(ix32(self.model.subnets.len())));
        let names = self.names.subnets.entry(vpc).or_default();
        names.extend([(name.into(), ix), (id.to_string().into(), ix)]);
        let (Some(availability_zone), Some(ix)) = (az, ix) else { return };
        self.model.subnets.push(Subnet {
            name: name.into(),
            id,
            vpc,
            availability_zone,
            cidr_block: v4,
            ipv6_cidr_block: v6,
            enable_dns64,
            route_table,
            network_acl,
            block_public_access_exclusion: None,
            private_dns_name_options,
        });
        if let Some(vpc) = self.model.vpcs.get_mut(vpc.index()) {
            vpc.subnets.push(ix);
        }
    }

    /// The AZ of a subnet; it is in the VPC's Region.
    fn subnet_az(&mut self, vpc: VpcIx, path: &At<'_>, text: &str) -> Option<AzIx> {
        let region = self.model[vpc].region;
        match text.parse::<AvailabilityZone>() {
            Err(error) => {
                let help = format!("Availability Zones of {region} are `{region}a`, `{region}b` …");
                self.error(Finding::error(path, error).help(help));
                None
            }
            Ok(az) => {
                if az.region() != region {
                    let message = format!("`{text}` is not in {region}, the Region of the VPC");
                    let help =
                        format!("Availability Zones of {region} are `{region}a`, `{region}b` …");
                    self.error(Finding::error(path, message).help(help));
                }
                self.model.find_az(az.as_str())
            }
        }
    }

    /// A subnet's block lies in one of its VPC's, and overlaps no other subnet's.
    fn subnet_block(&mut self, vpc: VpcIx, path: &At<'_>, block: IpNet) {
        let of_vpc = &self.model[vpc];
        let of_family = |other: &IpNet| other.addr().is_ipv4() == block.addr().is_ipv4();
        let blocks: Vec<IpNet> = of_vpc.blocks().filter(of_family).collect();
        let mut found = None;
        if !blocks.iter().any(|outer| outer.contains(&block)) {
            let known: Vec<String> = blocks.iter().map(ToString::to_string).collect();
            let blocks = if known.is_empty() {
                "no block of this family".to_owned()
            } else {
                known.join(", ")
            };
            found = Some(format!("`{block}` is not inside its VPC, which has {blocks}"));
        }
        let siblings = of_vpc.subnets.iter().map(|subnet| &self.model[*subnet]);
        let overlapping = siblings.into_iter().find_map(|sibling| {
            let mut blocks = sibling.blocks();
            blocks
                .find(|other| other.contains(&block) || block.contains(other))
                .map(|other| (sibling, other))
        });
        if let Some((sibling, other)) = overlapping {
            found = Some(format!("`{block}` overlaps subnet `{}`, which is {other}", sibling.name));
        }
        if let Some(message) = found {
            self.error(Finding::error(path, message));
        }
    }

    fn instances(&mut self, vpc: VpcIx, path: &At<'_>, instances: Entries<InstanceSpec>) {
        for (name, spec) in instances {
            let path = path.entry("instances", &name);
            self.one_instance(vpc, &path, &name, spec);
        }
    }

    fn one_instance(&mut self, vpc: VpcIx, path: &At<'_>, name: &str, spec: InstanceSpec) {
        let InstanceSpec {
            id,
            subnet,
            private_ip,
            ipv6_address,
            public_ip,
            security_groups,
            source_dest_check,
            private_dns_name_options,
        } = spec;
        self.check_name(path, name);
        let owner = Owner::instance(name);
        let vpc_name = self.model[vpc].name.clone();
        let id = self.id(path, id.as_deref(), || InstanceId::derive(&format!("{vpc_name}/{name}")));
        let security_groups = self.security_groups_of(vpc, path, security_groups);
        let public_owner = format!("instance `{vpc_name}/{name}`");
        let public_ip = self.public_address(&path.key("public_ip"), public_ip, &public_owner);
        let subnet = self.subnet(&path.key("subnet"), vpc, &subnet);
        let ix = subnet.map(|_| InstanceIx(ix32(self.model.instances.len())));
        let names = self.names.instances.entry(vpc).or_default();
        names.extend([(name.into(), ix), (id.to_string().into(), ix)]);
        let (Some(subnet), Some(ix)) = (subnet, ix) else { return };
        let place = &self.model[subnet];
        let (has_v4, of_subnet) = (place.cidr_block.is_some(), place.private_dns_name_options);
        let private_dns_name_options =
            self.private_dns_names(path, has_v4, of_subnet, &private_dns_name_options);
        let (mut v4, mut v6) = (None, None);
        for (key, text) in [("private_ip", &private_ip), ("ipv6_address", &ipv6_address)] {
            let Some(text) = text else { continue };
            match self.chosen_address(&path.key(key), text, subnet, &owner) {
                Some(IpAddr::V4(address)) if key == "private_ip" => v4 = Some(address),
                Some(IpAddr::V6(address)) if key == "ipv6_address" => v6 = Some(address),
                Some(address) => {
                    let message = format!("`{address}` is of the wrong family for `{key}`");
                    self.error(Finding::error(path.key(key), message));
                }
                None => {}
            }
        }
        if private_ip.is_none() && self.model[subnet].cidr_block.is_some() {
            self.want_address(Wanted::InstanceV4(ix), subnet, &owner, None);
        } else if ipv6_address.is_none() && self.model[subnet].cidr_block.is_none() {
            // a subnet of IPv6 alone gives each instance an address
            self.want_address(Wanted::InstanceV6(ix), subnet, &owner, None);
        }
        self.model.instances.push(Instance {
            name: name.into(),
            id,
            subnet,
            private_ip: v4,
            ipv6_address: v6,
            public_ip,
            security_groups,
            source_dest_check: source_dest_check.unwrap_or(true),
            private_dns_name_options,
        });
    }
}

/// A CIDR block of one family or either.
pub(super) trait Block: std::str::FromStr + Copy + PartialEq + std::fmt::Display {
    /// One to show.
    const EXAMPLE: &'static str;
    /// Without host bits.
    fn truncated(&self) -> Self;
}

impl Block for Ipv4Net {
    const EXAMPLE: &'static str = "10.0.0.0/16";

    fn truncated(&self) -> Self {
        self.trunc()
    }
}

impl Block for Ipv6Net {
    const EXAMPLE: &'static str = "2001:db8::/56";

    fn truncated(&self) -> Self {
        self.trunc()
    }
}

impl Block for IpNet {
    const EXAMPLE: &'static str = "10.0.0.0/16";

    fn truncated(&self) -> Self {
        self.trunc()
    }
}

fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b) || b.contains(&a)
}
