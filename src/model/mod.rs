//! What exists: VPCs, subnets, endpoints, hosted zones and the rest, as immutable, typed values.
//!
//! **Invariant:** a [`Model`] that exists is valid. `config` checks everything once, on the way in: every index
//! in a model points into that model, every name of a sibling resource exists, addresses lie in their blocks.
//! Nothing checks again later. Resources stand in flat vectors and refer to each other by index, so that a
//! hundred thousand endpoints stay compact and the answer path follows no pointers.

mod availability_zone;
mod block_public_access;
mod dns_name;
mod endpoint_service;
mod firewall;
mod flow_log;
mod hosted_zone;
mod ids;
mod lattice;
mod network;
mod peering;
mod policy;
mod prefix_list;
mod private_dns_name;
mod profile;
mod query_log;
mod resolver;
mod routing;
mod settings;
mod vantage;
mod vpc;
mod vpc_endpoint;

pub use availability_zone::{AvailabilityZone, AvailabilityZoneId};
pub use block_public_access::{
    InternetGatewayBlockMode, InternetGatewayExclusionMode, PublicAccess,
};
pub use dns_name::{
    DnsName, MAX_WIRE_BYTES, NameBuffer, NameMap, PlainText, QuickMap, fold, name_hash, suffixes,
};
pub use endpoint_service::{EndpointService, ProviderPrivateDns, ServiceType, VerificationState};
pub use firewall::{
    ASSOCIATION_PRIORITIES, FirewallAction, FirewallBlockResponse, FirewallDomain,
    FirewallDomainList, FirewallRedirection, FirewallRule, FirewallRuleAction, FirewallRuleGroup,
    MAX_DOMAIN_CHARACTERS, OVERRIDE_TTL,
};
pub use flow_log::{
    AggregationInterval, BUCKET_DELAY, BadFlowLogFormat, DestinationOptions, EndpointUrl,
    FileFormat, FlowLog, FlowLogBucket, FlowLogDestination, FlowLogField, FlowLogFieldType,
    FlowLogFormat, FlowLogResource, LOG_GROUP_DELAY, MAX_FLOW_LOGS_OF_A_RESOURCE,
    MAX_FLOWS_PER_INTERVAL, NotAnEndpointUrl, TrafficType, UnknownFlowLogField,
};
pub use hosted_zone::{AliasTarget, Cut, HostedZone, RrSet, RrSetData};
pub use ids::{
    AccountId, BadId, DnsNameHash, EgressOnlyInternetGatewayId, EndpointServiceId,
    FirewallDomainListId, FirewallRuleGroupId, FlowLogId, HexDigits, InstanceId, InternetGatewayId,
    LatticeServiceId, NatGatewayId, NetworkAclId, NetworkInterfaceId, PrefixListId, ProfileId,
    ResolverNetworkInterfaceId, ResolverRuleId, ResourceConfigurationId, RouteTableId,
    SecurityGroupId, ServiceNetworkId, SubnetId, VpcEndpointId, VpcId, VpcPeeringConnectionId,
};
pub use lattice::{Association, AssociationKind, LatticeEndpoint, PrivateDnsPreference};
pub use network::{
    NatGateway, NetworkAcl, NetworkAclRule, OuterGateway, OuterGatewayKind, Protocol, Route,
    RouteDestination, RouteTable, RouteTarget, RuleAction, SecurityGroup, SecurityGroupRule,
    Traffic,
};
pub use peering::{PeeringSide, PeeringStatus, VpcPeeringConnection};
pub use policy::{
    Choice, Comparison, ConditionOperator, MAX_BUCKET_POLICY_BYTES, MAX_POLICY_CHARACTERS,
    PolicyCondition, PolicyDocument, PolicyEffect, PolicyPrincipal, PolicyStatement, PolicyVersion,
    Relation, S3Bucket, SetQualifier,
};
pub use prefix_list::{PrefixList, UnknownEntries};
pub use private_dns_name::{HostnameType, PrivateDnsNameOptions};
pub use profile::Profile;
pub use query_log::{
    QUERY_LOG_FILE_BYTES, QUERY_LOG_FILES_KEPT, QueryLogConfigId, QueryLogDestination,
    QueryLogFile, ResolverQueryLogConfig,
};
pub use resolver::{
    Direction, MAX_TARGETS, ResolverAddress, ResolverEndpoint, ResolverEndpointId,
    ResolverProtocol, ResolverRule, ResolverRuleAction, TargetAddress, TargetProtocol,
};
pub use routing::{
    FailoverRole, Geolocation, Geoproximity, HealthCheck, HealthCheckId, MAX_ALIAS_CHAIN,
    MAX_MULTIVALUE_RECORDS, RoutedRecords, RoutingPolicy,
};
pub use settings::{
    CacheMode, CachedNegativeSoa, Client, Compat, DETECTION, Failover, ImpairedAnswer, Listen,
    PublicDns, RECOVERY,
};
pub use vantage::{Vantage, VpcVantage};
pub use vpc::{Instance, RESOLVER_IPV6, RESOLVER_LINK_LOCAL, Subnet, Vpc};
pub use vpc_endpoint::{
    ClientRoutingPolicy, DnsRecordIpType, ENDPOINT_TTL, EndpointKind, EndpointState,
    GatewayEndpoint, InterfaceEndpoint, IpAddressType, NetworkInterface,
};

use std::{collections::BTreeMap, time::Duration};

use crate::catalog::{Region, Service};

macro_rules! indexes {
    ($($(#[$doc:meta])* $name:ident($repr:ty) => $field:ident: $item:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub $repr);

            impl $name {
                /// As an index of a vector.
                #[must_use]
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }

            impl std::ops::Index<$name> for Model {
                type Output = $item;

                fn index(&self, ix: $name) -> &$item {
                    // a model's indexes point into it: the invariant of this module
                    &self.$field[ix.index()]
                }
            }
        )*
    };
}

indexes! {
    /// Place of a VPC in `Model::vpcs`.
    VpcIx(u32) => vpcs: Vpc;
    /// Place of a subnet in `Model::subnets`.
    SubnetIx(u32) => subnets: Subnet;
    /// Place of an instance in `Model::instances`.
    InstanceIx(u32) => instances: Instance;
    /// Place of an interface endpoint in `Model::endpoints`.
    EndpointIx(u32) => endpoints: InterfaceEndpoint;
    /// Place of an endpoint network interface in `Model::interfaces`.
    EniIx(u32) => interfaces: NetworkInterface;
    /// Place of an AZ in `Model::availability_zones`.
    AzIx(u16) => availability_zones: AzInAccount;
    /// Place of a service in `Model::services`.
    ServiceIx(u16) => services: Service;
    /// Place of a resolver endpoint in `Model::resolver_endpoints`.
    ResolverEndpointIx(u16) => resolver_endpoints: ResolverEndpoint;
    /// Place of a resolver rule in `Model::resolver_rules`.
    ResolverRuleIx(u16) => resolver_rules: ResolverRule;
    /// Place of a health check in `Model::health_checks`.
    HealthCheckIx(u16) => health_checks: HealthCheck;
    /// Place of a query logging configuration in `Model::resolver_query_log_configs`.
    QueryLogConfigIx(u16) => resolver_query_log_configs: ResolverQueryLogConfig;
    /// Place of a flow log in `Model::flow_logs`.
    FlowLogIx(u16) => flow_logs: FlowLog;
    /// Place of a prefix list in `Model::prefix_lists`.
    PrefixListIx(u16) => prefix_lists: PrefixList;
    /// Place of a DNS Firewall domain list in `Model::firewall_domain_lists`.
    FirewallDomainListIx(u16) => firewall_domain_lists: FirewallDomainList;
    /// Place of a DNS Firewall rule group in `Model::firewall_rule_groups`.
    FirewallRuleGroupIx(u16) => firewall_rule_groups: FirewallRuleGroup;
    /// Place of a DNS Firewall rule in `Model::firewall_rules`.
    FirewallRuleIx(u32) => firewall_rules: FirewallRule;
}

/// An AZ as the account sees it. R13
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzInAccount {
    /// Its name in this account.
    pub name: AvailabilityZone,
    /// Its id for everybody.
    pub id: AvailabilityZoneId,
}

/// Everything a topology file describes, valid.
#[derive(Clone, Debug)]
pub struct Model {
    /// The Region of every VPC that names none.
    pub region: Region,
    /// The account all resources belong to.
    pub account_id: AccountId,
    /// The AZs that subnets are in, sorted by name.
    pub availability_zones: Vec<AzInAccount>,
    /// VPCs in the file's order.
    pub vpcs: Vec<Vpc>,
    /// Subnets, those of a VPC together.
    pub subnets: Vec<Subnet>,
    /// Instances, those of a VPC together.
    pub instances: Vec<Instance>,
    /// Services that endpoints use, each once per Region.
    pub services: Vec<Service>,
    /// Interface endpoints, those of a VPC together, in the file's order.
    pub endpoints: Vec<InterfaceEndpoint>,
    /// Endpoint network interfaces, those of an endpoint together, by AZ name.
    pub interfaces: Vec<NetworkInterface>,
    /// Private hosted zones.
    pub hosted_zones: Vec<HostedZone>,
    /// Health checks that records of hosted zones go by.
    pub health_checks: Vec<HealthCheck>,
    /// Prefix lists: the file's, and those of AWS's that something refers to. N24
    pub prefix_lists: Vec<PrefixList>,
    /// What VPC Block Public Access blocks, by Region. N42
    pub vpc_block_public_access: BTreeMap<Region, InternetGatewayBlockMode>,
    /// Peering connections.
    pub vpc_peering_connections: Vec<VpcPeeringConnection>,
    /// Resolver endpoints, those of a VPC together.
    pub resolver_endpoints: Vec<ResolverEndpoint>,
    /// Resolver rules.
    pub resolver_rules: Vec<ResolverRule>,
    /// Query logging configurations. R110
    pub resolver_query_log_configs: Vec<ResolverQueryLogConfig>,
    /// Flow logs. N200
    pub flow_logs: Vec<FlowLog>,
    /// Route 53 Profiles.
    pub profiles: Vec<Profile>,
    /// Who is who among the askers, longest prefix first.
    pub clients: Vec<Client>,
    /// Addresses to listen on.
    pub listen: Vec<Listen>,
    /// How public names are answered.
    pub public_dns: PublicDns,
    /// How failover behaves.
    pub failover: Failover,
    /// Whether answers are cached.
    pub cache: CacheMode,
    /// Whether negative answers from the cache have a SOA. R89
    pub cached_negative_soa: CachedNegativeSoa,
    /// Whose limits interface endpoints have. N2
    pub compat: Compat,
    /// How many packets a second an asker in a VPC may send; any number where there is none. R101
    pub packets_per_second_limit: Option<u32>,
    /// Endpoint services; each has its own place in `services` too, the first of them, in this order. R10
    pub endpoint_services: Vec<EndpointService>,
    /// What resource and service-network endpoints lead to, by endpoint. R22
    pub lattice_endpoints: Vec<LatticeEndpoint>,
    /// Domain lists of DNS Firewall.
    pub firewall_domain_lists: Vec<FirewallDomainList>,
    /// Rule groups of DNS Firewall.
    pub firewall_rule_groups: Vec<FirewallRuleGroup>,
    /// Rules of DNS Firewall, those of a group together, by ascending priority.
    pub firewall_rules: Vec<FirewallRule>,
    /// How long a hidden zone stays attached after its private DNS is gone. R54
    pub private_dns_deletion_lag: Duration,
    /// Buckets of S3, by name.
    pub s3_buckets: Vec<S3Bucket>,
}

impl Model {
    /// The network interfaces of an endpoint with their indexes, by AZ name.
    pub fn interfaces_of(
        &self,
        endpoint: EndpointIx,
    ) -> impl Iterator<Item = (EniIx, &NetworkInterface)> {
        let (first, end) = self[endpoint].interfaces;
        (first.0..end.0).map(|ix| (EniIx(ix), &self[EniIx(ix)]))
    }

    /// The AZ of a network interface.
    #[must_use]
    pub fn az_of(&self, eni: EniIx) -> AzIx {
        self[self[eni].subnet].availability_zone
    }

    /// The service of an endpoint.
    #[must_use]
    pub fn service_of(&self, endpoint: EndpointIx) -> &Service {
        &self[self[endpoint].service]
    }

    /// The endpoint service that a service is, if it is one.
    #[must_use]
    pub fn endpoint_service(&self, service: ServiceIx) -> Option<&EndpointService> {
        self.endpoint_services.get(service.index())
    }

    /// What an endpoint leads to, if it is a resource or service-network endpoint. R22
    #[must_use]
    pub fn lattice_of(&self, endpoint: EndpointIx) -> Option<&LatticeEndpoint> {
        let all = &self.lattice_endpoints;
        all.get(all.binary_search_by_key(&endpoint, |lattice| lattice.endpoint).ok()?)
    }

    /// The id of an instance's network interface, made up.
    #[must_use]
    pub fn network_interface_of_instance(&self, instance: InstanceIx) -> NetworkInterfaceId {
        let Instance { name, subnet, .. } = &self[instance];
        let vpc = &self[self[*subnet].vpc].name;
        NetworkInterfaceId::derive_from(&["instance/", vpc, "/", name])
    }

    /// The id of a NAT gateway's network interface, made up.
    #[must_use]
    pub fn network_interface_of_nat_gateway(&self, vpc: VpcIx, name: &str) -> NetworkInterfaceId {
        NetworkInterfaceId::derive_from(&[&self[vpc].name, "/", name])
    }

    /// The places of all flow logs.
    pub fn flow_log_indexes(&self) -> impl Iterator<Item = FlowLogIx> + Clone + use<> {
        (0..u16::try_from(self.flow_logs.len()).unwrap_or(u16::MAX)).map(FlowLogIx)
    }

    /// The places of all subnets.
    pub fn subnet_indexes(&self) -> impl Iterator<Item = SubnetIx> + Clone + use<> {
        (0..u32::try_from(self.subnets.len()).unwrap_or(u32::MAX)).map(SubnetIx)
    }

    /// The places of all endpoint network interfaces.
    pub fn interface_indexes(&self) -> impl Iterator<Item = EniIx> + Clone + use<> {
        (0..u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX)).map(EniIx)
    }

    /// The places of all interface endpoints.
    pub fn endpoint_indexes(&self) -> impl Iterator<Item = EndpointIx> + Clone + use<> {
        (0..u32::try_from(self.endpoints.len()).unwrap_or(u32::MAX)).map(EndpointIx)
    }

    /// The places of all resolver endpoints.
    pub fn resolver_endpoint_indexes(
        &self,
    ) -> impl Iterator<Item = ResolverEndpointIx> + Clone + use<> {
        (0..u16::try_from(self.resolver_endpoints.len()).unwrap_or(u16::MAX))
            .map(ResolverEndpointIx)
    }

    /// The places of all health checks.
    pub fn health_check_indexes(&self) -> impl Iterator<Item = HealthCheckIx> + Clone + use<> {
        (0..u16::try_from(self.health_checks.len()).unwrap_or(u16::MAX)).map(HealthCheckIx)
    }

    /// The places of all resolver rules.
    pub fn resolver_rule_indexes(&self) -> impl Iterator<Item = ResolverRuleIx> + Clone + use<> {
        (0..u16::try_from(self.resolver_rules.len()).unwrap_or(u16::MAX)).map(ResolverRuleIx)
    }

    /// The AZ of this name.
    #[must_use]
    pub fn find_az(&self, name: &str) -> Option<AzIx> {
        let at = self.availability_zones.binary_search_by(|az| az.name.as_str().cmp(name)).ok()?;
        u16::try_from(at).ok().map(AzIx)
    }
}
