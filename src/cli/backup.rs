//! `linli backup`: the log first, then the vault, so that no event's key is missing. It runs beside
//! the server. The master key is in no backup.

use std::{fs, path::PathBuf};

use linli_platform::{
    event_log::sqlite::{OpenMode, SqliteLog},
    vault::{VAULT_FILE, backup_file},
};
use serde_json::json;

use super::Context;
use crate::{
    failure::Failure,
    output::{Progress, json, line},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The new folder
    #[arg(value_name = "DIR2")]
    to: PathBuf,
    /// Print one JSON object: folder, last
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { to, json: as_json } = arguments;
    let data = cx.data();
    let log = SqliteLog::open(&data, OpenMode::ReadOnly)?;
    if fs::read_dir(&to).is_ok_and(|mut files| files.next().is_some()) {
        return Err(Failure::failed(format!(
            "{} is not empty: name a new folder for each backup",
            to.display()
        )));
    }
    let mut folder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(folder.recursive(true), 0o700);
    folder.create(&to).map_err(|error| Failure::file(&to, "made", &error))?;
    let progress = Progress::on_stderr();
    let told = move |step: linli_platform::event_log::sqlite::Progress| {
        progress.at(&format!("log: {} of {} pages copied", step.done, step.total));
    };
    let last = log.backup_to(to.join("log.db"), told).await?;
    let vault = to.join(VAULT_FILE);
    tokio::task::spawn_blocking(move || backup_file(&data, &vault)).await??;
    if as_json {
        return json(&json!({ "folder": to, "last": last }));
    }
    line(format_args!(
        "{last} records and the vault are in {}. The master key is not: keep it elsewhere.",
        to.display()
    ))
}
