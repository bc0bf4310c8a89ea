//! Quotas as AWS has them: so many are said nothing of, and one more is too many.

use std::fmt::Write as _;

use plustwo::config;

/// A quota of AWS's: its error code, how many there may be by default and at most, and a topology with so many.
type Quota = (&'static str, usize, Option<usize>, fn(usize) -> String);

/// Every quota, some of them in several ways.
const QUOTAS: [Quota; 12] = [
    ("VpcEndpointLimitExceeded", 20, Some(255), gateway_endpoints),
    ("VpcEndpointLimitExceeded", 50, None, interface_endpoints),
    ("RulesPerSecurityGroupLimitExceeded", 60, None, group_rules),
    ("RulesPerSecurityGroupLimitExceeded", 60, None, group_blocks),
    ("RulesPerSecurityGroupLimitExceeded", 60, None, groups_referred_to),
    ("SecurityGroupsPerInterfaceLimitExceeded", 5, Some(16), groups_of_an_instance),
    ("NetworkAclEntryLimitExceeded", 20, Some(40), acl_rules),
    ("RouteLimitExceeded", 500, Some(1_000), routes),
    ("RouteLimitExceeded", 500, Some(1_000), entries_of_a_list),
    ("ActiveVpcPeeringConnectionPerVpcLimitExceeded", 50, Some(125), active_peerings),
    ("OutstandingVpcPeeringConnectionLimitExceeded", 25, None, outstanding_peerings),
    ("RulesPerSecurityGroupLimitExceeded", 60, None, weights_of_managed_lists),
];

/// The helps of what is warned of in a topology, of one code.
fn warned(code: &str, text: &str) -> Vec<String> {
    let topology = config::parse("topology.yaml", text).map_err(|problems| problems.render());
    let warnings = topology.unwrap().warnings;
    let of_code = warnings.iter().filter(|warning| warning.rules.contains(&code));
    of_code.map(|warning| warning.help.clone().unwrap_or_default()).collect()
}

#[test]
fn one_more_than_a_quota_is_warned_of_and_more_than_an_account_gets_once_more() {
    for (code, default, most, topology) in QUOTAS {
        assert!(warned(code, &topology(default)).is_empty(), "{default}: {code}");
        let more = warned(code, &topology(default + 1));
        assert!(more.len() == 1 && !more[0].contains("at most"), "{default} + 1: {more:?}");
        let Some(most) = most else { continue };
        assert_eq!(warned(code, &topology(most)).len(), 1, "{most}: {code}");
        let too_many = warned(code, &topology(most + 1));
        assert!(too_many.iter().any(|help| help.contains("at most")), "{most} + 1: {too_many:?}");
    }
}

/// A VPC with more in it.
fn vpc(inside: &str) -> String {
    format!(
        "region: us-east-1\nvpcs:\n  v:\n    cidr_block: 10.0.0.0/16\n    internet_gateway: true\n    subnets:\n      \
         a: {{ availability_zone: us-east-1a, cidr_block: 10.0.0.0/22 }}\n{inside}"
    )
}

/// A list of texts, one for each number.
fn many(count: usize, separator: &str, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(separator)
}

fn gateway_endpoints(count: usize) -> String {
    let endpoints = many(count, ", ", |n| {
        format!("e{n}: {{ service_name: s3, vpc_endpoint_type: Gateway, route_tables: [] }}")
    });
    vpc(&format!("    vpc_endpoints: {{ {endpoints} }}\n"))
}

fn interface_endpoints(count: usize) -> String {
    let endpoints = many(count, ", ", |n| format!("e{n}: {{ service_name: sqs, subnets: [a] }}"));
    vpc(&format!("    vpc_endpoints: {{ {endpoints} }}\n"))
}

fn group(direction: &str, rules: &str) -> String {
    vpc(&format!("    security_groups: {{ g: {{ {direction}: [ {rules} ] }} }}\n"))
}

fn block(n: usize) -> String {
    format!("100.64.{}.{}/32", n / 256, n % 256)
}

fn group_rules(count: usize) -> String {
    let rules =
        many(count, ", ", |n| format!("{{ protocol: \"-1\", cidr_blocks: [{}] }}", block(n)));
    group("ingress", &rules)
}

fn group_blocks(count: usize) -> String {
    let blocks = many(count, ", ", |n| format!("\"2001:db8::{n:x}/128\""));
    let others = many(60, ", ", block);
    let rule =
        format!("{{ protocol: \"-1\", cidr_blocks: [{others}], ipv6_cidr_blocks: [{blocks}] }}");
    group("egress", &rule)
}

fn groups_referred_to(count: usize) -> String {
    let groups = many(count, ", ", |_| "g".to_owned());
    group("ingress", &format!("{{ protocol: \"-1\", security_groups: [{groups}] }}"))
}

fn groups_of_an_instance(count: usize) -> String {
    let groups = many(count, ", ", |_| "default".to_owned());
    vpc(&format!("    instances: {{ i: {{ subnet: a, security_groups: [{groups}] }} }}\n"))
}

fn acl_rules(count: usize) -> String {
    let rules = many(count, ", ", |n| {
        let n = n + 1;
        let v4 =
            format!("{{ rule_no: {n}, action: allow, protocol: \"-1\", cidr_block: 0.0.0.0/0 }}");
        let number = n + 1_000;
        let v6 = format!(
            "{{ rule_no: {number}, action: allow, protocol: \"-1\", ipv6_cidr_block: \"::/0\" }}"
        );
        if n <= 20 { format!("{v4}, {v6}") } else { v4 }
    });
    vpc(&format!("    network_acls: {{ n: {{ ingress: [ {rules} ], egress: [] }} }}\n"))
}

fn table(before: &str, routes: &str) -> String {
    format!("{before}{}", vpc(&format!("    route_tables: {{ t: {{ routes: [ {routes} ] }} }}\n")))
}

fn routes(count: usize) -> String {
    let routes =
        many(count, ", ", |n| format!("{{ destination: {}, target: internet_gateway }}", block(n)));
    table("", &routes)
}

fn entries_of_a_list(count: usize) -> String {
    let list = format!(
        "prefix_lists: {{ l: {{ max_entries: {}, entries: [192.0.2.0/24] }} }}\n",
        count - 1
    );
    table(
        &list,
        "{ destination: 0.0.0.0/0, target: internet_gateway }, { destination: l, target: internet_gateway }",
    )
}

fn peerings(count: usize, status: &str) -> String {
    let mut text = String::from("region: us-east-1\nvpcs:\n  v: { cidr_block: 10.0.0.0/24 }\n");
    for n in 0..count {
        writeln!(text, "  v{n}: {{ cidr_block: 10.1.{n}.0/24 }}").unwrap();
    }
    text.push_str("vpc_peering_connections:\n");
    for n in 0..count {
        writeln!(text, "  p{n}: {{ vpc: v, peer_vpc: v{n}, status: {status} }}").unwrap();
    }
    text
}

fn active_peerings(count: usize) -> String {
    peerings(count, "active")
}

fn outstanding_peerings(count: usize) -> String {
    peerings(count, "pending-acceptance")
}

/// N25
fn weights_of_managed_lists(count: usize) -> String {
    let lists = "prefix_lists: { com.amazonaws.global.cloudfront.origin-facing: {}, com.amazonaws.us-east-1.ec2-instance-connect: {} }\n";
    let rest = many(count - 55 - 2 - 1, ", ", block);
    let rule = format!(
        "{{ protocol: \"-1\", prefix_list_ids: [com.amazonaws.global.cloudfront.origin-facing, \
         com.amazonaws.us-east-1.ec2-instance-connect, com.amazonaws.us-east-1.s3], cidr_blocks: [{rest}] }}"
    );
    format!("{lists}{}", group("egress", &rule))
}
