//! The fast path of UDP: what a datagram is answered with before anybody parses it.

use std::{net::SocketAddr, sync::Arc};

use super::{handler::Handler, screen::can_be_answered};
use crate::{
    answer::{self, Query, Replied},
    health::Moment,
    model::{CacheMode, NameBuffer, Vantage},
    state::{Interest, QueryEvent, Snapshot, State, Transport},
};

/// Everything that stays the same while the datagrams of one batch are answered.
pub(super) struct Scene<'s> {
    state: &'s State,
    snapshot: &'s Snapshot,
    /// The vantage that the listening address gives all its askers.
    fixed: Option<Vantage>,
    /// When events are told, else nothing.
    listeners: Option<Listeners>,
}

/// What events are told of, and what all of a batch have in common.
struct Listeners {
    interest: Interest,
    at: Moment,
    interface: Option<usize>,
}

impl<'s> Scene<'s> {
    /// Looks at a snapshot for the datagrams of one address; none if the topology wants what only the full path has:
    /// a cache.
    #[inline(always)]
    pub(super) fn new(handler: &'s Handler, snapshot: &'s Snapshot) -> Option<Self> {
        if snapshot.model.cache != CacheMode::Off {
            return None;
        }
        let state = handler.state();
        let listeners = state.events().listened_to(&snapshot.model).map(|interest| Listeners {
            interest,
            at: state.clock().now(),
            interface: handler.interface(&snapshot.model),
        });
        Some(Self { state, snapshot, fixed: handler.fixed_vantage(snapshot), listeners })
    }

    /// Answers a datagram into `out`; none is for the full path. `room` is for its QNAME.
    #[inline(always)]
    pub(super) fn reply(
        &self,
        datagram: &[u8],
        from: SocketAddr,
        thread: usize,
        room: &mut NameBuffer,
        out: &mut [u8],
    ) -> Option<Replied> {
        if !can_be_answered(from) {
            return None;
        }
        let query = Query::read(datagram, room)?;
        let vantage = match self.fixed {
            Some(fixed) => fixed,
            None => self.snapshot.views.askers.vantage_of(from.ip()),
        };
        let turn = self.state.turn(query.name(), query.qtype());
        let situation = self.snapshot.situation(vantage, turn.value());
        let replied = answer::reply(&situation, &query, out)?;
        turn.take();
        if let Some(listeners) = &self.listeners
            && listeners.interest.wants(&self.snapshot.model, vantage, false)
            && let Some(reply) = out.get(..replied.length).filter(|reply| !reply.is_empty())
        {
            self.tell(listeners, thread, (from, vantage), replied, reply);
        }
        Some(replied)
    }

    /// Tells those who listen of a reply: apart, so that what most batches need stays small.
    #[inline(never)]
    fn tell(
        &self,
        listeners: &Listeners,
        thread: usize,
        (asker, vantage): (SocketAddr, Vantage),
        replied: Replied,
        reply: &[u8],
    ) {
        let event = QueryEvent {
            at: listeners.at,
            asker,
            model: Arc::clone(&self.snapshot.model),
            vantage,
            interface: listeners.interface,
            firewall: replied.firewall,
            cached: false,
            transport: Transport::Udp,
            reply: reply.into(),
        };
        self.state.tell(thread, event);
    }

    /// Lets those who listen look at what was told since.
    pub(super) fn end(self) {
        if self.listeners.is_some() {
            self.state.events().wake();
        }
    }
}
