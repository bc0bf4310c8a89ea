//! Queries that leave by an outbound endpoint: to the targets of a FORWARD rule, over UDP, and TCP where that was cut, or over
//! HTTPS. R93
//!
//! ```text
//!   question ─► under way already? ──yes──► wait for that one
//!                  │ no
//!                  ▼
//!               target 1 ─► target 2 ─► … ─► SERVFAIL        at most PATIENCE in all
//! ```
//! Whoever sends us a query from one of our own sockets is ourselves: then the rules that led there are known, and one
//! of them that comes again is a loop. A loop through somebody else's server is not seen, and is bounded: the question
//! is under way already.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hickory_proto::{
    op::{Edns, Message, Query, ResponseCode},
    rr::RecordType,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UdpSocket},
    sync::OnceCell,
    time::timeout,
};
use tracing::debug;

use super::{
    doh::Doh,
    upstream::{Found, Unanswered},
};
use crate::{
    answer::{Question, UDP_PAYLOAD_BYTES},
    model::{DnsName, ResolverRuleId, TargetAddress, TargetProtocol},
    view::negative_soa,
};

/// How long the targets of a rule are given in all, and how often they are tried at least. Source: rule R93 (2 × 2 s, a choice).
const PATIENCE: Duration = Duration::from_secs(4);
const MIN_TRIES: usize = 2;

/// The rules that led a question to where it is.
pub(super) type Chain = Arc<[ResolverRuleId]>;

/// What a FORWARD rule says.
pub(super) struct Forwarding<'a> {
    /// The rule.
    pub(super) rule: ResolverRuleId,
    /// Its targets, in the order in which they are tried.
    pub(super) targets: &'a [TargetAddress],
    /// The addresses that queries may leave from; any where there is none.
    pub(super) sources: Vec<IpAddr>,
    /// Whether they are resolvers, else name servers that answer for their own zones. R70
    pub(super) recursive: bool,
}

/// Asks the targets of FORWARD rules.
#[derive(Default)]
pub(super) struct Forwarder {
    /// Our own sockets that queries are under way from, and the rules that led each there.
    own_sockets: Mutex<HashMap<SocketAddr, Chain>>,
    /// Questions that are under way.
    under_way: Mutex<HashMap<Key, Arc<Outcome>>>,
    /// The target of each rule that answered last.
    preferred: Mutex<HashMap<ResolverRuleId, TargetAddress>>,
    doh: Doh,
}

/// What comes of a question, for all who ask it.
type Outcome = OnceCell<Result<Found, Unanswered>>;

/// What makes two questions the same: of one rule, the targets too, since a DELEGATE rule has those of the zone of each VPC.
type Key = (ResolverRuleId, Box<[TargetAddress]>, DnsName, RecordType);

impl Forwarder {
    /// The rules that led a query here which came from this address: none unless it is one of our own sockets.
    pub(super) fn chain_of(&self, asker: SocketAddr) -> Option<Chain> {
        let asker = SocketAddr::new(asker.ip().to_canonical(), asker.port());
        lock(&self.own_sockets).get(&asker).cloned()
    }

    /// Asks the targets of a rule. `chain` are the rules that led to the question.
    pub(super) async fn ask(
        &self,
        forwarding: &Forwarding<'_>,
        question: &Question,
        chain: &[ResolverRuleId],
    ) -> Result<Found, Unanswered> {
        let name = DnsName::from(&question.name);
        let key = (forwarding.rule, forwarding.targets.into(), name, question.rtype);
        let cell = Arc::clone(lock(&self.under_way).entry(key.clone()).or_default());
        let result = cell.get_or_init(|| self.targets(forwarding, question, chain)).await.clone();
        let mut under_way = lock(&self.under_way);
        if under_way.get(&key).is_some_and(|known| Arc::ptr_eq(known, &cell)) {
            under_way.remove(&key);
        }
        result
    }

    /// Tries the targets one after the other, the one that answered last first.
    async fn targets(
        &self,
        Forwarding { rule, targets, sources, recursive }: &Forwarding<'_>,
        question: &Question,
        chain: &[ResolverRuleId],
    ) -> Result<Found, Unanswered> {
        let chain: Chain = chain.iter().copied().chain([*rule]).collect();
        let mut targets = targets.to_vec();
        let preferred = lock(&self.preferred).get(rule).cloned();
        if let Some(at) = targets.iter().position(|target| Some(target) == preferred.as_ref()) {
            targets.rotate_left(at);
        }
        let query = query(question, *recursive);
        let tries = targets.len().max(MIN_TRIES);
        let each = PATIENCE / u32::try_from(tries).unwrap_or(u32::MAX);
        let mut last = Unanswered::because("it has no target");
        for target in targets.iter().cycle().take(tries) {
            let of_family = |source: &&IpAddr| source.is_ipv4() == target.address.is_ipv4();
            let source = sources.iter().find(of_family).copied();
            let exchange = self.exchange(target, source, &query, &chain);
            let error = match timeout(each, exchange).await {
                Ok(Ok(message)) => match found(message) {
                    Ok(found) => {
                        lock(&self.preferred).insert(*rule, target.clone());
                        return Ok(found);
                    }
                    Err(error) => error,
                },
                Ok(Err(error)) => Unanswered::because(error),
                Err(_) => Unanswered::because("no reply in time"),
            };
            debug!(%target, name = %question.name, %error, "a target of a resolver rule failed");
            last = Unanswered::because(format_args!("{target}: {error}"));
        }
        Err(last)
    }

    /// Asks one target: over HTTPS, or over UDP, and over TCP if the reply was cut. RFC 7766 §5
    async fn exchange(
        &self,
        target: &TargetAddress,
        source: Option<IpAddr>,
        query: &Message,
        chain: &Chain,
    ) -> io::Result<Message> {
        let TargetAddress { address: target, protocol } = target;
        let target = *target;
        let local = SocketAddr::new(source.unwrap_or_else(|| unspecified(target)), 0);
        if let TargetProtocol::DoH(name) = protocol {
            return self.over_https(local, target, name, query, chain).await;
        }
        let octets = query.to_vec().map_err(io::Error::other)?;
        let reply = self.over_udp(local, target, query, &octets, chain).await?;
        if !reply.metadata.truncation {
            return Ok(reply);
        }
        self.over_tcp(local, target, query, &octets, chain).await
    }

    async fn over_udp(
        &self,
        local: SocketAddr,
        target: SocketAddr,
        query: &Message,
        octets: &[u8],
        chain: &Chain,
    ) -> io::Result<Message> {
        let socket = UdpSocket::bind(local).await?;
        // what comes from anybody else is dropped by the kernel
        socket.connect(target).await?;
        let _own = self.own(socket.local_addr()?, chain);
        socket.send(octets).await?;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let length = socket.recv(&mut buffer).await?;
            let reply = Message::from_vec(buffer.get(..length).unwrap_or_default());
            if let Ok(reply) = reply
                && answers(&reply, query)
            {
                return Ok(reply);
            }
        }
    }

    async fn over_tcp(
        &self,
        local: SocketAddr,
        target: SocketAddr,
        query: &Message,
        octets: &[u8],
        chain: &Chain,
    ) -> io::Result<Message> {
        let mut stream = connect(local, target).await?;
        let _own = self.own(stream.local_addr()?, chain);
        let length = u16::try_from(octets.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), octets].concat()).await?;
        let mut reply = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut reply).await?;
        expect_answer(Message::from_vec(&reply).map_err(io::Error::other)?, query)
    }

    /// Asks by a connection of its own, to a server that must prove to be who it is. RFC 8484
    async fn over_https(
        &self,
        local: SocketAddr,
        target: SocketAddr,
        server_name: &str,
        query: &Message,
        chain: &Chain,
    ) -> io::Result<Message> {
        let stream = connect(local, target).await?;
        let _own = self.own(stream.local_addr()?, chain);
        expect_answer(self.doh.ask(stream, server_name, query).await?, query)
    }

    /// Remembers a socket as ours for as long as the value lives.
    fn own(&self, local: SocketAddr, chain: &Chain) -> Own<'_> {
        lock(&self.own_sockets).insert(local, Arc::clone(chain));
        Own { forwarder: self, local }
    }
}

/// One of our own sockets while a query is under way from it.
struct Own<'a> {
    forwarder: &'a Forwarder,
    local: SocketAddr,
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        lock(&self.forwarder.own_sockets).remove(&self.local);
    }
}

async fn connect(local: SocketAddr, target: SocketAddr) -> io::Result<TcpStream> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(local)?;
    socket.connect(target).await
}

fn unspecified(target: SocketAddr) -> IpAddr {
    if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

/// The query that a target gets: RD if it is a resolver, and EDNS with our size.
fn query(question: &Question, recursive: bool) -> Message {
    let mut query = Message::query();
    query.metadata.recursion_desired = recursive;
    let mut name = question.name.clone();
    name.set_fqdn(true);
    query.queries = vec![Query::query(name, question.rtype)];
    let mut edns = Edns::new();
    edns.set_max_payload(UDP_PAYLOAD_BYTES);
    query.edns = Some(edns);
    query
}

/// Whether a message is the reply to a query. RFC 5452 §9.1
fn answers(reply: &Message, query: &Message) -> bool {
    use hickory_proto::op::MessageType;
    reply.metadata.id == query.metadata.id
        && reply.metadata.message_type == MessageType::Response
        && reply.queries == query.queries
}

fn expect_answer(reply: Message, query: &Message) -> io::Result<Message> {
    if answers(&reply, query) {
        Ok(reply)
    } else {
        Err(io::Error::other("the reply is not to what was asked"))
    }
}

/// What a reply says. Whoever refuses or fails is no help: the next target may be.
fn found(message: Message) -> Result<Found, Unanswered> {
    let name_error = match message.metadata.response_code {
        ResponseCode::NoError => false,
        ResponseCode::NXDomain => true,
        other => return Err(Unanswered::because(other)),
    };
    let has = |rtype| message.authorities.iter().any(|record| record.record_type() == rtype);
    if message.answers.is_empty()
        && !name_error
        && !message.metadata.authoritative
        && has(RecordType::NS)
        && !has(RecordType::SOA)
    {
        return Err(Unanswered::because("it refers to other name servers"));
    }
    let soa = message.authorities.iter().find(|record| record.record_type() == RecordType::SOA);
    let soa = soa.map(negative_soa);
    Ok(Found { records: message.answers, soa, name_error, validation: None })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
