//! The DNS server without its sockets: a datagram in, a datagram out.

use std::{net::SocketAddr, sync::Arc};

use super::{
    Upstream,
    door::SharedDoor,
    fast::{Scene, Workplace},
    handler::Handler,
    udp::{Decided, decide},
};
use crate::state::State;

/// What a server at one address makes of datagrams, for tests and measurements.
#[derive(Clone, Debug)]
pub struct InMemory(Handler);

impl InMemory {
    /// A server of a state, at the address that the topology's `listen` may give a vantage.
    #[must_use]
    pub fn new(state: Arc<State>, address: SocketAddr) -> Self {
        let door = Arc::new(SharedDoor::new(address.into()));
        Self(Handler::new(state, Arc::new(Upstream::default()), door))
    }

    /// The octets of the fast path's reply in `out`, 0 where there must be none; nothing if it is for the full path.
    #[must_use]
    pub fn fast(&self, datagram: &[u8], from: SocketAddr, out: &mut [u8]) -> Option<usize> {
        let snapshot = self.0.state().current();
        let mut place = Workplace::default();
        let scene = Scene::new(&self.0, &snapshot, &mut place)?;
        let length = scene.reply(datagram, from, out, &mut place);
        scene.end();
        length
    }

    /// The full path's reply; nothing where there must be none, or where the public DNS would be asked.
    #[must_use]
    pub fn full(&self, datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        match decide(&self.0, datagram.to_vec(), from, self.0.now()) {
            Decided::Reply(reply) => Some(reply),
            Decided::Nothing | Decided::Ask(..) => None,
        }
    }
}
