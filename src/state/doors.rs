//! What must be done outside before a topology can take the place of another: addresses are bound.

use std::{fmt, io, net::SocketAddr, sync::OnceLock};

use thiserror::Error;

use super::State;
use crate::model::Model;

/// An address that cannot be bound; the message names it.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct Unbound {
    /// As the topology has it.
    pub address: SocketAddr,
    /// Why.
    error: io::Error,
}

impl Unbound {
    /// Of an error whose message names the address.
    #[must_use]
    pub const fn new(address: SocketAddr, error: io::Error) -> Self {
        Self { address, error }
    }
}

/// What is done once the topology is in place; dropped, it undoes what was prepared.
pub type Commit = Box<dyn FnOnce() + Send>;

type Prepare = Box<dyn Fn(&Model) -> Result<Commit, Unbound> + Send + Sync>;

/// Whoever serves at addresses that the topology names.
#[derive(Default)]
pub(super) struct Doors(OnceLock<Prepare>);

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Doors").field(&self.0.get().is_some()).finish()
    }
}

impl Doors {
    /// Prepares for a model.
    pub(super) fn prepare(&self, model: &Model) -> Result<Commit, Unbound> {
        self.0.get().map_or_else(|| Ok(Box::new(|| {}) as Commit), |prepare| prepare(model))
    }
}

impl State {
    /// From here on, `prepare` is asked before each topology that takes the place of another, as the last thing that can
    /// refuse it. Who comes first is asked, nobody else.
    pub fn before_topologies(
        &self,
        prepare: impl Fn(&Model) -> Result<Commit, Unbound> + Send + Sync + 'static,
    ) {
        _ = self.doors.0.set(Box::new(prepare));
    }
}
