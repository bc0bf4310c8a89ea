//! Files made to harm the reader: refused with a clear error, in time and memory bound by the file's size.
//!
//! The bounds are the reader's own counters (values, depth, bytes): what passes them is refused before it grows.

use std::fmt::Write as _;

use plustwo::config::{
    Entries, MAX_ALIASED_NODES, MAX_DEPTH, MAX_FILE_BYTES, MAX_SCALAR_BYTES, Problem, Problems,
    Source, read,
};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// Nests without end, takes any names.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only whether it can be read matters")]
enum Any {
    Text(String),
    Number(f64),
    List(Vec<Any>),
    Mapping(Entries<Any>),
}

fn refusals(text: &str) -> Vec<String> {
    let source = Source::new("t.yaml", text).expect("is of a size that can be taken");
    match read::<Entries<Any>>(&source) {
        Ok(_) => Vec::new(),
        Err(broken) => Problems::new(broken.problems).iter().map(Problem::one_line).collect(),
    }
}

fn refused(text: &str, message: &str) {
    let found = refusals(text);
    assert_eq!(found.len(), 1, "one clear error: {:?}", found.first());
    assert!(found[0].contains(message), "`{message}` in {}", found[0]);
    assert!(found[0].len() < 300, "the error repeats no megabytes: {} bytes", found[0].len());
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0..count {
        let _ = writeln!(text, "{}", line(at));
    }
    text
}

#[test]
fn a_billion_laughs() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let _ = writeln!(text, "a{level}: &a{level} [{}]", [below.as_str(); 9].join(", "));
    }
    refused(&text, &format!("stand for more than {MAX_ALIASED_NODES} values"));
}

#[test]
fn a_large_value_named_often() {
    let text = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(50_000), "*a, ".repeat(50_000));
    refused(&text, &format!("stand for more than {MAX_ALIASED_NODES} values"));
}

#[test]
fn aliases_that_nest() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..100 {
        let _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
    }
    refused(&text, &format!("nested deeper than {MAX_DEPTH} levels"));
}

#[test]
fn a_few_aliases_are_welcome() {
    assert_eq!(refusals("a: &a [x, y]\nb: *a\nc: [*a, *a]\n"), Vec::<String>::new());
}

#[test]
fn ten_megabytes_in_a_scalar() {
    let long = "x".repeat(10_000_000);
    let limit = format!("limit is {MAX_SCALAR_BYTES}");
    for (case, text) in [
        ("plain", format!("a: {long}\n")),
        ("quoted", format!("a: \"{long}\"\n")),
        ("block", format!("a: |\n  {long}\n")),
        ("of a list", format!("a: [b, '{long}']\n")),
    ] {
        println!("{case}");
        refused(&text, &limit);
    }
}

#[test]
fn the_longest_scalar() {
    let text = format!("a: \"{}\"\n", "x".repeat(MAX_SCALAR_BYTES));
    assert_eq!(refusals(&text), Vec::<String>::new());
}

#[test]
fn a_hundred_thousand_levels() {
    let limit = format!("nested deeper than {MAX_DEPTH} levels");
    let levels = 100_000;
    for (case, text) in [
        ("lists", "[".repeat(levels)),
        ("lists, a line each", "[\n".repeat(levels)),
        ("mappings", "{a: ".repeat(levels)),
        ("block lists", "- ".repeat(levels)),
        ("indented", lines(200, |n| format!("{}a:", " ".repeat(n)))),
    ] {
        println!("{case}");
        refused(&text, &limit);
    }
}

#[test]
fn keys_that_nest() {
    refused(&"? ".repeat(100_000), "a key must be text; found a list or a mapping");
}

#[test]
fn as_deep_as_it_may_be() {
    let (open, close) = ("[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1));
    assert_eq!(refusals(&format!("a: {open}{close}\n")), Vec::<String>::new());
    refused(&format!("a: [{open}{close}]\n"), "nested deeper");
}

#[test]
fn a_million_keys_are_fine() {
    let text = lines(1_000_000, |key| format!("k{key}: x"));
    let read = read::<Entries<String>>(&Source::new("t.yaml", &text).unwrap());
    assert_eq!(read.unwrap().len(), 1_000_000);
}

#[test]
fn one_key_of_many_comes_twice() {
    let mut text = lines(50_000, |key| format!("k{key}: x"));
    text.push_str("k7: y\n");
    assert_eq!(refusals(&text), ["t.yaml:50001:1: error: the key `k7` comes twice"]);
}

#[test]
fn many_mistakes_are_counted_not_kept() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Nearly {
        k: String,
        other: Option<String>,
    }
    let text = lines(100_000, |key| format!("k{key}: 1"));
    let broken = read::<Nearly>(&Source::new("t.yaml", &text).unwrap()).unwrap_err();
    assert!(broken.problems.len() <= 1_000, "{}", broken.problems.len());
}

#[test]
fn many_documents() {
    refused(&"---\na: b\n".repeat(100_000), "a second YAML document");
}

#[test]
fn bytes_that_are_no_text() {
    let problem = Source::from_bytes("t.yaml", b"a: b\nc: \xff\n").unwrap_err();
    assert_eq!(problem.one_line(), "t.yaml:2:4: error: not UTF-8: byte 0xff here");
    let problem = Source::from_bytes("t.yaml", &vec![b' '; MAX_FILE_BYTES + 1]).unwrap_err();
    assert!(problem.message.contains("the limit is 268435456"), "{}", problem.message);
    refused("a: \0\n", "not YAML");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        match Source::from_bytes("t.yaml", &bytes) {
            Ok(source) => {
                if let Err(broken) = read::<Entries<Any>>(&source) {
                    prop_assert!(!broken.problems.is_empty());
                    let _ = Problems::new(broken.problems).render();
                }
            }
            Err(problem) => { let _ = problem.render(); }
        }
    }
}
