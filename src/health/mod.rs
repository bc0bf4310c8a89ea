//! Which AZs, subnets and network interfaces are impaired: in fact, as DNS has noticed, and as a person forced it.
//!
//! `(Health, Event) → Health`, and what DNS sees is a function of a [`Health`] and a moment. A fault costs
//! what the number of faults costs: the answer path asks [`Detected`] about one network interface at a time,
//! so no endpoint is touched when an AZ fails.
//!
//! ```text
//!   fault ──detection──► DNS leaves the addresses out ──restoration──recovery──► DNS hands them out again
//!     └─ the data plane sees the fault, and its end, at once
//! ```
//! A health check has no delay of its own: what it says is what DNS knows.
//! Rules R36, R39, R40, R72.

mod detected;
mod fault;

pub use detected::{Detected, Impairment};
pub use fault::{Event, Fault, Health, Moment, State, Target};
