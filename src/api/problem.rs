//! Errors as RFC 9457 problem details.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::JsonRejection},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::config::{AwsError, NotFound, Problems};

/// A problem; in a box, since most calls have none.
#[derive(Clone, Debug)]
pub(super) struct Problem(Box<Details>);

/// The shape of RFC 9457.
#[derive(Clone, Debug, Serialize)]
struct Details {
    /// `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    status: u16,
    detail: String,
    /// AWS's error code, where AWS has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<&'static str>,
    /// The nearest name that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
    /// Every mistake of a topology, with its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<serde_json::Value>,
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

/// A JSON body; what is wrong with it is a problem like any other.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
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

/// A body of text in UTF-8.
pub(super) struct Text(pub(super) String);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
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
