//! `residents`: where people live now, and how many live where.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::contract::heard::{Heard, ResidentEvent};

/// The projection.
pub enum Residents {}

impl Projection<Heard> for Residents {
    const NAME: &'static str = "residents";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE residents (
            resident BLOB PRIMARY KEY, community TEXT NOT NULL, building TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE residents_merged (
            resident BLOB PRIMARY KEY, other BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE residents_count (
            community TEXT NOT NULL, building TEXT NOT NULL, people INTEGER NOT NULL,
            PRIMARY KEY (community, building)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Resident(resident, event) = &fact.event else { return Ok(()) };
        match event {
            ResidentEvent::ResidentRegistered { community, building }
            | ResidentEvent::ResidentMoved { community, building } => {
                leave(db, *resident)?;
                db.prepare_cached("INSERT INTO residents VALUES (?, ?, ?)")?
                    .execute(params![resident, community, building])?;
                count(db, community, building, 1)?;
            }
            ResidentEvent::ResidentMerged { into } => {
                leave(db, *resident)?;
                db.prepare_cached("INSERT OR REPLACE INTO residents_merged VALUES (?, ?)")?
                    .execute(params![resident, into])?;
            }
            ResidentEvent::ResidentErased {} => leave(db, *resident)?,
            ResidentEvent::TeamJoined { .. } | ResidentEvent::TeamLeft { .. } => {}
        }
        Ok(())
    }
}

fn leave(db: &Connection, resident: Uuid) -> rusqlite::Result<()> {
    let home = db
        .prepare_cached("DELETE FROM residents WHERE resident = ? RETURNING community, building")?
        .query_row([resident], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    home.map_or(Ok(()), |(community, building)| count(db, &community, &building, -1))
}

fn count(db: &Connection, community: &str, building: &str, by: i32) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO residents_count VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET people = people + ?3",
    )?
    .execute(params![community, building, by])?;
    Ok(())
}

/// Where somebody lives: the codes of their community and building; none if they are not known, or
/// no more.
pub fn home(db: &Connection, resident: Uuid) -> rusqlite::Result<Option<(String, String)>> {
    db.prepare_cached("SELECT community, building FROM residents WHERE resident = ?")?
        .query_row([resident], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Who an entry stands for: itself, or the one that it was merged into.
pub fn who(db: &Connection, resident: Uuid) -> rusqlite::Result<Uuid> {
    db.prepare_cached(
        "WITH RECURSIVE on_to (id, depth) AS (
             SELECT ?1, 0 UNION SELECT other, depth + 1 FROM on_to
             JOIN residents_merged ON resident = id WHERE depth < 16
         ) SELECT id FROM on_to ORDER BY depth DESC LIMIT 1",
    )?
    .query_row([resident], |row| row.get(0))
}

/// How many people live in each building of a community; those without a building under ''.
pub fn by_building(db: &Connection, community: &str) -> rusqlite::Result<Vec<(String, u32)>> {
    db.prepare_cached(
        "SELECT building, people FROM residents_count WHERE community = ? AND people > 0 \
         ORDER BY building",
    )?
    .query_map([community], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}
