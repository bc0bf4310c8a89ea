//! The command line: one file a subcommand, arguments to exit code.
//!
//! Exit codes: 0 yes or done; 1 the answer is no (a name error, an invalid file under `check`); 2 bad usage, or a
//! file or server that a command needs and cannot use. Data goes to stdout, the rest to stderr.

mod az;
mod check;
mod client;
mod demo;
mod endpoint;
mod firewall;
mod flows;
mod health_check;
mod import;
mod names;
mod policy;
mod resolve;
mod schema;
mod serve;
mod services;
mod state;
mod trace;
mod watch;
mod way;
mod zones;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};
use thiserror::Error;

use crate::{
    config::{self, Problems, Topology},
    import::{Note, load},
};

/// Your VPC's .2 resolver, on your laptop.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Check(check::Check),
    Names(names::Names),
    Services(services::Services),
    Resolve(resolve::Resolve),
    Trace(trace::TraceArgs),
    Policy(policy::Policy),
    Import(import::Import),
    Flows(flows::Flows),
    Az(az::Az),
    Endpoint(endpoint::Endpoint),
    HealthCheck(health_check::HealthCheck),
    Firewall(firewall::Firewall),
    State(state::State),
    Watch(watch::Watch),
    Demo(demo::Demo),
    Schema(schema::Schema),
    Zones(zones::Zones),
}

/// How a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
}

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub enum Failure {
    /// A topology file with mistakes.
    #[error("{}", problems_text(.0).trim_end())]
    Topology(Problems),
    /// Anything else, as a sentence.
    #[error("error: {0}")]
    Other(String),
    /// Output that could not be written.
    #[error("error: {0}")]
    Io(#[from] io::Error),
}

impl Failure {
    fn other(message: impl std::fmt::Display) -> Self {
        Self::Other(message.to_string())
    }
}

/// Runs the command line.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Check(check) => check.run(),
        Command::Names(names) => names.run(),
        Command::Services(services) => services.run(),
        Command::Resolve(resolve) => resolve.run(),
        Command::Trace(trace) => trace.run(),
        Command::Policy(policy) => policy.run(),
        Command::Import(import) => import.run(),
        Command::Flows(flows) => flows.run(),
        Command::Az(az) => az.run(),
        Command::Endpoint(endpoint) => endpoint.run(),
        Command::HealthCheck(health_check) => health_check.run(),
        Command::Firewall(firewall) => firewall.run(),
        Command::State(state) => state.run(),
        Command::Watch(watch) => watch.run(),
        Command::Demo(demo) => demo.run(),
        Command::Schema(schema) => schema.run(),
        Command::Zones(zones) => zones.run(),
    };
    match result {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        // whoever read the output has seen enough
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // stderr may be closed; there is nowhere else to say so
            _ = writeln!(anstream::stderr(), "{failure}");
            ExitCode::from(2)
        }
    }
}

/// Everything that is wrong with a file: drawn and coloured on a terminal, plain elsewhere.
fn problems_text(problems: &Problems) -> String {
    if io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("{:?}", miette::Report::new(problems.clone()))
    } else {
        problems.render()
    }
}

/// The topology of a file or of a folder to import, or the embedded example. What an import leaves out is counted.
fn topology(path: Option<&Path>) -> Result<Topology, Failure> {
    let Some(path) = path else { return config::embedded().map_err(Failure::Topology) };
    let (topology, notes) = load(path).map_err(Failure::Topology)?;
    if let Some(summary) = left_out(path, &notes) {
        writeln!(anstream::stderr(), "{summary}")?;
    }
    Ok(topology)
}

/// How many things of a folder an import did not carry over, if there are any.
fn left_out(path: &Path, notes: &[Note]) -> Option<String> {
    let path = path.display();
    let what = count(notes.len(), "thing");
    (!notes.is_empty()).then(|| {
        format!(
            "{path}: {what} not carried over as {}; `plustwo check {path}` lists all",
            they_are(notes.len())
        )
    })
}

fn they_are(count: usize) -> &'static str {
    if count == 1 { "it is" } else { "they are" }
}

/// A number of things.
fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Writes text to stdout.
fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes JSON to stdout, for people to read as well.
fn print_json(value: &serde_json::Value) -> io::Result<()> {
    print(&format!("{value:#}\n"))
}
