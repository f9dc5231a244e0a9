//! What follows from the log and can be looked up: rows in a service's tables.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::ids::{Actor, CommandId, EventRef, Position};

/// One event as a service hears it, with what stands around it on the log.
#[derive(Debug, Clone)]
pub struct Fact<E> {
    /// The event's name for ever.
    pub source: EventRef,
    /// Its commit's place in this log.
    pub position: Position,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// The command that brought it about.
    pub cmd: CommandId,
    /// Who gave that command.
    pub actor: Actor,
    /// What made a process give it.
    pub cause: Option<EventRef>,
    /// What happened, in the words of the service that hears it.
    pub event: E,
}

/// Why a projection can't take an event. It stops there, is shown as stopped, and skips nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database says no.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// A value can't be written down.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The event contradicts what the tables hold.
    #[error("{0}")]
    Contradiction(String),
}

/// Tables that are a function of the events up to the checkpoint, and of nothing else. `E` is what
/// the service hears (its `contract::Heard`).
pub trait Projection<E> {
    /// Its name within the service.
    const NAME: &'static str;
    /// Raised when [`apply`](Self::apply) means something else than before: the tables are built
    /// anew from the log. (A change of [`TABLES`](Self::TABLES) shows by itself.)
    const VERSION: u32;
    /// The SQL that makes its tables and indexes; all `STRICT`, all named after it.
    const TABLES: &'static str;

    /// Takes one event into the rows. Runs in the transaction that also moves the checkpoint.
    fn apply(db: &Connection, fact: &Fact<E>) -> Result<(), ApplyError>;
}
