//! Cuts a master file into entries: lines, joined while a parenthesis or a quoted string is open.

use super::MAX_ENTRY_BYTES;

/// One entry: a directive or a record.
pub(super) struct Entry<'a> {
    /// The line it begins on, from 1.
    pub(super) line: usize,
    /// Its text, one line or several, comments included.
    pub(super) text: &'a str,
}

impl Entry<'_> {
    /// The entry without comments and parentheses: hickory's parser keeps the quotes of strings between them.
    pub(super) fn on_one_line(&self) -> String {
        let mut scanner = Scanner::default();
        let kept = self.text.chars().filter_map(|c| match scanner.next(c) {
            Meaning::Text => Some(c),
            Meaning::Grouping | Meaning::LineBreak => Some(' '),
            Meaning::Comment => None,
        });
        kept.collect()
    }
}

/// The text with its `\DDD` escapes of printable characters decoded, since hickory's parser reads them wrongly.
///
/// # Errors
/// An escape that stands for no printable ASCII character: hickory has no way to be told.
pub(super) fn decode_escapes(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(c);
        if c != '\\' {
            continue;
        }
        let digits: String = rest.clone().take(3).collect();
        if digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let code = digits.parse().ok().filter(|code| (b' '..=b'~').contains(code));
            let code = code.ok_or_else(|| {
                format!("the escape `\\{digits}` is not supported: expected \\032 to \\126, or the character itself")
            })?;
            rest.nth(2);
            if code.is_ascii_alphanumeric() {
                out.pop();
            }
            out.push(char::from(code));
        } else {
            out.extend(rest.next());
        }
    }
    Ok(out)
}

/// What is wrong with the cutting: line, text, message.
type Mistake<'a> = (usize, &'a str, String);

/// The entries of a file, without blank lines and comment lines.
pub(super) fn entries(text: &str) -> impl Iterator<Item = Result<Entry<'_>, Mistake<'_>>> {
    let mut rest = text;
    let mut line = 1;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let (length, end) = entry_length(rest);
            let (here, later) = rest.split_at(length);
            let at = line;
            line += here.matches('\n').count();
            rest = later;
            let content = here.trim_end();
            if content.trim_start().is_empty() || content.trim_start().starts_with(';') {
                continue;
            }
            return Some(match end {
                End::Line if content.len() > MAX_ENTRY_BYTES => {
                    let message = format!("{} octets are too many for one entry", content.len());
                    Err((at, content, message))
                }
                End::Line => Ok(Entry { line: at, text: content }),
                End::OpenParenthesis => {
                    Err((at, content, "a parenthesis is never closed".to_owned()))
                }
                End::OpenQuote => Err((at, content, "a quoted string is never closed".to_owned())),
            });
        }
    })
}

/// How an entry ends.
enum End {
    Line,
    OpenParenthesis,
    OpenQuote,
}

/// The length of the first entry of `text` in octets, line break included.
fn entry_length(text: &str) -> (usize, End) {
    let mut scanner = Scanner::default();
    for (at, c) in text.char_indices() {
        let was_quoted = scanner.quoted;
        if scanner.next(c) == Meaning::LineBreak {
            if was_quoted {
                return (at + 1, End::OpenQuote);
            }
            if scanner.depth == 0 {
                return (at + 1, End::Line);
            }
        }
    }
    let end = match (scanner.quoted, scanner.depth) {
        (true, _) => End::OpenQuote,
        (false, 0) => End::Line,
        (false, _) => End::OpenParenthesis,
    };
    (text.len(), end)
}

/// What a character is for.
#[derive(PartialEq, Eq)]
enum Meaning {
    Text,
    Comment,
    Grouping,
    LineBreak,
}

/// Knows inside what the next character stands.
#[derive(Default)]
struct Scanner {
    depth: usize,
    quoted: bool,
    comment: bool,
    escaped: bool,
}

impl Scanner {
    fn next(&mut self, c: char) -> Meaning {
        let escaped = std::mem::take(&mut self.escaped);
        match c {
            '\n' => {
                self.comment = false;
                return Meaning::LineBreak;
            }
            _ if self.comment => return Meaning::Comment,
            _ if escaped => {}
            '\\' => self.escaped = true,
            '"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            ';' => {
                self.comment = true;
                return Meaning::Comment;
            }
            '(' => {
                self.depth += 1;
                return Meaning::Grouping;
            }
            ')' => {
                self.depth = self.depth.saturating_sub(1);
                return Meaning::Grouping;
            }
            _ => {}
        }
        Meaning::Text
    }
}
