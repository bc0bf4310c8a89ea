//! Reasons as sentences: which zone or rule matched, which addresses were left out, and why.

use schemars::JsonSchema;
use serde::Serialize;

use super::type_text;
use crate::{
    answer::{
        Answer, Flaw, Outcome, Question, Reason, Situation, Validation, WhyPublic, why_public,
    },
    health::{Impairment, Target},
    model::{
        ClientRoutingPolicy, DnsName, EndpointIx, EniIx, FailoverRole, Geolocation, ImpairedAnswer,
        InstanceIx, Model, Profile, ResolverRuleAction, RoutingPolicy, Vantage, VpcVantage,
    },
};

/// A sentence of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sentence {
    /// What a person would say.
    pub text: String,
    /// The rules it rests on.
    pub rules: Vec<&'static str>,
}

/// Explains an answer, in the order in which it came about.
#[must_use]
pub fn explain(situation: &Situation<'_>, question: &Question, answer: &Answer) -> Vec<Sentence> {
    let model = situation.model;
    let mut sentences: Vec<Sentence> = answer
        .reasons
        .iter()
        .flat_map(|reason| {
            let text = sentence(model, reason);
            let said = Sentence { text, rules: reason.rules().to_vec() };
            let through = through_profile(situation, reason).map(|profile| Sentence {
                text: format!("the Profile {profile} brings it to this VPC"),
                rules: vec!["R104"],
            });
            std::iter::once(said).chain(through)
        })
        .collect();
    let public = |reason: &Reason| {
        matches!(reason, Reason::PublicService | Reason::CannedPublic | Reason::Upstream)
    };
    if answer.reasons.iter().any(public) {
        let last = answer.reasons.iter().rev().find_map(|reason| match reason {
            Reason::Cname(target) => Some(target.clone()),
            _ => None,
        });
        let name = last.unwrap_or_else(|| DnsName::from(&question.name));
        sentences.extend(why_public(situation, &name).iter().map(|why| Sentence {
            text: why_public_sentence(situation, why),
            rules: why.rules().to_vec(),
        }));
    }
    if answer.outcome == Outcome::ServFail && answer.reasons.last() == Some(&Reason::Upstream) {
        sentences.push(Sentence {
            text: "the upstream gave no usable answer in time, so the answer is SERVFAIL"
                .to_owned(),
            rules: vec!["R86"],
        });
    }
    if answer.outcome == Outcome::ServFail && sentences.is_empty() {
        sentences.push(Sentence { text: "the resolver failed".to_owned(), rules: Vec::new() });
    }
    sentences
}

/// The Profile by which the VPC has what a reason speaks of, if it has it by a Profile alone. R104
fn through_profile<'a>(situation: &Situation<'a>, reason: &Reason) -> Option<&'a str> {
    let model = situation.model;
    let Vantage::Vpc(place) = situation.vantage else { return None };
    let has = |profile: &&Profile| match reason {
        Reason::HostedZone(name) => profile.hosted_zones.iter().any(|at| {
            let zone = model.hosted_zones.get(*at);
            zone.is_some_and(|zone| zone.name == *name && !zone.vpcs.contains(&place.vpc))
        }),
        Reason::HiddenZone { endpoint, .. } => {
            model[*endpoint].vpc != place.vpc && profile.vpc_endpoints.contains(endpoint)
        }
        Reason::ForwardRule(rule) => {
            !model[*rule].vpcs.contains(&place.vpc) && profile.resolver_rules.contains(rule)
        }
        _ => false,
    };
    let associated = |profile: &&Profile| profile.vpcs.iter().any(|(vpc, _)| *vpc == place.vpc);
    model.profiles.iter().filter(associated).find(has).map(|profile| &*profile.name)
}

/// A vantage as the command line takes it.
#[must_use]
pub fn vantage_text(model: &Model, vantage: Vantage) -> String {
    match vantage {
        Vantage::Internet => "internet".to_owned(),
        Vantage::Vpc(VpcVantage { vpc, inbound: Some(endpoint), .. }) => {
            format!("inbound:{}/{}", model[vpc].name, model[endpoint].name)
        }
        Vantage::Vpc(VpcVantage { vpc, subnet, instance, inbound: None }) => {
            let vpc = &model[vpc].name;
            match (instance, subnet) {
                (Some(instance), _) => format!("{vpc}/{}", model[instance].name),
                (None, Some(subnet)) => format!("{vpc}/{}", model[subnet].name),
                (None, None) => vpc.to_string(),
            }
        }
    }
}

fn endpoint_text(model: &Model, ix: EndpointIx) -> String {
    format!("{}/{}", model[model[ix].vpc].name, model[ix].name)
}

fn instance_text(model: &Model, ix: InstanceIx) -> String {
    format!("{}/{}", model[model[model[ix].subnet].vpc].name, model[ix].name)
}

fn address_text(model: &Model, eni: EniIx) -> String {
    let addresses: Vec<String> =
        model[eni].addresses().map(|address| address.to_string()).collect();
    addresses.join(" and ")
}

/// What is impaired, and whether that was observed or decided.
fn impairment_text(model: &Model, impairment: Impairment) -> String {
    let what = match impairment.target {
        Target::AvailabilityZone(az) => format!("{} ({})", model[az].name, model[az].id),
        Target::Subnet(subnet) => format!("subnet `{}`", model[subnet].name),
        Target::NetworkInterface(eni) => format!("the network interface {}", model[eni].id),
    };
    if impairment.forced {
        format!("{what} is impaired (forced)")
    } else {
        format!("{what} is impaired")
    }
}

fn switch_text(switch: ImpairedAnswer, kept: &str) -> String {
    match switch {
        ImpairedAnswer::Answer => kept.to_owned(),
        ImpairedAnswer::Nodata => "the answer is empty, as `failover` says".to_owned(),
        ImpairedAnswer::Servfail => "the answer is SERVFAIL, as `failover` says".to_owned(),
    }
}

/// One sentence a reason.
#[expect(clippy::too_many_lines, reason = "a table: one arm a reason, each a sentence")]
fn sentence(model: &Model, reason: &Reason) -> String {
    match reason {
        Reason::DnsSupportOff(vpc) => {
            format!(
                "`enable_dns_support` of VPC `{}` is off: its resolver does not reply at all",
                model[*vpc].name
            )
        }
        Reason::HostedZone(zone) => format!("the private hosted zone {zone} owns the name"),
        Reason::HiddenZone { zone, endpoint } => format!(
            "the hidden hosted zone {zone} owns the name: private DNS of {} is on",
            endpoint_text(model, *endpoint)
        ),
        Reason::EndpointName { endpoint, availability_zone: None }
            if model[*endpoint].kind.is_lattice() =>
        {
            let endpoint = endpoint_text(model, *endpoint);
            format!("this is the name of a resource or service behind {endpoint}, which is public")
        }
        Reason::EndpointName { endpoint, availability_zone: None } => {
            format!(
                "this is the Regional name of {}, which is public",
                endpoint_text(model, *endpoint)
            )
        }
        Reason::EndpointName { endpoint, availability_zone: Some(az) } => format!(
            "this is the zonal name of {} in {} ({}), which is public",
            endpoint_text(model, *endpoint),
            model[*az].name,
            model[*az].id
        ),
        Reason::NoSuchEndpointName => {
            "no available endpoint has this name: id, hash, AZ, service and Region must all agree"
                .to_owned()
        }
        Reason::EmptyNonTerminal => {
            "the name stands above endpoint names and holds nothing itself".to_owned()
        }
        Reason::CannedPublic => {
            "no private zone owns the name: the public DNS answers, canned (zones/public.zone)"
                .to_owned()
        }
        Reason::PublicService => {
            "no private zone owns the name: this is the service's public address, made up"
                .to_owned()
        }
        Reason::Firewall(rule, action, name) => {
            let rule = &model[*rule];
            format!(
                "the rule {}/{} of DNS Firewall matches {name} by the list {}: {}",
                model[rule.group].name,
                rule.name,
                model[rule.domain_list].name,
                action.as_str()
            )
        }
        Reason::FirewallSilent(vpc) if model[*vpc].firewall_fail_open => {
            "DNS Firewall does not answer, and `firewall_fail_open` lets queries pass".to_owned()
        }
        Reason::FirewallSilent(_) => {
            "DNS Firewall does not answer, so the answer is SERVFAIL".to_owned()
        }
        Reason::Autodefined(zone) => {
            format!("the zone {zone} owns the name, which Resolver defines by itself")
        }
        Reason::ResourceName(ix) => {
            format!("this is the resource name of the instance {}", instance_text(model, *ix))
        }
        Reason::PublicInstanceName(ix, true) => format!(
            "this is the public name of the instance {}, which is private from here",
            instance_text(model, *ix)
        ),
        Reason::PublicInstanceName(ix, false) => format!(
            "this is the public name of the instance {}, which has its public address from here",
            instance_text(model, *ix)
        ),
        Reason::Delegation(cut, None) => format!(
            "a private zone delegates {cut}, and no DELEGATE rule leads to its name servers: the answer is SERVFAIL"
        ),
        Reason::Delegation(cut, Some(rule)) => format!(
            "a private zone delegates {cut}: its name servers are asked, by the DELEGATE rule {}",
            model[*rule].name
        ),
        Reason::ForwardRule(rule) => {
            let rule = &model[*rule];
            let ResolverRuleAction::Forward { endpoint, targets } = &rule.action else {
                return format!("the resolver rule {} holds for the name", rule.name);
            };
            let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
            format!(
                "the FORWARD rule {} for {} is the longest match: {} is asked through {}/{}",
                rule.name,
                rule.domain_name,
                targets.join(" or "),
                model[model[*endpoint].vpc].name,
                model[*endpoint].name
            )
        }
        Reason::ForwardLoop(rule) => format!(
            "the FORWARD rule {} sends the question round in a circle, so the answer is SERVFAIL",
            model[*rule].name
        ),
        Reason::TargetsFailed(rule) => format!(
            "no target of the FORWARD rule {} gave a usable answer in time, so the answer is SERVFAIL",
            model[*rule].name
        ),
        Reason::NoSuchInternalName => {
            "private names of instances are known in their own Region and to peers that may see them"
                .to_owned()
        }
        Reason::Validated(Validation::Secure) => {
            "DNSSEC validation is on: the answer is signed, from the root down".to_owned()
        }
        Reason::Validated(Validation::Insecure) => {
            "DNSSEC validation is on: the name is in an unsigned zone, which the zone above it proves"
                .to_owned()
        }
        Reason::Validated(Validation::Bogus(flaw)) => format!(
            "DNSSEC validation is on, and the answer is bogus, so it is SERVFAIL: {}",
            match flaw {
                Flaw::Unsigned => "it has no signature, and nothing proves that its zone is unsigned",
                Flaw::OutOfDate => "a signature in it has ended or not begun",
                Flaw::Broken =>
                    "its signatures are not of these records, or the chain of keys from the root is broken",
            }
        ),
        Reason::BrokenDelegation(domain) => format!(
            "no private zone owns the name, and the delegation of {domain} is broken (`broken_delegations`): the answer is SERVFAIL"
        ),
        Reason::Upstream => {
            "no private zone owns the name: the upstream resolver is asked".to_owned()
        }
        Reason::Alias(endpoint) => {
            format!("an alias record leads to endpoint {}", endpoint_text(model, *endpoint))
        }
        Reason::AliasRecord(name) => format!("an alias record leads to {name} of the same zone"),
        Reason::RoutingPolicy { policy, set_identifier } => {
            format!("the {} record {set_identifier} is chosen: {}", policy.kind(), choice(policy))
        }
        Reason::Unhealthy { set_identifier, check: Some(check) } => format!(
            "the record {set_identifier} is left out: its health check {} is unhealthy",
            model[*check].name
        ),
        Reason::Unhealthy { set_identifier, check: None } => {
            format!("the record {set_identifier} is left out: nothing that it points to is healthy")
        }
        Reason::NoneHealthy => {
            "no record is healthy, so that Route 53 takes all of them to be healthy".to_owned()
        }
        Reason::NoGeolocation(region) => {
            format!("no geolocation record is for askers in {region}, and there is no default one")
        }
        Reason::Wildcard(zone) => format!("a wildcard of {zone} stands for the name"),
        Reason::LeftOut(eni, impairment) => {
            format!(
                "{} is left out: {}",
                address_text(model, *eni),
                impairment_text(model, *impairment)
            )
        }
        Reason::KeptImpaired(eni, impairment) => format!(
            "{} is given although {}: nothing answers there",
            address_text(model, *eni),
            impairment_text(model, *impairment)
        ),
        Reason::AllImpaired(switch) => format!(
            "no network interface of the endpoint is healthy: {}",
            switch_text(*switch, "all are given (fail open)")
        ),
        Reason::ZonalImpaired(switch) => format!(
            "the AZ of this zonal name is impaired: {}",
            switch_text(*switch, "a zonal name keeps its address and does not fail over")
        ),
        Reason::Routing(policy, az) => match policy {
            ClientRoutingPolicy::AvailabilityZoneAffinity => {
                format!(
                    "the asker is in {}, and gets the address there alone ({})",
                    model[*az].name,
                    policy.as_str()
                )
            }
            ClientRoutingPolicy::AnyAvailabilityZone
            | ClientRoutingPolicy::PartialAvailabilityZoneAffinity => {
                format!(
                    "the asker is in {}, and gets the address there first ({})",
                    model[*az].name,
                    policy.as_str()
                )
            }
        },
        Reason::Cname(target) => {
            format!("a CNAME leads to {target}, which is looked up from the beginning")
        }
        Reason::CnameChainTooLong => {
            "the CNAMEs form a loop, or a chain that is too long".to_owned()
        }
        Reason::NoData(rtype) => {
            format!("the name exists without records of type {}", type_text(*rtype))
        }
        Reason::NameError(zone) if *zone == DnsName::root() => "the name does not exist".to_owned(),
        Reason::NameError(zone) => format!("the name does not exist in the zone {zone}"),
        Reason::NoFallThrough => "the zone is private, so nobody else is asked".to_owned(),
        Reason::Cached => "the answer was in the resolver's cache".to_owned(),
        Reason::SoaLeftOut => {
            "a negative answer from the cache has no SOA: `cached_negative_soa: omit`".to_owned()
        }
        Reason::Dns64 => {
            "the asker's subnet has DNS64: the AAAA records are made from A records".to_owned()
        }
    }
}

/// What made a routing policy choose a record.
fn choice(policy: &RoutingPolicy) -> String {
    match policy {
        RoutingPolicy::Weighted(0) => {
            "its weight is 0, and no record with another is healthy".to_owned()
        }
        RoutingPolicy::Weighted(weight) => format!("its weight is {weight}"),
        RoutingPolicy::Failover(FailoverRole::Primary) => "it is the primary".to_owned(),
        RoutingPolicy::Failover(FailoverRole::Secondary) => {
            "it is the secondary, and the primary is unhealthy".to_owned()
        }
        RoutingPolicy::Multivalue => "up to eight are".to_owned(),
        RoutingPolicy::Latency(region) => {
            format!("of those that may be chosen, {region} is nearest to the asker's Region")
        }
        RoutingPolicy::Geolocation(place) => match place {
            Geolocation::Default => "no other is for the asker's Region".to_owned(),
            Geolocation::Continent(code) => {
                format!("the asker's Region is on the continent {code}")
            }
            Geolocation::Country(code) => format!("the asker's Region is in the country {code}"),
            Geolocation::Subdivision(code) => format!("the asker's Region is in the state {code}"),
        },
        RoutingPolicy::Geoproximity(place) if place.bias == 0 => {
            "it is nearest to the asker's Region".to_owned()
        }
        RoutingPolicy::Geoproximity(place) => {
            format!("it is nearest to the asker's Region, with its bias of {}", place.bias)
        }
    }
}

fn why_public_sentence(situation: &Situation<'_>, why: &WhyPublic) -> String {
    let model = situation.model;
    match why {
        WhyPublic::PrivateDnsOff(ix) => {
            format!(
                "private DNS of {} is off, so the service's name stays public",
                endpoint_text(model, *ix)
            )
        }
        WhyPublic::NotAvailable(ix, state) => {
            format!(
                "{} is `{}`, so its private names are not served",
                endpoint_text(model, *ix),
                state.as_str()
            )
        }
        WhyPublic::VpcAttributes(ix) => format!(
            "private DNS of {} is on, but VPC `{}` lacks `enable_dns_support` or `enable_dns_hostnames`",
            endpoint_text(model, *ix),
            model[model[*ix].vpc].name
        ),
        WhyPublic::OnlyInbound(ix) => format!(
            "private names of {} are for queries through an inbound Resolver endpoint alone",
            endpoint_text(model, *ix)
        ),
        WhyPublic::GatewayEndpoint(name) => {
            let vpc = match situation.vantage {
                Vantage::Vpc(place) => format!("{}/", model[place.vpc].name),
                Vantage::Internet => String::new(),
            };
            format!(
                "{vpc}{name} is a gateway endpoint: it works by routes, and the service's name stays public"
            )
        }
        WhyPublic::OtherVpc(ix) => format!(
            "{} has private DNS on, but in another VPC; its own vpce-… names work from here",
            endpoint_text(model, *ix)
        ),
    }
}
