//! Types and values in the words of a person.

use serde_json::{Map, Value};

use super::{Kind, MAX_LISTED, Meaning, Node, Scalar, accepts};

/// Characters of a value that a message repeats.
const MAX_QUOTED_CHARS: usize = 60;

/// A value in backticks, cut if it is long.
pub(super) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(MAX_QUOTED_CHARS).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", shown.escape_debug())
}

/// Names in backticks after a title.
pub(super) fn list<'a>(title: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return "nothing is allowed here".to_owned();
    }
    let shown = names.get(..MAX_LISTED).unwrap_or(&names).join(", ");
    match names.len().saturating_sub(MAX_LISTED) {
        0 => format!("{title}: {shown}"),
        more => format!("{title}: {shown} and {more} more"),
    }
}

/// What a value is.
pub(super) fn found(node: &Node<'_>) -> String {
    match node.value() {
        Kind::Mapping(_) => "a mapping".to_owned(),
        Kind::Sequence(_) => "a list".to_owned(),
        Kind::Anchored(_) => "an alias".to_owned(),
        Kind::Scalar(scalar) => match scalar.meaning() {
            Meaning::Null => "nothing".to_owned(),
            Meaning::Bool(_) => quoted(&scalar.text),
            Meaning::Unsigned(_) | Meaning::Negative(_) | Meaning::Float(_) => {
                format!("the number {}", quoted(&scalar.text))
            }
            Meaning::Text => format!("the text {}", quoted(&scalar.text)),
        },
    }
}

/// What the rules want.
pub(super) fn describe(rules: &Map<String, Value>) -> String {
    if let Some(values) = allowed_values(rules) {
        let names: Vec<String> = values.iter().map(|value| value_name(value)).collect();
        return names.join(" or ");
    }
    let words = [
        ("string", "text"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("boolean", "`true` or `false`"),
        ("array", "a list"),
        ("object", "a mapping"),
    ];
    let taken: Vec<&str> = words
        .iter()
        .filter(|(kind, _)| rules.contains_key("type") && accepts(rules, kind))
        .map(|(_, word)| *word)
        .collect();
    let range = match range(rules) {
        _ if !accepts(rules, "integer") => String::new(),
        (i128::MIN, i128::MAX) => String::new(),
        (least, i128::MAX) => format!(" from {least}"),
        (i128::MIN, most) => format!(" up to {most}"),
        (least, most) => format!(" from {least} to {most}"),
    };
    if taken.is_empty() { "something else".to_owned() } else { taken.join(" or ") + &range }
}

/// How to write what was probably meant.
pub(super) fn way_out(node: &Node<'_>, wants: impl Fn(&str) -> bool) -> Option<String> {
    let Kind::Scalar(scalar) = node.value() else {
        return None;
    };
    let text = &*scalar.text;
    match scalar.meaning() {
        Meaning::Null => None,
        Meaning::Bool(_) | Meaning::Unsigned(_) | Meaning::Negative(_) | Meaning::Float(_)
            if wants("string") =>
        {
            Some(format!("put it in quotes: `\"{text}\"`"))
        }
        _ if wants("array") => Some(format!("a list stands in brackets: `[{}]`", short(text))),
        Meaning::Text if wants("boolean") => match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => Some("write `true`".to_owned()),
            "no" | "off" | "n" | "false" => Some("write `false`".to_owned()),
            _ => None,
        },
        Meaning::Text if wants("integer") || wants("number") => {
            let bare = Scalar { text: text.into(), plain: true };
            let number =
                !matches!(bare.meaning(), Meaning::Text | Meaning::Null | Meaning::Bool(_));
            number.then(|| format!("take the quotes off: `{text}`"))
        }
        _ => None,
    }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_QUOTED_CHARS).collect()
}

fn value_name(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("`{value}`"), |name| format!("`{name}`"))
}

/// The values of an enumeration or a constant.
pub(super) fn allowed_values(rules: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (rules.get("const"), rules.get("enum")) {
        (Some(only), _) => Some(vec![only]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

/// Whether a scalar is this value.
pub(super) fn equals(scalar: &Scalar<'_>, value: &Value) -> bool {
    match (value, scalar.meaning()) {
        (Value::String(name), Meaning::Null) => !scalar.is_absent() && *name == scalar.text,
        (Value::String(name), _) => *name == scalar.text,
        (Value::Null, meaning) => meaning == Meaning::Null,
        (Value::Bool(value), meaning) => meaning == Meaning::Bool(*value),
        (Value::Number(value), Meaning::Unsigned(found)) => value.as_u64() == Some(found),
        (Value::Number(value), Meaning::Negative(found)) => value.as_i64() == Some(found),
        (Value::Number(value), Meaning::Float(found)) => value.as_f64() == Some(found),
        _ => false,
    }
}

/// Whether a number is one that the rules take.
pub(super) fn in_range(meaning: Meaning, rules: &Map<String, Value>) -> bool {
    let value = match meaning {
        Meaning::Unsigned(value) => i128::from(value),
        Meaning::Negative(value) => i128::from(value),
        Meaning::Null | Meaning::Bool(_) | Meaning::Float(_) | Meaning::Text => return true,
    };
    let (least, most) = range(rules);
    (least..=most).contains(&value)
}

/// The least and the greatest whole number that the rules take.
fn range(rules: &Map<String, Value>) -> (i128, i128) {
    let (least, most) = match rules.get("format").and_then(Value::as_str) {
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint" | "uint64") => (0, u64::MAX.into()),
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("int" | "int64") => (i64::MIN.into(), i64::MAX.into()),
        _ => (i128::MIN, i128::MAX),
    };
    let bound = |name: &str| rules.get(name).and_then(Value::as_i64).map(i128::from);
    (
        bound("minimum").map_or(least, |b| b.max(least)),
        bound("maximum").map_or(most, |b| b.min(most)),
    )
}
