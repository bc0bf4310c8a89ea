//! The files of a dump or a state → the topology that becomes of them, and what is not carried over.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use plustwo::import::{self, Imported};

use crate::play::Player;

static TURN: AtomicUsize = AtomicUsize::new(0);

/// A folder of its own, gone with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

impl Player {
    /// Keeps a file of what is imported next.
    pub(crate) fn file(&mut self, name: &str, body: &str) {
        self.files.push((name.to_owned(), body.to_owned()));
    }

    /// Starts anew with the topology that the page's files become; what is not carried over is a problem.
    pub(crate) fn import(&mut self, from: &str) -> Result<String, String> {
        let (text, said) = import(from, &std::mem::take(&mut self.files))?;
        self.topology(&text)?;
        self.problems = Some(said);
        Ok(text)
    }
}

/// The topology that files become, as its text, and a line for each thing that is not carried over.
fn import(from: &str, files: &[(String, String)]) -> Result<(String, String), String> {
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    let name = format!("plustwo-page-{}-{turn}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    for (name, text) in files {
        let path = folder.0.join(name);
        let inside = path.parent().ok_or("a file has a name")?;
        fs::create_dir_all(inside).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| error.to_string())?;
    }
    let imported = match (from, files) {
        ("aws", _) => import::aws(&folder.0),
        ("terraform", [(name, _)]) => import::terraform(&folder.0.join(name)),
        ("terraform", _) => return Err("Terraform's state is one file".to_owned()),
        (other, _) => return Err(format!("no import from `{other}`")),
    };
    let shown = format!("{}/", folder.0.display());
    let Imported { text, notes, .. } =
        imported.map_err(|problems| problems.render().replace(&shown, ""))?;
    let mut said: String =
        notes.iter().map(|note| format!("{note}\n").replace(&shown, "")).collect();
    if said.is_empty() {
        said.push_str("everything is carried over\n");
    }
    Ok((text, said))
}
