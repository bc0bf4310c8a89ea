//! Which state of things a reply shows, and which one a change is meant for: `ETag` and `If-Match`. RFC 9110 §8.8.3, §13.1.1
//!
//! The tag is the generation, and the run that counts it: `"19a3c05be00-7"`. Events of changes have the same as their id.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Api, Problem};
use crate::state::{Expected, Snapshot, State};

/// The id of a generation of this run.
pub(super) fn id(state: &State, generation: u64) -> String {
    format!("{:x}-{generation}", state.run())
}

/// The generation of an id; none if it is of another run, or no id at all.
pub(super) fn generation(state: &State, id: &str) -> Option<u64> {
    let (run, generation) = id.split_once('-')?;
    if u64::from_str_radix(run, 16).ok()? != state.run() {
        return None;
    }
    generation.parse().ok()
}

/// A body that shows a generation.
pub(super) struct Shown<B> {
    body: B,
    tag: HeaderValue,
}

impl<B> Shown<B> {
    pub(super) fn of(state: &State, snapshot: &Snapshot, body: B) -> Self {
        let tag = format!("\"{}\"", id(state, snapshot.generation));
        // hexadecimal digits and quotes are a header value
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { body, tag }
    }
}

impl<T: Serialize> IntoResponse for Shown<Json<T>> {
    fn into_response(self) -> Response {
        ([(header::ETAG, self.tag)], self.body).into_response()
    }
}

/// A text that shows a generation, with its media type.
pub(super) struct Text(pub(super) &'static str, pub(super) String);

impl IntoResponse for Shown<Text> {
    fn into_response(self) -> Response {
        let Text(media, text) = self.body;
        let media = HeaderValue::from_static(media);
        ([(header::ETAG, self.tag), (header::CONTENT_TYPE, media)], text).into_response()
    }
}

/// What `If-Match` says; anything will do where it is absent.
pub(super) struct IfMatch(pub(super) Expected);

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter().peekable();
        if given.peek().is_none() {
            return Ok(Self(Expected::Anything));
        }
        let mut generations = Vec::new();
        for value in given {
            for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
                if tag == "*" {
                    return Ok(Self(Expected::Anything));
                }
                // a weak tag matches nothing, nor does what is no tag of ours
                let id = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
                generations.extend(id.and_then(|id| generation(&api.state, id)));
            }
        }
        Ok(Self(Expected::Generations(generations)))
    }
}
