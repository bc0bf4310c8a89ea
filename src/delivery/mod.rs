//! Where records of flow logs go: folders, buckets, log groups, Firehose streams. N230–N232
//!
//! ```text
//!  records ─► objects ─► text, gzip, or Parquet ─► a folder, or PutObject
//!     ├─────► log streams ─► PutLogEvents
//!     └─────► a Firehose stream ─► PutRecordBatch
//! ```
//! All goes there at once. When AWS would deliver it is told beside it (N203).
//!
//! Nothing goes to AWS unless an `endpoint_url` of the flow log or of the environment says so: a request without one is refused.

mod bucket;
mod firehose;
mod json_api;
mod log_group;
mod object;
#[cfg(feature = "parquet")]
mod parquet;
mod request;

use std::{
    env::{self, VarError},
    io,
};

use thiserror::Error;

pub use request::Credentials;

use crate::{
    flowlog::{Delivery, LoggedFlow, MAX_FILE_BYTES, deliveries, vpc_of},
    model::{FlowLogDestination, Model, NotAnEndpointUrl},
};

/// What delivery depends on besides the records.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The URL of S3, where a flow log names none.
    pub endpoint_url_s3: Option<String>,
    /// The URL of `CloudWatch` Logs, where a flow log names none.
    pub endpoint_url_logs: Option<String>,
    /// The URL of Firehose, where a flow log names none.
    pub endpoint_url_firehose: Option<String>,
    /// The largest file, in octets of its text. N230
    pub max_file_bytes: u64,
    /// Who signs requests.
    pub credentials: Credentials,
}

impl Environment {
    /// The environment of the process, by the variables that AWS's own tools read.
    ///
    /// # Errors
    /// Where one of them is no text: without it, requests would go elsewhere or be somebody else's.
    pub fn of_process() -> Result<Self, DeliveryError> {
        let variable = |name: &'static str| match env::var(name) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(DeliveryError::NotText(name)),
        };
        let of_all = variable("AWS_ENDPOINT_URL")?;
        let either = |name: &'static str| Ok(variable(name)?.or_else(|| of_all.clone()));
        // emulators take any key
        let key = |name: &'static str| Ok(variable(name)?.unwrap_or_else(|| "test".to_owned()));
        Ok(Self {
            endpoint_url_s3: either("AWS_ENDPOINT_URL_S3")?,
            endpoint_url_logs: either("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS")?,
            endpoint_url_firehose: either("AWS_ENDPOINT_URL_FIREHOSE")?,
            max_file_bytes: MAX_FILE_BYTES,
            credentials: Credentials {
                access_key_id: key("AWS_ACCESS_KEY_ID")?,
                secret_access_key: key("AWS_SECRET_ACCESS_KEY")?,
                session_token: variable("AWS_SESSION_TOKEN")?,
            },
        })
    }
}

/// Records that have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Where: a path, the URL of an object, a log group and stream, or a Firehose stream.
    pub to: String,
    /// When AWS would have delivered them, in seconds since 1970. N203
    pub at: u64,
    /// How many.
    pub records: usize,
}

/// Why records cannot be delivered.
#[derive(Debug, Error)]
pub enum DeliveryError {
    /// Nobody says where the API is.
    #[error(
        "no `endpoint_url` for {service}: the flow log or {variable} of the environment has to name one"
    )]
    NoEndpoint {
        /// Which API.
        service: &'static str,
        /// The variable that would have it.
        variable: &'static str,
    },
    /// A variable of the environment that is no URL of an API.
    #[error("{variable}: {error}")]
    NotAnEndpointUrl {
        /// Which one.
        variable: &'static str,
        /// What it is.
        error: NotAnEndpointUrl,
    },
    /// A variable of the environment that is no text.
    #[error("{0} is not UTF-8")]
    NotText(&'static str),
    /// A variable of the environment that a header cannot carry.
    #[error("{0} has characters that are not visible ASCII, and cannot be sent")]
    NotAHeader(&'static str),
    /// A file that cannot be written.
    #[error("{path}: {error}")]
    File {
        /// Which one.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A request that did not get through.
    #[error("{url}: {}", excerpt(.error))]
    Request {
        /// Where it went.
        url: String,
        /// Why it did not.
        error: String,
    },
    /// A request that was refused.
    #[error("{url}: {status}: {}", excerpt(.reply))]
    Refused {
        /// Where it went.
        url: String,
        /// The status of the reply.
        status: u16,
        /// What it says.
        reply: String,
    },
    /// Events that a log group does not take for their time. Source: `PutLogEvents` in the API reference of `CloudWatch` Logs.
    #[error(
        "{url}: log group `{log_group}` takes no records that began more than 14 days ago, longer ago than it keeps them, or more \
         than 2 hours from now: {}",
        excerpt(.reply)
    )]
    OutOfTime {
        /// Where they went.
        url: String,
        /// Which one.
        log_group: String,
        /// What was replied.
        reply: String,
    },
    /// A file that cannot be made.
    #[error("cannot write Parquet: {0}")]
    Parquet(String),
}

/// How many characters of a reply are shown.
const SHOWN_CHARS: usize = 1000;

/// What a reply says, as a terminal can show it: its beginning, without control characters.
fn excerpt(reply: &str) -> String {
    let shown = reply.chars().take(SHOWN_CHARS);
    let mut shown: String = shown.map(|c| if c.is_control() { ' ' } else { c }).collect();
    if reply.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Delivers what a flow log has recorded, and waits for it: not for a task of an async runtime. What arrives is told at once.
///
/// # Errors
/// Where some of it does not arrive; what was told of before has arrived.
pub fn deliver(
    model: &Model,
    logged: &LoggedFlow,
    environment: &Environment,
    mut tell: impl FnMut(Delivered),
) -> Result<(), DeliveryError> {
    let flow_log = &model[logged.flow_log];
    let region = model[vpc_of(model, flow_log)].region;
    let deliveries = deliveries(model, logged, environment.max_file_bytes);
    let mut arrived = |to, of: &Delivery<'_>| {
        tell(Delivered { to, at: of.at, records: of.records.len() });
    };
    match &flow_log.destination {
        FlowLogDestination::S3 { bucket, options } => {
            let to = bucket::Target::new(bucket, region, environment)?;
            for object in &deliveries {
                let body = object::body(options.file_format, &flow_log.log_format, object)?;
                arrived(to.put(&object.to, body)?, object);
            }
        }
        FlowLogDestination::CloudWatchLogs { log_group_name, region, endpoint_url } => {
            let endpoint_url = endpoint_url.as_ref();
            let group =
                log_group::LogGroup::new(log_group_name, endpoint_url, *region, environment)?;
            group.create()?;
            let mut stream = None;
            for events in &deliveries {
                if stream != Some(&events.to) {
                    group.create_stream(&events.to)?;
                    stream = Some(&events.to);
                }
                group.put(&events.to, &flow_log.log_format, &events.records)?;
                arrived(format!("{log_group_name} {}", events.to), events);
            }
        }
        FlowLogDestination::Firehose { region, name, endpoint_url, .. } => {
            let endpoint_url = endpoint_url.as_ref();
            let stream = firehose::Stream::new(name, endpoint_url, *region, environment)?;
            for records in &deliveries {
                stream.put(&flow_log.log_format, &records.records)?;
                arrived(records.to.clone(), records);
            }
        }
    }
    Ok(())
}
