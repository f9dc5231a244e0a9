//! `places`: the tree of places as far as boards need it, and the rules of each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::contract::{
    Rules, ScoringEvent,
    heard::{Heard, PlaceEvent, PlaceKind},
};

/// The zone where no place names one.
const ZONE: Tz = Tz::Asia__Shanghai;

/// Since when a place lies where it was first said to be.
const EVER: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The projection.
pub enum Places {}

impl Projection<Heard> for Places {
    const NAME: &'static str = "places";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE places (
            code TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL, kind TEXT NOT NULL,
            parent TEXT NOT NULL, zone TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX places_by_parent ON places (parent);
        CREATE TABLE places_parents (
            code TEXT NOT NULL, from_on TEXT NOT NULL, parent TEXT NOT NULL,
            PRIMARY KEY (code, from_on)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE places_rules (
            place TEXT NOT NULL, valid_from TEXT NOT NULL, rules TEXT NOT NULL,
            event TEXT NOT NULL, PRIMARY KEY (place, valid_from)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Place(code, PlaceEvent::PlaceAdded { name, name_en, kind, parent, zone }) => {
                let name_en = if name_en.is_empty() { name } else { name_en };
                db.prepare_cached("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)")?
                    .execute(params![code, name, name_en, kind.code(), parent, zone])?;
                lies_in(db, code, EVER, parent)?;
            }
            Heard::Place(code, PlaceEvent::PlaceChanged { name, name_en, parent }) => {
                let name_en = if name_en.is_empty() { name } else { name_en };
                db.prepare_cached(
                    "UPDATE places SET name = ?2, name_en = ?3, parent = ?4 WHERE code = ?1",
                )?
                .execute(params![code, name, name_en, parent])?;
                let zone = zone(db, code)?.unwrap_or(ZONE);
                lies_in(db, code, fact.at.with_timezone(&zone).date_naive(), parent)?;
            }
            Heard::Scoring(place, ScoringEvent::ScoringAdopted { from, rules }) => {
                let (rules, event) = (serde_json::to_string(rules)?, fact.source.to_string());
                db.prepare_cached("INSERT OR REPLACE INTO places_rules VALUES (?, ?, ?, ?)")?
                    .execute(params![place, from, rules, event])?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Notes in what a place lies from a day on.
fn lies_in(db: &Connection, code: &str, from: NaiveDate, parent: &str) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO places_parents VALUES (?, ?, ?)")?
        .execute(params![code, from, parent])?;
    Ok(())
}

/// What lay in what, in a stretch of days without a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// The code of the place of the kind asked for that each place lay in, by the place's code.
    pub under: BTreeMap<String, String>,
}

/// The maps of some days, in order: one, unless a place came to lie in another meanwhile.
pub fn maps(
    db: &Connection,
    kind: PlaceKind,
    (first, last): (NaiveDate, NaiveDate),
) -> rusqlite::Result<Vec<Map>> {
    let changes: Vec<NaiveDate> = db
        .prepare_cached(
            "SELECT DISTINCT from_on FROM places_parents WHERE from_on > ? AND from_on <= ? \
             ORDER BY from_on",
        )?
        .query_map([first, last], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let ends = changes.iter().filter_map(NaiveDate::pred_opt).chain([last]);
    let stretches = std::iter::once(&first).chain(&changes).zip(ends);
    stretches
        .map(|(first, last)| Ok(Map { first: *first, last, under: under(db, kind, *first)? }))
        .collect()
}

/// The place of a kind that each place lay in on a day.
fn under(
    db: &Connection,
    kind: PlaceKind,
    on: NaiveDate,
) -> rusqlite::Result<BTreeMap<String, String>> {
    db.prepare_cached(
        "WITH RECURSIVE lay (code, parent) AS (
             SELECT code, parent FROM places_parents one WHERE from_on = (
                 SELECT max(from_on) FROM places_parents other
                 WHERE other.code = one.code AND from_on <= ?1)
         ), up (code, at, depth) AS (
             SELECT code, code, 0 FROM lay
             UNION SELECT up.code, lay.parent, depth + 1 FROM up JOIN lay ON lay.code = up.at
             WHERE depth < 16
         ) SELECT up.code, at FROM up JOIN places ON places.code = at AND kind = ?2
         ORDER BY up.code, depth DESC",
    )?
    .query_map(params![on, kind.code()], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

impl PlaceKind {
    /// As rows and addresses have it: `building`.
    pub fn code(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::District => "district",
            Self::Subdistrict => "subdistrict",
            Self::Community => "community",
            Self::Compound => "compound",
            Self::Grid => "grid",
            Self::Building => "building",
        }
    }

    fn of(code: &str) -> Self {
        match code {
            "district" => Self::District,
            "subdistrict" => Self::Subdistrict,
            "community" => Self::Community,
            "compound" => Self::Compound,
            "grid" => Self::Grid,
            "building" => Self::Building,
            _ => Self::City,
        }
    }
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; its name where there is none.
    pub name_en: String,
    /// What it is.
    pub kind: PlaceKind,
    /// The code of the place it is part of; empty at the top.
    pub parent: String,
    /// Its own time zone; empty: its parent's.
    pub zone: String,
}

const COLUMNS: &str = "code, name, name_en, kind, parent, zone";

fn read(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        code: row.get(0)?,
        name: row.get(1)?,
        name_en: row.get(2)?,
        kind: PlaceKind::of(&row.get::<_, String>(3)?),
        parent: row.get(4)?,
        zone: row.get(5)?,
    })
}

/// A place.
pub fn place(db: &Connection, code: &str) -> rusqlite::Result<Option<Place>> {
    let sql = format!("SELECT {COLUMNS} FROM places WHERE code = ?");
    db.prepare_cached(&sql)?.query_row([code], read).optional()
}

/// The place and all above it, the nearest first. A circle ends where it would close.
pub fn upwards(db: &Connection, code: &str) -> rusqlite::Result<Vec<Place>> {
    let sql = format!(
        "WITH RECURSIVE up (at, depth) AS (
             SELECT ?1, 0 UNION SELECT p.parent, depth + 1 FROM up JOIN places p ON p.code = up.at
             WHERE p.parent <> '' AND depth < 16
         ) SELECT {COLUMNS} FROM up JOIN places ON places.code = up.at ORDER BY depth"
    );
    db.prepare_cached(&sql)?.query_map([code], read)?.collect()
}

/// The zone of a place, its own or the nearest above's; none if there is no such place.
pub fn zone(db: &Connection, code: &str) -> rusqlite::Result<Option<Tz>> {
    let places = upwards(db, code)?;
    let zones = places.iter().filter_map(|place| place.zone.parse().ok());
    Ok((!places.is_empty()).then(|| zones.into_iter().next().unwrap_or(ZONE)))
}

/// The place and all below it, in the order of their codes.
pub fn within(db: &Connection, code: &str) -> rusqlite::Result<Vec<Place>> {
    let sql = format!(
        "WITH RECURSIVE down (at) AS (
             SELECT ?1 UNION SELECT p.code FROM down JOIN places p ON p.parent = down.at
         ) SELECT {COLUMNS} FROM down JOIN places ON places.code = down.at ORDER BY code"
    );
    db.prepare_cached(&sql)?.query_map([code], read)?.collect()
}

/// Rules as a place has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// The code of the place that adopted them.
    pub place: String,
    /// The first date.
    pub from: NaiveDate,
    /// The rules.
    pub rules: Rules,
    /// The event, by its name for ever.
    pub event: String,
}

/// All rules that a place adopted itself, the newest first.
pub fn adopted(db: &Connection, place: &str) -> rusqlite::Result<Vec<Adopted>> {
    db.prepare_cached(
        "SELECT place, valid_from, rules, event FROM places_rules WHERE place = ? \
         ORDER BY valid_from DESC",
    )?
    .query_map([place], |row| {
        let rules: serde_json::Value = row.get(2)?;
        let rules = serde_json::from_value(rules).unwrap_or_default();
        Ok(Adopted { place: row.get(0)?, from: row.get(1)?, rules, event: row.get(3)? })
    })?
    .collect()
}

/// The rules that hold in a place on a day: its own, or those of the nearest place above.
pub fn rules(db: &Connection, place: &str, on: NaiveDate) -> rusqlite::Result<Option<Adopted>> {
    for place in upwards(db, place)? {
        let there = adopted(db, &place.code)?.into_iter().find(|adopted| adopted.from <= on);
        if there.is_some() {
            return Ok(there);
        }
    }
    Ok(None)
}
