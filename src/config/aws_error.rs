//! AWS's refusals, in AWS's words.

use thiserror::Error;

use crate::model::{
    DnsRecordIpType, IpAddressType, ResolverRuleId, SubnetId, VpcEndpointId, VpcId,
    VpcPeeringConnectionId,
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
