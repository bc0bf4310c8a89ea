//! A real VPC → the text of a topology file, and the topology of it. N320–N323, N330, N331
//!
//! ```text
//!  aws … describe-*, list-* ─► aws ───────┐                                      ┌─► YAML, for people
//!                                         ├─► Dump: AWS's own shapes ─► write ─► settle ─► Topology
//!  terraform show -json, state ─► terraform ─┘                          └─ notes ─┴─► what was not carried over
//! ```
//!
//! `write` looks resources up by id and names them; it does not know AWS's rules. `settle` lets `config` read the result
//! and takes out what is refused, until nothing is. Whatever is left out, by either, is a [`Note`].

mod aws;
mod dump;
mod settle;
mod terraform;
mod types;
mod write;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::Value;

use crate::catalog::Region;
use crate::config::{self, Finding, MAX_FILE_BYTES, Problem, Problems, Source, Span, Topology};
use dump::Dump;

/// What became of a dump.
#[derive(Debug)]
pub struct Imported {
    /// The topology file, as YAML.
    pub text: String,
    /// The same as JSON.
    pub value: Value,
    /// What it describes.
    pub topology: Topology,
    /// What it does not.
    pub notes: Vec<Note>,
}

/// Something that was not carried over as it is, or at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The file it is in; empty for what is in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Its id, and Terraform's address of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What became of it.
    pub message: String,
}

impl Note {
    fn new(file: &str, id: Option<&str>, message: impl Into<String>) -> Self {
        Self { file: printable(file), id: id.map(printable), message: printable(&message.into()) }
    }
}

/// A text that stays on its line: what a dump holds is not sent to a terminal as it is.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{}: {id}: {}", self.file, self.message),
            None if self.file.is_empty() => f.write_str(&self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Reads a folder with the output of AWS's `describe` and `list` calls.
///
/// # Errors
/// Every file that cannot be read, at its place; or that there is no VPC.
pub fn aws(folder: &Path) -> Result<Imported, Problems> {
    if folder.is_file() {
        let name = folder.display().to_string();
        let help = "a state of Terraform's is read by `plustwo import terraform`";
        let message =
            format!("`{name}` is a file: expected a folder with the output of AWS's calls");
        return Err(broken(&name, message, Some(help)));
    }
    let (dump, files) = aws::read(folder)?;
    finish(dump, folder, files)
}

/// Reads the output of `terraform show -json`, or a state file.
///
/// # Errors
/// A file that cannot be read, at its place; or that there is no VPC.
pub fn terraform(file: &Path) -> Result<Imported, Problems> {
    if file.is_dir() {
        let name = file.display().to_string();
        let help = "a folder with the output of AWS's calls is read by `plustwo import aws`";
        let message = format!(
            "`{name}` is a folder: expected the output of `terraform show -json`, or a state"
        );
        return Err(broken(&name, message, Some(help)));
    }
    let dump = terraform::read(file)?;
    finish(dump, file, vec![file.to_owned()])
}

/// The topology of a path: a folder is imported, a file is read as a topology file.
///
/// # Errors
/// Every mistake at its place.
pub fn load(path: &Path) -> Result<(Topology, Vec<Note>), Problems> {
    if path.is_dir() {
        aws(path).map(|imported| (imported.topology, imported.notes))
    } else {
        config::load(path).map(|topology| (topology, Vec::new()))
    }
}

fn finish(mut dump: Dump, from: &Path, files: Vec<PathBuf>) -> Result<Imported, Problems> {
    let name = from.display().to_string();
    if dump.all("Vpcs").is_empty() {
        let what = if dump.is_empty() { "nothing that a topology file has" } else { "no VPC" };
        let help = "expected `aws ec2 describe-vpcs` and the other calls' output in *.json files, or `aws_vpc` \
                    resources in a state of Terraform's";
        return Err(broken(&name, format!("found {what} in `{name}`"), Some(help)));
    }
    let notes = std::mem::take(&mut dump.notes);
    let written = write::write(&dump, notes);
    let mut imported = settle::settle(&name, written)?;
    imported.topology.files = files;
    imported.notes.sort();
    imported.notes.dedup();
    Ok(imported)
}

/// The Region whose name is in a text, such as a path, an ARN or the name of an AZ: the longest.
fn region_in(text: &str) -> Option<&'static str> {
    let found = Region::all().map(Region::as_str).filter(|region| text.contains(region));
    found.max_by_key(|region| region.len())
}

/// A mistake of a whole file or folder.
fn broken(name: &str, message: String, help: Option<&str>) -> Problems {
    let mut finding = Finding::error(config::Path::default(), message);
    finding.help = help.map(str::to_owned);
    match Source::new(name, "") {
        Ok(source) => Problems::new(vec![Problem::new(finding, source, Span::default())]),
        Err(problem) => Problems::new(vec![*problem]),
    }
}

/// A file's text, unless it is larger than a topology may be.
fn read_text(path: &Path) -> Result<Source, Problems> {
    let name = path.display().to_string();
    let unreadable =
        |error: &io::Error| broken(&name, format!("cannot read `{name}`: {error}"), None);
    let length = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if length > MAX_FILE_BYTES as u64 {
        let message = format!("{length} octets are too many: at most {MAX_FILE_BYTES}");
        return Err(broken(&name, message, None));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    Source::from_bytes(&name, &bytes).map_err(|problem| Problems::new(vec![*problem]))
}

/// The JSON documents of a text, one behind the other: the pages of a call may have been put into one file. A mistake has
/// its place.
fn documents(source: &Source) -> Result<Vec<Value>, Box<Problem>> {
    let stream = serde_json::Deserializer::from_str(source.text()).into_iter::<Value>();
    stream.collect::<Result<_, _>>().map_err(|error| {
        let offset = offset(source.text(), error.line(), error.column());
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        let (message, help) = if error.is_eof() {
            let help = "the file is cut off: let the call write it again";
            (format!("the JSON ends too early: {what}"), help)
        } else if what.starts_with("recursion limit") {
            let help =
                "AWS's calls and Terraform's modules are a few levels deep: at most 128 are read";
            (format!("the JSON is nested too deeply: {what}"), help)
        } else {
            (format!("not JSON: {what}"), "let the call write it again, with `--output json`")
        };
        let finding = Finding::error(config::Path::default(), message).help(help);
        let span = Span { start: offset, end: offset.saturating_add(1) };
        Box::new(Problem::new(finding, source.clone(), span))
    })
}

/// The octet that `serde_json` blames.
fn offset(text: &str, line: usize, column: usize) -> u32 {
    let before =
        text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let at = (before + column.saturating_sub(1)).min(text.len().saturating_sub(1));
    u32::try_from(at).unwrap_or(u32::MAX)
}
