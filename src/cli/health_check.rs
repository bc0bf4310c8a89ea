//! `plustwo health-check`: health checks of a running server.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Failure, Output, Verdict, client::Server, print, print_json};

/// List and switch health checks of a running server
#[derive(Debug, Args)]
pub(super) struct HealthCheck {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the health checks
    List {
        #[command(flatten)]
        server: Server,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Make a health check say that what it watches is healthy, or not
    Set {
        /// Its name or id
        name: String,
        /// What it says from now on
        status: Status,
        #[command(flatten)]
        server: Server,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Healthy,
    Unhealthy,
}

impl HealthCheck {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let (found, output) = match self.action {
            Action::List { server, output } => (server.get("/v1/health-checks")?, output),
            Action::Set { name, status, server, output } => {
                let status = match status {
                    Status::Healthy => "healthy",
                    Status::Unhealthy => "unhealthy",
                };
                let body = json!({ "status": status });
                (server.put("/v1/health-checks", &name, &body)?, output)
            }
        };
        match output {
            Output::Json => print_json(&found)?,
            Output::Text => {
                let list = found.get("health_checks").and_then(Value::as_array);
                let checks =
                    list.map_or_else(|| vec![&found], |list| list.iter().collect::<Vec<_>>());
                print(&checks.into_iter().map(health_check_line).collect::<String>())?;
            }
        }
        Ok(Verdict::Yes)
    }
}

/// A health check on a line.
pub(super) fn health_check_line(check: &Value) -> String {
    let text = |key: &str| check.get(key).and_then(Value::as_str).unwrap_or("?");
    format!("{} ({}) is {}\n", text("name"), text("id"), text("status"))
}
