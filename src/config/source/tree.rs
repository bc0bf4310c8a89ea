//! The values of a file with their places, before anyone knows what they should be.

use std::borrow::Cow;
use std::sync::Arc;

use super::builder::Builder;
use super::{Scalar, Source, Span};
use crate::config::Problem;

/// The values of one file.
#[derive(Debug)]
pub(in crate::config) struct Tree<'s> {
    /// The outermost value.
    pub(in crate::config) root: Node<'s>,
    /// Mistakes that leave the rest readable: keys that come twice, tags, merge keys.
    pub(in crate::config) problems: Vec<Problem>,
}

/// One value and its place.
#[derive(Debug)]
pub(in crate::config) struct Node<'s> {
    pub(in crate::config) span: Span,
    pub(in crate::config) kind: Kind<'s>,
}

/// What a value is.
#[derive(Debug)]
pub(in crate::config) enum Kind<'s> {
    Scalar(Scalar<'s>),
    Sequence(Vec<Node<'s>>),
    /// In the order of the file; no key comes twice.
    Mapping(Vec<Entry<'s>>),
    /// A value with an anchor: it stands once, and again wherever an alias names it.
    Anchored(Arc<Node<'s>>),
}

/// A key and its value.
#[derive(Debug)]
pub(in crate::config) struct Entry<'s> {
    pub(in crate::config) key: Scalar<'s>,
    pub(in crate::config) key_span: Span,
    pub(in crate::config) value: Node<'s>,
}

impl<'s> Tree<'s> {
    /// Reads the text; fails where its syntax is broken or a limit is passed.
    pub(in crate::config) fn parse(source: &'s Source) -> Result<Self, Vec<Problem>> {
        Builder::new(source).run()
    }
}

impl<'s> Node<'s> {
    /// The value itself, whether or not it has an anchor.
    pub(in crate::config) fn value(&self) -> &Kind<'s> {
        let mut node = self;
        while let Kind::Anchored(inner) = &node.kind {
            node = inner;
        }
        &node.kind
    }

    /// What tells this value from all others of its tree.
    pub(in crate::config) fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Entry<'_> {
    /// The key's text.
    pub(in crate::config) fn name(&self) -> &str {
        &self.key.text
    }
}

impl<'s> Scalar<'s> {
    /// The text with the lifetime of the file, where it stands there as it is.
    pub(in crate::config) fn borrowed(&self) -> Option<&'s str> {
        match self.text {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Calls back for each scalar and key with its place; checks that places lie inside each other and the text.
    fn walk(node: &Node<'_>, within: Span, scalars: &mut Vec<(String, bool, Span)>) {
        assert!(within.start <= node.span.start && node.span.start <= node.span.end);
        assert!(node.span.end <= within.end, "{node:?} ends outside {within:?}");
        match node.value() {
            Kind::Scalar(scalar) => {
                scalars.push((scalar.text.to_string(), scalar.plain, node.span));
            }
            Kind::Sequence(items) => items.iter().for_each(|item| walk(item, node.span, scalars)),
            Kind::Mapping(entries) => {
                for entry in entries {
                    scalars.push((entry.name().to_owned(), entry.key.plain, entry.key_span));
                    walk(&entry.value, node.span, scalars);
                }
            }
            Kind::Anchored(_) => unreachable!("value() looks through anchors"),
        }
    }

    fn check_places(text: &str) {
        let source = Source::new("t.yaml", text).unwrap();
        match Tree::parse(&source) {
            Ok(tree) => {
                let mut scalars = Vec::new();
                walk(&tree.root, Span { start: 0, end: source.len() }, &mut scalars);
                for (value, plain, span) in scalars {
                    if plain
                        && !value.contains(char::is_whitespace)
                        && !text.contains(['&', '*', '!'])
                    {
                        assert_eq!(source.slice(span), value, "in {text:?}");
                    }
                }
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                for problem in problems {
                    assert!(problem.span.end <= source.len(), "{problem:?} in {text:?}");
                    let _ = (problem.render(), problem.one_line());
                }
            }
        }
    }

    #[test]
    fn places_are_exact() {
        for text in [
            "a: b\r\nc:\r\n  - é\r\n  - \"日本\"\r\n  - f\r\n",
            "é: { 日本: 語, x: [ü, y] } # ß\nz: 1\n",
            "\u{feff}a: b\n",
            "a: |\n  é\n  x\nb: c\n",
            "- - - a\n    - b\n",
            "? a\n: b\n",
            "a:\nb:\n",
            "{\"a\":\"b\",\"c\":[1,2]}",
            // values that are not there
            "{a}",
            "{a: , b:, c}",
            "[a: , : b, ? ]",
            "{ὐ}",
            "{ὐ: x, ὐὐ}",
            "[ὐ: ]",
            "{é:, ü: }",
            "ὐ:\n",
            "ὐ:\nß:\n",
            "? ὐ\n",
            "- ὐ\n-\n",
            "[{ὐ}, ß]",
        ] {
            check_places(text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            check_places(&text);
        }

        #[test]
        fn any_yaml_like_text_is_read_or_refused(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "é", "日", ": ", ":", "- ", "-", "\n", "\r\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ",
                "\"", "'", "#", " # ", "&a ", "*a", "!", "!!str ", "|\n", ">-\n", "? ", "<<", "\t", "\0", "---\n",
                "...\n", "%", "@", "\u{feff}", "\u{85}", "\u{2028}", "\\", "~", "1", "true",
            ]), 0..40),
        ) {
            check_places(&parts.concat());
        }
    }
}
