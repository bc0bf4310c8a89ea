//! Networks made to harm: circles, and ten thousand rules, entries and routes. Each is answered rightly and soon, or refused
//! with the place.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;

use plustwo::{
    config, render,
    state::{Clock, State, TracePlan, TraceRequest},
};

/// How many there are of what there are many of.
const MANY: usize = 10_000;

/// Two subnets, an instance in each, and what the test adds: to the VPC and beside it.
fn network(in_vpc: &str, beside: &str) -> String {
    format!(
        "region: us-east-1
{beside}
vpcs:
  v:
    cidr_block: 10.0.0.0/16
    internet_gateway: true
    subnets:
      a: {{ availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }}
      b: {{ availability_zone: us-east-1a, cidr_block: 10.0.2.0/24, network_acl: far }}
    instances:
      one: {{ subnet: a, private_ip: 10.0.1.10, security_groups: [g0], public_ip: 203.0.113.1 }}
      two: {{ subnet: b, private_ip: 10.0.2.10, security_groups: [g1] }}
{in_vpc}"
    )
}

/// An ACL that lets everything through.
const OPEN_ACL: &str = "    network_acls: { far: { ingress: [ { rule_no: 1, action: allow, protocol: \"-1\", cidr_block: 0.0.0.0/0 } ], egress: [ { rule_no: 1, action: allow, protocol: \"-1\", cidr_block: 0.0.0.0/0 } ] } }\n";
/// Groups that let everything out and in.
const OPEN_GROUPS: &str = "    security_groups: { g0: { ingress: [ { protocol: \"-1\", cidr_blocks: [0.0.0.0/0] } ] }, g1: { ingress: [ { protocol: \"-1\", cidr_blocks: [0.0.0.0/0] } ] } }\n";

/// What a trace of TCP to a port says.
fn traced(topology: &str, from: &str, to: &str) -> String {
    let model = config::parse("t.yaml", topology).map_err(|problems| problems.render());
    let state = State::new(model.unwrap().model, Clock::stopped());
    let request =
        TraceRequest { from: from.to_owned(), to: to.to_owned(), ..TraceRequest::default() };
    let snapshot = state.snapshot();
    let plan = TracePlan::new(&snapshot, &request).unwrap();
    let world = snapshot.world(false);
    let traces = plan.trace(&snapshot, &plan.addresses(&[])).unwrap();
    traces.iter().flat_map(|trace| render::trace_lines(&world, trace)).fold(
        String::new(),
        |mut text, line| {
            writeln!(text, "{line}").unwrap();
            text
        },
    )
}

fn says(topology: &str, from: &str, to: &str, expected: &str) {
    let said = traced(topology, from, to);
    assert!(said.contains(expected), "`{expected}` is not in:\n{said}");
}

/// The lines of a refusal.
fn refused(topology: &str) -> String {
    config::parse("t.yaml", topology).unwrap_err().render()
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        writeln!(text, "{}", line(at)).unwrap();
        text
    })
}

/// Each group lets in the next, and the last the first.
#[test]
fn groups_that_let_each_other_in() {
    let ring = |count: usize| {
        let groups = lines(count, |at| {
            let next = (at + 1) % count;
            format!(
                "      g{at}: {{ ingress: [ {{ protocol: \"-1\", security_groups: [g{next}, g{at}] }} ] }}"
            )
        });
        network(&format!("    security_groups:\n{groups}{OPEN_ACL}"), "")
    };
    // of two, each is the other's next
    says(&ring(2), "v/one", "v/two", "\nreachable\n");
    // of many, the first lets the second in, and not the other way round
    let many = ring(2_000);
    says(&many, "v/two", "v/one", "lets it in: rule 1, everything from security group v/g1");
    says(&many, "v/one", "v/two", "dropped: ENI_SG_RULES_MISMATCH");
}

#[test]
fn ten_thousand_rules_in_a_group() {
    let rules = |last: &str| {
        let rules = lines(MANY, |at| {
            format!(
                "          - {{ protocol: tcp, from_port: {}, to_port: {}, cidr_blocks: [10.0.0.0/8] }}",
                at + 1_000,
                at + 1_000
            )
        });
        let groups = format!(
            "    security_groups:\n      g0: {{}}\n      g1:\n        ingress:\n{rules}{last}{OPEN_ACL}"
        );
        network(&groups, "")
    };
    let last =
        "          - { protocol: tcp, from_port: 443, to_port: 443, security_groups: [g0] }\n";
    says(
        &rules(last),
        "v/one",
        "v/two",
        "lets it in: rule 10001, tcp 443 from security group v/g0",
    );
    says(&rules(""), "v/one", "v/two", "dropped: ENI_SG_RULES_MISMATCH");
    let typo =
        "          - { protocol: tcp, from_port: 443, to_port: 442, security_groups: [g0] }\n";
    let said = refused(&rules(typo));
    assert!(said.contains("`443` to `442` is not a range of ports"), "{said}");
    assert!(said.contains("t.yaml:10017:"), "{said}");
}

#[test]
fn ten_thousand_entries_of_an_acl() {
    let entries = |first: usize| {
        let entries = lines(MANY, |at| {
            format!(
                "          - {{ rule_no: {}, action: deny, protocol: \"17\", cidr_block: 10.0.1.0/24 }}",
                MANY - at + first
            )
        });
        let acl = format!(
            "{OPEN_GROUPS}    network_acls:\n      far:\n        egress: [ {{ rule_no: 1, action: allow, protocol: \"-1\", cidr_block: 0.0.0.0/0 }} ]\n        ingress:\n{entries}          - {{ rule_no: 20000, action: allow, protocol: tcp, from_port: 443, to_port: 443, cidr_block: 10.0.1.10/32 }}\n          - {{ rule_no: 20001, action: deny, protocol: \"-1\", cidr_block: 0.0.0.0/0 }}\n"
        );
        network(&acl, "")
    };
    says(&entries(0), "v/one", "v/two", "lets it into subnet v/b: rule 20000, tcp 49152 > 443");
    says(&entries(0), "v/one", "v/two:80", "dropped: SUBNET_ACL_RESTRICTION");
    // numbers up to 20,001 are there already
    let said = refused(&entries(10_001));
    assert!(said.contains("rule number `20000` is used twice"), "{said}");
    assert!(said.contains("rule number `20001` is used twice"), "{said}");
}

#[test]
fn prefix_lists_that_overlap() {
    let lists = |other: &str| {
        let entries = (0..MANY).map(|at| format!("198.{}.{}.0/24", 18 + at / 256 % 2, at % 256));
        let mut entries: Vec<String> = entries.collect();
        entries.sort();
        entries.dedup();
        let entries = entries.join(", ");
        let beside = format!(
            "prefix_lists:\n  wide: {{ entries: [198.0.0.0/8, 198.18.7.0/24] }}\n  narrow: {{ entries: [{entries}] }}"
        );
        let routes = format!(
            "{OPEN_GROUPS}{OPEN_ACL}    route_tables: {{ main: {{ main: true, routes: [ {{ destination: wide, target: internet_gateway }}, {{ destination: narrow, target: blackhole }}{other} ] }} }}\n"
        );
        network(&routes, &beside)
    };
    says(
        &lists(""),
        "v/one",
        "198.51.100.7",
        "198.0.0.0/8 of prefix list wide leads to the internet gateway",
    );
    says(&lists(""), "v/one", "198.18.9.7", "198.18.9.0/24 of prefix list narrow is a blackhole");
    let longer = ", { destination: 198.18.9.0/25, target: internet_gateway }";
    says(&lists(longer), "v/one", "198.18.9.7", "198.18.9.0/25 leads to the internet gateway");
    // the same block in both: one of them, each time the same
    let twice = traced(&lists(""), "v/one", "198.18.7.7");
    assert!(twice.contains("198.18.7.0/24 of prefix list"), "{twice}");
    assert_eq!(twice, traced(&lists(""), "v/one", "198.18.7.7"));
}

#[test]
fn ten_thousand_routes_to_lists_of_one_block() {
    let lists = lines(MANY, |at| format!("  l{at}: {{ entries: [20.0.0.0/8] }}"));
    let routes = lines(MANY, |at| {
        let target = if at.is_multiple_of(2) { "blackhole" } else { "internet_gateway" };
        format!("          - {{ destination: l{at}, target: {target} }}")
    });
    let in_vpc = format!(
        "{OPEN_GROUPS}{OPEN_ACL}    route_tables:\n      main:\n        main: true\n        routes:\n{routes}"
    );
    let topology = network(&in_vpc, &format!("prefix_lists:\n{lists}"));
    let warnings = config::parse("t.yaml", &topology).unwrap().warnings;
    // one for each that leads elsewhere than one before it, not one for each pair
    let told = warnings.iter().filter(|of| of.message.contains("which leads elsewhere")).count();
    assert_eq!(told, MANY - 1);
}

#[test]
fn an_entry_of_many_that_comes_twice() {
    let mut entries: Vec<String> =
        (0..MANY).map(|at| format!("20.{}.{}.0/24", at / 256, at % 256)).collect();
    entries.push("20.0.9.0/24".to_owned());
    let beside = format!("prefix_lists:\n  l: {{ entries: [{}] }}", entries.join(", "));
    let said = refused(&network(&format!("{OPEN_GROUPS}{OPEN_ACL}"), &beside));
    assert!(said.contains("`20.0.9.0/24` is in the list already"), "{said}");
    assert!(said.contains("t.yaml:3:"), "{said}");
}

#[test]
fn ten_thousand_routes_inside_of_one_another() {
    let table = |more: &str| {
        let routes = lines(MANY, |at| {
            let (length, target) =
                if at.is_multiple_of(2) { (24, "blackhole") } else { (25, "internet_gateway") };
            format!(
                "          - {{ destination: 100.{}.{}.0/{length}, target: {target} }}",
                at / 2 / 256,
                at / 2 % 256
            )
        });
        network(
            &format!(
                "{OPEN_GROUPS}{OPEN_ACL}    route_tables:\n      main:\n        main: true\n        routes:\n          - {{ destination: 0.0.0.0/0, target: internet_gateway }}\n          - {{ destination: 100.0.0.0/8, target: blackhole }}\n{routes}{more}"
            ),
            "",
        )
    };
    says(&table(""), "v/one", "100.7.9.1", "100.7.9.0/25 leads to the internet gateway");
    says(&table(""), "v/one", "100.7.9.200", "100.7.9.0/24 is a blackhole");
    says(&table(""), "v/one", "100.200.0.1", "100.0.0.0/8 is a blackhole");
    says(&table(""), "v/one", "198.51.100.7", "0.0.0.0/0 leads to the internet gateway");
    let twice = "          - { destination: 100.7.9.0/25, target: blackhole }\n";
    let said = refused(&table(twice));
    assert!(said.contains("100.7.9.0/25"), "{said}");
    assert!(said.contains("1 error"), "{said}");
}

/// Nothing that is named is there: each is blamed at its place, and the first hundred are shown.
#[test]
fn ten_thousand_names_of_nothing() {
    let routes = lines(MANY, |at| {
        format!(
            "          - {{ destination: 100.{}.{}.0/24, target: {{ nat_gateway: n{at} }} }}",
            at / 256,
            at % 256
        )
    });
    let known = lines(MANY, |at| format!("      g{at}x: {{}}"));
    let groups = format!(
        "    security_groups:\n      g0: {{}}\n      g1: {{ ingress: [ {{ protocol: \"-1\", security_groups: [g7y] }} ] }}\n{known}"
    );
    let said = refused(&network(
        &format!(
            "{groups}{OPEN_ACL}    route_tables:\n      main:\n        main: true\n        routes:\n{routes}"
        ),
        "",
    ));
    assert!(said.contains("`n0`"), "{said}");
    assert!(said.contains("`g7y`"), "{said}");
    assert!(said.lines().count() < 1_000, "{} lines", said.lines().count());
}
