//! Policies: documents of the IAM policy language, read and checked, and the buckets that have them. N250–N256

use super::AccountId;
use crate::catalog::Region;

/// Longest policy of an endpoint, in characters, white space included. N78
pub const MAX_POLICY_CHARACTERS: usize = 20_480;

/// Longest policy of a bucket, in bytes: 20 KB.
/// Source: S3 User Guide, "Bucket policies for Amazon S3".
pub const MAX_BUCKET_POLICY_BYTES: usize = 20_480;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// As it was given, as JSON text.
    pub text: Box<str>,
    /// Its version; what has none is of 2008. N251
    pub version: PolicyVersion,
    /// Its statements, in its order.
    pub statements: Vec<PolicyStatement>,
}

/// The versions of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyVersion {
    /// `${…}` stands for itself. N251
    V2008,
    /// `${…}` is a policy variable.
    V2012,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStatement {
    /// Its `Sid`.
    pub sid: Option<Box<str>>,
    /// What it does where it applies.
    pub effect: PolicyEffect,
    /// `Principal` or `NotPrincipal`; policies of identities have neither. N252
    pub principal: Option<Choice<PolicyPrincipal>>,
    /// `Action` or `NotAction`. N253
    pub action: Choice<Box<str>>,
    /// `Resource` or `NotResource`. N253
    pub resource: Choice<Box<str>>,
    /// `Condition`: one entry an operator and key, all of which must hold. N254
    pub conditions: Vec<PolicyCondition>,
}

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyEffect {
    /// Allows.
    Allow,
    /// Denies, whatever else allows.
    Deny,
}

impl PolicyEffect {
    /// The policy language's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// The two ways to name things: these, or all but these. N253
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<T> {
    /// `Action`, `Resource`, `Principal`.
    These(Vec<T>),
    /// `NotAction`, `NotResource`, `NotPrincipal`.
    AllBut(Vec<T>),
}

/// Whom a statement is about. N252
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPrincipal {
    /// `*`, with or without `AWS`.
    Everyone,
    /// An account, by its twelve digits or as `arn:aws:iam::123456789012:root`.
    Account(Box<str>),
    /// The ARN of a user, a role or a session.
    Arn(Box<str>),
    /// A service, such as `logging.s3.amazonaws.com`.
    Service(Box<str>),
    /// Somebody of another kind (`Federated`, `CanonicalUser`), whom no request of ours is made by.
    Other(Box<str>),
}

/// An operator and key with the values that are tried. N254
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCondition {
    /// How several values of a request count.
    pub qualifier: Option<SetQualifier>,
    /// The comparison.
    pub operator: ConditionOperator,
    /// Whether a request without the key fulfils it: `…IfExists`.
    pub if_exists: bool,
    /// The key, as it was written.
    pub key: Box<str>,
    /// The values.
    pub values: Vec<Box<str>>,
}

impl PolicyCondition {
    /// The operator as it is written in a policy.
    #[must_use]
    pub fn operator_text(&self) -> String {
        let qualifier = match self.qualifier {
            Some(SetQualifier::ForAllValues) => "ForAllValues:",
            Some(SetQualifier::ForAnyValue) => "ForAnyValue:",
            None => "",
        };
        let if_exists = if self.if_exists { "IfExists" } else { "" };
        format!("{qualifier}{}{if_exists}", self.operator.name)
    }
}

/// How the values that a request has for a key count together. N254
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetQualifier {
    /// Each must match; none is enough.
    ForAllValues,
    /// One must match.
    ForAnyValue,
}

/// An operator of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionOperator {
    /// The policy language's name for it.
    pub name: &'static str,
    /// What it compares.
    pub comparison: Comparison,
    /// Whether it holds where the comparison does not.
    pub negated: bool,
}

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Texts, letter by letter.
    Text,
    /// Texts, whatever their case.
    TextIgnoringCase,
    /// Texts, with `*` and `?`.
    TextLike,
    /// Numbers.
    Number(Relation),
    /// Dates.
    Date(Relation),
    /// `true` and `false`.
    Bool,
    /// Base64.
    Binary,
    /// Addresses and blocks of addresses.
    IpAddress,
    /// ARNs, part by part, with `*` and `?`.
    Arn,
    /// Whether the key is absent.
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Equal,
    /// Below it.
    Less,
    /// Below it or the same.
    LessOrEqual,
    /// Above it.
    Greater,
    /// Above it or the same.
    GreaterOrEqual,
}

const fn operator(name: &'static str, comparison: Comparison, negated: bool) -> ConditionOperator {
    ConditionOperator { name, comparison, negated }
}

impl ConditionOperator {
    /// Every operator.
    /// Source: rule N254.
    pub const ALL: [Self; 27] = [
        operator("StringEquals", Comparison::Text, false),
        operator("StringNotEquals", Comparison::Text, true),
        operator("StringEqualsIgnoreCase", Comparison::TextIgnoringCase, false),
        operator("StringNotEqualsIgnoreCase", Comparison::TextIgnoringCase, true),
        operator("StringLike", Comparison::TextLike, false),
        operator("StringNotLike", Comparison::TextLike, true),
        operator("NumericEquals", Comparison::Number(Relation::Equal), false),
        operator("NumericNotEquals", Comparison::Number(Relation::Equal), true),
        operator("NumericLessThan", Comparison::Number(Relation::Less), false),
        operator("NumericLessThanEquals", Comparison::Number(Relation::LessOrEqual), false),
        operator("NumericGreaterThan", Comparison::Number(Relation::Greater), false),
        operator("NumericGreaterThanEquals", Comparison::Number(Relation::GreaterOrEqual), false),
        operator("DateEquals", Comparison::Date(Relation::Equal), false),
        operator("DateNotEquals", Comparison::Date(Relation::Equal), true),
        operator("DateLessThan", Comparison::Date(Relation::Less), false),
        operator("DateLessThanEquals", Comparison::Date(Relation::LessOrEqual), false),
        operator("DateGreaterThan", Comparison::Date(Relation::Greater), false),
        operator("DateGreaterThanEquals", Comparison::Date(Relation::GreaterOrEqual), false),
        operator("Bool", Comparison::Bool, false),
        operator("BinaryEquals", Comparison::Binary, false),
        operator("IpAddress", Comparison::IpAddress, false),
        operator("NotIpAddress", Comparison::IpAddress, true),
        operator("ArnEquals", Comparison::Arn, false),
        operator("ArnLike", Comparison::Arn, false),
        operator("ArnNotEquals", Comparison::Arn, true),
        operator("ArnNotLike", Comparison::Arn, true),
        operator("Null", Comparison::Null, false),
    ];
}

/// A bucket of S3, as far as its policy goes. N59
#[derive(Clone, Debug)]
pub struct S3Bucket {
    /// Its name.
    pub name: Box<str>,
    /// Its Region.
    pub region: Region,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// Its bucket policy.
    pub policy: Option<PolicyDocument>,
}
