//! The HTTP API as its clients see it: requests, and the status and JSON that come back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod deadline;
mod etags;
mod events;
mod faults;
mod flows;
mod health_checks;
mod http;
mod limits;
mod metrics;
mod openapi;
mod page;
mod query_log;
mod resolve;
mod security;
mod server;
mod table;
mod topology;
mod trace;

use serde_json::json;
use server::Server;
use table::{Case, check, problem};

#[test]
fn the_state_shows_what_is_held() {
    let server = Server::start();
    let subnet = |name, id, az, az_id| json!({ "name": name, "id": id, "availability_zone": az, "availability_zone_id": az_id });
    let expected = json!({
        "region": "us-east-1",
        "account_id": "123456789012",
        "generation": 1,
        "counts": { "vpcs": 2, "subnets": 3, "interface_endpoints": 3, "gateway_endpoints": 1, "network_interfaces": 4 },
        "vpcs": [
            {
                "name": "app", "id": "vpc-0a1b2c3d4e5f60718", "region": "us-east-1",
                "cidr_blocks": ["10.0.0.0/16"],
                "enable_dns_support": true, "enable_dns_hostnames": true,
                "subnets": [
                    subnet("app-a", "subnet-0aaaaaaaaaaaaaaa1", "us-east-1a", "use1-az1"),
                    subnet("app-b", "subnet-0aaaaaaaaaaaaaaa2", "us-east-1b", "use1-az2"),
                ],
            },
            { "name": "bare", "enable_dns_hostnames": false, "subnets": [{ "name": "bare-a" }] },
        ],
        "faults": [],
        "failover": { "detection_secs": 120.0, "recovery_secs": 60.0, "zonal": "answer", "all_impaired": "fail_open" },
        "listen": [{ "address": "127.0.0.54:5353", "vantage": "app" }],
        "public_dns": { "upstream": [] },
        "counters": { "udp": 0, "records": 0, "failed_reloads": 0 },
    });
    check(&server, &[Case::get("everything", "/v1/state", 200, expected)]);
}

#[test]
fn endpoints_are_shown_as_aws_shows_them() {
    let server = Server::start();
    let sns = json!({
        "VpcEndpointId": "vpce-0123456789abcdef0",
        "VpcEndpointType": "Interface",
        "PrivateDnsEnabled": true,
        "State": "available",
        "SubnetIds": ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
        // R20: Regional, zonal, private
        "DnsEntries": [
            { "DnsName": "vpce-0123456789abcdef0-lj2wisx3.sns.us-east-1.vpce.amazonaws.com" },
            { "DnsName": "vpce-0123456789abcdef0-lj2wisx3-us-east-1a.sns.us-east-1.vpce.amazonaws.com" },
            { "DnsName": "vpce-0123456789abcdef0-lj2wisx3-us-east-1b.sns.us-east-1.vpce.amazonaws.com" },
            { "DnsName": "sns.us-east-1.amazonaws.com" },
        ],
    });
    let all = json!({ "VpcEndpoints": [
        { "VpcEndpointId": "vpce-0123456789abcdef0" },
        { "VpcEndpointId": "vpce-0323456789abcdef0" },
        { "VpcEndpointId": "vpce-0623456789abcdef0" },
        { "VpcEndpointId": "vpce-0523456789abcdef0", "VpcEndpointType": "Gateway" },
    ] });
    let path = |id: &str| format!("/v1/vpc-endpoints{id}");
    check(
        &server,
        &[
            Case::get("all", &path(""), 200, all),
            Case::get("by id", &path("/vpce-0123456789abcdef0"), 200, sns.clone()),
            Case::get("by name", &path("/app/sns"), 200, sns.clone()),
            Case::get("by name, encoded", &path("/app%2Fsns"), 200, sns),
            Case::get("a gateway", &path("/app/s3"), 200, json!({ "VpcEndpointType": "Gateway" })),
            Case::get("no such", &path("/app/snss"), 404, json!({ "nearest": "app/sns" })),
            Case::get("not UTF-8", &path("/%ff"), 400, problem(400)),
        ],
    );
}

#[test]
fn endpoints_are_changed_or_refused_in_awss_words() {
    let server = Server::start();
    let sqs = "/v1/vpc-endpoints/app/sqs";
    let on = r#"{"private_dns_enabled": true}"#;
    let needs_attributes = json!({
        "type": "about:blank", "title": "Bad Request", "status": 400,
        "code": "InvalidParameter", "rules": ["R49"],
        "detail": "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to \
                   true for vpc-0b1b2c3d4e5f60718",
    });
    let patch =
        |name, path, body, status, expected| Case::new(name, "PATCH", path, body, status, expected);
    check(
        &server,
        &[
            patch("private DNS on", sqs, on, 200, json!({ "PrivateDnsEnabled": true })),
            Case::get("it stays", sqs, 200, json!({ "PrivateDnsEnabled": true })),
            patch("nothing to change", sqs, "{}", 200, json!({ "PrivateDnsEnabled": true })),
            patch("R49", "/v1/vpc-endpoints/bare/sns", on, 400, needs_attributes),
            Case::get(
                "refused, so as it was",
                "/v1/vpc-endpoints/bare/sns",
                200,
                json!({ "PrivateDnsEnabled": false }),
            ),
            patch("an unknown key", sqs, r#"{"private_dns": true}"#, 400, problem(400)),
            patch("a word for a bool", sqs, r#"{"private_dns_enabled": "on"}"#, 400, problem(400)),
            patch("no such", "/v1/vpc-endpoints/app/nope", on, 404, problem(404)),
            patch("a gateway", "/v1/vpc-endpoints/app/s3", on, 400, problem(400)),
        ],
    );
}

#[test]
fn whatever_is_refused_is_a_problem_document() {
    let server = Server::start();
    let put =
        |name, path, body, status| Case::new(name, "PUT", path, body, status, problem(status));
    let az = "/v1/availability-zones/us-east-1a";
    let large = format!(r#"{{"state": "{}"}}"#, "x".repeat(64 << 10));
    check(
        &server,
        &[
            Case::get("no such path", "/v1/nothing", 404, problem(404)),
            Case::get("above the versions", "/v1", 404, problem(404)),
            Case::new("no such method", "DELETE", "/v1/state", "", 405, problem(405)),
            Case::get("a path for PUT", az, 405, problem(405)),
            put("no body", az, "", 400),
            put("half a body", az, r#"{"state": "#, 400),
            put("another shape", az, "[]", 400),
            put("a list of its values", az, r#"["impaired"]"#, 400),
            Case::new("a list", "PATCH", "/v1/vpc-endpoints/app/sqs", "[true]", 400, problem(400)),
            put("another word", az, r#"{"state": "broken"}"#, 400),
            put("too large", az, &large, 413),
        ],
    );
    let detail = server.call("PUT", az, r#"{"state": "broken"}"#).json()["detail"].to_string();
    assert!(detail.contains("`impaired`"), "serde's message says what is allowed: {detail}");
    let reply = server.call("DELETE", "/v1/state", "");
    assert_eq!(reply.header("allow"), Some("GET,HEAD"), "RFC 9110 section 15.5.6: {reply:?}");
}

#[test]
fn liveness_is_a_word() {
    let reply = Server::start().call("GET", "/healthz", "");
    assert_eq!((reply.status, reply.body.trim_end()), (200, "ok"));
}
