//! Endpoints in the shape of `DescribeVpcEndpoints`. R19–R21

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    model::{EndpointIx, EndpointKind, GatewayEndpoint, Model, Vpc, VpcIx},
    names::{self, EndpointNames, association_entries},
};

/// The policy of an endpoint that has none of its own. N81
const FULL_ACCESS: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// The same for a gateway endpoint. N58
const FULL_ACCESS_GATEWAY: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// What `DescribeVpcEndpoints` shows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct VpcEndpoints {
    /// Endpoints with network interfaces, then gateway endpoints.
    pub vpc_endpoints: Vec<VpcEndpoint>,
}

/// An endpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct VpcEndpoint {
    /// `vpce-…`.
    pub vpc_endpoint_id: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`.
    pub vpc_endpoint_type: &'static str,
    /// Its VPC.
    pub vpc_id: String,
    /// The service; none for VPC Lattice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// Where it is in its life. R129
    pub state: &'static str,
    /// Its endpoint policy, JSON in a text. N81
    pub policy_document: String,
    /// Gateway: the route tables with its route.
    pub route_table_ids: Vec<String>,
    /// The subnets of its network interfaces.
    pub subnet_ids: Vec<String>,
    /// Its security groups.
    pub groups: Vec<SecurityGroupIdentifier>,
    /// The families of its addresses. R43
    pub ip_address_type: &'static str,
    /// How its names answer.
    pub dns_options: DnsOptions,
    /// Whether the service's own names resolve to it. R45
    pub private_dns_enabled: bool,
    /// Never: nobody makes endpoints on somebody's behalf here.
    pub requester_managed: bool,
    /// `eni-…`.
    pub network_interface_ids: Vec<String>,
    /// Its names: Regional, zonal, private. R20
    pub dns_entries: Vec<DnsEntry>,
    /// Its name in the topology, as the tag `Name`.
    pub tags: Vec<Tag>,
    /// The account.
    pub owner_id: String,
    /// What a resource endpoint leads to. R22
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_configuration_arn: Option<String>,
    /// What a service-network endpoint leads to. R22
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_network_arn: Option<String>,
    /// The service's Region where it is not the VPC's. R23
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_region: Option<&'static str>,
}

/// A security group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupIdentifier {
    /// `sg-…`.
    pub group_id: String,
    /// Its name in the VPC.
    pub group_name: String,
}

/// How an endpoint's names answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct DnsOptions {
    /// The families that they answer. R42
    pub dns_record_ip_type: &'static str,
    /// S3: private names for inbound Resolver endpoints alone. R58
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// VPC Lattice: which custom domain names become private names. R62
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_dns_preference: Option<&'static str>,
    /// VPC Lattice: the domains that the preference speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_dns_specified_domains: Option<Vec<String>>,
}

/// A name of an endpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct DnsEntry {
    /// The name.
    pub dns_name: String,
    /// The hosted zone that an alias to it needs.
    pub hosted_zone_id: String,
}

impl From<&names::DnsEntry> for DnsEntry {
    fn from(entry: &names::DnsEntry) -> Self {
        Self { dns_name: entry.dns_name.clone(), hosted_zone_id: entry.hosted_zone_id.clone() }
    }
}

/// A tag.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub value: String,
}

impl Tag {
    fn name(name: &str) -> Self {
        Self { key: "Name", value: name.to_owned() }
    }
}

/// What `DescribeVpcEndpointAssociations` shows. R22
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct VpcEndpointAssociations {
    /// One for each resource or service that an endpoint leads to.
    pub vpc_endpoint_associations: Vec<VpcEndpointAssociation>,
}

/// Something that an endpoint leads to. R22
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct VpcEndpointAssociation {
    /// `vpce-rsc-asc-…` or `vpce-svc-asc-…`.
    pub id: String,
    /// The endpoint.
    pub vpc_endpoint_id: String,
    /// Whether it can be reached: always.
    pub associated_resource_accessibility: &'static str,
    /// The resource or service.
    pub associated_resource_arn: String,
    /// Its name.
    pub dns_entry: DnsEntry,
    /// The service network that the endpoint is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_network_arn: Option<String>,
    /// Its custom domain name. R62
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_dns_entry: Option<DnsEntry>,
}

/// Every endpoint of both types, those of a VPC together.
#[must_use]
pub fn vpc_endpoints(model: &Model) -> VpcEndpoints {
    let interface = model.endpoint_indexes().map(|ix| interface_endpoint(model, ix));
    let gateways = (0..).map(VpcIx).zip(&model.vpcs).flat_map(|(_, vpc)| {
        vpc.gateway_endpoints
            .iter()
            .map(move |(name, endpoint)| gateway_endpoint(model, vpc, name, endpoint))
    });
    VpcEndpoints { vpc_endpoints: interface.chain(gateways).collect() }
}

/// What resource and service-network endpoints lead to. R22
#[must_use]
pub fn vpc_endpoint_associations(model: &Model) -> VpcEndpointAssociations {
    let all = model.lattice_endpoints.iter().flat_map(|lattice| {
        let endpoint = &model[lattice.endpoint];
        let network = endpoint.kind == EndpointKind::ServiceNetwork;
        let entries = association_entries(model, lattice.endpoint);
        entries.into_iter().map(move |found| VpcEndpointAssociation {
            id: found.association.id.to_string(),
            vpc_endpoint_id: endpoint.id.to_string(),
            associated_resource_accessibility: "Accessible",
            associated_resource_arn: found.association.arn.to_string(),
            dns_entry: (&found.dns_entry).into(),
            service_network_arn: network.then(|| lattice.arn.to_string()),
            private_dns_entry: found.private_dns_entry.as_ref().map(Into::into),
        })
    });
    VpcEndpointAssociations { vpc_endpoint_associations: all.collect() }
}

/// One interface endpoint.
#[must_use]
pub fn interface_endpoint(model: &Model, ix: EndpointIx) -> VpcEndpoint {
    let endpoint = &model[ix];
    let vpc = &model[endpoint.vpc];
    let service = model.service_of(ix);
    let lattice = model.lattice_of(ix);
    let groups = endpoint.security_groups.iter().filter_map(|name| {
        let group = vpc.security_groups.get(name)?;
        let (group_id, group_name) = (group.id.to_string(), name.to_string());
        Some(SecurityGroupIdentifier { group_id, group_name })
    });
    let arn = |of: EndpointKind| {
        lattice.filter(|_| endpoint.kind == of).map(|lattice| lattice.arn.to_string())
    };
    let interfaces = || model.interfaces_of(ix).map(|(_, eni)| eni);
    VpcEndpoint {
        vpc_endpoint_id: endpoint.id.to_string(),
        vpc_endpoint_type: endpoint.kind.as_str(),
        vpc_id: vpc.id.to_string(),
        service_name: lattice.is_none().then(|| service.service_name.to_string()),
        state: endpoint.state.as_str(),
        policy_document: endpoint
            .policy
            .as_ref()
            .map_or(FULL_ACCESS, |policy| &*policy.text)
            .to_owned(),
        route_table_ids: Vec::new(),
        subnet_ids: interfaces().map(|eni| model[eni.subnet].id.to_string()).collect(),
        groups: groups.collect(),
        ip_address_type: endpoint.ip_address_type.as_str(),
        dns_options: dns_options(model, ix),
        private_dns_enabled: endpoint.private_dns_enabled,
        requester_managed: false,
        network_interface_ids: interfaces().map(|eni| eni.id.to_string()).collect(),
        dns_entries: EndpointNames::new(model, ix).dns_entries().iter().map(Into::into).collect(),
        tags: vec![Tag::name(&endpoint.name)],
        owner_id: model.account_id.to_string(),
        resource_configuration_arn: arn(EndpointKind::Resource),
        service_network_arn: arn(EndpointKind::ServiceNetwork),
        service_region: (service.region != vpc.region).then(|| service.region.as_str()),
    }
}

fn dns_options(model: &Model, ix: EndpointIx) -> DnsOptions {
    let endpoint = &model[ix];
    let service = model.service_of(ix);
    let lattice = model.lattice_of(ix);
    DnsOptions {
        dns_record_ip_type: endpoint.dns_record_ip_type.as_str(),
        private_dns_only_for_inbound_resolver_endpoint: (service.gateway && service.vpce_wildcard)
            .then_some(endpoint.private_dns_only_for_inbound_resolver_endpoint),
        private_dns_preference: lattice.map(|lattice| lattice.private_dns_preference.as_str()),
        private_dns_specified_domains: lattice.map(|lattice| {
            lattice.private_dns_specified_domains.iter().map(ToString::to_string).collect()
        }),
    }
}

/// One gateway endpoint: no network interface, no names. R21, N51
#[must_use]
pub fn gateway_endpoint(
    model: &Model,
    vpc: &Vpc,
    name: &str,
    endpoint: &GatewayEndpoint,
) -> VpcEndpoint {
    let tables = endpoint.route_tables.iter().filter_map(|name| vpc.route_tables.get(name));
    VpcEndpoint {
        vpc_endpoint_id: endpoint.id.to_string(),
        vpc_endpoint_type: "Gateway",
        vpc_id: vpc.id.to_string(),
        service_name: Some(model[endpoint.service].gateway_service_name()),
        state: endpoint.state.as_str(),
        policy_document: endpoint
            .policy
            .as_ref()
            .map_or(FULL_ACCESS_GATEWAY, |policy| &*policy.text)
            .to_owned(),
        route_table_ids: tables.map(|table| table.id.to_string()).collect(),
        subnet_ids: Vec::new(),
        groups: Vec::new(),
        ip_address_type: endpoint.ip_address_type.as_str(),
        dns_options: DnsOptions {
            dns_record_ip_type: endpoint.dns_record_ip_type.as_str(),
            private_dns_only_for_inbound_resolver_endpoint: None,
            private_dns_preference: None,
            private_dns_specified_domains: None,
        },
        private_dns_enabled: false,
        requester_managed: false,
        network_interface_ids: Vec::new(),
        dns_entries: Vec::new(),
        tags: vec![Tag::name(name)],
        owner_id: model.account_id.to_string(),
        resource_configuration_arn: None,
        service_network_arn: None,
        service_region: None,
    }
}
