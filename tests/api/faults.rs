//! Impairing, restoring and forcing: what is observed, what DNS has noticed, and when. R36, R39

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    server::Server,
    table::{Case, check, problem},
};

const AZ: &str = "/v1/availability-zones/us-east-1a";

#[test]
fn a_target_is_named_by_what_people_have() {
    let server = Server::start();
    let endpoints = server.get("/v1/vpc-endpoints/app/sqs");
    let eni = endpoints["NetworkInterfaceIds"][0].as_str().unwrap().to_owned();
    let put = |name, path: &str, status, expected| {
        Case::new(name, "PUT", path, r#"{"state": "impaired"}"#, status, expected)
    };
    let is = |kind: &str, id: &str| json!({ "kind": kind, "id": id, "observed": "impaired" });
    let subnet = is("subnet", "subnet-0aaaaaaaaaaaaaaa1");
    let interface = is("network_interface", &eni);
    check(
        &server,
        &[
            put("AZ by name", AZ, 200, is("availability_zone", "use1-az1")),
            put(
                "AZ by id",
                "/v1/availability-zones/use1-az1",
                200,
                json!({ "name": "us-east-1a" }),
            ),
            put("no such AZ", "/v1/availability-zones/us-east-1z", 404, problem(404)),
            put("subnet by name", "/v1/subnets/app/app-a", 200, subnet.clone()),
            put("subnet by id", "/v1/subnets/subnet-0aaaaaaaaaaaaaaa1", 200, subnet),
            put("no such subnet", "/v1/subnets/app/app-aa", 404, json!({ "nearest": "app/app-a" })),
            put("interface by id", &format!("/v1/network-interfaces/{eni}"), 200, interface),
            put("no such interface", "/v1/network-interfaces/eni-1", 404, problem(404)),
        ],
    );
}

#[test]
fn dns_notices_later_and_a_forced_state_comes_first() {
    let server = Server::start();
    let state = |observed, noticed, forced: Value, effective, wait: Value| {
        json!({
            "kind": "availability_zone", "name": "us-east-1a", "id": "use1-az1",
            "observed": observed, "noticed": noticed, "forced": forced, "effective": effective,
            "notices_in_secs": wait,
        })
    };
    let put = |name, body, expected| Case::new(name, "PUT", AZ, body, 200, expected);
    let (up, down) = ("available", "impaired");
    check(
        &server,
        &[put(
            "impaired",
            r#"{"state": "impaired"}"#,
            state(down, up, Value::Null, up, json!(120.0)),
        )],
    );
    server.state.advance(Duration::from_secs(100));
    check(
        &server,
        &[
            put(
                "again, counted from the first time",
                r#"{"state": "impaired"}"#,
                state(down, up, Value::Null, up, json!(20.0)),
            ),
            put(
                "forced alone",
                r#"{"forced": "impaired"}"#,
                state(down, up, json!(down), down, json!(20.0)),
            ),
            put(
                "state alone leaves what is forced",
                r#"{"state": "impaired"}"#,
                state(down, up, json!(down), down, json!(20.0)),
            ),
            put(
                "null ends it",
                r#"{"forced": null}"#,
                state(down, up, Value::Null, up, json!(20.0)),
            ),
        ],
    );
    server.state.advance(Duration::from_secs(20));
    check(
        &server,
        &[
            Case::get(
                "noticed",
                "/v1/state",
                200,
                json!({ "faults": [state(down, down, Value::Null, down, Value::Null)] }),
            ),
            put(
                "both at once",
                r#"{"state": "available", "forced": "available"}"#,
                state(up, down, json!(up), up, json!(60.0)),
            ),
        ],
    );
}

#[test]
fn a_change_must_say_something() {
    let server = Server::start();
    let put = |name, body| Case::new(name, "PUT", AZ, body, 400, problem(400));
    check(
        &server,
        &[
            put("nothing", "{}"),
            put("a state is not null", r#"{"state": null}"#),
            put("nor beside another key", r#"{"state": null, "forced": "impaired"}"#),
            put("an unknown key", r#"{"status": "impaired"}"#),
            put("a mistake in one of two", r#"{"state": "impaired", "forced": "down"}"#),
            Case::get(
                "nothing was changed",
                "/v1/state",
                200,
                json!({ "generation": 1, "faults": [] }),
            ),
        ],
    );
}
