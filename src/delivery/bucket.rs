//! Objects: what is in them, and putting them into a bucket or a folder. N230

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use flate2::{Compression, write::GzEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Method;

use super::{
    DeliveryError, Environment,
    request::{Api, Call},
};
use crate::{
    flowlog::{Delivery, header, line},
    model::{FileFormat, FlowLogBucket, FlowLogFormat},
};

/// What Signature Version 4 encodes of a path: all but unreserved characters and `/`.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Where objects go.
pub(super) enum Target<'a> {
    /// Below a folder.
    Folder(PathBuf),
    /// Below the URL of a bucket and prefix.
    Bucket { api: Api<'a>, url: String },
}

impl<'a> Target<'a> {
    pub(super) fn new(
        bucket: &FlowLogBucket,
        region: &'a str,
        environment: &'a Environment,
    ) -> Result<Self, DeliveryError> {
        match bucket {
            FlowLogBucket::Folder(path) => Ok(Self::Folder(path.clone())),
            FlowLogBucket::Bucket { name, prefix, endpoint_url } => {
                let endpoint = endpoint_url.as_deref().or(environment.endpoint_url_s3.as_deref());
                let endpoint = endpoint.ok_or(DeliveryError::NoEndpoint {
                    service: "S3",
                    variable: "AWS_ENDPOINT_URL_S3",
                })?;
                let mut url = format!("{}/{}", endpoint.trim_end_matches('/'), encoded(name));
                if !prefix.is_empty() {
                    url.push('/');
                    url.push_str(&encoded(prefix));
                }
                Ok(Self::Bucket { api: Api::new("s3", region, environment), url })
            }
        }
    }

    /// Puts an object; where it is then.
    pub(super) fn put(&self, key: &str, body: &[u8]) -> Result<String, DeliveryError> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(key);
                let write = || {
                    fs::create_dir_all(path.parent().unwrap_or(folder))?;
                    fs::write(&path, body)
                };
                let shown = path.display().to_string();
                write().map_err(|error| DeliveryError::File { path: shown.clone(), error })?;
                Ok(shown)
            }
            Self::Bucket { api, url } => {
                let url = format!("{url}/{}", encoded(key));
                api.require(&Call { method: Method::PUT, url: &url, headers: &[], body })?;
                Ok(url)
            }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// What is in an object.
pub(super) fn body(
    file_format: FileFormat,
    log_format: &FlowLogFormat,
    object: &Delivery<'_>,
) -> Result<Vec<u8>, DeliveryError> {
    match file_format {
        FileFormat::PlainText => text(log_format, object)
            .map_err(|error| DeliveryError::File { path: object.to.clone(), error }),
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => super::parquet::file(log_format, &object.records)
            .map_err(|error| DeliveryError::Parquet(error.to_string())),
        #[cfg(not(feature = "parquet"))]
        FileFormat::Parquet => {
            Err(DeliveryError::Parquet("plustwo was built without it".to_owned()))
        }
    }
}

/// The names of the fields, then a line a record, compressed.
fn text(log_format: &FlowLogFormat, object: &Delivery<'_>) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    writeln!(out, "{}", header(log_format))?;
    for record in &object.records {
        writeln!(out, "{}", line(log_format, record))?;
    }
    out.finish()
}
