//! How many questions were answered, and how.

use std::sync::atomic::{AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Replies, Tally};
use crate::answer::{Answer, Outcome};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters since the start; each is added to without a lock.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: AtomicU64,)*
            /// Replies by way, type and RCODE; those of the fast path are here alone.
            pub replies: Replies,
        }

        /// The counters at one moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            /// What they stand at.
            #[must_use]
            pub fn counts(&self) -> Counts {
                let mut counts = Counts { $($name: self.$name.load(Ordering::Relaxed),)* };
                self.replies.add_fast(&mut counts);
                counts
            }
        }
    };
}

counters! {
    /// Messages that arrived by UDP.
    udp,
    /// Messages that arrived by TCP.
    tcp,
    /// UDP messages that the fast path answered.
    fast,
    /// Messages that took the full path, of either transport.
    full,
    /// UDP messages that found the queue of the full path full: answered SERVFAIL, or dropped.
    overloaded,
    /// Replies with records.
    records,
    /// NOERROR replies without records.
    nodata,
    /// NXDOMAIN replies.
    nxdomain,
    /// SERVFAIL replies.
    servfail,
    /// REFUSED replies.
    refused,
    /// FORMERR, NOTIMP and BADVERS replies.
    malformed,
    /// Messages without a reply: responses, stubs of messages, VPCs without DNS support, addresses that a reload takes away.
    dropped,
    /// Messages without a reply because their asker sends too many.
    limited,
    /// UDP replies that were cut and sent with TC.
    truncated,
    /// Questions passed on to an upstream.
    forwarded,
    /// Answers that an upstream failed to give in time.
    upstream_failures,
    /// Lines written to query logs, one for each destination.
    query_log_lines,
    /// Queries that a query log should have and has not: they came faster than it is written, or it cannot be written.
    query_log_dropped,
    /// Lines that readers of `/v1/query-log` missed, being too slow.
    query_log_missed,
    /// Successful reloads.
    reloads,
    /// Reloads that were refused.
    failed_reloads,
}

impl Counters {
    /// Counts lines that were written to a query log.
    pub fn add_lines(&self, lines: u64) {
        self.query_log_lines.fetch_add(lines, Ordering::Relaxed);
    }

    /// Counts lines that a query log lacks.
    pub fn add_dropped(&self, lines: u64) {
        self.query_log_dropped.fetch_add(lines, Ordering::Relaxed);
    }

    /// Counts an answer by its outcome.
    pub fn count(&self, answer: &Answer) {
        let counter = match answer.outcome {
            Outcome::Records => &self.records,
            Outcome::NoData => &self.nodata,
            Outcome::NameError => &self.nxdomain,
            Outcome::ServFail => &self.servfail,
            Outcome::Silent => &self.dropped,
            Outcome::Ask(..) => &self.forwarded,
        };
        Self::add(counter);
    }

    /// Adds one.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counters {
    /// Adds what a thread of the fast path has counted for itself, which begins at 0 again.
    pub fn collect(&self, tally: &mut Tally) {
        let silent = self.replies.collect(tally);
        if silent > 0 {
            self.dropped.fetch_add(silent, Ordering::Relaxed);
            self.fast.fetch_add(silent, Ordering::Relaxed);
        }
    }
}
