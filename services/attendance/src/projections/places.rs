//! `places`: what buildings, grids and communities are called, and which teams there are.

use chrono_tz::Tz;
use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    web::Language,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::activities::either;
use crate::contract::heard::{Heard, PlaceEvent, TeamEvent};

/// The projection.
pub enum Places {}

impl Projection<Heard> for Places {
    const NAME: &'static str = "places";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE places (
            code TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL,
            parent TEXT NOT NULL, zone TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE places_team (
            team BLOB PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Place(_, PlaceEvent::PlaceAdded { code, name, name_en, parent, zone }) => {
                db.prepare_cached("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)")?
                    .execute(params![code, name, name_en, parent, zone])?;
            }
            Heard::Place(code, PlaceEvent::PlaceChanged { name, name_en, parent }) => {
                db.prepare_cached(
                    "UPDATE places SET name = ?2, name_en = ?3, parent = ?4 WHERE code = ?1",
                )?
                .execute(params![code, name, name_en, parent])?;
            }
            Heard::Team(team, TeamEvent::TeamFounded { community, name }) => {
                db.prepare_cached("INSERT OR REPLACE INTO places_team VALUES (?, ?, ?)")?
                    .execute(params![team, community, name])?;
            }
            Heard::Team(team, TeamEvent::TeamRenamed { name }) => {
                db.prepare_cached("UPDATE places_team SET name = ?2 WHERE team = ?1")?
                    .execute(params![team, name])?;
            }
            Heard::Team(team, TeamEvent::TeamEnded {}) => {
                db.prepare_cached("DELETE FROM places_team WHERE team = ?")?.execute([team])?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The name of a place, with that of the place between it and its community, so that two buildings
/// of one name are told apart; the code where the place is not known.
pub fn name(
    db: &Connection,
    code: &str,
    community: &str,
    language: Language,
) -> rusqlite::Result<String> {
    let (name, above) = names(db, code, community, language)?;
    Ok(above.map_or_else(|| name.clone(), |above| format!("{above} {name}")))
}

/// The name of a place, and that of the place between it and its community, if there is one.
pub fn names(
    db: &Connection,
    code: &str,
    community: &str,
    language: Language,
) -> rusqlite::Result<(String, Option<String>)> {
    let find = |code: &str| {
        db.prepare_cached("SELECT name, name_en, parent FROM places WHERE code = ?")?
            .query_row([code], |row| {
                let (zh, en): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((either(language, &zh, &en).to_owned(), row.get::<_, String>(2)?))
            })
            .optional()
    };
    let Some((name, parent)) = find(code)? else { return Ok((code.to_owned(), None)) };
    if parent.is_empty() || parent == community {
        return Ok((name, None));
    }
    Ok((name, find(&parent)?.map(|(above, _)| above)))
}

/// The zone of a place: its own, or that of the nearest place above that names one.
pub fn zone(db: &Connection, code: &str) -> rusqlite::Result<Tz> {
    let zone: Option<String> = db
        .prepare_cached(
            "WITH RECURSIVE up (code, parent, zone, n) AS ( \
             SELECT code, parent, zone, 0 FROM places WHERE code = ?1 UNION ALL \
             SELECT p.code, p.parent, p.zone, n + 1 FROM places p JOIN up ON p.code = up.parent \
             WHERE n < 16) \
             SELECT zone FROM up WHERE zone <> '' ORDER BY n LIMIT 1",
        )?
        .query_row([code], |row| row.get(0))
        .optional()?;
    Ok(zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::Asia__Shanghai))
}

/// The teams of a community by name.
pub fn teams(db: &Connection, community: &str) -> rusqlite::Result<Vec<(Uuid, String)>> {
    db.prepare_cached("SELECT team, name FROM places_team WHERE community = ? ORDER BY name")?
        .query_map([community], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The buildings and grids below a community, for a form.
pub fn below(
    db: &Connection,
    community: &str,
    language: Language,
) -> rusqlite::Result<Vec<(String, String)>> {
    let codes: Vec<String> = db
        .prepare_cached(
            "WITH RECURSIVE down (code) AS ( \
             SELECT code FROM places WHERE parent = ?1 UNION \
             SELECT p.code FROM places p JOIN down ON p.parent = down.code) \
             SELECT code FROM down ORDER BY code",
        )?
        .query_map([community], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let named = |code: String| Ok((code.clone(), name(db, &code, community, language)?));
    codes.into_iter().map(named).collect()
}
