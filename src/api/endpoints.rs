//! `/v1/vpc-endpoints`: endpoints as `DescribeVpcEndpoints` shows them, and changes of them.

use axum::{Json, extract::State};
use serde_json::Value;

use super::{
    Api,
    problem::{Body, Named, Problem},
};
use crate::{
    config::{EndpointChange, find_endpoint},
    model::Model,
    render,
    state::ChangeError,
};

pub(super) async fn list(State(api): State<Api>) -> Json<Value> {
    Json(render::vpc_endpoints(&api.state.snapshot().model))
}

/// What resource and service-network endpoints lead to. R22
pub(super) async fn associations(State(api): State<Api>) -> Json<Value> {
    Json(render::vpc_endpoint_associations(&api.state.snapshot().model))
}

pub(super) async fn get(State(api): State<Api>, Named(id): Named) -> Result<Json<Value>, Problem> {
    let snapshot = api.state.snapshot();
    let model = &snapshot.model;
    match find_endpoint(model, &id) {
        Ok(ix) => Ok(Json(render::interface_endpoint(model, ix))),
        Err(error) => gateway(model, &id).map(Json).ok_or_else(|| error.into()),
    }
}

pub(super) async fn patch(
    State(api): State<Api>,
    Named(id): Named,
    Body(change): Body<EndpointChange>,
) -> Result<Json<Value>, Problem> {
    let snapshot = api.state.snapshot();
    let ix = find_endpoint(&snapshot.model, &id).map_err(|error| {
        match gateway(&snapshot.model, &id) {
            Some(_) => Problem::bad_request(format!(
                "`{id}` is a gateway endpoint: nothing of it can be changed here"
            )),
            None => error.into(),
        }
    })?;
    let endpoint = snapshot.model[ix].id;
    // not held while it is replaced
    drop(snapshot);
    match tokio::task::block_in_place(|| api.state.change_endpoint(endpoint, &change)) {
        Ok(()) => {
            let snapshot = api.state.snapshot();
            let ix = find_endpoint(&snapshot.model, &endpoint.to_string())?;
            Ok(Json(render::interface_endpoint(&snapshot.model, ix)))
        }
        Err(ChangeError::Aws(error)) => Err(error.into()),
        Err(ChangeError::Gone(error)) => Err(error.into()),
    }
}

/// A gateway endpoint by `vpc/name` or id.
fn gateway(model: &Model, id: &str) -> Option<Value> {
    let mut all = model.vpcs.iter().flat_map(|vpc| {
        vpc.gateway_endpoints.iter().map(move |(name, endpoint)| (vpc, name, endpoint))
    });
    all.find(|(vpc, name, endpoint)| {
        endpoint.id.to_string() == id || format!("{}/{name}", vpc.name) == id
    })
    .map(|(vpc, name, endpoint)| render::gateway_endpoint(model, vpc, name, endpoint))
}
