//! `plustwo serve`: the DNS server and the API, until told to stop.

use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum, builder::RangedI64ValueParser};
use tokio::{
    net::TcpListener,
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use super::{Failure, Verdict, print, topology};
use crate::{
    api::{self, ApiOptions, Limits},
    config::Topology,
    model::{Model, QueryLogDestination, ResolverProtocol},
    names::EndpointNames,
    server::{self, DOH_PATH, Dns, DnsOptions, Door, QueryLog, TlsIdentity, UdpPath, Upstream},
    state::{Clock, State, TopologyFile, Written},
    sys,
};

/// Where the DNS server listens if neither the command line nor the topology says so.
const DNS: &str = "127.0.0.1:5300";

/// What is logged unless told otherwise: hickory tells of every TCP query at `info`, which is ours to do at `debug`.
const LOG: &str =
    "info,hickory_server=warn,hickory_resolver=warn,hickory_net=warn,hickory_net::dnssec=error";

/// How long after its start nothing of that is under way any more.
const SETTLED: Duration = Duration::from_millis(500);

/// How long calls of the API that are under way may hold up the end; as long as questions may.
const DRAIN: Duration = Duration::from_secs(5);

/// Serve DNS and the API
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The topology file, or a folder to import; the embedded example where absent
    topology: Option<PathBuf>,
    /// An address for DNS, UDP and TCP; may be given again. It wins over the topology's `listen`, which wins over
    /// 127.0.0.1:5300. Port 0 is any free port
    #[arg(long, value_name = "ADDR")]
    dns: Vec<SocketAddr>,
    /// Threads for UDP at each address, each with a socket of its own; 0 is one a core
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads())]
    dns_threads: u16,
    /// Which way UDP queries take
    #[arg(long, value_enum, default_value_t)]
    dns_path: DnsPath,
    /// The address of the API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5380")]
    api: SocketAddr,
    /// A token that callers of the API must have; required off loopback
    #[arg(long, env = "PLUSTWO_API_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    api_token: Option<String>,
    /// A certificate chain (PEM) for DNS over TLS and HTTPS at inbound endpoints; one made for the run where absent
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What to log, such as `info`, `debug` or `plustwo::server=trace`
    #[arg(long, env = "RUST_LOG", default_value = LOG, value_name = "FILTER")]
    log: String,
    /// How to log
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
}

/// How many threads the DNS server may have.
fn threads() -> RangedI64ValueParser<u16> {
    let most = i64::try_from(server::MAX_THREADS).unwrap_or(i64::MAX);
    RangedI64ValueParser::new().range(0..=most)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DnsPath {
    /// Many at a time, by the fast path where it can
    #[default]
    Fast,
    /// One at a time, by the fast path where it can: what systems without recvmmsg do
    Portable,
    /// One at a time, all by the full path: to compare with
    Full,
}

impl From<DnsPath> for UdpPath {
    fn from(path: DnsPath) -> Self {
        match path {
            DnsPath::Fast => Self::Fast,
            DnsPath::Portable => Self::Portable,
            DnsPath::Full => Self::Full,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

impl Serve {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        self.start_logging()?;
        let topology = topology(self.topology.as_deref())?;
        runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(self.serve(topology))?;
        Ok(Verdict::Yes)
    }

    fn start_logging(&self) -> Result<(), Failure> {
        let filter = EnvFilter::try_new(&self.log).map_err(|error| {
            Failure::Other(format!("`{}` is not a log filter: {error}", self.log))
        })?;
        let logs = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
        match self.log_format {
            LogFormat::Text => logs.init(),
            LogFormat::Json => logs.json().init(),
        }
        Ok(())
    }

    async fn serve(self, topology: Topology) -> Result<(), Failure> {
        let Topology { model, warnings, files, text } = topology;
        for warning in &warnings {
            warn!("{}", warning.one_line());
        }
        // they hold the text of the file
        drop(warnings);
        let opened = doors(&self.dns, &model, &[]);
        let example = example(&model);
        let state = Arc::new(State::with_text(model, Written::read(text), Clock::real()));
        let upstream = Arc::new(Upstream::default());
        let options =
            DnsOptions { threads: usize::from(self.dns_threads), path: self.dns_path.into() };
        check_query_logs(&state.snapshot().model)?;
        let query_log = QueryLog::new(Arc::clone(&state)).start()?;
        let mut dns = Dns::bind(Arc::clone(&state), Arc::clone(&upstream), &opened, options)?;
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            dns = dns.with_tls(TlsIdentity::from_files(certificate, key)?);
        }
        dns.follow(&state, {
            let given = self.dns.clone();
            move |model, open| doors(&given, model, open)
        });
        // what was read is larger than what came of it
        sys::release_free_memory();
        let api = TcpListener::bind(self.api).await.map_err(|error| {
            Failure::Other(format!("cannot listen on tcp {} for the API: {error}", self.api))
        })?;
        // before anybody is told that it runs, so that nobody can signal or change the file too early
        let signals = Signals::install()?;
        let file = self.topology.map(|path| Arc::new(TopologyFile::new(path, Arc::clone(&state))));
        let follow = file.clone().map(|file| file.follow(files));
        announce(&dns, api.local_addr()?, &example, &state.snapshot().model)?;

        let stop = CancellationToken::new();
        let options = ApiOptions { token: self.api_token, limits: Limits::default() };
        let resolve: api::Resolve = Arc::new({
            let (state, upstream) = (Arc::clone(&state), upstream);
            move |snapshot, vantage, question| {
                let (state, upstream) = (Arc::clone(&state), Arc::clone(&upstream));
                Box::pin(async move {
                    server::resolve(&state, &upstream, &snapshot, vantage, &question).await
                })
            }
        });
        let mut api =
            tokio::spawn(api::serve(api, Arc::clone(&state), resolve, options, stop.clone()));
        let dns = tokio::spawn(dns.run(stop.clone()));
        let time = tokio::spawn({
            let state = Arc::clone(&state);
            async move { state.keep_time().await }
        });
        let log = tokio::spawn(server::log_queries(Arc::clone(&state)));
        let live = tokio::spawn(server::tell_queries(Arc::clone(&state)));
        let settle = tokio::spawn(settle());
        let reload = follow.map(tokio::spawn);

        let result = signals.wait(&mut api, file.as_deref()).await;
        stop.cancel();
        drain(dns, api).await;
        _ = tokio::task::spawn_blocking(|| query_log.stop(DRAIN)).await;
        time.abort();
        settle.abort();
        log.abort();
        live.abort();
        if let Some(reload) = reload {
            reload.abort();
        }
        result
    }
}

/// Where DNS is served: as the command line says, else the topology, else where it is already, else where it always is;
/// and at the inbound endpoints.
fn doors(given: &[SocketAddr], model: &Model, open: &[Door]) -> Vec<Door> {
    let listed = || model.listen.iter().map(|listen| listen.address).collect();
    let mut addresses: Vec<SocketAddr> = if given.is_empty() { listed() } else { given.to_vec() };
    if addresses.is_empty() {
        let inbound: Vec<SocketAddr> = Door::inbound(model).map(|door| door.address).collect();
        let others = open.iter().filter(|door| door.inbound.is_none());
        // but for what has become an inbound endpoint's
        let others = others.map(|door| door.address).filter(|address| !inbound.contains(address));
        addresses.extend(others);
    }
    if addresses.is_empty() {
        addresses.extend(DNS.parse::<SocketAddr>());
    }
    addresses.into_iter().map(Door::from).chain(Door::inbound(model)).collect()
}

/// Gives back what only starting needed, once everything has started.
async fn settle() {
    sleep(SETTLED).await;
    // it stalls for as long as it takes
    let release = || {
        sys::release_free_memory();
        sys::release_program_pages();
    };
    _ = tokio::task::spawn_blocking(release).await;
}

/// Lets both doors finish what they are at. The DNS server bounds that itself, the API has as long; a panic is not
/// worth more than a line.
async fn drain(dns: JoinHandle<()>, mut api: JoinHandle<io::Result<()>>) {
    let calls = async {
        // a handle that has been waited for must not be waited for again
        if !api.is_finished() && timeout(DRAIN, &mut api).await.is_err() {
            warn!(after = ?DRAIN, "some calls of the API are cut off");
            api.abort();
        }
    };
    let (dns, ()) = tokio::join!(dns, calls);
    if let Err(error) = dns {
        warn!(%error, "the DNS server ended badly");
    }
}

/// A name that shows what this is for: the first private DNS name, else a name of the first endpoint's own.
fn example(model: &Model) -> String {
    let private = model.endpoint_indexes().find(|ix| model[*ix].private_dns_enabled);
    let private = private.and_then(|ix| model.service_of(ix).private_names.first());
    let own = || model.endpoint_indexes().next().map(|ix| EndpointNames::new(model, ix).regional());
    private
        .map(|name| name.zone.to_string())
        .or_else(own)
        .unwrap_or_else(|| "example.com".to_owned())
}

/// Prints what is bound, one a line, and a line to paste.
fn announce(dns: &Dns, api: SocketAddr, name: &str, model: &Model) -> Result<(), Failure> {
    let mut out = String::new();
    // writing to a String cannot fail
    for (_, bound) in dns.doors().filter(|(door, _)| door.inbound.is_none()) {
        _ = writeln!(out, "dns udp+tcp {bound}");
    }
    _ = writeln!(out, "api http://{api}");
    _ = writeln!(out, "page http://{api}/");
    for endpoint in &model.resolver_endpoints {
        for (door, bound) in dns.doors().filter(|(door, _)| door.inbound == Some(endpoint.id)) {
            let name = format!("{}/{}", model[endpoint.vpc].name, endpoint.name);
            _ = match door.protocol {
                ResolverProtocol::Do53 => writeln!(out, "inbound:{name} udp+tcp {bound}"),
                ResolverProtocol::DoT => writeln!(out, "inbound:{name} tls {bound}"),
                ResolverProtocol::DoH => writeln!(out, "inbound:{name} https://{bound}{DOH_PATH}"),
            };
        }
    }
    for config in &model.resolver_query_log_configs {
        let name = &config.name;
        _ = match &config.destination {
            QueryLogDestination::File(file) => {
                writeln!(out, "query-log:{name} {}", file.path.display())
            }
            QueryLogDestination::Stdout => writeln!(out, "query-log:{name} stdout"),
            QueryLogDestination::Events => writeln!(out, "query-log:{name} GET /v1/query-log"),
        };
    }
    if let Some(address) = dns.bound().next() {
        _ = writeln!(out, "try: dig @{} -p {} {name} +short", address.ip(), address.port());
    }
    Ok(print(&out)?)
}

/// Whether the files of query logs can be written, which nobody would notice later. What is no plain file is left alone:
/// a pipe without a reader would be waited for.
fn check_query_logs(model: &Model) -> Result<(), Failure> {
    for config in &model.resolver_query_log_configs {
        let QueryLogDestination::File(file) = &config.destination else { continue };
        if file.path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            continue;
        }
        let opened = OpenOptions::new().append(true).create(true).open(&file.path);
        opened.map_err(|error| {
            let path = file.path.display();
            Failure::Other(format!(
                "cannot write the query log `{}` to {path}: {error}",
                config.name
            ))
        })?;
    }
    Ok(())
}

/// The signals that a server heeds.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for a signal to stop, asking for a reload at each SIGHUP, or for the API to fail.
    async fn wait(
        mut self,
        api: &mut JoinHandle<io::Result<()>>,
        file: Option<&TopologyFile>,
    ) -> Result<(), Failure> {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hangup.recv() => {
                    if let Some(file) = file {
                        file.ask();
                    } else {
                        warn!("SIGHUP: there is no file to reload, this is the embedded example");
                    }
                }
                ended = &mut *api => {
                    return match ended {
                        Ok(result) => Ok(result?),
                        Err(error) => Err(Failure::Other(format!("the API ended badly: {error}"))),
                    };
                }
            }
        }
        info!("stopping: what is being answered is still answered");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    /// Addresses of doors, those of inbound endpoints with a mark.
    fn shown(doors: &[Door]) -> Vec<String> {
        let mark = |door: &Door| if door.inbound.is_some() { "inbound " } else { "" };
        doors.iter().map(|door| format!("{}{}", mark(door), door.address)).collect()
    }

    #[test]
    fn doors_are_as_given_else_listed_else_as_they_are_else_where_they_always_are() {
        let base = "region: us-east-1\nvpcs: { v: { cidr_block: 10.0.0.0/16, subnets: \
                    { a: { availability_zone: us-east-1a, cidr_block: 10.0.0.0/24 } }";
        let inbound = ", resolver_endpoints: { in: { direction: INBOUND, ip_addresses: \
                       [{ subnet: a, listen: \"127.0.0.9:53\" }, { subnet: a }] } }";
        let nobody = format!("{base} }} }}\n");
        let endpoint = format!("{base}{inbound} }} }}\n");
        let listed = format!("{nobody}listen: {{ \"127.0.0.3:53\": internet }}\n");
        for (name, given, text, open, expected) in [
            ("given", Some("127.0.0.1:53"), &listed, "127.0.0.2:53", vec!["127.0.0.1:53"]),
            ("listed", None, &listed, "127.0.0.2:53", vec!["127.0.0.3:53"]),
            ("open", None, &nobody, "127.0.0.2:53", vec!["127.0.0.2:53"]),
            (
                "open, and an endpoint",
                None,
                &endpoint,
                "127.0.0.2:53",
                vec!["127.0.0.2:53", "inbound 127.0.0.9:53"],
            ),
            (
                "open where an endpoint will be",
                None,
                &endpoint,
                "127.0.0.9:53",
                vec![DNS, "inbound 127.0.0.9:53"],
            ),
        ] {
            let parsed = config::parse("doors.yaml", text).map_err(|problems| problems.render());
            let model = parsed.map(|topology| topology.model);
            let model = model.unwrap_or_else(|problems| panic!("{name}: {problems}"));
            let address = |text: &str| text.parse::<SocketAddr>().into_iter();
            let given: Vec<_> = given.into_iter().flat_map(address).collect();
            let open: Vec<_> = address(open).map(Door::from).collect();
            assert_eq!(shown(&doors(&given, &model, &open)), expected, "{name}");
        }
    }
}
