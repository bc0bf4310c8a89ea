//! Whoever else is asked: the public DNS and the targets of resolver rules; and how what they say becomes an answer.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use hickory_proto::rr::{RData, Record, RecordType};
use tracing::warn;

use super::{
    forward::{Chain, Forwarder, Forwarding},
    public_dns::{Manner, NoAnswer, PublicDns},
};
use crate::{
    answer::{self, Answer, Flaw, Outcome, Question, Reason, Screening, Validation, Via},
    model::{
        DnsName, FirewallAction, ResolverRule, ResolverRuleAction, ResolverRuleIx, TargetAddress,
        TargetProtocol, Vantage,
    },
    state::{Counters, Snapshot},
    view::{CompiledRrset, PrivateOwner},
};

/// Asks those whom the topology says.
#[derive(Default)]
pub struct Upstream {
    public: PublicDns,
    forwarder: Forwarder,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").finish_non_exhaustive()
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// CNAMEs, and the records asked for if there are any.
    pub(super) records: Vec<Record>,
    /// The SOA of a negative answer.
    pub(super) soa: Option<Record>,
    /// Whether the name, or the last CNAME's target, does not exist.
    pub(super) name_error: bool,
    /// What validation made of it; none where nothing was validated. R100
    pub(super) validation: Option<Validation>,
}

impl Found {
    /// A positive answer.
    pub(super) fn records(records: Vec<Record>) -> Self {
        Self { records, soa: None, name_error: false, validation: None }
    }
}

impl Found {
    /// Takes out the records of DNSSEC that nobody asked for by their type. R100
    fn leave_dnssec_out(&mut self, rtype: RecordType) {
        let asked =
            |record: &Record| record.record_type() == rtype || !record.record_type().is_dnssec();
        self.records.retain(asked);
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unanswered(String);

impl Unanswered {
    pub(super) fn because(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// A question on its way, and what it is judged by.
pub(super) struct Asking<'a> {
    /// Where it is counted.
    pub(super) counters: &'a Counters,
    /// What holds.
    pub(super) snapshot: &'a Snapshot,
    /// Who asks.
    pub(super) vantage: Vantage,
    /// The resolver rules that led it here, if it comes from ourselves.
    pub(super) chain: Option<Chain>,
}

impl Asking<'_> {
    /// How the public DNS is asked for this asker: validated if its VPC says so. R100
    fn manner(&self) -> Manner<'_> {
        let model = &self.snapshot.model;
        let validating = match self.vantage {
            Vantage::Internet => false,
            Vantage::Vpc(place) => model[place.vpc].dnssec_validation,
        };
        Manner { settings: &model.public_dns, validating }
    }
}

impl Upstream {
    /// The resolver rules that led a query here which came from this address, if that is ourselves.
    pub(super) fn chain_of(&self, asker: SocketAddr) -> Option<Chain> {
        self.forwarder.chain_of(asker)
    }

    /// Turns an answer that stops at [`Outcome::Ask`] into a final one; other answers pass unchanged.
    ///
    /// A CNAME that leads out of what was asked is followed from the beginning, not by who answered. R6 (6)
    pub(super) async fn complete(
        &self,
        asking: &Asking<'_>,
        question: &Question,
        answer: Answer,
    ) -> Answer {
        if !matches!(answer.outcome, Outcome::Ask(..)) {
            return answer;
        }
        let answer = self.settle(asking, question, question.rtype, answer).await;
        let situation = asking.snapshot.situation(asking.vantage, 0);
        if answer.outcome == Outcome::NoData
            && question.rtype == RecordType::AAAA
            && answer::wants_dns64(&situation)
            && answer.firewall.is_none_or(|found| found.action != FirewallAction::Block)
        {
            return self.synthesised(asking, question, answer).await;
        }
        answer
    }

    /// DNS64 for a name of somebody else's without AAAA records. R102
    async fn synthesised(
        &self,
        asking: &Asking<'_>,
        question: &Question,
        without: Answer,
    ) -> Answer {
        let v4 = Question { name: question.name.clone(), rtype: RecordType::A };
        let situation = asking.snapshot.situation(asking.vantage, 0);
        let screening = Screening::of(question.rtype);
        let start = answer::continue_at(&situation, Vec::new(), &v4, screening);
        let mut found = self.settle(asking, &v4, question.rtype, start).await;
        let blocked = found.firewall.is_some_and(|found| found.action == FirewallAction::Block);
        if found.outcome != Outcome::Records || blocked {
            return without;
        }
        found.records = found.records.iter().map(answer::dns64).collect();
        found.reasons.push(Reason::Dns64);
        found
    }

    /// Asks until nobody need be asked. DNS Firewall judges by the type that was `asked`.
    async fn settle(
        &self,
        asking: &Asking<'_>,
        question: &Question,
        asked: RecordType,
        mut answer: Answer,
    ) -> Answer {
        let situation = asking.snapshot.situation(asking.vantage, 0);
        for _ in 0..=answer::MAX_CNAME_CHAIN {
            let Outcome::Ask(via, rest) = answer.outcome.clone() else {
                return answer::blocked(&situation, question, answer);
            };
            let found = match via {
                Via::PublicDns => self.ask_public(asking, &rest).await,
                Via::Rule(rule) => self.forward(asking, rule, &rest).await,
            };
            answer = match found {
                Ok(mut found) => {
                    found.leave_dnssec_out(rest.rtype);
                    answer.reasons.extend(found.validation.map(Reason::Validated));
                    let next = Next { question, asked, rest: &rest, via };
                    follow(asking, &next, answer, found)
                }
                Err(why) => return failed(asking, &rest, answer, why),
            };
        }
        answer.records.clear();
        answer.reasons.push(Reason::CnameChainTooLong);
        Answer { outcome: Outcome::ServFail, ..answer }
    }

    async fn ask_public(&self, asking: &Asking<'_>, rest: &Question) -> Result<Found, Failed> {
        let found = self.public.ask(asking.manner(), rest).await;
        let mut found = found.map_err(|why| match why {
            NoAnswer::Failed(why) => Failed::PublicDns(why),
            NoAnswer::Bogus(flaw) => Failed::Bogus(flaw),
        })?;
        if found.records.is_empty()
            && let Some(chain) = self.through_cname(asking, rest).await
        {
            found = Found { validation: found.validation, ..Found::records(chain) };
        }
        Ok(found)
    }

    /// The CNAME, or the chain of them, from a name without records to a name that is answered here alone: to the
    /// public DNS such a chain leads nowhere. R6 (6)
    async fn through_cname(&self, asking: &Asking<'_>, rest: &Question) -> Option<Vec<Record>> {
        if asking.vantage == Vantage::Internet || rest.rtype == RecordType::CNAME {
            return None;
        }
        let situation = asking.snapshot.situation(asking.vantage, 0);
        let mut name = rest.name.clone();
        let mut chain = Vec::new();
        for _ in 0..answer::MAX_CNAME_CHAIN {
            let record = self.public.cname(asking.manner(), &name).await?;
            let RData::CNAME(target) = &record.data else { return None };
            name = target.0.clone();
            chain.push(record);
            if answer::leads_elsewhere(&situation, Via::PublicDns, &name) {
                return Some(chain);
            }
        }
        None
    }

    async fn forward(
        &self,
        asking: &Asking<'_>,
        ix: ResolverRuleIx,
        rest: &Question,
    ) -> Result<Found, Failed> {
        let model = &asking.snapshot.model;
        let rule = &model[ix];
        let chain = asking.chain.as_deref().unwrap_or_default();
        if chain.contains(&rule.id) {
            return Err(Failed::Loop(ix));
        }
        let name_servers;
        let (endpoint, targets, recursive) = match &rule.action {
            ResolverRuleAction::Forward { endpoint, targets } => (endpoint, &targets[..], true),
            ResolverRuleAction::Delegate { endpoint, name_servers: known } => {
                name_servers = delegated(asking, rule, known, rest);
                (endpoint, &name_servers[..], false)
            }
            ResolverRuleAction::System => {
                return Err(Failed::Targets(ix, Unanswered::because("it forwards nothing")));
            }
        };
        let sources = model[*endpoint].ip_addresses.iter().filter_map(|address| address.source);
        let sources = sources.collect();
        let forwarding = Forwarding { rule: rule.id, targets, sources, recursive };
        let found = self.forwarder.ask(&forwarding, rest, chain).await;
        found.map_err(|why| Failed::Targets(ix, why))
    }
}

/// The name servers that a private zone delegates a name to, as far as the rule leads to them and their addresses are known:
/// from the rule, else from the zone, else as the VPC sees their names. R70
fn delegated(
    asking: &Asking<'_>,
    rule: &ResolverRule,
    known: &[(DnsName, SocketAddr)],
    rest: &Question,
) -> Vec<TargetAddress> {
    let Asking { snapshot, vantage, .. } = *asking;
    let qname = DnsName::from(&rest.name);
    let owner = snapshot.views.private_owner(&snapshot.model, vantage, qname.wire());
    let Some(PrivateOwner::Delegated { cut, zone, .. }) = owner else { return Vec::new() };
    let node = zone.exact(&DnsName::from_suffix(cut));
    let servers = node.and_then(|node| node.rrset(RecordType::NS)).into_iter();
    let servers = servers.flat_map(CompiledRrset::values).filter_map(|rdata| match rdata {
        RData::NS(server) => Some(DnsName::from(&server.0)),
        _ => None,
    });
    let mut found = Vec::new();
    for server in servers.filter(|server| rule.leads_to(server)) {
        let at = |address| TargetAddress { address, protocol: TargetProtocol::Do53 };
        if let Some((_, address)) = known.iter().find(|(name, _)| *name == server) {
            found.push(at(*address));
            continue;
        }
        for rtype in [RecordType::A, RecordType::AAAA] {
            let glue = zone.exact(&server).and_then(|node| node.rrset(rtype));
            let mut addresses: Vec<IpAddr> = glue
                .map(|glue| glue.values().filter_map(RData::ip_addr).collect())
                .unwrap_or_default();
            if addresses.is_empty() {
                let question = Question { name: server.to_name(), rtype };
                let seen = answer::answer(&snapshot.situation(vantage, 0), &question);
                addresses.extend(seen.records.iter().filter_map(|record| record.data.ip_addr()));
            }
            found.extend(addresses.into_iter().map(|ip| at(SocketAddr::new(ip, DNS_PORT))));
        }
    }
    found
}

/// The port of name servers whose address alone is known.
const DNS_PORT: u16 = 53;

/// Who failed, and why.
enum Failed {
    PublicDns(Unanswered),
    Bogus(Flaw),
    Targets(ResolverRuleIx, Unanswered),
    Loop(ResolverRuleIx),
}

/// SERVFAIL, and why.
fn failed(asking: &Asking<'_>, rest: &Question, mut answer: Answer, why: Failed) -> Answer {
    if !matches!(why, Failed::Bogus(_)) {
        Counters::add(&asking.counters.upstream_failures);
    }
    let Question { name, rtype } = rest;
    match why {
        Failed::PublicDns(why) => warn!(%name, %rtype, %why, "the public DNS gave no answer"),
        Failed::Bogus(flaw) => {
            warn!(%name, %rtype, ?flaw, "what the public DNS says is bogus: SERVFAIL");
            answer.reasons.push(Reason::Validated(Validation::Bogus(flaw)));
        }
        Failed::Targets(rule, why) => {
            let of_rule = &asking.snapshot.model[rule].name;
            warn!(rule = %of_rule, %name, %rtype, %why, "no target of a resolver rule answered");
            answer.reasons.push(Reason::TargetsFailed(rule));
        }
        Failed::Loop(rule) => {
            let of_rule = &asking.snapshot.model[rule].name;
            warn!(rule = %of_rule, %name, %rtype, "a resolver rule forwards in a circle: SERVFAIL");
            answer.reasons.push(Reason::ForwardLoop(rule));
        }
    }
    answer.records.clear();
    Answer { outcome: Outcome::ServFail, ..answer }
}

/// What was asked of somebody, and what for.
#[derive(Clone, Copy)]
struct Next<'a> {
    /// What the asker asked.
    question: &'a Question,
    /// What somebody else was asked.
    rest: &'a Question,
    via: Via,
    /// The type that DNS Firewall judges by.
    asked: RecordType,
}

/// Takes over what somebody answered, as far as the first CNAME that leads to a name which is not theirs. R6 (6), R66
fn follow(asking: &Asking<'_>, next: &Next<'_>, mut answer: Answer, found: Found) -> Answer {
    let Next { question, rest, via, asked } = *next;
    let situation = asking.snapshot.situation(asking.vantage, 0);
    let last = found.records.len().saturating_sub(1);
    let negative = found.soa.is_some() || found.name_error;
    let mut any = false;
    for (at, record) in found.records.into_iter().enumerate() {
        any |= record.record_type() == rest.rtype || rest.rtype == RecordType::ANY;
        let target = match &record.data {
            RData::CNAME(target) if rest.rtype != RecordType::CNAME => Some(target.0.clone()),
            _ => None,
        };
        answer.records.push(record);
        let Some(target) = target else { continue };
        let screening = Screening { rtype: asked, trusted: answer.trusted };
        if let Some(inspected) = answer::inspect(&situation, screening, question, &target) {
            answer.reasons.push(inspected.reason);
            if let Some(block) = inspected.block {
                return Answer { reasons: answer.reasons, ..block };
            }
            answer.firewall = answer::weightier(answer.firewall, Some(inspected.found));
            answer.trusted |= inspected.trusts;
        }
        // one that stops at a CNAME was asked for no more than it has
        let stops = at == last && !negative && via != Via::PublicDns;
        if stops || answer::leads_elsewhere(&situation, via, &target) {
            let next = Question { name: target, rtype: rest.rtype };
            let screening = Screening { rtype: asked, trusted: answer.trusted };
            let mut further = answer::continue_at(&situation, answer.records, &next, screening);
            answer.reasons.push(Reason::Cname(DnsName::from(&next.name)));
            answer.reasons.append(&mut further.reasons);
            let firewall = answer::weightier(answer.firewall, further.firewall);
            return Answer { reasons: answer.reasons, firewall, ..further };
        }
    }
    answer.outcome = match (any, found.name_error) {
        (true, _) => Outcome::Records,
        (false, true) => Outcome::NameError,
        (false, false) => Outcome::NoData,
    };
    answer.soa = if any { None } else { found.soa };
    answer
}
