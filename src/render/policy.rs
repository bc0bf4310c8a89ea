//! What becomes of a request under the policies on its way, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Sentence, vantage_text};
use crate::{
    model::{Choice, Model, PolicyCondition, PolicyDocument, PolicyStatement},
    policy::{
        Asked, Asking, Decision, Evaluation, Identity, Misfit, Reason, RequestContext, Through,
        Verdict,
    },
};

/// A decision for a terminal, with its reasons; with the condition keys of the request if they are asked for.
#[must_use]
pub fn decision_text(
    model: &Model,
    asked: &Asked,
    decision: &Decision<'_>,
    with_keys: bool,
) -> String {
    let request = &decision.request;
    let through = asked.through.as_ref().map_or_else(
        || "through no endpoint".to_owned(),
        |through| format!("through {}", through_text(model, through)),
    );
    let mut out = String::new();
    // writing to a String cannot fail
    _ = writeln!(
        out,
        ";; {} {}\n;; by {} from {} {through}: {}",
        request.action,
        request.resource,
        request.requester,
        vantage_text(model, asked.vantage),
        match decision.code() {
            Some(code) => format!("denied: {code}"),
            None => verdict_word(decision.allowed).to_owned(),
        }
    );
    if with_keys {
        _ = writeln!(out, ";; request");
        for (key, values) in request.context.iter() {
            _ = writeln!(out, ";;   {key}={}", values.join(","));
        }
    }
    _ = writeln!(out, ";; why");
    for Sentence { text, rules } in explain_decision(model, asked, decision) {
        _ = writeln!(out, ";;   {text} ({})", rules.join(", "));
    }
    out
}

/// A decision with its explanation as JSON.
#[must_use]
pub fn decision_json(model: &Model, asked: &Asked, decision: &Decision<'_>) -> Value {
    let request = &decision.request;
    let context: Map<String, Value> =
        request.context.iter().map(|(key, values)| (key.to_owned(), json!(values))).collect();
    let policy = |of: &'static str, asking: &Option<Asking<'_>>| {
        asking.as_ref().map(|asking| policy_json(of, asking, &request.context))
    };
    let policies =
        [policy("endpoint", &decision.endpoint), policy("bucket", &decision.bucket_policy)];
    json!({
        "allowed": decision.allowed,
        "code": decision.code(),
        "action": request.action,
        "resource": request.resource,
        "principal": request.requester.to_string(),
        "vantage": vantage_text(model, asked.vantage),
        "endpoint": asked.through.as_ref().map(|through| through_text(model, through)),
        "identity": match asked.identity {
            Identity::Allow => "allow",
            Identity::None => "none",
        },
        "context": context,
        "policies": policies.into_iter().flatten().collect::<Vec<_>>(),
        "explanation": explain_decision(model, asked, decision),
    })
}

/// A decision in sentences, in the order in which the policies are looked at.
#[must_use]
pub fn explain_decision(model: &Model, asked: &Asked, decision: &Decision<'_>) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for reason in &decision.reasons {
        let text = sentence(model, asked, decision, reason);
        sentences.push(Sentence { text, rules: reason.rules().to_vec() });
        let asking = match reason {
            Reason::EndpointPolicy(_) => &decision.endpoint,
            Reason::BucketPolicy(_) => &decision.bucket_policy,
            _ => continue,
        };
        if let Some(asking) = asking {
            details(asking, asked, &decision.request.context, &mut sentences);
        }
    }
    sentences
}

fn verdict_word(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "denied" }
}

fn through_text(model: &Model, through: &Through) -> String {
    let (vpc, name) = match through {
        Through::Interface(ix) => (model[*ix].vpc, &*model[*ix].name),
        Through::Gateway(vpc, name) => (*vpc, &**name),
    };
    format!("{}/{name}", model[vpc].name)
}

fn sentence(model: &Model, asked: &Asked, decision: &Decision<'_>, reason: &Reason) -> String {
    let endpoint = || match &asked.through {
        Some(through) => format!("the policy of {}", through_text(model, through)),
        None => "the endpoint's policy".to_owned(),
    };
    let bucket = || match decision.bucket {
        Some(bucket) => format!("the policy of the bucket {}", bucket.name),
        None => "the bucket's policy".to_owned(),
    };
    match reason {
        Reason::NoEndpoint => {
            "the request goes through no endpoint, so that no endpoint policy is asked".to_owned()
        }
        Reason::DefaultPolicy { .. } => {
            format!("{} is the default one, which gives full access", endpoint())
        }
        Reason::NoPolicySupport => {
            "the endpoint's service has no endpoint policies: full access".to_owned()
        }
        Reason::EndpointPolicy(verdict) => {
            says(&endpoint(), *verdict, decision.endpoint.as_ref())
        }
        Reason::BucketPolicy(verdict) => {
            says(&bucket(), *verdict, decision.bucket_policy.as_ref())
        }
        Reason::NoBucketPolicy => "the bucket has no policy".to_owned(),
        Reason::UnknownResource => {
            "the topology has no policy of the resource: whatever that denies is not seen here"
                .to_owned()
        }
        Reason::IdentityAllows => {
            "the principal's own policies are taken to allow it".to_owned()
        }
        Reason::RootUser => "the root user of an account needs no policies of its own".to_owned(),
        Reason::IdentitySilent if named(&decision.reasons) => {
            "the principal's own policies say nothing of it, and need not: the bucket's names it"
                .to_owned()
        }
        Reason::IdentitySilent => {
            "the principal's own policies say nothing of it, which is not enough".to_owned()
        }
        Reason::OtherAccount => {
            "the principal is of another account than the resource: the policies of both have to allow it"
                .to_owned()
        }
        Reason::NoIdentity => {
            "the requester has no policies of its own: the resource's have to allow it".to_owned()
        }
    }
}

/// Whether the bucket's policy allows a requester of its own account by name, which is enough. N59
fn named(reasons: &[Reason]) -> bool {
    let by_name = |reason: &Reason| {
        matches!(reason, Reason::BucketPolicy(Verdict::Allowed { by_account: false, .. }))
    };
    reasons.iter().any(by_name) && !reasons.contains(&Reason::OtherAccount)
}

fn says(policy: &str, verdict: Verdict, asking: Option<&Asking<'_>>) -> String {
    let name = |statement: usize| {
        let of = asking.and_then(|asking| asking.policy.statements.get(statement));
        statement_text(statement, of)
    };
    match verdict {
        Verdict::Allowed { statement, by_account: true } => {
            format!("{policy} allows it to the whole account by {}", name(statement))
        }
        Verdict::Allowed { statement, by_account: false } => {
            format!("{policy} allows it by {}", name(statement))
        }
        Verdict::Denied { statement } => format!("{policy} denies it by {}", name(statement)),
        Verdict::Silent => format!("{policy} has no statement that applies"),
    }
}

fn statement_text(at: usize, statement: Option<&PolicyStatement>) -> String {
    match statement.and_then(|statement| statement.sid.as_ref()) {
        Some(sid) => format!("Statement[{at}] {sid}"),
        None => format!("Statement[{at}]"),
    }
}

/// Why the statement that decided applies; where none did, why each does not.
fn details(
    asking: &Asking<'_>,
    asked: &Asked,
    context: &RequestContext,
    sentences: &mut Vec<Sentence>,
) {
    let Asking { policy, evaluation: Evaluation { verdict, misfits } } = asking;
    let mut add = |text: String, rule: &'static str| {
        sentences.push(Sentence { text, rules: vec![rule] });
    };
    match verdict {
        Verdict::Allowed { statement, .. } | Verdict::Denied { statement } => {
            let conditions = policy.statements.get(*statement).map(|of| &*of.conditions);
            for condition in conditions.unwrap_or_default() {
                add(condition_text(condition, asked, context, true), "N254");
            }
        }
        Verdict::Silent => {
            for (at, (statement, misfit)) in policy.statements.iter().zip(misfits).enumerate() {
                let Some(misfit) = misfit else { continue };
                let (what, rule) = misfit_text(policy, at, *misfit, asked, context);
                let name = statement_text(at, Some(statement));
                add(format!("{name} does not apply: {what}"), rule);
            }
        }
    }
}

fn misfit_text(
    policy: &PolicyDocument,
    at: usize,
    misfit: Misfit,
    asked: &Asked,
    context: &RequestContext,
) -> (String, &'static str) {
    let Some(statement) = policy.statements.get(at) else { return (String::new(), "N253") };
    let condition = match misfit {
        Misfit::Condition(n) => statement.conditions.get(n),
        Misfit::Principal | Misfit::Action | Misfit::Resource => None,
    };
    if let Some(condition) = condition {
        (condition_text(condition, asked, context, false), "N254")
    } else {
        let element = element(statement, misfit);
        let rule = if misfit == Misfit::Principal { "N252" } else { "N253" };
        (format!("its {element} does not match"), rule)
    }
}

/// The element of a statement that does not fit.
fn element(statement: &PolicyStatement, misfit: Misfit) -> &'static str {
    match misfit {
        Misfit::Principal => match statement.principal {
            Some(Choice::AllBut(_)) => "NotPrincipal",
            _ => "Principal",
        },
        Misfit::Action => match statement.action {
            Choice::These(_) => "Action",
            Choice::AllBut(_) => "NotAction",
        },
        Misfit::Resource => match statement.resource {
            Choice::These(_) => "Resource",
            Choice::AllBut(_) => "NotResource",
        },
        Misfit::Condition(_) => "Condition",
    }
}

/// Whether a condition holds, and what it is held against.
fn condition_text(
    condition: &PolicyCondition,
    asked: &Asked,
    context: &RequestContext,
    holds: bool,
) -> String {
    let PolicyCondition { key, values, .. } = condition;
    let found = match context.get(key) {
        None if asked.cannot_have(key) => format!("the request has no {key}"),
        None => format!("{key} is not given and counts as absent"),
        Some(values) if values.iter().all(String::is_empty) => format!("{key} is empty"),
        Some(values) => format!("{key} is {}", values.join(", ")),
    };
    let holds = if holds { "holds" } else { "does not hold" };
    format!("{found}, so that {} {} {holds}", condition.operator_text(), values.join(", "))
}

fn policy_json(of: &str, asking: &Asking<'_>, context: &RequestContext) -> Value {
    let Asking { policy, evaluation: Evaluation { verdict, misfits } } = asking;
    let (word, decided) = match verdict {
        Verdict::Allowed { statement, .. } => ("allowed", Some(*statement)),
        Verdict::Denied { statement } => ("denied", Some(*statement)),
        Verdict::Silent => ("silent", None),
    };
    let statements = policy.statements.iter().zip(misfits).map(|(statement, misfit)| {
        let condition = match misfit {
            Some(Misfit::Condition(n)) => statement.conditions.get(*n),
            _ => None,
        };
        json!({
            "sid": statement.sid,
            "effect": statement.effect.as_str(),
            "applies": misfit.is_none(),
            "misfit": misfit.map(|misfit| element(statement, misfit)),
            "condition": condition.map(|condition| json!({
                "operator": condition.operator_text(),
                "key": condition.key,
                "values": condition.values,
                "found": context.get(&condition.key),
            })),
        })
    });
    json!({
        "of": of,
        "verdict": word,
        "statement": decided,
        "sid": decided.and_then(|at| policy.statements.get(at)).and_then(|of| of.sid.as_ref()),
        "statements": statements.collect::<Vec<_>>(),
    })
}
