//! What `people` says of places and teams, as far as the calendar shows it.

use chrono_tz::Tz;
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::parsed;
use crate::contract::{Heard, PeopleEvent as Event};

/// The zone of a place that says none.
const ZONE: Tz = chrono_tz::Asia::Shanghai;

/// The projection.
pub enum Neighbours {}

impl Projection<Heard> for Neighbours {
    const NAME: &'static str = "neighbours";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE neighbours_place (
            code TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL,
            parent TEXT NOT NULL, zone TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE neighbours_team (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE neighbours_member (
            person TEXT NOT NULL, team TEXT NOT NULL, PRIMARY KEY (person, team)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE neighbours_unit (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE neighbours_staff (
            person TEXT NOT NULL, community TEXT NOT NULL, role TEXT NOT NULL,
            PRIMARY KEY (person, community, role)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::People(event) = &fact.event else { return Ok(()) };
        let id = fact.source.stream.id();
        match event {
            Event::PlaceAdded(place) => db
                .prepare_cached("INSERT OR REPLACE INTO neighbours_place VALUES (?, ?, ?, ?, ?)")?
                .execute([&place.code, &place.name, &place.name_en, &place.parent, &place.zone])?,
            Event::PlaceChanged { name, name_en } => db
                .prepare_cached("UPDATE neighbours_place SET name = ?, name_en = ? WHERE code = ?")?
                .execute([name, name_en, id])?,
            Event::TeamFounded { community, name } => db
                .prepare_cached("INSERT OR REPLACE INTO neighbours_team VALUES (?, ?, ?)")?
                .execute([id, community, name])?,
            Event::TeamRenamed { name } => db
                .prepare_cached("UPDATE neighbours_team SET name = ? WHERE id = ?")?
                .execute([name.as_str(), id])?,
            Event::TeamEnded {} => {
                db.prepare_cached("DELETE FROM neighbours_team WHERE id = ?")?.execute([id])?
            }
            Event::UnitAdded { community, name } => db
                .prepare_cached("INSERT OR REPLACE INTO neighbours_unit VALUES (?, ?, ?)")?
                .execute([id, community, name])?,
            Event::UnitRenamed { name } => db
                .prepare_cached("UPDATE neighbours_unit SET name = ? WHERE id = ?")?
                .execute([name.as_str(), id])?,
            Event::UnitEnded {} => {
                db.prepare_cached("DELETE FROM neighbours_unit WHERE id = ?")?.execute([id])?
            }
            Event::RoleGiven { community, role } => db
                .prepare_cached("INSERT OR IGNORE INTO neighbours_staff VALUES (?, ?, ?)")?
                .execute([id, community, role])?,
            Event::RoleTaken { community, role } => db
                .prepare_cached(
                    "DELETE FROM neighbours_staff WHERE person = ? AND community = ? AND role = ?",
                )?
                .execute([id, community, role])?,
            Event::StaffLeft {} => {
                db.prepare_cached("DELETE FROM neighbours_staff WHERE person = ?")?.execute([id])?
            }
            Event::TeamJoined { team } => db
                .prepare_cached("INSERT OR IGNORE INTO neighbours_member VALUES (?, ?)")?
                .execute(params![id, team.to_string()])?,
            Event::TeamLeft { team } => db
                .prepare_cached("DELETE FROM neighbours_member WHERE person = ? AND team = ?")?
                .execute(params![id, team.to_string()])?,
        };
        Ok(())
    }
}

/// A place as pages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// Its zone, or that of the place it is part of.
    pub zone: Tz,
}

impl Place {
    /// Its name in the language asked for, as far as it has one.
    pub fn called(&self, english: bool) -> &str {
        if english && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }
}

/// A place by its code.
pub fn place(db: &Connection, code: &str) -> rusqlite::Result<Option<Place>> {
    // A ring of parents would have been refused; the depth is a second fence.
    db.prepare_cached(
        "WITH RECURSIVE above (code, zone, depth) AS (
             SELECT parent, zone, 0 FROM neighbours_place WHERE code = ?1
             UNION ALL
             SELECT p.parent, p.zone, depth + 1 FROM above JOIN neighbours_place p USING (code)
             WHERE depth < 20)
         SELECT code, name, name_en,
             (SELECT zone FROM above WHERE zone <> '' ORDER BY depth LIMIT 1)
         FROM neighbours_place WHERE code = ?1",
    )?
    .query_row([code], |row| {
        let zone: Option<String> = row.get(3)?;
        let zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(ZONE);
        Ok(Place { code: row.get(0)?, name: row.get(1)?, name_en: row.get(2)?, zone })
    })
    .optional()
}

/// The teams of a community by name.
pub fn teams(db: &Connection, community: &str) -> rusqlite::Result<Vec<(Uuid, String)>> {
    db.prepare_cached("SELECT id, name FROM neighbours_team WHERE community = ? ORDER BY name, id")?
        .query_map([community], |row| Ok((parsed(row, 0)?, row.get(1)?)))?
        .collect()
}

/// The units of a community by name.
pub fn units(db: &Connection, community: &str) -> rusqlite::Result<Vec<(Uuid, String)>> {
    db.prepare_cached("SELECT id, name FROM neighbours_unit WHERE community = ? ORDER BY name, id")?
        .query_map([community], |row| Ok((parsed(row, 0)?, row.get(1)?)))?
        .collect()
}

/// Those who work for a community.
pub fn staff(db: &Connection, community: &str) -> rusqlite::Result<Vec<Uuid>> {
    db.prepare_cached(
        "SELECT DISTINCT person FROM neighbours_staff WHERE community IN (?, '*') ORDER BY person",
    )?
    .query_map([community], |row| parsed(row, 0))?
    .collect()
}

/// The community and the name of a team.
pub fn team(db: &Connection, id: Uuid) -> rusqlite::Result<Option<(String, String)>> {
    db.prepare_cached("SELECT community, name FROM neighbours_team WHERE id = ?")?
        .query_row([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// The teams that somebody belongs to.
pub fn teams_of(db: &Connection, person: Uuid) -> rusqlite::Result<Vec<Uuid>> {
    db.prepare_cached("SELECT team FROM neighbours_member WHERE person = ? ORDER BY team")?
        .query_map([person.to_string()], |row| parsed(row, 0))?
        .collect()
}
