//! The architecture, as a test: who may use whom, what the core may not touch, and which crate lives in which room.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Room → the rooms it may name, all of them further up. Add an edge here before you add it in code.
const MAY_USE: &[(&str, &[&str])] = &[
    ("catalog", &[]),
    ("model", &["catalog"]),
    ("names", &["model", "catalog"]),
    ("health", &["model", "catalog"]),
    ("view", &["names", "model", "catalog"]),
    ("answer", &["view", "health", "names", "model", "catalog"]),
    ("trace", &["health", "model", "catalog"]),
    ("policy", &["model", "catalog"]),
    ("flowlog", &["trace", "health", "model", "catalog"]),
    ("zonefile", &[]),
    ("sys", &[]),
    ("config", &["zonefile", "policy", "names", "model", "catalog"]),
    ("import", &["config", "catalog"]),
    ("delivery", &["flowlog", "model", "catalog"]),
    (
        "render",
        &["flowlog", "policy", "trace", "answer", "view", "health", "names", "model", "catalog"],
    ),
    (
        "state",
        &[
            "sys", "import", "config", "flowlog", "trace", "answer", "view", "health", "names",
            "model", "catalog",
        ],
    ),
    ("server", &["sys", "state", "render", "answer", "view", "health", "model", "catalog"]),
    (
        "api",
        &[
            "state", "render", "config", "trace", "answer", "view", "health", "names", "model",
            "catalog",
        ],
    ),
    (
        "cli",
        &[
            "api", "server", "state", "sys", "render", "delivery", "import", "config", "zonefile",
            "flowlog", "policy", "trace", "answer", "view", "health", "names", "model", "catalog",
        ],
    ),
];

/// The pure core: functions of their arguments.
const CORE: &[&str] =
    &["catalog", "model", "names", "health", "view", "answer", "trace", "policy", "flowlog"];

/// Paths that would make the core impure: files, clock, randomness, processes, sockets, output.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::process",
    "std::thread",
    "std::time::Instant::now",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime",
    "RandomState",
    "arc_swap",
    "axum",
    "rand",
    "socket2",
    "tokio",
    "tracing",
];

/// Macros that would.
const IMPURE_MACROS: &[&str] = &["print!", "println!", "eprint!", "eprintln!", "dbg!"];

/// Crate → the only rooms that may name it.
const LIVES_IN: &[(&str, &[&str])] = &[
    ("serde_yaml", &["config"]),
    ("libc", &["sys"]),
    ("saphyr_parser", &["config"]),
    ("flate2", &["delivery"]),
    ("parquet", &["delivery"]),
    ("object_store", &["delivery"]),
    ("hickory_server", &["server", "zonefile"]),
    ("hickory_resolver", &["server", "zonefile"]),
];

/// hickory's plain data types, which any room may use; the rest of it is for `server/` and `zonefile/`.
const HICKORY_DATA: &[&str] = &["hickory_proto::rr", "hickory_proto::op::ResponseCode"];

/// Lines of src/main.rs: arguments, cli, exit code.
const MAIN_LIMIT: usize = 50;
/// Lines of any file of src/: beyond that there are two subjects in it.
const FILE_LIMIT: usize = 500;

#[test]
fn rooms_use_only_the_rooms_they_may() {
    for_each_path(|room, at, path| {
        let Some(used) = path.strip_prefix("crate::").and_then(|rest| rest.split("::").next())
        else {
            return;
        };
        let is_room = MAY_USE.iter().any(|(name, _)| *name == used);
        let allowed = used == room || may_use(room).contains(&used);
        assert!(!is_room || allowed, "{at}: `{room}` must not use `{used}` (tests/layers.rs)");
    });
}

#[test]
fn edges_point_upwards_in_the_table() {
    for (n, (room, uses)) in MAY_USE.iter().enumerate() {
        for used in *uses {
            let above = MAY_USE[..n].iter().any(|(name, _)| name == used);
            assert!(above, "`{room}` → `{used}`: `{used}` stands below, or is no room");
        }
    }
    for room in CORE {
        assert!(may_use(room).iter().all(|used| CORE.contains(used)), "`{room}` leaves the core");
    }
}

#[test]
fn every_room_is_in_the_table() {
    for entry in fs::read_dir(src()).unwrap().map(Result::unwrap) {
        let name = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
        let known = ["lib", "main"].contains(&&*name) || MAY_USE.iter().any(|(m, _)| *m == name);
        assert!(known, "src/{name} has no row in MAY_USE (tests/layers.rs)");
    }
}

#[test]
fn the_core_is_pure() {
    for_each_path(|room, at, path| {
        let found = IMPURE.iter().find(|impure| begins_with(path, impure));
        assert!(!CORE.contains(&room) || found.is_none(), "{at}: the core must not use `{path}`");
    });
    for file in rust_files().iter().filter(|file| CORE.contains(&&*file.room)) {
        for (n, line) in code_lines(&file.text) {
            let found = IMPURE_MACROS.iter().find(|name| words(line).any(|word| word == **name));
            assert!(found.is_none(), "{}:{n}: the core must not use `{found:?}`", file.name);
        }
    }
}

#[test]
fn crates_stay_in_their_rooms() {
    for_each_path(|room, at, path| {
        for (name, rooms) in LIVES_IN {
            let allowed = rooms.contains(&room);
            assert!(allowed || !begins_with(path, name), "{at}: `{name}` is for {rooms:?}");
        }
    });
}

#[test]
fn only_server_and_zonefile_use_more_of_hickory_than_its_data_types() {
    for_each_path(|room, at, path| {
        let hickory = begins_with(path, "hickory_proto") && !["server", "zonefile"].contains(&room);
        let data = HICKORY_DATA.iter().any(|data| begins_with(path, data));
        assert!(!hickory || data, "{at}: `{room}` may use {HICKORY_DATA:?}, not `{path}`");
    });
}

#[test]
fn files_are_short() {
    for file in rust_files() {
        let limit = if file.room == "main" { MAIN_LIMIT } else { FILE_LIMIT };
        let lines = file.text.lines().count();
        assert!(lines <= limit, "{}: {lines} lines, {limit} are the limit", file.name);
    }
}

fn may_use(room: &str) -> &'static [&'static str] {
    MAY_USE.iter().find(|(name, _)| *name == room).map_or(&[], |(_, uses)| uses)
}

/// Whether a path is `start`, or something inside it.
fn begins_with(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A source file, and the room it belongs to: its folder in src/, or its own name there.
struct SourceFile {
    name: String,
    room: String,
    text: String,
}

fn rust_files() -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut folders = vec![src()];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(src()).unwrap().display().to_string();
            let room = name.split(['/', '.']).next().unwrap().to_owned();
            files.push(SourceFile { name, room, text: fs::read_to_string(path).unwrap() });
        }
    }
    files
}

/// Calls `check(room, place, path)` for every path in the code of the rooms, `use` trees taken apart.
fn for_each_path(check: impl Fn(&str, &str, &str)) {
    for SourceFile { name, room, text } in rust_files() {
        if !["lib", "main"].contains(&&*room) {
            for (line, path) in paths(&text) {
                check(&room, &format!("src/{name}:{line}"), &from_the_root(&name, &path));
            }
        }
    }
}

/// A path that climbs by `super::` as it reads from the root of the crate: in view/zone.rs, `super::super::server::X` is
/// `crate::server::X`. One inside a `mod` of the file climbs from the file all the same.
fn from_the_root(file: &str, path: &str) -> String {
    let mut module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    let mut rest = path;
    while let Some(above) = rest.strip_prefix("super::") {
        module.pop();
        rest = above;
    }
    if rest == path {
        return path.to_owned();
    }
    ["crate"].into_iter().chain(module).chain([rest]).collect::<Vec<_>>().join("::")
}

/// Every path with the number of its line: `use a::{b, c::{d, e}};` has `a::b`, `a::c::d`, `a::c::e`.
fn paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut path = String::new();
    // What stands before each open brace: a path and `::` in a `use` tree, nothing elsewhere.
    let mut braces: Vec<String> = Vec::new();
    for (n, line) in code_lines(text) {
        for token in tokens(line) {
            let is_name = token.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            match token {
                "::" => path.push_str("::"),
                "{" => braces.push(if path.ends_with("::") {
                    path.split_off(0)
                } else {
                    String::new()
                }),
                _ if is_name && path.ends_with("::") => path.push_str(token),
                _ if is_name => {
                    end(&mut path, n, &mut found);
                    path = format!("{}{token}", braces.last().map_or("", String::as_str));
                }
                _ => {
                    end(&mut path, n, &mut found);
                    if token == "}" {
                        braces.pop();
                    }
                }
            }
            if token == "{" {
                end(&mut path, n, &mut found);
            }
        }
    }
    found
}

fn end(path: &mut String, line: usize, found: &mut Vec<(usize, String)>) {
    let path = path.split_off(0);
    if path.contains("::") {
        found.push((line, path));
    }
}

/// A line as names, `::`, and single other characters.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.trim_start();
    std::iter::from_fn(move || {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let first = rest.chars().next()?;
        let length = if is_name(first) {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        rest = behind.trim_start();
        Some(token)
    })
}

/// Names of a line with the `!` of a macro, to tell `print!` from `eprint!`.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!'))
}

/// The lines that are not comments, numbered from 1.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(n, line)| (n + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn use_trees_are_taken_apart() {
    let text = "use crate::{\n    model::{Model, Vpc},\n    view::View,\n};\nuse std::{fs, io};\nfn f() -> crate::names::Name { if x { tokio::spawn(y) } }\n";
    let found: Vec<String> = paths(text).into_iter().map(|(_, path)| path).collect();
    let expected = [
        "crate::model::Model",
        "crate::model::Vpc",
        "crate::view::View",
        "std::fs",
        "std::io",
        "crate::names::Name",
        "tokio::spawn",
    ];
    assert_eq!(found, expected);
}

#[test]
fn super_is_followed_out_of_the_room() {
    for (file, path, expected) in [
        ("view/zone.rs", "super::Zone", "crate::view::Zone"),
        ("view/zone.rs", "super::super::server::Server", "crate::server::Server"),
        ("view/mod.rs", "super::server::Server", "crate::server::Server"),
        ("names.rs", "super::view::View", "crate::view::View"),
        ("view/mod.rs", "std::fs", "std::fs"),
    ] {
        assert_eq!(from_the_root(file, path), expected, "{path} in {file}");
    }
}
