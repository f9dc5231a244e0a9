//! `linli export`: a calendar file, a list of residents, or a log and its vault.

use std::{
    io::{IsTerminal as _, stdin},
    path::PathBuf,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::NaiveDate;

use super::{Context, absolute, in_order, parts};
use crate::{
    failure::Failure,
    operations::Request,
    output::{Progress, bytes, line},
    transfer,
};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// The public agenda as an iCalendar file, on stdout
    #[arg(long, requires_all = ["community", "from", "to"])]
    ics: bool,
    /// The community's code
    #[arg(long, value_name = "CODE")]
    community: Option<String>,
    /// The first date
    #[arg(long)]
    from: Option<NaiveDate>,
    /// The last date
    #[arg(long)]
    to: Option<NaiveDate>,
    /// Everything but drafts, in place of what is public
    #[arg(long, requires = "ics")]
    all: bool,
    /// All of the log into a new file
    #[arg(long, value_name = "FILE", requires = "vault", conflicts_with = "ics")]
    log: Option<PathBuf>,
    /// Its vault into a new file, under a passphrase (asked for, or in LINLI_PASSPHRASE)
    #[arg(long, value_name = "FILE2", requires = "log")]
    vault: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum What {
    /// The residents of a place as CSV, on stdout
    Residents {
        /// The place's code
        #[arg(long, value_name = "CODE")]
        community: String,
        /// The language of the column heads: zh or en
        #[arg(long, default_value = "zh", value_parser = ["zh", "en"])]
        language: String,
    },
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    cx.existing()?;
    match arguments {
        Arguments { what: Some(What::Residents { community: place, language }), .. } => {
            let csv = cx.ask(&Request::ExportResidents { place, language }).await?;
            bytes(&STANDARD.decode(parts::<String>(&csv)?)?)
        }
        Arguments {
            ics: true,
            community: Some(community),
            from: Some(from),
            to: Some(to),
            all,
            ..
        } => {
            in_order(from, to)?;
            let file = cx.ask(&Request::Ics { community, from, to, all }).await?;
            bytes(parts::<String>(&file)?.as_bytes())
        }
        Arguments { log: Some(log), vault: Some(vault), .. } => {
            let passphrase = passphrase(true)?;
            let progress = Progress::on_stderr();
            // The log first: then the vault holds a key for all that is in it.
            let open = cx.log().await?;
            let count = transfer::export_log(open.as_ref(), &log, &progress).await?;
            let to = absolute(&vault)?;
            cx.ask(&Request::ExportVault { to, passphrase }).await?;
            line(format_args!("{count} records in {}", log.display()))?;
            line(format_args!("the vault, under the passphrase, in {}", vault.display()))
        }
        _ => Err(Failure::usage(
            "say what: --ics with --community, --from and --to; residents; or --log and --vault",
        )),
    }
}

/// The passphrase of an export: from the environment, the terminal or a line of stdin.
pub(super) fn passphrase(new: bool) -> Result<String, Failure> {
    let failed = |error| Failure::failed(format!("no passphrase can be read: {error}"));
    if let Ok(given) = std::env::var("LINLI_PASSPHRASE") {
        return Ok(given);
    }
    if !stdin().is_terminal() {
        let mut given = String::new();
        stdin().read_line(&mut given).map_err(failed)?;
        return Ok(given.trim_end_matches(['\r', '\n']).to_owned());
    }
    let given = rpassword::prompt_password("Passphrase: ").map_err(failed)?;
    if new && rpassword::prompt_password("Once more: ").map_err(failed)? != given {
        return Err(Failure::usage("the two passphrases differ"));
    }
    Ok(given)
}
