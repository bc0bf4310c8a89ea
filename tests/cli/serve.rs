//! `plustwo serve`: how it starts, reloads and stops.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpStream, UdpSocket},
    process::{Command, Stdio},
};

use assert_cmd::cargo::CommandCargoExt as _;

use crate::{Folder, PATIENCE, VALID, run, server::Serve};

#[test]
fn a_call_that_is_under_way_at_sigterm_is_still_answered() {
    // an upstream that answers when it is told to
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    let text =
        format!("{VALID}public_dns: {{ upstream: [\"{}\"] }}\n", upstream.local_addr().unwrap());
    let folder = Folder::new("drain");
    let mut server = Serve::start(&folder.write("valid.yaml", &text));
    let address = server.api.strip_prefix("http://").unwrap().to_owned();
    let mut call = TcpStream::connect(&address).unwrap();
    call.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = r#"{"name":"example.com","type":"A"}"#;
    write!(
        call,
        "POST /v1/resolve HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut query = [0; 512];
    upstream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (length, asker) = upstream.recv_from(&mut query).unwrap();
    server.signal("TERM");
    server.refuses_calls(&address);
    // the question echoed, and an A record of the same owner: 192.0.2.55 for 60 s
    let end = 12 + query[12..length].iter().position(|byte| *byte == 0).unwrap() + 5;
    let header = [query[0], query[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 55];
    upstream.send_to(&[&header, &query[12..end], &record].concat(), asker).unwrap();
    let mut reply = [0; 4096];
    let length = call.read(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply[..length]);
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("192.0.2.55"), "{reply}");
    assert!(server.process.wait().unwrap().success());
}

#[test]
fn a_changed_file_is_reloaded_and_a_mistake_in_it_changes_nothing() {
    let folder = Folder::new("reload");
    let path = folder.write("valid.yaml", VALID);
    let server = Serve::start(&path);
    assert_eq!(server.state("/counts/interface_endpoints"), 1);
    server.run(&["az", "impair", "us-east-1a"]);
    // by itself
    let second = "      sqs: { service_name: sqs, subnets: [a], private_dns_enabled: true }\nfailover: instant\n";
    folder.write("valid.yaml", &VALID.replace("failover: instant\n", second));
    server.wait_for("/counts/interface_endpoints", 2);
    assert_eq!(server.state("/faults/0/observed"), "impaired", "faults outlive a reload");
    // a mistake
    folder.write("valid.yaml", &VALID.replace("10.0.1.0/24", "10.0.0.0/33"));
    server.wait_for("/counters/failed_reloads", 1);
    assert_eq!(server.state("/counts/interface_endpoints"), 2);
    // asked for
    server.signal("HUP");
    server.wait_for("/counters/failed_reloads", 2);
    folder.write("valid.yaml", VALID);
    server.wait_for("/counts/interface_endpoints", 1);
}

#[test]
fn sigterm_ends_it_with_success() {
    let folder = Folder::new("term");
    let mut server = Serve::start(&folder.write("valid.yaml", VALID));
    server.signal("TERM");
    assert!(server.process.wait().unwrap().success());
}

#[test]
fn an_address_in_use_is_named() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, err) = run(&["serve", "--dns", &address, "--api", "127.0.0.1:0", "--log", "off"]);
    assert_eq!(code, 2);
    assert!(err.contains(&format!("cannot listen on udp {address}")), "{err}");
}

/// A topology that logs to a file beside it, to the standard output and to the API.
const LOGGING: &str = "resolver_query_log_configs:
  kept: { destination: { file: { path: query.log } }, vpcs: [app] }
  shown: { destination: { stdout: {} }, vpcs: [app] }
  streamed: { destination: { events: {} }, vpcs: [app] }
";

#[test]
fn serve_says_where_queries_are_logged_and_writes_all_before_it_ends() {
    let folder = Folder::new("query-log");
    let topology = folder.write("valid.yaml", &format!("{VALID}{LOGGING}"));
    let mut process = Command::cargo_bin("plustwo")
        .unwrap()
        .args(["serve", &topology, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--log", "off"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let head: Vec<String> = lines.by_ref().take(7).collect();
    let [dns, _, page, kept, shown, streamed, _] = head.try_into().unwrap();
    let file = folder.0.join("query.log");
    assert!(page.starts_with("page http://127.0.0.1:") && page.ends_with('/'), "{page}");
    assert_eq!(kept, format!("query-log:kept {}", file.display()));
    assert_eq!(shown, "query-log:shown stdout");
    assert_eq!(streamed, "query-log:streamed GET /v1/query-log");
    // `test.`, A, RD
    let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04test\x00\x00\x01\x00\x01";
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(query, dns.strip_prefix("dns udp+tcp ").unwrap()).unwrap();
    assert!(socket.recv(&mut [0; 512]).unwrap() > 12);
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert!(process.wait().unwrap().success());
    let printed: Vec<String> = lines.collect();
    assert_eq!(printed.len(), 1, "{printed:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", printed[0]));
    let line: serde_json::Value = serde_json::from_str(&printed[0]).unwrap();
    assert_eq!(line["query_name"], "test.");
    let date = line["query_timestamp"].as_str().unwrap();
    assert!(date.starts_with("20") && date.ends_with('Z') && date.len() == 20, "{date}");
    let (code, out, _) = run(&["check", &topology]);
    assert_eq!(code, 0);
    assert!(out.contains("query log shown: app to stdout"), "{out}");
}

#[test]
fn a_query_log_that_cannot_be_written_is_named_at_once() {
    let folder = Folder::new("no-query-log");
    let text = LOGGING.replace("query.log", "nowhere/query.log");
    let topology = folder.write("valid.yaml", &format!("{VALID}{text}"));
    let (code, _, err) =
        run(&["serve", &topology, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0", "--log", "off"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot write the query log `kept`"), "{err}");
}

#[test]
fn a_served_folder_is_reloaded() {
    let folder = Folder::new("serve-import");
    for entry in fs::read_dir("examples/import/dump").unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.0.join(entry.file_name())).unwrap();
    }
    let server = Serve::start(&folder.0.display().to_string());
    assert_eq!(server.state("/counts/subnets"), 2);
    let file = "describe-subnets.json";
    let text = fs::read_to_string(folder.0.join(file)).unwrap();
    let third = text.replacen(
        "\"Subnets\": [",
        "\"Subnets\": [{\"SubnetId\": \"subnet-0a1b2c3d4e5f6000c\", \"VpcId\": \"vpc-0a1b2c3d4e5f60001\", \
         \"CidrBlock\": \"10.0.3.0/24\", \"AvailabilityZone\": \"us-east-1c\"},",
        1,
    );
    folder.write(file, &third);
    server.wait_for("/counts/subnets", 3);
    // cut off
    folder.write(file, &third[..third.len() / 2]);
    server.wait_for("/counters/failed_reloads", 1);
    assert_eq!(server.state("/counts/subnets"), 3);
}

#[test]
fn an_inbound_endpoint_comes_and_goes_with_the_file_or_the_file_is_refused() {
    let listening = |address: &str| {
        let endpoint = format!(
            "    resolver_endpoints:\n      in: {{ direction: INBOUND, ip_addresses: [{{ subnet: a, listen: \"{address}\" }}, {{ subnet: a }}] }}\n    vpc_endpoints:"
        );
        VALID.replace("    vpc_endpoints:", &endpoint)
    };
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new("inbound");
    let path = folder.write("valid.yaml", VALID);
    let server = Serve::start(&path);
    // by itself: who asked for it too could count two
    folder.write("valid.yaml", &listening(&address));
    server.wait_for("/counters/failed_reloads", 1);
    assert_eq!(server.state("/generation"), 1);
    let put = |text: &str| {
        let mut call = TcpStream::connect(server.api.trim_start_matches("http://")).unwrap();
        let head = "PUT /v1/topology HTTP/1.1\r\nHost: localhost\r\nConnection: close";
        write!(call, "{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        let mut reply = String::new();
        call.read_to_string(&mut reply).unwrap();
        reply
    };
    let reply = put(&listening(&address));
    assert!(reply.starts_with("HTTP/1.1 409"), "{reply}");
    assert!(reply.contains(&format!("cannot listen on udp {address}: ")), "{reply}");
    // what was in its way is gone
    drop(taken);
    server.signal("HUP");
    server.wait_for("/generation", 2);
    let asked = TcpStream::connect(&address);
    assert!(asked.is_ok(), "it listens");
    assert!(put(VALID).starts_with("HTTP/1.1 200"));
    server.refuses_calls(&address);
}
