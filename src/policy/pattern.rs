//! Texts of a policy as patterns: wildcards, and policy variables. N251, N253

use super::RequestContext;
use crate::model::PolicyVersion;

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none; `/` and `:` too.
    Any,
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

/// Whether the case of letters counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Counts,
    Ignored,
}

/// Whether `*` and `?` stand for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wildcards {
    Stand,
    Plain,
}

impl Pattern {
    /// A pattern without variables.
    pub(super) fn plain(text: &str) -> Self {
        Self(text.chars().map(|c| token(c, Wildcards::Stand)).collect())
    }

    /// A text of a policy with its variables filled in; none where a variable has no value, or more than one: such a text
    /// matches nothing. What a variable stands for is taken letter by letter.
    pub(super) fn expand(
        text: &str,
        version: PolicyVersion,
        wildcards: Wildcards,
        context: &RequestContext,
    ) -> Option<Self> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text;
        if version == PolicyVersion::V2012 {
            while let Some((before, after)) = rest.split_once("${") {
                let Some((variable, after)) = after.split_once('}') else { break };
                tokens.extend(before.chars().map(|c| token(c, wildcards)));
                tokens.extend(value_of(variable, context)?.chars().map(Token::Char));
                rest = after;
            }
        }
        tokens.extend(rest.chars().map(|c| token(c, wildcards)));
        Some(Self(tokens))
    }

    /// Whether a text has this form. Takes time in proportion to the product of both lengths.
    pub(super) fn matches(&self, text: &str, case: Case) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut in_text) = (0, 0);
        // the last `*`, and how much of the text it stands for
        let mut star: Option<(usize, usize)> = None;
        while let Some(found) = text.get(in_text) {
            match self.0.get(at) {
                Some(Token::Any) => {
                    star = Some((at, in_text));
                    at += 1;
                    continue;
                }
                Some(Token::One) => {}
                Some(Token::Char(wanted)) if same(*wanted, *found, case) => {}
                _ => {
                    let Some((before, from)) = star else { return false };
                    star = Some((before, from + 1));
                    (at, in_text) = (before + 1, from + 1);
                    continue;
                }
            }
            at += 1;
            in_text += 1;
        }
        self.0.iter().skip(at).all(|token| *token == Token::Any)
    }
}

fn token(c: char, wildcards: Wildcards) -> Token {
    match (c, wildcards) {
        ('*', Wildcards::Stand) => Token::Any,
        ('?', Wildcards::Stand) => Token::One,
        _ => Token::Char(c),
    }
}

fn same(a: char, b: char, case: Case) -> bool {
    a == b || (case == Case::Ignored && a.to_lowercase().eq(b.to_lowercase()))
}

/// What a variable stands for: `${key}`, `${key, 'default'}`, or `${*}`, `${?}`, `${$}` for the characters themselves.
/// An empty value is none, which is a choice.
fn value_of<'a>(variable: &'a str, context: &'a RequestContext) -> Option<&'a str> {
    if let "*" | "?" | "$" = variable {
        return Some(variable);
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            (key, default.strip_prefix('\'').and_then(|default| default.strip_suffix('\'')))
        }
        None => (variable, None),
    };
    match context.get(key.trim()) {
        Some([value]) if !value.is_empty() => Some(value),
        Some([_]) | None => default,
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b:c", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a*b*c", "a-b-b-c", true),
            ("*a?", "aaab", true),
            ("**a**", "bab", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ] {
            let found = Pattern::plain(pattern).matches(text, Case::Counts);
            assert_eq!(found, expected, "{pattern} {text}");
        }
        assert!(Pattern::plain("s3:get*").matches("S3:GetObject", Case::Ignored));
        assert!(!Pattern::plain("s3:get*").matches("S3:GetObject", Case::Counts));
    }

    #[test]
    fn variables() {
        let context = RequestContext::of([("aws:username", "a*"), ("many", "x"), ("many", "y")]);
        for (text, version, wanted, expected) in [
            ("b/${aws:username}/*", PolicyVersion::V2012, "b/a*/k", true),
            ("b/${aws:username}/*", PolicyVersion::V2012, "b/ab/k", false),
            ("b/${AWS:UserName}", PolicyVersion::V2012, "b/a*", true),
            ("b/${aws:username}", PolicyVersion::V2008, "b/${aws:username}", true),
            ("b/${none}", PolicyVersion::V2012, "b/${none}", false),
            ("b/${none, 'd'}", PolicyVersion::V2012, "b/d", true),
            ("b/${many}", PolicyVersion::V2012, "b/x", false),
            ("b/${*}", PolicyVersion::V2012, "b/*", true),
            ("b/${*}", PolicyVersion::V2012, "b/x", false),
            ("b/${", PolicyVersion::V2012, "b/${", true),
        ] {
            let pattern = Pattern::expand(text, version, Wildcards::Stand, &context);
            let found = pattern.is_some_and(|pattern| pattern.matches(wanted, Case::Counts));
            assert_eq!(found, expected, "{text} {wanted}");
        }
    }
}
