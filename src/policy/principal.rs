//! Who makes a request, and whom a statement names. N252

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::model::{Choice, Model, PolicyEffect, PolicyPrincipal};

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requester {
    /// Nobody that is known: a request without a signature.
    Anonymous,
    /// A service of AWS's, by its name.
    Service(String),
    /// A user, a role, a session or the root user of an account.
    Aws {
        /// The ARN.
        arn: String,
        /// The account.
        account: String,
    },
}

/// Why a text is nobody.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no principal: expected `*`, a service such as `logging.s3.amazonaws.com`, or an ARN such as \
     `arn:aws:iam::123456789012:role/app`, `arn:aws:sts::123456789012:assumed-role/app/session`"
)]
pub struct NotAPrincipal(String);

impl FromStr for Requester {
    type Err = NotAPrincipal;

    fn from_str(text: &str) -> Result<Self, NotAPrincipal> {
        if text == "*" {
            return Ok(Self::Anonymous);
        }
        if is_service(text) {
            return Ok(Self::Service(text.to_owned()));
        }
        if text.contains(['*', '?']) {
            return Err(NotAPrincipal(text.to_owned()));
        }
        let account = account_of(text).ok_or_else(|| NotAPrincipal(text.to_owned()))?;
        Ok(Self::Aws { arn: text.to_owned(), account: account.to_owned() })
    }
}

impl fmt::Display for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "anonymous",
            Self::Service(name) => name,
            Self::Aws { arn, .. } => arn,
        })
    }
}

impl Requester {
    /// Who makes a request of which nobody says who makes it: a role of the topology's account. A choice.
    #[must_use]
    pub fn example(model: &Model) -> Self {
        let (partition, account) = (model.region.partition().id, model.account_id.to_string());
        Self::Aws { arn: format!("arn:{partition}:iam::{account}:role/example"), account }
    }

    /// The account, if it has one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Aws { account, .. } => Some(account),
            Self::Anonymous | Self::Service(_) => None,
        }
    }

    /// `aws:PrincipalArn`: of a session, its role's. The path of a role is not in its sessions' ARNs.
    #[must_use]
    pub fn principal_arn(&self) -> Option<String> {
        let Self::Aws { arn, account } = self else { return None };
        match self.session() {
            Some((role, _)) => {
                let partition = arn.split(':').nth(1).unwrap_or("aws");
                Some(format!("arn:{partition}:iam::{account}:role/{role}"))
            }
            None => Some(arn.clone()),
        }
    }

    /// The role and name of a session.
    #[must_use]
    pub fn session(&self) -> Option<(&str, &str)> {
        self.resource()?.strip_prefix("assumed-role/")?.split_once('/')
    }

    /// `aws:username`: a user's name, without its path.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.resource()?.strip_prefix("user/")?.rsplit('/').next()
    }

    /// `aws:PrincipalType`.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        let Self::Aws { .. } = self else {
            return (*self == Self::Anonymous).then_some("Anonymous");
        };
        let resource = self.resource()?;
        Some(match resource.split('/').next() {
            _ if self.is_root() => "Account",
            Some("user") => "User",
            Some("federated-user") => "FederatedUser",
            _ => "AssumedRole",
        })
    }

    /// Whether it is the root user of an account.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.resource() == Some("root")
    }

    /// The last part of the ARN.
    fn resource(&self) -> Option<&str> {
        match self {
            Self::Aws { arn, .. } => arn.splitn(6, ':').nth(5),
            Self::Anonymous | Self::Service(_) => None,
        }
    }
}

/// How a statement names who makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// Not at all.
    No,
    /// By the account, which leaves it to the account's own policies who of it may.
    ByAccount,
    /// Itself, or everyone.
    Itself,
}

/// How a statement's principals name a requester. In the policy of a gateway endpoint an account is its root user alone. N252
pub(super) fn named(
    principals: &Choice<PolicyPrincipal>,
    requester: &Requester,
    effect: PolicyEffect,
    gateway: bool,
) -> Named {
    let by = |principals: &[PolicyPrincipal]| {
        let all = principals.iter().map(|principal| named_by(principal, requester, gateway));
        all.max().unwrap_or(Named::No)
    };
    match principals {
        Choice::These(principals) => by(principals),
        Choice::AllBut(principals) => match (by(principals), effect) {
            // an account spares its root user alone.
            // Source: IAM User Guide, "`NotPrincipal` with Deny", whose example lists an account and a user: others of it are denied
            (Named::No, _) | (Named::ByAccount, PolicyEffect::Deny) => Named::Itself,
            (Named::ByAccount | Named::Itself, _) => Named::No,
        },
    }
}

fn named_by(principal: &PolicyPrincipal, requester: &Requester, gateway: bool) -> Named {
    let itself = |yes| if yes { Named::Itself } else { Named::No };
    match (principal, requester) {
        (PolicyPrincipal::Everyone, _) => Named::Itself,
        (PolicyPrincipal::Service(name), Requester::Service(found)) => itself(**name == **found),
        (PolicyPrincipal::Account(wanted), Requester::Aws { account, .. }) => {
            if **wanted != **account {
                Named::No
            } else if requester.is_root() {
                Named::Itself
            } else if gateway {
                Named::No
            } else {
                Named::ByAccount
            }
        }
        (PolicyPrincipal::Arn(wanted), Requester::Aws { arn, account }) => {
            itself(**wanted == **arn || names_role_of(wanted, requester, account))
        }
        _ => Named::No,
    }
}

/// Whether an ARN is that of the role whose session makes a request; a path in the role's ARN is not in the session's.
fn names_role_of(wanted: &str, requester: &Requester, account: &str) -> bool {
    let Some((role, _)) = requester.session() else { return false };
    let parts: Vec<&str> = wanted.splitn(6, ':').collect();
    let [_, _, "iam", _, of, resource] = parts[..] else { return false };
    let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
    of == account && name == Some(role)
}

/// The account in the ARN of a user, role, session or root user.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return None };
    let kinds: &[&str] = match service {
        "iam" => &["user/", "role/"],
        "sts" => &["assumed-role/", "federated-user/"],
        _ => return None,
    };
    let of_kind = kinds.iter().any(|kind| {
        resource.strip_prefix(kind).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
    });
    // a session has its role's name and one of its own
    let of_role = resource.strip_prefix("assumed-role/");
    let named = of_role.is_none_or(|session| {
        session.split_once('/').is_some_and(|(role, name)| !role.is_empty() && !name.contains('/'))
    });
    let known = (of_kind && named) || (service == "iam" && resource == "root");
    (known && !partition.is_empty() && is_account(account)).then_some(account)
}

/// Twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The name of a service, such as `s3.amazonaws.com`.
pub(super) fn is_service(text: &str) -> bool {
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];
    let name = suffixes.iter().find_map(|suffix| text.strip_suffix(suffix));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    })
}
