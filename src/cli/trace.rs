//! `plustwo trace`: does a packet get from there to here, and its reply back?

use std::{net::IpAddr, path::PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::{
    Failure, Output, Verdict,
    policy::RequestArgs,
    print, print_json, topology,
    way::{WayArgs, answers},
};
use crate::{
    config,
    health::Target,
    model::{EndpointKind, Vantage},
    policy::{Asked, Through, decide},
    render,
    state::{Clock, Destination, State, TracePlan, TraceRequest},
    trace::{Component, Trace, World},
};

/// Trace a packet and its reply through the network, without a server
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    way: WayArgs,
    /// How large each packet is, with its IP header
    #[arg(long, value_name = "OCTETS")]
    size: Option<u32>,
    /// How long the connection is idle before the reply, which may outlast idle timeouts
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Go on behind what drops the packet, and say what else would
    #[arg(long)]
    explain_all: bool,
    /// Ask policies too, of the endpoint that the packet goes through and of the bucket
    #[command(flatten)]
    request: Option<RequestArgs>,
    /// An Availability Zone that is impaired, as DNS knows; may be given again
    #[arg(long, value_name = "AZ")]
    impaired: Vec<String>,
    /// The topology file, or a folder to import; the embedded example where absent
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
            size: self.size,
            idle: self.idle,
            explain_all: self.explain_all,
            ..self.way.request()
        };
        let plan = TracePlan::new(&snapshot, &request).map_err(Failure::other)?;
        let answers = answers(&state, &snapshot, &plan)?;
        let addresses = plan.addresses(&answers);
        let traces = plan.trace(&snapshot, &addresses).map_err(Failure::other)?;
        let world = snapshot.world(self.explain_all);
        let requests = self.request.as_ref();
        let requests = requests.map(|request| requests_of(&world, plan.vantage, &traces, request));
        let requests = requests.transpose()?.unwrap_or_default();
        match self.output {
            Output::Text => {
                let mut text = match &plan.destination {
                    Destination::Name(name) => {
                        render::resolved_text(&snapshot.model, plan.vantage, name, &answers)
                    }
                    Destination::Addresses(_) => String::new(),
                };
                for (at, trace) in traces.iter().enumerate() {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&render::trace_text(&world, trace));
                    if let Some(Some(asked)) = requests.get(at) {
                        let decision = decide(world.model, asked);
                        text.push_str(&render::decision_text(world.model, asked, &decision, false));
                    }
                }
                print(&text)?;
            }
            Output::Json => print_json(&json(&world, &traces, &requests))?,
        }
        let reachable = !traces.is_empty() && traces.iter().all(Trace::is_reachable);
        let allowed = requests.iter().flatten().all(|asked| decide(world.model, asked).allowed);
        Ok(if reachable && allowed { Verdict::Yes } else { Verdict::No })
    }
}

/// The request that goes each way, if that arrives.
fn requests_of(
    world: &World<'_>,
    vantage: Vantage,
    traces: &[Trace],
    request: &RequestArgs,
) -> Result<Vec<Option<Asked>>, Failure> {
    let asked = |trace: &Trace| {
        let through = through(world, trace);
        let source = seen_from(trace, through.as_ref());
        request.asked(world.model, vantage, through, source)
    };
    traces.iter().map(|trace| trace.is_reachable().then(|| asked(trace)).transpose()).collect()
}

/// The address that a request is seen from, behind what translates addresses on its way. N255
fn seen_from(trace: &Trace, through: Option<&Through>) -> Option<IpAddr> {
    let last = trace.forward.last()?;
    let seen = through.is_some() || last.component == Component::Internet;
    seen.then_some(last.arrives.source)
}

/// The endpoint that a packet goes through, whose policy counts: a Gateway Load Balancer endpoint has none.
fn through(world: &World<'_>, trace: &Trace) -> Option<Through> {
    trace.forward.iter().rev().find_map(|hop| match hop.component {
        Component::InterfaceEndpoint(ix) if world.model[ix].kind == EndpointKind::Interface => {
            Some(Through::Interface(ix))
        }
        Component::GatewayEndpoint(ix) => {
            let endpoint = &world.network[ix];
            Some(Through::Gateway(endpoint.vpc, endpoint.name.clone()))
        }
        _ => None,
    })
}

/// The traces as EC2 has them; beside them, where policies were asked, what they say of each, or nothing where nothing arrives.
fn json(world: &World<'_>, traces: &[Trace], requests: &[Option<Asked>]) -> Value {
    let analyses = traces.iter().map(|trace| render::network_insights_analysis(world, trace));
    let mut value = json!({ "NetworkInsightsAnalyses": analyses.collect::<Vec<_>>() });
    if !requests.is_empty() {
        let decision =
            |asked: &Asked| render::decision_json(world.model, asked, &decide(world.model, asked));
        let decisions = requests.iter().map(|asked| asked.as_ref().map(decision));
        value["decisions"] = decisions.collect();
    }
    value
}
