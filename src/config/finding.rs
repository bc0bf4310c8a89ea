//! What is wrong with a topology, or surprising in it, by the path of the value that is to blame.

use std::fmt;

/// One step of a path into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a mapping.
    Key(Box<str>),
    /// A place in a sequence, from 0.
    Index(usize),
}

/// Where a value stands: `vpcs.app.subnets.app-a.cidr_block`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The path of a key below this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.into()))
    }

    /// The path of an element below this one.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if at == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Which part of the entry at a path is to blame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// Its key: the entry should not be there, or lacks something inside.
    Key,
    /// Its value.
    #[default]
    Value,
}

/// Whether a finding refuses the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is invalid.
    Error,
    /// The file is valid; it will surprise.
    Warning,
}

/// One finding, not yet placed in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it refuses the file.
    pub severity: Severity,
    /// The value's path.
    pub path: Path,
    /// The part of it that is to blame.
    pub blame: Blame,
    /// What is wrong: lower case, values in backticks, no final dot; AWS's own words where it has them.
    pub message: String,
    /// The way out: the nearest valid name, or what is allowed.
    pub help: Option<String>,
    /// Rule ids, and AWS's error code where it has one.
    pub rules: Vec<&'static str>,
}

impl Finding {
    /// An error about a value.
    #[must_use]
    pub fn error(path: impl Into<Path>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: path.into(),
            blame: Blame::Value,
            message: message.into(),
            help: None,
            rules: Vec::new(),
        }
    }

    /// A warning about a value.
    #[must_use]
    pub fn warning(path: impl Into<Path>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, message) }
    }

    /// Blames the key.
    #[must_use]
    pub fn at_key(mut self) -> Self {
        self.blame = Blame::Key;
        self
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Cites a rule.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Self {
        self.rules.push(rule);
        self
    }
}
