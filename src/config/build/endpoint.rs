//! VPC endpoints: their service, subnets, addresses and address families.

use std::net::IpAddr;

use super::{Builder, addresses::Wanted, ix32};
use crate::{
    config::{
        AwsError, Entries, Finding, Path,
        change::check_record_type,
        spec::{
            AddressSpec, BothAddressesSpec, ClientRoutingPolicySpec, DnsRecordIpTypeSpec,
            EndpointSpec, EndpointStateSpec, EndpointSubnetsSpec, EndpointTypeSpec,
            IpAddressTypeSpec,
        },
    },
    model::{
        ClientRoutingPolicy, DnsNameHash, DnsRecordIpType, EndpointIx, EndpointState, EniIx,
        GatewayEndpoint, InterfaceEndpoint, IpAddressType, NetworkInterface, NetworkInterfaceId,
        ServiceIx, SubnetIx, VpcEndpointId, VpcIx,
    },
};

/// Longest endpoint policy, in characters, white space included. N78
const MAX_POLICY_LENGTH: usize = 20_480;

impl Builder {
    /// The endpoints of a VPC.
    pub(super) fn endpoints(&mut self, vpc: VpcIx, path: &Path, endpoints: Entries<EndpointSpec>) {
        for (name, spec) in endpoints {
            let path = path.key("vpc_endpoints").key(&name);
            self.check_name(&path, &name);
            let region = self.model[vpc].region;
            let service = self.service(&path.key("service_name"), &spec.service_name, region);
            let by_looks = if spec.subnets.is_none() && !spec.route_tables.is_empty() {
                EndpointTypeSpec::Gateway
            } else {
                EndpointTypeSpec::Interface
            };
            match spec.vpc_endpoint_type.unwrap_or(by_looks) {
                EndpointTypeSpec::Interface => {
                    self.interface_endpoint(vpc, &path, &name, spec, service);
                }
                EndpointTypeSpec::Gateway => self.gateway_endpoint(vpc, &path, name, spec, service),
            }
        }
    }

    fn endpoint_id(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        name: &str,
        given: Option<&str>,
    ) -> VpcEndpointId {
        let vpc_id = self.model[vpc].id;
        self.id(path, given, || VpcEndpointId::derive(&format!("{vpc_id}/{name}")))
    }

    fn interface_endpoint(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        name: &str,
        spec: EndpointSpec,
        service: Option<ServiceIx>,
    ) {
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
            state,
            policy,
        } = spec;
        if !route_tables.is_empty() {
            let message = "an interface endpoint has no route tables";
            let help = "it has `subnets`; `vpc_endpoint_type: Gateway` has route tables";
            self.error(Finding::error(path.key("route_tables"), message).rule("N3").help(help));
        }
        let endpoint_id = self.endpoint_id(vpc, path, name, id.as_deref());
        let dns_name_hash = self.dns_name_hash(path, endpoint_id, dns_name_hash.as_deref());
        let ip_address_type = ip_address_type.map_or(IpAddressType::Ipv4, Into::into);
        let dns_record_ip_type = self.dns_record_ip_type(path, ip_address_type, dns_record_ip_type);
        let security_groups = self.security_groups_of(vpc, path, security_groups);
        let policy = self.policy(path, policy);
        let ix = EndpointIx(ix32(self.model.endpoints.len()));
        let interfaces = self.interfaces(vpc, path, name, ix, ip_address_type, subnets);
        let of_vpc = &self.model[vpc];
        for key in [
            format!("{}/{name}", of_vpc.name),
            format!("{}/{name}", of_vpc.id),
            endpoint_id.to_string(),
        ] {
            self.names.endpoints.insert(key.into(), service.map(|_| ix));
        }
        let Some(service) = service else { return };
        let offers_gateway = self.model[service].gateway && self.model[service].vpce_wildcard;
        if only_inbound == Some(true) && !offers_gateway {
            let message =
                "only endpoints for S3 can keep private DNS to inbound Resolver endpoints";
            let path = path.key("private_dns_only_for_inbound_resolver_endpoint");
            self.error(Finding::error(path, message).rule("R58"));
        }
        self.names.endpoint_paths.push(path.clone());
        self.model.endpoints.push(InterfaceEndpoint {
            name: name.into(),
            id: endpoint_id,
            dns_name_hash,
            vpc,
            service,
            state: state.map_or(EndpointState::Available, Into::into),
            interfaces,
            private_dns_enabled,
            private_dns_only_for_inbound_resolver_endpoint: only_inbound
                .unwrap_or(private_dns_enabled && offers_gateway),
            ip_address_type,
            dns_record_ip_type,
            client_routing_policy: client_routing_policy
                .map_or(ClientRoutingPolicy::AnyAvailabilityZone, Into::into),
            security_groups: security_groups.into(),
            policy,
        });
    }

    fn dns_name_hash(
        &mut self,
        path: &Path,
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
        path: &Path,
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

    /// One network interface a subnet, one subnet an AZ; sorted by AZ. R15, N70
    fn interfaces(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        name: &str,
        endpoint: EndpointIx,
        family: IpAddressType,
        subnets: Option<EndpointSubnetsSpec>,
    ) -> (EniIx, EniIx) {
        let path = path.key("subnets");
        let wanted: Vec<(Path, String, Option<AddressSpec>)> = match subnets {
            None => Vec::new(),
            Some(EndpointSubnetsSpec::Names(names)) => {
                let names = names.into_iter().enumerate();
                names.map(|(at, name)| (path.index(at), name, None)).collect()
            }
            Some(EndpointSubnetsSpec::Addresses(entries)) => {
                let entries = entries.into_iter();
                entries.map(|(name, address)| (path.key(&name), name.into(), address)).collect()
            }
        };
        let mut found: Vec<(SubnetIx, Path, Option<AddressSpec>)> =
            Vec::with_capacity(wanted.len());
        for (path, name, address) in wanted {
            let Some(subnet) = self.subnet(&path, vpc, &name) else {
                self.names.endpoints_without_a_subnet.insert(endpoint);
                continue;
            };
            let az = self.model[subnet].availability_zone;
            if found.iter().any(|(other, ..)| self.model[*other].availability_zone == az) {
                let error = AwsError::duplicate_subnets_in_same_zone(self.model[subnet].id);
                self.refused(path, &error);
                continue;
            }
            found.push((subnet, path, address));
        }
        found.sort_by_key(|(subnet, ..)| self.model[*subnet].availability_zone);
        let first = EniIx(ix32(self.model.interfaces.len()));
        for (subnet, path, address) in found {
            let eni = EniIx(ix32(self.model.interfaces.len()));
            let vpc_id = self.model[vpc].id;
            let seed = format!("{vpc_id}/{name}/{}", self.model[subnet].name);
            self.model.interfaces.push(NetworkInterface {
                id: NetworkInterfaceId::derive(&seed),
                endpoint,
                subnet,
                ipv4: None,
                ipv6: None,
            });
            let who = format!("endpoint `{}/{name}`", self.model[vpc].name);
            self.interface_addresses(&path, eni, family, address, &who);
        }
        (first, EniIx(ix32(self.model.interfaces.len())))
    }

    /// Takes the addresses chosen for a network interface, and asks for those that are missing. R43, N71
    fn interface_addresses(
        &mut self,
        path: &Path,
        eni: EniIx,
        family: IpAddressType,
        chosen: Option<AddressSpec>,
        who: &str,
    ) {
        let subnet = self.model[eni].subnet;
        let chosen = match chosen {
            None => Vec::new(),
            Some(AddressSpec::One(text)) => vec![(path.clone(), text)],
            Some(AddressSpec::Both(BothAddressesSpec { ipv4, ipv6 })) => {
                let given = [("ipv4", ipv4), ("ipv6", ipv6)];
                given.into_iter().filter_map(|(key, text)| Some((path.key(key), text?))).collect()
            }
        };
        let needs_v4 = family != IpAddressType::Ipv6;
        let needs_v6 = family != IpAddressType::Ipv4;
        let (mut v4, mut v6) = (None, None);
        let mut blamed = false;
        for (path, text) in chosen {
            match self.chosen_address(&path, &text, subnet, who) {
                Some(IpAddr::V4(address)) if needs_v4 => v4 = Some(address),
                Some(IpAddr::V6(address)) if needs_v6 => v6 = Some(Box::new(address)),
                Some(address) => {
                    let message = format!(
                        "`{address}` does not go with `ip_address_type: {}`",
                        family.as_str()
                    );
                    self.error(Finding::error(path, message).rule("R43"));
                    blamed = true;
                }
                None => blamed = true,
            }
        }
        let place = &self.model[subnet];
        for (needed, block, family) in [
            (needs_v4, place.cidr_block.is_some(), "IPv4"),
            (needs_v6, place.ipv6_cidr_block.is_some(), "IPv6"),
        ] {
            if needed && !block && !blamed {
                let message = format!(
                    "subnet `{}` has no {family} block, which the endpoint needs",
                    self.model[subnet].name
                );
                self.error(Finding::error(path.clone(), message).rule("N74"));
                blamed = true;
            }
        }
        if !blamed && needs_v4 && v4.is_none() {
            self.want_address(Wanted::InterfaceV4(eni), subnet, path);
        }
        if !blamed && needs_v6 && v6.is_none() {
            self.want_address(Wanted::InterfaceV6(eni), subnet, path);
        }
        if let Some(interface) = self.model.interfaces.get_mut(eni.index()) {
            (interface.ipv4, interface.ipv6) = (v4, v6);
        }
    }

    fn gateway_endpoint(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        name: Box<str>,
        spec: EndpointSpec,
        service: Option<ServiceIx>,
    ) {
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
            state,
            policy,
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
            ("state", state.is_some()),
        ] {
            if given {
                let message = format!("a gateway endpoint has no `{key}`");
                let help = "it works by `route_tables`; it has no network interface and no names";
                self.error(Finding::error(path.key(key), message).at_key().rule("R21").help(help));
            }
        }
        self.gateway_record_type(vpc, path, service, ip_address_type, dns_record_ip_type);
        if let Some(service) = service
            && !self.model[service].gateway
        {
            let message = format!("there is no gateway endpoint for `{service_name}`");
            let help = "gateway endpoints exist for `s3` and `dynamodb`";
            self.error(Finding::error(path.key("service_name"), message).rule("N50").help(help));
        }
        let id = self.endpoint_id(vpc, path, &name, id.as_deref());
        let policy = self.policy(path, policy);
        let mut tables = Vec::with_capacity(route_tables.len());
        for (at, table) in route_tables.iter().enumerate() {
            let path = path.key("route_tables").index(at);
            tables.extend(self.gateway_route_table(vpc, &path, table, service));
        }
        let Some(service) = service else { return };
        let of_vpc = self.model.vpcs.get_mut(vpc.index());
        if let Some(of_vpc) = of_vpc {
            let endpoint = GatewayEndpoint { id, service, route_tables: tables, policy };
            of_vpc.gateway_endpoints.insert(name, endpoint);
        }
    }

    /// What a gateway endpoint may say of address families; the emulation has no use for it. R43
    fn gateway_record_type(
        &mut self,
        vpc: VpcIx,
        path: &Path,
        service: Option<ServiceIx>,
        addresses: Option<IpAddressTypeSpec>,
        records: Option<DnsRecordIpTypeSpec>,
    ) {
        let Some(records) = records.map(DnsRecordIpType::from) else { return };
        if records == DnsRecordIpType::ServiceDefined {
            return;
        }
        let addresses = addresses.map_or(IpAddressType::Ipv4, Into::into);
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
            return;
        };
        self.error(Finding::error(path, message).rule("R43"));
    }

    /// A route table that gets the route of a gateway endpoint: one a service. N15
    fn gateway_route_table(
        &mut self,
        vpc: VpcIx,
        path: &Path,
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
            self.error(Finding::error(path.clone(), message).rule("N15"));
        }
        Some(name)
    }

    /// A policy as JSON text. N78
    fn policy(&mut self, path: &Path, policy: Option<serde_json::Value>) -> Option<Box<str>> {
        let path = path.key("policy");
        let text = match policy? {
            serde_json::Value::String(text) => {
                if let Err(error) =
                    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
                {
                    let message = format!("the policy is not a JSON object: {error}");
                    self.error(Finding::error(path, message));
                    return None;
                }
                text
            }
            value if value.is_object() => value.to_string(),
            _ => {
                let message = "a policy is a mapping, or a JSON object as text";
                self.error(Finding::error(path, message));
                return None;
            }
        };
        if text.len() > MAX_POLICY_LENGTH {
            let message =
                format!("a policy of {} characters: at most {MAX_POLICY_LENGTH}", text.len());
            self.error(Finding::error(path, message).rule("N78"));
        }
        Some(text.into())
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
