//! DNS Firewall: domain lists, and rule groups, which say what becomes of queries for the domains in them.

use hickory_proto::rr::{Name, RecordType};

use super::{
    DnsName, FirewallDomainListId, FirewallDomainListIx, FirewallRuleGroupId, FirewallRuleGroupIx,
    VpcIx,
};

/// The priorities that rule groups can be associated with a VPC at.
/// Source: API, `AssociateFirewallRuleGroup`: "a number between 100 and 9900"; both ends are reserved.
pub const ASSOCIATION_PRIORITIES: std::ops::RangeInclusive<u32> = 101..=9899;

/// Longest domain specification, in characters. R108
pub const MAX_DOMAIN_CHARACTERS: usize = 255;

/// TTL of the CNAME of a rule that overrides and gives none, in seconds. R106
pub const OVERRIDE_TTL: u32 = 0;

/// A list of domains that rules refer to. R108
#[derive(Clone, Debug)]
pub struct FirewallDomainList {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: FirewallDomainListId,
    /// Its domains.
    pub domains: Vec<FirewallDomain>,
}

/// Names that a domain specification stands for. R108
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FirewallDomain {
    /// `example.com`: this name alone.
    Exact(DnsName),
    /// `*.example.com`: every name below this one. `*` is every name below the root, and the root.
    Below(DnsName),
}

/// A rule group and the VPCs it is associated with. R105
#[derive(Clone, Debug)]
pub struct FirewallRuleGroup {
    /// The user's name for it.
    pub name: Box<str>,
    /// Its id.
    pub id: FirewallRuleGroupId,
    /// The VPCs, each with the group's priority there; lower ones come first.
    pub associations: Vec<(VpcIx, u32)>,
}

/// A rule of a rule group. R105
#[derive(Clone, Debug)]
pub struct FirewallRule {
    /// The user's name for it in its group.
    pub name: Box<str>,
    /// Its group.
    pub group: FirewallRuleGroupIx,
    /// Its place in the group: lower ones come first.
    pub priority: u32,
    /// The names it is for.
    pub domain_list: FirewallDomainListIx,
    /// The type of queries it is for; all where none is given.
    pub q_type: Option<RecordType>,
    /// What becomes of such queries.
    pub action: FirewallRuleAction,
    /// Which names of a CNAME chain it looks at.
    pub redirection: FirewallRedirection,
}

/// What a rule does with the queries that it matches. R106
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirewallRuleAction {
    /// They pass.
    Allow,
    /// They pass, and the query log says so.
    Alert,
    /// They are answered by the firewall.
    Block(FirewallBlockResponse),
}

impl FirewallRuleAction {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> FirewallAction {
        match self {
            Self::Allow => FirewallAction::Allow,
            Self::Alert => FirewallAction::Alert,
            Self::Block(_) => FirewallAction::Block,
        }
    }
}

/// The kind of a rule's action, the weaker first. R106
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FirewallAction {
    /// The query passes.
    Allow,
    /// It passes and is reported.
    Alert,
    /// It is answered by the firewall.
    Block,
}

impl FirewallAction {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Alert => "ALERT",
            Self::Block => "BLOCK",
        }
    }
}

/// The answer to a blocked query. R106
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirewallBlockResponse {
    /// The name has no records of the type.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// A CNAME.
    Override {
        /// Where it leads.
        domain: Name,
        /// Its TTL in seconds.
        ttl: u32,
    },
}

/// Which names of a CNAME chain a rule looks at. R108
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirewallRedirection {
    /// All of them.
    Inspect,
    /// The first, the QNAME; when it matches, no rule looks at the others.
    Trust,
}
