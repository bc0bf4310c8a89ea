//! Explanation codes: Reachability Analyzer's, and ours, which begin with `EMU_`. N167, N284, N286

macro_rules! codes {
    ($($name:ident $code:literal $rule:literal $text:literal;)*) => {
        /// Why a packet goes no further.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $text] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The rule that says so.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$name => $rule,)* }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

// the sentences are ours but for the four that N286 quotes
codes! {
    BadState "BAD_STATE" "N160"
        "The component is not in a state in which it forwards.";
    BadStateRoute "BAD_STATE_ROUTE" "N18"
        "The route that takes the destination is a blackhole: its target is not there.";
    EniAddressRestriction "ENI_ADDRESS_RESTRICTION" "N160"
        "The network interface has no address of the destination's family.";
    EniSgRulesMismatch "ENI_SG_RULES_MISMATCH" "N110"
        "This security group has no inbound or outbound rules that apply.";
    EniSourceDestCheckRestriction "ENI_SOURCE_DEST_CHECK_RESTRICTION" "N43"
        "The network interface drops what is not addressed to or from it.";
    HigherPriorityRoute "HIGHER_PRIORITY_ROUTE" "N284"
        "A route to the same block comes before this one.";
    IgwDestinationNotInRfc1918Egress "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS" "N31"
        "An internet gateway drops what goes to a private address.";
    IgwDestinationNotInRfc6598Egress "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS" "N31"
        "An internet gateway drops what goes to the shared address space.";
    IgwPrivateIpAssociationForIngress "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS" "N31"
        "No network interface behind an internet gateway has this address as its public one.";
    IgwPublicIpAssociationForEgress "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS" "N30"
        "An internet gateway forwards only what comes from an address with a public IP address.";
    IgwSourceNotInRfc1918Ingress "IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS" "N31"
        "An internet gateway drops what comes from a private address.";
    IgwSourceNotInRfc6598Ingress "IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS" "N31"
        "An internet gateway drops what comes from the shared address space.";
    MoreSpecificRoute "MORE_SPECIFIC_ROUTE" "N284"
        "A route to a smaller block takes the destination before this one.";
    NgwRequiresSourceInVpc "NGW_REQUIRES_SOURCE_IN_VPC" "N38"
        "A NAT gateway takes packets from its own VPC alone.";
    NoPossibleDestination "NO_POSSIBLE_DESTINATION" "N160"
        "Nothing has the destination address.";
    NoRouteToDestination "NO_ROUTE_TO_DESTINATION" "N160"
        "The route table does not have an applicable route to the destination resource.";
    PcxRequiresAddressInVpcCidr "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR" "N141"
        "Traffic can traverse this peering connection only if the destination or source address is within the CIDR block of the destination VPC.";
    ProtocolRestriction "PROTOCOL_RESTRICTION" "N160"
        "The component does not take this protocol.";
    SgHasNoRules "SG_HAS_NO_RULES" "N110"
        "The security groups have no rules in this direction.";
    SgReferencesNotPreserved "SG_REFERENCES_NOT_PRESERVED" "N106"
        "A rule names the security group of the other side, which a middlebox on the way hides.";
    SubnetAclRestriction "SUBNET_ACL_RESTRICTION" "N127"
        "The network ACL of the subnet denies it.";
    UnknownDestination "UNKNOWN_DESTINATION" "N22"
        "What is behind it is not part of the model.";
    UnknownPeeredSgs "UNKNOWN_PEERED_SGS" "N106"
        "A rule names the security group of the other side, which is not in a VPC of this Region that is peered.";
    VpcBlockPublicAccessEnabled "VPC_BLOCK_PUBLIC_ACCESS_ENABLED" "N42"
        "VPC Block Public Access keeps the VPC and the internet apart here.";
    VpceGatewayProtocolRestriction "VPCE_GATEWAY_PROTOCOL_RESTRICTION" "N55"
        "A gateway endpoint takes TCP and ICMP echo alone.";
    VpceIntraVpcTraffic "VPCE_INTRA_VPC_TRAFFIC" "N72"
        "A VPC endpoint can't initiate connections to resources in the same VPC where it is deployed.";
    AzImpaired "EMU_AZ_IMPAIRED" "N76"
        "It is in an Availability Zone, subnet or network interface that is impaired.";
    Compat2021 "EMU_COMPAT_2021" "N2"
        "In 2021 an interface endpoint took TCP over IPv4 alone.";
    DnsSupportOff "EMU_DNS_SUPPORT_OFF" "R125"
        "The VPC Resolver answers nobody in a VPC whose `enable_dns_support` is off.";
    EigwIngressNotAllowed "EMU_EIGW_INGRESS_NOT_ALLOWED" "N34"
        "An egress-only internet gateway lets in only replies of what went out through it.";
    EigwIpv4 "EMU_EIGW_IPV4" "N36"
        "An egress-only internet gateway takes IPv6 alone.";
    EndpointMtu "EMU_ENDPOINT_MTU" "N77"
        "An interface endpoint drops packets of more than 8500 octets, and nothing says so to whoever sent them.";
    IdleTimeout "EMU_IDLE_TIMEOUT" "N103"
        "Nothing was sent for so long that the connection is no longer tracked.";
    NatIdleTimeout "EMU_NAT_IDLE_TIMEOUT" "N39"
        "Nothing was sent for 350 seconds, and the NAT gateway has forgotten the connection: whoever sends next from behind it gets a RST.";
    NatNoSession "EMU_NAT_NO_SESSION" "N38"
        "A NAT gateway lets in only replies of what went out through it.";
    OutsideTheTopology "EMU_OUTSIDE_THE_TOPOLOGY" "N164"
        "Nothing in the topology has this address: what goes there from the internet comes through no network that is modelled.";
    PeeringMtu "EMU_PEERING_MTU" "N148"
        "The packet is larger than what a peering connection between two Regions carries.";
    ReplyMisrouted "EMU_REPLY_MISROUTED" "N145"
        "The reply does not come back to where the flow began.";
    RoutingLoop "EMU_ROUTING_LOOP" "N160"
        "Routes send the packet round in a circle.";
}
