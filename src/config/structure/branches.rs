//! Values that may have one of several forms: nullable ones, choices told apart by a key, and choices told apart by
//! looks alone.

use serde_json::{Map, Value};

use super::{At, Checked, Checker, Finding, Kind, Meaning, Node, accepts, resolve, words};

impl<'c> Checker<'c> {
    /// Checks a value that may have any of several forms; reports what keeps it from the form that it is nearest to.
    pub(super) fn any_of(&mut self, node: &Node<'_>, branches: &'c [Value], at: &At<'_>) -> bool {
        let mut forms: Vec<(&'c Value, &'c Map<String, Value>)> = Vec::new();
        let mut nullable = false;
        for branch in branches {
            match resolve(self.root, branch) {
                None => return true,
                Some(rules) if rules.get("type").is_some_and(|kind| kind == "null") => {
                    nullable = true;
                }
                Some(rules) => forms.push((branch, rules)),
            }
        }
        if nullable && matches!(node.value(), Kind::Scalar(s) if s.meaning() == Meaning::Null) {
            return true;
        }
        if let [(only, _)] = forms.as_slice() {
            return self.fits(node, only, at);
        }
        let values: Option<Vec<_>> =
            forms.iter().map(|(_, rules)| words::allowed_values(rules)).collect();
        if let Some(values) = values {
            return self.one_of(node, &values.concat(), at);
        }
        if let Some(tag) = common_tag(self.root, &forms) {
            return self.tagged(node, tag, &forms, at);
        }
        self.nearest_form(node, &forms, at)
    }

    fn tagged(
        &mut self,
        node: &Node<'_>,
        tag: &'c str,
        forms: &[(&'c Value, &'c Map<String, Value>)],
        at: &At<'_>,
    ) -> bool {
        let Kind::Mapping(entries) = node.value() else {
            let message = format!("expected a mapping, found {}", words::found(node));
            return self.refuse(Finding::error(at.path(), message));
        };
        let Some(entry) = entries.iter().find(|entry| entry.name() == tag) else {
            let finding = Finding::error(at.path(), format!("missing key `{tag}`")).at_key();
            return self.refuse(finding);
        };
        let values: Vec<&'c Value> =
            forms.iter().filter_map(|(_, rules)| tag_value(self.root, rules, tag)).collect();
        if !self.one_of(&entry.value, &values, &at.key(tag)) {
            return false;
        }
        let chosen = forms.iter().find(|(_, rules)| {
            matches!((entry.value.value(), tag_value(self.root, rules, tag)),
                (Kind::Scalar(scalar), Some(value)) if words::equals(scalar, value))
        });
        let outer = std::mem::replace(&mut self.buffered, true);
        let fits = chosen.is_none_or(|(form, _)| self.fits(node, form, at));
        self.buffered = outer;
        fits
    }

    fn nearest_form(
        &mut self,
        node: &Node<'_>,
        forms: &[(&'c Value, &'c Map<String, Value>)],
        at: &At<'_>,
    ) -> bool {
        let mut best: Option<(Checked, bool)> = None;
        for (form, rules) in forms {
            if !has_shape(self.root, node, rules) {
                continue;
            }
            let mut trial =
                Checker { root: self.root, buffered: true, checked: Checked::default() };
            let fits = trial.fits(node, form, at);
            if trial.checked.findings.is_empty() && fits {
                return true;
            }
            let findings = trial.checked.findings.len();
            if best.as_ref().is_none_or(|(other, _)| findings < other.findings.len()) {
                best = Some((trial.checked, fits));
            }
        }
        let Some((chosen, fits)) = best else {
            let what: Vec<String> = forms.iter().map(|(_, rules)| words::describe(rules)).collect();
            let message = format!("expected {}, found {}", what.join(" or "), words::found(node));
            let help =
                words::way_out(node, |kind| forms.iter().any(|(_, rules)| accepts(rules, kind)));
            return self.refuse(Finding { help, ..Finding::error(at.path(), message) });
        };
        let keys = mapping_keys(node, forms);
        let is_word = matches!(node.value(), Kind::Scalar(_));
        let lists = is_word && forms.iter().any(|(_, rules)| rules.contains_key("items"));
        for finding in chosen.findings {
            let help = match finding.help {
                Some(help) if lists => Some(format!("{help}; or a list")),
                Some(help) if !keys.is_empty() => {
                    let keys = words::list("or a mapping with", keys.iter().copied());
                    Some(format!("{help}; {keys}"))
                }
                help => help,
            };
            self.refuse(Finding { help, ..finding });
        }
        self.checked.dropped.extend(chosen.dropped);
        self.checked.identities.extend(chosen.identities);
        fits
    }
}

/// The keys of the forms that are mappings, where a word stands that is none of the allowed ones.
fn mapping_keys<'c>(
    node: &Node<'_>,
    forms: &[(&'c Value, &'c Map<String, Value>)],
) -> Vec<&'c str> {
    if !matches!(node.value(), Kind::Scalar(_)) {
        return Vec::new();
    }
    let properties = forms.iter().filter_map(|(_, rules)| rules.get("properties")?.as_object());
    properties.flat_map(Map::keys).map(String::as_str).collect()
}

/// Whether a value looks like what the rules want, whatever is inside it.
fn has_shape(root: &Value, node: &Node<'_>, rules: &Map<String, Value>) -> bool {
    if let Some(branches) =
        rules.get("oneOf").or_else(|| rules.get("anyOf")).and_then(Value::as_array)
    {
        let mut shapes = branches.iter().map(|branch| resolve(root, branch));
        return shapes.any(|rules| rules.is_none_or(|rules| has_shape(root, node, rules)));
    }
    if rules.contains_key("allOf") {
        return true;
    }
    match node.value() {
        Kind::Mapping(_) => accepts(rules, "object"),
        Kind::Sequence(_) => accepts(rules, "array"),
        Kind::Anchored(_) => false,
        Kind::Scalar(_) if words::allowed_values(rules).is_some() => true,
        Kind::Scalar(scalar) => match scalar.meaning() {
            Meaning::Null => accepts(rules, "null"),
            Meaning::Bool(_) => accepts(rules, "boolean"),
            Meaning::Unsigned(_) | Meaning::Negative(_) => {
                accepts(rules, "integer") || accepts(rules, "number")
            }
            Meaning::Float(_) => accepts(rules, "number"),
            Meaning::Text => accepts(rules, "string"),
        },
    }
}

/// The key whose fixed value tells the forms apart, if all of them are mappings that have one.
fn common_tag<'c>(
    root: &'c Value,
    forms: &[(&'c Value, &'c Map<String, Value>)],
) -> Option<&'c str> {
    let (_, first) = forms.first()?;
    let keys = first.get("properties")?.as_object()?.keys();
    keys.map(String::as_str)
        .find(|key| forms.iter().all(|(_, rules)| tag_value(root, rules, key).is_some()))
}

fn tag_value<'c>(root: &'c Value, rules: &'c Map<String, Value>, key: &str) -> Option<&'c Value> {
    let property = rules.get("properties")?.get(key)?;
    match words::allowed_values(resolve(root, property)?)?.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}
