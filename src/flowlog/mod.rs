//! Flow Logs: packets at network interfaces → records, and the forms that these have. N1, N200–N234
//!
//! **Invariant:** pure and total, as `trace` is. Time is an argument: what is counted in which window follows from the packets alone.
//! What is counted is conserved: the packets and octets of all records of a flow log are those that it took.
//!
//! ```text
//!  Trace ─► sightings ─► observations ─┐
//!  a data plane, packet by packet ─────┴─► Aggregator, one a flow log ─► Aggregate ─► Record ─► line, object, log stream
//! ```

mod aggregate;
mod coverage;
mod line;
mod object;
mod observation;
mod record;
mod sighting;
mod silence;
mod traffic;
mod unlogged;

pub use aggregate::{Aggregate, Aggregator, Outcome, Sums};
pub use coverage::{covers, interfaces_of};
pub use line::{BadRecord, header, line, read};
pub use object::{
    DELIVERY_SECS, Delivery, MAX_FILE_BYTES, delivered_at, deliveries, log_stream, time_text,
    vpc_of,
};
pub use observation::{Action, Observation, TrafficPath};
pub use record::{FlowOfRecord, NextHop, Record, RecordOutcome, Value};
pub use sighting::{Sighting, sightings};
pub use silence::{Silence, silence};
pub use traffic::{LoggedFlow, MAX_DURATION_SECS, Traffic, are_more_than, records};
pub use unlogged::{Unlogged, is_logged};
