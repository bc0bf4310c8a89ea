//! The APIs of AWS that take an action as a header and JSON as a body: `CloudWatch` Logs and Firehose.

use serde_json::Value;
use ureq::http::Method;

use super::{
    DeliveryError, Environment,
    request::{Api, Call, refused},
};

/// Which API.
pub(super) struct Service {
    /// As people call it.
    pub(super) name: &'static str,
    /// As signatures spell it.
    pub(super) signing_name: &'static str,
    /// What stands in front of an action, with a dot.
    pub(super) target: &'static str,
    /// The variable of the environment that names where it is.
    pub(super) variable: &'static str,
}

/// An API, and how it is asked.
pub(super) struct JsonApi<'a> {
    api: Api<'a>,
    url: String,
    target: &'static str,
}

impl<'a> JsonApi<'a> {
    /// The API at an endpoint, which the flow log or the environment names.
    pub(super) fn new(
        service: &Service,
        endpoint_url: Option<&str>,
        region: &'a str,
        environment: &'a Environment,
    ) -> Result<Self, DeliveryError> {
        let &Service { name, signing_name, target, variable } = service;
        let endpoint = endpoint_url.ok_or(DeliveryError::NoEndpoint { service: name, variable })?;
        let url = format!("{}/", endpoint.trim_end_matches('/'));
        Ok(Self { api: Api::new(signing_name, region, environment), url, target })
    }

    /// Asks for an action. What is replied is a success if `succeeded` says so of a status and a text.
    pub(super) fn ask(
        &self,
        action: &str,
        body: &Value,
        succeeded: impl FnOnce(u16, &str) -> bool,
    ) -> Result<(), DeliveryError> {
        let target = format!("{}.{action}", self.target);
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let body = body.to_string();
        let url = &self.url;
        let call = Call { method: Method::POST, url, headers: &headers, body: body.as_bytes() };
        let (status, reply) = self.api.send(&call)?;
        if succeeded(status, &reply) { Ok(()) } else { Err(refused(url, status, reply)) }
    }
}
