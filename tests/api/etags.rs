//! Which state of things a change is meant for: `ETag` and `If-Match`.

use std::thread;

use crate::{
    http::Request,
    server::{Server, TOPOLOGY},
};

const AZ: &str = "/v1/availability-zones/us-east-1a";
const IMPAIRED: &str = r#"{"state": "impaired"}"#;

#[test]
fn whatever_shows_the_state_has_its_tag() {
    let server = Server::start();
    let tag = server.tag();
    for path in [
        "/v1/state",
        "/v1/topology",
        "/v1/vpc-endpoints",
        "/v1/vpc-endpoints/app/sqs",
        "/v1/vpc-endpoints/app/s3",
        "/v1/vpc-endpoint-associations",
        "/v1/health-checks",
        "/v1/health-checks/main",
    ] {
        let reply = server.call("GET", path, "");
        assert_eq!(reply.header("etag"), Some(&*tag), "{path}");
    }
    let changed = server.call("PUT", AZ, IMPAIRED);
    let new = changed.header("etag").unwrap();
    assert_ne!(new, tag);
    assert_eq!(server.tag(), new, "the reply to a change has the tag of what it led to");
}

#[test]
fn a_change_is_for_the_state_it_names() {
    let server = Server::start();
    let old = server.tag();
    server.call("PUT", AZ, IMPAIRED);
    for (name, tag, status) in [
        ("what is", "CURRENT", 200),
        ("anything", "*", 200),
        ("one of several", "\"x\", CURRENT", 200),
        ("what was", old.as_str(), 412),
        ("a weak tag", "W/CURRENT", 412),
        ("another run", "\"ffff-2\"", 412),
        ("what will be", "\"0-9999\"", 412),
        ("no tag of ours", "\"2\"", 412),
        ("no tag at all", "2", 412),
        ("nothing", "", 412),
    ] {
        let before = server.tag();
        let reply = server.call_if(&tag.replace("CURRENT", &before), "PUT", AZ, IMPAIRED);
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        if status == 412 {
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{name}");
            assert_eq!(server.tag(), before, "{name}: nothing has changed");
            let detail = reply.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(&before), "{name}: {detail}");
        }
    }
}

#[test]
fn every_change_can_be_stale() {
    let server = Server::start();
    let old = server.tag();
    let eni = server.get("/v1/vpc-endpoints/app/sqs")["NetworkInterfaceIds"][0].clone();
    let eni = format!("/v1/network-interfaces/{}", eni.as_str().unwrap());
    server.call("PUT", AZ, IMPAIRED);
    let new = server.tag();
    for (method, path, body) in [
        ("PUT", AZ, IMPAIRED),
        ("PUT", "/v1/subnets/app/app-a", IMPAIRED),
        ("PUT", &*eni, IMPAIRED),
        ("PUT", "/v1/health-checks/main", r#"{"status": "unhealthy"}"#),
        ("PATCH", "/v1/vpc-endpoints/app/sqs", r#"{"private_dns_enabled": true}"#),
        ("PUT", "/v1/topology", TOPOLOGY),
    ] {
        let stale = server.call_if(&old, method, path, body);
        assert_eq!((stale.status, server.tag()), (412, new.clone()), "{path}: {stale:?}");
    }
}

#[test]
fn of_those_who_looked_at_the_same_one_changes_it() {
    let server = Server::start();
    let tag = server.tag();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let change = || {
            let headers = &[("If-Match", tag.as_str())];
            let body = br#"{"forced": "impaired"}"#;
            Request { method: "PUT", path: AZ, headers, body }.send(server.address).status
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(change)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
}

#[test]
fn a_topology_is_given_as_it_was_written() {
    let server = Server::start();
    let get = |path: &str| server.call("GET", path, "");
    let reply = get("/v1/topology");
    assert_eq!((reply.status, reply.body.as_str()), (200, TOPOLOGY));
    assert_eq!(reply.header("content-type"), Some("application/yaml"));

    server.call("PUT", AZ, IMPAIRED);
    assert_eq!(get("/v1/topology").status, 200, "a fault is no part of it");
    let sqs = "/v1/vpc-endpoints/app/sqs";
    server.call("PATCH", sqs, "{}");
    assert_eq!(get("/v1/topology").status, 200, "nothing of it was changed");
    server.call("PATCH", sqs, r#"{"private_dns_enabled": true}"#);
    assert_eq!(get("/v1/topology").status, 409);
    assert_eq!(get("/v1/topology?as_read=true").body, TOPOLOGY);
    assert_eq!(get("/v1/topology?as_red=true").status, 400);

    let small = "region: eu-west-1\nvpcs: {}\n";
    assert_eq!(server.call("PUT", "/v1/topology", small).status, 200);
    assert_eq!(get("/v1/topology").body, small);
    let long = format!("{small}# {}\n", "x".repeat(1 << 20));
    assert_eq!(server.call("PUT", "/v1/topology", &long).status, 200);
    let reply = get("/v1/topology");
    assert_eq!(reply.status, 404);
    assert!(reply.body.contains("is not kept"), "{}", reply.body);
}
