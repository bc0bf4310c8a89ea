//! Records of a Firehose stream. N232

use data_encoding::BASE64;
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

/// Most records that one request takes. Source: `PutRecordBatch` in the API reference of Amazon Data Firehose, as the next one.
const MAX_RECORDS: usize = 500;

/// Most octets that one request takes: 4 MB. They are counted in base64, which is more than what is counted there.
const MAX_BYTES: usize = 4_000_000;

/// What stands in front of an action.
const TARGET: &str = "Firehose_20150804";

const FIREHOSE: Service = Service {
    name: "Firehose",
    signing_name: "firehose",
    variable: "AWS_ENDPOINT_URL_FIREHOSE",
    endpoint_url: |environment| environment.endpoint_url_firehose.as_deref(),
};

/// A Firehose stream.
pub(super) struct Stream<'a> {
    api: JsonApi,
    name: &'a str,
}

impl<'a> Stream<'a> {
    pub(super) fn new(
        name: &'a str,
        endpoint_url: Option<&EndpointUrl>,
        region: Region,
        environment: &Environment,
    ) -> Result<Self, DeliveryError> {
        let api = Api::new(&FIREHOSE, endpoint_url, region, environment)?;
        Ok(Self { api: JsonApi::new(api, TARGET), name })
    }

    /// Puts records, each a line with its end, so that files that a stream makes of them have lines.
    pub(super) fn put(
        &self,
        log_format: &FlowLogFormat,
        records: &[&Record],
    ) -> Result<(), DeliveryError> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for record in records {
            let data = BASE64.encode(format!("{}\n", line(log_format, record)).as_bytes());
            if batch.len() == MAX_RECORDS || bytes + data.len() > MAX_BYTES {
                self.put_batch(&std::mem::take(&mut batch))?;
                bytes = 0;
            }
            bytes += data.len();
            batch.push(json!({ "Data": data }));
        }
        if batch.is_empty() { Ok(()) } else { self.put_batch(&batch) }
    }

    fn put_batch(&self, records: &[Value]) -> Result<(), DeliveryError> {
        let body = json!({ "DeliveryStreamName": self.name, "Records": records });
        self.api.ask("PutRecordBatch", &body, |status, reply| {
            // records that are not taken are a success that says how many
            let read: Value = serde_json::from_str(reply).unwrap_or_default();
            status == 200 && read["FailedPutCount"].as_u64() == Some(0)
        })
    }
}
