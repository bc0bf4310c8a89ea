//! HTTP control: state, changes, resolving, watching. Every change goes through `state`; this room only translates.
//!
//! ```text
//!  connection ─► serve: places, time, rate ─► guard: who may call ─► routes ─► state
//!                                                                     └─► /openapi.json, of the same list
//! ```
//!
//! The page that shows it all stands at `/`, under the headers that `guard` sets.
//!
//! The API listens on loopback. It refuses a foreign `Host` (DNS rebinding) and a foreign `Origin` (a page in a
//! browser), and off loopback it requires a token. Errors are RFC 9457 problem details.

mod endpoints;
mod etag;
mod events;
mod firewalls;
mod flows;
mod guard;
mod health;
mod health_checks;
mod hosted_zones;
mod map;
mod metrics;
mod openapi;
mod page;
mod problem;
mod query_log;
mod resolve;
mod serve;
mod state;
mod topology;
mod trace;

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::header, middleware, routing::get};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use self::state::StateReport;
use crate::{
    answer::{Answer, Question},
    config::EndpointChange,
    model::Vantage,
    render::{self, AnswerReport},
    state::{FirewallReport, HealthCheckReport, Snapshot, State, TargetReport},
};
use openapi::{Operation as Op, Routes};
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
    limits: Limits,
    /// Places for those who ask for records of flows.
    flows: Arc<Semaphore>,
}

/// Who may call, and how much.
#[derive(Clone, Debug, Default)]
pub struct ApiOptions {
    /// The bearer token that every call must carry; required off loopback.
    pub token: Option<String>,
    /// What callers together may take.
    pub limits: Limits,
}

/// What callers together may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at once; whoever comes then is told so.
    pub connections: usize,
    /// Requests in a second; further ones wait.
    pub requests_per_second: u64,
    /// How long the head of a request may take, and how long a connection may stay without one.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long somebody may take nothing of what is sent.
    pub stalled: Duration,
}

impl Default for Limits {
    /// Ours: a test suite does not notice them, a loop that has gone wild leaves the cores to DNS.
    fn default() -> Self {
        Self {
            connections: 512,
            requests_per_second: 1000,
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            stalled: Duration::from_secs(10),
        }
    }
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
    let (router, document) = routes().finish();
    let document: Arc<str> = document.to_string().into();
    let router =
        router
            .route(
                "/openapi.json",
                get(|| async move {
                    ([(header::CONTENT_TYPE, "application/json")], document.to_string())
                }),
            )
            .merge(page::routes())
            .fallback(|| async { Problem::not_found("there is no such path") })
            .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn_with_state(Arc::new(guard), guard::check))
            .with_state(Api {
                state,
                resolve,
                stop,
                limits: options.limits,
                flows: Arc::new(Semaphore::new(flows::AT_ONCE)),
            });
    Ok(router)
}

/// What `/openapi.json` describes.
#[must_use]
pub fn openapi() -> serde_json::Value {
    routes().finish().1
}

/// Every route with its description.
fn routes() -> Routes {
    let routes = Routes::new()
        .route(
            &Op::get("/v1/state", "getState", "Everything at a glance")
                .replies::<StateReport>()
                .tagged(),
            state::get,
        )
        .route(
            &Op::get("/v1/topology", "getTopology", "The running topology as it was written")
                .query::<topology::Wanted>()
                .replies_topology()
                .tagged()
                .fails(&[400, 404, 409]),
            topology::get,
        )
        .route(
            &Op::put("/v1/topology", "putTopology", "Replace the whole topology, or nothing")
                .takes_topology()
                .replies::<topology::Replaced>()
                .tagged()
                .fails(&[409, 422]),
            topology::put,
        )
        .route(
            &Op::post("/v1/resolve", "resolve", "Answer a question, and explain the answer")
                .takes::<resolve::Ask>()
                .replies::<AnswerReport>()
                .fails(&[404]),
            resolve::resolve,
        )
        .route(
            &Op::post("/v1/trace", "trace", "Follow a packet there and its reply back")
                .takes::<trace::Ask>()
                .replies::<trace::Analyses>()
                .fails(&[404]),
            trace::trace,
        )
        .route(
            &Op::post("/v1/flows", "flows", "What flow logs record of packets there and back")
                .takes::<flows::Ask>()
                .replies::<flows::LoggedFlows>()
                .fails(&[404]),
            flows::flows,
        )
        .route(
            &Op::get("/v1/explanation-codes", "explanationCodes", "What codes of a trace mean")
                .replies::<map::Meanings>(),
            map::explanation_codes,
        )
        .route(
            &Op::get("/v1/map", "getMap", "What a picture of the topology needs")
                .query::<map::Wanted>()
                .replies::<map::Map>()
                .fails(&[400, 404]),
            map::get,
        );
    watching(faults(endpoints(routes)))
}

fn endpoints(routes: Routes) -> Routes {
    const ENDPOINT: &str = "The endpoint's id, or `vpc/name`.";
    routes
        .route(
            &Op::get("/v1/vpc-endpoints", "listVpcEndpoints", "As DescribeVpcEndpoints shows them")
                .replies::<render::VpcEndpoints>()
                .tagged(),
            endpoints::list,
        )
        .route(
            &Op::get("/v1/vpc-endpoints/{*id}", "getVpcEndpoint", "One of them")
                .named(ENDPOINT)
                .replies::<render::VpcEndpoint>()
                .tagged(),
            endpoints::get,
        )
        .route(
            &Op::patch("/v1/vpc-endpoints/{*id}", "modifyVpcEndpoint", "Change one of them")
                .named(ENDPOINT)
                .takes::<EndpointChange>()
                .replies::<render::VpcEndpoint>()
                .tagged(),
            endpoints::patch,
        )
        .route(
            &Op::get(
                "/v1/vpc-endpoint-associations",
                "listVpcEndpointAssociations",
                "What resource and service-network endpoints lead to, as DescribeVpcEndpointAssociations shows it",
            )
            .replies::<render::VpcEndpointAssociations>()
            .tagged(),
            endpoints::associations,
        )
        .route(
            &Op::get(
                "/v1/hosted-zones",
                "listHostedZonesByVpc",
                "The private zones of a VPC, as ListHostedZonesByVPC shows them",
            )
            .query::<hosted_zones::Wanted>()
            .replies::<render::HostedZonesByVpc>()
            .tagged()
            .fails(&[400, 404]),
            hosted_zones::list,
        )
}

fn faults(routes: Routes) -> Routes {
    const FIREWALL: &str = "The VPC's name or id.";
    let put = |path, id, what, summary| {
        let operation = Op::put(path, id, summary).named(what).takes::<health::Change>();
        operation.replies::<TargetReport>().tagged()
    };
    let az = ("/v1/availability-zones/{az}", "putAvailabilityZone", "The AZ's name or id.");
    let subnet = ("/v1/subnets/{*id}", "putSubnet", "The subnet's id, or `vpc/name`.");
    let eni =
        ("/v1/network-interfaces/{eni}", "putNetworkInterface", "The interface's id or address.");
    routes
        .route(&put(az.0, az.1, az.2, "Impair, restore or force an AZ"), health::put_az)
        .route(&put(subnet.0, subnet.1, subnet.2, "The same for a subnet"), health::put_subnet)
        .route(&put(eni.0, eni.1, eni.2, "The same for a network interface"), health::put_interface)
        .route(
            &Op::get("/v1/health-checks", "listHealthChecks", "What health checks say")
                .replies::<health_checks::HealthChecks>()
                .tagged(),
            health_checks::list,
        )
        .route(
            &Op::get("/v1/health-checks/{check}", "getHealthCheck", "What one of them says")
                .named("The health check's name or id.")
                .replies::<HealthCheckReport>()
                .tagged(),
            health_checks::get,
        )
        .route(
            &Op::put("/v1/health-checks/{check}", "putHealthCheck", "Make it say something")
                .named("The health check's name or id.")
                .takes::<health_checks::Change>()
                .replies::<HealthCheckReport>()
                .tagged(),
            health_checks::put,
        )
        .route(
            &Op::get("/v1/firewalls", "listFirewalls", "Where DNS Firewall answers")
                .replies::<firewalls::Firewalls>()
                .tagged(),
            firewalls::list,
        )
        .route(
            &Op::get("/v1/firewalls/{vpc}", "getFirewall", "Whether it does in a VPC")
                .named(FIREWALL)
                .replies::<FirewallReport>()
                .tagged(),
            firewalls::get,
        )
        .route(
            &Op::put("/v1/firewalls/{vpc}", "putFirewall", "Make it answer there, or not")
                .named(FIREWALL)
                .takes::<firewalls::Change>()
                .replies::<FirewallReport>()
                .tagged(),
            firewalls::put,
        )
}

fn watching(routes: Routes) -> Routes {
    routes
        .route(
            &Op::get("/v1/events", "followEvents", "Changes, and queries for those who want them")
                .query::<events::Wanted>()
                .last_event_id()
                .replies_events::<events::EventData>()
                .fails(&[400]),
            events::follow,
        )
        .route(
            &Op::get("/v1/query-log", "followQueryLog", "Lines of query logs with `events`")
                .replies_text("text/event-stream")
                .fails(&[404]),
            query_log::follow,
        )
        .route(
            &Op::get("/metrics", "getMetrics", "Counters in Prometheus' text format")
                .replies_text(metrics::MEDIA),
            metrics::get,
        )
        .route(&Op::get("/healthz", "getHealth", "Whether it runs"), || async { "ok\n" })
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
    serve::serve(listener, router, options.limits, stop).await;
    Ok(())
}
