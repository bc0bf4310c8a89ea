//! The APIs of AWS that take an action as a header and JSON as a body: `CloudWatch` Logs and Firehose.

use object_store::client::HttpRequest;
use serde_json::Value;
use ureq::http::Request;
use url::Url;

use super::{DeliveryError, request::Api};

/// An API, and how it is asked.
pub(super) struct JsonApi {
    api: Api,
    url: Url,
    /// What stands in front of an action, with a dot.
    target: &'static str,
}

impl JsonApi {
    pub(super) fn new(api: Api, target: &'static str) -> Self {
        let mut url = api.endpoint.as_url().clone();
        // there are segments: an endpoint has a host
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("");
        }
        Self { api, url, target }
    }

    /// Asks for an action. What is replied is a success if `succeeded` says so of a status and a text.
    pub(super) fn ask(
        &self,
        action: &str,
        body: &Value,
        succeeded: impl FnOnce(u16, &str) -> bool,
    ) -> Result<(), DeliveryError> {
        let url = self.url.as_str();
        let request: HttpRequest = Request::post(url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{}.{action}", self.target))
            .body(body.to_string().into())
            .map_err(|error| DeliveryError::Request {
                url: url.into(),
                error: error.to_string(),
            })?;
        let (parts, reply) = self.api.send(request)?.into_parts();
        let status = parts.status.as_u16();
        if succeeded(status, &reply) {
            Ok(())
        } else {
            Err(DeliveryError::Refused { url: url.to_owned(), status, reply })
        }
    }
}
