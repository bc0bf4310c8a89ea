//! Values → YAML, for what writes topology files.
//!
//! By hand, since libraries write YAML 1.1, in which U+0085 and U+2028 break lines, and one line an item.

use std::fmt::Write as _;

use serde_json::Value;

/// Longest list of scalars that stands on one line, in octets.
const MAX_INLINE: usize = 100;

/// Words that some readers take for something else than a text.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// The text of a topology file: mappings in their order, one key a line.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(entries) if !entries.is_empty() => mapping(&mut out, entries, 0),
        other => {
            out.push_str(&inline(other));
            out.push('\n');
        }
    }
    out
}

/// The entries of a mapping, each on a line of its own; the first continues the line that there is.
fn mapping(out: &mut String, entries: &serde_json::Map<String, Value>, depth: usize) {
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 {
            indent(out, depth);
        }
        out.push_str(&scalar(key));
        out.push(':');
        behind(out, value, depth);
    }
}

/// What stands behind a key or a hyphen: on its line where it is short.
fn behind(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            out.push('\n');
            indent(out, depth + 1);
            mapping(out, entries, depth + 1);
        }
        Value::Array(values) if !is_inline(values) => {
            out.push('\n');
            for value in values {
                indent(out, depth + 1);
                out.push_str("- ");
                match value {
                    Value::Object(entries) if !entries.is_empty() => {
                        mapping(out, entries, depth + 2);
                    }
                    // a list in a list, which topologies do not have, is on one line
                    other => _ = writeln!(out, "{}", inline(other)),
                }
            }
        }
        other => _ = writeln!(out, " {}", inline(other)),
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Whether a list is short and holds scalars alone.
fn is_inline(values: &[Value]) -> bool {
    let is_short = |value: &Value| value.as_str().is_none_or(|text| text.len() <= MAX_INLINE);
    values.iter().all(|value| !value.is_array() && !value.is_object() && is_short(value))
        && values.iter().map(|value| inline(value).len() + 2).sum::<usize>() <= MAX_INLINE
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(inline).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), inline(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text: in quotes unless nobody can take it for anything else.
fn scalar(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic());
    // addresses and blocks, which no reader takes for numbers
    let is_address =
        text.starts_with(|first: char| first.is_ascii_digit()) && text.matches('.').count() == 3;
    if (is_name || is_address) && text.bytes().all(plain) && !is_word {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\u{2028}' | '\u{2029}' | '\u{feff}' => _ = write!(quoted, "\\u{:04x}", u32::from(c)),
            c if c.is_control() => _ = write!(quoted, "\\u{:04x}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Entries, Source, read};

    #[test]
    fn odd_texts_are_read_back_as_they_were() {
        let odd = [
            "",
            " ",
            "no",
            "Yes",
            "null",
            "~",
            "123",
            "0x1F",
            "1e3",
            ".inf",
            "2008-10-17",
            "1:30",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "*",
            "&a",
            "!t",
            "%",
            "@",
            "`",
            "'",
            "\"",
            "\\",
            "{}",
            "[a]",
            "a\nb",
            "a\n",
            "\n",
            "\t",
            "\u{0}",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "é",
            "🦀",
            "<<",
            "=",
            "---",
            "...",
            "a\r\nb",
            " a ",
            "? b",
            "|",
            ">",
            "1_000",
            "0o17",
            "true",
        ];
        for text in odd {
            let long = "x".repeat(MAX_INLINE);
            let list = serde_json::json!([text, long]);
            assert_eq!(serde_yaml::from_str::<Value>(&to_yaml(&list)).unwrap(), list, "{text:?}");
            let written = to_yaml(&serde_json::json!({ "key": text, text: "value" }));
            let source = Source::new("t", &written).unwrap();
            let read = read::<Entries<String>>(&source);
            let read =
                read.unwrap_or_else(|broken| panic!("{text:?}: {:?}\n{written}", broken.problems));
            assert_eq!(read.get("key").map(String::as_str), Some(text), "{written}");
            assert_eq!(read.get(text).map(String::as_str), Some("value"), "{written}");
        }
    }
}
