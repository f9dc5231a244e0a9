//! A service's tables: its projections, and the rows, timers and open commands of its processes,
//! in one SQLite file that can be deleted at any time and built anew from the log.
//!
//! The file's name bears a fingerprint of all that its content depends on, so another version of
//! the program builds its own beside the old one. Rows and checkpoint move in one transaction.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    blocking::blocking,
    commit::NewEvent,
    event_log::EventLog,
    ids::{Position, StreamId},
    process::{Action, Input, Process},
    projection::{ApplyError, Fact, Projection},
    stream::Meta,
};

mod contents;
mod engine;
mod figures;
mod issue;
pub(crate) mod rows;
mod steps;
mod store;
#[cfg(test)]
mod tests;
mod turn;

pub use contents::Mark;
pub use engine::Engine;
pub(crate) use engine::{Means, Rebuild};
pub use figures::{Figures, figures};
pub use issue::{Declined, NOTHING_TO_DO, Noted};
pub use steps::Steps;

/// Why the tables can't be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TablesError {
    /// The file can't be opened, read or written.
    #[error("{file}: {why}; stop Linli and delete the file, it will be built anew from the log")]
    Database {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// A query failed.
    #[error("a page's query failed: {0}")]
    Query(String),
}

/// How a service decodes what it hears: `None` for what does not concern it.
pub type Hear<E> = fn(&StreamId, &NewEvent) -> Result<Option<E>, serde_json::Error>;

struct ProjectionEntry<E> {
    name: &'static str,
    tables: &'static str,
    version: u32,
    apply: fn(&Connection, &Fact<E>) -> Result<(), ApplyError>,
}

struct ProcessEntry<E> {
    name: &'static str,
    version: u32,
    step: Step<E>,
    dispatch: Dispatch,
}

type Step<E> = fn(
    &mut rows::Rows<'_>,
    &Input<'_, E>,
    DateTime<Utc>,
) -> Result<Vec<Action<String>>, serde_json::Error>;

/// What became of a process's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// It is on the log under its id, now.
    Stored,
    /// It was on the log before it was given: a rebuild or a restart gave it again.
    Known,
    /// The domain said no, or there was nothing to do: noted as declined, with the reason.
    Declined {
        /// The reason in English.
        reason: String,
        /// The reason as the service itself reads it; may be empty.
        detail: String,
    },
    /// The machine failed: it is tried again.
    Failed(String),
}

type Dispatch = Arc<dyn Fn(StreamId, Meta, String) -> BoxFuture<'static, Issued> + Send + Sync>;

/// How far a service's tables are.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Progress {
    /// The log is in the tables up to here.
    pub position: Position,
    /// Whether the end of the log has been reached since the start.
    pub live: bool,
    /// Commands that are decided upon and not yet seen on the log.
    pub open: usize,
    /// The next timer.
    pub next_due: Option<DateTime<Utc>>,
    /// Projections and processes that stopped at an event, with the reason.
    pub stopped: Vec<(String, String)>,
}

/// What a service's tables are made of.
pub struct Plan<E> {
    service: &'static str,
    hears: Vec<&'static str>,
    hear: Hear<E>,
    projections: Vec<ProjectionEntry<E>>,
    processes: Vec<ProcessEntry<E>>,
}

impl<E: Send + Sync + 'static> Plan<E> {
    /// The tables of `service`, which hears the streams of the services named (its own among them)
    /// in the words of `hear`.
    pub fn new(service: &'static str, hears: &[&'static str], hear: Hear<E>) -> Self {
        let hears = hears.to_vec();
        Self { service, hears, hear, projections: Vec::new(), processes: Vec::new() }
    }

    /// The service.
    pub(crate) fn service(&self) -> &'static str {
        self.service
    }

    /// Adds a projection.
    ///
    /// # Panics
    /// When another projection or process of the service bears its name: they would share a
    /// checkpoint.
    #[must_use]
    pub fn projection<P: Projection<E>>(mut self) -> Self {
        let (name, tables, version) = (P::NAME, P::TABLES, P::VERSION);
        assert!(!self.names(true).contains(&name), "two parts of {} named {name}", self.service);
        self.projections.push(ProjectionEntry { name, tables, version, apply: P::apply });
        self
    }

    /// Adds a process; `dispatch` gives one of its commands to the stream.
    ///
    /// # Panics
    /// When another projection or process of the service bears its name.
    #[must_use]
    pub fn process<P, F, Fut>(mut self, dispatch: F) -> Self
    where
        P: Process<E>,
        F: Fn(StreamId, Meta, P::Command) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Issued> + Send + 'static,
    {
        let dispatch: Dispatch =
            Arc::new(move |to, meta, text| match serde_json::from_str(&text) {
                Ok(command) => Box::pin(dispatch(to, meta, command)),
                Err(error) => Box::pin(std::future::ready(Issued::Failed(error.to_string()))),
            });
        let name = P::NAME;
        assert!(!self.names(true).contains(&name), "two parts of {} named {name}", self.service);
        self.processes.push(ProcessEntry {
            name,
            version: P::VERSION,
            step: step::<E, P>,
            dispatch,
        });
        self
    }

    /// Changes when anything the tables' content depends on does.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for p in &self.projections {
            hash.update(format!("projection {} {} {}\n", p.name, p.version, p.tables));
        }
        for p in &self.processes {
            hash.update(format!("process {} {}\n", p.name, p.version));
        }
        hash.update(store::SCHEMA);
        let sum: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, ..] = sum;
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    fn file(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{}-{}.db", self.service, self.fingerprint()))
    }
}

fn step<E, P: Process<E>>(
    rows: &mut rows::Rows<'_>,
    input: &Input<'_, E>,
    now: DateTime<Utc>,
) -> Result<Vec<Action<String>>, serde_json::Error> {
    P::evolve(rows, input);
    let written = |action| {
        Ok(match action {
            Action::Command { to, command } => {
                Action::Command { to, command: serde_json::to_string(&command)? }
            }
            Action::SetTimer { name, due } => Action::SetTimer { name, due },
            Action::ClearTimer { name } => Action::ClearTimer { name },
        })
    };
    P::react(rows, input, now).into_iter().map(written).collect()
}

/// Looks things up in a service's tables.
#[derive(Clone)]
pub struct Tables(Arc<Inner>);

struct Inner {
    service: &'static str,
    /// Where the present tables are: another file after a rebuild.
    file: Mutex<PathBuf>,
    idle: Mutex<Vec<Connection>>,
    log: Arc<dyn EventLog>,
    progress: watch::Sender<Progress>,
}

/// How long a page waits for what its visitor has just done.
const PATIENCE: Duration = Duration::from_secs(2);

impl Tables {
    fn new(service: &'static str, file: PathBuf, log: Arc<dyn EventLog>) -> Self {
        let (file, idle) = (Mutex::new(file), Mutex::default());
        Self(Arc::new(Inner { service, file, idle, log, progress: watch::Sender::default() }))
    }

    /// The service they belong to.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// The log that they follow.
    pub(crate) fn log(&self) -> &dyn EventLog {
        self.0.log.as_ref()
    }

    /// How far they are, now and from now on.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// Waits until the log is in the tables up to `position`, at most two seconds; whether nothing
    /// is left to wait for. Nothing comes where the log itself has not got so far: that link was
    /// made up, or is of another log.
    pub async fn reach(&self, position: Position) -> bool {
        let mut progress = self.progress();
        if progress.borrow().position >= position {
            return true;
        }
        if self.0.log.last().await.is_ok_and(|last| last < position) {
            return true;
        }
        let there = progress.wait_for(|progress| progress.position >= position);
        tokio::time::timeout(PATIENCE, there).await.is_ok_and(|there| there.is_ok())
    }

    /// Runs a query on a read-only connection, off the threads that serve.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, TablesError> {
        let tables = self.clone();
        let done = blocking(move || tables.read_now(query)).await;
        done.unwrap_or_else(|error| Err(TablesError::Query(error.to_string())))
    }

    /// Runs a query on this very thread, for the command line.
    pub fn read_now<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, TablesError> {
        let (file, connection) = self.borrow()?;
        let answer = query(&connection).map_err(|error| TablesError::Query(error.to_string()));
        self.give_back(&file, connection);
        answer
    }

    /// A connection to the present file.
    fn borrow(&self) -> Result<(PathBuf, Connection), TablesError> {
        loop {
            let file = held(&self.0.file).clone();
            let opened = match held(&self.0.idle).pop() {
                Some(connection) => Ok(connection),
                None => store::open_read_only(&file),
            };
            match opened {
                Ok(connection) => return Ok((file, connection)),
                // A rebuild has changed over to another file just now.
                Err(_) if *held(&self.0.file) != file => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn give_back(&self, file: &Path, connection: Connection) {
        if *held(&self.0.file) == file {
            held(&self.0.idle).push(connection);
        }
    }

    fn moved_to(&self, file: PathBuf) {
        *held(&self.0.file) = file;
        held(&self.0.idle).clear();
    }

    fn tell(&self, progress: Progress) {
        self.0.progress.send_if_modified(|old| {
            let changed = *old != progress;
            *old = progress;
            changed
        });
    }
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
