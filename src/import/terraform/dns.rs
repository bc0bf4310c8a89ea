//! Route 53 and Resolver, in AWS's shape. N331

use serde_json::{Map, Value, json};

use super::resource::{Resource, shape};
use crate::import::dump::Attributes as _;

pub(super) fn zone(of: &Resource) -> Map<String, Value> {
    let mut value =
        of.shape(&[("Id", "zone_id"), ("Name", "name"), ("PrivateZone", "private_zone")]);
    value.remove("Tags");
    let vpcs = of.blocks("vpc").iter();
    let vpcs = vpcs.map(|vpc| shape(vpc, &[("VPCId", "vpc_id"), ("VPCRegion", "vpc_region")]));
    value.insert("VPCs".into(), vpcs.collect());
    value
}

pub(super) fn record(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("HostedZoneId", "zone_id"),
        ("Name", "name"),
        ("Name", "fqdn"),
        ("Type", "type"),
        ("SetIdentifier", "set_identifier"),
        ("HealthCheckId", "health_check_id"),
        ("MultiValueAnswer", "multivalue_answer_routing_policy"),
    ]);
    if let Some(alias) = of.block("alias") {
        let alias = shape(
            alias,
            &[
                ("DNSName", "name"),
                ("HostedZoneId", "zone_id"),
                ("EvaluateTargetHealth", "evaluate_target_health"),
            ],
        );
        value.insert("AliasTarget".into(), alias.into());
    } else {
        value.extend(of.shape(&[("TTL", "ttl")]));
        let quoted = matches!(of.values.text("type"), Some("TXT" | "SPF"));
        let values = of.values.texts("records").map(|text| {
            // Terraform leaves the outer quotes out
            let text = if quoted && !text.starts_with('"') {
                format!("\"{text}\"")
            } else {
                text.to_owned()
            };
            json!({ "Value": text })
        });
        value.insert("ResourceRecords".into(), values.collect());
    }
    let policy = |key: &str| of.block(&format!("{key}_routing_policy"));
    if let Some(policy) = policy("weighted") {
        value.extend(shape(policy, &[("Weight", "weight")]));
    }
    if let Some(policy) = policy("failover") {
        value.extend(shape(policy, &[("Failover", "type")]));
    }
    if let Some(policy) = policy("latency") {
        value.extend(shape(policy, &[("Region", "region")]));
    }
    if let Some(policy) = policy("geolocation") {
        let names = [
            ("ContinentCode", "continent"),
            ("CountryCode", "country"),
            ("SubdivisionCode", "subdivision"),
        ];
        value.insert("GeoLocation".into(), shape(policy, &names).into());
    }
    if let Some(policy) = policy("geoproximity") {
        let names =
            [("AWSRegion", "aws_region"), ("Bias", "bias"), ("LocalZoneGroup", "local_zone_group")];
        let mut place = shape(policy, &names);
        if let Some(at) = super::resource::blocks(policy, "coordinates").first() {
            let at = shape(at, &[("Latitude", "latitude"), ("Longitude", "longitude")]);
            place.insert("Coordinates".into(), at.into());
        }
        value.insert("GeoProximityLocation".into(), place.into());
    }
    if let Some(policy) = policy("cidr") {
        value.insert("CidrRoutingConfig".into(), policy.clone());
    }
    value
}

pub(super) fn resolver_endpoint(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("Id", "id"),
        ("Name", "name"),
        ("Direction", "direction"),
        ("HostVPCId", "host_vpc_id"),
        ("Protocols", "protocols"),
        ("SecurityGroupIds", "security_group_ids"),
    ]);
    let addresses = of.blocks("ip_address").iter();
    let addresses = addresses.map(|of| shape(of, &[("SubnetId", "subnet_id"), ("Ip", "ip")]));
    value.insert("IpAddresses".into(), addresses.collect());
    value
}

pub(super) fn resolver_rule(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("Id", "id"),
        ("Name", "name"),
        ("DomainName", "domain_name"),
        ("DelegationRecord", "delegation_record"),
        ("RuleType", "rule_type"),
        ("ResolverEndpointId", "resolver_endpoint_id"),
    ]);
    let targets = of.blocks("target_ip").iter();
    let targets = targets.map(|of| {
        shape(
            of,
            &[
                ("Ip", "ip"),
                ("Ipv6", "ipv6"),
                ("Port", "port"),
                ("Protocol", "protocol"),
                ("ServerNameIndication", "server_name_indication"),
            ],
        )
    });
    value.insert("TargetIps".into(), targets.collect());
    value
}
