//! `/v1/events`: changes, and queries for those who want them, as server-sent events.
//!
//! ```text
//!  change ─► State::changes ──────┐  one bounded ring each,
//!                                 ├─► whoever reads: two places in rings, and what is on its way to the socket
//!  query ──► State::live_queries ─┘  whatever the number of readers
//! ```
//! **Invariant:** the id of a change is the `ETag` of the state that it led to. Who reads `/v1/state` and then the events
//! after its `ETag` misses no change, or is told.

use std::convert::Infallible;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Api, Problem, etag};
use crate::{
    render::LiveQuery,
    state::{ChangeReport, Entry, Next, State as Emulation},
};

/// Most readers at once.
const MAX_READERS: usize = 128;

/// Which events are wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Whether queries are told of as well.
    #[serde(default)]
    queries: bool,
}

/// The data of an event; its type is that of the event.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what is sent")]
pub(super) enum EventData {
    /// A change; the event has an id.
    Change(ChangeReport),
    /// A query.
    Query(LiveQuery),
    /// Events that this reader does not have.
    Missed(Missed),
}

/// Events that a reader does not have: read the state again.
#[derive(Serialize, JsonSchema)]
pub(super) struct Missed {
    /// `missed`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = "missed"))]
    kind: &'static str,
    /// Changes that are not held any more; none where they are of another run, and nobody knows how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<u64>,
    /// Queries that came faster than they are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    queries: Option<u64>,
}

impl Missed {
    fn changes(changes: Option<u64>) -> Self {
        Self { kind: "missed", changes, queries: None }
    }

    fn queries(queries: u64) -> Self {
        Self { kind: "missed", changes: None, queries: Some(queries) }
    }

    fn event(&self) -> Event {
        let text = serde_json::to_string(self).unwrap_or_default();
        Event::default().event("missed").data(text)
    }
}

/// A reader.
struct Reader {
    api: Api,
    /// The change that it had last.
    change: u64,
    changes: watch::Receiver<u64>,
    /// The query that it had last, if it wants any.
    queries: Option<(u64, watch::Receiver<u64>)>,
    /// What it is told before all else.
    first: Option<Event>,
    /// Whether it has had its last event.
    ended: bool,
}

/// Each change from now on is an event, or from the one on that `Last-Event-ID` names.
pub(super) async fn follow(
    State(api): State<Api>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let Query(Wanted { queries }) =
        wanted.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let state = &api.state;
    if state.changes().readers() >= MAX_READERS {
        let detail = format!("{MAX_READERS} readers of events are enough");
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    let changes = state.changes().listen();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let (change, first) = beginning(state, last);
    let queries = queries.then(|| {
        let receiver = state.live_queries().listen();
        (state.live_queries().feed().last(), receiver)
    });
    let reader = Reader { api, change, changes, queries, first, ended: false };
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The change after which a reader begins, and what it is told of those before.
fn beginning(state: &Emulation, last: Option<&str>) -> (u64, Option<Event>) {
    let now = state.changes().last();
    let id = |event: Event| Some(event.id(etag::id(state, now)));
    let Some(last) = last.filter(|last| !last.is_empty()) else {
        // an id alone is no event, and yet where to go on
        return (now, id(Event::default()));
    };
    match etag::generation(state, last).filter(|generation| *generation <= now) {
        Some(generation) => match state.changes().after(generation) {
            Next::Gone { missed, through } => {
                (through, Some(Missed::changes(Some(missed)).event()))
            }
            Next::Entry(_) | Next::Nothing => (generation, None),
        },
        // another run, or no id of ours
        None => (now, id(Missed::changes(None).event())),
    }
}

impl Reader {
    /// The next event; none when it is over.
    async fn next(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            if let Some(event) = self.ready() {
                return Some(event);
            }
            let queries = async {
                match &mut self.queries {
                    Some((_, queries)) => _ = queries.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.api.stop.cancelled() => return None,
                _ = self.changes.changed() => {}
                () = queries => {}
            }
        }
    }

    /// The next event if there is one already: changes come first.
    fn ready(&mut self) -> Option<Event> {
        let state = &self.api.state;
        match state.changes().after(self.change) {
            Next::Entry(entry) => {
                self.change = entry.number;
                return Some(event(&entry).id(etag::id(state, entry.number)));
            }
            Next::Gone { missed, .. } => {
                // too slow: it is let go, and may come again
                self.ended = true;
                return Some(Missed::changes(Some(missed)).event());
            }
            Next::Nothing => {}
        }
        let (place, _) = self.queries.as_mut()?;
        match state.live_queries().feed().after(*place) {
            Next::Entry(entry) => {
                *place = entry.number;
                Some(event(&entry))
            }
            Next::Gone { missed, through } => {
                *place = through;
                Some(Missed::queries(missed).event())
            }
            Next::Nothing => None,
        }
    }
}

fn event(entry: &Entry) -> Event {
    Event::default().event(entry.kind).data(&*entry.text)
}
