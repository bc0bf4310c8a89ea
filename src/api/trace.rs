//! `/v1/trace`: the way of a packet and of its reply, as the command line's `trace` shows it.

use std::{net::IpAddr, sync::Arc};

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Api,
    problem::{Body, Problem},
};
use crate::{
    config,
    health::Target,
    render,
    state::{TracePlan, TraceRequest},
};

/// What is asked, as on the command line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TraceRequest")]
pub(super) struct Ask {
    /// Where it begins.
    from: String,
    /// Where it goes.
    to: String,
    /// TCP where absent.
    protocol: Option<String>,
    source_port: Option<u16>,
    source_address: Option<IpAddr>,
    /// How large each packet is, in octets with its IP header: at most 9001.
    size: Option<u32>,
    /// How many seconds the connection is idle before the reply.
    idle: Option<u64>,
    #[serde(default)]
    explain_all: bool,
    /// AZs that shall be impaired, as DNS knows, for this trace only.
    #[serde(default)]
    impaired: Vec<String>,
}

/// An analysis of each address that `to` is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Traces")]
pub(super) struct Analyses {
    /// In the shape of EC2's `NetworkInsightsAnalysis`.
    #[serde(rename = "NetworkInsightsAnalyses")]
    analyses: Vec<Value>,
}

pub(super) async fn trace(
    State(api): State<Api>,
    Body(ask): Body<Ask>,
) -> Result<Json<Analyses>, Problem> {
    let Ask { from, to, protocol, source_port, source_address, size, idle, explain_all, impaired } =
        ask;
    let request =
        TraceRequest { from, to, protocol, source_port, source_address, size, idle, explain_all };
    let mut snapshot = (*api.state.snapshot()).clone();
    for az in &impaired {
        let target = Target::AvailabilityZone(config::find_az(&snapshot.model, az)?);
        snapshot = snapshot.impairing(target, api.state.clock().now());
    }
    let snapshot = Arc::new(snapshot);
    let plan = TracePlan::new(&snapshot, &request)
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let mut answers = Vec::new();
    for question in plan.questions(&snapshot) {
        answers.push((api.resolve)(Arc::clone(&snapshot), plan.vantage, question).await);
    }
    let addresses = plan.addresses(&answers);
    let traces = plan
        .trace(&snapshot, &addresses)
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let world = snapshot.world(explain_all);
    let analyses: Vec<Value> =
        traces.iter().map(|trace| render::network_insights_analysis(&world, trace)).collect();
    Ok(Json(Analyses { analyses }))
}
