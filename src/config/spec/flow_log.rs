//! Flow logs.

use schemars::JsonSchema;
use serde::Deserialize;

/// A flow log, of exactly one of `vpc`, `subnet` and `network_interface`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FlowLogSpec {
    /// `fl-…`; made up from the name where absent.
    pub(in crate::config) id: Option<String>,
    /// The VPC whose network interfaces it covers, by name or id.
    pub(in crate::config) vpc: Option<String>,
    /// The subnet whose network interfaces it covers, as `vpc/name` or by its id.
    pub(in crate::config) subnet: Option<String>,
    /// The network interface it covers: `eni-…`, `vpc/name` of the instance or NAT gateway that has it, or `vpc/name/subnet` of the
    /// endpoint that has it there.
    pub(in crate::config) network_interface: Option<String>,
    /// Which traffic it logs (N201).
    pub(in crate::config) traffic_type: TrafficTypeSpec,
    /// The fields of its records, such as `${version} ${srcaddr} ${dstaddr} ${action}`; those of version 2 where absent (N210).
    pub(in crate::config) log_format: Option<String>,
    /// For how many seconds at most packets become one record: 60 or 600. Default 600 (N202).
    pub(in crate::config) max_aggregation_interval: Option<u32>,
    /// How many flows of a network interface there is room for in an interval, 1 to 65536; those beyond are a SKIPDATA record.
    /// Default 65536 (N216). AWS has no such attribute.
    pub(in crate::config) max_flows_per_interval: Option<u32>,
    /// Where its records go. Default `cloud-watch-logs`.
    #[serde(default)]
    pub(in crate::config) log_destination_type: LogDestinationTypeSpec,
    /// The ARN of a bucket, with a prefix or without, of a log group, or of a Firehose stream; for `s3` also a folder, which stands for a bucket: a
    /// path, relative to the topology file, or `file:///…`.
    pub(in crate::config) log_destination: Option<String>,
    /// The name of a log group, in place of its ARN.
    pub(in crate::config) log_group_name: Option<String>,
    /// How long after the end of an interval its records are delivered, such as `90s` or `5m`. Default `10m` for `s3`, else `5m`, as
    /// AWS typically takes (N203). AWS has no such attribute.
    pub(in crate::config) delivery_delay: Option<String>,
    /// The URL of the API of S3, of `CloudWatch` Logs or of Firehose; `AWS_ENDPOINT_URL` of the environment where absent.
    pub(in crate::config) endpoint_url: Option<String>,
    /// How files look, for `s3` (N230).
    pub(in crate::config) destination_options: Option<DestinationOptionsSpec>,
}

/// Which traffic a flow log logs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::config) enum TrafficTypeSpec {
    /// What security groups and network ACLs let pass.
    Accept,
    /// What they drop.
    Reject,
    /// Both.
    All,
}

/// What kind of destination records go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum LogDestinationTypeSpec {
    /// A log group (N231).
    #[default]
    CloudWatchLogs,
    /// A Firehose stream (N232).
    KinesisDataFirehose,
    /// Files in a bucket, or in a folder (N230).
    S3,
}

/// How files of records look.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct DestinationOptionsSpec {
    /// Their format. Default `plain-text`.
    #[serde(default)]
    pub(in crate::config) file_format: FileFormatSpec,
    /// Whether folders are named as Hive names partitions. Default false.
    #[serde(default)]
    pub(in crate::config) hive_compatible_partitions: bool,
    /// Whether there is a folder an hour. Default false.
    #[serde(default)]
    pub(in crate::config) per_hour_partition: bool,
}

/// The format of a file of records.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum FileFormatSpec {
    /// Lines, compressed by gzip.
    #[default]
    PlainText,
    /// Apache Parquet.
    Parquet,
}
