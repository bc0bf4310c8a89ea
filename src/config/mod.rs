//! YAML ⇄ Model: reads a topology file, reports every mistake at once, and publishes its JSON Schema.

mod entries;
mod finding;
mod load;
mod nearest;
mod problem;
mod source;
mod structure;
mod stub;

pub use entries::Entries;
pub use finding::{Blame, Finding, Path, Segment, Severity};
pub use load::{Broken, place, read};
pub use nearest::nearest;
pub use problem::{Problem, Problems};
pub use source::{
    MAX_ALIASED_NODES, MAX_DEPTH, MAX_FILE_BYTES, MAX_NODES, MAX_SCALAR_BYTES, Position, Source,
    Span,
};
pub use stub::*;
