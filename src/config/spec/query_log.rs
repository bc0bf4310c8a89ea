//! Query logging of Resolver.

use schemars::JsonSchema;
use serde::Deserialize;

/// A query logging configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct QueryLogConfigSpec {
    /// `rqlc-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// Where its lines go: exactly one of these.
    pub(in crate::config) destination: QueryLogDestinationSpec,
    /// The VPCs it is associated with, by name or id, all of one Region.
    #[serde(default)]
    pub(in crate::config) vpcs: Vec<String>,
}

/// Where the lines of a query log go.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct QueryLogDestinationSpec {
    /// To a file.
    pub(in crate::config) file: Option<QueryLogFileSpec>,
    /// To the standard output: `{}`.
    pub(in crate::config) stdout: Option<NoSettingsSpec>,
    /// To those who listen at `GET /v1/query-log`: `{}`.
    pub(in crate::config) events: Option<NoSettingsSpec>,
}

/// A file of lines.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct QueryLogFileSpec {
    /// Where it is; a relative path begins at the topology file.
    pub(in crate::config) path: String,
    /// How many octets it may hold before the next one is begun. Default 10485760, at least 4096.
    pub(in crate::config) max_bytes: Option<u64>,
    /// How many older ones are kept, as `path.1`, `path.2` and so on. Default 5, at most 1000.
    pub(in crate::config) keep: Option<u16>,
}

/// Nothing to set: `{}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct NoSettingsSpec {}
