//! Resolver rules: one for a name and VPC. R80–R82, R93

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use super::Builder;
use crate::{
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{ResolverRuleSpec, RuleTypeSpec, TargetSpec, dns_server},
    },
    model::{
        Direction, DnsName, MAX_TARGETS, ResolverRule, ResolverRuleAction, ResolverRuleId, VpcIx,
    },
};

/// What a target looks like.
const TARGET: &str = "an address, such as `192.0.2.53` or `192.0.2.53:5353`";

/// The rules that VPCs have for names, by their names in the file.
type Taken = HashMap<(VpcIx, DnsName), Box<str>>;

impl Builder {
    /// All resolver rules.
    pub(super) fn resolver_rules(&mut self, rules: Entries<ResolverRuleSpec>) {
        let mut taken = Taken::new();
        for (name, spec) in rules {
            let path = At::ROOT.entry("resolver_rules", &name);
            if let Some(rule) = self.resolver_rule(&path, &name, spec, &mut taken) {
                self.model.resolver_rules.push(rule);
            }
        }
    }

    fn resolver_rule(
        &mut self,
        path: &At<'_>,
        name: &str,
        spec: ResolverRuleSpec,
        taken: &mut Taken,
    ) -> Option<ResolverRule> {
        let ResolverRuleSpec { id, domain_name, rule_type, resolver_endpoint, target_ips, vpcs } =
            spec;
        let id = self.id(path, id.as_deref(), || ResolverRuleId::derive(name));
        let domain_name = self.parse::<DnsName>(&path.key("domain_name"), &domain_name);
        let action = match rule_type {
            RuleTypeSpec::Forward => self.forward(path, resolver_endpoint.as_deref(), target_ips),
            RuleTypeSpec::System => {
                for (key, given) in [
                    ("resolver_endpoint", resolver_endpoint.is_some()),
                    ("target_ips", !target_ips.is_empty()),
                ] {
                    if given {
                        let message = format!("a SYSTEM rule has no `{key}`");
                        let help = "Resolver answers such queries itself";
                        let finding = Finding::error(path.key(key), message).at_key();
                        self.error(finding.rule("R82").help(help));
                    }
                }
                Some(ResolverRuleAction::System)
            }
        };
        let (domain_name, action) = (domain_name?, action?);
        let mut rule =
            ResolverRule { name: name.into(), id, domain_name, action, vpcs: Vec::new() };
        rule.vpcs = self.rule_associations(path, &vpcs, &rule, taken);
        Some(rule)
    }

    /// Where a FORWARD rule sends queries. R93
    fn forward(
        &mut self,
        path: &At<'_>,
        endpoint: Option<&str>,
        targets: Vec<TargetSpec>,
    ) -> Option<ResolverRuleAction> {
        let endpoint_path = path.key("resolver_endpoint");
        let endpoint = if let Some(found) = endpoint {
            self.resolver_endpoint_of(&endpoint_path, found, Direction::Outbound)
        } else {
            let message = "a FORWARD rule needs a `resolver_endpoint`, an outbound endpoint";
            self.error(Finding::error(path, message).at_key().rule("R93"));
            None
        };
        if targets.is_empty() || targets.len() > MAX_TARGETS {
            let count = targets.len();
            let message =
                format!("a FORWARD rule has 1 to {MAX_TARGETS} `target_ips`, found {count}");
            self.error(Finding::error(path, message).at_key().rule("R93"));
        }
        let mut found = Vec::with_capacity(targets.len());
        for (at, target) in targets.into_iter().enumerate() {
            let path = path.item("target_ips", at);
            found.extend(self.target(&path, &target));
        }
        let endpoint = endpoint?;
        let of_vpc = &self.model[endpoint];
        let sources = of_vpc.ip_addresses.iter().filter_map(|address| address.source);
        let sources: Vec<IpAddr> = sources.collect();
        for (at, target) in found.iter().enumerate() {
            let of_family = |source: &IpAddr| source.is_ipv4() == target.is_ipv4();
            if !sources.is_empty() && !sources.iter().any(of_family) {
                let message = format!("no `source` of the outbound endpoint can reach `{target}`");
                let path = path.item("target_ips", at);
                self.error(Finding::error(path, message).rule("R93"));
            }
        }
        Some(ResolverRuleAction::Forward { endpoint, targets: found })
    }

    fn target(&mut self, path: &At<'_>, spec: &TargetSpec) -> Option<SocketAddr> {
        let (text, address) = match spec {
            TargetSpec::Text(text) => (text, dns_server(text)),
            TargetSpec::Parts(parts) => {
                let port = parts.port.unwrap_or(53);
                let address = parts.ip.parse().map(|ip: IpAddr| SocketAddr::new(ip, port));
                (&parts.ip, address.ok())
            }
        };
        let address = address.filter(|address| address.port() != 0);
        if address.is_none() {
            let message = format!("`{text}` is not {TARGET}");
            self.error(Finding::error(path, message).rule("R93"));
        }
        address
    }

    /// The addresses of a VPC's inbound endpoints.
    fn inbound_addresses(&self, vpc: VpcIx) -> impl Iterator<Item = IpAddr> {
        let endpoints = self.model.resolver_endpoints.iter();
        endpoints
            .filter(move |endpoint| endpoint.vpc == vpc && endpoint.direction == Direction::Inbound)
            .flat_map(|endpoint| endpoint.ip_addresses.iter().filter_map(|address| address.ip))
    }

    /// The VPCs of a rule; a VPC has one rule for a name.
    fn rule_associations(
        &mut self,
        path: &At<'_>,
        vpcs: &[String],
        rule: &ResolverRule,
        taken: &mut Taken,
    ) -> Vec<VpcIx> {
        let ResolverRule { name: of_rule, id, domain_name, action, .. } = rule;
        if vpcs.is_empty() && !self.in_profiles.resolver_rules.contains(of_rule) {
            let message =
                format!("no VPC is associated with the rule `{of_rule}`: it does nothing");
            self.findings.push(Finding::warning(path, message).at_key().rule("R81"));
        }
        let mut associated = Vec::with_capacity(vpcs.len());
        for (at, name) in vpcs.iter().enumerate() {
            let path = path.item("vpcs", at);
            let Some(vpc) = self.vpc(&path, name) else { continue };
            if let Some(other) = taken.insert((vpc, domain_name.clone()), of_rule.clone()) {
                let error = AwsError::rule_of_same_domain(&domain_name.to_string(), &other);
                self.refused(&path, &error);
                continue;
            }
            if let ResolverRuleAction::Forward { endpoint, targets } = action {
                let theirs = self.model[self.model[*endpoint].vpc].region;
                if theirs != self.model[vpc].region {
                    let message = format!(
                        "the rule's outbound endpoint is in {theirs}: a rule holds in VPCs of its Region"
                    );
                    self.error(Finding::error(path, message).rule("R93"));
                }
                let is_target = |ip: IpAddr| targets.iter().any(|target| target.ip() == ip);
                if self.inbound_addresses(vpc).any(is_target) {
                    let error = AwsError::target_is_own_inbound_endpoint(*id, self.model[vpc].id);
                    self.refused(&path, &error);
                }
            }
            associated.push(vpc);
        }
        associated
    }
}
