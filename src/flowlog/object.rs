//! What is delivered where: the objects of a bucket, and the streams of a log group. N230, N231

use std::collections::BTreeMap;

use super::{Record, line};
use crate::{
    catalog::stable_hash,
    model::{
        DestinationOptions, FileFormat, FlowLog, FlowLogResource, Model, NetworkInterfaceId,
        TrafficType, VpcIx,
    },
};

/// How long an interval of delivery is, in seconds: records that end in it are an object. Source: rule N230.
pub const DELIVERY_SECS: u64 = 300;

/// The name of the service in keys.
const SERVICE: &str = "vpcflowlogs";

/// One object of a bucket.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// Its key below the flow log's prefix.
    pub key: String,
    /// Its records.
    pub records: Vec<&'a Record>,
}

/// The objects of some records of a flow log: those that end in the same five minutes together. N230
///
/// The hash in a name is made of what is in it, so that the same records are the same object.
#[must_use]
pub fn objects<'a>(
    model: &Model,
    flow_log: &FlowLog,
    options: DestinationOptions,
    records: impl IntoIterator<Item = &'a Record>,
) -> Vec<Object<'a>> {
    let mut intervals: BTreeMap<u64, Vec<&Record>> = BTreeMap::new();
    for record in records {
        intervals.entry(record.end - record.end % DELIVERY_SECS).or_default().push(record);
    }
    let objects = intervals.into_iter().map(|(begin, mut records)| {
        records.sort_by_key(|record| record.start);
        let mut text = String::new();
        for record in &records {
            text.push_str(&line(&flow_log.log_format, record));
            text.push('\n');
        }
        Object { key: key(model, flow_log, options, begin, &text), records }
    });
    objects.collect()
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
