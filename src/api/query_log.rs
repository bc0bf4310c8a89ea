//! `/v1/query-log`: the lines of query logs as server-sent events, for as long as somebody reads. R110

use std::{convert::Infallible, sync::atomic::Ordering};

use axum::{
    extract::State,
    http::StatusCode,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use tokio::sync::broadcast::error::RecvError;

use super::{Api, Problem};
use crate::model::{Model, QueryLogDestination};

/// Most readers at once.
const MAX_READERS: usize = 64;

/// Each line from now on is an event; an event `missed` says how many a reader was too slow for.
pub(super) async fn follow(
    State(api): State<Api>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    if !logs_events(&api.state.snapshot().model) {
        return Err(Problem::not_found(
            "no query logging configuration has `destination: { events: {} }`",
        ));
    }
    let log = api.state.query_log();
    if log.readers() >= MAX_READERS {
        let detail = format!("{MAX_READERS} readers of the query log are enough");
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    let lines = stream::unfold((log.subscribe(), api), |(mut lines, api)| async move {
        let next = tokio::select! {
            () = api.stop.cancelled() => return None,
            next = lines.recv() => next,
        };
        let event = match next {
            Ok(line) => Event::default().data(&*line.text),
            Err(RecvError::Lagged(missed)) => {
                let counters = api.state.counters();
                counters.query_log_missed.fetch_add(missed, Ordering::Relaxed);
                Event::default().event("missed").data(missed.to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (lines, api)))
    });
    Ok(Sse::new(lines).keep_alive(KeepAlive::default()))
}

fn logs_events(model: &Model) -> bool {
    let configs = &model.resolver_query_log_configs;
    configs.iter().any(|config| config.destination == QueryLogDestination::Events)
}
