//! Promises that hold.

use linli_platform::{
    ids::Version,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{json, parsed};
use crate::contract::{CadenceEvent as Event, CadencePromise, Heard};

/// The projection.
pub enum Cadences {}

impl Projection<Heard> for Cadences {
    const NAME: &'static str = "cadences";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE cadences (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, promise TEXT NOT NULL,
            version INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cadences_community ON cadences (community);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Cadence(event) = &fact.event else { return Ok(()) };
        let (id, community) = (fact.source.stream.id(), fact.source.stream.community());
        match event {
            Event::CadenceSet(promise) => {
                db.prepare_cached("INSERT OR REPLACE INTO cadences VALUES (?, ?, ?, ?)")?.execute(
                    params![id, community, serde_json::to_string(promise)?, fact.source.version.0],
                )?;
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
}

/// The promises of a community.
pub fn of_community(db: &Connection, community: &str) -> rusqlite::Result<Vec<Holding>> {
    db.prepare_cached("SELECT id, promise, version FROM cadences WHERE community = ? ORDER BY id")?
        .query_map([community], |row| {
            let (id, promise) = (parsed(row, 0)?, json(row, 1)?);
            Ok(Holding { id, promise, version: Version(row.get(2)?) })
        })?
        .collect()
}
