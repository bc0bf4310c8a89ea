//! A page's text: prose and code blocks, what is expected and what came out.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::play::Player;

/// A page in its parts.
pub(crate) struct Page<'a> {
    parts: Vec<Part<'a>>,
}

enum Part<'a> {
    Prose(&'a str),
    /// Info string, body, and the line the block begins on.
    Code(&'a str, &'a str, usize),
}

impl<'a> Page<'a> {
    /// Splits a page; it must have a title and name its rule.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        if !text.starts_with("# ") || !text.contains("\nRule: ") {
            return Err(
                "a page starts with `# Title` and has a `Rule:` line with its source".to_owned()
            );
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let line = text[..text.len() - rest.len()].lines().count() + 1;
            if let Some(block) = rest.strip_prefix("```") {
                let (info, body) = block.split_once('\n').ok_or("a code block without an end")?;
                let end = match body.strip_prefix("```\n") {
                    Some(_) => 0,
                    None => {
                        body.find("\n```\n")
                            .ok_or(format!("line {line}: a code block without an end"))?
                            + 1
                    }
                };
                parts.push(Part::Code(info, &body[..end], line));
                rest = &body[end + "```\n".len()..];
            } else {
                let end = rest.find("\n```").map_or(rest.len(), |at| at + 1);
                parts.push(Part::Prose(&rest[..end]));
                rest = &rest[end..];
            }
        }
        Ok(Self { parts })
    }

    /// Plays the page's blocks and returns the page as it should read.
    pub(crate) fn play(&self, player: &mut Player) -> Result<String, String> {
        let asked_from = self.parts.iter().flat_map(|part| match part {
            Part::Code("dns", body, _) => {
                body.lines().filter_map(|line| line.strip_prefix("from ")).collect()
            }
            _ => Vec::new(),
        });
        player.askers = asked_from.map(|from| code(from).to_owned()).collect();
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Prose(prose) => out.push_str(prose),
                Part::Code(info, body, line) => {
                    let body = match *info {
                        "yaml" => player.topology(body).map(|()| (*body).to_owned()),
                        "yaml reload" => player.reload(body).map(|()| (*body).to_owned()),
                        "yaml invalid" => player.invalid(body).map(|()| (*body).to_owned()),
                        import if import.starts_with("yaml import ") => {
                            player.import(import.trim_start_matches("yaml import "))
                        }
                        file if file.starts_with("json ") => {
                            player.file(file.trim_start_matches("json "), body);
                            Ok((*body).to_owned())
                        }
                        "text" => player.problems(),
                        "dns" => player.transcript(body),
                        server if server.starts_with("server ") => {
                            let name = server.trim_start_matches("server ");
                            player.name_server(name, body).map(|()| (*body).to_owned())
                        }
                        other => Err(format!("unknown block `{other}`")),
                    };
                    let body = body.map_err(|error| format!("{line}: {error}"))?;
                    write!(out, "```{info}\n{body}```\n").unwrap();
                }
            }
        }
        Ok(out)
    }
}

/// A transcript line without its comment.
pub(crate) fn code(line: &str) -> &str {
    line.split(" ;").next().unwrap_or("").trim()
}

/// A page without the comments in its transcripts, which only the core can make.
pub(crate) fn without_comments(text: &str) -> String {
    let strip = |line: &str| {
        if line.starts_with("    ") { format!("    {}", code(line)) } else { line.to_owned() }
    };
    text.lines().map(|line| strip(line) + "\n").collect()
}

/// What differs, with a little around it.
pub(crate) fn diff(expected: &str, actual: &str) -> String {
    let mut out = String::from("the transcript differs (- page, + played)\n");
    let diff = TextDiff::from_lines(expected, actual);
    for group in diff.grouped_ops(3) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            write!(out, "{sign} {change}").unwrap();
        }
    }
    out
}
