//! The fast path: from the octets of a query to those of its reply, without a message in between.
//!
//! ```text
//!  datagram ─► Query::read ─► evaluate (the one walk of R6) ─► reply ─► datagram
//!                 │ anything unusual             │ long, rare or for an upstream
//!                 └──────────► None ◄────────────┘   whoever called takes the full path
//! ```
//! **Invariants:** nothing is allocated and nothing is locked; what is answered here decodes to the very message that
//! the full path makes, unless that had to cut it (`tests/fast_path/` holds the two together); when in doubt it is
//! declined.

mod query;
mod reply;

pub use query::Query;
pub use reply::{Replied, reply, servfail};
