//! What holds of every policy: generated ones, over a small world so that statements meet requests.

use plustwo::{
    model::PolicyDocument,
    policy::{Request, Subject, Verdict, evaluate, read},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate::{ANY, policy, request, statement};

const SUBJECT: Subject<'_> = Subject::Endpoint { service: None, gateway: false };

fn document(policy: &Value) -> PolicyDocument {
    let (document, remarks) = read(&policy.to_string(), policy, SUBJECT);
    document.unwrap_or_else(|| panic!("{policy}: {remarks:?}"))
}

fn allowed(policy: &Value, request: &Request) -> bool {
    let evaluation = evaluate(&document(policy), request, false);
    matches!(evaluation.verdict, Verdict::Allowed { .. })
}

proptest! {
    /// A denial more never allows more, wherever it is added.
    #[test]
    fn a_denial_takes_away(
        mut statements in prop::collection::vec(statement(ANY), 1..5),
        denial in statement(&["Deny"]),
        at in any::<prop::sample::Index>(),
        version in any::<bool>(),
        request in request(),
    ) {
        let before = allowed(&policy(&statements, version), &request);
        statements.insert(at.index(statements.len() + 1), denial);
        let after = allowed(&policy(&statements, version), &request);
        prop_assert!(before || !after);
    }

    /// An allowance more never denies more.
    #[test]
    fn an_allowance_gives(
        mut statements in prop::collection::vec(statement(ANY), 1..5),
        allowance in statement(&["Allow"]),
        at in any::<prop::sample::Index>(),
        version in any::<bool>(),
        request in request(),
    ) {
        let before = allowed(&policy(&statements, version), &request);
        statements.insert(at.index(statements.len() + 1), allowance);
        let after = allowed(&policy(&statements, version), &request);
        prop_assert!(after || !before);
    }

    /// The verdict is that of the statements that apply, and their order does not count.
    #[test]
    fn a_verdict_follows_from_the_statements(
        statements in prop::collection::vec(statement(ANY), 1..5),
        version in any::<bool>(),
        request in request(),
    ) {
        let of = document(&policy(&statements, version));
        let evaluation = evaluate(&of, &request, false);
        let applying: Vec<&str> = evaluation.misfits.iter().zip(&of.statements)
            .filter(|(misfit, _)| misfit.is_none())
            .map(|(_, statement)| statement.effect.as_str())
            .collect();
        let expected = if applying.contains(&"Deny") {
            "denied"
        } else if applying.contains(&"Allow") {
            "allowed"
        } else {
            "silent"
        };
        let found = match evaluation.verdict {
            Verdict::Allowed { .. } => "allowed",
            Verdict::Denied { .. } => "denied",
            Verdict::Silent => "silent",
        };
        prop_assert_eq!(found, expected);
        let backwards: Vec<Value> = statements.into_iter().rev().collect();
        prop_assert_eq!(allowed(&policy(&backwards, version), &request), found == "allowed");
    }

    /// `NotAction` applies where `Action` does not, all else the same.
    #[test]
    fn a_complement_is_one(statement in statement(&["Allow"]), request in request()) {
        let mut statement = statement;
        let fields = statement.as_object_mut().unwrap();
        for name in ["NotPrincipal", "Principal", "NotResource", "Resource", "Condition"] {
            fields.remove(name);
        }
        fields.insert("Principal".to_owned(), json!("*"));
        fields.insert("Resource".to_owned(), json!("*"));
        let before = allowed(&policy(&[statement.clone()], true), &request);
        let fields = statement.as_object_mut().unwrap();
        let (from, to) = if fields.contains_key("Action") { ("Action", "NotAction") } else { ("NotAction", "Action") };
        let action = fields.remove(from).unwrap();
        fields.insert(to.to_owned(), action);
        prop_assert_eq!(allowed(&policy(&[statement], true), &request), !before);
    }

    /// Nothing that is JSON makes the reader or the evaluation fail.
    #[test]
    fn any_json_is_read_or_refused(text in "[\\[\\]{}\":,a-zA-Z0-9*$ ]{0,60}") {
        if let Ok(value) = serde_json::from_str(&text) {
            let (document, remarks) = read(&text, &value, SUBJECT);
            prop_assert_eq!(document.is_some(), remarks.iter().all(|remark| remark.warning));
        }
    }
}
