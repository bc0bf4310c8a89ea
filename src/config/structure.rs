//! Tree × JSON Schema → every mistake of form: unknown and missing keys, wrong types, values outside a list.
//!
//! The schema is the one that is published, made from the very types that read the file; what they take, this takes.
//! Parts that do not fit are marked, innermost first, so that the rest can be read and checked further.

mod branches;
mod words;

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::at::At;
use super::nearest::nearest;
use super::source::{Entry, Kind, Meaning, Node, Scalar, Tree};
use super::{Finding, Path, Segment};

/// Most findings of form in one run. Ours: a bound on memory; nobody reads as many.
const MAX_FINDINGS: usize = 1_000;

/// Most keys or values that a help line lists.
const MAX_LISTED: usize = 16;

/// What came of a check.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    /// Parts that do not fit, and so the value around them where it cannot be without them.
    pub(super) dropped: Vec<Path>,
    /// The same parts by [`Node::identity`].
    pub(super) identities: HashSet<usize>,
    /// Whether anything is left to read.
    pub(super) root_fits: bool,
}

/// Checks a document.
pub(super) fn check(tree: &Tree<'_>, schema: &Value) -> Checked {
    let mut checker = Checker { root: schema, buffered: false, checked: Checked::default() };
    let fits = checker.fits(&tree.root, schema, &At::ROOT);
    Checked { root_fits: fits, ..checker.checked }
}

/// The value at a path of the whole document.
pub(super) fn find<'n, 's>(root: &'n Node<'s>, path: &Path) -> Option<&'n Node<'s>> {
    path.0.iter().try_fold(root, |node, segment| match (node.value(), segment) {
        (Kind::Mapping(entries), Segment::Key(key)) => {
            entries.iter().find(|entry| entry.name() == &**key).map(|entry| &entry.value)
        }
        (Kind::Sequence(items), Segment::Index(index)) => items.get(*index),
        _ => None,
    })
}

struct Checker<'c> {
    root: &'c Value,
    /// Inside a choice of forms: values are first read by their looks, so that a number is no text there.
    buffered: bool,
    checked: Checked,
}

impl<'c> Checker<'c> {
    /// Whether the value can be read, apart from the parts marked inside it.
    fn fits(&mut self, node: &Node<'_>, schema: &'c Value, at: &At<'_>) -> bool {
        let Some(rules) = resolve(self.root, schema) else {
            return true;
        };
        for word in ["anyOf", "oneOf"] {
            if let Some(branches) = rules.get(word).and_then(Value::as_array) {
                return self.any_of(node, branches, at);
            }
        }
        if let Some(parts) = rules.get("allOf").and_then(Value::as_array) {
            let unfit = parts.iter().filter(|part| !self.fits(node, part, at)).count();
            return unfit == 0;
        }
        if let Some(values) = words::allowed_values(rules) {
            return self.one_of(node, &values, at);
        }
        match node.value() {
            Kind::Mapping(entries) if accepts(rules, "object") => self.mapping(entries, rules, at),
            Kind::Sequence(items) if accepts(rules, "array") => self.sequence(items, rules, at),
            Kind::Scalar(scalar) => self.scalar(node, scalar, rules, at),
            _ => self.wrong_type(node, rules, at),
        }
    }

    fn scalar(
        &mut self,
        node: &Node<'_>,
        scalar: &Scalar<'_>,
        rules: &'c Map<String, Value>,
        at: &At<'_>,
    ) -> bool {
        let meaning = scalar.meaning();
        let taken = match meaning {
            Meaning::Null => accepts(rules, "null"),
            Meaning::Bool(_) => accepts(rules, "boolean"),
            Meaning::Unsigned(_) | Meaning::Negative(_) => {
                accepts(rules, "integer") || accepts(rules, "number")
            }
            Meaning::Float(_) => accepts(rules, "number"),
            Meaning::Text => accepts(rules, "string"),
        };
        let as_text = accepts(rules, "string") && !self.buffered && meaning != Meaning::Null;
        if taken && !words::in_range(meaning, rules) && !as_text {
            let (what, found) = (words::describe(rules), words::found(node));
            return self
                .refuse(Finding::error(at.path(), format!("expected {what}, found {found}")));
        }
        if taken || as_text {
            return true;
        }
        if scalar.is_absent() && !self.buffered && accepts(rules, "object") {
            return self.mapping(&[], rules, at);
        }
        (scalar.is_absent() && !self.buffered && accepts(rules, "array"))
            || self.wrong_type(node, rules, at)
    }

    fn sequence(&mut self, items: &[Node<'_>], rules: &'c Map<String, Value>, at: &At<'_>) -> bool {
        if let Some(schema) = rules.get("items") {
            for (index, item) in items.iter().enumerate() {
                let at = at.index(index);
                if !self.fits(item, schema, &at) {
                    self.drop(item, &at);
                }
            }
        }
        true
    }

    fn mapping(
        &mut self,
        entries: &[Entry<'_>],
        rules: &'c Map<String, Value>,
        at: &At<'_>,
    ) -> bool {
        let properties = rules.get("properties").and_then(Value::as_object);
        let others = rules.get("additionalProperties");
        let required = || rules.get("required").and_then(Value::as_array).into_iter().flatten();
        let is_required = |name: &str| required().any(|key| key == name);
        let mut fits = true;
        let mut meant = Vec::new();
        let mut free = None;
        for entry in entries {
            let name = entry.name();
            let at = at.key(name);
            let schema = match (properties.and_then(|keys| keys.get(name)), others) {
                (None, Some(Value::Bool(false))) => {
                    let free = free.get_or_insert_with(|| free_keys(properties, entries));
                    meant.extend(self.unknown_key(entry, properties, free, &at));
                    continue;
                }
                (Some(schema), _) | (None, Some(schema)) => schema,
                (None, None) => continue,
            };
            if !self.fits(&entry.value, schema, &at) {
                self.drop(&entry.value, &at);
                fits &= !is_required(name);
            }
        }
        for key in required().filter_map(Value::as_str) {
            if !entries.iter().any(|entry| entry.name() == key) {
                fits = false;
                if !meant.iter().any(|name| name == key) {
                    self.missing_key(key, properties, at);
                }
            }
        }
        fits
    }

    /// Reports a key that has no place here; gives the one that was probably meant, rather one of those still free.
    fn unknown_key(
        &mut self,
        entry: &Entry<'_>,
        properties: Option<&Map<String, Value>>,
        free: &[&str],
        at: &At<'_>,
    ) -> Option<String> {
        self.drop(&entry.value, at);
        if self.checked.findings.len() >= MAX_FINDINGS {
            return None;
        }
        let keys = || properties.into_iter().flat_map(Map::keys).map(String::as_str);
        let name = entry.name();
        let near = nearest(name, free.iter().copied()).or_else(|| nearest(name, keys()));
        let message = format!("unknown key {}", words::quoted(name));
        let finding = Finding::error(at.path(), message).at_key();
        self.refuse(match &near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help(words::list("allowed here", keys())),
        });
        near
    }

    fn missing_key(&mut self, key: &str, keys: Option<&Map<String, Value>>, at: &At<'_>) {
        let schema = keys.and_then(|keys| keys.get(key));
        let help = schema
            .and_then(|schema| schema.get("description").and_then(Value::as_str))
            .and_then(|text| text.lines().next())
            .map(|text| format!("`{key}`: {}", text.trim_end_matches('.')));
        let finding = Finding::error(at.path(), format!("missing key `{key}`")).at_key();
        self.refuse(Finding { help, ..finding });
    }

    /// Checks a value that must be one of a list.
    fn one_of(&mut self, node: &Node<'_>, values: &[&'c Value], at: &At<'_>) -> bool {
        let names = || values.iter().filter_map(|value| value.as_str());
        let Kind::Scalar(scalar) = node.value() else {
            let finding = format!("expected a name, found {}", words::found(node));
            let help = words::list("allowed here", names());
            return self.refuse(Finding::error(at.path(), finding).help(help));
        };
        if values.iter().any(|value| words::equals(scalar, value)) {
            return true;
        }
        let message = match scalar.meaning() {
            Meaning::Null => "a name is missing".to_owned(),
            _ => format!("unknown value {}", words::quoted(&scalar.text)),
        };
        let allowed = words::list("allowed here", names());
        let help = match nearest(&scalar.text, names()) {
            Some(near) => format!("did you mean `{near}`? {allowed}"),
            None => allowed,
        };
        self.refuse(Finding::error(at.path(), message).help(help))
    }

    fn wrong_type(&mut self, node: &Node<'_>, rules: &Map<String, Value>, at: &At<'_>) -> bool {
        let (what, found) = (words::describe(rules), words::found(node));
        let finding = Finding::error(at.path(), format!("expected {what}, found {found}"));
        let help = words::way_out(node, |kind| accepts(rules, kind));
        self.refuse(Finding { help, ..finding })
    }

    /// Notes a finding; always false, for the caller to return.
    fn refuse(&mut self, finding: Finding) -> bool {
        if self.checked.findings.len() < MAX_FINDINGS {
            self.checked.findings.push(finding);
        }
        false
    }

    fn drop(&mut self, node: &Node<'_>, at: &At<'_>) {
        self.checked.identities.insert(node.identity());
        self.checked.dropped.push(at.path());
    }
}

/// The keys that a mapping could still have.
fn free_keys<'c>(keys: Option<&'c Map<String, Value>>, entries: &[Entry<'_>]) -> Vec<&'c str> {
    let keys = keys.into_iter().flat_map(Map::keys).map(String::as_str);
    keys.filter(|key| !entries.iter().any(|entry| entry.name() == *key)).collect()
}

/// Follows references; none where everything is taken.
fn resolve<'c>(root: &'c Value, schema: &'c Value) -> Option<&'c Map<String, Value>> {
    let mut rules = schema.as_object()?;
    // Definitions refer to each other in chains that are shorter than their number.
    for _ in 0..64 {
        let Some(target) = rules.get("$ref").and_then(Value::as_str) else {
            return Some(rules);
        };
        rules = root.pointer(target.strip_prefix('#')?)?.as_object()?;
    }
    None
}

/// Whether the rules take a type; where they name none, whether they take all.
fn accepts(rules: &Map<String, Value>, kind: &str) -> bool {
    match rules.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => !rules.contains_key("properties") || kind == "object",
    }
}
