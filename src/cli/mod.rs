//! The command line: one file per subcommand. Exit codes: 0 done, 1 not done, 2 wrong usage.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use chrono::NaiveDate;
use clap::{Parser, Subcommand};
use linli_platform::event_log::{
    EventLog,
    sqlite::{OpenMode, SqliteLog},
};
use serde_json::value::RawValue;
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    compose::distributed,
    config::Config,
    failure::Failure,
    operations::{self, Request},
    otel,
    output::{Progress, tell},
};

mod agenda;
mod backup;
mod demo;
mod erase;
mod events;
mod export;
mod festivals;
mod import;
mod invite;
mod preview;
mod ready;
mod rebuild;
mod restore;
mod seed;
mod serve;
mod simulate;
mod status;
mod verify;

#[derive(Parser)]
#[command(name = "linli", version, about, max_term_width = 100)]
struct Cli {
    /// The data folder [default: data]
    #[arg(long, global = true, env = "LINLI_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration [default: linli.toml, if there is one]
    #[arg(long, global = true, env = "LINLI_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all services
    Serve(serve::Arguments),
    /// Show everything with made-up residents
    Demo(demo::Arguments),
    /// Live through a time span with made-up residents, and count
    Simulate(simulate::Arguments),
    /// Load places and communities from TOML files
    Seed(seed::Arguments),
    /// Make a link by which a member of staff chooses a password
    Invite(invite::Arguments),
    /// Print the agenda of a community
    Agenda(agenda::Arguments),
    /// Print the festivals, solar terms and public holidays of a year
    Festivals(festivals::Arguments),
    /// Print the dates of a rule
    Preview(preview::Arguments),
    /// Print what stands on the log
    Events(events::Arguments),
    /// Check every record of the log
    Verify(verify::Arguments),
    /// Build tables anew from the log
    Rebuild(rebuild::Arguments),
    /// Print how the folder and its server are
    Status(status::Arguments),
    /// Copy log and vault, also while the server runs
    Backup(backup::Arguments),
    /// Put a backup into an empty data folder
    Restore(restore::Arguments),
    /// Destroy all that says who a person was, for ever
    Erase(erase::Arguments),
    /// Take in a list of residents, or a log and its vault
    Import(import::Arguments),
    /// Write a calendar file, a list of residents, or a log and its vault
    Export(export::Arguments),
}

/// What all subcommands are given.
struct Context {
    data: Option<PathBuf>,
    config: Option<PathBuf>,
}

impl Context {
    /// The data folder.
    fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("data"))
    }

    fn config(&self) -> Result<Config, Failure> {
        Config::load(self.config.as_deref())
    }

    /// The configuration, with a log that goes before the one there.
    fn config_with_log(&self, log: Option<&str>) -> Result<Config, Failure> {
        let mut config = self.config()?;
        if let Some(log) = log {
            config.log = crate::config::log_address(log).map_err(Failure::usage)?;
        }
        Ok(config)
    }

    /// The log that the configuration names, to read it.
    async fn log(&self) -> Result<Arc<dyn EventLog>, Failure> {
        let config = self.config()?;
        match &config.log {
            Some(address) => Ok(Arc::new(distributed::log(address, &config).await?)),
            None => Ok(Arc::new(SqliteLog::open(&self.data(), OpenMode::ReadOnly)?)),
        }
    }

    /// Does something through the server that runs in the folder, else by itself.
    async fn ask(&self, request: &Request) -> Result<Box<RawValue>, Failure> {
        let progress = Progress::on_stderr();
        operations::ask(self.data(), self.config()?, request, &progress).await
    }

    /// A log in a folder must be there; one on NATS says itself when it isn't.
    fn existing(&self) -> Result<(), Failure> {
        if self.config()?.log.is_some() { Ok(()) } else { existing(&self.data()) }
    }

    /// The same for what needs a folder that is there: a wrong name must not make a new one.
    async fn ask_existing(&self, request: &Request) -> Result<Box<RawValue>, Failure> {
        self.existing()?;
        self.ask(request).await
    }
}

/// An answer of the node in its parts.
fn parts<T: serde::de::DeserializeOwned>(answer: &RawValue) -> Result<T, Failure> {
    Ok(serde_json::from_str(answer.get())?)
}

fn existing(data: &Path) -> Result<(), Failure> {
    if data.join("log.db").is_file() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "there is no log in {}: name its folder with --data, or make one with `linli seed`",
        data.display()
    )))
}

/// A file's path as another process sees it.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::file(path, "used", &error))
}

/// A window of dates in order.
fn in_order(from: NaiveDate, to: NaiveDate) -> Result<(), Failure> {
    for date in [from, to] {
        crate::holidays::year_of(date)?;
    }
    if from <= to {
        Ok(())
    } else {
        Err(Failure::usage(format!("--from {from} is after --to {to}: exchange them")))
    }
}

/// Where a server's spans go, if anywhere. What is wrong with the configuration, the server says.
fn collector(cli: &Cli) -> Option<otel::Endpoint> {
    match cli.command {
        Command::Serve(_) => Config::load(cli.config.as_deref()).ok()?.otel_endpoint,
        _ => None,
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = EnvFilter::try_from_default_env();
    let log = log.unwrap_or_else(|_| EnvFilter::new("warn,linli=info"));
    let (spans, sending) = collector(&cli).map(otel::to).unzip();
    let ours = Targets::new().with_target("linli", Level::DEBUG);
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(log))
        .with(spans.map(|spans| spans.with_filter(ours)))
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(format_args!("linli: no threads can be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        if let Some(sending) = sending {
            tokio::spawn(sending.run());
        }
        run(cli).await
    });
    // The log's writer ends when the last task that holds it is gone.
    drop(runtime);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text() {
                tell(format_args!("linli: {text}"));
            }
            ExitCode::from(failure.code())
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let cx = Context { data: cli.data, config: cli.config };
    match cli.command {
        Command::Serve(arguments) => serve::run(&cx, arguments).await,
        Command::Demo(arguments) => Box::pin(demo::run(&cx, arguments)).await,
        Command::Simulate(arguments) => simulate::run(&cx, arguments).await,
        Command::Seed(arguments) => seed::run(&cx, arguments).await,
        Command::Invite(arguments) => invite::run(&cx, arguments).await,
        Command::Agenda(arguments) => agenda::run(&cx, arguments).await,
        Command::Festivals(arguments) => festivals::run(&cx, &arguments).await,
        Command::Preview(arguments) => preview::run(&cx, &arguments).await,
        Command::Events(arguments) => events::run(&cx, arguments).await,
        Command::Verify(arguments) => verify::run(&cx, &arguments).await,
        Command::Rebuild(arguments) => rebuild::run(&cx, arguments).await,
        Command::Status(arguments) if arguments.ready => ready::ask(cx.config()?.listen).await,
        Command::Status(arguments) => status::run(&cx, &arguments).await,
        Command::Backup(arguments) => backup::run(&cx, arguments).await,
        Command::Restore(arguments) => restore::run(&cx, arguments).await,
        Command::Erase(arguments) => erase::run(&cx, arguments).await,
        Command::Import(arguments) => import::run(&cx, arguments).await,
        Command::Export(arguments) => export::run(&cx, arguments).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_has_its_fixed_names() {
        let command = Cli::command();
        command.clone().debug_assert();
        let names: Vec<_> =
            command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        for name in [
            "serve",
            "demo",
            "simulate",
            "seed",
            "invite",
            "agenda",
            "festivals",
            "preview",
            "events",
            "verify",
            "rebuild",
            "status",
            "backup",
            "restore",
            "erase",
            "import",
            "export",
        ] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }

    #[test]
    fn dates_out_of_order_are_a_wrong_usage() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(in_order(day("2026-01-01"), day("2026-01-01")).is_ok());
        let wrong = in_order(day("2026-01-02"), day("2026-01-01")).unwrap_err();
        assert_eq!(wrong.code(), 2);
        assert_eq!(in_order(day("1850-01-01"), day("2026-01-01")).unwrap_err().code(), 2);
    }
}
