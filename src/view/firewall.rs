//! The DNS Firewall of a VPC, compiled: its rules in the order in which they are tried. R105

use hickory_proto::rr::RecordType;

use super::CompiledRrset;
use crate::model::{
    FirewallAction, FirewallBlockResponse, FirewallDomain, FirewallDomainListIx,
    FirewallRedirection, FirewallRule, FirewallRuleAction, FirewallRuleIx, Model, NameMap, VpcIx,
    suffixes,
};

/// The rules of a VPC that has any.
#[derive(Clone, Debug)]
pub struct Firewall {
    /// Whether queries pass when it does not. R107
    pub fail_open: bool,
    rules: Vec<Rule>,
}

/// What a rule does, as the answer path wants it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The rule.
    pub rule: FirewallRuleIx,
    /// Its kind.
    pub action: FirewallAction,
    /// How a blocked query is answered; a query that passes is not.
    pub response: Option<Response>,
    /// Whether the names behind it are not looked at. R108
    pub trusts: bool,
}

/// The answer to a blocked query. R106
#[derive(Clone, Debug)]
pub enum Response {
    /// NOERROR without records.
    NoData,
    /// NXDOMAIN.
    NxDomain,
    /// A CNAME.
    Override(CompiledRrset),
}

#[derive(Clone, Debug)]
struct Rule {
    list: FirewallDomainListIx,
    q_type: Option<RecordType>,
    verdict: Verdict,
}

/// The names of a domain list. R108
#[derive(Clone, Debug, Default)]
pub(super) struct DomainList {
    exact: NameMap<()>,
    below: NameMap<()>,
    all: bool,
}

impl DomainList {
    pub(super) fn compile_all(model: &Model) -> Vec<Self> {
        let compile = |domains: &[FirewallDomain]| {
            let mut list = Self::default();
            for domain in domains {
                match domain {
                    FirewallDomain::Exact(name) => list.exact.insert(name, ()),
                    FirewallDomain::Below(name) if name.parent().is_none() => list.all = true,
                    FirewallDomain::Below(name) => list.below.insert(name, ()),
                }
            }
            list
        };
        model.firewall_domain_lists.iter().map(|list| compile(&list.domains)).collect()
    }

    fn has(&self, name: &[u8]) -> bool {
        let above = || suffixes(name).nth(1);
        self.all
            || self.exact.get(name).is_some()
            || above().is_some_and(|above| self.below.longest_suffix(above).is_some())
    }
}

impl Firewall {
    /// The firewall of a VPC, if it has rules: groups by the priority of their association, rules by their own. The groups of
    /// its Profiles stand among them by their priorities there, which is a choice, as is what comes first of one priority:
    /// the VPC's own, then the Profile with the lower priority. R104, R105
    pub(super) fn compile(model: &Model, vpc: VpcIx) -> Option<Self> {
        let groups = (0_u16..).zip(&model.firewall_rule_groups);
        // by priority, none or the priority of the Profile's association, and the group's place
        let own = groups.flat_map(|(ix, group)| {
            let here = group.associations.iter().filter(|(other, _)| *other == vpc);
            here.map(move |(_, priority)| (*priority, None, ix))
        });
        let mut associated: Vec<(u32, Option<u16>, u16)> = own.collect();
        for profile in &model.profiles {
            for (_, of_profile) in profile.vpcs.iter().filter(|(other, _)| *other == vpc) {
                let groups = profile.firewall_rule_groups.iter();
                associated
                    .extend(groups.map(|(ix, priority)| (*priority, Some(*of_profile), ix.0)));
            }
        }
        associated.sort_unstable();
        let rules = || (0_u32..).map(FirewallRuleIx).zip(&model.firewall_rules);
        let rules: Vec<Rule> = associated
            .iter()
            .flat_map(|(_, _, group)| {
                rules()
                    .filter(|(_, rule)| rule.group.0 == *group)
                    .map(|(ix, rule)| Rule::new(ix, rule))
            })
            .collect();
        let of_vpc = &model[vpc];
        (!rules.is_empty()).then_some(Self { fail_open: of_vpc.firewall_fail_open, rules })
    }

    /// How a rule answers what it blocks. R106
    pub(super) fn response(&self, ix: FirewallRuleIx) -> Option<&Response> {
        self.rules.iter().find(|rule| rule.verdict.rule == ix)?.verdict.response.as_ref()
    }

    /// What the first rule says that matches a lower-case wire-format name. R105
    pub(super) fn verdict(
        &self,
        lists: &[DomainList],
        name: &[u8],
        rtype: RecordType,
    ) -> Option<&Verdict> {
        let matches = |rule: &&Rule| {
            rule.q_type.is_none_or(|q_type| q_type == rtype)
                && lists.get(rule.list.index()).is_some_and(|list| list.has(name))
        };
        self.rules.iter().find(matches).map(|rule| &rule.verdict)
    }
}

impl Rule {
    fn new(ix: FirewallRuleIx, rule: &FirewallRule) -> Self {
        let response = match &rule.action {
            FirewallRuleAction::Allow | FirewallRuleAction::Alert => None,
            FirewallRuleAction::Block(FirewallBlockResponse::NoData) => Some(Response::NoData),
            FirewallRuleAction::Block(FirewallBlockResponse::NxDomain) => Some(Response::NxDomain),
            FirewallRuleAction::Block(FirewallBlockResponse::Override { domain, ttl }) => {
                Some(Response::Override(CompiledRrset::cname(domain.clone(), *ttl)))
            }
        };
        let verdict = Verdict {
            rule: ix,
            action: rule.action.kind(),
            response,
            trusts: rule.redirection == FirewallRedirection::Trust,
        };
        Self { list: rule.domain_list, q_type: rule.q_type, verdict }
    }
}
