//! The only mutable place: model and health, as one snapshot that is swapped whole.
//!
//! ```text
//!   queries ──read──► Snapshot ◄──swap── change: reload · endpoint · fault · time passing
//!             (no lock)                   (one at a time, behind a lock that queries never take)
//! ```
//! **Invariants:** a change that fails leaves the snapshot as it was; a reader sees one snapshot for the whole of
//! a question; nothing else in the crate reads the clock for emulated time.

mod clock;
mod counters;
mod events;
mod limiter;
mod query_log;
mod snapshot;
mod trace_request;
mod turns;
mod watch;

use std::{
    net::IpAddr,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use arc_swap::ArcSwap;
use thiserror::Error;
use tokio::sync::Notify;

pub use clock::Clock;
pub use counters::{Counters, Counts, Tally};
pub use events::{Events, Interest, QueryEvent, Subscription, Transport};
pub use query_log::{QueryLogLine, QueryLogStream};
pub use snapshot::Snapshot;
pub use trace_request::{BadTraceRequest, Destination, HTTPS, TracePlan, TraceRequest};
pub use turns::Turn;
pub use watch::TopologyFile;

use crate::{
    answer::{self, Answer, Outcome, Question, Reason, cache::Cache},
    config::{self, AwsError, EndpointChange, NotFound},
    health::{Event, Moment, State as HealthState, Target},
    model::{CacheMode, CachedNegativeSoa, DnsName, Model, Vantage, VpcEndpointId},
    sys,
};
use limiter::Limiter;
use turns::Turns;

/// By how much the runtime's timers may be late.
const TIMER_STEP: Duration = Duration::from_millis(2);

/// How long a snapshot that was replaced is kept for those who still look at it, and how often that is checked.
const RETIRE: Duration = Duration::from_millis(20);
const RETIRE_STEP: Duration = Duration::from_millis(1);

/// Everything that changes while the emulator runs.
#[derive(Debug)]
pub struct State {
    current: ArcSwap<Snapshot>,
    /// Held while a new snapshot is made, so that changes happen one after the other.
    changing: Mutex<()>,
    changed: Notify,
    clock: Clock,
    turns: Turns,
    cache: Mutex<Cache>,
    limiter: Limiter,
    counters: Counters,
    events: Arc<Events>,
    query_log: QueryLogStream,
}

/// Why a change was refused; the state is as it was.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// AWS would refuse it, in its words.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The endpoint is no longer there.
    #[error(transparent)]
    Gone(#[from] NotFound),
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
        Self {
            current: ArcSwap::from_pointee(Snapshot::new(model)),
            changing: Mutex::new(()),
            changed: Notify::new(),
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

    /// Replaces the whole model; faults stay with the AZs, subnets and interfaces that are still there.
    ///
    /// It takes as long as compiling the model, and queries are answered from the old one meanwhile.
    ///
    /// # Errors
    /// What AWS would answer where a name is still attached to what was before it; nothing has changed then. R54
    pub fn replace(&self, model: Model) -> Result<(), AwsError> {
        let one_at_a_time = lock(&self.changing);
        let now = self.clock.now();
        let snapshot = self.snapshot();
        let model = config::succeed(&snapshot.model, model, now)?;
        let next = snapshot.with_model(model, now);
        drop(snapshot);
        let old = self.swap(next);
        drop(one_at_a_time);
        retire(old);
        Ok(())
    }

    /// Changes one endpoint, found by its id: places may have moved since the caller looked.
    ///
    /// # Errors
    /// What AWS would answer; nothing has changed then.
    pub fn change_endpoint(
        &self,
        id: VpcEndpointId,
        change: &EndpointChange,
    ) -> Result<(), ChangeError> {
        let one_at_a_time = lock(&self.changing);
        let snapshot = self.snapshot();
        let ix = config::find_endpoint(&snapshot.model, &id.to_string())?;
        let now = self.clock.now();
        let model = config::change_endpoint(&snapshot.model, ix, change)?;
        let model = config::succeed(&snapshot.model, model, now)?;
        let next = snapshot.with_model(model, now);
        drop(snapshot);
        let old = self.swap(next);
        drop(one_at_a_time);
        retire(old);
        Ok(())
    }

    /// Impairs or restores a target, as of this moment.
    pub fn observe(&self, target: Target, state: HealthState) {
        self.event(Event::Observed(self.clock.now(), target, state));
    }

    /// Forces what DNS takes a target to be, or ends that.
    pub fn force(&self, target: Target, state: Option<HealthState>) {
        self.event(Event::Forced(target, state));
    }

    /// Makes a health check say that what it watches is healthy or not; returns its name. It is found by its name or id:
    /// places may have moved since the caller looked. R72
    ///
    /// # Errors
    /// There is no such health check.
    pub fn check(&self, check: &str, state: HealthState) -> Result<Box<str>, NotFound> {
        let _one_at_a_time = lock(&self.changing);
        let snapshot = self.snapshot();
        let ix = config::find_health_check(&snapshot.model, check)?;
        self.swap(snapshot.after(Event::Checked(ix, state), self.clock.now()));
        Ok(snapshot.model[ix].name.clone())
    }

    fn event(&self, event: Event) {
        let _one_at_a_time = lock(&self.changing);
        self.swap(self.snapshot().after(event, self.clock.now()));
    }

    /// Lets DNS notice what it should have noticed by this moment.
    pub fn tick(&self) {
        let now = self.clock.now();
        if self.snapshot().next_change.is_none_or(|at| now < at) {
            return;
        }
        let _one_at_a_time = lock(&self.changing);
        let next = self.snapshot().at(now);
        if config::next_detachment(&next.model).is_some_and(|at| at <= now) {
            // R54
            let model = config::without_detached(&next.model, now);
            self.swap(next.with_model(model, now));
        } else {
            self.current.store(Arc::new(next));
        }
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
    /// The old one is returned.
    fn swap(&self, next: Snapshot) -> Arc<Snapshot> {
        let same_model = Arc::ptr_eq(&next.model, &self.snapshot().model);
        let old = self.current.swap(Arc::new(next));
        if !same_model {
            lock(&self.cache).clear();
        }
        self.changed.notify_waiters();
        old
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
