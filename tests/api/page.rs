//! The page at `/`, and the map that it is drawn from.

use serde_json::{Value, json};

use crate::{
    http::Request,
    server::Server,
    table::{Case, check, problem},
};

#[test]
fn the_page_is_given_with_all_that_it_names() {
    let server = Server::start();
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/page/style.css", "text/css; charset=utf-8"),
        ("/page/app.js", "text/javascript; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
        ("/page/stories.json", "application/json"),
    ] {
        let reply = server.call("GET", path, "");
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some(content_type)),
            "{path}"
        );
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    check(
        &server,
        &[
            Case::get("no such file", "/page/other.js", 404, problem(404)),
            Case::get("no way out", "/page/../Cargo.toml", 404, problem(404)),
            Case::new("nothing to change", "PUT", "/", "{}", 405, problem(405)),
        ],
    );
}

#[test]
fn the_page_needs_no_token_and_what_it_shows_does() {
    let server = Server::with_token(Some("s3cret"));
    for (method, path, status) in [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/page/app.js", 200),
        ("POST", "/", 401),
        ("GET", "/page/other.js", 401),
        ("GET", "/v1/map", 401),
        ("GET", "/v1/explanation-codes", 401),
    ] {
        assert_eq!(server.call(method, path, "").status, status, "{method} {path}");
    }
    let headers = [("Host", "attacker.example")];
    let request = Request { method: "GET", path: "/", headers: &headers, body: b"" };
    assert_eq!(request.send(server.address).status, 403, "a name that leads here");
}

/// The network interfaces of the map with their states, by address.
fn interfaces(map: &Value) -> Vec<(String, bool, bool)> {
    let subnets =
        map["vpcs"].as_array().unwrap().iter().flat_map(|vpc| vpc["subnets"].as_array().unwrap());
    let enis = subnets.flat_map(|subnet| subnet["network_interfaces"].as_array().unwrap());
    let is = |value: &Value| value.as_bool().unwrap();
    let mut found: Vec<_> = enis
        .map(|eni| {
            let address = eni["addresses"][0].as_str().unwrap().to_owned();
            (address, is(&eni["impaired"]), is(&eni["noticed"]))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn the_map_shows_what_stands_where() {
    let server = Server::start();
    let sns = json!({
        "name": "sns", "id": "vpce-0123456789abcdef0", "type": "Interface",
        "service_name": "com.amazonaws.us-east-1.sns", "state": "available", "private_dns_enabled": true,
    });
    let expected = json!({
        "generation": 1,
        "regions": ["us-east-1"],
        "detection_secs": 120.0,
        "firewalls": [],
        "flow_log_count": 2,
        "availability_zones": [
            { "name": "us-east-1a", "id": "use1-az1", "region": "us-east-1", "health": { "observed": "available" } },
            { "name": "us-east-1b" },
        ],
        "vpcs": [
            {
                "name": "app", "id": "vpc-0a1b2c3d4e5f60718", "cidr_blocks": ["10.0.0.0/16"], "shown": true, "left_out": 0,
                "serves_private_names": true,
                "endpoints": [sns, { "name": "sqs" }, { "name": "s3", "type": "Gateway", "private_dns_enabled": null }],
                "subnets": [
                    { "name": "app-a", "availability_zone": "us-east-1a", "kind": "private" },
                    { "name": "app-b", "availability_zone": "us-east-1b" },
                ],
            },
            { "name": "bare", "serves_private_names": false },
        ],
    });
    let one = json!({ "vpcs": [{ "name": "bare" }] });
    check(
        &server,
        &[
            Case::get("all", "/v1/map", 200, expected),
            Case::get("one VPC", "/v1/map?vpc=bare", 200, one),
            Case::get("no such VPC", "/v1/map?vpc=nope", 404, problem(404)),
            Case::get("another word", "/v1/map?vpcs=bare", 400, problem(400)),
            Case::get(
                "codes",
                "/v1/explanation-codes",
                200,
                json!({ "EMU_AZ_IMPAIRED": { "rule": "N76" }, "NO_ROUTE_TO_DESTINATION": { "rule": "N160" } }),
            ),
        ],
    );
}

#[test]
fn the_map_tells_what_is_so_from_what_dns_knows() {
    let server = Server::start();
    let a = |map: &Value| {
        let all = interfaces(map);
        let count = |wanted: fn(&(String, bool, bool)) -> bool| {
            all.iter().filter(|eni| wanted(eni)).count()
        };
        (count(|eni| eni.1), count(|eni| eni.2))
    };
    assert_eq!(a(&server.get("/v1/map")), (0, 0));
    let az = "/v1/availability-zones/us-east-1a";
    server.call("PUT", az, r#"{"state": "impaired"}"#);
    let (failed, noticed) = a(&server.get("/v1/map"));
    assert!(failed > 0 && noticed == 0, "DNS does not know yet: {failed} {noticed}");
    server.call("PUT", az, r#"{"forced": "impaired"}"#);
    assert_eq!(a(&server.get("/v1/map")), (failed, failed), "now it does");
    server.call("PUT", az, r#"{"state": "available"}"#);
    assert_eq!(a(&server.get("/v1/map")), (0, failed), "and does not know that it is over");
}
