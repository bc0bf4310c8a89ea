//! Hub and spoke over the whole catalogue: the zones that `plustwo zones hub-endpoints` writes give a spoke VPC every
//! private name of every service. R20, R45, R47, R59, R60, R64

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{net::Ipv4Addr, sync::Arc};

use hickory_proto::rr::{Name, RData, RecordType};
use plustwo::{
    answer::Question,
    catalog::{self, Region, Service, ServiceError},
    config::{self, EndpointChange},
    model::{EndpointIx, Model, Vantage, VpcIx},
    names::{SharedZones, TakenBy, shared_zones},
    render,
    state::{Clock, State},
};

/// The hub's addresses, one an AZ.
const ADDRESSES: [[u8; 4]; 2] = [[10, 0, 0, 10], [10, 0, 1, 10]];

fn topology(region: Region, service: &str) -> String {
    format!(
        "region: {region}
vpcs:
  hub:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: {{ availability_zone: {region}a, cidr_block: 10.0.0.0/24 }}
      b: {{ availability_zone: {region}b, cidr_block: 10.0.1.0/24 }}
    vpc_endpoints:
      e: {{ service_name: {service}, vpc_endpoint_type: Interface, subnets: {{ a: 10.0.0.10, b: 10.0.1.10 }} }}
  spoke: {{ cidr_block: 10.1.0.0/16, enable_dns_hostnames: true }}
"
    )
}

fn model(text: &str) -> Model {
    config::parse("topology.yaml", text).map_err(|problems| problems.render()).unwrap().model
}

fn plan(model: &Model) -> SharedZones {
    shared_zones(model, &[EndpointIx(0)], &[VpcIx(1)])
}

/// The catalogued services in us-east-1; the few of another Region alone, there.
fn services() -> Vec<Service> {
    let here: Region = "us-east-1".parse().unwrap();
    let all =
        catalog::services(here).map(|service| match catalog::find(&service.service_name, here) {
            Err(ServiceError::OtherRegion { other, .. }) => {
                catalog::find(&service.service_name, other).unwrap()
            }
            Ok(_) => service,
            Err(error) => panic!("{error}"),
        });
    all.collect()
}

/// The A records of a name from a VPC.
fn addresses(state: &Arc<State>, vpc: u32, name: &str) -> Vec<Ipv4Addr> {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    let question = Question { name, rtype: RecordType::A };
    let answer = state.answer(&state.snapshot(), Vantage::vpc(VpcIx(vpc)), &question);
    let mut found: Vec<Ipv4Addr> = answer
        .records
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(a) if record.ttl == 60 => Some(a.0),
            _ => None,
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_spoke_reaches_every_service_by_each_of_its_names() {
    let expected = ADDRESSES.map(Ipv4Addr::from);
    let mut tried = 0;
    for service in services() {
        let text = topology(service.region, &service.service_name);
        let hub = model(&text);
        let plan = plan(&hub);
        if service.private_names.is_empty() {
            assert_eq!((plan.zones.len(), plan.nameless.len()), (0, 1), "{}", service.service_name);
            continue;
        }
        tried += 1;
        let written = render::shared_zones_yaml(&hub, &plan.zones);
        let parsed = config::parse("topology.yaml", &format!("{text}{written}"));
        let parsed = parsed.map_err(|problems| problems.render()).unwrap();
        assert!(parsed.warnings.iter().all(|warning| !warning.message.contains("stay")));
        let state = Arc::new(State::new(parsed.model, Clock::stopped()));
        for private in &service.private_names {
            let below = format!("any.thing.{}", private.zone);
            assert_eq!(addresses(&state, 1, &private.zone), expected, "{}", private.zone);
            let wildcard = if private.wildcard { expected.to_vec() } else { Vec::new() };
            assert_eq!(addresses(&state, 1, &below), wildcard, "{below}");
            assert_ne!(addresses(&state, 0, &private.zone), expected, "the hub has no zone of it");
        }
    }
    assert_eq!(tried, 484);
}

/// What people guess, and what the API says: 46 of 237 services with observed names have another one.
#[test]
fn guesses_of_private_names_are_often_wrong() {
    let observed = |entry: &&catalog::ServiceEntry| {
        use catalog::PrivateSource::{Api, Observed};
        !entry.private_dns.is_empty() && matches!(entry.private_source, Api | Observed)
    };
    let wrong = |entry: &&catalog::ServiceEntry| {
        let guess = format!("{}.{{region}}.{{dns_suffix}}", entry.id);
        !entry.private_dns.contains(&guess.as_str())
    };
    let entries = catalog::entries();
    let observed: Vec<_> = entries.iter().filter(observed).collect();
    let guessed_wrong = observed.iter().copied().filter(wrong).count();
    assert_eq!((guessed_wrong, observed.len()), (46, 237));
    let all = entries.iter().filter(|entry| !entry.private_dns.is_empty());
    assert_eq!(all.filter(wrong).count(), 101, "of the whole catalogue");
}

#[test]
fn every_form_holds_every_record() {
    let service = "ecr.dkr";
    let text = topology("us-east-1".parse().unwrap(), service);
    let hub = model(&text);
    let plan = plan(&hub);
    let yaml = render::shared_zones_yaml(&hub, &plan.zones);
    let json = render::shared_zones_json(&hub, &plan.zones);
    let from = |text: &str| format!("{:?}", model(text).hosted_zones);
    let parsed: serde_json::Value = {
        let both = serde_json::json!({ "region": "us-east-1" });
        let mut both = both.as_object().unwrap().clone();
        both.extend(json.as_object().unwrap().clone());
        both.into()
    };
    // JSON is YAML; without the VPCs the references lead nowhere
    let zones = parsed["hosted_zones"].to_string();
    assert_eq!(from(&format!("{text}{yaml}")), from(&format!("{text}hosted_zones: {zones}\n")));
    let terraform = render::shared_zones_terraform(&hub, &plan.zones);
    let count = |what: &str| terraform.matches(what).count();
    assert_eq!(count("resource \"aws_route53_zone\""), 2);
    assert_eq!(count("resource \"aws_route53_record\""), 4);
    for expected in [
        "name    = \"*.dkr.ecr.us-east-1.amazonaws.com\"",
        "name    = \"dkr-ecr.us-east-1.on.aws\"",
        "hosted_zone_id = \"Z7HUB22UULQXV\"",
        "dkr.ecr.us-east-1.vpce.amazonaws.com\"",
    ] {
        assert!(terraform.contains(expected), "{expected}\n{terraform}");
    }
    let master = render::shared_zones_master(&hub, &plan.zones);
    let zone = "$ORIGIN dkr.ecr.us-east-1.amazonaws.com.
$TTL 60
@ IN A 10.0.0.10
@ IN A 10.0.1.10
* IN A 10.0.0.10
* IN A 10.0.1.10
";
    assert!(master.starts_with(zone), "{master}");
}

#[test]
fn record_types_are_those_of_the_private_names() {
    // R42
    for (dns_record_ip_type, expected) in [
        ("ipv4", &[RecordType::A][..]),
        ("ipv6", &[RecordType::AAAA]),
        ("dualstack", &[RecordType::A, RecordType::AAAA]),
        ("service-defined", &[RecordType::A]),
    ] {
        let text = topology("us-east-1".parse().unwrap(), "sqs")
            .replace(
                "cidr_block: 10.0.0.0/16",
                "cidr_block: 10.0.0.0/16\n    ipv6_cidr_block: 2001:db8::/56",
            )
            .replace(
                "cidr_block: 10.0.0.0/24",
                "cidr_block: 10.0.0.0/24, ipv6_cidr_block: \"2001:db8::/64\"",
            )
            .replace(
                "cidr_block: 10.0.1.0/24",
                "cidr_block: 10.0.1.0/24, ipv6_cidr_block: \"2001:db8:0:1::/64\"",
            )
            .replace(
                "vpc_endpoint_type: Interface",
                &format!("ip_address_type: dualstack, dns_record_ip_type: {dns_record_ip_type}"),
            );
        assert_eq!(plan(&model(&text)).zones[0].rtypes, expected, "{dns_record_ip_type}");
    }
}

#[test]
fn names_that_a_spoke_has_are_not_written_again() {
    // R53, R52
    let text = topology("us-east-1".parse().unwrap(), "monitoring");
    let with_zone =
        format!("{text}hosted_zones: {{ monitoring.us-east-1.api.aws: {{ vpcs: [spoke] }} }}\n");
    let found = plan(&model(&with_zone));
    assert_eq!((found.zones.len(), found.taken.len()), (3, 1));
    assert_eq!(found.taken[0].name.to_string(), "monitoring.us-east-1.api.aws");
    let hub = model(&text);
    let change = EndpointChange { private_dns_enabled: Some(true), ..EndpointChange::default() };
    let hub = config::change_endpoint(&hub, EndpointIx(0), &change).unwrap();
    let found = shared_zones(&hub, &[EndpointIx(0)], &[VpcIx(0)]);
    assert_eq!((found.zones.len(), found.taken.len()), (0, 4));
    // twice the same endpoint: the second finds its names planned
    let found = shared_zones(&hub, &[EndpointIx(0), EndpointIx(0)], &[VpcIx(1)]);
    assert_eq!((found.zones.len(), found.taken.len()), (4, 4));
}

#[test]
fn names_that_a_spoke_has_by_a_profile_are_not_written() {
    // R104
    let text = topology("us-east-1".parse().unwrap(), "monitoring");
    let on = text
        .replace("subnets: { a: 10.0.0.10", "private_dns_enabled: true, subnets: { a: 10.0.0.10");
    for (topology, profile, written) in [
        (&text, "vpc_endpoints: [hub/e]", 4), // without private DNS it brings no name
        (&on, "vpc_endpoints: [hub/e]", 0),
        (&on, "hosted_zones: [monitoring.us-east-1.api.aws]", 3),
    ] {
        let zones = "hosted_zones: { monitoring.us-east-1.api.aws: {} }";
        let profiles =
            format!("route53_profiles: {{ p: {{ {profile}, vpcs: {{ spoke: 100 }} }} }}");
        let found = plan(&model(&format!("{topology}{zones}\n{profiles}\n")));
        assert_eq!((found.zones.len(), found.taken.len()), (written, 4 - written), "{profile}");
        assert!(found.taken.iter().all(|taken| taken.by == TakenBy::Profile(0)), "{profile}");
    }
}
