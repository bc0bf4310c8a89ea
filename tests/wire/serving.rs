//! How the server serves: many threads, reloads under load, slow upstreams, who listens to what it answers.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, RecordType},
};
use plustwo::{
    config,
    server::{Dns, DnsOptions, UdpPath, Upstream},
    state::{Clock, Histogram, Interest, State, Transport},
};

use crate::{PATIENCE, ask, over_tcp, query, send, serve, serve_with};

const TOPOLOGY: &str = "
region: us-east-1
vpcs:
  v:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24 }
    vpc_endpoints:
      sns: { service_name: sns, subnets: { a: 10.0.1.50, b: 10.0.2.50 }, private_dns_enabled: true }
";
const NAME: &str = "sns.us-east-1.amazonaws.com.";

/// A query that the fast path leaves alone: it has no RD, so it is REFUSED.
fn odd_query() -> Vec<u8> {
    let mut message = query(NAME, RecordType::A, Some(1232));
    message.metadata.recursion_desired = false;
    message.to_vec().unwrap()
}

fn rcode(reply: &[u8]) -> ResponseCode {
    Message::from_vec(reply).unwrap().metadata.response_code
}

#[test]
fn every_thread_answers_and_every_message_is_counted() {
    let options = DnsOptions { threads: 4, path: UdpPath::Fast };
    let server = serve_with(TOPOLOGY, &["127.0.0.1:0", "127.0.0.1:0"], options);
    // the system chooses the thread by the asker's port
    for at in 0..64 {
        let to = server.bound[at % 2];
        assert_eq!(ask(to, NAME).answers.len(), 2);
        assert_eq!(rcode(&send(to, &odd_query(), PATIENCE).unwrap()), ResponseCode::Refused);
    }
    let counts = server.state.counters().counts();
    assert_eq!((counts.udp, counts.records, counts.refused, counts.overloaded), (128, 64, 64, 0));
    assert_eq!(counts.fast + counts.full, 128);
}

#[test]
fn replies_are_counted_by_way_type_and_rcode() {
    let server = serve(TOPOLOGY, &["127.0.0.1:0"]);
    let to = server.bound[0];
    for _ in 0..3 {
        ask(to, NAME);
    }
    let aaaa = query(NAME, RecordType::AAAA, Some(1232)).to_vec().unwrap();
    send(to, &aaaa, PATIENCE).unwrap();
    send(to, &odd_query(), PATIENCE).unwrap();
    let counts = server.state.counters().replies.counts();
    let counts: Vec<_> = counts
        .iter()
        .map(|of| format!("{} {} {} {}", of.way.as_str(), of.rtype, of.rcode, of.count))
        .collect();
    assert_eq!(counts, ["fast A NOERROR 3", "fast AAAA NOERROR 1", "full A REFUSED 1"]);
    let replies = &server.state.counters().replies;
    let timed = |histogram: &Histogram| -> u64 {
        histogram.buckets().1.iter().map(|(_, count)| count).sum()
    };
    assert_eq!((timed(&replies.full), timed(&replies.forwarded)), (1, 0));
}

#[test]
fn an_address_that_is_served_already_is_refused() {
    let options = DnsOptions { threads: 2, path: UdpPath::Fast };
    let server = serve_with(TOPOLOGY, &["127.0.0.1:0"], options);
    let model = config::parse("test.yaml", TOPOLOGY).unwrap().model;
    let state = Arc::new(State::new(model, Clock::stopped()));
    let second = server.runtime.block_on(async {
        let doors = [server.bound[0].into()];
        Dns::bind(state, Arc::new(Upstream::default()), &doors, options).map(|_| ())
    });
    let error = second.unwrap_err().to_string();
    assert!(error.contains(&format!("cannot listen on udp {}", server.bound[0])), "{error}");
}

#[test]
fn whoever_asks_a_wildcard_listener_is_answered_by_the_address_it_asked() {
    let server = serve(TOPOLOGY, &["0.0.0.0:0"]);
    let to = SocketAddr::from(([127, 0, 0, 7], server.bound[0].port()));
    // `send` takes replies from this address alone
    assert_eq!(ask(to, NAME).answers.len(), 2);
    assert_eq!(rcode(&send(to, &odd_query(), PATIENCE).unwrap()), ResponseCode::Refused);
}

#[test]
fn reloads_under_load_lose_nothing_and_show_old_or_new_alone() {
    let server = serve(TOPOLOGY, &["127.0.0.1:0"]);
    let to = server.bound[0];
    let done = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..2)
        .map(|_| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                let mut asked = 0;
                while !done.load(Ordering::Relaxed) && asked < 200_000 {
                    let mut found: Vec<String> = ask(to, NAME)
                        .answers
                        .iter()
                        .map(|record| record.data.to_string())
                        .collect();
                    found.sort_unstable();
                    let old_or_new = [["10.0.1.50", "10.0.2.50"], ["10.0.1.60", "10.0.2.60"]];
                    assert!(old_or_new.iter().any(|expected| found == *expected), "{found:?}");
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    for turn in 0..100 {
        let last = if turn % 2 == 0 { ".60" } else { ".50" };
        let text = TOPOLOGY.replace(".50", last);
        server.state.replace(config::parse("test.yaml", &text).unwrap().model).unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for asker in askers {
        assert!(asker.join().unwrap() > 0);
    }
}

#[test]
fn a_slow_upstream_holds_up_neither_path() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let upstream = silent.local_addr().unwrap();
    let topology = format!("public_dns: {{ upstream: [\"{upstream}\"] }}\n{TOPOLOGY}");
    let server = serve(&topology, &["127.0.0.1:0"]);
    let to = server.bound[0];
    let flood = UdpSocket::bind("127.0.0.1:0").unwrap();
    for at in 0..3_000 {
        let message = query(&format!("x{at}.example.com."), RecordType::A, None);
        flood.send_to(&message.to_vec().unwrap(), to).unwrap();
    }
    assert_eq!(ask(to, NAME).answers.len(), 2, "the fast path");
    // its queue may be full for a moment
    let refused = (0..100).any(|_| {
        send(to, &odd_query(), PATIENCE).is_some_and(|reply| rcode(&reply) == ResponseCode::Refused)
    });
    assert!(refused, "the full path");
    // what is too much is answered SERVFAIL, by the queue or by those who wait for the upstream
    flood.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 512];
    let length = flood.recv(&mut buffer).unwrap();
    assert_eq!(rcode(&buffer[..length]), ResponseCode::ServFail);
    let counts = server.state.counters().counts();
    assert!(counts.overloaded + counts.upstream_failures > 0);
}

#[test]
fn who_listens_is_told_of_every_reply_and_holds_nobody_up() {
    let server = serve(TOPOLOGY, &["127.0.0.1:0"]);
    let to = server.bound[0];
    let (mut events, sleeper) = (
        server.state.events().subscribe(Interest::All),
        server.state.events().subscribe(Interest::All),
    );
    ask(to, NAME);
    // HTTPS is NODATA, and by TCP everything takes the full path
    over_tcp(to, &[query(NAME, RecordType::HTTPS, Some(1232))]);
    let told: Vec<_> = server.runtime.block_on(async {
        let wait = Duration::from_secs(10);
        let mut told = Vec::new();
        for _ in 0..2 {
            told.push(tokio::time::timeout(wait, events.next()).await.unwrap());
        }
        told
    });
    let udp = told.iter().find(|event| event.transport == Transport::Udp).unwrap();
    let tcp = told.iter().find(|event| event.transport == Transport::Tcp).unwrap();
    let reply = Message::from_vec(&udp.reply).unwrap();
    assert!(reply.answers.iter().all(|record| matches!(record.data, RData::A(_))), "{reply:?}");
    assert_eq!(reply.answers.len(), 2);
    assert_eq!(Message::from_vec(&tcp.reply).unwrap().answers.len(), 0);
    for _ in 0..3_000 {
        ask(to, NAME);
    }
    assert!(sleeper.lost() > 0, "its rings are bounded");
}
