//! `/openapi.json`: every route, and nothing that leads nowhere. `tests/clients/` holds the server against it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::server::Server;

/// Calls `check` with every value in a value.
fn walk(value: &Value, check: &mut impl FnMut(&Value)) {
    check(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, check)),
        Value::Object(fields) => fields.values().for_each(|field| walk(field, check)),
        _ => {}
    }
}

#[test]
fn every_route_is_described() {
    let document = Server::start().get("/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            found.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let expected = [
        "GET /healthz",
        "GET /metrics",
        "GET /v1/events",
        "GET /v1/explanation-codes",
        "GET /v1/firewalls",
        "GET /v1/firewalls/{vpc}",
        "GET /v1/health-checks",
        "GET /v1/health-checks/{check}",
        "GET /v1/hosted-zones",
        "GET /v1/map",
        "GET /v1/query-log",
        "GET /v1/state",
        "GET /v1/topology",
        "GET /v1/vpc-endpoint-associations",
        "GET /v1/vpc-endpoints",
        "GET /v1/vpc-endpoints/{id}",
        "PATCH /v1/vpc-endpoints/{id}",
        "POST /v1/flows",
        "POST /v1/resolve",
        "POST /v1/trace",
        "PUT /v1/availability-zones/{az}",
        "PUT /v1/firewalls/{vpc}",
        "PUT /v1/health-checks/{check}",
        "PUT /v1/network-interfaces/{eni}",
        "PUT /v1/subnets/{id}",
        "PUT /v1/topology",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn references_lead_somewhere_and_ids_are_unique() {
    let document = Server::start().get("/openapi.json");
    let mut ids = BTreeSet::new();
    let mut used = BTreeSet::new();
    walk(&document, &mut |value| {
        if let Some(id) = value["operationId"].as_str() {
            assert!(ids.insert(id.to_owned()), "{id} comes twice");
            assert!(value["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{id}");
        }
        if let Some(reference) = value["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            used.insert(pointer.rsplit('/').next().unwrap().to_owned());
        }
    });
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(used.contains(name), "the schema {name} is not used");
    }
}

#[test]
fn every_problem_is_described_as_one() {
    let document = Server::start().get("/openapi.json");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            for (status, reply) in operation["responses"].as_object().unwrap() {
                let problem = reply["content"].get("application/problem+json").is_some();
                assert_eq!(problem, status.starts_with('4') || status == "503", "{path} {status}");
            }
        }
    }
}

#[test]
fn a_schema_says_what_is_read() {
    let document = Server::start().get("/openapi.json");
    let schema = |name: &str| &document["components"]["schemas"][name];
    assert_eq!(schema("Question")["required"], serde_json::json!(["name"]));
    assert_eq!(schema("HealthChange")["additionalProperties"], false);
    assert_eq!(schema("HealthChange")["required"], Value::Null);
    assert_eq!(schema("HealthChange")["properties"]["state"].get("default"), None);
    let endpoint = schema("VpcEndpoint")["properties"].as_object().unwrap();
    assert!(endpoint.contains_key("DnsEntries"), "{endpoint:?}");
}
