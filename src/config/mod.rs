//! YAML ⇄ Model: reads a topology file, reports every mistake at once, and publishes its JSON Schema.

mod entries;
mod finding;
mod nearest;
mod stub;

pub use entries::Entries;
pub use finding::{Blame, Finding, Path, Segment, Severity};
pub use nearest::nearest;
pub use stub::*;
