//! Resolver rules and inbound endpoints among servers of ours: chains that end, and circles that do not. R91, R93

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::Duration,
};

use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{RData, Record, RecordType},
};
use plustwo::{
    config,
    server::{Dns, DnsOptions, Door, Upstream},
    state::{Clock, State},
};
use tokio_util::sync::CancellationToken;

use super::{PATIENCE, Server, ask, data, query, send};

/// Two VPCs, each with a way in and a way out. `WEST` and `EAST` are where the ways in really are.
const TWO_VPCS: &str = r#"
region: us-east-1
vpcs:
  west:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets: { a: { availability_zone: us-east-1a, cidr_block: 10.0.0.0/24 } }
    resolver_endpoints:
      in: { direction: INBOUND, ip_addresses: [{ subnet: a }, { subnet: a }] }
      out: { direction: OUTBOUND, ip_addresses: [{ subnet: a, source: 127.0.0.21 }, { subnet: a }] }
  east:
    cidr_block: 10.1.0.0/16
    enable_dns_hostnames: true
    subnets: { a: { availability_zone: us-east-1a, cidr_block: 10.1.0.0/24 } }
    resolver_endpoints:
      in: { direction: INBOUND, ip_addresses: [{ subnet: a }, { subnet: a }] }
      out: { direction: OUTBOUND, ip_addresses: [{ subnet: a }, { subnet: a }] }
hosted_zones:
  end.example: { vpcs: [east], records: [{ name: www, type: A, values: [10.1.0.80] }] }
resolver_rules:
  end: { domain_name: end.example, rule_type: FORWARD, resolver_endpoint: west/out, target_ips: ["EAST"], vpcs: [west] }
  there: { domain_name: circle.example, rule_type: FORWARD, resolver_endpoint: west/out, target_ips: ["EAST"], vpcs: [west] }
  back: { domain_name: circle.example, rule_type: FORWARD, resolver_endpoint: east/out, target_ips: ["WEST"], vpcs: [east] }
  itself: { domain_name: self.example, rule_type: FORWARD, resolver_endpoint: west/out, target_ips: ["WEST"], vpcs: [west] }
listen:
  "127.0.0.1:0": { vpc: west }
"#;

/// A server with the doors that the topology has; the first is that of VPC `west`, then the ways into `west` and `east`.
fn serve() -> Server {
    let model = |west: &str, east: &str| {
        let text = TWO_VPCS.replace("WEST", west).replace("EAST", east);
        config::parse("two.yaml", &text).map_err(|problems| problems.render()).unwrap().model
    };
    let first = model("192.0.2.1", "192.0.2.2");
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let inbound = |vpc: &str| {
        let endpoint = first
            .resolver_endpoints
            .iter()
            .find(|endpoint| &*first[endpoint.vpc].name == vpc && &*endpoint.name == "in");
        Door { inbound: endpoint.map(|endpoint| endpoint.id), ..Door::from(any) }
    };
    let doors = [any.into(), inbound("west"), inbound("east")];
    let state = Arc::new(State::new(first.clone(), Clock::stopped()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let entered = runtime.enter();
    let upstream = Arc::new(Upstream::default());
    let dns = Dns::bind(Arc::clone(&state), upstream, &doors, DnsOptions::default()).unwrap();
    let bound: Vec<SocketAddr> = dns.bound().collect();
    runtime.spawn(dns.run(CancellationToken::new()));
    drop(entered);
    state.replace(model(&bound[1].to_string(), &bound[2].to_string())).unwrap();
    Server { state, bound, runtime }
}

#[test]
fn a_way_in_has_the_vantage_of_its_vpc() {
    let server = serve();
    assert_eq!(data(&ask(server.bound[2], "www.end.example.")), ["10.1.0.80"]);
    // the other VPC has a rule, which leads to the same
    assert_eq!(data(&ask(server.bound[1], "www.end.example.")), ["10.1.0.80"]);
}

#[test]
fn a_question_goes_through_several_vpcs_to_its_end() {
    let server = serve();
    let before = server.state.counters().counts();
    let reply = ask(server.bound[0], "www.end.example.");
    assert_eq!(
        (reply.metadata.response_code, data(&reply)),
        (ResponseCode::NoError, vec!["10.1.0.80".to_owned()])
    );
    let after = server.state.counters().counts();
    assert_eq!(after.forwarded - before.forwarded, 1);
    assert_eq!(after.upstream_failures, 0);
}

#[test]
fn a_circle_is_seen_at_once() {
    let server = serve();
    for name in ["www.circle.example.", "www.self.example."] {
        let before = server.state.counters().counts();
        let query = query(name, RecordType::A, Some(1232)).to_vec().unwrap();
        // no target is waited for: that would take four seconds, and then nobody would have seen a circle
        let reply = send(server.bound[0], &query, Duration::from_secs(3)).expect("a reply at once");
        let reply = Message::from_vec(&reply).unwrap();
        assert_eq!(reply.metadata.response_code, ResponseCode::ServFail, "{name}");
        let after = server.state.counters().counts();
        let asked = after.forwarded - before.forwarded;
        assert!(asked <= 12, "{name} went round {asked} times");
    }
}

/// What the servers of this test binary log as odd, all of them in one.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The log, written from the first call on.
    fn shared() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::WARN)
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .init();
            log
        });
        log.clone()
    }

    /// The lines about a name.
    fn about(&self, name: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(name)).map(ToOwned::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_names_the_rule_of_a_circle() {
    let log = Log::shared();
    let server = serve();
    for (name, rule) in [("logged.circle.example.", "there"), ("logged.self.example.", "itself")] {
        let reply = ask(server.bound[0], name);
        assert_eq!(reply.metadata.response_code, ResponseCode::ServFail, "{name}");
        let lines = log.about(name);
        let circle = |line: &&String| line.contains("a resolver rule forwards in a circle");
        // a target that fails is tried again
        assert!(lines.iter().any(|line| circle(&line)), "{lines:?}");
        for line in lines.iter().filter(circle) {
            for part in ["WARN", &format!("rule={rule} "), &format!("name={name}"), "rtype=A"] {
                assert!(line.contains(part), "{part}: {line}");
            }
        }
    }
}

#[test]
fn the_same_question_is_forwarded_once_for_all_who_ask_it() {
    let server = serve();
    let wait = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = wait.local_addr().unwrap().to_string();
    let text = TWO_VPCS.replace("EAST", &target).replace("WEST", "192.0.2.1");
    server.state.replace(config::parse("two.yaml", &text).unwrap().model).unwrap();
    let to = server.bound[0];
    let question = query("www.end.example.", RecordType::A, Some(1232));
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let octets = question.to_vec().unwrap();
            thread::spawn(move || send(to, &octets, PATIENCE))
        })
        .collect();
    wait.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 512];
    let (length, from) = wait.recv_from(&mut buffer).unwrap();
    assert_eq!(from.ip().to_string(), "127.0.0.21", "the outbound endpoint's source");
    // all have asked by now, or will while the target is slow
    thread::sleep(Duration::from_millis(300));
    let mut reply = Message::from_vec(&buffer[..length]).unwrap();
    reply.metadata.message_type = MessageType::Response;
    reply.edns = None;
    let name = reply.queries[0].name().clone();
    let rdata = RData::A("198.18.0.9".parse().unwrap());
    reply.answers = vec![Record::from_rdata(name, 60, rdata)];
    wait.send_to(&reply.to_vec().unwrap(), from).unwrap();
    for asker in askers {
        let reply = asker.join().unwrap().expect("a reply");
        let reply = Message::from_vec(&reply).unwrap();
        assert_eq!(data(&reply), ["198.18.0.9"]);
    }
    wait.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(wait.recv_from(&mut buffer).is_err(), "the target was asked again");
}

/// Two VPCs with a zone of one name each, and one DELEGATE rule. `ONE` and `TWO` are their name servers.
const TWO_ZONES: &str = r#"
region: us-east-1
vpcs:
  west:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets: { a: { availability_zone: us-east-1a, cidr_block: 10.0.0.0/24 } }
    resolver_endpoints: { out: { direction: OUTBOUND, ip_addresses: [{ subnet: a }, { subnet: a }] } }
  east: { cidr_block: 10.1.0.0/16, enable_dns_hostnames: true }
hosted_zones:
  west: { name: corp.example, vpcs: [west], records: [{ name: hr, type: NS, values: [one.corp.example] }] }
  east: { name: corp.example, vpcs: [east], records: [{ name: hr, type: NS, values: [two.corp.example] }] }
resolver_rules:
  hr:
    rule_type: DELEGATE
    delegation_record: corp.example
    resolver_endpoint: west/out
    name_servers: { one.corp.example: "ONE", two.corp.example: "TWO" }
    vpcs: [west, east]
clients: { 127.0.0.1: { vpc: west }, "::1": { vpc: east } }
"#;

#[test]
fn a_rule_of_two_vpcs_asks_the_name_servers_of_the_zone_of_each() {
    let servers = ["127.0.0.1:0", "127.0.0.1:0"].map(|address| UdpSocket::bind(address).unwrap());
    let [one, two] = servers.each_ref().map(|server| server.local_addr().unwrap().to_string());
    let text = TWO_ZONES.replace("ONE", &one).replace("TWO", &two);
    let model = config::parse("zones.yaml", &text).map_err(|problems| problems.render()).unwrap();
    let state = Arc::new(State::new(model.model, Clock::stopped()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let doors = ["127.0.0.1:0", "[::1]:0"].map(|at| at.parse::<SocketAddr>().unwrap().into());
    let upstream = Arc::new(Upstream::default());
    let dns = Dns::bind(state, upstream, &doors, DnsOptions::default()).unwrap();
    let bound: Vec<SocketAddr> = dns.bound().collect();
    runtime.spawn(dns.run(CancellationToken::new()));
    drop(entered);
    let question = query("www.hr.corp.example.", RecordType::A, None).to_vec().unwrap();
    let askers = bound.into_iter().map(|to| {
        let question = question.clone();
        thread::spawn(move || send(to, &question, PATIENCE).expect("a reply"))
    });
    let askers: Vec<_> = askers.collect();
    // both are under way before either is answered
    let asked = servers.each_ref().map(|server| {
        server.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut buffer = [0; 512];
        let (length, from) = server.recv_from(&mut buffer).expect("each name server is asked");
        (Message::from_vec(&buffer[..length]).unwrap(), from)
    });
    for ((server, (mut reply, from)), address) in
        servers.iter().zip(asked).zip(["198.18.0.1", "198.18.0.2"])
    {
        reply.metadata.message_type = MessageType::Response;
        let name = reply.queries[0].name().clone();
        reply.answers = vec![Record::from_rdata(name, 60, RData::A(address.parse().unwrap()))];
        server.send_to(&reply.to_vec().unwrap(), from).unwrap();
    }
    let replies = askers.into_iter().map(|asker| asker.join().unwrap());
    let replies: Vec<_> = replies.map(|reply| data(&Message::from_vec(&reply).unwrap())).collect();
    assert_eq!(replies, [["198.18.0.1"], ["198.18.0.2"]]);
}
