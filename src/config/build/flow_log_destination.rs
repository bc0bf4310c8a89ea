//! Where records of flow logs go. N230–N232

use super::{Builder, parse_region};
use crate::{
    catalog::Region,
    config::{
        Finding,
        at::At,
        spec::{DestinationOptionsSpec, FileFormatSpec, LogDestinationTypeSpec},
    },
    model::{DestinationOptions, EndpointUrl, FileFormat, FlowLogBucket, FlowLogDestination},
};

/// A prefix that keys cannot begin with: it is part of what Flow Logs make. N230
const RESERVED_PREFIX: &str = "AWSLogs";

/// Where records go, as the file says it.
pub(super) struct DestinationSpec {
    pub(super) kind: LogDestinationTypeSpec,
    /// The Region of what is logged.
    pub(super) region: Region,
    pub(super) log_destination: Option<String>,
    pub(super) log_group_name: Option<String>,
    pub(super) endpoint_url: Option<String>,
    pub(super) options: Option<DestinationOptionsSpec>,
}

impl Builder {
    pub(super) fn flow_log_destination(
        &mut self,
        path: &At<'_>,
        spec: DestinationSpec,
    ) -> Option<FlowLogDestination> {
        let endpoint_url = match spec.endpoint_url {
            Some(url) => Some(self.parse(&path.key("endpoint_url"), &url)?),
            None => None,
        };
        if spec.log_group_name.is_some() && spec.kind != LogDestinationTypeSpec::CloudWatchLogs {
            let message = "a log group is for `log_destination_type: cloud-watch-logs`";
            let path = path.key("log_group_name");
            self.error(Finding::error(path, message).at_key().rule("N230"));
        }
        let mut no_files = |message: &str| {
            if spec.options.is_some() {
                let path = path.key("destination_options");
                self.error(Finding::error(path, message).at_key().rule("N230"));
            }
        };
        match spec.kind {
            LogDestinationTypeSpec::S3 => {
                let options = options(spec.options.unwrap_or_default());
                let Some(found) = spec.log_destination else {
                    let message = "`log_destination_type: s3` needs a `log_destination`: the ARN of a bucket, or a folder";
                    self.error(Finding::error(path, message).at_key().rule("N230"));
                    return None;
                };
                let bucket = self.bucket(&path.key("log_destination"), &found, endpoint_url)?;
                Some(FlowLogDestination::S3 { bucket, options })
            }
            LogDestinationTypeSpec::CloudWatchLogs => {
                no_files("a log group has no files: they are for `log_destination_type: s3`");
                let (log_group_name, region) =
                    self.log_group(path, spec.log_destination, spec.log_group_name)?;
                let region = region.unwrap_or(spec.region);
                Some(FlowLogDestination::CloudWatchLogs { log_group_name, region, endpoint_url })
            }
            LogDestinationTypeSpec::KinesisDataFirehose => {
                no_files("a Firehose stream has no files: they are for `log_destination_type: s3`");
                self.firehose(path, spec.log_destination, endpoint_url)
            }
        }
    }

    /// A Firehose stream by its ARN.
    fn firehose(
        &mut self,
        path: &At<'_>,
        arn: Option<String>,
        endpoint_url: Option<EndpointUrl>,
    ) -> Option<FlowLogDestination> {
        const FORM: &str = "`arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME`";
        let Some(arn) = arn else {
            let message = format!(
                "`log_destination_type: kinesis-data-firehose` needs a `log_destination`: {FORM}"
            );
            self.error(Finding::error(path, message).at_key().rule("N232"));
            return None;
        };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let of_stream = match *parts {
            ["arn", _, "firehose", region, _, stream] if !region.is_empty() => {
                stream.strip_prefix("deliverystream/").map(|name| (region, name))
            }
            _ => None,
        };
        let is_name = |name: &str| {
            let is_known = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
            (1..=64).contains(&name.len()) && name.chars().all(is_known)
        };
        let Some((region, name)) = of_stream.filter(|(_, name)| is_name(name)) else {
            let message = format!("`{arn}` is not the ARN of a Firehose stream: expected {FORM}");
            self.error(Finding::error(path.key("log_destination"), message).rule("N232"));
            return None;
        };
        let region = parse_region(region, &path.key("log_destination"), &mut self.findings);
        let name = name.into();
        Some(FlowLogDestination::Firehose { arn: arn.into(), region, name, endpoint_url })
    }

    /// A bucket by its ARN, or a folder in its place.
    fn bucket(
        &mut self,
        path: &At<'_>,
        found: &str,
        endpoint_url: Option<EndpointUrl>,
    ) -> Option<FlowLogBucket> {
        let Some(arn) = found.strip_prefix("arn:") else {
            let (folder, is_whole) = match found.strip_prefix("file://") {
                // whoever is named before the path may be another machine
                Some(path) => (path, path.starts_with('/')),
                None => (found, true),
            };
            if !is_whole || folder.is_empty() || folder.contains('\0') || folder.contains("://") {
                let shown = found.escape_debug();
                let message = format!(
                    "`{shown}` is no destination: expected `arn:aws:s3:::bucket/prefix`, a folder, or `file:///…`"
                );
                self.error(Finding::error(path, message).rule("N230"));
                return None;
            }
            return Some(FlowLogBucket::Folder(folder.into()));
        };
        let of_bucket = arn.split_once(":s3:::").map(|(_, rest)| rest.trim_end_matches('/'));
        let (name, prefix) = match of_bucket.map(|of| of.split_once('/').unwrap_or((of, ""))) {
            Some((name, prefix)) if is_bucket_name(name) => (name, prefix),
            Some(_) | None => {
                let message = format!(
                    "`{found}` is not the ARN of a bucket: expected `arn:aws:s3:::bucket/prefix`"
                );
                self.error(Finding::error(path, message).rule("N230"));
                return None;
            }
        };
        if prefix.split('/').next() == Some(RESERVED_PREFIX) {
            let message = format!("a prefix cannot begin with `{RESERVED_PREFIX}`: it is reserved");
            self.error(Finding::error(path, message).rule("N230"));
        }
        if !prefix.is_empty() && !prefix.split('/').all(is_written) {
            let shown = prefix.escape_debug();
            let message = format!(
                "`flows --deliver` cannot write below `{shown}`: what is between slashes is empty, `.`, `..`, or has control characters"
            );
            self.findings.push(Finding::warning(path, message).rule("N230"));
        }
        Some(FlowLogBucket::Bucket { name: name.into(), prefix: prefix.into(), endpoint_url })
    }

    /// A log group by its name, or by its ARN, which names a Region too.
    fn log_group(
        &mut self,
        path: &At<'_>,
        arn: Option<String>,
        name: Option<String>,
    ) -> Option<(Box<str>, Option<Region>)> {
        match (arn, name) {
            (None, Some(name)) if is_log_group_name(&name) => Some((name.into(), None)),
            (None, Some(name)) if !name.is_empty() => {
                let shown = name.escape_debug();
                let message = format!(
                    "`{shown}` is no name of a log group: expected 1 to 512 characters of `a-zA-Z0-9_-/.#`"
                );
                self.error(Finding::error(path.key("log_group_name"), message).rule("N231"));
                None
            }
            (Some(arn), None) => {
                let path = path.key("log_destination");
                let parts: Vec<&str> = arn.trim_end_matches(":*").split(':').collect();
                let ["arn", _, "logs", region, _, "log-group", name] = *parts else {
                    return self.no_log_group(&path, &arn);
                };
                if region.is_empty() || !is_log_group_name(name) {
                    return self.no_log_group(&path, &arn);
                }
                let is_known = region.parse::<Region>().is_ok();
                let region = parse_region(region, &path, &mut self.findings);
                is_known.then(|| (name.into(), Some(region)))
            }
            _ => {
                let message = "`log_destination_type: cloud-watch-logs` needs one of `log_group_name` and `log_destination`";
                self.error(Finding::error(path, message).at_key().rule("N231"));
                None
            }
        }
    }

    fn no_log_group<T>(&mut self, path: &At<'_>, found: &str) -> Option<T> {
        let message = format!(
            "`{found}` is not the ARN of a log group: expected `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`"
        );
        self.error(Finding::error(path, message).rule("N231"));
        None
    }
}

/// Whether a log group may have a name. Source: `CreateLogGroup` in the API reference of `CloudWatch` Logs.
fn is_log_group_name(name: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    (1..=512).contains(&name.len()) && name.chars().all(is_known)
}

/// Whether a bucket may have a name, or could before 2018: there are some with capitals, with `_`, and with up to 255 characters.
fn is_bucket_name(name: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    (3..=255).contains(&name.len()) && name.chars().all(is_known)
}

/// Whether a part of a prefix is one that objects can be written below. S3 takes others too, what writes to it here does not.
fn is_written(part: &str) -> bool {
    !["", ".", ".."].contains(&part) && !part.contains(|c: char| c.is_ascii_control())
}

fn options(spec: DestinationOptionsSpec) -> DestinationOptions {
    let DestinationOptionsSpec { file_format, hive_compatible_partitions, per_hour_partition } =
        spec;
    let file_format = match file_format {
        FileFormatSpec::PlainText => FileFormat::PlainText,
        FileFormatSpec::Parquet => FileFormat::Parquet,
    };
    DestinationOptions { file_format, hive_compatible_partitions, per_hour_partition }
}
