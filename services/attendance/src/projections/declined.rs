//! `declined`: what the calendar wanted of a roll in vain, for the desk.

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    tables::Noted,
};
use rusqlite::{Connection, params};

use crate::{contract::heard::Heard, values::OccurrenceKey};

/// The projection.
pub enum Declined {}

impl Projection<Heard> for Declined {
    const NAME: &'static str = "declined";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE declined (
            stream TEXT NOT NULL, version INTEGER NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (stream, version)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Process(Noted::Declined { to, reason }) = &fact.event else { return Ok(()) };
        db.prepare_cached("INSERT INTO declined VALUES (?, ?, ?)")?.execute(params![
            to.as_str(),
            fact.source.version.0,
            reason
        ])?;
        Ok(())
    }
}

/// The reasons for what was declined of an occurrence's roll and duties, the newest first.
pub fn of_occurrence(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Vec<String>> {
    let stream = |name: Result<linli_platform::ids::StreamId, _>| {
        name.map(|stream| stream.as_str().to_owned()).unwrap_or_default()
    };
    db.prepare_cached(
        "SELECT reason FROM declined WHERE stream IN (?, ?) ORDER BY version DESC LIMIT 5",
    )?
    .query_map([stream(key.roll()), stream(key.duty())], |row| row.get(0))?
    .collect()
}
