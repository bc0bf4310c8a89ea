//! `Condition`: operators, keys and values. N254

use serde_json::Value;

use super::{Reader, shown};
use crate::{
    model::{Comparison, ConditionOperator, PolicyCondition, SetQualifier},
    policy::{
        compare::{block, boolean, number},
        date,
        remark::{Remark, Step, below, key},
    },
};

/// What can stand before an operator.
const QUALIFIERS: [&str; 2] = ["ForAllValues", "ForAnyValue"];

/// An operator with what stands around it.
struct Written {
    qualifier: Option<SetQualifier>,
    operator: ConditionOperator,
    if_exists: bool,
}

impl Reader<'_> {
    /// Operators with keys with values.
    pub(super) fn conditions(&mut self, at: &[Step], value: &Value) -> Vec<PolicyCondition> {
        let Value::Object(operators) = value else {
            self.error(at, format!("a condition is an object of operators, not {}", shown(value)));
            return Vec::new();
        };
        let mut conditions = Vec::new();
        for (name, keys) in operators {
            let at = key(at, name);
            let Some(written) = self.operator(&at, name) else { continue };
            let Value::Object(keys) = keys else {
                let message = format!("`{name}` holds keys with values, not {}", shown(keys));
                self.error(&at, message);
                continue;
            };
            for (of, values) in keys {
                let at = key(&at, of);
                if of.is_empty() || of.contains(char::is_whitespace) {
                    let message = format!("`{}` is no condition key", of.escape_debug());
                    self.remarks.push(Remark::error(&at, message, "N254").at_key());
                }
                conditions.push(PolicyCondition {
                    qualifier: written.qualifier,
                    operator: written.operator,
                    if_exists: written.if_exists,
                    key: of.as_str().into(),
                    values: self.values(&at, &written.operator, values),
                });
            }
        }
        conditions
    }

    /// `ForAllValues:StringLikeIfExists` and the like.
    fn operator(&mut self, at: &[Step], text: &str) -> Option<Written> {
        let (qualifier, name) = match text.split_once(':') {
            None => (None, text),
            Some(("ForAllValues", name)) => (Some(SetQualifier::ForAllValues), name),
            Some(("ForAnyValue", name)) => (Some(SetQualifier::ForAnyValue), name),
            Some((other, _)) => {
                let message = format!("`{}` cannot stand before an operator", other.escape_debug());
                let remark = Remark::error(at, message, "N254").at_key();
                self.remarks.push(remark.unknown(other, &QUALIFIERS));
                return None;
            }
        };
        let (plain, if_exists) = match name.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        let Some(operator) = ConditionOperator::ALL.into_iter().find(|known| known.name == plain)
        else {
            let message = format!("there is no condition operator `{}`", plain.escape_debug());
            let known = ConditionOperator::ALL.map(|operator| operator.name);
            let remark = Remark::error(at, message, "N254").at_key();
            self.remarks.push(remark.unknown(plain, &known));
            return None;
        };
        if operator.comparison == Comparison::Null && (if_exists || qualifier.is_some()) {
            let message = "`Null` stands alone: it asks itself whether the key is there";
            self.remarks.push(Remark::error(at, message, "N254").at_key());
        }
        Some(Written { qualifier, operator, if_exists })
    }

    /// A value or a list of values, each such as the operator compares.
    fn values(
        &mut self,
        at: &[Step],
        operator: &ConditionOperator,
        values: &Value,
    ) -> Vec<Box<str>> {
        let one = [values.clone()];
        let (values, in_list) = match values {
            Value::Array(values) => (&**values, true),
            _ => (&one[..], false),
        };
        let mut texts = Vec::with_capacity(values.len());
        for (n, value) in values.iter().enumerate() {
            let at = if in_list { below(at, Step::Index(n)) } else { at.to_vec() };
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                other => {
                    self.error(&at, format!("expected a value, found {}", shown(other)));
                    continue;
                }
            };
            if let Some(expected) = unfit(operator.comparison, &text) {
                let message =
                    format!("`{}` compares {expected}, not {}", operator.name, shown(value));
                self.remarks.push(Remark::error(&at, message, "N254"));
            }
            texts.push(text.into());
        }
        texts
    }
}

/// What an operator compares, where a text is none.
fn unfit(comparison: Comparison, text: &str) -> Option<&'static str> {
    let (fits, expected) = match comparison {
        // AWS takes any text as an ARN; what is none matches nothing
        Comparison::Text
        | Comparison::TextIgnoringCase
        | Comparison::TextLike
        | Comparison::Arn
        | Comparison::Binary => return None,
        Comparison::Number(_) => (number(text).is_some(), "numbers"),
        Comparison::Date(_) => {
            (date::nanos(text).is_some(), "dates, such as `2026-01-31T12:00:00Z`")
        }
        // the IAM User Guide has variables for it in the list of operators, and not in that of variables
        Comparison::Bool if text.contains("${") => return None,
        Comparison::Bool | Comparison::Null => (boolean(text).is_some(), "`true` and `false`"),
        Comparison::IpAddress => {
            (block(text).is_some(), "addresses, such as `10.0.0.0/16` or `10.0.0.1`")
        }
    };
    (!fits).then_some(expected)
}
