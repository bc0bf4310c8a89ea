//! `plustwo az`: impair and restore an Availability Zone of a running server.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Failure, Output, Verdict, client::Server, print, print_json};

/// Impair or restore an Availability Zone of a running server
#[derive(Debug, Args)]
pub(super) struct Az {
    /// What happens to it
    action: Action,
    /// Its name or id
    #[arg(value_name = "AZ")]
    name: String,
    /// Make DNS act on it at once, whatever it detects; `restore --force` ends that
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Action {
    /// Nothing in it is reachable
    Impair,
    /// It works again
    Restore,
}

impl Az {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let body = match (self.action, self.force) {
            (Action::Impair, false) => json!({ "state": "impaired" }),
            (Action::Restore, false) => json!({ "state": "available" }),
            (Action::Impair, true) => json!({ "state": "impaired", "forced": "impaired" }),
            (Action::Restore, true) => json!({ "state": "available", "forced": null }),
        };
        let target = self.server.put("/v1/availability-zones", &self.name, &body)?;
        match self.output {
            Output::Json => print_json(&target)?,
            Output::Text => print(&format!("{}\n", target_line(&target)))?,
        }
        Ok(Verdict::Yes)
    }
}

/// A target's state as a line.
pub(super) fn target_line(target: &Value) -> String {
    let text = |key: &str| target.get(key).and_then(Value::as_str).unwrap_or("?");
    let dns = match (
        target.get("forced").and_then(Value::as_str),
        target.get("notices_in_secs").and_then(Value::as_f64),
    ) {
        (Some(forced), _) => format!("DNS is forced to take it as {forced}"),
        (None, Some(secs)) => {
            format!("DNS still takes it as {}, and will notice in {secs:.0} s", text("noticed"))
        }
        (None, None) => "DNS has noticed".to_owned(),
    };
    format!("{} ({}) is {}; {dns}", text("name"), text("id"), text("observed"))
}
