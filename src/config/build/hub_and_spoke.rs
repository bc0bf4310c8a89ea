//! Hosted zones that give a VPC the private names of another VPC's interface endpoint: which of its names they miss.
//!
//! Such a set of zones is looked at by VPC and service: every zone that the VPC sees (R63, R104) and that leads to an endpoint
//! of another VPC at its apex or at `*`. Zones outside AWS's own domains are the user's business.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hickory_proto::rr::{RData, RecordType};

use super::Builder;
use crate::{
    catalog::{Owner, PrivateName, Service},
    config::{Finding, at::At},
    model::{
        AliasTarget, DnsName, EndpointIx, HostedZone, ResolverRuleAction, RrSet, RrSetData,
        ServiceIx, VpcIx,
    },
    names::recognise,
};

/// The zones of one VPC that lead to endpoints of other VPCs for one service, by their places.
type Led = BTreeMap<(ServiceIx, VpcIx), Vec<(usize, EndpointIx)>>;

/// What a set of zones misses of one private name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Missing {
    service: ServiceIx,
    /// The place of the private name among the service's.
    place: usize,
    /// The name itself, its wildcard, or both. R20
    names: Vec<String>,
    /// The zone that should have them, if there is one.
    zone: Option<usize>,
}

/// What a VPC has for its names, by the names of zones and rules.
#[derive(Default)]
struct Seen {
    zones: HashMap<(VpcIx, DnsName), usize>,
    /// Private names of endpoints, the VPC's own and those of its Profiles.
    hidden: BTreeSet<(VpcIx, DnsName)>,
    forwarded: BTreeSet<(VpcIx, DnsName)>,
}

impl Builder {
    /// Warns of every private name that a set of hosted zones misses, and of zones that no client will ask for. R20, R45, R64
    pub(super) fn check_hub_and_spoke(&mut self) {
        let led = self.led_to_other_vpcs();
        if led.is_empty() {
            return;
        }
        let seen = self.seen();
        let mut findings = Vec::new();
        for ((service, at), vpcs) in self.wrong_names(&led) {
            findings.push(self.wrong_name(service, at, &vpcs));
        }
        for (missing, (at, vpcs)) in self.missing_names(&led, &seen) {
            findings.push(self.missing_name(&missing, at, &vpcs));
        }
        self.findings.extend(findings);
    }

    /// The VPCs that see a hosted zone: those of its own and those of its Profiles.
    fn vpcs_of(&self, at: usize, zone: &HostedZone) -> BTreeSet<VpcIx> {
        let profiles =
            self.model.profiles.iter().filter(|profile| profile.hosted_zones.contains(&at));
        let shared = profiles.flat_map(|profile| profile.vpcs.iter().map(|(vpc, _)| *vpc));
        let all = zone.vpcs.iter().copied().chain(shared);
        all.filter(|vpc| self.model[*vpc].serves_private_names()).collect()
    }

    fn led_to_other_vpcs(&mut self) -> Led {
        let mut led = Led::new();
        let mut leading = Vec::new();
        for (at, zone) in self.model.hosted_zones.iter().enumerate() {
            leading.extend(targets(zone).map(|target| (at, target)));
        }
        for (at, target) in leading {
            let endpoint = match target {
                Target::Endpoint(endpoint) => Some(endpoint),
                Target::Id(id) => self.endpoint_names().get(&*id).copied().flatten(),
            };
            let (Some(endpoint), Some(zone)) = (endpoint, self.model.hosted_zones.get(at)) else {
                continue;
            };
            let service = self.model.service_of(endpoint);
            if service.owner != Owner::Amazon
                || service.private_names.is_empty()
                || !is_aws(&zone.name, service)
            {
                continue;
            }
            for vpc in self.vpcs_of(at, zone) {
                if vpc != self.model[endpoint].vpc {
                    let zones = led.entry((self.model[endpoint].service, vpc)).or_default();
                    if !zones.contains(&(at, endpoint)) {
                        zones.push((at, endpoint));
                    }
                }
            }
        }
        // a zone for one host below a wildcard name leaves the rest public on purpose
        led.retain(|(service, _), zones| {
            let names = &self.model[*service].private_names;
            zones.retain(|(at, _)| {
                let zone = self.model.hosted_zones.get(*at);
                zone.is_some_and(|zone| relation(zone, names) != Relation::Narrower)
            });
            !zones.is_empty()
        });
        led
    }

    fn seen(&self) -> Seen {
        let mut seen = Seen::default();
        for (at, zone) in self.model.hosted_zones.iter().enumerate() {
            for vpc in self.vpcs_of(at, zone) {
                seen.zones.entry((vpc, zone.name.clone())).or_insert(at);
            }
        }
        let mut hide = |vpc: VpcIx, ix: EndpointIx| {
            if self.model[ix].private_dns_enabled && self.model[vpc].serves_private_names() {
                let names = self.model.service_of(ix).private_names.iter();
                let names = names.filter_map(|name| name.zone.parse().ok());
                seen.hidden.extend(names.map(|name| (vpc, name)));
            }
        };
        for ix in self.model.endpoint_indexes() {
            hide(self.model[ix].vpc, ix);
        }
        for profile in &self.model.profiles {
            for (vpc, _) in &profile.vpcs {
                for ix in &profile.vpc_endpoints {
                    hide(*vpc, *ix);
                }
            }
        }
        for ix in self.model.resolver_rule_indexes() {
            let rule = &self.model[ix];
            if !matches!(rule.action, ResolverRuleAction::Forward { .. }) {
                continue;
            }
            let profiles = self.model.profiles.iter();
            let profiles = profiles.filter(|profile| profile.resolver_rules.contains(&ix));
            let shared = profiles.flat_map(|profile| profile.vpcs.iter().map(|(vpc, _)| *vpc));
            for vpc in rule.vpcs.iter().copied().chain(shared) {
                seen.forwarded.insert((vpc, rule.domain_name.clone()));
            }
        }
        seen
    }

    /// Zones whose names no private name of the service is, and the VPCs that see them.
    fn wrong_names(&self, led: &Led) -> BTreeMap<(ServiceIx, usize), Vec<VpcIx>> {
        let mut wrong: BTreeMap<(ServiceIx, usize), Vec<VpcIx>> = BTreeMap::new();
        for ((service, vpc), zones) in led {
            for (at, _) in zones {
                let names = &self.model[*service].private_names;
                let zone = self.model.hosted_zones.get(*at);
                if zone.is_some_and(|zone| relation(zone, names) == Relation::None) {
                    wrong.entry((*service, *at)).or_default().push(*vpc);
                }
            }
        }
        wrong
    }

    fn wrong_name(&self, service: ServiceIx, at: usize, vpcs: &[VpcIx]) -> Finding {
        let service = &self.model[service];
        let name = self.model.hosted_zones.get(at).map(|zone| zone.name.to_string());
        let message = format!(
            "`{}` is no private name of {}: no client in {} asks for it",
            name.unwrap_or_default(),
            service.service_name,
            self.vpc_list(vpcs)
        );
        let names = service.private_names.iter().flat_map(owners);
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let help = format!(
            "its private names are {}; `plustwo zones hub-endpoints` writes their zones",
            names.join(", ")
        );
        self.about(at, message, help)
    }

    /// What VPCs lack of each private name: the zone that is to blame, and the VPCs.
    fn missing_names(&self, led: &Led, seen: &Seen) -> BTreeMap<Missing, (usize, Vec<VpcIx>)> {
        let mut missing = BTreeMap::new();
        for ((service, vpc), zones) in led {
            for (place, private) in self.model[*service].private_names.iter().enumerate() {
                let Ok(apex) = private.zone.parse::<DnsName>() else { continue };
                let zone = match seen.owner(*vpc, &apex) {
                    Some(Has::Elsewhere) => continue,
                    Some(Has::Zone(at)) => self.model.hosted_zones.get(at).map(|zone| (at, zone)),
                    None => None,
                };
                let is_served = |name: &String| {
                    let name = name.parse().ok().zip(zone);
                    name.is_some_and(|(name, (_, zone))| serves(zone, &name))
                };
                let names: Vec<String> = owners(private).filter(|name| !is_served(name)).collect();
                if names.is_empty() {
                    continue;
                }
                let Some((first, _)) = zones.first() else { continue };
                let blamed = zone.map_or(*first, |(at, _)| at);
                let what =
                    Missing { service: *service, place, names, zone: zone.map(|(at, _)| at) };
                let (_, vpcs) = missing.entry(what).or_insert_with(|| (blamed, Vec::new()));
                vpcs.push(*vpc);
            }
        }
        missing
    }

    fn missing_name(&self, missing: &Missing, at: usize, vpcs: &[VpcIx]) -> Finding {
        let Missing { service, names, zone, .. } = missing;
        let zone = zone.and_then(|at| self.model.hosted_zones.get(at)).map(|zone| &zone.name);
        let what = match zone {
            Some(zone) => format!("the zone `{zone}` has no such record, so there is no answer"),
            None => "no hosted zone has that name, so it stays public".to_owned(),
        };
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "{} {} without {} of {}: {what}",
            self.vpc_list(vpcs),
            if vpcs.len() == 1 { "is" } else { "are" },
            names.join(" and "),
            self.model[*service].service_name,
        );
        let help = "`plustwo zones hub-endpoints` writes the zones of all its names";
        self.about(at, message, help.to_owned())
    }

    /// A warning at the key of a hosted zone.
    fn about(&self, at: usize, message: String, help: String) -> Finding {
        let mut keys = self.names.hosted_zones.iter();
        let key = keys.find(|(_, place)| **place == Some(at)).map_or("", |(key, _)| key);
        let finding = Finding::warning(At::ROOT.entry("hosted_zones", key), message).at_key();
        finding.rule("R20").rule("R45").rule("R64").help(help)
    }

    /// `VPC `a`` or `VPCs `a`, `b``.
    fn vpc_list(&self, vpcs: &[VpcIx]) -> String {
        let names: Vec<String> =
            vpcs.iter().map(|vpc| format!("`{}`", self.model[*vpc].name)).collect();
        format!("VPC{} {}", if vpcs.len() == 1 { "" } else { "s" }, names.join(", "))
    }
}

/// Who has a name in a VPC.
enum Has {
    /// A hosted zone, by its place.
    Zone(usize),
    /// The private DNS of an endpoint, or the targets of a rule.
    Elsewhere,
}

impl Seen {
    /// Who has a name: the longest zone or rule, of one length the rule. R65, R82
    fn owner(&self, vpc: VpcIx, name: &DnsName) -> Option<Has> {
        name.suffixes().map(DnsName::from_suffix).find_map(|suffix| {
            let key = (vpc, suffix);
            if self.forwarded.contains(&key) {
                return Some(Has::Elsewhere);
            }
            let zone = self.zones.get(&key).copied().map(Has::Zone);
            zone.or_else(|| self.hidden.contains(&key).then_some(Has::Elsewhere))
        })
    }
}

/// What a record leads to.
enum Target {
    Endpoint(EndpointIx),
    /// By the endpoint's id, as a CNAME spells it.
    Id(String),
}

/// The endpoints that a zone leads to by aliases or CNAMEs at its apex or at `*`.
fn targets(zone: &HostedZone) -> impl Iterator<Item = Target> {
    let wildcard = zone.name.child("*");
    let rrsets = zone.rrsets.iter();
    let rrsets = rrsets
        .filter(move |rrset| rrset.name == zone.name || Some(&rrset.name) == wildcard.as_ref());
    rrsets.flat_map(|rrset| rrset.data.parts()).filter_map(|data| match data {
        RrSetData::Alias(AliasTarget::Endpoint { endpoint, .. }) => {
            Some(Target::Endpoint(*endpoint))
        }
        RrSetData::Alias(AliasTarget::Record { .. }) | RrSetData::Routed(_) => None,
        RrSetData::Values { rdata, .. } => rdata.iter().find_map(|rdata| match rdata {
            RData::CNAME(target) => {
                let target = DnsName::from(&target.0);
                recognise(target.wire()).map(|name| Target::Id(name.endpoint.to_string()))
            }
            _ => None,
        }),
    })
}

/// The names that a private name has in `DnsEntries`. R20
fn owners(private: &PrivateName) -> impl Iterator<Item = String> {
    let wildcard = private.wildcard.then(|| format!("*.{}", private.zone));
    std::iter::once(private.zone.to_string()).chain(wildcard)
}

/// How a zone stands to the private names of a service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It has one of them, or is above one.
    Serves,
    /// It is for a part of a wildcard name.
    Narrower,
    /// None.
    None,
}

fn relation(zone: &HostedZone, names: &[PrivateName]) -> Relation {
    let mut relation = Relation::None;
    for private in names {
        let Ok(name) = private.zone.parse::<DnsName>() else { continue };
        if name.is_within(&zone.name) {
            return Relation::Serves;
        }
        if private.wildcard && zone.name.is_within(&name) {
            relation = Relation::Narrower;
        }
    }
    relation
}

/// Whether a zone has an address or a CNAME for a name: its own, or that of a wildcard. R67
fn serves(zone: &HostedZone, name: &DnsName) -> bool {
    let leads = |rrset: &&RrSet| {
        matches!(rrset.rtype, RecordType::A | RecordType::AAAA | RecordType::CNAME)
    };
    let above = name.suffixes().skip(1).map(DnsName::from_suffix);
    let above = above.take_while(|above| above.is_within(&zone.name));
    let wildcards: Vec<DnsName> = above.filter_map(|above| above.child("*")).collect();
    zone.rrsets
        .iter()
        .filter(leads)
        .any(|rrset| rrset.name == *name || wildcards.contains(&rrset.name))
}

/// Whether a zone is in a domain of AWS's.
fn is_aws(zone: &DnsName, service: &Service) -> bool {
    let partition = service.region.partition();
    let suffixes = [partition.dns_suffix, partition.dualstack_suffix, "aws"];
    suffixes.iter().filter_map(|suffix| suffix.parse().ok()).any(|suffix| zone.is_within(&suffix))
}
