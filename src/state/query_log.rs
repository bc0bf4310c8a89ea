//! The lines of query logs on their way to those who listen at the API. R110

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::model::QueryLogConfigId;

/// Lines that a slow reader may be behind; what it is further behind it misses.
const BEHIND: usize = 1024;

/// A line of a query log.
#[derive(Clone, Debug)]
pub struct QueryLogLine {
    /// The configuration it is of.
    pub config: QueryLogConfigId,
    /// One JSON object, without a line end.
    pub text: Arc<str>,
}

/// The lines of query logs whose destination is `events`: whoever listens has each, and nobody is waited for.
#[derive(Debug)]
pub struct QueryLogStream {
    sender: broadcast::Sender<QueryLogLine>,
}

impl Default for QueryLogStream {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BEHIND) }
    }
}

impl QueryLogStream {
    /// Gives a line to those who listen.
    pub fn send(&self, line: QueryLogLine) {
        // an error is that nobody listens
        _ = self.sender.send(line);
    }

    /// Listens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<QueryLogLine> {
        self.sender.subscribe()
    }

    /// How many listen.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.sender.receiver_count()
    }
}
