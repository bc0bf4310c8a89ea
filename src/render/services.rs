//! Services in the shape of `DescribeVpcEndpointServices`. R26

use serde_json::{Value, json};

use crate::{
    catalog::{Owner, Service},
    model::{HexDigits, Model},
};

/// One service as a consumer in the topology's account sees it; the AZs are those that the topology uses.
#[must_use]
pub fn vpc_endpoint_service(model: &Model, service: &Service) -> Value {
    let suffix = format!("{}.vpce.{}", service.region, service.region.partition().dns_suffix);
    let own = model.endpoint_services.iter().find(|own| *service.label == *own.id.to_string());
    let offered = |id| own.is_none_or(|own| own.offers(id));
    let azs = model.availability_zones.iter().filter(|az| offered(&az.id)).map(|az| &az.name);
    let azs = azs.filter(|az| az.region() == service.region).map(ToString::to_string);
    let names: Vec<String> = service
        .private_names
        .iter()
        .map(|name| if name.wildcard { format!("*.{}", name.zone) } else { name.zone.to_string() })
        .collect();
    let mut item = json!({
        "ServiceName": service.service_name,
        "ServiceId": own.map_or_else(
            || format!("vpce-svc-{}", HexDigits::derive(&service.service_name)),
            |own| own.id.to_string(),
        ),
        "ServiceType": [{ "ServiceType": own.map_or("Interface", |own| own.service_type.as_str()) }],
        "ServiceRegion": service.region.as_str(),
        "AvailabilityZones": azs.collect::<Vec<_>>(),
        "Owner": match service.owner {
            Owner::Amazon => "amazon".to_owned(),
            Owner::Customer => model.account_id.to_string(),
        },
        "BaseEndpointDnsNames": [format!("{}.{suffix}", service.label)],
        "VpcEndpointPolicySupported": service.policy.unwrap_or(true),
        "AcceptanceRequired": own.is_some_and(|own| own.acceptance_required),
        "ManagesVpcEndpoints": false,
        "Tags": [],
        "SupportedIpAddressTypes": ["ipv4"],
    });
    // a service without a private name has none of these keys
    if let (Some(first), Some(item)) = (names.first(), item.as_object_mut()) {
        item.insert("PrivateDnsName".to_owned(), json!(first));
        let all: Vec<Value> = names.iter().map(|name| json!({ "PrivateDnsName": name })).collect();
        item.insert("PrivateDnsNames".to_owned(), all.into());
        item.insert("PrivateDnsNameVerificationState".to_owned(), json!("verified"));
    }
    // a name that is not verified is no name for consumers, and is shown all the same
    if let Some(dns) = own.and_then(|own| own.private_dns.as_ref()) {
        item["PrivateDnsName"] = json!(dns.name);
        item["PrivateDnsNames"] = json!([{ "PrivateDnsName": dns.name }]);
        item["PrivateDnsNameVerificationState"] = dns.state.as_str().into();
    }
    item
}
