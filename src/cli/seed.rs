//! `linli seed`: places and communities from TOML files, each once.

use std::path::PathBuf;

use super::{Context, parts};
use crate::{
    failure::Failure,
    operations::Request,
    output::{json, line, tell},
    seeds::{load::Report, read},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A folder as seeds/README.md describes it, or one of its files
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let files = read::files(&arguments.path)?;
    // Read here as well, so that a wrong file makes no data folder.
    read::read(&files)?;
    let report: Report = parts(&cx.ask(&Request::Seed { files }).await?)?;
    if arguments.json {
        json(&report)?;
    } else {
        let Report { new, there, .. } = &report;
        match (new, there) {
            (0, there) => line(format_args!("already there: {there}"))?,
            (new, 0) => line(format_args!("loaded: {new}"))?,
            (new, there) => line(format_args!("loaded: {new}, already there: {there}"))?,
        }
    }
    if report.edited.is_empty() {
        return Ok(());
    }
    for origin in &report.edited {
        tell(format_args!(
            "linli: {origin} is there with other content and was not applied: change it at the \
             desk, or give it another key"
        ));
    }
    Err(Failure::Told)
}
