//! VPCs and what is in them, in AWS's shape. N331

use serde_json::{Map, Value, json};

use super::resource::{Resource, shape};
use crate::import::dump::Attributes as _;

pub(super) fn vpc(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("VpcId", "id"),
        ("CidrBlock", "cidr_block"),
        ("OwnerId", "owner_id"),
        ("EnableDnsSupport", "enable_dns_support"),
        ("EnableDnsHostnames", "enable_dns_hostnames"),
        ("VpcArn", "arn"),
    ]);
    v6(of, &mut value);
    value
}

/// The IPv6 block of a VPC or subnet.
fn v6(of: &Resource, value: &mut Map<String, Value>) {
    if let Some(block) = of.values.text("ipv6_cidr_block") {
        let set = json!([{ "Ipv6CidrBlock": block }]);
        value.insert("Ipv6CidrBlockAssociationSet".into(), set);
    }
}

pub(super) fn subnet(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("SubnetId", "id"),
        ("VpcId", "vpc_id"),
        ("CidrBlock", "cidr_block"),
        ("AvailabilityZone", "availability_zone"),
        ("AvailabilityZoneId", "availability_zone_id"),
        ("EnableDns64", "enable_dns64"),
    ]);
    v6(of, &mut value);
    let names = of.shape(&[
        ("HostnameType", "private_dns_hostname_type_on_launch"),
        ("EnableResourceNameDnsARecord", "enable_resource_name_dns_a_record_on_launch"),
        ("EnableResourceNameDnsAAAARecord", "enable_resource_name_dns_aaaa_record_on_launch"),
    ]);
    value.insert("PrivateDnsNameOptionsOnLaunch".into(), names.into());
    value
}

/// Where a route leads, and whereto.
const ROUTE: &[(&str, &str)] = &[
    ("GatewayId", "gateway_id"),
    ("NatGatewayId", "nat_gateway_id"),
    ("EgressOnlyInternetGatewayId", "egress_only_gateway_id"),
    ("VpcPeeringConnectionId", "vpc_peering_connection_id"),
    ("VpcEndpointId", "vpc_endpoint_id"),
    ("NetworkInterfaceId", "network_interface_id"),
    ("InstanceId", "instance_id"),
    ("TransitGatewayId", "transit_gateway_id"),
    ("LocalGatewayId", "local_gateway_id"),
    ("CarrierGatewayId", "carrier_gateway_id"),
    ("CoreNetworkArn", "core_network_arn"),
    ("State", "state"),
    // of `aws_route`
    ("DestinationCidrBlock", "destination_cidr_block"),
    ("DestinationIpv6CidrBlock", "destination_ipv6_cidr_block"),
    ("DestinationPrefixListId", "destination_prefix_list_id"),
];

pub(super) fn route_table(of: &Resource) -> Map<String, Value> {
    let mut value =
        of.shape(&[("RouteTableId", "id"), ("VpcId", "vpc_id"), ("OwnerId", "owner_id")]);
    let routes = of.blocks("route").iter().map(|block| {
        let mut route = shape(block, ROUTE);
        // of `route` blocks
        let own = [
            ("DestinationCidrBlock", "cidr_block"),
            ("DestinationIpv6CidrBlock", "ipv6_cidr_block"),
        ];
        route.extend(shape(block, &own));
        Value::from(route)
    });
    value.insert("Routes".into(), routes.collect());
    value
}

pub(super) fn route(of: &Resource) -> Value {
    of.shape(ROUTE).into()
}

pub(super) fn gateway(of: &Resource, id: &str) -> Map<String, Value> {
    let mut value = of.shape(&[(id, "id")]);
    let attached: Vec<Value> =
        of.values.text("vpc_id").map(|vpc| json!({ "VpcId": vpc })).into_iter().collect();
    value.insert("Attachments".into(), attached.into());
    value
}

pub(super) fn nat_gateway(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("NatGatewayId", "id"),
        ("VpcId", "vpc_id"),
        ("SubnetId", "subnet_id"),
        ("AvailabilityMode", "availability_mode"),
    ]);
    let address = of.shape(&[
        ("PublicIp", "public_ip"),
        ("PrivateIp", "private_ip"),
        ("NetworkInterfaceId", "network_interface_id"),
    ]);
    let mut addresses = vec![Value::from(address)];
    let more = of.values.texts("secondary_private_ip_addresses");
    addresses.extend(more.map(|ip| json!({ "PrivateIp": ip, "IsPrimary": false })));
    value.insert("NatGatewayAddresses".into(), addresses.into());
    value
}

pub(super) fn security_group(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[("GroupId", "id"), ("GroupName", "name"), ("VpcId", "vpc_id")]);
    let own = of.values.text("id").unwrap_or_default();
    for (theirs, ours) in [("IpPermissions", "ingress"), ("IpPermissionsEgress", "egress")] {
        let rules = of.blocks(ours).iter().map(|rule| permission(rule, own));
        value.insert(theirs.into(), rules.collect());
    }
    value
}

/// A rule of a security group, in any of the three forms that Terraform has.
pub(super) fn permission(rule: &Value, own: &str) -> Value {
    let mut value = shape(rule, &[("FromPort", "from_port"), ("ToPort", "to_port")]);
    value.extend(shape(rule, &[("IpProtocol", "protocol"), ("IpProtocol", "ip_protocol")]));
    value.remove("Tags");
    let all = |list: &str, one: &str| -> Vec<String> {
        let one = rule.text(one).map(str::to_owned);
        rule.texts(list).map(str::to_owned).chain(one).collect()
    };
    let ranges = |found: Vec<String>, key: &str| -> Value {
        found.into_iter().map(|found| json!({ key: found })).collect()
    };
    value.insert("IpRanges".into(), ranges(all("cidr_blocks", "cidr_ipv4"), "CidrIp"));
    value.insert("Ipv6Ranges".into(), ranges(all("ipv6_cidr_blocks", "cidr_ipv6"), "CidrIpv6"));
    let lists = all("prefix_list_ids", "prefix_list_id");
    value.insert("PrefixListIds".into(), ranges(lists, "PrefixListId"));
    let mut groups = all("security_groups", "source_security_group_id");
    groups.extend(rule.text("referenced_security_group_id").map(str::to_owned));
    if rule.flag("self") == Some(true) {
        groups.push(own.to_owned());
    }
    // `account/sg-…` is a group of a peer's
    let groups = groups.iter().map(|group| group.rsplit('/').next().unwrap_or(group).to_owned());
    value.insert("UserIdGroupPairs".into(), ranges(groups.collect(), "GroupId"));
    value.into()
}

pub(super) fn network_acl(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[("NetworkAclId", "id"), ("VpcId", "vpc_id")]);
    let rules = |key: &str, egress: bool| -> Vec<Value> {
        of.blocks(key).iter().map(|rule| acl_entry(rule, egress)).collect()
    };
    let mut entries = rules("ingress", false);
    entries.extend(rules("egress", true));
    value.insert("Entries".into(), entries.into());
    let subnets = of.values.texts("subnet_ids").map(|subnet| json!({ "SubnetId": subnet }));
    value.insert("Associations".into(), subnets.collect());
    value
}

/// A rule of a network ACL, in either form.
pub(super) fn acl_entry(rule: &Value, egress: bool) -> Value {
    let mut value = shape(
        rule,
        &[
            ("RuleNumber", "rule_number"),
            ("RuleAction", "rule_action"),
            ("Protocol", "protocol"),
            ("CidrBlock", "cidr_block"),
            ("Ipv6CidrBlock", "ipv6_cidr_block"),
        ],
    );
    value.extend(shape(rule, &[("RuleNumber", "rule_no"), ("RuleAction", "action")]));
    value.insert("Egress".into(), egress.into());
    value.insert(
        "PortRange".into(),
        shape(rule, &[("From", "from_port"), ("To", "to_port")]).into(),
    );
    let icmp = shape(rule, &[("Type", "icmp_type"), ("Code", "icmp_code")]);
    value.insert("IcmpTypeCode".into(), icmp.into());
    value.into()
}

pub(super) fn network_interface(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("NetworkInterfaceId", "id"),
        ("SubnetId", "subnet_id"),
        ("PrivateIpAddress", "private_ip"),
        ("Description", "description"),
        ("InterfaceType", "interface_type"),
        ("Groups", "security_groups"),
    ]);
    let v6 = of.values.texts("ipv6_addresses").map(|ip| json!({ "Ipv6Address": ip }));
    value.insert("Ipv6Addresses".into(), v6.collect());
    if let Some(attached) = of.block("attachment") {
        let attached =
            shape(attached, &[("InstanceId", "instance"), ("InstanceId", "instance_id")]);
        value.insert("Attachment".into(), attached.into());
    }
    value
}

pub(super) fn instance(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("InstanceId", "id"),
        ("SubnetId", "subnet_id"),
        ("PrivateIpAddress", "private_ip"),
        ("PublicIpAddress", "public_ip"),
        ("SecurityGroups", "vpc_security_group_ids"),
        ("SourceDestCheck", "source_dest_check"),
    ]);
    if let Some(state) = of.values.text("instance_state") {
        value.insert("State".into(), json!({ "Name": state }));
    }
    let v6 = of.values.texts("ipv6_addresses").map(|ip| json!({ "Ipv6Address": ip }));
    value.insert("Ipv6Addresses".into(), v6.collect());
    if let Some(names) = of.block("private_dns_name_options") {
        let names = shape(
            names,
            &[
                ("HostnameType", "hostname_type"),
                ("EnableResourceNameDnsARecord", "enable_resource_name_dns_a_record"),
                ("EnableResourceNameDnsAAAARecord", "enable_resource_name_dns_aaaa_record"),
            ],
        );
        value.insert("PrivateDnsNameOptions".into(), names.into());
    }
    if let Some(eni) = of.values.text("primary_network_interface_id") {
        let eni = json!([{
            "NetworkInterfaceId": eni,
            "PrivateIpAddress": of.values.text("private_ip"),
            "Attachment": { "DeviceIndex": 0 },
        }]);
        value.insert("NetworkInterfaces".into(), eni);
    }
    value
}

pub(super) fn peering(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[("VpcPeeringConnectionId", "id")]);
    for (side, vpc, block) in [
        ("RequesterVpcInfo", "vpc_id", "requester"),
        ("AccepterVpcInfo", "peer_vpc_id", "accepter"),
    ] {
        let mut info = of.shape(&[("VpcId", vpc)]);
        if block == "accepter" {
            info.extend(of.shape(&[("OwnerId", "peer_owner_id"), ("Region", "peer_region")]));
        }
        info.remove("Tags");
        if let Some(options) = of.block(block) {
            info.insert("PeeringOptions".into(), peering_options(options));
        }
        value.insert(side.into(), info.into());
    }
    if let Some(status) = of.values.text("accept_status") {
        value.insert("Status".into(), json!({ "Code": status }));
    }
    value
}

pub(super) fn peering_options(options: &Value) -> Value {
    let of = [("AllowDnsResolutionFromRemoteVpc", "allow_remote_vpc_dns_resolution")];
    shape(options, &of).into()
}

pub(super) fn endpoint(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("VpcEndpointId", "id"),
        ("VpcId", "vpc_id"),
        ("ServiceName", "service_name"),
        ("ServiceRegion", "service_region"),
        ("VpcEndpointType", "vpc_endpoint_type"),
        ("State", "state"),
        ("PolicyDocument", "policy"),
        ("RouteTableIds", "route_table_ids"),
        ("SubnetIds", "subnet_ids"),
        ("Groups", "security_group_ids"),
        ("PrivateDnsEnabled", "private_dns_enabled"),
        ("NetworkInterfaceIds", "network_interface_ids"),
        ("IpAddressType", "ip_address_type"),
        ("ResourceConfigurationArn", "resource_configuration_arn"),
        ("ServiceNetworkArn", "service_network_arn"),
    ]);
    value.entry("VpcEndpointType").or_insert_with(|| json!("Gateway"));
    let entries = of.blocks("dns_entry").iter();
    let entries = entries
        .map(|entry| shape(entry, &[("DnsName", "dns_name"), ("HostedZoneId", "hosted_zone_id")]));
    value.insert("DnsEntries".into(), entries.collect());
    if let Some(options) = of.block("dns_options") {
        let options = shape(
            options,
            &[
                ("DnsRecordIpType", "dns_record_ip_type"),
                (
                    "PrivateDnsOnlyForInboundResolverEndpoint",
                    "private_dns_only_for_inbound_resolver_endpoint",
                ),
                ("PrivateDnsPreference", "private_dns_preference"),
                ("PrivateDnsSpecifiedDomains", "private_dns_specified_domains"),
            ],
        );
        value.insert("DnsOptions".into(), options.into());
    }
    let configured = of.blocks("subnet_configuration").iter();
    let configured = configured
        .map(|of| shape(of, &[("SubnetId", "subnet_id"), ("Ipv4", "ipv4"), ("Ipv6", "ipv6")]));
    value.insert("SubnetConfigurations".into(), configured.collect());
    value
}

pub(super) fn endpoint_service(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("ServiceId", "id"),
        ("ServiceName", "service_name"),
        ("AcceptanceRequired", "acceptance_required"),
        ("PrivateDnsName", "private_dns_name"),
        ("AvailabilityZones", "availability_zones"),
        ("SupportedRegions", "supported_regions"),
    ]);
    if let Some(kind) = of.values.text("service_type") {
        value.insert("ServiceType".into(), json!([{ "ServiceType": kind }]));
    }
    if let Some(txt) = of.block("private_dns_name_configuration") {
        let txt = shape(txt, &[("Name", "name"), ("Value", "value"), ("State", "state")]);
        value.insert("PrivateDnsNameConfiguration".into(), txt.into());
    }
    value
}

pub(super) fn prefix_list(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("PrefixListId", "id"),
        ("PrefixListName", "name"),
        ("PrefixListArn", "arn"),
        ("AddressFamily", "address_family"),
        ("MaxEntries", "max_entries"),
        ("Cidrs", "cidr_blocks"),
    ]);
    // `entry` of the resource, `entries` of the data source
    if ["entry", "entries"].into_iter().any(|key| of.values.attribute(key).is_some()) {
        let entries = of.blocks("entry").iter().chain(of.blocks("entries"));
        let entries = entries.map(|entry| shape(entry, &[("Cidr", "cidr")]));
        value.insert("Entries".into(), entries.collect());
    }
    value
}

pub(super) fn exclusion(of: &Resource) -> Map<String, Value> {
    of.shape(&[
        ("ExclusionId", "id"),
        ("InternetGatewayExclusionMode", "internet_gateway_exclusion_mode"),
        // an id is read as an ARN that has nothing in front of it
        ("ResourceArn", "subnet_id"),
        ("ResourceArn", "vpc_id"),
        ("ResourceArn", "resource_arn"),
    ])
}

pub(super) fn flow_log(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("FlowLogId", "id"),
        ("ResourceId", "vpc_id"),
        ("ResourceId", "subnet_id"),
        ("ResourceId", "eni_id"),
        ("ResourceId", "transit_gateway_id"),
        ("ResourceId", "transit_gateway_attachment_id"),
        ("TrafficType", "traffic_type"),
        ("LogFormat", "log_format"),
        ("MaxAggregationInterval", "max_aggregation_interval"),
        ("LogDestinationType", "log_destination_type"),
        ("LogDestination", "log_destination"),
        ("LogGroupName", "log_group_name"),
    ]);
    if let Some(options) = of.block("destination_options") {
        let options = shape(
            options,
            &[
                ("FileFormat", "file_format"),
                ("HiveCompatiblePartitions", "hive_compatible_partitions"),
                ("PerHourPartition", "per_hour_partition"),
            ],
        );
        value.insert("DestinationOptions".into(), options.into());
    }
    value
}

pub(super) fn bucket(of: &Resource) -> Map<String, Value> {
    let mut value = of.shape(&[
        ("Name", "id"),
        ("Name", "bucket"),
        ("Bucket", "id"),
        ("Bucket", "bucket"),
        ("BucketRegion", "region"),
        ("Policy", "policy"),
    ]);
    // a bucket is called what it is called
    value.remove("Tags");
    value
}
