//! What is delivered where, and when: the objects of a bucket, the streams of a log group, a Firehose stream. N203, N230–N232

use std::collections::BTreeMap;

use super::{LoggedFlow, Record, header, line};
use crate::{
    catalog::stable_hash,
    model::{
        DestinationOptions, FileFormat, FlowLog, FlowLogDestination, FlowLogResource, Model,
        NetworkInterfaceId, TrafficType, VpcIx,
    },
};

/// How long an interval of delivery to a bucket is, in seconds: records that end in it are an object. Source: rule N230.
pub const DELIVERY_SECS: u64 = 300;

/// The largest file, in octets of its text before it is compressed: 75 MB, and AWS does not say of what. Source: rule N230.
pub const MAX_FILE_BYTES: u64 = 75_000_000;

/// The name of the service in keys.
const SERVICE: &str = "vpcflowlogs";

/// Records that are delivered together.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    /// The key of an object below the flow log's prefix, a stream of its log group, or its Firehose stream.
    pub to: String,
    /// When they are there, in seconds since 1970. N203
    pub at: u64,
    /// The records, by the time they begin.
    pub records: Vec<&'a Record>,
}

/// When a record is where its flow log delivers it, in seconds since 1970: so long after its window. Files are published every five
/// minutes, whole multiples of which they wait for. N203, N230
#[must_use]
pub fn delivered_at(flow_log: &FlowLog, record: &Record) -> u64 {
    let ready = record.closes.saturating_add(flow_log.delivery_delay.as_secs());
    match flow_log.destination {
        FlowLogDestination::S3 { .. } => {
            ready.checked_next_multiple_of(DELIVERY_SECS).unwrap_or(ready)
        }
        FlowLogDestination::CloudWatchLogs { .. } | FlowLogDestination::Firehose { .. } => ready,
    }
}

/// What becomes of the records of a flow log, in files of at most so many octets.
#[must_use]
pub fn deliveries<'a>(
    model: &Model,
    logged: &'a LoggedFlow,
    max_file_bytes: u64,
) -> Vec<Delivery<'a>> {
    let flow_log = &model[logged.flow_log];
    let all = logged.records.iter().flat_map(|(_, records)| records);
    match &flow_log.destination {
        FlowLogDestination::S3 { options, .. } => {
            objects(model, flow_log, *options, all, max_file_bytes)
        }
        FlowLogDestination::CloudWatchLogs { .. } => {
            let streams = logged.records.iter().flat_map(|(interface, records)| {
                let stream = log_stream(*interface, flow_log.traffic_type);
                by_time(flow_log, &stream, records)
            });
            streams.collect()
        }
        FlowLogDestination::Firehose { name, .. } => by_time(flow_log, name, all),
    }
}

/// What goes to one stream, delivery by delivery.
fn by_time<'a>(
    flow_log: &FlowLog,
    to: &str,
    records: impl IntoIterator<Item = &'a Record>,
) -> Vec<Delivery<'a>> {
    let mut times: BTreeMap<u64, Vec<&Record>> = BTreeMap::new();
    for record in records {
        times.entry(delivered_at(flow_log, record)).or_default().push(record);
    }
    let deliveries = times.into_iter().map(|(at, mut records)| {
        records.sort_by_key(|record| record.start);
        Delivery { to: to.to_owned(), at, records }
    });
    deliveries.collect()
}

/// The objects of some records: those that end in the same five minutes together, and are ready at the same time. N230
///
/// The hash in a name is made of what is in it, so that the same records are the same object. What does not go into a file any more is
/// the next one.
fn objects<'a>(
    model: &Model,
    flow_log: &FlowLog,
    options: DestinationOptions,
    records: impl IntoIterator<Item = &'a Record>,
    max_bytes: u64,
) -> Vec<Delivery<'a>> {
    let mut intervals: BTreeMap<(u64, u64), Vec<&Record>> = BTreeMap::new();
    for record in records {
        let begin = record.end - record.end % DELIVERY_SECS;
        intervals.entry((begin, delivered_at(flow_log, record))).or_default().push(record);
    }
    let mut objects: Vec<Delivery<'_>> = Vec::new();
    for ((begin, at), mut records) in intervals {
        records.sort_by_key(|record| record.start);
        for (mut text, records) in files(flow_log, records, max_bytes) {
            let mut to = key(model, flow_log, options, begin, &text);
            // files of one interval that hold the same are two all the same
            while objects.iter().any(|object| object.to == to) {
                text.push('+');
                to = key(model, flow_log, options, begin, &text);
            }
            objects.push(Delivery { to, at, records });
        }
    }
    objects
}

/// Records as they go into files of at most so many octets, with the text of each. A record that is larger alone is a file.
fn files<'a>(
    flow_log: &FlowLog,
    records: Vec<&'a Record>,
    max_bytes: u64,
) -> Vec<(String, Vec<&'a Record>)> {
    let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    let room = max_bytes.saturating_sub(header(&flow_log.log_format).len() + 1);
    let mut files: Vec<(String, Vec<&Record>)> = Vec::new();
    for record in records {
        let line = line(&flow_log.log_format, record);
        match files.last_mut() {
            Some((text, records)) if text.len() + line.len() < room => {
                text.push_str(&line);
                text.push('\n');
                records.push(record);
            }
            Some(_) | None => files.push((line + "\n", vec![record])),
        }
    }
    files
}

/// The stream of a log group that has the records of a network interface. N231
///
/// What stands behind the id is what is seen in accounts; AWS's documentation does not say it.
#[must_use]
pub fn log_stream(interface: NetworkInterfaceId, traffic_type: TrafficType) -> String {
    let kind = match traffic_type {
        TrafficType::Accept => "accept",
        TrafficType::Reject => "reject",
        TrafficType::All => "all",
    };
    format!("{interface}-{kind}")
}

fn key(
    model: &Model,
    flow_log: &FlowLog,
    options: DestinationOptions,
    begin: u64,
    text: &str,
) -> String {
    let vpc = vpc_of(model, flow_log);
    let (region, account) = (model[vpc].region, &model.account_id);
    let Date { year, month, day, hour, minute } = date(begin);
    let (folder, hours) = if options.hive_compatible_partitions {
        let folder = format!(
            "AWSLogs/aws-account-id={account}/aws-service={SERVICE}/aws-region={region}/year={year}/month={month:02}/day={day:02}"
        );
        (folder, format!("/hour={hour:02}"))
    } else {
        let folder = format!("AWSLogs/{account}/{SERVICE}/{region}/{year}/{month:02}/{day:02}");
        (folder, format!("/{hour:02}"))
    };
    let hours = if options.per_hour_partition { hours } else { String::new() };
    let hash = stable_hash(text) & 0xffff_ffff;
    let suffix = match options.file_format {
        FileFormat::PlainText => "log.gz",
        FileFormat::Parquet => "log.parquet",
    };
    let id = flow_log.id;
    format!(
        "{folder}{hours}/{account}_{SERVICE}_{region}_{id}_{year}{month:02}{day:02}T{hour:02}{minute:02}Z_{hash:08x}.{suffix}"
    )
}

/// The VPC of what a flow log covers: its records are delivered in that one's Region.
#[must_use]
pub fn vpc_of(model: &Model, flow_log: &FlowLog) -> VpcIx {
    match flow_log.resource {
        FlowLogResource::Vpc(vpc) => vpc,
        FlowLogResource::Subnet(subnet) | FlowLogResource::NetworkInterface(_, subnet) => {
            model[subnet].vpc
        }
    }
}

/// A time as deliveries show it.
#[must_use]
pub fn time_text(unix_secs: u64) -> String {
    let Date { year, month, day, hour, minute } = date(unix_secs);
    let second = unix_secs % 60;
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A date as keys have it.
#[derive(Debug, PartialEq, Eq)]
struct Date {
    year: i32,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
}

fn date(unix_secs: u64) -> Date {
    let secs = i64::try_from(unix_secs).unwrap_or(i64::MAX);
    let at =
        time::OffsetDateTime::from_unix_timestamp(secs).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    Date {
        year: at.year(),
        month: at.month().into(),
        day: at.day(),
        hour: at.hour(),
        minute: at.minute(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let expected = Date { year: 2018, month: 6, day: 20, hour: 16, minute: 20 };
        assert_eq!(date(1_529_511_600), expected);
    }
}
