//! Messages that no stub resolver sends, and what stands in the header of their replies: for steps that look at the wire.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use hickory_proto::{
    op::{Edns, Message, OpCode, Query},
    rr::{Name, RecordType},
};

/// How long a reply may take before it counts as none: no page sends what has none, and a machine may have much else to do.
const NO_REPLY: Duration = Duration::from_secs(20);

/// A message to send.
pub(crate) struct Sent {
    message: Message,
    tcp: bool,
}

impl Sent {
    /// Reads `NAME [TYPE] [edns=N] [norecurse] [notify | update] [tcp]`.
    pub(crate) fn read(words: &[&str]) -> Result<Self, String> {
        let [name, rest @ ..] = words else { return Err("expected a name".to_owned()) };
        let mut name = Name::from_ascii(name).map_err(|error| error.to_string())?;
        name.set_fqdn(true);
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        let (mut rtype, mut tcp) = (RecordType::A, false);
        for word in rest {
            match *word {
                "norecurse" => message.metadata.recursion_desired = false,
                "notify" => message.metadata.op_code = OpCode::Notify,
                "update" => message.metadata.op_code = OpCode::Update,
                "tcp" => tcp = true,
                "IXFR" => rtype = RecordType::IXFR,
                word => {
                    if let Some(octets) = word.strip_prefix("edns=") {
                        let mut edns = Edns::new();
                        let octets = octets.parse().map_err(|_| format!("no size `{octets}`"))?;
                        edns.set_max_payload(octets);
                        message.set_edns(edns);
                    } else {
                        rtype = word.parse().map_err(|_| format!("no type or option `{word}`"))?;
                    }
                }
            }
        }
        message.add_query(Query::query(name, rtype));
        Ok(Self { message, tcp })
    }

    /// Sends it and shows the reply.
    pub(crate) fn send(&self, from: IpAddr, to: SocketAddr) -> Result<String, String> {
        let octets = self.message.to_vec().map_err(|error| error.to_string())?;
        let reply = if self.tcp { by_tcp(&octets, to) } else { by_udp(&octets, from, to) };
        let Ok(reply) = reply else { return Ok("    no reply\n".to_owned()) };
        let message = Message::from_vec(&reply).map_err(|error| error.to_string())?;
        if message.metadata.id != self.message.metadata.id {
            return Err("a reply to something else".to_owned());
        }
        Ok(shown(&message, reply.len()))
    }
}

/// The flags that are set, the numbers of records, and how long it is.
fn shown(message: &Message, octets: usize) -> String {
    let metadata = &message.metadata;
    let rcode = match metadata.response_code {
        hickory_proto::op::ResponseCode::NoError => "NOERROR".to_owned(),
        hickory_proto::op::ResponseCode::Refused => "REFUSED".to_owned(),
        other => format!("{other:?}"),
    };
    let flags = [
        ("qr", metadata.message_type == hickory_proto::op::MessageType::Response),
        ("aa", metadata.authoritative),
        ("tc", metadata.truncation),
        ("rd", metadata.recursion_desired),
        ("ra", metadata.recursion_available),
    ];
    let flags: Vec<&str> =
        flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).collect();
    let mut out = format!("    {rcode}, {}, ", flags.join(" "));
    let answers = message.answers.len();
    write!(out, "{answers} answer{}", if answers == 1 { "" } else { "s" }).unwrap();
    match &message.edns {
        Some(edns) => write!(out, ", OPT {}", edns.max_payload()).unwrap(),
        None => out.push_str(", no OPT"),
    }
    writeln!(out, ", {octets} octets").unwrap();
    out
}

fn by_udp(octets: &[u8], from: IpAddr, to: SocketAddr) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((from, 0))?;
    socket.set_read_timeout(Some(NO_REPLY))?;
    socket.connect(to)?;
    socket.send(octets)?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    let length = socket.recv(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// Over TCP a page asks from 127.0.0.1, which has the vantage of the first VPC.
fn by_tcp(octets: &[u8], to: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(NO_REPLY))?;
    let length = u16::try_from(octets.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), octets].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}
