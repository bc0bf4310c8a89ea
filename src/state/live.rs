//! Queries as they are answered, for those who watch; nothing is told while nobody does.

use tokio::sync::{Notify, watch};

use super::feed::Feed;

/// Most queries that are held for readers.
const MAX_QUERIES: usize = 1024;

/// Most octets of their texts.
const MAX_QUERY_BYTES: usize = 4 << 20;

/// The feed of queries.
#[derive(Debug)]
pub struct LiveQueries {
    feed: Feed,
    wanted: Notify,
}

impl Default for LiveQueries {
    fn default() -> Self {
        Self { feed: Feed::new(MAX_QUERIES, MAX_QUERY_BYTES, 0), wanted: Notify::new() }
    }
}

impl LiveQueries {
    /// The queries that are held.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Watches from now on.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        let receiver = self.feed.listen();
        self.wanted.notify_waiters();
        receiver
    }

    /// Tells those who watch.
    pub fn tell(&self, queries: impl IntoIterator<Item = (&'static str, String)>) {
        self.feed.push(queries);
    }

    /// Waits until somebody watches.
    pub async fn wanted(&self) {
        loop {
            // before the look, so that nobody comes in between unseen
            let told = self.wanted.notified();
            if self.feed.readers() > 0 {
                return;
            }
            told.await;
        }
    }

    /// Waits until nobody does.
    pub async fn unwanted(&self) {
        self.feed.unread().await;
    }
}
