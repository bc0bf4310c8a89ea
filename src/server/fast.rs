//! The fast path of UDP: what a datagram is answered with before anybody parses it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use super::{door::Says, handler::Handler, screen::can_be_answered};
use crate::{
    answer::{self, Query, Replied},
    model::{CacheMode, NameBuffer, Vantage},
    state::{Interest, QueryEvent, Snapshot, State, Tally, Transport},
};

/// What a thread has for itself while it answers.
#[derive(Debug, Default)]
pub(super) struct Workplace {
    /// A number of the thread's own, for those who listen.
    number: usize,
    /// Room for a QNAME.
    pub(super) room: NameBuffer,
    /// What it answered, to be told.
    pub(super) tally: Tally,
    /// What the rest is of: the snapshot's generation, and how often the door had changed.
    of: Option<(u64, u64)>,
    /// What the door says of its askers.
    says: Says,
    /// Who asked last, and from where for the emulation.
    last: Option<(IpAddr, Vantage)>,
}

impl Workplace {
    /// That of a thread with this number.
    pub(super) fn new(number: usize) -> Self {
        Self { number, ..Self::default() }
    }

    /// Forgets what is of another snapshot, or of what the door was before.
    #[inline(always)]
    fn enter(&mut self, handler: &Handler, snapshot: &Snapshot) {
        let of = Some((snapshot.generation, handler.door_changes()));
        if self.of != of {
            (self.of, self.says, self.last) = (of, handler.says(snapshot), None);
        }
    }

    /// From where an asker asks.
    #[inline(always)]
    fn vantage_of(&mut self, snapshot: &Snapshot, asker: IpAddr) -> Vantage {
        match &self.last {
            // as nearly always on a developer's machine: the same as before
            Some((last, vantage)) if *last == asker => *vantage,
            _ => {
                let vantage = self.says.vantage_of(snapshot, asker);
                self.last = Some((asker, vantage));
                vantage
            }
        }
    }
}

/// Everything that stays the same while the datagrams of one batch are answered.
pub(super) struct Scene<'s> {
    state: &'s State,
    snapshot: &'s Snapshot,
    /// What is told of, if anything is.
    interest: Option<Interest>,
    /// Of the handler, what is told of besides.
    handler: &'s Handler,
}

impl<'s> Scene<'s> {
    /// Looks at a snapshot for the datagrams of one address; none if the topology wants what only the full path has, a
    /// cache, or if the door has closed.
    #[inline(always)]
    pub(super) fn new(
        handler: &'s Handler,
        snapshot: &'s Snapshot,
        place: &mut Workplace,
    ) -> Option<Self> {
        if snapshot.model.cache != CacheMode::Off || handler.is_closed() {
            return None;
        }
        let state = handler.state();
        let interest = state.events().listened_to(&snapshot.model);
        place.enter(handler, snapshot);
        Some(Self { state, snapshot, interest, handler })
    }

    /// Answers a datagram into `out`, counts it, and returns the octets of the reply, 0 where there must be none; none is
    /// for the full path.
    #[inline(always)]
    pub(super) fn reply(
        &self,
        datagram: &[u8],
        from: SocketAddr,
        out: &mut [u8],
        place: &mut Workplace,
    ) -> Option<usize> {
        if !can_be_answered(from) {
            return None;
        }
        let vantage = place.vantage_of(self.snapshot, from.ip());
        let query = Query::read(datagram, &mut place.room)?;
        let turn = self.state.turn(query.name(), query.qtype());
        let situation = self.snapshot.situation(vantage, turn.value());
        let replied = answer::reply(&situation, &query, out)?;
        turn.take();
        if let Some(interest) = self.interest
            && interest.wants(&self.snapshot.model, vantage, false)
            && let Some(reply) = out.get(..replied.length).filter(|reply| !reply.is_empty())
        {
            self.tell(place.number, (from, vantage), replied, reply);
        }
        place.tally.count(query.qtype(), replied.ending);
        Some(replied.length)
    }

    /// Tells those who listen of a reply: apart, so that what most batches need stays small.
    #[inline(never)]
    fn tell(
        &self,
        thread: usize,
        (asker, vantage): (SocketAddr, Vantage),
        replied: Replied,
        reply: &[u8],
    ) {
        let event = QueryEvent {
            at: self.state.clock().now(),
            asker,
            model: Arc::clone(&self.snapshot.model),
            vantage,
            interface: self.handler.interface(&self.snapshot.model),
            firewall: replied.firewall,
            cached: false,
            transport: Transport::Udp,
            reply: reply.into(),
        };
        self.state.tell(thread, event);
    }

    /// Lets those who listen look at what was told since.
    pub(super) fn end(self) {
        if self.interest.is_some() {
            self.state.events().wake();
        }
    }
}
