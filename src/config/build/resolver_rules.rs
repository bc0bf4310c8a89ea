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
        spec::{
            DNS_PORT, ResolverRuleSpec, RuleTypeSpec, TargetPartsSpec, TargetProtocolSpec,
            TargetSpec, dns_server,
        },
    },
    model::{
        Direction, DnsName, MAX_TARGETS, ResolverProtocol, ResolverRule, ResolverRuleAction,
        ResolverRuleId, TargetAddress, TargetProtocol, VpcIx,
    },
};

/// Where DNS over HTTPS is asked unless a target says otherwise; a choice, of RFC 8484's port.
const HTTPS_PORT: u16 = 443;

/// What a target looks like.
const TARGET: &str = "an address, such as `192.0.2.53` or `192.0.2.53:5353`";

/// The rules that VPCs have for names, by their names in the file.
/// A DELEGATE rule and another kind can be for one name.
type Taken = HashMap<(VpcIx, bool, DnsName), Box<str>>;

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
        self.check_rule_keys(path, &spec);
        let ResolverRuleSpec {
            id,
            domain_name,
            delegation_record,
            name_servers,
            rule_type,
            resolver_endpoint,
            target_ips,
            vpcs,
        } = spec;
        let id = self.id(path, id.as_deref(), || ResolverRuleId::derive(name));
        let (key, domain_name) = match rule_type {
            RuleTypeSpec::Delegate => ("delegation_record", delegation_record),
            RuleTypeSpec::Forward | RuleTypeSpec::System => ("domain_name", domain_name),
        };
        let domain_name = domain_name.and_then(|text| self.parse::<DnsName>(&path.key(key), &text));
        let action = match rule_type {
            RuleTypeSpec::Delegate => {
                self.delegate(path, resolver_endpoint.as_deref(), name_servers)
            }
            RuleTypeSpec::Forward => self.forward(path, resolver_endpoint.as_deref(), target_ips),
            RuleTypeSpec::System => Some(ResolverRuleAction::System),
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
        let protocols = endpoint.map(|ix| self.model[ix].protocols.clone()).unwrap_or_default();
        let mut found = Vec::with_capacity(targets.len());
        for (at, target) in targets.into_iter().enumerate() {
            let path = path.item("target_ips", at);
            found.extend(self.target(&path, &target, &protocols));
        }
        let endpoint = endpoint?;
        let of_vpc = &self.model[endpoint];
        let sources = of_vpc.ip_addresses.iter().filter_map(|address| address.source);
        let sources: Vec<IpAddr> = sources.collect();
        for (at, target) in found.iter().enumerate() {
            let target = target.address;
            let of_family = |source: &IpAddr| source.is_ipv4() == target.is_ipv4();
            if !sources.is_empty() && !sources.iter().any(of_family) {
                let message = format!("no `source` of the outbound endpoint can reach `{target}`");
                let path = path.item("target_ips", at);
                self.error(Finding::error(path, message).rule("R93"));
            }
        }
        Some(ResolverRuleAction::Forward { endpoint, targets: found })
    }

    /// A target at an outbound endpoint with these protocols; none if the endpoint is not known.
    fn target(
        &mut self,
        path: &At<'_>,
        spec: &TargetSpec,
        protocols: &[ResolverProtocol],
    ) -> Option<TargetAddress> {
        let (text, port, given, name) = match spec {
            TargetSpec::Text(text) => (text, None, None, None),
            TargetSpec::Parts(parts) => {
                let TargetPartsSpec { ip, port, protocol, server_name_indication } = parts;
                (ip, *port, *protocol, server_name_indication.as_deref())
            }
        };
        let protocol = self.target_protocol(path, given, protocols);
        let default_port = match protocol {
            TargetProtocolSpec::Do53 => DNS_PORT,
            TargetProtocolSpec::DoH => HTTPS_PORT,
        };
        let address = match spec {
            TargetSpec::Text(text) => dns_server(text, default_port),
            TargetSpec::Parts(_) => text
                .parse()
                .ok()
                .map(|ip: IpAddr| SocketAddr::new(ip, port.unwrap_or(default_port))),
        };
        let Some(address) = address.filter(|address| address.port() != 0) else {
            let message = format!("`{text}` is not {TARGET}");
            self.error(Finding::error(path, message).rule("R93"));
            return None;
        };
        let name = name.and_then(|name| self.server_name(path, name, protocol));
        let protocol = match (protocol, name) {
            (TargetProtocolSpec::Do53, _) => TargetProtocol::Do53,
            (TargetProtocolSpec::DoH, Some(name)) => TargetProtocol::DoH(name),
            (TargetProtocolSpec::DoH, None) if address.is_ipv6() => {
                let message =
                    format!("the DoH target `{address}` needs a `server_name_indication`");
                self.error(Finding::error(path, message).rule("R93"));
                return None;
            }
            (TargetProtocolSpec::DoH, None) => TargetProtocol::DoH(address.ip().to_string().into()),
        };
        Some(TargetAddress { address, protocol })
    }

    /// The protocol of a target: one of the outbound endpoint's. R93
    fn target_protocol(
        &mut self,
        path: &At<'_>,
        given: Option<TargetProtocolSpec>,
        of_endpoint: &[ResolverProtocol],
    ) -> TargetProtocolSpec {
        let as_protocol = |given| match given {
            TargetProtocolSpec::Do53 => ResolverProtocol::Do53,
            TargetProtocolSpec::DoH => ResolverProtocol::DoH,
        };
        match (given, of_endpoint) {
            (None, [ResolverProtocol::DoH]) => TargetProtocolSpec::DoH,
            (None, [] | [_]) => TargetProtocolSpec::Do53,
            (None, [_, ..]) => {
                self.refused(path, &AwsError::target_without_protocol());
                TargetProtocolSpec::Do53
            }
            (Some(given), []) => given,
            (Some(given), _) => {
                let protocol = as_protocol(given);
                if !of_endpoint.contains(&protocol) {
                    let names = of_endpoint.iter().map(|protocol| protocol.as_str());
                    let names: Vec<&str> = names.collect();
                    let message = format!(
                        "`{}` is not among the outbound endpoint's `protocols`",
                        protocol.as_str()
                    );
                    let help = format!("they are: {}", names.join(", "));
                    let finding = Finding::error(path.key("protocol"), message);
                    self.error(finding.rule("R93").help(help));
                }
                given
            }
        }
    }

    /// The name that a target is asked by.
    fn server_name(
        &mut self,
        path: &At<'_>,
        text: &str,
        protocol: TargetProtocolSpec,
    ) -> Option<Box<str>> {
        let path = path.key("server_name_indication");
        if protocol == TargetProtocolSpec::Do53 {
            let message = "`server_name_indication` is used with `protocol: DoH` alone";
            self.findings.push(Finding::warning(path, message).at_key().rule("R93"));
            return None;
        }
        let is_name = text.parse::<IpAddr>().is_err() && text.parse::<DnsName>().is_ok();
        if !is_name || text == "." {
            let message = format!("`{text}` is not a domain name, such as `dns.example.com`");
            self.error(Finding::error(path, message).rule("R93"));
            return None;
        }
        Some(text.trim_end_matches('.').into())
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
            let delegates = matches!(action, ResolverRuleAction::Delegate { .. });
            if let Some(other) =
                taken.insert((vpc, delegates, domain_name.clone()), of_rule.clone())
            {
                let error = AwsError::rule_of_same_domain(&domain_name.to_string(), &other);
                self.refused(&path, &error);
                continue;
            }
            let (endpoint, targets) = match action {
                ResolverRuleAction::Forward { endpoint, targets } => (Some(endpoint), &targets[..]),
                ResolverRuleAction::Delegate { endpoint, .. } => (Some(endpoint), &[][..]),
                ResolverRuleAction::System => (None, &[][..]),
            };
            if let Some(endpoint) = endpoint {
                let theirs = self.model[self.model[*endpoint].vpc].region;
                if theirs != self.model[vpc].region {
                    let message = format!(
                        "the rule's outbound endpoint is in {theirs}: a rule holds in VPCs of its Region"
                    );
                    self.error(Finding::error(path, message).rule("R93"));
                }
                let is_target = |ip: IpAddr| targets.iter().any(|target| target.address.ip() == ip);
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
