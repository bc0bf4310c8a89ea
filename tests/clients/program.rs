//! Runs a client and gives back what it printed, never waiting longer than [`LIMIT_SECS`].

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// How long a client may take, in seconds, before it is ended and the test fails.
const LIMIT_SECS: &str = "60";

/// Runs a client and returns its standard output. Panics, with all it printed, unless it exits with 0.
pub(crate) fn run<A: AsRef<str>>(
    program: impl AsRef<Path>,
    arguments: impl IntoIterator<Item = A>,
) -> String {
    let program = program.as_ref();
    let arguments: Vec<String> = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
    let output = Command::new("timeout")
        .arg(LIMIT_SECS)
        .arg(program)
        .args(&arguments)
        .env("PATH", path_with_sbin())
        .env("LC_ALL", "C")
        .output()
        .unwrap_or_else(|e| panic!("timeout: {e}"));
    let command = format!("{} {}", program.display(), arguments.join(" "));
    assert!(output.status.success(), "{}", transcript(&command, &output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A file of tests/clients/.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// A program that setup.sh has put below target/.
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(path);
    assert!(tool.exists(), "no {}: run tests/clients/setup.sh", tool.display());
    tool
}

/// dnsmasq, unbound and ip live in directories that are often not on a user's `PATH`.
pub(crate) fn path_with_sbin() -> String {
    format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

fn transcript(command: &str, output: &Output) -> String {
    format!(
        "{command}\n{}\n{}{}(exit 124: no end after {LIMIT_SECS} s; 127: not installed, run tests/clients/setup.sh)",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )
}
