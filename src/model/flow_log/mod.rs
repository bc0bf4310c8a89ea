//! Flow logs: what is logged of which network interfaces, in what form, and where it goes. N200–N204, N230–N232

mod endpoint;
mod field;

use std::{path::PathBuf, time::Duration};

pub use endpoint::{EndpointUrl, NotAnEndpointUrl};
pub use field::{
    BadFlowLogFormat, FlowLogField, FlowLogFieldType, FlowLogFormat, UnknownFlowLogField,
};

use super::{FlowLogId, NetworkInterfaceId, SubnetIx, VpcIx};
use crate::catalog::Region;

/// Most flow logs that a resource may have. Source: rule N204.
pub const MAX_FLOW_LOGS_OF_A_RESOURCE: usize = 250;

/// Most flows of one network interface in one window. Ours: AWS gives no number. N216
pub const MAX_FLOWS_PER_INTERVAL: u32 = 65_536;

/// How long after the end of a window records are in a log group, "typically". Source: rule N203.
pub const LOG_GROUP_DELAY: Duration = Duration::from_secs(300);

/// How long after it they are in a bucket. Source: rule N203.
pub const BUCKET_DELAY: Duration = Duration::from_secs(600);

/// A flow log. It is not changed once it is made. N204
#[derive(Clone, Debug)]
pub struct FlowLog {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: FlowLogId,
    /// Whose traffic it logs.
    pub resource: FlowLogResource,
    /// Which traffic it logs.
    pub traffic_type: TrafficType,
    /// Over how long a time packets become one record.
    pub max_aggregation_interval: AggregationInterval,
    /// How many flows of a network interface become records of one window; what more there are is a SKIPDATA record. N216
    pub max_flows_per_interval: u32,
    /// The fields of its records.
    pub log_format: FlowLogFormat,
    /// Where they go.
    pub destination: FlowLogDestination,
    /// How long after the end of a window its records are there. N203
    pub delivery_delay: Duration,
}

/// Whose traffic a flow log logs. N200
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowLogResource {
    /// That of every network interface in a VPC.
    Vpc(VpcIx),
    /// That of every network interface in a subnet.
    Subnet(SubnetIx),
    /// That of one network interface, which is in this subnet.
    NetworkInterface(NetworkInterfaceId, SubnetIx),
}

/// Which traffic a flow log logs. N201
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficType {
    /// What security groups and network ACLs let pass.
    Accept,
    /// What they drop.
    Reject,
    /// Both.
    All,
}

impl TrafficType {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
            Self::All => "ALL",
        }
    }
}

/// Over how long a time packets become one record. N202
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AggregationInterval {
    /// One minute.
    OneMinute,
    /// Ten minutes.
    #[default]
    TenMinutes,
}

impl AggregationInterval {
    /// In seconds.
    #[must_use]
    pub fn secs(self) -> u64 {
        match self {
            Self::OneMinute => 60,
            Self::TenMinutes => 600,
        }
    }
}

/// Where records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowLogDestination {
    /// To files. N230
    S3 {
        /// Where these are.
        bucket: FlowLogBucket,
        /// How they look.
        options: DestinationOptions,
    },
    /// To a log group. N231
    CloudWatchLogs {
        /// Its name.
        log_group_name: Box<str>,
        /// Its Region: that which its ARN names, else that of what is logged.
        region: Region,
        /// The URL of the API; that of the environment where there is none.
        endpoint_url: Option<EndpointUrl>,
    },
    /// To a Firehose stream. N232
    Firehose {
        /// Its ARN.
        arn: Box<str>,
        /// Its Region, which its ARN names.
        region: Region,
        /// Its name, with which its ARN ends.
        name: Box<str>,
        /// The URL of the API; that of the environment where there is none.
        endpoint_url: Option<EndpointUrl>,
    },
}

impl FlowLogDestination {
    /// The EC2 API's word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::S3 { .. } => "s3",
            Self::CloudWatchLogs { .. } => "cloud-watch-logs",
            Self::Firehose { .. } => "kinesis-data-firehose",
        }
    }

    /// How long after the end of a window its records are there, where nothing else is said. AWS says nothing of Firehose. N203
    #[must_use]
    pub fn delay(&self) -> Duration {
        match self {
            Self::S3 { .. } => BUCKET_DELAY,
            Self::CloudWatchLogs { .. } | Self::Firehose { .. } => LOG_GROUP_DELAY,
        }
    }
}

/// Where files of records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowLogBucket {
    /// In a folder of this machine, which stands for a bucket and prefix.
    Folder(PathBuf),
    /// In a bucket.
    Bucket {
        /// Its name.
        name: Box<str>,
        /// What their keys begin with; no `/` at the end.
        prefix: Box<str>,
        /// The URL of the API; that of the environment where there is none.
        endpoint_url: Option<EndpointUrl>,
    },
}

/// How files of records look. N230
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DestinationOptions {
    /// Their format.
    pub file_format: FileFormat,
    /// Whether folders are named as Hive names partitions, `year=2018`.
    pub hive_compatible_partitions: bool,
    /// Whether there is a folder an hour.
    pub per_hour_partition: bool,
}

/// The format of a file of records. N230
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// Lines, compressed by gzip.
    #[default]
    PlainText,
    /// Apache Parquet.
    Parquet,
}

impl FileFormat {
    /// The EC2 API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlainText => "plain-text",
            Self::Parquet => "parquet",
        }
    }
}
