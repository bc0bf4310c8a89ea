//! Putting objects into a bucket, or into a folder in its place. N230

use std::{error::Error, fs, sync::Arc};

use object_store::{
    ObjectStoreExt as _, RetryConfig, StaticCredentialProvider,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use tokio::runtime::{self, Runtime};
use url::Url;

use super::{
    DeliveryError, Environment,
    request::{Api, Service},
};
use crate::{catalog::Region, model::FlowLogBucket};

const S3: Service = Service {
    name: "S3",
    signing_name: "s3",
    variable: "AWS_ENDPOINT_URL_S3",
    endpoint_url: |environment| environment.endpoint_url_s3.as_deref(),
};

/// Longest key, in octets. Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
const MAX_KEY_BYTES: usize = 1024;

/// Where objects go.
pub(super) enum Target<'a> {
    /// Below a folder.
    Folder(&'a std::path::Path),
    /// Below a prefix of a bucket.
    Bucket { s3: AmazonS3, runtime: Runtime, url: Url, prefix: &'a str },
}

impl<'a> Target<'a> {
    pub(super) fn new(
        bucket: &'a FlowLogBucket,
        region: Region,
        environment: &Environment,
    ) -> Result<Self, DeliveryError> {
        match bucket {
            FlowLogBucket::Folder(path) => Ok(Self::Folder(path)),
            FlowLogBucket::Bucket { name, prefix, endpoint_url } => {
                let api = Api::new(&S3, endpoint_url.as_ref(), region, environment)?;
                let mut url = api.endpoint.as_url().clone();
                push(&mut url, name);
                let failed = |error: &dyn Error| request_error(&url, error);
                let s3 = s3(api, name).map_err(|error| failed(&error))?;
                let runtime = runtime::Builder::new_current_thread().build();
                let runtime = runtime.map_err(|error| failed(&error))?;
                Ok(Self::Bucket { s3, runtime, url, prefix })
            }
        }
    }

    /// Puts an object; where it is then.
    pub(super) fn put(&self, key: &str, body: Vec<u8>) -> Result<String, DeliveryError> {
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
            Self::Bucket { s3, runtime, url, prefix } => {
                let key =
                    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}/{key}") };
                let mut url = url.clone();
                push(&mut url, &key);
                // `object_store` takes for granted that its URL is none too long
                if key.len() > MAX_KEY_BYTES {
                    let error = "S3 takes keys of 1,024 octets at most".to_owned();
                    return Err(DeliveryError::Request { url: url.into(), error });
                }
                let failed = |error: &dyn Error| request_error(&url, error);
                let path = Path::parse(&key).map_err(|error| failed(&error))?;
                if path.as_ref() != key {
                    let error = "a key that begins with `/` cannot be written".to_owned();
                    return Err(DeliveryError::Request { url: url.into(), error });
                }
                runtime.block_on(s3.put(&path, body.into())).map_err(|error| failed(&error))?;
                Ok(url.into())
            }
        }
    }
}

/// A bucket of S3, its name in the path of URLs, as emulators have it.
fn s3(api: Api, bucket: &str) -> object_store::Result<AmazonS3> {
    let Api { endpoint, region, credential, client, .. } = api;
    let s3 = AmazonS3Builder::new()
        .with_endpoint(endpoint.as_url().as_str())
        .with_bucket_name(bucket)
        .with_region(region.as_str())
        .with_credentials(Arc::new(StaticCredentialProvider::new(credential)))
        // who delivers waits for it, and is told at once
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .with_http_connector(client);
    s3.build()
}

/// Adds what is between slashes to the path of a URL.
fn push(url: &mut Url, path: &str) {
    // there are segments: an endpoint has a host
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/'));
    }
}

/// Why an object did not get to its URL: what lies beneath an error, for the rest of it says where and how long it took.
fn request_error(url: &Url, error: &dyn Error) -> DeliveryError {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    DeliveryError::Request { url: url.to_string(), error: error.to_string() }
}
