//! Delegation: DELEGATE rules, and zone cuts that none of them leads out of. R70

use std::{collections::BTreeSet, net::SocketAddr};

use super::Builder;
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{DNS_PORT, ResolverRuleSpec, RuleTypeSpec, dns_server},
    },
    model::{
        Cut, Direction, DnsName, HostedZone, Model, Profile, ResolverProtocol, ResolverRule,
        ResolverRuleAction as Action, VpcIx,
    },
};

impl Builder {
    /// What a rule of a type must have, and what it cannot have. R80
    pub(super) fn check_rule_keys(&mut self, path: &At<'_>, spec: &ResolverRuleSpec) {
        let (word, rule, needs) = match spec.rule_type {
            RuleTypeSpec::Forward => ("FORWARD", "R93", "domain_name"),
            RuleTypeSpec::System => ("SYSTEM", "R82", "domain_name"),
            RuleTypeSpec::Delegate => ("DELEGATE", "R70", "delegation_record"),
        };
        let (forward, delegate) =
            (spec.rule_type == RuleTypeSpec::Forward, spec.rule_type == RuleTypeSpec::Delegate);
        for (key, given, allowed) in [
            ("domain_name", spec.domain_name.is_some(), !delegate),
            ("delegation_record", spec.delegation_record.is_some(), delegate),
            ("name_servers", !spec.name_servers.is_empty(), delegate),
            ("resolver_endpoint", spec.resolver_endpoint.is_some(), forward || delegate),
            ("target_ips", !spec.target_ips.is_empty(), forward),
        ] {
            if given && !allowed {
                let help = match spec.rule_type {
                    RuleTypeSpec::System => "Resolver answers such queries itself",
                    RuleTypeSpec::Forward => "a DELEGATE rule has",
                    RuleTypeSpec::Delegate => {
                        "it has `delegation_record`, and NS records say whom to ask"
                    }
                };
                let message = format!("a {word} rule has no `{key}`");
                let finding = Finding::error(path.key(key), message).at_key();
                self.error(finding.rule(rule).help(help));
            }
            if key == needs && !given {
                let message = format!("a {word} rule needs a `{key}`");
                self.error(Finding::error(path, message).at_key().rule(rule));
            }
        }
    }

    /// How name servers are reached. R70
    pub(super) fn delegate(
        &mut self,
        path: &At<'_>,
        endpoint: Option<&str>,
        name_servers: Entries<String>,
    ) -> Option<Action> {
        let mut found: Vec<(DnsName, SocketAddr)> = Vec::new();
        for (name, text) in name_servers {
            let path = path.entry("name_servers", &name);
            let name = self.parse::<DnsName>(&path, &name);
            let address = dns_server(&text, DNS_PORT).filter(|address| address.port() != 0);
            if address.is_none() {
                let message = format!(
                    "`{text}` is not an address, such as `192.0.2.53` or `192.0.2.53:5353`"
                );
                self.error(Finding::error(path, message).rule("R70"));
            }
            found.extend(name.zip(address));
        }
        let Some(endpoint) = endpoint else {
            let message = "a DELEGATE rule needs a `resolver_endpoint`, an outbound endpoint";
            self.error(Finding::error(path, message).at_key().rule("R70"));
            return None;
        };
        let path = path.key("resolver_endpoint");
        let endpoint = self.resolver_endpoint_of(&path, endpoint, Direction::Outbound)?;
        if !self.model[endpoint].protocols.contains(&ResolverProtocol::Do53) {
            let message =
                "name servers are asked by `Do53`, which the outbound endpoint does not have";
            self.error(Finding::error(path, message).rule("R70"));
        }
        Some(Action::Delegate { endpoint, name_servers: found })
    }

    /// Names that a zone delegates and that no rule of a VPC leads to: they are SERVFAIL there. R70
    pub(super) fn warn_of_cuts_without_a_rule(&mut self) {
        let model = &self.model;
        let mut found = Vec::new();
        for (key, at) in &self.names.hosted_zones {
            let Some((at, zone)) = at.and_then(|at| Some((at, model.hosted_zones.get(at)?))) else {
                continue;
            };
            for cut in zone.cuts() {
                let lost = |vpc: &VpcIx| !is_answered(model, *vpc, zone, &cut);
                for vpc in vpcs_of(model, at).into_iter().filter(lost) {
                    let message = format!(
                        "the zone {} delegates {}, and no DELEGATE rule of VPC `{}` leads to its name servers: \
                         names there are SERVFAIL",
                        zone.name, cut.name, model[vpc].name
                    );
                    let path = At::ROOT.entry("hosted_zones", key).path();
                    found.push(Finding::warning(path, message).at_key().rule("R70"));
                }
            }
        }
        self.findings.extend(found);
    }
}

/// The VPCs that see a hosted zone, by its place: its own, and those of its Profiles. R63, R104
fn vpcs_of(model: &Model, at: usize) -> BTreeSet<VpcIx> {
    let own = model.hosted_zones.get(at).into_iter().flat_map(|zone| zone.vpcs.iter().copied());
    let profiles = model.profiles.iter().filter(|profile| profile.hosted_zones.contains(&at));
    own.chain(profiles.flat_map(|profile| profile.vpcs.iter().map(|(vpc, _)| *vpc))).collect()
}

/// Whether a VPC has an answer for what a zone delegates: a DELEGATE rule leads to its name servers, or the name is not the
/// zone's there, but a longer zone's or a FORWARD rule's. R65, R70, R82
fn is_answered(model: &Model, vpc: VpcIx, zone: &HostedZone, cut: &Cut) -> bool {
    let profiles = model.profiles.iter();
    let profiles: Vec<&Profile> =
        profiles.filter(|of| of.vpcs.iter().any(|(other, _)| *other == vpc)).collect();
    let rules = model.resolver_rule_indexes().filter(|ix| {
        let shared = profiles.iter().any(|profile| profile.resolver_rules.contains(ix));
        shared || model[*ix].vpcs.contains(&vpc)
    });
    let rules: Vec<&ResolverRule> = rules.map(|ix| &model[ix]).collect();
    let zones = model.hosted_zones.iter().enumerate().filter(|(at, zone)| {
        let shared = profiles.iter().any(|profile| profile.hosted_zones.contains(at));
        shared || zone.vpcs.contains(&vpc)
    });
    let above = |name: &DnsName| cut.name.is_within(name) && name.is_within(&zone.name);
    let mut zones = zones.map(|(_, other)| &other.name);
    let of_another_zone = zones.any(|name| *name != zone.name && above(name));
    let says = |rule: &&ResolverRule| !matches!(rule.action, Action::Delegate { .. });
    let longest = rules.iter().copied().filter(says);
    let longest = longest
        .filter(|rule| above(&rule.domain_name))
        .max_by_key(|rule| rule.domain_name.wire().len());
    let forwards = longest.is_some_and(|rule| matches!(rule.action, Action::Forward { .. }));
    let leads = |rule: &&ResolverRule| cut.name_servers.iter().any(|server| rule.leads_to(server));
    of_another_zone || forwards || rules.iter().any(leads)
}
