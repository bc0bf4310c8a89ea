//! Plays the steps of a transcript: against the core, or through the server.

use std::{collections::BTreeMap, fmt::Write as _, net::IpAddr, sync::Arc};

use hickory_proto::{
    op::{Message, OpCode, Query, ResponseCode},
    rr::{Name, Record, RecordType},
};
use plustwo::{
    answer::{Answer, Outcome, Question, Via},
    config::{self, Problem},
    model::{CacheMode, Client, EndpointState, Model, Vantage},
    server::{QueryLog, UdpPath},
    state::{Clock, Expected, QueryEvent, QueryLogLine, Snapshot, State, Transport},
};

use tokio::sync::broadcast::Receiver;

use crate::{
    message::Sent,
    name_server::NameServer,
    page::code,
    policy::policy,
    shown::shown,
    wire::{self, Wire},
    words::{health, seconds, status, target, vantage},
};

/// Types whose records the fast path leaves to the codec.
const CODEC_ALONE: [RecordType; 2] = [RecordType::CAA, RecordType::HTTPS];

/// The port that questions come from, as pages show it.
const SOURCE_PORT: u16 = 49152;

/// Which way questions take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// A call of the core.
    Core,
    /// UDP to the server on loopback, every datagram through the codec.
    FullPath,
    /// UDP to the server on loopback, as it serves by default.
    FastPath,
    /// UDP to the server on loopback, as it serves where it cannot receive by the batch.
    Portable,
}

impl Door {
    /// For the name of the test.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::FullPath => "full path",
            Self::FastPath => "fast path",
            Self::Portable => "portable",
        }
    }
}

/// What an answer looks like from outside.
pub(crate) struct Seen {
    /// None when there was no reply.
    pub(crate) rcode: Option<ResponseCode>,
    /// Answer section.
    pub(crate) answers: Vec<Record>,
    /// Authority section.
    pub(crate) authority: Vec<Record>,
    /// The rules that decided, where they are known.
    pub(crate) rules: Vec<&'static str>,
}

/// The state of a page while it is played.
pub(crate) struct Player {
    door: Door,
    /// Everything that the page asks `from`.
    pub(crate) askers: Vec<String>,
    state: Option<Arc<State>>,
    wire: Option<Wire>,
    pub(crate) problems: Option<String>,
    /// What `check` says of the last topology that was taken.
    warnings: Vec<Problem>,
    from: Option<String>,
    /// What the page's query logs write, and what its `events` have not been read of.
    query_log: Option<(QueryLog, Receiver<QueryLogLine>)>,
    /// Servers of others, by the page's name for each.
    name_servers: BTreeMap<String, NameServer>,
    /// What is imported next: files by name.
    pub(crate) files: Vec<(String, String)>,
}

impl Player {
    /// A player for one page.
    pub(crate) fn new(door: Door) -> Self {
        Self {
            door,
            askers: Vec::new(),
            state: None,
            wire: None,
            problems: None,
            warnings: Vec::new(),
            from: None,
            query_log: None,
            name_servers: BTreeMap::new(),
            files: Vec::new(),
        }
    }

    /// Starts a server of somebody else's.
    pub(crate) fn name_server(&mut self, name: &str, body: &str) -> Result<(), String> {
        self.name_servers.insert(name.to_owned(), NameServer::start(body)?);
        Ok(())
    }

    /// Starts anew with a topology; `{{NAME}}` in it is the address of a server of somebody else's.
    pub(crate) fn topology(&mut self, text: &str) -> Result<(), String> {
        let (model, addresses) = self.load(text)?;
        let state = Arc::new(State::new(model, Clock::stopped()));
        let lines = state.query_log().subscribe();
        self.query_log = Some((QueryLog::new(Arc::clone(&state)), lines));
        let path = match self.door {
            Door::Core => None,
            Door::FullPath => Some(UdpPath::Full),
            Door::FastPath => Some(UdpPath::Fast),
            Door::Portable => Some(UdpPath::Portable),
        };
        self.wire = path.map(|path| Wire::start(Arc::clone(&state), addresses, path));
        self.state = Some(state);
        Ok(())
    }

    /// Replaces the topology of what runs; why that is refused is a problem.
    pub(crate) fn reload(&mut self, text: &str) -> Result<(), String> {
        let (model, _) = self.load(text)?;
        let state = self.state.as_ref().ok_or("no topology before this block")?;
        self.problems = state.replace(model).err().map(|error| format!("{error}\n"));
        Ok(())
    }

    fn load(&mut self, text: &str) -> Result<(Model, BTreeMap<String, IpAddr>), String> {
        let mut text = text.to_owned();
        for (name, server) in &self.name_servers {
            text = text.replace(&format!("{{{{{name}}}}}"), &server.address.to_string());
        }
        let topology =
            config::parse("topology.yaml", &text).map_err(|problems| problems.render())?;
        let mut model = topology.model;
        self.warnings = topology.warnings;
        let addresses = match self.door {
            Door::Core => BTreeMap::new(),
            Door::FullPath | Door::FastPath | Door::Portable => self.add_askers(&mut model)?,
        };
        Ok((model, addresses))
    }

    /// Gives each asker of the page an address.
    fn add_askers(&self, model: &mut Model) -> Result<BTreeMap<String, IpAddr>, String> {
        let mut addresses = BTreeMap::new();
        for (at, from) in (1_u8..).zip(&self.askers) {
            let vantage = vantage(model, from)?;
            let address = IpAddr::from([127, 1, 0, at]);
            model.clients.push(Client { prefix: address.into(), vantage });
            addresses.insert(from.clone(), address);
        }
        Ok(addresses)
    }

    /// Takes a topology that must be refused.
    pub(crate) fn invalid(&mut self, text: &str) -> Result<(), String> {
        match config::parse("topology.yaml", text) {
            Ok(_) => Err("this topology should be refused and is not".to_owned()),
            Err(problems) => {
                self.problems = Some(problems.render());
                Ok(())
            }
        }
    }

    /// Why the last topology was refused.
    pub(crate) fn problems(&mut self) -> Result<String, String> {
        self.problems.take().ok_or_else(|| {
            "a `text` block follows a `yaml invalid` or a `yaml import` block".to_owned()
        })
    }

    /// Plays the steps of one block and returns it as it should read.
    pub(crate) fn transcript(&mut self, body: &str) -> Result<String, String> {
        let mut out = String::new();
        for line in body.lines().filter(|line| !line.starts_with("    ")) {
            writeln!(out, "{line}").unwrap();
            let step: Vec<&str> = code(line).split_whitespace().collect();
            out.push_str(&self.step(&step).map_err(|error| format!("`{line}`: {error}"))?);
        }
        Ok(out)
    }

    fn step(&mut self, step: &[&str]) -> Result<String, String> {
        let state = Arc::clone(self.state.as_ref().ok_or("no topology before this block")?);
        let model = Arc::clone(&state.snapshot().model);
        match step {
            [] => {}
            ["check"] => return Ok(crate::check::said(&self.warnings)),
            ["from", from] => self.from = Some((*from).to_owned()),
            ["ask", name] => return self.ask(&state, name, RecordType::A),
            ["ask", name, rtype] => {
                let rtype = rtype.parse().map_err(|_| format!("no type `{rtype}`"))?;
                return self.ask(&state, name, rtype);
            }
            ["query_log"] => return self.query_log(),
            ["policy", request @ ..] => {
                let from = self.from.as_deref().ok_or("`policy` needs a `from` before it")?;
                return policy(&model, vantage(&model, from)?, request);
            }
            ["send", message @ ..] => return self.send(&state, message),
            ["names" | "cloudformation" | "service" | "hosted_zones", _] => {
                return shown(&model, step);
            }
            ["flows", step @ ..] => return crate::flows::play(&state, step),
            ["trace", step @ ..] => return crate::trace::play(&state, step),
            ["firewall", vpc, to] => {
                let changed = state.change(Expected::Anything).firewall(vpc, health(to)?);
                changed.map_err(|error| error.to_string())?;
            }
            ["wait", duration] => state.advance(seconds(duration)?),
            ["force", kind, name, to] => {
                let to = if *to == "none" { None } else { Some(health(to)?) };
                state.force(target(&model, kind, name)?, to);
            }
            ["private_dns", endpoint, on] => {
                let ix =
                    config::find_endpoint(&model, endpoint).map_err(|error| error.to_string())?;
                let change = config::EndpointChange {
                    private_dns_enabled: Some(*on == "on"),
                    ..config::EndpointChange::default()
                };
                if let Err(error) = state.change_endpoint(model[ix].id, &change) {
                    return Ok(format!("    {error}\n"));
                }
            }
            [decision @ ("accept" | "reject"), endpoint] => {
                let ix =
                    config::find_endpoint(&model, endpoint).map_err(|error| error.to_string())?;
                let to = if *decision == "accept" {
                    EndpointState::Available
                } else {
                    EndpointState::Rejected
                };
                let change =
                    config::EndpointChange { state: Some(to), ..config::EndpointChange::default() };
                if let Err(error) = state.change_endpoint(model[ix].id, &change) {
                    return Ok(format!("    {error}\n"));
                }
            }
            ["health_check", name, to] => {
                state.check(name, status(to)?).map_err(|error| error.to_string())?;
            }
            [kind, name, to] => state.observe(target(&model, kind, name)?, health(to)?),
            _ => return Err("unknown step".to_owned()),
        }
        Ok(String::new())
    }

    fn ask(&self, state: &State, name: &str, rtype: RecordType) -> Result<String, String> {
        let mut name = Name::from_ascii(name).map_err(|error| error.to_string())?;
        name.set_fqdn(true);
        let question = Question { name, rtype };
        let seen = if let Some(wire) = &self.wire {
            let before = state.counters().counts();
            let seen = wire.ask(self.from.as_deref(), &question);
            let after = state.counters().counts();
            let forwarded = after.forwarded > before.forwarded;
            self.check_path(state, &seen, after.fast - before.fast, forwarded)?;
            seen
        } else {
            let snapshot = state.snapshot();
            let vantage = match &self.from {
                Some(from) => vantage(&snapshot.model, from)?,
                None => Vantage::vpc(plustwo::model::VpcIx(0)),
            };
            if !state.admits(&snapshot, vantage, self.address_of_asker()) {
                return Ok(Seen::nothing().to_string());
            }
            let mut answer = state.answer(&snapshot, vantage, &question);
            if let Outcome::Ask(via, _) = &answer.outcome {
                let upstreams = &snapshot.model.public_dns.upstream;
                if *via == Via::PublicDns && !upstreams.iter().all(|of| of.ip().is_loopback()) {
                    return Err("a page asks no upstream but a server of its own".to_owned());
                }
                answer = wire::resolve(state, &snapshot, vantage, &question);
            }
            self.tell(state, &snapshot, vantage, &question, &answer);
            let mut rules: Vec<_> =
                answer.reasons.iter().flat_map(plustwo::answer::Reason::rules).copied().collect();
            let mut seen_before = std::collections::BTreeSet::new();
            rules.retain(|rule| seen_before.insert(*rule));
            Seen {
                rcode: answer.rcode(),
                answers: answer.records,
                authority: answer.soa.into_iter().collect(),
                rules,
            }
        };
        Ok(seen.to_string())
    }
}

impl Player {
    /// Tells the query log of an answer of the core, as the server does of its own.
    fn tell(
        &self,
        state: &State,
        snapshot: &Snapshot,
        vantage: Vantage,
        question: &Question,
        answer: &Answer,
    ) {
        let Some(rcode) = answer.rcode() else { return };
        let mut reply = Message::response(0, OpCode::Query);
        reply.metadata.response_code = rcode;
        reply.add_query(Query::query(question.name.clone(), question.rtype));
        reply.answers.clone_from(&answer.records);
        let event = QueryEvent {
            at: state.clock().now(),
            asker: (self.address_of_asker(), SOURCE_PORT).into(),
            model: Arc::clone(&snapshot.model),
            vantage,
            interface: None,
            firewall: answer.firewall,
            cached: answer.is_cached(),
            transport: Transport::Udp,
            reply: reply.to_vec().unwrap().into(),
        };
        state.tell(0, event);
    }

    /// The lines since the last time, each with the same source port.
    fn query_log(&mut self) -> Result<String, String> {
        let (log, lines) = self.query_log.as_mut().ok_or("no topology before this block")?;
        log.drain();
        let mut out = String::new();
        while let Ok(line) = lines.try_recv() {
            let (before, rest) = line.text.split_once("\"srcport\":\"").unwrap();
            let (_, after) = rest.split_once('"').unwrap();
            writeln!(out, "    {before}\"srcport\":\"{SOURCE_PORT}\"{after}").unwrap();
        }
        if out.is_empty() {
            out.push_str("    no line\n");
        }
        Ok(out)
    }
}

impl Player {
    /// Sends a message, which the core cannot be given: it has a server of the same topology for that.
    fn send(&self, state: &State, message: &[&str]) -> Result<String, String> {
        let sent = Sent::read(message)?;
        if let Some(wire) = &self.wire {
            return wire.send(self.from.as_deref(), &sent);
        }
        let mut model = (*state.snapshot().model).clone();
        let addresses = self.add_askers(&mut model)?;
        let state = Arc::new(State::new(model, Clock::stopped()));
        Wire::start(state, addresses, UdpPath::Full).send(self.from.as_deref(), &sent)
    }

    /// Whether the question took the path of this door: the fast one takes all that a page asks but what only the
    /// codec, the cache or somebody else can answer.
    fn check_path(
        &self,
        state: &State,
        seen: &Seen,
        fast: u64,
        forwarded: bool,
    ) -> Result<(), String> {
        let cached = state.snapshot().model.cache == CacheMode::Aws;
        let codec = seen.answers.iter().any(|record| CODEC_ALONE.contains(&record.record_type()));
        let takes_it = matches!(self.door, Door::FastPath | Door::Portable);
        let dropped = seen.rcode.is_none() && state.counters().counts().limited > 0;
        let expected = takes_it && !dropped && !cached && !codec && !forwarded;
        if fast == u64::from(expected) {
            return Ok(());
        }
        let which = if fast == 0 { "full" } else { "fast" };
        Err(format!("took the {which} path"))
    }
}

impl Player {
    /// An address for each asker of the page, as it has on the wire.
    fn address_of_asker(&self) -> IpAddr {
        let at = self.askers.iter().rposition(|asker| Some(asker) == self.from.as_ref());
        IpAddr::from([127, 1, 0, at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)])
    }
}

impl Seen {
    /// No reply at all.
    pub(crate) fn nothing() -> Self {
        Self { rcode: None, answers: Vec::new(), authority: Vec::new(), rules: Vec::new() }
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rcode = match self.rcode {
            None => "no reply",
            Some(ResponseCode::NoError) => "NOERROR",
            Some(ResponseCode::NXDomain) => "NXDOMAIN",
            Some(ResponseCode::ServFail) => "SERVFAIL",
            Some(ResponseCode::Refused) => "REFUSED",
            Some(_) => "another RCODE",
        };
        if self.rules.is_empty() {
            writeln!(f, "    {rcode}")?;
        } else {
            writeln!(f, "    {rcode} ; {}", self.rules.join(" "))?;
        }
        for record in &self.answers {
            writeln!(f, "    {}", plustwo::render::record_text(record))?;
        }
        for record in &self.authority {
            writeln!(f, "    authority {}", plustwo::render::record_text(record))?;
        }
        Ok(())
    }
}
