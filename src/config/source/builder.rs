//! Parser events → tree, refusing as soon as a limit is passed.
//!
//! An anchored value is kept once and shared by its aliases; what the aliases stand for together is counted, so that
//! neither memory nor the time to walk the tree can explode.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::tree::{Entry, Kind, Node, Tree};
use super::{
    MAX_ALIASED_NODES, MAX_DEPTH, MAX_NODES, MAX_SCALAR_BYTES, Scalar, Source, Span, floor,
};
use crate::config::{Finding, Path, Problem};

/// Mappings up to this many entries are searched for double keys without an index.
const FEW_ENTRIES: usize = 8;

/// Most mistakes kept of those that leave the rest readable.
const MAX_PROBLEMS: usize = 1_000;

pub(super) struct Builder<'s> {
    source: &'s Source,
    cursor: Cursor<'s>,
    open: Vec<Open<'s>>,
    anchors: HashMap<usize, Anchored<'s>>,
    root: Option<Node<'s>>,
    documents: usize,
    nodes: usize,
    aliased: usize,
    problems: Vec<Problem>,
}

/// A collection whose end has not come yet.
struct Open<'s> {
    span: Span,
    anchor: usize,
    children: Children<'s>,
    size: Size,
}

enum Children<'s> {
    Sequence(Vec<Node<'s>>),
    Mapping { entries: Vec<Entry<'s>>, key: Option<(Scalar<'s>, Span)> },
}

struct Anchored<'s> {
    node: Arc<Node<'s>>,
    size: Size,
}

/// How much a value is when all its aliases are followed.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    /// Levels of collections, itself included.
    height: usize,
}

impl Size {
    const SCALAR: Self = Self { nodes: 1, height: 0 };
    const EMPTY: Self = Self { nodes: 1, height: 1 };

    fn add(&mut self, child: Self) {
        self.nodes = self.nodes.saturating_add(child.nodes);
        self.height = self.height.max(child.height + 1);
    }
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            cursor: Cursor::new(source.text()),
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            nodes: 0,
            aliased: 0,
            problems: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Tree<'s>, Vec<Problem>> {
        let mut parser: Parser<'s, StrInput<'s>> = Parser::new_from_str(self.source.text());
        while let Some(next) = parser.next_event() {
            let step = match next {
                Ok((event, span)) => {
                    let place = self.span(span.start, span.end);
                    self.take(event, place)
                }
                Err(error) => Err(self.syntax(&error)),
            };
            if let Err(problem) = step {
                self.problems.push(*problem);
                return Err(self.problems);
            }
        }
        match self.root {
            Some(Node { kind: Kind::Scalar(scalar), .. }) if scalar.is_absent() => {
                Err(vec![empty(self.source)])
            }
            None => Err(vec![empty(self.source)]),
            Some(root) => Ok(Tree { root, problems: self.problems }),
        }
    }

    fn take(&mut self, event: Event<'s>, span: Span) -> Result<(), Box<Problem>> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let help = "keep one document in a file: take out the `---` between them";
                    return Err(self.fail(span, "a second YAML document", help));
                }
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, style, anchor, tag.as_deref(), span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(Children::Sequence(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(anchor, tag) => {
                let children = Children::Mapping { entries: Vec::new(), key: None };
                self.start(children, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
        }
    }

    fn start(
        &mut self,
        children: Children<'s>,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Box<Problem>> {
        if self.expects_key() {
            let message = "a key must be text; found a list or a mapping";
            return Err(self.fail(span, message, "put it in quotes if it is meant as text"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        self.check_tag(tag, span);
        self.open.push(Open { span, anchor, children, size: Size::EMPTY });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Result<(), Box<Problem>> {
        let Some(Open { span, anchor, children, size }) = self.open.pop() else {
            return Ok(());
        };
        let kind = match children {
            Children::Sequence(items) => Kind::Sequence(items),
            Children::Mapping { mut entries, .. } => {
                self.refuse_double_keys(&mut entries);
                Kind::Mapping(entries)
            }
        };
        let span = Span { start: span.start, end: end.end.max(span.end) };
        self.finish(Node { span, kind }, anchor, size)
    }

    fn scalar(
        &mut self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Box<Problem>> {
        if text.len() > MAX_SCALAR_BYTES {
            let message = format!(
                "a value of {} bytes, the limit is {MAX_SCALAR_BYTES} (64 KiB)",
                text.len()
            );
            return Err(self.fail(span, &message, ""));
        }
        let is_text = self.check_tag(tag, span);
        // the parser gives a value that is not there the place of what stands where it would be: `}` of `{a}`
        let is_there = style != ScalarStyle::Plain || !text.is_empty();
        let span = if is_there { span } else { Span { end: span.start, ..span } };
        let scalar = Scalar { text, plain: style == ScalarStyle::Plain && !is_text };
        if self.expects_key() {
            if let Some(Open { children: Children::Mapping { key, .. }, .. }) = self.open.last_mut()
            {
                *key = Some((scalar, span));
            }
            return Ok(());
        }
        self.finish(Node { span, kind: Kind::Scalar(scalar) }, anchor, Size::SCALAR)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Box<Problem>> {
        if self.expects_key() {
            return Err(self.fail(span, "a key must be text; found an alias", "write the key out"));
        }
        let Some(Anchored { node, size }) = self.anchors.get(&anchor) else {
            return Err(self.fail(span, "an alias inside the value that it names", ""));
        };
        let (node, size) = (Arc::clone(node), *size);
        self.aliased = self.aliased.saturating_add(size.nodes);
        if self.aliased > MAX_ALIASED_NODES {
            let message =
                format!("the aliases up to here stand for more than {MAX_ALIASED_NODES} values");
            return Err(self.fail(span, &message, "write the values out"));
        }
        if self.open.len() + size.height > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        self.finish(Node { span, kind: Kind::Anchored(node) }, 0, size)
    }

    /// Puts a value where it belongs.
    fn finish(&mut self, node: Node<'s>, anchor: usize, size: Size) -> Result<(), Box<Problem>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values in one file");
            return Err(self.fail(node.span, &message, ""));
        }
        let node = if anchor == 0 {
            node
        } else {
            let span = node.span;
            let shared = Arc::new(node);
            self.anchors.insert(anchor, Anchored { node: Arc::clone(&shared), size });
            Node { span, kind: Kind::Anchored(shared) }
        };
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(parent) => {
                parent.size.add(size);
                match &mut parent.children {
                    Children::Sequence(items) => items.push(node),
                    Children::Mapping { entries, key } => {
                        if let Some((key, key_span)) = key.take() {
                            entries.push(Entry { key, key_span, value: node });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| matches!(open.children, Children::Mapping { key: None, .. }))
    }

    /// Takes out keys that cannot stand: the second of a name, empty ones, and YAML 1.1's merge key.
    fn refuse_double_keys(&mut self, entries: &mut Vec<Entry<'s>>) {
        let firsts = first_places(entries);
        let mut at = 0;
        entries.retain(|entry| {
            let first = firsts.get(&at).copied();
            at += 1;
            let (message, help, also) = if entry.key.plain && entry.name() == "<<" {
                let help = "copy the keys here: a reader then sees what applies";
                ("merge keys (`<<`) are not taken".to_owned(), help, None)
            } else if entry.key.is_absent() {
                ("an entry without a key".to_owned(), "write `key: value`", None)
            } else if let Some(first) = first {
                let message = format!("the key `{}` comes twice", entry.name());
                (message, "keep one of them", Some((first, "first here".to_owned())))
            } else {
                return true;
            };
            if self.problems.len() < MAX_PROBLEMS {
                let finding = Finding::error(Path::default(), message).help(help);
                let mut problem = Problem::new(finding, self.source.clone(), entry.key_span);
                problem.also = also;
                self.problems.push(problem);
            }
            false
        });
    }

    /// Whether the tag makes a scalar text; tags other than YAML's own are refused.
    fn check_tag(&mut self, tag: Option<&Tag>, span: Span) -> bool {
        let Some(tag) = tag else {
            return false;
        };
        if tag.is_yaml_core_schema() {
            return tag.suffix == "str";
        }
        if self.problems.len() < MAX_PROBLEMS {
            let name = format!("{}{}", tag.handle, tag.suffix);
            let finding = Finding::error(Path::default(), format!("the tag `{name}` is not taken"))
                .help("put text that starts with `!` in quotes");
            self.problems.push(Problem::new(finding, self.source.clone(), span));
        }
        false
    }

    fn too_deep(&self, span: Span) -> Box<Problem> {
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        self.fail(span, &message, "")
    }

    fn fail(&self, span: Span, message: &str, help: &str) -> Box<Problem> {
        let mut finding = Finding::error(Path::default(), message);
        if !help.is_empty() {
            finding = finding.help(help);
        }
        Box::new(Problem::new(finding, self.source.clone(), span))
    }

    fn syntax(&mut self, error: &ScanError) -> Box<Problem> {
        let at = self.span(*error.marker(), *error.marker());
        let span = Span { end: at.end.saturating_add(1).min(self.source.len()), ..at };
        let info = error.info();
        if info.contains("recursion limit") {
            return self.too_deep(span);
        }
        let help = if info.contains("tab")
            || info.contains("YAML whitespace")
            || self.source.slice(span) == "\t"
        {
            "YAML indents with spaces; in JSON, put a space after each `:`"
        } else if info.contains("escape code") {
            "write the character itself; YAML has no surrogate pairs"
        } else {
            ""
        };
        self.fail(span, &format!("not YAML: {info}"), help)
    }

    fn span(&mut self, start: Marker, end: Marker) -> Span {
        let start = self.cursor.byte(start.index());
        let end = self.cursor.byte(end.index()).max(start);
        Span { start, end }
    }
}

/// For each entry whose key came before, by its index: the place of the first.
fn first_places(entries: &[Entry<'_>]) -> HashMap<usize, Span> {
    let mut doubles = HashMap::new();
    if entries.len() <= FEW_ENTRIES {
        for (at, entry) in entries.iter().enumerate() {
            if let Some(first) = entries.iter().take(at).find(|e| e.name() == entry.name()) {
                doubles.insert(at, first.key_span);
            }
        }
        return doubles;
    }
    let mut firsts: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        if let Some(first) = firsts.get(entry.name()) {
            doubles.insert(at, *first);
        } else {
            firsts.insert(entry.name(), entry.key_span);
        }
    }
    doubles
}

fn empty(source: &Source) -> Problem {
    let finding = Finding::error(Path::default(), "the file is empty")
        .help("it needs at least `region:` and one VPC under `vpcs:`");
    Problem::new(finding, source.clone(), Span::default())
}

/// Characters → bytes: the parser counts the former. Steps from where it was last, since places come nearly in order.
struct Cursor<'s> {
    text: &'s str,
    ascii: bool,
    chars: usize,
    bytes: usize,
}

impl<'s> Cursor<'s> {
    fn new(text: &'s str) -> Self {
        Self { text, ascii: text.is_ascii(), chars: 0, bytes: 0 }
    }

    fn byte(&mut self, char: usize) -> u32 {
        if self.ascii {
            self.bytes = char.min(self.text.len());
        } else if char >= self.chars {
            let rest = self.text.get(self.bytes..).unwrap_or_default();
            let steps = char - self.chars;
            let ahead = rest.char_indices().nth(steps).map_or(rest.len(), |(at, _)| at);
            let past_end = ahead == rest.len();
            self.chars = if past_end { self.chars + rest.chars().count() } else { char };
            self.bytes += ahead;
        } else {
            while self.chars > char && self.bytes > 0 {
                self.bytes = floor(self.text, self.bytes - 1);
                self.chars -= 1;
            }
        }
        u32::try_from(self.bytes).unwrap_or(u32::MAX)
    }
}
