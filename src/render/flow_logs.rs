//! Flow logs and their records, as text and JSON. N210, N233

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::component::named;
use crate::{
    flowlog::{
        Action, Delivery, LoggedFlow, MAX_FILE_BYTES, Record, Silence, Unlogged, Value, deliveries,
        header, line, time_text,
    },
    model::{
        FlowLog, FlowLogBucket, FlowLogDestination, FlowLogFormat, FlowLogResource, Model,
        NetworkInterfaceId,
    },
    trace::{Component, InterfaceIx, World},
};

/// What a flow log records of a flow, for a terminal.
#[must_use]
pub fn logged_flow_text(world: &World<'_>, logged: &LoggedFlow) -> String {
    let mut out = String::new();
    for line in logged_flow_lines(world, logged) {
        // writing to a String cannot fail
        _ = writeln!(out, "{line}");
    }
    out
}

/// The same, line by line: the flow log, its fields, and the records of each network interface.
#[must_use]
pub fn logged_flow_lines(world: &World<'_>, logged: &LoggedFlow) -> Vec<String> {
    let flow_log = &world.model[logged.flow_log];
    let mut lines = vec![
        format!(
            "flow log {} of {}: {}, at most {} s",
            flow_log.name,
            resource_text(world, flow_log),
            flow_log.traffic_type.as_str(),
            flow_log.max_aggregation_interval.secs()
        ),
        format!("  {}", header(&flow_log.log_format)),
    ];
    for (id, records) in &logged.records {
        lines.push(format!("  {}", interface_text(world, *id)));
        lines.extend(records.iter().map(|of| format!("    {}", line(&flow_log.log_format, of))));
    }
    lines
}

fn resource_text(world: &World<'_>, flow_log: &FlowLog) -> String {
    let component = match flow_log.resource {
        FlowLogResource::Vpc(vpc) => Component::Vpc(vpc),
        FlowLogResource::Subnet(subnet) => Component::Subnet(subnet),
        FlowLogResource::NetworkInterface(id, _) => return interface_text(world, id),
    };
    let named = named(world, component);
    format!("{} {}", named.kind, named.name)
}

/// Whose network interface it is, with its id.
fn interface_text(world: &World<'_>, id: NetworkInterfaceId) -> String {
    let known = world.network.interface_with_id(id);
    known.map_or_else(
        || id.to_string(),
        |ix| {
            let named = named(world, Component::NetworkInterface(ix));
            format!("{} {} ({id})", named.kind, named.name)
        },
    )
}

/// Why there is no record of a flow, as a line.
#[must_use]
pub fn silence_text(world: &World<'_>, silence: Silence) -> String {
    let interface = |ix: InterfaceIx| interface_text(world, world.network[ix].id);
    match silence {
        Silence::NoAddress => "no record: there is no address to send packets to".to_owned(),
        Silence::NoPackets => "no record: no packet is sent".to_owned(),
        Silence::Unseen => {
            "no record: no network interface sees a packet; `trace` says where they go".to_owned()
        }
        Silence::NeverLogged(unlogged) => {
            let what = match unlogged {
                Unlogged::Service(service) => {
                    format!(
                        "packets to or from {}",
                        named(world, Component::AwsService(service)).kind
                    )
                }
                Unlogged::Dhcp => "DHCP".to_owned(),
            };
            format!("no record: Flow Logs never have {what} (N206)")
        }
        Silence::NotCovered(ix) => {
            format!("no record: no flow log that is asked for covers {} (N200)", interface(ix))
        }
        Silence::OtherAction(ix, action) => {
            let other = match action {
                Action::Accept => "REJECT",
                Action::Reject | Action::RejectBpa => "ACCEPT",
            };
            format!(
                "no record: it is {} at {}, whose flow logs are of {other} (N201)",
                action.as_str(),
                interface(ix)
            )
        }
        Silence::NotDelivered(at) => {
            format!("no record yet: AWS would deliver the first about {} (N203)", time_text(at))
        }
    }
}

/// What a flow log records of a flow, for programs: the flow log as `describe-flow-logs` shows it, its records, and where and when these are
/// delivered: keys of objects, streams of a log group, or a Firehose stream. N203
#[must_use]
pub fn logged_flow_json(world: &World<'_>, logged: &LoggedFlow) -> Json {
    let flow_log = &world.model[logged.flow_log];
    let interfaces = logged.records.iter().map(|(id, records)| {
        let records: Vec<Json> =
            records.iter().map(|of| record_json(&flow_log.log_format, of)).collect();
        json!({ "NetworkInterfaceId": id.to_string(), "Records": records })
    });
    let interfaces: Vec<Json> = interfaces.collect();
    let deliveries = deliveries(world.model, logged, MAX_FILE_BYTES);
    let deliveries = deliveries.iter().map(|Delivery { to, at, records }| {
        let to = match &flow_log.destination {
            FlowLogDestination::S3 { bucket: FlowLogBucket::Bucket { prefix, .. }, .. }
                if !prefix.is_empty() =>
            {
                format!("{prefix}/{to}")
            }
            FlowLogDestination::S3 { .. }
            | FlowLogDestination::CloudWatchLogs { .. }
            | FlowLogDestination::Firehose { .. } => to.clone(),
        };
        json!({ "To": to, "At": time_text(*at), "Records": records.len() })
    });
    json!({
        "FlowLog": flow_log_item(world.model, flow_log),
        "NetworkInterfaces": interfaces,
        "Deliveries": deliveries.collect::<Vec<_>>(),
    })
}

/// A record by its fields; those that say nothing are null.
fn record_json(format: &FlowLogFormat, record: &Record) -> Json {
    let version = format.version();
    let fields = format.fields().iter().map(|field| {
        let value = match record.value(*field, version) {
            Value::Int32(value) => value.into(),
            Value::Int64(value) => value.into(),
            Value::Text(value) => value.into(),
            Value::Absent => Json::Null,
        };
        (field.as_str().to_owned(), value)
    });
    Json::Object(fields.collect())
}

/// A flow log as `describe-flow-logs` shows it. N233
#[must_use]
pub fn flow_log_item(model: &Model, flow_log: &FlowLog) -> Json {
    let resource = match flow_log.resource {
        FlowLogResource::Vpc(vpc) => model[vpc].id.to_string(),
        FlowLogResource::Subnet(subnet) => model[subnet].id.to_string(),
        FlowLogResource::NetworkInterface(id, _) => id.to_string(),
    };
    let mut out = Map::new();
    let mut put = |key: &str, value: Json| out.insert(key.to_owned(), value);
    put("FlowLogId", flow_log.id.to_string().into());
    put("FlowLogStatus", "ACTIVE".into());
    // nothing here keeps AWS from delivering
    put("DeliverLogsStatus", "SUCCESS".into());
    put("ResourceId", resource.into());
    put("TrafficType", flow_log.traffic_type.as_str().into());
    put("LogDestinationType", flow_log.destination.kind().into());
    match &flow_log.destination {
        FlowLogDestination::CloudWatchLogs { log_group_name, .. } => {
            put("LogGroupName", (&**log_group_name).into());
        }
        FlowLogDestination::Firehose { arn, .. } => {
            put("LogDestination", (&**arn).into());
        }
        FlowLogDestination::S3 { bucket, options } => {
            let destination = match bucket {
                FlowLogBucket::Folder(path) => path.display().to_string(),
                FlowLogBucket::Bucket { name, prefix, .. } if prefix.is_empty() => {
                    format!("arn:{}:s3:::{name}", model.region.partition().id)
                }
                FlowLogBucket::Bucket { name, prefix, .. } => {
                    format!("arn:{}:s3:::{name}/{prefix}/", model.region.partition().id)
                }
            };
            put("LogDestination", destination.into());
            put(
                "DestinationOptions",
                json!({
                    "FileFormat": options.file_format.as_str(),
                    "HiveCompatiblePartitions": options.hive_compatible_partitions,
                    "PerHourPartition": options.per_hour_partition,
                }),
            );
        }
    }
    put("LogFormat", flow_log.log_format.to_string().into());
    put("MaxAggregationInterval", flow_log.max_aggregation_interval.secs().into());
    Json::Object(out)
}
