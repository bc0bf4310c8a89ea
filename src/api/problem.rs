//! Errors as RFC 9457 problem details.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{
        DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request,
        rejection::{BytesRejection, JsonRejection},
    },
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use super::{Api, MAX_TOPOLOGY_BYTES, etag};
use crate::{
    config::{AwsError, NotFound, Problems},
    state::{ChangeError, State},
};

/// A problem; in a box, since most calls have none.
#[derive(Clone, Debug)]
pub(super) struct Problem(Box<Details>);

/// What went wrong: the shape of RFC 9457.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Details {
    /// `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What a person needs to know.
    detail: String,
    /// AWS's error code, where AWS has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The rules that it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<&'static str>,
    /// The nearest name that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
    /// Every mistake of a topology, with its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Mistake>>")]
    errors: Option<serde_json::Value>,
}

/// A mistake of a topology, or something in it that will surprise: what [`Problems`] are written as.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(super) struct Mistake {
    severity: Severity,
    /// `topology`.
    file: String,
    /// From 1.
    line: u32,
    /// From 1, in characters.
    column: u32,
    /// What is wrong.
    message: String,
    /// The way out.
    help: Option<String>,
    /// The rules that it rests on, and AWS's error code where AWS has one.
    rules: Vec<String>,
}

/// Whether it refuses the topology.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes what others write")]
enum Severity {
    Error,
    Warning,
}

impl Problem {
    /// A problem of a status.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: None,
            rules: Vec::new(),
            nearest: None,
            errors: None,
        }))
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
    }

    /// A change that is meant for another state of things.
    pub(super) fn stale(state: &State, generation: u64) -> Self {
        let tag = etag::id(state, generation);
        let detail = format!("something has changed since: the ETag is \"{tag}\"");
        Self::new(StatusCode::PRECONDITION_FAILED, detail)
    }

    /// A change that is refused.
    pub(super) fn change(state: &State, error: ChangeError) -> Self {
        match error {
            ChangeError::Aws(error) => error.into(),
            ChangeError::Gone(error) => error.into(),
            ChangeError::Unbound(error) => {
                let detail = format!("{error}; the running topology stays as it was");
                Self::new(StatusCode::CONFLICT, detail)
            }
            ChangeError::Stale { generation } => Self::stale(state, generation),
        }
    }

    /// The document.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    fn slow_body(limit: Duration) -> Self {
        let detail = format!("the body did not come within {} s", limit.as_secs_f64());
        Self::new(StatusCode::REQUEST_TIMEOUT, detail)
    }

    /// A topology that is refused, with all its mistakes.
    pub(super) fn topology(problems: &Problems) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem =
            Self::new(status, format!("{problems}; the running topology stays as it was"));
        problem.0.errors = serde_json::to_value(problems).ok();
        problem
    }
}

impl From<NotFound> for Problem {
    fn from(error: NotFound) -> Self {
        let mut problem = Self::not_found(error.to_string());
        problem.0.nearest = error.nearest;
        problem
    }
}

impl From<AwsError> for Problem {
    fn from(error: AwsError) -> Self {
        let AwsError { code, message, rules } = error;
        let mut problem = Self::bad_request(message);
        problem.0.code = Some(code);
        problem.0.rules = rules.to_vec();
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        response
    }
}

/// Reads a body within a time.
async fn within(
    limit: Duration,
    body: impl Future<Output = Result<Bytes, BytesRejection>>,
) -> Result<Bytes, Problem> {
    let read = timeout(limit, body).await.map_err(|_| Problem::slow_body(limit))?;
    read.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))
}

/// A JSON body, an object; what is wrong with it is a problem like any other.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let limit = api.limits.body;
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let octets = within(limit, Bytes::from_request(request, api)).await?;
        // serde takes a list of its values for an object
        if octets.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
            return Err(Problem::bad_request("expected a JSON object"));
        }
        let request = Request::from_parts(parts, octets.into());
        match Json::from_request(request, api).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => {
                let status = match &rejection {
                    JsonRejection::JsonDataError(_) => StatusCode::BAD_REQUEST,
                    other => other.status(),
                };
                Err(Problem::new(status, rejection.body_text()))
            }
        }
    }
}

/// A topology's text in UTF-8.
pub(super) struct Text(pub(super) String);

impl FromRequest<Api> for Text {
    type Rejection = Problem;

    async fn from_request(mut request: Request, api: &Api) -> Result<Self, Problem> {
        let limit = api.limits.body;
        DefaultBodyLimit::max(MAX_TOPOLOGY_BYTES).apply(&mut request);
        let bytes = within(limit, Bytes::from_request(request, api)).await?;
        String::from_utf8(bytes.into())
            .map(Self)
            .map_err(|error| Problem::bad_request(format!("the body is not UTF-8: {error}")))
    }
}

/// What the path names, decoded.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(name)| Self(name))
            .map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))
    }
}
