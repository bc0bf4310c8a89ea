//! Policies of endpoints and buckets, and the buckets. N58, N59, N81, N250–N256

use serde_json::Value;

use super::{Builder, parse_region};
use crate::{
    catalog::Owner,
    config::{
        Entries, Finding, Segment, Source,
        at::At,
        document::{place, read},
        nearest,
        spec::S3BucketSpec,
    },
    model::{PolicyDocument, S3Bucket, ServiceIx},
    policy::{self, Remark, Step, Subject},
};

/// How long the name of a bucket is, in characters.
/// Source: S3 User Guide, "Bucket naming rules".
const BUCKET_NAME: std::ops::RangeInclusive<usize> = 3..=63;

impl Builder {
    /// The policy of an endpoint, if it has one of its own. N78, N81
    pub(super) fn endpoint_policy(
        &mut self,
        path: &At<'_>,
        value: Option<Value>,
        service: Option<ServiceIx>,
        gateway: bool,
    ) -> Option<PolicyDocument> {
        let path = path.key("policy");
        let value = value?;
        let of = service.map(|service| self.model[service].clone());
        let without_policies = of.as_ref().and_then(|of| match (of.owner, of.policy) {
            (Owner::Customer, _) => Some("a service of a customer's"),
            (Owner::Amazon, Some(false)) => Some("a service without endpoint policies"),
            (Owner::Amazon, _) => None,
        });
        if let Some(what) = without_policies {
            let message =
                format!("an endpoint for {what} gives full access: the policy has no effect");
            self.findings.push(Finding::warning(path, message).rule("N81"));
        }
        let service = of.as_ref().filter(|of| of.owner == Owner::Amazon).map(|of| &*of.id);
        self.policy(&path, value, Subject::Endpoint { service, gateway })
    }

    /// The buckets.
    pub(super) fn s3_buckets(&mut self, buckets: Entries<S3BucketSpec>) {
        for (name, S3BucketSpec { region, account_id, policy }) in buckets {
            let path = &At::ROOT.entry("s3_buckets", &name);
            if !is_bucket_name(&name) {
                let message =
                    format!("The specified bucket is not valid: `{}`", name.escape_debug());
                let help = "3 to 63 characters of `a`–`z`, `0`–`9`, `.` and `-`, a letter or digit first and last";
                let finding = Finding::error(path, message).at_key().rule("InvalidBucketName");
                self.error(finding.help(help));
            }
            let region = region.map_or(self.model.region, |region| {
                parse_region(&region, &path.key("region"), &mut self.findings)
            });
            let account_id = account_id
                .and_then(|account| self.parse(&path.key("account_id"), &account))
                .unwrap_or_else(|| self.model.account_id.clone());
            let policy = policy.and_then(|value| {
                self.policy(&path.key("policy"), value, Subject::Bucket { name: &name })
            });
            self.model.s3_buckets.push(S3Bucket { name, region, account_id, policy });
        }
    }

    /// A policy, as a mapping or as JSON text.
    fn policy(
        &mut self,
        path: &At<'_>,
        value: Value,
        subject: Subject<'_>,
    ) -> Option<PolicyDocument> {
        match value {
            Value::String(text) => self.policy_text(path, &text, subject),
            value if value.is_object() => {
                let (document, remarks) = policy::read(&value.to_string(), &value, subject);
                self.findings.extend(remarks.into_iter().map(|remark| finding(path, remark)));
                document
            }
            _ => {
                let message = "a policy is a mapping, or a JSON object as text";
                self.error(Finding::error(path, message).rule("N250"));
                None
            }
        }
    }

    /// A policy as JSON text: what is wrong is said with its place in it.
    fn policy_text(
        &mut self,
        path: &At<'_>,
        text: &str,
        subject: Subject<'_>,
    ) -> Option<PolicyDocument> {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                let message = format!("the policy is not a JSON object: {error}");
                self.error(Finding::error(path, message).rule("N250"));
                return None;
            }
        };
        let source = Source::new("policy", text).ok()?;
        let (document, remarks) = policy::read(text, &value, subject);
        let findings = remarks.into_iter().map(|remark| finding(&At::ROOT, remark)).collect();
        let mut problems = place(&source, findings);
        // what JSON lets pass: a key that comes twice
        let again = read::<Value>(&source).err().map(|broken| broken.problems);
        let doubtful = again.is_some();
        problems.extend(again.unwrap_or_default());
        for problem in problems {
            let position = problem.position();
            let message = format!(
                "{} (line {}, column {} of the policy)",
                problem.message, position.line, position.column
            );
            let mut finding = Finding::error(path, message);
            finding.severity = problem.severity;
            finding.help = problem.help;
            finding.rules = problem.rules;
            self.findings.push(finding);
        }
        document.filter(|_| !doubtful)
    }
}

/// A remark as a finding, at its place below a path.
fn finding(path: &At<'_>, remark: Remark) -> Finding {
    let Remark { warning, path: steps, at_key, message, help, unknown, rule } = remark;
    let mut path = path.path();
    path.0.extend(steps.into_iter().map(|step| match step {
        Step::Key(key) => Segment::Key(key),
        Step::Index(index) => Segment::Index(index),
    }));
    let finding =
        if warning { Finding::warning(path, message) } else { Finding::error(path, message) };
    let mut finding = finding.rule(rule);
    let near = unknown.and_then(|(found, known)| nearest(&found, known.into_iter()));
    finding.help = help.or_else(|| near.map(|near| format!("did you mean `{near}`?")));
    if at_key { finding.at_key() } else { finding }
}

fn is_bucket_name(name: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    BUCKET_NAME.contains(&bytes.len())
        && bytes.iter().copied().all(of_name)
        && ends(bytes.first())
        && ends(bytes.last())
}
