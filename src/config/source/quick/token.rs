//! Scalars, spaces and comments: the steps of a cursor that know nothing of lists and mappings.

use std::borrow::Cow;

use super::GaveUp;
use super::cursor::{Cursor, span};
use crate::config::source::{MAX_SCALAR_BYTES, Scalar, Span};

impl<'s> Cursor<'s> {
    pub(super) fn scalar(&mut self) -> Result<(Scalar<'s>, Span), GaveUp> {
        let start = self.at;
        let (text, plain, end) = match self.peek() {
            Some(b'"') => (self.double_quoted()?, false, self.end_with_comment()),
            Some(b'\'') => (self.single_quoted()?, false, self.end_with_comment()),
            _ => {
                let text = self.plain()?;
                (Cow::Borrowed(text), true, start + text.len())
            }
        };
        if text.len() > MAX_SCALAR_BYTES {
            return Err(GaveUp);
        }
        Ok((Scalar { text, plain }, span(start, end)))
    }

    /// A scalar without quotes: up to the end of the line, a comment, `: `, or what ends it in a flow collection.
    fn plain(&mut self) -> Result<&'s str, GaveUp> {
        let rest = self.text.get(self.at..).ok_or(GaveUp)?;
        let bytes = rest.as_bytes();
        let is_flow = self.flow_depth > 0;
        let begins = match (bytes.first(), bytes.get(1)) {
            (Some(b'-' | b'.' | b'+' | b'/'), Some(second)) => second.is_ascii_alphanumeric(),
            (Some(b'~' | b'_'), _) => true,
            (Some(first), _) => first.is_ascii_alphanumeric() || !first.is_ascii(),
            (None, _) => false,
        };
        if !begins {
            return Err(GaveUp);
        }
        let (mut at, mut end) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            let next = bytes.get(at + 1);
            let is_text = match byte {
                b':' => next.is_some_and(|next| is_plain(*next) || *next == b':'),
                _ => is_plain(*byte),
            };
            if !is_text && *byte != b' ' {
                break;
            }
            at += 1;
            if is_text {
                end = at;
            }
        }
        match bytes.get(at) {
            None | Some(b'\n') => {}
            Some(b':') if end == at => {}
            Some(b'#') if end < at => {}
            Some(b',' | b']' | b'}') if is_flow => {}
            Some(_) => return Err(GaveUp),
        }
        self.at += at;
        rest.get(..end).ok_or(GaveUp)
    }

    fn double_quoted(&mut self) -> Result<Cow<'s, str>, GaveUp> {
        let rest = self.text.get(self.at + 1..).ok_or(GaveUp)?;
        let special = |text: &str| text.find(['"', '\\', '\n']).ok_or(GaveUp);
        let mut end = special(rest)?;
        let mut text = Cow::Borrowed(rest.get(..end).ok_or(GaveUp)?);
        while let Some(b'\\') = rest.as_bytes().get(end) {
            text.to_mut().push(match rest.as_bytes().get(end + 1) {
                Some(b'"') => '"',
                Some(b'\\') => '\\',
                Some(b'/') => '/',
                Some(b'n') => '\n',
                Some(b't') => '\t',
                _ => return Err(GaveUp),
            });
            let after = rest.get(end + 2..).ok_or(GaveUp)?;
            let next = special(after)?;
            text.to_mut().push_str(after.get(..next).ok_or(GaveUp)?);
            end += 2 + next;
        }
        if rest.as_bytes().get(end) != Some(&b'"') {
            return Err(GaveUp);
        }
        self.at += end + 2;
        Ok(text)
    }

    fn single_quoted(&mut self) -> Result<Cow<'s, str>, GaveUp> {
        let rest = self.text.get(self.at + 1..).ok_or(GaveUp)?;
        let end = rest.find(['\'', '\n']).ok_or(GaveUp)?;
        let bytes = rest.as_bytes();
        if bytes.get(end) != Some(&b'\'') || bytes.get(end + 1) == Some(&b'\'') {
            return Err(GaveUp);
        }
        self.at += end + 2;
        rest.get(..end).map(Cow::Borrowed).ok_or(GaveUp)
    }

    /// Where the parser has the end of a quoted scalar or flow collection: behind spaces and a comment.
    pub(super) fn end_with_comment(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let behind = rest.get(spaces..).unwrap_or_default();
        let comment = if spaces > 0 && behind.starts_with('#') {
            behind.find('\n').unwrap_or(behind.len())
        } else {
            0
        };
        self.at + spaces + comment
    }

    /// Steps from the end of a value to the next line with something on it.
    pub(super) fn end_of_line(&mut self) -> Result<(), GaveUp> {
        let value_end = self.at;
        self.skip_spaces();
        match self.peek() {
            None => return Ok(()),
            Some(b'#') if self.at > value_end || self.at == self.line_start => {}
            // a plain scalar ends before the spaces in front of a comment, and has stepped over them
            Some(b'#') if self.text.as_bytes().get(self.at - 1) == Some(&b' ') => {}
            Some(b'\n') => {}
            Some(_) => return Err(GaveUp),
        }
        self.skip_line();
        self.skip_empty_lines();
        Ok(())
    }

    pub(super) fn skip_empty_lines(&mut self) {
        loop {
            self.skip_spaces();
            if !matches!(self.peek(), Some(b'\n' | b'#')) {
                return;
            }
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.line_start = self.at;
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Spaces, and ends of lines where the whole text is one flow collection.
    pub(super) fn skip_flow_space(&mut self) -> Result<(), GaveUp> {
        self.skip_spaces();
        while self.peek() == Some(b'\n') {
            if !self.is_flow {
                return Err(GaveUp);
            }
            self.at += 1;
            self.line_start = self.at;
            self.skip_spaces();
        }
        Ok(())
    }

    /// Whether an item of a list begins here.
    pub(super) fn is_dash(&self) -> bool {
        let mut ahead = self.text.as_bytes().iter().skip(self.at);
        ahead.next() == Some(&b'-') && ahead.next().is_none_or(|byte| matches!(byte, b' ' | b'\n'))
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Bytes from the start of the line; before the first thing on a line, that is its indentation.
    pub(super) fn column(&self) -> usize {
        self.at - self.line_start
    }
}

/// Whether a byte is part of a scalar without quotes wherever it stands in one; bytes of longer characters are.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || !byte.is_ascii()
        || matches!(
            byte,
            b'_' | b'-'
                | b'.'
                | b'/'
                | b'+'
                | b'='
                | b'@'
                | b'*'
                | b'('
                | b')'
                | b';'
                | b'~'
                | b'$'
                | b'%'
        )
}
