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
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use arc_swap::ArcSwap;
use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

use crate::{health::Moment, model::Vantage};

/// Events that one thread's ring holds.
const RING: usize = 1024;

/// Most rings of a subscription; threads beyond share them.
const MAX_RINGS: usize = 64;

/// A question that was looked at and replied to; what is refused by its form is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryEvent {
    /// When, by the emulator's clock.
    pub at: Moment,
    /// Who asked.
    pub asker: SocketAddr,
    /// From where, for the emulation.
    pub vantage: Vantage,
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

/// Where events go.
#[derive(Debug, Default)]
pub struct Events {
    listening: AtomicBool,
    subscribers: ArcSwap<Vec<Arc<Subscriber>>>,
    /// Held while a subscription begins or ends.
    changing: Mutex<()>,
}

#[derive(Debug)]
struct Subscriber {
    rings: Box<[ArrayQueue<Arc<QueryEvent>>]>,
    ready: Notify,
    lost: AtomicU64,
}

impl Events {
    /// Whether anybody listens. Only then need an event be made.
    #[must_use]
    pub fn is_listened_to(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    /// Tells of a query. `thread` is a number of the calling thread's own; which one does not matter.
    pub fn publish(&self, thread: usize, event: QueryEvent) {
        let event = Arc::new(event);
        for subscriber in self.subscribers.load().iter() {
            let ring = thread.checked_rem(subscriber.rings.len());
            let ring = ring.and_then(|ring| subscriber.rings.get(ring));
            if ring.is_none_or(|ring| ring.push(Arc::clone(&event)).is_err()) {
                subscriber.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Lets those who listen look; called once for all that was published since.
    pub fn wake(&self) {
        for subscriber in self.subscribers.load().iter() {
            subscriber.ready.notify_one();
        }
    }

    /// Listens from now on, until the subscription is dropped.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>) -> Subscription {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_RINGS);
        let subscriber = Arc::new(Subscriber {
            rings: (0..threads).map(|_| ArrayQueue::new(RING)).collect(),
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
        self.listening.store(!subscribers.is_empty(), Ordering::Relaxed);
        self.subscribers.store(Arc::new(subscribers));
    }
}

/// Somebody who listens. It holds at most `RING` events a thread; what comes beyond is lost and counted.
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
            self.subscriber.ready.notified().await;
        }
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

    fn event(number: u8) -> QueryEvent {
        QueryEvent {
            at: Moment::ZERO,
            asker: SocketAddr::from(([127, 0, 0, number], 53)),
            vantage: Vantage::Internet,
            transport: Transport::Udp,
            reply: Box::new([number]),
        }
    }

    #[test]
    fn who_does_not_read_loses_events_and_holds_nobody_up() {
        let events = Arc::new(Events::default());
        assert!(!events.is_listened_to());
        let (mut reads, mut sleeps) = (events.subscribe(), events.subscribe());
        assert!(events.is_listened_to());
        for round in 0..3 {
            for _ in 0..RING {
                events.publish(0, event(round));
            }
            let read: Vec<_> = std::iter::from_fn(|| reads.try_next()).collect();
            assert_eq!(read, vec![Arc::new(event(round)); RING]);
        }
        assert_eq!((reads.lost(), sleeps.lost()), (0, 2 * RING as u64));
        assert_eq!(sleeps.try_next(), Some(Arc::new(event(0))), "what came first is kept");
        drop(reads);
        assert!(events.is_listened_to());
        drop(sleeps);
        assert!(!events.is_listened_to());
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let events = Arc::new(Events::default());
        let mut listener = events.subscribe();
        let teller = Arc::clone(&events);
        let thread = thread::spawn(move || {
            teller.publish(7, event(7));
            teller.wake();
        });
        assert_eq!(*listener.next().await, event(7));
        thread.join().unwrap();
    }
}
