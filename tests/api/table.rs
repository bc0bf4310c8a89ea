//! Tables of requests with the status and the JSON that they deserve.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{http::Request, server::Server};

/// One line of a table; the lines of a table are sent in order, to one server.
pub(crate) struct Case {
    name: String,
    method: String,
    path: String,
    body: String,
    status: u16,
    /// What the reply's JSON must have; more may be in its objects.
    expected: Value,
}

impl Case {
    pub(crate) fn new(
        name: &str,
        method: &str,
        path: &str,
        body: &str,
        status: u16,
        expected: Value,
    ) -> Self {
        let [name, method, path, body] = [name, method, path, body].map(str::to_owned);
        Self { name, method, path, body, status, expected }
    }

    pub(crate) fn get(name: &str, path: &str, status: u16, expected: Value) -> Self {
        Self::new(name, "GET", path, "", status, expected)
    }
}

/// What every problem document has.
pub(crate) fn problem(status: u16) -> Value {
    json!({ "type": "about:blank", "status": status })
}

/// Sends every line, and says all that differs.
pub(crate) fn check(server: &Server, cases: &[Case]) {
    let mut wrong = String::new();
    for Case { name, method, path, body, status, expected } in cases {
        let request = Request { method, path, body: body.as_bytes(), ..Request::default() };
        let reply = request.send(server.address);
        let media = reply.header("content-type").unwrap_or_default();
        let wanted = if *status < 400 { "application/json" } else { "application/problem+json" };
        if reply.status != *status || media != wanted || !includes(&reply.json(), expected) {
            writeln!(
                wrong,
                "{name}: {method} {path}\n  expected {status} {wanted} {expected}\n  found    {} {media} {}",
                reply.status, reply.body
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whether a value has all that is expected: objects may have more keys, arrays may not have more elements.
pub(crate) fn includes(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| includes(found, value))),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| includes(found, expected))
        }
        _ => found == expected,
    }
}

#[test]
fn a_table_can_fail() {
    let found = json!({ "a": 1, "b": [{ "c": null, "d": 2 }] });
    for (expected, is_in) in [
        (json!({}), true),
        (json!({ "b": [{ "c": null }] }), true),
        (json!({ "b": [] }), false),
        (json!({ "b": [{ "e": null }] }), false),
        (json!({ "a": 2 }), false),
    ] {
        assert_eq!(includes(&found, &expected), is_in, "{expected}");
    }
}
