//! Policies of the IAM policy language: what a document says of a request.
//!
//! `tests/policy/*.txt` are tables: a name, a policy, `--` with what the policy is of (`endpoint`, `gateway`, `bucket NAME`,
//! `identity`), and requests, each with what the policy says of it, indented. A request is an action, an ARN, `by` a principal
//! where it is not the example's, and condition keys. `UPDATE=1` rewrites what is said; read the diff.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod generate;
mod hostile;
mod properties;
mod table;

use std::{env, fmt::Write as _, fs, path::Path};

use table::{Case, cases};

fn play(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy").join(name);
    let wanted = fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for case in cases(&wanted) {
        let Case { name, policy, subject, requests } = &case;
        writeln!(found, "== {name}\n{policy}\n-- {subject}").unwrap();
        match case.document() {
            Ok(document) => {
                for request in requests {
                    let said = case.said(&document, request);
                    writeln!(found, "{request}\n    {said}").unwrap();
                }
            }
            Err(remarks) => found.push_str(&remarks),
        }
    }
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let diff = similar::TextDiff::from_lines(&wanted, &found);
    assert!(wanted == found, "{name}\n{}", diff.unified_diff().context_radius(3));
}

#[test]
fn matching() {
    play("matching.txt");
}

#[test]
fn principals() {
    play("principals.txt");
}

#[test]
fn conditions() {
    play("conditions.txt");
}

#[test]
fn variables() {
    play("variables.txt");
}
