//! `Principal` and `NotPrincipal`. N252

use serde_json::Value;

use super::{Principals, Reader, shown};
use crate::{
    model::PolicyPrincipal,
    policy::{
        principal::{account_of, is_account, is_service},
        remark::{Remark, Step, below, key},
    },
};

/// The kinds of principals.
const KINDS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

impl Reader<'_> {
    /// `*`, or an object of kinds with principals.
    pub(super) fn principals(&mut self, at: &[Step], value: &Value) -> Principals {
        match value {
            Value::String(text) if text == "*" => vec![PolicyPrincipal::Everyone],
            Value::Object(kinds) => {
                let mut principals = Vec::new();
                if kinds.is_empty() {
                    self.bad_principal(at, "an empty object");
                }
                for (kind, names) in kinds {
                    let at = key(at, kind);
                    if KINDS.contains(&&**kind) {
                        self.of_kind(&at, kind, names, &mut principals);
                    } else {
                        let message = format!("there is no principal `{}`", kind.escape_debug());
                        let remark = Remark::error(&at, message, "N252").at_key();
                        self.remarks.push(remark.unknown(kind, &KINDS));
                    }
                }
                principals
            }
            other => {
                self.bad_principal(at, &format!("{} alone", shown(other)));
                Vec::new()
            }
        }
    }

    fn of_kind(&mut self, at: &[Step], kind: &str, names: &Value, principals: &mut Principals) {
        let one = [names.clone()];
        let (names, in_list) = match names {
            Value::Array(names) => (&**names, true),
            _ => (&one[..], false),
        };
        if names.is_empty() {
            self.bad_principal(at, "an empty list");
        }
        for (n, name) in names.iter().enumerate() {
            let at = if in_list { below(at, Step::Index(n)) } else { at.to_vec() };
            // an account in YAML is a number unless it is in quotes
            let text = match name {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                other => {
                    self.bad_principal(&at, &shown(other));
                    continue;
                }
            };
            match principal(kind, &text) {
                Some(principal) => principals.push(principal),
                None => self.bad_principal(&at, &format!("`{}`", text.escape_debug())),
            }
        }
    }

    fn bad_principal(&mut self, at: &[Step], found: &str) {
        let mut remark =
            self.refused(at, "Invalid principal in policy", format!("{found} is no principal"));
        if remark.rule == "N253" {
            remark.rule = "N252";
        }
        let help = "expected `\"*\"`, or `AWS` with `*`, an account's twelve digits, or the ARN of a user, role or session \
                    without wildcards";
        self.remarks.push(remark.help(help));
    }
}

fn principal(kind: &str, text: &str) -> Option<PolicyPrincipal> {
    if text == "*" {
        return Some(PolicyPrincipal::Everyone);
    }
    match kind {
        "AWS" if is_account(text) => Some(PolicyPrincipal::Account(text.into())),
        "AWS" if is_unique_id(text) || is_cloudfront(text) => {
            Some(PolicyPrincipal::Other(text.into()))
        }
        "AWS" => {
            let account = account_of(text).filter(|_| !text.contains(['*', '?']))?;
            Some(if text.ends_with(":root") {
                PolicyPrincipal::Account(account.into())
            } else {
                PolicyPrincipal::Arn(text.into())
            })
        }
        "Service" => is_service(text).then(|| PolicyPrincipal::Service(text.into())),
        _ => (!text.is_empty()).then(|| PolicyPrincipal::Other(text.into())),
    }
}

/// What stands for a user or role that is gone: its unique id.
fn is_unique_id(text: &str) -> bool {
    let id = text.strip_prefix("AIDA").or_else(|| text.strip_prefix("AROA"));
    id.is_some_and(|id| {
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// An origin access identity of `CloudFront`, which stands for no account.
/// Source: `CloudFront` Developer Guide, "Restricting access to an Amazon S3 origin".
fn is_cloudfront(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "iam", "", "cloudfront", user] if user.starts_with("user/"))
}
