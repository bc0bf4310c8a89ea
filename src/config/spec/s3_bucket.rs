//! Buckets of S3, as far as their policies go.

use schemars::JsonSchema;
use serde::Deserialize;

/// A bucket.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct S3BucketSpec {
    /// Its Region; that of the topology where absent.
    pub(in crate::config) region: Option<String>,
    /// The account it belongs to, twelve digits in quotes; that of the topology where absent.
    pub(in crate::config) account_id: Option<String>,
    /// Its bucket policy, as a mapping or as JSON text.
    pub(in crate::config) policy: Option<serde_json::Value>,
}
