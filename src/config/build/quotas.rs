//! Quotas: how many of a thing AWS lets an account have. N25, N60, N78, N108, N126, N149
//!
//! What is more than a quota is warned of at the first that is too many, in AWS's words: a person may have asked for a higher
//! one, which `quotas` of the file says. What is more than any account gets is warned of once more, and no error either: AWS
//! raises these numbers from time to time, and a network that was read from an account must be a valid one.
//!
//! Sources of numbers: Amazon VPC User Guide, "Amazon VPC quotas"; AWS `PrivateLink` guide, "AWS PrivateLink quotas"; Amazon VPC
//! Peering Guide, "Quotas". Sources of words: at each.

use super::{Builder, Map};
use crate::{
    catalog::Region,
    config::{Finding, at::At, spec::QuotasSpec},
    model::{PrefixListIx, VpcIx},
};

/// What the rules of a security group and the groups of a network interface may multiply to. N108
const RULES_OF_AN_INTERFACE: u32 = 1_000;

/// Most gateway endpoints of a VPC, whatever the quota of the Region is. N60
const GATEWAY_ENDPOINTS_OF_A_VPC: u32 = 255;

/// A quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Quota {
    /// Gateway endpoints of a Region. N60
    GatewayEndpoints,
    /// Interface and Gateway Load Balancer endpoints of a VPC. N78
    InterfaceEndpoints,
    /// Rules of a security group, each way and of each family. N108
    GroupRules,
    /// Security groups of a network interface. N108
    GroupsOfAnInterface,
    /// Rules of a network ACL, each way and of each family. N126
    AclRules,
    /// Routes of a table, of each family. N25
    Routes,
    /// Active peering connections of a VPC. N149
    ActivePeerings,
    /// Peering connections of a Region that wait for an answer. N149
    OutstandingPeerings,
}

impl Quota {
    const ALL: [Self; 8] = [
        Self::GatewayEndpoints,
        Self::InterfaceEndpoints,
        Self::GroupRules,
        Self::GroupsOfAnInterface,
        Self::AclRules,
        Self::Routes,
        Self::ActivePeerings,
        Self::OutstandingPeerings,
    ];

    /// Its key in the file.
    fn key(self) -> &'static str {
        match self {
            Self::GatewayEndpoints => "gateway_vpc_endpoints_per_region",
            Self::InterfaceEndpoints => "interface_vpc_endpoints_per_vpc",
            Self::GroupRules => "inbound_or_outbound_rules_per_security_group",
            Self::GroupsOfAnInterface => "security_groups_per_network_interface",
            Self::AclRules => "rules_per_network_acl",
            Self::Routes => "routes_per_route_table",
            Self::ActivePeerings => "active_vpc_peering_connections_per_vpc",
            Self::OutstandingPeerings => "outstanding_vpc_peering_connection_requests",
        }
    }

    /// What an account has that did not ask for more, and what it can get, where AWS says so.
    fn default_and_most(self) -> (u32, Option<u32>) {
        match self {
            Self::GatewayEndpoints => (20, None),
            Self::InterfaceEndpoints => (50, None),
            Self::GroupRules => (60, None),
            Self::GroupsOfAnInterface => (5, Some(16)),
            Self::AclRules => (20, Some(40)),
            Self::Routes => (500, Some(1_000)),
            Self::ActivePeerings => (50, Some(125)),
            Self::OutstandingPeerings => (25, None),
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::GatewayEndpoints => "N60",
            Self::InterfaceEndpoints => "N78",
            Self::GroupRules | Self::GroupsOfAnInterface => "N108",
            Self::AclRules => "N126",
            Self::Routes => "N25",
            Self::ActivePeerings | Self::OutstandingPeerings => "N149",
        }
    }

    /// AWS's error code and text. The last three texts are those of EC2's list of error codes.
    fn error(self) -> (&'static str, &'static str) {
        match self {
            // seen of endpoints of both kinds
            Self::GatewayEndpoints | Self::InterfaceEndpoints => (
                "VpcEndpointLimitExceeded",
                "The maximum number of VPC endpoints has been reached.",
            ),
            // aws-samples/aws-cloudfront-samples#53
            Self::GroupRules => (
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            ),
            // kubernetes-sigs/aws-load-balancer-controller#682
            Self::GroupsOfAnInterface => (
                "SecurityGroupsPerInterfaceLimitExceeded",
                "The maximum number of security groups per interface has been reached.",
            ),
            // cisagov/cool-assessment-terraform#288
            Self::AclRules => (
                "NetworkAclEntryLimitExceeded",
                "The maximum number of network acl entries has been reached.",
            ),
            Self::Routes => (
                "RouteLimitExceeded",
                "You've reached the limit on the number of routes that you can add to a route table.",
            ),
            Self::ActivePeerings => (
                "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
                "You've reached the limit on the number of active VPC peering connections you can have for the \
                 specified VPC.",
            ),
            Self::OutstandingPeerings => (
                "OutstandingVpcPeeringConnectionLimitExceeded",
                "You've reached the limit on the number of VPC peering connection requests that you can create for \
                 the specified VPC.",
            ),
        }
    }

    /// AWS's error, as a warning at a place.
    fn finding(self, path: &At<'_>, help: String) -> Finding {
        let (code, text) = self.error();
        Finding::warning(path, text).at_key().rule(code).rule(self.rule()).help(help)
    }
}

/// What something is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Region(Region),
    Vpc(VpcIx),
}

/// The quotas of the file, and what was counted so far.
#[derive(Default)]
pub(super) struct Quotas {
    given: Map<Quota, u32>,
    counts: Map<(Quota, Of), u32>,
}

/// Entries of each family, which have a quota each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entries {
    pub(super) ipv4: u32,
    pub(super) ipv6: u32,
}

impl Entries {
    /// So many of both families. A rule that refers to a security group or a prefix list counts in both. N25, N108
    pub(super) fn both(count: u32) -> Self {
        Self { ipv4: count, ipv6: count }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            ipv4: self.ipv4.saturating_add(other.ipv4),
            ipv6: self.ipv6.saturating_add(other.ipv6),
        }
    }
}

/// A number of entries of a file.
pub(super) fn count(entries: usize) -> u32 {
    u32::try_from(entries).unwrap_or(u32::MAX)
}

impl Builder {
    /// The quotas of the file.
    pub(super) fn quotas(&mut self, spec: &QuotasSpec) {
        let QuotasSpec {
            gateway_vpc_endpoints_per_region,
            interface_vpc_endpoints_per_vpc,
            inbound_or_outbound_rules_per_security_group,
            security_groups_per_network_interface,
            rules_per_network_acl,
            routes_per_route_table,
            active_vpc_peering_connections_per_vpc,
            outstanding_vpc_peering_connection_requests,
        } = spec;
        let given = [
            gateway_vpc_endpoints_per_region,
            interface_vpc_endpoints_per_vpc,
            inbound_or_outbound_rules_per_security_group,
            security_groups_per_network_interface,
            rules_per_network_acl,
            routes_per_route_table,
            active_vpc_peering_connections_per_vpc,
            outstanding_vpc_peering_connection_requests,
        ];
        let root = At::ROOT;
        let root = root.key("quotas");
        for (quota, given) in Quota::ALL.into_iter().zip(given) {
            let Some(given) = *given else { continue };
            let (_, most) = quota.default_and_most();
            if let Some(most) = most.filter(|most| given > *most) {
                let message = format!("`{given}` is more than AWS gives: {most} at most");
                self.error(Finding::error(root.key(quota.key()), message).rule(quota.rule()));
            }
            self.quotas.given.insert(quota, most.map_or(given, |most| most.min(given)));
        }
        let (rules, groups) =
            (self.quota(Quota::GroupRules), self.quota(Quota::GroupsOfAnInterface));
        if rules.saturating_mul(groups) > RULES_OF_AN_INTERFACE {
            let message = format!(
                "{rules} rules of a security group and {groups} security groups of a network interface multiply to \
                 more than {RULES_OF_AN_INTERFACE}"
            );
            let blamed = [Quota::GroupRules, Quota::GroupsOfAnInterface]
                .into_iter()
                .find(|quota| self.quotas.given.contains_key(quota));
            let blamed = blamed.unwrap_or(Quota::GroupRules);
            self.error(Finding::error(root.key(blamed.key()), message).rule(blamed.rule()));
        }
    }

    fn quota(&self, quota: Quota) -> u32 {
        self.quotas.given.get(&quota).copied().unwrap_or_else(|| quota.default_and_most().0)
    }

    /// How many entries a prefix list counts for where something refers to it. N25
    pub(super) fn weight(&self, list: PrefixListIx) -> u32 {
        self.model[list].weight
    }

    /// Counts one more, which stands here.
    pub(super) fn one_more(&mut self, quota: Quota, of: Of, path: &At<'_>) {
        let count = self.quotas.counts.entry((quota, of)).or_default();
        *count = count.saturating_add(1);
        let count = *count;
        // most are not: nobody needs words for them
        if count > self.quota(quota) {
            let place = match of {
                Of::Region(region) => format!(" in {region}"),
                Of::Vpc(vpc) => format!(" of VPC `{}`", self.model[vpc].name),
            };
            self.check(quota, &[(count.saturating_sub(1), count, &place)], path);
        }
    }

    /// Counts one more gateway endpoint, of which a VPC has a number of its own. N60
    pub(super) fn one_more_gateway_endpoint(&mut self, vpc: VpcIx, path: &At<'_>) {
        self.one_more(Quota::GatewayEndpoints, Of::Region(self.model[vpc].region), path);
        // without this one, which is not in the model yet
        if count(self.model[vpc].gateway_endpoints.len()) == GATEWAY_ENDPOINTS_OF_A_VPC {
            let help = format!("a VPC has {GATEWAY_ENDPOINTS_OF_A_VPC} gateway endpoints at most");
            self.error(Quota::GatewayEndpoints.finding(path, help));
        }
    }

    /// How many security groups an interface has. N108
    pub(super) fn check_groups_of_an_interface(&mut self, path: &At<'_>, groups: usize) {
        for (at, before) in (0..groups).zip(0_u32..) {
            let path = path.item("security_groups", at);
            self.check(
                Quota::GroupsOfAnInterface,
                &[(before, before.saturating_add(1), "")],
                &path,
            );
        }
    }

    /// Looks at what is counted for each family.
    pub(super) fn check_quotas(
        &mut self,
        quota: Quota,
        before: Entries,
        after: Entries,
        path: &At<'_>,
    ) {
        let families =
            [(before.ipv4, after.ipv4, " for IPv4"), (before.ipv6, after.ipv6, " for IPv6")];
        self.check(quota, &families, path);
    }

    /// Says that what stands here makes more than a quota, if it was not more before: of each count, how many there were, how many
    /// there are, and of what.
    fn check(&mut self, quota: Quota, counts: &[(u32, u32, &str)], path: &At<'_>) {
        let limit = self.quota(quota);
        let over = |limit: u32| {
            let over =
                counts.iter().filter(move |(before, after, _)| *before <= limit && *after > limit);
            let texts: Vec<String> = over.map(|(_, after, of)| format!("{after}{of}")).collect();
            (!texts.is_empty()).then(|| texts.join(" and "))
        };
        let (_, most) = quota.default_and_most();
        if let Some(most) = most
            && let Some(over) = over(most)
        {
            let help = format!("{over} with this one, and an account gets {most} at most");
            self.error(quota.finding(path, help));
        } else if let Some(over) = over(limit) {
            let key = quota.key();
            let help = format!(
                "{over} with this one; the quota is {limit}: `{key}` of `quotas` says what the account has"
            );
            self.error(quota.finding(path, help));
        }
    }
}
