//! What holds whatever the topology, the faults and the asker.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
};

use hickory_proto::rr::{Name, RData, RecordType};
use plustwo::{
    answer::{self, Answer, Outcome, Question, Via},
    config,
    health::{Event, Moment, State as Health, Target},
    model::{AzIx, EndpointIx, Model, SubnetIx, Vantage, VpcIx},
    names::{EndpointNames, recognise},
    state::{Clock, Snapshot, State},
};
use proptest::prelude::*;

const SERVICES: [&str; 6] = ["sns", "sqs", "kms", "ecr.dkr", "execute-api", "monitoring"];
const POLICIES: [&str; 3] =
    ["any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"];

/// An endpoint: its service, the AZs it is in, whether private DNS is on, its routing policy.
type Endpoint = (usize, BTreeSet<usize>, bool, usize);

/// A fault: AZ or subnet, which one, forced or observed, impaired or healthy.
type Fault = (bool, usize, bool, bool);

fn endpoints() -> impl Strategy<Value = Vec<Endpoint>> {
    let endpoint = (
        0..SERVICES.len(),
        prop::collection::btree_set(0..4_usize, 1..=4),
        any::<bool>(),
        0..3_usize,
    );
    prop::collection::vec(endpoint, 1..6)
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    prop::collection::vec((any::<bool>(), 0..4_usize, any::<bool>(), any::<bool>()), 0..6)
}

/// A topology with four AZs; private DNS only for the first endpoint of a service (R52).
fn topology(endpoints: &[Endpoint], rest: &str) -> String {
    let mut text = String::from("region: us-east-1\n");
    text.push_str(
        "vpcs:\n  v:\n    cidr_block: 10.0.0.0/16\n    enable_dns_hostnames: true\n    subnets:\n",
    );
    for (at, az) in ["a", "b", "c", "d"].iter().enumerate() {
        writeln!(
            text,
            "      {az}: {{ availability_zone: us-east-1{az}, cidr_block: 10.0.{at}.0/24 }}"
        )
        .unwrap();
    }
    text.push_str("    vpc_endpoints:\n");
    let mut taken = BTreeSet::new();
    for (at, (service, azs, private_dns, policy)) in endpoints.iter().enumerate() {
        let azs: Vec<&str> = azs.iter().map(|az| ["a", "b", "c", "d"][*az]).collect();
        let private_dns = *private_dns && taken.insert(*service);
        writeln!(
            text,
            "      e{at}: {{ service_name: {}, subnets: [{}], private_dns_enabled: {private_dns}, \
             client_routing_policy: {} }}",
            SERVICES[*service],
            azs.join(", "),
            POLICIES[*policy]
        )
        .unwrap();
    }
    text.push_str("failover: instant\n");
    text.push_str(rest);
    text
}

fn load(text: &str) -> Model {
    config::parse("generated.yaml", text).map_err(|problems| problems.render()).unwrap().model
}

fn impaired(model: Model, faults: &[Fault]) -> Snapshot {
    let state = State::new(model, Clock::stopped());
    for (is_az, at, is_forced, is_impaired) in faults {
        let model = state.snapshot().model.clone();
        let target = if *is_az {
            Target::AvailabilityZone(AzIx(
                u16::try_from(*at % model.availability_zones.len()).unwrap(),
            ))
        } else {
            Target::Subnet(SubnetIx(u32::try_from(*at % model.subnets.len()).unwrap()))
        };
        let health = if *is_impaired { Health::Impaired } else { Health::Healthy };
        if *is_forced {
            state.force(target, Some(health));
        } else {
            state.observe(target, health);
        }
    }
    (*state.snapshot()).clone()
}

fn ask(snapshot: &Snapshot, vantage: Vantage, name: &str, turn: u32) -> Answer {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    let question = Question { name, rtype: RecordType::A };
    answer::answer(&snapshot.situation(vantage, turn), &question)
}

fn addresses(answer: &Answer) -> BTreeSet<Ipv4Addr> {
    let address = |rdata: &RData| match rdata {
        RData::A(address) => Some(address.0),
        _ => None,
    };
    answer.records.iter().filter_map(|record| address(&record.data)).collect()
}

fn own_addresses(model: &Model, endpoint: EndpointIx) -> BTreeSet<Ipv4Addr> {
    model.interfaces_of(endpoint).filter_map(|(_, interface)| interface.ipv4).collect()
}

proptest! {
    /// R35: a zonal name has exactly its AZ's address, whatever fails.
    #[test]
    fn a_zonal_name_has_exactly_its_network_interface(
        endpoints in endpoints(), faults in faults(), turn in any::<u32>(),
    ) {
        let snapshot = impaired(load(&topology(&endpoints, "")), &faults);
        let model = &snapshot.model;
        for endpoint in model.endpoint_indexes() {
            for (eni, interface) in model.interfaces_of(endpoint) {
                let name = EndpointNames::new(model, endpoint).zonal(model.az_of(eni));
                let answer = ask(&snapshot, Vantage::Internet, &name, turn);
                prop_assert_eq!(addresses(&answer), interface.ipv4.into_iter().collect());
            }
        }
    }

    /// R73: in any stretch of turns each weighted record has its part, give or take two answers for each record.
    #[test]
    fn weighted_records_share_the_turns(
        weights in prop::collection::vec(any::<u8>(), 1..6), first in any::<u32>(), count in 1..400_u32,
    ) {
        let mut text = "hosted_zones:\n  z.internal:\n    vpcs: [v]\n    records:\n".to_owned();
        for (at, weight) in weights.iter().enumerate() {
            writeln!(
                text,
                "      - {{ name: w, type: A, values: [10.9.0.{at}], set_identifier: s{at}, \
                 weighted_routing_policy: {{ weight: {weight} }} }}"
            )
            .unwrap();
        }
        let snapshot = impaired(load(&topology(&[], &text)), &[]);
        let mut given = vec![0_u32; weights.len()];
        for turn in 0..count {
            let turn = first.wrapping_add(turn);
            let answer = ask(&snapshot, Vantage::vpc(VpcIx(0)), "w.z.internal", turn);
            let chosen = addresses(&answer);
            prop_assert_eq!(chosen.len(), 1);
            given[usize::from(chosen.first().unwrap().octets()[3])] += 1;
        }
        let sum: u32 = weights.iter().map(|weight| u32::from(*weight)).sum();
        for (weight, given) in weights.iter().zip(given) {
            let (weight, sum) = match sum {
                0 => (1, u32::try_from(weights.len()).unwrap()),
                sum => (u32::from(*weight), sum),
            };
            let part = f64::from(count) * f64::from(weight) / f64::from(sum);
            prop_assert!((f64::from(given) - part).abs() <= 4.0, "{given} of {count}, expected {part}");
        }
    }

    /// R31, R36, R37, R142: a Regional answer is the union of healthy zonal answers, or of all of them. R34: affinity
    /// picks from that set, the own AZ first.
    #[test]
    fn a_regional_answer_is_the_union_of_healthy_zonal_answers(
        endpoints in endpoints(), faults in faults(), turn in any::<u32>(), subnet in 0..4_u32,
    ) {
        let snapshot = impaired(load(&topology(&endpoints, "")), &faults);
        let model = &snapshot.model;
        for endpoint in model.endpoint_indexes() {
            let healthy: BTreeSet<Ipv4Addr> = model
                .interfaces_of(endpoint)
                .filter(|(eni, _)| snapshot.detected.impairment(model, *eni).is_none())
                .filter_map(|(_, interface)| interface.ipv4)
                .collect();
            let expected = if healthy.is_empty() { own_addresses(model, endpoint) } else { healthy.clone() };
            let name = EndpointNames::new(model, endpoint).regional();
            let from_outside = addresses(&ask(&snapshot, Vantage::Internet, &name, turn));
            prop_assert_eq!(&from_outside, &expected);

            let subnet = SubnetIx(subnet);
            let inside = ask(&snapshot, Vantage::subnet(VpcIx(0), subnet), &name, turn);
            prop_assert!(addresses(&inside).is_subset(&expected) && !inside.records.is_empty());
            let own = model
                .interfaces_of(endpoint)
                .find(|(eni, _)| model.az_of(*eni) == model[subnet].availability_zone)
                .and_then(|(_, interface)| interface.ipv4)
                .filter(|own| healthy.contains(own));
            let first = match &inside.records[0].data {
                RData::A(first) => Some(first.0),
                _ => None,
            };
            match model[endpoint].client_routing_policy.as_str() {
                "any_availability_zone" => prop_assert_eq!(addresses(&inside), expected),
                "availability_zone_affinity" if own.is_some() => {
                    prop_assert_eq!(addresses(&inside), own.into_iter().collect());
                }
                _ if own.is_some() => {
                    prop_assert_eq!(first, own);
                    prop_assert_eq!(addresses(&inside), expected);
                }
                _ => prop_assert_eq!(addresses(&inside), expected),
            }
        }
    }

    /// R46, R130: with private DNS on the service's name has the Regional name's addresses, with it off a public one.
    #[test]
    fn private_dns_decides_about_the_services_own_name(endpoints in endpoints(), faults in faults()) {
        let snapshot = impaired(load(&topology(&endpoints, "")), &faults);
        let model = &snapshot.model;
        let all_own: BTreeSet<Ipv4Addr> =
            model.endpoint_indexes().flat_map(|ix| own_addresses(model, ix)).collect();
        for endpoint in model.endpoint_indexes() {
            let service = model.service_of(endpoint);
            let has_private = |ix: &EndpointIx| model[*ix].private_dns_enabled && model[*ix].service == model[endpoint].service;
            let owner = model.endpoint_indexes().find(has_private);
            for private in &service.private_names {
                let found = addresses(&ask(&snapshot, Vantage::vpc(VpcIx(0)), &private.zone, 0));
                match owner {
                    Some(owner) => prop_assert!(found.is_subset(&own_addresses(model, owner)) && !found.is_empty()),
                    None => prop_assert!(found.is_disjoint(&all_own) && !found.is_empty()),
                }
                let outside = addresses(&ask(&snapshot, Vantage::Internet, &private.zone, 0));
                prop_assert!(outside.is_disjoint(&all_own) && !outside.is_empty());
            }
        }
    }

    /// R66: with an upstream, what it is asked is never a private name nor an endpoint's.
    #[test]
    fn private_names_never_reach_the_upstream(
        endpoints in endpoints(), faults in faults(), label in "[a-z]{1,8}", which in any::<prop::sample::Index>(),
    ) {
        let rest = "public_dns: { upstream: [127.0.0.1] }\nhosted_zones:\n  corp.internal:\n    vpcs: [v]\n    records:\n      \
                    - { name: out, type: CNAME, values: [example.com] }\n      - { name: in, type: CNAME, values: [x.corp.internal] }\n";
        let snapshot = impaired(load(&topology(&endpoints, rest)), &faults);
        let model = &snapshot.model;
        let mut private: Vec<String> = ["", "in.", "db."].iter().map(|sub| format!("{sub}corp.internal")).collect();
        let mut of_endpoints = Vec::new();
        for endpoint in model.endpoint_indexes() {
            of_endpoints.push(EndpointNames::new(model, endpoint).regional());
            if model[endpoint].private_dns_enabled {
                private.extend(model.service_of(endpoint).private_names.iter().map(|name| name.zone.to_string()));
            }
        }
        let inside = Vantage::vpc(VpcIx(0));
        for name in private.iter().chain(&of_endpoints) {
            for name in [name.clone(), format!("{label}.{name}")] {
                let answer = ask(&snapshot, inside, &name, 0);
                prop_assert!(!matches!(answer.outcome, Outcome::Ask(..)), "{} leaks", name);
            }
        }
        let endpoint_name = which.get(&of_endpoints);
        let outside = ask(&snapshot, Vantage::Internet, endpoint_name, 0);
        prop_assert!(!matches!(outside.outcome, Outcome::Ask(..)));
        let followed = ask(&snapshot, inside, "out.corp.internal", 0);
        let Outcome::Ask(Via::PublicDns, rest) = followed.outcome else { panic!("not forwarded") };
        prop_assert_eq!(rest.name.to_string(), "example.com.");
    }

    /// Reload: the same file changes no answer, and faults stay where they were.
    #[test]
    fn reload_of_the_same_file_changes_no_answer(endpoints in endpoints(), az in 0..4_u16) {
        let text = topology(&endpoints, "");
        let model = load(&text);
        let az = AzIx(az % u16::try_from(model.availability_zones.len()).unwrap());
        let state = State::new(model, Clock::stopped());
        state.observe(Target::AvailabilityZone(az), Health::Impaired);
        let before = state.snapshot();
        state.replace(load(&text)).unwrap();
        let after = state.snapshot();
        for endpoint in before.model.endpoint_indexes() {
            let names = EndpointNames::new(&before.model, endpoint).dns_entries();
            for entry in names {
                let name = entry.dns_name.replace("*.", "x.");
                for vantage in [Vantage::Internet, Vantage::vpc(VpcIx(0))] {
                    prop_assert_eq!(ask(&before, vantage, &name, 3), ask(&after, vantage, &name, 3));
                }
            }
        }
    }

    /// R12, R13: what is built is recognised.
    #[test]
    fn built_names_are_recognised(endpoints in endpoints()) {
        let model = load(&topology(&endpoints, ""));
        for endpoint in model.endpoint_indexes() {
            let names = EndpointNames::new(&model, endpoint);
            let key = names.regional_key();
            let name = recognise(key.wire()).unwrap();
            prop_assert_eq!(name.endpoint, model[endpoint].id);
            prop_assert_eq!(name.hash, model[endpoint].dns_name_hash.octets());
            prop_assert_eq!(name.availability_zone, None);
            for (eni, _) in model.interfaces_of(endpoint) {
                let zonal: plustwo::model::DnsName = names.zonal(model.az_of(eni)).parse().unwrap();
                let az = model[model.az_of(eni)].name.to_string();
                prop_assert_eq!(recognise(zonal.wire()).unwrap().availability_zone, Some(az.as_bytes()));
            }
        }
    }

    /// The core is total: any name of any type from anywhere gets an answer, and a negative one has an SOA.
    #[test]
    fn every_question_has_an_answer(
        endpoints in endpoints(), labels in prop::collection::vec("[a-zA-Z0-9*_-]{1,12}", 0..8), rtype in any::<u16>(),
        suffix in prop::sample::select(vec!["", "vpce.amazonaws.com", "us-east-1.amazonaws.com", "corp.internal"]),
    ) {
        let rest = "hosted_zones:\n  corp.internal:\n    vpcs: [v]\n    records:\n      - { name: '*', type: A, values: [10.0.0.9] }\n";
        let snapshot = impaired(load(&topology(&endpoints, rest)), &[]);
        let mut name = Name::from_ascii(format!("{}.{suffix}", labels.join("."))).unwrap_or_else(|_| Name::root());
        name.set_fqdn(true);
        let question = Question { name, rtype: RecordType::from(rtype) };
        for vantage in [Vantage::Internet, Vantage::vpc(VpcIx(0)), Vantage::subnet(VpcIx(0), SubnetIx(0))] {
            let answer = answer::answer(&snapshot.situation(vantage, 0), &question);
            match answer.outcome {
                Outcome::NoData | Outcome::NameError => prop_assert!(answer.soa.is_some()),
                Outcome::Records => prop_assert!(!answer.records.is_empty()),
                Outcome::ServFail | Outcome::Silent | Outcome::Ask(..) => {}
            }
        }
    }

    /// Who asks is found for every address.
    #[test]
    fn every_asker_has_a_vantage(address in any::<u32>()) {
        let model = load(&topology(&[(0, BTreeSet::from([0]), true, 0)], ""));
        let askers = plustwo::view::Askers::compile(&model);
        let address = IpAddr::V4(Ipv4Addr::from(address));
        let inside = model.subnet_indexes().find(|ix| model[*ix].blocks().any(|block| block.contains(&address)));
        let expected = inside.map_or(Vantage::vpc(VpcIx(0)), |subnet| Vantage::subnet(VpcIx(0), subnet));
        prop_assert_eq!(askers.vantage_of(address), expected);
    }
}

/// DNS notices a fault by itself when its time has come, and not before. R36, R39
#[test]
fn a_clock_that_moves_lets_dns_notice() {
    let text =
        topology(&[(0, BTreeSet::from([0, 1]), true, 0)], "").replace("failover: instant\n", "");
    let state = State::new(load(&text), Clock::stopped());
    let target = Target::AvailabilityZone(AzIx(0));
    state.observe(target, Health::Impaired);
    for (advance, healthy) in [(0, 2), (119, 2), (1, 1), (1000, 1)] {
        state.advance(Moment::from_secs(advance));
        let answer =
            ask(&state.snapshot(), Vantage::vpc(VpcIx(0)), "sns.us-east-1.amazonaws.com", 0);
        assert_eq!(answer.records.len(), healthy, "after {advance} s more");
    }
    let now = state.clock().now();
    let snapshot = state.snapshot().supposing(Event::Observed(now, target, Health::Healthy));
    let answer = ask(&snapshot, Vantage::vpc(VpcIx(0)), "sns.us-east-1.amazonaws.com", 0);
    assert_eq!(answer.records.len(), 2, "supposed to be restored");
}
