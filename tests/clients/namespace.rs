//! Stub resolvers and a forwarder, in a network namespace where port 53 of 127.0.0.1 is ours (namespace.sh).

use libtest_mimic::Trial;

use crate::program::{file, run, tool};

pub(crate) fn trials() -> Vec<Trial> {
    trials!("stub":
        glibc
        glibc_over_tcp
        glibc_with_edns
        glibc_one_query_at_a_time
        glibc_on_a_fresh_socket_each
        musl
        go
        go_over_tcp
        c_ares
        busybox_nslookup
        what_stubs_ask_takes_the_fast_path
        dig_at_the_resolvers_of_two_vpcs
        glibc_through_dnsmasq
        glibc_through_systemd_resolved
        systemd_resolved_holds_an_answer_until_its_ttl_ends
        dnsmasq_holds_an_answer_until_its_ttl_ends
    )
}

/// What each stub is asked, and the addresses it must find (none: the name or its addresses do not exist).
/// The private DNS name and the alias; a CNAME; a wildcard, where musl fails if AAAA is NXDOMAIN and not NODATA; a name
/// with TXT alone; a name missing from a private hosted zone and one missing below a hidden one (R46, R64, R66, R48).
const EXPECTED: &[(&str, &[&str])] = &[
    ("sns.us-east-1.amazonaws.com", &["10.0.1.50", "10.0.2.50", "10.0.3.50"]),
    ("queue.corp.internal", &["10.0.1.51"]),
    ("www.corp.internal", &["10.0.1.20"]),
    ("any.wild.corp.internal", &["10.0.1.21"]),
    ("note.corp.internal", &[]),
    ("nobody.corp.internal", &[]),
    ("foo.sns.us-east-1.amazonaws.com", &[]),
];

/// 60 addresses do not fit into 512 bytes: a stub that retries by TCP sees them all.
const MANY: (&str, usize) = ("many.corp.internal", 60);

fn glibc() {
    check_glibc("");
}

/// A and AAAA go out together on one connection.
fn glibc_over_tcp() {
    check_glibc("use-vc");
}

fn glibc_with_edns() {
    check_glibc("edns0");
}

fn glibc_one_query_at_a_time() {
    check_glibc("single-request");
}

fn glibc_on_a_fresh_socket_each() {
    check_glibc("single-request-reopen");
}

fn check_glibc(options: &str) {
    let script = path("resolve_glibc.py");
    check(options, &["python3", &script]);
    check_many(options, &["python3", &script]);
}

/// musl before 1.2.4 never asks by TCP, so [`MANY`] is not for it.
fn musl() {
    check("", &[&built("test-tools/resolve-musl")]);
}

fn go() {
    check("", &[&built("test-tools/resolve-go")]);
    check_many("", &[&built("test-tools/resolve-go")]);
}

fn go_over_tcp() {
    check("use-vc", &[&built("test-tools/resolve-go")]);
}

fn c_ares() {
    let client = [built("test-venv/bin/python"), path("resolve_cares.py")];
    let client: Vec<&str> = client.iter().map(String::as_str).collect();
    check("", &client);
    check_many("", &client);
}

fn busybox_nslookup() {
    let printed = in_namespace("53", "", &["busybox", "nslookup", "sns.us-east-1.amazonaws.com"]);
    for address in EXPECTED[0].1 {
        assert!(printed.contains(&format!("Address: {address}")), "no {address} in\n{printed}");
    }
}

/// Every question of every stub, and dig's with its cookie, whatever the answer: nothing is handed over.
fn what_stubs_ask_takes_the_fast_path() {
    let (python, c_ares) = (built("test-venv/bin/python"), path("resolve_cares.py"));
    let (glibc, musl) = (path("resolve_glibc.py"), built("test-tools/resolve-musl"));
    let go = built("test-tools/resolve-go");
    let clients: [(&str, &[&str]); 8] = [
        ("", &["dig", "+short"]),
        ("", &["dig", "+short", "+dnssec"]),
        ("", &["python3", &glibc]),
        ("edns0 trust-ad", &["python3", &glibc]),
        ("", &[&musl]),
        ("", &[&go]),
        ("", &[&python, &c_ares]),
        ("", &["busybox", "nslookup"]),
    ];
    for (options, client) in clients {
        // busybox and dig fail for names that do not exist, and busybox takes one name at a time
        let alone = client[0] == "busybox" || client[0] == "dig";
        let names = EXPECTED.iter().map(|(name, _)| *name).take(if alone { 1 } else { 7 });
        let command: Vec<&str> = client.iter().copied().chain(names).collect();
        let script = path("taken.sh");
        let printed = in_namespace("53", options, &[&[&*script][..], &command].concat());
        let (udp, fast) = (found(&printed, "udp"), found(&printed, "fast"));
        assert_eq!(udp, fast, "{client:?}:\n{printed}");
        assert_ne!(udp, ["0"], "{client:?}:\n{printed}");
    }
}

/// Port 53 of the addresses that the resolvers of two VPCs have: who asks there is in that VPC. R1
fn dig_at_the_resolvers_of_two_vpcs() {
    let plustwo = env!("CARGO_BIN_EXE_plustwo").to_owned();
    let printed = run(file("resolvers.sh"), [plustwo, path("resolvers.yaml")]);
    assert_eq!(printed, "\"first\"\n\"second\"\n\"second\"\n\"second\"\n");
}

fn glibc_through_dnsmasq() {
    check_through(&[&path("dnsmasq.sh")]);
}

fn glibc_through_systemd_resolved() {
    check_through(&[&path("resolved.sh"), &built("test-tools/systemd-resolved")]);
}

fn dnsmasq_holds_an_answer_until_its_ttl_ends() {
    check_fault_through(&[&path("dnsmasq.sh")]);
}

fn systemd_resolved_holds_an_answer_until_its_ttl_ends() {
    check_fault_through(&[&path("resolved.sh"), &built("test-tools/systemd-resolved")]);
}

/// R40: DNS leaves an impaired AZ out at once here, and whoever asked before sees it until the TTL ends (T6).
fn check_fault_through(forwarder: &[&str]) {
    let printed = in_namespace("5300", "", &[forwarder, &[&*path("fault.sh")]].concat());
    let ttls = |step: &str| -> Vec<u32> {
        let mut lines = printed.lines().filter_map(|line| line.strip_prefix(step)).peekable();
        assert!(lines.peek().is_some(), "no `{step}` in\n{printed}");
        lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect()
    };
    assert_eq!(ttls("before: "), [60, 60, 60], "{printed}");
    assert_eq!(ttls("plustwo: "), [60, 60], "{printed}");
    assert!(!printed.contains("plustwo: 60 10.0.1.50"), "{printed}");
    let cached = ttls("forwarder: ");
    assert_eq!(cached.len(), 3, "the answer of before the fault: {printed}");
    assert!(cached.iter().all(|ttl| (1..60).contains(ttl)), "counted down: {printed}");
}

fn check(options: &str, client: &[&str]) {
    check_expected(&in_namespace("53", options, &with_names(client)));
}

/// glibc with a forwarder between it and the server.
fn check_through(forwarder: &[&str]) {
    let script = path("resolve_glibc.py");
    let client = [forwarder, &["python3", &script]].concat();
    check_expected(&in_namespace("5300", "", &with_names(&client)));
}

fn with_names<'a>(client: &[&'a str]) -> Vec<&'a str> {
    client.iter().copied().chain(EXPECTED.iter().map(|(name, _)| *name)).collect()
}

fn check_expected(printed: &str) {
    for (name, expected) in EXPECTED {
        let mut found = found(printed, name);
        found.sort_unstable();
        let none: &[&str] = &["not found"];
        let expected = if expected.is_empty() { none } else { expected };
        assert_eq!(found, expected, "{name}:\n{printed}");
    }
}

fn check_many(options: &str, client: &[&str]) {
    let printed = in_namespace("53", options, &[client, &[MANY.0]].concat());
    assert_eq!(found(&printed, MANY.0).len(), MANY.1, "{printed}");
}

/// What a resolver printed for a name: its addresses, or `not found`.
fn found<'a>(printed: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("{name}: ");
    let line = printed.lines().find_map(|line| line.strip_prefix(&*start));
    match line.unwrap_or_else(|| panic!("no line for {name} in\n{printed}")) {
        "not found" => vec!["not found"],
        addresses => addresses.split_whitespace().collect(),
    }
}

fn in_namespace(port: &str, options: &str, command: &[&str]) -> String {
    let topology = path("topology.yaml");
    let start = [env!("CARGO_BIN_EXE_plustwo"), &topology, port, options];
    run(file("namespace.sh"), [&start, command].concat())
}

fn path(name: &str) -> String {
    file(name).display().to_string()
}

/// The path of what setup.sh made below target/.
fn built(name: &str) -> String {
    tool(name).display().to_string()
}
