//! Instances, and the network interfaces of everything. N320, N323

use std::{
    collections::{HashMap, HashSet},
    iter,
    net::IpAddr,
};

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::{Entry, InsertSome as _, Writer, shown, state, with_id};
use crate::import::dump::{Attributes as _, Dump, Item};

/// What descriptions of interfaces begin with whose owner they name.
const DESCRIPTIONS: [&str; 2] = ["VPC Endpoint Interface ", "Route 53 Resolver: "];

/// What descriptions of the interfaces of NAT gateways begin with. N83
const OF_NAT_GATEWAY: &str = "Interface for NAT Gateway ";

/// Network interfaces, found by what they belong to.
pub(super) struct Interfaces<'a> {
    by_id: HashMap<&'a str, &'a Item>,
    by_owner: HashMap<&'a str, Vec<&'a Item>>,
    blocks: HashMap<&'a str, Vec<IpNet>>,
    /// Those that stand for something in the topology.
    used: HashSet<&'a str>,
}

impl<'a> Interfaces<'a> {
    /// Looks through all of them.
    pub(super) fn of(dump: &'a Dump) -> Self {
        let mut found = Self {
            by_id: HashMap::new(),
            by_owner: HashMap::new(),
            blocks: HashMap::new(),
            used: HashSet::new(),
        };
        for item in dump.all("NetworkInterfaces") {
            let Some(id) = item.value.text("NetworkInterfaceId") else { continue };
            found.by_id.insert(id, item);
            let described = item.value.text("Description").unwrap_or_default();
            for beginning in DESCRIPTIONS {
                let Some(owner) = described.strip_prefix(beginning) else { continue };
                let owner = owner.split(':').next().unwrap_or(owner).trim();
                found.by_owner.entry(owner).or_default().push(item);
            }
        }
        for item in dump.all("Subnets") {
            let Some(id) = item.value.text("SubnetId") else { continue };
            let v6 = item.value.list("Ipv6CidrBlockAssociationSet").iter();
            let v6 = v6.filter_map(|set| set.text("Ipv6CidrBlock"));
            let blocks = item.value.text("CidrBlock").into_iter().chain(v6);
            found.blocks.insert(id, blocks.filter_map(|block| block.parse().ok()).collect());
        }
        found
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&'a Item> {
        self.by_id.get(id).copied()
    }

    /// Those of an endpoint: by their ids, else by what their descriptions say. N323
    pub(super) fn of_endpoint(&self, ids: &[&str], endpoint: &str) -> Vec<&'a Item> {
        let listed: Vec<&Item> = ids.iter().filter_map(|id| self.by_id(id)).collect();
        if listed.is_empty() {
            return self.by_owner.get(endpoint).cloned().unwrap_or_default();
        }
        listed
    }

    /// They are accounted for.
    pub(super) fn take(&mut self, items: &[&'a Item]) {
        self.used.extend(items.iter().filter_map(|item| item.value.text("NetworkInterfaceId")));
    }

    /// Whether a subnet has an address; one of which nothing is known may.
    pub(super) fn fits(&self, subnet: &str, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        self.blocks
            .get(subnet)
            .is_none_or(|blocks| blocks.iter().any(|block| block.contains(&address)))
    }
}

/// The first IPv6 address of an interface, or of an instance.
pub(super) fn ipv6_address(value: &Value) -> Option<&str> {
    let primary =
        value.list("Ipv6Addresses").iter().find_map(|address| address.text("Ipv6Address"));
    primary.or_else(|| value.text("Ipv6Address"))
}

impl<'a> Writer<'a> {
    pub(super) fn instances(&mut self) {
        for entry in self.entries("instances").iter() {
            let of = &entry.item.value;
            let mut value = with_id(entry);
            let Some(subnet) = self.the_subnet(entry, of.text("SubnetId")) else { continue };
            value.insert("subnet".into(), subnet.into());
            let private = of.text("PrivateIpAddress");
            value.insert_some("private_ip", private);
            let interfaces = of.list("NetworkInterfaces");
            let primary =
                interfaces.iter().find(|eni| eni.number("Attachment.DeviceIndex") == Some(0));
            let primary = primary.or_else(|| interfaces.first());
            let v6 = ipv6_address(of).or_else(|| primary.and_then(ipv6_address));
            value.insert_some("ipv6_address", v6);
            // N323: what the interface says too
            let shown: Vec<&Value> = primary.map_or_else(Vec::new, |primary| {
                let id = primary.text("NetworkInterfaceId").unwrap_or_default();
                let known = self.interfaces.by_id(id).map(|item| &item.value);
                [Some(primary), known].into_iter().flatten().collect()
            });
            let state = state(of);
            if !matches!(&*state, "" | "running" | "pending") {
                self.note_on(entry, format!("its state `{state}` is taken as `running`"));
            }
            if !matches!(&*state, "stopped" | "stopping") {
                let of_interface = || shown.iter().find_map(|eni| eni.text("Association.PublicIp"));
                let public = of.text("PublicIpAddress").or_else(of_interface);
                value.insert_some("public_ip", public);
            }
            self.security_groups_of(entry, &mut value, "SecurityGroups", &shown);
            let checked = of.flag("SourceDestCheck");
            value.insert_some("source_dest_check", checked.filter(|checked| !checked));
            let mut names = Map::new();
            let options = "PrivateDnsNameOptions";
            let resource_name =
                of.text(&format!("{options}.HostnameType")).filter(|of| *of != "ip-name");
            names.insert_some("hostname_type", resource_name);
            for (theirs, ours) in [
                ("EnableResourceNameDnsARecord", "enable_resource_name_dns_a_record"),
                ("EnableResourceNameDnsAAAARecord", "enable_resource_name_dns_aaaa_record"),
            ] {
                names.insert_some(ours, of.flag(&format!("{options}.{theirs}")).filter(|on| *on));
            }
            if !names.is_empty() {
                value.insert("private_dns_name_options".into(), names.into());
            }
            self.interfaces_of_instance(entry);
            self.put("instances", entry, value);
        }
    }

    /// An instance has one interface here: what further ones it has is left out.
    fn interfaces_of_instance(&mut self, entry: &Entry<'a>) {
        let private = entry.item.value.text("PrivateIpAddress");
        // a node of Kubernetes has dozens
        let mut further: Vec<&str> = Vec::new();
        for eni in entry.item.value.list("NetworkInterfaces") {
            let Some(id) = eni.text("NetworkInterfaceId") else { continue };
            let known: Vec<&Item> = self.interfaces.by_id(id).into_iter().collect();
            self.interfaces.take(&known);
            let address = eni.text("PrivateIpAddress");
            if eni.number("Attachment.DeviceIndex").is_some_and(|at| at > 0) || address != private {
                let address = address.unwrap_or_default();
                self.note_on(
                    entry,
                    format!("its further interface `{id}` ({address}) is left out"),
                );
            }
            let more = eni.list("PrivateIpAddresses").iter();
            let more = more.filter(|address| address.flag("Primary") == Some(false));
            further.extend(more.filter_map(|address| address.text("PrivateIpAddress")));
        }
        match further.as_slice() {
            [] => {}
            [address] => self.note_on(entry, format!("its further address {address} is left out")),
            [first, .., last] => {
                let count = further.len();
                let what =
                    format!("its {count} further addresses, {first} to {last}, are left out");
                self.note_on(entry, what);
            }
        }
    }

    /// The security groups of something, else those of its network interfaces; AWS's default is not written. N323
    pub(super) fn security_groups_of(
        &mut self,
        entry: &Entry<'_>,
        value: &mut Map<String, Value>,
        key: &str,
        interfaces: &[&Value],
    ) {
        let of_interfaces = interfaces.iter().map(|eni| eni.list("Groups"));
        let mut lists = iter::once(entry.item.value.list(key)).chain(of_interfaces);
        let groups = lists.find(|groups| !groups.is_empty()).unwrap_or_default().iter();
        let ids: Vec<&str> =
            groups.filter_map(|group| group.text("GroupId").or(group.as_str())).collect();
        let groups = self.refer_all(entry, ids.iter().copied(), "security group");
        if groups.is_empty() && !ids.is_empty() {
            self.note_on(
                entry,
                "without a security group that is in a file it is taken to have `default`",
            );
        }
        if groups.iter().any(|group| group != "default") {
            value.insert_list("security_groups", groups);
        }
    }

    /// Network interfaces that are of nothing a topology has.
    pub(super) fn other_interfaces(&mut self) {
        let dump = self.dump;
        let nats = dump.all("NatGateways").iter();
        let nats: HashSet<&str> = nats
            .flat_map(|nat| nat.value.list("NatGatewayAddresses"))
            .filter_map(|of| of.text("NetworkInterfaceId"))
            .collect();
        for item in dump.all("NetworkInterfaces") {
            let Some(id) = item.value.text("NetworkInterfaceId") else { continue };
            let kind = item.value.text("InterfaceType").unwrap_or("interface");
            let of_instance = item.value.text("Attachment.InstanceId");
            let has_instance = of_instance.is_some_and(|id| self.by_id.contains_key(id));
            if self.interfaces.used.contains(id) || has_instance || nats.contains(id) {
                continue;
            }
            let address = item.value.text("PrivateIpAddress").unwrap_or("no address");
            // both spellings: N83
            let is_nat = matches!(kind, "nat_gateway" | "natGateway");
            let described = item.value.text("Description").unwrap_or_default();
            let what = match described.strip_prefix(OF_NAT_GATEWAY).filter(|_| is_nat) {
                Some(nat) if self.by_id.contains_key(nat) => continue,
                Some(nat) => format!("an interface ({address}) of `{nat}`, which is in no file"),
                None => {
                    format!("an interface of type `{kind}` ({address}) of nothing a topology has")
                }
            };
            self.notes.push(crate::import::Note::new(&item.file, Some(&shown(item, id)), what));
        }
    }
}
