//! Findings at their place in a file, as people and programs read them.

use std::fmt::{self, Write as _};

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::source::{Position, Source, Span};
use super::{Finding, Path, Severity};

/// Most problems that are printed; the rest is counted. Ours: nobody reads more in one go.
const MAX_PRINTED: usize = 100;

/// Characters of a line shown on either side of what is blamed. Ours: JSON may be a single line of megabytes.
const MAX_SIDE_CHARS: usize = 100;

/// Longest underline, in characters.
const MAX_BLAMED_CHARS: usize = 100;

/// One finding and its place.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Whether it refuses the file.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// Rule ids, and AWS's error code where it has one.
    pub rules: Vec<&'static str>,
    /// The file.
    pub source: Source,
    /// What is blamed.
    pub span: Span,
    /// A second place, and what it has to do with it.
    pub also: Option<(Span, String)>,
}

impl Problem {
    /// Puts a finding at a place.
    pub fn new(finding: Finding, source: Source, span: Span) -> Self {
        let Finding { severity, message, help, rules, path: _, blame: _ } = finding;
        Self { severity, message, help, rules, source, span, also: None }
    }

    /// Where it starts.
    pub fn position(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// `error` or `warning`.
    pub fn severity_word(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }

    /// The form that editors parse: `file:line:column: error: message [R15]`.
    pub fn one_line(&self) -> String {
        let Position { line, column } = self.position();
        let name = self.source.name();
        let rules = match self.rules.join(", ") {
            rules if rules.is_empty() => rules,
            rules => format!(" [{rules}]"),
        };
        format!("{name}:{line}:{column}: {}: {}{rules}", self.severity_word(), self.message)
    }

    /// As rustc prints it, without colour: the place, the line, what is blamed, the way out.
    pub fn render(&self) -> String {
        let mut out = self.severity_word().to_owned();
        if !self.rules.is_empty() {
            let _ = write!(out, "[{}]", self.rules.join(", "));
        }
        let Position { line, column } = self.position();
        let also_line =
            self.also.as_ref().map_or(0, |(span, _)| self.source.position(span.start).line);
        let gutter = line.max(also_line).to_string().len();
        let _ = writeln!(out, ": {}", self.message);
        let _ = writeln!(out, "{:gutter$}--> {}:{line}:{column}", "", self.source.name());
        let _ = writeln!(out, "{:gutter$} |", "");
        match &self.also {
            Some((span, label)) => {
                let mut marks = [(*span, label.as_str()), (self.span, "")];
                marks.sort_by_key(|(span, _)| span.start);
                let [first, second] = marks.map(|(span, label)| self.excerpt(span, label, gutter));
                let near = line.abs_diff(also_line) <= 1;
                let between = if near { String::new() } else { "...\n".to_owned() };
                let _ = write!(out, "{first}{between}{second}");
            }
            None => out.push_str(&self.excerpt(self.span, "", gutter)),
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{:gutter$} = help: {help}", "");
        }
        out
    }

    /// A line of the file and the mark below it.
    fn excerpt(&self, span: Span, label: &str, gutter: usize) -> String {
        let shown = self.source.window(span);
        let line = printable(self.source.slice(shown));
        let before = printable(self.source.slice(Span { start: shown.start, end: span.start }));
        let end = span.end.min(shown.end).max(span.start);
        let blamed = self.source.slice(Span { start: span.start, end }).chars().count();
        let marks = "^".repeat(blamed.clamp(1, MAX_BLAMED_CHARS));
        let number = self.source.position(span.start).line;
        let pad = " ".repeat(before.chars().count());
        let label = if label.is_empty() { String::new() } else { format!(" {label}") };
        format!("{number:gutter$} | {line}\n{:gutter$} | {pad}{marks}{label}\n", "")
    }
}

/// One column a character: tabs become a space, control characters a mark.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

impl Source {
    /// The line of a span's start, cut to [`MAX_SIDE_CHARS`] around it.
    fn window(&self, span: Span) -> Span {
        let line = self.lines_of(Span { start: span.start, end: span.start });
        let before = self.slice(Span { start: line.start, end: span.start });
        let start = before.char_indices().rev().nth(MAX_SIDE_CHARS - 1).map_or(0, |(at, _)| at);
        let rest = self.slice(Span { start: span.start, end: line.end });
        let width = MAX_SIDE_CHARS + MAX_BLAMED_CHARS;
        let end = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
        let offset = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Span {
            start: line.start.saturating_add(offset(start)),
            end: span.start.saturating_add(offset(end)).min(self.len()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.rules.is_empty()).then(|| Box::new(self.rules.join(", ")) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let main = LabeledSpan::new_primary_with_span(None, self.span);
        let also = self.also.iter();
        let also = also.map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), *span));
        Some(Box::new(std::iter::once(main).chain(also)))
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Position { line, column } = self.position();
        let mut fields = serializer.serialize_struct("Problem", 7)?;
        fields.serialize_field("severity", self.severity_word())?;
        fields.serialize_field("file", self.source.name())?;
        fields.serialize_field("line", &line)?;
        fields.serialize_field("column", &column)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("help", &self.help)?;
        fields.serialize_field("rules", &self.rules)?;
        fields.end()
    }
}

impl From<Span> for SourceSpan {
    fn from(span: Span) -> Self {
        (span.start as usize, span.end.saturating_sub(span.start) as usize).into()
    }
}

/// Shows a span's own line only, and of a very long line only what is around the span.
impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let offset = |at: usize| u32::try_from(at).map_err(|_| MietteError::OutOfBounds);
        let wanted =
            Span { start: offset(span.offset())?, end: offset(span.offset() + span.len())? };
        if wanted.end > self.len() {
            return Err(MietteError::OutOfBounds);
        }
        let alone = lines_before == 0 && lines_after == 0;
        let around = if alone { wanted } else { self.window(wanted) };
        let shown = Span { start: around.start, end: around.end.max(wanted.end) };
        let at = self.position(shown.start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name().to_owned(),
            self.slice(shown).as_bytes(),
            shown.into(),
            at.line - 1,
            at.column - 1,
            1,
        )))
    }
}

/// What is wrong with a file, in its order.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Sorts them by file and place; the same finding at the same place is kept once.
    pub fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| {
            let place = |problem: &Problem| (problem.span.start, problem.span.end);
            let files = a.source.name().cmp(b.source.name());
            files.then(place(a).cmp(&place(b))).then_with(|| a.message.cmp(&b.message))
        });
        problems.dedup_by(|a, b| {
            a.source.name() == b.source.name() && a.span == b.span && a.message == b.message
        });
        Self(problems)
    }

    /// A file that cannot be read at all.
    pub(super) fn unreadable(name: &str, error: &std::io::Error) -> Self {
        let source = Source::new(name, "")
            .unwrap_or_else(|_| unreachable!("an empty text is within the limits"));
        let finding = Finding::error(Path::default(), format!("cannot read `{name}`: {error}"));
        Self(vec![Problem::new(finding, source, Span { start: 0, end: 0 })])
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many refuse the file.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// How many do not.
    pub fn warnings(&self) -> usize {
        self.0.len() - self.errors()
    }

    /// All of them as rustc prints them, without colour, up to the first hundred; ends with the count.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for problem in self.0.iter().take(MAX_PRINTED) {
            let _ = writeln!(out, "{}", problem.render());
        }
        if !self.is_empty() {
            let _ = writeln!(out, "{self}");
        }
        out
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Problems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let first = self.0.first().map_or("the file", |problem| problem.source.name());
        let files = self.0.chunk_by(|a, b| a.source.name() == b.source.name()).count();
        let name = if files > 1 { format!("{files} files") } else { first.to_owned() };
        match (self.errors(), self.warnings()) {
            (errors, 0) => write!(f, "{} in {name}", count(errors, "error"))?,
            (0, warnings) => write!(f, "{} in {name}", count(warnings, "warning"))?,
            (errors, warnings) => {
                let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
                write!(f, "{errors} and {warnings} in {name}")?;
            }
        }
        if self.0.len() > MAX_PRINTED {
            write!(f, "; the first {MAX_PRINTED} are shown")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {
    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.errors() > 0 { miette::Severity::Error } else { miette::Severity::Warning })
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let shown = self.0.iter().take(MAX_PRINTED);
        Some(Box::new(shown.map(|problem| problem as &dyn Diagnostic)))
    }
}
