//! `plustwo trace`: does a packet get from there to here, and its reply back?

use std::{net::IpAddr, path::PathBuf};

use clap::Args;
use serde_json::json;
use tokio::runtime;

use super::{Failure, Output, Verdict, print, print_json, topology};
use crate::{
    config,
    health::Target,
    render,
    server::{self, Upstream},
    state::{Clock, Destination, State, TracePlan, TraceRequest},
    trace::Trace,
};

/// Trace a packet and its reply through the network, without a server
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// Where it begins: `vpc/instance`, `vpc/subnet`, `internet`, or an id, an `eni-…` too
    #[arg(long, value_name = "VANTAGE")]
    from: String,
    /// Where it goes: a DNS name, an address, `vpc/instance` or an id, with `:PORT` (443 where absent)
    #[arg(long, value_name = "NAME|ADDRESS[:PORT]")]
    to: String,
    /// `tcp`, `udp`, `icmp` (ping), or a protocol's number
    #[arg(long, default_value = "tcp")]
    protocol: String,
    /// The port that the reply goes to
    #[arg(long, value_name = "PORT", default_value_t = crate::trace::SOURCE_PORT)]
    source_port: u16,
    /// The source's address, in a subnet or on the internet
    #[arg(long, value_name = "ADDRESS")]
    source_address: Option<IpAddr>,
    /// Go on behind what drops the packet, and say what else would
    #[arg(long)]
    explain_all: bool,
    /// An Availability Zone that is impaired, as DNS knows; may be given again
    #[arg(long, value_name = "AZ")]
    impaired: Vec<String>,
    /// The topology file; the embedded example where absent
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl TraceArgs {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let state = State::new(topology(self.topology.as_deref())?.model, Clock::stopped());
        let mut snapshot = (*state.snapshot()).clone();
        for az in &self.impaired {
            let az = config::find_az(&snapshot.model, az).map_err(Failure::other)?;
            let target = Target::AvailabilityZone(az);
            snapshot = snapshot.impairing(target, state.clock().now());
        }
        let request = TraceRequest {
            from: self.from,
            to: self.to,
            protocol: Some(self.protocol),
            source_port: Some(self.source_port),
            source_address: self.source_address,
            explain_all: self.explain_all,
        };
        let plan = TracePlan::new(&snapshot, &request).map_err(Failure::other)?;
        let upstream = Upstream::default();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let answers: Vec<_> = plan
            .questions(&snapshot)
            .iter()
            .map(|question| {
                let vantage = plan.vantage;
                runtime.block_on(server::resolve(&state, &upstream, &snapshot, vantage, question))
            })
            .collect();
        let addresses = plan.addresses(&answers);
        let traces = plan.trace(&snapshot, &addresses).map_err(Failure::other)?;
        let world = snapshot.world(self.explain_all);
        match self.output {
            Output::Text => {
                let name = match &plan.destination {
                    Destination::Name(name) => Some(name),
                    Destination::Addresses(_) => None,
                };
                let mut text = name.map_or_else(String::new, |name| {
                    render::resolved_text(&snapshot.model, plan.vantage, name, &answers)
                });
                for trace in &traces {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&render::trace_text(&world, trace));
                }
                print(&text)?;
            }
            Output::Json => {
                let analyses: Vec<_> = traces
                    .iter()
                    .map(|trace| render::network_insights_analysis(&world, trace))
                    .collect();
                print_json(&json!({ "NetworkInsightsAnalyses": analyses }))?;
            }
        }
        let reachable = !traces.is_empty() && traces.iter().all(Trace::is_reachable);
        Ok(if reachable { Verdict::Yes } else { Verdict::No })
    }
}
