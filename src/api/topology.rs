//! `/v1/topology`: the running topology as it was written, and everything replaced at once.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Api, Problem,
    etag::{self, IfMatch, Shown},
    problem::{Mistake, Text},
};
use crate::{
    config::{self, MAX_KEPT_BYTES, Topology},
    model::{Model, QueryLogDestination},
    state::{Counters, NoText, TopologyCause, Written},
};

/// The media type of topologies. RFC 9512
pub(super) const YAML: &str = "application/yaml";

/// Which text is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Whether the text is given also where the running topology was changed since it was read.
    #[serde(default)]
    pub(super) as_read: bool,
}

/// A topology that is in place.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Replaced {
    /// The generation that it led to.
    generation: u64,
    /// What will surprise.
    #[schemars(with = "Vec<Mistake>")]
    warnings: serde_json::Value,
}

pub(super) async fn get(
    State(api): State<Api>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Shown<etag::Text>, Problem> {
    let Query(Wanted { as_read }) =
        wanted.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let snapshot = api.state.snapshot();
    let Written { text, changed } = &snapshot.written;
    let no_text = |why| Problem::new(StatusCode::NOT_FOUND, why);
    let text = text.as_ref().map_err(|why| match why {
        NoText::TooLong => no_text(format!(
            "the topology's text has more than {MAX_KEPT_BYTES} octets, and is not kept: its file has it"
        )),
        NoText::NoneRead => no_text("the running topology was not read from a text".to_owned()),
    })?;
    if *changed && !as_read {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "the running topology is not that of the text: endpoints were changed since it was read; \
             `?as_read=true` gives the text all the same",
        ));
    }
    let text = etag::Text(YAML, text.as_ref().to_owned());
    Ok(Shown::of(&api.state, &snapshot, text))
}

/// Replaces the whole topology, or nothing.
pub(super) async fn put(
    State(api): State<Api>,
    IfMatch(expected): IfMatch,
    Text(text): Text,
) -> Result<Shown<Json<Replaced>>, Problem> {
    let state = &api.state;
    let counters = state.counters();
    let parsed = tokio::task::block_in_place(|| config::parse("topology", &text));
    drop(text);
    let topology = parsed.map_err(|problems| {
        Counters::add(&counters.failed_reloads);
        Problem::topology(&problems)
    })?;
    let Topology { model, warnings: problems, text, files: _ } = topology;
    if let Some(name) = new_file(&model, &state.snapshot().model) {
        Counters::add(&counters.failed_reloads);
        return Err(Problem::bad_request(format!(
            "the query log `{name}` goes to a file: a topology that comes by the API can log to `stdout` and `events`, \
             and to the files that are written already"
        )));
    }
    let warnings = serde_json::to_value(&problems).unwrap_or_default();
    // they hold the text
    drop(problems);
    let replaced = tokio::task::block_in_place(|| {
        let (written, cause) = (Written::read(text), TopologyCause::Replaced);
        state.change(expected).replace(model, written, cause)
    });
    let snapshot = replaced.map_err(|error| {
        Counters::add(&counters.failed_reloads);
        Problem::change(state, error)
    })?;
    Counters::add(&counters.reloads);
    let replaced = Replaced { generation: snapshot.generation, warnings };
    Ok(Shown::of(state, &snapshot, Json(replaced)))
}

/// A query log that goes to a file which none goes to so far: whoever may call the API may not write where they like.
fn new_file<'m>(new: &'m Model, old: &Model) -> Option<&'m str> {
    let file = |destination: &QueryLogDestination| match destination {
        QueryLogDestination::File(file) => Some(file.path.clone()),
        QueryLogDestination::Stdout | QueryLogDestination::Events => None,
    };
    let written: Vec<_> = old
        .resolver_query_log_configs
        .iter()
        .filter_map(|config| file(&config.destination))
        .collect();
    let mut configs = new.resolver_query_log_configs.iter();
    let found = configs
        .find(|config| file(&config.destination).is_some_and(|path| !written.contains(&path)));
    found.map(|config| &*config.name)
}
