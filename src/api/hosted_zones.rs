//! `/v1/hosted-zones`: the private zones of a VPC as `ListHostedZonesByVPC` shows them. R57

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Api, Problem, etag::Shown};
use crate::{
    config::find_vpc,
    render::{self, HostedZonesByVpc},
};

/// Whose zones are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The VPC, by name or id.
    vpc: String,
}

pub(super) async fn list(
    State(api): State<Api>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Shown<Json<HostedZonesByVpc>>, Problem> {
    let Query(Wanted { vpc }) =
        wanted.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let snapshot = api.state.snapshot();
    let vpc = find_vpc(&snapshot.model, &vpc)?;
    let zones = render::hosted_zones_by_vpc(&snapshot.model, vpc);
    Ok(Shown::of(&api.state, &snapshot, Json(zones)))
}
