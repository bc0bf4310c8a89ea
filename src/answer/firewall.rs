//! DNS Firewall on the way of a question: before any source is asked, for each name of the chain. R6 (3), R105–R108

use hickory_proto::rr::{Name, RecordType};

use super::{
    Answer, Ending, Question, Reason, Situation,
    evaluate::{Reply, Walk},
    full::Full,
};
use crate::{
    model::{DnsName, FirewallAction, FirewallRuleIx, Vantage, VpcIx},
    view::{Firewall, Response, Verdict},
};

/// Which rule of DNS Firewall decided, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirewallMatch {
    /// The rule.
    pub rule: FirewallRuleIx,
    /// Its kind.
    pub action: FirewallAction,
}

/// Of two matches the one that is reported: the first, unless the second does more than let pass. R110
#[must_use]
pub fn weightier(
    first: Option<FirewallMatch>,
    second: Option<FirewallMatch>,
) -> Option<FirewallMatch> {
    match (first, second) {
        (Some(first), Some(second)) if second.action > first.action => Some(second),
        (first, second) => first.or(second),
    }
}

/// How DNS Firewall looks at the names of a chain.
#[derive(Clone, Copy, Debug)]
pub struct Screening {
    /// The type that was asked: of the A records that DNS64 makes something of, AAAA. R102, R105
    pub rtype: RecordType,
    /// Whether a rule trusts the names that are to come. R108
    pub trusted: bool,
}

impl Screening {
    /// At the beginning of a chain.
    #[must_use]
    pub fn of(rtype: RecordType) -> Self {
        Self { rtype, trusted: false }
    }
}

/// The firewall that stands before an asker, and whether it still looks.
pub(super) struct Guard<'a> {
    vpc: VpcIx,
    firewall: &'a Firewall,
    rtype: RecordType,
    looks: bool,
}

impl<'a> Guard<'a> {
    /// For an asker in a VPC with rules; for nobody else, nor where the names are trusted already.
    #[inline(always)]
    pub(super) fn of(situation: &Situation<'a>, screening: Screening) -> Option<Self> {
        let Vantage::Vpc(place) = situation.vantage else { return None };
        let firewall = situation.views.of(place.vpc).firewall.as_deref()?;
        let Screening { rtype, trusted } = screening;
        (!trusted).then_some(Self { vpc: place.vpc, firewall, rtype, looks: true })
    }
}

impl<'a, R: Reply> Walk<'a, '_, R> {
    /// What the firewall makes of a name of the chain: how the question ends, if it does not pass.
    #[cold]
    pub(super) fn screened(&mut self, guard: &mut Guard<'a>, name: &[u8]) -> Option<Ending> {
        if !guard.looks {
            return None;
        }
        if !self.situation.detected.firewall_answers(guard.vpc) {
            let vpc = guard.vpc;
            self.reply.note(|| Reason::FirewallSilent(vpc));
            guard.looks = false;
            if guard.firewall.fail_open {
                return None;
            }
            self.reply.clear();
            return Some(Ending::ServFail);
        }
        let views = self.situation.views;
        let verdict = views.firewall_verdict(guard.firewall, name, guard.rtype)?;
        let Verdict { rule, action, response, trusts } = verdict;
        let (rule, action) = (*rule, *action);
        if *trusts {
            guard.looks = false;
            self.reply.trust();
        }
        self.reply.note(|| Reason::Firewall(rule, action, DnsName::from_suffix(name)));
        self.reply.firewall(FirewallMatch { rule, action });
        let response = response.as_ref()?;
        self.reply.begin_again();
        Some(respond(self.reply, response))
    }
}

/// Writes the response to a blocked query.
fn respond(reply: &mut impl Reply, response: &Response) -> Ending {
    match response {
        Response::NoData => Ending::NoData,
        Response::NxDomain => Ending::NameError,
        Response::Override(rrset) => {
            reply.cname(rrset);
            Ending::Records
        }
    }
}

/// What the firewall says of a name that somebody else's CNAME leads to.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The rule that matches.
    pub found: FirewallMatch,
    /// To be told.
    pub reason: Reason,
    /// The answer to the whole question, if it blocks.
    pub block: Option<Answer>,
    /// Whether it trusts the names behind this one. R108
    pub trusts: bool,
}

/// Looks at a name that somebody else's CNAME leads to, on the way of a question; none if it passes without a word. R108
#[must_use]
pub fn inspect(
    situation: &Situation<'_>,
    screening: Screening,
    question: &Question,
    name: &Name,
) -> Option<Inspected> {
    let key = DnsName::from(name);
    let guard = Guard::of(situation, screening)
        .filter(|guard| situation.detected.firewall_answers(guard.vpc))?;
    let verdict = situation.views.firewall_verdict(guard.firewall, key.wire(), guard.rtype)?;
    let found = FirewallMatch { rule: verdict.rule, action: verdict.action };
    let reason = Reason::Firewall(verdict.rule, verdict.action, key);
    let block = verdict.response.as_ref().map(|response| {
        let mut full = Full::new(question, Vec::new());
        full.firewall(found);
        let ending = respond(&mut full, response);
        full.end(ending, question.rtype)
    });
    Some(Inspected { found, reason, block, trusts: verdict.trusts })
}

/// The answer of a rule that blocks, to a question as a whole.
#[must_use]
pub fn blocked(situation: &Situation<'_>, question: &Question, answer: Answer) -> Answer {
    let Some(FirewallMatch { rule, action: FirewallAction::Block }) = answer.firewall else {
        return answer;
    };
    let views = situation.views;
    let Some(response) = views.firewall_response(situation.vantage, rule) else { return answer };
    let mut full = Full::new(question, Vec::new());
    full.firewall(FirewallMatch { rule, action: FirewallAction::Block });
    let ending = respond(&mut full, response);
    Answer { reasons: answer.reasons, ..full.end(ending, question.rtype) }
}
