//! AWS's refusals, in AWS's words.

use hickory_proto::rr::RecordType;
use thiserror::Error;

use super::build::Subject;
use crate::catalog::HostedZoneId;
use crate::model::{
    DnsName, DnsRecordIpType, FirewallRuleGroupId, IpAddressType, ResolverRuleId, SubnetId,
    VpcEndpointId, VpcId, VpcPeeringConnectionId,
};

/// A refusal as the EC2 or Route 53 API words it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct AwsError {
    /// AWS's error code, such as `InvalidParameter`.
    pub code: &'static str,
    /// AWS's text.
    pub message: String,
    /// The rules that say so.
    pub rules: &'static [&'static str],
}

impl AwsError {
    fn invalid(rule: &'static [&'static str], message: String) -> Self {
        Self { code: "InvalidParameter", message, rules: rule }
    }

    /// Private DNS where a VPC attribute is off. R49
    pub(super) fn private_dns_needs_attributes(vpc: VpcId) -> Self {
        Self::invalid(
            &["R49"],
            format!(
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to \
                 true for {vpc}"
            ),
        )
    }

    /// Private DNS for a service without a private name. R50
    pub(super) fn no_private_name(service_name: &str) -> Self {
        Self::invalid(
            &["R50"],
            format!(
                "Private DNS can't be enabled because the service {service_name} does not provide a private DNS name."
            ),
        )
    }

    /// Private DNS before the owner of the service has accepted the endpoint. R51
    pub(super) fn private_dns_before_acceptance(service_name: &str) -> Self {
        Self::invalid(
            &["R51"],
            format!(
                "Private DNS can only be enabled after the endpoint connection is accepted by the owner of {service_name}."
            ),
        )
    }

    /// A private name that is taken in the VPC. R52
    pub(super) fn conflicting_domain(domain: &str, vpc: VpcId) -> Self {
        Self::invalid(
            &["R52"],
            format!(
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {domain} in \
                 the VPC {vpc}"
            ),
        )
    }

    /// S3's private DNS for inbound endpoints alone, without a gateway endpoint. R58
    pub(super) fn needs_gateway_endpoint(vpc: VpcId) -> Self {
        Self::invalid(
            &["R58"],
            format!(
                "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {vpc} must have a Gateway endpoint \
                 for the service."
            ),
        )
    }

    /// A prefix list that there is none of. N24
    /// Source of the code: hashicorp/terraform-provider-aws `internal/service/ec2/errors.go`; the words are EC2's usual ones for ids.
    pub(super) fn no_such_prefix_list(found: &str) -> Self {
        Self {
            code: "InvalidPrefixListID.NotFound",
            message: format!("The prefix list ID '{found}' does not exist"),
            rules: &["N24"],
        }
    }

    /// DNS options of a peering connection that is not active. N147
    /// Source: cloudposse/terraform-aws-vpc-peering-multi-account#8.
    pub(super) fn peering_is_not_active(peering: VpcPeeringConnectionId) -> Self {
        Self {
            code: "OperationNotPermitted",
            message: format!(
                "Peering {peering} is not active. Peering options can be added only to active peerings."
            ),
            rules: &["N147"],
        }
    }

    /// A gateway endpoint that answers other families than the interface endpoint; the words are ours. R58
    pub(super) fn gateway_record_type(
        gateway: DnsRecordIpType,
        interface: DnsRecordIpType,
    ) -> Self {
        let (gateway, interface) = (gateway.as_str(), interface.as_str());
        let message = format!(
            "the VPC's gateway endpoint for the service has `dns_record_ip_type: {gateway}`: expected `{interface}`, \
             as the interface endpoint has, or `service-defined`"
        );
        Self::invalid(&["R58"], message)
    }

    /// A second subnet in an AZ. R15
    pub(super) fn duplicate_subnets_in_same_zone(subnet: SubnetId) -> Self {
        Self {
            code: "DuplicateSubnetsInSameZone",
            message: format!(
                "Found another VPC endpoint subnet in the availability zone of {subnet}"
            ),
            rules: &["R15"],
        }
    }

    /// A service that does not exist, or not for endpoints of this Region. R10, R23
    pub(super) fn no_such_service(service_name: &str) -> Self {
        Self {
            code: "InvalidServiceName",
            message: format!("The Vpc Endpoint Service '{service_name}' does not exist"),
            rules: &["R23"],
        }
    }

    /// A subnet in an AZ where the service is not offered. R15, R23
    pub(super) fn unsupported_availability_zone(service_name: &str, subnet: SubnetId) -> Self {
        Self::invalid(
            &["R15", "R23"],
            format!(
                "The VPC endpoint service {service_name} does not support the availability zone of the subnet: {subnet}"
            ),
        )
    }

    /// An endpoint of a type that the service has not.
    pub(super) fn service_type(endpoint: &str, service: &str) -> Self {
        let message = format!(
            "Endpoint type ({endpoint}) does not match available service types ([{service}])."
        );
        Self::invalid(&["R21"], message)
    }

    /// Two hosted zones of one name in a VPC. R53
    pub(super) fn conflicting_zone(name: &str, vpc: VpcId) -> Self {
        Self {
            code: "ConflictingDomainExists",
            message: format!(
                "The VPC {vpc} is already associated with another hosted zone that has the same name: {name}"
            ),
            rules: &["R53"],
        }
    }

    /// A record of a batch that Route 53 does not take; its words are in brackets there.
    fn batch(rules: &'static [&'static str], message: &str) -> Self {
        Self { code: "InvalidChangeBatch", message: format!("[{message}]"), rules }
    }

    /// A second record of one name and type, or of one name, type and `SetIdentifier`. R71
    pub(super) fn record_exists(subject: &Subject<'_>) -> Self {
        let Subject { owner, rtype, set_identifier } = subject;
        let id = set_identifier.map(|id| format!(", set-identifier='{id}'")).unwrap_or_default();
        let message = format!(
            "Tried to create resource record set [name='{owner}.', type='{rtype}'{id}] but it already exists"
        );
        Self::batch(&["R71"], &message)
    }

    /// A record with a policy beside one without, or with another. R71
    /// Source: kubernetes-sigs/external-dns#1411, which has it of weighted records.
    pub(super) fn record_beside_others_of_no_policy(subject: &Subject<'_>, policy: &str) -> Self {
        let message = format!(
            "RRSet with {} cannot be created as a non-{policy} set exists with the same name and type.",
            subject.dns_name()
        );
        Self::batch(&["R71"], &message)
    }

    /// A record without a policy beside those with one. R71
    /// Source: chef-boneyard/route53#100.
    pub(super) fn record_beside_routed_ones(subject: &Subject<'_>) -> Self {
        let message = format!(
            "RRSet with {} cannot be created as other RRSets exist with the same name and type.",
            subject.dns_name()
        );
        Self::batch(&["R71"], &message)
    }

    /// Weighted records with different TTLs. R71
    /// Source: aws/aws-sdk-go-v2#518.
    pub(super) fn weighted_ttl(subject: &Subject<'_>) -> Self {
        let message = format!(
            "RRSet with {} cannot be created as weighted sets must contain the same TTL.",
            subject.dns_name()
        );
        Self::batch(&["R71"], &message)
    }

    /// A routing policy without a `SetIdentifier`. R71
    pub(super) fn no_set_identifier(subject: &Subject<'_>) -> Self {
        let message =
            format!("Invalid request: Missing field 'SetIdentifier' in {}", subject.change());
        Self { code: "InvalidInput", message, rules: &["R71"] }
    }

    /// A `SetIdentifier` without a policy, or with several. R71
    pub(super) fn not_one_policy(subject: &Subject<'_>, found: &str) -> Self {
        let message = format!(
            "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, \
             GeoProximityLocation, or CidrRoutingConfig], but found {found} in {}",
            subject.change()
        );
        Self { code: "InvalidInput", message, rules: &["R71"] }
    }

    /// An alias to a name of the zone that has no records of the type. R64
    pub(super) fn alias_target_not_found(
        target: &DnsName,
        rtype: RecordType,
        zone: &HostedZoneId,
    ) -> Self {
        let message = format!(
            "Tried to create an alias that targets {target}., type {rtype} in zone {zone}, but that target was not found"
        );
        Self::batch(&["R64"], &message)
    }

    /// An alias to a name outside the zone. R64
    pub(super) fn alias_outside_zone(
        target: &DnsName,
        rtype: RecordType,
        zone: &HostedZoneId,
    ) -> Self {
        let message = format!(
            "Tried to create an alias that targets {target}., type {rtype} in zone {zone}, but the alias target name \
             does not lie within the target zone"
        );
        Self::batch(&["R64"], &message)
    }

    /// Two resolver rules for one name in a VPC; the words are ours. R81
    pub(super) fn rule_of_same_domain(domain: &str, other: &str) -> Self {
        Self {
            code: "ResourceExistsException",
            message: format!(
                "The VPC is already associated with another resolver rule for the domain {domain}: {other}"
            ),
            rules: &["R81"],
        }
    }

    /// A VPC of another Region than the query logging configuration's; the words are those of the API's reference. R110
    pub(super) fn query_log_of_another_region() -> Self {
        Self {
            code: "InvalidParameterException",
            message: "The VPCs that you associate with a query logging configuration must be in the same Region as the \
                      configuration."
                .to_owned(),
            rules: &["R110"],
        }
    }

    /// Two query logging configurations of one kind of destination in a VPC; the words are ours. R110
    pub(super) fn query_log_of_same_kind(vpc: VpcId, kind: &str, other: &str) -> Self {
        Self {
            code: "ResourceExistsException",
            message: format!(
                "The VPC {vpc} is already associated with a query logging configuration whose destination is of the \
                 kind `{kind}`: {other}"
            ),
            rules: &["R110"],
        }
    }

    /// A priority of a rule group's association that is out of range. R105
    /// Source: hashicorp/terraform-provider-aws#43694.
    pub(super) fn reserved_priority() -> Self {
        Self {
            code: "ValidationException",
            message: "[RSLVR-00000] The priority value you provided is reserved. Provide a number between \"100\" and \
                      \"9900\"."
                .to_owned(),
            rules: &["R105"],
        }
    }

    /// A second association of a rule group with one VPC; the words are ours. R105
    pub(super) fn rule_group_associated_twice(group: FirewallRuleGroupId, vpc: VpcId) -> Self {
        Self {
            code: "ConflictException",
            message: format!(
                "The firewall rule group {group} is already associated with the VPC {vpc}"
            ),
            rules: &["R105"],
        }
    }

    /// A rule whose target is an inbound endpoint of the VPC itself: a loop. R93
    /// Source: aws-samples/aws-network-hub-for-terraform#26.
    pub(super) fn target_is_own_inbound_endpoint(rule: ResolverRuleId, vpc: VpcId) -> Self {
        Self {
            code: "InvalidRequestException",
            message: format!(
                "[RSLVR-00804] Cannot associate rule {rule} to VPC {vpc} because the VPC include an INBOUND resolver \
                 endpoints with rule's target IP. Please try a different rule or update rule's target IP."
            ),
            rules: &["R93"],
        }
    }

    /// A target that does not say which of the endpoint's protocols it speaks. R93
    /// Source: hashicorp/terraform-provider-aws#35733.
    pub(super) fn target_without_protocol() -> Self {
        Self {
            code: "InvalidRequestException",
            message: "[RSLVR-00726] Endpoint has more than 1 protocol. Add one of the endpoint protocol for rule \
                      creation"
                .to_owned(),
            rules: &["R93"],
        }
    }

    /// A flow log like another. Source: getmoto/moto#6369. N200
    pub(super) fn flow_log_already_exists() -> Self {
        Self {
            code: "FlowLogAlreadyExists",
            message: "Error. There is an existing Flow Log with the same configuration and log destination."
                .to_owned(),
            rules: &["N200"],
        }
    }

    /// A format of records that is none. Source: aws-cloudformation/rain#288. N211
    pub(super) fn log_format(text: &str) -> Self {
        Self {
            code: "InvalidRequest",
            message: format!(
                "1 validation error detected: Value '{text}' at 'logFormat' has an invalid format"
            ),
            rules: &["N211"],
        }
    }

    /// A network interface that is not there. N200
    pub(super) fn network_interface_not_found(id: &str) -> Self {
        Self {
            code: "InvalidNetworkInterfaceID.NotFound",
            message: format!("The networkInterface ID '{id}' does not exist"),
            rules: &["N200"],
        }
    }

    /// A record type that does not go with the address type; the words are ours. R43
    pub(super) fn record_type(addresses: IpAddressType, records: DnsRecordIpType) -> Self {
        let (addresses, records) = (addresses.as_str(), records.as_str());
        let message = format!(
            "`{records}` does not go with `ip_address_type: {addresses}`: expected `{addresses}`"
        );
        Self::invalid(&["R43"], message)
    }

    /// A state that the emulation cannot leave by this call.
    pub(super) fn incorrect_state(endpoint: VpcEndpointId, what: &str) -> Self {
        Self::invalid(&[], format!("The endpoint {endpoint} {what}"))
    }
}
