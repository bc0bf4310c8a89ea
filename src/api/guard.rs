//! Who may call: no foreign `Host`, no foreign `Origin`, and the token where there is one. And what a browser may make of a
//! reply: nothing that comes from elsewhere, no script but from files, no frame of others. The page's own files need no token.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Problem, page};

/// What every reply says to a browser. Nothing is kept: what is shown is of this moment, and may be behind a token.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What a call is held against.
pub(super) struct Guard {
    bound: SocketAddr,
    token: Option<String>,
}

impl Guard {
    /// For a listener at `bound`. An empty token is none: every call would have it.
    ///
    /// # Errors
    /// Off loopback without a token.
    pub(super) fn new(bound: SocketAddr, token: Option<String>) -> io::Result<Self> {
        let token = token.filter(|token| !token.is_empty());
        if !bound.ip().is_loopback() && token.is_none() {
            let message =
                format!("the API at {bound} is not on loopback, so it needs a token (--api-token)");
            return Err(io::Error::other(message));
        }
        Ok(Self { bound, token })
    }

    /// Why a call is refused; `open` is what needs no token.
    fn refusal(&self, headers: &HeaderMap, open: bool) -> Option<Problem> {
        let host =
            headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !self.is_own(host) {
            let detail = format!("`{host}` is not a name of this API");
            return Some(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if let Some(origin) = headers.get(header::ORIGIN) {
            let own = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
            if own.is_none_or(|origin| origin != host) {
                let detail = "pages of other origins may not call this API";
                return Some(Problem::new(StatusCode::FORBIDDEN, detail));
            }
        }
        let token = self.token.as_deref().filter(|_| !open)?;
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        // schemes are compared without regard to case: RFC 9110 section 11.1
        let given = given
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
            .map_or("", |(_, token)| token);
        (!same(token.as_bytes(), given.as_bytes()))
            .then(|| Problem::new(StatusCode::UNAUTHORIZED, "a bearer token is required"))
    }

    /// Whether a `Host` header means this listener: its address or `localhost`, with its port or none.
    fn is_own(&self, host: &str) -> bool {
        let port = format!(":{}", self.bound.port());
        let name = host.strip_suffix(port.as_str()).unwrap_or(host);
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let everywhere = self.bound.ip().is_unspecified();
        match address {
            Ok(ip) => ip == self.bound.ip() || ip.is_loopback() || everywhere,
            // with a token, a name that leads here by somebody's DNS does no harm
            Err(_) => {
                name.eq_ignore_ascii_case("localhost")
                    || (!self.bound.ip().is_loopback() && self.token.is_some())
            }
        }
    }
}

/// Compares in a time that does not tell where two texts differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Lets a call pass, or answers why not.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let open = page::is_asset(request.method(), request.uri().path());
    let mut response = match guard.refusal(request.headers(), open) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_loopback_a_token_is_required() {
        for (bound, token, starts) in [
            ("127.0.0.1:5380", None, true),
            ("[::1]:5380", None, true),
            ("0.0.0.0:5380", Some("s3cret"), true),
            ("0.0.0.0:5380", None, false),
            ("[::]:5380", None, false),
            ("192.0.2.1:5380", None, false),
            // an empty token is none: every request would have it
            ("192.0.2.1:5380", Some(""), false),
        ] {
            let guard = Guard::new(bound.parse().unwrap(), token.map(str::to_owned));
            assert_eq!(guard.is_ok(), starts, "{bound} {token:?}");
        }
    }
}
