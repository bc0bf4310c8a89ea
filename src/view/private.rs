//! The private zones of one VPC: hosted zones and the hidden zones of private DNS.

use super::{Autodefined, Firewall, Public};
use crate::catalog::{PrivateName, Service};
use crate::model::{
    Cut, DnsName, EndpointIx, EndpointState, HostedZone, InterfaceEndpoint, Model, NameMap,
    Profile, ResolverRule, ResolverRuleAction, ResolverRuleIx, Vpc, VpcIx, VpcVantage,
};
use crate::names::is_dual_stack;

/// The hidden hosted zone of one private name. R45
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenZone {
    /// The endpoint whose addresses it holds.
    pub endpoint: EndpointIx,
    /// Whether it holds `*` besides the apex.
    pub wildcard: bool,
    /// Whether the name is one of AWS's for both families, which `service-defined` endpoints give both. R43
    pub dual_stack: bool,
}

/// A private name of a service, as the hidden zones of all its endpoints have it.
struct HiddenName {
    zone: DnsName,
    wildcard: bool,
    dual_stack: bool,
}

impl HiddenName {
    fn new(service: &Service, name: &PrivateName) -> Self {
        Self {
            zone: name.zone.parse().unwrap_or_else(|_| DnsName::root()),
            wildcard: name.wildcard,
            dual_stack: is_dual_stack(service, name),
        }
    }
}

/// A private zone of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateZone {
    /// A hosted zone, by its place in `Model::hosted_zones`.
    Hosted(usize),
    /// A hidden zone of an endpoint's private DNS.
    Hidden(HiddenZone),
    /// A zone that Resolver defines by itself; of one name with a hosted zone, the hosted zone counts. R83, R84
    Autodefined(Autodefined),
}

/// What a resolver rule says of names at and below its own. R80
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// They are forwarded.
    Forward(ResolverRuleIx),
    /// Resolver answers them itself.
    System,
}

/// A name that a hosted zone delegates. R70
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delegated {
    /// The zone, by its place in `Model::hosted_zones`.
    zone: usize,
    /// The DELEGATE rule that leads to the name servers, if there is one.
    rule: Option<ResolverRuleIx>,
}

impl Rule {
    /// What a rule says of its own name; a DELEGATE rule says nothing of it.
    fn of(action: &ResolverRuleAction, ix: ResolverRuleIx) -> Option<Self> {
        match action {
            ResolverRuleAction::Forward { .. } => Some(Self::Forward(ix)),
            ResolverRuleAction::System => Some(Self::System),
            ResolverRuleAction::Delegate { .. } => None,
        }
    }
}

/// Every association of a Profile with a VPC, those of a VPC by priority. R104
fn associations(model: &Model) -> impl Iterator<Item = (VpcIx, &Profile)> {
    let all = model.profiles.iter().flat_map(|profile| {
        profile.vpcs.iter().map(move |(vpc, priority)| (*vpc, *priority, profile))
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(vpc, priority, _)| (*vpc, *priority));
    all.into_iter().map(|(vpc, _, profile)| (vpc, profile))
}

/// Who answers for a QNAME in a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A zone of the VPC, by its name: a suffix of the QNAME.
    Zone(&'a [u8], PrivateZone),
    /// The targets of a FORWARD rule.
    Forward(ResolverRuleIx),
    /// Name servers, that a hosted zone delegates this name to, a suffix of the QNAME. R70
    Cut {
        /// The name.
        name: &'a [u8],
        /// The zone, by its place in `Model::hosted_zones`.
        zone: usize,
        /// The DELEGATE rule that leads to them.
        rule: Option<ResolverRuleIx>,
    },
}

/// What one VPC sees of its own.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Whether the VPC Resolver answers at all. R125
    pub enable_dns_support: bool,
    /// DNS Firewall, if it has rules for this VPC. R105
    pub firewall: Option<Box<Firewall>>,
    /// Whether one of its zones can own names of endpoints, which are public otherwise.
    pub(super) owns_endpoint_names: bool,
    zones: NameMap<PrivateZone>,
    /// Hidden zones for those who ask through an inbound endpoint alone. R58
    inbound_only: NameMap<HiddenZone>,
    rules: NameMap<Rule>,
    /// What its hosted zones delegate.
    cuts: NameMap<Delegated>,
    /// Its DELEGATE rules, its own before its Profiles'. R70, R104
    delegates: Vec<ResolverRuleIx>,
    /// Its hosted zones, by their places in `Model::hosted_zones`.
    hosted: Vec<usize>,
}

impl View {
    /// The views of all VPCs, in the model's order.
    pub(super) fn compile_all(model: &Model, public: &Public) -> Vec<Self> {
        let mut views: Vec<Self> = model
            .vpcs
            .iter()
            .zip((0..).map(VpcIx))
            .map(|(vpc, ix)| Self {
                enable_dns_support: vpc.enable_dns_support,
                firewall: Firewall::compile(model, ix).map(Box::new),
                ..Self::default()
            })
            .collect();
        // the names of a service's zones are shared by all VPCs that have an endpoint for it
        let names: Vec<Vec<(HiddenName, bool)>> = model
            .services
            .iter()
            .map(|service| {
                let names = service.private_names.iter();
                names
                    .map(|name| {
                        let name = HiddenName::new(service, name);
                        let owns = public.owns_endpoint_names(&name.zone);
                        (name, owns)
                    })
                    .collect()
            })
            .collect();
        add_hosted_zones(&mut views, model, public);
        for ix in model.endpoint_indexes() {
            let endpoint = &model[ix];
            if !has_hidden_zones(&model[endpoint.vpc], endpoint) {
                continue;
            }
            let inbound_only = endpoint.private_dns_only_for_inbound_resolver_endpoint;
            let view = views.get_mut(endpoint.vpc.index());
            let names = names.get(usize::from(endpoint.service.0));
            if let (Some(view), Some(names)) = (view, names) {
                for (HiddenName { zone, wildcard, dual_stack }, owns) in names {
                    view.owns_endpoint_names |= owns;
                    let (wildcard, dual_stack) = (*wildcard, *dual_stack);
                    let hidden = HiddenZone { endpoint: ix, wildcard, dual_stack };
                    if inbound_only {
                        view.inbound_only.insert(zone, hidden);
                    } else {
                        view.zones.insert(zone, PrivateZone::Hidden(hidden));
                    }
                }
            }
        }
        for ix in model.resolver_rule_indexes() {
            let ResolverRule { domain_name, action, vpcs, .. } = &model[ix];
            for vpc in vpcs {
                if let Some(view) = views.get_mut(vpc.index()) {
                    let Some(rule) = Rule::of(action, ix) else {
                        view.delegates.push(ix);
                        continue;
                    };
                    view.owns_endpoint_names |= public.owns_endpoint_names(domain_name);
                    view.rules.insert(domain_name, rule);
                }
            }
        }
        for (vpc, profile) in associations(model) {
            if let Some(view) = views.get_mut(vpc.index()) {
                view.add_profile(model, public, &model[vpc], profile);
            }
        }
        for view in &mut views {
            view.add_cuts(model);
        }
        views
    }

    /// Adds the cuts of the VPC's hosted zones, but for those of names that a longer zone owns. Of several DELEGATE rules the
    /// longest that leads to a name server counts. R70
    fn add_cuts(&mut self, model: &Model) {
        for at in self.hosted.iter().copied() {
            let cuts = model.hosted_zones.get(at).map(HostedZone::cuts).unwrap_or_default();
            for Cut { name, name_servers } in cuts {
                let owner = self.zones.longest_suffix(name.wire()).map(|(_, owner)| *owner);
                if owner != Some(PrivateZone::Hosted(at)) {
                    continue;
                }
                let leads = |ix: &&ResolverRuleIx| {
                    name_servers.iter().any(|server| model[**ix].leads_to(server))
                };
                let length = |ix: &&ResolverRuleIx| model[**ix].domain_name.wire().len();
                let rule = self.delegates.iter().rev().filter(leads).max_by_key(length);
                self.cuts.insert(&name, Delegated { zone: at, rule: rule.copied() });
            }
        }
    }

    /// Adds what a Profile brings. What is there already comes first, for a name that both have: the VPC's own before
    /// its Profiles', which is a choice, and of Profiles the one with the lower priority. R104
    fn add_profile(&mut self, model: &Model, public: &Public, vpc: &Vpc, profile: &Profile) {
        let before = self.clone();
        let is_new = |name: &DnsName| {
            before.zones.get(name.wire()).is_none() && before.rules.get(name.wire()).is_none()
        };
        for ix in &profile.resolver_rules {
            let ResolverRule { domain_name, action, .. } = &model[*ix];
            let Some(rule) = Rule::of(action, *ix) else {
                self.delegates.push(*ix);
                continue;
            };
            if is_new(domain_name) {
                self.owns_endpoint_names |= public.owns_endpoint_names(domain_name);
                self.rules.insert(domain_name, rule);
            }
        }
        if !vpc.serves_private_names() {
            return;
        }
        for at in &profile.hosted_zones {
            if let Some(zone) = model.hosted_zones.get(*at).filter(|zone| is_new(&zone.name)) {
                self.owns_endpoint_names |= public.owns_endpoint_names(&zone.name);
                self.zones.insert(&zone.name, PrivateZone::Hosted(*at));
                self.hosted.push(*at);
            }
        }
        for ix in &profile.vpc_endpoints {
            let endpoint = &model[*ix];
            if !has_hidden_zones(&model[endpoint.vpc], endpoint) {
                continue;
            }
            let service = model.service_of(*ix);
            for HiddenName { zone, wildcard, dual_stack } in
                service.private_names.iter().map(|name| HiddenName::new(service, name))
            {
                let hidden = HiddenZone { endpoint: *ix, wildcard, dual_stack };
                if !is_new(&zone) {
                    continue;
                }
                self.owns_endpoint_names |= public.owns_endpoint_names(&zone);
                if endpoint.private_dns_only_for_inbound_resolver_endpoint {
                    self.inbound_only.insert(&zone, hidden);
                } else {
                    self.zones.insert(&zone, PrivateZone::Hidden(hidden));
                }
            }
        }
    }

    /// Who answers for a lower-case wire-format QNAME: of all rules and zones the one whose name is its longest
    /// suffix, and of a FORWARD rule and a zone of the same name the rule; none is the public DNS. What the zone delegates
    /// is its name servers'. R6 (4), R65, R70, R81, R82
    #[must_use]
    #[inline(always)]
    pub fn source<'a>(
        &self,
        place: VpcVantage,
        qname: &'a [u8],
        autodefined: impl FnOnce() -> Option<(&'a [u8], Autodefined)>,
    ) -> Option<Source<'a>> {
        let mut zone = self.zones.longest_suffix(qname).map(|(suffix, zone)| (suffix, *zone));
        if place.inbound.is_some()
            && let Some((suffix, hidden)) = self.inbound_only.longest_suffix(qname)
            && zone.is_none_or(|(other, _)| suffix.len() > other.len())
        {
            zone = Some((suffix, PrivateZone::Hidden(*hidden)));
        }
        // nothing is longer than a zone of the name itself
        if zone.is_none_or(|(other, _)| other.len() < qname.len())
            && let Some((suffix, own)) = autodefined()
            && zone.is_none_or(|(other, _)| suffix.len() > other.len())
        {
            zone = Some((suffix, PrivateZone::Autodefined(own)));
        }
        if !self.rules.is_empty()
            && let Some((suffix, rule)) = self.rules.longest_suffix(qname)
            && zone.is_none_or(|(other, _)| suffix.len() >= other.len())
        {
            match *rule {
                Rule::Forward(rule) => return Some(Source::Forward(rule)),
                Rule::System => {}
            }
        }
        // a cut is a matter of its zone: it counts where that answers
        if !self.cuts.is_empty()
            && let Some((_, PrivateZone::Hosted(owner))) = zone
            && let Some((name, cut)) = self.cuts.longest_suffix(qname)
            && cut.zone == owner
        {
            return Some(Source::Cut { name, zone: owner, rule: cut.rule });
        }
        zone.map(|(suffix, zone)| Source::Zone(suffix, zone))
    }
}

/// Puts every hosted zone into the views of its VPCs. R63
fn add_hosted_zones(views: &mut [View], model: &Model, public: &Public) {
    for (at, zone) in model.hosted_zones.iter().enumerate() {
        for vpc in zone.vpcs.iter().filter(|vpc| model[**vpc].serves_private_names()) {
            if let Some(view) = views.get_mut(vpc.index()) {
                view.owns_endpoint_names |= public.owns_endpoint_names(&zone.name);
                view.zones.insert(&zone.name, PrivateZone::Hosted(at));
                view.hosted.push(at);
            }
        }
    }
}

/// Whether an endpoint's private names are served in its VPC, if only to those who ask through an inbound endpoint.
///
/// It is switched on (R45) and available (R129), the VPC's attributes allow it (R49, R103), and the names are not
/// kept for queries through an inbound Resolver endpoint (R58).
pub(super) fn has_hidden_zones(vpc: &Vpc, endpoint: &InterfaceEndpoint) -> bool {
    endpoint.private_dns_enabled
        && endpoint.state == EndpointState::Available
        && vpc.serves_private_names()
}
