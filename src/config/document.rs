//! Text → a type of the file format, with every mistake at once.
//!
//! ```text
//! Source ─► quick ─► T                              the usual way
//!    └────► Tree ─► T                               what the quick reader leaves
//!             └───► structure: every finding ─► what is left of the tree ─► T, for the checks that come after
//! ```

use std::collections::HashSet;

use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;

use super::source::{Misfit, Placer, Source, Tree, deserialize, quick};
use super::structure::{self, Checked};
use super::{Blame, Finding, Path, Problem};

/// Most mistakes that only the types themselves notice, found one by one. Ours: each costs another reading.
const MAX_MISFITS: usize = 20;

/// A text that does not fit its type.
#[derive(Debug)]
pub struct Broken<T> {
    /// Its mistakes, placed.
    pub problems: Vec<Problem>,
    /// What can be read without the mistaken parts, so that later checks find more.
    pub salvaged: Option<T>,
    /// The parts that were left out.
    pub dropped: Vec<Path>,
    source: Source,
}

/// Reads a text.
pub fn read<T: DeserializeOwned + JsonSchema>(source: &Source) -> Result<T, Box<Broken<T>>> {
    if let Some(value) = quick::read(source) {
        return Ok(value);
    }
    let tree = match Tree::parse(source) {
        Ok(tree) => tree,
        Err(problems) => {
            let (salvaged, dropped, source) = (None, Vec::new(), source.clone());
            return Err(Box::new(Broken { problems, salvaged, dropped, source }));
        }
    };
    if tree.problems.is_empty()
        && let Ok(value) = deserialize(&tree.root, &HashSet::new())
    {
        return Ok(value);
    }
    Err(Box::new(find_all(source, &tree)))
}

/// Places findings about a text that could be read.
pub fn place(source: &Source, findings: Vec<Finding>) -> Vec<Problem> {
    if findings.is_empty() {
        return Vec::new();
    }
    match quick::outline(source, &findings) {
        Some(tree) => {
            let mut placer = Placer::new(source, &tree);
            findings.into_iter().map(|finding| placer.problem(finding)).collect()
        }
        None => place_without(source, findings, &[]),
    }
}

impl<T> Broken<T> {
    /// Places what later checks found in the salvaged part. What they say about names that were left out is no news.
    pub fn place(&self, findings: Vec<Finding>) -> Vec<Problem> {
        let lost: Vec<String> =
            self.dropped.iter().filter_map(last_key).map(|key| format!("`{key}`")).collect();
        let follows = |finding: &Finding| lost.iter().any(|name| finding.message.contains(name));
        let news = findings.into_iter().filter(|finding| !follows(finding)).collect();
        place_without(&self.source, news, &self.dropped)
    }
}

fn last_key(path: &Path) -> Option<&str> {
    path.0.iter().rev().find_map(|segment| match segment {
        super::Segment::Key(key) => Some(&**key),
        super::Segment::Index(_) => None,
    })
}

fn place_without(source: &Source, findings: Vec<Finding>, dropped: &[Path]) -> Vec<Problem> {
    if findings.is_empty() {
        return Vec::new();
    }
    match Tree::parse(source) {
        Ok(tree) => {
            let mut placer = Placer::without(source, &tree, dropped);
            findings.into_iter().map(|finding| placer.problem(finding)).collect()
        }
        Err(problems) => problems,
    }
}

fn find_all<T: DeserializeOwned + JsonSchema>(source: &Source, tree: &Tree<'_>) -> Broken<T> {
    let schema = schema_for!(T);
    let Checked { findings, mut dropped, mut identities, root_fits } =
        structure::check(tree, schema.as_value());
    let mut placer = Placer::new(source, tree);
    let mut problems = tree.problems.clone();
    problems.extend(findings.into_iter().map(|finding| placer.problem(finding)));
    let mut salvaged = None;
    for _ in 0..MAX_MISFITS {
        match deserialize(&tree.root, &identities) {
            Ok(value) if root_fits => salvaged = Some(value),
            Ok(_) => {}
            Err(misfit) => {
                let path = misfit.path();
                let follows = dropped.iter().any(|part| part.0.starts_with(&path.0));
                let is_news = !path.0.is_empty() && !follows;
                if is_news || problems.is_empty() {
                    problems.push(placer.problem(finding(misfit, &path)));
                }
                let node = structure::find(&tree.root, &path);
                if let (Some(node), false) = (node, path.0.is_empty()) {
                    identities.insert(node.identity());
                    dropped.push(path);
                    continue;
                }
            }
        }
        break;
    }
    Broken { problems, salvaged, dropped, source: source.clone() }
}

fn finding(misfit: Misfit, path: &Path) -> Finding {
    let finding = Finding::error(path.clone(), misfit.message);
    match misfit.blame {
        Blame::Key => finding.at_key(),
        Blame::Value => finding,
    }
}
