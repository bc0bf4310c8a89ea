//! Conditions: an operator and a key against what the request has for it. N254

use super::{
    RequestContext,
    compare::{boolean, fits},
};
use crate::model::{Comparison, PolicyCondition, PolicyVersion, SetQualifier};

/// Whether a condition holds. Several values of a policy are alternatives; a negated operator wants none of them.
///
/// A variable without a value fits nothing, so that a negated operator holds with it.
/// Source: IAM User Guide, "IAM policy elements: Variables and tags", of policy variables with no value.
///
/// | the request lacks the key | |
/// |---|---|
/// | `StringEquals`, `IpAddress` … | does not hold |
/// | `StringNotEquals`, `NotIpAddress` … | holds |
/// | `…IfExists` | holds |
/// | `ForAllValues:…` | holds |
/// | `ForAnyValue:…`, with `IfExists` too | does not hold |
///
/// With a qualifier, values that are empty texts are none.
/// Source: IAM User Guide, "Set operators for multivalued context keys": a key that resolves to a null data set, such as an empty string.
pub(super) fn holds(
    condition: &PolicyCondition,
    version: PolicyVersion,
    context: &RequestContext,
) -> bool {
    let PolicyCondition { qualifier, operator, if_exists, key, values } = condition;
    let found = context.get(key);
    if operator.comparison == Comparison::Null {
        return values.iter().any(|absent| boolean(absent) == Some(found.is_none()));
    }
    let any_of = |found: &String| {
        values.iter().any(|value| fits(operator.comparison, value, found, version, context))
    };
    let wanted = !operator.negated;
    let found = found.unwrap_or_default();
    let mut some = found.iter().filter(|found| !found.is_empty());
    match (qualifier, found) {
        (Some(SetQualifier::ForAllValues), _) => some.all(|found| any_of(found) == wanted),
        (Some(SetQualifier::ForAnyValue), _) => some.any(|found| any_of(found) == wanted),
        (None, []) => *if_exists || operator.negated,
        (None, found) => found.iter().any(any_of) == wanted,
    }
}
