//! DNS Firewall: domain lists and rule groups. R105–R108

use std::collections::BTreeMap;

use hickory_proto::rr::{Name, RecordType};

use super::{Builder, ZoneFiles};
use crate::{
    config::{
        AwsError, Entries, Finding,
        at::At,
        spec::{
            BlockResponseSpec, FirewallActionSpec, FirewallDomainListSpec, FirewallRedirectionSpec,
            FirewallRuleGroupSpec, FirewallRuleSpec,
        },
    },
    model::{
        ASSOCIATION_PRIORITIES, DnsName, FirewallBlockResponse, FirewallDomain, FirewallDomainList,
        FirewallDomainListId, FirewallDomainListIx, FirewallRedirection, FirewallRule,
        FirewallRuleAction, FirewallRuleGroup, FirewallRuleGroupId, FirewallRuleGroupIx,
        MAX_DOMAIN_CHARACTERS, OVERRIDE_TTL, VpcIx,
    },
};

/// Longest TTL of an override, in seconds: a week. Source: API, `CreateFirewallRule`, `BlockOverrideTtl`.
const MAX_OVERRIDE_TTL: u32 = 604_800;

/// Query types that rules name. Source: Route 53 Developer Guide, "Rule settings in DNS Firewall".
const Q_TYPES: [&str; 13] =
    ["A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"];

/// Query types that rules number, as `TYPE28`. Source: ibid.
const Q_TYPE_NUMBERS: std::ops::RangeInclusive<u16> = 1..=65_334;

/// The number of the type SPF. Source: IANA, "DNS Parameters".
const SPF: u16 = 99;

/// Who has a priority in a VPC, by the name of the group.
type Associated = BTreeMap<(VpcIx, u32), Box<str>>;

impl Builder {
    /// All of DNS Firewall.
    pub(super) fn firewall(
        &mut self,
        lists: Entries<FirewallDomainListSpec>,
        groups: Entries<FirewallRuleGroupSpec>,
        files: &ZoneFiles,
    ) {
        for (name, spec) in lists {
            let path = At::ROOT.entry("firewall_domain_lists", &name);
            let FirewallDomainListSpec { id, domains, file } = spec;
            let id = self.id(&path, id.as_deref(), || FirewallDomainListId::derive(&name));
            let mut found = Vec::with_capacity(domains.len());
            for (at, text) in domains.iter().enumerate() {
                found.extend(self.firewall_domain(&path.item("domains", at), text));
            }
            if let Some(file) = file {
                found.extend(self.domains_of_file(&path.key("file"), &file, files));
            }
            self.model.firewall_domain_lists.push(FirewallDomainList { name, id, domains: found });
        }
        let mut associated = Associated::new();
        for (name, spec) in groups {
            let path = At::ROOT.entry("firewall_rule_groups", &name);
            self.rule_group(&path, name.clone(), spec, &mut associated);
        }
    }

    /// Reads a domain specification. R108
    fn firewall_domain(&mut self, path: &At<'_>, text: &str) -> Option<FirewallDomain> {
        match domain(text) {
            Ok(domain) => Some(domain),
            Err(why) => {
                let help = "such as `example.com`, `*.example.com` or `*`";
                self.error(Finding::error(path, why).rule("R108").help(help));
                None
            }
        }
    }

    /// The domains of a file, one a line.
    fn domains_of_file(
        &mut self,
        path: &At<'_>,
        file: &str,
        files: &ZoneFiles,
    ) -> Vec<FirewallDomain> {
        let Some(text) = files.get(file) else {
            let message = format!("cannot read `{file}`");
            let help = "the path is relative to the topology file";
            self.error(Finding::error(path, message).help(help));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match domain(line) {
                Ok(domain) => found.push(domain),
                Err(why) => {
                    let message = format!("{file}:{}: {why}", at + 1);
                    self.error(Finding::error(path, message).rule("R108"));
                }
            }
        }
        found
    }

    fn rule_group(
        &mut self,
        path: &At<'_>,
        name: Box<str>,
        spec: FirewallRuleGroupSpec,
        associated: &mut Associated,
    ) {
        let FirewallRuleGroupSpec { id, rules, vpcs } = spec;
        let id = self.id(path, id.as_deref(), || FirewallRuleGroupId::derive(&name));
        let Ok(ix) = u16::try_from(self.model.firewall_rule_groups.len()) else { return };
        let ix = FirewallRuleGroupIx(ix);
        let mut of_group: BTreeMap<u32, FirewallRule> = BTreeMap::new();
        for (rule, spec) in rules {
            let path = path.entry("rules", &rule);
            let priority = spec.priority;
            let built = self.firewall_rule(&path, rule.clone(), ix, &spec);
            if let Some(other) = of_group.get(&priority) {
                let message = format!("`{}` has the priority {priority} already", other.name);
                self.error(Finding::error(path.key("priority"), message).rule("R105"));
                continue;
            }
            if let Some(built) = built {
                of_group.insert(priority, built);
            }
        }
        self.model.firewall_rules.extend(of_group.into_values());
        let mut associations = Vec::with_capacity(vpcs.len());
        for (vpc, priority) in vpcs.iter() {
            let path = path.key("vpcs");
            let path = path.key(vpc);
            let Some(vpc) = self.vpc(&path, vpc) else { continue };
            self.firewall_priority(&path, *priority);
            if associations.iter().any(|(other, _)| *other == vpc) {
                let error = AwsError::rule_group_associated_twice(id, self.model[vpc].id);
                self.refused(&path, &error);
                continue;
            }
            if let Some(other) = associated.insert((vpc, *priority), name.clone()) {
                let message = format!("the VPC has `{other}` with the priority {priority} already");
                self.error(Finding::error(path, message).rule("R105"));
            }
            associations.push((vpc, *priority));
        }
        self.model.firewall_rule_groups.push(FirewallRuleGroup { name, id, associations });
    }

    /// A priority that a rule group can have in a VPC or a Profile. R104, R105
    pub(super) fn firewall_priority(&mut self, path: &At<'_>, priority: u32) {
        if !ASSOCIATION_PRIORITIES.contains(&priority) {
            let (least, most) = ASSOCIATION_PRIORITIES.into_inner();
            let help = format!("a priority of {priority}: expected {least} to {most}");
            self.refused_with(path, &AwsError::reserved_priority(), help);
        }
    }

    fn firewall_rule(
        &mut self,
        path: &At<'_>,
        name: Box<str>,
        group: FirewallRuleGroupIx,
        spec: &FirewallRuleSpec,
    ) -> Option<FirewallRule> {
        let list = &spec.firewall_domain_list;
        let lists = self.model.firewall_domain_lists.iter();
        let found = lists
            .clone()
            .position(|known| *known.name == **list || known.id.to_string() == *list)
            .and_then(|at| u16::try_from(at).ok());
        if found.is_none() {
            let known: Vec<Box<str>> = lists.map(|list| list.name.clone()).collect();
            let path = path.key("firewall_domain_list");
            self.unknown(&path, "domain list", list, known.iter().map(|name| &**name));
        }
        let q_type = spec.q_type.as_deref().map(|text| self.q_type(&path.key("q_type"), text));
        let action = self.firewall_action(path, spec)?;
        Some(FirewallRule {
            name,
            group,
            priority: spec.priority,
            domain_list: FirewallDomainListIx(found?),
            q_type: match q_type {
                None => None,
                Some(read) => Some(read?),
            },
            action,
            redirection: match spec.firewall_domain_redirection_action {
                None | Some(FirewallRedirectionSpec::InspectRedirectionDomain) => {
                    FirewallRedirection::Inspect
                }
                Some(FirewallRedirectionSpec::TrustRedirectionDomain) => FirewallRedirection::Trust,
            },
        })
    }

    /// One of the types that AWS names, or `TYPE` and a number.
    fn q_type(&mut self, path: &At<'_>, text: &str) -> Option<RecordType> {
        let upper = text.to_ascii_uppercase();
        let by_number = upper.strip_prefix("TYPE").filter(|digits| {
            digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
        });
        if let Some(Ok(number)) = by_number.map(str::parse::<u16>)
            && Q_TYPE_NUMBERS.contains(&number)
        {
            return Some(RecordType::from(number));
        }
        if upper == "SPF" {
            return Some(RecordType::from(SPF));
        }
        let known = upper.parse::<RecordType>().ok();
        if known.is_some() && Q_TYPES.contains(&&*upper) {
            return known;
        }
        let (least, most) = Q_TYPE_NUMBERS.into_inner();
        let message = format!("`{text}` is not a query type of DNS Firewall");
        let help = match known.map(u16::from).filter(|number| Q_TYPE_NUMBERS.contains(number)) {
            Some(number) if by_number.is_none() => format!("did you mean `TYPE{number}`?"),
            _ => format!("one of {}, or TYPE{least} to TYPE{most}", Q_TYPES.join(", ")),
        };
        self.error(Finding::error(path, message).rule("R105").help(help));
        None
    }

    /// What a rule does, with what it needs for that and nothing else. R106
    fn firewall_action(
        &mut self,
        path: &At<'_>,
        spec: &FirewallRuleSpec,
    ) -> Option<FirewallRuleAction> {
        let overrides = spec.block_response == Some(BlockResponseSpec::Override);
        for (key, given) in [
            ("block_override_domain", spec.block_override_domain.is_some()),
            ("block_override_dns_type", spec.block_override_dns_type.is_some()),
            ("block_override_ttl", spec.block_override_ttl.is_some()),
        ] {
            if given && !overrides {
                let message = format!("`{key}` goes with `block_response: OVERRIDE` alone");
                self.error(Finding::error(path.key(key), message).at_key().rule("R106"));
            }
        }
        let response = match (spec.action, spec.block_response) {
            (FirewallActionSpec::Block, Some(response)) => response,
            (FirewallActionSpec::Block, None) => {
                let message =
                    "BLOCK needs a `block_response`: expected NODATA, NXDOMAIN or OVERRIDE";
                self.error(Finding::error(path, message).at_key().rule("R106"));
                return None;
            }
            (action, response) => {
                if response.is_some() {
                    let message = "`block_response` goes with `action: BLOCK` alone";
                    let path = path.key("block_response");
                    self.error(Finding::error(path, message).at_key().rule("R106"));
                }
                return Some(match action {
                    FirewallActionSpec::Alert => FirewallRuleAction::Alert,
                    _ => FirewallRuleAction::Allow,
                });
            }
        };
        Some(FirewallRuleAction::Block(match response {
            BlockResponseSpec::Nodata => FirewallBlockResponse::NoData,
            BlockResponseSpec::Nxdomain => FirewallBlockResponse::NxDomain,
            BlockResponseSpec::Override => {
                let ttl = spec.block_override_ttl.unwrap_or(OVERRIDE_TTL);
                if ttl > MAX_OVERRIDE_TTL {
                    let message = format!("a TTL of {ttl} seconds: at most {MAX_OVERRIDE_TTL}");
                    let path = path.key("block_override_ttl");
                    self.error(Finding::error(path, message).rule("R106"));
                }
                let Some(text) = &spec.block_override_domain else {
                    let message = "OVERRIDE needs a `block_override_domain`";
                    self.error(Finding::error(path, message).at_key().rule("R106"));
                    return None;
                };
                let key = path.key("block_override_domain");
                let mut domain = self.parse::<Name>(&key, text)?;
                domain.set_fqdn(true);
                FirewallBlockResponse::Override { domain, ttl }
            }
        }))
    }
}

/// Reads `example.com`, `*.example.com` or `*`. R108
fn domain(text: &str) -> Result<FirewallDomain, String> {
    let wrong = |why: &str| Err(format!("`{text}` is not a domain of DNS Firewall: {why}"));
    if text.chars().count() > MAX_DOMAIN_CHARACTERS {
        return wrong("it has more than 255 characters");
    }
    if text == "*" {
        return Ok(FirewallDomain::Below(DnsName::root()));
    }
    let (below, name) = match text.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, text),
    };
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if let Some(other) = name.chars().find(|c| !known(*c)) {
        return wrong(&format!("`{other}` is none of A–Z, a–z, 0–9, `-` and `.`"));
    }
    match name.parse::<DnsName>().map_err(|_| ()).and_then(not_the_root) {
        Ok(name) if below => Ok(FirewallDomain::Below(name)),
        Ok(name) => Ok(FirewallDomain::Exact(name)),
        Err(()) => wrong("its labels are empty or too long"),
    }
}

/// A name with labels: `*` alone stands for all, and nothing for the root.
fn not_the_root(name: DnsName) -> Result<DnsName, ()> {
    if name == DnsName::root() { Err(()) } else { Ok(name) }
}
