//! Flow logs: what each covers, its format, and where its records go. N200–N204, N210, N211, N230, N231

use super::{Builder, Map};
use crate::{
    config::{
        AwsError, Entries, Finding,
        at::At,
        nearest,
        spec::{
            DestinationOptionsSpec, FileFormatSpec, FlowLogSpec, LogDestinationTypeSpec,
            TrafficTypeSpec,
        },
    },
    model::{
        AggregationInterval, BadFlowLogFormat, DestinationOptions, FileFormat, FlowLog,
        FlowLogBucket, FlowLogDestination, FlowLogField, FlowLogFormat, FlowLogId, FlowLogResource,
        InstanceIx, MAX_FLOW_LOGS_OF_A_RESOURCE, MAX_FLOWS_PER_INTERVAL, NetworkInterfaceId,
        SubnetIx, TrafficType, VpcIx,
    },
};

/// A prefix that keys cannot begin with: it is part of what Flow Logs make. N230
const RESERVED_PREFIX: &str = "AWSLogs";

/// Network interfaces by their ids, and by `vpc/name` of what has them.
type Interfaces = Map<Box<str>, (NetworkInterfaceId, SubnetIx)>;

/// Where records go, as the file says it.
struct DestinationSpec {
    kind: LogDestinationTypeSpec,
    log_destination: Option<String>,
    log_group_name: Option<String>,
    endpoint_url: Option<String>,
    options: Option<DestinationOptionsSpec>,
}

impl Builder {
    /// All flow logs.
    pub(super) fn flow_logs(&mut self, flow_logs: Entries<FlowLogSpec>) {
        let mut interfaces = None;
        let mut counts: Map<FlowLogResource, usize> = Map::default();
        for (name, spec) in flow_logs {
            let path = At::ROOT.entry("flow_logs", &name);
            let Some(flow_log) = self.flow_log(&path, &name, spec, &mut interfaces) else {
                continue;
            };
            let same = self.model.flow_logs.iter().any(|other| {
                other.resource == flow_log.resource
                    && other.traffic_type == flow_log.traffic_type
                    && other.log_format == flow_log.log_format
                    && other.max_aggregation_interval == flow_log.max_aggregation_interval
                    && other.destination == flow_log.destination
            });
            let count = counts.entry(flow_log.resource).or_default();
            *count += 1;
            let too_many = *count == MAX_FLOW_LOGS_OF_A_RESOURCE + 1;
            if same {
                let AwsError { code, message, rules } = AwsError::flow_log_already_exists();
                let finding = Finding::error(path, message).at_key().rule(code);
                self.error(rules.iter().fold(finding, |finding, rule| finding.rule(rule)));
            } else if too_many {
                let message = format!(
                    "more than {MAX_FLOW_LOGS_OF_A_RESOURCE} flow logs of one VPC, subnet or network interface"
                );
                self.error(Finding::error(path, message).at_key().rule("N204"));
            }
            self.model.flow_logs.push(flow_log);
        }
    }

    fn flow_log(
        &mut self,
        path: &At<'_>,
        name: &str,
        spec: FlowLogSpec,
        interfaces: &mut Option<Interfaces>,
    ) -> Option<FlowLog> {
        let FlowLogSpec {
            id,
            vpc,
            subnet,
            network_interface,
            traffic_type,
            log_format,
            max_aggregation_interval,
            max_flows_per_interval,
            log_destination_type,
            log_destination,
            log_group_name,
            endpoint_url,
            destination_options,
        } = spec;
        let id = self.id(path, id.as_deref(), || FlowLogId::derive(name));
        let resource = match (vpc, subnet, network_interface) {
            (Some(vpc), None, None) => self.vpc(&path.key("vpc"), &vpc).map(FlowLogResource::Vpc),
            (None, Some(subnet), None) => {
                self.flow_log_subnet(&path.key("subnet"), &subnet).map(FlowLogResource::Subnet)
            }
            (None, None, Some(interface)) => {
                let interfaces = interfaces.get_or_insert_with(|| self.all_interfaces());
                let found = interfaces.get(&*interface).copied();
                self.known_interface(&path.key("network_interface"), &interface, found)
            }
            _ => {
                let message =
                    "a flow log is of exactly one of `vpc`, `subnet` and `network_interface`";
                self.error(Finding::error(path, message).at_key().rule("N200"));
                None
            }
        };
        let log_format = match log_format {
            Some(text) => self.log_format(&path.key("log_format"), &text),
            None => Some(FlowLogFormat::default()),
        };
        let interval =
            self.interval(&path.key("max_aggregation_interval"), max_aggregation_interval);
        let max_flows_per_interval =
            self.max_flows(&path.key("max_flows_per_interval"), max_flows_per_interval);
        let destination = DestinationSpec {
            kind: log_destination_type,
            log_destination,
            log_group_name,
            endpoint_url,
            options: destination_options,
        };
        let destination = self.flow_log_destination(path, destination);
        Some(FlowLog {
            name: name.into(),
            id,
            resource: resource?,
            traffic_type: match traffic_type {
                TrafficTypeSpec::Accept => TrafficType::Accept,
                TrafficTypeSpec::Reject => TrafficType::Reject,
                TrafficTypeSpec::All => TrafficType::All,
            },
            max_aggregation_interval: interval?,
            max_flows_per_interval: max_flows_per_interval?,
            log_format: log_format?,
            destination: destination?,
        })
    }

    /// A subnet as `vpc/name` or by its id.
    fn flow_log_subnet(&mut self, path: &At<'_>, found: &str) -> Option<SubnetIx> {
        if let Some((vpc, name)) = found.split_once('/') {
            let vpc = self.vpc(path, vpc)?;
            return self.subnet(path, vpc, name);
        }
        let id = found.parse().ok();
        let by_id = self.model.subnet_indexes().find(|ix| Some(self.model[*ix].id) == id);
        if by_id.is_none() {
            let subnets = self.model.subnets.iter();
            let known =
                subnets.map(|subnet| format!("{}/{}", self.model[subnet.vpc].name, subnet.name));
            let known: Vec<String> = known.collect();
            self.unknown(path, "subnet", found, known.iter().map(String::as_str));
        }
        by_id
    }

    /// Every network interface there is.
    fn all_interfaces(&self) -> Interfaces {
        let model = &self.model;
        let mut all = Interfaces::default();
        let mut add = |id: NetworkInterfaceId, subnet: SubnetIx, name: Option<String>| {
            all.insert(id.to_string().into(), (id, subnet));
            if let Some(name) = name {
                all.insert(name.into(), (id, subnet));
            }
        };
        for (vpc_ix, vpc) in (0..).map(VpcIx).zip(&model.vpcs) {
            for (name, nat) in &vpc.nat_gateways {
                let id = model.network_interface_of_nat_gateway(vpc_ix, name);
                add(id, nat.subnet, Some(format!("{}/{name}", vpc.name)));
            }
        }
        for (ix, instance) in (0..).map(InstanceIx).zip(&model.instances) {
            let vpc = &model[model[instance.subnet].vpc].name;
            let name = format!("{vpc}/{}", instance.name);
            add(model.network_interface_of_instance(ix), instance.subnet, Some(name));
        }
        for interface in &model.interfaces {
            add(interface.id, interface.subnet, None);
        }
        for place in model.resolver_endpoints.iter().flat_map(|endpoint| &endpoint.ip_addresses) {
            add(place.id, place.subnet, None);
        }
        all
    }

    fn known_interface(
        &mut self,
        path: &At<'_>,
        found: &str,
        known: Option<(NetworkInterfaceId, SubnetIx)>,
    ) -> Option<FlowLogResource> {
        if let Some((id, subnet)) = known {
            return Some(FlowLogResource::NetworkInterface(id, subnet));
        }
        let help = "expected `eni-…`, or `vpc/name` of an instance or a NAT gateway";
        if found.parse::<NetworkInterfaceId>().is_ok() {
            self.refused_with(path, &AwsError::network_interface_not_found(found), help);
        } else {
            let message = format!("there is no network interface `{found}`");
            self.error(Finding::error(path, message).help(help).rule("N200"));
        }
        None
    }

    fn log_format(&mut self, path: &At<'_>, text: &str) -> Option<FlowLogFormat> {
        let error = match text.parse() {
            Ok(format) => return Some(format),
            Err(error) => error,
        };
        let help = match &error {
            BadFlowLogFormat::Form => error.to_string(),
            BadFlowLogFormat::Field(unknown) => {
                let known = FlowLogField::ALL.iter().map(|field| field.as_str());
                let nearest = nearest(&unknown.0, known)
                    .map_or_else(String::new, |nearest| format!(": did you mean `{nearest}`?"));
                format!("{error}{nearest}")
            }
        };
        self.refused_with(path, &AwsError::log_format(text), help);
        None
    }

    fn interval(&mut self, path: &At<'_>, secs: Option<u32>) -> Option<AggregationInterval> {
        match secs {
            None => Some(AggregationInterval::default()),
            Some(60) => Some(AggregationInterval::OneMinute),
            Some(600) => Some(AggregationInterval::TenMinutes),
            Some(secs) => {
                let message = format!("{secs} seconds: expected 60 or 600");
                self.error(Finding::error(path, message).rule("N202"));
                None
            }
        }
    }

    fn max_flows(&mut self, path: &At<'_>, found: Option<u32>) -> Option<u32> {
        match found {
            None => Some(MAX_FLOWS_PER_INTERVAL),
            Some(flows) if (1..=MAX_FLOWS_PER_INTERVAL).contains(&flows) => Some(flows),
            Some(flows) => {
                let message = format!("{flows} flows: expected 1 to {MAX_FLOWS_PER_INTERVAL}");
                self.error(Finding::error(path, message).rule("N216"));
                None
            }
        }
    }

    fn flow_log_destination(
        &mut self,
        path: &At<'_>,
        spec: DestinationSpec,
    ) -> Option<FlowLogDestination> {
        let endpoint_url = match spec.endpoint_url {
            Some(url) => Some(self.endpoint_url(&path.key("endpoint_url"), &url)?),
            None => None,
        };
        match spec.kind {
            LogDestinationTypeSpec::S3 => {
                if spec.log_group_name.is_some() {
                    let message = "a log group is for `log_destination_type: cloud-watch-logs`";
                    let path = path.key("log_group_name");
                    self.error(Finding::error(path, message).at_key().rule("N230"));
                }
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
                if spec.options.is_some() {
                    let path = path.key("destination_options");
                    let message =
                        "a log group has no files: they are for `log_destination_type: s3`";
                    self.error(Finding::error(path, message).at_key().rule("N230"));
                }
                let log_group_name =
                    self.log_group(path, spec.log_destination, spec.log_group_name)?;
                Some(FlowLogDestination::CloudWatchLogs { log_group_name, endpoint_url })
            }
        }
    }

    /// A bucket by its ARN, or a folder in its place.
    fn bucket(
        &mut self,
        path: &At<'_>,
        found: &str,
        endpoint_url: Option<Box<str>>,
    ) -> Option<FlowLogBucket> {
        let Some(arn) = found.strip_prefix("arn:") else {
            let folder = found.strip_prefix("file://").unwrap_or(found);
            if folder.is_empty() || folder.contains('\0') || folder.contains("://") {
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
            Some((name, prefix)) if !name.is_empty() => (name, prefix),
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
        Some(FlowLogBucket::Bucket { name: name.into(), prefix: prefix.into(), endpoint_url })
    }

    /// A log group by its name or its ARN.
    fn log_group(
        &mut self,
        path: &At<'_>,
        arn: Option<String>,
        name: Option<String>,
    ) -> Option<Box<str>> {
        match (arn, name) {
            (None, Some(name)) if !name.is_empty() => Some(name.into()),
            (Some(arn), None) => {
                let name = arn
                    .strip_prefix("arn:")
                    .and_then(|arn| arn.split_once(":log-group:"))
                    .map(|(_, name)| name.trim_end_matches(":*"))
                    .filter(|name| !name.is_empty() && !name.contains(':'));
                if name.is_none() {
                    let message = format!(
                        "`{arn}` is not the ARN of a log group: expected `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`"
                    );
                    let path = path.key("log_destination");
                    self.error(Finding::error(path, message).rule("N231"));
                }
                name.map(Into::into)
            }
            _ => {
                let message = "`log_destination_type: cloud-watch-logs` needs one of `log_group_name` and `log_destination`";
                self.error(Finding::error(path, message).at_key().rule("N231"));
                None
            }
        }
    }

    fn endpoint_url(&mut self, path: &At<'_>, url: &str) -> Option<Box<str>> {
        let host = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        let is_url = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
            && !url.contains(['?', '#', ' ']);
        if !is_url {
            let message =
                format!("`{url}` is no URL: expected one such as `http://127.0.0.1:5000`");
            self.error(Finding::error(path, message));
            return None;
        }
        Some(url.trim_end_matches('/').into())
    }
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
