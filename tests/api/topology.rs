//! Replacing the topology: all or nothing.

use serde_json::json;

use crate::{
    http::Request,
    server::{Server, TOPOLOGY},
    table::includes,
};

/// The least there is.
const SMALL: &str =
    "region: eu-west-1\naccount_id: \"123456789012\"\nvpcs:\n  only: { cidr_block: 10.9.0.0/16 }\n";

fn put(server: &Server, body: &[u8]) -> crate::http::Reply {
    let request = Request {
        method: "PUT",
        path: "/v1/topology",
        headers: &[("Content-Type", "application/yaml")],
        body,
    };
    request.send(server.address)
}

#[test]
fn a_topology_replaces_everything() {
    let server = Server::start();
    let reply = put(&server, SMALL.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["generation"], 2);
    let state = server.get("/v1/state");
    let expected = json!({ "region": "eu-west-1", "generation": 2, "vpcs": [{ "name": "only" }] });
    assert!(includes(&state, &expected), "{state}");
}

#[test]
fn json_is_yaml() {
    let server = Server::start();
    let text =
        json!({ "region": "eu-west-1", "account_id": "123456789012", "vpcs": {} }).to_string();
    let reply = put(&server, text.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn a_fault_stays_with_what_is_still_there() {
    let server = Server::start();
    server.call("PUT", "/v1/availability-zones/us-east-1a", r#"{"state": "impaired"}"#);
    assert_eq!(put(&server, TOPOLOGY.as_bytes()).status, 200);
    assert_eq!(server.get("/v1/state")["faults"][0]["name"], "us-east-1a");
    assert_eq!(put(&server, SMALL.as_bytes()).status, 200);
    assert_eq!(server.get("/v1/state")["faults"], json!([]));
}

#[test]
fn a_mistake_changes_nothing_and_every_one_is_told() {
    let server = Server::start();
    let broken = SMALL.replace("cidr_block", "cidr_blok").replace("eu-west-1", "eu-wst-1");
    let reply = put(&server, broken.as_bytes());
    assert_eq!(reply.status, 422, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let problem = reply.json();
    let errors = problem["errors"].as_array().unwrap();
    let place = |error: &serde_json::Value| (error["line"].as_u64(), error["column"].as_u64());
    assert_eq!(place(&errors[0]), (Some(1), Some(9)), "{problem}");
    assert!(errors.iter().any(|error| place(error) == (Some(4), Some(11))), "{problem}");
    for error in errors {
        for key in ["file", "message", "help", "rules"] {
            assert!(error.get(key).is_some(), "`{key}` in {error}");
        }
    }
    assert_eq!(server.get("/v1/state")["generation"], 1);
}

#[test]
fn a_text_must_be_utf8_and_of_some_size() {
    let server = Server::start();
    let too_large = vec![b'#'; (64 << 20) + 1];
    for (name, body, status) in [
        ("not UTF-8", &b"\xff\xfe"[..], 400),
        ("too large", &too_large, 413),
        ("empty", b"", 422),
        // more than other requests may have
        ("70 KiB", format!("{SMALL}# {}", "x".repeat(70 << 10)).as_bytes(), 200),
    ] {
        let reply = put(&server, body);
        assert_eq!(reply.status, status, "{name}: {}", &reply.body);
        let media = if status == 200 { "application/json" } else { "application/problem+json" };
        assert_eq!(reply.header("content-type"), Some(media), "{name}: {}", &reply.body);
    }
}
