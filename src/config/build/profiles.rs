//! Route 53 Profiles. R104

use std::collections::{HashMap, HashSet};

use super::Builder;
use crate::{
    config::{Entries, Finding, at::At, spec::ProfileSpec},
    model::{EndpointIx, FirewallRuleGroupIx, Profile, ProfileId, ResolverRuleIx, VpcIx},
};

/// Most Profiles of a VPC. R104
const MAX_PROFILES: usize = 2;

/// Priorities of associations. R104
const PRIORITIES: std::ops::RangeInclusive<u16> = 100..=9900;

/// What Profiles have in them, by its names: who is in a Profile need not be anywhere else.
#[derive(Default)]
pub(super) struct InProfiles {
    pub(super) hosted_zones: HashSet<Box<str>>,
    pub(super) resolver_rules: HashSet<Box<str>>,
    pub(super) query_logs: HashSet<Box<str>>,
}

impl InProfiles {
    pub(super) fn of(profiles: &Entries<ProfileSpec>) -> Self {
        let mut found = Self::default();
        for (_, spec) in profiles.iter() {
            let ProfileSpec { hosted_zones, resolver_rules, resolver_query_log_configs, .. } = spec;
            found.hosted_zones.extend(hosted_zones.iter().map(|name| name.as_str().into()));
            found.resolver_rules.extend(resolver_rules.iter().map(|name| name.as_str().into()));
            let query_logs = resolver_query_log_configs.iter();
            found.query_logs.extend(query_logs.map(|name| name.as_str().into()));
        }
        found
    }
}

impl Builder {
    /// All Profiles.
    pub(super) fn profiles(&mut self, profiles: Entries<ProfileSpec>) {
        let mut of_vpc: HashMap<VpcIx, Vec<(u16, Box<str>)>> = HashMap::new();
        for (name, spec) in profiles {
            let path = At::ROOT.entry("route53_profiles", &name);
            let ProfileSpec {
                id,
                hosted_zones,
                resolver_rules,
                vpc_endpoints,
                firewall_rule_groups,
                resolver_query_log_configs,
                vpcs,
            } = spec;
            let id = self.id(&path, id.as_deref(), || ProfileId::derive(&name));
            let profile = Profile {
                id,
                hosted_zones: self.profile_zones(&path, &hosted_zones),
                resolver_rules: self.profile_rules(&path, &resolver_rules),
                vpc_endpoints: self.profile_endpoints(&path, &vpc_endpoints),
                firewall_rule_groups: self
                    .profile_groups(&path.key("firewall_rule_groups"), &firewall_rule_groups),
                resolver_query_log_configs: self
                    .profile_query_logs(&path, &resolver_query_log_configs),
                vpcs: self.profile_vpcs(&path.key("vpcs"), &name, &vpcs, &mut of_vpc),
                name,
            };
            self.model.profiles.push(profile);
        }
        self.query_logs_of_profiles();
    }

    fn profile_zones(&mut self, path: &At<'_>, zones: &[String]) -> Vec<usize> {
        let mut found = Vec::with_capacity(zones.len());
        for (at, name) in zones.iter().enumerate() {
            if let Some(zone) = self.names.hosted_zones.get(name.as_str()) {
                found.extend(*zone);
                continue;
            }
            let known: Vec<Box<str>> = self.names.hosted_zones.keys().cloned().collect();
            let path = path.item("hosted_zones", at);
            self.unknown(&path, "hosted zone", name, known.iter().map(|name| &**name));
        }
        found
    }

    fn profile_rules(&mut self, path: &At<'_>, rules: &[String]) -> Vec<ResolverRuleIx> {
        let mut found = Vec::with_capacity(rules.len());
        for (at, name) in rules.iter().enumerate() {
            let model = &self.model;
            let is_meant = |ix: &ResolverRuleIx| {
                *model[*ix].name == **name || model[*ix].id.to_string() == *name
            };
            if let Some(ix) = model.resolver_rule_indexes().find(is_meant) {
                found.push(ix);
            } else {
                let known: Vec<Box<str>> =
                    model.resolver_rules.iter().map(|rule| rule.name.clone()).collect();
                let path = path.item("resolver_rules", at);
                self.unknown(&path, "resolver rule", name, known.iter().map(|name| &**name));
            }
        }
        found
    }

    fn profile_endpoints(&mut self, path: &At<'_>, endpoints: &[String]) -> Vec<EndpointIx> {
        let mut found = Vec::with_capacity(endpoints.len());
        for (at, name) in endpoints.iter().enumerate() {
            if let Some(endpoint) = self.endpoint_names().get(name.as_str()).copied() {
                found.extend(endpoint);
                continue;
            }
            let endpoints = self.model.endpoints.iter();
            let known: Vec<String> = endpoints
                .map(|endpoint| format!("{}/{}", self.model[endpoint.vpc].name, endpoint.name))
                .collect();
            let path = path.item("vpc_endpoints", at);
            self.unknown(&path, "interface endpoint", name, known.iter().map(String::as_str));
        }
        found
    }

    /// Rule groups of DNS Firewall: each once, with a priority of its own. R104, R105
    fn profile_groups(
        &mut self,
        path: &At<'_>,
        groups: &Entries<u32>,
    ) -> Vec<(FirewallRuleGroupIx, u32)> {
        let mut found: Vec<(FirewallRuleGroupIx, u32)> = Vec::with_capacity(groups.len());
        for (name, priority) in groups.iter() {
            let path = path.key(name);
            let known = (0_u16..).map(FirewallRuleGroupIx).zip(&self.model.firewall_rule_groups);
            let mut known =
                known.filter(|(_, group)| *group.name == *name || group.id.to_string() == *name);
            let Some((ix, _)) = known.next() else {
                drop(known);
                let groups = self.model.firewall_rule_groups.iter();
                let known: Vec<Box<str>> = groups.map(|group| group.name.clone()).collect();
                self.unknown(&path, "rule group", name, known.iter().map(|name| &**name));
                continue;
            };
            drop(known);
            self.firewall_priority(&path, *priority);
            if found.iter().any(|(other, _)| *other == ix) {
                let message = format!("the Profile has the rule group `{name}` already");
                self.error(Finding::error(path, message).rule("R104"));
                continue;
            }
            if let Some((other, _)) = found.iter().find(|(_, taken)| taken == priority) {
                let other = &self.model[*other].name;
                let message =
                    format!("the Profile has `{other}` with the priority {priority} already");
                self.error(Finding::error(path, message).rule("R104"));
            }
            found.push((ix, *priority));
        }
        found
    }

    /// Associations: at most two a VPC, each with a priority of its own.
    fn profile_vpcs(
        &mut self,
        path: &At<'_>,
        profile: &str,
        vpcs: &Entries<Option<u16>>,
        of_vpc: &mut HashMap<VpcIx, Vec<(u16, Box<str>)>>,
    ) -> Vec<(VpcIx, u16)> {
        let mut found = Vec::with_capacity(vpcs.len());
        for (name, priority) in vpcs.iter() {
            let path = path.key(name);
            let Some(vpc) = self.vpc(&path, name) else { continue };
            let priority = priority.unwrap_or(*PRIORITIES.start());
            if !PRIORITIES.contains(&priority) {
                let (least, most) = PRIORITIES.into_inner();
                let message = format!("a priority of {priority}: expected {least} to {most}");
                self.error(Finding::error(path, message).rule("R104"));
            }
            let others = of_vpc.entry(vpc).or_default();
            if let Some((_, other)) = others.iter().find(|(taken, _)| *taken == priority) {
                let message = format!(
                    "VPC `{name}` has the Profile `{other}` with the priority {priority} already"
                );
                self.error(Finding::error(path, message).rule("R104"));
            } else if others.len() >= MAX_PROFILES {
                let message = format!("VPC `{name}` has {MAX_PROFILES} Profiles already");
                self.error(Finding::error(path, message).rule("R104"));
            }
            others.push((priority, profile.into()));
            found.push((vpc, priority));
        }
        found
    }
}
