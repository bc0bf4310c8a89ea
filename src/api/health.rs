//! Faults: impair and restore AZs, subnets and network interfaces, or force what DNS takes them to be.

use axum::{Json, extract::State};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    Api,
    problem::{Body, Named, Problem},
};
use crate::{
    config::{find_az, find_interface, find_subnet},
    health::{State as HealthState, Target},
    state::{State as Emulation, TargetState},
};

/// What to do to a target: either key, or both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The state it is in from this moment on.
    state: Option<Word>,
    /// What DNS shall take it to be, whatever is observed; `null` ends that.
    #[serde(default, deserialize_with = "given")]
    forced: Option<Forced>,
}

/// A state as AWS words it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Impaired,
    Available,
}

impl From<Word> for HealthState {
    fn from(word: Word) -> Self {
        match word {
            Word::Impaired => Self::Impaired,
            Word::Available => Self::Healthy,
        }
    }
}

/// What DNS is forced to; `null` is a value of its own, unlike a key that is absent.
#[derive(Clone, Copy, Debug)]
struct Forced(Option<Word>);

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Forced>, D::Error> {
    Option::deserialize(deserializer).map(|word| Some(Forced(word)))
}

pub(super) async fn put_az(
    State(api): State<Api>,
    Named(name): Named,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let target = find_az(&api.state.snapshot().model, &name)?;
    apply(&api.state, Target::AvailabilityZone(target), &change)
}

pub(super) async fn put_subnet(
    State(api): State<Api>,
    Named(name): Named,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let target = find_subnet(&api.state.snapshot().model, &name)?;
    apply(&api.state, Target::Subnet(target), &change)
}

pub(super) async fn put_interface(
    State(api): State<Api>,
    Named(name): Named,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let target = find_interface(&api.state.snapshot().model, &name)?;
    apply(&api.state, Target::NetworkInterface(target), &change)
}

fn apply(state: &Emulation, target: Target, change: &Change) -> Result<Json<Value>, Problem> {
    if change.state.is_none() && change.forced.is_none() {
        return Err(Problem::bad_request(
            "expected `state` or `forced`: `impaired` or `available`",
        ));
    }
    if let Some(observed) = change.state {
        state.observe(target, observed.into());
    }
    if let Some(Forced(forced)) = change.forced {
        state.force(target, forced.map(Into::into));
    }
    Ok(Json(target_json(state, target)))
}

/// A target with what is known of it.
pub(super) fn target_json(state: &Emulation, target: Target) -> Value {
    let snapshot = state.snapshot();
    let model = &snapshot.model;
    let (kind, name, id) = match target {
        Target::AvailabilityZone(az) => {
            ("availability_zone", model[az].name.to_string(), model[az].id.to_string())
        }
        Target::Subnet(subnet) => (
            "subnet",
            format!("{}/{}", model[model[subnet].vpc].name, model[subnet].name),
            model[subnet].id.to_string(),
        ),
        Target::NetworkInterface(eni) => {
            let endpoint = &model[model[eni].endpoint];
            let name = format!("{}/{}", model[endpoint.vpc].name, endpoint.name);
            ("network_interface", name, model[eni].id.to_string())
        }
    };
    let TargetState { observed, noticed, forced, effective, notices_in } = state.target(target);
    json!({
        "kind": kind,
        "name": name,
        "id": id,
        "observed": word(observed),
        "noticed": word(noticed),
        "forced": forced.map(word),
        "effective": word(effective),
        "notices_in_secs": notices_in.map(|wait| wait.as_secs_f64()),
    })
}

fn word(state: HealthState) -> &'static str {
    match state {
        HealthState::Impaired => "impaired",
        HealthState::Healthy => "available",
    }
}
