//! Query events on their way to those who watch at the API: a task that sleeps while nobody does.

use std::{sync::Arc, time::Duration};

use hickory_proto::op::Message;

use crate::{
    render::{SeenQuery, live_query},
    state::{Interest, QueryEvent, State, Transport},
};

/// How often texts are made.
const ROUND: Duration = Duration::from_millis(20);

/// Most texts of a round. What comes faster is lost, and told of: that bounds what watching costs.
const MAX_ROUND: usize = 256;

/// Makes texts of query events while somebody watches, for ever.
pub async fn tell_queries(state: Arc<State>) {
    let live = state.live_queries();
    loop {
        live.wanted().await;
        let mut events = state.events().subscribe(Interest::All);
        let mut lost = 0;
        loop {
            let mut told = Vec::new();
            while told.len() < MAX_ROUND
                && let Some(event) = events.try_next()
            {
                told.extend(text(&state, &event).map(|text| ("query", text)));
            }
            let full = told.len() >= MAX_ROUND;
            let lost_now = events.lost();
            if lost_now > lost {
                told.push(("missed", missed(lost_now - lost)));
                lost = lost_now;
            }
            if !told.is_empty() {
                live.tell(told);
            }
            tokio::select! {
                () = events.ready(), if !full => {}
                () = live.unwanted() => break,
                () = std::future::ready(()), if full => {}
            }
            tokio::time::sleep(ROUND).await;
        }
    }
}

/// What is told where queries are missing.
fn missed(queries: u64) -> String {
    format!(r#"{{"type":"missed","queries":{queries}}}"#)
}

fn text(state: &State, event: &QueryEvent) -> Option<String> {
    let message = Message::from_vec(&event.reply).ok()?;
    let question = message.queries.first()?;
    let query = SeenQuery {
        model: &event.model,
        vantage: event.vantage,
        asker: event.asker,
        transport: match event.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        },
        name: question.name(),
        rtype: question.query_type(),
        rcode: message.metadata.response_code,
        answers: &message.answers,
        cached: event.cached,
        firewall: event.firewall,
    };
    serde_json::to_string(&live_query(&query, state.date(event.at))).ok()
}
