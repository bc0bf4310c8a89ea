//! What stands on the wire, through sockets on loopback: listeners and their vantages, upstreams, TCP, truncation.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod doors;
mod forwarding;
mod query_log;
mod resolver_address;
mod serving;

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    sync::Arc,
    time::Duration,
};

use hickory_proto::{
    op::{Edns, Message, Query, ResponseCode},
    rr::{Name, RecordType},
};
use plustwo::{
    config,
    server::{Dns, DnsOptions, Door, Upstream},
    state::{Clock, State},
};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Long enough for a busy machine; only waited for where no reply must come.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long silence is listened to.
const SILENCE: Duration = Duration::from_millis(300);

/// A server of one topology, stopped when dropped.
struct Server {
    state: Arc<State>,
    bound: Vec<SocketAddr>,
    runtime: Runtime,
}

fn serve(topology: &str, addresses: &[&str]) -> Server {
    serve_with(topology, addresses, DnsOptions::default())
}

fn serve_with(topology: &str, addresses: &[&str], options: DnsOptions) -> Server {
    let model =
        config::parse("test.yaml", topology).map_err(|problems| problems.render()).unwrap().model;
    let state = Arc::new(State::new(model, Clock::stopped()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let doors: Vec<Door> =
        addresses.iter().map(|address| address.parse::<SocketAddr>().unwrap().into()).collect();
    let entered = runtime.enter();
    let upstream = Arc::new(Upstream::default());
    let dns = Dns::bind(Arc::clone(&state), upstream, &doors, options).unwrap();
    let bound = dns.bound().collect();
    runtime.spawn(dns.run(CancellationToken::new()));
    drop(entered);
    Server { state, bound, runtime }
}

fn query(name: &str, rtype: RecordType, payload: Option<u16>) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), rtype));
    if let Some(payload) = payload {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        message.set_edns(edns);
    }
    message
}

fn send(to: SocketAddr, bytes: &[u8], wait: Duration) -> Option<Vec<u8>> {
    let own: IpAddr =
        if to.is_ipv4() { "127.0.0.1".parse().unwrap() } else { "::1".parse().unwrap() };
    let socket = UdpSocket::bind((own, 0)).unwrap();
    socket.set_read_timeout(Some(wait)).unwrap();
    socket.connect(to).unwrap();
    socket.send(bytes).unwrap();
    let mut buffer = vec![0; 65_535];
    let length = socket.recv(&mut buffer).ok()?;
    Some(buffer[..length].to_vec())
}

/// Asks all of these on one connection, before any reply is read.
fn over_tcp(to: SocketAddr, questions: &[Message]) -> Vec<Message> {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    for question in questions {
        let message = question.to_vec().unwrap();
        bytes.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        bytes.extend(message);
    }
    stream.write_all(&bytes).unwrap();
    let replies = questions.iter().map(|_| {
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut reply).unwrap();
        Message::from_vec(&reply).unwrap()
    });
    replies.collect()
}

fn ask(to: SocketAddr, name: &str) -> Message {
    let query = query(name, RecordType::A, Some(1232));
    let reply = send(to, &query.to_vec().unwrap(), PATIENCE).expect("a reply");
    Message::from_vec(&reply).unwrap()
}

fn data(message: &Message) -> Vec<String> {
    message.answers.iter().map(|record| record.data.to_string()).collect()
}

const TOPOLOGY: &str = "
region: us-east-1
vpcs:
  app:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24 }
    vpc_endpoints:
      kms:
        service_name: kms
        subnets: { a: 10.0.1.60, b: 10.0.2.60 }
        private_dns_enabled: true
        client_routing_policy: availability_zone_affinity
hosted_zones:
  corp.internal:
    vpcs: [app]
    records:
      - { name: big, type: TXT, values: [LOTS] }
      - { name: db, type: A, values: [10.0.1.20] }
      - { name: out, type: CNAME, values: [www.public.test] }
";

fn topology(rest: &str) -> String {
    let lots: Vec<String> = (0..40).map(|at| format!("'\"{at:0>100}\"'")).collect();
    TOPOLOGY.replace("LOTS", &lots.join(", ")) + rest
}

#[test]
fn each_listener_may_fix_the_vantage_of_its_askers() {
    // the addresses must be known beforehand, since `listen` names them
    let free: Vec<SocketAddr> = ["127.0.0.31:0", "127.0.0.32:0", "127.0.0.33:0"]
        .iter()
        .map(|address| UdpSocket::bind(address).unwrap().local_addr().unwrap())
        .collect();
    let [a, b, internet] = free[..] else { panic!() };
    let rest = format!(
        "listen:\n  {a}: {{ vpc: app, subnet: a }}\n  {b}: {{ vpc: app, subnet: b }}\n  {internet}: internet\n\
         clients:\n  127.0.0.1/32: {{ vpc: app, subnet: a }}\n"
    );
    let addresses: Vec<String> = free.iter().map(ToString::to_string).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let server = serve(&topology(&rest), &addresses);
    assert_eq!(data(&ask(server.bound[0], "kms.us-east-1.amazonaws.com.")), ["10.0.1.60"]);
    assert_eq!(data(&ask(server.bound[1], "kms.us-east-1.amazonaws.com.")), ["10.0.2.60"]);
    let outside = ask(server.bound[2], "db.corp.internal.");
    assert_eq!(outside.metadata.response_code, ResponseCode::NXDomain);
}

#[test]
fn an_ipv6_listener_answers() {
    let server = serve(&topology("clients:\n  '::1': { vpc: app, subnet: b }\n"), &["[::1]:0"]);
    assert_eq!(data(&ask(server.bound[0], "kms.us-east-1.amazonaws.com.")), ["10.0.2.60"]);
}

#[test]
fn a_reply_that_is_cut_has_tc_and_its_opt_and_tcp_has_all_of_it() {
    let server = serve(&topology(""), &["127.0.0.1:0"]);
    for (payload, cut) in [
        (None, true),
        (Some(512), true),
        (Some(1232), true),
        (Some(100), true),
        (Some(65_000), true),
    ] {
        let query = query("big.corp.internal.", RecordType::TXT, payload);
        let reply = send(server.bound[0], &query.to_vec().unwrap(), PATIENCE).unwrap();
        let message = Message::from_vec(&reply).unwrap();
        assert_eq!(message.metadata.truncation, cut, "{payload:?}");
        assert!(message.answers.is_empty());
        assert_eq!(message.edns.is_some(), payload.is_some());
    }
    // two questions on one connection, before any answer is read
    let questions = ["big.corp.internal.", "db.corp.internal."].map(|name| {
        let rtype = if name.starts_with("big") { RecordType::TXT } else { RecordType::A };
        query(name, rtype, Some(512))
    });
    let mut counts = Vec::new();
    for message in over_tcp(server.bound[0], &questions) {
        assert!(!message.metadata.truncation);
        counts.push(message.answers.len());
    }
    counts.sort_unstable();
    assert_eq!(counts, [1, 40]);
}

#[test]
fn responses_and_stubs_of_messages_get_no_reply() {
    let server = serve(&topology(""), &["127.0.0.1:0"]);
    let mut response = query("db.corp.internal.", RecordType::A, None).to_vec().unwrap();
    response[2] |= 0x80;
    let mut malformed_response = vec![0, 1, 0x80, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
    malformed_response.extend([0xc0; 20]);
    for bytes in [&response[..], &malformed_response, &[0; 11], &[]] {
        assert_eq!(send(server.bound[0], bytes, SILENCE), None, "{bytes:?}");
    }
    // and it goes on answering
    assert_eq!(data(&ask(server.bound[0], "db.corp.internal.")), ["10.0.1.20"]);
}

#[test]
fn refusals_have_the_codes_of_the_rfcs() {
    let server = serve(&topology(""), &["127.0.0.1:0"]);
    let plain = || query("db.corp.internal.", RecordType::A, Some(1232));
    let code = |bytes: &[u8]| {
        let reply = send(server.bound[0], bytes, PATIENCE).expect("a reply");
        let message = Message::from_vec(&reply).unwrap();
        let high = message.edns.as_ref().map_or(0, Edns::rcode_high);
        u16::from(message.metadata.response_code.low()) | u16::from(high) << 4
    };
    let mut no_recursion = plain();
    no_recursion.metadata.recursion_desired = false;
    assert_eq!(code(&no_recursion.to_vec().unwrap()), 5, "R2: RD=0 is REFUSED");
    assert_eq!(
        code(&query("corp.internal.", RecordType::AXFR, None).to_vec().unwrap()),
        5,
        "R138: AXFR is REFUSED"
    );
    let mut two = plain();
    two.add_query(Query::query(Name::root(), RecordType::A));
    assert_eq!(code(&two.to_vec().unwrap()), 1, "two questions are FORMERR");
    let mut newer = plain();
    let mut edns = Edns::new();
    edns.set_version(1);
    newer.set_edns(edns);
    assert_eq!(code(&newer.to_vec().unwrap()), 16, "EDNS version 1 is BADVERS");
    let mut cut = plain().to_vec().unwrap();
    cut.truncate(20);
    assert_eq!(code(&cut), 1, "a message that ends in the question is FORMERR");
}

#[test]
fn the_case_of_the_question_is_kept() {
    let server = serve(&topology(""), &["127.0.0.1:0"]);
    let reply = ask(server.bound[0], "dB.CoRp.InTeRnAl.");
    assert_eq!(reply.queries[0].name().to_ascii(), "dB.CoRp.InTeRnAl.");
    assert_eq!(data(&reply), ["10.0.1.20"]);
}

/// A recursive resolver for tests: another server of ours with names of its own.
const PUBLIC: &str = "
region: us-east-1
vpcs:
  v: { cidr_block: 10.9.0.0/16, enable_dns_hostnames: true }
hosted_zones:
  public.test:
    vpcs: [v]
    records:
      - { name: www, type: A, values: [192.0.2.80] }
      - { name: inside, type: CNAME, values: [db.corp.internal] }
";

#[test]
fn public_names_go_to_the_upstream_and_private_names_never_do() {
    let public = serve(PUBLIC, &["127.0.0.1:0"]);
    let rest = format!("public_dns: {{ upstream: [\"{}\"] }}\n", public.bound[0]);
    let server = serve(&topology(&rest), &["127.0.0.1:0"]);
    let here = server.bound[0];
    let asked = |public: &Server| {
        let counts = public.state.counters().counts();
        counts.udp + counts.tcp
    };
    for name in [
        "kms.us-east-1.amazonaws.com.",
        "x.kms.us-east-1.amazonaws.com.",
        "db.corp.internal.",
        "nothing.corp.internal.",
        "vpce-0123456789abcdef0-aaaaaaaa.kms.us-east-1.vpce.amazonaws.com.",
        "kms.us-east-1.vpce.amazonaws.com.",
    ] {
        ask(here, name);
    }
    assert_eq!(asked(&public), 0, "R66: nothing private was asked upstream");
    assert_eq!(data(&ask(here, "www.public.test.")), ["192.0.2.80"]);
    let negative = ask(here, "nothing.public.test.");
    assert_eq!(negative.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(negative.authorities.len(), 1, "a negative answer has its SOA");
    assert!(asked(&public) > 0);
    // R6: chains go out and come back in
    assert_eq!(data(&ask(here, "out.corp.internal.")), ["www.public.test.", "192.0.2.80"]);
    assert_eq!(data(&ask(here, "inside.public.test.")), ["db.corp.internal.", "10.0.1.20"]);
}

#[test]
fn an_upstream_that_does_not_answer_is_servfail() {
    let dead = UdpSocket::bind("127.0.0.1:0").unwrap();
    let rest = format!("public_dns: {{ upstream: [\"{}\"] }}\n", dead.local_addr().unwrap());
    let server = serve(&topology(&rest), &["127.0.0.1:0"]);
    let query = query("www.public.test.", RecordType::A, Some(1232)).to_vec().unwrap();
    let reply = send(server.bound[0], &query, PATIENCE * 3).expect("a reply");
    assert_eq!(Message::from_vec(&reply).unwrap().metadata.response_code, ResponseCode::ServFail);
    assert!(server.state.counters().counts().upstream_failures > 0);
}
