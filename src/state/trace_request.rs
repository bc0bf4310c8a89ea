//! What `trace` is asked for, as people type it: from where, to what; and the flows that this means.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use hickory_proto::rr::{Name, RData, RecordType};
use thiserror::Error;

use super::Snapshot;
use crate::{
    answer::{Answer, Question},
    config::{self, Addressed},
    model::{InstanceIx, NetworkInterfaceId, SubnetIx, Vantage, VpcVantage},
    trace::{
        Flow, InterfaceIx, MAX_PACKET_BYTES, PACKET_BYTES, SOURCE_PORT, Source, Trace, Transport,
        is_nowhere_on_the_internet, trace,
    },
};

/// The port of a destination that names none: that of AWS's APIs. N72
pub const HTTPS: u16 = 443;

/// Where flows from the internet come from that name no address. Documentation ranges, RFC 5737 and RFC 3849.
const ON_THE_INTERNET: (Ipv4Addr, Ipv6Addr) =
    (Ipv4Addr::new(192, 0, 2, 1), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// What is asked, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceRequest {
    /// A vantage, or a network interface by its id.
    pub from: String,
    /// A DNS name, an address, an instance, an interface endpoint or a network interface; with a port behind a colon, or without.
    pub to: String,
    /// `tcp`, `udp`, `icmp`, or a number; TCP where absent.
    pub protocol: Option<String>,
    /// The port that replies go to.
    pub source_port: Option<u16>,
    /// The source's address, where it is in a subnet or on the internet.
    pub source_address: Option<IpAddr>,
    /// How large each packet is, in octets with its IP header; small where absent. N77, N148
    pub size: Option<u32>,
    /// How many seconds the connection is idle before the reply; none where absent. N39, N103
    pub idle: Option<u64>,
    /// Whether to say what else would drop the packet. N162
    pub explain_all: bool,
}

/// Why a request cannot be traced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadTraceRequest(String);

impl BadTraceRequest {
    fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// A request understood: what to resolve first, and what to trace then.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// Who asks DNS.
    pub vantage: Vantage,
    /// Where it goes.
    pub destination: Destination,
    start: Start,
    protocol: u8,
    destination_port: u16,
    source_port: u16,
    source_address: Option<IpAddr>,
    packet_bytes: u32,
    idle_secs: u64,
    explain_all: bool,
}

/// Where a flow goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A name, to be resolved from the vantage.
    Name(Name),
    /// Addresses.
    Addresses(Vec<IpAddr>),
}

/// Where a flow begins, before the family is known.
#[derive(Clone, Copy, Debug)]
enum Start {
    Interface(InterfaceIx),
    Subnet(SubnetIx),
    Internet,
}

impl TracePlan {
    /// Understands a request.
    ///
    /// # Errors
    /// Where something in it is not there, or does not fit.
    pub fn new(snapshot: &Snapshot, request: &TraceRequest) -> Result<Self, BadTraceRequest> {
        let (start, vantage) = start(snapshot, &request.from)?;
        let (to, port) = with_port(&request.to)?;
        let protocol = protocol(request.protocol.as_deref().unwrap_or("tcp"))?;
        if port.is_some() && !matches!(protocol, 6 | 17) {
            return Err(BadTraceRequest::new(format!(
                "`{}` has a port: only `tcp` and `udp` have ports",
                request.to
            )));
        }
        check_source_address(snapshot, &request.from, start, request.source_address)?;
        Ok(Self {
            vantage,
            destination: destination(snapshot, to, start, request.source_address)?,
            start,
            protocol,
            destination_port: port.unwrap_or(HTTPS),
            source_port: request.source_port.unwrap_or(SOURCE_PORT),
            source_address: request.source_address.map(unicast).transpose()?,
            packet_bytes: packet_bytes(request.size)?,
            idle_secs: request.idle.unwrap_or(0),
            explain_all: request.explain_all,
        })
    }

    /// What to ask DNS before the trace: A, and AAAA of a source that has IPv6.
    #[must_use]
    pub fn questions(&self, snapshot: &Snapshot) -> Vec<Question> {
        let Destination::Name(name) = &self.destination else { return Vec::new() };
        let families = [(RecordType::A, true), (RecordType::AAAA, false)];
        let has = |is_ipv4: bool| self.source(snapshot, is_ipv4).is_some();
        let families = families.into_iter().filter(|(_, is_ipv4)| has(*is_ipv4));
        families.map(|(rtype, _)| Question { name: name.clone(), rtype }).collect()
    }

    /// The addresses to trace, in the order of the answers.
    #[must_use]
    pub fn addresses(&self, answers: &[Answer]) -> Vec<IpAddr> {
        if let Destination::Addresses(addresses) = &self.destination {
            return addresses.clone();
        }
        let records = answers.iter().flat_map(|answer| &answer.records);
        let addresses = records.filter_map(|record| match &record.data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
            _ => None,
        });
        addresses.collect()
    }

    /// The traces to some addresses, one each.
    ///
    /// # Errors
    /// Where the source has no address of the destination's family, and none can be made up.
    pub fn trace(
        &self,
        snapshot: &Snapshot,
        addresses: &[IpAddr],
    ) -> Result<Vec<Trace>, BadTraceRequest> {
        let world = snapshot.world(self.explain_all);
        let traces = addresses.iter().map(|address| {
            let source = self.source(snapshot, address.is_ipv4()).or(match self.start {
                // it has none of the family: the trace says so
                Start::Interface(ix) => Some(Source::Interface(ix)),
                Start::Subnet(_) | Start::Internet => None,
            });
            let source = source.ok_or_else(|| {
                BadTraceRequest::new(format!("the source has no address to reach {address} from"))
            })?;
            let transport = self.transport(address.is_ipv4());
            let (packet_bytes, idle_secs) = (self.packet_bytes, self.idle_secs);
            let flow = Flow { packet_bytes, idle_secs, ..Flow::new(source, *address, transport) };
            Ok(trace(&world, flow))
        });
        traces.collect()
    }

    /// Where a flow of a family begins.
    fn source(&self, snapshot: &Snapshot, is_ipv4: bool) -> Option<Source> {
        source(snapshot, self.start, self.source_address, is_ipv4)
    }

    fn transport(&self, is_ipv4: bool) -> Transport {
        let (source_port, destination_port) = (self.source_port, self.destination_port);
        match self.protocol {
            1 | 58 => Transport::ping(is_ipv4),
            6 => Transport::Tcp { source_port, destination_port },
            17 => Transport::Udp { source_port, destination_port },
            other => Transport::Other(other),
        }
    }
}

/// Where a flow of a family begins, if it can.
fn source(
    snapshot: &Snapshot,
    start: Start,
    source_address: Option<IpAddr>,
    is_ipv4: bool,
) -> Option<Source> {
    let given = source_address.filter(|address| address.is_ipv4() == is_ipv4);
    match start {
        Start::Interface(ix) => {
            snapshot.network()[ix].address(is_ipv4).map(|_| Source::Interface(ix))
        }
        Start::Subnet(subnet) => {
            let free = || snapshot.network().free_address(&snapshot.model, subnet, is_ipv4);
            let address = if source_address.is_some() { given } else { free() };
            address.map(|address| Source::Subnet(subnet, address))
        }
        Start::Internet => {
            let (v4, v6) = ON_THE_INTERNET;
            let usual = if is_ipv4 { v4.into() } else { v6.into() };
            let address = if source_address.is_some() { given } else { Some(usual) };
            address.map(Source::Internet)
        }
    }
}

fn start(snapshot: &Snapshot, from: &str) -> Result<(Start, Vantage), BadTraceRequest> {
    let model = &snapshot.model;
    let id = from.parse::<NetworkInterfaceId>().ok();
    if let Some(ix) = id.and_then(|id| snapshot.network().interface_with_id(id)) {
        let subnet = snapshot.network()[ix].subnet;
        return Ok((Start::Interface(ix), Vantage::subnet(model[subnet].vpc, subnet)));
    }
    let vantage = config::vantage(model, from).map_err(BadTraceRequest::new)?;
    let of_instance = |ix: InstanceIx| snapshot.network().interface_of(ix).map(Start::Interface);
    let start = match vantage {
        Vantage::Internet => Some(Start::Internet),
        Vantage::Vpc(VpcVantage { instance: Some(instance), .. }) => of_instance(instance),
        Vantage::Vpc(VpcVantage { subnet: Some(subnet), .. }) => Some(Start::Subnet(subnet)),
        Vantage::Vpc(VpcVantage { subnet: None, .. }) => None,
    };
    start.map(|start| (start, vantage)).ok_or_else(|| {
        BadTraceRequest::new(format!(
            "`{from}` is no place: a trace begins at an instance, a network interface, in a subnet or on the `internet`"
        ))
    })
}

/// Whether a flow can begin at an address: a free one of its subnet that hosts can have, or one that somebody on the internet may have,
/// be it forged. N21
fn check_source_address(
    snapshot: &Snapshot,
    from: &str,
    start: Start,
    address: Option<IpAddr>,
) -> Result<(), BadTraceRequest> {
    let Some(address) = address else { return Ok(()) };
    let message = match start {
        Start::Interface(_) => format!(
            "`{from}` has addresses of its own: a source address is for subnets and `internet`"
        ),
        Start::Subnet(subnet) => {
            let model = &snapshot.model;
            let (vpc, name) = (model[subnet].vpc, &model[subnet].name);
            let Some(block) = model[subnet].blocks().find(|block| block.contains(&address)) else {
                return Err(BadTraceRequest::new(format!("`{address}` is not in subnet `{name}`")));
            };
            if let Some(why) = model[subnet].reserved(address) {
                format!("`{address}` cannot be used: it is {why} in {block}")
            } else if let Some(ix) = snapshot.network().interface_at(vpc, address) {
                let id = snapshot.network()[ix].id;
                format!("`{address}` is the address of `{id}`: begin the flow there")
            } else {
                return Ok(());
            }
        }
        Start::Internet if is_nowhere_on_the_internet(unicast(address)?) => {
            format!("`{address}` is no address on the internet")
        }
        Start::Internet => return Ok(()),
    };
    Err(BadTraceRequest::new(message))
}

/// A destination without its port, and the port. `vpc/name:443`, `192.0.2.1:443`, `[2001:db8::1]:443`, `2001:db8::1`
fn with_port(to: &str) -> Result<(&str, Option<u16>), BadTraceRequest> {
    if to.parse::<IpAddr>().is_ok() {
        return Ok((to, None));
    }
    let (host, port) = match to.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = port.parse().map_err(|_| {
                BadTraceRequest::new(format!("`{port}` is no port: expected 0 to 65535"))
            })?;
            (host, Some(port))
        }
        Some(_) | None => (to, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    Ok((bare.unwrap_or(host), port))
}

/// An address that packets of one host to another can have.
fn unicast(address: IpAddr) -> Result<IpAddr, BadTraceRequest> {
    let address = address.to_canonical();
    let what = match address {
        _ if address.is_loopback() => "is a loopback address",
        _ if address.is_multicast() => "is a multicast address",
        _ if address.is_unspecified() => "is no host's address",
        IpAddr::V4(Ipv4Addr::BROADCAST) => "is the broadcast address",
        IpAddr::V4(_) | IpAddr::V6(_) => return Ok(address),
    };
    let message = format!("`{address}` {what}: a trace is from one host to another");
    Err(BadTraceRequest::new(message))
}

/// The address by which whoever begins a flow knows a network interface: of a family that it has itself, IPv4 first, and on the
/// internet the public one. N164
fn address_for(
    snapshot: &Snapshot,
    ix: InterfaceIx,
    start: Start,
    source_address: Option<IpAddr>,
) -> Option<IpAddr> {
    let interface = &snapshot.network()[ix];
    let private = [true, false].map(|is_ipv4| (is_ipv4, interface.address(is_ipv4)));
    let public = interface.public_ip.map(IpAddr::V4);
    let [v4, v6] = private;
    let known = match start {
        Start::Internet => vec![(true, public), v6, v4],
        Start::Interface(_) | Start::Subnet(_) => vec![v4, v6],
    };
    let fits = |is_ipv4: bool| source(snapshot, start, source_address, is_ipv4).is_some();
    let fitting = known.iter().filter(|(is_ipv4, _)| fits(*is_ipv4));
    // where none fits, the trace says so of the first
    fitting.chain(&known).find_map(|(_, address)| *address)
}

/// The network interfaces of what is named: of an endpoint, one in each of its subnets.
fn interfaces(snapshot: &Snapshot, to: &str) -> Result<Vec<InterfaceIx>, BadTraceRequest> {
    let (model, network) = (&snapshot.model, snapshot.network());
    if to.starts_with("eni-") {
        let id = to.parse::<NetworkInterfaceId>().ok();
        let found = id.and_then(|id| network.interface_with_id(id));
        let none = || BadTraceRequest::new(format!("there is no network interface `{to}`"));
        return found.map(|ix| vec![ix]).ok_or_else(none);
    }
    match config::find_addressed(model, to) {
        Ok(Addressed::Instance(ix)) => Ok(network.interface_of(ix).into_iter().collect()),
        Ok(Addressed::Endpoint(ix)) => {
            let interfaces = model.interfaces_of(ix);
            Ok(interfaces.filter_map(|(_, eni)| network.interface_with_id(eni.id)).collect())
        }
        // a subnet of the name is no destination
        Err(_) if config::vantage(model, to).is_ok() => Err(BadTraceRequest::new(format!(
            "`{to}` is no destination: a trace goes to a DNS name, an address, an instance, an interface endpoint or a network interface"
        ))),
        Err(error) => Err(BadTraceRequest::new(error)),
    }
}

fn destination(
    snapshot: &Snapshot,
    to: &str,
    start: Start,
    source_address: Option<IpAddr>,
) -> Result<Destination, BadTraceRequest> {
    if let Ok(address) = to.parse::<IpAddr>() {
        return Ok(Destination::Addresses(vec![unicast(address)?]));
    }
    if to.parse::<SocketAddr>().is_ok() || to.is_empty() {
        return Err(BadTraceRequest::new(format!("`{to}` is not a destination")));
    }
    // names of DNS begin like ids too, such as `i-….ec2.internal`
    let is_id = ["eni-", "i-", "vpce-"].iter().any(|prefix| to.starts_with(prefix));
    if to.contains('/') || is_id && !to.contains('.') {
        let interfaces = interfaces(snapshot, to)?.into_iter();
        let addresses =
            interfaces.filter_map(|ix| address_for(snapshot, ix, start, source_address));
        let addresses: Vec<IpAddr> = addresses.collect();
        if addresses.is_empty() {
            return Err(BadTraceRequest::new(format!("`{to}` has no address")));
        }
        return Ok(Destination::Addresses(addresses));
    }
    let mut name = Name::from_ascii(to).map_err(|error| {
        BadTraceRequest::new(format!("`{to}` is neither an address nor a domain name: {error}"))
    })?;
    name.set_fqdn(true);
    Ok(Destination::Name(name))
}

/// The size of each packet: one that a network interface sends. N148
fn packet_bytes(size: Option<u32>) -> Result<u32, BadTraceRequest> {
    match size {
        None => Ok(PACKET_BYTES),
        Some(size @ 1..=MAX_PACKET_BYTES) => Ok(size),
        Some(size) => Err(BadTraceRequest::new(format!(
            "a packet of {size} octets: expected 1 to {MAX_PACKET_BYTES}, the MTU of a network interface"
        ))),
    }
}

fn protocol(text: &str) -> Result<u8, BadTraceRequest> {
    match text.to_ascii_lowercase().as_str() {
        "tcp" => Ok(6),
        "udp" => Ok(17),
        "icmp" | "icmpv6" => Ok(1),
        number => number.parse().map_err(|_| {
            BadTraceRequest::new(format!(
                "`{text}` is not a protocol: expected `tcp`, `udp`, `icmp`, or a number from 0 to 255"
            ))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_stand_behind_the_last_colon() {
        for (to, expected) in [
            ("sqs.us-east-1.amazonaws.com", ("sqs.us-east-1.amazonaws.com", None)),
            ("sqs.us-east-1.amazonaws.com:80", ("sqs.us-east-1.amazonaws.com", Some(80))),
            ("app/worker:22", ("app/worker", Some(22))),
            ("192.0.2.1", ("192.0.2.1", None)),
            ("192.0.2.1:22", ("192.0.2.1", Some(22))),
            ("2001:db8::1", ("2001:db8::1", None)),
            ("[2001:db8::1]:22", ("2001:db8::1", Some(22))),
            ("[2001:db8::1]", ("2001:db8::1", None)),
            ("name:seventy", ("name:seventy", None)),
        ] {
            assert_eq!(with_port(to), Ok(expected), "{to}");
        }
        assert!(with_port("192.0.2.1:65536").is_err());
    }
}
