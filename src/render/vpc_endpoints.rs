//! Endpoints in the shape of `DescribeVpcEndpoints`. R19–R21

use serde_json::{Value, json};

use crate::{
    model::{EndpointIx, EndpointKind, GatewayEndpoint, Model, Vpc, VpcIx},
    names::{DnsEntry, EndpointNames, association_entries},
};

/// The policy of an endpoint that has none of its own. N81
const FULL_ACCESS: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// The same for a gateway endpoint. N58
const FULL_ACCESS_GATEWAY: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// Every endpoint of both types, those of a VPC together.
#[must_use]
pub fn vpc_endpoints(model: &Model) -> Value {
    let interface = model.endpoint_indexes().map(|ix| interface_endpoint(model, ix));
    let gateways = (0..).map(VpcIx).zip(&model.vpcs).flat_map(|(_, vpc)| {
        vpc.gateway_endpoints
            .iter()
            .map(move |(name, endpoint)| gateway_endpoint(model, vpc, name, endpoint))
    });
    json!({ "VpcEndpoints": interface.chain(gateways).collect::<Vec<_>>() })
}

/// What resource and service-network endpoints lead to, in the shape of `DescribeVpcEndpointAssociations`. R22
#[must_use]
pub fn vpc_endpoint_associations(model: &Model) -> Value {
    let entry = |entry: &DnsEntry| json!({ "DnsName": entry.dns_name, "HostedZoneId": entry.hosted_zone_id });
    let all = model.lattice_endpoints.iter().flat_map(|lattice| {
        let endpoint = &model[lattice.endpoint];
        let entries = association_entries(model, lattice.endpoint);
        entries.into_iter().map(move |found| {
            let mut item = json!({
                "Id": found.association.id,
                "VpcEndpointId": endpoint.id.to_string(),
                "AssociatedResourceAccessibility": "Accessible",
                "AssociatedResourceArn": found.association.arn,
                "DnsEntry": entry(&found.dns_entry),
            });
            if endpoint.kind == EndpointKind::ServiceNetwork {
                item["ServiceNetworkArn"] = lattice.arn.as_ref().into();
            }
            if let Some(private) = &found.private_dns_entry {
                item["PrivateDnsEntry"] = entry(private);
            }
            item
        })
    });
    json!({ "VpcEndpointAssociations": all.collect::<Vec<_>>() })
}

/// One interface endpoint.
#[must_use]
pub fn interface_endpoint(model: &Model, ix: EndpointIx) -> Value {
    let endpoint = &model[ix];
    let vpc = &model[endpoint.vpc];
    let service = model.service_of(ix);
    let groups = endpoint.security_groups.iter().filter_map(|name| {
        let group = vpc.security_groups.get(name)?;
        Some(json!({ "GroupId": group.id.to_string(), "GroupName": name }))
    });
    let mut dns_options = json!({ "DnsRecordIpType": endpoint.dns_record_ip_type.as_str() });
    if service.gateway && service.vpce_wildcard {
        dns_options["PrivateDnsOnlyForInboundResolverEndpoint"] =
            endpoint.private_dns_only_for_inbound_resolver_endpoint.into();
    }
    let entries = EndpointNames::new(model, ix).dns_entries();
    let entries = entries
        .into_iter()
        .map(|entry| json!({ "DnsName": entry.dns_name, "HostedZoneId": entry.hosted_zone_id }));
    let mut item = json!({
        "VpcEndpointId": endpoint.id.to_string(),
        "VpcEndpointType": endpoint.kind.as_str(),
        "VpcId": vpc.id.to_string(),
        "ServiceName": service.service_name,
        "State": endpoint.state.as_str(),
        "PolicyDocument": endpoint.policy.as_ref().map_or(FULL_ACCESS, |policy| &*policy.text),
        "RouteTableIds": [],
        "SubnetIds": model.interfaces_of(ix).map(|(_, eni)| model[eni.subnet].id.to_string()).collect::<Vec<_>>(),
        "Groups": groups.collect::<Vec<_>>(),
        "IpAddressType": endpoint.ip_address_type.as_str(),
        "DnsOptions": dns_options,
        "PrivateDnsEnabled": endpoint.private_dns_enabled,
        "RequesterManaged": false,
        "NetworkInterfaceIds": model.interfaces_of(ix).map(|(_, eni)| eni.id.to_string()).collect::<Vec<_>>(),
        "DnsEntries": entries.collect::<Vec<_>>(),
        "Tags": [{ "Key": "Name", "Value": &*endpoint.name }],
        "OwnerId": model.account_id.to_string(),
    });
    if let Some(lattice) = model.lattice_of(ix)
        && let Some(fields) = item.as_object_mut()
    {
        let key = match endpoint.kind {
            EndpointKind::Resource => "ResourceConfigurationArn",
            _ => "ServiceNetworkArn",
        };
        fields.remove("ServiceName");
        fields.insert(key.to_owned(), lattice.arn.as_ref().into());
        if let Some(options) = fields.get_mut("DnsOptions") {
            options["PrivateDnsPreference"] = lattice.private_dns_preference.as_str().into();
            let domains = lattice.private_dns_specified_domains.iter().map(|domain| json!(domain));
            options["PrivateDnsSpecifiedDomains"] = domains.collect();
        }
    }
    if service.region != vpc.region {
        item["ServiceRegion"] = service.region.as_str().into();
    }
    item
}

/// One gateway endpoint: no network interface, no names. R21, N51
#[must_use]
pub fn gateway_endpoint(model: &Model, vpc: &Vpc, name: &str, endpoint: &GatewayEndpoint) -> Value {
    let tables = endpoint.route_tables.iter().filter_map(|name| vpc.route_tables.get(name));
    json!({
        "VpcEndpointId": endpoint.id.to_string(),
        "VpcEndpointType": "Gateway",
        "VpcId": vpc.id.to_string(),
        "ServiceName": model[endpoint.service].gateway_service_name(),
        "State": "available",
        "PolicyDocument": endpoint.policy.as_ref().map_or(FULL_ACCESS_GATEWAY, |policy| &*policy.text),
        "RouteTableIds": tables.map(|table| table.id.to_string()).collect::<Vec<_>>(),
        "SubnetIds": [],
        "Groups": [],
        "IpAddressType": endpoint.ip_address_type.as_str(),
        "DnsOptions": { "DnsRecordIpType": endpoint.dns_record_ip_type.as_str() },
        "PrivateDnsEnabled": false,
        "RequesterManaged": false,
        "NetworkInterfaceIds": [],
        "DnsEntries": [],
        "Tags": [{ "Key": "Name", "Value": name }],
        "OwnerId": model.account_id.to_string(),
    })
}
