//! Where the quick reader is in the text, and the steps it can take from there.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::GaveUp;
use crate::config::source::{MAX_NODES, Scalar, Span};

/// Deepest nesting that is read here. Ours: the format needs 9, and the reader's own stack stays small.
const MAX_QUICK_DEPTH: usize = 32;

/// Longest key that is read here, in bytes. The parser refuses those of more than 1,024 characters (YAML 1.2.2 §7.4).
const MAX_KEY_BYTES: usize = 512;

/// Mappings up to this many entries are searched for double keys without an index.
const FEW_ENTRIES: usize = 16;

/// A place in the text, always before something: a value, a key, or what separates them.
#[derive(Debug)]
pub(super) struct Cursor<'s> {
    pub(super) text: &'s str,
    pub(super) at: usize,
    pub(super) line_start: usize,
    /// The whole text is one flow collection, so that it may have several lines.
    pub(super) is_flow: bool,
    /// Flow collections around here.
    pub(super) flow_depth: usize,
    depth: usize,
    nodes: usize,
}

/// A value that begins here; a scalar has been read already.
#[derive(Debug)]
pub(super) enum Shape<'s> {
    Scalar(Scalar<'s>, Span),
    Sequence(Open<'s>),
    Mapping(Open<'s>),
}

/// A collection that has been entered.
#[derive(Debug)]
pub(super) struct Open<'s> {
    layout: Layout,
    is_first: bool,
    keys: Keys<'s>,
    start: usize,
    /// Where it ends, once it has.
    end: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Lines that begin at this column.
    Block(usize),
    Flow,
}

/// The keys of a mapping so far.
#[derive(Debug, Default)]
struct Keys<'s> {
    few: Vec<&'s str>,
    many: HashSet<&'s str, RandomState>,
}

impl<'s> Keys<'s> {
    /// Whether the key is new.
    fn insert(&mut self, key: &'s str) -> bool {
        if self.few.len() < FEW_ENTRIES {
            let is_new = !self.few.contains(&key);
            self.few.push(key);
            return is_new;
        }
        if self.many.is_empty() {
            self.many.extend(self.few.iter().copied());
        }
        self.many.insert(key)
    }
}

impl Open<'_> {
    /// Whether all of it has been read.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Its place, once all of it has been read.
    pub(super) fn span(&self) -> Span {
        span(self.start, self.end.unwrap_or(self.start))
    }
}

impl<'s> Cursor<'s> {
    /// Before the text; none if it has a character that this reader leaves to the parser.
    pub(super) fn new(text: &'s str) -> Option<Self> {
        let is_usual = |byte: &u8| (b' '..0x7f).contains(byte) || *byte == b'\n';
        if !text.as_bytes().iter().all(is_usual) && !text.chars().all(is_printable) {
            return None;
        }
        let (is_flow, flow_depth, depth, nodes) = (false, 0, 0, 0);
        Some(Self { text, at: 0, line_start: 0, is_flow, flow_depth, depth, nodes })
    }

    /// The outermost value.
    pub(super) fn root(&mut self) -> Result<Shape<'s>, GaveUp> {
        self.skip_empty_lines();
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with("---\n")) {
            self.at += 3;
            self.end_of_line()?;
        }
        if self.column() != 0 || self.peek().is_none() {
            return Err(GaveUp);
        }
        self.is_flow = matches!(self.peek(), Some(b'{' | b'['));
        if self.is_flow { self.flow() } else { self.block() }
    }

    /// Nothing may stand behind the outermost value.
    pub(super) fn end(&mut self) -> Result<(), GaveUp> {
        if self.is_flow {
            self.skip_flow_space()?;
        }
        if self.peek().is_none() { Ok(()) } else { Err(GaveUp) }
    }

    /// The next value of a list.
    pub(super) fn next_item(&mut self, open: &mut Open<'s>) -> Result<Option<Shape<'s>>, GaveUp> {
        let is_first = std::mem::replace(&mut open.is_first, false);
        match open.layout {
            Layout::Flow => {
                if self.flow_ends(is_first, b']')? {
                    self.close(open)?;
                    return Ok(None);
                }
                self.flow().map(Some)
            }
            Layout::Block(column) => {
                if !is_first && !self.goes_on(column)? || !self.is_dash() {
                    self.close(open)?;
                    return Ok(None);
                }
                self.at += 1;
                self.skip_spaces();
                // an item with nothing on its line, and a list that begins on the line of its item
                if self.peek().is_none_or(|byte| matches!(byte, b'\n' | b'#')) || self.is_dash() {
                    return Err(GaveUp);
                }
                self.item().map(Some)
            }
        }
    }

    /// The next key of a mapping; its value must be read after it.
    pub(super) fn next_key(
        &mut self,
        open: &mut Open<'s>,
    ) -> Result<Option<(Scalar<'s>, Span)>, GaveUp> {
        let is_first = std::mem::replace(&mut open.is_first, false);
        let has_ended = match open.layout {
            Layout::Flow => self.flow_ends(is_first, b'}')?,
            Layout::Block(column) => !is_first && !self.goes_on(column)?,
        };
        if has_ended {
            self.close(open)?;
            return Ok(None);
        }
        let (scalar, span) = self.scalar()?;
        let is_quoted = !scalar.plain;
        let text = scalar.borrowed().filter(|text| text.len() <= MAX_KEY_BYTES).ok_or(GaveUp)?;
        if self.peek() != Some(b':') || !is_quoted && matches!(text, "" | "<<") {
            return Err(GaveUp);
        }
        self.at += 1;
        let is_apart = self.peek().is_none_or(|byte| matches!(byte, b' ' | b'\n'));
        let may_touch = is_quoted && open.layout == Layout::Flow;
        if !(is_apart || may_touch) || !open.keys.insert(text) {
            return Err(GaveUp);
        }
        Ok(Some((scalar, span)))
    }

    /// The value of the key that was read last.
    pub(super) fn value(&mut self, open: &Open<'s>) -> Result<Shape<'s>, GaveUp> {
        self.skip_spaces();
        let Layout::Block(column) = open.layout else { return self.flow() };
        if self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'#')) {
            return self.inline();
        }
        let place = span(self.at, self.at);
        self.end_of_line()?;
        let is_below = self.peek().is_some() && self.column() > column;
        if is_below {
            return self.block();
        }
        if self.column() == column && self.is_dash() {
            let mut open = self.open(Layout::Block(column))?;
            // the parser has the start of a list that is no deeper than its key behind the first dash
            let items = self.text.get(self.at + 1..).unwrap_or_default();
            open.start = self.at + 1 + items.len() - items.trim_start_matches(' ').len();
            return Ok(Shape::Sequence(open));
        }
        self.count()?;
        Ok(Shape::Scalar(Scalar { text: Cow::Borrowed(""), plain: true }, place))
    }

    /// A list or mapping of lines, the first of which begins here.
    fn block(&mut self) -> Result<Shape<'s>, GaveUp> {
        let open = self.open(Layout::Block(self.column()))?;
        Ok(if self.is_dash() { Shape::Sequence(open) } else { Shape::Mapping(open) })
    }

    /// What stands behind the dash of an item: a value, or the first key of a mapping.
    fn item(&mut self) -> Result<Shape<'s>, GaveUp> {
        if matches!(self.peek(), Some(b'{' | b'[')) {
            return self.flow();
        }
        let start = self.at;
        let (scalar, span) = self.scalar()?;
        if self.peek() == Some(b':') {
            self.at = start;
            return Ok(Shape::Mapping(self.open(Layout::Block(self.column()))?));
        }
        self.count()?;
        self.end_of_line()?;
        Ok(Shape::Scalar(scalar, span))
    }

    /// A value on the line of its key.
    fn inline(&mut self) -> Result<Shape<'s>, GaveUp> {
        if matches!(self.peek(), Some(b'{' | b'[')) {
            return self.flow();
        }
        let (scalar, span) = self.scalar()?;
        self.count()?;
        self.end_of_line()?;
        Ok(Shape::Scalar(scalar, span))
    }

    /// A value inside a flow collection, or the outermost of them.
    fn flow(&mut self) -> Result<Shape<'s>, GaveUp> {
        let shape: fn(Open<'s>) -> Shape<'s> = match self.peek() {
            Some(b'[') => Shape::Sequence,
            Some(b'{') => Shape::Mapping,
            _ => {
                self.count()?;
                let (scalar, span) = self.scalar()?;
                return Ok(Shape::Scalar(scalar, span));
            }
        };
        let open = self.open(Layout::Flow)?;
        self.at += 1;
        self.flow_depth += 1;
        Ok(shape(open))
    }

    fn open(&mut self, layout: Layout) -> Result<Open<'s>, GaveUp> {
        self.count()?;
        self.depth += 1;
        if self.depth > MAX_QUICK_DEPTH {
            return Err(GaveUp);
        }
        let keys = Keys::default();
        Ok(Open { layout, is_first: true, keys, start: self.at, end: None })
    }

    fn close(&mut self, open: &mut Open<'s>) -> Result<(), GaveUp> {
        self.depth -= 1;
        if open.layout != Layout::Flow {
            open.end = Some(self.at);
            return Ok(());
        }
        self.at += 1;
        open.end = Some(self.end_with_comment());
        self.flow_depth -= 1;
        if self.flow_depth == 0 && !self.is_flow { self.end_of_line() } else { Ok(()) }
    }

    fn count(&mut self) -> Result<(), GaveUp> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err(GaveUp) } else { Ok(()) }
    }

    /// Whether a block has another line; a line that is deeper than the block belongs to nothing.
    fn goes_on(&self, column: usize) -> Result<bool, GaveUp> {
        match self.peek() {
            None => Ok(false),
            Some(_) if self.column() > column => Err(GaveUp),
            Some(_) => Ok(self.column() == column),
        }
    }

    /// Steps over what separates the values of a flow collection; whether it ends here.
    fn flow_ends(&mut self, is_first: bool, closing: u8) -> Result<bool, GaveUp> {
        self.skip_flow_space()?;
        if !is_first {
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == closing => return Ok(true),
                _ => return Err(GaveUp),
            }
            self.skip_flow_space()?;
            return if self.peek() == Some(closing) { Err(GaveUp) } else { Ok(false) };
        }
        Ok(self.peek() == Some(closing))
    }
}

/// Whether a character means nothing to YAML but itself, or what is handled here.
fn is_printable(c: char) -> bool {
    c == '\n'
        || !(c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
}

pub(super) fn span(start: usize, end: usize) -> Span {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: byte(start), end: byte(end) }
}
