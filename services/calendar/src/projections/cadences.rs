//! Promises that hold.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::Version,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{instant, json, parsed};
use crate::contract::{CadenceEvent as Event, CadencePromise, Heard};

/// The projection.
pub enum Cadences {}

impl Projection<Heard> for Cadences {
    const NAME: &'static str = "cadences";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE cadences (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, promise TEXT NOT NULL,
            version INTEGER NOT NULL, since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cadences_community ON cadences (community);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Cadence(event) = &fact.event else { return Ok(()) };
        let (id, community) = (fact.source.stream.id(), fact.source.stream.community());
        match event {
            Event::CadenceSet(promise) => {
                let (text, version) = (serde_json::to_string(promise)?, fact.source.version.0);
                db.prepare_cached(
                    "INSERT INTO cadences VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET promise = ?3, version = ?4",
                )?
                .execute(params![
                    id,
                    community,
                    text,
                    version,
                    fact.at.timestamp_micros()
                ])?;
            }
            Event::CadenceDropped {} => {
                db.prepare_cached("DELETE FROM cadences WHERE id = ?")?.execute([id])?;
            }
        }
        Ok(())
    }
}

/// A promise that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its id.
    pub id: Uuid,
    /// The promise.
    pub promise: CadencePromise,
    /// What a form for it carries as `seen`.
    pub version: Version,
    /// When it was made.
    pub since: DateTime<Utc>,
}

/// The promises of a community.
pub fn of_community(db: &Connection, community: &str) -> rusqlite::Result<Vec<Holding>> {
    db.prepare_cached(
        "SELECT id, promise, version, since FROM cadences WHERE community = ? ORDER BY id",
    )?
    .query_map([community], |row| {
        let (id, promise) = (parsed(row, 0)?, json(row, 1)?);
        let version = Version(row.get(2)?);
        Ok(Holding { id, promise, version, since: instant(row, 3)? })
    })?
    .collect()
}
