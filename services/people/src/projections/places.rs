//! The tree of places: city, district, subdistrict, community, compound, grid, building.

use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use crate::{
    contract::{Heard, Kind, PlaceEvent},
    values::matching::Building,
};

/// Where no place above names a zone.
pub const ZONE: &str = "Asia/Shanghai";

/// The table of places.
pub struct Places;

/// A place as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; its name where there is none.
    pub name_en: String,
    /// What it is.
    #[serde(serialize_with = "as_code")]
    pub kind: Kind,
    /// The code of the place it is part of; empty at the top.
    pub parent: String,
    /// Its own time zone; empty: its parent's.
    pub zone: String,
    /// Made up for a demonstration.
    pub synthetic: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn as_code<S: serde::Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.code())
}

impl PlaceRow {
    /// The name in a language.
    pub fn called(&self, language: linli_platform::web::Language) -> &str {
        match language {
            linli_platform::web::Language::Zh => &self.name,
            linli_platform::web::Language::En => &self.name_en,
        }
    }
}

impl Projection<Heard> for Places {
    const NAME: &'static str = "places";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE places (
            code TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL, kind TEXT NOT NULL,
            parent TEXT NOT NULL, zone TEXT NOT NULL, synthetic INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX places_by_parent ON places (parent);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Place(event) = &fact.event else { return Ok(()) };
        match event {
            PlaceEvent::PlaceAdded(place) => {
                let sql = "INSERT INTO places VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                db.prepare_cached(sql)?.execute(params![
                    place.code,
                    place.name,
                    place.name_en,
                    place.kind.code(),
                    place.parent,
                    place.zone,
                    place.synthetic,
                ])?;
            }
            PlaceEvent::PlaceChanged { name, name_en, parent } => {
                let sql = "UPDATE places SET name = ?2, name_en = ?3, parent = ?4 WHERE code = ?1";
                let code = fact.source.stream.id();
                db.prepare_cached(sql)?.execute(params![code, name, name_en, parent])?;
            }
            PlaceEvent::ResidentsExported { .. } => {}
        }
        Ok(())
    }
}

const COLUMNS: &str = "code, name, iif(name_en = '', name, name_en), kind, parent, zone, synthetic";

fn read(row: &Row<'_>) -> rusqlite::Result<PlaceRow> {
    Ok(PlaceRow {
        code: row.get(0)?,
        name: row.get(1)?,
        name_en: row.get(2)?,
        kind: Kind::of(&row.get::<_, String>(3)?).unwrap_or_default(),
        parent: row.get(4)?,
        zone: row.get(5)?,
        synthetic: row.get(6)?,
    })
}

fn many(db: &Connection, sql: &str, code: &str) -> rusqlite::Result<Vec<PlaceRow>> {
    let mut select = db.prepare_cached(sql)?;
    let found = select.query_map([code], read)?;
    found.collect()
}

/// A place.
pub fn place(db: &Connection, code: &str) -> rusqlite::Result<Option<PlaceRow>> {
    let sql = format!("SELECT {COLUMNS} FROM places WHERE code = ?1");
    db.prepare_cached(&sql)?.query_row([code], read).optional()
}

/// The place and all above it, from itself to the top. A circle ends where it would close.
pub fn path(db: &Connection, code: &str) -> rusqlite::Result<Vec<PlaceRow>> {
    let sql = format!(
        "WITH RECURSIVE up (at, depth) AS (
             SELECT ?1, 0 UNION SELECT p.parent, depth + 1 FROM up JOIN places p ON p.code = up.at
             WHERE p.parent <> '' AND depth < 16
         ) SELECT {COLUMNS} FROM up JOIN places ON places.code = up.at ORDER BY depth"
    );
    many(db, &sql, code)
}

/// The place and all below it, in the order of their codes.
pub fn within(db: &Connection, code: &str) -> rusqlite::Result<Vec<PlaceRow>> {
    let sql = format!(
        "WITH RECURSIVE down (at) AS (
             SELECT ?1 UNION SELECT p.code FROM down JOIN places p ON p.parent = down.at
         ) SELECT {COLUMNS} FROM down JOIN places ON places.code = down.at ORDER BY code"
    );
    many(db, &sql, code)
}

/// All places, in the order of their codes.
pub fn all(db: &Connection) -> rusqlite::Result<Vec<PlaceRow>> {
    let sql = format!("SELECT {COLUMNS} FROM places WHERE ?1 = ?1 ORDER BY code");
    many(db, &sql, "")
}

/// All communities and subdistricts: what has pages of its own.
pub fn hosts(db: &Connection) -> rusqlite::Result<Vec<PlaceRow>> {
    let hosts = |place: &PlaceRow| matches!(place.kind, Kind::Community | Kind::Subdistrict);
    Ok(all(db)?.into_iter().filter(hosts).collect())
}

/// The time zone of a place, its own or the nearest above's.
pub fn zone(db: &Connection, code: &str) -> rusqlite::Result<String> {
    let path = path(db, code)?;
    let own = path.into_iter().map(|place| place.zone).find(|zone| !zone.is_empty());
    Ok(own.unwrap_or_else(|| ZONE.to_owned()))
}

/// The community that a place belongs to, itself included; for what lies in none, the subdistrict.
pub fn community_of(db: &Connection, code: &str) -> rusqlite::Result<Option<PlaceRow>> {
    let path = path(db, code)?;
    let of = |kind| path.iter().find(|place| place.kind == kind);
    Ok(of(Kind::Community).or_else(|| of(Kind::Subdistrict)).cloned())
}

/// The codes of all communities and subdistricts within a place, itself included: where a role that
/// was given there holds.
pub fn scope(db: &Connection, code: &str) -> rusqlite::Result<Vec<String>> {
    let mut codes: Vec<_> = within(db, code)?
        .into_iter()
        .filter(|place| place.kind <= Kind::Community)
        .map(|place| place.code)
        .collect();
    // A role may be given for a place that is written down only later.
    if !codes.iter().any(|there| there == code) {
        codes.push(code.to_owned());
    }
    Ok(codes)
}

/// The buildings of a community and all below it.
pub fn buildings(db: &Connection, community: &str) -> rusqlite::Result<Vec<Building>> {
    let building = |place: &PlaceRow| place.kind == Kind::Building;
    let all = within(db, community)?.into_iter().filter(building);
    Ok(all.map(|p| Building { code: p.code, name: p.name, name_en: p.name_en }).collect())
}
