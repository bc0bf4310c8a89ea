//! `plustwo flows`: what flow logs record of a flow.

use std::{io::Write as _, path::PathBuf};

use clap::Args;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Failure, Output, Verdict, print, print_json, topology,
    way::{WayArgs, answers},
};
use crate::{
    delivery::{self, Delivered, Environment},
    flowlog::{self, LoggedFlow, MAX_DURATION_SECS},
    model::Model,
    render,
    state::{Clock, Destination, FlowsLimits, FlowsPlan, FlowsRequest, State},
};

/// Show the Flow Log records of packets between two places, and deliver them
#[derive(Debug, Args)]
pub(super) struct Flows {
    #[command(flatten)]
    way: WayArgs,
    /// How many packets go there; as many come back
    #[arg(long, value_name = "NUMBER", default_value_t = 4)]
    packets: u64,
    /// How large they are together, in octets; 84 each where absent
    #[arg(long, value_name = "OCTETS")]
    bytes: Option<u64>,
    /// When the first is sent: `2015-05-29T16:30:00Z`, or seconds since 1970; now where absent
    #[arg(long, value_name = "TIME", value_parser = time_of)]
    at: Option<u64>,
    /// How many seconds later the last one is sent
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MAX_DURATION_SECS))]
    duration: u64,
    /// A flow log by its name or id; all of them where absent
    #[arg(long, value_name = "NAME")]
    flow_log: Option<String>,
    /// Also the NODATA records of interfaces that are covered and see nothing
    #[arg(long)]
    nodata: bool,
    /// Only what AWS would have delivered by then: a time as that of `--at`
    #[arg(long, value_name = "TIME", value_parser = time_of)]
    delivered_by: Option<u64>,
    /// Deliver the records to the destinations of their flow logs
    #[arg(long)]
    deliver: bool,
    /// The topology file, or a folder to import; the embedded example where absent
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Flows {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let state = State::new(topology(self.topology.as_deref())?.model, Clock::stopped());
        let snapshot = state.snapshot();
        let model = &snapshot.model;
        let request = FlowsRequest {
            trace: self.way.request(),
            flow_log: self.flow_log,
            packets: Some(self.packets),
            bytes: self.bytes,
            at: self.at,
            duration_secs: Some(self.duration),
            nodata: self.nodata,
            delivered_by: self.delivered_by,
        };
        let plan = FlowsPlan::new(&snapshot, &request, FlowsLimits::default(), now())
            .map_err(Failure::other)?;
        let answers = answers(&state, &snapshot, &plan.trace)?;
        let addresses = plan.trace.addresses(&answers);
        if let (Destination::Name(name), true) = (&plan.trace.destination, addresses.is_empty()) {
            print(&render::resolved_text(model, plan.trace.vantage, name, &answers))?;
            return Ok(Verdict::No);
        }
        let logged = plan.records(&snapshot, &addresses).map_err(Failure::other)?;
        let world = snapshot.world(false);
        let silence = if logged.is_empty() {
            let silence = plan.silence(&snapshot, &addresses).map_err(Failure::other)?;
            Some(render::silence_text(&world, silence))
        } else {
            None
        };
        match self.output {
            Output::Text => {
                if let Some(silence) = &silence {
                    // it is no record; stderr may be closed, and there is nowhere else to say so
                    _ = writeln!(anstream::stderr(), "{silence}");
                }
                let texts = logged.iter().map(|of| render::logged_flow_text(&world, of));
                print(&texts.collect::<Vec<_>>().join("\n"))?;
            }
            Output::Json => {
                let flow_logs = logged.iter().map(|of| render::logged_flow_json(&world, of));
                let mut out = json!({ "FlowLogs": flow_logs.collect::<Vec<_>>() });
                if let (Some(silence), Some(fields)) = (silence, out.as_object_mut()) {
                    fields.insert("Explanation".to_owned(), silence.into());
                }
                print_json(&out)?;
            }
        }
        if self.deliver {
            deliver(model, &logged)?;
        }
        Ok(if logged.is_empty() { Verdict::No } else { Verdict::Yes })
    }
}

/// Delivers the records, and says where to on the standard error, as it is no record. A flow log whose records do not arrive keeps back
/// those of no other.
fn deliver(model: &Model, logged: &[LoggedFlow]) -> Result<(), Failure> {
    let environment = Environment::of_process().map_err(Failure::other)?;
    let failed = logged.iter().filter_map(|of| {
        let error = delivery::deliver(model, of, &environment, told).err()?;
        Some(format!("flow log `{}`: {error}", model[of.flow_log].name))
    });
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::other(failed.join("\nerror: "))) }
}

/// Says what has arrived.
fn told(Delivered { to, at, records }: Delivered) {
    let records = if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
    // stderr may be closed; there is nowhere else to say so
    _ = writeln!(
        anstream::stderr(),
        "delivered {records} to {to}, as AWS would about {}",
        flowlog::time_text(at)
    );
}

fn now() -> u64 {
    let clock = Clock::real();
    clock.unix_secs(clock.now())
}

fn time_of(text: &str) -> Result<u64, String> {
    if let Ok(secs) = text.parse() {
        return Ok(secs);
    }
    let expected = || {
        format!(
            "`{text}` is no time: expected one such as `2015-05-29T16:30:00Z`, or seconds since 1970"
        )
    };
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| expected())?;
    u64::try_from(at.unix_timestamp()).map_err(|_| expected())
}
