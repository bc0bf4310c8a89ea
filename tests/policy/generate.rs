//! Generated policies and requests, over a small world so that statements meet requests.

use plustwo::policy::{Request, RequestContext, Requester};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Statements of any effect.
pub(crate) const ANY: &[&str] = &["Allow", "Deny"];

/// A statement of a policy, of one effect or of any.
pub(crate) fn statement(effect: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let principal = select(vec![
        json!("*"),
        json!({ "AWS": "123456789012" }),
        json!({ "AWS": ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::210987654321:root"] }),
    ]);
    let action = select(vec![
        json!("*"),
        json!("s3:Get*"),
        json!("S3:getobject"),
        json!(["s3:GetObject", "s3:Put?bject"]),
    ]);
    let resource = select(vec![
        json!("*"),
        json!("arn:aws:s3:::b/*"),
        json!(["arn:aws:s3:::b", "arn:aws:s3:::?/${aws:username}"]),
        json!("arn:aws:s3:::b/${aws:PrincipalTag/Team, 'a'}"),
        json!(["arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::c/${$}*"]),
    ]);
    // the last parts missing
    let incomplete = select(vec![json!("arn:aws:s3"), json!(["arn:aws:s3::", "arn:aws:sqs:*"])]);
    let resource = prop_oneof![6 => resource, 1 => incomplete];
    let names = (any::<bool>(), any::<bool>(), any::<bool>());
    let given = (select(effect.to_vec()), principal, action, resource);
    let conditions = prop::collection::vec(condition(), 0..3).prop_map(all);
    (given, names, conditions).prop_map(
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

/// One `Condition` with all these operators and keys; of those that come again, the last.
fn all(conditions: Vec<(String, &'static str, Value)>) -> Value {
    let mut all = Map::new();
    for (operator, key, values) in conditions {
        let keys = all.entry(operator).or_insert_with(|| json!({}));
        keys.as_object_mut().unwrap().insert(key.to_owned(), values);
    }
    Value::Object(all)
}

/// An operator, a key, and values.
fn condition() -> impl Strategy<Value = (String, &'static str, Value)> {
    let one = prop_oneof![
        6 => compared(&TEXT, &TEXT_KEYS, &TEXTS),
        3 => compared(&ARN, &["aws:PrincipalArn", "aws:sourcearn"], &ARNS),
        3 => compared(&["IpAddress", "NotIpAddress"], &["aws:VpcSourceIp", "AWS:vpcsourceip"], &BLOCKS),
        2 => compared(&NUMERIC, &["s3:max-keys"], &NUMBERS),
        2 => compared(&DATE, &["aws:CurrentTime", "aws:EpochTime"], &DATES),
        1 => compared(&["Bool"], &["aws:SecureTransport"], &["true", "False", "${aws:PrincipalTag/safe}"]),
        1 => compared(&["BinaryEquals"], &["aws:username"], &["a", "YQ==", "${aws:username}"]),
    ];
    let around =
        (select(vec!["", "", "ForAllValues:", "ForAnyValue:"]), select(vec!["", "IfExists"]));
    let one = (around, one).prop_map(|((before, after), (operator, key, values))| {
        (format!("{before}{operator}{after}"), key, values)
    });
    let keys = [&TEXT_KEYS[..], &["aws:VpcSourceIp", "aws:CurrentTime", "s3:max-keys"]].concat();
    let null = compared(&["Null"], &keys, &["true", "false", "True"]);
    let null = null.prop_map(|(operator, key, values)| (operator.to_owned(), key, values));
    prop_oneof![1 => null, 8 => one]
}

const TEXT: [&str; 6] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
];
const ARN: [&str; 4] = ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"];
const NUMERIC: [&str; 6] = [
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
const DATE: [&str; 6] = [
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];

/// The key that a request has several values for.
const SEVERAL: &str = "aws:TagKeys";

/// Keys of texts; the case does not count.
const TEXT_KEYS: [&str; 6] = [
    "aws:SourceVpce",
    "aws:username",
    "AWS:UserName",
    SEVERAL,
    "aws:PrincipalTag/Team",
    "aws:principaltag/team",
];

/// What texts are compared with.
const TEXTS: [&str; 16] = [
    "a",
    "A",
    "b",
    "a*",
    "?",
    "*",
    "",
    "${aws:username}",
    "${AWS:USERNAME}*",
    "x${aws:username}",
    "${aws:TagKeys}",
    "${aws:PrincipalTag/Team}",
    "${aws:PrincipalTag/Team, 'a'}",
    "${aws:PrincipalTag/Team, ''}",
    "${*}",
    "${",
];

/// What ARNs are compared with; the last ones are incomplete, or none.
const ARNS: [&str; 10] = [
    "arn:aws:iam::*:role/a",
    "arn:aws:iam::210987654321:user/u",
    "arn:aws:iam::123456789012:*",
    "arn:aws:iam::??????789012:ro*",
    "arn:*:*:*:*:*",
    "arn:aws:s3:::${aws:username}",
    "*",
    "arn:aws:iam:*",
    "arn:aws:iam::123456789012",
    "a",
];

/// Blocks of addresses, and addresses.
const BLOCKS: [&str; 9] = [
    "10.0.0.0/16",
    "10.0.0.1",
    "10.0.0.1/8",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:DB8::1",
    "2001:db8::1/128",
    "::/0",
    "::ffff:10.0.0.1/128",
];

/// Numbers, and the same ones written otherwise.
const NUMBERS: [&str; 10] =
    ["10", "10.0", "+10", "010", "9.99", "-10", "0", "-0", ".5", "9223372036854775807"];

/// Dates, and the same ones written otherwise.
const DATES: [&str; 12] = [
    "2026-01-31T12:00:00Z",
    "2026-01-31T13:00:00+01:00",
    "2026-01-31T12:00Z",
    "2026-01-31T12:00:00.5Z",
    "2026-01-31",
    "2026-01",
    "2026-01-01",
    "1769860800",
    "1769860801",
    "0",
    "-1",
    "1969-12-31T23:59:59Z",
];

/// One of the operators, one of the keys, and some of the values: a list, or one alone.
fn compared(
    operators: &[&'static str],
    keys: &[&'static str],
    values: &[&'static str],
) -> BoxedStrategy<(&'static str, &'static str, Value)> {
    let list = prop::collection::vec(select(values.to_vec()), 0..4).prop_map(|list| json!(list));
    let one = select(values.to_vec()).prop_map(|one| json!(one));
    (select(operators.to_vec()), select(keys.to_vec()), prop_oneof![list, one]).boxed()
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
    let resource = select(vec![
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/a",
        "arn:aws:s3:::c/${aws:username}",
        "arn:aws:sqs:us-east-1:123456789012:q",
    ]);
    (requester, action, resource, context()).prop_map(
        |(requester, action, resource, mut context)| {
            let requester: Requester = requester.parse().unwrap();
            if let Some(arn) = requester.principal_arn() {
                context.add("aws:PrincipalArn", arn);
            }
            Request { requester, action: action.to_owned(), resource: resource.to_owned(), context }
        },
    )
}

/// Condition keys with values. The types are as a request of `plustwo policy` has them.
fn context() -> impl Strategy<Value = RequestContext> {
    let text = (select(TEXT_KEYS.to_vec()), select(vec!["a", "A", "b", "a*", ""]));
    let source =
        select(vec!["arn:aws:s3:::a", "arn:aws:iam::123456789012:role/a", "arn:aws:s3", "a"]);
    let address = ["10.0.0.1", "10.1.0.1", "192.0.2.1", "2001:db8::1", "2001:0db8:0:0::1", "::1"];
    let given = |key: &'static str, values: &[&'static str]| {
        prop::option::of(select(values.to_vec()))
            .prop_map(move |value| value.map(|value| (key, value)))
    };
    let single = (
        prop::option::of(source).prop_map(|value| value.map(|value| ("aws:SourceArn", value))),
        given("aws:VpcSourceIp", &address),
        given("aws:SecureTransport", &["true", "false", "TRUE"]),
        given("aws:PrincipalTag/safe", &["true", "false"]),
        given("s3:max-keys", &NUMBERS),
        given("aws:CurrentTime", &DATES),
        given("aws:EpochTime", &["1769860800", "1769860799", "0"]),
    );
    (prop::collection::vec(text, 0..5), single).prop_map(|(texts, (a, b, c, d, e, f, g))| {
        let mut context = RequestContext::default();
        for (key, value) in texts.into_iter().chain([a, b, c, d, e, f, g].into_iter().flatten()) {
            if key == SEVERAL || context.get(key).is_none() {
                context.add(key, value);
            }
        }
        context
    })
}
