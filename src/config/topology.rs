//! The doors of this room: a topology file, a text, the embedded example, the schema.

use std::{
    fs,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use schemars::schema_for;

use super::{
    Finding, Problem, Problems, Severity, Source,
    build::{Built, ZoneFiles, build},
    place, read,
    spec::TopologySpec,
};
use crate::model::{FlowLogBucket, FlowLogDestination, Model, QueryLogDestination};

/// The topology that `serve` starts with when it is given none.
const EMBEDDED: &str = include_str!("../../examples/embedded.yaml");

/// Longest text that is kept with its topology, in octets. Ours: what a person may have written; what is longer was made by
/// a program, which can make it again.
pub const MAX_KEPT_BYTES: usize = 1 << 20;

/// A topology that was read without mistakes.
#[derive(Debug)]
pub struct Topology {
    /// What it describes.
    pub model: Model,
    /// What will surprise, in the file's order.
    pub warnings: Vec<Problem>,
    /// The files it was read from: itself, master files, and files of domain lists.
    pub files: Vec<PathBuf>,
    /// Its text, unless that is longer than [`MAX_KEPT_BYTES`].
    pub text: Option<Arc<str>>,
}

/// Reads a topology file and the files it names, which are relative to it; so is what query logs and flow logs go to.
///
/// # Errors
/// Every mistake of the file at its place.
pub fn load(path: &FilePath) -> Result<Topology, Problems> {
    let name = path.display().to_string();
    let bytes = read_file(path).map_err(|error| Problems::unreadable(&name, &error))?;
    let source =
        Source::from_bytes(&name, &bytes).map_err(|problem| Problems::new(vec![*problem]))?;
    drop(bytes);
    let folder = path.parent().unwrap_or_else(|| FilePath::new("")).to_owned();
    let mut topology = read_topology(&source, &|file| fs::read_to_string(folder.join(file)).ok())?;
    for config in &mut topology.model.resolver_query_log_configs {
        if let QueryLogDestination::File(file) = &mut config.destination {
            file.path = folder.join(&file.path);
        }
    }
    for flow_log in &mut topology.model.flow_logs {
        if let FlowLogDestination::S3 { bucket: FlowLogBucket::Folder(path), .. } =
            &mut flow_log.destination
        {
            *path = folder.join(&*path);
        }
    }
    topology.files = std::iter::once(path.to_owned())
        .chain(topology.files.into_iter().map(|file| folder.join(file)))
        .collect();
    Ok(topology)
}

/// A file's bytes, unless it is larger than any topology may be.
fn read_file(path: &FilePath) -> std::io::Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > super::MAX_FILE_BYTES as u64 {
        let message = format!("{length} octets are too many: at most {}", super::MAX_FILE_BYTES);
        return Err(std::io::Error::other(message));
    }
    fs::read(path)
}

/// Reads a topology from a text that is no file, so that master files cannot be read.
///
/// # Errors
/// Every mistake of the text at its place.
pub fn parse(name: &str, text: &str) -> Result<Topology, Problems> {
    let source = Source::new(name, text).map_err(|problem| Problems::new(vec![*problem]))?;
    read_topology(&source, &|_| None)
}

/// What a text is that somebody else than a person wrote.
#[derive(Debug)]
pub enum Examined {
    /// A topology.
    Valid(Box<Topology>),
    /// None.
    Refused {
        /// What is refused, by the path of it.
        findings: Vec<Finding>,
        /// The same at its places.
        problems: Problems,
    },
}

/// Reads a topology from a text, and says of its mistakes which part each is about.
#[must_use]
pub fn examine(name: &str, text: &str) -> Examined {
    let source = match Source::new(name, text) {
        Ok(source) => source,
        Err(problem) => {
            let problems = Problems::new(vec![*problem]);
            return Examined::Refused { findings: Vec::new(), problems };
        }
    };
    match read::<TopologySpec>(&source) {
        Ok(spec) => {
            let Built { model, findings } = build(spec, &ZoneFiles::new());
            let is_error = |finding: &Finding| finding.severity == Severity::Error;
            let errors: Vec<Finding> = findings.iter().filter(|of| is_error(of)).cloned().collect();
            let problems = place(&source, findings);
            if errors.is_empty() {
                let (files, text) = (Vec::new(), source.kept(MAX_KEPT_BYTES));
                let topology = Topology { model, warnings: problems, files, text };
                return Examined::Valid(Box::new(topology));
            }
            Examined::Refused { findings: errors, problems: Problems::new(problems) }
        }
        Err(broken) => {
            let words: Vec<String> =
                broken.problems.iter().map(|problem| problem.message.clone()).collect();
            let same = words.len() == broken.dropped.len();
            let paths = broken.dropped.iter().enumerate();
            let findings = paths.map(|(at, path)| {
                let word = words.get(at).filter(|_| same).cloned();
                Finding::error(path.clone(), word.unwrap_or_else(|| words.join("; ")))
            });
            Examined::Refused {
                findings: findings.collect(),
                problems: Problems::new(broken.problems),
            }
        }
    }
}

/// The embedded example.
///
/// # Errors
/// Never in a build that passes its tests.
pub fn embedded() -> Result<Topology, Problems> {
    parse("embedded.yaml", EMBEDDED)
}

/// Whether a text has the form of a topology file; what it describes is not looked at. For measurements.
#[must_use]
pub fn has_form(source: &Source) -> bool {
    read::<TopologySpec>(source).is_ok()
}

/// The JSON Schema of a topology file.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schema_for!(TopologySpec);
    schema.insert("title".to_owned(), "plustwo topology".into());
    schema.to_value()
}

fn read_topology(
    source: &Source,
    file: &dyn Fn(&str) -> Option<String>,
) -> Result<Topology, Problems> {
    let mut files = Vec::new();
    let mut with_files = |spec: &TopologySpec| -> ZoneFiles {
        let zones = spec.hosted_zones.iter().filter_map(|(_, zone)| zone.file.clone());
        let lists = spec.firewall_domain_lists.iter().filter_map(|(_, list)| list.file.clone());
        zones
            .chain(lists)
            .filter_map(|name| {
                let text = file(&name)?;
                files.push(PathBuf::from(&name));
                Some((name, text))
            })
            .collect()
    };
    let (model, problems) = match read::<TopologySpec>(source) {
        Ok(spec) => {
            let zone_files = with_files(&spec);
            let Built { model, findings } = build(spec, &zone_files);
            (Some(model), place(source, findings))
        }
        Err(mut broken) => {
            let mut problems = std::mem::take(&mut broken.problems);
            if let Some(spec) = broken.salvaged.take() {
                let zone_files = with_files(&spec);
                problems.extend(broken.place(build(spec, &zone_files).findings));
            }
            (None, problems)
        }
    };
    let refused = problems.iter().any(|problem| problem.severity == Severity::Error);
    match model {
        Some(model) if !refused => {
            let text = source.kept(MAX_KEPT_BYTES);
            Ok(Topology { model, warnings: problems, files, text })
        }
        _ => Err(Problems::new(problems)),
    }
}
