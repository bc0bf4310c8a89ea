//! The fast path against the full path: what it answers decodes to the same message, what it does not know it leaves
//! alone, and it allocates nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod datagrams;
mod equal;
mod hostile;
mod taken;
mod topologies;

use std::{net::SocketAddr, sync::Arc};

use hickory_proto::op::Message;
use plustwo::{
    config,
    server::InMemory,
    state::{Clock, State},
};

/// The longest reply that the fast path may write here, in octets.
const ROOM: usize = 1472;

/// A server of one topology.
struct Server {
    state: Arc<State>,
    memory: InMemory,
}

impl Server {
    fn new(topology: &str) -> Self {
        let model = config::parse("test.yaml", topology)
            .map_err(|problems| format!("{}\n{topology}", problems.render()))
            .unwrap()
            .model;
        let state = Arc::new(State::new(model, Clock::stopped()));
        let memory = InMemory::new(Arc::clone(&state), "127.0.0.53:53".parse().unwrap());
        Self { state, memory }
    }

    /// The fast path's reply; empty where there must be none.
    fn fast(&self, datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        let mut out = [0xa5; ROOM];
        let length = self.memory.fast(datagram, from, &mut out)?;
        Some(out[..length].to_vec())
    }

    /// The full path's reply.
    fn full(&self, datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
        self.memory.full(datagram, from)
    }
}

/// A message as text, letter for letter in question and answers. The owner of an SOA in the authority section is
/// compared without case: compressed, it is spelt as in the question.
fn text(octets: &[u8]) -> String {
    let message = Message::from_vec(octets).unwrap_or_else(|error| panic!("{error}: {octets:?}"));
    let authorities: Vec<String> =
        message.authorities.iter().map(|record| record.to_string().to_lowercase()).collect();
    format!(
        "{:?}\n{:?}\n{:?}\n{authorities:?}\n{:?}",
        message.metadata,
        message.queries.iter().map(ToString::to_string).collect::<Vec<_>>(),
        message.answers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        message.edns.as_ref().map(|edns| (
            edns.max_payload(),
            edns.version(),
            edns.flags().dnssec_ok
        )),
    )
}
