//! Who is let in: not the pages of other origins, not names that lead here by somebody else's DNS.

use crate::{
    http::{Reply, Request},
    server::Server,
};

fn with(server: &Server, headers: &[(&str, &str)]) -> Reply {
    let request = Request { method: "GET", path: "/v1/state", headers, body: b"" };
    request.send(server.address)
}

#[test]
fn a_foreign_host_is_refused() {
    let server = Server::start();
    let port = server.address.port();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("LocalHost:{port}"), 200),
        ("localhost".to_owned(), 200),
        (format!("[::1]:{port}"), 200),
        (format!("127.9.9.9:{port}"), 200),
        (format!("attacker.example:{port}"), 403),
        ("attacker.example".to_owned(), 403),
        (format!("localhost.attacker.example:{port}"), 403),
        (format!("127.0.0.1.attacker.example:{port}"), 403),
        (format!("10.0.0.1:{port}"), 403),
        ("0.0.0.0".to_owned(), 403),
        (String::new(), 403),
    ] {
        let reply = with(&server, &[("Host", &host)]);
        assert_eq!(reply.status, status, "`{host}`: {reply:?}");
    }
}

#[test]
fn a_page_of_another_origin_is_refused() {
    let server = Server::start();
    let own = format!("http://{}", server.address);
    for (origin, status) in [
        (own.as_str(), 200),
        ("http://attacker.example", 403),
        ("https://attacker.example", 403),
        ("http://127.0.0.1:1", 403),
        ("http://localhost", 403),
        ("null", 403),
        ("", 403),
    ] {
        let reply = with(&server, &[("Origin", origin)]);
        assert_eq!(reply.status, status, "`{origin}`: {reply:?}");
    }
}

#[test]
fn a_refused_change_changes_nothing() {
    let server = Server::start();
    let request = Request {
        method: "PUT",
        path: "/v1/availability-zones/us-east-1a",
        headers: &[("Origin", "http://attacker.example")],
        body: br#"{"state": "impaired"}"#,
    };
    let reply = request.send(server.address);
    assert_eq!(reply.status, 403);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(server.state.snapshot().generation, 1);
}

#[test]
fn a_token_is_asked_for() {
    let server = Server::with_token(Some("s3cret"));
    for (authorization, status) in [
        (Some("Bearer s3cret"), 200),
        (Some("bearer s3cret"), 200), // RFC 9110 section 11.1: schemes in any case
        (None, 401),
        (Some(""), 401),
        (Some("Bearer "), 401),
        (Some("Bearer s3cre"), 401),
        (Some("Bearer s3cret2"), 401),
        (Some("Bearer S3cret"), 401),
        (Some("Basic s3cret"), 401),
        (Some("s3cret"), 401),
    ] {
        let headers: Vec<_> =
            authorization.map(|value| ("Authorization", value)).into_iter().collect();
        let reply = with(&server, &headers);
        assert_eq!(reply.status, status, "{authorization:?}: {reply:?}");
        if status == 401 {
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
            assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        }
    }
}
