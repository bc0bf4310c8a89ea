//! Cuts a master file into entries: lines, joined while a parenthesis or a quoted string is open.

use super::MAX_ENTRY_BYTES;

/// One entry: a directive or a record.
pub(super) struct Entry<'a> {
    /// The line it begins on, from 1.
    pub(super) line: usize,
    /// Its text, one line or several, comments included.
    pub(super) text: &'a str,
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
    let (mut depth, mut quoted, mut comment, mut escaped) = (0_usize, false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        let after = at + 1;
        if std::mem::take(&mut escaped) && byte != b'\n' {
            continue;
        }
        match byte {
            b'\n' if quoted => return (after, End::OpenQuote),
            b'\n' => {
                comment = false;
                if depth == 0 {
                    return (after, End::Line);
                }
            }
            _ if comment => {}
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b';' => comment = true,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let end = match (quoted, depth) {
        (true, _) => End::OpenQuote,
        (false, 0) => End::Line,
        (false, _) => End::OpenParenthesis,
    };
    (text.len(), end)
}
