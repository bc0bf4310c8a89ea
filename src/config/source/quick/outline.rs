//! Cursor → the tree of a text, cut down to the values that findings are about.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::GaveUp;
use super::cursor::{Cursor, Shape};
use crate::config::source::{Entry, Kind, Node};
use crate::config::{Finding, Path, Segment};

/// Reads the whole text and keeps what lies on the way to the findings' values.
pub(super) fn document<'s>(
    cursor: &mut Cursor<'s>,
    findings: &[Finding],
) -> Result<Node<'s>, GaveUp> {
    let mut wanted = Wanted::default();
    for finding in findings {
        wanted.add(&finding.path);
    }
    let shape = cursor.root()?;
    let root = node(cursor, shape, Some(&wanted))?;
    cursor.end()?;
    Ok(root)
}

/// The paths of findings, as a tree.
#[derive(Default)]
struct Wanted<'p> {
    keys: HashMap<&'p str, Self, RandomState>,
    items: HashMap<usize, Self, RandomState>,
}

impl<'p> Wanted<'p> {
    fn add(&mut self, path: &'p Path) {
        let mut here = self;
        for segment in &path.0 {
            here = match segment {
                Segment::Key(key) => here.keys.entry(key).or_default(),
                Segment::Index(index) => here.items.entry(*index).or_default(),
            };
        }
    }
}

/// A value; without `wanted`, its place alone matters.
fn node<'s>(
    cursor: &mut Cursor<'s>,
    shape: Shape<'s>,
    wanted: Option<&Wanted<'_>>,
) -> Result<Node<'s>, GaveUp> {
    match shape {
        Shape::Scalar(scalar, span) => Ok(Node { span, kind: Kind::Scalar(scalar) }),
        Shape::Sequence(mut open) => {
            let mut items = Vec::new();
            let mut at = 0;
            while let Some(item) = cursor.next_item(&mut open)? {
                match wanted.filter(|wanted| !wanted.items.is_empty()) {
                    Some(wanted) => items.push(node(cursor, item, wanted.items.get(&at))?),
                    None => cursor.skip(item)?,
                }
                at += 1;
            }
            Ok(Node { span: open.span(), kind: Kind::Sequence(items) })
        }
        Shape::Mapping(mut open) => {
            let mut entries = Vec::new();
            while let Some((key, key_span)) = cursor.next_key(&mut open)? {
                let value = cursor.value(&open)?;
                match wanted.and_then(|wanted| wanted.keys.get(&*key.text)) {
                    Some(wanted) => {
                        let value = node(cursor, value, Some(wanted))?;
                        entries.push(Entry { key, key_span, value });
                    }
                    None => cursor.skip(value)?,
                }
            }
            Ok(Node { span: open.span(), kind: Kind::Mapping(entries) })
        }
    }
}

impl<'s> Cursor<'s> {
    /// Steps over a value; what is odd in it is found all the same.
    pub(super) fn skip(&mut self, shape: Shape<'s>) -> Result<(), GaveUp> {
        match shape {
            Shape::Scalar(..) => {}
            Shape::Sequence(mut open) => {
                while let Some(item) = self.next_item(&mut open)? {
                    self.skip(item)?;
                }
            }
            Shape::Mapping(mut open) => {
                while self.next_key(&mut open)?.is_some() {
                    let value = self.value(&open)?;
                    self.skip(value)?;
                }
            }
        }
        Ok(())
    }
}
