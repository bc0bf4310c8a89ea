//! Health checks: what they say, and making them say it. R72

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Api,
    etag::{IfMatch, Shown},
    problem::{Body, Named, Problem},
};
use crate::{
    config::find_health_check,
    state::{HealthCheckReport, HealthCheckStatus, Snapshot},
};

/// What a health check shall say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HealthCheckChange")]
pub(super) struct Change {
    /// What it says from now on.
    status: HealthCheckStatus,
}

/// Every health check.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HealthChecks {
    /// In the topology's order.
    health_checks: Vec<HealthCheckReport>,
}

pub(super) async fn list(State(api): State<Api>) -> Shown<Json<HealthChecks>> {
    let snapshot = api.state.snapshot();
    Shown::of(&api.state, &snapshot, Json(HealthChecks { health_checks: all(&snapshot) }))
}

pub(super) async fn get(
    State(api): State<Api>,
    Named(name): Named,
) -> Result<Shown<Json<HealthCheckReport>>, Problem> {
    let snapshot = api.state.snapshot();
    let report = HealthCheckReport::new(&snapshot, find_health_check(&snapshot.model, &name)?);
    Ok(Shown::of(&api.state, &snapshot, Json(report)))
}

pub(super) async fn put(
    State(api): State<Api>,
    Named(name): Named,
    IfMatch(expected): IfMatch,
    Body(change): Body<Change>,
) -> Result<Shown<Json<HealthCheckReport>>, Problem> {
    let state = &api.state;
    let changed = state.change(expected).check(&name, change.status.into());
    let (snapshot, report) = changed.map_err(|error| Problem::change(state, error))?;
    Ok(Shown::of(state, &snapshot, Json(report)))
}

/// Every health check with what it says.
pub(super) fn all(snapshot: &Snapshot) -> Vec<HealthCheckReport> {
    let checks = snapshot.model.health_check_indexes();
    checks.map(|ix| HealthCheckReport::new(snapshot, ix)).collect()
}
