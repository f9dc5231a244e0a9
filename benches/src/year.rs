//! A year of one community with 20,000 residents: simulated once for all benches that look at it.

use std::{path::PathBuf, sync::OnceLock};

use anyhow::{Result, anyhow};
use tempfile::TempDir;

use crate::office::filled;

/// Who lives there.
pub const RESIDENTS: usize = 20_000;

/// The folder of that year.
pub struct Year {
    _kept: TempDir,
    /// Where it lies.
    pub folder: PathBuf,
    /// How many events stand on its log.
    pub events: u64,
}

static YEAR: OnceLock<Result<Year, String>> = OnceLock::new();

/// The year; made when it is first asked for.
pub fn year() -> Result<&'static Year> {
    let made = YEAR.get_or_init(|| make().map_err(|error| format!("{error:#}")));
    made.as_ref().map_err(|error| anyhow!("{error}"))
}

fn make() -> Result<Year> {
    #[expect(clippy::print_stderr, reason = "progress, beside the table")]
    {
        eprintln!("… a year of {RESIDENTS} residents is made up");
    }
    let kept = tempfile::tempdir_in(crate::kit::folder())?;
    let folder = kept.path().to_owned();
    let events = filled::lived(&folder, 365, RESIDENTS)?;
    Ok(Year { _kept: kept, folder, events })
}

/// Removes the folder; statics are never dropped.
pub fn forget() {
    if let Some(Ok(year)) = YEAR.get() {
        // The system's place for passing things is emptied by itself.
        let _ = std::fs::remove_dir_all(&year.folder);
    }
}
