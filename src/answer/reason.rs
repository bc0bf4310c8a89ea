//! Why an answer is what it is, as data with rule ids.

use hickory_proto::rr::RecordType;

use crate::{
    catalog::Region,
    health::Impairment,
    model::{
        AzIx, ClientRoutingPolicy, DnsName, EndpointIx, EniIx, FirewallAction, FirewallRuleIx,
        HealthCheckIx, ImpairedAnswer, InstanceIx, ResolverRuleIx, RoutingPolicy, VpcIx,
    },
};

/// What DNSSEC validation makes of an answer. RFC 4035 §4.3, R100
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// Signed, down from a trusted key of the root.
    Secure,
    /// Not signed, and that is proven by those who are.
    Insecure,
    /// It should be signed and is not, or is signed wrongly: SERVFAIL. R134
    Bogus(Flaw),
}

/// What is wrong with a bogus answer, as far as it can be seen in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It has no signature.
    Unsigned,
    /// A signature in it has ended, or has not begun.
    OutOfDate,
    /// Anything else: signatures of other data, a key that nobody vouches for, a proof that is none.
    Broken,
}

/// One step on the way to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The VPC's `enable_dns_support` is off: no reply at all. R125
    DnsSupportOff(VpcIx),
    /// A private hosted zone of the VPC owns the name. R65
    HostedZone(DnsName),
    /// The hidden zone of an endpoint's private DNS owns the name. R45, R46
    HiddenZone {
        /// The zone's name.
        zone: DnsName,
        /// The endpoint.
        endpoint: EndpointIx,
    },
    /// It is a name of an endpoint, which is public. R30
    EndpointName {
        /// The endpoint.
        endpoint: EndpointIx,
        /// The AZ of a zonal name. R35
        availability_zone: Option<AzIx>,
    },
    /// The name has the form of an endpoint's name, or is in their zone, and does not exist. R128
    NoSuchEndpointName,
    /// A name above endpoint names, which holds nothing itself. R24
    EmptyNonTerminal,
    /// A rule of DNS Firewall matched a name. R105, R106
    Firewall(FirewallRuleIx, FirewallAction, DnsName),
    /// DNS Firewall does not answer in this VPC. R107
    FirewallSilent(VpcIx),
    /// A zone that Resolver defines by itself owns the name. R83, R84
    Autodefined(DnsName),
    /// It is the resource name of an instance. R111
    ResourceName(InstanceIx),
    /// It is the public name of an instance, or its public address backwards; and whether its private address is given. R116
    PublicInstanceName(InstanceIx, bool),
    /// A FORWARD rule of the VPC holds for the name: its targets are asked. R81, R82, R93
    ForwardRule(ResolverRuleIx),
    /// A private zone delegates this name; and the DELEGATE rule that leads to its name servers, if there is one. R70
    Delegation(DnsName, Option<ResolverRuleIx>),
    /// A FORWARD rule would send the question round in a circle. R93
    ForwardLoop(ResolverRuleIx),
    /// The targets of a FORWARD rule gave no usable answer. R93, R135
    TargetsFailed(ResolverRuleIx),
    /// No private zone owns the name; a canned public answer. R86
    CannedPublic,
    /// No private zone owns the name; a canned public address of an AWS service. R130
    PublicService,
    /// It is in the domain of some Region's private names of instances, which no zone of the asker's has: it does not exist. R114
    NoSuchInternalName,
    /// No private zone owns the name, and the topology says that the delegation of this domain is broken. R137
    BrokenDelegation(DnsName),
    /// No private zone owns the name; a recursive resolver is asked. R86
    Upstream,
    /// What DNSSEC validation made of what the recursive resolver said. R100, R134
    Validated(Validation),
    /// An alias record led to an endpoint. R64
    Alias(EndpointIx),
    /// An alias record led to another name of its zone. R64
    AliasRecord(DnsName),
    /// A routing policy chose a record. R71, R73
    RoutingPolicy {
        /// The policy, with what it knows of the record.
        policy: RoutingPolicy,
        /// The record's.
        set_identifier: Box<str>,
    },
    /// A record was left out: its health check, or what it is an alias of, is unhealthy. R72, R73
    Unhealthy {
        /// The record's.
        set_identifier: Box<str>,
        /// Its health check, if that is why.
        check: Option<HealthCheckIx>,
    },
    /// No record is healthy, so that all are taken to be. R73
    NoneHealthy,
    /// No geolocation record is for askers in this Region. R73
    NoGeolocation(Region),
    /// A wildcard of the zone stands for the name. R67
    Wildcard(DnsName),
    /// A network interface was left out of the answer. R36
    LeftOut(EniIx, Impairment),
    /// A network interface is impaired and its address is given all the same. R36, R37
    KeptImpaired(EniIx, Impairment),
    /// Nothing healthy is left. R37
    AllImpaired(ImpairedAnswer),
    /// The zonal name's only address is impaired. R36
    ZonalImpaired(ImpairedAnswer),
    /// The endpoint's `client_routing_policy` picked by the asker's AZ. R34
    Routing(ClientRoutingPolicy, AzIx),
    /// A CNAME was followed; its target is evaluated from the beginning. R6
    Cname(DnsName),
    /// The chain of CNAMEs is longer than `MAX_CNAME_CHAIN`, or a loop.
    CnameChainTooLong,
    /// The name exists without this type. R127
    NoData(RecordType),
    /// The name does not exist in the zone that owns it.
    NameError(DnsName),
    /// The zone is private, so no other zone is asked for what it lacks. R66, R126
    NoFallThrough,
    /// The answer was in the cache of the asker's VPC Resolver; its TTL counts down. R40, R87
    Cached,
    /// The SOA of a negative answer from the cache is left out: `cached_negative_soa`. R89
    SoaLeftOut,
    /// AAAA records were made from A records for an asker in a DNS64 subnet. R102
    Dns64,
}

impl Reason {
    /// The rules it rests on.
    #[must_use]
    pub fn rules(&self) -> &'static [&'static str] {
        match self {
            Self::DnsSupportOff(_) => &["R125"],
            Self::HostedZone(_) => &["R65"],
            Self::HiddenZone { .. } => &["R45", "R46"],
            Self::EndpointName { availability_zone: None, .. } => &["R30", "R31"],
            Self::EndpointName { availability_zone: Some(_), .. } => &["R30", "R35"],
            Self::NoSuchEndpointName => &["R128"],
            Self::EmptyNonTerminal => &["R24"],
            Self::Firewall(_, FirewallAction::Block, _) => &["R105", "R106", "R131"],
            Self::Firewall(..) => &["R105", "R106"],
            Self::FirewallSilent(_) => &["R107", "R132"],
            Self::Autodefined(_) => &["R83", "R84"],
            Self::ResourceName(_) => &["R111"],
            Self::PublicInstanceName(..) => &["R116"],
            Self::ForwardRule(_) => &["R81", "R82", "R93"],
            Self::Delegation(..) => &["R70"],
            Self::ForwardLoop(_) => &["R93"],
            Self::TargetsFailed(_) => &["R93", "R135"],
            Self::CannedPublic | Self::Upstream => &["R86"],
            Self::BrokenDelegation(_) => &["R137"],
            Self::NoSuchInternalName => &["R114"],
            Self::PublicService => &["R130"],
            Self::Alias(_) | Self::AliasRecord(_) => &["R64"],
            Self::RoutingPolicy { .. } => &["R71", "R73"],
            Self::Unhealthy { .. } => &["R72", "R73"],
            Self::NoneHealthy | Self::NoGeolocation(_) => &["R73"],
            Self::Validated(Validation::Bogus(_)) => &["R100", "R134"],
            Self::Validated(Validation::Secure | Validation::Insecure) => &["R100"],
            Self::Wildcard(_) => &["R67"],
            Self::LeftOut(..) => &["R31", "R36"],
            Self::KeptImpaired(..) | Self::ZonalImpaired(_) => &["R36"],
            Self::AllImpaired(_) => &["R37"],
            Self::Routing(..) => &["R34"],
            Self::Cname(_) | Self::CnameChainTooLong => &["R6"],
            Self::NoData(_) => &["R127"],
            Self::NameError(_) => &[],
            Self::NoFallThrough => &["R66", "R126"],
            Self::Cached => &["R40", "R87"],
            Self::SoaLeftOut => &["R89"],
            Self::Dns64 => &["R102"],
        }
    }
}
