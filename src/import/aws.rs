//! Folders with the output of `aws … describe-*` and `list-*`: by the calls' names, or as Batfish lays them out. N320–N322
//!
//! What a file holds is told by its content, not by its name. The name helps where the content does not say what it
//! belongs to: a bare list, the records of a zone, the addresses of a resolver endpoint.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Note, broken, documents,
    dump::{
        Attributes as _, BLOCK_PUBLIC_ACCESS, BUCKET_POLICY, Dump, Item, KINDS, VPC_ATTRIBUTE,
        ZONE_VPCS,
    },
    read_text, region_in,
};
use crate::config::Problems;

/// Most files that are read. Ours: a hundred calls in each of a hundred Regions and accounts.
const MAX_FILES: usize = 10_000;
/// Most folders inside one another. Ours: Batfish has `aws_configs/accounts/{account}/{region}`.
const MAX_DEPTH: usize = 8;
/// Most octets of all files together. Ours: ten large Regions, at ten times that in memory.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// What AWS's calls answer besides lists that a topology file has; nothing in them is missed.
const NOT_MISSED: &[&str] = &[
    "Addresses",
    "DhcpOptions",
    "Regions",
    "ServiceDetails",
    "ServiceNames",
    "CheckerIpRanges",
    "Tags",
    "TagDescriptions",
    "SecurityGroupRules",
    "AccountAttributes",
    "UserId",
];

/// Keys that say that a call has more pages.
const TOKENS: &[&str] = &["NextToken", "NextMarker", "NextRecordName", "NextPageToken"];

/// Ids that names of files hold, by their prefixes: what a list belongs to.
const OWNERS: &[&str] =
    &["rslvr-in-", "rslvr-out-", "rslvr-fdl-", "rslvr-frg-", "vpc-", "rp-", "pl-"];
/// Fewest digits of an id. Source: ids of AWS's have 17, older ones 8.
const ID_DIGITS: usize = 8;

/// Lists that every VPC has something in, the call that answers them, and what is taken where they are missing. N322
const EXPECTED: &[(&str, &str, &str)] = &[
    ("Subnets", "`describe-subnets`", "VPCs have none"),
    ("RouteTables", "`describe-route-tables`", "VPCs have an empty main one"),
    ("SecurityGroups", "`describe-security-groups`", "VPCs have a `default` one"),
    ("NetworkAcls", "`describe-network-acls`", "VPCs have one that allows everything"),
    ("NetworkInterfaces", "`describe-network-interfaces`", "addresses of endpoints are made up"),
];

/// The list of a call, and which call it was: its Region, what its file's name says it is of, and the file's folder.
type Call = (String, Option<&'static str>, Option<Box<str>>, Box<str>);

/// A call of which pages were found.
#[derive(Default)]
struct Pages {
    last: usize,
    cut: Option<Arc<str>>,
}

/// Reads a folder; the files that were read, too.
pub(super) fn read(folder: &Path) -> Result<(Dump, Vec<PathBuf>), Problems> {
    let files = find(folder)?;
    // `aws_configs/us-east-1` may be what is imported
    let of_folder = folder.file_name().and_then(|name| region_in(&name.to_string_lossy()));
    let mut reader = Reader { dump: Dump::default(), pages: BTreeMap::new() };
    let mut mistakes = Vec::new();
    for path in &files {
        let source = match read_text(path) {
            Ok(source) => source,
            Err(problems) => {
                mistakes.extend(problems.iter().cloned());
                continue;
            }
        };
        let shown: Arc<str> =
            path.strip_prefix(folder).unwrap_or(path).display().to_string().into();
        match documents(&source) {
            Err(problem) => mistakes.push(*problem),
            Ok(documents) if documents.is_empty() => {
                reader.dump.notes.push(Note::new(&shown, None, "the file is empty"));
            }
            Ok(documents) => {
                let of = File {
                    name: &shown,
                    region: region_in(&shown).or(of_folder),
                    owner: owner_of(&shown),
                };
                for document in documents {
                    reader.document(&of, document);
                }
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(Problems::new(mistakes));
    }
    for (list, call, taken) in EXPECTED {
        // a Region may have no network interfaces; the others each VPC has
        let answered = *list == "NetworkInterfaces"
            && reader.pages.keys().any(|(key, ..)| key.eq_ignore_ascii_case(list));
        if reader.dump.all(list).is_empty() && !answered {
            reader.dump.lacks.insert(list);
            let what = format!("no `{list}` in any file, as {call} writes: {taken}");
            reader.dump.notes.push(Note::new("", None, what));
        }
    }
    let cut = reader.pages.into_iter().filter(|(_, pages)| pages.last == 0);
    for ((list, ..), pages) in cut {
        let Some(file) = pages.cut else { continue };
        let what = format!("`{list}` has further pages, which are in no file");
        reader.dump.notes.push(Note::new(&file, None, what));
    }
    Ok((reader.dump, files))
}

/// The JSON files of a folder and of the folders in it, in the order of their names.
fn find(folder: &Path) -> Result<Vec<PathBuf>, Problems> {
    let name = folder.display().to_string();
    let mut files = Vec::new();
    let mut octets = 0;
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((path, depth)) = folders.pop() {
        let unreadable = |error: std::io::Error| {
            let path = path.display();
            broken(&name, format!("cannot read `{path}`: {error}"), None)
        };
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?.path();
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                if depth >= MAX_DEPTH {
                    let message =
                        format!("`{}` is deeper than {MAX_DEPTH} folders", entry.display());
                    return Err(broken(&name, message, None));
                }
                folders.push((entry, depth + 1));
            } else if found.is_file() && entry.extension().is_some_and(|kind| kind == "json") {
                octets += found.len();
                files.push(entry);
            }
            if files.len() > MAX_FILES || octets > MAX_BYTES {
                let message = format!(
                    "more than {MAX_FILES} JSON files, or more than {MAX_BYTES} octets in them"
                );
                return Err(broken(&name, message, Some("import the Regions one by one")));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A file, and what its name says.
struct File<'a> {
    name: &'a Arc<str>,
    region: Option<&'static str>,
    owner: Option<Box<str>>,
}

impl File<'_> {
    fn item(&self, value: Value) -> Item {
        Item {
            file: Arc::clone(self.name),
            region: self.region,
            label: None,
            of: self.owner.clone(),
            value,
        }
    }

    /// The folder it is in.
    fn folder(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The last part of the name, letters and digits alone.
    fn stem(&self) -> String {
        let stem = self.name.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
        stem.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    }
}

/// The id that is in the name of a file: of a hosted zone, or of what else has lists of its own.
fn owner_of(name: &str) -> Option<Box<str>> {
    let stem = name.rsplit('/').next().unwrap_or_default().trim_end_matches(".json");
    for prefix in OWNERS {
        for (at, _) in stem.match_indices(prefix) {
            let (before, rest) = (stem.get(..at)?, stem.get(at + prefix.len()..)?);
            let digits = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
            // `get-bucket-policy-tmpl-0` has no list's id in it
            if digits >= ID_DIGITS && !before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                return rest.get(..digits).map(|digits| format!("{prefix}{digits}").into());
            }
        }
    }
    let is_zone = |part: &&str| {
        part.len() >= 8
            && part.starts_with('Z')
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    stem.split(|c: char| !c.is_ascii_alphanumeric()).find(is_zone).map(Into::into)
}

struct Reader {
    dump: Dump,
    pages: BTreeMap<Call, Pages>,
}

impl Reader {
    fn document(&mut self, of: &File<'_>, document: Value) {
        match document {
            Value::Object(object) => {
                let document = Value::Object(object);
                if document.attribute("HostedZone").is_some() {
                    return self.zone(of, document);
                }
                let is_attribute = ["EnableDnsSupport", "EnableDnsHostnames"]
                    .iter()
                    .any(|key| document.attribute(key).is_some());
                if is_attribute && document.attribute("VpcId").is_some() {
                    return self.dump.push(VPC_ATTRIBUTE, of.item(document));
                }
                if document.text("Policy").is_some() {
                    return self.dump.push(BUCKET_POLICY, of.item(document));
                }
                if let Some(options) = document.attribute(BLOCK_PUBLIC_ACCESS) {
                    let options = options.clone();
                    return self.dump.push(BLOCK_PUBLIC_ACCESS, of.item(options));
                }
                self.lists(of, document);
            }
            Value::Array(list) => self.bare_list(of, list),
            _ => self.nothing(of),
        }
    }

    /// A list without its key, as `--query` leaves it: the name of the file tells what it is.
    fn bare_list(&mut self, of: &File<'_>, list: Vec<Value>) {
        let stem = of.stem();
        let named = KINDS.iter().map(|kind| kind.list);
        let kind = named
            .filter(|list| stem.contains(&list.to_ascii_lowercase()))
            .max_by_key(|list| list.len());
        match kind {
            Some(kind) => self.list(of, kind, list),
            None if stem.contains("reservations") || stem.contains("describeinstances") => {
                self.reservations(of, list);
            }
            None => self.nothing(of),
        }
    }

    /// A zone with its VPCs.
    fn zone(&mut self, of: &File<'_>, document: Value) {
        if let Some(zone) = document.attribute("HostedZone")
            && !zone.text("Id").is_some_and(|id| self.dump.has("HostedZones", id))
        {
            let zone = zone.clone();
            self.dump.push("HostedZones", of.item(zone));
        }
        self.dump.push(ZONE_VPCS, of.item(document));
    }

    /// The answer of a call: one list or several, and whether there is more of it.
    fn lists(&mut self, of: &File<'_>, document: Value) {
        let cut = TOKENS.iter().any(|token| document.text(token).is_some());
        let Value::Object(object) = document else { return };
        let mut known = false;
        for (key, value) in object {
            let same = |list: &str| list.eq_ignore_ascii_case(&key);
            let kind = KINDS.iter().map(|kind| kind.list).find(|list| same(list));
            let Value::Array(list) = value else {
                known |= NOT_MISSED.iter().any(|list| same(list));
                continue;
            };
            if same("Reservations") {
                self.reservations(of, list);
            } else if let Some(kind) = kind {
                self.list(of, kind, list);
            } else {
                let missed = !list.is_empty() && !NOT_MISSED.iter().any(|list| same(list));
                if missed {
                    let what = format!("`{key}`, {} of them: a topology file has none", list.len());
                    self.dump.notes.push(Note::new(of.name, None, what));
                }
                known = true;
                continue;
            }
            known = true;
            let call = (key, of.region, of.owner.clone(), of.folder().into());
            let pages = self.pages.entry(call).or_default();
            if cut {
                pages.cut = Some(Arc::clone(of.name));
            } else {
                pages.last += 1;
            }
        }
        if !known {
            self.nothing(of);
        }
    }

    fn list(&mut self, of: &File<'_>, kind: &'static str, list: Vec<Value>) {
        if kind == "Entries" && list.is_empty() {
            self.dump.empty_lists.extend(of.owner.clone());
        }
        for value in list {
            self.dump.push(kind, of.item(value));
        }
    }

    fn reservations(&mut self, of: &File<'_>, list: Vec<Value>) {
        for reservation in list {
            let instances = reservation.list("Instances");
            // `--query Reservations[].Instances[]` leaves instances alone
            if instances.is_empty() && reservation.text("InstanceId").is_some() {
                self.dump.push("Instances", of.item(reservation));
                continue;
            }
            for instance in instances {
                self.dump.push("Instances", of.item(instance.clone()));
            }
        }
    }

    fn nothing(&mut self, of: &File<'_>) {
        let what = "nothing that a topology file has";
        self.dump.notes.push(Note::new(of.name, None, what));
    }
}
