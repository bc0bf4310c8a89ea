//! `/v1/vpc-endpoints`: endpoints as `DescribeVpcEndpoints` shows them, and changes of them.

use axum::{Json, extract::State};

use super::{
    Api,
    etag::{IfMatch, Shown},
    problem::{Body, Named, Problem},
};
use crate::{
    config::{EndpointChange, find_endpoint},
    model::Model,
    render::{self, VpcEndpoint, VpcEndpointAssociations, VpcEndpoints},
};

pub(super) async fn list(State(api): State<Api>) -> Shown<Json<VpcEndpoints>> {
    let snapshot = api.state.snapshot();
    Shown::of(&api.state, &snapshot, Json(render::vpc_endpoints(&snapshot.model)))
}

/// What resource and service-network endpoints lead to. R22
pub(super) async fn associations(State(api): State<Api>) -> Shown<Json<VpcEndpointAssociations>> {
    let snapshot = api.state.snapshot();
    Shown::of(&api.state, &snapshot, Json(render::vpc_endpoint_associations(&snapshot.model)))
}

pub(super) async fn get(
    State(api): State<Api>,
    Named(id): Named,
) -> Result<Shown<Json<VpcEndpoint>>, Problem> {
    let snapshot = api.state.snapshot();
    let model = &snapshot.model;
    let endpoint = match find_endpoint(model, &id) {
        Ok(ix) => render::interface_endpoint(model, ix),
        Err(error) => gateway(model, &id).ok_or(error)?,
    };
    Ok(Shown::of(&api.state, &snapshot, Json(endpoint)))
}

pub(super) async fn patch(
    State(api): State<Api>,
    Named(id): Named,
    IfMatch(expected): IfMatch,
    Body(change): Body<EndpointChange>,
) -> Result<Shown<Json<VpcEndpoint>>, Problem> {
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
    let state = &api.state;
    let changed =
        tokio::task::block_in_place(|| state.change(expected).change_endpoint(endpoint, &change));
    let snapshot = changed.map_err(|error| Problem::change(state, error))?;
    let ix = find_endpoint(&snapshot.model, &endpoint.to_string())?;
    let endpoint = render::interface_endpoint(&snapshot.model, ix);
    Ok(Shown::of(state, &snapshot, Json(endpoint)))
}

/// A gateway endpoint by `vpc/name` or id.
fn gateway(model: &Model, id: &str) -> Option<VpcEndpoint> {
    let mut all = model.vpcs.iter().flat_map(|vpc| {
        vpc.gateway_endpoints.iter().map(move |(name, endpoint)| (vpc, name, endpoint))
    });
    all.find(|(vpc, name, endpoint)| {
        endpoint.id.to_string() == id || format!("{}/{name}", vpc.name) == id
    })
    .map(|(vpc, name, endpoint)| render::gateway_endpoint(model, vpc, name, endpoint))
}
