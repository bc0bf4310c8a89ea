//! One policy and a request: which statement decides, and why the others do not. N250, N253

use std::borrow::Cow;

use super::{
    RequestContext, Requester,
    compare::{ARN_PARTS, arn_parts},
    condition::holds,
    pattern::{Case, Pattern, Wildcards},
    principal::{Named, named},
};
use crate::model::{Choice, PolicyDocument, PolicyEffect, PolicyStatement};

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who.
    pub requester: Requester,
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// The ARN of what it is done to.
    pub resource: String,
    /// What else the request says of itself.
    pub context: RequestContext,
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it.
    Allowed {
        /// The statement, from 0.
        statement: usize,
        /// Whether it names the requester by its account alone, so that policies of the account have to allow it too.
        by_account: bool,
    },
    /// A statement denies it.
    Denied {
        /// The statement, from 0.
        statement: usize,
    },
    /// No statement applies: denied, unless another policy is enough.
    Silent,
}

/// What of a statement does not fit a request; the first that does not, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It is about others.
    Principal,
    /// It is about other actions.
    Action,
    /// It is about other resources.
    Resource,
    /// This condition, from 0, does not hold.
    Condition(usize),
}

/// What became of a request in one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// What it says.
    pub verdict: Verdict,
    /// Of each statement what does not fit; nothing where the statement applies.
    pub misfits: Vec<Option<Misfit>>,
}

/// Evaluates a policy. In the policy of a gateway endpoint an account stands for its root user. N252
#[must_use]
pub fn evaluate(policy: &PolicyDocument, request: &Request, gateway: bool) -> Evaluation {
    let mut verdict = Verdict::Silent;
    let mut misfits = Vec::with_capacity(policy.statements.len());
    for (statement, of) in policy.statements.iter().enumerate() {
        let applies = applies(policy, of, request, gateway);
        misfits.push(applies.err());
        let Ok(named) = applies else { continue };
        let by_account = named == Named::ByAccount;
        verdict = match (of.effect, verdict) {
            (_, Verdict::Denied { .. }) => verdict,
            (PolicyEffect::Deny, _) => Verdict::Denied { statement },
            // whoever is allowed by name needs nothing else
            (PolicyEffect::Allow, Verdict::Allowed { by_account: true, .. }) if !by_account => {
                Verdict::Allowed { statement, by_account }
            }
            (PolicyEffect::Allow, Verdict::Allowed { .. }) => verdict,
            (PolicyEffect::Allow, Verdict::Silent) => Verdict::Allowed { statement, by_account },
        };
    }
    Evaluation { verdict, misfits }
}

fn applies(
    policy: &PolicyDocument,
    statement: &PolicyStatement,
    request: &Request,
    gateway: bool,
) -> Result<Named, Misfit> {
    let PolicyStatement { principal, action, resource, conditions, .. } = statement;
    let Request { requester, action: wanted, resource: arn, context } = request;
    let named = match principal {
        Some(principal) => named(principal, requester, statement.effect, gateway),
        None => Named::Itself,
    };
    if named == Named::No {
        return Err(Misfit::Principal);
    }
    let of_action = |text: &str| Pattern::plain(text).matches(wanted, Case::Ignored);
    let of_action = match action {
        Choice::These(these) => these.iter().any(|text| of_action(text)),
        Choice::AllBut(these) => !these.iter().any(|text| of_action(text)),
    };
    if !of_action {
        return Err(Misfit::Action);
    }
    // with a variable without a value it is no resource's, in `NotResource` too.
    // Source: IAM User Guide, "IAM policy elements: Variables and tags", of policy variables with no value
    let of_arn = |text: &str| {
        let whole = complete(text);
        let pattern = Pattern::expand(&whole, policy.version, Wildcards::Stand, context);
        pattern.is_some_and(|pattern| pattern.matches(arn, Case::Counts))
    };
    let of_resource = match resource {
        Choice::These(these) => these.iter().any(|text| of_arn(text)),
        Choice::AllBut(these) => !these.iter().any(|text| of_arn(text)),
    };
    if !of_resource {
        return Err(Misfit::Resource);
    }
    match conditions.iter().position(|condition| !holds(condition, policy.version, context)) {
        Some(condition) => Err(Misfit::Condition(condition)),
        None => Ok(named),
    }
}

/// An ARN whose last parts are missing is completed by wildcards.
/// Source: IAM User Guide, "IAM JSON policy elements: `Resource`", of incomplete ARNs.
fn complete(arn: &str) -> Cow<'_, str> {
    if arn.starts_with("arn:") && arn_parts(arn).len() < ARN_PARTS {
        // a wildcard crosses `:`. N253
        return Cow::Owned(format!("{arn}:*"));
    }
    Cow::Borrowed(arn)
}
