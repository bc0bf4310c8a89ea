//! `/v1/map`: all that a picture of the topology needs, with the state of each part; and what explanation codes mean.
//!
//! A large topology is shown in part: VPCs are listed with their contents until [`MAX_PARTS`] are shown, those after them only by name,
//! until somebody asks for one of them.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, Problem, firewalls, health_checks};
use crate::{
    catalog::Region,
    health::Target,
    model::{EndpointIx, EniIx, InstanceIx, Model, RouteTarget, Subnet, SubnetIx, Vpc, VpcIx},
    names::EndpointNames,
    state::{FirewallReport, HealthCheckReport, Snapshot, TargetReport},
    trace::Code,
};

/// Most endpoints and instances that are shown at once; as many again of a VPC that is asked for.
const MAX_PARTS: usize = 2_000;

/// Which part is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The name of the one VPC to show.
    vpc: Option<String>,
}

/// The picture.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Map {
    generation: u64,
    regions: Vec<String>,
    detection_secs: f64,
    recovery_secs: f64,
    availability_zones: Vec<ZoneOfMap>,
    vpcs: Vec<VpcOfMap>,
    vpc_peering_connections: Vec<PeeringOfMap>,
    health_checks: Vec<HealthCheckReport>,
    /// DNS Firewall of the VPCs that have rules of it. R107
    firewalls: Vec<FirewallReport>,
    /// How many flow logs there are.
    flow_log_count: usize,
}

/// An AZ of a Region.
#[derive(Debug, Serialize, JsonSchema)]
struct ZoneOfMap {
    name: String,
    id: String,
    region: Option<String>,
    /// As `/v1/state` shows a fault.
    health: TargetReport,
}

/// A VPC with what stands in it.
#[derive(Debug, Serialize, JsonSchema)]
struct VpcOfMap {
    name: String,
    id: String,
    region: String,
    cidr_blocks: Vec<String>,
    /// Whether it serves hosted zones and private DNS names. R49
    serves_private_names: bool,
    instance_count: usize,
    endpoint_count: usize,
    /// Whether `endpoints` and the contents of subnets are shown.
    shown: bool,
    /// Endpoints and instances that are not.
    left_out: usize,
    gateways: Vec<GatewayOfMap>,
    endpoints: Vec<EndpointOfMap>,
    subnets: Vec<SubnetOfMap>,
}

/// What stands at a VPC's edge.
#[derive(Debug, Serialize, JsonSchema)]
struct GatewayOfMap {
    kind: &'static str,
    name: String,
    id: String,
    /// The subnet of a NAT gateway.
    subnet: Option<String>,
}

/// A subnet.
#[derive(Debug, Serialize, JsonSchema)]
struct SubnetOfMap {
    name: String,
    id: String,
    availability_zone: String,
    cidr_blocks: Vec<String>,
    /// `public` where a route leads to the internet gateway. N30
    kind: &'static str,
    route_table: String,
    health: TargetReport,
    instances: Vec<InstanceOfMap>,
    network_interfaces: Vec<InterfaceOfMap>,
}

/// An instance.
#[derive(Debug, Serialize, JsonSchema)]
struct InstanceOfMap {
    name: String,
    id: String,
    addresses: Vec<String>,
    public_ip: Option<String>,
    /// The id of its network interface, as traces and Flow Logs name it.
    network_interface_id: Option<String>,
    /// Whether nothing reaches it.
    impaired: bool,
}

/// An endpoint network interface.
#[derive(Debug, Serialize, JsonSchema)]
struct InterfaceOfMap {
    id: String,
    /// `vpc/name` of its endpoint.
    endpoint: String,
    addresses: Vec<String>,
    /// Whether nothing reaches it: itself, its subnet or its AZ is impaired. N76
    impaired: bool,
    /// Whether DNS takes it to be impaired. R36
    noticed: bool,
    /// What is known of the interface itself.
    health: TargetReport,
}

/// An endpoint of either type.
#[derive(Debug, Serialize, JsonSchema)]
struct EndpointOfMap {
    name: String,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    service_name: String,
    state: &'static str,
    /// None where the type has no private DNS names.
    private_dns_enabled: Option<bool>,
    dns_names: Vec<String>,
}

/// A peering connection.
#[derive(Debug, Serialize, JsonSchema)]
struct PeeringOfMap {
    name: String,
    id: String,
    requester: String,
    accepter: String,
    status: &'static str,
}

/// What an explanation code of a trace means.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Meaning {
    text: &'static str,
    rule: &'static str,
}

/// Every explanation code with its meaning. N286
pub(super) type Meanings = BTreeMap<&'static str, Meaning>;

/// Every explanation code. N286
pub(super) async fn explanation_codes() -> Json<Meanings> {
    let meaning = |code: &Code| (code.as_str(), Meaning { text: code.text(), rule: code.rule() });
    Json(Code::ALL.iter().map(meaning).collect())
}

pub(super) async fn get(
    State(api): State<Api>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Map>, Problem> {
    let Query(wanted) = wanted.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let snapshot = api.state.snapshot();
    let draw = Draw { api: &api, snapshot: &snapshot, model: &snapshot.model };
    tokio::task::block_in_place(|| draw.map(wanted.vpc.as_deref())).map(Json)
}

/// What a map is drawn from.
#[derive(Clone, Copy)]
struct Draw<'a> {
    api: &'a Api,
    snapshot: &'a Snapshot,
    model: &'a Model,
}

impl Draw<'_> {
    /// What is known of a target.
    fn health(self, target: Target) -> TargetReport {
        TargetReport::new(self.snapshot, target, self.api.state.clock().now())
    }

    fn map(self, wanted: Option<&str>) -> Result<Map, Problem> {
        let model = self.model;
        let (parts, none) = (self.parts(), Parts::default());
        let mut vpcs = Vec::new();
        let mut room = MAX_PARTS;
        for (ix, vpc) in (0..).map(VpcIx).zip(&model.vpcs) {
            if wanted.is_some_and(|wanted| wanted != &*vpc.name) {
                continue;
            }
            let parts = parts.get(&ix).unwrap_or(&none);
            let count = parts.endpoints.len() + parts.instances.len();
            let shown = wanted.is_some() || count <= room;
            room -= if shown { count.min(room) } else { 0 };
            vpcs.push(self.vpc(ix, parts, shown));
        }
        if let Some(wanted) = wanted
            && vpcs.is_empty()
        {
            return Err(Problem::not_found(format!("there is no VPC `{wanted}`")));
        }
        let mut regions: Vec<String> =
            model.vpcs.iter().map(|vpc| vpc.region.as_str().to_owned()).collect();
        regions.sort();
        regions.dedup();
        Ok(Map {
            generation: self.snapshot.generation,
            regions,
            detection_secs: model.failover.detection.as_secs_f64(),
            recovery_secs: model.failover.recovery.as_secs_f64(),
            availability_zones: self.availability_zones(),
            vpcs,
            vpc_peering_connections: peerings(model),
            health_checks: health_checks::all(self.snapshot),
            firewalls: firewalls::with_rules(self.snapshot),
            flow_log_count: model.flow_logs.len(),
        })
    }

    fn availability_zones(self) -> Vec<ZoneOfMap> {
        let model = self.model;
        let region = |at| -> Option<Region> {
            let subnet = model.subnets.iter().find(|subnet| subnet.availability_zone == at)?;
            Some(model[subnet.vpc].region)
        };
        let azs = model.availability_zones.iter();
        azs.filter_map(|az| Some((model.find_az(az.name.as_str())?, az)))
            .map(|(ix, az)| ZoneOfMap {
                name: az.name.to_string(),
                id: az.id.to_string(),
                region: region(ix).map(|region| region.as_str().to_owned()),
                health: self.health(Target::AvailabilityZone(ix)),
            })
            .collect()
    }

    /// What stands in each VPC, in one pass: there may be many of both.
    fn parts(self) -> BTreeMap<VpcIx, Parts> {
        let model = self.model;
        let mut parts: BTreeMap<VpcIx, Parts> = BTreeMap::new();
        for ix in model.endpoint_indexes() {
            parts.entry(model[ix].vpc).or_default().endpoints.push(ix);
        }
        for (ix, instance) in (0..).map(InstanceIx).zip(&model.instances) {
            parts.entry(model[instance.subnet].vpc).or_default().instances.push(ix);
        }
        parts
    }

    fn vpc(self, ix: VpcIx, parts: &Parts, shown: bool) -> VpcOfMap {
        let vpc = &self.model[ix];
        let room = if shown { MAX_PARTS } else { 0 };
        let endpoints = parts.endpoints.iter().copied().take(room).collect::<Vec<_>>();
        let instances = parts.instances.iter().copied().take(room).collect::<Vec<_>>();
        let count = parts.endpoints.len() + parts.instances.len();
        let mut interfaces: BTreeMap<SubnetIx, Vec<EniIx>> = BTreeMap::new();
        for (eni, interface) in endpoints.iter().flat_map(|ix| self.model.interfaces_of(*ix)) {
            interfaces.entry(interface.subnet).or_default().push(eni);
        }
        let gateway_endpoints =
            vpc.gateway_endpoints.iter().map(|(name, endpoint)| EndpointOfMap {
                name: name.to_string(),
                id: endpoint.id.to_string(),
                kind: "Gateway",
                service_name: self.model[endpoint.service].gateway_service_name().clone(),
                state: endpoint.state.as_str(),
                private_dns_enabled: None,
                dns_names: Vec::new(),
            });
        VpcOfMap {
            name: vpc.name.to_string(),
            id: vpc.id.to_string(),
            region: vpc.region.as_str().to_owned(),
            cidr_blocks: vpc.blocks().map(|block| block.to_string()).collect(),
            serves_private_names: vpc.serves_private_names(),
            instance_count: parts.instances.len(),
            endpoint_count: parts.endpoints.len() + vpc.gateway_endpoints.len(),
            shown,
            left_out: count - endpoints.len() - instances.len(),
            gateways: self.gateways(ix),
            endpoints: endpoints
                .iter()
                .map(|ix| self.endpoint(*ix))
                .chain(gateway_endpoints)
                .collect(),
            subnets: vpc
                .subnets
                .iter()
                .map(|ix| {
                    let here = interfaces.get(ix).map_or(&[][..], Vec::as_slice);
                    self.subnet(*ix, vpc, &instances, here)
                })
                .collect(),
        }
    }

    /// The gateways of a VPC, and the resolver endpoints in it.
    fn gateways(self, ix: VpcIx) -> Vec<GatewayOfMap> {
        let model = self.model;
        let vpc = &model[ix];
        let gateway =
            |kind, name: String, id: String| GatewayOfMap { kind, name, id, subnet: None };
        let mut gateways = Vec::new();
        if vpc.internet_gateway {
            let id = self.snapshot.network().internet_gateway(ix).to_string();
            gateways.push(gateway("internet_gateway", String::new(), id));
        }
        if vpc.egress_only_internet_gateway {
            let id = self.snapshot.network().egress_only_internet_gateway(ix).to_string();
            gateways.push(gateway("egress_only_internet_gateway", String::new(), id));
        }
        for (name, nat) in &vpc.nat_gateways {
            let subnet = Some(model[nat.subnet].name.to_string());
            let nat = gateway("nat_gateway", name.to_string(), nat.id.to_string());
            gateways.push(GatewayOfMap { subnet, ..nat });
        }
        let mut outer = BTreeMap::new();
        for route in vpc.route_tables.values().flat_map(|table| &table.routes) {
            if let RouteTarget::OuterGateway(target) = &route.target {
                outer.insert(target.id.to_string(), target.kind.key());
            }
        }
        gateways.extend(outer.into_iter().map(|(id, kind)| gateway(kind, String::new(), id)));
        let resolver = model.resolver_endpoints.iter().filter(|found| found.vpc == ix);
        gateways.extend(resolver.map(|endpoint| {
            gateway("resolver_endpoint", endpoint.name.to_string(), endpoint.id.to_string())
        }));
        gateways
    }

    fn endpoint(self, ix: EndpointIx) -> EndpointOfMap {
        let model = self.model;
        let endpoint = &model[ix];
        let service = model.service_of(ix);
        let entries = EndpointNames::new(model, ix).dns_entries();
        EndpointOfMap {
            name: endpoint.name.to_string(),
            id: endpoint.id.to_string(),
            kind: endpoint.kind.as_str(),
            service_name: service.service_name.to_string(),
            state: endpoint.state.as_str(),
            private_dns_enabled: Some(endpoint.private_dns_enabled),
            dns_names: entries.into_iter().map(|entry| entry.dns_name.clone()).collect(),
        }
    }

    fn subnet(
        self,
        ix: SubnetIx,
        vpc: &Vpc,
        instances: &[InstanceIx],
        interfaces: &[EniIx],
    ) -> SubnetOfMap {
        let model = self.model;
        let subnet = &model[ix];
        let impaired = self.is_impaired(ix);
        let here = |instance: &&InstanceIx| model[**instance].subnet == ix;
        SubnetOfMap {
            name: subnet.name.to_string(),
            id: subnet.id.to_string(),
            availability_zone: model[subnet.availability_zone].name.to_string(),
            cidr_blocks: subnet.blocks().map(|block| block.to_string()).collect(),
            kind: kind(vpc, subnet),
            route_table: subnet.route_table.to_string(),
            health: self.health(Target::Subnet(ix)),
            instances: instances
                .iter()
                .filter(here)
                .map(|instance| self.instance(*instance, impaired))
                .collect(),
            network_interfaces: interfaces.iter().map(|eni| self.interface(*eni)).collect(),
        }
    }

    fn instance(self, ix: InstanceIx, impaired: bool) -> InstanceOfMap {
        let instance = &self.model[ix];
        let v4 = instance.private_ip.map(|ip| ip.to_string());
        let v6 = instance.ipv6_address.map(|ip| ip.to_string());
        let network = self.snapshot.network();
        let interface = network.interface_of(ix).map(|interface| network[interface].id);
        InstanceOfMap {
            name: instance.name.to_string(),
            id: instance.id.to_string(),
            addresses: v4.into_iter().chain(v6).collect(),
            public_ip: instance.public_ip.map(|ip| ip.to_string()),
            network_interface_id: interface.map(|id| id.to_string()),
            impaired,
        }
    }

    fn interface(self, eni: EniIx) -> InterfaceOfMap {
        let model = self.model;
        let interface = &model[eni];
        let endpoint = &model[interface.endpoint];
        let target = Target::NetworkInterface(eni);
        InterfaceOfMap {
            id: interface.id.to_string(),
            endpoint: format!("{}/{}", model[endpoint.vpc].name, endpoint.name),
            addresses: interface.addresses().map(|address| address.to_string()).collect(),
            impaired: self.snapshot.health.is_observed_impaired(target)
                || self.is_impaired(interface.subnet),
            noticed: self.snapshot.detected.impairment(model, eni).is_some(),
            health: self.health(target),
        }
    }

    /// Whether a subnet or its AZ is impaired in fact.
    fn is_impaired(self, subnet: SubnetIx) -> bool {
        let health = &self.snapshot.health;
        let az = Target::AvailabilityZone(self.model[subnet].availability_zone);
        health.is_observed_impaired(Target::Subnet(subnet)) || health.is_observed_impaired(az)
    }
}

/// The endpoints and instances of a VPC.
#[derive(Default)]
struct Parts {
    endpoints: Vec<EndpointIx>,
    instances: Vec<InstanceIx>,
}

/// Whether a subnet's route table leads to the internet gateway. N30
fn kind(vpc: &Vpc, subnet: &Subnet) -> &'static str {
    let table = vpc.route_tables.get(&subnet.route_table);
    let mut routes = table.iter().flat_map(|table| &table.routes);
    if routes.any(|route| route.target == RouteTarget::InternetGateway) {
        "public"
    } else {
        "private"
    }
}

fn peerings(model: &Model) -> Vec<PeeringOfMap> {
    let peering = model.vpc_peering_connections.iter();
    peering
        .map(|peering| PeeringOfMap {
            name: peering.name.to_string(),
            id: peering.id.to_string(),
            requester: model[peering.requester.vpc].name.to_string(),
            accepter: model[peering.accepter.vpc].name.to_string(),
            status: peering.status.as_str(),
        })
        .collect()
}
