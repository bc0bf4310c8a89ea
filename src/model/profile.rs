//! Route 53 Profiles: a set of DNS settings that several VPCs share. R104

use super::{EndpointIx, FirewallRuleGroupIx, ProfileId, QueryLogConfigIx, ResolverRuleIx, VpcIx};

/// A Profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: ProfileId,
    /// Its private hosted zones, by their places in `Model::hosted_zones`.
    pub hosted_zones: Vec<usize>,
    /// Its resolver rules.
    pub resolver_rules: Vec<ResolverRuleIx>,
    /// Its interface endpoints: their private names resolve in all its VPCs.
    pub vpc_endpoints: Vec<EndpointIx>,
    /// Its query logging configurations: queries of all its VPCs go there. R110
    pub resolver_query_log_configs: Vec<QueryLogConfigIx>,
    /// Its rule groups of DNS Firewall, each with its priority in the Profile; lower ones come first. R105
    pub firewall_rule_groups: Vec<(FirewallRuleGroupIx, u32)>,
    /// The VPCs it is associated with, and the priority of each association: the lowest counts first.
    pub vpcs: Vec<(VpcIx, u16)>,
}
