//! What a scalar means by YAML 1.2's core schema, with two of its oddities left out: digits after a leading zero stay
//! text (account ids), and so do `inf` and `nan`.

use std::borrow::Cow;

/// A scalar of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Scalar<'s> {
    /// Its text, escapes resolved.
    pub(in crate::config) text: Cow<'s, str>,
    /// Whether it stands without quotes, so that it may be a number.
    pub(in crate::config) plain: bool,
}

/// What a scalar means where nothing says what is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::config) enum Meaning {
    /// `null`, `~` or nothing at all.
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    Text,
}

impl Scalar<'_> {
    /// Its meaning by its form alone.
    pub(in crate::config) fn meaning(&self) -> Meaning {
        if !self.plain {
            return Meaning::Text;
        }
        match &*self.text {
            _ if self.is_null() => Meaning::Null,
            "true" | "True" | "TRUE" => Meaning::Bool(true),
            "false" | "False" | "FALSE" => Meaning::Bool(false),
            text => number(text),
        }
    }

    /// Whether it means that there is nothing.
    pub(in crate::config) fn is_null(&self) -> bool {
        self.plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }

    /// Whether nothing stands there, not even `null`.
    pub(in crate::config) fn is_absent(&self) -> bool {
        self.plain && self.text.is_empty()
    }
}

fn number(text: &str) -> Meaning {
    let starts_like_one =
        text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let leading_zero = unsigned.len() > 1
        && unsigned.starts_with('0')
        && unsigned.bytes().all(|b| b.is_ascii_digit());
    if !starts_like_one || leading_zero || unsigned.starts_with(['-', '+']) {
        return Meaning::Text;
    }
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| !digits.starts_with('+')) {
        return u64::from_str_radix(digits, 16).map_or(Meaning::Text, Meaning::Unsigned);
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| !digits.starts_with('+')) {
        return u64::from_str_radix(digits, 8).map_or(Meaning::Text, Meaning::Unsigned);
    }
    if let Ok(value) = text.parse::<u64>() {
        return Meaning::Unsigned(value);
    }
    if let Ok(value) = text.parse::<i64>() {
        return Meaning::Negative(value);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Meaning::Float(value),
        Ok(_) | Err(_) => Meaning::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means() {
        for (text, expected) in [
            ("", Meaning::Null),
            ("~", Meaning::Null),
            ("true", Meaning::Bool(true)),
            ("yes", Meaning::Text),
            ("443", Meaning::Unsigned(443)),
            ("+1", Meaning::Unsigned(1)),
            ("-1", Meaning::Negative(-1)),
            ("--1", Meaning::Text),
            ("0x1F", Meaning::Unsigned(31)),
            ("0o17", Meaning::Unsigned(15)),
            ("0", Meaning::Unsigned(0)),
            ("012345678901", Meaning::Text),
            ("1.5", Meaning::Float(1.5)),
            ("1e3", Meaning::Float(1000.0)),
            ("1e999", Meaning::Text),
            ("inf", Meaning::Text),
            ("-inf", Meaning::Text),
            ("10.0.0.1", Meaning::Text),
            ("::1", Meaning::Text),
        ] {
            let plain = Scalar { text: text.into(), plain: true };
            assert_eq!(plain.meaning(), expected, "{text}");
            assert_eq!(Scalar { plain: false, ..plain }.meaning(), Meaning::Text, "'{text}'");
        }
    }
}
