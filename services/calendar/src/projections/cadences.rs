//! Promises that hold.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{json, parsed};
use crate::contract::{CadenceEvent as Event, CadencePromise, Heard};

/// The projection.
pub enum Cadences {}

impl Projection<Heard> for Cadences {
    const NAME: &'static str = "cadences";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE cadences (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, promise TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cadences_community ON cadences (community);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Cadence(event) = &fact.event else { return Ok(()) };
        let (id, community) = (fact.source.stream.id(), fact.source.stream.community());
        match event {
            Event::CadenceSet(promise) => {
                db.prepare_cached("INSERT OR REPLACE INTO cadences VALUES (?, ?, ?)")?
                    .execute(params![id, community, serde_json::to_string(promise)?])?;
            }
            Event::CadenceDropped {} => {
                db.prepare_cached("DELETE FROM cadences WHERE id = ?")?.execute([id])?;
            }
        }
        Ok(())
    }
}

/// The promises of a community.
pub fn of_community(
    db: &Connection,
    community: &str,
) -> rusqlite::Result<Vec<(Uuid, CadencePromise)>> {
    db.prepare_cached("SELECT id, promise FROM cadences WHERE community = ? ORDER BY id")?
        .query_map([community], |row| Ok((parsed(row, 0)?, json(row, 1)?)))?
        .collect()
}
