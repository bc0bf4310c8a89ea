//! Doors that reloads open and close: the addresses of inbound endpoints and of the topology's `listen`. R91

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::RecordType,
};
use plustwo::{
    config,
    model::Model,
    server::{Dns, DnsOptions, Door, UdpPath, Upstream},
    state::{ChangeError, Clock, State},
};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio_util::sync::CancellationToken;

use crate::{PATIENCE, Server, ask, data, over_tcp, query, send};

/// One VPC with a hosted zone; `ENDPOINTS` are its resolver endpoints, `REST` is what else there is.
const TOPOLOGY: &str = "
region: us-east-1
vpcs:
  outside: { cidr_block: 10.1.0.0/16 }
  app:
    cidr_block: 10.0.0.0/16
    enable_dns_hostnames: true
    subnets:
      a: { availability_zone: us-east-1a, cidr_block: 10.0.1.0/24 }
      b: { availability_zone: us-east-1b, cidr_block: 10.0.2.0/24 }
    resolver_endpoints: { ENDPOINTS }
hosted_zones:
  app.internal: { vpcs: [app], records: [{ name: www, type: A, values: [10.0.1.80] }] }
REST
";
const NAME: &str = "www.app.internal.";

fn model(endpoints: &str, rest: &str) -> Model {
    let text = TOPOLOGY.replace("ENDPOINTS", endpoints).replace("REST", rest);
    config::parse("doors.yaml", &text).map_err(|problems| problems.render()).unwrap().model
}

/// An inbound endpoint of this name, its first address `listen`.
fn inbound(name: &str, listen: &str) -> String {
    format!(
        "{name}: {{ direction: INBOUND, protocols: [Do53, DoT, DoH], \
         ip_addresses: [{{ subnet: a, listen: {listen} }}, {{ subnet: b }}] }}"
    )
}

fn do53(name: &str, address: SocketAddr) -> String {
    inbound(name, &format!("\"{address}\""))
}

/// A server whose doors follow its topology, beside one that stays.
fn serve(first: Model, options: DnsOptions) -> Server {
    let state = Arc::new(State::new(first, Clock::stopped()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let stays: Door = "127.0.0.1:0".parse::<SocketAddr>().unwrap().into();
    let wanted = move |model: &Model, _: &[Door]| {
        let listen = model.listen.iter().map(|listen| Door::from(listen.address));
        [stays].into_iter().chain(listen).chain(Door::inbound(model)).collect::<Vec<_>>()
    };
    let doors = wanted(&state.snapshot().model, &[]);
    let upstream = Arc::new(Upstream::default());
    let dns = Dns::bind(Arc::clone(&state), upstream, &doors, options).unwrap();
    dns.follow(&state, wanted);
    let bound = dns.bound().collect();
    runtime.spawn(dns.run(CancellationToken::new()));
    drop(entered);
    Server { state, bound, runtime }
}

/// An address that nobody has.
fn free(ip: [u8; 4]) -> SocketAddr {
    let udp = UdpSocket::bind(SocketAddr::from((ip, 0))).unwrap();
    let address = udp.local_addr().unwrap();
    TcpListener::bind(address).unwrap();
    address
}

fn is_answered(to: SocketAddr) {
    assert_eq!(data(&ask(to, NAME)), ["10.0.1.80"], "over UDP");
    let replies = over_tcp(to, &[query(NAME, RecordType::A, None)]);
    assert_eq!(data(&replies[0]), ["10.0.1.80"], "over TCP");
}

/// Both sides of an address can be had again, sooner or later.
#[expect(clippy::disallowed_methods, reason = "a bound on real waiting")]
fn is_released(address: SocketAddr) {
    let until = Instant::now() + PATIENCE;
    loop {
        match UdpSocket::bind(address).and(TcpListener::bind(address)) {
            Ok(_) => return,
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < until => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{address}: {error}"),
        }
    }
}

#[test]
fn an_endpoint_that_a_reload_adds_is_served_and_one_that_it_takes_away_is_released() {
    for path in [UdpPath::Fast, UdpPath::Portable, UdpPath::Full] {
        let server = serve(model("", ""), DnsOptions { threads: 2, path });
        let address = free([127, 0, 12, 1]);
        server.state.replace(model(&do53("in", address), "")).unwrap();
        is_answered(address);
        // who asks at the door that stays is in the first VPC, which does not have the zone
        assert!(data(&ask(server.bound[0], NAME)).is_empty());
        server.state.replace(model("", "")).unwrap();
        is_released(address);
        assert!(data(&ask(server.bound[0], NAME)).is_empty());
        // and back, at once after it went
        server.state.replace(model(&do53("in", address), "")).unwrap();
        server.state.replace(model("", "")).unwrap();
        server.state.replace(model(&do53("in", address), "")).unwrap();
        is_answered(address);
    }
}

#[test]
fn an_address_can_change_and_go_to_another_endpoint() {
    let (one, two) = (free([127, 0, 12, 2]), free([127, 0, 12, 3]));
    let server = serve(model(&do53("in", one), ""), DnsOptions::default());
    is_answered(one);
    server.state.replace(model(&do53("in", two), "")).unwrap();
    is_answered(two);
    is_released(one);
    // another endpoint has it: the sockets are the same
    server.state.replace(model(&do53("other", two), "")).unwrap();
    is_answered(two);
    // it is no endpoint's any more
    let listen = format!("listen: {{ \"{two}\": {{ vpc: app }} }}");
    server.state.replace(model("", &listen)).unwrap();
    is_answered(two);
    server.state.replace(model("", &listen.replace("app", "outside"))).unwrap();
    assert!(data(&ask(two, NAME)).is_empty());
}

#[test]
fn whoever_asks_while_an_address_comes_goes_and_moves_has_the_vpcs_answer_or_none() {
    for path in [UdpPath::Fast, UdpPath::Portable, UdpPath::Full] {
        let address = free([127, 0, 12, 10]);
        let server = serve(model(&do53("in", address), ""), DnsOptions { threads: 2, path });
        let done = Arc::new(AtomicBool::new(false));
        let asker = thread::spawn({
            let done = Arc::clone(&done);
            move || {
                let question = query(NAME, RecordType::A, Some(1232)).to_vec().unwrap();
                let mut replies = 0;
                while !done.load(Ordering::Relaxed) {
                    // nobody may be there
                    if let Some(reply) = send(address, &question, Duration::from_millis(20)) {
                        assert_eq!(data(&Message::from_vec(&reply).unwrap()), ["10.0.1.80"]);
                        replies += 1;
                    }
                }
                replies
            }
        });
        let listen = format!("listen: {{ \"{address}\": {{ vpc: app }} }}");
        for _ in 0..20 {
            server.state.replace(model("", "")).unwrap();
            server.state.replace(model(&do53("in", address), "")).unwrap();
            server.state.replace(model(&do53("other", address), "")).unwrap();
            server.state.replace(model("", &listen)).unwrap();
            is_answered(address);
        }
        done.store(true, Ordering::Relaxed);
        assert!(asker.join().unwrap() > 0);
    }
}

#[test]
fn one_that_cannot_be_bound_refuses_the_reload_and_nothing_has_changed() {
    let (here, free) = (free([127, 0, 12, 4]), free([127, 0, 12, 5]));
    let taken = UdpSocket::bind("127.0.12.6:0").unwrap();
    let address = taken.local_addr().unwrap();
    let server = serve(model(&do53("in", here), ""), DnsOptions::default());
    let before = server.state.snapshot().generation;
    let both = format!("{}, {}", do53("a", free), do53("b", address));
    let error = server.state.replace(model(&both, "")).unwrap_err();
    assert!(matches!(error, ChangeError::Unbound(_)));
    assert!(error.to_string().starts_with(&format!("cannot listen on udp {address}: ")), "{error}");
    assert_eq!(server.state.snapshot().generation, before);
    is_answered(here);
    is_released(free);
    // one that overlaps with one of its own, which it could have only once that is gone
    let listen = format!("listen: {{ \"0.0.0.0:{}\": {{ vpc: app }} }}", here.port());
    let error = server.state.replace(model("", &listen)).unwrap_err().to_string();
    assert!(error.ends_with(&format!(": this server is at {here} itself")), "{error}");
    is_answered(here);
    drop(taken);
    server.state.replace(model(&both, "")).unwrap();
    is_answered(free);
    is_answered(address);
    is_released(here);
}

#[test]
fn what_is_being_answered_where_a_door_closes_is_still_answered() {
    let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = free([127, 0, 12, 7]);
    let rest = format!("public_dns: {{ upstream: [\"{}\"] }}", upstream.local_addr().unwrap());
    let server = serve(model(&do53("in", address), &rest), DnsOptions::default());
    let asker = thread::spawn(move || {
        let message = query("www.example.org.", RecordType::A, Some(1232)).to_vec().unwrap();
        Message::from_vec(&send(address, &message, PATIENCE).expect("a reply")).unwrap()
    });
    let mut buffer = [0; 512];
    upstream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (length, from) = upstream.recv_from(&mut buffer).unwrap();
    server.state.replace(model("", &rest)).unwrap();
    let mut reply = Message::from_vec(&buffer[..length]).unwrap().into_response();
    reply.metadata.response_code = ResponseCode::NXDomain;
    upstream.send_to(&reply.to_vec().unwrap(), from).unwrap();
    assert_eq!(asker.join().unwrap().metadata.response_code, ResponseCode::NXDomain);
    is_released(address);
}

#[test]
fn tls_and_https_are_served_where_a_reload_says_so() {
    let (one, two) = (free([127, 0, 12, 8]), free([127, 0, 12, 9]));
    let server = serve(model("", ""), DnsOptions::default());
    let both = inbound("in", &format!("{{ DoT: \"{one}\", DoH: \"{two}\" }}"));
    server.state.replace(model(&both, "")).unwrap();
    assert_eq!((alpn(one, b"dot"), alpn(two, b"h2")), (b"dot".to_vec(), b"h2".to_vec()));
    // another protocol at the same address
    let swapped = inbound("in", &format!("{{ DoT: \"{two}\", Do53: \"{one}\" }}"));
    server.state.replace(model(&swapped, "")).unwrap();
    is_answered(one);
    assert_eq!(alpn(two, b"dot"), b"dot");
    server.state.replace(model("", "")).unwrap();
    is_released(one);
    is_released(two);
}

/// What a handshake agrees on.
fn alpn(to: SocketAddr, offered: &[u8]) -> Vec<u8> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = vec![offered.to_vec()];
    let name = ServerName::IpAddress(to.ip().into());
    let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tcp = TcpStream::connect(to).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).unwrap();
    }
    tls.alpn_protocol().unwrap_or_default().to_vec()
}

/// Believes everybody: who it is, is not what is asked here.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
