//! `duties`: what there is to do at each occurrence, and who does it.

use chrono::{DateTime, Utc};
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use uuid::Uuid;

use crate::{
    contract::{DutyEvent, DutyPlace, heard::Heard},
    values::OccurrenceKey,
};

/// The projection.
pub enum Duties {}

impl Projection<Heard> for Duties {
    const NAME: &'static str = "duties";
    const VERSION: u32 = 2;
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
            asks INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (community, activity, recurrence_id, resident)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX duties_claim_by_resident ON duties_claim (resident);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Duty(key, event) = &fact.event else { return Ok(()) };
        let of = |sql: &str, values: &[&dyn ToSql]| -> Result<(), ApplyError> {
            let key: [&dyn ToSql; 3] = [&key.community, &key.activity, &key.recurrence_id];
            db.prepare_cached(sql)?.execute([&key[..], values].concat().as_slice())?;
            Ok(())
        };
        match event {
            DutyEvent::DutiesSet { duties, start, end } => of(
                "INSERT OR REPLACE INTO duties VALUES (?, ?, ?, ?, ?, 0, ?)",
                params![start, end, serde_json::to_string(duties)?],
            ),
            DutyEvent::DutyClaimed { duty, resident, .. } => of(
                "INSERT OR REPLACE INTO duties_claim \
                 (community, activity, recurrence_id, resident, duty) VALUES (?, ?, ?, ?, ?)",
                params![resident, duty],
            ),
            DutyEvent::DutyReleased { resident, .. } => of(
                "DELETE FROM duties_claim WHERE community = ? AND activity = ? \
                 AND recurrence_id = ? AND resident = ?",
                params![resident],
            ),
            DutyEvent::DutiesCancelled {} => of(
                "UPDATE duties SET cancelled = 1 \
                 WHERE community = ? AND activity = ? AND recurrence_id = ?",
                params![],
            ),
            DutyEvent::StandInAsked { resident, .. } => of(SET_ASKS, params![resident, true]),
            DutyEvent::StandInWithdrawn { resident, .. } => of(SET_ASKS, params![resident, false]),
            DutyEvent::DutyDone { resident, duty } => of(
                "INSERT INTO duties_claim \
                 (community, activity, recurrence_id, resident, duty, done) \
                 VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET done = 1",
                params![resident, duty],
            ),
            DutyEvent::DutyDoneReversed { resident, .. } => of(
                "UPDATE duties_claim SET done = 0 WHERE community = ? AND activity = ? \
                 AND recurrence_id = ? AND resident = ?",
                params![resident],
            ),
            // The desk shows what is missing now, not what was when it was told.
            DutyEvent::DutyUnfilled { .. } => Ok(()),
        }
    }
}

const SET_ASKS: &str = "UPDATE duties_claim SET asks = ?5 WHERE community = ?1 AND activity = ?2 \
    AND recurrence_id = ?3 AND resident = ?4";

/// One duty with those who do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub name: String,
    /// How many it takes.
    pub places: u32,
    /// Who does it.
    pub by: Vec<Uuid>,
    /// Who of them asks for a stand-in.
    pub asking: Vec<Uuid>,
    /// Who of them was there, as far as the roll is closed.
    pub done: Vec<Uuid>,
}

impl Claimed {
    fn new(name: String, places: u32) -> Self {
        Self { name, places, by: Vec::new(), asking: Vec::new(), done: Vec::new() }
    }

    /// How many are missing, those who ask for a stand-in included.
    pub fn missing(&self) -> usize {
        (self.places as usize).saturating_sub(self.by.len() - self.asking.len())
    }
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
    let mut duties: Vec<Claimed> =
        places.into_iter().map(|place| Claimed::new(place.name, place.places)).collect();
    let mut claims = db.prepare_cached(
        "SELECT duty, resident, asks, done FROM duties_claim \
         WHERE community = ? AND activity = ? AND recurrence_id = ? ORDER BY duty, resident",
    )?;
    let claims = claims.query_map(params![community, activity, recurrence_id], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    for claim in claims {
        let (name, resident, asks, done): (_, Uuid, bool, bool) = claim?;
        let at = duties.iter().position(|duty| duty.name == name).unwrap_or_else(|| {
            duties.push(Claimed::new(name, 0));
            duties.len() - 1
        });
        let duty = &mut duties[at];
        duty.by.push(resident);
        duty.asking.extend(asks.then_some(resident));
        duty.done.extend(done.then_some(resident));
    }
    Ok(duties)
}

/// An occurrence at which somebody is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// Which.
    pub key: OccurrenceKey,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// Its duties that lack people.
    pub duties: Vec<Claimed>,
}

/// The occurrences of a community that begin after `from` and not after `until`, at which somebody
/// is missing; the next first.
pub fn unfilled(
    db: &Connection,
    community: &str,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> rusqlite::Result<Vec<Unfilled>> {
    let near = db
        .prepare_cached(
            "SELECT activity, recurrence_id, start_at FROM duties WHERE community = ? AND cancelled = 0 \
             AND start_at > ? AND start_at <= ? ORDER BY start_at",
        )?
        .query_map(params![community, from, until], |row| {
            let key = OccurrenceKey::new(community, row.get(0)?, &row.get::<_, String>(1)?);
            Ok((key, row.get(2)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut unfilled = Vec::new();
    for (key, start) in near {
        let mut duties = of_occurrence(db, &key)?;
        duties.retain(|duty| duty.missing() > 0);
        if !duties.is_empty() {
            unfilled.push(Unfilled { key, start, duties });
        }
    }
    Ok(unfilled)
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
