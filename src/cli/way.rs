//! From where to where packets go, for the commands that follow them.

use std::net::IpAddr;

use clap::Args;
use tokio::runtime;

use super::Failure;
use crate::{
    answer::Answer,
    server::{self, Upstream},
    state::{Snapshot, State, TracePlan, TraceRequest},
};

/// A way, as people type it.
#[derive(Debug, Args)]
pub(super) struct WayArgs {
    /// Where packets begin: `vpc/instance`, `vpc/subnet`, `internet`, or an id, an `eni-…` too
    #[arg(long, value_name = "VANTAGE")]
    from: String,
    /// Where they go: a DNS name, an address, `vpc/instance`, `vpc/endpoint` or an id, with `:PORT` (443 where absent)
    #[arg(long, value_name = "NAME|ADDRESS[:PORT]")]
    to: String,
    /// `tcp`, `udp`, `icmp` (ping), or a protocol's number
    #[arg(long, default_value = "tcp")]
    protocol: String,
    /// The port that replies go to
    #[arg(long, value_name = "PORT", default_value_t = crate::trace::SOURCE_PORT)]
    source_port: u16,
    /// The source's address, in a subnet or on the internet
    #[arg(long, value_name = "ADDRESS")]
    source_address: Option<IpAddr>,
}

impl WayArgs {
    /// What it asks for.
    pub(super) fn request(self) -> TraceRequest {
        let Self { from, to, protocol, source_port, source_address } = self;
        TraceRequest {
            from,
            to,
            protocol: Some(protocol),
            source_port: Some(source_port),
            source_address,
            ..TraceRequest::default()
        }
    }
}

/// What the names of a plan resolve to, without a server.
///
/// # Errors
/// Where there can be no runtime.
pub(super) fn answers(
    state: &State,
    snapshot: &Snapshot,
    plan: &TracePlan,
) -> Result<Vec<Answer>, Failure> {
    let upstream = Upstream::default();
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let questions = plan.questions(snapshot);
    let answers = questions.iter().map(|question| {
        runtime.block_on(server::resolve(state, &upstream, snapshot, plan.vantage, question))
    });
    Ok(answers.collect())
}
