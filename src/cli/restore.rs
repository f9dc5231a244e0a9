//! `linli restore`: a backup into an empty folder. Whoever was erased since stays erased, and every
//! sign-in ends.

use std::{
    fs,
    io::{IsTerminal as _, Write as _, stderr, stdin},
    path::{Path, PathBuf},
};

use linli_people::PeopleError;
use linli_platform::{
    clock::Clock,
    entropy::{Entropy, derived},
    event_log::{
        EventLog as _,
        sqlite::{FolderLock, OpenMode, SqliteLog},
    },
    ids::{CommandId, Position},
    stream::Meta,
    vault::VAULT_FILE,
};
use serde_json::json;
use uuid::Uuid;

use super::Context;
use crate::{
    compose::{Means, Node, Part, open_vault},
    config::Config,
    failure::Failure,
    output::{Progress, json, line},
    socket::operator,
};

const LOG_FILE: &str = "log.db";

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The backup's folder
    #[arg(value_name = "DIR2")]
    from: PathBuf,
    /// The newest erasure list; without it the one beside the master key, and you are asked
    #[arg(long, value_name = "FILE")]
    erasures: Option<PathBuf>,
    /// Nobody was ever erased: there is no list
    #[arg(long, conflicts_with = "erasures")]
    no_erasures: bool,
    /// Print one JSON object: data, last, erased
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(cx: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (data, config) = (cx.data(), cx.config()?);
    let given = match arguments.erasures.clone() {
        None if !arguments.no_erasures => asked()?,
        given => given,
    };
    for file in [LOG_FILE, VAULT_FILE] {
        let there = arguments.from.join(file);
        if !there.is_file() {
            return Err(Failure::failed(format!(
                "{} is missing: this is no backup",
                there.display()
            )));
        }
        if data.join(file).exists() {
            return Err(Failure::failed(format!(
                "{} holds a {file} already: stop the server and move that folder away first",
                data.display()
            )));
        }
    }
    fs::create_dir_all(&data).map_err(|error| Failure::file(&data, "made", &error))?;
    let restored = restore(&data, &config, &arguments, given.as_deref()).await;
    if restored.is_err() {
        for file in [LOG_FILE, VAULT_FILE] {
            // Nothing half done stays behind; the backup is whole.
            let _ = fs::remove_file(data.join(file));
        }
    }
    let (last, erasures) = restored?;
    let erased = erase_again(&data, config, erasures.as_deref()).await?;
    if arguments.json {
        return json(&json!({ "data": data, "last": last, "erased": erased }));
    }
    line(format_args!(
        "{last} records are restored; {erased} erased persons stay erased; everybody signs in \
         again."
    ))
}

/// Asks for the newest erasure list, where there is somebody to ask.
fn asked() -> Result<Option<PathBuf>, Failure> {
    if !stdin().is_terminal() {
        return Ok(None);
    }
    let failed = |error| Failure::failed(format!("no answer can be read: {error}"));
    let mut out = stderr().lock();
    write!(out, "The newest erasure list [the one beside the master key]: ").map_err(failed)?;
    out.flush().map_err(failed)?;
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(failed)?;
    let answer = answer.trim();
    Ok((!answer.is_empty()).then(|| answer.into()))
}

/// Copies and checks the files, and destroys the keys of those on the list, which it gives back.
async fn restore(
    data: &Path,
    config: &Config,
    arguments: &Arguments,
    given: Option<&Path>,
) -> Result<(Position, Option<PathBuf>), Failure> {
    let _lock = FolderLock::take(data)?;
    for file in [VAULT_FILE, LOG_FILE] {
        let (from, to) = (arguments.from.join(file), data.join(file));
        fs::copy(&from, &to).map_err(|error| Failure::file(&to, "written", &error))?;
    }
    let log = SqliteLog::open(data, OpenMode::ReadOnly)?;
    let report = log.verify(Position(0)).await?;
    if let Some((position, why)) = report.first_bad {
        return Err(Failure::failed(format!(
            "the backup is damaged at record {position}: {why}; restore an older one"
        )));
    }
    let (vault, master, _) = open_vault(data, config, &Entropy::system())?;
    let usual = master.erasure_list();
    let list = match given {
        Some(given) if !given.is_file() => {
            return Err(Failure::failed(format!("there is no erasure list {}", given.display())));
        }
        Some(given) => Some(given.to_owned()),
        None if usual.is_file() => Some(usual),
        None if arguments.no_erasures || stdin().is_terminal() => None,
        None => {
            return Err(Failure::usage(format!(
                "there is no erasure list {}: name the newest one with --erasures FILE, or say \
                 --no-erasures if nobody was ever erased",
                usual.display()
            )));
        }
    };
    if let Some(list) = &list {
        vault.apply_erasures(list)?;
    }
    // Cookies live under this key and the one before it.
    vault.rotate_session_key()?;
    vault.rotate_session_key()?;
    Ok((report.upto, list))
}

/// Notes the erasures that the backup's log does not know of yet; says how many are on the list.
async fn erase_again(data: &Path, config: Config, list: Option<&Path>) -> Result<usize, Failure> {
    let Some(list) = list else { return Ok(0) };
    let text = fs::read_to_string(list).map_err(|error| Failure::file(list, "read", &error))?;
    let persons: Vec<Uuid> = text.lines().filter_map(|line| line.trim().parse().ok()).collect();
    if persons.is_empty() {
        return Ok(0);
    }
    let (clock, at) = (Clock::system(), config.listen);
    let means = Means { data: data.to_owned(), config, clock, part: Part::Operator, at };
    let node = Node::open(means).await?;
    let people = node.registry(&Progress::on_stderr()).await?;
    for person in &persons {
        let cmd = CommandId(derived("restore", &person.to_string()));
        match people.erase(Meta::by(operator(), cmd), *person).await {
            // Somebody who came after the backup was made, or is erased on its log.
            Ok(_) | Err(PeopleError::No { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(persons.len())
}
