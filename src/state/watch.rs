//! Reload: when the files of the topology change, or when asked to.

use std::{path::PathBuf, sync::Arc, time::Duration};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::{Counters, State, Written};
use crate::{
    config::{Problems, Topology},
    import,
};

/// How long a file must have been quiet before it is read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// The topology file of a running emulator, or the folder it imports.
#[derive(Debug)]
pub struct TopologyFile {
    path: PathBuf,
    state: Arc<State>,
    asked: Notify,
}

impl TopologyFile {
    /// For the file that `state` was started from.
    #[must_use]
    pub fn new(path: PathBuf, state: Arc<State>) -> Self {
        Self { path, state, asked: Notify::new() }
    }

    /// Asks for a reload; it happens in [`TopologyFile::follow`].
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Reads the file and puts what it describes in place; on any mistake in it the running state stays.
    ///
    /// # Errors
    /// Every problem of the file.
    pub fn reload(&self) -> Result<Vec<PathBuf>, Problems> {
        let (topology, notes) = import::load(&self.path).inspect_err(|_| {
            Counters::add(&self.state.counters().failed_reloads);
        })?;
        let Topology { model, warnings, files, text } = topology;
        if !notes.is_empty() {
            warn!(folder = %self.path.display(), things = notes.len(), "not all was carried over");
        }
        for warning in &warnings {
            warn!("{warning}");
        }
        // they hold the text of the file
        drop(warnings);
        let written = Written::read(text.clone());
        self.state.reload(model, written).map_err(|error| {
            Counters::add(&self.state.counters().failed_reloads);
            error.problems(&self.path.display().to_string(), text.as_deref().unwrap_or_default())
        })?;
        Counters::add(&self.state.counters().reloads);
        Ok(files)
    }

    /// Reloads for ever: when asked, and whenever one of `files` has changed. They are watched from this call on, also before the first poll.
    pub fn follow(self: Arc<Self>, mut files: Vec<PathBuf>) -> impl Future<Output = ()> + Send {
        let changed = Arc::new(Notify::new());
        let mut watcher = watch(&files, &changed);
        async move {
            loop {
                tokio::select! {
                    () = self.asked.notified() => {}
                    () = changed.notified() => {
                        // all that happens until it is quiet is one change
                        while tokio::time::timeout(QUIET, changed.notified()).await.is_ok() {}
                    }
                }
                match tokio::task::block_in_place(|| self.reload()) {
                    Ok(now) => {
                        info!(file = %self.path.display(), "reloaded the topology");
                        if now != files {
                            files = now;
                            drop(watcher);
                            watcher = watch(&files, &changed);
                        }
                    }
                    Err(problems) => {
                        error!(
                            file = %self.path.display(),
                            "the topology was not reloaded, what ran before goes on running:\n{}",
                            problems.render()
                        );
                    }
                }
            }
        }
    }
}

/// Watches the folders that files are in, since editors replace files rather than write into them.
fn watch(files: &[PathBuf], changed: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let names: Vec<_> =
        files.iter().filter_map(|file| file.file_name().map(ToOwned::to_owned)).collect();
    let changed = Arc::clone(changed);
    let on_event = move |event: notify::Result<notify::Event>| match event {
        Ok(event) if event.kind.is_access() => {}
        Ok(event) => {
            let ours = event.paths.iter().filter_map(|path| path.file_name());
            if ours.into_iter().any(|name| names.iter().any(|ours| ours == name)) {
                changed.notify_one();
            }
        }
        Err(error) => warn!(%error, "watching the topology file failed"),
    };
    let watched = notify::recommended_watcher(on_event).and_then(|mut watcher| {
        let mut folders: Vec<_> = files
            .iter()
            .filter_map(|file| file.parent())
            .map(|folder| if folder.as_os_str().is_empty() { ".".as_ref() } else { folder })
            .collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    watched
        .inspect_err(
            |error| warn!(%error, "changes of the topology file will not be noticed; use SIGHUP"),
        )
        .ok()
}
