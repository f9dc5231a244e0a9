//! `declined`: what a process wanted of a roll in vain, for the desk.

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    tables::Noted,
};
use rusqlite::{Connection, params};

use crate::{
    contract::heard::Heard,
    deciders::{duty, roll},
    values::OccurrenceKey,
};

/// The projection.
pub enum Declined {}

impl Projection<Heard> for Declined {
    const NAME: &'static str = "declined";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE declined (
            stream TEXT NOT NULL, process TEXT NOT NULL, version INTEGER NOT NULL,
            at TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
            PRIMARY KEY (stream, process, version)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Process(Noted::Declined { to, reason, detail }) = &fact.event else {
            return Ok(());
        };
        db.prepare_cached("INSERT INTO declined VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
            to.as_str(),
            fact.source.stream.id(),
            fact.source.version.0,
            fact.at,
            reason,
            detail
        ])?;
        Ok(())
    }
}

/// Something that was declined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vain {
    /// The reason in English.
    pub reason: String,
    /// The rejection, if it was one.
    pub rejection: Option<Rejection>,
}

/// A rejection by the roll or by the duties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// By the roll.
    Roll(roll::Rejection),
    /// By the duties.
    Duty(duty::Rejection),
}

/// What was declined of an occurrence's roll and duties, the newest first.
pub fn of_occurrence(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Vec<Vain>> {
    let stream = |name: Result<linli_platform::ids::StreamId, _>| {
        name.map(|stream| stream.as_str().to_owned()).unwrap_or_default()
    };
    let (roll, duty) = (stream(key.roll()), stream(key.duty()));
    db.prepare_cached(
        "SELECT stream, reason, detail FROM declined WHERE stream IN (?, ?) \
         ORDER BY at DESC, version DESC LIMIT 5",
    )?
    .query_map([&roll, &duty], |row| {
        let (stream, detail): (String, String) = (row.get(0)?, row.get(2)?);
        let rejection = if stream == roll {
            serde_json::from_str(&detail).ok().map(Rejection::Roll)
        } else {
            serde_json::from_str(&detail).ok().map(Rejection::Duty)
        };
        Ok(Vain { reason: row.get(1)?, rejection })
    })?
    .collect()
}
