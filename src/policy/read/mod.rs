//! JSON → policy document: every mistake at its place. N251–N254

mod condition;
mod principal;

use serde_json::Value;

use super::{
    lint::{Subject, lint},
    remark::{Remark, Step, below, key},
};
use crate::model::{
    Choice, MAX_BUCKET_POLICY_BYTES, MAX_POLICY_CHARACTERS, PolicyDocument, PolicyEffect,
    PolicyPrincipal, PolicyStatement, PolicyVersion,
};

/// The elements of a document.
const DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
/// The elements of a statement.
const STATEMENT: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
/// The elements of a statement in a policy of an identity, which says itself whom it is about.
const IDENTITY_STATEMENT: [&str; 7] =
    ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Reads a policy, given also as the text that it was. There is a document where no remark is an error; warnings come then.
#[must_use]
pub fn read(
    text: &str,
    value: &Value,
    subject: Subject<'_>,
) -> (Option<PolicyDocument>, Vec<Remark>) {
    let mut reader = Reader { remarks: Vec::new(), subject };
    let document = reader.document(text, value);
    match document {
        Some(document) if reader.remarks.is_empty() => {
            let remarks = lint(&document, value, subject);
            (Some(document), remarks)
        }
        _ => (None, reader.remarks),
    }
}

struct Reader<'a> {
    remarks: Vec<Remark>,
    subject: Subject<'a>,
}

impl Reader<'_> {
    fn document(&mut self, text: &str, value: &Value) -> Option<PolicyDocument> {
        let Value::Object(elements) = value else {
            self.error(&[], "a policy is a JSON object");
            return None;
        };
        self.check_size(text);
        self.check_elements(&[], elements.keys(), &DOCUMENT);
        let version = match elements.get("Version") {
            None => PolicyVersion::V2008,
            Some(version) => self.version(version),
        };
        if let Some(id) = elements.get("Id")
            && !id.is_string()
        {
            self.error(&key(&[], "Id"), "an `Id` is a text");
        }
        let at = key(&[], "Statement");
        let statements = match elements.get("Statement") {
            Some(Value::Array(statements)) if statements.is_empty() => {
                self.error(&at, "a policy has at least one statement");
                Vec::new()
            }
            Some(Value::Array(statements)) => {
                let numbered = statements.iter().enumerate();
                let read = numbered.map(|(n, of)| self.statement(&below(&at, Step::Index(n)), of));
                read.collect::<Vec<_>>()
            }
            // one needs no list. N253
            Some(one) => vec![self.statement(&at, one)],
            None => {
                self.missing(&[], "Statement");
                Vec::new()
            }
        };
        let statements: Vec<_> = statements.into_iter().collect::<Option<_>>()?;
        self.check_sids(&statements, matches!(elements.get("Statement"), Some(Value::Array(_))));
        Some(PolicyDocument { text: text.into(), version, statements })
    }

    fn check_size(&mut self, text: &str) {
        let (size, unit, limit) = match self.subject {
            Subject::Bucket { .. } => (text.len(), "bytes", MAX_BUCKET_POLICY_BYTES),
            _ => (text.chars().count(), "characters", MAX_POLICY_CHARACTERS),
        };
        if size > limit {
            let message = format!("a policy of {size} {unit}: at most {limit}");
            self.remarks.push(Remark::error(&[], message, "N78"));
        }
    }

    fn version(&mut self, version: &Value) -> PolicyVersion {
        match version.as_str() {
            Some("2012-10-17") => return PolicyVersion::V2012,
            Some("2008-10-17") => {}
            _ => {
                let message =
                    format!("there is no version {} of the policy language", shown(version));
                let remark = Remark::error(&key(&[], "Version"), message, "N251");
                self.remarks.push(remark.help("known: 2008-10-17, 2012-10-17"));
            }
        }
        PolicyVersion::V2008
    }

    fn statement(&mut self, at: &[Step], value: &Value) -> Option<PolicyStatement> {
        let Value::Object(elements) = value else {
            self.error(at, "a statement is a JSON object");
            return None;
        };
        let of_identity = self.subject == Subject::Identity;
        let known: &[&'static str] = if of_identity { &IDENTITY_STATEMENT } else { &STATEMENT };
        self.check_elements(at, elements.keys(), known);
        let sid = match elements.get("Sid") {
            None => None,
            Some(Value::String(sid)) => Some(sid.as_str().into()),
            Some(_) => {
                self.error(&key(at, "Sid"), "a `Sid` is a text");
                None
            }
        };
        let effect = self.effect(at, elements.get("Effect"));
        let principal = match self.one_of(at, elements, "Principal", "NotPrincipal") {
            Found::Nothing => {
                if !of_identity {
                    self.missing(at, "Principal");
                }
                None
            }
            Found::Both => None,
            Found::These(value) => {
                Some(Choice::These(self.principals(&key(at, "Principal"), value)))
            }
            Found::AllBut(value) => {
                Some(Choice::AllBut(self.principals(&key(at, "NotPrincipal"), value)))
            }
        };
        let action = self.texts(at, elements, "Action", "NotAction", Self::check_action);
        let resource = self.texts(at, elements, "Resource", "NotResource", Self::check_resource);
        let conditions = match elements.get("Condition") {
            None => Vec::new(),
            Some(conditions) => self.conditions(&key(at, "Condition"), conditions),
        };
        let (effect, action, resource) = (effect?, action?, resource?);
        Some(PolicyStatement { sid, effect, principal, action, resource, conditions })
    }

    fn effect(&mut self, at: &[Step], effect: Option<&Value>) -> Option<PolicyEffect> {
        match effect.map(|effect| (effect.as_str(), effect)) {
            Some((Some("Allow"), _)) => Some(PolicyEffect::Allow),
            Some((Some("Deny"), _)) => Some(PolicyEffect::Deny),
            Some((_, found)) => {
                let message = format!("`Effect` is `Allow` or `Deny`, not {}", shown(found));
                let remark = Remark::error(&key(at, "Effect"), message, "N250");
                let found = found.as_str().unwrap_or_default();
                self.remarks.push(remark.unknown(found, &["Allow", "Deny"]));
                None
            }
            None => {
                self.missing(at, "Effect");
                None
            }
        }
    }

    /// An element or its complement, as a text or a list of texts.
    fn texts(
        &mut self,
        at: &[Step],
        elements: &serde_json::Map<String, Value>,
        these: &'static str,
        all_but: &'static str,
        check: fn(&mut Self, &[Step], &str),
    ) -> Option<Choice<Box<str>>> {
        let mut texts = |value: &Value, name: &str| {
            let at = key(at, name);
            let texts = self.list(&at, value);
            for (at, text) in &texts {
                check(self, at, text);
            }
            texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        match (elements.get(these), elements.get(all_but)) {
            (Some(value), None) => Some(Choice::These(texts(value, these))),
            (None, Some(value)) => Some(Choice::AllBut(texts(value, all_but))),
            (None, None) => {
                self.missing(at, these);
                None
            }
            (Some(_), Some(_)) => {
                self.both(at, these, all_but);
                None
            }
        }
    }

    fn one_of<'v>(
        &mut self,
        at: &[Step],
        elements: &'v serde_json::Map<String, Value>,
        these: &'static str,
        all_but: &'static str,
    ) -> Found<'v> {
        match (elements.get(these), elements.get(all_but)) {
            (Some(value), None) => Found::These(value),
            (None, Some(value)) => Found::AllBut(value),
            (None, None) => Found::Nothing,
            (Some(_), Some(_)) => {
                self.both(at, these, all_but);
                Found::Both
            }
        }
    }

    /// A text, or a list of texts that is not empty, each with its place.
    fn list(&mut self, at: &[Step], value: &Value) -> Vec<(Vec<Step>, Box<str>)> {
        match value {
            Value::String(text) => vec![(at.to_vec(), text.as_str().into())],
            Value::Array(values) => {
                if values.is_empty() {
                    self.error(at, "an empty list: expected one text at least");
                }
                let mut texts = Vec::with_capacity(values.len());
                for (n, value) in values.iter().enumerate() {
                    let at = below(at, Step::Index(n));
                    match value.as_str() {
                        Some(text) => texts.push((at, text.into())),
                        None => self.error(&at, format!("expected a text, found {}", shown(value))),
                    }
                }
                texts
            }
            other => {
                self.error(
                    at,
                    format!("expected a text or a list of texts, found {}", shown(other)),
                );
                Vec::new()
            }
        }
    }

    /// `*`, or a service's prefix and a name.
    fn check_action(&mut self, at: &[Step], action: &str) {
        let good = action == "*"
            || action.split_once(':').is_some_and(|(service, name)| {
                let of_prefix = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
                let of_name = |b: u8| b.is_ascii_alphanumeric() || b"*?-_".contains(&b);
                !service.is_empty()
                    && !name.is_empty()
                    && service.bytes().all(of_prefix)
                    && name.bytes().all(of_name)
            });
        if !good {
            let message = format!("`{}` is no action", action.escape_debug());
            let remark = self.refused(at, "Policy has invalid action", message);
            let help = "expected `*`, or a service and a name, such as `s3:GetObject` or `s3:*`";
            self.remarks.push(remark.help(help));
        } else if let Subject::Bucket { .. } = self.subject
            && !of_s3(action)
        {
            let message = format!("`{action}` is no action of S3");
            let remark = self.refused(at, "Policy has invalid action", message);
            self.remarks.push(remark);
        }
    }

    /// `*`, or an ARN; in a bucket's policy, the bucket or what is in it.
    fn check_resource(&mut self, at: &[Step], resource: &str) {
        if resource != "*" && !resource.starts_with("arn:") {
            let message = format!("`{}` is neither an ARN nor `*`", resource.escape_debug());
            let remark = self.refused(at, "Policy has invalid resource", message);
            self.remarks.push(remark.help("such as `arn:aws:s3:::bucket/*`"));
            return;
        }
        if let Subject::Bucket { name } = self.subject
            && !may_be_in(resource, name)
        {
            let message = format!("`{resource}` is not of the bucket `{name}`");
            let remark = self.refused(at, "Policy has invalid resource", message);
            let help = format!("expected `arn:aws:s3:::{name}` or `arn:aws:s3:::{name}/*`");
            self.remarks.push(remark.help(help));
        }
    }

    fn check_elements<'k>(
        &mut self,
        at: &[Step],
        found: impl Iterator<Item = &'k String>,
        known: &[&'static str],
    ) {
        for name in found.filter(|name| !known.contains(&&***name)) {
            let of = if at.is_empty() { "a policy" } else { "a statement" };
            let message = format!("{of} has no element `{}`", name.escape_debug());
            let remark = Remark::error(&key(at, name), message, "N253").at_key();
            self.remarks.push(remark.unknown(name, known));
        }
    }

    /// A `Sid` stands once in a policy.
    fn check_sids(&mut self, statements: &[PolicyStatement], in_list: bool) {
        for (n, statement) in statements.iter().enumerate() {
            let Some(sid) = &statement.sid else { continue };
            let before =
                statements.iter().take(n).position(|other| other.sid.as_ref() == Some(sid));
            if let (Some(first), true) = (before, in_list) {
                let at = below(&key(&[], "Statement"), Step::Index(n));
                let message =
                    format!("the `Sid` `{sid}` stands twice, first in Statement[{first}]");
                self.error(&key(&at, "Sid"), message);
            }
        }
    }

    fn missing(&mut self, at: &[Step], element: &'static str) {
        let of = if at.is_empty() { "a policy" } else { "a statement" };
        let own = format!("{of} without `{element}`");
        let aws = format!("Missing required field {element}");
        let mut remark = self.refused(at, &aws, own).at_key();
        if element == "Principal" {
            if remark.rule == "N253" {
                remark.rule = "N252";
            }
            remark.help = Some("`Principal: \"*\"` is everyone".to_owned());
        }
        self.remarks.push(remark);
    }

    fn both(&mut self, at: &[Step], these: &str, all_but: &str) {
        self.error(at, format!("a statement with both `{these}` and `{all_but}`: one of them"));
    }

    fn error(&mut self, at: &[Step], message: impl Into<String>) {
        self.remarks.push(Remark::error(at, message, "N253"));
    }

    /// A refusal in S3's words, where it is S3 who refuses, with ours behind them.
    fn refused(&self, at: &[Step], words: &str, own: String) -> Remark {
        match self.subject {
            Subject::Bucket { .. } => {
                Remark::error(at, format!("{words}: {own}"), "MalformedPolicy")
            }
            _ => Remark::error(at, own, "N253"),
        }
    }
}

/// An element, its complement, both or neither.
enum Found<'v> {
    Nothing,
    Both,
    These(&'v Value),
    AllBut(&'v Value),
}

/// Whether an action, which may have wildcards, can be one of S3's.
fn of_s3(action: &str) -> bool {
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    service == "*" || service.to_ascii_lowercase().starts_with("s3")
}

/// Whether a resource, which may have wildcards and variables, can be a bucket or something in it.
fn may_be_in(resource: &str, bucket: &str) -> bool {
    let Some(name) = resource.splitn(6, ':').nth(5) else { return resource == "*" };
    let wild = name.find(['*', '?', '$']).unwrap_or(name.len());
    let (plain, rest) = name.split_at_checked(wild).unwrap_or((name, ""));
    let of_bucket =
        plain == bucket || plain.strip_prefix(bucket).is_some_and(|key| key.starts_with('/'));
    of_bucket || (!rest.is_empty() && bucket.starts_with(plain))
}

/// A value as a message shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) if text.chars().count() <= 100 => format!("`{}`", text.escape_debug()),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Whom a statement is about.
type Principals = Vec<PolicyPrincipal>;
