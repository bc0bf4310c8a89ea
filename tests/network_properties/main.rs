//! What holds of traces whatever the network, the faults and the flow.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod flow_logs;
mod naive;
mod shapes;
mod traces;
