//! The query log behind real sockets: each way is logged once, files are rotated, and nobody waits for it. R110

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::Command,
};

use plustwo::server::{QueryLog, QueryLogThread};
use serde_json::Value;

use super::*;

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("query-log").join(name);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A topology whose VPC logs to a file.
fn logging(file: &Path, rest: &str) -> String {
    let configs = format!(
        "resolver_query_log_configs:\n  central: {{ destination: {{ file: {{ path: {}, max_bytes: 4096, keep: 2 }} }}, vpcs: [app] }}\n",
        file.display()
    );
    topology(&(configs + rest))
}

fn start(server: &Server) -> QueryLogThread {
    QueryLog::new(Arc::clone(&server.state)).start().unwrap()
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "whole lines");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until something holds, which must not take long.
fn until(what: &str, holds: impl Fn() -> bool) {
    const STEP: Duration = Duration::from_millis(5);
    let mut left = PATIENCE;
    while !holds() {
        assert!(!left.is_zero(), "{what}");
        std::thread::sleep(STEP);
        left = left.saturating_sub(STEP);
    }
}

#[test]
fn every_way_is_logged_once_with_what_was_answered() {
    let file = folder("ways").join("query.log");
    let public = serve(PUBLIC, &["127.0.0.1:0"]);
    let rest = format!("public_dns: {{ upstream: [\"{}\"] }}\n", public.bound[0]);
    let text = logging(&file, &rest).replace("max_bytes: 4096", "max_bytes: 65536");
    let server = serve(&text, &["127.0.0.1:0"]);
    let log = start(&server);
    let to = server.bound[0];
    // the fast path
    ask(to, "db.corp.internal.");
    // the full path by UDP, cut there, and by TCP
    let big = query("big.corp.internal.", RecordType::TXT, Some(512));
    send(to, &big.to_vec().unwrap(), PATIENCE).unwrap();
    over_tcp(to, &[big]);
    // by somebody else
    ask(to, "www.public.test.");
    // refused by its form: not looked at, not logged
    let mut refused = query("db.corp.internal.", RecordType::A, None);
    refused.metadata.recursion_desired = false;
    send(to, &refused.to_vec().unwrap(), PATIENCE).unwrap();
    log.stop(PATIENCE);
    let mut seen: Vec<String> = lines(&file)
        .iter()
        .map(|line| {
            let answers = line["answers"].as_array().unwrap().len();
            let text = |key: &str| line[key].as_str().unwrap();
            format!("{} {} {} {answers}", text("query_name"), text("transport"), text("rcode"))
        })
        .collect();
    // threads have rings of their own
    seen.sort();
    let expected = [
        // as it was sent: cut
        "big.corp.internal. TCP NOERROR 40",
        "big.corp.internal. UDP NOERROR 0",
        "db.corp.internal. UDP NOERROR 1",
        "www.public.test. UDP NOERROR 1",
    ];
    assert_eq!(seen, expected);
    let counts = server.state.counters().counts();
    assert_eq!((counts.query_log_lines, counts.query_log_dropped), (4, 0));
}

#[test]
fn an_inbound_endpoint_and_its_interface_are_named() {
    let file = folder("inbound").join("query.log");
    let text = logging(&file, "").replacen(
        "    vpc_endpoints:",
        "    resolver_endpoints:
      in:
        id: rslvr-in-0123456789abcdef0
        direction: INBOUND
        ip_addresses: [{ subnet: a }, { subnet: b, listen: '127.0.0.1:0' }]
    vpc_endpoints:",
        1,
    );
    let server = serve_inbound(&text);
    let log = start(&server);
    ask(server.bound[0], "db.corp.internal.");
    over_tcp(server.bound[0], &[query("db.corp.internal.", RecordType::A, None)]);
    log.stop(PATIENCE);
    let model = &server.state.snapshot().model;
    let id = model.resolver_endpoints[0].ip_addresses[1].ip_id.to_string();
    assert!(id.starts_with("rni-"));
    let lines = lines(&file);
    assert_eq!(lines.len(), 2);
    for line in lines {
        let expected = serde_json::json!({
            "resolver_endpoint": "rslvr-in-0123456789abcdef0", "resolver_network_interface": id,
        });
        assert_eq!(line["srcids"], expected);
        assert_eq!(line["srcaddr"], "127.0.0.1");
    }
}

/// Serves a topology at its first inbound endpoint alone.
fn serve_inbound(topology: &str) -> Server {
    let model = config::parse("test.yaml", topology).map_err(|found| found.render()).unwrap().model;
    let inbound = Some(model.resolver_endpoints[0].id);
    let state = Arc::new(State::new(model, Clock::stopped()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let entered = runtime.enter();
    let doors = [Door { inbound, ..Door::from(any) }];
    let upstream = Arc::new(Upstream::default());
    let dns = Dns::bind(Arc::clone(&state), upstream, &doors, DnsOptions::default()).unwrap();
    let bound = dns.bound().collect();
    runtime.spawn(dns.run(CancellationToken::new()));
    drop(entered);
    Server { state, bound, runtime }
}

#[test]
fn files_are_rotated_by_their_size_and_so_many_kept() {
    let folder = folder("rotation");
    let file = folder.join("query.log");
    let server = serve(&logging(&file, ""), &["127.0.0.1:0"]);
    let log = start(&server);
    for number in 0..57 {
        ask(server.bound[0], &format!("n{number}.corp.internal."));
    }
    log.stop(PATIENCE);
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["query.log", "query.log.1", "query.log.2"]);
    let mut kept = Vec::new();
    for name in names.iter().rev() {
        let path = folder.join(name);
        let octets = fs::metadata(&path).unwrap().len();
        assert!(octets <= 4096 && octets > 0, "{name}: {octets}");
        kept.extend(lines(&path));
    }
    // two threads answer, so that neighbours may change places
    let keeps = |name: &str| kept.iter().any(|line| line["query_name"] == name);
    assert!(keeps("n56.corp.internal.") && !keeps("n0.corp.internal."), "{kept:?}");
    let counts = server.state.counters().counts();
    assert_eq!((counts.query_log_lines, counts.query_log_dropped), (57, 0));
    // a server that starts again goes on where it was
    let before = lines(&file).len();
    let log = start(&server);
    ask(server.bound[0], "again.corp.internal.");
    log.stop(PATIENCE);
    assert_eq!(lines(&file).len(), before + 1);
}

#[test]
fn a_destination_that_takes_nothing_costs_lines_and_no_answer() {
    let pipe = folder("pipe").join("query.log");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let server = serve(&logging(&pipe, ""), &["127.0.0.1:0"]);
    let log = start(&server);
    let counts = || server.state.counters().counts();
    // nobody reads the pipe yet, so that opening it lasts
    let mut asked = 0_u64;
    while counts().query_log_dropped < 100 {
        assert_eq!(data(&ask(server.bound[0], "db.corp.internal.")), ["10.0.1.20"]);
        asked += 1;
        assert!(asked < 100_000, "what waits is bounded");
    }
    assert_eq!(counts().query_log_lines, 0);
    let reader = std::thread::spawn(move || {
        BufReader::new(fs::File::open(pipe).unwrap()).lines().map_while(Result::ok).count()
    });
    until("all is written or dropped", || {
        let counts = counts();
        counts.query_log_lines + counts.query_log_dropped == asked
    });
    log.stop(PATIENCE);
    let written = u64::try_from(reader.join().unwrap()).unwrap();
    assert_eq!(written, counts().query_log_lines);
    assert!(written >= 4096, "a ring was full: {written}");
}

#[test]
fn a_file_that_cannot_be_written_is_tried_again() {
    let folder = folder("missing").join("folder");
    let file = folder.join("query.log");
    let server = serve(&logging(&file, ""), &["127.0.0.1:0"]);
    let log = start(&server);
    let counts = || server.state.counters().counts();
    assert_eq!(data(&ask(server.bound[0], "db.corp.internal.")), ["10.0.1.20"]);
    until("the line is dropped", || counts().query_log_dropped == 1);
    fs::create_dir(&folder).unwrap();
    ask(server.bound[0], "db.corp.internal.");
    log.stop(PATIENCE);
    assert_eq!((counts().query_log_lines, lines(&file).len()), (1, 1));
}

#[test]
fn a_reload_changes_who_logs_and_where() {
    let folder = folder("reload");
    let (first, second) = (folder.join("first.log"), folder.join("second.log"));
    let server = serve(&logging(&first, ""), &["127.0.0.1:0"]);
    let log = start(&server);
    let reload = |text: &str| {
        server.state.replace(config::parse("test.yaml", text).unwrap().model).unwrap();
    };
    ask(server.bound[0], "one.corp.internal.");
    reload(&logging(&second, ""));
    ask(server.bound[0], "two.corp.internal.");
    reload(&topology(""));
    ask(server.bound[0], "three.corp.internal.");
    log.stop(PATIENCE);
    let names = |file: &Path| -> Vec<Value> {
        lines(file).into_iter().map(|line| line["query_name"].clone()).collect()
    };
    assert_eq!(names(&first), ["one.corp.internal."]);
    assert_eq!(names(&second), ["two.corp.internal."]);
}
