//! What is told of each query to those who listen, and costs nothing while nobody does.
//!
//! ```text
//!  thread ─► its ring ─┐
//!  thread ─► its ring ─┼─► Subscription        one set of rings a subscription; a full ring loses what comes
//!  thread ─► its ring ─┘                       next, and counts it: who answers never waits for who listens
//! ```

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    thread,
};

use arc_swap::ArcSwap;
use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

use crate::{
    answer::FirewallMatch,
    health::Moment,
    model::{Model, Vantage},
};

/// Events that one thread's ring holds.
const RING: usize = 1024;

/// Events that one thread's ring holds for the query log, which must not miss what comes at once.
const LOG_RING: usize = 4096;

/// Most rings of a subscription; threads beyond share them.
const MAX_RINGS: usize = 64;

/// A question that was looked at and replied to; what is refused by its form is none.
#[derive(Clone, Debug)]
pub struct QueryEvent {
    /// When, by the emulator's clock.
    pub at: Moment,
    /// Who asked.
    pub asker: SocketAddr,
    /// What existed: `vantage` and `firewall` point into it.
    pub model: Arc<Model>,
    /// From where, for the emulation.
    pub vantage: Vantage,
    /// Which address of an inbound endpoint it came to, by its place there. R91
    pub interface: Option<usize>,
    /// The rule of DNS Firewall that it matched, if any. R110
    pub firewall: Option<FirewallMatch>,
    /// Whether the answer came from the cache. R87
    pub cached: bool,
    /// How it came.
    pub transport: Transport,
    /// The reply as it was sent, a DNS message.
    pub reply: Box<[u8]>,
}

/// What a query came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A datagram.
    Udp,
    /// A TCP connection.
    Tcp,
}

/// What a subscription wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// What query logs have: uncached queries from VPCs with a query logging configuration. R110
    Logged,
    /// Everything.
    All,
}

impl Interest {
    /// Whether it is in the answer to somebody at a vantage, which came from the cache or not.
    #[must_use]
    pub fn wants(self, model: &Model, vantage: Vantage, cached: bool) -> bool {
        match (self, vantage) {
            (Self::All, _) => true,
            (Self::Logged, Vantage::Internet) => false,
            (Self::Logged, Vantage::Vpc(place)) => {
                !cached && !model[place.vpc].query_logs.is_empty()
            }
        }
    }
}

/// Nobody listens.
const NOBODY: u8 = 0;
/// Query logs do, and nobody else.
const LOGGED: u8 = 1;
/// Somebody listens to everything.
const ALL: u8 = 2;

/// Where events go.
#[derive(Debug, Default)]
pub struct Events {
    /// [`NOBODY`], [`LOGGED`] or [`ALL`].
    listening: AtomicU8,
    subscribers: ArcSwap<Vec<Arc<Subscriber>>>,
    /// Held while a subscription begins or ends.
    changing: Mutex<()>,
}

#[derive(Debug)]
struct Subscriber {
    rings: Box<[ArrayQueue<Arc<QueryEvent>>]>,
    interest: Interest,
    ready: Notify,
    lost: AtomicU64,
}

impl Events {
    /// The most that anybody wants of what is asked with this model. Only then need an event be made.
    #[must_use]
    #[inline(always)]
    pub fn listened_to(&self, model: &Model) -> Option<Interest> {
        match self.listening.load(Ordering::Relaxed) {
            NOBODY => None,
            LOGGED if model.resolver_query_log_configs.is_empty() => None,
            LOGGED => Some(Interest::Logged),
            _ => Some(Interest::All),
        }
    }

    /// Tells of a query; returns how often a query log lost it.
    pub(super) fn publish(&self, thread: usize, event: QueryEvent) -> u64 {
        let event = Arc::new(event);
        let mut lost = 0;
        for subscriber in self.subscribers.load().iter() {
            if !subscriber.interest.wants(&event.model, event.vantage, event.cached) {
                continue;
            }
            let ring = thread.checked_rem(subscriber.rings.len());
            let ring = ring.and_then(|ring| subscriber.rings.get(ring));
            if ring.is_none_or(|ring| ring.push(Arc::clone(&event)).is_err()) {
                subscriber.lost.fetch_add(1, Ordering::Relaxed);
                lost += u64::from(subscriber.interest == Interest::Logged);
            }
        }
        lost
    }

    /// Lets those who listen look; called once for all that was published since.
    pub fn wake(&self) {
        for subscriber in self.subscribers.load().iter() {
            subscriber.ready.notify_one();
        }
    }

    /// Listens from now on, until the subscription is dropped.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, interest: Interest) -> Subscription {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_RINGS);
        let ring = match interest {
            Interest::Logged => LOG_RING,
            Interest::All => RING,
        };
        let subscriber = Arc::new(Subscriber {
            rings: (0..threads).map(|_| ArrayQueue::new(ring)).collect(),
            interest,
            ready: Notify::new(),
            lost: AtomicU64::new(0),
        });
        self.change(|subscribers| subscribers.push(Arc::clone(&subscriber)));
        Subscription { events: Arc::clone(self), subscriber, first: 0 }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Subscriber>>)) {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut subscribers = Vec::clone(&self.subscribers.load());
        change(&mut subscribers);
        let wanted = subscribers.iter().map(|subscriber| match subscriber.interest {
            Interest::Logged => LOGGED,
            Interest::All => ALL,
        });
        self.listening.store(wanted.max().unwrap_or(NOBODY), Ordering::Relaxed);
        self.subscribers.store(Arc::new(subscribers));
    }
}

/// Somebody who listens. It holds a bounded number of events a thread; what comes beyond is lost and counted.
#[derive(Debug)]
pub struct Subscription {
    events: Arc<Events>,
    subscriber: Arc<Subscriber>,
    /// The ring to look at first, so that each has its turn.
    first: usize,
}

impl Subscription {
    /// The next event; those of one thread come in their order.
    pub async fn next(&mut self) -> Arc<QueryEvent> {
        loop {
            if let Some(event) = self.try_next() {
                return event;
            }
            self.ready().await;
        }
    }

    /// Waits until there may be events.
    pub async fn ready(&self) {
        self.subscriber.ready.notified().await;
    }

    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<Arc<QueryEvent>> {
        let rings = &self.subscriber.rings;
        for _ in 0..rings.len() {
            let ring = self.first.checked_rem(rings.len()).and_then(|first| rings.get(first));
            self.first = self.first.wrapping_add(1);
            if let Some(event) = ring.and_then(ArrayQueue::pop) {
                return Some(event);
            }
        }
        None
    }

    /// How many events were lost because nobody took those before them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.subscriber.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let own = &self.subscriber;
        self.events.change(|subscribers| subscribers.retain(|other| !Arc::ptr_eq(other, own)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, model::VpcIx};

    /// Two VPCs, of which the first logs.
    fn model() -> Arc<Model> {
        let text = "{ region: us-east-1,
            vpcs: { v: { cidr_block: 10.0.0.0/16 }, w: { cidr_block: 10.1.0.0/16 } },
            resolver_query_log_configs: { q: { destination: { events: {} }, vpcs: [v] } } }";
        Arc::new(config::parse("test", text).map_err(|problems| problems.render()).unwrap().model)
    }

    fn event(model: &Arc<Model>, number: u8) -> QueryEvent {
        QueryEvent {
            at: Moment::ZERO,
            asker: SocketAddr::from(([127, 0, 0, number], 53)),
            model: Arc::clone(model),
            vantage: Vantage::vpc(VpcIx(0)),
            interface: None,
            firewall: None,
            cached: false,
            transport: Transport::Udp,
            reply: Box::new([number]),
        }
    }

    fn number(event: Option<&Arc<QueryEvent>>) -> Option<u8> {
        event.and_then(|event| event.reply.first()).copied()
    }

    #[test]
    fn who_does_not_read_loses_events_and_holds_nobody_up() {
        let model = model();
        let events = Arc::new(Events::default());
        assert_eq!(events.listened_to(&model), None);
        let (mut reads, mut sleeps) =
            (events.subscribe(Interest::All), events.subscribe(Interest::All));
        assert_eq!(events.listened_to(&model), Some(Interest::All));
        for round in 0..3 {
            for _ in 0..RING {
                assert_eq!(events.publish(0, event(&model, round)), 0, "no query log lost it");
            }
            let read: Vec<_> = std::iter::from_fn(|| reads.try_next()).collect();
            assert_eq!(read.len(), RING);
            assert!(read.iter().all(|read| number(Some(read)) == Some(round)));
        }
        assert_eq!((reads.lost(), sleeps.lost()), (0, 2 * RING as u64));
        let first = sleeps.try_next();
        assert_eq!(number(first.as_ref()), Some(0), "what came first is kept");
        drop(reads);
        assert!(events.listened_to(&model).is_some());
        drop(sleeps);
        assert_eq!(events.listened_to(&model), None);
    }

    #[test]
    fn a_query_log_is_told_of_what_it_logs_alone() {
        let model = model();
        let events = Arc::new(Events::default());
        let mut log = events.subscribe(Interest::Logged);
        assert_eq!(events.listened_to(&model), Some(Interest::Logged));
        let mut silent = Model::clone(&model);
        silent.resolver_query_log_configs.clear();
        assert_eq!(events.listened_to(&silent), None, "there is no query log");
        for (name, vantage, cached, logged) in [
            ("a VPC that logs", Vantage::vpc(VpcIx(0)), false, true),
            ("from the cache", Vantage::vpc(VpcIx(0)), true, false),
            ("a VPC that does not", Vantage::vpc(VpcIx(1)), false, false),
            ("the internet", Vantage::Internet, false, false),
        ] {
            events.publish(0, QueryEvent { vantage, cached, ..event(&model, 1) });
            assert_eq!(log.try_next().is_some(), logged, "{name}");
        }
        let lost: u64 = (0..=LOG_RING).map(|_| events.publish(0, event(&model, 2))).sum();
        assert_eq!((lost, log.lost()), (1, 1));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let model = model();
        let events = Arc::new(Events::default());
        let mut listener = events.subscribe(Interest::All);
        let teller = Arc::clone(&events);
        let thread = thread::spawn(move || {
            teller.publish(7, event(&model, 7));
            teller.wake();
        });
        assert_eq!(number(Some(&listener.next().await)), Some(7));
        thread.join().unwrap();
    }
}
