//! `/v1/state`: everything at a glance.

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Api, etag::Shown, firewalls, health_checks};
use crate::{
    model::{self, CacheMode, ImpairedAnswer, Model},
    render,
    state::{Counts, FirewallReport, HealthCheckReport, TargetReport},
};

/// What the emulator holds.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StateReport {
    /// Counts changes of this run, from 1.
    generation: u64,
    /// The Region of what says none.
    region: &'static str,
    /// The account.
    account_id: String,
    counts: ResourceCounts,
    availability_zones: Vec<AvailabilityZone>,
    vpcs: Vec<Vpc>,
    /// Who is who among the askers.
    clients: Vec<Client>,
    /// Addresses whose askers all have one vantage.
    listen: Vec<Listen>,
    resolver_query_log_configs: Vec<QueryLogConfig>,
    /// What was impaired, restored or forced.
    faults: Vec<TargetReport>,
    health_checks: Vec<HealthCheckReport>,
    /// DNS Firewall of each VPC. R107
    firewalls: Vec<FirewallReport>,
    failover: Failover,
    cache: Cache,
    public_dns: PublicDns,
    /// Since the start.
    counters: Counts,
}

/// How much there is.
#[derive(Debug, Serialize, JsonSchema)]
struct ResourceCounts {
    vpcs: usize,
    subnets: usize,
    instances: usize,
    /// Endpoints with network interfaces, of any type.
    interface_endpoints: usize,
    gateway_endpoints: usize,
    network_interfaces: usize,
    hosted_zones: usize,
}

/// An AZ: its name is the account's own, its id is everybody's. R17
#[derive(Debug, Serialize, JsonSchema)]
struct AvailabilityZone {
    name: String,
    id: String,
}

/// A VPC.
#[derive(Debug, Serialize, JsonSchema)]
struct Vpc {
    name: String,
    id: String,
    region: &'static str,
    cidr_blocks: Vec<String>,
    enable_dns_support: bool,
    enable_dns_hostnames: bool,
    dnssec_validation: bool,
    /// Where the VPC Resolver answers; nowhere where DNS support is off. R1, R125
    resolver_addresses: Vec<String>,
    subnets: Vec<Subnet>,
}

/// A subnet.
#[derive(Debug, Serialize, JsonSchema)]
struct Subnet {
    name: String,
    id: String,
    availability_zone: String,
    availability_zone_id: String,
    cidr_block: Option<String>,
    ipv6_cidr_block: Option<String>,
}

/// Askers, and where they are.
#[derive(Debug, Serialize, JsonSchema)]
struct Client {
    prefix: String,
    vantage: String,
}

/// An address, and where its askers are.
#[derive(Debug, Serialize, JsonSchema)]
struct Listen {
    address: String,
    vantage: Option<String>,
}

/// A query logging configuration. R110
#[derive(Debug, Serialize, JsonSchema)]
struct QueryLogConfig {
    name: String,
    id: String,
    /// `file`, `stdout` or `events`.
    destination: &'static str,
}

/// When DNS notices faults, and what it does then. R36, R37, R39
#[derive(Debug, Serialize, JsonSchema)]
struct Failover {
    detection_secs: f64,
    recovery_secs: f64,
    /// `answer`, `nodata` or `servfail`.
    zonal: &'static str,
    /// `fail_open`, `nodata` or `servfail`.
    all_impaired: &'static str,
}

/// Whether answers outlive a failure by up to their TTL. R40
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Cache {
    Off,
    Aws,
}

/// Who is asked for names of the public DNS; nobody where that is empty.
#[derive(Debug, Serialize, JsonSchema)]
struct PublicDns {
    upstream: Vec<String>,
}

pub(super) async fn get(State(api): State<Api>) -> Shown<Json<StateReport>> {
    let snapshot = api.state.snapshot();
    let now = api.state.clock().now();
    let model = &snapshot.model;
    let faults = snapshot.health.faults();
    let report = StateReport {
        generation: snapshot.generation,
        region: model.region.as_str(),
        account_id: model.account_id.to_string(),
        counts: counts(model),
        availability_zones: availability_zones(model),
        vpcs: model.vpcs.iter().map(|vpc| Vpc::new(model, vpc)).collect(),
        clients: clients(model),
        listen: listen(model),
        resolver_query_log_configs: query_log_configs(model),
        faults: faults.map(|(target, _)| TargetReport::new(&snapshot, target, now)).collect(),
        health_checks: health_checks::all(&snapshot),
        firewalls: firewalls::all(&snapshot),
        failover: failover(model),
        cache: match model.cache {
            CacheMode::Off => Cache::Off,
            CacheMode::Aws => Cache::Aws,
        },
        public_dns: PublicDns {
            upstream: model.public_dns.upstream.iter().map(ToString::to_string).collect(),
        },
        counters: api.state.counters().counts(),
    };
    Shown::of(&api.state, &snapshot, Json(report))
}

fn counts(model: &Model) -> ResourceCounts {
    ResourceCounts {
        vpcs: model.vpcs.len(),
        subnets: model.subnets.len(),
        instances: model.instances.len(),
        interface_endpoints: model.endpoints.len(),
        gateway_endpoints: model.vpcs.iter().map(|vpc| vpc.gateway_endpoints.len()).sum(),
        network_interfaces: model.interfaces.len(),
        hosted_zones: model.hosted_zones.len(),
    }
}

fn availability_zones(model: &Model) -> Vec<AvailabilityZone> {
    let azs = model.availability_zones.iter();
    azs.map(|az| AvailabilityZone { name: az.name.to_string(), id: az.id.to_string() }).collect()
}

fn clients(model: &Model) -> Vec<Client> {
    let clients = model.clients.iter().map(|client| Client {
        prefix: client.prefix.to_string(),
        vantage: render::vantage_text(model, client.vantage),
    });
    clients.collect()
}

fn listen(model: &Model) -> Vec<Listen> {
    let listen = model.listen.iter().map(|listen| Listen {
        address: listen.address.to_string(),
        vantage: listen.vantage.map(|vantage| render::vantage_text(model, vantage)),
    });
    listen.collect()
}

fn query_log_configs(model: &Model) -> Vec<QueryLogConfig> {
    let configs = model.resolver_query_log_configs.iter().map(|config| QueryLogConfig {
        name: config.name.to_string(),
        id: config.id.to_string(),
        destination: config.destination.kind(),
    });
    configs.collect()
}

impl Vpc {
    fn new(model: &Model, vpc: &model::Vpc) -> Self {
        let subnets = vpc.subnets.iter().map(|ix| {
            let subnet = &model[*ix];
            let az = &model[subnet.availability_zone];
            Subnet {
                name: subnet.name.to_string(),
                id: subnet.id.to_string(),
                availability_zone: az.name.to_string(),
                availability_zone_id: az.id.to_string(),
                cidr_block: subnet.cidr_block.map(|block| block.to_string()),
                ipv6_cidr_block: subnet.ipv6_cidr_block.map(|block| block.to_string()),
            }
        });
        Self {
            name: vpc.name.to_string(),
            id: vpc.id.to_string(),
            region: vpc.region.as_str(),
            cidr_blocks: vpc.blocks().map(|block| block.to_string()).collect(),
            enable_dns_support: vpc.enable_dns_support,
            enable_dns_hostnames: vpc.enable_dns_hostnames,
            dnssec_validation: vpc.dnssec_validation,
            resolver_addresses: vpc.resolver_addresses().map(|of| of.to_string()).collect(),
            subnets: subnets.collect(),
        }
    }
}

fn failover(model: &Model) -> Failover {
    let failover = &model.failover;
    let word = |switch, answer| match switch {
        ImpairedAnswer::Answer => answer,
        ImpairedAnswer::Nodata => "nodata",
        ImpairedAnswer::Servfail => "servfail",
    };
    Failover {
        detection_secs: failover.detection.as_secs_f64(),
        recovery_secs: failover.recovery.as_secs_f64(),
        zonal: word(failover.zonal, "answer"),
        all_impaired: word(failover.all_impaired, "fail_open"),
    }
}
