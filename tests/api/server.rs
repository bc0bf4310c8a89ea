//! A server of its own for each test, on a free port of 127.0.0.1, its clock standing still.

use std::{net::SocketAddr, sync::Arc};

use plustwo::{
    answer,
    api::{self, ApiOptions, Limits},
    config, server,
    state::{Clock, State, Written},
};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_util::sync::CancellationToken;

use crate::http::{Reply, Request};

/// The topology of these tests.
pub(crate) const TOPOLOGY: &str = include_str!("topology.yaml");

/// A running API, ended on drop.
pub(crate) struct Server {
    _runtime: Runtime,
    pub(crate) state: Arc<State>,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts one without a token.
    pub(crate) fn start() -> Self {
        Self::with_token(None)
    }

    /// Starts one that wants this token.
    pub(crate) fn with_token(token: Option<&str>) -> Self {
        let token = token.map(str::to_owned);
        Self::with(ApiOptions { token, ..ApiOptions::default() })
    }

    /// Starts one with these limits.
    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::with(ApiOptions { limits, ..ApiOptions::default() })
    }

    fn with(options: ApiOptions) -> Self {
        let topology = match config::parse("topology.yaml", TOPOLOGY) {
            Ok(topology) => topology,
            Err(problems) => panic!("tests/api/topology.yaml:\n{}", problems.render()),
        };
        let written = Written::read(topology.text);
        let state = Arc::new(State::with_text(topology.model, written, Clock::stopped()));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        runtime.spawn(server::tell_queries(Arc::clone(&state)));
        runtime.spawn(api::serve(listener, Arc::clone(&state), offline(), options, stop));
        Self { _runtime: runtime, state, address }
    }

    /// Sends a request with a body of JSON, or with none.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        Request { method, path, body: body.as_bytes(), ..Request::default() }.send(self.address)
    }

    /// Sends a change that is meant for a certain `ETag`.
    pub(crate) fn call_if(&self, tag: &str, method: &str, path: &str, body: &str) -> Reply {
        let headers = &[("If-Match", tag)];
        Request { method, path, headers, body: body.as_bytes() }.send(self.address)
    }

    /// The `ETag` of the state.
    pub(crate) fn tag(&self) -> String {
        self.call("GET", "/v1/state", "").header("etag").unwrap().to_owned()
    }

    /// What `GET` shows at a path.
    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = self.call("GET", path, "");
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }
}

/// Answers without an upstream: the topology has none.
fn offline() -> api::Resolve {
    Arc::new(|snapshot, vantage, question| {
        Box::pin(async move { answer::answer(&snapshot.situation(vantage, 0), &question) })
    })
}
