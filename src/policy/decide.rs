//! Endpoint policy and bucket policy together: allowed or not, and why. N58, N59, N81, N250

use super::{
    Asked, Evaluation, Request, Requester, Verdict, evaluate,
    request::{bucket_of, request, resource_account},
};
use crate::{
    catalog::Owner,
    model::{Model, PolicyDocument, S3Bucket},
};

/// What the policies of whoever makes a request say, which are in no topology. N250
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// They allow it.
    #[default]
    Allow,
    /// They say nothing of it.
    None,
}

/// A policy that was asked, and what it said.
#[derive(Clone, Debug)]
pub struct Asking<'m> {
    /// The policy.
    pub policy: &'m PolicyDocument,
    /// What it said.
    pub evaluation: Evaluation,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub struct Decision<'m> {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why, in the order in which the policies are looked at.
    pub reasons: Vec<Reason>,
    /// The request, with its condition keys.
    pub request: Request,
    /// The endpoint's policy, where it has one of its own that counts.
    pub endpoint: Option<Asking<'m>>,
    /// The bucket, where the topology has it.
    pub bucket: Option<&'m S3Bucket>,
    /// The bucket's policy, where it has one.
    pub bucket_policy: Option<Asking<'m>>,
}

/// One reason of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The request goes through no endpoint, so that it has no endpoint policy. N255
    NoEndpoint,
    /// The endpoint has the default policy, which allows everything; that of a gateway endpoint has a version. N58, N81
    DefaultPolicy {
        /// Whether it is a gateway endpoint.
        gateway: bool,
    },
    /// The service has no endpoint policies: everything is allowed. N81
    NoPolicySupport,
    /// What the endpoint's policy says. N250
    EndpointPolicy(Verdict),
    /// What the bucket's policy says. N59
    BucketPolicy(Verdict),
    /// The bucket has no policy.
    NoBucketPolicy,
    /// Nothing is known of policies of the resource.
    UnknownResource,
    /// The requester's own policies allow it, or are taken to.
    IdentityAllows,
    /// The requester's own policies say nothing of it.
    IdentitySilent,
    /// The requester is the root user of an account, who needs no policies of its own.
    /// Source: IAM User Guide, "AWS account root user": it has complete access to all services and resources of its account.
    RootUser,
    /// The requester and the resource are of different accounts: both sides must allow it.
    OtherAccount,
    /// Nobody's own policies count: the resource's must allow it.
    NoIdentity,
}

/// The code of what an endpoint's policy denies. The packet arrives all the same. N160, N167
const ENDPOINT_POLICY_DENIED: &str = "EMU_VPCE_POLICY_DENIED";

impl Decision<'_> {
    /// The code of a denial by the endpoint's policy; others have none. N167
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        let said = self.endpoint.as_ref().map(|asking| asking.evaluation.verdict)?;
        (!matches!(said, Verdict::Allowed { .. })).then_some(ENDPOINT_POLICY_DENIED)
    }
}

impl Reason {
    /// The rules it rests on.
    #[must_use]
    pub fn rules(&self) -> &'static [&'static str] {
        match self {
            Self::NoEndpoint => &["N255"],
            Self::DefaultPolicy { gateway: true } => &["N58", "N251"],
            Self::DefaultPolicy { gateway: false } => &["N81", "N251"],
            Self::NoPolicySupport => &["N81"],
            Self::BucketPolicy(_) | Self::IdentitySilent => &["N59", "N250"],
            Self::EndpointPolicy(_)
            | Self::NoBucketPolicy
            | Self::UnknownResource
            | Self::IdentityAllows
            | Self::RootUser
            | Self::OtherAccount
            | Self::NoIdentity => &["N250"],
        }
    }
}

/// Decides. Nothing here fails: what nothing allows is denied.
#[must_use]
pub fn decide<'m>(model: &'m Model, asked: &Asked) -> Decision<'m> {
    let request = request(model, asked);
    let mut reasons = Vec::new();
    let (endpoint, endpoint_allows) = at_endpoint(model, asked, &request, &mut reasons);
    let bucket = bucket_of(model, &request.resource);
    let bucket_policy = bucket
        .and_then(|bucket| bucket.policy.as_ref())
        .map(|policy| Asking { policy, evaluation: evaluate(policy, &request, false) });
    let said = bucket_policy.as_ref().map(|asking| asking.evaluation.verdict);
    reasons.push(match (bucket, said) {
        (None, _) => Reason::UnknownResource,
        (Some(_), None) => Reason::NoBucketPolicy,
        (Some(_), Some(verdict)) => Reason::BucketPolicy(verdict),
    });
    let owner = resource_account(model, &request.resource);
    let said = said.unwrap_or(Verdict::Silent);
    let resource_allows =
        at_resource(asked, bucket.is_some(), owner.as_deref(), said, &mut reasons);
    let allowed = endpoint_allows && resource_allows;
    Decision { allowed, reasons, request, endpoint, bucket, bucket_policy }
}

/// What the endpoint on the way says.
fn at_endpoint<'m>(
    model: &'m Model,
    asked: &Asked,
    request: &Request,
    reasons: &mut Vec<Reason>,
) -> (Option<Asking<'m>>, bool) {
    let Some(endpoint) = asked.through.as_ref().and_then(|through| through.endpoint(model)) else {
        reasons.push(Reason::NoEndpoint);
        return (None, true);
    };
    let gateway = endpoint.gateway;
    if endpoint.service.policy == Some(false) || endpoint.service.owner == Owner::Customer {
        reasons.push(Reason::NoPolicySupport);
        return (None, true);
    }
    let Some(policy) = endpoint.policy else {
        reasons.push(Reason::DefaultPolicy { gateway });
        return (None, true);
    };
    let evaluation = evaluate(policy, request, gateway);
    let verdict = evaluation.verdict;
    reasons.push(Reason::EndpointPolicy(verdict));
    (Some(Asking { policy, evaluation }), matches!(verdict, Verdict::Allowed { .. }))
}

/// What the resource's policy and the requester's own policies come to.
fn at_resource(
    asked: &Asked,
    known: bool,
    owner: Option<&str>,
    said: Verdict,
    reasons: &mut Vec<Reason>,
) -> bool {
    let (allows, by_name) = match said {
        Verdict::Denied { .. } => return false,
        Verdict::Silent => (false, false),
        Verdict::Allowed { by_account, .. } => (true, !by_account),
    };
    let Requester::Aws { account, .. } = &asked.requester else {
        reasons.push(Reason::NoIdentity);
        return allows || !known;
    };
    let other_account = known && owner != Some(account);
    if other_account {
        reasons.push(Reason::OtherAccount);
    }
    let root = asked.requester.is_root();
    let identity = root || asked.identity == Identity::Allow;
    reasons.push(match identity {
        true if root => Reason::RootUser,
        true => Reason::IdentityAllows,
        false => Reason::IdentitySilent,
    });
    if other_account { identity && allows } else { identity || by_name }
}
