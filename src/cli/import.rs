//! `linli import`: a list of residents, or a log and its vault from another folder.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Context, absolute, export::passphrase, parts};
use crate::{
    failure::Failure,
    operations::Request,
    output::{json, line, tell},
    transfer::Imported,
};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// A log's file, as `linli export --log` writes it
    #[arg(long, value_name = "FILE", requires = "vault")]
    log: Option<PathBuf>,
    /// The vault's file that goes with it
    #[arg(long, value_name = "FILE2", requires = "log")]
    vault: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// Residents from a spreadsheet (CSV in UTF-8 or GB18030)
    Residents {
        /// The file
        file: PathBuf,
        /// The community's code
        #[arg(long, value_name = "CODE")]
        community: String,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    match arguments {
        Arguments { what: Some(What::Residents { file, community, dry_run, json }), .. } => {
            residents(cx, file, community, dry_run, json).await
        }
        Arguments { log: Some(log), vault: Some(vault), json: as_json, .. } => {
            let (log, vault) = (absolute(&log)?, absolute(&vault)?);
            let passphrase = passphrase(false)?;
            let imported = cx.ask(&Request::ImportLog { log, vault, passphrase }).await?;
            if as_json {
                return json(&imported);
            }
            let Imported { new, there, persons_new, persons_there, persons_erased } =
                parts(&imported)?;
            line(format_args!("records: {new} new, {there} already there"))?;
            line(format_args!(
                "persons: {persons_new} new, {persons_there} already there, {persons_erased} stay \
                 erased"
            ))
        }
        _ => Err(Failure::usage("say what: `linli import residents FILE`, or --log and --vault")),
    }
}

async fn residents(
    cx: &Context,
    file: PathBuf,
    community: String,
    dry_run: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let csv = std::fs::read(&file).map_err(|error| Failure::file(&file, "read", &error))?;
    let csv = STANDARD.encode(csv);
    let answer = cx.ask_existing(&Request::ImportResidents { community, csv, dry_run }).await?;
    let report: Value = parts(&answer)?;
    let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or_default();
    if as_json {
        json(&answer)?;
    } else {
        let (new, there) = (number("new"), number("there"));
        let done = if report.get("done") == Some(&Value::Bool(true)) { "written" } else { "new" };
        line(format_args!("{new} {done}, {there} already there"))?;
    }
    let lines = |key: &str| report.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let differing: Vec<String> = lines("differing").iter().map(Value::to_string).collect();
    if !differing.is_empty() {
        tell(format_args!(
            "{}: lines {} differ from what is known and were left as they are: edit them at the \
             desk",
            file.display(),
            differing.join(", ")
        ));
    }
    let bad = lines("bad");
    if bad.is_empty() {
        return Ok(());
    }
    for one in &bad {
        let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = one.get("line").and_then(Value::as_u64).unwrap_or_default();
        let (problem, written) = (text("problem"), text("text"));
        tell(format_args!("linli: {}, line {number}: {problem} ({written})", file.display()));
    }
    tell("linli: nothing was written: correct these lines and import the file again");
    Err(Failure::Told)
}
