//! Delegation: DELEGATE rules, and zone cuts that none of them leads out of. R70

use std::net::SocketAddr;

use super::Builder;
use crate::{
    config::{
        Entries, Finding,
        at::At,
        spec::{DNS_PORT, ResolverRuleSpec, RuleTypeSpec, dns_server},
    },
    model::{Direction, DnsName, ResolverProtocol, ResolverRule, ResolverRuleAction, VpcIx},
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
    ) -> Option<ResolverRuleAction> {
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
        Some(ResolverRuleAction::Delegate { endpoint, name_servers: found })
    }

    /// Names that a zone delegates and that no rule of a VPC leads to: they are SERVFAIL there. R70
    pub(super) fn warn_of_cuts_without_a_rule(&mut self) {
        let model = &self.model;
        let rules_of = |vpc: VpcIx| {
            let profiles = model.profiles.iter();
            let profiles =
                profiles.filter(move |of| of.vpcs.iter().any(|(other, _)| *other == vpc));
            let shared: Vec<_> =
                profiles.flat_map(|profile| profile.resolver_rules.iter().copied()).collect();
            model.resolver_rule_indexes().filter_map(move |ix| {
                let rule: &ResolverRule = &model[ix];
                (rule.vpcs.contains(&vpc) || shared.contains(&ix)).then_some(rule)
            })
        };
        let mut found = Vec::new();
        for (at, zone) in model.hosted_zones.iter().enumerate() {
            let keys = self.names.hosted_zones.iter();
            let key = keys.filter(|(_, of)| **of == Some(at)).map(|(key, _)| &**key).next();
            let path = At::ROOT.entry("hosted_zones", key.unwrap_or_default()).path();
            for cut in zone.cuts() {
                for vpc in &zone.vpcs {
                    let leads = |rule: &ResolverRule| {
                        let forwards = matches!(rule.action, ResolverRuleAction::Forward { .. })
                            && cut.name.is_within(&rule.domain_name)
                            && rule.domain_name.is_within(&zone.name);
                        forwards || cut.name_servers.iter().any(|server| rule.leads_to(server))
                    };
                    if rules_of(*vpc).any(leads) {
                        continue;
                    }
                    let message = format!(
                        "the zone {} delegates {}, and no DELEGATE rule of VPC `{}` leads to its name servers: \
                         names there are SERVFAIL",
                        zone.name, cut.name, model[*vpc].name
                    );
                    found.push(Finding::warning(path.clone(), message).at_key().rule("R70"));
                }
            }
        }
        self.findings.extend(found);
    }
}
