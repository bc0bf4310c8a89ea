//! YAML ⇄ Model: reads a topology file, reports every mistake at once, and publishes its JSON Schema.
//!
//! ```text
//!  text ─► source: values with places ─► spec: the file's form ─► build: every rule ─► Model
//!             │                            │                        │
//!             └── problems ◄── structure: what does not fit ◄───────┴── findings, by path
//! ```
//! **Invariant:** a [`crate::model::Model`] comes from here and nowhere else, so whatever exists is valid. AWS's own
//! words where AWS has an error for it (R15, R49–R53, R58, N143).

mod at;
mod aws_error;
mod build;
mod change;
mod document;
mod entries;
mod find;
mod finding;
mod nearest;
mod problem;
mod refused;
mod source;
mod spec;
mod structure;
mod succession;
mod topology;
mod yaml;

pub use aws_error::AwsError;
pub use change::{EndpointChange, change_endpoint};
pub use document::{Broken, place, read};
pub use entries::Entries;
pub use find::{
    Addressed, NotFound, find_addressed, find_any_endpoint, find_az, find_endpoint, find_flow_log,
    find_health_check, find_instance, find_interface, find_subnet, find_vpc, vantage,
};
pub use finding::{Blame, Finding, Path, Segment, Severity};
pub use nearest::nearest;
pub use problem::{Problem, Problems};
pub use source::{
    MAX_ALIASED_NODES, MAX_DEPTH, MAX_FILE_BYTES, MAX_NODES, MAX_SCALAR_BYTES, Position, Source,
    Span,
};
pub use succession::{next_detachment, succeed, without_detached};
pub use topology::{
    Examined, MAX_KEPT_BYTES, Topology, embedded, examine, has_form, load, parse, schema,
};
pub use yaml::to_yaml;
