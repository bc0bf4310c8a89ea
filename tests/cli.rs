//! The command line as people and scripts use it: what it prints, how it exits, how a running server reloads and stops.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use assert_cmd::cargo::CommandCargoExt as _;

/// How long a change may take to show on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("cli-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit code, stdout, stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("plustwo")
        .unwrap()
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const VALID: &str = "region: us-east-1
health_checks:
  main: { id: 01234567-89ab-cdef-0123-456789abcdef }
hosted_zones:
  corp.internal:
    vpcs: [app]
    records:
      - { name: db, type: A, values: [10.0.1.9], set_identifier: a, failover_routing_policy: { type: PRIMARY }, health_check_id: main }
      - { name: db, type: A, values: [10.0.2.9], set_identifier: b, failover_routing_policy: { type: SECONDARY } }
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24 }
    vpc_endpoints:
      sns:
        id: vpce-0123456789abcdef0
        dns_name_hash: lj2wisx3
        service_name: sns
        subnets: { a: 10.0.1.50, b: 10.0.2.50 }
        private_dns_enabled: true
failover: instant
";

#[test]
fn check_summarises_a_valid_file() {
    let folder = Folder::new("check");
    let path = folder.write("valid.yaml", VALID);
    let (code, out, err) = run(&["check", &path]);
    assert_eq!((code, err.as_str()), (0, ""));
    let expected = format!(
        "{path} is valid: 1 VPC, 2 subnets, 1 interface endpoint, 0 gateway endpoints, 1 hosted zone, 0 instances in \
         us-east-1\n  app: the resolver is at 10.0.0.2, 169.254.169.253, fd00:ec2::253\n  app/sns: com.amazonaws.us-east-1.sns, in us-east-1a (use1-az1) us-east-1b (use1-az2), private DNS on\n    \
         vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com\n"
    );
    assert_eq!(out, expected);
}

#[test]
fn check_of_an_invalid_file_says_everything_and_exits_1() {
    let folder = Folder::new("invalid");
    let text = VALID
        .replace("service_name: sns", "service_name: snss")
        .replace("us-east-1b,", "us-west-1b,")
        .replace("cidr_block: 10.0.0.0/16", "cidr_block: 10.0.0.0/16\n    internet_gatway: true");
    let path = folder.write("invalid.yaml", &text);
    let (code, out, err) = run(&["check", &path]);
    assert_eq!((code, out.as_str()), (1, ""));
    for expected in [
        "did you mean `internet_gateway`?",
        "`us-west-1b` is not in us-east-1",
        "'snss' does not exist",
        "3 errors",
    ] {
        assert!(err.contains(expected), "{expected}:\n{err}");
    }
    assert!(err.contains(&format!("{path}:13:5")), "a place:\n{err}");
    let (code, out, _) = run(&["check", &path, "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["valid"]), (1, &false.into()));
    assert_eq!(json["problems"].as_array().unwrap().len(), 3);
}

#[test]
fn a_file_that_another_command_needs_and_is_invalid_exits_2() {
    let folder = Folder::new("exit2");
    let path = folder.write("invalid.yaml", "region: us-esat-1\n");
    let (code, _, err) = run(&["names", &path]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `us-east-1`?"), "{err}");
    let (code, _, err) = run(&["names", "/nowhere/missing.yaml"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot read `/nowhere/missing.yaml`"), "{err}");
    let (code, _, _) = run(&["no-such-command"]);
    assert_eq!(code, 2);
}

#[test]
fn zones_list_says_whose_each_is() {
    let folder = Folder::new("zones");
    let path = folder.write("valid.yaml", VALID);
    let (code, out, err) = run(&["zones", "list", &path]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> =
        out.lines().skip(1).map(|line| line.split_whitespace().skip(1).collect()).collect();
    let expected = [
        ["corp.internal.", "123456789012"],
        ["sns.us-east-1.amazonaws.com.", "vpce.amazonaws.com"],
    ];
    assert_eq!(lines, expected, "{out}");
    let (_, out, _) = run(&["zones", "list", &path, "--vpc", "app", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["HostedZoneSummaries"][0]["Owner"]["OwningAccount"], "123456789012");
    let (code, _, err) = run(&["zones", "list", &path, "--vpc", "ap"]);
    assert_eq!((code, err.contains("did you mean `app`?")), (2, true), "{err}");
}

#[test]
fn a_firewall_is_switched_while_the_server_runs() {
    let folder = Folder::new("firewall");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let (code, out, err) = server.run(&["firewall", "impair", "app"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.ends_with("DNS Firewall is impaired, and fails closed; it has no rules there\n"),
        "{out}"
    );
    assert_eq!(server.state("/firewalls/0/state"), "impaired");
    server.run(&["firewall", "restore", "app"]);
    assert_eq!(server.run(&["firewall", "list"]).1.lines().count(), 1);
    assert_eq!(server.state("/firewalls/0/state"), "available");
    assert_eq!(server.run(&["firewall", "impair", "ap"]).0, 2);
}

#[test]
fn names_in_every_shape() {
    let folder = Folder::new("names");
    let path = folder.write("valid.yaml", VALID);
    let (code, out, _) = run(&["names", &path]);
    assert_eq!(code, 0);
    assert_eq!(out.lines().count(), 5, "{out}");
    assert!(
        out.contains("vpce-0123456789abcdef0-lj2wisx3-us-east-1b.sns.us-east-1.vpce.amazonaws.com"),
        "{out}"
    );
    // R19, R20: the shape of describe-vpc-endpoints
    let (_, out, _) = run(&["names", &path, "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let endpoint = &json["VpcEndpoints"][0];
    assert_eq!(endpoint["VpcEndpointId"], "vpce-0123456789abcdef0");
    assert_eq!(endpoint["ServiceName"], "com.amazonaws.us-east-1.sns");
    assert_eq!(endpoint["DnsOptions"]["DnsRecordIpType"], "ipv4");
    let entries = endpoint["DnsEntries"].as_array().unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry["DnsName"].as_str().unwrap()).collect();
    assert_eq!(
        names.first(),
        Some(&"vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com")
    );
    assert_eq!(names.last(), Some(&"sns.us-east-1.amazonaws.com"));
    assert_eq!(entries[0]["HostedZoneId"], "Z7HUB22UULQXV");
    // R25: CloudFormation's attribute
    let (_, out, _) = run(&["names", &path, "--output", "cloudformation"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let first = json["app/sns"][0].as_str().unwrap();
    assert_eq!(
        first,
        "Z7HUB22UULQXV:vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com"
    );
}

#[test]
fn services_in_the_shape_of_describe_vpc_endpoint_services() {
    // R26
    let (code, out, _) = run(&["services", "monitoring", "--output", "json"]);
    assert_eq!(code, 0);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let service = &json["ServiceDetails"][0];
    assert_eq!(service["ServiceName"], "com.amazonaws.us-east-1.monitoring");
    assert_eq!(service["BaseEndpointDnsNames"][0], "monitoring.us-east-1.vpce.amazonaws.com");
    assert_eq!(service["PrivateDnsName"], service["PrivateDnsNames"][0]["PrivateDnsName"]);
    assert_eq!(service["PrivateDnsNames"].as_array().unwrap().len(), 4);
    let (_, out, _) = run(&["services", "iot.data", "--output", "json"]);
    assert!(!out.contains("PrivateDnsName"), "{out}");
    let (code, out, _) = run(&["services"]);
    assert_eq!((code, out.lines().count()), (0, 488));
    let (code, _, err) = run(&["services", "snss"]);
    assert_eq!(code, 2);
    assert!(err.contains("The Vpc Endpoint Service 'snss' does not exist"), "{err}");
}

#[test]
fn resolve_exits_by_the_answer() {
    let folder = Folder::new("resolve");
    let path = folder.write("valid.yaml", VALID);
    for (arguments, code, expected) in [
        (&["sns.us-east-1.amazonaws.com"][..], 0, "60 IN A 10.0.1.50"),
        (&["sns.us-east-1.amazonaws.com", "AAAA"], 0, "NOERROR"),
        (&["sns.us-east-1.amazonaws.com", "type1"], 0, "60 IN A 10.0.1.50"),
        (&["sns.us-east-1.amazonaws.com", "TYPE65280"], 0, " TYPE65280 from app: NOERROR"),
        (&["x.sns.us-east-1.amazonaws.com"], 1, "NXDOMAIN"),
        (&["sns.us-east-1.amazonaws.com", "--from", "internet"], 0, "60 IN A 192.0.2."),
        (&["sns.us-east-1.amazonaws.com", "--impaired", "us-east-1a"], 0, "60 IN A 10.0.2.50"),
        (&["sns.us-east-1.amazonaws.com", "--impaired", "use1-az1", "--explain"], 0, "left out"),
        (&["db.corp.internal", "--unhealthy", "main"], 0, "300 IN A 10.0.2.9"),
        (
            &["db.corp.internal", "--unhealthy", "main", "--explain"],
            0,
            "health check main is unhealthy",
        ),
        (&["sns.us-east-1.amazonaws.com", "--output", "json"], 0, "\"status\": \"NOERROR\""),
    ] {
        let mut all = vec!["resolve", "--topology", &path];
        all.extend(arguments);
        let (found, out, err) = run(&all);
        assert_eq!(found, code, "{arguments:?}\n{out}{err}");
        assert!(out.contains(expected), "{arguments:?}: {expected}\n{out}");
    }
    for (arguments, expected) in [
        (&["a.example", "--from", "app/c"][..], "did you mean"),
        (&["a.example", "--impaired", "us-east-1q"], "there is no Availability Zone `us-east-1q`"),
        (&["a.example", "--unhealthy", "mian"], "did you mean `main`?"),
        (&["a.example", "NONSENSE"], "is not a record type"),
        (&["a..example"], "is not a domain name"),
    ] {
        let mut all = vec!["resolve", "--topology", &path];
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(expected), "{arguments:?}: {expected}\n{err}");
    }
}

/// With an action, a trace asks the policies of the endpoint that its packet goes through.
#[test]
fn trace_asks_policies_of_the_way_it_takes() {
    let topology = "examples/bucket-locked-to-an-endpoint/topology.yaml";
    let asked = |more: &str| {
        let line = format!("trace --topology {topology} --to s3.us-east-1.amazonaws.com {more}");
        run(&line.split_whitespace().collect::<Vec<_>>())
    };
    let get = "--action s3:GetObject --resource arn:aws:s3:::ledger/k";
    for (more, code, said) in [
        (format!("--from app/worker {get}"), 0, "through app/s3: allowed"),
        (format!("--from app/bastion {get}"), 1, "through no endpoint: denied"),
        // nothing arrives, so that nothing is asked
        (format!("--from app/worker --impaired us-east-1a {get}"), 1, "BAD_STATE"),
        ("--from app/worker --action s3:GetObject".to_owned(), 2, "--resource <ARN>"),
        ("--from app/worker --resource arn:aws:s3:::ledger/k".to_owned(), 2, "--action <ACTION>"),
        (format!("--from app/worker {get} --principal ann"), 2, "`ann` is no principal"),
    ] {
        let (found, out, err) = asked(&more);
        assert_eq!(found, code, "{more}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{more}: {said}\n{out}{err}");
    }
    let (_, out, _) = asked(&format!("--from app/worker {get} --output json"));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["decisions"][0]["allowed"], true);
    let (_, out, _) =
        asked(&format!("--from app/worker --impaired us-east-1a {get} --output json"));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["decisions"], serde_json::json!([null]));
}

/// 0 allowed, 1 denied, 2 no such request; what is wrong with it is said.
#[test]
fn policy_exits_by_the_decision() {
    let topology = "examples/bucket-locked-to-an-endpoint/topology.yaml";
    let asked = |more: &str| {
        let line = format!("policy --topology {topology} --action s3:GetObject {more}");
        run(&line.split_whitespace().collect::<Vec<_>>())
    };
    let ledger = "--resource arn:aws:s3:::ledger/k";
    for (more, code, said) in [
        (format!("{ledger} --from app/worker --endpoint app/s3"), 0, ": allowed"),
        (
            format!("{ledger} --from app/worker --endpoint vpce-0a22222222222222a"),
            0,
            "app/s3: allowed",
        ),
        (format!("{ledger} --from app/bastion"), 1, ": denied"),
        (format!("{ledger} --from internet"), 1, "from internet through no endpoint: denied"),
        (
            format!("{ledger} --endpoint app/s4"),
            2,
            "there is no endpoint `app/s4`: did you mean `app/s3`?",
        ),
        (
            format!("{ledger} --endpoint app/sqs"),
            2,
            "the endpoint is for `sqs`, which has no action",
        ),
        (format!("{ledger} --from internet --endpoint app/s3"), 2, "(N75)"),
        (format!("{ledger} --principal ann"), 2, "`ann` is no principal"),
        (format!("{ledger} --context aws:PrincipalOrgID"), 2, "is no condition key and value"),
        ("--resource ledger".to_owned(), 2, "`ledger` is no ARN"),
        (format!("--resource arn:aws:s3:::{}", "k".repeat(3000)), 2, "is no ARN"),
        (format!("{ledger} --identity perhaps"), 2, "invalid value"),
    ] {
        let (found, out, error) = asked(&more);
        assert_eq!(found, code, "{more}: {out}{error}");
        assert!(out.contains(said) || error.contains(said), "{more}: {out}{error}");
    }
    let (code, out, _) = asked(&format!("{ledger} --from app/bastion --output json"));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["allowed"]), (1, &serde_json::json!(false)));
    assert_eq!(json["policies"][0]["sid"], "OnlyThroughTheEndpoint");
    let condition = &json["policies"][0]["statements"][0];
    assert_eq!(
        (&condition["applies"], &condition["misfit"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(json["context"]["aws:SourceIp"], serde_json::json!(["203.0.113.25"]));
}

#[test]
fn trace_exits_by_whether_it_gets_there_and_back() {
    let folder = Folder::new("trace");
    let path = folder.write("valid.yaml", VALID);
    for (arguments, expected, said) in [
        (
            &["--from", "app/a", "--to", "sns.us-east-1.amazonaws.com"][..],
            0,
            "AVAILABILITY_ZONE_CROSSED",
        ),
        (
            &["--from", "app/a", "--to", "10.0.1.50", "--protocol", "icmp"],
            1,
            "PROTOCOL_RESTRICTION",
        ),
        (&["--from", "app/a", "--to", "10.0.0.2:53", "--protocol", "udp"], 0, "\n  reachable\n"),
        (&["--from", "internet", "--to", "10.0.1.50"], 1, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"),
        (&["--from", "app/a", "--to", "nosuch.invalid"], 1, "no address: NXDOMAIN"),
        (
            &["--from", "app/a", "--to", "sns.us-east-1.amazonaws.com", "--impaired", "us-east-1b"],
            0,
            "app/a: 10.0.1.50\n",
        ),
        // everything in the AZ is cut off, the asker too
        (
            &["--from", "app/a", "--to", "sns.us-east-1.amazonaws.com", "--impaired", "us-east-1a"],
            1,
            "EMU_AZ_IMPAIRED",
        ),
        (&["--from", "app", "--to", "10.0.1.50"], 2, "`app` is no place"),
        (&["--from", "app/a", "--to", "app/b"], 2, "`app/b` is no destination"),
        (
            &["--from", "app/a", "--to", "10.0.1.50", "--source-address", "10.0.2.9"],
            2,
            "not in subnet `a`",
        ),
        (&["--from", "app/a", "--to", "10.0.1.50:80", "--protocol", "icmp"], 2, "has a port"),
        (
            &["--from", "app/a", "--to", "10.0.1.50", "--impaired", "us-east-1z"],
            2,
            "there is no Availability Zone",
        ),
    ] {
        let mut all = vec!["trace", "--topology", &path];
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}\n{out}{err}");
    }
    let arguments =
        ["trace", "--topology", &path, "--from", "app/a", "--to", "10.0.1.50", "--output", "json"];
    let (code, out, _) = run(&arguments);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["NetworkInsightsAnalyses"][0]["NetworkPathFound"]), (0, &true.into()));
}

/// Flow logs of [`VALID`].
const FLOW_LOGS: &str = "flow_logs:
  all: { vpc: app, traffic_type: ALL, log_group_name: all }
  files: { subnet: app/a, traffic_type: ACCEPT, log_destination_type: s3, log_destination: logs }
";

#[test]
fn flows_exits_by_whether_there_are_records() {
    let folder = Folder::new("flows");
    let path = folder.write("plain.yaml", VALID);
    let logged = folder.write("logged.yaml", &format!("{VALID}{FLOW_LOGS}"));
    let at = "2018-06-20T16:20:00Z";
    let from = ["--from", "app/a", "--to"];
    for (topology, arguments, expected, said) in [
        (&path, &["sns.us-east-1.amazonaws.com"][..], 2, "the topology has no `flow_logs`"),
        (
            &logged,
            &["sns.us-east-1.amazonaws.com", "--at", at],
            0,
            " 443 6 4 336 1529511600 1529511600 ACCEPT OK\n",
        ),
        (
            &logged,
            &["10.0.1.50:22", "--at", "1529511600"],
            0,
            " 22 6 4 336 1529511600 1529511600 ACCEPT OK\n",
        ),
        (&logged, &["10.0.0.2:53", "--protocol", "udp"], 1, ""),
        (&logged, &["nosuch.invalid"], 1, "no address: NXDOMAIN"),
        (
            &logged,
            &["10.0.1.50", "--flow-log", "al"],
            2,
            "there is no flow log `al`: did you mean `all`?",
        ),
        (
            &logged,
            &["10.0.1.50", "--at", "yesterday"],
            2,
            "`yesterday` is no time: expected one such as",
        ),
        (&logged, &["10.0.1.50", "--duration", "86401"], 2, "86401 is not in 0..=86400"),
        (
            &logged,
            &["10.0.1.50", "--flow-log", "all", "--deliver"],
            2,
            "flow log `all`: no `endpoint_url` for CloudWatch Logs",
        ),
        (
            &logged,
            &["10.0.1.50:22", "--flow-log", "files", "--deliver"],
            0,
            "delivered 2 records to ",
        ),
    ] {
        let mut all = vec!["flows", "--topology", topology];
        all.extend(from);
        all.extend(arguments);
        let (code, out, err) = run(&all);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}\n{out}{err}");
    }
}

#[test]
fn flows_knows_what_is_too_much_and_when_records_are_delivered() {
    let folder = Folder::new("flows-time");
    let logged = folder.write("logged.yaml", &format!("{VALID}{FLOW_LOGS}"));
    let at = "2018-06-20T16:20:00Z";
    for (arguments, expected, said) in [
        (
            &["10.0.1.50", "--packets", "1", "--bytes", "65536"][..],
            2,
            "65536 octets in these packets: expected at most 65535",
        ),
        (
            &["10.0.1.50", "--at", "18446744073709551615"],
            2,
            "18446744073709551615 seconds since 1970: expected at most 253370764799",
        ),
        (
            &["10.0.1.50:22", "--flow-log", "files", "--at", at, "--deliver"],
            0,
            ".log.gz, as AWS would about 2018-06-20T16:40:00Z\n",
        ),
        (&["10.0.1.50", "--at", at, "--delivered-by", "2018-06-20T16:34:59Z"], 1, ""),
        (&["10.0.1.50", "--at", at, "--delivered-by", "2018-06-20T16:35:00Z"], 0, " ACCEPT OK\n"),
    ] {
        let all =
            [&["flows", "--topology", &logged, "--from", "app/a", "--to"], arguments].concat();
        let (code, out, err) = run(&all);
        assert_eq!(code, expected, "{arguments:?}\n{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{arguments:?}\n{out}{err}");
    }
}

#[test]
fn flows_shows_a_flow_log_as_describe_flow_logs_does() {
    let folder = Folder::new("flows-json");
    let logs = "flow_logs: { all: { vpc: app, traffic_type: ALL, log_group_name: all } }\n";
    let logged = folder.write("logged.yaml", &format!("{VALID}{logs}"));
    let arguments = [
        "flows",
        "--topology",
        &logged,
        "--from",
        "app/a",
        "--to",
        "10.0.1.50",
        "--output",
        "json",
    ];
    let (code, out, _) = run(&arguments);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let flow_log = &json["FlowLogs"][0]["FlowLog"];
    assert_eq!((code, &flow_log["LogGroupName"]), (0, &"all".into()));
}

#[test]
fn a_dead_upstream_is_said_to_be_why() {
    // bound, and silent
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new("dead");
    let address = upstream.local_addr().unwrap();
    let text = format!("{VALID}public_dns: {{ upstream: [\"{address}\"] }}\n");
    let path = folder.write("valid.yaml", &text);
    let (code, out, _) = run(&["resolve", "example.com", "--topology", &path, "--explain"]);
    assert_eq!(code, 1);
    assert!(out.contains("SERVFAIL"), "{out}");
    assert!(
        out.contains("gave no usable answer in time, so the answer is SERVFAIL (R86)"),
        "{out}"
    );
}

#[test]
fn the_checked_in_schema_is_the_one_that_is_printed() {
    let (code, out, _) = run(&["schema"]);
    assert_eq!(code, 0);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/topology.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &out).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap(), out, "UPDATE=1 writes it");
}

/// A running server.
struct Serve {
    process: Child,
    dns: String,
    api: String,
}

impl Serve {
    fn start(topology: &str) -> Self {
        let mut process = Command::cargo_bin("plustwo")
            .unwrap()
            .args([
                "serve",
                topology,
                "--dns",
                "127.0.0.1:0",
                "--api",
                "127.0.0.1:0",
                "--log-format",
                "json",
            ])
            .stdout(Stdio::piped())
            // nobody reads it, and a full pipe would halt the server
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut find =
            |start| lines.find_map(|line| line.strip_prefix(start).map(str::to_owned)).unwrap();
        let (dns, api) = (find("dns udp+tcp "), find("api "));
        Self { process, dns, api }
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut all = arguments.to_vec();
        all.extend(["--api", &self.api]);
        run(&all)
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    fn state(&self, pointer: &str) -> serde_json::Value {
        let (code, out, err) = self.run(&["state", "--output", "json"]);
        assert_eq!(code, 0, "{err}");
        let state: serde_json::Value = serde_json::from_str(&out).unwrap();
        state.pointer(pointer).cloned().unwrap_or_default()
    }

    /// Waits until the API takes no new calls: it is stopping.
    #[expect(clippy::disallowed_methods, reason = "a bound on real waiting")]
    fn refuses_calls(&self, address: &str) {
        let start = Instant::now();
        while TcpStream::connect(address).is_ok() {
            assert!(start.elapsed() < PATIENCE, "{} still takes calls", self.api);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a value of the state is as expected.
    #[expect(clippy::disallowed_methods, reason = "a bound on real waiting")]
    fn wait_for(&self, pointer: &str, expected: u64) {
        let start = Instant::now();
        while self.state(pointer) != expected {
            assert!(
                start.elapsed() < PATIENCE,
                "{pointer} is {}, not {expected}",
                self.state(pointer)
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

#[test]
fn a_running_server_is_steered() {
    let folder = Folder::new("steer");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let (code, out, _) = server.run(&["az", "impair", "us-east-1a"]);
    assert_eq!((code, out.as_str()), (0, "us-east-1a (use1-az1) is impaired; DNS has noticed\n"));
    let (code, _, err) = server.run(&["az", "impair", "us-east-1z"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no Availability Zone `us-east-1z`"), "{err}");
    let (code, out, _) = server.run(&["endpoint", "set", "sns", "--private-dns", "off"]);
    assert_eq!(code, 0);
    assert!(out.ends_with("private DNS off\n"), "{out}");
    let (code, out, _) = server.run(&["endpoint", "list"]);
    assert_eq!((code, out.lines().count()), (0, 1));
    let line = |status| format!("main (01234567-89ab-cdef-0123-456789abcdef) is {status}\n");
    let (code, out, _) = server.run(&["health-check", "list"]);
    assert_eq!((code, out), (0, line("healthy")));
    let (code, out, _) = server.run(&["health-check", "set", "main", "unhealthy"]);
    assert_eq!((code, out), (0, line("unhealthy")));
    let (code, _, err) = server.run(&["health-check", "set", "mian", "unhealthy"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no health check `mian`: did you mean `main`?"), "{err}");
    let (code, out, _) = server.run(&["state"]);
    assert_eq!(code, 0);
    assert!(out.contains(&format!("health check: {}", line("unhealthy"))), "{out}");
    assert!(out.contains("fault: us-east-1a (use1-az1) is impaired"), "{out}");
    let (code, _, err) = run(&["state", "--api", "http://127.0.0.1:9"]);
    assert_eq!(code, 2);
    assert!(err.contains("no plustwo server at http://127.0.0.1:9"), "{err}");
}

/// Something that answers HTTP at any path, one connection after the other, and is no plustwo server.
fn stranger(status: &str, body: &str) -> String {
    let length = body.len();
    let reply =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            _ = connection.read(&mut [0; 4096]);
            _ = connection.write_all(reply.as_bytes());
        }
    });
    url
}

#[test]
fn queries_and_changes_are_watched() {
    let folder = Folder::new("watch");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let watch = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("plustwo").unwrap();
        command.args(["watch", "--api", &server.api]).args(arguments);
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let ask = UdpSocket::bind("127.0.0.1:0").unwrap();
    ask.connect(&server.dns).unwrap();
    ask.set_read_timeout(Some(PATIENCE)).unwrap();
    let query =
        b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x03sns\x09us-east-1\x09amazonaws\x03com\0\0\x01\0\x01";
    for (arguments, expected) in [
        (&["--count", "1"][..], " app sns.us-east-1.amazonaws.com. A NOERROR 10.0."),
        (&["--count", "1", "--output", "json"], r#"{"type":"query","at":""#),
    ] {
        let mut process = watch(arguments);
        // until it listens
        while process.try_wait().unwrap().is_none() {
            ask.send(query).unwrap();
            ask.recv(&mut [0; 512]).unwrap();
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = process.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{out}");
        assert!(out.lines().any(|line| line.contains(expected)), "{expected}: {out}");
    }

    let mut process = watch(&[]);
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = std::thread::scope(|scope| {
        // a query of before may still be told
        let changed = |line: &String| line.contains(" changed ");
        let line = scope.spawn(move || lines.map(Result::unwrap).find(changed).unwrap());
        while !line.is_finished() {
            server.run(&["az", "impair", "us-east-1a"]);
        }
        line.join().unwrap()
    });
    assert!(
        line.ends_with(" - - - changed us-east-1a is impaired, DNS takes it as impaired"),
        "{line}"
    );
    process.kill().unwrap();
    process.wait().unwrap();
    let (code, out, err) = run(&["watch", "--api", "http://127.0.0.1:9"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no plustwo server at http://127.0.0.1:9"), "{err}");
}

#[test]
fn what_is_no_plustwo_server_is_not_taken_for_one() {
    for (status, body) in
        [("200 OK", "hello"), ("200 OK", "[]"), ("302 Found", ""), ("502 Bad Gateway", "")]
    {
        let url = stranger(status, body);
        let expected = format!("({status})");
        for arguments in [&["state"][..], &["endpoint", "list"], &["az", "impair", "us-east-1a"]] {
            let mut all = arguments.to_vec();
            all.extend(["--api", &url]);
            let (code, out, err) = run(&all);
            assert_eq!((code, out.as_str()), (2, ""), "{arguments:?} {expected}");
            assert!(err.contains("is not a plustwo server") && err.contains(&expected), "{err}");
        }
    }
    let (code, _, err) = run(&["state", "--api", "localhost:5380"]);
    assert_eq!(code, 2);
    assert!(err.contains("`localhost:5380` is not the URL of an API"), "{err}");
}

#[test]
fn the_proxy_of_the_environment_is_not_asked_for_the_api() {
    let folder = Folder::new("proxy");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let proxy = stranger("502 Bad Gateway", "");
    let output = Command::cargo_bin("plustwo")
        .unwrap()
        .args(["state", "--api", &server.api])
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, proxy.as_str())))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_name_is_one_segment_of_a_path_whatever_it_holds() {
    let folder = Folder::new("segment");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    for name in ["?x", "us/east", "us east", "%41", "\u{fc}"] {
        let (code, _, err) = server.run(&["az", "impair", name]);
        assert_eq!(code, 2);
        assert!(err.contains(&format!("there is no Availability Zone `{name}`")), "{name}: {err}");
    }
    let (code, _, err) = server.run(&["endpoint", "set", "app/sns", "--private-dns", "off"]);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn a_list_longer_than_ten_megabytes_is_read() {
    let folder = Folder::new("long");
    let endpoint = |n| format!("e{n}: {{ service_name: sns, subnets: [a] }}");
    let endpoints = (0..200).map(endpoint).collect::<Vec<_>>().join(", ");
    let vpc = |n| {
        let subnets = format!("a: {{ availability_zone: us-east-1a, cidr_block: 10.{n}.0.0/20 }}");
        format!(
            "  v{n}: {{ cidr_block: 10.{n}.0.0/16, subnets: {{ {subnets} }}, vpc_endpoints: {{ {endpoints} }} }}\n"
        )
    };
    let text =
        format!("region: us-east-1\nvpcs:\n{}", (0..60).map(vpc).collect::<Vec<_>>().concat());
    let server = Serve::start(&folder.write("long.yaml", &text));
    let (code, out, err) = server.run(&["endpoint", "list"]);
    assert_eq!((code, out.lines().count()), (0, 12_000), "{err}");
}

#[test]
fn a_call_that_is_under_way_at_sigterm_is_still_answered() {
    // an upstream that answers when it is told to
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    let text =
        format!("{VALID}public_dns: {{ upstream: [\"{}\"] }}\n", upstream.local_addr().unwrap());
    let folder = Folder::new("drain");
    let mut server = Serve::start(&folder.write("valid.yaml", &text));
    let address = server.api.strip_prefix("http://").unwrap().to_owned();
    let mut call = TcpStream::connect(&address).unwrap();
    call.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = r#"{"name":"example.com","type":"A"}"#;
    write!(
        call,
        "POST /v1/resolve HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut query = [0; 512];
    upstream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (length, asker) = upstream.recv_from(&mut query).unwrap();
    server.signal("TERM");
    server.refuses_calls(&address);
    // the question echoed, and an A record of the same owner: 192.0.2.55 for 60 s
    let end = 12 + query[12..length].iter().position(|byte| *byte == 0).unwrap() + 5;
    let header = [query[0], query[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 55];
    upstream.send_to(&[&header, &query[12..end], &record].concat(), asker).unwrap();
    let mut reply = [0; 4096];
    let length = call.read(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply[..length]);
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("192.0.2.55"), "{reply}");
    assert!(server.process.wait().unwrap().success());
}

#[test]
fn a_changed_file_is_reloaded_and_a_mistake_in_it_changes_nothing() {
    let folder = Folder::new("reload");
    let path = folder.write("valid.yaml", VALID);
    let server = Serve::start(&path);
    assert_eq!(server.state("/counts/interface_endpoints"), 1);
    server.run(&["az", "impair", "us-east-1a"]);
    // by itself
    let second = "      sqs: { service_name: sqs, subnets: [a], private_dns_enabled: true }\nfailover: instant\n";
    folder.write("valid.yaml", &VALID.replace("failover: instant\n", second));
    server.wait_for("/counts/interface_endpoints", 2);
    assert_eq!(server.state("/faults/0/observed"), "impaired", "faults outlive a reload");
    // a mistake
    folder.write("valid.yaml", &VALID.replace("10.0.1.0/24", "10.0.0.0/33"));
    server.wait_for("/counters/failed_reloads", 1);
    assert_eq!(server.state("/counts/interface_endpoints"), 2);
    // asked for
    server.signal("HUP");
    server.wait_for("/counters/failed_reloads", 2);
    folder.write("valid.yaml", VALID);
    server.wait_for("/counts/interface_endpoints", 1);
}

#[test]
fn an_inbound_endpoint_comes_and_goes_with_the_file_or_the_file_is_refused() {
    let listening = |address: &str| {
        let endpoint = format!(
            "    resolver_endpoints:\n      in: {{ direction: INBOUND, ip_addresses: [{{ subnet: a, listen: \"{address}\" }}, {{ subnet: a }}] }}\n    vpc_endpoints:"
        );
        VALID.replace("    vpc_endpoints:", &endpoint)
    };
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new("inbound");
    let path = folder.write("valid.yaml", VALID);
    let server = Serve::start(&path);
    folder.write("valid.yaml", &listening(&address));
    server.signal("HUP");
    server.wait_for("/counters/failed_reloads", 1);
    assert_eq!(server.state("/generation"), 1);
    let put = |text: &str| {
        let mut call = TcpStream::connect(server.api.trim_start_matches("http://")).unwrap();
        let head = "PUT /v1/topology HTTP/1.1\r\nHost: localhost\r\nConnection: close";
        write!(call, "{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        let mut reply = String::new();
        call.read_to_string(&mut reply).unwrap();
        reply
    };
    let reply = put(&listening(&address));
    assert!(reply.starts_with("HTTP/1.1 409"), "{reply}");
    assert!(reply.contains(&format!("cannot listen on udp {address}: ")), "{reply}");
    // what was in its way is gone
    drop(taken);
    server.signal("HUP");
    server.wait_for("/generation", 2);
    let asked = TcpStream::connect(&address);
    assert!(asked.is_ok(), "it listens");
    assert!(put(VALID).starts_with("HTTP/1.1 200"));
    server.refuses_calls(&address);
}

#[test]
fn sigterm_ends_it_with_success() {
    let folder = Folder::new("term");
    let mut server = Serve::start(&folder.write("valid.yaml", VALID));
    server.signal("TERM");
    assert!(server.process.wait().unwrap().success());
}

#[test]
fn an_address_in_use_is_named() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, err) = run(&["serve", "--dns", &address, "--api", "127.0.0.1:0", "--log", "off"]);
    assert_eq!(code, 2);
    assert!(err.contains(&format!("cannot listen on udp {address}")), "{err}");
}

/// A topology that logs to a file beside it, to the standard output and to the API.
const LOGGING: &str = "resolver_query_log_configs:
  kept: { destination: { file: { path: query.log } }, vpcs: [app] }
  shown: { destination: { stdout: {} }, vpcs: [app] }
  streamed: { destination: { events: {} }, vpcs: [app] }
";

#[test]
fn serve_says_where_queries_are_logged_and_writes_all_before_it_ends() {
    let folder = Folder::new("query-log");
    let topology = folder.write("valid.yaml", &format!("{VALID}{LOGGING}"));
    let mut process = Command::cargo_bin("plustwo")
        .unwrap()
        .args(["serve", &topology, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--log", "off"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let head: Vec<String> = lines.by_ref().take(6).collect();
    let [dns, _, kept, shown, streamed, _] = head.try_into().unwrap();
    let file = folder.0.join("query.log");
    assert_eq!(kept, format!("query-log:kept {}", file.display()));
    assert_eq!(shown, "query-log:shown stdout");
    assert_eq!(streamed, "query-log:streamed GET /v1/query-log");
    // `test.`, A, RD
    let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04test\x00\x00\x01\x00\x01";
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(query, dns.strip_prefix("dns udp+tcp ").unwrap()).unwrap();
    assert!(socket.recv(&mut [0; 512]).unwrap() > 12);
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert!(process.wait().unwrap().success());
    let printed: Vec<String> = lines.collect();
    assert_eq!(printed.len(), 1, "{printed:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", printed[0]));
    let line: serde_json::Value = serde_json::from_str(&printed[0]).unwrap();
    assert_eq!(line["query_name"], "test.");
    let date = line["query_timestamp"].as_str().unwrap();
    assert!(date.starts_with("20") && date.ends_with('Z') && date.len() == 20, "{date}");
    let (code, out, _) = run(&["check", &topology]);
    assert_eq!(code, 0);
    assert!(out.contains("query log shown: app to stdout"), "{out}");
}

#[test]
fn a_query_log_that_cannot_be_written_is_named_at_once() {
    let folder = Folder::new("no-query-log");
    let text = LOGGING.replace("query.log", "nowhere/query.log");
    let topology = folder.write("valid.yaml", &format!("{VALID}{text}"));
    let (code, _, err) =
        run(&["serve", &topology, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--log", "off"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot write the query log `kept`"), "{err}");
}

#[test]
fn an_import_is_a_valid_topology_and_strict_is_about_what_it_lacks() {
    let folder = Folder::new("import");
    let path = folder.0.join("t.yaml").display().to_string();
    let (code, out, err) = run(&["import", "aws", "examples/import/dump", "--file", &path]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(
        err,
        "describe-network-interfaces.json: eni-0a1b2c3d4e5f60009: an interface of type `lambda` (10.0.1.60) of nothing a \
         topology has\nexamples/import/dump: 1 VPC, 1 interface endpoint; 1 thing not carried over as it is\n"
    );
    assert_eq!(run(&["check", &path]).0, 0);
    let strict = ["import", "aws", "examples/import/dump", "--strict", "--file", &path];
    assert_eq!(run(&strict).0, 1);
    let (code, out, _) = run(&["import", "aws", "examples/import/dump"]);
    assert_eq!((code, out), (0, fs::read_to_string(&path).unwrap()));
    let state = folder.write("state", "{\"version\": 3}");
    let (code, out, err) = run(&["import", "terraform", &state]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("not a state of Terraform's: it is of version 3"), "{err}");
}

#[test]
fn an_import_for_programs() {
    let folder = Folder::new("import-json");
    let path = folder.0.join("t.yaml").display().to_string();
    let json = |args: &[&str]| {
        let (code, out, err) = run(args);
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        (code, value, err)
    };
    let dump = ["import", "aws", "examples/import/dump", "--output", "json"];
    let (code, value, err) = json(&dump);
    assert_eq!((code, err.as_str()), (0, ""));
    let note = serde_json::json!({
        "file": "describe-network-interfaces.json",
        "id": "eni-0a1b2c3d4e5f60009",
        "message": "an interface of type `lambda` (10.0.1.60) of nothing a topology has",
    });
    assert_eq!(value["not_carried_over"], serde_json::json!([note]));
    // JSON is a topology file too, and of the same topology
    let as_json = folder.write("t.json", &value["topology"].to_string());
    let (code, names, _) = run(&["names", &as_json]);
    assert_eq!(code, 0);
    assert_eq!(run(&["names", "examples/import/dump"]).1, names);
    // what goes to a file is not printed
    let (code, value, _) = json(&[&dump[..], &["--strict", "--file", &path]].concat());
    assert_eq!((code, value.get("topology")), (1, None));
    assert_eq!(run(&["names", &path]).1, names);
    // a dump that cannot be read
    let broken = folder.write("broken.json", "{\"Vpcs\": [");
    let (code, value, err) = json(&["import", "terraform", &broken, "--output", "json"]);
    assert_eq!(code, 2);
    let first = &value["problems"][0];
    assert!(first["message"].as_str().unwrap().contains("the JSON ends too early"), "{value}");
    assert!(err.contains("the JSON ends too early"), "{err}");
}

#[test]
fn a_folder_is_taken_in_place_of_a_topology_file() {
    let dump = "examples/import/dump";
    let counted =
        format!("{dump}: 1 thing not carried over as it is; `plustwo check {dump}` lists all\n");
    let (code, out, err) = run(&["names", dump]);
    assert_eq!((code, err.as_str()), (0, counted.as_str()));
    assert!(out.contains("vpce-0a1b2c3d4e5f60001-0h4w5u94-us-east-1b.sqs.us-east-1.vpce"), "{out}");
    let (code, out, _) =
        run(&["resolve", "sqs.us-east-1.amazonaws.com", "--topology", dump, "--from", "shop"]);
    assert!(code == 0 && out.contains("10.0.1.50") && out.contains("10.0.2.50"), "{out}");
    let (code, out, err) = run(&["check", dump]);
    assert_eq!(code, 0);
    assert!(out.starts_with(&format!("{dump} is valid: 1 VPC, 2 subnets")), "{out}");
    assert!(
        err.starts_with("describe-network-interfaces.json: eni-0a1b2c3d4e5f60009: an interface"),
        "{err}"
    );
    let (_, out, _) = run(&["check", dump, "--output", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let lambda = "describe-network-interfaces.json";
    assert_eq!(value["not_carried_over"][0]["file"], lambda, "{out}");
    assert_eq!(value["not_carried_over"].as_array().map(Vec::len), Some(1), "{out}");
    let (code, _, err) = run(&["check", "no/such/folder"]);
    assert_eq!(code, 1);
    assert!(err.contains("cannot read `no/such/folder`"), "{err}");
}

#[test]
fn a_served_folder_is_reloaded() {
    let folder = Folder::new("serve-import");
    for entry in fs::read_dir("examples/import/dump").unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.0.join(entry.file_name())).unwrap();
    }
    let server = Serve::start(&folder.0.display().to_string());
    assert_eq!(server.state("/counts/subnets"), 2);
    let file = "describe-subnets.json";
    let text = fs::read_to_string(folder.0.join(file)).unwrap();
    let third = text.replacen(
        "\"Subnets\": [",
        "\"Subnets\": [{\"SubnetId\": \"subnet-0a1b2c3d4e5f6000c\", \"VpcId\": \"vpc-0a1b2c3d4e5f60001\", \
         \"CidrBlock\": \"10.0.3.0/24\", \"AvailabilityZone\": \"us-east-1c\"},",
        1,
    );
    folder.write(file, &third);
    server.wait_for("/counts/subnets", 3);
    // cut off
    folder.write(file, &third[..third.len() / 2]);
    server.wait_for("/counters/failed_reloads", 1);
    assert_eq!(server.state("/counts/subnets"), 3);
}
