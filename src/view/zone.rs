//! One hosted zone, compiled for lookups by RFC 1034 §4.3.2 and RFC 4592.

use std::slice;

use hickory_proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{NS, SOA},
};

use super::CompiledRrset;
use crate::model::{DnsName, MAX_WIRE_BYTES, NameMap, RrSet, RrSetData};

/// TTL of the SOA record of a private hosted zone, in seconds. Source: rule R69.
pub(super) const SOA_TTL: u32 = 900;

/// TTL of the NS records of a private hosted zone, in seconds. Source: rule R68.
const NS_TTL: u32 = 172_800;

/// The name servers that every private hosted zone names and nobody ever asks. Source: rule R68.
const NAME_SERVERS: [&str; 4] = [
    "ns-0.awsdns-00.com.",
    "ns-512.awsdns-00.net.",
    "ns-1024.awsdns-00.org.",
    "ns-1536.awsdns-00.co.uk.",
];

/// The primary server that the SOA of a private zone names. Source: rule R69.
pub(super) const PRIVATE_MNAME: &str = "ns-1536.awsdns-00.co.uk.";

/// The primary server that the SOA of the public zone of endpoint names names. Source: rule R44.
pub(super) const VPCE_MNAME: &str = "ns-0.awsdns-00.com.";

/// The SOA of a zone of AWS's: for private hosted zones R69, for the public zone of endpoint names R44.
#[must_use]
pub fn aws_soa(apex: &DnsName, mname: &str) -> Record {
    let rname = name("awsdns-hostmaster.amazon.com.");
    let soa = SOA::new(name(mname), rname, 1, 7200, 900, 1_209_600, 86_400);
    Record::from_rdata(apex.to_name(), SOA_TTL, RData::SOA(soa))
}

/// The NS RRset of a private hosted zone. R68
#[must_use]
pub(super) fn aws_ns() -> CompiledRrset {
    let rdata = NAME_SERVERS.iter().map(|server| RData::NS(NS(name(server)))).collect();
    CompiledRrset::new(RecordType::NS, RrSetData::Values { ttl: NS_TTL, rdata })
}

/// A name that is a constant of this module.
fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap_or_else(|_| Name::root())
}

/// An SOA record and how long what it denies may be kept.
#[derive(Clone, Debug)]
pub struct CompiledSoa {
    /// The record as it stands at the apex, without its owner.
    pub rrset: CompiledRrset,
    /// TTL in the authority section of a negative answer, in seconds: at most its MINIMUM. RFC 2308 §3
    pub negative_ttl: u32,
}

impl CompiledSoa {
    /// Compiles an SOA record.
    #[must_use]
    pub fn new(soa: &Record) -> Self {
        let data = RrSetData::Values { ttl: soa.ttl, rdata: vec![soa.data.clone()] };
        Self {
            rrset: CompiledRrset::new(RecordType::SOA, data),
            negative_ttl: negative_soa(soa).ttl,
        }
    }
}

/// A zone's names and what they hold.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The zone's name.
    pub apex: DnsName,
    /// The SOA as it stands at the apex.
    pub soa: CompiledSoa,
    nodes: NameMap<Node>,
}

/// What one owner name holds; an empty non-terminal holds nothing. RFC 4592 §2.2.2
#[derive(Clone, Debug, Default)]
pub struct Node {
    rrsets: Vec<CompiledRrset>,
}

/// Where a QNAME ends up in a zone.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// The name exists, perhaps only as an empty non-terminal.
    Exact(&'a Node),
    /// A wildcard stands for it. R67
    Wildcard(&'a Node),
    /// The name does not exist.
    NameError,
}

impl Zone {
    /// Compiles a zone; SOA and NS of the apex are AWS's unless the records bring their own. R68, R69
    #[must_use]
    pub fn compile(apex: &DnsName, rrsets: &[RrSet]) -> Self {
        let mut nodes = NameMap::with_capacity(rrsets.len() + 1);
        nodes.insert(apex, Node::default());
        for rrset in rrsets {
            for ancestor in rrset.name.suffixes().take_while(|suffix| *suffix != apex.wire()) {
                if nodes.get(ancestor).is_none() {
                    nodes.insert(&DnsName::from_suffix(ancestor), Node::default());
                }
            }
            let node = nodes.entry_or(&rrset.name, Node::default);
            node.rrsets.push(CompiledRrset::new(rrset.rtype, rrset.data.clone()));
        }
        let top = nodes.entry_or(apex, Node::default);
        let soa = top.soa(apex).unwrap_or_else(|| aws_soa(apex, PRIVATE_MNAME));
        let soa = CompiledSoa::new(&soa);
        if top.rrset(RecordType::SOA).is_none() {
            top.rrsets.push(soa.rrset.clone());
        }
        if top.rrset(RecordType::NS).is_none() {
            top.rrsets.push(aws_ns());
        }
        Self { apex: apex.clone(), soa, nodes }
    }

    /// What a name of the zone holds itself; wildcards stand for nothing here.
    #[must_use]
    pub fn exact(&self, name: &DnsName) -> Option<&Node> {
        self.nodes.get(name.wire())
    }

    /// Looks up a lower-case wire-format name that lies within the zone.
    ///
    /// A wildcard matches only directly below the closest encloser that exists: an existing name, even one that
    /// holds nothing, blocks the wildcards above it. RFC 4592 §3.3.1
    #[must_use]
    pub fn find(&self, qname: &[u8]) -> Found<'_> {
        if let Some(node) = self.nodes.get(qname) {
            return Found::Exact(node);
        }
        let encloser = self.nodes.longest_suffix(qname).map(|(suffix, _)| suffix);
        let mut wildcard = [0; MAX_WIRE_BYTES];
        let encloser = encloser.unwrap_or_default();
        let Some(wildcard) = wildcard.get_mut(..2 + encloser.len()) else {
            return Found::NameError;
        };
        if let Some((label, rest)) = wildcard.split_at_mut_checked(2) {
            label.copy_from_slice(b"\x01*");
            rest.copy_from_slice(encloser);
        }
        self.nodes.get(wildcard).map_or(Found::NameError, Found::Wildcard)
    }
}

impl Node {
    /// The RRset of a type.
    #[must_use]
    pub fn rrset(&self, rtype: RecordType) -> Option<&CompiledRrset> {
        self.rrsets.iter().find(|rrset| rrset.rtype == rtype)
    }

    /// All RRsets, in the order they were given.
    pub fn rrsets(&self) -> slice::Iter<'_, CompiledRrset> {
        self.rrsets.iter()
    }

    fn soa(&self, apex: &DnsName) -> Option<Record> {
        match &self.rrset(RecordType::SOA)?.data {
            RrSetData::Values { ttl, rdata } => {
                Some(Record::from_rdata(apex.to_name(), *ttl, rdata.first()?.clone()))
            }
            RrSetData::Alias(_) | RrSetData::Routed(_) => None,
        }
    }
}

/// The SOA for the authority section of a negative answer: its TTL is at most its MINIMUM. RFC 2308 §3
#[must_use]
pub fn negative_soa(soa: &Record) -> Record {
    let mut soa = soa.clone();
    if let RData::SOA(data) = &soa.data {
        soa.ttl = soa.ttl.min(data.minimum);
    }
    soa
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// An A RRset of one address.
    fn a(owner: &str, address: [u8; 4]) -> RrSet {
        let rdata = vec![RData::A(Ipv4Addr::from(address).into())];
        RrSet {
            name: owner.parse().unwrap(),
            rtype: RecordType::A,
            data: RrSetData::Values { ttl: 60, rdata },
        }
    }

    #[test]
    fn wildcards_by_rfc_4592() {
        let apex: DnsName = "example".parse().unwrap();
        let zone = Zone::compile(
            &apex,
            &[
                a("*.example", [10, 0, 0, 1]),
                a("host1.example", [10, 0, 0, 2]),
                a("_ssh.host2.example", [10, 0, 0, 3]),
            ],
        );
        // RFC 4592 §2.2.1, its own examples: (QNAME, what is found)
        for (qname, expected) in [
            ("host3.example", "wildcard"),
            ("foo.bar.example", "wildcard"),
            ("host1.example", "exact"),
            ("sub.host1.example", "name error"),
            ("host2.example", "exact"),
            ("telnet.host2.example", "name error"),
            ("*.example", "exact"),
            ("ghost.*.example", "name error"),
        ] {
            let qname: DnsName = qname.parse().unwrap();
            let found = match zone.find(qname.wire()) {
                Found::Exact(_) => "exact",
                Found::Wildcard(_) => "wildcard",
                Found::NameError => "name error",
            };
            assert_eq!(found, expected, "{qname}");
        }
    }
}
