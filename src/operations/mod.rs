//! What a command does to a node: the same through the running server as by the command itself.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, Utc};
use futures::{FutureExt as _, future::BoxFuture};
use linli_calendar::{
    projections::agenda::{Ask, agenda},
    routes::feed::export_ics,
};
use linli_people::adapters::{Invited, NewStaff};
use linli_platform::{ids::Actor, service::Platform, stream::Meta, web::Language};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use uuid::Uuid;

use crate::{
    compose::{CLOCK_WAITS, Means, Node, Part},
    config::Config,
    failure::Failure,
    output::Progress,
    seeds::{File, load::load, read::read},
    socket::{Server, operator},
    transfer,
};

pub mod status;

pub use status::{FolderStatus, LogStatus, NodeStatus, Owner, ServiceStatus, Status};

/// What can be asked of a node. The wire between a command and the server of the same version.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// Load files of seeds.
    Seed {
        /// The files.
        files: Vec<File>,
    },
    /// Write a member of staff down and make a link for them.
    Invite {
        /// Their name.
        name: String,
        /// Their e-mail address; may be empty.
        email: String,
        /// `zh` or `en`.
        language: String,
        /// A role's code.
        role: String,
        /// The place it holds in, `*` for all.
        community: String,
    },
    /// Destroy all that says who somebody was.
    Erase {
        /// Whom.
        person: Uuid,
    },
    /// Build tables anew.
    Rebuild {
        /// Of this service alone.
        service: Option<String>,
    },
    /// Take a list of residents in.
    ImportResidents {
        /// The community's code.
        community: String,
        /// The file in base64.
        csv: String,
        /// Say what would be done, and do nothing.
        dry_run: bool,
    },
    /// Write the list of residents.
    ExportResidents {
        /// The place's code.
        place: String,
        /// `zh` or `en`.
        language: String,
    },
    /// Take another log in.
    ImportLog {
        /// The log's file.
        log: PathBuf,
        /// The vault's file.
        vault: PathBuf,
        /// The passphrase of the vault's file.
        passphrase: String,
    },
    /// Write the vault under a passphrase.
    ExportVault {
        /// The new file.
        to: PathBuf,
        /// The passphrase.
        passphrase: String,
    },
    /// The agenda of a community.
    Agenda {
        /// Its code.
        community: String,
        /// The first date.
        from: NaiveDate,
        /// The last date.
        to: NaiveDate,
    },
    /// The agenda as an iCalendar file.
    Ics {
        /// The community's code.
        community: String,
        /// The first date.
        from: NaiveDate,
        /// The last date.
        to: NaiveDate,
        /// Everything but drafts, in place of what is public.
        all: bool,
    },
    /// How the node is.
    Status,
    /// The clock is right: the processes may go on.
    ClockIsRight,
}

/// An invitation: what `linli invite --json` prints.
#[derive(Serialize)]
struct Invitation {
    person: Uuid,
    link: String,
    until: DateTime<Utc>,
}

impl Request {
    /// Whether it is meant for the node that runs in a folder, also where others share its log.
    fn is_for_one_node(&self) -> bool {
        // The vault leaves from where it is kept, and comes in there.
        matches!(
            self,
            Self::Rebuild { .. }
                | Self::ClockIsRight
                | Self::Status
                | Self::ExportVault { .. }
                | Self::ImportLog { .. }
        )
    }

    /// Whether it brings a vault, or takes one away.
    fn moves_a_vault(&self) -> bool {
        matches!(self, Self::ImportLog { .. } | Self::ExportVault { .. })
    }

    /// Whether it changes nothing, and needs no names: it can be done beside whoever writes.
    fn only_reads(&self) -> bool {
        matches!(self, Self::Agenda { .. } | Self::Ics { .. })
    }
}

/// Does something through the server that runs in a folder, else by itself.
pub async fn ask(
    data: PathBuf,
    config: Config,
    request: &Request,
    progress: &Progress,
) -> Result<Box<RawValue>, Failure> {
    if (config.log.is_none() || request.is_for_one_node())
        && let Some(server) = Server::find(&data).await
    {
        return server.ask(request, progress).await;
    }
    let aside = tempfile::tempdir()?;
    let node = if request.only_reads() && config.log.is_none() {
        Node::reading(&data, config)?
    } else {
        // Where the log is elsewhere, the folder may be another node's.
        let data = if config.log.is_none() { data } else { aside.path().join("data") };
        let clock = linli_platform::clock::Clock::system();
        let at = config.listen;
        let part = if request.moves_a_vault() { Part::Mover } else { Part::Operator };
        Node::open(Means { data, config, clock, part, at }).await?
    };
    perform(&node, &operator(), request.clone(), progress).await
}

/// Does something to a node.
pub fn perform<'a>(
    node: &'a Node,
    actor: &'a Actor,
    request: Request,
    progress: &'a Progress,
) -> BoxFuture<'a, Result<Box<RawValue>, Failure>> {
    done(node, actor, request, progress).boxed()
}

async fn done(
    node: &Node,
    actor: &Actor,
    request: Request,
    progress: &Progress,
) -> Result<Box<RawValue>, Failure> {
    let platform = &node.platform;
    let meta = || Meta::by(actor.clone(), platform.entropy.command());
    match request {
        Request::Seed { files } => {
            Ok(to_raw_value(&load(platform, actor, &read(&files)?, progress).await?)?)
        }
        Request::Invite { name, email, language, role, community } => {
            let people = node.registry(progress).await?;
            let who = NewStaff { name, email, language, role, community };
            let invited = people.invite(meta(), who).await?;
            let Invited { person, link, until } = invited;
            Ok(to_raw_value(&Invitation { person, link, until })?)
        }
        Request::Erase { person } => {
            let people = node.registry(progress).await?;
            people.erase(meta(), person).await?;
            Ok(to_raw_value(&json!({ "person": person }))?)
        }
        Request::Rebuild { service } => rebuild(node, service.as_deref(), progress).await,
        Request::ImportResidents { community, csv, dry_run } => {
            let csv = STANDARD.decode(csv)?;
            let people = node.registry(progress).await?;
            let report = people.import_csv(&meta(), &community, &csv, !dry_run).boxed().await?;
            Ok(to_raw_value(&report)?)
        }
        Request::ExportResidents { place, language } => {
            let people = node.registry(progress).await?;
            let csv = people.export_csv(meta(), &place, Language::of(&language)).await?;
            Ok(to_raw_value(&STANDARD.encode(csv))?)
        }
        Request::ImportLog { log, vault, passphrase } => {
            let passphrase = SecretString::from(passphrase);
            Ok(to_raw_value(
                &transfer::import(platform, &log, &vault, &passphrase, progress).boxed().await?,
            )?)
        }
        Request::ExportVault { to, passphrase } => {
            let passphrase = SecretString::from(passphrase);
            transfer::export_vault(&platform.vault, &to, passphrase).await?;
            Ok(to_raw_value(&())?)
        }
        Request::Agenda { community, from, to } => {
            look_at_agenda(node, community, from, to, progress).await
        }
        Request::Ics { community, from, to, all } => {
            ics(node, &community, (from, to, all), progress).await
        }
        Request::Status => Ok(to_raw_value(&status::of(node).await?)?),
        Request::ClockIsRight => {
            clock_is_right(platform)?;
            Ok(to_raw_value(&())?)
        }
    }
}

/// Lets the processes go on after a leap of the clock or a long rest.
pub fn clock_is_right(platform: &Platform) -> Result<(), Failure> {
    let note = platform.data.join(CLOCK_WAITS);
    let released = platform.streams.guard().release();
    released.map_err(|error| Failure::file(&note, "deleted", &error))
}

fn no_community(code: &str) -> Failure {
    Failure::failed(format!(
        "there is no community '{code}': write its code, such as xiguan; `linli seed` loads the \
         places"
    ))
}

async fn look_at_agenda(
    node: &Node,
    community: String,
    from: NaiveDate,
    to: NaiveDate,
    progress: &Progress,
) -> Result<Box<RawValue>, Failure> {
    let calendar = node.calendar().await?;
    node.caught_up(&[calendar], progress).await?;
    let now = node.platform.clock.now();
    let read = calendar.tables.read(move |db| {
        if linli_calendar::projections::neighbours::place(db, &community)?.is_none() {
            return Ok(Err(no_community(&community)));
        }
        let entries = agenda(db, &Ask::all(&community, from..=to), now)?;
        Ok(Ok(entries.iter().map(linli_calendar::values::agenda::Entry::line).collect::<Vec<_>>()))
    });
    Ok(to_raw_value(&read.await??)?)
}

async fn ics(
    node: &Node,
    community: &str,
    (from, to, all): (NaiveDate, NaiveDate, bool),
    progress: &Progress,
) -> Result<Box<RawValue>, Failure> {
    let calendar = node.calendar().await?;
    node.caught_up(&[calendar], progress).await?;
    let (platform, tables) = (&node.platform, calendar.tables.clone());
    let (url, now) = (platform.public_url.clone(), platform.clock.now());
    let code = community.to_owned();
    let made = tokio::task::spawn_blocking(move || {
        export_ics(&tables, (&code, &url), &(from..=to), all, now)
    });
    let text = made.await??.ok_or_else(|| no_community(community))?;
    Ok(to_raw_value(&text)?)
}

async fn rebuild(
    node: &Node,
    only: Option<&str>,
    progress: &Progress,
) -> Result<Box<RawValue>, Failure> {
    let services = node.own_services().await?;
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    if !services.iter().any(|service| wanted(service.name)) {
        let names: Vec<_> = services.iter().map(|service| service.name).collect();
        let only = only.unwrap_or_default();
        return Err(Failure::usage(format!(
            "there is no service '{only}': write one of {}",
            names.join(", ")
        )));
    }
    let mut rebuilt = Vec::new();
    for service in services.into_iter().filter(|service| wanted(service.name)) {
        progress.at(&format!("{}: its tables are built anew", service.name));
        service.rebuild().await?;
        rebuilt.push(service.name);
    }
    Ok(to_raw_value(&json!({ "rebuilt": rebuilt }))?)
}
