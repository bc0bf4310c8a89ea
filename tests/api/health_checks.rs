//! Health checks: listed, shown, switched (R72); DNS Firewall, likewise (R107); private zones, listed (R57).

use serde_json::json;

use crate::{
    server::Server,
    table::{Case, check, problem},
};

const MAIN: &str = "/v1/health-checks/main";

#[test]
fn a_firewall_stops_answering_and_answers_again() {
    let server = Server::start();
    let is = |state| json!({ "vpc": "app", "id": "vpc-0a1b2c3d4e5f60718", "state": state });
    let put =
        |name, path, body, status, expected| Case::new(name, "PUT", path, body, status, expected);
    let app = "/v1/firewalls/app";
    check(
        &server,
        &[
            Case::get("at first", app, 200, is("available")),
            put("impaired", app, r#"{"state": "impaired"}"#, 200, is("impaired")),
            Case::get("by id", "/v1/firewalls/vpc-0a1b2c3d4e5f60718", 200, is("impaired")),
            put("no such word", app, r#"{"state": "open"}"#, 400, problem(400)),
            put(
                "no such VPC",
                "/v1/firewalls/ap",
                r#"{"state": "available"}"#,
                404,
                json!({ "nearest": "app" }),
            ),
        ],
    );
    let listed = server.get("/v1/firewalls");
    assert_eq!(listed["firewalls"], server.get("/v1/state")["firewalls"]);
}

#[test]
fn private_zones_of_a_vpc_are_listed_with_their_owners() {
    let owner = json!({ "OwningService": "vpce.amazonaws.com" });
    let zone = json!({ "Name": "sns.us-east-1.amazonaws.com.", "Owner": owner });
    let server = Server::start();
    check(
        &server,
        &[
            Case::get("no VPC", "/v1/hosted-zones", 400, problem(400)),
            Case::get("no such VPC", "/v1/hosted-zones?vpc=ap", 404, json!({ "nearest": "app" })),
            Case::get(
                "none",
                "/v1/hosted-zones?vpc=bare",
                200,
                json!({ "HostedZoneSummaries": [] }),
            ),
        ],
    );
    let found = server.get("/v1/hosted-zones?vpc=vpc-0a1b2c3d4e5f60718");
    let listed = found["HostedZoneSummaries"].as_array().unwrap();
    let names = |of: &serde_json::Value| (of["Name"].clone(), of["Owner"].clone());
    assert!(listed.iter().any(|of| names(of) == names(&zone)), "{found}");
    assert_eq!(found["MaxItems"], "100");
}

#[test]
fn a_health_check_says_what_it_is_told_to() {
    let server = Server::start();
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    let is = |status| json!({ "name": "main", "id": id, "status": status });
    let put =
        |name, path, body, status, expected| Case::new(name, "PUT", path, body, status, expected);
    let by_id = format!("/v1/health-checks/{id}");
    check(
        &server,
        &[
            Case::get("at first", MAIN, 200, is("healthy")),
            put("unhealthy", MAIN, r#"{"status": "unhealthy"}"#, 200, is("unhealthy")),
            Case::get("by id", &by_id, 200, is("unhealthy")),
            put("by id", &by_id, r#"{"status": "healthy"}"#, 200, is("healthy")),
            put("no such word", MAIN, r#"{"status": "down"}"#, 400, problem(400)),
            put("no word", MAIN, "{}", 400, problem(400)),
            put(
                "no such check",
                "/v1/health-checks/mian",
                r#"{"status": "healthy"}"#,
                404,
                json!({ "nearest": "main" }),
            ),
            Case::get("no such check", "/v1/health-checks/other", 404, problem(404)),
            Case::new("method", "DELETE", MAIN, "", 405, problem(405)),
        ],
    );
    let listed = server.get("/v1/health-checks");
    assert_eq!(listed["health_checks"][1]["status"], "unhealthy", "as the topology says");
    assert_eq!(listed["health_checks"], server.get("/v1/state")["health_checks"]);
}
