//! The log: the only truth. One port, one contract, several adapters.
//!
//! | adapter | for |
//! |---|---|
//! | `sqlite` | one office: one file, nothing to install |
//! | `jetstream` | a street, a district, a city: several machines, nats-servers between them |
//! | `memory` | tests: no disk, and faults on demand |
//!
//! All pass `crate::testing::contract`. A commit is one record; [`append`](EventLog::append)
//! judges the expected version and nothing else; doing a command once is
//! [`stream`](crate::stream)'s work.

use futures::{future::BoxFuture, stream::BoxStream};

use crate::{
    commit::{Commit, Recorded, Sum},
    ids::{Position, StreamId, Version},
};

mod accept;
mod chain;
pub mod jetstream;
pub mod memory;
pub mod sqlite;
mod tail;

pub use accept::RECORD_MAX;

/// Where an append ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The commit's place in the log.
    pub position: Position,
    /// The stream's version with it.
    pub version: Version,
}

/// Why an append was not made, or is not known to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The stream has another version than expected.
    #[error("somebody else wrote to {0} first")]
    Conflict(StreamId),
    /// No answer came: it may be on the log or not. Ask [`EventLog::head`].
    #[error("it is not known whether {0} took the commit")]
    Unknown(StreamId),
    /// There is no room.
    #[error("the log has no room left: free space on its disk, or raise its limit ({0})")]
    Full(String),
    /// The commit itself is not acceptable, for example too large or empty.
    #[error("the log refuses the commit: {0}")]
    Refused(String),
    /// This node may not write there.
    #[error("this node may not write to {0}")]
    Denied(StreamId),
    /// The log can't be reached or written now.
    #[error("the log can't be written: {0}")]
    Down(String),
    /// The stream's last record is damaged, nothing may be built on it.
    #[error("the log is damaged at {0}: run `linli verify`, then restore a backup")]
    Corrupt(Position),
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The log can't be reached or read now.
    #[error("the log can't be read: {0}")]
    Down(String),
    /// A record is damaged.
    #[error("the log is damaged at {position}: {why}; run `linli verify`, then restore a backup")]
    Corrupt {
        /// Which record.
        position: Position,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody asks for what follows a position that the log has not reached.
    #[error(
        "the log ends at {last}, but somebody has already seen {asked}: an older backup was \
         restored; run `linli rebuild`"
    )]
    Beyond {
        /// The position asked for.
        asked: Position,
        /// The log's last.
        last: Position,
    },
}

/// The newest commit of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its place in the log.
    pub position: Position,
    /// The stream's version.
    pub version: Version,
    /// The commit's checksum.
    pub sum: Sum,
}

/// Which commits somebody follows: those of all streams, or of some services.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The services; empty means all.
    pub services: Vec<String>,
}

impl Filter {
    /// Everything on the log.
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether a commit of `stream` is wanted.
    pub fn takes(&self, stream: &StreamId) -> bool {
        self.takes_name(stream.as_str())
    }

    /// The same, by the stream's whole name.
    fn takes_name(&self, stream: &str) -> bool {
        self.takes_service(stream.split('/').nth(1))
    }

    fn takes_service(&self, service: Option<&str>) -> bool {
        self.services.is_empty() || self.services.iter().any(|s| Some(s.as_str()) == service)
    }
}

/// Some commits of the log in order.
#[derive(Debug, Clone)]
pub struct Page {
    /// Those wanted.
    pub commits: Vec<Recorded>,
    /// How far the log has been looked through: go on after this.
    pub upto: Position,
    /// Whether the log had nothing more when the page was made.
    pub live: bool,
}

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// Records looked at.
    pub commits: u64,
    /// Events in them.
    pub events: u64,
    /// Streams they belong to.
    pub streams: u64,
    /// The last position looked at.
    pub upto: Position,
    /// The first bad record and what is wrong with it.
    pub first_bad: Option<(Position, String)>,
}

/// The log, as everything above the platform sees it.
pub trait EventLog: Send + Sync {
    /// Whether it is there after a power cut. What follows from one that is not need not be either.
    fn lasts(&self) -> bool {
        true
    }

    /// Whether a commit may be given before the one ahead of it in its stream is answered.
    fn pipelines(&self) -> bool {
        true
    }

    /// Appends a commit to the end of its stream, durably, if the stream has the version expected.
    /// The same commit again is a [`Conflict`](AppendError::Conflict). Dropping the future does not
    /// take the commit back.
    fn append(&self, commit: Commit) -> BoxFuture<'_, Result<Done, AppendError>>;

    /// The newest commit of a stream, never an older one.
    fn head(&self, stream: &StreamId) -> BoxFuture<'_, Result<Option<Head>, ReadError>>;

    /// The commits of a stream whose version is above `after`, up to its head at the call.
    fn read(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, ReadError>>;

    /// The commits after a position: history first, then each as it comes; no gap, no repeat. A
    /// page with `live` set comes as soon as history is through, even an empty one. After an error
    /// it ends: follow again from the last page's `upto`.
    fn follow(
        &self,
        filter: Filter,
        after: Position,
    ) -> BoxStream<'static, Result<Page, ReadError>>;

    /// The position of the last commit; 0 in an empty log.
    fn last(&self) -> BoxFuture<'_, Result<Position, ReadError>>;

    /// Looks at every record after a position: checksums, chains, versions.
    fn verify(&self, after: Position) -> BoxFuture<'_, Result<VerifyReport, ReadError>>;
}
