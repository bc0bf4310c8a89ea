//! `/v1/flows`: what flow logs record of a flow, as the command line's `flows` shows it.

use std::{net::IpAddr, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::{
    Api,
    problem::{Body, Problem},
};
use crate::{
    render,
    state::{BadFlowsRequest, FlowsLimits, FlowsPlan, FlowsRequest, TraceRequest},
};

/// What a request may ask for: what is made in a second or two, of some ten megabytes. Ours.
const LIMITS: FlowsLimits = FlowsLimits { duration_secs: 3600, records: 2000 };

/// How many requests are worked on at once; the others wait.
pub(super) const AT_ONCE: usize = 2;

/// What is asked, as on the command line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FlowsRequest")]
pub(super) struct Ask {
    /// Where packets begin.
    from: String,
    /// Where they go; a name leads to the first of its addresses.
    to: String,
    /// TCP where absent.
    protocol: Option<String>,
    source_port: Option<u16>,
    source_address: Option<IpAddr>,
    /// How many packets go there; as many come back. 4 where absent.
    #[schemars(range(max = 1_000_000_000))]
    packets: Option<u64>,
    /// How large they are together, in octets, 65535 each at most; 84 each where absent.
    bytes: Option<u64>,
    /// When the first is sent, in seconds since 1970; now where absent.
    #[schemars(range(max = 253_370_764_799_u64))]
    at: Option<u64>,
    /// How many seconds later the last one is sent.
    #[schemars(range(max = 3600))]
    duration: Option<u64>,
    /// A flow log by its name or id; all of them where absent.
    flow_log: Option<String>,
    /// Also the NODATA records of interfaces that are covered and see nothing.
    #[serde(default)]
    nodata: bool,
    /// Only what AWS would have delivered by then, in seconds since 1970.
    delivered_by: Option<u64>,
}

/// What each flow log records.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LoggedFlows")]
pub(super) struct LoggedFlows {
    /// Each with the flow log as `describe-flow-logs` shows it, and records by network interface, and where and when these are delivered.
    #[serde(rename = "FlowLogs")]
    flow_logs: Vec<Value>,
    /// Why there is no record, where there is none.
    #[serde(rename = "Explanation", skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

impl From<BadFlowsRequest> for Problem {
    fn from(error: BadFlowsRequest) -> Self {
        match error {
            BadFlowsRequest::NoSuchFlowLog(error) => error.into(),
            BadFlowsRequest::NoFlowLogs => Self::not_found(error.to_string()),
            BadFlowsRequest::Trace(_)
            | BadFlowsRequest::TooMany { .. }
            | BadFlowsRequest::TooManyRecords(_) => Self::bad_request(error.to_string()),
        }
    }
}

pub(super) async fn flows(
    State(api): State<Api>,
    Body(ask): Body<Ask>,
) -> Result<Json<LoggedFlows>, Problem> {
    let Ask { from, to, protocol, source_port, source_address, .. } = ask;
    let Ask { packets, bytes, at, duration: duration_secs, flow_log, nodata, delivered_by, .. } =
        ask;
    let trace =
        TraceRequest { from, to, protocol, source_port, source_address, ..TraceRequest::default() };
    let request =
        FlowsRequest { trace, flow_log, packets, bytes, at, duration_secs, nodata, delivered_by };
    let snapshot = Arc::clone(&api.state.snapshot());
    let clock = api.state.clock();
    let plan = FlowsPlan::new(&snapshot, &request, LIMITS, clock.unix_secs(clock.now()))?;
    let mut answers = Vec::new();
    for question in plan.trace.questions(&snapshot) {
        answers.push((api.resolve)(Arc::clone(&snapshot), plan.trace.vantage, question).await);
    }
    let addresses = plan.trace.addresses(&answers);
    let place = Arc::clone(&api.flows).acquire_owned().await;
    let made = spawn_blocking(move || {
        let logged = plan.records(&snapshot, &addresses)?;
        let world = snapshot.world(false);
        let flow_logs: Vec<Value> =
            logged.iter().map(|of| render::logged_flow_json(&world, of)).collect();
        let explanation = if logged.is_empty() {
            Some(render::silence_text(&world, plan.silence(&snapshot, &addresses)?))
        } else {
            None
        };
        drop(place);
        Ok::<_, BadFlowsRequest>(LoggedFlows { flow_logs, explanation })
    });
    let stopped = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server stops");
    Ok(Json(made.await.map_err(stopped)??))
}
