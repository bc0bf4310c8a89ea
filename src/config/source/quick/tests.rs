//! What the quick reader reads, the parser and the tree read too: the same values at the same places.

use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::{outline, read};
use crate::config::source::{Kind, Node, Placer, Source, Tree, deserialize};
use crate::config::{Blame, Entries, Finding, Path};

/// Wants text, lists and mappings where the text may have other things.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Typed {
    a: Option<String>,
    k: Vec<String>,
    m: Entries<Typed>,
    n: Option<i32>,
    either: Option<Either>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Names(Vec<String>),
    Mapping(Entries<Option<String>>),
    Text(String),
    Number(f64),
}

/// Whether the text was read quickly; panics where the parser would have had it otherwise.
fn check(text: &str) -> bool {
    let source = Source::new("t.yaml", text).unwrap();
    let any = read::<Value>(&source);
    let typed = read::<Typed>(&source);
    let entries = read::<Entries<Value>>(&source);
    if any.is_none() {
        assert_eq!((typed, entries), (None, None), "{text:?}");
        return false;
    }
    let tree = Tree::parse(&source).unwrap_or_else(|problems| panic!("{text:?}: {problems:?}"));
    assert!(tree.problems.is_empty(), "{text:?}: {:?}", tree.problems);
    let none = HashSet::new();
    assert_eq!(any, deserialize::<Value>(&tree.root, &none).ok(), "{text:?}");
    if typed.is_some() {
        assert_eq!(typed, deserialize::<Typed>(&tree.root, &none).ok(), "{text:?}");
    }
    if entries.is_some() {
        assert_eq!(entries, deserialize::<Entries<Value>>(&tree.root, &none).ok(), "{text:?}");
    }
    check_places(&source, &tree);
    true
}

fn check_places(source: &Source, tree: &Tree<'_>) {
    let mut paths = vec![Path::default(), Path::default().key("nowhere").index(3)];
    collect(&tree.root, &Path::default(), &mut paths);
    let findings: Vec<Finding> =
        paths.iter().map(|path| Finding::error(path.clone(), "odd")).collect();
    let quick = outline(source, &findings).unwrap();
    let (mut ours, mut theirs) = (Placer::new(source, &quick), Placer::new(source, tree));
    for path in &paths {
        for blame in [Blame::Key, Blame::Value] {
            let places = (ours.place(path, blame), theirs.place(path, blame));
            assert_eq!(places.0, places.1, "{path} {blame:?} in {:?}", source.text());
        }
    }
}

fn collect(node: &Node<'_>, path: &Path, paths: &mut Vec<Path>) {
    match node.value() {
        Kind::Mapping(entries) => {
            for entry in entries {
                let path = path.key(entry.name());
                paths.extend([path.clone(), path.key("nowhere")]);
                collect(&entry.value, &path, paths);
            }
        }
        Kind::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                paths.push(path.index(at));
                collect(item, &path.index(at), paths);
            }
        }
        Kind::Scalar(_) | Kind::Anchored(_) => {}
    }
}

#[test]
fn reads_what_people_and_programs_write() {
    for text in [
        include_str!("../../../../examples/embedded.yaml"),
        "a: 1\n",
        "a: b # c\n\n# d\n  # e\nm:\n  x:\n    a: \"q\"   # r\n  y: { a: 'z', k: [a, b] }\n",
        "k:\n- a\n- b: c\n  d: e\n-   f: g\n    h:\n    - i\n    -  j\nm:\n  x:\n    k:\n      - a\n",
        "---\na:\nk:\n\nm:\n",
        "a: ~\nk: []\nm: {}\nn: -12\n",
        "a: arn:aws:iam::123456789012:role/x\nk: [10.0.0.0/16, us-east-1a, \"::1\", -1, 1.5, 0x1F]\n",
        "a: \"x\\\"y\\\\z\\/\\n\"\n",
        "{\"a\":\"b\",\"k\":[\"1\",\"2\"],\"n\":1}",
        "{\n  \"a\": \"b\",\n  \"k\": [\n    \"x\",\n    \"y\"\n  ],\n  \"m\": {\n    \"é\": {},\n    \"n\": { \"n\": null }\n  }\n}\n",
        "[\n{ a: 1 },\n[], [[]]\n]",
        "é: 日本 語\nk: [ü, 'ß'] # ö\n",
    ] {
        assert!(check(text), "{text:?}");
    }
}

#[test]
fn leaves_what_is_odd_to_the_parser() {
    for text in [
        "",
        "a",
        "a: &x b",
        "a: *x",
        "a: !!str b",
        "a: |\n  b\n",
        "a: >\n  b\n",
        "a: b\n  c\n",
        "a:\n  b\n",
        "a: [b,\n  c]\n",
        "a: b\na: c\n",
        "{a: b, a: c}",
        "<<: {}\n",
        ": b\n",
        "? a\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: 'b''c'\n",
        "a: \"\\u00e9\"\n",
        "a: b: c\n",
        "a: {b}\n",
        "a: [b: c]\n",
        "a: [,]\n",
        "a: \"b\" c\n",
        "- - a\n",
        "-\n  a\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        " a: b\n",
        "a: b\n c: d\n",
        "a:\n   b: c\n  d: e\n",
        "{a: b} c\n",
        "a: [b]c\n",
        "a: [b]#c\n",
        "\u{feff}\u{feff}a: b\n",
        "a: \u{85}\n",
    ] {
        assert!(!check(text), "{text:?}");
    }
    let deep = format!("a: {}{}\n", "[".repeat(40), "]".repeat(40));
    assert!(!check(&deep));
}

/// A value in one of the styles; `indent` is that of the lines it stands in.
fn style(value: &Value, indent: usize, dice: &mut impl Iterator<Item = u8>) -> String {
    let pad = " ".repeat(indent);
    let mut roll = |sides: u8| dice.next().unwrap_or(0) % sides;
    match value {
        Value::Array(items) if !items.is_empty() && roll(3) > 0 => {
            let deeper = usize::from(roll(2)) * 2;
            let mut out = String::new();
            for item in items {
                let gap = 1 + usize::from(dice.next().unwrap_or(0) % 2);
                let text = match item {
                    Value::Object(entries) if !entries.is_empty() => {
                        let block = style(item, indent + deeper + 1 + gap, dice);
                        block.trim_start().to_owned()
                    }
                    _ => format!("{item}\n"),
                };
                let (deeper, gap) = (" ".repeat(deeper), " ".repeat(gap));
                let _ = write!(out, "\n{pad}{deeper}-{gap}{text}");
            }
            out
        }
        Value::Object(entries) if !entries.is_empty() && roll(4) > 0 => {
            let mut out = String::new();
            for (key, value) in entries {
                let deeper = indent + 1 + usize::from(dice.next().unwrap_or(0) % 3);
                let text = match value {
                    Value::Array(_) => style(value, indent, dice),
                    _ => style(value, deeper, dice),
                };
                let gap = if text.starts_with('\n') || text.is_empty() { "" } else { " " };
                let _ = write!(out, "\n{pad}{key}:{gap}{text}");
            }
            out
        }
        Value::String(text) => match roll(4) {
            0 => format!("'{text}'"),
            1 => format!("\"{text}\" # note"),
            _ => text.clone(),
        },
        Value::Null if roll(2) == 0 => String::new(),
        _ => value.to_string().replace(',', ", "),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "a",
        "b-c",
        "10.0.0.0/16",
        "us-east-1a",
        "x y",
        "é",
        "12",
        "1.5",
        "true",
        "null",
        "-1",
        "a:b",
        "arn:aws::x",
        "0123",
        "~",
        "=",
        "a*b",
    ]);
    let leaf = prop_oneof![
        word.prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ];
    let key = prop::sample::select(vec!["a", "k", "m", "n", "either", "x-y", "vpc_endpoints"]);
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| {
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn documents_in_many_styles(value in value(), dice in prop::collection::vec(any::<u8>(), 60)) {
        let text = style(&Value::Object([("m".to_owned(), value)].into_iter().collect()), 0, &mut dice.into_iter());
        check(text.trim_start());
    }

    #[test]
    fn documents_with_a_slip(
        value in value(),
        dice in prop::collection::vec(any::<u8>(), 60),
        at in any::<prop::sample::Index>(),
        slip in prop::sample::select(vec![
            "", " ", "  ", "\n", "\n  ", ":", ": ", "-", "- ", "#", " #", "{", "}", "[", "]", ",", "\"", "'", "a", "\\",
            "&a ", "*", "!", "|", ">", "?", "<<", "\t", "é", "%", "@", "---\n", "...", "~", "1",
        ]),
        cut in 0..3_usize,
    ) {
        let text = style(&Value::Object([("m".to_owned(), value)].into_iter().collect()), 0, &mut dice.into_iter());
        let text = text.trim_start();
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let at = at.index(places.len());
        let (start, end) = (places[at], places[(at + cut).min(places.len() - 1)]);
        check(&format!("{}{slip}{}", &text[..start], &text[end..]));
    }

    #[test]
    fn json_of_any_layout(value in value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert!(check(&text) || !text.starts_with(['{', '[']), "{text}");
    }

    #[test]
    fn any_soup(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a", "k", "é", ": ", ":", "- ", "-", "\n", "\n", "\n  ", "\n    ", " ", "{", "}", "[", "]", ", ", ",", "\"",
            "'", "#", " # ", "~", "1", "true", "a: b\n", "k:\n", "- a\n", "{ a: b }", "[a]", "\"a\"", "'a'", ".", "/",
        ]), 0..25),
    ) {
        check(&parts.concat());
    }
}
