//! The query log at the API: lines as server-sent events, and topologies that may not name files. R110

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use plustwo::state::QueryLogLine;
use serde_json::json;

use crate::{
    http::{Reply, Request},
    server::{Server, TOPOLOGY},
    table::{Case, check, problem},
};

const CONFIGS: &str =
    "resolver_query_log_configs:\n  central: { destination: { DESTINATION }, vpcs: [app] }\n";

fn put(server: &Server, destination: &str) -> Reply {
    let text = format!("{TOPOLOGY}\n{}", CONFIGS.replace("DESTINATION", destination));
    let request = Request {
        method: "PUT",
        path: "/v1/topology",
        headers: &[("Content-Type", "application/yaml")],
        body: text.as_bytes(),
    };
    request.send(server.address)
}

/// Reads events from now on; the first line is that of the status.
fn follow(server: &Server) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /v1/query-log HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("text/event-stream"), "{head}");
    reader
}

/// The next line of the stream that begins so.
fn next(reader: &mut BufReader<TcpStream>, start: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream has ended");
        if let Some(rest) = line.strip_prefix(start) {
            return rest.trim_end().to_owned();
        }
    }
}

fn send(server: &Server, text: &str) {
    let config = server.state.snapshot().model.resolver_query_log_configs[0].id;
    server.state.query_log().send(QueryLogLine { config, text: Arc::from(text) });
}

#[test]
fn lines_are_events() {
    let server = Server::start();
    check(&server, &[Case::get("nothing to read", "/v1/query-log", 404, problem(404))]);
    assert_eq!(put(&server, "events: {}").status, 200);
    let (mut one, mut other) = (follow(&server), follow(&server));
    for text in [r#"{"a":1}"#, r#"{"a":2}"#] {
        send(&server, text);
        assert_eq!(next(&mut one, "data: "), text);
        assert_eq!(next(&mut other, "data: "), text);
    }
    let logs = json!([{ "name": "central", "destination": "events" }]);
    check(
        &server,
        &[Case::get("shown", "/v1/state", 200, json!({ "resolver_query_log_configs": logs }))],
    );
}

#[test]
fn a_slow_reader_is_told_what_it_missed() {
    let server = Server::start();
    assert_eq!(put(&server, "events: {}").status, 200);
    let mut reader = follow(&server);
    // more than its socket, the server's and the stream hold
    let line = "x".repeat(16 << 10);
    let counted = || server.state.counters().counts().query_log_missed;
    let (mut sent, mut told) = (0, false);
    while !told && sent < 20_000 {
        send(&server, &line);
        sent += 1;
        if sent > 5_000 && sent % 100 == 0 {
            // what was taken from the socket makes room for the news
            for _ in 0..100 {
                let field = next(&mut reader, "");
                if field == "event: missed" {
                    told = true;
                    break;
                }
            }
        }
    }
    assert!(told && counted() > 0, "{sent} lines");
    assert!(next(&mut reader, "data: ").parse::<u64>().unwrap() > 0);
}

#[test]
fn readers_are_so_many_and_no_more() {
    let server = Server::start();
    assert_eq!(put(&server, "events: {}").status, 200);
    let _readers: Vec<_> = (0..64).map(|_| follow(&server)).collect();
    check(&server, &[Case::get("one too many", "/v1/query-log", 503, problem(503))]);
}

#[test]
fn a_topology_that_comes_by_the_api_names_no_new_file() {
    let server = Server::start();
    let reply = put(&server, "file: { path: anything.log }");
    assert_eq!(reply.status, 400, "{reply:?}");
    let detail = reply.json()["detail"].to_string();
    assert!(detail.contains("`central` goes to a file"), "{detail}");
    assert_eq!(server.get("/v1/state")["generation"], 1, "nothing has changed");
    assert_eq!(put(&server, "stdout: {}").status, 200);
}
