//! What is valid in a policy and will surprise, or what AWS advises against. N251, N252, N255, N256

use serde_json::Value;

use super::{
    compare::arn_parts,
    principal::account_of,
    remark::{Remark, Step, below, key},
};
use crate::model::{
    Choice, Comparison, PolicyCondition, PolicyDocument, PolicyEffect, PolicyPrincipal,
    PolicyStatement, PolicyVersion,
};

/// What a policy is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// An endpoint.
    Endpoint {
        /// The id of its service, where that is known.
        service: Option<&'a str>,
        /// Whether it is a gateway endpoint.
        gateway: bool,
    },
    /// A bucket of this name.
    Bucket {
        /// The name.
        name: &'a str,
    },
    /// A user or role.
    Identity,
}

/// Condition keys that hold ids which AWS gives.
/// Source: rule N256; the AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies", names two as examples.
const SYSTEM_IDS: [&str; 11] = [
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
];

/// Characters without a wildcard that must stand before or after each wildcard. N256
const LITERAL_CHARACTERS: usize = 6;

/// The services whose actions have their id as prefix, and which have gateway endpoints. N50
const PREFIXES: [&str; 2] = ["s3", "dynamodb"];

/// Warns of what is surprising in a policy, which was read from this value.
pub(super) fn lint(policy: &PolicyDocument, value: &Value, subject: Subject<'_>) -> Vec<Remark> {
    let at = key(&[], "Statement");
    let in_list = matches!(value.get("Statement"), Some(Value::Array(_)));
    let mut remarks = Vec::new();
    for (n, statement) in policy.statements.iter().enumerate() {
        let at = if in_list { below(&at, Step::Index(n)) } else { at.clone() };
        if policy.version == PolicyVersion::V2008 {
            literal_variables(statement, &at, &mut remarks);
        }
        if let (Some(Choice::AllBut(_)), PolicyEffect::Allow) =
            (&statement.principal, statement.effect)
        {
            let message = "AWS does not support `NotPrincipal` with `Effect: Allow`";
            remarks.push(Remark::warning(&key(&at, "NotPrincipal"), message, "N252"));
        }
        half_a_not_principal(statement, &at, &mut remarks);
        match subject {
            Subject::Endpoint { service, gateway } => {
                if gateway {
                    gateway_principal(statement, &at, &mut remarks);
                }
                if let Some(service) = service {
                    other_services(statement, service, &at, &mut remarks);
                }
                for condition in &statement.conditions {
                    endpoint_condition(condition, &at, &mut remarks);
                }
                account_of_resource(statement, &at, &mut remarks);
            }
            Subject::Bucket { .. } => other_ways(statement, &at, &mut remarks),
            Subject::Identity => {}
        }
    }
    remarks
}

/// `NotPrincipal` that AWS takes to leave out less than it looks. N252
/// Source: IAM User Guide, "`NotPrincipal` with Deny": the account has to be listed too, for a session its role and account.
fn half_a_not_principal(statement: &PolicyStatement, at: &[Step], remarks: &mut Vec<Remark>) {
    let Some(Choice::AllBut(principals)) = &statement.principal else { return };
    if statement.effect == PolicyEffect::Allow {
        return;
    }
    let at = key(at, "NotPrincipal");
    let help = "better: `Principal: \"*\"` with a condition `ArnNotLike` on `aws:PrincipalArn`";
    let listed = |account: &str| {
        principals.iter().any(|of| matches!(of, PolicyPrincipal::Account(of) if **of == *account))
    };
    let arns = principals.iter().filter_map(|of| match of {
        PolicyPrincipal::Arn(arn) => Some(arn),
        _ => None,
    });
    if let Some(arn) =
        arns.clone().find(|arn| account_of(arn).is_some_and(|account| !listed(account)))
    {
        let message = format!("AWS may deny `{arn}` all the same: its account is not listed");
        remarks.push(Remark::warning(&at, message, "N252").help(help));
    } else if arns.count() == 0
        && principals.iter().any(|of| matches!(of, PolicyPrincipal::Account(_)))
    {
        let message = "denies all of the account but its root user";
        remarks.push(Remark::warning(&at, message, "N252").help(help));
    }
}

fn condition_at(at: &[Step], condition: &PolicyCondition) -> Vec<Step> {
    key(&key(&key(at, "Condition"), &condition.operator_text()), &condition.key)
}

fn resources(statement: &PolicyStatement) -> (&'static str, &[Box<str>]) {
    match &statement.resource {
        Choice::These(these) => ("Resource", these),
        Choice::AllBut(these) => ("NotResource", these),
    }
}

/// Variables in a policy that has none. N251
fn literal_variables(statement: &PolicyStatement, at: &[Step], remarks: &mut Vec<Remark>) {
    let (name, texts) = resources(statement);
    let mut places = Vec::new();
    if texts.iter().any(|text| text.contains("${")) {
        places.push(key(at, name));
    }
    let with = statement.conditions.iter();
    let with = with.filter(|condition| condition.values.iter().any(|value| value.contains("${")));
    places.extend(with.map(|condition| condition_at(at, condition)));
    remarks.extend(places.iter().map(|at| {
        let message = "`${…}` stands for itself here: version 2008-10-17 has no policy variables";
        Remark::warning(at, message, "N251").help("`Version: \"2012-10-17\"` has them")
    }));
}

/// Principals that a gateway endpoint's policy should not have. N252
fn gateway_principal(statement: &PolicyStatement, at: &[Step], remarks: &mut Vec<Remark>) {
    let (name, principals) = match &statement.principal {
        Some(Choice::These(these)) => ("Principal", these),
        Some(Choice::AllBut(these)) => ("NotPrincipal", these),
        None => return,
    };
    if name == "Principal" && principals.iter().all(|of| *of == PolicyPrincipal::Everyone) {
        return;
    }
    let account = principals.iter().any(|of| matches!(of, PolicyPrincipal::Account(_)));
    let message = if account {
        "in a gateway endpoint's policy an account is its root user alone, and AWS wants `*`"
    } else {
        "in a gateway endpoint's policy AWS wants `*` as principal"
    };
    let help =
        "`Principal: \"*\"` with a condition on `aws:PrincipalArn` or `aws:PrincipalAccount`";
    remarks.push(Remark::warning(&key(at, name), message, "N252").help(help));
}

/// Actions that requests to the endpoint's service never are.
fn other_services(
    statement: &PolicyStatement,
    service: &str,
    at: &[Step],
    remarks: &mut Vec<Remark>,
) {
    let Choice::These(actions) = &statement.action else { return };
    for action in actions {
        if !may_be_for(service, action) {
            let message = format!(
                "`{action}` has no effect: the endpoint is for `{service}`, which has no such action"
            );
            remarks.push(Remark::warning(&key(at, "Action"), message, "N250"));
        }
    }
}

/// Whether an action can be one of a service's. Of S3 and `DynamoDB` that is known; other services' prefixes are not all their ids.
pub(super) fn may_be_for(service: &str, action: &str) -> bool {
    let Some((prefix, _)) = action.split_once(':') else { return true };
    let prefix = prefix.to_ascii_lowercase();
    PREFIXES.iter().all(|known| prefix.starts_with(known) == service.starts_with(known))
}

/// What AWS does not want of conditions in endpoint policies. N255, N256
fn endpoint_condition(condition: &PolicyCondition, at: &[Step], remarks: &mut Vec<Remark>) {
    let PolicyCondition { operator, key: name, values, .. } = condition;
    let at = condition_at(at, condition);
    let lower = name.to_ascii_lowercase();
    let mut warn = |message: String, rule: &'static str| {
        remarks.push(Remark::warning(&at, message, rule));
    };
    let wild = |value: &str| value.contains(['*', '?']);
    let with_wildcards = matches!(operator.comparison, Comparison::TextLike | Comparison::Arn);
    if SYSTEM_IDS.contains(&&*lower) {
        if matches!(operator.comparison, Comparison::Number(_)) {
            let message = format!("`{}` compares numbers, and `{name}` is an id", operator.name);
            warn(message, "N256");
        } else if with_wildcards && values.iter().any(|value| wild(value)) {
            warn(format!("`{name}` is an id, for which AWS takes no wildcards"), "N256");
        }
    } else if operator.comparison == Comparison::TextLike {
        for value in values.iter().filter(|value| !literals_suffice(value)) {
            let message = format!(
                "`{value}`: AWS wants {LITERAL_CHARACTERS} characters before or after each wildcard"
            );
            warn(message, "N256");
        }
    }
    if with_wildcards {
        for value in values.iter().filter(|value| half_an_account(value)) {
            warn(format!("`{value}`: the account of an ARN is its id or a wildcard"), "N256");
        }
    }
    if lower == "aws:sourceip" {
        remarks.push(
            Remark::warning(&at, "requests through an endpoint have no `aws:SourceIp`", "N255")
                .help("`aws:VpcSourceIp` is the address that they come from"),
        );
    }
}

/// Resources whose account is neither an id nor a wildcard. N256
fn account_of_resource(statement: &PolicyStatement, at: &[Step], remarks: &mut Vec<Remark>) {
    let (name, texts) = resources(statement);
    for text in texts.iter().filter(|text| half_an_account(text)) {
        let message = format!("`{text}`: the account of an ARN is its id or a wildcard");
        remarks.push(Remark::warning(&key(at, name), message, "N256"));
    }
}

fn half_an_account(arn: &str) -> bool {
    let parts = arn_parts(arn);
    let account = if arn.starts_with("arn:") { parts.get(4) } else { None };
    account.is_some_and(|account| {
        account.contains(['*', '?']) && account.chars().any(|c| !matches!(c, '*' | '?'))
    })
}

/// Whether each wildcard has enough characters before or after it. N256
fn literals_suffice(value: &str) -> bool {
    let runs: Vec<usize> = value.split(['*', '?']).map(|literal| literal.chars().count()).collect();
    runs.windows(2).all(|around| around.iter().any(|run| *run >= LITERAL_CHARACTERS))
}

/// Denials in a bucket's policy that reach further than they look. N59, N255
fn other_ways(statement: &PolicyStatement, at: &[Step], remarks: &mut Vec<Remark>) {
    let conditions = &statement.conditions;
    let is = |condition: &PolicyCondition, names: &[&str]| {
        names.contains(&&*condition.key.to_ascii_lowercase())
    };
    let by_endpoint = ["aws:sourcevpce", "aws:sourcevpc"];
    // a statement with another condition was thought about
    let ([condition], PolicyEffect::Deny) = (&**conditions, statement.effect) else { return };
    // with `IfExists` it is the same: a negated operator holds without the key anyway
    if !condition.operator.negated {
        return;
    }
    let at = condition_at(at, condition);
    if is(condition, &["aws:sourceip"]) {
        let message =
            "denies whatever comes through an endpoint: such requests have no `aws:SourceIp`";
        let help = "a second condition, such as `Null: { \"aws:SourceVpce\": true }`, keeps it to other requests";
        remarks.push(Remark::warning(&at, message, "N255").help(help));
    } else if is(condition, &by_endpoint) {
        let message =
            "denies every other way to the bucket, the console and services of AWS's among them";
        remarks.push(Remark::warning(&at, message, "N59"));
    }
}
