//! The public DNS, asked through the recursive resolvers that the topology names. R86

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hickory_proto::{
    op::ResponseCode,
    rr::{Name, Record, RecordType},
};
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
};

use super::upstream::{Found, Unanswered};
use crate::{
    answer::Question,
    model::DnsName,
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
    /// The resolver made for the last list of upstreams.
    current: Mutex<Option<(Vec<SocketAddr>, TokioResolver)>>,
}

impl PublicDns {
    /// Asks a question of these upstreams.
    pub(super) async fn ask(
        &self,
        upstreams: &[SocketAddr],
        question: &Question,
    ) -> Result<Found, Unanswered> {
        let resolver = self.resolver(upstreams).map_err(Unanswered::because)?;
        match resolver.lookup(absolute(&question.name), question.rtype).await {
            Ok(found) => Ok(Found::records(found.answers().to_vec())),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                let soa = none.soa.map(|soa| (*soa).into_record_of_rdata());
                let soa = soa.unwrap_or_else(|| aws_soa(&DnsName::root(), "a.root-servers.net."));
                let name_error = match none.response_code {
                    ResponseCode::NXDomain => true,
                    ResponseCode::NoError => false,
                    other => return Err(Unanswered::because(other)),
                };
                Ok(Found { records: Vec::new(), soa: Some(negative_soa(&soa)), name_error })
            }
            Err(error) => Err(Unanswered::because(error)),
        }
    }

    /// The CNAME record of a name.
    pub(super) async fn cname(&self, upstreams: &[SocketAddr], name: &Name) -> Option<Record> {
        let resolver = self.resolver(upstreams).ok()?;
        let name = absolute(name);
        let found = resolver.lookup(name.clone(), RecordType::CNAME).await.ok()?;
        found.answers().iter().find(|record| record.name == name).cloned()
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

fn absolute(name: &Name) -> Name {
    let mut name = name.clone();
    name.set_fqdn(true);
    name
}
