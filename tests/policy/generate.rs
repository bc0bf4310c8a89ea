//! Generated policies and requests, over a small world so that statements meet requests.

use plustwo::policy::{Request, RequestContext, Requester};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// Statements of any effect.
pub(crate) const ANY: &[&str] = &["Allow", "Deny"];

/// A statement of a policy, of one effect or of any.
pub(crate) fn statement(effect: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let principal = select(vec![
        json!("*"),
        json!({ "AWS": "123456789012" }),
        json!({ "AWS": ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::210987654321:root"] }),
    ]);
    let action =
        select(vec![json!("*"), json!("s3:Get*"), json!(["s3:GetObject", "s3:Put?bject"])]);
    let resource = select(vec![
        json!("*"),
        json!("arn:aws:s3:::b/*"),
        json!(["arn:aws:s3:::b", "arn:aws:s3:::?/${aws:username}"]),
    ]);
    let names = (any::<bool>(), any::<bool>(), any::<bool>());
    let given = (select(effect.to_vec()), principal, action, resource);
    (given, names, condition()).prop_map(
        |(
            (effect, principal, action, resource),
            (not_principal, not_action, not_resource),
            condition,
        )| {
            let name =
                |not: bool, name: &str| if not { format!("Not{name}") } else { name.to_owned() };
            json!({
                "Effect": effect,
                name(not_principal, "Principal"): principal,
                name(not_action, "Action"): action,
                name(not_resource, "Resource"): resource,
                "Condition": condition,
            })
        },
    )
}

fn condition() -> impl Strategy<Value = Value> {
    let text = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ]);
    let text = (text, select(KEYS.to_vec()), values(&["a", "A", "a*", "?", "${aws:username}", ""]));
    let arn = select(vec!["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"]);
    let arns = [
        "arn:aws:iam::*:role/a",
        "arn:aws:iam::210987654321:user/u",
        "arn:aws:iam::123456789012:*",
    ];
    let arn = (arn, Just("aws:PrincipalArn"), values(&arns));
    let address = select(vec!["IpAddress", "NotIpAddress"]);
    let address =
        (address, Just("aws:VpcSourceIp"), values(&["10.0.0.0/16", "10.0.0.1", "10.0.0.0/8"]));
    let boolean = (Just("Bool"), Just("aws:SecureTransport"), values(&["true", "false"]));
    let null = prop_oneof![Just("true"), Just("false")];
    let null =
        (null, select(KEYS.to_vec())).prop_map(|(absent, key)| json!({ "Null": { key: absent } }));
    let around = (select(vec!["", "ForAllValues:", "ForAnyValue:"]), select(vec!["", "IfExists"]));
    let one = (around, prop_oneof![text, arn, address, boolean]);
    let one = one.prop_map(|((before, after), (operator, key, values))| {
        // what an operator for one value makes of several, AWS does not say
        let before = if key == SEVERAL && before.is_empty() { "ForAnyValue:" } else { before };
        json!({ format!("{before}{operator}{after}"): { key: values } })
    });
    prop_oneof![1 => Just(json!({})), 1 => null, 6 => one]
}

/// The key that a request has several values for.
const SEVERAL: &str = "aws:TagKeys";

/// Condition keys that requests have, or have not.
const KEYS: [&str; 3] = ["aws:SourceVpce", "aws:username", SEVERAL];

fn values(values: &[&'static str]) -> impl Strategy<Value = Vec<&'static str>> + use<> {
    prop::collection::vec(select(values.to_vec()), 0..3)
}

/// A document of these statements, with a version or without.
pub(crate) fn policy(statements: &[Value], version: bool) -> Value {
    if version {
        json!({ "Version": "2012-10-17", "Statement": statements })
    } else {
        json!({ "Statement": statements })
    }
}

/// A request.
pub(crate) fn request() -> impl Strategy<Value = Request> {
    let requester = select(vec![
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:role/a",
        "arn:aws:sts::123456789012:assumed-role/a/s",
        "arn:aws:iam::210987654321:user/u",
        "logging.s3.amazonaws.com",
    ]);
    let action = select(vec!["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]);
    let resource =
        select(vec!["arn:aws:s3:::b", "arn:aws:s3:::b/a", "arn:aws:s3:::c/${aws:username}"]);
    let entry = (select(KEYS.to_vec()), select(vec!["a", "b", "a*"]));
    let address = select(vec![None, Some("10.0.0.1"), Some("10.1.0.1"), Some("192.0.2.1")]);
    (requester, action, resource, prop::collection::vec(entry, 0..4), address).prop_map(
        |(requester, action, resource, entries, address)| {
            let requester: Requester = requester.parse().unwrap();
            let mut context = RequestContext::default();
            for (key, value) in entries {
                if key == SEVERAL || context.get(key).is_none() {
                    context.add(key, value);
                }
            }
            if let Some(arn) = requester.principal_arn() {
                context.add("aws:PrincipalArn", arn);
            }
            if let Some(address) = address {
                context.add("aws:VpcSourceIp", address);
                context.add("aws:SecureTransport", "true");
            }
            Request { requester, action: action.to_owned(), resource: resource.to_owned(), context }
        },
    )
}
