//! Commands that ask a running server: `az`, `endpoint`, `firewall`, `health-check`, `state`.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::Command,
};

use assert_cmd::cargo::CommandCargoExt as _;

use crate::{Folder, VALID, run, server::Serve};

#[test]
fn a_running_server_is_steered() {
    let folder = Folder::new("steer");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let (code, out, _) = server.run(&["az", "impair", "us-east-1a"]);
    assert_eq!((code, out.as_str()), (0, "us-east-1a (use1-az1) is impaired; DNS has noticed\n"));
    let (code, _, err) = server.run(&["az", "impair", "us-east-1z"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no Availability Zone `us-east-1z`"), "{err}");
    let (code, out, _) = server.run(&["endpoint", "set", "sns", "--private-dns", "off"]);
    assert_eq!(code, 0);
    assert!(out.ends_with("private DNS off\n"), "{out}");
    let (code, out, _) = server.run(&["endpoint", "list"]);
    assert_eq!((code, out.lines().count()), (0, 1));
    let line = |status| format!("main (01234567-89ab-cdef-0123-456789abcdef) is {status}\n");
    let (code, out, _) = server.run(&["health-check", "list"]);
    assert_eq!((code, out), (0, line("healthy")));
    let (code, out, _) = server.run(&["health-check", "set", "main", "unhealthy"]);
    assert_eq!((code, out), (0, line("unhealthy")));
    let (code, _, err) = server.run(&["health-check", "set", "mian", "unhealthy"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no health check `mian`: did you mean `main`?"), "{err}");
    let (code, out, _) = server.run(&["state"]);
    assert_eq!(code, 0);
    assert!(out.contains(&format!("health check: {}", line("unhealthy"))), "{out}");
    assert!(out.contains("fault: us-east-1a (use1-az1) is impaired"), "{out}");
    let (code, _, err) = run(&["state", "--api", "http://127.0.0.1:9"]);
    assert_eq!(code, 2);
    assert!(err.contains("no plustwo server at http://127.0.0.1:9"), "{err}");
}

#[test]
fn what_is_no_plustwo_server_is_not_taken_for_one() {
    for (status, body) in
        [("200 OK", "hello"), ("200 OK", "[]"), ("302 Found", ""), ("502 Bad Gateway", "")]
    {
        let url = stranger(status, body);
        let expected = format!("({status})");
        for arguments in [&["state"][..], &["endpoint", "list"], &["az", "impair", "us-east-1a"]] {
            let mut all = arguments.to_vec();
            all.extend(["--api", &url]);
            let (code, out, err) = run(&all);
            assert_eq!((code, out.as_str()), (2, ""), "{arguments:?} {expected}");
            assert!(err.contains("is not a plustwo server") && err.contains(&expected), "{err}");
        }
    }
    let (code, _, err) = run(&["state", "--api", "localhost:5380"]);
    assert_eq!(code, 2);
    assert!(err.contains("`localhost:5380` is not the URL of an API"), "{err}");
}

#[test]
fn the_proxy_of_the_environment_is_not_asked_for_the_api() {
    let folder = Folder::new("proxy");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let proxy = stranger("502 Bad Gateway", "");
    let output = Command::cargo_bin("plustwo")
        .unwrap()
        .args(["state", "--api", &server.api])
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, proxy.as_str())))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_name_is_one_segment_of_a_path_whatever_it_holds() {
    let folder = Folder::new("segment");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    for name in ["?x", "us/east", "us east", "%41", "\u{fc}"] {
        let (code, _, err) = server.run(&["az", "impair", name]);
        assert_eq!(code, 2);
        assert!(err.contains(&format!("there is no Availability Zone `{name}`")), "{name}: {err}");
    }
    let (code, _, err) = server.run(&["endpoint", "set", "app/sns", "--private-dns", "off"]);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn a_list_longer_than_ten_megabytes_is_read() {
    let folder = Folder::new("long");
    let endpoint = |n| format!("e{n}: {{ service_name: sns, subnets: [a] }}");
    let endpoints = (0..200).map(endpoint).collect::<Vec<_>>().join(", ");
    let vpc = |n| {
        let subnets = format!("a: {{ availability_zone: us-east-1a, cidr_block: 10.{n}.0.0/20 }}");
        format!(
            "  v{n}: {{ cidr_block: 10.{n}.0.0/16, subnets: {{ {subnets} }}, vpc_endpoints: {{ {endpoints} }} }}\n"
        )
    };
    let text =
        format!("region: us-east-1\nvpcs:\n{}", (0..60).map(vpc).collect::<Vec<_>>().concat());
    let server = Serve::start(&folder.write("long.yaml", &text));
    let (code, out, err) = server.run(&["endpoint", "list"]);
    assert_eq!((code, out.lines().count()), (0, 12_000), "{err}");
}

/// Something that answers HTTP at any path, one connection after the other, and is no plustwo server.
fn stranger(status: &str, body: &str) -> String {
    let length = body.len();
    let reply =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            _ = connection.read(&mut [0; 4096]);
            _ = connection.write_all(reply.as_bytes());
        }
    });
    url
}

#[test]
fn a_firewall_is_switched_while_the_server_runs() {
    let folder = Folder::new("firewall");
    let server = Serve::start(&folder.write("valid.yaml", VALID));
    let (code, out, err) = server.run(&["firewall", "impair", "app"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.ends_with("DNS Firewall is impaired, and fails closed; it has no rules there\n"),
        "{out}"
    );
    assert_eq!(server.state("/firewalls/0/state"), "impaired");
    server.run(&["firewall", "restore", "app"]);
    assert_eq!(server.run(&["firewall", "list"]).1.lines().count(), 1);
    assert_eq!(server.state("/firewalls/0/state"), "available");
    assert_eq!(server.run(&["firewall", "impair", "ap"]).0, 2);
}
