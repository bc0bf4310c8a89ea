//! `plustwo state`: what a running server holds.

use std::fmt::Write as _;

use clap::Args;
use serde_json::Value;

use super::{
    Failure, Output, Verdict, az::target_line, client::Server, firewall::firewall_line,
    health_check::health_check_line, print, print_json,
};

/// Show what a running server holds
#[derive(Debug, Args)]
pub(super) struct State {
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl State {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let state = self.server.get("/v1/state")?;
        match self.output {
            Output::Json => print_json(&state)?,
            Output::Text => print(&text(&state))?,
        }
        Ok(Verdict::Yes)
    }
}

fn text(state: &Value) -> String {
    let mut out = String::new();
    let at = |pointer: &str| state.pointer(pointer).map_or_else(String::new, plain);
    // writing to a String cannot fail
    _ = writeln!(
        out,
        "region {}, account {}, generation {}",
        at("/region"),
        at("/account_id"),
        at("/generation")
    );
    for (what, count) in state.get("counts").and_then(Value::as_object).into_iter().flatten() {
        _ = writeln!(out, "  {count:>6} {}", what.replace('_', " "));
    }
    for vpc in state.get("vpcs").and_then(Value::as_array).into_iter().flatten() {
        let name = vpc.get("name").map_or_else(String::new, plain);
        let addresses = vpc.get("resolver_addresses").and_then(Value::as_array);
        let addresses: Vec<String> = addresses.into_iter().flatten().map(plain).collect();
        let addresses = if addresses.is_empty() { "off".to_owned() } else { addresses.join(" ") };
        _ = writeln!(out, "resolver of {name}: {addresses}");
    }
    _ = writeln!(
        out,
        "failover: detection {} s, recovery {} s; cache {}",
        at("/failover/detection_secs"),
        at("/failover/recovery_secs"),
        at("/cache")
    );
    let faults =
        state.get("faults").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if faults.is_empty() {
        _ = writeln!(out, "faults: none");
    }
    for fault in faults {
        _ = writeln!(out, "fault: {}", target_line(fault));
    }
    for check in state.get("health_checks").and_then(Value::as_array).into_iter().flatten() {
        _ = write!(out, "health check: {}", health_check_line(check));
    }
    for firewall in state.get("firewalls").and_then(Value::as_array).into_iter().flatten() {
        let is = |key: &str| firewall.get(key).and_then(Value::as_bool).unwrap_or_default();
        if is("has_rules") || firewall.get("state").and_then(Value::as_str) == Some("impaired") {
            _ = write!(out, "firewall: {}", firewall_line(firewall));
        }
    }
    for (what, count) in state.get("counters").and_then(Value::as_object).into_iter().flatten() {
        if count.as_u64() != Some(0) {
            _ = writeln!(out, "counter: {} {count}", what.replace('_', " "));
        }
    }
    out
}

/// A value without the quotes of JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
