//! YAML ⇄ Model: reads a topology file, reports every mistake at once, and publishes its JSON Schema.

mod finding;
mod stub;

pub use finding::{Blame, Finding, Path, Segment, Severity};
pub use stub::*;
