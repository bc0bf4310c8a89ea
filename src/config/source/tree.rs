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
