//! The `check` step: what `plustwo check` warns of in the topology that runs.

use std::fmt::Write as _;

use plustwo::config::Problem;

/// The warnings as they read: the text that is blamed, what is said of it with the rules, and the way out.
pub(crate) fn said(warnings: &[Problem]) -> String {
    let mut out = String::new();
    for warning in warnings {
        let blamed = warning.source.slice(warning.span).lines().next().unwrap_or_default().trim();
        let line = warning.position().line;
        writeln!(out, "    line {line}: {blamed}").unwrap();
        let (word, rules) = (warning.severity_word(), warning.rules.join(", "));
        writeln!(out, "      {word}[{rules}]: {}", warning.message).unwrap();
        if let Some(help) = &warning.help {
            writeln!(out, "      help: {help}").unwrap();
        }
    }
    if out.is_empty() {
        out.push_str("    nothing\n");
    }
    out
}
