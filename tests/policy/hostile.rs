//! Documents that somebody made to hurt: they are refused, or read in reasonable time, and never a panic.

use plustwo::{
    config,
    policy::{Subject, evaluate, read},
};
use serde_json::{Value, json};

use crate::table::request;

const SUBJECT: Subject<'_> = Subject::Endpoint { service: None, gateway: false };

/// What is said of a policy that an endpoint of a topology has as text.
fn said(policy: &str) -> String {
    let text = serde_json::to_string(policy).unwrap();
    let topology = format!(
        "region: us-east-1\nvpcs: {{ v: {{ cidr_block: 10.0.0.0/16, route_tables: {{ t: {{ main: true }} }}, vpc_endpoints: {{ s3: {{ \
         service_name: s3, vpc_endpoint_type: Gateway, route_tables: [t], policy: {text} }} }} }} }}\n"
    );
    match config::parse("topology.yaml", &topology) {
        Ok(_) => "valid".to_owned(),
        Err(problems) => {
            problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
        }
    }
}

const GOOD: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

#[test]
fn the_good_one_is_valid() {
    assert_eq!(said(GOOD), "valid");
}

#[test]
fn cut_anywhere() {
    for end in 0..GOOD.len() {
        let said = said(&GOOD[..end]);
        assert!(said.starts_with("the policy is not a JSON object"), "{end}: {said}");
    }
}

#[test]
fn nested_deeply() {
    for depth in [100, 1000, 9000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let policy = GOOD.replace(r#""Action":"*""#, &format!(r#""Action":{lists}"#));
        assert_ne!(said(&policy), "valid", "{depth}");
        let objects = format!("{}1{}", r#"{"a":"#.repeat(depth / 3), "}".repeat(depth / 3));
        let policy = GOOD.replace(r#""Action":"*""#, &format!(r#""Action":{objects}"#));
        assert_ne!(said(&policy), "valid", "{depth}");
    }
}

#[test]
fn longer_than_a_policy_may_be() {
    let policy = GOOD.replace("\"*\"}", &format!("\"arn:{}\"}}", "a".repeat(30_000)));
    let said = said(&policy);
    assert!(said.contains("characters: at most 20480"), "{said}");
}

/// 20,480 characters are counted, not octets.
#[test]
fn as_long_as_a_policy_may_be() {
    let sid = "é".repeat(20_480 - GOOD.len() - r#""Sid":"","#.len());
    let policy = GOOD.replace(r#"{"Effect""#, &format!(r#"{{"Sid":"{sid}","Effect""#));
    assert_eq!(policy.chars().count(), 20_480);
    assert_eq!(said(&policy), "valid");
}

#[test]
fn keys_that_come_twice() {
    let said = said(&GOOD.replace(r#""Action":"*""#, r#""Action":"s3:Get*","Action":"*""#));
    assert!(said.contains("Action") && said.contains("line 1"), "{said}");
}

#[test]
fn values_of_every_kind_in_every_place() {
    let values = [
        Value::Null,
        json!(true),
        json!(-1.5),
        json!(""),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "": {} }),
        json!("${"),
        json!("${a, 'b"),
    ];
    let good: Value = serde_json::from_str(GOOD).unwrap();
    let request = request("s3:GetObject arn:aws:s3:::b/k");
    for name in ["Version", "Id", "Statement"] {
        for value in &values {
            let mut policy = good.clone();
            policy[name] = value.clone();
            _ = read(&policy.to_string(), &policy, SUBJECT);
        }
    }
    let elements =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "Resource", "Condition"];
    for name in elements {
        for value in &values {
            let mut policy = good.clone();
            policy["Statement"][0][name] = value.clone();
            let (document, remarks) = read(&policy.to_string(), &policy, SUBJECT);
            assert!(document.is_some() || !remarks.is_empty(), "{policy}");
            if let Some(document) = document {
                _ = evaluate(&document, &request, false);
            }
        }
    }
}

/// A pattern that makes a careless matcher try every way to part the text.
#[test]
fn wildcards_without_end() {
    let pattern = format!("arn:{}b", "*a".repeat(5000));
    let policy = json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern } });
    let (document, _) = read(&policy.to_string(), &policy, SUBJECT);
    let request = request(&format!("s3:GetObject arn:{}", "a".repeat(2000)));
    _ = evaluate(&document.unwrap(), &request, false);
}
