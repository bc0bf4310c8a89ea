//! Where lines are written: a file that is rotated by its size, or the standard output.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tracing::{info, warn};

use crate::{model::QueryLogFile, state::Counters};

/// Lines are collected up to this many octets before they are written.
const PENDING_BYTES: usize = 64 << 10;

/// A destination, and the lines that are on their way to it.
#[derive(Debug)]
pub(super) struct Sink {
    to: Output,
    pending: Vec<u8>,
    /// How many lines `pending` has.
    lines: u64,
    /// Whether the last attempt failed.
    failing: bool,
}

#[derive(Debug)]
enum Output {
    File { path: PathBuf, open: Option<Open> },
    Stdout,
}

/// An open file and what it holds, in octets; a pipe or a device holds nothing, and is not rotated.
#[derive(Debug)]
struct Open {
    file: File,
    length: Option<u64>,
}

impl Sink {
    /// The file of a query log. It is opened when there is something to write.
    pub(super) fn file(file: &QueryLogFile) -> Self {
        Self::new(Output::File { path: file.path.clone(), open: None })
    }

    /// The standard output.
    pub(super) fn stdout() -> Self {
        Self::new(Output::Stdout)
    }

    fn new(to: Output) -> Self {
        Self { to, pending: Vec::new(), lines: 0, failing: false }
    }

    /// Takes a line for a file with these limits.
    pub(super) fn write(&mut self, line: &str, limits: &QueryLogFile, counters: &Counters) {
        let length = line.len() as u64 + 1 + self.pending.len() as u64;
        if self.held().is_some_and(|held| held + length > limits.max_bytes) {
            self.flush(counters);
            if let Err(error) = self.rotate(limits) {
                self.failed(&error);
            }
        }
        self.write_unbounded(line, counters);
    }

    /// Takes a line.
    pub(super) fn write_unbounded(&mut self, line: &str, counters: &Counters) {
        self.pending.extend_from_slice(line.as_bytes());
        self.pending.push(b'\n');
        self.lines += 1;
        if self.pending.len() >= PENDING_BYTES {
            self.flush(counters);
        }
    }

    /// Writes what was taken. What cannot be written is lost, and counted.
    pub(super) fn flush(&mut self, counters: &Counters) {
        if self.pending.is_empty() {
            return;
        }
        match self.to.write(&self.pending) {
            Ok(()) => {
                counters.add_lines(self.lines);
                if std::mem::take(&mut self.failing) {
                    info!(to = %self.to.name(), "the query log is written again");
                }
            }
            Err(error) => {
                counters.add_dropped(self.lines);
                self.failed(&error);
            }
        }
        self.pending.clear();
        self.lines = 0;
    }

    /// Says once that a destination fails.
    fn failed(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            warn!(to = %self.to.name(), %error, "the query log cannot be written");
        }
    }

    /// What the file holds, in octets; it is opened to know. None where that fails, or it is empty: a line that is
    /// longer than a file may be has one to itself.
    fn held(&mut self) -> Option<u64> {
        let pending = self.pending.len() as u64;
        let Output::File { path, open } = &mut self.to else { return None };
        let length = opened(path, open).ok()?.length?;
        (length + pending > 0).then_some(length)
    }

    /// Moves the file aside: `path` becomes `path.1`, that `path.2`, and the last of them goes.
    fn rotate(&mut self, limits: &QueryLogFile) -> io::Result<()> {
        let Output::File { path, open } = &mut self.to else { return Ok(()) };
        *open = None;
        if limits.keep == 0 {
            return fs::remove_file(path);
        }
        for number in (1..limits.keep).rev() {
            let older = numbered(path, number);
            // most often there are fewer of them than may be
            if older.exists() {
                fs::rename(older, numbered(path, number + 1))?;
            }
        }
        fs::rename(&*path, numbered(path, 1))
    }
}

impl Output {
    fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Stdout => "stdout".to_owned(),
        }
    }

    /// Writes whole lines, or none that could be told from others.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
            Self::File { path, open } => {
                let to = opened(path, open)?;
                let written = to.file.write_all(lines);
                match (&written, &mut to.length) {
                    (Ok(()), None) => {}
                    (Ok(()), Some(length)) => *length += lines.len() as u64,
                    (Err(_), length) => {
                        // what was written of them would stand before the next line
                        if let Some(length) = length {
                            _ = to.file.set_len(*length);
                        }
                        *open = None;
                    }
                }
                written
            }
        }
    }
}

/// The file at a path, opened to be appended to unless it is already.
fn opened<'o>(path: &Path, open: &'o mut Option<Open>) -> io::Result<&'o mut Open> {
    if let Some(open) = open {
        return Ok(open);
    }
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let metadata = file.metadata()?;
    let length = metadata.is_file().then_some(metadata.len());
    Ok(open.insert(Open { file, length }))
}

/// The name of an older file.
fn numbered(path: &Path, number: u16) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}
