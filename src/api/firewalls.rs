//! DNS Firewall of each VPC: whether it answers, and making it stop. R107

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Api,
    etag::{IfMatch, Shown},
    problem::{Body, Named, Problem},
};
use crate::{
    config::find_vpc,
    model::VpcIx,
    state::{AvailabilityState, FirewallReport, Snapshot},
};

/// What shall become of a firewall.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FirewallChange")]
pub(super) struct Change {
    /// `impaired`: it does not answer from now on.
    state: AvailabilityState,
}

/// The firewall of every VPC.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Firewalls {
    /// In the topology's order.
    firewalls: Vec<FirewallReport>,
}

pub(super) async fn list(State(api): State<Api>) -> Shown<Json<Firewalls>> {
    let snapshot = api.state.snapshot();
    Shown::of(&api.state, &snapshot, Json(Firewalls { firewalls: all(&snapshot) }))
}

pub(super) async fn get(
    State(api): State<Api>,
    Named(vpc): Named,
) -> Result<Shown<Json<FirewallReport>>, Problem> {
    let snapshot = api.state.snapshot();
    let report = FirewallReport::new(&snapshot, find_vpc(&snapshot.model, &vpc)?);
    Ok(Shown::of(&api.state, &snapshot, Json(report)))
}

pub(super) async fn put(
    State(api): State<Api>,
    Named(vpc): Named,
    IfMatch(expected): IfMatch,
    Body(change): Body<Change>,
) -> Result<Shown<Json<FirewallReport>>, Problem> {
    let state = &api.state;
    let changed = state.change(expected).firewall(&vpc, change.state.into());
    let (snapshot, report) = changed.map_err(|error| Problem::change(state, error))?;
    Ok(Shown::of(state, &snapshot, Json(report)))
}

/// The firewall of every VPC.
pub(super) fn all(snapshot: &Snapshot) -> Vec<FirewallReport> {
    let vpcs = (0..).map(VpcIx).zip(&snapshot.model.vpcs);
    vpcs.map(|(ix, _)| FirewallReport::new(snapshot, ix)).collect()
}

/// The firewall of the VPCs that have rules of it.
pub(super) fn with_rules(snapshot: &Snapshot) -> Vec<FirewallReport> {
    all(snapshot).into_iter().filter(|report| report.has_rules).collect()
}
