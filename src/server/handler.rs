//! From a parsed request to a reply: refusals, who asks, the answer.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use hickory_proto::{
    op::{OpCode, ResponseCode},
    rr::{DNSClass, RecordType},
};
use hickory_server::{
    net::{runtime::Time, xfer::Protocol},
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};
use tracing::trace;

use super::{
    door::{Says, SharedDoor},
    forward::Chain,
    reply::{Asked, Reply},
    upstream::{Asking, Upstream},
};
use crate::{
    answer::{self, Answer, Outcome, Question},
    health::Moment,
    model::{Model, Vantage},
    state::{Counters, QueryEvent, Snapshot, State, Transport, Way},
};

/// The ring of the events of the full path: that of the first thread, which is as good as any.
const FULL_PATH_RING: usize = 0;

/// Answers requests that arrive at one address.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    state: Arc<State>,
    upstream: Arc<Upstream>,
    /// Where they arrive: it may fix the vantage. A reload can make it another endpoint's.
    door: Arc<SharedDoor>,
}

/// What a request deserves.
pub(super) enum Verdict {
    /// No reply. R125
    Silence,
    /// This reply.
    Reply(Box<Reply>),
    /// A reply that takes until somebody else has answered.
    Ask(Box<Pending>),
}

/// A question that somebody else must be asked.
pub(super) struct Pending {
    snapshot: Arc<Snapshot>,
    vantage: Vantage,
    question: Question,
    answer: Answer,
    /// The resolver rules that led here, if the question comes from ourselves. R93
    chain: Option<Chain>,
}

impl Handler {
    pub(super) fn new(state: Arc<State>, upstream: Arc<Upstream>, door: Arc<SharedDoor>) -> Self {
        Self { state, upstream, door }
    }

    pub(super) fn counters(&self) -> &Counters {
        self.state.counters()
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// How often this door was made another one.
    #[inline(always)]
    pub(super) fn door_changes(&self) -> u64 {
        self.door.changes()
    }

    /// Whether a reload takes this door away. To be asked once a snapshot was looked at: one without the door's address is
    /// never seen before that.
    #[inline(always)]
    pub(super) fn is_closed(&self) -> bool {
        self.door.is_closed()
    }

    /// What this door says of its askers.
    pub(super) fn says(&self, snapshot: &Snapshot) -> Says {
        self.door.get().says(snapshot)
    }

    /// Who asks here from an address.
    fn vantage_of(&self, snapshot: &Snapshot, asker: IpAddr) -> Vantage {
        self.says(snapshot).vantage_of(snapshot, asker)
    }

    /// Which address of its inbound endpoint this door is, by its place there. R91
    pub(super) fn interface(&self, model: &Model) -> Option<usize> {
        self.door.get().interface(model)
    }

    /// Whether a message of this asker is looked at, or is one too many. R101
    #[inline(always)]
    pub(super) fn admits(&self, snapshot: &Snapshot, from: SocketAddr) -> bool {
        if snapshot.model.packets_per_second_limit.is_none() {
            return true;
        }
        let vantage = self.vantage_of(snapshot, from.ip());
        self.state.admits(snapshot, vantage, from.ip())
    }

    /// Tells those who listen of a reply to a question. Its `octets` are made only if there are any such.
    pub(super) fn tell(
        &self,
        request: &Request,
        reply: &Reply,
        octets: impl FnOnce() -> Option<Vec<u8>>,
    ) {
        let Some(Asked { model, vantage, firewall, cached }) = &reply.asked else { return };
        let interest = self.state.events().listened_to(model);
        if interest.is_none_or(|interest| !interest.wants(model, *vantage, *cached)) {
            return;
        }
        let transport = match request.protocol() {
            Protocol::Udp => Transport::Udp,
            _ => Transport::Tcp,
        };
        if let Some(octets) = octets() {
            let event = QueryEvent {
                at: self.state.clock().now(),
                asker: request.src(),
                model: Arc::clone(model),
                vantage: *vantage,
                interface: self.interface(model),
                firewall: *firewall,
                cached: *cached,
                transport,
                reply: octets.into(),
            };
            self.state.tell(FULL_PATH_RING, event);
            self.state.events().wake();
        }
    }

    /// This moment.
    pub(super) fn now(&self) -> Moment {
        self.state.clock().now()
    }

    /// Counts a reply that took a `way` `since` its question came.
    pub(super) fn replied(&self, request: &Request, reply: &Reply, way: Way, since: Moment) {
        let query = request.queries.queries().first();
        // 0 is no type: there was no question
        let qtype = query.map_or(0, |query| query.query_type().into());
        let rcode = reply.metadata.response_code.into();
        let took = self.now().saturating_sub(since);
        self.counters().replies.count(way, qtype, rcode, !reply.answers.is_empty(), took);
    }

    /// Decides about a request without waiting for anything.
    pub(super) fn verdict(&self, request: &Request) -> Verdict {
        match refusal(request) {
            Some(rcode) => {
                Counters::add(match rcode {
                    ResponseCode::Refused => &self.counters().refused,
                    _ => &self.counters().malformed,
                });
                let mut reply = Reply::new(request, rcode);
                if request.metadata.op_code != OpCode::Query {
                    // RD, RA and CD mean nothing with another opcode. RFC 6895 §2
                    reply.metadata.recursion_desired = false;
                    reply.metadata.recursion_available = false;
                    reply.metadata.checking_disabled = false;
                }
                Verdict::Reply(Box::new(reply))
            }
            None => self.answer(request),
        }
    }

    fn answer(&self, request: &Request) -> Verdict {
        let Some(query) = request.queries.queries().first() else { return Verdict::Silence };
        let question =
            Question { name: query.original().name().clone(), rtype: query.query_type() };
        let snapshot = self.state.snapshot();
        if self.is_closed() {
            Counters::add(&self.counters().dropped);
            return Verdict::Silence;
        }
        let vantage = self.vantage_of(&snapshot, request.src().ip());
        let answer = self.state.answer(&snapshot, vantage, &question);
        self.counters().count(&answer);
        match answer.outcome {
            Outcome::Silent => Verdict::Silence,
            Outcome::Ask(..) if !self.may_recurse(&snapshot, vantage, request.src()) => {
                let refused = Reply::new(request, ResponseCode::Refused);
                let asked = Some(asked(&snapshot, vantage, &answer));
                Verdict::Reply(Box::new(Reply { asked, ..refused }))
            }
            Outcome::Ask(..) => {
                let chain = self.upstream.chain_of(request.src());
                Verdict::Ask(Box::new(Pending { snapshot, vantage, question, answer, chain }))
            }
            Outcome::Records | Outcome::NoData | Outcome::NameError | Outcome::ServFail => {
                Verdict::Reply(Box::new(filled(request, &snapshot, vantage, answer)))
            }
        }
    }

    /// Whether others are asked for this asker: never for strangers. Loopback, the topology's `clients`, addresses inside
    /// its subnets, whoever reaches an inbound endpoint, and who asks the resolver of a VPC from inside its blocks are
    /// not strangers.
    fn may_recurse(&self, snapshot: &Snapshot, vantage: Vantage, asker: SocketAddr) -> bool {
        let ip = asker.ip().to_canonical();
        let inbound = matches!(vantage, Vantage::Vpc(place) if place.inbound.is_some());
        let inside = || match self.says(snapshot) {
            Says::Resolver(vpc) => snapshot.model[vpc].blocks().any(|block| block.contains(&ip)),
            Says::Vantage(_) | Says::Nothing => false,
        };
        inbound || ip.is_loopback() || snapshot.views.askers.knows(ip) || inside()
    }

    /// Asks whoever must be asked and makes the reply.
    pub(super) async fn finish(&self, request: &Request, pending: Pending) -> Reply {
        let Pending { snapshot, vantage, question, answer, chain } = pending;
        let asking = Asking { counters: self.counters(), snapshot: &snapshot, vantage, chain };
        let answer = self.upstream.complete(&asking, &question, answer).await;
        self.state.keep(&snapshot, vantage, &question, &answer);
        filled(request, &snapshot, vantage, answer)
    }
}

impl Pending {
    /// The reply when nobody can be asked for it.
    pub(super) fn servfail(&self, request: &Request) -> Reply {
        let asked = Some(asked(&self.snapshot, self.vantage, &self.answer));
        Reply { asked, ..Reply::new(request, ResponseCode::ServFail) }
    }
}

/// Answers a question in full for a snapshot, asking others where the topology says so. It takes no turn,
/// and neither uses nor fills the cache: it is for showing what would be answered.
pub async fn resolve(
    state: &State,
    upstream: &Upstream,
    snapshot: &Snapshot,
    vantage: Vantage,
    question: &Question,
) -> Answer {
    let answer = answer::answer(&snapshot.situation(vantage, 0), question);
    let asking = Asking { counters: state.counters(), snapshot, vantage, chain: None };
    upstream.complete(&asking, question, answer).await
}

fn filled(request: &Request, snapshot: &Snapshot, vantage: Vantage, answer: Answer) -> Reply {
    let asked = Some(asked(snapshot, vantage, &answer));
    let rcode = answer.rcode().unwrap_or(ResponseCode::ServFail);
    let Answer { records, soa, .. } = answer;
    Reply { answers: records, soa, asked, ..Reply::new(request, rcode) }
}

/// What is told of an answer.
fn asked(snapshot: &Snapshot, vantage: Vantage, answer: &Answer) -> Asked {
    Asked {
        model: Arc::clone(&snapshot.model),
        vantage,
        firewall: answer.firewall,
        cached: answer.is_cached(),
    }
}

/// Why a well-formed message gets no answer; none if it is a question. R2, R138
fn refusal(request: &Request) -> Option<ResponseCode> {
    match request.metadata.op_code {
        OpCode::Query => {}
        OpCode::Notify | OpCode::Update => return Some(ResponseCode::Refused),
        _ => return Some(ResponseCode::NotImp),
    }
    if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        return Some(ResponseCode::BADVERS);
    }
    let [query] = request.queries.queries() else { return Some(ResponseCode::FormErr) };
    let refused = !request.metadata.recursion_desired
        || query.query_class() != DNSClass::IN
        || matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR);
    refused.then_some(ResponseCode::Refused)
}

#[async_trait]
impl RequestHandler for Handler {
    /// The way of TCP requests; UDP has its own, which ends in the same verdict.
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut out: R,
    ) -> ResponseInfo {
        Counters::add(&self.counters().tcp);
        if !self.admits(&self.state.current(), request.src()) {
            return Reply::new(request, ResponseCode::NoError).info();
        }
        Counters::add(&self.counters().full);
        let since = self.now();
        let (way, reply) = match self.verdict(request) {
            Verdict::Silence => return Reply::new(request, ResponseCode::NoError).info(),
            Verdict::Reply(reply) => (Way::Full, *reply),
            Verdict::Ask(pending) => (Way::Forwarded, self.finish(request, *pending).await),
        };
        self.replied(request, &reply, way, since);
        self.tell(request, &reply, || reply.message(request).to_vec().ok());
        let builder = MessageResponseBuilder::new(&request.queries, reply.edns.as_ref());
        let response = builder.build(reply.metadata, &reply.answers, [], &reply.soa, []);
        match out.send_response(response).await {
            Ok(info) => info,
            Err(error) => {
                trace!(%error, "the asker has gone");
                reply.info()
            }
        }
    }
}
