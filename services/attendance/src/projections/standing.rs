//! `standing`: the standing duties of a community, who looks after them, and who is away.

use chrono::NaiveDate;
use linli_platform::{
    ids::Version,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use uuid::Uuid;

use crate::{
    contract::{StandingEvent, heard::Heard},
    values::StandingKey,
};

/// The projection.
pub enum Standing {}

impl Projection<Heard> for Standing {
    const NAME: &'static str = "standing";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE standing (
            community TEXT NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL, name_en TEXT NOT NULL,
            about TEXT NOT NULL, building TEXT NOT NULL, places INTEGER NOT NULL,
            from_on TEXT NOT NULL, until_on TEXT, contact BLOB, version INTEGER NOT NULL,
            ended INTEGER NOT NULL,
            PRIMARY KEY (community, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE standing_by (
            community TEXT NOT NULL, id BLOB NOT NULL, resident BLOB NOT NULL,
            PRIMARY KEY (community, id, resident)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX standing_by_resident ON standing_by (resident);
        CREATE TABLE standing_cover (
            community TEXT NOT NULL, id BLOB NOT NULL, away BLOB NOT NULL, from_on TEXT NOT NULL,
            until_on TEXT NOT NULL, covered_by BLOB, told INTEGER NOT NULL,
            PRIMARY KEY (community, id, away, from_on)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        use StandingEvent as E;
        let Heard::Standing(key, event) = &fact.event else { return Ok(()) };
        let of = |sql: &str, values: &[&dyn ToSql]| -> Result<(), ApplyError> {
            let key: [&dyn ToSql; 2] = [&key.community, &key.id];
            db.prepare_cached(sql)?.execute([&key[..], values].concat().as_slice())?;
            Ok(())
        };
        match event {
            E::StandingDutySet {
                name,
                name_en,
                about,
                building,
                places,
                from_on,
                until_on,
                contact,
            } => of(
                "INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                params![
                    name,
                    name_en,
                    about,
                    building,
                    places,
                    from_on,
                    until_on,
                    contact,
                    fact.source.version.0
                ],
            ),
            E::StandingDutyEnded {} => {
                of("UPDATE standing SET ended = 1 WHERE community = ? AND id = ?", &[])
            }
            E::StandingDutyClaimed { resident, .. } => {
                of("INSERT OR IGNORE INTO standing_by VALUES (?, ?, ?)", params![resident])
            }
            E::StandingDutyReleased { resident } => of(
                "DELETE FROM standing_by WHERE community = ? AND id = ? AND resident = ?",
                params![resident],
            ),
            E::CoverAsked { resident, from_on, until_on } => of(
                "INSERT OR REPLACE INTO standing_cover VALUES (?, ?, ?, ?, ?, NULL, 0)",
                params![resident, from_on, until_on],
            ),
            E::CoverTaken { resident, instead_of, from_on, .. } => of(
                "UPDATE standing_cover SET covered_by = ?5 \
                 WHERE community = ?1 AND id = ?2 AND away = ?3 AND from_on = ?4",
                params![instead_of, from_on, resident],
            ),
            E::CoverWithdrawn { resident, from_on } => of(
                "DELETE FROM standing_cover \
                 WHERE community = ? AND id = ? AND away = ? AND from_on = ?",
                params![resident, from_on],
            ),
            E::CoverMissing { resident, from_on, .. } => of(
                "UPDATE standing_cover SET told = 1 \
                 WHERE community = ? AND id = ? AND away = ? AND from_on = ?",
                params![resident, from_on],
            ),
        }
    }
}

/// A standing duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub key: StandingKey,
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// What there is to do.
    pub about: String,
    /// The code of the building or grid it is for; may be empty.
    pub building: String,
    /// How many people it takes.
    pub places: u32,
    /// From which day on.
    pub from_on: NaiveDate,
    /// Its last day, if it has one.
    pub until_on: Option<NaiveDate>,
    /// The member of staff who is told when nobody stands in.
    pub contact: Option<Uuid>,
    /// The version of the event that said all this.
    pub version: Version,
    /// Who looks after it.
    pub by: Vec<Uuid>,
    /// Who is away when, from today on.
    pub covers: Vec<Cover>,
}

/// Some days on which somebody is away from a standing duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Who is away.
    pub away: Uuid,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
    /// Who stands in.
    pub by: Option<Uuid>,
    /// Whether it was told that nobody does.
    pub told: bool,
}

const KEPT: &str = "SELECT id, name, name_en, about, building, places, from_on, until_on, \
    contact, version FROM standing WHERE community = ?1 AND ended = 0";

/// The standing duties of a community on a day, by name.
pub fn all(db: &Connection, community: &str, on: NaiveDate) -> rusqlite::Result<Vec<Kept>> {
    let sql = format!("{KEPT} AND (until_on IS NULL OR until_on >= ?2) ORDER BY name, id");
    let mut found = db
        .prepare_cached(&sql)?
        .query_map(params![community, on], |row| kept(community, row))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for kept in &mut found {
        (kept.by, kept.covers) = (by(db, &kept.key)?, covers(db, &kept.key, on)?);
    }
    Ok(found)
}

/// One that is not ended, without who looks after it.
pub fn one(db: &Connection, key: &StandingKey) -> rusqlite::Result<Option<Kept>> {
    let sql = format!("{KEPT} AND id = ?2");
    db.prepare_cached(&sql)?
        .query_row(params![key.community, key.id], |row| kept(&key.community, row))
        .optional()
}

fn kept(community: &str, row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        key: StandingKey::new(community, row.get(0)?),
        name: row.get(1)?,
        name_en: row.get(2)?,
        about: row.get(3)?,
        building: row.get(4)?,
        places: row.get(5)?,
        from_on: row.get(6)?,
        until_on: row.get(7)?,
        contact: row.get(8)?,
        version: Version(row.get(9)?),
        by: Vec::new(),
        covers: Vec::new(),
    })
}

fn by(db: &Connection, key: &StandingKey) -> rusqlite::Result<Vec<Uuid>> {
    db.prepare_cached("SELECT resident FROM standing_by WHERE community = ? AND id = ?")?
        .query_map(params![key.community, key.id], |row| row.get(0))?
        .collect()
}

fn covers(db: &Connection, key: &StandingKey, on: NaiveDate) -> rusqlite::Result<Vec<Cover>> {
    db.prepare_cached(
        "SELECT away, from_on, until_on, covered_by, told FROM standing_cover \
         WHERE community = ? AND id = ? AND until_on >= ? ORDER BY from_on, away",
    )?
    .query_map(params![key.community, key.id, on], |row| {
        Ok(Cover {
            away: row.get(0)?,
            from_on: row.get(1)?,
            until_on: row.get(2)?,
            by: row.get(3)?,
            told: row.get(4)?,
        })
    })?
    .collect()
}

/// Who is away from a standing duty from a day on; nothing if there is no such duty.
pub fn covers_of(
    db: &Connection,
    key: &StandingKey,
    on: NaiveDate,
) -> rusqlite::Result<Option<Vec<Cover>>> {
    let known = db
        .prepare_cached("SELECT 1 FROM standing WHERE community = ? AND id = ?")?
        .query_row(params![key.community, key.id], |_| Ok(()))
        .optional()?;
    known.map(|()| covers(db, key, on)).transpose()
}

/// What somebody looks after, by name: the community's code, the name, the name in English.
pub fn of_resident(
    db: &Connection,
    resident: Uuid,
) -> rusqlite::Result<Vec<(String, String, String)>> {
    db.prepare_cached(
        "SELECT community, name, name_en FROM standing_by JOIN standing USING (community, id) \
         WHERE resident = ? AND ended = 0 ORDER BY name",
    )?
    .query_map([resident], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
    .collect()
}
