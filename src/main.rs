//! The `plustwo` command: arguments to exit code.

use std::process::ExitCode;

use clap::Parser;
use plustwo::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
