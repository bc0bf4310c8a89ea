//! The only mutable place: model and health, as one snapshot that is swapped whole.
//!
//! ```text
//!   queries ──read──► Snapshot ◄──swap── change: reload · endpoint · fault · time passing
//!             (no lock)                   (one at a time, behind a lock that queries never take)
//! ```
//! **Invariants:** a change that fails leaves the snapshot as it was; a reader sees one snapshot for the whole of
//! a question; nothing else in the crate reads the clock for emulated time.

mod changing;
mod clock;
mod counters;
mod doors;
mod events;
mod feed;
mod flows_request;
mod limiter;
mod live;
mod query_log;
mod replies;
mod report;
mod snapshot;
mod trace_request;
mod turns;
mod watch;
mod written;

use std::{
    net::IpAddr,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

pub use changing::{ChangeError, Changing, Expected, TargetChange};
pub use clock::Clock;
pub use counters::{Counters, Counts};
pub use doors::{Commit, Unbound};
pub use events::{Events, Interest, QueryEvent, Subscription, Transport};
pub use feed::{Entry, Feed, Next};
pub use flows_request::{BadFlowsRequest, FlowsLimits, FlowsPlan, FlowsRequest};
pub use live::LiveQueries;
pub use query_log::{QueryLogLine, QueryLogStream};
pub use replies::{Histogram, Replies, ReplyCount, SAMPLE, Tally, Way};
pub use report::{
    AvailabilityState, Change, ChangeReport, EndpointReport, FirewallReport, HealthCheckReport,
    HealthCheckStatus, TargetKind, TargetReport, TopologyCause,
};
pub use snapshot::Snapshot;
pub use trace_request::{BadTraceRequest, Destination, HTTPS, TracePlan, TraceRequest};
pub use turns::Turn;
pub use watch::TopologyFile;
pub use written::{NoText, Written};

use crate::{
    answer::{self, Answer, Outcome, Question, Reason, cache::Cache},
    health::{Moment, State as HealthState, Target},
    model::{CacheMode, CachedNegativeSoa, DnsName, Model, Vantage},
    sys,
};
use doors::Doors;
use limiter::Limiter;
use turns::Turns;

/// By how much the runtime's timers may be late.
const TIMER_STEP: Duration = Duration::from_millis(2);

/// How long a snapshot that was replaced is kept for those who still look at it, and how often that is checked.
const RETIRE: Duration = Duration::from_millis(20);
const RETIRE_STEP: Duration = Duration::from_millis(1);

/// Most changes that are held for those who follow them.
const MAX_CHANGES: usize = 1024;

/// Most octets of their texts.
const MAX_CHANGE_BYTES: usize = 1 << 20;

/// Everything that changes while the emulator runs.
#[derive(Debug)]
pub struct State {
    current: ArcSwap<Snapshot>,
    /// Held while a new snapshot is made, so that changes happen one after the other.
    changing: Mutex<()>,
    changed: Notify,
    doors: Doors,
    clock: Clock,
    turns: Turns,
    cache: Mutex<Cache>,
    limiter: Limiter,
    counters: Counters,
    events: Arc<Events>,
    query_log: QueryLogStream,
    changes: Feed,
    live_queries: LiveQueries,
    run: u64,
}

/// What is known of a target, for showing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetState {
    /// As the data plane sees it.
    pub observed: HealthState,
    /// As DNS has noticed it.
    pub noticed: HealthState,
    /// As a person forced it.
    pub forced: Option<HealthState>,
    /// What DNS acts upon.
    pub effective: HealthState,
    /// How long until DNS notices what is observed; none when it has.
    pub notices_in: Option<Moment>,
}

impl State {
    /// Starts with a model, everything healthy.
    #[must_use]
    pub fn new(model: Model, clock: Clock) -> Self {
        Self::with_text(model, Written::none(), clock)
    }

    /// The same with the text that the model was read from.
    #[must_use]
    pub fn with_text(model: Model, written: Written, clock: Clock) -> Self {
        let first = Snapshot::new(model, written);
        Self {
            changes: Feed::new(MAX_CHANGES, MAX_CHANGE_BYTES, first.generation),
            live_queries: LiveQueries::default(),
            run: clock.unix_millis(clock.now()),
            current: ArcSwap::from_pointee(first),
            changing: Mutex::new(()),
            changed: Notify::new(),
            doors: Doors::default(),
            clock,
            turns: Turns::default(),
            cache: Mutex::new(Cache::default()),
            limiter: Limiter::default(),
            counters: Counters::default(),
            events: Arc::default(),
            query_log: QueryLogStream::default(),
        }
    }

    /// What holds at this moment. Cheap, and without a lock.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The snapshot that holds now, for a short look: whoever keeps it keeps all that it holds in memory.
    #[must_use]
    pub fn current(&self) -> impl Deref<Target = Arc<Snapshot>> + use<> {
        self.current.load()
    }

    /// Whether a packet of this asker is looked at: askers in a VPC have so many a second as the topology says, which its
    /// inbound endpoints and the internet do not. R101
    #[must_use]
    #[inline(always)]
    pub fn admits(&self, snapshot: &Snapshot, vantage: Vantage, asker: IpAddr) -> bool {
        let Some(per_second) = snapshot.model.packets_per_second_limit else { return true };
        self.admits_of(per_second, vantage, asker)
    }

    #[cold]
    fn admits_of(&self, per_second: u32, vantage: Vantage, asker: IpAddr) -> bool {
        let Vantage::Vpc(place) = vantage else { return true };
        let admitted = place.inbound.is_some()
            || self.limiter.admits(asker.to_canonical(), per_second, self.clock.now());
        if !admitted {
            Counters::add(&self.counters.limited);
        }
        admitted
    }

    /// The turn of a lower-case wire-format name and the number of a type. R32
    #[must_use]
    #[inline(always)]
    pub fn turn(&self, name: &[u8], rtype: u16) -> Turn<'_> {
        self.turns.of(name, rtype)
    }

    /// What is told of each query to those who listen.
    #[must_use]
    pub fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// Tells those who listen of a query. `thread` is a number of the calling thread's own; which one does not matter.
    pub fn tell(&self, thread: usize, event: QueryEvent) {
        let lost = self.events.publish(thread, event);
        if lost > 0 {
            self.counters.add_dropped(lost);
        }
    }

    /// The lines of query logs that go to whoever listens at the API. R110
    #[must_use]
    pub fn query_log(&self) -> &QueryLogStream {
        &self.query_log
    }

    /// How many questions were answered, and how.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The clock that faults and the cache go by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A number of this run of the emulator, so that generations of another one are told from its own.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The changes, each with the number of the generation that it led to.
    #[must_use]
    pub fn changes(&self) -> &Feed {
        &self.changes
    }

    /// The queries, for those who watch.
    #[must_use]
    pub fn live_queries(&self) -> &LiveQueries {
        &self.live_queries
    }

    /// Moves a virtual clock on, and lets DNS notice.
    pub fn advance(&self, by: Moment) {
        self.clock.advance(by);
        self.tick();
    }

    /// Ticks whenever it is time to, for ever.
    pub async fn keep_time(&self) {
        loop {
            let changed = self.changed.notified();
            match self.snapshot().next_change {
                None => changed.await,
                Some(at) => {
                    let wait = at.saturating_sub(self.clock.now());
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep(wait.saturating_sub(TIMER_STEP)) => {
                            // the runtime's timers are late by as much as their step, the system's are not
                            let rest = at.saturating_sub(self.clock.now()).min(TIMER_STEP);
                            _ = tokio::task::spawn_blocking(move || thread::sleep(rest)).await;
                            self.tick();
                        }
                    }
                }
            }
        }
    }

    /// What is known of a target.
    #[must_use]
    pub fn target(&self, target: Target) -> TargetState {
        self.snapshot().target(target, self.clock.now())
    }

    /// Answers a question asked from a vantage, through the cache where the topology has one.
    ///
    /// What the public DNS must be asked is left to the caller: see [`Outcome::Ask`] and [`State::keep`].
    #[must_use]
    pub fn answer(&self, snapshot: &Snapshot, vantage: Vantage, question: &Question) -> Answer {
        let key = DnsName::from(&question.name);
        let cached = snapshot.model.cache == CacheMode::Aws;
        if cached
            && let Some(mut answer) =
                lock(&self.cache).get(vantage, &key, question.rtype, self.clock.now())
        {
            for record in &mut answer.records {
                if record.name == question.name {
                    record.name = question.name.clone();
                }
            }
            answer.reasons.push(Reason::Cached);
            if snapshot.model.cached_negative_soa == CachedNegativeSoa::Omit
                && answer.soa.take().is_some()
            {
                answer.reasons.push(Reason::SoaLeftOut);
            }
            return answer;
        }
        let turn = self.turn(key.wire(), question.rtype.into());
        let answer = answer::answer(&snapshot.situation(vantage, turn.value()), question);
        turn.take();
        if !matches!(answer.outcome, Outcome::Ask(..)) {
            self.keep(snapshot, vantage, question, &answer);
        }
        answer
    }

    /// Puts an answer into the cache, where the topology has one.
    pub fn keep(
        &self,
        snapshot: &Snapshot,
        vantage: Vantage,
        question: &Question,
        answer: &Answer,
    ) {
        if snapshot.model.cache == CacheMode::Aws {
            let key = DnsName::from(&question.name);
            lock(&self.cache).put(vantage, &key, question.rtype, answer, self.clock.now());
        }
    }

    /// Makes a snapshot the current one. A change of the model empties the cache, a fault does not. R40
    fn swap(&self, next: Snapshot) -> Arc<Snapshot> {
        let same_model = Arc::ptr_eq(&next.model, &self.snapshot().model);
        let next = Arc::new(next);
        self.current.store(Arc::clone(&next));
        if !same_model {
            lock(&self.cache).clear();
        }
        self.changed.notify_waiters();
        next
    }
}

/// Lets a snapshot go whose model is no longer current, here rather than in a thread that answers queries: it may have
/// a million parts. Those threads hold it for one batch at most.
fn retire(snapshot: Arc<Snapshot>) {
    let mut patience = RETIRE;
    while Arc::strong_count(&snapshot) > 1 && !patience.is_zero() {
        thread::sleep(RETIRE_STEP);
        patience = patience.saturating_sub(RETIRE_STEP);
    }
    drop(snapshot);
    sys::release_free_memory();
}

/// A lock whose holder cannot leave the value half changed, even if it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
