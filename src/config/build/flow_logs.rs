//! Flow logs: what each covers, and its format. N200–N204, N210, N211

use std::{collections::BTreeMap, time::Duration};

use super::{
    Builder, MOST_SUGGESTIONS, Map, flow_log_destination::DestinationSpec, settings::parse_duration,
};
use crate::{
    catalog::Region,
    config::{
        AwsError, Entries, Finding,
        at::At,
        nearest,
        spec::{FlowLogSpec, TrafficTypeSpec},
    },
    model::{
        AggregationInterval, BadFlowLogFormat, FlowLog, FlowLogDestination, FlowLogField,
        FlowLogFormat, FlowLogId, FlowLogResource, InstanceIx, MAX_FLOW_LOGS_OF_A_RESOURCE,
        MAX_FLOWS_PER_INTERVAL, NetworkInterfaceId, SubnetIx, TrafficType, VpcIx,
    },
};

/// The longest that records may take to be delivered. Ours: AWS gives no bound.
const MAX_DELIVERY_DELAY: Duration = Duration::from_secs(86_400);

/// Network interfaces by their ids, and by `vpc/name` or `vpc/name/subnet` of what has them.
type Interfaces = BTreeMap<Box<str>, (NetworkInterfaceId, SubnetIx)>;

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
            delivery_delay,
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
                self.known_interface(&path.key("network_interface"), &interface, interfaces)
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
            region: self.region_of(resource),
            log_destination,
            log_group_name,
            endpoint_url,
            options: destination_options,
        };
        let destination = self.flow_log_destination(path, destination);
        let delivery_delay = match delivery_delay {
            Some(text) => self.delivery_delay(&path.key("delivery_delay"), &text),
            None => destination.as_ref().map(FlowLogDestination::delay),
        };
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
            delivery_delay: delivery_delay?,
        })
    }

    /// The Region of what a flow log is of; the file's where that is not known.
    fn region_of(&self, resource: Option<FlowLogResource>) -> Region {
        let model = &self.model;
        resource.map_or(model.region, |of| match of {
            FlowLogResource::Vpc(vpc) => model[vpc].region,
            FlowLogResource::Subnet(subnet) | FlowLogResource::NetworkInterface(_, subnet) => {
                model[model[subnet].vpc].region
            }
        })
    }

    /// A subnet as `vpc/name` or by its id.
    pub(super) fn flow_log_subnet(&mut self, path: &At<'_>, found: &str) -> Option<SubnetIx> {
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
            let subnet = &model[interface.subnet];
            // an endpoint that was blamed is not there
            let endpoint = model.endpoints.get(interface.endpoint.index());
            let vpc = &model[subnet.vpc].name;
            let name = endpoint.map(|of| format!("{vpc}/{}/{}", of.name, subnet.name));
            add(interface.id, interface.subnet, name);
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
        known: &Interfaces,
    ) -> Option<FlowLogResource> {
        if let Some((id, subnet)) = known.get(found) {
            return Some(FlowLogResource::NetworkInterface(*id, *subnet));
        }
        let help = "expected `eni-…`, `vpc/name` of an instance or a NAT gateway, or `vpc/name/subnet` of an endpoint";
        if found.parse::<NetworkInterfaceId>().is_ok() {
            self.refused_with(path, &AwsError::network_interface_not_found(found), help);
        } else {
            let message = format!("there is no network interface `{found}`");
            let names = known.keys().map(|name| &**name).filter(|name| name.contains('/'));
            let looks = self.findings.len() < MOST_SUGGESTIONS;
            let nearest = if looks { nearest(found, names) } else { None };
            let help = nearest
                .map_or_else(|| help.to_owned(), |nearest| format!("did you mean `{nearest}`?"));
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
            BadFlowLogFormat::Field(unknown) if is_of_transit_gateways(&unknown.0) => {
                format!("`{}` is a field of transit gateways' flow logs alone", unknown.0)
            }
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

    fn delivery_delay(&mut self, path: &At<'_>, text: &str) -> Option<Duration> {
        let delay = parse_duration(text);
        let delay = delay.filter(|delay| delay.subsec_nanos() == 0 && *delay <= MAX_DELIVERY_DELAY);
        if delay.is_none() {
            let message =
                format!("`{text}` is no delay: expected `0s` to `24h`, such as `90s` or `5m`");
            self.error(Finding::error(path, message).rule("N203"));
        }
        delay
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
}

/// Whether a field is one of those that only flow logs of transit gateways have, version 6. N212
fn is_of_transit_gateways(field: &str) -> bool {
    ["tgw-", "packets-lost-"].iter().any(|start| field.starts_with(start))
        || field == "resource-type"
}
