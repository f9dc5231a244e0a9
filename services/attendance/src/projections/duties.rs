//! `duties`: what there is to do at each occurrence, and who does it.

use chrono::{DateTime, Utc};
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::{
    contract::{DutyEvent, DutyPlace, heard::Heard},
    values::OccurrenceKey,
};

/// The projection.
pub enum Duties {}

impl Projection<Heard> for Duties {
    const NAME: &'static str = "duties";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE duties (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            start_at TEXT NOT NULL, end_at TEXT NOT NULL, cancelled INTEGER NOT NULL,
            places TEXT NOT NULL,
            PRIMARY KEY (community, activity, recurrence_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE duties_claim (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            resident BLOB NOT NULL, duty TEXT NOT NULL,
            PRIMARY KEY (community, activity, recurrence_id, resident)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX duties_claim_by_resident ON duties_claim (resident);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Duty(key, event) = &fact.event else { return Ok(()) };
        let OccurrenceKey { community, activity, recurrence_id } = key;
        match event {
            DutyEvent::DutiesSet { duties, start, end } => {
                let places = serde_json::to_string(duties)?;
                db.prepare_cached("INSERT OR REPLACE INTO duties VALUES (?, ?, ?, ?, ?, 0, ?)")?
                    .execute(params![community, activity, recurrence_id, start, end, places])?;
            }
            DutyEvent::DutyClaimed { duty, resident, .. } => {
                db.prepare_cached("INSERT OR REPLACE INTO duties_claim VALUES (?, ?, ?, ?, ?)")?
                    .execute(params![community, activity, recurrence_id, resident, duty])?;
            }
            DutyEvent::DutyReleased { resident, .. } => {
                db.prepare_cached(
                    "DELETE FROM duties_claim WHERE community = ? AND activity = ? \
                     AND recurrence_id = ? AND resident = ?",
                )?
                .execute(params![community, activity, recurrence_id, resident])?;
            }
            DutyEvent::DutiesCancelled {} => {
                db.prepare_cached(
                    "UPDATE duties SET cancelled = 1 \
                     WHERE community = ? AND activity = ? AND recurrence_id = ?",
                )?
                .execute(params![community, activity, recurrence_id])?;
            }
        }
        Ok(())
    }
}

/// One duty with those who do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub name: String,
    /// How many it takes.
    pub places: u32,
    /// Who does it.
    pub by: Vec<Uuid>,
}

/// The duties of an occurrence in their order; those that are claimed and no longer listed last.
pub fn of_occurrence(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Vec<Claimed>> {
    let OccurrenceKey { community, activity, recurrence_id } = key;
    let places: Option<serde_json::Value> = db
        .prepare_cached(
            "SELECT places FROM duties WHERE community = ? AND activity = ? \
             AND recurrence_id = ? AND cancelled = 0",
        )?
        .query_row(params![community, activity, recurrence_id], |row| row.get(0))
        .optional()?;
    let Some(places) = places else { return Ok(Vec::new()) };
    let places: Vec<DutyPlace> = serde_json::from_value(places).unwrap_or_default();
    let mut duties: Vec<Claimed> = places
        .into_iter()
        .map(|place| Claimed { name: place.name, places: place.places, by: Vec::new() })
        .collect();
    let mut claims = db.prepare_cached(
        "SELECT duty, resident FROM duties_claim \
         WHERE community = ? AND activity = ? AND recurrence_id = ? ORDER BY duty, resident",
    )?;
    let claims = claims.query_map(params![community, activity, recurrence_id], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?))
    })?;
    for claim in claims {
        let (name, resident) = claim?;
        match duties.iter_mut().find(|duty| duty.name == name) {
            Some(duty) => duty.by.push(resident),
            None => duties.push(Claimed { name, places: 0, by: vec![resident] }),
        }
    }
    Ok(duties)
}

/// A duty that somebody has taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    /// At which occurrence.
    pub key: OccurrenceKey,
    /// The duty's name.
    pub duty: String,
    /// When the occurrence begins.
    pub start: DateTime<Utc>,
    /// Whether it does not take place.
    pub cancelled: bool,
}

/// What somebody has taken on at occurrences that end after `from`, the next first.
pub fn of_resident(
    db: &Connection,
    resident: Uuid,
    from: DateTime<Utc>,
) -> rusqlite::Result<Vec<Mine>> {
    db.prepare_cached(
        "SELECT community, activity, recurrence_id, duty, start_at, cancelled \
         FROM duties_claim JOIN duties USING (community, activity, recurrence_id) \
         WHERE resident = ? AND end_at > ? ORDER BY start_at",
    )?
    .query_map(params![resident, from], |row| {
        let (community, recurrence_id): (String, String) = (row.get(0)?, row.get(2)?);
        Ok(Mine {
            key: OccurrenceKey::new(&community, row.get(1)?, &recurrence_id),
            duty: row.get(3)?,
            start: row.get(4)?,
            cancelled: row.get(5)?,
        })
    })?
    .collect()
}
