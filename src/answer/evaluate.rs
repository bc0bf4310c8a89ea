//! The order of evaluation, as one readable walk. R6
//!
//! It is written once and answers twice: into an [`super::Answer`], which explains itself, and into the octets of a
//! datagram. Whatever it finds it hands to a [`Reply`], in the order of the answer section.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::rr::RecordType;

use super::{
    FirewallMatch, Reason, Situation,
    addresses::{NameKind, addresses},
    firewall::{Guard, Screening},
};
use crate::{
    catalog,
    model::{DnsName, PlainText, ResolverRuleIx, RrSetData, Vantage},
    view::{
        CompiledRrset, CompiledSoa, EndpointName, Found, HiddenZone, Node, PrivateOwner,
        PublicHost, PublicOwner, VpceOwner, Zone,
    },
};

/// How many CNAMEs are followed for one question before SERVFAIL.
/// No source says what Route 53 Resolver does; unbound's limit is of this size.
pub const MAX_CNAME_CHAIN: usize = 12;

/// The QNAME and the CNAMEs behind it.
const MAX_NAMES: usize = MAX_CNAME_CHAIN + 1;

/// What an evaluation writes to. The owner of its records is the QNAME, and after a CNAME that one's target.
pub(super) trait Reply {
    /// Whether it is worth taking the long way for names that hardly anybody asks for.
    const THOROUGH: bool;

    /// Notes a step on the way, if it explains itself.
    fn note(&mut self, reason: impl FnOnce() -> Reason);
    /// Adds an address of an endpoint or of a service.
    fn address(&mut self, address: IpAddr);
    /// Adds a PTR record of an instance's address; `target` is in wire format.
    fn pointer(&mut self, target: &[u8]);
    /// Adds the records of an RRset, beginning with the one at `first`.
    fn rrset(&mut self, rrset: &CompiledRrset, first: usize);
    /// Adds a CNAME. What comes after it belongs to its target.
    fn cname(&mut self, rrset: &CompiledRrset);
    /// Says that there is nothing more, by the SOA of the zone at `apex`, a suffix of the present owner.
    fn negative(&mut self, apex: &[u8], soa: &CompiledSoa);
    /// How many records it has in its answer section.
    fn records(&self) -> usize;
    /// Takes out everything but the notes.
    fn clear(&mut self);
    /// Takes out everything but the notes, and goes back to the QNAME.
    fn begin_again(&mut self);
    /// Notes which rule of DNS Firewall matched; one that blocks outranks others.
    fn firewall(&mut self, found: FirewallMatch);
    /// Notes that DNS Firewall trusts the names that are to come. R108
    fn trust(&mut self) {}
    /// Whether DNS Firewall has answered.
    fn is_blocked(&self) -> bool;
    /// Starts anew, notes and all. With `dns64` every A record becomes the AAAA record that DNS64 makes of it. R102
    fn restart(&mut self, dns64: bool);
}

/// Who is asked for a name that is not answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// The public DNS, through the recursive resolvers that the topology names. R86
    PublicDns,
    /// The targets of a FORWARD rule. R93
    Rule(ResolverRuleIx),
}

/// How an evaluation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With records of the type.
    Records,
    /// The name exists without the type. R127
    NoData,
    /// The name does not exist. R126, R128
    NameError,
    /// With a failure.
    ServFail,
    /// Without any reply. R125
    Silent,
    /// At a name that somebody else must be asked for.
    Ask(Via),
    /// At a name that takes the long way, which this reply does not take.
    Declined,
}

/// Evaluates a question. `qname` is in lower case. R6
#[inline(always)]
pub(super) fn evaluate<R: Reply>(
    situation: &Situation<'_>,
    qname: &[u8],
    rtype: RecordType,
    reply: &mut R,
) -> Ending {
    if let Vantage::Vpc(place) = situation.vantage
        && !situation.views.of(place.vpc).enable_dns_support
    {
        reply.note(|| Reason::DnsSupportOff(place.vpc));
        return Ending::Silent;
    }
    let ending = walk(situation, qname, rtype, Screening::of(rtype), reply);
    if rtype == RecordType::AAAA
        && ending == Ending::NoData
        && wants_dns64(situation)
        && !reply.is_blocked()
    {
        return with_dns64(situation, qname, reply);
    }
    ending
}

/// Evaluates a question for AAAA records that are not there, in a subnet with DNS64. R102
#[cold]
fn with_dns64<R: Reply>(situation: &Situation<'_>, qname: &[u8], reply: &mut R) -> Ending {
    let screening = Screening::of(RecordType::AAAA);
    reply.restart(true);
    let ending = walk(situation, qname, RecordType::A, screening, reply);
    if ending == Ending::Records && !reply.is_blocked() {
        reply.note(|| Reason::Dns64);
        return Ending::Records;
    }
    reply.restart(false);
    walk(situation, qname, RecordType::AAAA, screening, reply)
}

/// Whether the asker's subnet, or the inbound endpoint it asks through, has DNS64 on. R102
#[must_use]
pub fn wants_dns64(situation: &Situation<'_>) -> bool {
    match situation.vantage {
        Vantage::Internet => false,
        Vantage::Vpc(place) => {
            place.subnet.is_some_and(|subnet| situation.model[subnet].enable_dns64)
                || place.inbound.is_some_and(|inbound| situation.model[inbound].dns64_enabled)
        }
    }
}

/// Follows a name and the CNAMEs it leads to; DNS Firewall looks at each unless they are trusted. R6 (3), (6)
#[inline(always)]
pub(super) fn walk<R: Reply>(
    situation: &Situation<'_>,
    qname: &[u8],
    rtype: RecordType,
    screening: Screening,
    reply: &mut R,
) -> Ending {
    let mut guard = Guard::of(situation, screening);
    let mut walk = Walk { situation, rtype, reply, choices: 0 };
    let mut name = qname;
    for _ in 0..MAX_NAMES {
        if let Some(guard) = &mut guard
            && let Some(ending) = walk.screened(guard, name)
        {
            return ending;
        }
        match walk.step(name) {
            Step::Cname(target) => {
                walk.reply.note(|| Reason::Cname(DnsName::from_suffix(target)));
                name = target;
            }
            Step::Records => return Ending::Records,
            Step::NoData => {
                walk.reply.note(|| Reason::NoData(rtype));
                return Ending::NoData;
            }
            Step::NameError(apex) => {
                walk.reply.note(|| Reason::NameError(DnsName::from_suffix(apex)));
                return Ending::NameError;
            }
            Step::ServFail => {
                walk.reply.clear();
                return Ending::ServFail;
            }
            Step::Ask(via) => return Ending::Ask(via),
            Step::Declined => return Ending::Declined,
        }
    }
    walk.reply.clear();
    walk.reply.note(|| Reason::CnameChainTooLong);
    Ending::ServFail
}

/// What one name of the chain leads to.
pub(super) enum Step<'a> {
    Records,
    /// Its target.
    Cname(&'a [u8]),
    NoData,
    /// The zone that denies it.
    NameError(&'a [u8]),
    ServFail,
    Ask(Via),
    Declined,
}

/// One question on its way. Names are in lower-case wire format.
pub(super) struct Walk<'a, 'r, R> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) rtype: RecordType,
    pub(super) reply: &'r mut R,
    /// How many choices by weight were made so far.
    pub(super) choices: usize,
}

impl<'a, R: Reply> Walk<'a, '_, R> {
    /// Finds who owns the name and asks them; whoever owns it answers alone. R65, R66
    #[inline(always)]
    fn step(&mut self, name: &'a [u8]) -> Step<'a> {
        let Situation { model, views, vantage, .. } = *self.situation;
        if let Some((apex, endpoint)) = views.endpoint_outright(model, vantage, name) {
            return self.in_vpce_zone(apex, VpceOwner::Endpoint(endpoint));
        }
        self.step_by_owner(name)
    }

    /// As [`Walk::step`], of a name that is not an endpoint's outright: apart, so that what most queries need stays small.
    #[inline(never)]
    fn step_by_owner(&mut self, name: &'a [u8]) -> Step<'a> {
        let Situation { model, views, vantage, .. } = *self.situation;
        match views.private_owner(model, vantage, name) {
            Some(PrivateOwner::Hosted(zone)) => {
                self.reply.note(|| Reason::HostedZone(zone.apex.clone()));
                let step = self.in_zone(zone, name);
                self.no_fall_through(step)
            }
            Some(PrivateOwner::Hidden { apex, hidden }) => {
                self.reply.note(|| Reason::HiddenZone {
                    zone: DnsName::from_suffix(apex),
                    endpoint: hidden.endpoint,
                });
                let step = self.in_hidden_zone(apex, hidden, name);
                self.no_fall_through(step)
            }
            Some(PrivateOwner::Autodefined { vpc, apex, zone }) => {
                let step = self.in_autodefined(vpc, apex, zone, name);
                self.no_fall_through(step)
            }
            Some(PrivateOwner::Delegated { cut, rule, .. }) => {
                self.reply.note(|| Reason::Delegation(DnsName::from_suffix(cut), rule));
                rule.map_or(Step::ServFail, |rule| Step::Ask(Via::Rule(rule)))
            }
            Some(PrivateOwner::Forward(rule)) => {
                self.reply.note(|| Reason::ForwardRule(rule));
                Step::Ask(Via::Rule(rule))
            }
            None => self.in_public_dns_of_all(name),
        }
    }

    /// Outside of what the VPC has: names of endpoints, of instances, and the rest of the public DNS. R30, R86, R116
    #[inline(always)]
    fn in_public_dns_of_all(&mut self, name: &'a [u8]) -> Step<'a> {
        let Situation { model, views, .. } = *self.situation;
        if let Some(step) = self.in_public_names_of_instances(name) {
            return step;
        }
        match views.public.owner(model, name) {
            PublicOwner::Vpce { apex, owner } => self.in_vpce_zone(apex, owner),
            PublicOwner::Internal(zone) => {
                self.reply.note(|| Reason::NoSuchInternalName);
                self.in_zone(zone, name)
            }
            PublicOwner::Broken(domain) => {
                self.reply.note(|| Reason::BrokenDelegation(DnsName::from_suffix(domain)));
                Step::ServFail
            }
            PublicOwner::Upstream => {
                self.reply.note(|| Reason::Upstream);
                Step::Ask(Via::PublicDns)
            }
            PublicOwner::Canned(zone) => self.in_public_dns(zone, name),
        }
    }

    /// Notes that a private zone's name error is final. R66
    fn no_fall_through(&mut self, step: Step<'a>) -> Step<'a> {
        if let Step::NameError(_) = step {
            self.reply.note(|| Reason::NoFallThrough);
        }
        step
    }

    pub(super) fn no_data(&mut self, apex: &[u8], soa: &CompiledSoa) -> Step<'a> {
        self.reply.negative(apex, soa);
        Step::NoData
    }

    pub(super) fn name_error(&mut self, apex: &'a [u8], soa: &CompiledSoa) -> Step<'a> {
        self.reply.negative(apex, soa);
        Step::NameError(apex)
    }

    /// In a zone made of records. R65–R67
    pub(super) fn in_zone(&mut self, zone: &'a Zone, name: &[u8]) -> Step<'a> {
        match zone.find(name) {
            Found::Exact(node) => self.at_node(node, zone),
            Found::Wildcard(node) => {
                self.reply.note(|| Reason::Wildcard(zone.apex.clone()));
                self.at_node(node, zone)
            }
            Found::NameError => self.name_error(zone.apex.wire(), &zone.soa),
        }
    }

    /// At an owner name that exists: the type asked for, else a CNAME, else NODATA. R127
    fn at_node(&mut self, node: &'a Node, zone: &'a Zone) -> Step<'a> {
        let before = self.reply.records();
        let rtype = self.rtype;
        let asked = |rrset: &&CompiledRrset| rtype == RecordType::ANY || rrset.rtype == rtype;
        let mut found = node.rrsets().filter(asked).peekable();
        if found.peek().is_none()
            && let Some(rrset) = node.rrset(RecordType::CNAME)
            && let Some(rrset) = self.cname(zone, rrset)
            && let Some(target) = &rrset.target
        {
            self.reply.cname(rrset);
            return Step::Cname(target.wire());
        }
        for rrset in found {
            if !self.rrset(zone, rrset) {
                return Step::ServFail;
            }
        }
        if self.reply.records() == before {
            return self.no_data(zone.apex.wire(), &zone.soa);
        }
        Step::Records
    }

    /// Adds the records of an RRset, addresses rotated; false is SERVFAIL. R32, R64
    fn rrset(&mut self, zone: &'a Zone, rrset: &'a CompiledRrset) -> bool {
        match &rrset.data {
            RrSetData::Values { .. } => {
                self.reply.rrset(rrset, rrset.rotation(self.situation.turn));
                true
            }
            RrSetData::Alias(_) | RrSetData::Routed(_) => self.indirect(zone, rrset),
        }
    }

    /// The CNAME of a name, or the one that its routing policy chooses. R71
    fn cname(&mut self, zone: &'a Zone, rrset: &'a CompiledRrset) -> Option<&'a CompiledRrset> {
        if rrset.target.is_some() { Some(rrset) } else { self.leaf(zone, rrset) }
    }

    /// In the hidden zone of private DNS. R45–R48
    fn in_hidden_zone(&mut self, apex: &'a [u8], hidden: HiddenZone, name: &[u8]) -> Step<'a> {
        let views = self.situation.views;
        let at_apex = name == apex;
        match self.rtype {
            RecordType::SOA if at_apex => return self.aws_rrset(&views.aws.soa.rrset),
            RecordType::NS if at_apex => return self.aws_rrset(&views.aws.ns),
            _ if !at_apex && !hidden.wildcard => return self.name_error(apex, &views.aws.soa),
            _ => {}
        }
        if let Some(rrset) = views.cname_of(hidden.endpoint)
            && let Some(target) = &rrset.target
        {
            self.reply.cname(rrset);
            return Step::Cname(target.wire());
        }
        let regional = EndpointName { endpoint: hidden.endpoint, availability_zone: None };
        let kind = if hidden.dual_stack { NameKind::OfEndpoint } else { NameKind::Private };
        self.addresses(regional, kind, apex, &views.aws.soa)
    }

    /// In the public zone of a Region's endpoint names. R30, R44, R128
    #[inline(always)]
    fn in_vpce_zone(&mut self, apex: &'a [u8], owner: VpceOwner) -> Step<'a> {
        let aws = &self.situation.views.aws;
        match owner {
            VpceOwner::Endpoint(endpoint) => {
                let EndpointName { endpoint: ix, availability_zone } = endpoint;
                self.reply.note(|| Reason::EndpointName { endpoint: ix, availability_zone });
                self.addresses(endpoint, NameKind::OfEndpoint, apex, &aws.vpce_soa)
            }
            VpceOwner::Apex => match self.rtype {
                RecordType::SOA => self.aws_rrset(&aws.vpce_soa.rrset),
                RecordType::NS => self.aws_rrset(&aws.ns),
                _ => self.no_data(apex, &aws.vpce_soa),
            },
            VpceOwner::EmptyNonTerminal => {
                self.reply.note(|| Reason::EmptyNonTerminal);
                self.no_data(apex, &aws.vpce_soa)
            }
            VpceOwner::NameError => {
                self.reply.note(|| Reason::NoSuchEndpointName);
                self.name_error(apex, &aws.vpce_soa)
            }
        }
    }

    pub(super) fn aws_rrset(&mut self, rrset: &CompiledRrset) -> Step<'a> {
        self.reply.rrset(rrset, 0);
        Step::Records
    }

    #[inline(always)]
    fn addresses(
        &mut self,
        endpoint: EndpointName,
        kind: NameKind,
        apex: &[u8],
        soa: &CompiledSoa,
    ) -> Step<'a> {
        let before = self.reply.records();
        if !addresses(self.situation, endpoint, kind, self.rtype, self.reply) {
            return Step::ServFail;
        }
        if self.reply.records() == before {
            return self.no_data(apex, soa);
        }
        Step::Records
    }

    /// In the public DNS, canned: the zone of canned answers first, then every AWS service's host names. R86, R130
    fn in_public_dns(&mut self, zone: &'a Zone, name: &'a [u8]) -> Step<'a> {
        let listed = match zone.find(name) {
            Found::Exact(node) => node.rrsets().len() > 0,
            Found::Wildcard(_) => true,
            Found::NameError => false,
        };
        let host = if listed { None } else { self.situation.views.public.host(name) };
        match host {
            None => {
                self.reply.note(|| Reason::CannedPublic);
                self.in_zone(zone, name)
            }
            Some(PublicHost::Listed { apex, wildcard }) => {
                self.at_public_host(apex, wildcard, name)
            }
            Some(PublicHost::Unlisted) if !R::THOROUGH => Step::Declined,
            Some(PublicHost::Unlisted) => {
                match catalog::public_host(&DnsName::from_suffix(name).to_string()) {
                    None => {
                        self.reply.note(|| Reason::CannedPublic);
                        self.in_zone(zone, name)
                    }
                    Some(host) => {
                        let length = host.zone.parse().map_or(0, |zone: DnsName| zone.wire().len());
                        let start = name.len().saturating_sub(length);
                        let apex = name.get(start..).unwrap_or(name);
                        self.at_public_host(apex, host.wildcard, name)
                    }
                }
            }
        }
    }

    /// At or below a host name of an AWS service in the public DNS. R130
    fn at_public_host(&mut self, apex: &'a [u8], wildcard: bool, name: &[u8]) -> Step<'a> {
        let soa = &self.situation.views.aws.soa;
        self.reply.note(|| Reason::PublicService);
        if name != apex && !wildcard {
            return self.name_error(apex, soa);
        }
        if self.rtype == RecordType::SOA && name == apex {
            return self.aws_rrset(&soa.rrset);
        }
        let any = self.rtype == RecordType::ANY;
        let (wants_v4, wants_v6) =
            (any || self.rtype == RecordType::A, any || self.rtype == RecordType::AAAA);
        if !wants_v4 && !wants_v6 {
            return self.no_data(apex, soa);
        }
        let Some((v4, v6)) = public_address::<R>(name) else { return Step::Declined };
        let before = self.reply.records();
        if wants_v4 {
            self.reply.address(v4.into());
        }
        if let Some(v6) = v6.filter(|_| wants_v6) {
            self.reply.address(v6.into());
        }
        if self.reply.records() == before { self.no_data(apex, soa) } else { Step::Records }
    }
}

/// The made-up addresses of a host name; none for names whose text takes the long way.
fn public_address<R: Reply>(name: &[u8]) -> Option<(Ipv4Addr, Option<Ipv6Addr>)> {
    match PlainText::of(name) {
        Some(text) => Some(catalog::public_address(&text)),
        None if R::THOROUGH => {
            Some(catalog::public_address(&DnsName::from_suffix(name).to_string()))
        }
        None => None,
    }
}
