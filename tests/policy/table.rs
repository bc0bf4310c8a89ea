//! The tables of this folder, read.

use std::fmt::Write as _;

use plustwo::{
    model::PolicyDocument,
    policy::{Misfit, Remark, Request, RequestContext, Step, Subject, Verdict, evaluate, read},
};

/// Who makes requests that do not say who makes them.
pub(crate) const EXAMPLE: &str = "arn:aws:iam::123456789012:role/example";

/// A policy and requests.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) subject: String,
    pub(crate) requests: Vec<String>,
}

/// The cases of a table.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    text.split("== ")
        .skip(1)
        .map(|case| {
            let (name, case) = case.split_once('\n').unwrap();
            let (policy, rest) = case.split_once("\n-- ").expect("`-- ` and what the policy is of");
            let mut lines = rest.lines().filter(|line| !line.starts_with("    "));
            Case {
                name: name.to_owned(),
                policy: policy.to_owned(),
                subject: lines.next().unwrap().to_owned(),
                requests: lines.map(ToOwned::to_owned).collect(),
            }
        })
        .collect()
}

impl Case {
    fn subject(&self) -> Subject<'_> {
        match self.subject.split_once(' ') {
            Some(("bucket", name)) => Subject::Bucket { name },
            _ if self.subject == "identity" => Subject::Identity,
            _ => Subject::Endpoint { service: None, gateway: self.is_gateway() },
        }
    }

    pub(crate) fn is_gateway(&self) -> bool {
        self.subject == "gateway"
    }

    /// The document, or what is wrong with it.
    pub(crate) fn document(&self) -> Result<PolicyDocument, String> {
        let value = serde_json::from_str(&self.policy)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let (document, remarks) = read(&self.policy, &value, self.subject());
        document.ok_or_else(|| shown(&remarks))
    }

    /// What the policy says of a request.
    pub(crate) fn said(&self, document: &PolicyDocument, request: &str) -> String {
        let evaluation = evaluate(document, &self::request(request), self.is_gateway());
        match evaluation.verdict {
            Verdict::Allowed { statement, by_account: false } => {
                format!("allowed by Statement[{statement}]")
            }
            Verdict::Allowed { statement, by_account: true } => {
                format!("allowed to the account by Statement[{statement}]")
            }
            Verdict::Denied { statement } => format!("denied by Statement[{statement}]"),
            Verdict::Silent => {
                let misfits = evaluation.misfits.iter().enumerate().map(|(n, misfit)| {
                    let misfit = match misfit.expect("a statement that applies") {
                        Misfit::Condition(at) => {
                            let condition = &document.statements[n].conditions[at];
                            format!("{} {}", condition.operator_text(), condition.key)
                        }
                        other => format!("{other:?}"),
                    };
                    format!("Statement[{n}] {misfit}")
                });
                format!("silent: {}", misfits.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A request from its line. `%20` is a space, so that a value can hold one.
pub(crate) fn request(line: &str) -> Request {
    let mut words = line.split_whitespace().map(|word| word.replace("%20", " "));
    let (action, resource) = (words.next().unwrap(), words.next().expect("an ARN"));
    let mut rest: Vec<String> = words.collect();
    let by = rest.iter().position(|word| word == "by");
    let requester = by.map_or_else(
        || EXAMPLE.to_owned(),
        |at| {
            rest.remove(at);
            rest.remove(at)
        },
    );
    let context = RequestContext::parse(&rest).unwrap();
    Request { requester: requester.parse().unwrap(), action, resource, context }
}

fn shown(remarks: &[Remark]) -> String {
    let mut out = String::new();
    for remark in remarks {
        let path: String = remark
            .path
            .iter()
            .map(|step| match step {
                Step::Key(key) => format!(".{key}"),
                Step::Index(index) => format!("[{index}]"),
            })
            .collect();
        writeln!(out, "    {} [{}] at {path}", remark.message, remark.rule).unwrap();
    }
    out
}
