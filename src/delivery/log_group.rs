//! Events of a log group. N231

use serde_json::{Value, json};

use super::{
    DeliveryError, Environment,
    json_api::JsonApi,
    request::{Api, Service},
};
use crate::{
    catalog::Region,
    flowlog::{Record, line},
    model::{EndpointUrl, FlowLogFormat},
};

/// Most events that one request takes. Source: `PutLogEvents` in the API reference of `CloudWatch` Logs, as the next two.
const MAX_EVENTS: usize = 10_000;

/// Most octets that one request takes.
const MAX_BYTES: usize = 1_048_576;

/// How many octets each event counts for besides its text.
const EVENT_BYTES: usize = 26;

/// What stands in front of an action.
const TARGET: &str = "Logs_20140328";

const CLOUDWATCH_LOGS: Service = Service {
    name: "CloudWatch Logs",
    signing_name: "logs",
    variable: "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    endpoint_url: |environment| environment.endpoint_url_logs.as_deref(),
};

/// A log group.
pub(super) struct LogGroup<'a> {
    api: JsonApi,
    name: &'a str,
}

impl<'a> LogGroup<'a> {
    pub(super) fn new(
        name: &'a str,
        endpoint_url: Option<&EndpointUrl>,
        region: Region,
        environment: &Environment,
    ) -> Result<Self, DeliveryError> {
        let api = Api::new(&CLOUDWATCH_LOGS, endpoint_url, region, environment)?;
        Ok(Self { api: JsonApi::new(api, TARGET), name })
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
        let put = self.api.ask("PutLogEvents", &body, |status, reply| {
            // events that are too old or too new are a success that does not take them
            status == 200 && !reply.contains("rejectedLogEventsInfo")
        });
        put.map_err(|error| match error {
            DeliveryError::Refused { url, status: 200, reply } => {
                DeliveryError::OutOfTime { url, log_group: self.name.to_owned(), reply }
            }
            error => error,
        })
    }

    /// Makes something, unless it is there.
    fn make(&self, action: &str, body: &Value) -> Result<(), DeliveryError> {
        self.api.ask(action, body, |status, reply| {
            status == 200 || reply.contains("ResourceAlreadyExistsException")
        })
    }
}
