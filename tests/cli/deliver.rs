//! `plustwo flows --deliver`: what is sent, to whom, and what replies become.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::Command,
    sync::mpsc::{self, Receiver},
    thread,
};

use assert_cmd::cargo::CommandCargoExt as _;

use crate::{Folder, VALID};

/// An API that answers every request alike, and the requests' first lines and headers.
fn api(status: &'static str, body: &'static [u8]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut line) = (String::new(), String::new());
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                head.push_str(&std::mem::take(&mut line));
            }
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().unwrap());
            _ = stream.read_exact(&mut vec![0; length]);
            _ = sender.send(head);
            let stream = stream.get_mut();
            let head = format!(
                "HTTP/1.1 {status}\r\nETag: \"a\"\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    (url, requests)
}

/// Exit code and standard error of a delivery to a destination, in an environment.
fn deliver(name: &str, destination: &str, environment: &[(&str, &OsStr)]) -> (i32, String) {
    let folder = Folder::new(name);
    let logs = format!("flow_logs: {{ all: {{ vpc: app, traffic_type: ALL, {destination} }} }}\n");
    let logged = folder.write("logged.yaml", &format!("{VALID}{logs}"));
    let output = Command::cargo_bin("plustwo")
        .unwrap()
        .args(["flows", "--topology", &logged, "--from", "app/a", "--to", "10.0.1.50", "--deliver"])
        .env("NO_COLOR", "1")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A log group.
const LOG_GROUP: &str = "log_group_name: all";
/// A bucket.
const BUCKET: &str = "log_destination_type: s3, log_destination: \"arn:aws:s3:::bucket\"";

#[test]
fn a_key_or_an_endpoint_that_is_too_long_is_refused() {
    let (url, _requests) = api("200 OK", b"{}");
    let long = "a".repeat(65_400);
    let of_bucket = |prefix: &str| {
        format!("log_destination_type: s3, log_destination: \"arn:aws:s3:::bucket/{prefix}\"")
    };
    let longer = format!("{url}/{long}");
    for (destination, url, said) in [
        (of_bucket(&long), &url, "S3 takes keys of 1,024 octets at most"),
        (of_bucket("p"), &longer, "an endpoint has 2,048 octets at most"),
        (LOG_GROUP.to_owned(), &longer, "an endpoint has 2,048 octets at most"),
    ] {
        let (code, err) =
            deliver("deliver-long", &destination, &[("AWS_ENDPOINT_URL", url.as_ref())]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(said), "{err}");
    }
}

#[test]
fn requests_go_to_the_endpoint_and_through_no_proxy() {
    let (url, requests) = api("200 OK", b"{}");
    let (proxy, of_proxy) = api("200 OK", b"{}");
    let proxies = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "http_proxy"];
    for destination in [BUCKET, LOG_GROUP] {
        let mut environment: Vec<(&str, &OsStr)> = vec![("AWS_ENDPOINT_URL", url.as_ref())];
        environment.extend(proxies.map(|name| (name, OsStr::new(&proxy))));
        let (code, err) = deliver("deliver-proxy", destination, &environment);
        assert_eq!(code, 0, "{err}");
        assert!(requests.try_iter().count() > 0, "{err}");
        assert_eq!(of_proxy.try_iter().collect::<String>(), "");
    }
}

#[test]
fn replies_are_shown_whatever_is_in_them() {
    const LONG: &[u8] = &[b'x'; 900_000];
    const BINARY: &[u8] = b"<Code>\xff\xfe\x1b[31mSlow</Code>\r\n";
    for destination in [BUCKET, LOG_GROUP] {
        for (status, body, said) in [
            ("503 Slow Down", BINARY, "<Code>\u{fffd}\u{fffd} [31mSlow</Code>"),
            ("400 Bad Request", LONG, "xxx…"),
        ] {
            let (url, _requests) = api(status, body);
            let (code, err) =
                deliver("deliver-replies", destination, &[("AWS_ENDPOINT_URL", url.as_ref())]);
            assert_eq!(code, 2, "{err}");
            let status = status.split(' ').next().unwrap();
            assert!(err.contains(said) && err.contains(status), "{err}");
            assert!(err.len() < 3000 && !err.contains('\x1b'), "{err}");
        }
        let (url, _requests) = api("200 OK", b"\xff");
        let (code, err) =
            deliver("deliver-replies", destination, &[("AWS_ENDPOINT_URL", url.as_ref())]);
        assert_eq!(code, 0, "{err}");
    }
}

#[cfg(unix)]
#[test]
fn an_environment_that_cannot_be_meant_sends_nothing() {
    use std::os::unix::ffi::OsStrExt as _;

    let (url, requests) = api("200 OK", b"{}");
    let not_text = OsStr::from_bytes(b"http://127.0.0.1:1/\xff");
    for (name, value, said) in [
        ("AWS_ENDPOINT_URL_S3", not_text, "AWS_ENDPOINT_URL_S3 is not UTF-8"),
        ("AWS_SESSION_TOKEN", not_text, "AWS_SESSION_TOKEN is not UTF-8"),
        ("AWS_SESSION_TOKEN", OsStr::new("é"), "AWS_SESSION_TOKEN has characters"),
        ("AWS_ACCESS_KEY_ID", OsStr::new("é"), "AWS_ACCESS_KEY_ID has characters"),
        ("AWS_ACCESS_KEY_ID", OsStr::new("a\nb"), "AWS_ACCESS_KEY_ID has characters"),
    ] {
        let environment = [("AWS_ENDPOINT_URL", url.as_ref()), (name, value)];
        let (code, err) = deliver("deliver-environment", BUCKET, &environment);
        assert_eq!(code, 2, "{name}: {err}");
        assert!(err.contains(said), "{err}");
        assert_eq!(requests.try_iter().collect::<String>(), "");
    }
}
