//! Events of a log group. N231

use serde_json::{Value, json};
use ureq::http::Method;

use super::{
    DeliveryError, Environment,
    request::{Api, Call, refused},
};
use crate::{
    flowlog::{Record, line},
    model::FlowLogFormat,
};

/// Most events that one request takes. Source: `PutLogEvents` in the API reference of `CloudWatch` Logs, as the next two.
const MAX_EVENTS: usize = 10_000;

/// Most octets that one request takes.
const MAX_BYTES: usize = 1_048_576;

/// How many octets each event counts for besides its text.
const EVENT_BYTES: usize = 26;

/// A log group, and how its API is asked.
pub(super) struct LogGroup<'a> {
    api: Api<'a>,
    url: String,
    name: &'a str,
}

impl<'a> LogGroup<'a> {
    pub(super) fn new(
        name: &'a str,
        endpoint_url: Option<&str>,
        region: &'a str,
        environment: &'a Environment,
    ) -> Result<Self, DeliveryError> {
        let endpoint = endpoint_url.or(environment.endpoint_url_logs.as_deref());
        let endpoint = endpoint.ok_or(DeliveryError::NoEndpoint {
            service: "CloudWatch Logs",
            variable: "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
        })?;
        let url = format!("{}/", endpoint.trim_end_matches('/'));
        Ok(Self { api: Api::new("logs", region, environment), url, name })
    }

    /// Makes the group, unless it is there.
    pub(super) fn create(&self) -> Result<(), DeliveryError> {
        self.make("CreateLogGroup", &json!({ "logGroupName": self.name }))
    }

    /// Makes a stream, unless it is there.
    pub(super) fn create_stream(&self, stream: &str) -> Result<(), DeliveryError> {
        let name = json!({ "logGroupName": self.name, "logStreamName": stream });
        self.make("CreateLogStream", &name)
    }

    /// Puts records into a stream; they are in the order of their times.
    pub(super) fn put(
        &self,
        stream: &str,
        log_format: &FlowLogFormat,
        records: &[&Record],
    ) -> Result<(), DeliveryError> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        for record in records {
            let message = line(log_format, record);
            let size = message.len() + EVENT_BYTES;
            if events.len() == MAX_EVENTS || bytes + size > MAX_BYTES {
                self.put_events(stream, &std::mem::take(&mut events))?;
                bytes = 0;
            }
            bytes += size;
            let timestamp = record.start.saturating_mul(1000);
            events.push(json!({ "timestamp": timestamp, "message": message }));
        }
        if events.is_empty() { Ok(()) } else { self.put_events(stream, &events) }
    }

    fn put_events(&self, stream: &str, events: &[Value]) -> Result<(), DeliveryError> {
        let body = json!({
            "logGroupName": self.name,
            "logStreamName": stream,
            "logEvents": events,
        });
        let (status, reply) = self.call("PutLogEvents", &body)?;
        // events that are too old or too new are a success that took none of them
        let rejected = reply.contains("rejectedLogEventsInfo");
        if status == 200 && !rejected { Ok(()) } else { Err(refused(&self.url, status, reply)) }
    }

    /// Makes something, unless it is there.
    fn make(&self, action: &str, body: &Value) -> Result<(), DeliveryError> {
        let (status, reply) = self.call(action, body)?;
        let is_there = reply.contains("ResourceAlreadyExistsException");
        if status == 200 || is_there { Ok(()) } else { Err(refused(&self.url, status, reply)) }
    }

    fn call(&self, action: &str, body: &Value) -> Result<(u16, String), DeliveryError> {
        let target = format!("Logs_20140328.{action}");
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let body = body.to_string();
        let url = &self.url;
        let call = Call { method: Method::POST, url, headers: &headers, body: body.as_bytes() };
        self.api.send(&call)
    }
}
