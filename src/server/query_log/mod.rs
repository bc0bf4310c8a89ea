//! The query log of Resolver: a line for each uncached query of a VPC that logs, written by a thread of its own. R110
//!
//! ```text
//!  whoever answers ─► bounded ring ─► QueryLog ─► line ─┬─► file, rotated by its size
//!                        │ full                         ├─► standard output
//!                        └─► dropped and counted        └─► State::query_log ─► GET /v1/query-log
//! ```
//! **Invariant:** a destination that is slow, or gone, costs lines and never an answer.

mod debug;
mod line;
mod sink;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::runtime;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::{
    model::{Model, QueryLogDestination, Vantage},
    state::{Interest, QueryEvent, QueryLogLine, State, Subscription},
};
pub use debug::log_queries;
use sink::Sink;

/// How often it is looked whether the thread has ended.
const TICK: Duration = Duration::from_millis(5);

/// Writes the query logs of a state.
#[derive(Debug)]
pub struct QueryLog {
    state: Arc<State>,
    events: Subscription,
    files: BTreeMap<PathBuf, Sink>,
    stdout: Sink,
    /// How many lost events were spoken of.
    lost: u64,
}

impl QueryLog {
    /// Listens from now on; nothing is written before [`QueryLog::drain`], or without [`QueryLog::start`].
    #[must_use]
    pub fn new(state: Arc<State>) -> Self {
        let events = state.events().subscribe(Interest::Logged);
        Self { state, events, files: BTreeMap::new(), stdout: Sink::stdout(), lost: 0 }
    }

    /// Writes what was told until now.
    pub fn drain(&mut self) {
        while let Some(event) = self.events.try_next() {
            self.log(&event);
        }
        let counters = self.state.counters();
        for sink in self.files.values_mut().chain([&mut self.stdout]) {
            sink.flush(counters);
        }
        let snapshot = self.state.current();
        self.files.retain(|path, _| is_written(&snapshot.model, path));
        // said each time that they are twice as many
        if self.events.lost() > 2 * self.lost {
            self.lost = self.events.lost();
            warn!(lost = self.lost, "more queries than the query log can take");
        }
    }

    fn log(&mut self, event: &QueryEvent) {
        let Vantage::Vpc(place) = event.vantage else { return };
        let model = &event.model;
        let secs = self.state.clock().unix_secs(event.at);
        let Some(line) = line::line(event, place, secs) else { return };
        let mut shared = None;
        let counters = self.state.counters();
        for ix in &model[place.vpc].query_logs {
            let config = &model[*ix];
            match &config.destination {
                QueryLogDestination::File(file) => {
                    let sink =
                        self.files.entry(file.path.clone()).or_insert_with(|| Sink::file(file));
                    sink.write(&line, file, counters);
                }
                QueryLogDestination::Stdout => self.stdout.write_unbounded(&line, counters),
                QueryLogDestination::Events => {
                    let text = shared.get_or_insert_with(|| Arc::<str>::from(line.as_str()));
                    let line = QueryLogLine { config: config.id, text: Arc::clone(text) };
                    self.state.query_log().send(line);
                    counters.add_lines(1);
                }
            }
        }
    }

    /// Writes on a thread of its own, until that is stopped.
    ///
    /// # Errors
    /// If there can be no such thread.
    pub fn start(mut self) -> io::Result<QueryLogThread> {
        let runtime = runtime::Builder::new_current_thread().build()?;
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = thread::Builder::new().name("query-log".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    self.drain();
                    tokio::select! {
                        () = self.events.ready() => {}
                        () = stopped.cancelled() => break,
                    }
                }
            });
            self.drain();
        })?;
        Ok(QueryLogThread { stop, thread })
    }
}

/// Whether a model has a query log in this file.
fn is_written(model: &Model, path: &Path) -> bool {
    model.resolver_query_log_configs.iter().any(|config| match &config.destination {
        QueryLogDestination::File(file) => file.path == path,
        QueryLogDestination::Stdout | QueryLogDestination::Events => false,
    })
}

/// The thread that writes the query logs.
#[derive(Debug)]
pub struct QueryLogThread {
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl QueryLogThread {
    /// Lets it write what was told until now, and ends it. What a destination has not taken after so long is given up.
    pub fn stop(self, patience: Duration) {
        self.stop.cancel();
        let mut left = patience;
        while !self.thread.is_finished() && !left.is_zero() {
            thread::sleep(TICK);
            left = left.saturating_sub(TICK);
        }
        if !self.thread.is_finished() {
            warn!(after = ?patience, "a query log takes no more lines: some are lost");
        } else if self.thread.join().is_err() {
            error!("the thread of the query log ended badly");
        }
    }
}
