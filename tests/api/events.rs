//! Changes and queries as server-sent events: in order, resumable, and at no cost to others.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use plustwo::{
    api::Limits,
    health::{Moment, State as Health, Target},
    model::{AzIx, Vantage, VpcIx},
    state::{QueryEvent, Transport},
};
use serde_json::{Value, json};
use socket2::SockRef;

use crate::{
    deadline::Deadline,
    http::Request,
    server::{Server, TOPOLOGY},
    table::{Case, check, includes, problem},
};

const AZ: &str = "/v1/availability-zones/us-east-1a";
const PATIENCE: Duration = Duration::from_secs(20);

/// Most octets of text that changes take while they are held.
const MAX_CHANGE_BYTES: usize = 1 << 20;

/// An event as it came.
#[derive(Debug, Default)]
struct Event {
    kind: String,
    id: String,
    data: Value,
}

/// Somebody who reads events.
struct Reader(BufReader<TcpStream>);

impl Reader {
    fn new(server: &Server, query: &str, last: Option<&str>) -> Self {
        Self::at(server.address, query, last)
    }

    fn at(address: SocketAddr, query: &str, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        write!(stream, "GET /v1/events{query} HTTP/1.1\r\nHost: {address}\r\n{last}\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        Self(reader)
    }

    /// The next event, also one without data; none when the stream is over.
    fn any(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some((field, value)) = line.split_once(": ") {
                match field {
                    "event" => value.clone_into(&mut event.kind),
                    "id" => value.clone_into(&mut event.id),
                    "data" => event.data = serde_json::from_str(value).unwrap(),
                    // the length of a chunk, or a comment
                    _ => {}
                }
            } else if line.is_empty() && (!event.kind.is_empty() || !event.id.is_empty()) {
                return Some(event);
            }
        }
    }

    /// The next event with data.
    fn next(&mut self) -> Event {
        loop {
            let event = self.any().expect("the stream has ended");
            if !event.kind.is_empty() {
                assert_eq!(event.data["type"], event.kind, "{event:?}");
                return event;
            }
        }
    }
}

/// An id as `ETag` has it.
fn quoted(id: &str) -> String {
    format!("\"{id}\"")
}

#[test]
fn each_change_is_an_event_with_the_tag_of_what_it_led_to() {
    let server = Server::start();
    let mut reader = Reader::new(&server, "", None);
    let first = reader.any().unwrap();
    assert_eq!((quoted(&first.id), first.data), (server.tag(), Value::Null), "where it begins");
    let az = |rest: Value| {
        let mut target = json!({ "kind": "availability_zone", "name": "us-east-1a" });
        target.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({ "targets": [target], "left_out": 0 })
    };
    let sqs = "/v1/vpc-endpoints/app/sqs";
    for (method, path, body, kind, expected) in [
        (
            "PUT",
            AZ,
            r#"{"state": "impaired"}"#,
            "health",
            az(json!({ "observed": "impaired", "effective": "available" })),
        ),
        (
            "PUT",
            AZ,
            r#"{"state": "available", "forced": "impaired"}"#,
            "health",
            az(json!({ "forced": "impaired", "effective": "impaired" })),
        ),
        ("PUT", AZ, r#"{"forced": null}"#, "health", az(json!({ "forced": null }))),
        (
            "PUT",
            "/v1/subnets/app/app-a",
            r#"{"state": "impaired"}"#,
            "health",
            json!({ "targets": [{ "kind": "subnet", "name": "app/app-a" }] }),
        ),
        (
            "PUT",
            "/v1/health-checks/main",
            r#"{"status": "unhealthy"}"#,
            "health_check",
            json!({ "name": "main", "status": "unhealthy" }),
        ),
        (
            "PATCH",
            sqs,
            r#"{"private_dns_enabled": true}"#,
            "vpc_endpoint",
            json!({ "name": "app/sqs", "private_dns_enabled": true, "state": "available" }),
        ),
        (
            "PATCH",
            sqs,
            r#"{"state": "rejected"}"#,
            "vpc_endpoint",
            json!({ "name": "app/sqs", "state": "rejected" }),
        ),
        ("PUT", "/v1/topology", TOPOLOGY, "topology", json!({ "cause": "replaced" })),
    ] {
        let reply = server.call(method, path, body);
        assert_eq!(reply.status, 200, "{path} {body}: {reply:?}");
        let event = reader.next();
        assert_eq!(event.kind, kind, "{path} {body}");
        assert_eq!(Some(&*quoted(&event.id)), reply.header("etag"), "{path} {body}");
        assert!(includes(&event.data, &expected), "{path} {body}: {event:?}");
        assert_eq!(event.data["generation"], server.get("/v1/state")["generation"]);
        assert_eq!(event.data["at"], "1970-01-01T00:00:00Z", "the clock stands still");
    }
}

#[test]
fn what_dns_notices_is_a_change() {
    let server = Server::start();
    server.call("PUT", AZ, r#"{"state": "impaired"}"#);
    server.call("PUT", "/v1/subnets/app/app-b", r#"{"state": "impaired"}"#);
    let mut reader = Reader::new(&server, "", None);
    server.state.advance(Duration::from_secs(120));
    let event = reader.next();
    let noticed =
        |name: &str| json!({ "name": name, "noticed": "impaired", "notices_in_secs": null });
    let expected = json!({
        "targets": [noticed("us-east-1a"), noticed("app/app-b")], "at": "1970-01-01T00:02:00Z",
    });
    assert!(includes(&event.data, &expected), "{event:?}");
    assert_eq!(quoted(&event.id), server.tag());
}

#[test]
fn a_refused_change_is_none() {
    let server = Server::start();
    let mut reader = Reader::new(&server, "", None);
    server.call("PUT", AZ, r#"{"state": "broken"}"#);
    server.call("PATCH", "/v1/vpc-endpoints/bare/sns", r#"{"private_dns_enabled": true}"#);
    server.call("PUT", "/v1/topology", "region: nowhere");
    server.call_if("\"0-77\"", "PUT", AZ, r#"{"state": "impaired"}"#);
    server.call("PUT", AZ, r#"{"forced": "available"}"#);
    assert_eq!(reader.next().data["generation"], 2, "the first one that was taken");
}

#[test]
fn a_reader_goes_on_where_it_was() {
    let server = Server::start();
    let force = |state| server.state.force(Target::AvailabilityZone(AzIx(0)), state);
    let begin = server.tag().trim_matches('"').to_owned();
    for _ in 0..3 {
        force(Some(Health::Impaired));
    }
    let mut all = Reader::new(&server, "", Some(&begin));
    let ids: Vec<String> = (0..3).map(|_| all.next().id).collect();
    let mut rest = Reader::new(&server, "", Some(&ids[0]));
    assert_eq!([rest.next().id, rest.next().id], ids[1..]);
    force(None);
    assert_eq!(rest.next().data["generation"], 5, "and on");

    for (name, id) in [("another run", "ffff-3"), ("no id of ours", "x"), ("to come", "0-99")] {
        let mut reader = Reader::new(&server, "", Some(id));
        let event = reader.next();
        assert_eq!((&*event.kind, &event.data), ("missed", &json!({ "type": "missed" })), "{name}");
        assert_eq!(quoted(&event.id), server.tag(), "{name}: where it goes on");
    }

    // more than are held
    for _ in 0..2000 {
        force(Some(Health::Impaired));
    }
    let mut late = Reader::new(&server, "", Some(&ids[2]));
    let missed = late.next();
    assert_eq!(missed.kind, "missed");
    let missed = missed.data["changes"].as_u64().unwrap();
    assert_eq!(late.next().data["generation"], 4 + missed + 1, "the oldest that is held");
}

#[test]
fn queries_are_for_those_who_want_them() {
    let server = Server::start();
    let mut without = Reader::new(&server, "", None);
    let mut with = Reader::new(&server, "?queries=true", None);
    let model = Arc::clone(&server.state.snapshot().model);
    let begun = Deadline::new();
    while server.state.events().listened_to(&model).is_none() {
        assert!(begun.elapsed() < PATIENCE, "nobody listens");
        thread::sleep(Duration::from_millis(1));
    }
    // a reply: sns.us-east-1.amazonaws.com. A 10.0.1.50
    let mut reply = vec![0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    reply.extend(b"\x03sns\x09us-east-1\x09amazonaws\x03com\0\0\x01\0\x01");
    reply.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\x01\x32");
    let event = QueryEvent {
        at: Moment::ZERO,
        asker: SocketAddr::from(([127, 0, 0, 1], 5353)),
        model,
        vantage: Vantage::vpc(VpcIx(0)),
        interface: None,
        firewall: None,
        cached: false,
        transport: Transport::Udp,
        reply: reply.into(),
    };
    server.state.tell(0, event);
    server.state.events().wake();
    let event = with.next();
    let expected = json!({
        "type": "query", "at": "1970-01-01T00:00:00Z", "asker": "127.0.0.1:5353", "vantage": "app", "transport": "UDP",
        "name": "sns.us-east-1.amazonaws.com.", "qtype": "A", "status": "NOERROR",
        "answers": [{ "name": "sns.us-east-1.amazonaws.com.", "ttl": 60, "type": "A", "data": "10.0.1.50" }],
        "answers_left_out": 0, "cached": false, "firewall_rule_action": null,
    });
    assert_eq!((event.data, &*event.id), (expected, ""), "an id would be that of a change");
    server.call("PUT", AZ, r#"{"state": "impaired"}"#);
    assert_eq!((&*with.next().kind, &*without.next().kind), ("health", "health"));
    drop(with);
    while server.state.events().listened_to(&server.state.snapshot().model).is_some() {
        // the server learns of it when it next has something to say
        server.call("PUT", AZ, r#"{"state": "impaired"}"#);
        assert!(begun.elapsed() < PATIENCE, "somebody still listens");
    }
    check(&server, &[Case::get("a word", "/v1/events?queries=yes", 400, problem(400))]);
    check(&server, &[Case::get("another key", "/v1/events?query=true", 400, problem(400))]);
}

#[test]
fn one_who_never_reads_costs_nobody_anything_and_is_let_go() {
    const READERS: usize = 50;
    const BURST: usize = 100;
    let limits = Limits { stalled: Duration::from_millis(500), ..Limits::default() };
    let server = Server::with_limits(limits);
    let mut asleep = TcpStream::connect(server.address).unwrap();
    SockRef::from(&asleep).set_recv_buffer_size(4 << 10).unwrap();
    write!(asleep, "GET /v1/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    let begun = Deadline::new();
    while server.state.changes().readers() < 1 {
        assert!(begun.elapsed() < PATIENCE, "it does not read");
    }
    let read = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (read, done) = (&read, &done);
        for _ in 0..READERS {
            let mut reader = Reader::new(&server, "", None);
            scope.spawn(move || {
                let mut last = 1;
                loop {
                    let event = reader.next();
                    let generation = event.data["generation"].as_u64();
                    assert_eq!(generation, Some(last + 1), "none is missing: {event:?}");
                    last += 1;
                    read.fetch_add(1, Ordering::Relaxed);
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
        let mut sent = 0;
        let readers = || server.state.changes().readers();
        // the one who sleeps is let go once its socket and the server's are full
        while readers() > READERS {
            assert!(begun.elapsed() < 3 * PATIENCE, "it is not let go: {sent} changes");
            for _ in 0..BURST {
                server.state.force(Target::AvailabilityZone(AzIx(0)), Some(Health::Impaired));
            }
            sent += BURST;
            // what the server holds is bounded, whoever reads
            assert!(server.state.changes().held_bytes() <= MAX_CHANGE_BYTES);
            while read.load(Ordering::Relaxed) < sent * READERS {
                assert!(begun.elapsed() < 3 * PATIENCE, "{sent} changes are too many");
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert_eq!(readers(), READERS, "those who read stay");
        done.store(true, Ordering::Relaxed);
        server.state.force(Target::AvailabilityZone(AzIx(0)), None);
    });
    // what it would read is cut off
    asleep.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut rest = Vec::new();
    let ended = asleep.read_to_end(&mut rest);
    assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "the stream was ended in order");
}

#[test]
fn readers_are_so_many_and_no_more() {
    let server = Server::start();
    let readers: Vec<_> = (0..128).map(|_| Reader::new(&server, "", None)).collect();
    check(&server, &[Case::get("one too many", "/v1/events", 503, problem(503))]);
    drop(readers);
    let begun = Deadline::new();
    loop {
        // a server learns that somebody has gone when it next looks at the connection
        server.call("PUT", AZ, r#"{"forced": "impaired"}"#);
        if server.state.changes().readers() == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "those who have gone count");
    }
}

#[test]
fn a_token_is_asked_for() {
    let server = Server::with_token(Some("s3cret"));
    let request = Request { method: "GET", path: "/v1/events", headers: &[], body: b"" };
    assert_eq!(request.send(server.address).status, 401);
}
