//! A service's tables in numbers, for whoever watches over a node.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::ids::Position;

/// How each part of a service's tables is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Projections and processes, how far each is, and whether it has stopped at an event.
    pub parts: Vec<(String, Position, bool)>,
    /// Timers that are set.
    pub timers: u64,
    /// Those of them whose time has come.
    pub timers_due: u64,
}

/// Counts; `now` judges what is due.
pub fn figures(db: &Connection, now: DateTime<Utc>) -> rusqlite::Result<Figures> {
    let mut parts =
        db.prepare_cached("SELECT name, position, stopped IS NOT NULL FROM checkpoint ORDER BY 1")?;
    let part = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, Position(row.get(1)?), row.get(2)?));
    let parts = parts.query_map([], part)?.collect::<Result<_, _>>()?;
    let (timers, timers_due) = db
        .prepare_cached("SELECT count(*), coalesce(sum(due <= ?), 0) FROM timer")?
        .query_row([now.timestamp_micros()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Figures { parts, timers, timers_due })
}
