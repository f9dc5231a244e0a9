//! What the calendar's processes asked for in vain, for the desk.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::StreamId,
    projection::{ApplyError, Fact, Projection},
    tables::Noted,
};
use rusqlite::{Connection, params};

use super::{instant, parsed};
use crate::contract::Heard;

/// The projection.
pub enum Declined {}

impl Projection<Heard> for Declined {
    const NAME: &'static str = "declined";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE declined (
            community TEXT NOT NULL, process TEXT NOT NULL, version INTEGER NOT NULL,
            stream TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (community, at, process, version)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Process(Noted::Declined { to, reason, .. }) = &fact.event else { return Ok(()) };
        let (process, version) = (fact.source.stream.id(), fact.source.version.0);
        let (to, at) = (to.as_str(), fact.at.timestamp_micros());
        db.prepare_cached("INSERT INTO declined VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
            fact.source.stream.community(),
            process,
            version,
            to,
            reason,
            at
        ])?;
        Ok(())
    }
}

/// Something that a process asked for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vain {
    /// The process.
    pub process: String,
    /// The stream it asked.
    pub to: StreamId,
    /// The domain's reason.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The newest of a community, newest first.
pub fn newest(db: &Connection, community: &str, most: u32) -> rusqlite::Result<Vec<Vain>> {
    db.prepare_cached(
        "SELECT process, stream, reason, at FROM declined
         WHERE community = ? ORDER BY at DESC, process, version DESC LIMIT ?",
    )?
    .query_map(params![community, most], |row| {
        let (process, to, reason) = (row.get(0)?, parsed(row, 1)?, row.get(2)?);
        Ok(Vain { process, to, reason, at: instant(row, 3)? })
    })?
    .collect()
}
