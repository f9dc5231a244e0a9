//! The demonstration: the seeds, made-up residents, and one occurrence of each state that a visitor
//! should see. All of it comes about by commands, as in a community office.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use chrono::TimeDelta;
use linli_people::adapters::NewStaff;
use linli_platform::{
    entropy::derived,
    event_log::sqlite::FolderLock,
    ids::CommandId,
    service::{Service, settle},
    stream::Meta,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    compose::{Node, SYNTHETIC, beside, is_synthetic},
    failure::Failure,
    output::Progress,
    seeds::{embedded, load::load, read::read},
    socket::operator,
};

pub mod cluster;
mod once;
pub mod past;
mod residents;
mod states;

/// How long the links are good.
const LINKS: TimeDelta = TimeDelta::hours(24);
/// What stands in the file that marks the folder.
const MARK: &str = "All that is in this folder is made up. `linli serve` refuses it.\n";

/// `demo.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    community: String,
    administrator: String,
    administrator_email: String,
    residents: Vec<String>,
    teams: Vec<String>,
    full: Shown,
    cancelled: Shown,
    moved: Shown,
    past: Past,
    once: BTreeMap<String, once::Once>,
}

/// What is lived through before the demonstration begins.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Past {
    days: u64,
    residents: usize,
    of: BTreeMap<String, usize>,
    seed: u64,
    mails_kept_days: i64,
}

/// Which activities show a state, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    prefer: Vec<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    venues: Vec<String>,
}

static SCRIPT: LazyLock<Result<Script, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("demo.toml")));

fn script() -> Result<&'static Script, Failure> {
    SCRIPT.as_ref().map_err(|error| Failure::failed(format!("demo.toml: {error}")))
}

/// Where a visitor goes on: what `--json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Links {
    /// The address.
    pub address: String,
    /// A link that signs in as administrator, once.
    pub desk: String,
    /// A link that signs in as a resident who is subscribed, once.
    pub resident: String,
    /// The page that shows the mail that went out.
    pub outbox: String,
}

/// The id of a command of the demonstration: done again, it changes nothing.
fn meta(what: &str) -> Meta {
    Meta::by(operator(), CommandId(derived("demo", what)))
}

/// Makes the folder ready: anew, or, where `keep` says so, as it is. One that is not a
/// demonstration's is refused.
pub fn folder(data: &Path, keep: bool) -> Result<(), Failure> {
    let there = fs::read_dir(data).is_ok_and(|mut files| files.next().is_some());
    if there && !is_synthetic(data) {
        return Err(Failure::failed(format!(
            "{} is not a demonstration's folder (it has no file {SYNTHETIC}): name another one \
             with --data",
            data.display()
        )));
    }
    if there && !keep {
        drop(FolderLock::take(data)?);
        let own: [PathBuf; 2] = [beside(data, ".key"), beside(data, ".erased")];
        for file in own.iter().filter(|file| file.exists()) {
            fs::remove_file(file).map_err(|error| Failure::file(file, "removed", &error))?;
        }
        fs::remove_dir_all(data).map_err(|error| Failure::file(data, "removed", &error))?;
    }
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
    builder.create(data).map_err(|error| Failure::file(data, "made", &error))?;
    let mark = data.join(SYNTHETIC);
    fs::write(&mark, MARK).map_err(|error| Failure::file(&mark, "written", &error))
}

/// Waits until all services have done what there is to do.
async fn quiet(node: &Node) -> Result<(), Failure> {
    let services: [&Service; 5] = node.services().await?;
    let tables = services.map(|service| &service.tables);
    settle(node.platform.log.as_ref(), &node.platform.clock, &tables).await?;
    Ok(())
}

/// Fills a node with all that is shown.
pub async fn fill(node: &Node, progress: &Progress) -> Result<Links, Failure> {
    let script = script()?;
    progress.at("demo: places and communities");
    load(&node.platform, &operator(), &read(embedded::files())?, progress).await?;
    progress.at("demo: the next 60 days");
    quiet(node).await?;
    progress.at("demo: residents");
    let administrator = administrator(node, script, progress).await?;
    let residents = residents::register(node, script, progress).await?;
    quiet(node).await?;
    progress.at("demo: registrations, a move, a cancellation");
    states::make(node, script, &residents).await?;
    quiet(node).await?;
    let people = node.registry(progress).await?;
    let subscribed = residents.first().copied().unwrap_or_default();
    let address = node.platform.public_url.clone();
    Ok(Links {
        outbox: format!("{address}/outbox"),
        desk: people.one_time_link(administrator, LINKS).await?,
        resident: people.one_time_link(subscribed, LINKS).await?,
        address,
    })
}

async fn administrator(node: &Node, script: &Script, progress: &Progress) -> Result<Uuid, Failure> {
    let people = node.registry(progress).await?;
    let who = NewStaff {
        name: script.administrator.clone(),
        email: script.administrator_email.clone(),
        language: "zh".to_owned(),
        role: "administrator".to_owned(),
        community: "*".to_owned(),
    };
    Ok(people.invite(meta("administrator"), who).await?.person)
}

#[cfg(test)]
mod tests;
