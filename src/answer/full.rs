//! Answers that explain themselves: records as data, and the reasons beside them.

use std::net::{IpAddr, Ipv6Addr};

use hickory_proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{CNAME, PTR},
};

use super::{
    Answer, FirewallMatch, Outcome, Question, Reason, Situation,
    addresses::rotate,
    evaluate::{Ending, Reply, Via, evaluate, walk},
    firewall::{Screening, weightier},
};
use crate::{
    model::{DnsName, ENDPOINT_TTL, FirewallAction, RrSetData},
    view::{CompiledRrset, CompiledSoa, PrivateOwner},
};

/// The prefix for addresses made by DNS64. Source: rule R102, RFC 6052 §2.1.
const DNS64_PREFIX: [u8; 12] = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/// Answers a question. R6
#[must_use]
pub fn answer(situation: &Situation<'_>, question: &Question) -> Answer {
    let mut full = Full::new(question, Vec::new());
    let key = DnsName::from(&question.name);
    let ending = evaluate(situation, key.wire(), question.rtype, &mut full);
    full.end(ending, question.rtype)
}

/// Answers a question after records that led to it: the CNAMEs followed so far. R6 (6)
#[must_use]
pub fn continue_at(
    situation: &Situation<'_>,
    records: Vec<Record>,
    question: &Question,
    screening: Screening,
) -> Answer {
    let mut full = Full::new(question, records);
    full.trusted = screening.trusted;
    let key = DnsName::from(&question.name);
    let ending = walk(situation, key.wire(), question.rtype, screening, &mut full);
    full.end(ending, question.rtype)
}

/// Whether a name is for somebody else to answer than `via`, who gave a CNAME to it: a private zone owns it, another
/// resolver rule holds for it, or it is a name of an endpoint. R6 (6), R30, R66
#[must_use]
pub fn leads_elsewhere(situation: &Situation<'_>, via: Via, name: &Name) -> bool {
    let key = DnsName::from(name);
    match situation.views.private_owner(situation.model, situation.vantage, key.wire()) {
        None => situation.views.public.has_endpoint_names(key.wire()),
        Some(PrivateOwner::Forward(rule)) => via != Via::Rule(rule),
        Some(
            PrivateOwner::Hosted(_)
            | PrivateOwner::Delegated { .. }
            | PrivateOwner::Hidden { .. }
            | PrivateOwner::Autodefined { .. },
        ) => true,
    }
}

/// An A record as the AAAA record that DNS64 makes of it; other records as they are. R102
#[must_use]
pub fn dns64(record: &Record) -> Record {
    let mut record = record.clone();
    if let RData::A(address) = &record.data {
        let v6 = Ipv6Addr::from(dns64_octets(address.octets()));
        record = Record::from_rdata(record.name, record.ttl, RData::AAAA(v6.into()));
    }
    record
}

/// The address that DNS64 makes of an IPv4 address. R102
pub(super) fn dns64_octets(v4: [u8; 4]) -> [u8; 16] {
    let mut octets = [0; 16];
    let (prefix, last) = octets.split_at_mut(DNS64_PREFIX.len());
    prefix.copy_from_slice(&DNS64_PREFIX);
    last.copy_from_slice(&v4);
    octets
}

/// An answer that is being put together.
pub(super) struct Full<'q> {
    qname: &'q Name,
    /// Where the name that is being evaluated came from, if not from the question.
    target: Option<Name>,
    records: Vec<Record>,
    soa: Option<Record>,
    reasons: Vec<Reason>,
    dns64: bool,
    firewall: Option<FirewallMatch>,
    trusted: bool,
}

impl<'q> Full<'q> {
    pub(super) fn new(question: &'q Question, records: Vec<Record>) -> Self {
        let qname = &question.name;
        Self {
            qname,
            target: None,
            records,
            soa: None,
            reasons: Vec::new(),
            dns64: false,
            firewall: None,
            trusted: false,
        }
    }

    fn owner(&self) -> &Name {
        self.target.as_ref().unwrap_or(self.qname)
    }

    fn push(&mut self, ttl: u32, rdata: RData) {
        let record = Record::from_rdata(self.owner().clone(), ttl, rdata);
        self.records.push(if self.dns64 { dns64(&record) } else { record });
    }

    pub(super) fn end(self, ending: Ending, rtype: RecordType) -> Answer {
        let outcome = match ending {
            Ending::Records => Outcome::Records,
            Ending::NoData => Outcome::NoData,
            Ending::NameError => Outcome::NameError,
            // nothing is declined where everything is taken
            Ending::ServFail | Ending::Declined => Outcome::ServFail,
            Ending::Silent => Outcome::Silent,
            Ending::Ask(via) => Outcome::Ask(via, Question { name: self.owner().clone(), rtype }),
        };
        let Self { records, soa, reasons, firewall, trusted, .. } = self;
        Answer { outcome, records, soa, reasons, firewall, trusted }
    }
}

impl Reply for Full<'_> {
    const THOROUGH: bool = true;

    fn note(&mut self, reason: impl FnOnce() -> Reason) {
        self.reasons.push(reason());
    }

    fn address(&mut self, address: IpAddr) {
        self.push(
            ENDPOINT_TTL,
            match address {
                IpAddr::V4(v4) => RData::A(v4.into()),
                IpAddr::V6(v6) => RData::AAAA(v6.into()),
            },
        );
    }

    fn pointer(&mut self, target: &[u8]) {
        let target = DnsName::from_suffix(target).to_name();
        self.push(ENDPOINT_TTL, RData::PTR(PTR(target)));
    }

    fn rrset(&mut self, rrset: &CompiledRrset, first: usize) {
        let RrSetData::Values { ttl, rdata } = &rrset.data else { return };
        let mut rdata: Vec<&RData> = rdata.iter().collect();
        rotate(&mut rdata, u32::try_from(first).unwrap_or(0));
        for rdata in rdata {
            self.push(*ttl, rdata.clone());
        }
    }

    fn cname(&mut self, rrset: &CompiledRrset) {
        let RrSetData::Values { ttl, rdata } = &rrset.data else { return };
        if let Some(RData::CNAME(CNAME(target))) = rdata.first() {
            self.push(*ttl, RData::CNAME(CNAME(target.clone())));
            self.target = Some(target.clone());
        }
    }

    fn negative(&mut self, apex: &[u8], soa: &CompiledSoa) {
        let RrSetData::Values { rdata, .. } = &soa.rrset.data else { return };
        let owner = DnsName::from_suffix(apex).to_name();
        let rdata = rdata.first().cloned();
        self.soa = rdata.map(|rdata| Record::from_rdata(owner, soa.negative_ttl, rdata));
    }

    fn records(&self) -> usize {
        self.records.len()
    }

    fn clear(&mut self) {
        self.records.clear();
        self.soa = None;
    }

    fn begin_again(&mut self) {
        self.clear();
        self.target = None;
    }

    fn firewall(&mut self, found: FirewallMatch) {
        self.firewall = weightier(self.firewall, Some(found));
    }

    fn trust(&mut self) {
        self.trusted = true;
    }

    fn is_blocked(&self) -> bool {
        self.firewall.is_some_and(|found| found.action == FirewallAction::Block)
    }

    fn restart(&mut self, dns64: bool) {
        self.begin_again();
        self.reasons.clear();
        self.firewall = None;
        self.trusted = false;
        self.dns64 = dns64;
    }
}
