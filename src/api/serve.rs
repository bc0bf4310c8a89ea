//! Connections: so many and no more, each with so much time, and all together so many requests a second.
//!
//! ```text
//!  accept ─► a place? ─► HTTP/1.1, timed ─► rate ─► the routes
//!              none: 503, and closed
//! ```

use std::{convert::Infallible, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
    response::IntoResponse as _,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::{BoxError, Service as _, ServiceBuilder, ServiceExt, buffer::Buffer};
use tracing::{debug, warn};

use super::{Limits, Problem};

/// Most octets of a connection that are read and not yet looked at, or ready to be sent. A head is shorter.
const BUFFER_BYTES: usize = 64 << 10;

/// How long to wait when the system has no more room for connections.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// What the system may hold of what somebody has not taken yet, in octets.
const SEND_BUFFER_BYTES: usize = 128 << 10;

/// The routes behind their rate.
type Limited = Buffer<Request, Answering>;

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Serves until `stop` is cancelled, then lets calls finish.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = GracefulShutdown::new();
    let limited = limited(router, limits);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                accept_failed(&error).await;
                continue;
            }
        };
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                let connection = Connection { stream, peer, place, limits };
                connection.spawn(limited.clone(), &connections);
            }
            Err(_) => turn_away(&stream, peer, limits.connections),
        }
    }
    // nobody comes in any more
    drop(listener);
    connections.shutdown().await;
}

/// Everything at a bounded rate; who is over it waits. Those who wait are no more than there are connections.
fn limited(router: Router, limits: Limits) -> Limited {
    let service = ServiceBuilder::new()
        .rate_limit(limits.requests_per_second, Duration::from_secs(1))
        .service(router);
    let boxed = |answering| -> Answering { Box::pin(answering) };
    Buffer::new(ServiceExt::<Request>::map_future(service, boxed), limits.connections)
}

/// A connection that has a place.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    limits: Limits,
}

impl Connection {
    /// Serves it in a task of its own.
    fn spawn(self, limited: Limited, connections: &GracefulShutdown) {
        let Self { stream, peer, place, limits } = self;
        // small messages both ways; without these it works all the same
        _ = stream.set_nodelay(true);
        _ = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.stalled));
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut limited = limited.clone();
            async move { Ok::<_, Infallible>(answer(&mut limited, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%peer, %error, "a connection of the API ended badly");
            }
            drop(place);
        });
    }
}

async fn answer(limited: &mut Limited, request: hyper::Request<Incoming>) -> Response<Body> {
    let answered = async {
        let ready = limited.ready().await?;
        ready.call(request.map(Body::new)).await
    };
    answered.await.unwrap_or_else(|error: BoxError| {
        // the task that keeps the rate is gone
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
    })
}

/// Says that there is no place; who does not take that at once goes without.
fn turn_away(stream: &TcpStream, peer: SocketAddr, limit: usize) {
    debug!(%peer, limit, "one connection of the API too many");
    let detail = format!("{limit} connections are open: no more are taken");
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).text();
    let head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\
                Connection: close\r\nRetry-After: 1\r\nContent-Length: ";
    _ = stream.try_write(format!("{head}{}\r\n\r\n{problem}", problem.len()).as_bytes());
}

async fn accept_failed(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        warn!(%error, "the API takes no connections");
        tokio::time::sleep(ACCEPT_AGAIN).await;
    }
}
