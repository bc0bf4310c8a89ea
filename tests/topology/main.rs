//! Topology files: the whole format loads, and each rule that a file can break is refused at its place.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fmt::Write as _, net::Ipv4Addr};

use plustwo::{config, model::Vantage};

/// The format's sample: every part of it is typed and checked, also the parts that only a trace will act upon.
const SAMPLE: &str = include_str!("sample.yaml");

/// N204
#[test]
fn a_resource_has_250_flow_logs_at_most() {
    let mut text = String::from(
        "region: us-east-1\nvpcs: { v: { cidr_block: 10.0.0.0/16 }, w: { cidr_block: 10.1.0.0/16 } }\nflow_logs:\n",
    );
    for (vpc, count) in [("v", 251), ("w", 250)] {
        for at in 0..count {
            writeln!(
                text,
                "  {vpc}{at}: {{ vpc: {vpc}, traffic_type: ALL, log_group_name: g{at} }}"
            )
            .unwrap();
        }
    }
    let problems = config::parse("many.yaml", &text).unwrap_err();
    let said: Vec<&str> = problems.iter().map(|problem| &*problem.message).collect();
    assert_eq!(said, ["more than 250 flow logs of one VPC, subnet or network interface"]);
}

#[test]
fn the_sample_loads_as_it_is() {
    let topology =
        config::parse("sample.yaml", SAMPLE).map_err(|problems| problems.render()).unwrap();
    let model = topology.model;
    assert_eq!(model.account_id.to_string(), "123456789012");
    let vpc = &model.vpcs[0];
    assert!(
        vpc.serves_private_names() && vpc.internet_gateway && !vpc.egress_only_internet_gateway
    );
    assert_eq!(model.subnets.len(), 4);
    assert_eq!(vpc.route_tables.len(), 2);
    assert_eq!(vpc.route_tables["public"].routes.len(), 1);
    assert_eq!(vpc.nat_gateways["nat-a"].public_ip, Some(Ipv4Addr::new(203, 0, 113, 9)));
    assert_eq!(vpc.security_groups["endpoints"].ingress[0].traffic.from_port, 443);
    assert_eq!(vpc.network_acls["web"].ingress[0].rule_no, 100);
    assert_eq!(model.instances.len(), 2);
    assert_eq!(model.endpoints.len(), 2);
    assert_eq!(vpc.gateway_endpoints["s3"].route_tables, ["private".into()]);
    assert_eq!(model.hosted_zones[0].rrsets.len(), 2);
    assert_eq!(model.clients.len(), 2);
    assert_eq!(model.listen.len(), 1);
    assert_eq!(config::vantage(&model, "internet"), Ok(Vantage::Internet));
    let rules: Vec<&str> =
        topology.warnings.iter().flat_map(|warning| warning.rules.clone()).collect();
    assert!(rules.contains(&"R38"), "the endpoint in one AZ is warned of: {rules:?}");
}

#[test]
fn loading_twice_gives_the_same_ids_and_addresses() {
    let load = || {
        config::parse("sample.yaml", SAMPLE).map_err(|problems| problems.render()).unwrap().model
    };
    assert_eq!(format!("{:?}", load().endpoints), format!("{:?}", load().endpoints));
    assert_eq!(format!("{:?}", load().interfaces), format!("{:?}", load().interfaces));
}

/// Replaces a part of the sample and returns each problem as `line: message [rules]`.
fn problems_of(part: &str, by: &str) -> Vec<String> {
    assert!(SAMPLE.contains(part), "the sample has no `{part}`");
    let text = SAMPLE.replacen(part, by, 1);
    match config::parse("sample.yaml", &text) {
        Ok(topology) => topology.warnings.iter().map(config::Problem::one_line).collect(),
        Err(problems) => problems.iter().map(config::Problem::one_line).collect(),
    }
}

/// (what is wrong, part of the sample, what stands there instead, what must be said)
const REFUSED: &[(&str, &str, &str, &str)] = &[
    (
        "an unknown Region",
        "region: us-east-1",
        "region: us-east-9",
        "there is no Region `us-east-9`",
    ),
    ("an account that is none", "\"123456789012\"", "\"1234\"", "expected twelve digits"),
    (
        "a VPC that is too large",
        "cidr_block: 10.0.0.0/16\n",
        "cidr_block: 10.0.0.0/8\n",
        "expected /16 to /28",
    ),
    ("bits behind the prefix", "10.0.3.0/24", "10.0.3.1/24", "has bits behind the prefix"),
    ("a subnet outside its VPC", "10.0.3.0/24", "10.1.3.0/24", "is not inside its VPC"),
    ("subnets that overlap", "10.0.3.0/24", "10.0.2.128/25", "overlaps subnet `app-b`"),
    ("an AZ of another Region", "us-east-1c", "us-west-2c", "is not in us-east-1"),
    ("an AZ id for an AZ", "us-east-1c", "use1-az3", "is not an Availability Zone"),
    (
        "a route table that is not there",
        "route_table: public,",
        "route_table: pubic,",
        "there is no route table `pubic`",
    ),
    (
        "a network ACL that is not there",
        "network_acl: web }",
        "network_acl: wep }",
        "there is no network ACL `wep`",
    ),
    (
        "a NAT gateway nowhere",
        "{ subnet: web-a, public_ip: 203.0.113.9 }",
        "{ subnet: web-x }",
        "there is no subnet in VPC `app`: `web-x`",
    ),
    (
        "two main route tables",
        "public:\n        routes:",
        "public:\n        main: true\n        routes:",
        "is the main route table already",
    ),
    (
        "a route without its gateway",
        "internet_gateway: true",
        "internet_gateway: false",
        "the VPC has no internet gateway",
    ),
    (
        "a route to a NAT gateway that is not there",
        "target: internet_gateway",
        "target: { nat_gateway: nat-b }",
        "there is no NAT gateway `nat-b`",
    ),
    (
        "a route without its egress-only gateway",
        "target: internet_gateway",
        "target: egress_only_internet_gateway",
        "the VPC has no egress-only internet gateway",
    ),
    ("a protocol that is none", "protocol: tcp", "protocol: tpc", "`tpc` is not a protocol"),
    ("ports the wrong way round", "to_port: 443", "to_port: 80", "is not a range of ports"),
    ("a rule number out of range", "rule_no: 100", "rule_no: 40000", "expected 1 to 32766"),
    ("an action that is none", "action: allow", "action: alow", "unknown value `alow`"),
    (
        "an address outside its subnet",
        "private_ip: 10.0.1.10",
        "private_ip: 10.0.2.10",
        "is not in subnet `app-a`",
    ),
    (
        "a reserved address, N21",
        "private_ip: 10.0.1.10",
        "private_ip: 10.0.1.2",
        "it is reserved for DNS",
    ),
    (
        "the broadcast address, N21",
        "private_ip: 10.0.1.10",
        "private_ip: 10.0.1.255",
        "the broadcast address",
    ),
    (
        "an address twice",
        "subnets: [app-a, app-b, app-c]",
        "subnets: { app-a: 10.0.1.10 }",
        "is the address of instance `app/worker` already",
    ),
    (
        "an unknown service",
        "service_name: sqs",
        "service_name: sqz",
        "The Vpc Endpoint Service 'sqz' does not exist",
    ),
    (
        "a service of another Region",
        "com.amazonaws.us-east-1.sns",
        "com.amazonaws.us-west-2.sns",
        "is a service of us-west-2",
    ),
    (
        "an endpoint type that is none",
        "vpc_endpoint_type: Gateway",
        "vpc_endpoint_type: Gatway",
        "unknown value `Gatway`",
    ),
    (
        "two subnets in an AZ, R15",
        "subnets: [app-a, app-b, app-c]",
        "subnets: [app-a, web-a]",
        "Found another VPC endpoint subnet in the availability zone of subnet-",
    ),
    (
        "a subnet that is not there",
        "subnets: [app-a, app-b, app-c]",
        "subnets: [app-a, app-d]",
        "`app-d`",
    ),
    (
        "a security group that is not there",
        "security_groups: [endpoints]",
        "security_groups: [endpoint]",
        "there is no security group `endpoint`",
    ),
    (
        "private DNS without attributes, R49",
        "enable_dns_hostnames: true",
        "enable_dns_hostnames: false",
        "Enabling private DNS requires both",
    ),
    (
        "private DNS without a name, R50",
        "service_name: sqs",
        "service_name: dynamodb",
        "does not provide a private DNS name",
    ),
    (
        "a conflicting private name, R52",
        "service_name: sqs",
        "service_name: sns",
        "already a conflicting DNS domain for sns.us-east-1.amazonaws.com",
    ),
    (
        "a gateway endpoint for what has none",
        "service_name: s3",
        "service_name: kms",
        "there is no gateway endpoint for `kms`",
    ),
    (
        "a gateway endpoint on a table that is not there",
        "route_tables: [private]",
        "route_tables: [privat]",
        "there is no route table `privat`",
    ),
    (
        "IPv6 records of an IPv4 endpoint, R43",
        "service_name: sqs",
        "service_name: sqs\n        dns_record_ip_type: ipv6",
        "does not go with `ip_address_type: ipv4`",
    ),
    (
        "an IPv6 endpoint in an IPv4 subnet, N74",
        "service_name: sqs",
        "service_name: sqs\n        ip_address_type: dualstack",
        "has no IPv6 block",
    ),
    (
        "a hash of another form, R11",
        "service_name: sqs",
        "service_name: sqs\n        dns_name_hash: ABC",
        "is not a hash of DNS names",
    ),
    (
        "an id of another form",
        "service_name: sqs",
        "service_name: sqs\n        id: vpce-xyz",
        "hexadecimal digits",
    ),
    (
        "a policy that is no JSON",
        "service_name: sqs",
        "service_name: sqs\n        policy: '{'",
        "not a JSON object",
    ),
    ("a zone in a VPC that is not there", "vpcs: [app]", "vpcs: [ap]", "there is no VPC `ap`"),
    (
        "a record type that is none",
        "type: A, ttl: 60",
        "type: AX, ttl: 60",
        "`AX` is not a record type",
    ),
    (
        "data of another type",
        "values: [10.0.1.20]",
        "values: [db.example]",
        "is not the data of a A record",
    ),
    ("neither values nor alias", ", values: [10.0.1.20]", "", "either `values` or an `alias`"),
    (
        "an alias to nothing",
        "vpc_endpoint: app/sqs",
        "vpc_endpoint: app/sqz",
        "there is no interface endpoint `app/sqz`",
    ),
    (
        "an alias of another type, R64",
        "name: queue, type: A",
        "name: queue, type: TXT",
        "an alias to an endpoint is of type A or AAAA",
    ),
    ("a record outside its zone", "name: db,", "name: db.example.com.,", "is outside the zone"),
    (
        "a CNAME at the apex",
        "{ name: db, type: A, ttl: 60, values: [10.0.1.20] }",
        "{ name: \"@\", type: CNAME, values: [x.example] }",
        "cannot be a CNAME",
    ),
    (
        "a CNAME beside other data",
        "{ name: db, type: A, ttl: 60, values: [10.0.1.20] }",
        "{ name: queue, type: CNAME, values: [x.example] }",
        "has a CNAME and A records",
    ),
    (
        "a client that is no address",
        "127.0.0.9/32: internet",
        "nobody: internet",
        "`nobody` is not an address or a prefix",
    ),
    (
        "a client in a subnet that is not there",
        "{ vpc: app, subnet: app-a }",
        "{ vpc: app, subnet: app-z }",
        "`app-z`",
    ),
    ("a listener without a port", "127.0.0.54:5353", "127.0.0.54", "is not an address and port"),
    (
        "an upstream that is no address",
        "upstream: []",
        "upstream: [dns.example]",
        "is not an address",
    ),
    ("a duration without a unit", "detection: 120s", "detection: 120sec", "is not a duration"),
    ("a key that is not known", "detection: 120s", "detecton: 120s", "detecton"),
    (
        "a key that comes twice",
        "region: us-east-1",
        "region: us-east-1\nregion: us-east-2",
        "region",
    ),
];

#[test]
fn each_mistake_is_refused_at_its_place() {
    let mut wrong = Vec::new();
    for (what, part, by, expected) in REFUSED {
        let problems = problems_of(part, by);
        let errors: Vec<&String> =
            problems.iter().filter(|problem| problem.contains(": error: ")).collect();
        if !errors.iter().any(|error| error.contains(expected)) {
            wrong.push(format!("{what}: expected `{expected}`, found {problems:#?}"));
        }
        // a mistake does not drag others behind it
        if errors.iter().any(|error| !error.contains(expected)) {
            wrong.push(format!("{what}: more than that: {errors:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_mistakes_of_a_file_are_found_in_one_run() {
    let text = SAMPLE
        .replace("10.0.3.0/24", "10.9.3.0/24")
        .replace("service_name: sqs", "service_name: sqz")
        .replace("detection: 120s", "detecton: 120s")
        .replace("127.0.0.9/32: internet", "127.0.0.9/33: internet");
    let problems = config::parse("sample.yaml", &text).unwrap_err();
    assert_eq!(problems.errors(), 4, "{}", problems.render());
}

#[test]
fn warnings_name_their_rule() {
    for (what, part, by, rule) in [
        ("one AZ", "", "", "R38"),
        ("API Gateway", "service_name: sqs", "service_name: execute-api", "R48"),
        ("STS", "service_name: sqs", "service_name: sts", "R61"),
        (
            "a second endpoint",
            "      s3:\n        service_name: s3\n",
            "      sqs2: { service_name: sqs, subnets: [app-b] }\n      s3:\n        service_name: s3\n",
            "R52",
        ),
        ("a listener off loopback", "127.0.0.54:5353", "0.0.0.0:5353", "not on loopback"),
    ] {
        let problems = problems_of(part, by);
        assert!(
            problems.iter().any(|line| line.contains("warning: ") && line.contains(rule)),
            "{what}: {problems:#?}"
        );
    }
}

/// Hostile files end in an error that says why, soon and in bounded memory.
#[test]
fn hostile_files_are_refused() {
    let bomb: String =
        (0..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |mut text, at| {
            let aliases = vec![format!("*a{at}"); 10].join(", ");
            writeln!(text, "a{}: &a{} [{aliases}]", at + 1, at + 1).unwrap();
            text
        });
    for (what, text, expected) in [
        ("an alias bomb", bomb, "alias"),
        ("a scalar of 10 MB", format!("region: {}\n", "x".repeat(10_000_000)), "bytes"),
        ("a depth of 100,000", format!("vpcs: {}", "[".repeat(100_000)), "deep"),
        ("a depth of 100,000 by mappings", "{a: ".repeat(100_000), "deep"),
        ("two documents", "region: us-east-1\n---\nregion: us-east-1\n".to_owned(), "document"),
        ("no YAML", "region: [us-east-1\n".to_owned(), "error"),
        ("nothing", String::new(), "error"),
    ] {
        let problems = config::parse("hostile.yaml", &text).unwrap_err();
        let rendered = problems.render();
        assert!(rendered.contains(expected), "{what}: {}", &rendered[..rendered.len().min(2_000)]);
        assert!(rendered.len() < 20_000, "{what}: the message is short");
    }
}
