//! VPC endpoints: their service, subnets, addresses and address families.

use std::sync::Arc;

use super::{
    Builder, Map, ix32, parse_region,
    quotas::{Of, Quota},
};
use crate::{
    config::{
        Entries, Finding, Path,
        at::At,
        change::check_record_type,
        spec::{
            ClientRoutingPolicySpec, DnsRecordIpTypeSpec, EndpointSpec, EndpointStateSpec,
            EndpointTypeSpec, IpAddressTypeSpec,
        },
    },
    model::{
        ClientRoutingPolicy, DnsNameHash, DnsRecordIpType, EndpointIx, EndpointKind, EndpointState,
        InterfaceEndpoint, IpAddressType, ServiceIx, ServiceType, VpcEndpointId, VpcIx,
    },
};

/// Where an endpoint is.
pub(super) struct Place<'a> {
    pub(super) vpc: VpcIx,
    /// The VPC's id as text, for made-up ids.
    pub(super) vpc_id: &'a str,
    pub(super) name: &'a str,
    pub(super) path: &'a At<'a>,
}

impl Builder {
    /// The endpoints of a VPC.
    pub(super) fn endpoints(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        endpoints: Entries<EndpointSpec>,
    ) {
        let vpc_id = self.model[vpc].id.to_string();
        for (name, spec) in endpoints {
            let path = &path.entry("vpc_endpoints", &name);
            self.check_name(path, &name);
            let place = Place { vpc, vpc_id: &vpc_id, name: &name, path };
            let looks = if spec.resource_configuration.is_some() {
                Some(EndpointTypeSpec::Resource)
            } else if spec.service_network.is_some() {
                Some(EndpointTypeSpec::ServiceNetwork)
            } else {
                None
            };
            match spec.vpc_endpoint_type.or(looks) {
                Some(EndpointTypeSpec::Resource) => {
                    self.lattice_endpoint(&place, spec, EndpointKind::Resource);
                }
                Some(EndpointTypeSpec::ServiceNetwork) => {
                    self.lattice_endpoint(&place, spec, EndpointKind::ServiceNetwork);
                }
                other => self.endpoint_for_a_service(&place, spec, other),
            }
        }
    }

    /// A resource or service-network endpoint. R22
    fn lattice_endpoint(&mut self, place: &Place<'_>, spec: EndpointSpec, kind: EndpointKind) {
        let leads = self.leads_to(place, &spec, kind);
        let ix = EndpointIx(ix32(self.model.endpoints.len()));
        self.interface_endpoint(place, spec, leads.as_ref().map(|leads| leads.service), kind);
        if let Some(leads) = leads {
            self.associate_lattice(place, ix, leads);
        }
    }

    fn endpoint_for_a_service(
        &mut self,
        place: &Place<'_>,
        spec: EndpointSpec,
        given: Option<EndpointTypeSpec>,
    ) {
        let path = place.path;
        self.check_no_lattice(path, &spec);
        let region = self.model[place.vpc].region;
        let other = spec
            .service_region
            .as_deref()
            .map(|other| parse_region(other, &path.key("service_region"), &mut self.findings));
        let service = spec
            .service_name
            .as_deref()
            .and_then(|name| self.service(&path.key("service_name"), name, region, other));
        let service_type =
            service.and_then(|ix| self.model.endpoint_service(ix)).map(|of| of.service_type);
        let by_looks = if spec.subnets.is_none() && !spec.route_tables.is_empty() {
            EndpointTypeSpec::Gateway
        } else if service_type == Some(ServiceType::GatewayLoadBalancer) {
            EndpointTypeSpec::GatewayLoadBalancer
        } else {
            EndpointTypeSpec::Interface
        };
        match given.unwrap_or(by_looks) {
            EndpointTypeSpec::GatewayLoadBalancer => {
                self.check_gateway_load_balancer(path, &spec);
                self.one_more(Quota::InterfaceEndpoints, Of::Vpc(place.vpc), path);
                let kind = EndpointKind::GatewayLoadBalancer;
                self.interface_endpoint(place, spec, service, kind);
            }
            EndpointTypeSpec::Gateway => self.gateway_endpoint(place, spec, service),
            EndpointTypeSpec::Interface
            | EndpointTypeSpec::Resource
            | EndpointTypeSpec::ServiceNetwork => {
                self.one_more(Quota::InterfaceEndpoints, Of::Vpc(place.vpc), path);
                self.interface_endpoint(place, spec, service, EndpointKind::Interface);
            }
        }
    }

    pub(super) fn endpoint_id(&mut self, place: &Place<'_>, given: Option<&str>) -> VpcEndpointId {
        let derive = || VpcEndpointId::derive_from(&[place.vpc_id, "/", place.name]);
        self.id(place.path, given, derive)
    }

    /// What may refer to interface endpoints, and which; those that were blamed have no place.
    pub(super) fn endpoint_names(&mut self) -> &Map<Box<str>, Option<EndpointIx>> {
        if self.names.endpoints.is_empty() {
            let known = self.model.endpoint_indexes().map(|ix| {
                let InterfaceEndpoint { vpc, name, id, .. } = &self.model[ix];
                (*vpc, &**name, *id, Some(ix))
            });
            let blamed = self.names.blamed_endpoints.iter();
            let blamed = blamed.map(|(vpc, name, id)| (*vpc, &**name, *id, None));
            let names = known.chain(blamed).flat_map(|(vpc, name, id, ix)| {
                let of_vpc = &self.model[vpc];
                let names = [
                    format!("{}/{name}", of_vpc.name),
                    format!("{}/{name}", of_vpc.id),
                    id.to_string(),
                ];
                names.map(|name| (name.into(), ix))
            });
            self.names.endpoints = names.collect();
        }
        &self.names.endpoints
    }

    /// A name that other endpoints may have as well: many VPCs name theirs after the services.
    fn shared_name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.shared_names.get(name) {
            return Arc::clone(known);
        }
        let name = Arc::from(name);
        self.shared_names.insert(Arc::clone(&name));
        name
    }

    /// Where an interface endpoint stands in the file.
    pub(super) fn endpoint_path(&self, ix: EndpointIx) -> Path {
        let endpoint = &self.model[ix];
        let vpc = At::ROOT;
        let vpc = vpc.entry("vpcs", &self.model[endpoint.vpc].name);
        vpc.entry("vpc_endpoints", &endpoint.name).path()
    }

    fn interface_endpoint(
        &mut self,
        place: &Place<'_>,
        spec: EndpointSpec,
        service: Option<ServiceIx>,
        kind: EndpointKind,
    ) {
        let Place { vpc, path, name, .. } = *place;
        let EndpointSpec {
            id,
            service_name: _,
            vpc_endpoint_type: _,
            subnets,
            route_tables,
            security_groups,
            private_dns_enabled,
            private_dns_only_for_inbound_resolver_endpoint: only_inbound,
            ip_address_type,
            dns_record_ip_type,
            client_routing_policy,
            dns_name_hash,
            private_dns_hosted_zone_ids,
            state,
            policy,
            service_region: _,
            resource_configuration: _,
            service_network: _,
            private_dns_preference: _,
            private_dns_specified_domains: _,
        } = spec;
        if !route_tables.is_empty() {
            let message = "an interface endpoint has no route tables";
            let help = "it has `subnets`; `vpc_endpoint_type: Gateway` has route tables";
            self.error(Finding::error(path.key("route_tables"), message).rule("N3").help(help));
        }
        let endpoint_id = self.endpoint_id(place, id.as_deref());
        let dns_name_hash = self.dns_name_hash(path, endpoint_id, dns_name_hash.as_deref());
        let ip_address_type = ip_address_type.map_or(IpAddressType::Ipv4, Into::into);
        let dns_record_ip_type = self.dns_record_ip_type(path, ip_address_type, dns_record_ip_type);
        let security_groups = self.shared_security_groups(vpc, path, security_groups);
        let policy = self.endpoint_policy(path, policy, service, false).map(Arc::new);
        let ix = EndpointIx(ix32(self.model.endpoints.len()));
        let interfaces = self.interfaces(place, ix, ip_address_type, subnets, service);
        let Some(service) = service else {
            self.names.blamed_endpoints.push((vpc, name.into(), endpoint_id));
            return;
        };
        let offers_gateway = self.model[service].gateway && self.model[service].vpce_wildcard;
        if only_inbound == Some(true) && !offers_gateway {
            let message =
                "only endpoints for S3 can keep private DNS to inbound Resolver endpoints";
            let path = path.key("private_dns_only_for_inbound_resolver_endpoint");
            self.error(Finding::error(path, message).rule("R58"));
        }
        self.check_service_type(path, service, kind);
        let name = self.shared_name(name);
        let hidden_zone_ids = self.hidden_zone_ids(path, service, &private_dns_hosted_zone_ids);
        self.model.endpoints.push(InterfaceEndpoint {
            name,
            id: endpoint_id,
            dns_name_hash,
            hidden_zone_ids,
            vpc,
            service,
            state: state.map_or_else(|| self.first_state(service), Into::into),
            interfaces,
            private_dns_enabled: private_dns_enabled && kind != EndpointKind::GatewayLoadBalancer,
            private_dns_only_for_inbound_resolver_endpoint: only_inbound
                .unwrap_or(private_dns_enabled && offers_gateway),
            ip_address_type,
            dns_record_ip_type,
            client_routing_policy: client_routing_policy
                .map_or(ClientRoutingPolicy::AnyAvailabilityZone, Into::into),
            security_groups,
            policy,
            kind,
        });
    }

    /// The state of an endpoint that says none. R51, R129
    fn first_state(&self, service: ServiceIx) -> EndpointState {
        let waits = self.model.endpoint_service(service).is_some_and(|of| of.acceptance_required);
        if waits { EndpointState::PendingAcceptance } else { EndpointState::Available }
    }

    fn dns_name_hash(
        &mut self,
        path: &At<'_>,
        id: VpcEndpointId,
        given: Option<&str>,
    ) -> DnsNameHash {
        let derived = || DnsNameHash::derive(&id.to_string());
        let Some(given) = given else { return derived() };
        DnsNameHash::parse(given.as_bytes()).unwrap_or_else(|| {
            let message =
                format!("`{given}` is not a hash of DNS names: expected eight of `a`–`z`, `0`–`9`");
            self.error(Finding::error(path.key("dns_name_hash"), message).rule("R11"));
            derived()
        })
    }

    /// Which families the names answer, out of those that the address type allows. R43
    fn dns_record_ip_type(
        &mut self,
        path: &At<'_>,
        addresses: IpAddressType,
        records: Option<DnsRecordIpTypeSpec>,
    ) -> DnsRecordIpType {
        let default = match addresses {
            IpAddressType::Ipv4 => DnsRecordIpType::Ipv4,
            IpAddressType::Ipv6 => DnsRecordIpType::Ipv6,
            IpAddressType::Dualstack => DnsRecordIpType::Dualstack,
        };
        let Some(records) = records.map(DnsRecordIpType::from) else { return default };
        if let Err(error) = check_record_type(addresses, records) {
            let path = path.key("dns_record_ip_type");
            self.error(Finding::error(path, error.message).rule("R43"));
        }
        records
    }
}

impl From<IpAddressTypeSpec> for IpAddressType {
    fn from(spec: IpAddressTypeSpec) -> Self {
        match spec {
            IpAddressTypeSpec::Ipv4 => Self::Ipv4,
            IpAddressTypeSpec::Ipv6 => Self::Ipv6,
            IpAddressTypeSpec::Dualstack => Self::Dualstack,
        }
    }
}

impl From<DnsRecordIpTypeSpec> for DnsRecordIpType {
    fn from(spec: DnsRecordIpTypeSpec) -> Self {
        match spec {
            DnsRecordIpTypeSpec::Ipv4 => Self::Ipv4,
            DnsRecordIpTypeSpec::Ipv6 => Self::Ipv6,
            DnsRecordIpTypeSpec::Dualstack => Self::Dualstack,
            DnsRecordIpTypeSpec::ServiceDefined => Self::ServiceDefined,
        }
    }
}

impl From<ClientRoutingPolicySpec> for ClientRoutingPolicy {
    fn from(spec: ClientRoutingPolicySpec) -> Self {
        match spec {
            ClientRoutingPolicySpec::AnyAvailabilityZone => Self::AnyAvailabilityZone,
            ClientRoutingPolicySpec::AvailabilityZoneAffinity => Self::AvailabilityZoneAffinity,
            ClientRoutingPolicySpec::PartialAvailabilityZoneAffinity => {
                Self::PartialAvailabilityZoneAffinity
            }
        }
    }
}

impl From<EndpointStateSpec> for EndpointState {
    fn from(spec: EndpointStateSpec) -> Self {
        match spec {
            EndpointStateSpec::PendingAcceptance => Self::PendingAcceptance,
            EndpointStateSpec::Pending => Self::Pending,
            EndpointStateSpec::Available => Self::Available,
            EndpointStateSpec::Deleting => Self::Deleting,
            EndpointStateSpec::Rejected => Self::Rejected,
            EndpointStateSpec::Failed => Self::Failed,
            EndpointStateSpec::Expired => Self::Expired,
        }
    }
}
