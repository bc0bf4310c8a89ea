//! The text of a topology file, and the tree of values in it with the place of each.
//!
//! ```text
//! bytes ─► Source ─► Tree ─► any `Deserialize` type          limits before and while the tree grows:
//!          UTF-8     spans    errors carry a Path            size, nodes, depth, scalars, aliases
//! ```
//!
//! What is plain goes from the text into the type directly, by [`quick`].
//!
//! Invariant: reading takes time and memory in proportion to the text, whatever the text is.

mod builder;
mod deserialize;
mod place;
pub(super) mod quick;
mod scalar;
mod tree;

use std::fmt;
use std::sync::Arc;

use super::{Finding, Path, Problem};

pub(super) use deserialize::{Misfit, deserialize};
pub(super) use place::Placer;
pub(super) use scalar::{Meaning, Scalar};
pub(super) use tree::{Entry, Kind, Node, Tree};

/// Largest file, in bytes. Ours: room for a million endpoints.
pub const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;
/// Most values in a file: mappings, lists and scalars together. Ours: some hundred thousand endpoints, under 1 GiB.
pub const MAX_NODES: usize = 8_000_000;
/// Deepest nesting of mappings and lists. Ours: the format itself needs 9.
pub const MAX_DEPTH: usize = 64;
/// Longest scalar, in bytes. Source: DNS has no RDATA beyond 65,535 octets (RFC 1035 §3.2.1).
pub const MAX_SCALAR_BYTES: usize = 64 * 1024;
/// Most values that all aliases of a file may stand for, together. Ours: an alias is a convenience of a person.
pub const MAX_ALIASED_NODES: usize = 100_000;

/// A part of the text, in bytes from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// Whether it holds nothing.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// A place as editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// A named text; cheap to clone.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Where each line starts, in bytes.
    lines: Arc<[u32]>,
}

impl Source {
    /// Takes a text of at most [`MAX_FILE_BYTES`]; a byte order mark is left out.
    pub fn new(name: &str, text: &str) -> Result<Self, Box<Problem>> {
        if text.len() > MAX_FILE_BYTES {
            return Err(too_large(name, text.len()));
        }
        Ok(Self::within_limit(name, text))
    }

    /// Takes a file's content, which must be UTF-8.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Box<Problem>> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(too_large(name, bytes.len()));
        }
        let (valid, rest) = match str::from_utf8(bytes) {
            Ok(text) => return Ok(Self::within_limit(name, text)),
            Err(error) => bytes.split_at(error.valid_up_to()),
        };
        let source = Self::within_limit(name, &String::from_utf8_lossy(valid));
        let end = u32::try_from(source.text.len()).unwrap_or(u32::MAX);
        let byte = rest.first().copied().unwrap_or_default();
        let finding = Finding::error(Path::default(), format!("not UTF-8: byte 0x{byte:02x} here"))
            .help("save the file as UTF-8");
        Err(Box::new(Problem::new(finding, source, Span { start: end, end })))
    }

    fn within_limit(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let bytes = text.as_bytes();
        let starts = line_starts(bytes);
        Self { name: name.into(), text: text.into(), lines: starts.into() }
    }

    /// The file's name, as the user gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text by itself, if it has at most so many octets.
    pub fn kept(&self, max_bytes: usize) -> Option<Arc<str>> {
        (self.text.len() <= max_bytes).then(|| Arc::clone(&self.text))
    }

    /// The line and column of a byte.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.slice(Span { start, end: offset });
        Position { line, column: before.chars().count() + 1 }
    }

    /// The whole lines that a span touches, without the last line's end.
    pub fn lines_of(&self, span: Span) -> Span {
        let first = self.lines.partition_point(|start| *start <= span.start).max(1);
        let last_byte = span.end.saturating_sub(1).max(span.start);
        let last = self.lines.partition_point(|start| *start <= last_byte).max(first);
        let start = self.lines.get(first - 1).copied().unwrap_or_default();
        let end = self.lines.get(last).copied().unwrap_or_else(|| self.len());
        let body = self.slice(Span { start, end });
        let ending = body.len() - body.trim_end_matches(['\n', '\r']).len();
        Span { start, end: end.saturating_sub(u32::try_from(ending).unwrap_or(0)) }
    }

    /// The text of a span, cut to whole characters inside the text.
    pub fn slice(&self, span: Span) -> &str {
        let start = floor(&self.text, span.start as usize);
        let end = floor(&self.text, span.end as usize).max(start);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.name, self.text.len())
    }
}

/// Where lines start: after `\n`, `\r\n` or a lone `\r`.
fn line_starts(bytes: &[u8]) -> Vec<u32> {
    let mut starts = vec![0];
    for (at, byte) in bytes.iter().enumerate() {
        let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        if let (true, Ok(next)) = (ends, u32::try_from(at + 1)) {
            starts.push(next);
        }
    }
    starts
}

/// The start of the character that holds a byte.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn too_large(name: &str, bytes: usize) -> Box<Problem> {
    let message = format!("the file has {bytes} bytes, the limit is {MAX_FILE_BYTES}");
    let source = Source::within_limit(name, "");
    Box::new(Problem::new(Finding::error(Path::default(), message), source, Span::default()))
}
