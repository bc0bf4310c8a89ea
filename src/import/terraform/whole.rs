//! Resources that stand for one of AWS's. N331

use serde_json::{Value, json};

use super::{Shapes, dns, network, resource::Resource};
use crate::import::dump::Attributes as _;

/// A type whose attributes have other names and nothing else: its list, the attribute with its id, the names.
struct Plain {
    kind: &'static str,
    list: &'static str,
    names: &'static [(&'static str, &'static str)],
}

const fn plain(
    kind: &'static str,
    list: &'static str,
    names: &'static [(&'static str, &'static str)],
) -> Plain {
    Plain { kind, list, names }
}

const PLAIN: &[Plain] = &[
    plain(
        "aws_vpc_block_public_access_options",
        "VpcBlockPublicAccessOptions",
        &[("AwsRegion", "aws_region"), ("InternetGatewayBlockMode", "internet_gateway_block_mode")],
    ),
    plain("aws_route53_health_check", "HealthChecks", &[("Id", "id")]),
    plain(
        "aws_route53_resolver_rule_association",
        "ResolverRuleAssociations",
        &[("ResolverRuleId", "resolver_rule_id"), ("VPCId", "vpc_id")],
    ),
    plain(
        "aws_route53_resolver_firewall_config",
        "FirewallConfigs",
        &[("ResourceId", "resource_id"), ("FirewallFailOpen", "firewall_fail_open")],
    ),
    plain(
        "aws_route53_resolver_config",
        "ResolverConfigs",
        &[("ResourceId", "resource_id"), ("AutodefinedReverse", "autodefined_reverse_flag")],
    ),
    plain(
        "aws_route53_resolver_firewall_domain_list",
        "FirewallDomainLists",
        &[("Id", "id"), ("Name", "name"), ("Domains", "domains")],
    ),
    plain(
        "aws_route53_resolver_firewall_rule_group",
        "FirewallRuleGroups",
        &[("Id", "id"), ("Name", "name")],
    ),
    plain(
        "aws_route53_resolver_firewall_rule",
        "FirewallRules",
        &[
            ("FirewallRuleGroupId", "firewall_rule_group_id"),
            ("FirewallDomainListId", "firewall_domain_list_id"),
            ("Name", "name"),
            ("Priority", "priority"),
            ("Action", "action"),
            ("BlockResponse", "block_response"),
            ("BlockOverrideDomain", "block_override_domain"),
            ("BlockOverrideDnsType", "block_override_dns_type"),
            ("BlockOverrideTtl", "block_override_ttl"),
            ("Qtype", "q_type"),
            ("FirewallDomainRedirectionAction", "firewall_domain_redirection_action"),
        ],
    ),
    plain(
        "aws_route53_resolver_firewall_rule_group_association",
        "FirewallRuleGroupAssociations",
        &[
            ("FirewallRuleGroupId", "firewall_rule_group_id"),
            ("VpcId", "vpc_id"),
            ("Priority", "priority"),
        ],
    ),
    plain(
        "aws_route53_resolver_query_log_config",
        "ResolverQueryLogConfigs",
        &[("Id", "id"), ("Name", "name"), ("DestinationArn", "destination_arn")],
    ),
    plain(
        "aws_route53_resolver_query_log_config_association",
        "ResolverQueryLogConfigAssociations",
        &[
            ("ResolverQueryLogConfigId", "resolver_query_log_config_id"),
            ("ResourceId", "resource_id"),
        ],
    ),
    plain("aws_route53profiles_profile", "ProfileSummaries", &[("Id", "id"), ("Name", "name")]),
    plain(
        "aws_route53profiles_association",
        "ProfileAssociations",
        &[("ProfileId", "profile_id"), ("ResourceId", "resource_id")],
    ),
    plain(
        "aws_route53profiles_resource_association",
        "ProfileResourceAssociations",
        &[
            ("ProfileId", "profile_id"),
            ("ResourceArn", "resource_arn"),
            ("ResourceProperties", "resource_properties"),
        ],
    ),
];

impl Shapes {
    /// Takes a resource that stands for one of AWS's; false if it is none.
    pub(super) fn whole(&mut self, of: &Resource) -> bool {
        let kind = of.kind.strip_prefix("aws_default_").map(|kind| format!("aws_{kind}"));
        let is_default = kind.is_some();
        let (list, key, mut value) = match kind.as_deref().unwrap_or(&of.kind) {
            "aws_vpc" => ("Vpcs", "VpcId", network::vpc(of)),
            "aws_subnet" => ("Subnets", "SubnetId", network::subnet(of)),
            "aws_route_table" => ("RouteTables", "RouteTableId", network::route_table(of)),
            "aws_internet_gateway" => {
                ("InternetGateways", "InternetGatewayId", network::gateway(of, "InternetGatewayId"))
            }
            "aws_egress_only_internet_gateway" => {
                let id = "EgressOnlyInternetGatewayId";
                ("EgressOnlyInternetGateways", id, network::gateway(of, id))
            }
            "aws_nat_gateway" => ("NatGateways", "NatGatewayId", network::nat_gateway(of)),
            "aws_security_group" => ("SecurityGroups", "GroupId", network::security_group(of)),
            "aws_network_acl" => ("NetworkAcls", "NetworkAclId", network::network_acl(of)),
            "aws_network_interface" => {
                ("NetworkInterfaces", "NetworkInterfaceId", network::network_interface(of))
            }
            "aws_instance" => ("Instances", "InstanceId", network::instance(of)),
            "aws_vpc_peering_connection" => {
                ("VpcPeeringConnections", "VpcPeeringConnectionId", network::peering(of))
            }
            "aws_vpc_endpoint" => ("VpcEndpoints", "VpcEndpointId", network::endpoint(of)),
            "aws_vpc_endpoint_service" => {
                ("ServiceConfigurations", "ServiceId", network::endpoint_service(of))
            }
            "aws_ec2_managed_prefix_list" | "aws_prefix_list" => {
                ("PrefixLists", "PrefixListId", network::prefix_list(of))
            }
            "aws_vpc_block_public_access_exclusion" => {
                ("VpcBlockPublicAccessExclusions", "ExclusionId", network::exclusion(of))
            }
            "aws_flow_log" => ("FlowLogs", "FlowLogId", network::flow_log(of)),
            "aws_s3_bucket" => ("Buckets", "Name", network::bucket(of)),
            "aws_route53_zone" => ("HostedZones", "Id", dns::zone(of)),
            "aws_route53_record" => ("ResourceRecordSets", "", dns::record(of)),
            "aws_route53_resolver_endpoint" => {
                ("ResolverEndpoints", "Id", dns::resolver_endpoint(of))
            }
            "aws_route53_resolver_rule" => ("ResolverRules", "Id", dns::resolver_rule(of)),
            kind => {
                let Some(plain) = PLAIN.iter().find(|plain| plain.kind == kind) else {
                    return false;
                };
                let key =
                    if plain.names.iter().any(|(theirs, _)| *theirs == "Id") { "Id" } else { "" };
                (plain.list, key, of.shape(plain.names))
            }
        };
        if is_default {
            value.insert("IsDefault".into(), json!(true));
            if list == "SecurityGroups" {
                value.insert("GroupName".into(), json!("default"));
            }
        }
        let id = value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.add(of, list, &id, value);
        true
    }

    /// The main route table of a VPC. N10
    pub(super) fn main_table(&mut self, of: &Resource, table: Option<&str>) {
        if let Some(table) = table.filter(|table| self.has("RouteTables", table)) {
            self.append(of, "RouteTables", Some(table), "Associations", json!({ "Main": true }));
        }
    }

    /// Whether an attribute is set to a text.
    pub(super) fn text(of: &Resource, key: &str) -> Option<String> {
        of.values.text(key).map(str::to_owned)
    }
}
