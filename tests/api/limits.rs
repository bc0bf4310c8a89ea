//! What callers may take: connections, time, requests a second; and what replies say to browsers.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use plustwo::api::Limits;

use crate::{deadline::Deadline, http::Request, server::Server};

const SOON: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(20);

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything until the server closes.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // a reset is an end too
    _ = stream.read_to_end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_slow_head_is_not_waited_for() {
    let server = Server::with_limits(Limits { head: SOON, ..Limits::default() });
    for (name, sent) in [
        ("nothing", ""),
        ("half a head", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"),
        ("another one after the first", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /h"),
    ] {
        let begun = Deadline::new();
        let mut stream = connect(&server);
        stream.write_all(sent.as_bytes()).unwrap();
        rest(stream);
        assert!(begun.elapsed() < PATIENCE, "{name}: it is waited for");
    }
    assert_eq!(server.call("GET", "/healthz", "").status, 200);
}

#[test]
fn a_slow_body_is_not_waited_for() {
    let server = Server::with_limits(Limits { body: SOON, ..Limits::default() });
    for (method, path) in [("PUT", "/v1/topology"), ("PUT", "/v1/availability-zones/us-east-1a")] {
        let mut stream = connect(&server);
        let media = "Content-Type: application/json\r\nContent-Length: 100";
        let host = server.address;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{media}\r\n\r\n{{"
        )
        .unwrap();
        let reply = rest(stream);
        assert!(reply.starts_with("HTTP/1.1 408 "), "{path}: {reply}");
        assert!(reply.contains("application/problem+json"), "{path}: {reply}");
    }
}

#[test]
fn a_long_head_is_refused() {
    let server = Server::start();
    let mut stream = connect(&server);
    let long = "x".repeat(200 << 10);
    // it may be refused before it has come
    _ = write!(stream, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n");
    let reply = rest(stream);
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 431 "), "{reply}");
}

#[test]
fn connections_are_so_many_and_no_more() {
    let server = Server::with_limits(Limits { connections: 3, ..Limits::default() });
    let held: Vec<_> = (0..3).map(|_| connect(&server)).collect();
    let reply = rest(connect(&server));
    assert!(reply.starts_with("HTTP/1.1 503 "), "{reply}");
    let (_, problem) = reply.split_once("\r\n\r\n").unwrap();
    let problem: serde_json::Value = serde_json::from_str(problem).unwrap();
    assert_eq!(problem["status"], 503);
    drop(held);
    let begun = Deadline::new();
    loop {
        let mut stream = connect(&server);
        _ = write!(stream, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        if rest(stream).starts_with("HTTP/1.1 200 ") {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "places are not given back");
    }
}

#[test]
fn requests_beyond_the_rate_wait() {
    let limits = Limits { requests_per_second: 20, ..Limits::default() };
    let server = Server::with_limits(limits);
    let begun = Deadline::new();
    for _ in 0..41 {
        assert_eq!(server.call("GET", "/healthz", "").status, 200);
    }
    assert!(begun.elapsed() >= Duration::from_millis(1900), "{:?}", begun.elapsed());
}

#[test]
fn a_browser_is_told_what_it_may_not_do() {
    let server = Server::with_token(Some("s3cret"));
    let token = ("Authorization", "Bearer s3cret");
    for (name, path, headers, status) in [
        ("a reply", "/v1/state", &[token][..], 200),
        ("no such path", "/v1/nothing", &[token], 404),
        ("no token", "/v1/state", &[], 401),
        ("a foreign page", "/v1/state", &[token, ("Origin", "http://attacker.example")], 403),
        ("events", "/v1/query-log", &[token], 404),
        ("the document", "/openapi.json", &[token], 200),
    ] {
        let reply = Request { method: "GET", path, headers, body: b"" }.send(server.address);
        assert_eq!(reply.status, status, "{name}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'self'"), "{name}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{name}: {policy}");
        assert!(!policy.contains("unsafe"), "{name}: {policy}");
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(header), Some(value), "{name}");
        }
        assert_eq!(reply.header("access-control-allow-origin"), None, "{name}");
    }
}
