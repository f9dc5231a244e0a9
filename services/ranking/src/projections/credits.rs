//! `credits`: every point with its cause, for whoever wants to follow it back.

use chrono::NaiveDate;
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::{
    contract::{Credit, Ground, TallyEvent, heard::Heard},
    values::OccurrenceKey,
};

/// The projection.
pub enum Credits {}

impl Projection<Heard> for Credits {
    const NAME: &'static str = "credits";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE credits (
            community TEXT NOT NULL, building TEXT NOT NULL, on_day TEXT NOT NULL,
            host TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            resident BLOB NOT NULL, ground INTEGER NOT NULL, points INTEGER NOT NULL,
            times INTEGER NOT NULL, minutes INTEGER NOT NULL, capped INTEGER NOT NULL,
            cause TEXT NOT NULL,
            PRIMARY KEY (community, building, on_day, host, activity, recurrence_id, version)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX credits_by_resident ON credits (resident, on_day);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let (key, credit, sign) = match &fact.event {
            Heard::Tally(key, TallyEvent::Credited(credit)) => (key, credit, 1),
            Heard::Tally(key, TallyEvent::Reversed(credit)) => (key, credit, -1),
            _ => return Ok(()),
        };
        let Credit { community, building, on, resident, cause, .. } = credit;
        db.prepare_cached("INSERT INTO credits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![
                community,
                building,
                on,
                key.community,
                key.activity,
                key.recurrence_id,
                fact.source.version.0,
                resident,
                credit.ground as u8,
                sign * i64::from(credit.points),
                sign * i64::from(credit.times),
                sign * i64::from(credit.minutes),
                credit.capped,
                cause.to_string()
            ])?;
        Ok(())
    }
}

/// One credit, or one that was taken back: then its amounts are below zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The occurrence.
    pub key: OccurrenceKey,
    /// The version of its tally with this.
    pub version: u64,
    /// Whose.
    pub resident: Uuid,
    /// The occurrence's date.
    pub on: NaiveDate,
    /// For what.
    pub ground: Ground,
    /// Points.
    pub points: i64,
    /// Attendances.
    pub times: i64,
    /// Minutes of service.
    pub minutes: i64,
    /// Points that the day's limit took away.
    pub capped: u32,
    /// What earned it or took it away: an event's name for ever.
    pub cause: String,
}

const ENTRY: &str = "SELECT host, activity, recurrence_id, version, resident, on_day, ground, \
    points, times, minutes, capped, cause FROM credits";

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let (host, recurrence_id): (String, String) = (row.get(0)?, row.get(2)?);
    let ground: usize = row.get(6)?;
    Ok(Entry {
        key: OccurrenceKey::new(&host, row.get(1)?, &recurrence_id),
        version: row.get(3)?,
        resident: row.get(4)?,
        on: row.get(5)?,
        ground: Ground::ALL.get(ground).copied().unwrap_or_default(),
        points: row.get(7)?,
        times: row.get(8)?,
        minutes: row.get(9)?,
        capped: row.get(10)?,
        cause: row.get(11)?,
    })
}

/// What somebody has earned in all: the sum of all causes.
pub fn earned(db: &Connection, resident: Uuid) -> rusqlite::Result<u64> {
    let sum: i64 = db
        .prepare_cached("SELECT coalesce(sum(points), 0) FROM credits WHERE resident = ?")?
        .query_row([resident], |row| row.get(0))?;
    Ok(u64::try_from(sum).unwrap_or(0))
}

/// Somebody's credits, the newest first, at most so many.
pub fn of_resident(db: &Connection, resident: Uuid, most: u32) -> rusqlite::Result<Vec<Entry>> {
    let sql = format!("{ENTRY} WHERE resident = ? ORDER BY on_day DESC, activity, version LIMIT ?");
    db.prepare_cached(&sql)?.query_map(params![resident, most], entry)?.collect()
}

/// What one occurrence brought a building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfBuilding {
    /// The occurrence.
    pub key: OccurrenceKey,
    /// Its date.
    pub on: NaiveDate,
    /// Points.
    pub points: i64,
    /// Attendances by name.
    pub times: i64,
    /// Minutes of service.
    pub minutes: i64,
}

/// What each occurrence of some days brought a building, in order.
pub fn of_building(
    db: &Connection,
    (community, building): (&str, &str),
    (first, last): (NaiveDate, NaiveDate),
) -> rusqlite::Result<Vec<OfBuilding>> {
    db.prepare_cached(
        "SELECT host, activity, recurrence_id, on_day, sum(points), sum(times), sum(minutes) \
         FROM credits WHERE community = ? AND building = ? AND on_day BETWEEN ? AND ? \
         GROUP BY on_day, host, activity, recurrence_id \
         HAVING sum(points) <> 0 OR sum(times) <> 0 OR sum(minutes) <> 0",
    )?
    .query_map(params![community, building, first, last], |row| {
        let (host, recurrence_id): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(OfBuilding {
            key: OccurrenceKey::new(&host, row.get(1)?, &recurrence_id),
            on: row.get(3)?,
            points: row.get(4)?,
            times: row.get(5)?,
            minutes: row.get(6)?,
        })
    })?
    .collect()
}
