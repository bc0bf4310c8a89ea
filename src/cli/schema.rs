//! `plustwo schema`: the JSON Schema of topology files.

use clap::Args;

use super::{Failure, Verdict, print_json};
use crate::config;

/// Print the JSON Schema of topology files
#[derive(Debug, Args)]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "commands are run alike")]
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        print_json(&config::schema())?;
        Ok(Verdict::Yes)
    }
}
