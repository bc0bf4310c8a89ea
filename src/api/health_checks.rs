//! Health checks: what they say, and making them say it.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Api,
    problem::{Body, Named, Problem},
};
use crate::{config::find_health_check, health::State as HealthState, state::Snapshot};

/// What a health check shall say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    status: Status,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Healthy,
    Unhealthy,
}

pub(super) async fn list(State(api): State<Api>) -> Json<Value> {
    Json(json!({ "health_checks": all(&api.state.snapshot()) }))
}

pub(super) async fn get(
    State(api): State<Api>,
    Named(name): Named,
) -> Result<Json<Value>, Problem> {
    one(&api.state.snapshot(), &name)
}

pub(super) async fn put(
    State(api): State<Api>,
    Named(name): Named,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let to = match change.status {
        Status::Healthy => HealthState::Healthy,
        Status::Unhealthy => HealthState::Impaired,
    };
    let name = api.state.check(&name, to)?;
    one(&api.state.snapshot(), &name)
}

fn one(snapshot: &Snapshot, name: &str) -> Result<Json<Value>, Problem> {
    let ix = find_health_check(&snapshot.model, name)?;
    let all = all(snapshot);
    Ok(Json(all.into_iter().nth(ix.index()).unwrap_or_default()))
}

/// Every health check with what it says.
pub(super) fn all(snapshot: &Snapshot) -> Vec<Value> {
    let checks = snapshot.model.health_check_indexes();
    checks
        .map(|ix| {
            let check = &snapshot.model[ix];
            let unhealthy = snapshot.detected.is_unhealthy(ix);
            json!({
                "name": check.name,
                "id": check.id.to_string(),
                "status": if unhealthy { "unhealthy" } else { "healthy" },
            })
        })
        .collect()
}
