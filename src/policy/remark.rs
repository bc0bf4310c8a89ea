//! What is wrong with a policy, or surprising in it, by the place in the document.

/// One step of a path into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of an object.
    Key(Box<str>),
    /// A place in a list, from 0.
    Index(usize),
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether the policy is valid all the same.
    pub warning: bool,
    /// Where, from the document's root.
    pub path: Vec<Step>,
    /// Whether the key there is to blame, not its value.
    pub at_key: bool,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// A name that is none, and those that would be.
    pub unknown: Option<(Box<str>, Vec<&'static str>)>,
    /// The rule that says so.
    pub rule: &'static str,
}

impl Remark {
    pub(super) fn error(path: &[Step], message: impl Into<String>, rule: &'static str) -> Self {
        Self {
            warning: false,
            path: path.to_vec(),
            at_key: false,
            message: message.into(),
            help: None,
            unknown: None,
            rule,
        }
    }

    pub(super) fn warning(path: &[Step], message: impl Into<String>, rule: &'static str) -> Self {
        Self { warning: true, ..Self::error(path, message, rule) }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn at_key(mut self) -> Self {
        self.at_key = true;
        self
    }

    pub(super) fn unknown(mut self, found: &str, known: &[&'static str]) -> Self {
        self.unknown = Some((found.into(), known.to_vec()));
        self
    }
}

/// A path and one step more.
pub(super) fn below(path: &[Step], step: Step) -> Vec<Step> {
    let mut path = path.to_vec();
    path.push(step);
    path
}

/// A path and a key more.
pub(super) fn key(path: &[Step], key: &str) -> Vec<Step> {
    below(path, Step::Key(key.into()))
}
