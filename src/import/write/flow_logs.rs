//! Flow logs: of what, and where to. N200–N231, N320

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Entry, InsertSome as _, Writer, with_id};
use crate::import::dump::{Attributes as _, Item};

/// The format of records that is had without being written. N210
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} \
                              ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} \
                              ${end} ${action} ${log-status}";
/// The interval that is had without being written, in seconds. N202
const DEFAULT_INTERVAL: i64 = 600;

impl<'a> Writer<'a> {
    pub(super) fn flow_logs(&mut self) {
        let entries = self.entries("flow_logs");
        if entries.is_empty() {
            return;
        }
        let interfaces = self.interfaces_by_place();
        for entry in entries.iter() {
            let mut value = with_id(entry);
            if !self.of_flow_log(entry, &interfaces, &mut value) {
                continue;
            }
            let of = &entry.item.value;
            let traffic = of.text("TrafficType").map(str::to_ascii_uppercase);
            value.insert_some("traffic_type", traffic);
            let format = of.text("LogFormat").filter(|format| *format != DEFAULT_FORMAT);
            value.insert_some("log_format", format);
            let interval = of.number("MaxAggregationInterval");
            let interval = interval.filter(|secs| *secs != DEFAULT_INTERVAL);
            value.insert_some("max_aggregation_interval", interval);
            if !self.destination(entry, &mut value) {
                continue;
            }
            if of.text("DeliverLogsStatus") == Some("FAILED") {
                let why = of.text("DeliverLogsErrorMessage").unwrap_or("no reason");
                self.note_on(entry, format!("AWS cannot deliver its records: {why}"));
            }
            self.put("flow_logs", entry, value);
        }
    }

    /// What a flow log is of; false if a topology has no form for it.
    fn of_flow_log(
        &mut self,
        entry: &Entry<'a>,
        interfaces: &HashMap<&str, String>,
        value: &mut Map<String, Value>,
    ) -> bool {
        let Some(id) = entry.item.value.text("ResourceId") else {
            self.note_on(entry, "it does not say what it is of: left out");
            return false;
        };
        let (key, found) = if id.starts_with("vpc-") {
            ("vpc", self.refer(entry, id, "VPC"))
        } else if id.starts_with("subnet-") {
            ("subnet", self.refer(entry, id, "subnet"))
        } else if id.starts_with("eni-") {
            let found = interfaces.get(id).cloned();
            if found.is_none() {
                let what =
                    format!("its network interface `{id}` is of nothing a topology has: left out");
                self.note_on(entry, what);
            }
            ("network_interface", found)
        } else {
            self.note_on(
                entry,
                format!("it is of `{id}`, which a topology does not have: left out"),
            );
            return false;
        };
        let is_known = found.is_some();
        value.insert_some(key, found);
        is_known
    }

    /// Where records go; false if a topology has no form for it.
    fn destination(&mut self, entry: &Entry<'_>, value: &mut Map<String, Value>) -> bool {
        let of = &entry.item.value;
        let to = of.text("LogDestination");
        match of.text("LogDestinationType").unwrap_or("cloud-watch-logs") {
            "s3" => {
                // anything but an ARN would be a folder of this machine
                if !to.is_some_and(|to| to.starts_with("arn:")) {
                    let shown = to.unwrap_or_default();
                    let what =
                        format!("its destination `{shown}` is not the ARN of a bucket: left out");
                    self.note_on(entry, what);
                    return false;
                }
                value.insert("log_destination_type".into(), "s3".into());
                value.insert_some("log_destination", to);
                let mut options = Map::new();
                let format = of.text("DestinationOptions.FileFormat");
                options.insert_some("file_format", format.filter(|format| *format != "plain-text"));
                for (theirs, ours) in [
                    ("HiveCompatiblePartitions", "hive_compatible_partitions"),
                    ("PerHourPartition", "per_hour_partition"),
                ] {
                    let on = of.flag(&format!("DestinationOptions.{theirs}"));
                    options.insert_some(ours, on.filter(|on| *on));
                }
                if !options.is_empty() {
                    value.insert("destination_options".into(), options.into());
                }
            }
            "cloud-watch-logs" => {
                let group = of.text("LogGroupName");
                value.insert_some("log_group_name", group);
                value.insert_some("log_destination", to.filter(|_| group.is_none()));
            }
            kind @ "kinesis-data-firehose" => {
                value.insert("log_destination_type".into(), kind.into());
                value.insert_some("log_destination", to);
            }
            other => {
                self.note_on(
                    entry,
                    format!("its destination of type `{other}` has no form: left out"),
                );
                return false;
            }
        }
        true
    }

    /// Network interfaces that a topology has, by id: `vpc/name` of an instance or a NAT gateway, `vpc/name/subnet` of an
    /// endpoint. N82, N83, N323
    fn interfaces_by_place(&mut self) -> HashMap<&'a str, String> {
        let mut found = HashMap::new();
        for entry in self.entries("instances").iter() {
            let of = &entry.item.value;
            let private = of.text("PrivateIpAddress");
            let interfaces = of.list("NetworkInterfaces").iter();
            let primary = interfaces.filter(|eni| eni.text("PrivateIpAddress") == private);
            let ids = primary.filter_map(|eni| eni.text("NetworkInterfaceId"));
            found.extend(ids.map(|id| (id, format!("{}/{}", entry.vpc, entry.key))));
        }
        for entry in self.entries("nat_gateways").iter() {
            let addresses = entry.item.value.list("NatGatewayAddresses").iter();
            let ids = addresses.filter_map(|of| of.text("NetworkInterfaceId"));
            found.extend(ids.map(|id| (id, format!("{}/{}", entry.vpc, entry.key))));
        }
        for entry in self.entries("vpc_endpoints").iter() {
            let ids: Vec<&str> = entry.item.value.texts("NetworkInterfaceIds").collect();
            for item in self.interfaces.of_endpoint(&ids, entry.id) {
                let place = |of: &'a Item| {
                    let id = of.value.text("NetworkInterfaceId")?;
                    let (_, subnet) = self.by_id.get(of.value.text("SubnetId")?)?;
                    Some((id, format!("{}/{}/{subnet}", entry.vpc, entry.key)))
                };
                found.extend(place(item));
            }
        }
        found
    }
}
