//! Copying the log while it is written.

use std::path::{Path, PathBuf};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::{file, folder, reader};
use crate::ids::Position;

/// So many pages of the file are copied between two reports of progress.
const PAGES: i32 = 2048;

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Pages copied so far.
    pub done: u64,
    /// Pages in all.
    pub total: u64,
}

/// Why there is no backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The target is there already.
    #[error("{0} is there already: name another file, or move it away")]
    Exists(PathBuf),
    /// The copy could not be made.
    #[error("the log can't be copied to {path}: {why}")]
    Failed {
        /// The target.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
}

/// Copies the log. The target bears its name only once it is complete and on the disk.
pub(super) fn copy(
    from: &Path,
    to: &Path,
    progress: impl FnMut(Progress),
) -> Result<Position, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let failed = |why: String| BackupError::Failed { path: to.to_owned(), why };
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    // What an earlier attempt left behind is worth nothing.
    let _ = std::fs::remove_file(&part);
    folder::make_file(&part).map_err(|error| failed(error.to_string()))?;
    let copied = pages(from, &part, progress)
        .map_err(|error| error.to_string())
        .and_then(|last| std::fs::rename(&part, to).map(|()| last).map_err(|e| e.to_string()));
    copied.map_err(|why| {
        let _ = std::fs::remove_file(&part);
        failed(why)
    })
}

fn pages(from: &Path, to: &Path, mut progress: impl FnMut(Progress)) -> rusqlite::Result<Position> {
    let from = file::reader(from)?;
    // Held for the whole copy: what is written meanwhile stays out, and nothing starts again.
    let moment = from.unchecked_transaction()?;
    let last = reader::last(&moment)?;
    let mut to = Connection::open(to)?;
    let backup = Backup::new(&moment, &mut to)?;
    loop {
        let step = backup.step(PAGES)?;
        let now = backup.progress();
        let total = u64::try_from(now.pagecount).unwrap_or_default();
        let left = u64::try_from(now.remaining).unwrap_or_default();
        progress(Progress { done: total.saturating_sub(left), total });
        match step {
            StepResult::Done => return Ok(last),
            StepResult::More => {}
            _ => std::thread::yield_now(),
        }
    }
}
