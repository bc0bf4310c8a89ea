//! The part of YAML that large files are written in, read in one pass and without a tree.
//!
//! ```text
//!         ┌─► quick ──► T             block mappings and lists, flow collections on one line, JSON,
//!  text ──┤     │                     scalars on one line
//!         └─► parser ─► Tree ─► T     everything else, and everything mistaken
//! ```
//! **Invariant:** what is read here, the parser and the tree read too, to the same values and places; properties at the
//! end of this module hold them to it. Whatever is odd in the least (an anchor, a tag, a tab, a value over several lines, a
//! key that comes twice, a value that does not fit) is given up without a word: the tree finds what is wrong with it.

mod cursor;
mod deserialize;
mod outline;
mod token;

use std::fmt;

use serde::de::{self, DeserializeOwned};

use super::{Source, Tree};
use crate::config::Finding;
use cursor::Cursor;

/// This reader is not the one for the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GaveUp;

/// Reads a text; none where it takes the parser to read it, or to say what is wrong with it.
pub(in crate::config) fn read<T: DeserializeOwned>(source: &Source) -> Option<T> {
    let mut cursor = Cursor::new(source.text())?;
    deserialize::document(&mut cursor).ok()
}

/// The tree of a text without the values that no finding is about; none where it takes the parser.
pub(in crate::config) fn outline<'s>(source: &'s Source, findings: &[Finding]) -> Option<Tree<'s>> {
    let mut cursor = Cursor::new(source.text())?;
    let root = outline::document(&mut cursor, findings).ok()?;
    Some(Tree { root, problems: Vec::new() })
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not for the quick reader")
    }
}

impl std::error::Error for GaveUp {}

impl de::Error for GaveUp {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests;
