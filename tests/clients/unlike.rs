//! Where the other evaluator of policies is known to take a request otherwise than ours does: each reason says how ours takes it,
//! and whether the IAM User Guide says so or it is a choice of `docs/topology.md`; the rest are faults of the other's.

use std::net::IpAddr;

use plustwo::{
    model::{Choice, Comparison, PolicyCondition, PolicyDocument, PolicyStatement},
    policy::{Request, RequestContext},
};

/// Why the other evaluator can say something else of a request; nothing where both have to agree.
pub(crate) fn unlike(policy: &PolicyDocument, request: &Request) -> Option<&'static str> {
    policy.statements.iter().find_map(|statement| of_statement(statement, &request.context))
}

fn of_statement(statement: &PolicyStatement, context: &RequestContext) -> Option<&'static str> {
    let PolicyStatement { resource, conditions, .. } = statement;
    let resource = match resource {
        Choice::AllBut(texts) if texts.iter().any(|text| lacks_a_value(text, context)) => {
            Some("`NotResource` leaves nothing out for a variable without a value (IAM User Guide)")
        }
        Choice::AllBut(texts) if texts.iter().any(|text| **text != *"*" && !is_complete(text)) => {
            Some("`NotResource` leaves out what an incomplete ARN fits, and nothing else")
        }
        Choice::AllBut(_) | Choice::These(_) => None,
    };
    resource.or_else(|| conditions.iter().find_map(|condition| of_condition(condition, context)))
}

/// Whether a statement names a resource by an ARN without its last parts.
pub(crate) fn has_an_incomplete_arn(policy: &PolicyDocument) -> bool {
    policy.statements.iter().any(|statement| {
        let (Choice::These(texts) | Choice::AllBut(texts)) = &statement.resource;
        texts.iter().any(|text| **text != *"*" && !is_complete(text))
    })
}

fn of_condition(condition: &PolicyCondition, context: &RequestContext) -> Option<&'static str> {
    let PolicyCondition { qualifier, operator, key, values, .. } = condition;
    let found = context.get(key)?;
    match qualifier {
        None if found.len() > 1 => {
            return Some(
                "several values without a set operator are as with `ForAnyValue`: a choice",
            );
        }
        Some(_) if found.iter().any(String::is_empty) => {
            return Some("with a set operator an empty text is no value (IAM User Guide)");
        }
        None | Some(_) => {}
    }
    if operator.negated && values.iter().any(|value| lacks_a_value(value, context)) {
        return Some("a negated operator holds with a variable without a value (IAM User Guide)");
    }
    let of_value = |wanted| found.iter().map(move |found| (wanted, &**found));
    let mut pairs = values.iter().flat_map(|wanted| of_value(&**wanted));
    match operator.comparison {
        Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike => values
            .iter()
            .any(|value| value.contains(", ''"))
            .then_some("an empty default is a value: a choice"),
        Comparison::Arn => {
            pairs.find_map(|(wanted, found)| of_arns(wanted, found, operator.negated))
        }
        Comparison::IpAddress => pairs.find_map(|(wanted, found)| of_addresses(wanted, found)),
        Comparison::Date(_) => pairs
            .any(|(wanted, found)| is_epoch(wanted) != is_epoch(found))
            .then_some("epoch time is seconds, and not milliseconds"),
        Comparison::Bool | Comparison::Number(_) | Comparison::Binary | Comparison::Null => None,
    }
}

fn of_arns(wanted: &str, found: &str, negated: bool) -> Option<&'static str> {
    if wanted == "*" {
        Some("a lone `*` is any ARN: a choice")
    } else if negated && !(is_complete(wanted) && is_complete(found)) {
        Some("what is no ARN matches none, so that a negated operator holds with it: a choice")
    } else {
        None
    }
}

fn of_addresses(wanted: &str, found: &str) -> Option<&'static str> {
    let is_v6 = |text: &str| text.contains(':');
    let alone = wanted.parse::<IpAddr>().is_ok();
    if alone && is_v6(wanted) && is_v6(found) {
        Some("an address of IPv6 has several texts")
    } else if alone && is_v6(wanted) != is_v6(found) {
        Some("an address of the one family is none of the other")
    } else if wanted == "0.0.0.0/0" {
        Some("every address of IPv4 is in `0.0.0.0/0`")
    } else {
        None
    }
}

fn is_complete(arn: &str) -> bool {
    arn.splitn(6, ':').count() == 6
}

fn is_epoch(date: &str) -> bool {
    date.parse::<i64>().is_ok()
}

/// Whether a text has a variable without a value and without a default.
fn lacks_a_value(text: &str, context: &RequestContext) -> bool {
    let variables = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    variables.filter(|name| !["*", "?", "$"].contains(name)).any(|name| {
        let (name, default) = name.split_once(',').map_or((name, false), |(name, _)| (name, true));
        match context.get(name) {
            Some([_]) => false,
            Some(_) => true,
            None => !default,
        }
    })
}
