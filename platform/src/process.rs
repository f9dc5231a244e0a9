//! What acts by itself: a process hears events and timers, and answers with commands and timers.
//!
//! A process is pure. Its state is [`Rows`], which look like an ordered map; the platform keeps
//! them, its timers and its open commands in the same transaction as its checkpoint. `now` is the
//! event's own time or the timer's due time, live and on replay alike, so that a rebuild comes to
//! the same commands with the same ids. A command leaves the open list when its id is seen on the
//! log; nothing is issued before the process has caught up with the log's end.

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

pub use crate::tables::rows::Rows;
use crate::{ids::StreamId, projection::Fact};

/// What a process is told.
#[derive(Debug)]
pub enum Input<'a, E> {
    /// Something happened.
    Event(&'a Fact<E>),
    /// A timer that it had set is due.
    Timer {
        /// The timer's name.
        name: &'a str,
        /// When it was due, which may be long ago.
        due: DateTime<Utc>,
    },
}

/// What a process wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Action<C> {
    /// Give a command to a stream of its own service.
    Command {
        /// The stream.
        to: StreamId,
        /// The command.
        command: C,
    },
    /// Be told at `due`; replaces a timer of the same name.
    SetTimer {
        /// The timer's name.
        name: String,
        /// When.
        due: DateTime<Utc>,
    },
    /// Forget a timer.
    ClearTimer {
        /// The timer's name.
        name: String,
    },
}

/// Something a service does by itself.
pub trait Process<E> {
    /// Its name within the service; also the id of the stream where it notes what was declined.
    const NAME: &'static str;
    /// Raised when its reactions mean something else than before: its rows are built anew.
    const VERSION: u32;
    /// What it can ask of the service's streams.
    type Command: Serialize + DeserializeOwned + Send + 'static;

    /// Takes an input into the rows.
    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, E>);

    /// What to do about the input, once [`evolve`](Self::evolve) has taken it.
    fn react(
        rows: &Rows<'_>,
        input: &Input<'_, E>,
        now: DateTime<Utc>,
    ) -> Vec<Action<Self::Command>>;
}
