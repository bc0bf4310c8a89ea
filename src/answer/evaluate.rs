//! The order of evaluation, as one readable walk. R6

use std::net::Ipv6Addr;

use hickory_proto::rr::{Name, RData, Record, RecordType, rdata::CNAME};

use super::{
    Answer, Outcome, Question, Reason, Situation,
    addresses::{Addresses, NameKind, addresses, rotate},
};
use crate::{
    catalog::{self, Owner},
    model::{DnsName, ENDPOINT_TTL, EndpointState, RrSetData, Vantage},
    names::EndpointNames,
    view::{
        EndpointName, Found, HiddenZone, Node, PrivateOwner, PublicOwner, VpceOwner, Zone, aws_ns,
        aws_soa, negative_soa,
    },
};

/// How many CNAMEs are followed for one question before SERVFAIL.
/// No source says what Route 53 Resolver does; unbound's limit is of this size.
pub const MAX_CNAME_CHAIN: usize = 12;

/// The prefix for addresses made by DNS64. Source: rule R102, RFC 6052 §2.1.
const DNS64_PREFIX: [u8; 12] = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/// Answers a question. R6
#[must_use]
pub fn answer(situation: &Situation<'_>, question: &Question) -> Answer {
    if let Vantage::Vpc(place) = situation.vantage
        && !situation.views.of(place.vpc).enable_dns_support
    {
        let reasons = vec![Reason::DnsSupportOff(place.vpc)];
        return Answer { outcome: Outcome::Silent, records: Vec::new(), soa: None, reasons };
    }
    let answer = continue_at(situation, Vec::new(), question);
    if question.rtype == RecordType::AAAA
        && answer.outcome == Outcome::NoData
        && wants_dns64(situation)
    {
        let v4 = Question { name: question.name.clone(), rtype: RecordType::A };
        let mut from = continue_at(situation, Vec::new(), &v4);
        if from.outcome == Outcome::Records {
            from.records = from.records.iter().map(dns64).collect();
            from.reasons.push(Reason::Dns64);
            return from;
        }
    }
    answer
}

/// Whether the asker's subnet has DNS64 on. R102
#[must_use]
pub fn wants_dns64(situation: &Situation<'_>) -> bool {
    match situation.vantage {
        Vantage::Internet => false,
        Vantage::Vpc(place) => {
            place.subnet.is_some_and(|subnet| situation.model[subnet].enable_dns64)
        }
    }
}

/// An A record as the AAAA record that DNS64 makes of it; other records as they are. R102
#[must_use]
pub fn dns64(record: &Record) -> Record {
    let mut record = record.clone();
    if let RData::A(address) = &record.data {
        let mut bytes = [0; 16];
        let (prefix, last) = bytes.split_at_mut(DNS64_PREFIX.len());
        prefix.copy_from_slice(&DNS64_PREFIX);
        last.copy_from_slice(&address.octets());
        record =
            Record::from_rdata(record.name, record.ttl, RData::AAAA(Ipv6Addr::from(bytes).into()));
    }
    record
}

/// Whether a private zone owns the name at this vantage, so that no upstream may be asked for it. R66
#[must_use]
pub fn is_private(situation: &Situation<'_>, name: &Name) -> bool {
    situation.views.private_owner(situation.vantage, DnsName::from(name).wire()).is_some()
}

/// Answers a question after records that led to it: the CNAMEs followed so far. R6 (6)
#[must_use]
pub fn continue_at(situation: &Situation<'_>, records: Vec<Record>, question: &Question) -> Answer {
    let mut walk = Walk { situation, rtype: question.rtype, records, reasons: Vec::new() };
    let mut name = question.name.clone();
    for _ in 0..=MAX_CNAME_CHAIN {
        match walk.step(&name) {
            Step::Records(records) => {
                walk.records.extend(records);
                return walk.end(Outcome::Records, None);
            }
            Step::Cname(record, target) => {
                walk.records.push(record);
                walk.reasons.push(Reason::Cname(DnsName::from(&target)));
                name = target;
            }
            Step::NoData(soa) => {
                walk.reasons.push(Reason::NoData(question.rtype));
                return walk.end(Outcome::NoData, Some(negative_soa(&soa)));
            }
            Step::NameError(soa) => {
                walk.reasons.push(Reason::NameError(DnsName::from(&soa.name)));
                return walk.end(Outcome::NameError, Some(negative_soa(&soa)));
            }
            Step::ServFail => return walk.end(Outcome::ServFail, None),
            Step::Upstream => {
                let rest = Question { name, rtype: question.rtype };
                return walk.end(Outcome::Upstream(rest), None);
            }
        }
    }
    walk.records.clear();
    walk.reasons.push(Reason::CnameChainTooLong);
    walk.end(Outcome::ServFail, None)
}

/// What one name of the chain leads to.
enum Step {
    Records(Vec<Record>),
    Cname(Record, Name),
    NoData(Record),
    NameError(Record),
    ServFail,
    Upstream,
}

/// One question on its way.
struct Walk<'a> {
    situation: &'a Situation<'a>,
    rtype: RecordType,
    records: Vec<Record>,
    reasons: Vec<Reason>,
}

impl Walk<'_> {
    fn end(self, outcome: Outcome, soa: Option<Record>) -> Answer {
        Answer { outcome, records: self.records, soa, reasons: self.reasons }
    }

    /// Finds who owns the name and asks them; whoever owns it answers alone. R65, R66
    fn step(&mut self, name: &Name) -> Step {
        let Situation { model, views, vantage, .. } = self.situation;
        let key = DnsName::from(name);
        match views.private_owner(*vantage, key.wire()) {
            Some(PrivateOwner::Hosted(zone)) => {
                self.reasons.push(Reason::HostedZone(zone.apex.clone()));
                let step = self.in_zone(zone, name, &key);
                self.no_fall_through(step)
            }
            Some(PrivateOwner::Hidden { apex, hidden }) => {
                let zone = DnsName::from_suffix(apex);
                self.reasons
                    .push(Reason::HiddenZone { zone: zone.clone(), endpoint: hidden.endpoint });
                let step = self.in_hidden_zone(&zone, hidden, name, &key);
                self.no_fall_through(step)
            }
            None => match views.public.owner(model, key.wire()) {
                PublicOwner::Vpce { apex, owner } => {
                    self.in_vpce_zone(&DnsName::from_suffix(apex), owner, name)
                }
                PublicOwner::Upstream => {
                    self.reasons.push(Reason::Upstream);
                    Step::Upstream
                }
                PublicOwner::Canned(zone) => self.in_public_dns(zone, name, &key),
            },
        }
    }

    /// Notes that a private zone's name error is final. R66
    fn no_fall_through(&mut self, step: Step) -> Step {
        if let Step::NameError(_) = step {
            self.reasons.push(Reason::NoFallThrough);
        }
        step
    }

    /// In a zone made of records. R65–R67
    fn in_zone(&mut self, zone: &Zone, name: &Name, key: &DnsName) -> Step {
        match zone.find(key.wire()) {
            Found::Exact(node) => self.at_node(node, name, &zone.soa),
            Found::Wildcard(node) => {
                self.reasons.push(Reason::Wildcard(zone.apex.clone()));
                self.at_node(node, name, &zone.soa)
            }
            Found::NameError => Step::NameError(zone.soa.clone()),
        }
    }

    /// At an owner name that exists: the type asked for, else a CNAME, else NODATA. R127
    fn at_node(&mut self, node: &Node, name: &Name, soa: &Record) -> Step {
        if self.rtype == RecordType::ANY {
            let mut records = Vec::new();
            for (rtype, data) in node.rrsets() {
                match self.rrset(data, name, *rtype) {
                    Some(more) => records.extend(more),
                    None => return Step::ServFail,
                }
            }
            return if records.is_empty() {
                Step::NoData(soa.clone())
            } else {
                Step::Records(records)
            };
        }
        if let Some(data) = node.rrset(self.rtype) {
            return match self.rrset(data, name, self.rtype) {
                None => Step::ServFail,
                Some(records) if records.is_empty() => Step::NoData(soa.clone()),
                Some(records) => Step::Records(records),
            };
        }
        match node.rrset(RecordType::CNAME) {
            Some(RrSetData::Values { ttl, rdata }) => match rdata.first() {
                Some(RData::CNAME(CNAME(target))) => {
                    let record =
                        Record::from_rdata(name.clone(), *ttl, RData::CNAME(CNAME(target.clone())));
                    Step::Cname(record, target.clone())
                }
                _ => Step::ServFail,
            },
            Some(RrSetData::Alias(_)) | None => Step::NoData(soa.clone()),
        }
    }

    /// The records of an RRset, addresses rotated; none is SERVFAIL. R32, R64
    fn rrset(&mut self, data: &RrSetData, name: &Name, rtype: RecordType) -> Option<Vec<Record>> {
        match data {
            RrSetData::Values { ttl, rdata } => {
                let record = |rdata: &RData| Record::from_rdata(name.clone(), *ttl, rdata.clone());
                let mut records: Vec<Record> = rdata.iter().map(record).collect();
                if matches!(rtype, RecordType::A | RecordType::AAAA) {
                    rotate(&mut records, self.situation.turn);
                }
                Some(records)
            }
            RrSetData::Alias(target) => {
                self.reasons.push(Reason::Alias(target.endpoint));
                if self.situation.model[target.endpoint].state != EndpointState::Available {
                    // the name it points to does not exist yet. R129
                    return Some(Vec::new());
                }
                let target = EndpointName {
                    endpoint: target.endpoint,
                    availability_zone: target.availability_zone,
                };
                match addresses(
                    self.situation,
                    target,
                    NameKind::OfEndpoint,
                    name,
                    rtype,
                    &mut self.reasons,
                ) {
                    Addresses::Records(records) => Some(records),
                    Addresses::ServFail => None,
                }
            }
        }
    }

    /// In the hidden zone of private DNS. R45–R48
    fn in_hidden_zone(
        &mut self,
        zone: &DnsName,
        hidden: HiddenZone,
        name: &Name,
        key: &DnsName,
    ) -> Step {
        let soa = aws_soa(zone, "ns-1536.awsdns-00.co.uk.");
        let at_apex = key == zone;
        match self.rtype {
            RecordType::SOA if at_apex => return Step::Records(vec![soa]),
            RecordType::NS if at_apex => {
                return self
                    .rrset(&aws_ns(), name, RecordType::NS)
                    .map_or(Step::ServFail, Step::Records);
            }
            _ if !at_apex && !hidden.wildcard => return Step::NameError(soa),
            _ => {}
        }
        let model = self.situation.model;
        match model.service_of(hidden.endpoint).owner {
            Owner::Amazon => {
                let regional = EndpointName { endpoint: hidden.endpoint, availability_zone: None };
                self.addresses(regional, NameKind::Private, name, soa)
            }
            Owner::Customer => {
                let target = EndpointNames::new(model, hidden.endpoint).regional_key().to_name();
                let cname = RData::CNAME(CNAME(target.clone()));
                Step::Cname(Record::from_rdata(name.clone(), ENDPOINT_TTL, cname), target)
            }
        }
    }

    /// In the public zone of a Region's endpoint names. R30, R44, R128
    fn in_vpce_zone(&mut self, zone: &DnsName, owner: VpceOwner, name: &Name) -> Step {
        let soa = aws_soa(zone, "ns-0.awsdns-00.com.");
        match owner {
            VpceOwner::Endpoint(endpoint) => {
                let EndpointName { endpoint: ix, availability_zone } = endpoint;
                self.reasons.push(Reason::EndpointName { endpoint: ix, availability_zone });
                self.addresses(endpoint, NameKind::OfEndpoint, name, soa)
            }
            VpceOwner::Apex => match self.rtype {
                RecordType::SOA => Step::Records(vec![soa]),
                RecordType::NS => self
                    .rrset(&aws_ns(), name, RecordType::NS)
                    .map_or(Step::ServFail, Step::Records),
                _ => Step::NoData(soa),
            },
            VpceOwner::EmptyNonTerminal => {
                self.reasons.push(Reason::EmptyNonTerminal);
                Step::NoData(soa)
            }
            VpceOwner::NameError => {
                self.reasons.push(Reason::NoSuchEndpointName);
                Step::NameError(soa)
            }
        }
    }

    fn addresses(
        &mut self,
        endpoint: EndpointName,
        kind: NameKind,
        name: &Name,
        soa: Record,
    ) -> Step {
        match addresses(self.situation, endpoint, kind, name, self.rtype, &mut self.reasons) {
            Addresses::Records(records) if records.is_empty() => Step::NoData(soa),
            Addresses::Records(records) => Step::Records(records),
            Addresses::ServFail => Step::ServFail,
        }
    }

    /// In the public DNS, canned: the zone of canned answers first, then every AWS service's host names. R86, R130
    fn in_public_dns(&mut self, zone: &Zone, name: &Name, key: &DnsName) -> Step {
        let text = key.to_string();
        let listed = match zone.find(key.wire()) {
            Found::Exact(node) => node.rrsets().len() > 0,
            Found::Wildcard(_) => true,
            Found::NameError => false,
        };
        let host = if listed { None } else { catalog::public_host(&text) };
        let Some(host) = host else {
            self.reasons.push(Reason::CannedPublic);
            return self.in_zone(zone, name, key);
        };
        self.reasons.push(Reason::PublicService);
        let apex: DnsName = host.zone.parse().unwrap_or_else(|_| key.clone());
        let soa = aws_soa(&apex, "ns-1536.awsdns-00.co.uk.");
        if *key != apex && !host.wildcard {
            return Step::NameError(soa);
        }
        if self.rtype == RecordType::SOA && *key == apex {
            return Step::Records(vec![soa]);
        }
        let (v4, v6) = catalog::public_address(&text);
        let any = self.rtype == RecordType::ANY;
        let v4 = (any || self.rtype == RecordType::A).then(|| RData::A(v4.into()));
        let v6 =
            v6.filter(|_| any || self.rtype == RecordType::AAAA).map(|v6| RData::AAAA(v6.into()));
        let records: Vec<Record> = v4
            .into_iter()
            .chain(v6)
            .map(|rdata| Record::from_rdata(name.clone(), ENDPOINT_TTL, rdata))
            .collect();
        if records.is_empty() { Step::NoData(soa) } else { Step::Records(records) }
    }
}
