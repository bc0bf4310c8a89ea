//! HTTP control: state, changes, resolving. Every change goes through `state`; this room only translates.
//!
//! The API listens on loopback. It refuses a foreign `Host` (DNS rebinding) and a foreign `Origin` (a page in a
//! browser), and off loopback it requires a token. Errors are RFC 9457 problem details.

mod endpoints;
mod guard;
mod health;
mod health_checks;
mod problem;
mod query_log;
mod resolve;
mod state;
mod trace;

use std::{io, net::SocketAddr, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post, put},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Answer, Question},
    model::Vantage,
    state::{Snapshot, State},
};
use problem::Problem;

/// Largest body of a request, in octets, but for a topology.
const MAX_BODY_BYTES: usize = 64 << 10;

/// Largest topology that is taken, in octets.
const MAX_TOPOLOGY_BYTES: usize = 64 << 20;

/// Answers a question in full, the public DNS included. The DNS server's way of doing it is handed in, so that the
/// two doors need not know each other.
pub type Resolve = Arc<
    dyn Fn(Arc<Snapshot>, Vantage, Question) -> Pin<Box<dyn Future<Output = Answer> + Send>>
        + Send
        + Sync,
>;

/// What the API needs to answer.
#[derive(Clone)]
struct Api {
    state: Arc<State>,
    resolve: Resolve,
    /// Ends what would go on for ever.
    stop: CancellationToken,
}

/// Who may call.
#[derive(Clone, Debug, Default)]
pub struct ApiOptions {
    /// The bearer token that every call must carry; required off loopback.
    pub token: Option<String>,
}

/// The routes, for a listener at `bound`, whose streams end when `stop` is cancelled.
///
/// # Errors
/// Off loopback without a token.
pub fn router(
    state: Arc<State>,
    resolve: Resolve,
    options: &ApiOptions,
    bound: SocketAddr,
    stop: CancellationToken,
) -> io::Result<Router> {
    let guard = guard::Guard::new(bound, options.token.clone())?;
    let topology = put(state::put_topology).layer(DefaultBodyLimit::max(MAX_TOPOLOGY_BYTES));
    let router = Router::new()
        .route("/v1/topology", topology)
        .route("/v1/state", get(state::get_state))
        .route("/v1/vpc-endpoints", get(endpoints::list))
        .route("/v1/vpc-endpoints/{*id}", get(endpoints::get).patch(endpoints::patch))
        .route("/v1/vpc-endpoint-associations", get(endpoints::associations))
        .route("/v1/availability-zones/{az}", put(health::put_az))
        .route("/v1/subnets/{*id}", put(health::put_subnet))
        .route("/v1/network-interfaces/{eni}", put(health::put_interface))
        .route("/v1/health-checks", get(health_checks::list))
        .route("/v1/health-checks/{check}", get(health_checks::get).put(health_checks::put))
        .route("/v1/query-log", get(query_log::follow))
        .route("/v1/resolve", post(resolve::resolve))
        .route("/v1/trace", post(trace::trace))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { Problem::not_found("there is no such path") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::new(guard), guard::check))
        .with_state(Api { state, resolve, stop });
    Ok(router)
}

/// Serves the API until `stop` is cancelled, then lets calls finish.
///
/// # Errors
/// Off loopback without a token.
pub async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    resolve: Resolve,
    options: ApiOptions,
    stop: CancellationToken,
) -> io::Result<()> {
    let bound = listener.local_addr()?;
    let router = router(state, resolve, &options, bound, stop.clone())?;
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}
