//! Spec → Model: every text read into its type, every reference followed, every rule of AWS's checked.
//!
//! ```text
//!  VPCs and subnets ─► what stands in them ─► endpoints and addresses ─► zones ─► private names ─► who asks
//! ```
//! A mistake becomes a [`Finding`] and the work goes on, so that one run finds them all; the model counts only if
//! none was an error. Each name is looked up in a map: the time grows with the size of the file.

mod addresses;
mod availability_zones;
mod block_public_access;
mod delegation;
mod endpoint;
mod endpoint_service;
mod firewall;
mod flow_log_destination;
mod flow_logs;
mod gateway_endpoint;
mod hub_and_spoke;
mod interfaces;
mod lattice;
mod network;
mod peering;
mod policy;
mod prefix_lists;
mod private_dns_name;
mod private_names;
mod profiles;
mod query_log;
mod quotas;
mod records;
mod resolver;
mod resolver_rules;
mod routes;
mod routing;
mod security;
mod services;
mod settings;
mod vpc;
mod warnings;
mod zone;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt::Display,
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use foldhash::fast::RandomState;

use super::{
    AwsError, Entries, Finding, Path,
    at::At,
    nearest,
    spec::{ServiceSpec, TopologySpec},
};
use crate::{
    catalog::{self, Region},
    model::{
        AccountId, EndpointIx, HealthCheckIx, InstanceIx, Model, PrefixListIx, ResolverEndpointIx,
        SecurityGroupId, ServiceIx, SubnetIx, VpcEndpointId, VpcIx,
    },
};
use addresses::Addresses;
pub(super) use private_names::{Claim, PrivateNames};
use profiles::InProfiles;
pub(super) use records::Subject;
use routes::RoutesToCome;

/// The account of topologies that name none; AWS's own example account.
const EXAMPLE_ACCOUNT: &str = "123456789012";
/// Findings after which no nearest name is looked for: to look takes as long as there are names. Ours.
const MOST_SUGGESTIONS: usize = 256;

/// A map that is looked up, or grows, by every endpoint: hashing is a good part of the work.
type Map<K, V> = HashMap<K, V, RandomState>;

/// Names of a VPC's resources, and what has each.
type ByVpc<T> = Map<VpcIx, Map<Box<str>, T>>;

/// Master files of zones and files of domain lists, as they were found beside the topology.
pub(super) type ZoneFiles = HashMap<String, String>;

/// What became of a topology file.
pub(super) struct Built {
    /// The model, valid if no finding is an error.
    pub(super) model: Model,
    /// Mistakes and warnings.
    pub(super) findings: Vec<Finding>,
}

/// Builds the model.
pub(super) fn build(spec: TopologySpec, zone_files: &ZoneFiles) -> Built {
    let TopologySpec {
        region,
        account_id,
        availability_zone_ids,
        services,
        vpcs,
        vpc_peering_connections,
        prefix_lists,
        vpc_block_public_access_options,
        vpc_block_public_access_exclusions,
        hosted_zones,
        health_checks,
        resolver_rules,
        resolver_query_log_configs,
        flow_logs,
        route53_profiles,
        clients,
        listen,
        public_dns,
        failover,
        cache,
        cached_negative_soa,
        packets_per_second_limit,
        compat,
        vpc_endpoint_services,
        resource_configurations,
        service_networks,
        firewall_domain_lists,
        firewall_rule_groups,
        private_dns_deletion_lag,
        s3_buckets,
        quotas,
    } = spec;
    let root = At::ROOT;
    let mut findings = Vec::new();
    let region = parse_region(&region, &root.key("region"), &mut findings);
    let account_id = parse_account(account_id.as_deref(), &root.key("account_id"), &mut findings);
    let in_profiles = InProfiles::of(&route53_profiles);
    let mut builder = Builder::new(empty(region, account_id), findings, services, in_profiles);
    builder.compat(compat);
    builder.quotas(&quotas);
    builder.availability_zones(&availability_zone_ids, &vpcs);
    builder.check_services();
    builder.endpoint_services(vpc_endpoint_services);
    builder.lattice(resource_configurations, service_networks);
    builder.prefix_lists(prefix_lists);
    builder.vpcs(vpcs);
    builder
        .block_public_access(vpc_block_public_access_options, vpc_block_public_access_exclusions);
    builder.peering(vpc_peering_connections);
    builder.routes();
    builder.stale_rules();
    builder.health_checks(health_checks);
    builder.hosted_zones(hosted_zones, zone_files);
    builder.resolver_rules(resolver_rules);
    builder.query_log_configs(resolver_query_log_configs);
    builder.flow_logs(flow_logs);
    builder.firewall(firewall_domain_lists, firewall_rule_groups, zone_files);
    builder.profiles(route53_profiles);
    builder.s3_buckets(s3_buckets);
    builder.check_hub_and_spoke();
    builder.check_private_dns();
    builder.settings(clients, listen, &public_dns, failover);
    builder.cache(cache, cached_negative_soa);
    builder.deletion_lag(private_dns_deletion_lag.as_deref());
    builder.packets_per_second_limit(packets_per_second_limit.as_ref());
    builder.warn_of_compat();
    builder.warn();
    let Built { model, findings } = builder.finish();
    // what was built between short-lived values lies apart, in vectors with room to spare: a copy does not
    Built { model: model.clone(), findings }
}

/// The work in progress.
struct Builder {
    model: Model,
    findings: Vec<Finding>,
    declared: BTreeMap<Box<str>, ServiceSpec>,
    names: Names,
    addresses: Addresses,
    private_names: PrivateNames,
    routes_to_come: Vec<RoutesToCome>,
    /// The lists of security groups that endpoints have; most have the same.
    group_lists: HashSet<Arc<[Box<str>]>, RandomState>,
    /// Names of interface endpoints.
    shared_names: HashSet<Arc<str>, RandomState>,
    in_profiles: InProfiles,
    /// What resource and service-network endpoints are for.
    lattice: lattice::Lattice,
    quotas: quotas::Quotas,
}

/// Everything that may be referred to, by name and by id.
///
/// Something that is there with a mistake of its own has no place: what refers to it is not blamed as well.
#[derive(Default)]
struct Names {
    vpcs: Map<Box<str>, VpcIx>,
    /// By name and by id.
    subnets: ByVpc<Option<SubnetIx>>,
    instances: ByVpc<Option<InstanceIx>>,
    /// As `vpc/name` with the VPC's name or id, or by its id; made when something first refers to one.
    endpoints: Map<Box<str>, Option<EndpointIx>>,
    /// Interface endpoints of services that do not exist.
    blamed_endpoints: Vec<(VpcIx, Box<str>, VpcEndpointId)>,
    services: HashMap<Region, Map<Box<str>, Option<ServiceIx>>>,
    /// Services of one Region that endpoints of another use. R23
    cross_region_services: HashMap<(Region, Box<str>), Option<ServiceIx>>,
    /// Endpoint services by name, id and full name. R10
    endpoint_services: BTreeMap<Box<str>, ServiceIx>,
    /// Every id of the file, to find those used twice, with the path of its first use.
    ids: Map<Box<str>, Path>,
    /// Real addresses that the server listens on, with the path of their first use.
    listens: Map<SocketAddr, Path>,
    /// The first of them by its port, and whether it is of IPv4: one for all addresses overlaps with it.
    first_listens: Map<(u16, bool), SocketAddr>,
    /// Security groups that rules refer to by id, and where.
    groups_referred_to: Vec<(Path, VpcIx, SecurityGroupId)>,
    /// Public addresses and what has each, as messages name it.
    public_addresses: Map<Ipv4Addr, Box<str>>,
    /// Prefix lists by Region, and name or id. N24
    prefix_lists: Map<(Region, Box<str>), PrefixListIx>,
    /// The peering connection of each pair of VPCs, lower place first.
    peered: HashMap<(VpcIx, VpcIx), Box<str>>,
    /// Peering connections and NAT gateways that are there, with a mistake of their own.
    blamed_peerings: HashSet<Box<str>>,
    blamed_nat_gateways: HashSet<(VpcIx, Box<str>)>,
    /// Health checks by name and by id.
    health_checks: Map<Box<str>, HealthCheckIx>,
    /// Hosted zones by their keys, and their places; one that was blamed has none.
    hosted_zones: BTreeMap<Box<str>, Option<usize>>,
    /// Resolver endpoints as `vpc/name` with the VPC's name or id, and by their ids.
    resolver_endpoints: Map<Box<str>, ResolverEndpointIx>,
    /// Interface endpoints with a subnet that was blamed: what they lack is no news.
    endpoints_without_a_subnet: HashSet<EndpointIx>,
}

impl Builder {
    /// Before anything is read but what holds for all.
    fn new(
        model: Model,
        findings: Vec<Finding>,
        services: Entries<ServiceSpec>,
        in_profiles: InProfiles,
    ) -> Self {
        Self {
            model,
            findings,
            declared: services.into_iter().collect(),
            names: Names::default(),
            addresses: Addresses::default(),
            private_names: PrivateNames::default(),
            routes_to_come: Vec::new(),
            group_lists: HashSet::default(),
            shared_names: HashSet::default(),
            in_profiles,
            lattice: lattice::Lattice::default(),
            quotas: quotas::Quotas::default(),
        }
    }

    /// What was built; all that was needed for it is gone then.
    fn finish(self) -> Built {
        Built { model: self.model, findings: self.findings }
    }

    fn error(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Blames a value in AWS's words.
    fn refused(&mut self, path: &At<'_>, error: &AwsError) {
        let mut finding = Finding::error(path, error.message.clone());
        finding.rules.push(error.code);
        finding.rules.extend(error.rules);
        self.findings.push(finding);
    }

    /// The same, with the way out.
    fn refused_with(&mut self, path: &At<'_>, error: &AwsError, help: impl Into<String>) {
        self.refused(path, error);
        if let Some(finding) = self.findings.last_mut() {
            finding.help = Some(help.into());
        }
    }

    /// Reads a text into its type, or blames it.
    fn parse<T: FromStr<Err: Display>>(&mut self, path: &At<'_>, text: &str) -> Option<T> {
        text.parse()
            .map_err(|error: T::Err| {
                self.findings.push(Finding::error(path, error.to_string()));
            })
            .ok()
    }

    /// An id that was given, else one made up from a seed. An id can be used once.
    fn id<T: FromStr<Err: Display> + Display>(
        &mut self,
        path: &At<'_>,
        given: Option<&str>,
        derive: impl FnOnce() -> T,
    ) -> T {
        self.id_within("", path, given, derive)
    }

    /// The same, for an id that means something in one Region alone. N24
    fn id_within<T: FromStr<Err: Display> + Display>(
        &mut self,
        region: &str,
        path: &At<'_>,
        given: Option<&str>,
        derive: impl FnOnce() -> T,
    ) -> T {
        let Some(given) = given else { return derive() };
        let path = path.key("id");
        let Some(id) = self.parse::<T>(&path, given) else { return derive() };
        let unique = format!("{region}{given}").into();
        if let Some(first) = self.names.ids.insert(unique, path.path()) {
            let message = format!("the id `{given}` is used twice, first at `{first}`");
            self.error(Finding::error(path, message));
        }
        id
    }

    /// A name that `vpc/name` can hold.
    fn check_name(&mut self, path: &At<'_>, name: &str) {
        if name.is_empty() || name.contains('/') || name.contains(char::is_control) {
            let shown = name.escape_debug();
            let message = format!(
                "`{shown}` cannot be a name: expected printable characters, none of them `/`"
            );
            self.error(Finding::error(path, message).at_key());
        }
    }

    /// Says that a name refers to nothing, with the nearest that would.
    fn unknown<'a>(
        &mut self,
        path: &At<'_>,
        kind: &str,
        found: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let mut finding = Finding::error(path, format!("there is no {kind} `{found}`"));
        if self.findings.len() >= MOST_SUGGESTIONS {
            return self.findings.push(finding);
        }
        let known: BTreeSet<&str> = known.collect();
        finding.help = match nearest(found, known.iter().copied()) {
            Some(nearest) => Some(format!("did you mean `{nearest}`?")),
            None if known.is_empty() => None,
            None if known.len() <= 8 => {
                Some(format!("known: {}", known.into_iter().collect::<Vec<_>>().join(", ")))
            }
            None => None,
        };
        self.findings.push(finding);
    }

    /// A VPC by name or id.
    fn vpc(&mut self, path: &At<'_>, found: &str) -> Option<VpcIx> {
        let vpc = self.names.vpcs.get(found).copied();
        if vpc.is_none() {
            let known: Vec<Box<str>> = self.model.vpcs.iter().map(|vpc| vpc.name.clone()).collect();
            self.unknown(path, "VPC", found, known.iter().map(|name| &**name));
        }
        vpc
    }

    /// A subnet of a VPC by name or id.
    fn subnet(&mut self, path: &At<'_>, vpc: VpcIx, found: &str) -> Option<SubnetIx> {
        let known = self.names.subnets.get(&vpc);
        if let Some(subnet) = known.and_then(|known| known.get(found)) {
            return *subnet;
        }
        let of_vpc = self.model.vpcs[vpc.index()].subnets.clone();
        let known: Vec<Box<str>> =
            of_vpc.iter().map(|subnet| self.model[*subnet].name.clone()).collect();
        let kind = format!("subnet in VPC `{}`:", self.model[vpc].name);
        self.unknown(path, &kind, found, known.iter().map(|name| &**name));
        None
    }

    /// An instance of a VPC by name or id.
    fn instance(&mut self, path: &At<'_>, vpc: VpcIx, found: &str) -> Option<InstanceIx> {
        let known = self.names.instances.get(&vpc);
        if let Some(instance) = known.and_then(|known| known.get(found)) {
            return *instance;
        }
        let instances = self.model.instances.iter();
        let of_vpc = instances.filter(|instance| self.model[instance.subnet].vpc == vpc);
        let known: Vec<Box<str>> = of_vpc.map(|instance| instance.name.clone()).collect();
        let kind = format!("instance in VPC `{}`:", self.model[vpc].name);
        self.unknown(path, &kind, found, known.iter().map(|name| &**name));
        None
    }
}

/// Reads a Region, or blames it and goes on with another.
fn parse_region(text: &str, path: &At<'_>, findings: &mut Vec<Finding>) -> Region {
    text.parse().unwrap_or_else(|error: catalog::UnknownRegion| {
        let mut finding = Finding::error(path, error.to_string());
        finding.help = error.nearest.map(|nearest| format!("did you mean `{nearest}`?"));
        findings.push(finding);
        error.nearest.and_then(|nearest| nearest.parse().ok()).unwrap_or_else(fallback_region)
    })
}

/// The Region that a file with an unknown one is checked with.
fn fallback_region() -> Region {
    Region::all().next().unwrap_or_else(|| unreachable!("the catalogue has Regions"))
}

fn parse_account(text: Option<&str>, path: &At<'_>, findings: &mut Vec<Finding>) -> AccountId {
    text.unwrap_or(EXAMPLE_ACCOUNT).parse().unwrap_or_else(|error: String| {
        findings.push(Finding::error(path, error));
        fallback_account()
    })
}

fn fallback_account() -> AccountId {
    EXAMPLE_ACCOUNT.parse().unwrap_or_else(|_| unreachable!("twelve digits"))
}

fn empty(region: Region, account_id: AccountId) -> Model {
    Model {
        region,
        account_id,
        availability_zones: Vec::new(),
        vpcs: Vec::new(),
        subnets: Vec::new(),
        instances: Vec::new(),
        services: Vec::new(),
        endpoints: Vec::new(),
        interfaces: Vec::new(),
        hosted_zones: Vec::new(),
        health_checks: Vec::new(),
        vpc_peering_connections: Vec::new(),
        prefix_lists: Vec::new(),
        vpc_block_public_access: BTreeMap::new(),
        resolver_endpoints: Vec::new(),
        resolver_rules: Vec::new(),
        resolver_query_log_configs: Vec::new(),
        flow_logs: Vec::new(),
        profiles: Vec::new(),
        clients: Vec::new(),
        listen: Vec::new(),
        public_dns: crate::model::PublicDns::default(),
        failover: crate::model::Failover::default(),
        cache: crate::model::CacheMode::Off,
        cached_negative_soa: crate::model::CachedNegativeSoa::Keep,
        compat: crate::model::Compat::Current,
        packets_per_second_limit: None,
        endpoint_services: Vec::new(),
        lattice_endpoints: Vec::new(),
        firewall_domain_lists: Vec::new(),
        firewall_rule_groups: Vec::new(),
        firewall_rules: Vec::new(),
        private_dns_deletion_lag: std::time::Duration::ZERO,
        s3_buckets: Vec::new(),
    }
}

/// An index of a vector that has not got too long for it.
fn ix32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
