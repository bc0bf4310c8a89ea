//! `docs/rules/`: every rule has a row, every row tells which behaviour pages prove it, and no page cites a rule that
//! does not exist. `UPDATE=1 cargo test --test rules` writes what follows from the pages; read the diff.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The states a row of the table may have; the first two are claims that a page has to prove.
const STATES: &[&str] = &["emulated", "switchable", "not modelled yet", "documentation only"];
const CLAIMS: &[&str] = &["emulated", "switchable"];

/// The same of network.md, where every claim has a page.
const NETWORK_STATES: &[&str] = &["emulated", "not yet", "documentation only"];

/// Below this heading of README.md stand the claims that no page proves.
const WITHOUT_PAGE: &str = "## Emulated rules without a page\n\nThis list only shrinks.\n\n";

#[test]
fn every_rule_has_one_row_in_the_order_of_the_rules() {
    let listed: Vec<String> = rows(&read("docs/rules/README.md")).map(|row| row.rule).collect();
    assert_eq!(listed, r_rules(), "docs/rules/README.md against the rules of docs/rules/dns.md");
}

#[test]
fn every_rule_of_the_network_has_one_row_with_a_state() {
    let text = read("docs/rules/network.md");
    let listed: Vec<String> = rows(&text).map(|row| row.rule).collect();
    assert_eq!(listed, n_rules(), "the table of docs/rules/network.md against its rules");
    for Row { rule, state, .. } in rows(&text) {
        let known = NETWORK_STATES.iter().any(|known| state.starts_with(known));
        assert!(known, "{rule}: `{state}` is none of {NETWORK_STATES:?}");
    }
}

#[test]
fn rules_of_the_network_are_emulated_exactly_if_a_page_proves_them() {
    let proved: BTreeSet<String> = pages().into_values().flatten().collect();
    for Row { rule, state, .. } in rows(&read("docs/rules/network.md")) {
        let proved = proved.contains(&rule);
        assert_eq!(claims(&state), proved, "{rule} is `{state}`; has it a page: {proved}");
    }
}

#[test]
fn every_row_has_a_state_and_a_switch_where_it_claims_one() {
    for Row { rule, state, .. } in rows(&read("docs/rules/README.md")) {
        let known = STATES.iter().any(|known| state.starts_with(known));
        assert!(known, "{rule}: `{state}` is none of {STATES:?}");
        let names_switch = state.contains('`');
        assert_eq!(state.starts_with("switchable"), names_switch, "{rule}: `{state}`");
    }
}

#[test]
fn pages_cite_rules_that_exist() {
    let known: BTreeSet<String> = r_rules().into_iter().chain(n_rules()).collect();
    for (page, rules) in pages() {
        assert!(!rules.is_empty(), "tests/behaviour/{page} has no `Rule:` line with a rule in it");
        for rule in rules {
            assert!(known.contains(&rule), "tests/behaviour/{page}: there is no rule {rule}");
        }
    }
}

#[test]
fn code_cites_rules_that_exist() {
    let known: BTreeSet<String> = r_rules().into_iter().chain(n_rules()).collect();
    let mut files = Vec::new();
    files_ending(".rs", &root().join("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (n, line) in text.lines().enumerate() {
            for rule in cited(line) {
                let place = format!("{}:{}", file.display(), n + 1);
                assert!(known.contains(&rule), "{place}: there is no rule {rule}");
            }
        }
    }
}

#[test]
fn pages_prove_rules_that_are_emulated() {
    let proved: BTreeSet<String> = pages().into_values().flatten().collect();
    for Row { rule, state, .. } in rows(&read("docs/rules/README.md")) {
        let unclaimed = !claims(&state) && state != "documentation only";
        assert!(!(unclaimed && proved.contains(&rule)), "{rule} has a page, and is `{state}`");
    }
}

/// The list only shrinks: `UPDATE=1` takes rules out of it and never puts one in.
#[test]
fn claims_have_a_page_or_stand_in_the_list() {
    let readme = read("docs/rules/README.md");
    let listed = listed_without_page(&readme);
    let proved: BTreeSet<String> = pages().into_values().flatten().collect();
    for Row { rule, state, .. } in rows(&readme).filter(|row| claims(&row.state)) {
        let covered = proved.contains(&rule) || listed.contains(&*rule);
        assert!(covered, "{rule} is `{state}` and has no page: write one in tests/behaviour/");
    }
}

/// Covers the pages of each row and the list of rules without one: neither says more than the pages' `Rule:` lines do.
#[test]
fn table_and_list_are_up_to_date() {
    let actual = read("docs/rules/README.md");
    up_to_date_or_updated("docs/rules/README.md", &actual, &up_to_date(&actual));
    let actual = read("docs/rules/network.md");
    let expected = with_pages(&actual, |_| ());
    up_to_date_or_updated("docs/rules/network.md", &actual, &expected);
}

fn up_to_date_or_updated(path: &str, actual: &str, expected: &str) {
    if env::var_os("UPDATE").is_some() {
        fs::write(root().join(path), expected).unwrap();
        return;
    }
    for (actual, expected) in actual.lines().zip(expected.lines()) {
        assert_eq!(actual, expected, "{path}: run `UPDATE=1 cargo test --test rules`");
    }
    assert_eq!(actual, expected, "{path}: run `UPDATE=1 cargo test --test rules`");
}

/// README.md with the pages of each row, and with the list of rules without a page less those that have one.
fn up_to_date(readme: &str) -> String {
    let (table, _) = readme.split_once(WITHOUT_PAGE).expect("the heading of the list");
    let listed = listed_without_page(readme);
    let mut without_page = String::new();
    let text = with_pages(table, |Row { rule, state, .. }| {
        if claims(state) && listed.contains(&**rule) {
            writeln!(without_page, "{rule}").unwrap();
        }
    });
    format!("{text}{WITHOUT_PAGE}{without_page}")
}

/// A text with the pages of each row of its table; rows without any are told of.
fn with_pages(table: &str, mut without: impl FnMut(&Row)) -> String {
    let mut proofs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (page, rules) in pages() {
        for rule in rules {
            proofs.entry(rule).or_default().push(page.clone());
        }
    }
    let mut text = String::new();
    for line in table.lines() {
        let Some(row) = row(line) else {
            writeln!(text, "{line}").unwrap();
            continue;
        };
        let Row { rule, title, state } = &row;
        let pages = proofs.get(rule).map_or(String::new(), |pages| format!(" {}", pages.join(" ")));
        writeln!(text, "| {rule} | {title} | {state} |{pages} |").unwrap();
        if pages.is_empty() {
            without(&row);
        }
    }
    text
}

fn listed_without_page(readme: &str) -> BTreeSet<&str> {
    let (_, list) = readme.split_once(WITHOUT_PAGE).expect("the heading of the list");
    list.lines().collect()
}

/// A row of the table of README.md, but for its pages.
struct Row {
    rule: String,
    title: String,
    state: String,
}

fn rows(readme: &str) -> impl Iterator<Item = Row> {
    readme.lines().filter_map(row)
}

/// `| R1 | title | state | pages |`; a `|` inside a cell is written `\|`.
fn row(line: &str) -> Option<Row> {
    let first = line.strip_prefix("| ")?.split_once(" |").map(|(first, _)| first)?;
    let cells = is_rule(first).then(|| line.replace("\\|", "\0"))?;
    let cells: Vec<String> = cells.split('|').map(|c| c.trim().replace('\0', "\\|")).collect();
    let [_, rule, title, state, _pages, _] = &cells[..] else { panic!("not four cells: {line}") };
    Some(Row { rule: rule.clone(), title: title.clone(), state: state.clone() })
}

fn claims(state: &str) -> bool {
    CLAIMS.iter().any(|claim| state.starts_with(claim))
}

/// The rules of dns.md, in its order: `**R1** …` or `| **R1** | …`.
fn r_rules() -> Vec<String> {
    read("docs/rules/dns.md")
        .lines()
        .filter_map(|line| line.trim_start_matches("| ").strip_prefix("**R"))
        .filter_map(|rest| rest.split_once("**"))
        .map(|(number, _)| format!("R{number}"))
        .collect()
}

/// The rules of network.md: `N1. …`.
fn n_rules() -> Vec<String> {
    let text = read("docs/rules/network.md");
    let starts = text.lines().filter_map(|line| line.split_once(". ")).map(|(start, _)| start);
    starts.filter(|start| is_rule(start)).map(str::to_owned).collect()
}

/// Each page of tests/behaviour/ and the rules that its `Rule:` lines cite.
fn pages() -> BTreeMap<String, BTreeSet<String>> {
    let folder = root().join("tests/behaviour");
    let mut files = Vec::new();
    files_ending(".md", &folder, &mut files);
    files
        .into_iter()
        // how pages are written is no page
        .filter(|file| *file != folder.join("README.md"))
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(&folder).unwrap().display().to_string();
            (
                name,
                text.lines()
                    .filter_map(|line| line.strip_prefix("Rule:"))
                    .flat_map(cited)
                    .collect(),
            )
        })
        .collect()
}

/// The rules named in a line, `R10–R13` (or with a hyphen) standing for its two ends and all rules between them.
fn cited(line: &str) -> BTreeSet<String> {
    static KNOWN: LazyLock<Vec<String>> =
        LazyLock::new(|| r_rules().into_iter().chain(n_rules()).collect());
    let known = &*KNOWN;
    let at = |rule: &str| known.iter().position(|known| known == rule);
    let mut rules = BTreeSet::new();
    for word in line.split(|c: char| !(c.is_ascii_alphanumeric() || "–-".contains(c))) {
        let ends: Vec<&str> = word.split(['–', '-']).collect();
        match ends[..] {
            [from, to] if is_rule(from) && is_rule(to) => match (at(from), at(to)) {
                (Some(from), Some(to)) if from < to => {
                    rules.extend(known[from..=to].iter().cloned());
                }
                _ => rules.extend([from.to_owned(), to.to_owned()]),
            },
            _ => rules.extend(ends.into_iter().filter(|end| is_rule(end)).map(str::to_owned)),
        }
    }
    rules
}

fn is_rule(word: &str) -> bool {
    let number = word.strip_prefix(['R', 'N']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

fn files_ending(ending: &str, folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files_ending(ending, &path, files);
        } else if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
