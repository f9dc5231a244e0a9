//! Volunteer teams and partner units.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use uuid::Uuid;

use crate::contract::{Heard, TeamEvent, UnitEvent};

/// The table of teams.
pub struct Teams;

/// A team as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TeamRow {
    /// Its id.
    pub id: Uuid,
    /// The community's code.
    pub community: String,
    /// Its name.
    pub name: String,
    /// The team it is part of.
    pub parent: Option<Uuid>,
    /// What it does.
    pub about: String,
    /// Whether it is no more.
    pub ended: bool,
    /// How many residents are in it.
    pub members: u32,
}

impl Projection<Heard> for Teams {
    const NAME: &'static str = "teams";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE teams (
            id BLOB PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL, parent BLOB,
            about TEXT NOT NULL, ended INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Team(event) = &fact.event else { return Ok(()) };
        let id = fact.source.stream.uuid();
        match event {
            TeamEvent::TeamFounded { community, name, parent, about } => {
                let sql = "INSERT INTO teams VALUES (?1, ?2, ?3, ?4, ?5, 0)";
                db.execute(sql, params![id, community, name, parent, about])?;
            }
            TeamEvent::TeamRenamed { name } => {
                db.execute("UPDATE teams SET name = ?2 WHERE id = ?1", params![id, name])?;
            }
            TeamEvent::TeamEnded {} => {
                db.execute("UPDATE teams SET ended = 1 WHERE id = ?1", params![id])?;
            }
        }
        Ok(())
    }
}

const TEAM: &str = "SELECT id, community, name, parent, about, ended, (SELECT count(*)
    FROM residents_teams t JOIN residents r ON r.id = t.resident
    WHERE t.team = teams.id AND r.gone = 0) FROM teams";

fn team_row(row: &Row<'_>) -> rusqlite::Result<TeamRow> {
    Ok(TeamRow {
        id: row.get(0)?,
        community: row.get(1)?,
        name: row.get(2)?,
        parent: row.get(3)?,
        about: row.get(4)?,
        ended: row.get(5)?,
        members: row.get(6)?,
    })
}

/// The teams of a community that have not ended, by name.
pub fn teams(db: &Connection, community: &str) -> rusqlite::Result<Vec<TeamRow>> {
    let sql = format!("{TEAM} WHERE community = ?1 AND ended = 0 ORDER BY name, id");
    db.prepare_cached(&sql)?.query_map([community], team_row)?.collect()
}

/// A team, also one that has ended.
pub fn team(db: &Connection, id: Uuid) -> rusqlite::Result<Option<TeamRow>> {
    let sql = format!("{TEAM} WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], team_row).optional()
}

/// The table of units.
pub struct Units;

/// A unit as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitRow {
    /// Its id.
    pub id: Uuid,
    /// The community's code.
    pub community: String,
    /// Its name.
    pub name: String,
    /// `enterprise`, `school`, `department`, `property`, `organisation` or `branch`.
    pub kind: String,
    /// Whether it is a partner no more.
    pub ended: bool,
}

impl Projection<Heard> for Units {
    const NAME: &'static str = "units";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE units (
            id BLOB PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
            ended INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Unit(event) = &fact.event else { return Ok(()) };
        let id = fact.source.stream.uuid();
        match event {
            UnitEvent::UnitAdded { community, name, kind } => {
                let sql = "INSERT INTO units VALUES (?1, ?2, ?3, ?4, 0)";
                db.execute(sql, params![id, community, name, kind])?;
            }
            UnitEvent::UnitRenamed { name } => {
                db.execute("UPDATE units SET name = ?2 WHERE id = ?1", params![id, name])?;
            }
            UnitEvent::UnitEnded {} => {
                db.execute("UPDATE units SET ended = 1 WHERE id = ?1", params![id])?;
            }
        }
        Ok(())
    }
}

fn unit_row(row: &Row<'_>) -> rusqlite::Result<UnitRow> {
    Ok(UnitRow {
        id: row.get(0)?,
        community: row.get(1)?,
        name: row.get(2)?,
        kind: row.get(3)?,
        ended: row.get(4)?,
    })
}

/// The partner units of a community, by name.
pub fn units(db: &Connection, community: &str) -> rusqlite::Result<Vec<UnitRow>> {
    let sql = "SELECT id, community, name, kind, ended FROM units
               WHERE community = ?1 AND ended = 0 ORDER BY name, id";
    db.prepare_cached(sql)?.query_map([community], unit_row)?.collect()
}

/// A unit, also a former one.
pub fn unit(db: &Connection, id: Uuid) -> rusqlite::Result<Option<UnitRow>> {
    let sql = "SELECT id, community, name, kind, ended FROM units WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], unit_row).optional()
}
