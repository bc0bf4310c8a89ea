//! Runs every `tests/behaviour/**/*.md` four times: against the core, and through the real server on loopback by its
//! full path, by its fast path, and by its portable loop.
//!
//! A page is Markdown that a person can read: what AWS does, where that is written (`Rule:`), the topology, and a
//! transcript. `UPDATE=1 cargo test --test behaviour` rewrites the expected lines; read the diff before you commit
//! it. `README.md` beside this file lists the blocks and steps.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod check;
mod flows;
mod import;
mod message;
mod name_server;
mod page;
mod play;
mod policy;
mod shown;
mod signed;
mod trace;
mod wire;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

use libtest_mimic::{Arguments, Failed, Trial};

use page::Page;
use play::{Door, Player};

fn main() {
    let args = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour");
    let mut files = Vec::new();
    markdown_files(&root, &mut files);
    files.sort();
    let trials = files.iter().flat_map(|file| {
        let name = file.strip_prefix(&root).unwrap().with_extension("").display().to_string();
        [Door::Core, Door::FullPath, Door::FastPath, Door::Portable].map(|door| {
            let file = file.clone();
            Trial::test(format!("{name} ({})", door.name()), move || run(&file, door))
        })
    });
    libtest_mimic::run(&args, trials.collect()).exit();
}

/// Plays one page through one door and compares.
fn run(file: &Path, door: Door) -> Result<(), Failed> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let page = Page::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let played =
        page.play(&mut Player::new(door)).map_err(|error| format!("{}:{error}", file.display()))?;
    if std::env::var_os("UPDATE").is_some() {
        // the core knows which rules decided; the wire does not
        if door == Door::Core && played != text {
            fs::write(file, played)?;
        }
        return Ok(());
    }
    let (expected, actual) = match door {
        Door::Core => (text, played),
        Door::FullPath | Door::FastPath | Door::Portable => {
            (page::without_comments(&text), page::without_comments(&played))
        }
    };
    if expected == actual { Ok(()) } else { Err(page::diff(&expected, &actual).into()) }
}

fn markdown_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            markdown_files(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "md")
            && path.file_name() != Some("README.md".as_ref())
        {
            files.push(path);
        }
    }
}
