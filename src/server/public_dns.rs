//! The public DNS, asked through the recursive resolvers that the topology names, and validated for who wants that. R86, R100
//!
//! Validation is hickory's: it asks the upstream for keys and digests, from the root down, and has no time but the
//! machine's. What it wrongly takes for bogus, `links` mends. Validated answers have a cache of their own.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hickory_proto::{
    dnssec::{
        DnssecSummary, Proof, TrustAnchors,
        rdata::{DNSSECRData, SigInput},
    },
    op::{DnsRequestOptions, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType, SerialNumber, rdata::SOA},
};
use hickory_resolver::{
    NameServerPool, PoolContext, TlsConfig, TokioResolver,
    caching_client::CachingClient,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{
        DnsError, NetError,
        dnssec::DnssecDnsHandle,
        runtime::{RuntimeProvider, Time as _, TokioRuntimeProvider},
        xfer::{DnsHandle as _, FirstAnswer as _, RetryDnsHandle},
    },
};

use super::{
    links::Links,
    upstream::{Found, Unanswered},
};
use crate::{
    answer::{Flaw, Question, Validation},
    model::{DnsName, PublicDns as Settings},
    view::{aws_soa, negative_soa},
};

/// How long one try at one upstream may take. Source: rule R93 (2 × 2 s, a choice).
const TRY: Duration = Duration::from_secs(2);

/// How often an upstream is tried again after its first try.
const RETRIES: usize = 1;

/// Answers of the public DNS that are cached.
const CACHED_ANSWERS: u64 = 8192;

/// Asks the upstreams of whatever topology is current.
#[derive(Default)]
pub(super) struct PublicDns {
    plain: Mutex<Option<Made<TokioResolver>>>,
    validating: Mutex<Option<Made<Validating>>>,
}

/// A resolver that validates.
#[derive(Clone)]
struct Validating {
    /// Tries again.
    upstream: Upstreams,
    /// Validates what the upstreams say, link by link, caches it, and follows CNAMEs.
    client: CachingClient<Links<DnssecDnsHandle<Upstreams>>>,
}

type Upstreams = RetryDnsHandle<Pool>;
type Pool = NameServerPool<TokioRuntimeProvider>;

/// A resolver, and the settings that it was made for.
struct Made<R> {
    upstream: Vec<SocketAddr>,
    trust_anchors: Vec<Record>,
    resolver: R,
}

/// How the public DNS is asked.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    /// What the topology says of it.
    pub(super) settings: &'a Settings,
    /// Whether answers are validated. R100
    pub(super) validating: bool,
}

/// Why there is no answer of the public DNS.
pub(super) enum NoAnswer {
    /// The upstreams failed.
    Failed(Unanswered),
    /// What they say is bogus. R134
    Bogus(Flaw),
}

impl NoAnswer {
    fn because(why: impl std::fmt::Display) -> Self {
        Self::Failed(Unanswered::because(why))
    }
}

impl PublicDns {
    /// Asks a question.
    pub(super) async fn ask(
        &self,
        manner: Manner<'_>,
        question: &Question,
    ) -> Result<Found, NoAnswer> {
        let (mut found, validation) =
            match self.lookup(manner, absolute(&question.name), question.rtype).await {
                Ok(found) => {
                    let records = in_order(&question.name, found.answers());
                    (Found::records(records), validation(found.answers()))
                }
                Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                    let soa = none.soa.map(|soa| *soa);
                    let proofs = validation(none.authorities.as_deref().unwrap_or_default());
                    (negative(none.response_code, soa)?, proofs)
                }
                // what is said not to exist, and is not proven not to
                Err(NetError::Dns(DnsError::Nsec { response, proof: Proof::Insecure, .. })) => {
                    let soa = response.soa().map(|soa| soa.to_owned());
                    (negative(response.metadata.response_code, soa)?, Some(Validation::Insecure))
                }
                Err(NetError::Dns(DnsError::DnssecBogus | DnsError::Nsec { .. })) => {
                    return Err(NoAnswer::Bogus(self.flaw(manner, question).await));
                }
                Err(error) => return Err(NoAnswer::because(error)),
            };
        found.validation = validation.filter(|_| manner.validating);
        Ok(found)
    }

    /// The CNAME record of a name.
    pub(super) async fn cname(&self, manner: Manner<'_>, name: &Name) -> Option<Record> {
        let name = absolute(name);
        let found = self.lookup(manner, name.clone(), RecordType::CNAME).await.ok()?;
        let is_it =
            |record: &&Record| record.name == name && record.record_type() == RecordType::CNAME;
        found.answers().iter().find(is_it).cloned()
    }

    async fn lookup(
        &self,
        manner: Manner<'_>,
        name: Name,
        rtype: RecordType,
    ) -> Result<Lookup, NetError> {
        let Manner { settings, validating } = manner;
        if !validating {
            let resolver = current(&self.plain, settings, plain)?;
            return resolver.lookup(name, rtype).await;
        }
        let resolver = current(&self.validating, settings, self::validating)?;
        resolver.client.lookup(Query::query(name, rtype), asking_for_signatures()).await
    }

    /// What is wrong with a bogus answer: it is asked for again, and looked at.
    async fn flaw(&self, manner: Manner<'_>, question: &Question) -> Flaw {
        let Ok(resolver) = current(&self.validating, manner.settings, validating) else {
            return Flaw::Broken;
        };
        let query = Query::query(absolute(&question.name), question.rtype);
        let reply = resolver.upstream.lookup(query, asking_for_signatures()).first_answer().await;
        let records: Vec<Record> = match reply {
            Ok(reply) => reply.all_sections().cloned().collect(),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                none.authorities.as_deref().unwrap_or_default().to_vec()
            }
            Err(_) => return Flaw::Broken,
        };
        flaw_of(&records, <TokioRuntimeProvider as RuntimeProvider>::Timer::current_time())
    }
}

/// What is wrong with the records of a bogus answer at a moment, in seconds of Unix time.
fn flaw_of(records: &[Record], now: u64) -> Flaw {
    let mut signatures = records.iter().filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature.input()),
        _ => None,
    });
    // times of signatures wrap around as serial numbers do. RFC 4034 §3.1.5
    let now = SerialNumber::new(u32::try_from(now & u64::from(u32::MAX)).unwrap_or(u32::MAX));
    let out_of_date = |input: &SigInput| input.sig_expiration < now || now < input.sig_inception;
    match signatures.clone().next() {
        None => Flaw::Unsigned,
        Some(_) if signatures.any(out_of_date) => Flaw::OutOfDate,
        Some(_) => Flaw::Broken,
    }
}

fn asking_for_signatures() -> DnsRequestOptions {
    let mut options = DnsRequestOptions::default();
    options.edns_set_dnssec_ok = true;
    options
}

/// The resolver for these settings; made anew, with an empty cache, when a reload changed them.
fn current<R: Clone>(
    current: &Mutex<Option<Made<R>>>,
    settings: &Settings,
    make: impl FnOnce(&Settings) -> Result<R, NetError>,
) -> Result<R, NetError> {
    let Settings { upstream, trust_anchors, broken_delegations: _, canned: _ } = settings;
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = &*current
        && made.upstream == *upstream
        && made.trust_anchors == *trust_anchors
    {
        return Ok(made.resolver.clone());
    }
    let resolver = make(settings)?;
    let (upstream, trust_anchors) = (upstream.clone(), trust_anchors.clone());
    *current = Some(Made { upstream, trust_anchors, resolver: resolver.clone() });
    Ok(resolver)
}

fn plain(settings: &Settings) -> Result<TokioResolver, NetError> {
    let config = ResolverConfig::from_parts(None, Vec::new(), servers(settings));
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options())
        .build()
}

fn validating(settings: &Settings) -> Result<Validating, NetError> {
    let context = Arc::new(PoolContext::new(options(), TlsConfig::new()?));
    let pool = Pool::from_config(servers(settings), context, TokioRuntimeProvider::default());
    let upstream = RetryDnsHandle::new(pool, RETRIES);
    let anchors = Arc::new(anchors(&settings.trust_anchors));
    let validating = Links(DnssecDnsHandle::with_trust_anchor(upstream.clone(), anchors));
    let client = CachingClient::new(CACHED_ANSWERS, validating, true);
    Ok(Validating { upstream, client })
}

fn servers(settings: &Settings) -> Vec<NameServerConfig> {
    let of_address = |address: &SocketAddr| {
        let mut server = NameServerConfig::udp_and_tcp(address.ip());
        server.connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
            .map(|mut connection| {
                connection.port = address.port();
                connection
            })
            .into();
        server
    };
    settings.upstream.iter().map(of_address).collect()
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = TRY;
    options.attempts = RETRIES;
    options.cache_size = CACHED_ANSWERS;
    options.use_hosts_file = ResolveHosts::Never;
    options.preserve_intermediates = true;
    options.edns0 = true;
    options
}

/// The keys of the root that are trusted: those of the topology, else those that IANA publishes. R100
fn anchors(keys: &[Record]) -> TrustAnchors {
    if keys.is_empty() {
        return TrustAnchors::default();
    }
    let mut anchors = TrustAnchors::empty();
    for key in keys {
        if let RData::DNSSEC(DNSSECRData::DNSKEY(key)) = &key.data {
            anchors.insert(key.public_key());
        }
    }
    anchors
}

/// The records of an answer, each CNAME before what is at its target: validation shuffles RRsets.
fn in_order(qname: &Name, records: &[Record]) -> Vec<Record> {
    let mut rest: Vec<&Record> = records.iter().collect();
    let mut ordered: Vec<Record> = Vec::with_capacity(rest.len());
    let mut name = qname.clone();
    while !rest.is_empty() {
        let here: Vec<&Record> = rest.extract_if(.., |record| record.name == name).collect();
        let target = here.iter().find_map(|record| match &record.data {
            RData::CNAME(target) => Some(target.0.clone()),
            _ => None,
        });
        ordered.extend(here.into_iter().cloned());
        match target {
            Some(target) => name = target,
            None => break,
        }
    }
    ordered.extend(rest.into_iter().cloned());
    ordered
}

/// What the records of a validated answer are in all; nothing is said of signatures alone, which sign and are not signed.
fn validation(records: &[Record]) -> Option<Validation> {
    let is_signature = |record: &Record| record.record_type() == RecordType::RRSIG;
    if !records.is_empty() && records.iter().all(is_signature) {
        return None;
    }
    Some(match DnssecSummary::from_records(records.iter()) {
        DnssecSummary::Secure => Validation::Secure,
        DnssecSummary::Insecure => Validation::Insecure,
        DnssecSummary::Bogus => Validation::Bogus(Flaw::Broken),
    })
}

/// An answer without records.
fn negative(rcode: ResponseCode, soa: Option<Record<SOA>>) -> Result<Found, NoAnswer> {
    let name_error = match rcode {
        ResponseCode::NXDomain => true,
        ResponseCode::NoError => false,
        other => return Err(NoAnswer::because(other)),
    };
    let soa = soa.map(Record::into_record_of_rdata);
    let soa = soa.unwrap_or_else(|| aws_soa(&DnsName::root(), "a.root-servers.net."));
    let soa = Some(negative_soa(&soa));
    Ok(Found { records: Vec::new(), soa, name_error, validation: None })
}

fn absolute(name: &Name) -> Name {
    let mut name = name.clone();
    name.set_fqdn(true);
    name
}
