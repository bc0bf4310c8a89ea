//! Fifty who read events, and one who never does, while queries come: what the process takes is bounded.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use libtest_mimic::Trial;
use socket2::SockRef;

use crate::server::Server;

const READERS: usize = 50;
/// Queries before the look, and between two looks. A query makes an event of more than 200 octets.
const BURST: usize = 5_000;
const EVENT_BYTES: usize = 200;
/// What the process may grow by: the rings of changes and queries, 5 MiB; two buffers of 64 KiB for each reader, 6.4 MiB; and as much again
/// for what the allocator keeps.
const MAX_GROWTH_KB: u64 = 23 << 10;
/// It is let go after ten seconds in which it takes nothing.
const MAX_BURSTS: usize = 200;

pub(crate) fn trials() -> Vec<Trial> {
    trials!("readers": memory_is_bounded_and_who_never_reads_is_let_go)
}

fn memory_is_bounded_and_who_never_reads_is_let_go() {
    let server = Server::start();
    ask(&server, BURST);
    let read = Arc::new(AtomicUsize::new(0));
    let before = memory_kb(&server);
    for _ in 0..READERS {
        let mut stream = follow(&server);
        let read = Arc::clone(&read);
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            // until the server ends
            while let Ok(1..) = stream.read(&mut buffer).inspect(|count| {
                read.fetch_add(*count, Ordering::Relaxed);
            }) {}
        });
    }
    let asleep = follow(&server);
    SockRef::from(&asleep).set_recv_buffer_size(4 << 10).unwrap();
    while readers(&server) <= READERS {
        thread::sleep(Duration::from_millis(10));
    }
    let mut most = before;
    for _ in 0..MAX_BURSTS {
        ask(&server, BURST);
        most = most.max(memory_kb(&server));
        if readers(&server) == READERS {
            break;
        }
    }
    assert_eq!(readers(&server), READERS, "who never reads is let go, and nobody else");
    let read = read.load(Ordering::Relaxed);
    assert!(read > READERS * BURST * EVENT_BYTES / 2, "{read} octets are read by all");
    let grown = most - before;
    assert!(grown < MAX_GROWTH_KB, "{before} KB before, {most} KB at most");
}

/// Somebody who wants changes and queries.
fn follow(server: &Server) -> TcpStream {
    let host = server.api.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /v1/events?queries=true HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    stream
}

/// Asks so often, with a few queries under way.
fn ask(server: &Server, count: usize) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server.dns).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut query = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    query.extend(b"\x03sns\x09us-east-1\x09amazonaws\x03com\0\0\x01\0\x01");
    let mut reply = [0; 1232];
    for n in 0..count {
        socket.send(&query).unwrap();
        if n >= 32 {
            socket.recv(&mut reply).unwrap();
        }
    }
}

/// How many read events, as the metrics say.
fn readers(server: &Server) -> usize {
    let host = server.api.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("plustwo_event_readers "));
    line.unwrap().trim().parse().unwrap()
}

/// The resident memory of the server.
fn memory_kb(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
