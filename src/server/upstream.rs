//! The public DNS, asked through the recursive resolvers that the topology names. R86

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hickory_proto::{
    op::ResponseCode,
    rr::{RData, Record, RecordType},
};
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
};
use tracing::warn;

use crate::{
    answer::{self, Answer, Outcome, Question, Reason},
    model::{DnsName, Vantage},
    state::{Counters, Snapshot},
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
pub struct Upstream {
    /// The resolver made for the last list of upstreams.
    current: Mutex<Option<(Vec<SocketAddr>, TokioResolver)>>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream").finish_non_exhaustive()
    }
}

impl Upstream {
    /// Turns an answer that stops at [`Outcome::Upstream`] into a final one; other answers pass unchanged.
    ///
    /// A CNAME from the public DNS that leads to a private name is followed in the view, not by the upstream. R6
    pub async fn complete(
        &self,
        counters: &Counters,
        snapshot: &Snapshot,
        vantage: Vantage,
        question: &Question,
        answer: Answer,
    ) -> Answer {
        let Outcome::Upstream(rest) = answer.outcome.clone() else { return answer };
        let mut answer = self.ask(counters, snapshot, vantage, &rest, answer).await;
        if answer.outcome == Outcome::NoData
            && question.rtype == RecordType::AAAA
            && answer::wants_dns64(&snapshot.situation(vantage, 0))
        {
            answer = self.synthesised(counters, snapshot, vantage, question, answer).await;
        }
        answer
    }

    /// DNS64 for a public name without AAAA records. R102
    async fn synthesised(
        &self,
        counters: &Counters,
        snapshot: &Snapshot,
        vantage: Vantage,
        question: &Question,
        without: Answer,
    ) -> Answer {
        let v4 = Question { name: question.name.clone(), rtype: RecordType::A };
        let start = answer::continue_at(&snapshot.situation(vantage, 0), Vec::new(), &v4);
        let Outcome::Upstream(rest) = start.outcome.clone() else { return without };
        let mut found = self.ask(counters, snapshot, vantage, &rest, start).await;
        if found.outcome != Outcome::Records {
            return without;
        }
        found.records = found.records.iter().map(answer::dns64).collect();
        found.reasons.push(Reason::Dns64);
        found
    }

    async fn ask(
        &self,
        counters: &Counters,
        snapshot: &Snapshot,
        vantage: Vantage,
        rest: &Question,
        mut answer: Answer,
    ) -> Answer {
        let failed = |mut answer: Answer, why: &dyn std::fmt::Display| {
            warn!(name = %rest.name, rtype = %rest.rtype, %why, "the public DNS gave no answer");
            Counters::add(&counters.upstream_failures);
            answer.records.clear();
            Answer { outcome: Outcome::ServFail, ..answer }
        };
        let resolver = match self.resolver(&snapshot.model.public_dns.upstream) {
            Ok(resolver) => resolver,
            Err(error) => return failed(answer, &error),
        };
        let mut name = rest.name.clone();
        name.set_fqdn(true);
        match resolver.lookup(name, rest.rtype).await {
            Ok(found) => follow(snapshot, vantage, rest, answer, found.answers()),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                if let Some(inside) =
                    through_cname(&resolver, snapshot, vantage, rest, &answer).await
                {
                    return inside;
                }
                let soa = none.soa.map(|soa| (*soa).into_record_of_rdata());
                let soa = soa.unwrap_or_else(|| aws_soa(&DnsName::root(), "a.root-servers.net."));
                answer.soa = Some(negative_soa(&soa));
                answer.outcome = match none.response_code {
                    ResponseCode::NXDomain => Outcome::NameError,
                    ResponseCode::NoError => Outcome::NoData,
                    other => return failed(answer, &other),
                };
                answer
            }
            Err(error) => failed(answer, &error),
        }
    }

    /// The resolver for these upstreams; made anew, with an empty cache, when a reload changed them.
    fn resolver(&self, upstreams: &[SocketAddr]) -> Result<TokioResolver, NetError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, resolver)) = &*current
            && of == upstreams
        {
            return Ok(resolver.clone());
        }
        let servers = upstreams.iter().map(|address| {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
                .map(|mut connection| {
                    connection.port = address.port();
                    connection
                })
                .into();
            server
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        let mut options = ResolverOpts::default();
        options.timeout = TRY;
        options.attempts = RETRIES;
        options.cache_size = CACHED_ANSWERS;
        options.use_hosts_file = ResolveHosts::Never;
        options.preserve_intermediates = true;
        options.edns0 = true;
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()?;
        *current = Some((upstreams.to_vec(), resolver.clone()));
        Ok(resolver)
    }
}

/// What a name without records is here if it is a CNAME, or a chain of them, to a name that this VPC alone has: to
/// the upstream such a chain leads nowhere. R6 (6)
async fn through_cname(
    resolver: &TokioResolver,
    snapshot: &Snapshot,
    vantage: Vantage,
    rest: &Question,
    answer: &Answer,
) -> Option<Answer> {
    if vantage == Vantage::Internet || rest.rtype == RecordType::CNAME {
        return None;
    }
    let mut name = rest.name.clone();
    let mut chain = Vec::new();
    for _ in 0..answer::MAX_CNAME_CHAIN {
        name.set_fqdn(true);
        let found = resolver.lookup(name.clone(), RecordType::CNAME).await.ok()?;
        let record = found.answers().iter().find(|record| record.name == name)?.clone();
        let RData::CNAME(target) = &record.data else { return None };
        name = target.0.clone();
        chain.push(record);
        if answer::is_private(&snapshot.situation(vantage, 0), &name) {
            return Some(follow(snapshot, vantage, rest, answer.clone(), &chain));
        }
    }
    None
}

/// Takes over what the public DNS answered, as far as the first CNAME that leads to a private name. R6 (6), R66
fn follow(
    snapshot: &Snapshot,
    vantage: Vantage,
    rest: &Question,
    mut answer: Answer,
    found: &[Record],
) -> Answer {
    let situation = snapshot.situation(vantage, 0);
    for record in found {
        answer.records.push(record.clone());
        if let RData::CNAME(target) = &record.data
            && rest.rtype != RecordType::CNAME
            && answer::is_private(&situation, target)
        {
            let rest = Question { name: target.0.clone(), rtype: rest.rtype };
            let mut private = answer::continue_at(&situation, answer.records, &rest);
            answer.reasons.push(Reason::Cname(DnsName::from(&rest.name)));
            answer.reasons.append(&mut private.reasons);
            return Answer { reasons: answer.reasons, ..private };
        }
    }
    answer.outcome = if answer.records.is_empty() { Outcome::NoData } else { Outcome::Records };
    answer
}
