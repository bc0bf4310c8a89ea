//! Endpoints without names: gateway endpoints, and what Gateway Load Balancer endpoints cannot have. R21, N50

use std::sync::Arc;

use super::{Builder, endpoint::Place};
use crate::{
    config::{
        AwsError, Finding,
        at::At,
        change::check_record_type,
        spec::{
            DnsRecordIpTypeSpec, EndpointSpec, EndpointStateSpec, EndpointSubnetsSpec,
            IpAddressTypeSpec,
        },
    },
    model::{
        Compat, DnsRecordIpType, EndpointKind, EndpointState, GatewayEndpoint, IpAddressType,
        PrefixListIx, ServiceIx, ServiceType, VpcIx,
    },
};

impl Builder {
    /// What a Gateway Load Balancer endpoint cannot have: names, and more or less than one subnet. R21
    pub(super) fn check_gateway_load_balancer(&mut self, path: &At<'_>, spec: &EndpointSpec) {
        let only_inbound = spec.private_dns_only_for_inbound_resolver_endpoint;
        for (key, given) in [
            ("private_dns_enabled", spec.private_dns_enabled),
            ("private_dns_only_for_inbound_resolver_endpoint", only_inbound.is_some()),
            ("client_routing_policy", spec.client_routing_policy.is_some()),
            ("dns_record_ip_type", spec.dns_record_ip_type.is_some()),
            ("dns_name_hash", spec.dns_name_hash.is_some()),
            ("private_dns_hosted_zone_ids", !spec.private_dns_hosted_zone_ids.is_empty()),
            ("security_groups", spec.security_groups.is_some()),
        ] {
            if given {
                let message = format!("a Gateway Load Balancer endpoint has no `{key}`");
                let help = "it has no DNS names and no security groups: route tables lead to it";
                self.error(Finding::error(path.key(key), message).at_key().rule("R21").help(help));
            }
        }
        let subnets = match &spec.subnets {
            None => 0,
            Some(EndpointSubnetsSpec::Names(names)) => names.len(),
            Some(EndpointSubnetsSpec::Addresses(entries)) => entries.iter().count(),
        };
        if subnets != 1 {
            let message = format!(
                "a Gateway Load Balancer endpoint is in exactly one subnet, not in {subnets}"
            );
            let finding = if subnets == 0 {
                Finding::error(path, message).at_key()
            } else {
                Finding::error(path.key("subnets"), message)
            };
            self.error(finding.rule("R21"));
        }
    }

    /// Whether a service has endpoints of this type. R21
    pub(super) fn check_service_type(
        &mut self,
        path: &At<'_>,
        service: ServiceIx,
        kind: EndpointKind,
    ) {
        let offered = match self.model.endpoint_service(service).map(|of| of.service_type) {
            Some(ServiceType::GatewayLoadBalancer) => EndpointKind::GatewayLoadBalancer,
            Some(ServiceType::Interface) | None => EndpointKind::Interface,
        };
        if !kind.is_lattice() && offered != kind {
            let error = AwsError::service_type(kind.as_str(), offered.as_str());
            self.refused(&path.key("service_name"), &error);
        }
    }

    pub(super) fn gateway_endpoint(
        &mut self,
        place: &Place<'_>,
        spec: EndpointSpec,
        service: Option<ServiceIx>,
    ) {
        let Place { vpc, path, name, .. } = *place;
        let EndpointSpec {
            id,
            service_name,
            vpc_endpoint_type: _,
            subnets,
            route_tables,
            security_groups,
            private_dns_enabled,
            private_dns_only_for_inbound_resolver_endpoint,
            ip_address_type,
            dns_record_ip_type,
            client_routing_policy,
            dns_name_hash,
            private_dns_hosted_zone_ids,
            state,
            policy,
            service_region,
            resource_configuration: _,
            service_network: _,
            private_dns_preference: _,
            private_dns_specified_domains: _,
        } = spec;
        for (key, given) in [
            ("subnets", subnets.is_some()),
            ("security_groups", security_groups.is_some()),
            ("private_dns_enabled", private_dns_enabled),
            (
                "private_dns_only_for_inbound_resolver_endpoint",
                private_dns_only_for_inbound_resolver_endpoint.is_some(),
            ),
            ("client_routing_policy", client_routing_policy.is_some()),
            ("dns_name_hash", dns_name_hash.is_some()),
            ("private_dns_hosted_zone_ids", !private_dns_hosted_zone_ids.is_empty()),
            ("service_region", service_region.is_some()),
        ] {
            if given {
                let message = format!("a gateway endpoint has no `{key}`");
                let help = "it works by `route_tables`; it has no network interface and no names";
                self.error(Finding::error(path.key(key), message).at_key().rule("R21").help(help));
            }
        }
        let (ip_address_type, dns_record_ip_type) =
            self.gateway_families(vpc, path, service, ip_address_type, dns_record_ip_type);
        self.check_offers_gateway(path, service, &service_name.unwrap_or_default());
        let id = self.endpoint_id(place, id.as_deref());
        let policy = self.endpoint_policy(path, policy, service, true).map(Arc::new);
        let mut tables = Vec::with_capacity(route_tables.len());
        for (at, table) in route_tables.iter().enumerate() {
            let path = path.item("route_tables", at);
            tables.extend(self.gateway_route_table(vpc, &path, table, service));
        }
        let state = self.gateway_state(path, state);
        self.one_more_gateway_endpoint(vpc, path);
        let Some(service) = service else { return };
        let [prefix_list, ipv6_prefix_list] = self.gateway_lists(vpc, service, ip_address_type);
        if let Some(of_vpc) = self.model.vpcs.get_mut(vpc.index()) {
            let endpoint = GatewayEndpoint {
                id,
                service,
                state,
                prefix_list,
                ipv6_prefix_list,
                route_tables: tables,
                policy,
                ip_address_type,
                dns_record_ip_type,
            };
            of_vpc.gateway_endpoints.insert(name.into(), endpoint);
        }
    }

    /// Where a gateway endpoint is in its life: nobody accepts it. N62
    fn gateway_state(&mut self, path: &At<'_>, state: Option<EndpointStateSpec>) -> EndpointState {
        const STATES: [EndpointState; 4] = [
            EndpointState::Available,
            EndpointState::Pending,
            EndpointState::Deleting,
            EndpointState::Failed,
        ];
        let state = state.map_or(EndpointState::Available, EndpointState::from);
        if !STATES.contains(&state) {
            let message = format!("a gateway endpoint is never `{}`", state.as_str());
            let states = STATES.map(|state| format!("`{}`", state.as_str())).join(", ");
            let finding = Finding::error(path.key("state"), message).rule("N62");
            self.error(
                finding.help(format!("its service takes everybody; expected one of {states}")),
            );
        }
        state
    }

    /// The prefix lists of the families that a gateway endpoint takes: IPv4 alone in 2021. N2, N4
    fn gateway_lists(
        &mut self,
        vpc: VpcIx,
        service: ServiceIx,
        addresses: IpAddressType,
    ) -> [Option<PrefixListIx>; 2] {
        let (region, id) = (self.model[vpc].region, self.model[service].id.clone());
        let takes_v4 = addresses != IpAddressType::Ipv6;
        let takes_v6 = addresses != IpAddressType::Ipv4 && self.model.compat == Compat::Current;
        [(takes_v4, ""), (takes_v6, "ipv6.")].map(|(takes, family)| {
            let list = format!("com.amazonaws.{region}.{family}{id}");
            if takes { self.find_prefix_list(region, &list) } else { None }
        })
    }

    /// Only two services have gateway endpoints. N50
    fn check_offers_gateway(&mut self, path: &At<'_>, service: Option<ServiceIx>, name: &str) {
        if service.is_some_and(|service| !self.model[service].gateway) {
            let message = format!("there is no gateway endpoint for `{name}`");
            let help = "gateway endpoints exist for `s3` and `dynamodb`";
            self.error(Finding::error(path.key("service_name"), message).rule("N50").help(help));
        }
    }

    /// What a gateway endpoint says of address families. R43
    fn gateway_families(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        service: Option<ServiceIx>,
        addresses: Option<IpAddressTypeSpec>,
        records: Option<DnsRecordIpTypeSpec>,
    ) -> (IpAddressType, DnsRecordIpType) {
        let addresses = addresses.map_or(IpAddressType::Ipv4, Into::into);
        let records = records.map_or(DnsRecordIpType::ServiceDefined, DnsRecordIpType::from);
        let families = (addresses, records);
        if records == DnsRecordIpType::ServiceDefined {
            return families;
        }
        let path = path.key("dns_record_ip_type");
        let fits = check_record_type(addresses, records).is_ok();
        let message = if service.is_some_and(|service| &*self.model[service].id == "dynamodb") {
            "a gateway endpoint for DynamoDB has `service-defined` alone".to_owned()
        } else if !fits {
            let (records, addresses) = (records.as_str(), addresses.as_str());
            format!(
                "`{records}` does not go with `ip_address_type: {addresses}`: expected `{addresses}` or \
                 `service-defined`"
            )
        } else if !self.model[vpc].serves_private_names() {
            "other than `service-defined` needs `enable_dns_support` and `enable_dns_hostnames` of the VPC"
                .to_owned()
        } else {
            return families;
        };
        self.error(Finding::error(path, message).rule("R43"));
        families
    }

    /// A route table that gets the route of a gateway endpoint: one a service. N15
    fn gateway_route_table(
        &mut self,
        vpc: VpcIx,
        path: &At<'_>,
        table: &str,
        service: Option<ServiceIx>,
    ) -> Option<Box<str>> {
        let of_vpc = &self.model[vpc];
        let by_id = || of_vpc.route_tables.iter().find(|(_, known)| known.id.to_string() == table);
        let Some((name, _)) = of_vpc.route_tables.get_key_value(table).or_else(by_id) else {
            let known: Vec<Box<str>> = of_vpc.route_tables.keys().cloned().collect();
            self.unknown(path, "route table", table, known.iter().map(|name| &**name));
            return None;
        };
        let name = name.clone();
        let other = of_vpc.gateway_endpoints.iter().find(|(_, other)| {
            Some(other.service) == service && other.route_tables.contains(&name)
        });
        if let Some((other, _)) = other {
            let message =
                format!("route table `{name}` has the route of `{other}` for this service already");
            self.error(Finding::error(path, message).rule("N15"));
        }
        Some(name)
    }
}
