//! One value of a request against one value of a policy. N254

use std::{cmp::Ordering, net::IpAddr};

use ipnet::IpNet;

use super::{
    RequestContext, date,
    pattern::{Case, Pattern, Wildcards},
};
use crate::model::{Comparison, PolicyVersion, Relation};

/// The parts of an ARN: `arn`, partition, service, Region, account, resource.
pub(super) const ARN_PARTS: usize = 6;

/// Whether a request's value is as the policy's wants it. What cannot be compared is not, nor what has a variable without
/// a value.
pub(super) fn fits(
    comparison: Comparison,
    wanted: &str,
    found: &str,
    version: PolicyVersion,
    context: &RequestContext,
) -> bool {
    let like = |wildcards, case| {
        let pattern = Pattern::expand(wanted, version, wildcards, context);
        pattern.is_some_and(|pattern| pattern.matches(found, case))
    };
    match comparison {
        Comparison::Text => like(Wildcards::Plain, Case::Counts),
        Comparison::TextIgnoringCase => like(Wildcards::Plain, Case::Ignored),
        Comparison::TextLike => like(Wildcards::Stand, Case::Counts),
        Comparison::Arn => arn(wanted, found, version, context),
        Comparison::Number(relation) => related(relation, number(found), number(wanted)),
        Comparison::Date(relation) => related(relation, date::nanos(found), date::nanos(wanted)),
        Comparison::Bool => boolean(found).is_some() && like(Wildcards::Plain, Case::Ignored),
        Comparison::Binary => wanted == found,
        Comparison::IpAddress => match (block(wanted), found.parse::<IpAddr>()) {
            (Some(block), Ok(address)) => block.contains(&address),
            _ => false,
        },
        // whether the key is there is not a question of its values
        Comparison::Null => false,
    }
}

fn related<T: PartialOrd>(relation: Relation, found: Option<T>, wanted: Option<T>) -> bool {
    let (Some(found), Some(wanted)) = (found, wanted) else { return false };
    let Some(order) = found.partial_cmp(&wanted) else { return false };
    match relation {
        Relation::Equal => order == Ordering::Equal,
        Relation::Less => order == Ordering::Less,
        Relation::LessOrEqual => order != Ordering::Greater,
        Relation::Greater => order == Ordering::Greater,
        Relation::GreaterOrEqual => order != Ordering::Less,
    }
}

/// A decimal number.
pub(super) fn number(text: &str) -> Option<f64> {
    let decimal = text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
    text.parse::<f64>().ok().filter(|number| decimal && number.is_finite())
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

/// A block of addresses; an address alone is a block of one.
pub(super) fn block(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// ARNs part by part: a wildcard stays inside its part. A lone `*` is any ARN, which is a choice.
fn arn(wanted: &str, found: &str, version: PolicyVersion, context: &RequestContext) -> bool {
    let found: Vec<&str> = found.splitn(ARN_PARTS, ':').collect();
    if found.len() != ARN_PARTS || wanted == "*" {
        return found.len() == ARN_PARTS;
    }
    let parts = arn_parts(wanted);
    parts.len() == ARN_PARTS
        && parts.iter().zip(found).all(|(wanted, found)| {
            let pattern = Pattern::expand(wanted, version, Wildcards::Stand, context);
            pattern.is_some_and(|pattern| pattern.matches(found, Case::Counts))
        })
}

/// The parts of an ARN in a policy; a `:` inside `${…}` parts nothing.
pub(super) fn arn_parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut in_variable) = (Vec::with_capacity(ARN_PARTS), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '{' if text.get(..at).is_some_and(|before| before.ends_with('$')) => in_variable = true,
            '}' => in_variable = false,
            ':' if !in_variable && parts.len() + 1 < ARN_PARTS => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(comparison: Comparison, wanted: &str, found: &str) -> bool {
        let context = RequestContext::of([("aws:PrincipalAccount", "111122223333")]);
        super::fits(comparison, wanted, found, PolicyVersion::V2012, &context)
    }

    #[test]
    fn values() {
        use Comparison::{Arn, Binary, Bool, Date, IpAddress, Number, Text, TextIgnoringCase};
        for (comparison, wanted, found, expected) in [
            (Text, "a*", "a*", true),
            (Text, "a*", "ab", false),
            (Text, "a", "A", false),
            (TextIgnoringCase, "a", "A", true),
            (Comparison::TextLike, "a*", "ab", true),
            (Number(Relation::Equal), "10", "10.0", true),
            (Number(Relation::Less), "10", "9", true),
            (Number(Relation::Less), "10", "nine", false),
            (Number(Relation::GreaterOrEqual), "10", "1e1", false),
            (Number(Relation::Equal), "inf", "inf", false),
            (Date(Relation::Less), "2026-01-01T00:00:00Z", "2025-12-31", true),
            (Date(Relation::Greater), "2026-01-01T00:00:00Z", "2025-12-31", false),
            (Bool, "true", "True", true),
            (Bool, "false", "true", false),
            (Bool, "yes", "yes", false),
            (Binary, "QmFzZTY0", "QmFzZTY0", true),
            (IpAddress, "10.0.0.0/8", "10.1.2.3", true),
            (IpAddress, "10.0.0.1", "10.0.0.1", true),
            (IpAddress, "10.0.0.1", "10.0.0.2", false),
            (IpAddress, "10.0.0.0/8", "2001:db8::1", false),
            (IpAddress, "2001:db8::/32", "2001:DB8::1", true),
            (IpAddress, "10.0.0.0/8", "here", false),
            (Arn, "arn:aws:sns:*:111122223333:t", "arn:aws:sns:us-east-1:111122223333:t", true),
            (Arn, "arn:aws:sns:*:t", "arn:aws:sns:us-east-1:111122223333:t", false),
            (
                Arn,
                "arn:aws:sns:*:${aws:PrincipalAccount}:t*",
                "arn:aws:sns:x:111122223333:t:1",
                true,
            ),
            (Arn, "*", "arn:aws:iam::1:root", true),
            (Arn, "*", "text", false),
        ] {
            assert_eq!(
                fits(comparison, wanted, found),
                expected,
                "{comparison:?} {wanted} {found}"
            );
        }
    }
}
