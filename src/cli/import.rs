//! `plustwo import`: a real VPC as a topology file.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Output, Verdict, count, print, print_json, they_are};
use crate::{
    config::Problems,
    import::{self, Imported},
};

/// Write a topology file from what describes a real VPC
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    /// From a folder with the output of `aws ec2 describe-*`, `aws route53 list-*` and the like
    Aws(Door),
    /// From the output of `terraform show -json`, or a state file
    Terraform(Door),
}

#[derive(Debug, Args)]
struct Door {
    /// The folder of AWS's calls, or the file of Terraform's
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Where the topology goes; the standard output where absent
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// End with exit code 1 if anything was not carried over
    #[arg(long)]
    strict: bool,
}

impl Import {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        match self.from {
            From::Aws(door) => door.run(import::aws),
            From::Terraform(door) => door.run(import::terraform),
        }
    }
}

impl Door {
    fn run(
        self,
        read: fn(&std::path::Path) -> Result<Imported, Problems>,
    ) -> Result<Verdict, Failure> {
        let as_json = self.output == Output::Json;
        let Imported { text, value, topology, notes } = match read(&self.path) {
            Ok(imported) => imported,
            Err(problems) => {
                if as_json {
                    print_json(&json!({ "problems": problems }))?;
                }
                return Err(Failure::Topology(problems));
            }
        };
        match &self.file {
            None if as_json => {}
            None => print(&text)?,
            Some(file) => fs::write(file, &text).map_err(|error| {
                Failure::Other(format!("cannot write `{}`: {error}", file.display()))
            })?,
        }
        let verdict = if self.strict && !notes.is_empty() { Verdict::No } else { Verdict::Yes };
        if as_json {
            let mut printed = json!({ "not_carried_over": notes });
            if self.file.is_none() {
                printed["topology"] = value;
            }
            print_json(&printed)?;
            return Ok(verdict);
        }
        let mut err = io::BufWriter::new(anstream::stderr().lock());
        for note in &notes {
            writeln!(err, "{note}")?;
        }
        let model = &topology.model;
        writeln!(
            err,
            "{}: {}, {}; {} not carried over as {}",
            self.path.display(),
            count(model.vpcs.len(), "VPC"),
            count(model.endpoints.len(), "interface endpoint"),
            count(notes.len(), "thing"),
            they_are(notes.len()),
        )?;
        err.flush()?;
        Ok(verdict)
    }
}
