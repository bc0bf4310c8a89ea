//! Replies as lines of the server's own log, at `debug`.

use std::sync::Arc;

use hickory_proto::op::Message;
use tracing::{Level, debug, enabled, trace, warn};

use crate::state::{Interest, QueryEvent, State};

/// Logs every reply to a question that was looked at, for ever; returns at once if nobody would read it.
pub async fn log_queries(state: Arc<State>) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    let mut events = state.events().subscribe(Interest::All);
    let mut lost = 0;
    loop {
        log(&*events.next().await);
        // said each time that they are twice as many
        if events.lost() > 2 * lost {
            lost = events.lost();
            warn!(lost, "more replies than the log can take");
        }
    }
}

fn log(event: &QueryEvent) {
    let QueryEvent { at, asker, vantage, transport, reply, .. } = event;
    let Ok(message) = Message::from_vec(reply) else { return };
    let Some(question) = message.queries.first() else { return };
    debug!(
        %asker, ?vantage, ?transport, name = %question.name(), rtype = %question.query_type(),
        rcode = %message.metadata.response_code, answers = message.answers.len(), "replied"
    );
    trace!(?at, ?message, "replied");
}
