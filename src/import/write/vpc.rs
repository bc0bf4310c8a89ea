//! VPCs, subnets, gateways, peering connections.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use super::{Entry, InsertSome as _, VpcParts, Writer, endpoints, is_gone, state, with_id};
use crate::import::{
    Note,
    dump::{Attributes, Item, VPC_ATTRIBUTE},
    region_in,
};

/// The Region of a dump that shows none.
const FALLBACK: &str = "us-east-1";

impl Writer<'_> {
    /// VPCs and their subnets; the Region that most of them are in.
    pub(super) fn vpcs(&mut self) -> &'static str {
        let dump = self.dump;
        let mut regions: HashMap<&str, &'static str> = HashMap::new();
        let of_subnets = dump.all("Subnets").iter().filter_map(|item| {
            let az = item.value.text("AvailabilityZone")?;
            Some((item.value.text("VpcId")?, region_in(az)?))
        });
        let of_endpoints = dump.all("VpcEndpoints").iter().filter_map(|item| {
            Some((item.value.text("VpcId")?, region_in(item.value.text("ServiceName")?)?))
        });
        let of_peerings = dump.all("VpcPeeringConnections").iter().flat_map(|item| {
            let sides = ["RequesterVpcInfo", "AccepterVpcInfo"];
            sides.into_iter().filter_map(|side| {
                let info = item.value.attribute(side)?;
                Some((info.text("VpcId")?, region_in(info.text("Region")?)?))
            })
        });
        let by_subnets: HashMap<&str, &'static str> = of_subnets.collect();
        for (vpc, region) in of_endpoints.chain(of_peerings) {
            regions.entry(vpc).or_insert(region);
        }
        let vpcs = self.entries("vpcs");
        let found: Vec<Option<&'static str>> = vpcs
            .iter()
            .map(|entry| {
                let arn = entry.item.value.text("VpcArn").or(entry.item.value.text("Arn"));
                // what a VPC holds says more than how a folder is called
                let known = arn.and_then(region_in).or(by_subnets.get(entry.id).copied());
                known.or(entry.item.region).or_else(|| regions.get(entry.id).copied())
            })
            .collect();
        let mut count: BTreeMap<&'static str, usize> = BTreeMap::new();
        for region in found.iter().flatten() {
            *count.entry(region).or_default() += 1;
        }
        let most =
            count.into_iter().max_by_key(|(region, count)| (*count, std::cmp::Reverse(*region)));
        let default = most.map_or(FALLBACK, |(region, _)| region);
        let attributes = Dns::of(dump.all(VPC_ATTRIBUTE), dump.all("VpcEndpoints"));
        for (entry, region) in vpcs.iter().zip(found) {
            match (region, entry.item.region) {
                (None, _) => {
                    self.note_on(entry, format!("nothing says its Region: taken as {default}"));
                }
                (Some(found), Some(path)) if found != path => {
                    let what =
                        format!("its file is of {path}, its subnets are in {found}: that counts");
                    self.note_on(entry, what);
                }
                (Some(_), _) => {}
            }
            let fields = self.vpc(entry, region.filter(|region| *region != default), &attributes);
            let origin = (Arc::clone(&entry.item.file), entry.shown());
            self.origins.insert(vec!["vpcs".to_owned(), entry.key.clone()], origin);
            let parts = VpcParts { fields, ..VpcParts::default() };
            self.vpcs.insert(entry.key.clone(), parts);
        }
        self.subnets();
        default
    }

    fn vpc(
        &mut self,
        entry: &Entry<'_>,
        region: Option<&str>,
        attributes: &Dns<'_>,
    ) -> Map<String, Value> {
        let of = &entry.item.value;
        let mut value = with_id(entry);
        value.insert_some("region", region);
        value.insert_some("cidr_block", of.text("CidrBlock"));
        let associated = |key: &str, block: &'static str| -> Vec<String> {
            let state = format!("{block}State.State");
            let blocks = of.list(key).iter().filter(|set| {
                set.text(&state).is_none_or(|state| state.eq_ignore_ascii_case("associated"))
            });
            blocks.filter_map(|set| set.text(block)).map(str::to_owned).collect()
        };
        let mut secondary = associated("CidrBlockAssociationSet", "CidrBlock");
        secondary.retain(|block| Some(&**block) != of.text("CidrBlock"));
        value.insert_list("secondary_cidr_blocks", secondary);
        let mut v6 = associated("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock").into_iter();
        value.insert_some("ipv6_cidr_block", v6.next());
        for more in v6 {
            self.note_on(entry, format!("its further IPv6 block {more} is left out"));
        }
        let support =
            of.flag("EnableDnsSupport").or_else(|| attributes.support.get(entry.id).copied());
        if support == Some(false) {
            value.insert("enable_dns_support".into(), false.into());
        }
        let hostnames =
            of.flag("EnableDnsHostnames").or_else(|| attributes.hostnames.get(entry.id).copied());
        let hostnames = hostnames.unwrap_or_else(|| {
            let private = attributes.private.contains(entry.id);
            let default = of.flag("IsDefault") == Some(true);
            let (taken, why) = if private {
                ("on", "an endpoint in it has private DNS")
            } else if default {
                ("on", "it is the default VPC")
            } else {
                ("off", "that is how VPCs are made")
            };
            let what = "no `describe-vpc-attribute --attribute enableDnsHostnames` of it";
            self.note_on(entry, format!("{what}: taken as {taken}, since {why}"));
            private || default
        });
        if hostnames {
            value.insert("enable_dns_hostnames".into(), true.into());
        }
        value
    }

    fn subnets(&mut self) {
        for entry in self.entries("subnets").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            value.insert_some("availability_zone", of.text("AvailabilityZone"));
            value.insert_some("cidr_block", of.text("CidrBlock"));
            let associated = |set: &&Value| {
                let state = set.text("Ipv6CidrBlockState.State");
                state.is_none_or(|state| state.eq_ignore_ascii_case("associated"))
            };
            let mut v6 = of.list("Ipv6CidrBlockAssociationSet").iter().filter(associated);
            value.insert_some("ipv6_cidr_block", v6.find_map(|set| set.text("Ipv6CidrBlock")));
            if of.flag("EnableDns64") == Some(true) {
                value.insert("enable_dns64".into(), true.into());
            }
            let names = "PrivateDnsNameOptionsOnLaunch";
            value.insert_some(
                "private_dns_hostname_type_on_launch",
                of.text(&format!("{names}.HostnameType")).filter(|of| *of != "ip-name"),
            );
            for (theirs, ours) in [
                ("EnableResourceNameDnsARecord", "enable_resource_name_dns_a_record_on_launch"),
                (
                    "EnableResourceNameDnsAAAARecord",
                    "enable_resource_name_dns_aaaa_record_on_launch",
                ),
            ] {
                value.insert_some(ours, of.flag(&format!("{names}.{theirs}")).filter(|on| *on));
            }
            self.put("subnets", entry, value);
        }
    }

    /// Internet gateways, egress-only ones, NAT gateways.
    pub(super) fn gateways(&mut self) {
        let dump = self.dump;
        for (list, id, key) in [
            ("InternetGateways", "InternetGatewayId", "internet_gateway"),
            (
                "EgressOnlyInternetGateways",
                "EgressOnlyInternetGatewayId",
                "egress_only_internet_gateway",
            ),
        ] {
            for item in dump.all(list) {
                let Some(id) = item.value.text(id) else { continue };
                for attached in item.value.list("Attachments").iter().filter(|set| !is_gone(set)) {
                    if let Some(vpc) = self.vpc_of(item, id, attached.text("VpcId")) {
                        self.set(&vpc, key, true);
                    }
                }
            }
        }
        for entry in self.entries("nat_gateways").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            if of.text("AvailabilityMode") == Some("regional") {
                self.note_on(
                    entry,
                    "a regional NAT gateway, which a topology does not have: left out",
                );
                continue;
            }
            let Some(subnet) = self.the_subnet(entry, of.text("SubnetId")) else { continue };
            let state = state(of);
            if !matches!(&*state, "" | "available") {
                self.note_on(entry, format!("its state `{state}` is taken as `available`"));
            }
            value.insert("subnet".into(), subnet.into());
            let addresses = of.list("NatGatewayAddresses");
            let primary = addresses.iter().find(|address| address.flag("IsPrimary") != Some(false));
            let id = of.text("SubnetId").unwrap_or_default();
            let private = primary.and_then(|address| {
                let interface = || {
                    let item = self.interfaces.by_id(address.text("NetworkInterfaceId")?)?;
                    item.value.text("PrivateIpAddress")
                };
                address.text("PrivateIp").or_else(interface)
            });
            let fits = private.filter(|ip| self.interfaces.fits(id, ip));
            if let (None, Some(ip)) = (fits, private) {
                let what = format!("its address {ip} is not in `{id}`: another is made up");
                self.note_on(entry, what);
            }
            value.insert_some("private_ip", fits);
            let public = primary.and_then(|address| address.text("PublicIp"));
            if public.is_none() && of.text("ConnectivityType") == Some("public") {
                self.note_on(entry, "it is public, but has no public address: taken as private");
            }
            value.insert_some("public_ip", public);
            if addresses.len() > 1 {
                let more = addresses.len() - 1;
                self.note_on(entry, format!("{more} secondary addresses are left out"));
            }
            self.put("nat_gateways", entry, value);
        }
    }

    /// The name of the subnet that something stands in; a note where it is not known.
    pub(super) fn the_subnet(&mut self, entry: &Entry<'_>, id: Option<&str>) -> Option<String> {
        let Some(id) = id else {
            self.note_on(entry, "it says no subnet it is in: left out");
            return None;
        };
        self.refer(entry, id, "subnet")
    }

    pub(super) fn peering(&mut self) {
        for entry in self.entries("vpc_peering_connections").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let mut sides = Vec::new();
            for (side, key) in [("RequesterVpcInfo", "vpc"), ("AccepterVpcInfo", "peer_vpc")] {
                let Some(vpc) = of.text(&format!("{side}.VpcId")) else { continue };
                if !self.by_id.contains_key(vpc) {
                    // N146: each side says whose it is, and where
                    let of = |key: &str| of.text(&format!("{side}.{key}")).unwrap_or("unknown");
                    let what = format!(
                        "its VPC `{vpc}` (account {}, Region {}) is in no file: left out",
                        of("OwnerId"),
                        of("Region"),
                    );
                    self.note_on(entry, what);
                    continue;
                }
                sides.extend(self.refer(entry, vpc, "VPC").map(|vpc| (key, vpc)));
            }
            if sides.len() < 2 {
                self.note_on(entry, "both VPCs of a peering connection must be there: left out");
                continue;
            }
            value.extend(sides.into_iter().map(|(key, vpc)| (key.to_owned(), vpc.into())));
            for (side, key) in [("RequesterVpcInfo", "requester"), ("AccepterVpcInfo", "accepter")]
            {
                let allow = format!("{side}.PeeringOptions.AllowDnsResolutionFromRemoteVpc");
                if of.flag(&allow) == Some(true) {
                    value.insert(key.into(), json!({ "allow_remote_vpc_dns_resolution": true }));
                }
            }
            let status = state(of);
            if !matches!(&*status, "" | "active") {
                value.insert("status".into(), status.into());
            }
            self.put("vpc_peering_connections", entry, value);
        }
    }

    /// The account's own mapping of AZs: what subnets say of theirs, and `describe-availability-zones`. R13
    pub(super) fn availability_zone_ids(&mut self) -> BTreeMap<String, String> {
        let subnets = self.dump.all("Subnets").iter();
        let subnets = subnets.map(|item| (item, "AvailabilityZone", "AvailabilityZoneId"));
        let zones = self.dump.all("AvailabilityZones").iter();
        let zones = zones.map(|item| (item, "ZoneName", "ZoneId"));
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let mut taken: HashSet<String> = HashSet::new();
        for (item, name, id) in subnets.chain(zones) {
            let (Some(name), Some(id)) = (item.value.text(name), item.value.text(id)) else {
                continue;
            };
            // Local Zones and Wavelength Zones are no AZs
            let is_az = region_in(name).is_some_and(|region| name.len() == region.len() + 1);
            if !is_az {
                continue;
            }
            match ids.get(name) {
                Some(known) if known == id => {}
                None if taken.insert(id.to_owned()) => {
                    ids.insert(name.to_owned(), id.to_owned());
                }
                _ => {
                    let what = format!(
                        "it is in another account's view of the AZs: `{name}` is not `{id}` there"
                    );
                    self.notes.push(Note::new(&item.file, Some(name), what));
                }
            }
        }
        // what no subnet uses says nothing
        let used: HashSet<&str> = self
            .dump
            .all("Subnets")
            .iter()
            .filter_map(|item| item.value.text("AvailabilityZone"))
            .collect();
        ids.retain(|name, _| used.contains(name.as_str()));
        ids
    }
}

/// What `describe-vpc-attribute` said, by VPC.
struct Dns<'a> {
    support: HashMap<&'a str, bool>,
    hostnames: HashMap<&'a str, bool>,
    /// VPCs with an endpoint that has private DNS, for which both attributes must be on. R49
    private: HashSet<&'a str>,
}

impl<'a> Dns<'a> {
    fn of(attributes: &'a [Item], endpoints: &'a [Item]) -> Self {
        let of = |key: &str| {
            let found = attributes
                .iter()
                .filter_map(|item| Some((item.value.text("VpcId")?, item.value.flag(key)?)));
            found.collect()
        };
        let private = endpoints.iter().filter(|item| {
            item.value.flag("PrivateDnsEnabled") == Some(true)
                && !endpoints::is_gateway(&item.value)
        });
        Self {
            support: of("EnableDnsSupport"),
            hostnames: of("EnableDnsHostnames"),
            private: private.filter_map(|item| item.value.text("VpcId")).collect(),
        }
    }
}
