//! `plustwo policy`.

use crate::{Folder, run};

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
        (
            format!("{ledger} --principal arn:aws:sts::123456789012:assumed-role/batch"),
            2,
            "`arn:aws:sts::123456789012:assumed-role/batch` is no principal",
        ),
        (format!("{ledger} --context aws:PrincipalOrgID"), 2, "is no condition key and value"),
        (
            format!("{ledger} --context aws:CurrentTime=tomorrow"),
            2,
            "`tomorrow` is no value of `aws:CurrentTime`: expected a date such as `2026-01-31T12:00:00Z`, or seconds since 1970",
        ),
        (
            format!("{ledger} --context aws:sourceip=192.0.2.1 --context aws:sourceip=here"),
            2,
            "`here` is no value of `aws:sourceip`: expected an address, such as",
        ),
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

/// What a trace knows of the address that a request is seen from, its policies are asked with. N255
#[test]
fn trace_gives_policies_the_address_that_is_seen() {
    let bucket = |name: &str, key: &str, block: &str| {
        format!(
            "  {name}: {{ policy: {{ Statement: {{ Effect: Deny, Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::{name}/*', \
             Condition: {{ NotIpAddress: {{ 'aws:{key}': '{block}' }} }} }} }} }}\n"
        )
    };
    let topology = [
        r#"
region: us-east-1
account_id: "123456789012"
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    ipv6_cidr_block: 2001:db8:1::/56
    internet_gateway: true
    egress_only_internet_gateway: true
    subnets:
      private: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24, ipv6_cidr_block: 2001:db8:1:1::/64, route_table: private }
      public: { availability_zone: us-east-1a, cidr_block: 10.0.2.0/24, route_table: public }
      locked: { availability_zone: us-east-1a, cidr_block: 10.0.3.0/24, route_table: locked }
    nat_gateways: { nat: { subnet: public, public_ip: 203.0.113.99 } }
    instances: { worker: { subnet: private, private_ip: 10.0.1.10, ipv6_address: "2001:db8:1:1::10" } }
    route_tables:
      main: { main: true }
      private: { routes: [{ destination: 0.0.0.0/0, target: { nat_gateway: nat } }, { destination: "::/0", target: egress_only_internet_gateway }] }
      public: { routes: [{ destination: 0.0.0.0/0, target: internet_gateway }] }
      locked: {}
    vpc_endpoints: { s3: { service_name: s3, vpc_endpoint_type: Gateway, route_tables: [locked] } }
s3_buckets:
"#,
        &bucket("nat", "SourceIp", "203.0.113.99"),
        &bucket("six", "SourceIp", "2001:db8:1::/56"),
        &bucket("inside", "VpcSourceIp", "10.0.3.0/24"),
    ]
    .concat();
    let folder = Folder::new("seen");
    let file = folder.write("topology.yaml", &topology);
    for (from, to, bucket, code, said) in [
        ("app/worker", "s3.us-east-1.amazonaws.com", "nat", 0, "aws:SourceIp is 203.0.113.99"),
        ("app/worker", "s3.us-east-1.amazonaws.com", "six", 1, "aws:SourceIp is 203.0.113.99"),
        ("app/worker", "2600:1f00::1", "six", 0, "aws:SourceIp is 2001:db8:1:1::10"),
        ("app/locked", "s3.us-east-1.amazonaws.com", "inside", 0, "aws:VpcSourceIp is 10.0.3."),
    ] {
        let line = format!(
            "trace --topology {file} --from {from} --to {to} --action s3:GetObject --resource arn:aws:s3:::{bucket}/key"
        );
        let (found, out, error) = run(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(found, code, "{line}: {out}{error}");
        assert!(out.contains(said), "{line}: {out}{error}");
    }
}
