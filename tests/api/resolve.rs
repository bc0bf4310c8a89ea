//! Questions without a DNS client, and what would be answered if an AZ were impaired.

use serde_json::{Value, json};

use crate::{
    server::Server,
    table::{Case, check, problem},
};

const SNS: &str = "sns.us-east-1.amazonaws.com";

#[test]
fn a_question_is_answered_from_where_it_is_asked() {
    let server = Server::start();
    let post = |name, body: Value, status, expected| {
        Case::new(name, "POST", "/v1/resolve", &body.to_string(), status, expected)
    };
    let asked = json!({
        "question": { "name": "sns.us-east-1.amazonaws.com.", "type": "A" },
        "vantage": "app", "status": "NOERROR",
        "answers": [
            { "name": "sns.us-east-1.amazonaws.com.", "ttl": 60, "type": "A", "data": "10.0.1.50" },
            { "data": "10.0.2.50" },
        ],
    });
    let as_shown = json!({ "vantage": "app/app-b", "answers": [{}, {}] });
    let none = json!({ "status": "NXDOMAIN", "answers": [] });
    let nodata = json!({ "question": { "type": "AAAA" }, "status": "NOERROR", "answers": [] });
    check(
        &server,
        &[
            post("the first VPC", json!({ "name": SNS }), 200, asked),
            post("a subnet", json!({ "name": SNS, "from": "app/app-b" }), 200, as_shown),
            post(
                "internet",
                json!({ "name": SNS, "from": "internet" }),
                200,
                json!({ "vantage": "internet" }),
            ),
            post("a type in lower case", json!({ "name": SNS, "type": "aaaa" }), 200, nodata),
            post(
                "no such name",
                json!({ "name": "vpce-0123456789abcdef0-aaaaaaaa.sns.us-east-1.vpce.amazonaws.com" }),
                200,
                none,
            ),
            post(
                "no such vantage",
                json!({ "name": SNS, "from": "ap" }),
                404,
                json!({ "nearest": "app" }),
            ),
            post(
                "no such AZ",
                json!({ "name": SNS, "impaired": ["us-east-1x"] }),
                404,
                problem(404),
            ),
            post("no such type", json!({ "name": SNS, "type": "B" }), 400, problem(400)),
            post("no name", json!({ "name": "a..b" }), 400, problem(400)),
            post("a label too long", json!({ "name": "a".repeat(64) }), 400, problem(400)),
            post("nothing", json!({}), 400, problem(400)),
            post("an unknown key", json!({ "name": SNS, "qtype": "A" }), 400, problem(400)),
        ],
    );
}

#[test]
fn an_answer_says_why() {
    let reply = Server::start().call("POST", "/v1/resolve", &json!({ "name": SNS }).to_string());
    let rules: Vec<Value> = reply.json()["explanation"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|reason| reason["rules"].as_array().unwrap().clone())
        .collect();
    assert!(rules.contains(&json!("R45")), "{reply:?}");
}

/// The addresses of SNS, supposing that these AZs were impaired.
fn supposing(server: &Server, impaired: &[&str]) -> Vec<Value> {
    let body = json!({ "name": SNS, "impaired": impaired }).to_string();
    let reply = server.call("POST", "/v1/resolve", &body);
    assert_eq!(reply.status, 200, "{reply:?}");
    let answers = reply.json()["answers"].as_array().cloned().unwrap();
    answers.into_iter().map(|record| record["data"].clone()).collect()
}

#[test]
fn a_supposition_is_about_its_azs_alone_and_leaves_no_trace() {
    let server = Server::start();
    let before = server.get("/v1/state");
    assert_eq!(supposing(&server, &["us-east-1a"]), ["10.0.2.50"]);
    assert_eq!(supposing(&server, &["use1-az2"]), ["10.0.1.50"]);
    assert_eq!(server.get("/v1/state"), before);
    assert_eq!(supposing(&server, &[]), ["10.0.1.50", "10.0.2.50"]);
}

#[test]
fn a_supposition_outranks_what_a_person_forced() {
    let server = Server::start();
    server.call("PUT", "/v1/availability-zones/us-east-1a", r#"{"forced": "available"}"#);
    assert_eq!(supposing(&server, &["us-east-1a"]), ["10.0.2.50"]);
}

#[test]
fn a_supposition_does_not_make_dns_notice_other_faults() {
    let server = Server::start();
    // observed a moment ago: DNS goes on handing out app-b's address until detection (R36)
    server.call("PUT", "/v1/availability-zones/us-east-1b", r#"{"state": "impaired"}"#);
    assert_eq!(supposing(&server, &[]), ["10.0.1.50", "10.0.2.50"]);
    assert_eq!(supposing(&server, &["us-east-1a"]), ["10.0.2.50"]);
}
