//! Names of instances, compiled: which autodefined zone a QNAME is in, and which addresses exist for whom. R83–R85, R111–R117
//!
//! No name is stored: an address is looked up that a name spells.

use std::net::{IpAddr, Ipv4Addr};

use hickory_proto::rr::{Name, RData, Record, rdata::SOA};

use super::{CompiledSoa, Zone};
use crate::{
    catalog::Region,
    model::{
        DnsName, ENDPOINT_TTL, InstanceId, InstanceIx, Model, NameMap, PeeringStatus, QuickMap,
        RrSet, RrSetData, VpcIx,
    },
    names::{ReverseName, internal_domain, public_domain, second_internal_domain},
};

/// The address of the name server that the SOA of internal zones names. R113
pub const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 23);

/// The address of the instance metadata service, which has a reverse zone of its own. R84
const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// Which zone Resolver defines by itself. R83, R84
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autodefined {
    /// Private names of instances in a Region.
    Internal(RegionNumber),
    /// Public names of instances in a Region.
    Public(RegionNumber),
    /// A zone of a Region's that holds nothing.
    Empty(RegionNumber),
    /// Addresses backwards.
    Reverse,
    /// One of the zones about the host itself, by its place.
    Localhost(usize),
}

/// The place of a Region among those that the model uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionNumber(usize);

/// Everything about names of instances.
#[derive(Clone, Debug)]
pub struct InstanceNames {
    regions: Vec<RegionNames>,
    vpcs: Vec<OfVpc>,
    by_id: QuickMap<InstanceId, InstanceIx>,
    /// Public addresses, and the instances that have names by them: none in a VPC without host names. R116
    by_public_ip: QuickMap<u32, Option<InstanceIx>>,
    has_public_names: bool,
    localhost: Vec<Zone>,
}

/// The names of a Region.
#[derive(Clone, Debug)]
pub struct RegionNames {
    region: Region,
    /// The domain of private names.
    pub internal: DnsName,
    /// The domain of public names.
    pub public: DnsName,
    /// The SOA of its zones. R113
    pub soa: CompiledSoa,
    /// The name server that the SOA names.
    pub name_server: DnsName,
    zones: NameMap<Autodefined>,
    /// Addresses that names resolve to all over the Region: RFC 1918. R112
    addresses: Box<[u32]>,
}

/// What a VPC has and sees.
#[derive(Clone, Debug)]
struct OfVpc {
    /// Whether there are autodefined zones. R103
    serves: bool,
    /// Whether there are reverse ones. R84
    reverse: bool,
    region: RegionNumber,
    /// Addresses of its network interfaces.
    addresses: Box<[u32]>,
    /// Peers that let their names resolve here. R117
    peers: Box<[VpcIx]>,
}

impl InstanceNames {
    pub(super) fn compile(model: &Model) -> Self {
        let mut regions: Vec<RegionNames> = Vec::new();
        let mut vpcs: Vec<OfVpc> = Vec::new();
        let mut addresses = addresses_by_vpc(model);
        for (ix, vpc) in (0..).map(VpcIx).zip(&model.vpcs) {
            let known = regions.iter().position(|known| known.region == vpc.region);
            let region = known.unwrap_or_else(|| {
                regions.push(RegionNames::new(vpc.region, RegionNumber(regions.len())));
                regions.len() - 1
            });
            let mut own = addresses.get_mut(ix.index()).map(std::mem::take).unwrap_or_default();
            own.sort_unstable();
            own.dedup();
            vpcs.push(OfVpc {
                serves: vpc.serves_private_names(),
                reverse: vpc.serves_private_names() && vpc.autodefined_reverse,
                region: RegionNumber(region),
                addresses: own.into(),
                peers: peers(model, ix),
            });
        }
        for (number, region) in regions.iter_mut().enumerate() {
            let of_region = vpcs.iter().filter(|vpc| vpc.region == RegionNumber(number));
            let private = |address: &u32| Ipv4Addr::from_bits(*address).is_private();
            let mut all: Vec<u32> =
                of_region.flat_map(|vpc| vpc.addresses.iter().copied().filter(private)).collect();
            all.sort_unstable();
            all.dedup();
            region.addresses = all.into();
        }
        let instances = || (0..).map(InstanceIx).zip(&model.instances);
        let named = |ix: &InstanceIx| model[model[model[*ix].subnet].vpc].serves_private_names();
        Self {
            regions,
            vpcs,
            by_id: instances().map(|(ix, instance)| (instance.id, ix)).collect(),
            by_public_ip: instances()
                .filter_map(|(ix, instance)| {
                    Some((instance.public_ip?.to_bits(), named(&ix).then_some(ix)))
                })
                .collect(),
            has_public_names: instances()
                .any(|(ix, instance)| instance.public_ip.is_some() && named(&ix)),
            localhost: localhost_zones(),
        }
    }

    /// The autodefined zone of a VPC that a lower-case wire-format QNAME is in, and its name, by longest suffix. R84, R85
    pub(super) fn zone<'a>(
        &self,
        model: &Model,
        vpc: VpcIx,
        qname: &'a [u8],
    ) -> Option<(&'a [u8], Autodefined)> {
        let of_vpc = self.vpcs.get(vpc.index()).filter(|of_vpc| of_vpc.serves)?;
        let zones_of = |number: RegionNumber| {
            let zones = &self.regions.get(number.0)?.zones;
            zones.longest_suffix(qname).map(|(suffix, zone)| (suffix, *zone))
        };
        let own = zones_of(of_vpc.region);
        let of_peers = of_vpc.peers.iter().filter_map(|peer| {
            let theirs = self.vpcs.get(peer.index())?.region;
            zones_of(theirs).filter(|(_, zone)| !matches!(zone, Autodefined::Localhost(_)))
        });
        let named = own.or_else(|| { of_peers }.next());
        if named.is_some() || !of_vpc.reverse {
            return named;
        }
        let reverse = ReverseName::read(qname)?;
        let octets = Self::reverse_zone(model, vpc, of_vpc, &reverse)?;
        Some((reverse.block(octets)?, Autodefined::Reverse))
    }

    /// How many octets the name of the reverse zone has that covers an address. R84, R85
    fn reverse_zone(
        model: &Model,
        vpc: VpcIx,
        of_vpc: &OfVpc,
        name: &ReverseName<'_>,
    ) -> Option<usize> {
        let address = name.address;
        if name.octets == 4 && address == METADATA {
            return Some(4);
        }
        let covers = |vpc: VpcIx| {
            model[vpc].cidr_blocks.iter().any(|block| {
                let first24 = |ip: Ipv4Addr| ip.to_bits() >> 8;
                block.contains(&address) || first24(block.network()) == first24(address)
            })
        };
        if name.octets >= 3 && (covers(vpc) || of_vpc.peers.iter().any(|peer| covers(*peer))) {
            return Some(3);
        }
        match address.octets() {
            [10, ..] => Some(1),
            [172, 16..=31, ..] | [192, 168, ..] if name.octets >= 2 => Some(2),
            _ => None,
        }
    }

    /// The names of a Region.
    #[must_use]
    pub fn region(&self, number: RegionNumber) -> Option<&RegionNames> {
        self.regions.get(number.0)
    }

    /// The names of a VPC's own Region.
    #[must_use]
    pub fn region_of(&self, vpc: VpcIx) -> Option<&RegionNames> {
        self.region(self.vpcs.get(vpc.index())?.region)
    }

    /// One of the zones about the host itself.
    #[must_use]
    pub fn localhost(&self, at: usize) -> Option<&Zone> {
        self.localhost.get(at)
    }

    /// The Region in which an address has a private name for askers of a VPC: its own ones, those of the Region if they
    /// are of RFC 1918, and those of peers that say so. R112, R117
    #[must_use]
    pub fn region_of_address(&self, vpc: VpcIx, address: Ipv4Addr) -> Option<&RegionNames> {
        let bits = address.to_bits();
        let of_vpc = self.vpcs.get(vpc.index())?;
        let region = self.region(of_vpc.region)?;
        if has(&of_vpc.addresses, bits) {
            return Some(region);
        }
        // a peer's addresses cannot be the VPC's own, but may be those of some other VPC in the Region
        let mut peers = of_vpc.peers.iter().filter_map(|peer| self.vpcs.get(peer.index()));
        match peers.find(|peer| has(&peer.addresses, bits)) {
            Some(peer) => self.region(peer.region),
            None => has(&region.addresses, bits).then_some(region),
        }
    }

    /// Whether any address that begins with these octets has a private name for askers of a VPC.
    #[must_use]
    pub fn any_in_block(&self, vpc: VpcIx, name: &ReverseName<'_>) -> bool {
        let Some(of_vpc) = self.vpcs.get(vpc.index()) else { return false };
        let first = name.address.to_bits();
        let last =
            first | u32::MAX.checked_shr(8 * u32::try_from(name.octets).unwrap_or(4)).unwrap_or(0);
        let any = |addresses: &[u32]| {
            let at = addresses.partition_point(|address| *address < first);
            addresses.get(at).is_some_and(|address| *address <= last)
        };
        any(&of_vpc.addresses)
            || self.region(of_vpc.region).is_some_and(|region| any(&region.addresses))
            || of_vpc
                .peers
                .iter()
                .any(|peer| self.vpcs.get(peer.index()).is_some_and(|peer| any(&peer.addresses)))
    }

    /// The instance of this id, if its resource name is one for askers of a VPC. R112, R117
    #[must_use]
    pub fn instance(&self, model: &Model, vpc: VpcIx, id: InstanceId) -> Option<InstanceIx> {
        let ix = *self.by_id.get(&id)?;
        let theirs = model[model[ix].subnet].vpc;
        let of_vpc = self.vpcs.get(vpc.index())?;
        let private = model[ix].private_ip.is_none_or(|ip| ip.is_private());
        let same_region = self.vpcs.get(theirs.index())?.region == of_vpc.region;
        (theirs == vpc || same_region && private || of_vpc.peers.contains(&theirs)).then_some(ix)
    }

    /// The instance with this public address, if that has a name. R116
    #[must_use]
    pub fn public_instance(&self, address: Ipv4Addr) -> Option<InstanceIx> {
        self.by_public_ip.get(&address.to_bits()).copied().flatten()
    }

    /// Whether an instance of the file has this public address, by a name or not.
    #[must_use]
    pub fn has_public_address(&self, address: Ipv4Addr) -> bool {
        self.by_public_ip.contains_key(&address.to_bits())
    }

    /// Whether no instance has a public name.
    #[must_use]
    pub fn has_no_public_names(&self) -> bool {
        !self.has_public_names
    }

    /// Whether public names of a VPC's instances lead to private addresses for askers of another, or of itself. R116, R117
    #[must_use]
    pub fn sees_private_side(&self, asker: VpcIx, owner: VpcIx) -> bool {
        let Some(of_vpc) = self.vpcs.get(asker.index()) else { return false };
        of_vpc.serves && (asker == owner || of_vpc.peers.contains(&owner))
    }
}

impl RegionNames {
    /// The Region.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    fn new(region: Region, number: RegionNumber) -> Self {
        let (internal, public) = (internal_domain(region), public_domain(region));
        let mut zones = NameMap::default();
        zones.insert(&internal, Autodefined::Internal(number));
        zones.insert(&public, Autodefined::Public(number));
        if let Some(second) = second_internal_domain(region) {
            zones.insert(&second, Autodefined::Empty(number));
        }
        for (at, zone) in localhost_zones().iter().enumerate() {
            zones.insert(&zone.apex, Autodefined::Localhost(at));
        }
        let name_server = internal.child("ns0").unwrap_or_else(|| internal.clone());
        Self {
            soa: internal_soa(&internal, &name_server),
            region,
            internal,
            public,
            name_server,
            zones,
            addresses: Box::default(),
        }
    }
}

/// The SOA of a Region's zones; all but its MNAME is a choice. R113
fn internal_soa(apex: &DnsName, name_server: &DnsName) -> CompiledSoa {
    let rname = Name::from_ascii("hostmaster.amazon.com.").unwrap_or_else(|_| Name::root());
    let soa = SOA::new(name_server.to_name(), rname, 1, 3600, 3600, 3600, 60);
    CompiledSoa::new(&Record::from_rdata(apex.to_name(), ENDPOINT_TTL, RData::SOA(soa)))
}

/// The zones about the host itself: `localhost`, `localdomain`, and 127.0.0.0/8, `::1` and `::` backwards. R84
fn localhost_zones() -> Vec<Zone> {
    let nibbles = |last: &str| format!("{last}{}.ip6.arpa", ".0".repeat(31));
    let rrset = |owner: &str, rdata: RData| {
        let name = owner.parse().unwrap_or_else(|_| DnsName::root());
        let rtype = rdata.record_type();
        RrSet { name, rtype, data: RrSetData::Values { ttl: ENDPOINT_TTL, rdata: vec![rdata] } }
    };
    let here = |owner: &str| {
        let v4 = RData::A(Ipv4Addr::LOCALHOST.into());
        let v6 = RData::AAAA(std::net::Ipv6Addr::LOCALHOST.into());
        vec![rrset(owner, v4), rrset(owner, v6)]
    };
    let pointer = |owner: &str| {
        let target = Name::from_ascii("localhost.").unwrap_or_else(|_| Name::root());
        vec![rrset(owner, RData::PTR(hickory_proto::rr::rdata::PTR(target)))]
    };
    let (one, zero) = (nibbles("1"), nibbles("0"));
    [
        ("localhost", here("localhost")),
        ("localdomain", here("localhost.localdomain")),
        ("127.in-addr.arpa", pointer("1.0.0.127.in-addr.arpa")),
        (&*one, pointer(&one)),
        (&*zero, Vec::new()),
    ]
    .into_iter()
    .filter_map(|(apex, rrsets)| Some(Zone::compile(&apex.parse().ok()?, &rrsets)))
    .collect()
}

/// The private IPv4 addresses of every network interface, by VPC.
fn addresses_by_vpc(model: &Model) -> Vec<Vec<u32>> {
    let mut of_vpcs: Vec<Vec<u32>> = vec![Vec::new(); model.vpcs.len()];
    let instances = model.instances.iter().map(|of| (of.subnet, of.private_ip));
    let interfaces = model.interfaces.iter().map(|of| (of.subnet, of.ipv4));
    let resolvers = model.resolver_endpoints.iter().flat_map(|endpoint| {
        endpoint.ip_addresses.iter().map(|address| match address.ip {
            Some(IpAddr::V4(v4)) => (address.subnet, Some(v4)),
            _ => (address.subnet, None),
        })
    });
    for (subnet, address) in instances.chain(interfaces).chain(resolvers) {
        if let Some(of_vpc) = of_vpcs.get_mut(model[subnet].vpc.index()) {
            of_vpc.extend(address.map(Ipv4Addr::to_bits));
        }
    }
    of_vpcs
}

/// The VPCs behind active peering connections that let their names resolve in this one. R117
fn peers(model: &Model, vpc: VpcIx) -> Box<[VpcIx]> {
    let active = model
        .vpc_peering_connections
        .iter()
        .filter(|connection| connection.status == PeeringStatus::Active);
    active
        .filter_map(|connection| connection.seen_from(vpc))
        .filter(|(_, theirs)| theirs.allow_remote_vpc_dns_resolution)
        .map(|(_, theirs)| theirs.vpc)
        .filter(|other| [vpc, *other].iter().all(|vpc| model[*vpc].serves_private_names()))
        .collect()
}

fn has(sorted: &[u32], address: u32) -> bool {
    sorted.binary_search(&address).is_ok()
}
