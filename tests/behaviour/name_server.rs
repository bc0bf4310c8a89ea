//! A DNS server of somebody else's, for pages that forward to one: it knows the records that the page gives it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};
use plustwo::zonefile;

use crate::signed;

/// Longest UDP reply; a longer one is cut, so that the asker comes again by TCP.
const UDP_BYTES: usize = 512;

/// How often the threads look whether they shall end.
const TICK: Duration = Duration::from_millis(20);

/// A running server.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    stopping: Arc<AtomicBool>,
}

impl NameServer {
    /// Serves records in master-file form on a free port of 127.0.0.1; the word `silent` alone is a server that never
    /// replies, `refuses` one that refuses all.
    pub(crate) fn start(body: &str) -> Result<Self, String> {
        let behaviour = match body.trim() {
            "silent" => Behaviour::Silent,
            "refuses" => Behaviour::Refuses,
            _ => Behaviour::Answers(records(body)?),
        };
        let behaviour = Arc::new(behaviour);
        let (udp, tcp) = pair();
        let address = udp.local_addr().unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        udp.set_read_timeout(Some(TICK)).unwrap();
        tcp.set_nonblocking(true).unwrap();
        let (of_udp, stop) = (Arc::clone(&behaviour), Arc::clone(&stopping));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !stop.load(Ordering::Relaxed) {
                let Ok((length, peer)) = udp.recv_from(&mut buffer) else { continue };
                if let Some(reply) = of_udp.reply(&buffer[..length], UDP_BYTES) {
                    _ = udp.send_to(&reply, peer);
                }
            }
        });
        let stop = Arc::clone(&stopping);
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = tcp.accept() else {
                    thread::sleep(TICK);
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                if stream.read_exact(&mut query).is_ok()
                    && let Some(reply) = behaviour.reply(&query, usize::from(u16::MAX))
                {
                    let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
                    _ = stream.write_all(&[&length, &*reply].concat());
                }
            }
        });
        Ok(Self { address, stopping })
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The records of a page; each line is read by itself, so that one server may know several zones.
fn records(body: &str) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    for line in body.lines() {
        if let Some(record) = signed::record(line) {
            records.push(record?);
            continue;
        }
        let owner = line.split_whitespace().next().unwrap_or(".");
        let origin = if line.contains(" SOA ") { owner } else { "." };
        let origin = Name::from_ascii(origin).map_err(|error| error.to_string())?;
        let parsed = zonefile::parse(line, &origin, "server").map_err(|errors| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?;
        records.extend(parsed.into_iter().map(|line| line.record));
    }
    Ok(records)
}

/// UDP and TCP sockets at one port.
fn pair() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
}

enum Behaviour {
    Answers(Vec<Record>),
    Refuses,
    Silent,
}

impl Behaviour {
    fn reply(&self, query: &[u8], mut longest: usize) -> Option<Vec<u8>> {
        let query = Message::from_vec(query).ok()?;
        let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
        reply.metadata.message_type = MessageType::Response;
        reply.metadata.recursion_desired = query.metadata.recursion_desired;
        reply.queries.clone_from(&query.queries);
        match self {
            Self::Silent => return None,
            Self::Refuses => reply.metadata.response_code = ResponseCode::Refused,
            Self::Answers(records) => {
                answer(records, &mut reply);
                if let Some(edns) = query.edns.as_ref().filter(|edns| edns.flags().dnssec_ok) {
                    signed::complete(records, &mut reply);
                    longest = longest.max(edns.max_payload().into());
                }
            }
        }
        let octets = reply.to_vec().ok()?;
        if octets.len() <= longest {
            return Some(octets);
        }
        reply.answers.clear();
        reply.metadata.truncation = true;
        reply.to_vec().ok()
    }
}

/// The SOA record of the zone that a name is in; a DS record is in the zone above its owner.
fn soa<'a>(records: &'a [Record], name: &Name, rtype: RecordType) -> Option<&'a Record> {
    let above = if rtype == RecordType::DS { name.base_name() } else { name.clone() };
    let soas = records.iter().filter(|record| record.record_type() == RecordType::SOA);
    let longest = soas.clone().filter(|soa| soa.name.zone_of(&above));
    longest.max_by_key(|soa| soa.name.num_labels()).or(soas.clone().next())
}

/// As an authoritative server: the records of the name and type, or a CNAME and what is known of its target.
fn answer(records: &[Record], reply: &mut Message) {
    let query = reply.queries[0].clone();
    let mut name = query.name().clone();
    for _ in 0..8 {
        let of_name = || records.iter().filter(|record| record.name == name);
        let found: Vec<Record> = of_name()
            .filter(|record| record.record_type() == query.query_type())
            .cloned()
            .collect();
        let exists = of_name().next().is_some();
        let cname = of_name().find(|record| record.record_type() == RecordType::CNAME).cloned();
        if !found.is_empty() {
            reply.answers.extend(found);
            return;
        }
        let Some(cname) = cname else {
            reply.authorities.extend(soa(records, &name, query.query_type()).cloned());
            if !exists {
                reply.metadata.response_code = ResponseCode::NXDomain;
            }
            return;
        };
        let RData::CNAME(target) = &cname.data else { return };
        name = target.0.clone();
        reply.answers.push(cname);
        if !records.iter().any(|record| record.name == name) {
            return;
        }
    }
}
