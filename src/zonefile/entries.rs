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
    /// The entry on one line, without comments and parentheses, and with escapes in strings decoded: hickory's
    /// parser keeps the quotes of strings between parentheses, and reads `\DDD` as another character.
    pub(super) fn on_one_line(&self) -> Result<String, String> {
        let mut scanner = Scanner::default();
        let mut kept = String::with_capacity(self.text.len());
        let mut chars = self.text.chars().peekable();
        let mut within_word = false;
        while let Some(c) = chars.next() {
            if c == '\r' && chars.peek() == Some(&'\n') {
                continue;
            }
            let Scanner { escaped, quoted, depth, comment } = scanner;
            if c == ')' && depth == 0 && !(escaped || quoted || comment) {
                return Err("a parenthesis is closed that was never opened".to_owned());
            }
            if quoted && within_word && (c.is_whitespace() || matches!(c, ';' | '\\')) {
                return Err("a quote inside a word: put the whole text into quotes".to_owned());
            }
            let meaning = scanner.next(c);
            if scanner.quoted && !quoted {
                // hickory's parser begins a string at the start of a word only
                within_word = !kept.ends_with(|last: char| last.is_whitespace() || last == '"');
            }
            match meaning {
                Meaning::Grouping | Meaning::LineBreak => kept.push(' '),
                Meaning::Comment => {}
                Meaning::Text if escaped && c.is_ascii_digit() => {
                    let rest: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_digit))
                        .take(2)
                        .collect();
                    let octet = decimal(&format!("{c}{rest}"), scanner.quoted)?;
                    // the backslash is there already: it is kept where the character needs one
                    if !matches!(octet, '"' | '\\') {
                        kept.pop();
                    }
                    kept.push(octet);
                }
                Meaning::Text
                    if escaped && !scanner.quoted && matches!(c, ';' | '"' | '(' | ')') =>
                {
                    return Err(format!(
                        "`\\{c}` is read inside quotes only: put the text into quotes"
                    ));
                }
                Meaning::Text => kept.push(c),
            }
        }
        Ok(kept)
    }

    /// Whether a backslash stands outside quotes, where hickory's parser reads it in names only.
    pub(super) fn has_bare_escape(&self) -> bool {
        let mut scanner = Scanner::default();
        self.text.chars().any(|c| scanner.next(c) == Meaning::Text && c == '\\' && !scanner.quoted)
    }
}

/// The character of `\DDD`.
fn decimal(digits: &str, quoted: bool) -> Result<char, String> {
    if !quoted {
        return Err(format!("`\\{digits}` is read inside quotes only: write the character itself"));
    }
    match digits.parse::<u8>() {
        Ok(octet) if digits.len() == 3 && octet.is_ascii() && !octet.is_ascii_control() => {
            Ok(char::from(octet))
        }
        Ok(_) if digits.len() == 3 => {
            Err(format!("octet `\\{digits}` is not supported: expected text"))
        }
        _ => Err(format!("`\\{digits}` is no octet: expected `\\000` to `\\255`")),
    }
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
