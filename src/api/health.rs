//! Faults: impair and restore AZs, subnets and network interfaces, or force what DNS takes them to be.

use axum::{Json, extract::State};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer};

use super::{
    Api,
    etag::{IfMatch, Shown},
    problem::{Body, Named, Problem},
};
use crate::{
    config::{NotFound, find_az, find_interface, find_subnet},
    health::Target,
    model::Model,
    state::{AvailabilityState, Expected, TargetChange, TargetReport},
};

/// What to do to an AZ, subnet or network interface: either key, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HealthChange", extend("minProperties" = 1))]
pub(super) struct Change {
    /// The state it is in from this moment on.
    #[serde(default, deserialize_with = "some")]
    #[schemars(with = "AvailabilityState", transform = without_default)]
    state: Option<AvailabilityState>,
    /// What DNS shall take it to be, whatever is observed; `null` ends that.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<AvailabilityState>")]
    forced: Option<Forced>,
}

/// What DNS is forced to; `null` is a value of its own, unlike a key that is absent.
#[derive(Clone, Copy, Debug)]
struct Forced(Option<AvailabilityState>);

/// That it is absent is no value that could be written.
fn without_default(schema: &mut Schema) {
    schema.remove("default");
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AvailabilityState>, D::Error> {
    AvailabilityState::deserialize(deserializer).map(Some)
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Forced>, D::Error> {
    Option::deserialize(deserializer).map(|word| Some(Forced(word)))
}

pub(super) async fn put_az(
    State(api): State<Api>,
    Named(name): Named,
    IfMatch(expected): IfMatch,
    Body(change): Body<Change>,
) -> Result<Shown<Json<TargetReport>>, Problem> {
    let find = |model: &Model| find_az(model, &name).map(Target::AvailabilityZone);
    apply(&api, find, expected, &change)
}

pub(super) async fn put_subnet(
    State(api): State<Api>,
    Named(name): Named,
    IfMatch(expected): IfMatch,
    Body(change): Body<Change>,
) -> Result<Shown<Json<TargetReport>>, Problem> {
    let find = |model: &Model| find_subnet(model, &name).map(Target::Subnet);
    apply(&api, find, expected, &change)
}

pub(super) async fn put_interface(
    State(api): State<Api>,
    Named(name): Named,
    IfMatch(expected): IfMatch,
    Body(change): Body<Change>,
) -> Result<Shown<Json<TargetReport>>, Problem> {
    let find = |model: &Model| find_interface(model, &name).map(Target::NetworkInterface);
    apply(&api, find, expected, &change)
}

fn apply(
    api: &Api,
    find: impl FnOnce(&Model) -> Result<Target, NotFound>,
    expected: Expected,
    change: &Change,
) -> Result<Shown<Json<TargetReport>>, Problem> {
    let state = &api.state;
    if change.state.is_none() && change.forced.is_none() {
        // what is not there is the greater mistake
        find(&state.current().model)?;
        return Err(Problem::bad_request(
            "expected `state` or `forced`: `impaired` or `available`",
        ));
    }
    let change = TargetChange {
        observed: change.state.map(Into::into),
        forced: change.forced.map(|Forced(forced)| forced.map(Into::into)),
    };
    let changed = state.change(expected).change_target(find, change);
    let (snapshot, report) = changed.map_err(|error| Problem::change(state, error))?;
    Ok(Shown::of(state, &snapshot, Json(report)))
}
