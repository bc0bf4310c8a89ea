//! Paths → places in the text.

use std::collections::{BTreeSet, HashMap};

use super::tree::{Entry, Kind, Node, Tree};
use super::{Source, Span};
use crate::config::{Blame, Finding, Path, Problem, Segment};

/// Mappings up to this many entries are searched without an index.
const FEW_ENTRIES: usize = 16;

/// Finds places; remembers the keys of large mappings, so that many findings cost little more than one.
pub(in crate::config) struct Placer<'n, 's> {
    source: &'n Source,
    tree: &'n Tree<'s>,
    /// Values that the reader of the document did not see: list items behind them had smaller indices there.
    dropped: BTreeSet<Path>,
    indexes: HashMap<usize, HashMap<&'n str, usize>>,
}

impl<'n, 's> Placer<'n, 's> {
    /// For paths of the whole document.
    pub(in crate::config) fn new(source: &'n Source, tree: &'n Tree<'s>) -> Self {
        Self::without(source, tree, &[])
    }

    /// For paths of the document without these values.
    pub(in crate::config) fn without(
        source: &'n Source,
        tree: &'n Tree<'s>,
        dropped: &[Path],
    ) -> Self {
        let dropped = dropped.iter().cloned().collect();
        Self { source, tree, dropped, indexes: HashMap::new() }
    }

    /// Places a finding.
    pub(in crate::config) fn problem(&mut self, finding: Finding) -> Problem {
        let span = self.place(&finding.path, finding.blame);
        Problem::new(finding, self.source.clone(), span)
    }

    /// The place of a value or of its key; if the text has no such value, the key of the innermost one around it.
    pub(in crate::config) fn place(&mut self, path: &Path, blame: Blame) -> Span {
        let mut node = &self.tree.root;
        let mut key: Option<Span> = None;
        let mut so_far = Path::default();
        for segment in &path.0 {
            let step = match (node.value(), segment) {
                (Kind::Mapping(entries), Segment::Key(name)) => self
                    .entry(node, entries, name)
                    .map(|entry| (&entry.value, Some(entry.key_span), segment.clone())),
                (Kind::Sequence(items), Segment::Index(index)) => {
                    let index = self.real_index(&so_far, *index);
                    items.get(index).map(|item| (item, None, Segment::Index(index)))
                }
                _ => None,
            };
            let Some((next, next_key, segment)) = step else {
                return key.unwrap_or_else(|| self.head(node));
            };
            (node, key) = (next, next_key);
            so_far.0.push(segment);
        }
        match (blame, key) {
            (Blame::Key, Some(key)) => key,
            (Blame::Value, Some(key)) if self.is_block(node) || self.head(node).is_empty() => key,
            (Blame::Key | Blame::Value, _) => self.head(node),
        }
    }

    /// The first line of a value.
    fn head(&self, node: &Node<'s>) -> Span {
        let first_line = self.source.lines_of(Span { end: node.span.start, ..node.span });
        Span { start: node.span.start, end: node.span.end.min(first_line.end).max(node.span.start) }
    }

    /// Whether the value is a collection without brackets around it.
    fn is_block(&self, node: &Node<'s>) -> bool {
        let opening = self.source.slice(Span { end: node.span.start + 1, ..node.span });
        matches!(node.value(), Kind::Mapping(_) | Kind::Sequence(_))
            && !matches!(opening, "{" | "[" | "*" | "&")
    }

    /// Where a list item stands in the file, from where it stood among those that were not dropped.
    fn real_index(&self, list: &Path, index: usize) -> usize {
        let below = self.dropped.range(list.index(0)..).take_while(|p| p.0.starts_with(&list.0));
        let own = below.filter(|path| path.0.len() == list.0.len() + 1);
        own.fold(index, |real, path| match path.0.last() {
            Some(Segment::Index(gone)) if *gone <= real => real + 1,
            _ => real,
        })
    }

    fn entry(
        &mut self,
        node: &Node<'s>,
        entries: &'n [Entry<'s>],
        name: &str,
    ) -> Option<&'n Entry<'s>> {
        if entries.len() <= FEW_ENTRIES {
            return entries.iter().find(|entry| entry.name() == name);
        }
        let index = self.indexes.entry(node.identity()).or_insert_with(|| {
            entries.iter().enumerate().map(|(at, entry)| (entry.name(), at)).collect()
        });
        index.get(name).and_then(|at| entries.get(*at))
    }
}
