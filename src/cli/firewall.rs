//! `plustwo firewall`: DNS Firewall in the VPCs of a running server.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Failure, Output, Verdict, client::Server, print, print_json};

/// Show where DNS Firewall answers, and make it stop
#[derive(Debug, Args)]
pub(super) struct Firewall {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the VPCs, and whether DNS Firewall answers in each
    List(On),
    /// DNS Firewall does not answer in a VPC: it fails closed, or open as the topology says
    Impair(InVpc),
    /// It answers again
    Restore(InVpc),
}

#[derive(Debug, Args)]
struct InVpc {
    /// The VPC, by name or id
    vpc: String,
    #[command(flatten)]
    on: On,
}

#[derive(Debug, Args)]
struct On {
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Firewall {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let put = |InVpc { vpc, on }: InVpc, state: &str| -> Result<_, Failure> {
            let changed = on.server.put("/v1/firewalls", &vpc, &json!({ "state": state }))?;
            Ok((changed, on.output))
        };
        let (found, output) = match self.action {
            Action::List(on) => (on.server.get("/v1/firewalls")?, on.output),
            Action::Impair(of) => put(of, "impaired")?,
            Action::Restore(of) => put(of, "available")?,
        };
        match output {
            Output::Json => print_json(&found)?,
            Output::Text => {
                let list = found.get("firewalls").and_then(Value::as_array);
                let all = list.map_or_else(|| vec![&found], |list| list.iter().collect::<Vec<_>>());
                print(&all.into_iter().map(firewall_line).collect::<String>())?;
            }
        }
        Ok(Verdict::Yes)
    }
}

/// The firewall of a VPC on a line.
pub(super) fn firewall_line(firewall: &Value) -> String {
    let text = |key: &str| firewall.get(key).and_then(Value::as_str).unwrap_or("?");
    let is = |key: &str| firewall.get(key).and_then(Value::as_bool).unwrap_or_default();
    let (vpc, id, state) = (text("vpc"), text("id"), text("state"));
    let mode = if is("fail_open") { "fails open" } else { "fails closed" };
    let rules = if is("has_rules") { "" } else { "; it has no rules there" };
    format!("{vpc} ({id}): DNS Firewall is {state}, and {mode}{rules}\n")
}
