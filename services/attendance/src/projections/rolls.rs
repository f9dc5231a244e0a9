//! `rolls`: each occurrence's roll with its counts, and each person's row on it.

use chrono::{DateTime, Utc};
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    contract::{Attendance, RollEvent, heard::Heard},
    values::OccurrenceKey,
};

mod mine;

pub use mine::{Mine, Total, ahead, total};

/// The projection.
pub enum Rolls {}

impl Projection<Heard> for Rolls {
    const NAME: &'static str = "rolls";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE rolls (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            start_at TEXT NOT NULL, end_at TEXT NOT NULL, capacity INTEGER NOT NULL,
            attendance TEXT NOT NULL, guardian INTEGER NOT NULL,
            cancelled INTEGER NOT NULL, closed INTEGER NOT NULL, headcount INTEGER,
            PRIMARY KEY (community, activity, recurrence_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE rolls_person (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            resident BLOB NOT NULL, standing TEXT NOT NULL, place INTEGER NOT NULL,
            came_at TEXT, way TEXT, left_at TEXT, minutes INTEGER,
            PRIMARY KEY (community, activity, recurrence_id, resident)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX rolls_person_by_resident ON rolls_person (resident);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        use RollEvent as E;
        let Heard::Roll(key, event) = &fact.event else { return Ok(()) };
        let on = Rows { db, key, place: fact.source.version.0 };
        match event {
            E::RollOpened { .. } => on.open(event)?,
            E::RollMoved { start, end, .. } => {
                on.set("start_at = ?4, end_at = ?5, cancelled = 0", params![start, end])?;
            }
            E::RollCancelled { .. } => on.set("cancelled = 1", params![])?,
            E::CapacitySet { capacity } => on.set("capacity = ?4", params![capacity])?,
            E::HeadcountGiven { people } => on.set("headcount = ?4", params![people])?,
            E::RollClosed { .. } => on.set("closed = 1", params![])?,
            E::Registered { resident, .. } | E::Promoted { resident } => {
                on.stand(*resident, "registered")?;
            }
            E::Waitlisted { resident, instead_of: None, .. } => on.stand(*resident, "waiting")?,
            E::Waitlisted { resident, instead_of: Some(other), .. } => {
                on.stand(*resident, "waiting")?;
                on.stand_beside(*resident, *other)?;
            }
            E::Withdrawn { resident } => on.stand(*resident, "none")?,
            E::Excused { resident } => on.stand(*resident, "excused")?,
            E::CheckedIn { resident, way, at, .. } => on.came(*resident, way.name(), *at)?,
            E::CheckedOut { resident, at, minutes } => {
                on.person(*resident, "left_at = ?5, minutes = ?6", params![at, minutes])?;
            }
            E::HoursCorrected { resident, minutes, .. } => {
                on.person(*resident, "minutes = ?5", params![minutes])?;
            }
            E::CheckInReversed { resident } => {
                let gone = "came_at = NULL, way = NULL, left_at = NULL, minutes = NULL";
                on.person(*resident, gone, params![])?;
            }
        }
        Ok(())
    }
}

/// The rows of one roll, as one event finds them.
struct Rows<'a> {
    db: &'a Connection,
    key: &'a OccurrenceKey,
    /// The event's version, which keeps the order of those who wait.
    place: u64,
}

impl Rows<'_> {
    fn open(&self, event: &RollEvent) -> rusqlite::Result<()> {
        let RollEvent::RollOpened { start, end, capacity, attendance, guardian_consent, .. } =
            event
        else {
            return Ok(());
        };
        let OccurrenceKey { community, activity, recurrence_id } = self.key;
        let attendance = match attendance {
            Attendance::Names => "NAMES",
            Attendance::Headcount => "HEADCOUNT",
            Attendance::Paper => "PAPER",
        };
        self.db
            .prepare_cached("INSERT INTO rolls VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, NULL)")?
            .execute(params![
                community,
                activity,
                recurrence_id,
                start,
                end,
                capacity,
                attendance,
                guardian_consent
            ])?;
        Ok(())
    }

    fn set(&self, change: &str, values: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<()> {
        let OccurrenceKey { community, activity, recurrence_id } = self.key;
        let sql = format!(
            "UPDATE rolls SET {change} WHERE community = ?1 AND activity = ?2 \
             AND recurrence_id = ?3"
        );
        let key: [&dyn rusqlite::ToSql; 3] = [community, activity, recurrence_id];
        self.db.prepare_cached(&sql)?.execute([&key[..], values].concat().as_slice())?;
        Ok(())
    }

    fn person(
        &self,
        resident: Uuid,
        change: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> rusqlite::Result<()> {
        let OccurrenceKey { community, activity, recurrence_id } = self.key;
        let sql = format!(
            "UPDATE rolls_person SET {change} WHERE community = ?1 AND activity = ?2 \
             AND recurrence_id = ?3 AND resident = ?4"
        );
        let key: [&dyn rusqlite::ToSql; 4] = [community, activity, recurrence_id, &resident];
        self.db.prepare_cached(&sql)?.execute([&key[..], values].concat().as_slice())?;
        Ok(())
    }

    fn stand(&self, resident: Uuid, standing: &str) -> rusqlite::Result<()> {
        let OccurrenceKey { community, activity, recurrence_id } = self.key;
        self.db
            .prepare_cached(
                "INSERT INTO rolls_person (community, activity, recurrence_id, resident, \
                 standing, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO UPDATE SET standing = ?5, place = ?6",
            )?
            .execute(params![community, activity, recurrence_id, resident, standing, self.place])?;
        Ok(())
    }

    /// The same place in the line as another, who leaves it with the next event.
    fn stand_beside(&self, resident: Uuid, other: Uuid) -> rusqlite::Result<()> {
        let place = "place = coalesce((SELECT p.place FROM rolls_person p WHERE p.community = ?1 \
                     AND p.activity = ?2 AND p.recurrence_id = ?3 AND p.resident = ?5), place)";
        self.person(resident, place, params![other])
    }

    /// Whoever comes waits no more and has come after all; a place stays theirs.
    fn came(&self, resident: Uuid, way: &str, at: DateTime<Utc>) -> rusqlite::Result<()> {
        let OccurrenceKey { community, activity, recurrence_id } = self.key;
        self.db
            .prepare_cached(
                "INSERT INTO rolls_person (community, activity, recurrence_id, resident, \
                 standing, place, came_at, way) VALUES (?1, ?2, ?3, ?4, 'none', ?5, ?6, ?7) \
                 ON CONFLICT DO UPDATE SET came_at = ?6, way = ?7, standing = \
                 CASE standing WHEN 'registered' THEN standing ELSE 'none' END",
            )?
            .execute(params![community, activity, recurrence_id, resident, self.place, at, way])?;
        Ok(())
    }
}

/// A roll with its counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// When the occurrence begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Places; 0 is no limit.
    pub capacity: u32,
    /// How people are recorded.
    pub attendance: Attendance,
    /// Whether those under 14 need a guardian's consent.
    pub guardian_consent: bool,
    /// Whether it does not take place.
    pub cancelled: bool,
    /// Whether its roll is closed.
    pub closed: bool,
    /// How many were counted, once they were.
    pub headcount: Option<u32>,
    /// How many have a place.
    pub registered: u32,
    /// How many wait.
    pub waiting: u32,
    /// How many let know that they don't come.
    pub excused: u32,
    /// How many are present by name.
    pub present: u32,
    /// How many have a place and did not come, so far.
    pub missing: u32,
    /// Minutes credited to all.
    pub minutes: u64,
}

impl Counts {
    /// How many more may register; none is without limit.
    pub fn free(&self) -> Option<u32> {
        (self.capacity > 0).then(|| self.capacity.saturating_sub(self.registered))
    }

    /// How many attended: the larger of the headcount and the names.
    pub fn attended(&self) -> u32 {
        self.present.max(self.headcount.unwrap_or(0))
    }
}

/// The roll of an occurrence, once it is opened.
pub fn counts(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Option<Counts>> {
    db.prepare_cached(
        "SELECT start_at, end_at, capacity, attendance, guardian, cancelled, closed, headcount, \
         count(*) FILTER (WHERE standing = 'registered'), \
         count(*) FILTER (WHERE standing = 'waiting'), \
         count(*) FILTER (WHERE standing = 'excused'), \
         count(came_at), \
         count(*) FILTER (WHERE standing = 'registered' AND came_at IS NULL), \
         coalesce(sum(minutes), 0) \
         FROM rolls LEFT JOIN rolls_person USING (community, activity, recurrence_id) \
         WHERE community = ? AND activity = ? AND recurrence_id = ? \
         GROUP BY community, activity, recurrence_id",
    )?
    .query_row(params![key.community, key.activity, key.recurrence_id], |row| {
        let attendance: String = row.get(3)?;
        Ok(Counts {
            start: row.get(0)?,
            end: row.get(1)?,
            capacity: row.get(2)?,
            attendance: match attendance.as_str() {
                "HEADCOUNT" => Attendance::Headcount,
                "PAPER" => Attendance::Paper,
                _ => Attendance::Names,
            },
            guardian_consent: row.get(4)?,
            cancelled: row.get(5)?,
            closed: row.get(6)?,
            headcount: row.get(7)?,
            registered: row.get(8)?,
            waiting: row.get(9)?,
            excused: row.get(10)?,
            present: row.get(11)?,
            missing: row.get(12)?,
            minutes: row.get(13)?,
        })
    })
    .optional()
}

/// What somebody has said about coming, as rows keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, or they took it back.
    None,
    /// They have a place.
    Registered,
    /// They wait; the number says as which, from 1.
    Waiting(u32),
    /// They don't come.
    Excused,
}

/// Somebody's row on a roll.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Who.
    pub resident: Uuid,
    /// What they said about coming.
    pub standing: Standing,
    /// When they came, if they did.
    pub came_at: Option<DateTime<Utc>>,
    /// How that is known.
    pub way: Option<String>,
    /// When they left, if that is known.
    pub left_at: Option<DateTime<Utc>>,
    /// Minutes credited, once they are.
    pub minutes: Option<u32>,
}

const PERSON: &str = "SELECT resident, standing, came_at, way, left_at, minutes, \
    CASE standing WHEN 'waiting' THEN (SELECT count(*) FROM rolls_person w \
    WHERE w.community = p.community AND w.activity = p.activity \
    AND w.recurrence_id = p.recurrence_id AND w.standing = 'waiting' AND w.place <= p.place) \
    ELSE 0 END";

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let standing: String = row.get(1)?;
    Ok(Person {
        resident: row.get(0)?,
        standing: match standing.as_str() {
            "registered" => Standing::Registered,
            "waiting" => Standing::Waiting(row.get(6)?),
            "excused" => Standing::Excused,
            _ => Standing::None,
        },
        came_at: row.get(2)?,
        way: row.get(3)?,
        left_at: row.get(4)?,
        minutes: row.get(5)?,
    })
}

/// Everybody on a roll: those with a place, those who wait in their order, the others.
pub fn people(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Vec<Person>> {
    let sql = format!(
        "{PERSON} FROM rolls_person p WHERE community = ? AND activity = ? AND recurrence_id = ? \
         AND (standing <> 'none' OR came_at IS NOT NULL) \
         ORDER BY CASE standing WHEN 'registered' THEN 0 WHEN 'none' THEN 1 WHEN 'waiting' THEN 2 \
         ELSE 3 END, place"
    );
    db.prepare_cached(&sql)?
        .query_map(params![key.community, key.activity, key.recurrence_id], person)?
        .collect()
}

/// Somebody's row on a roll, if there is one.
pub fn person_of(
    db: &Connection,
    key: &OccurrenceKey,
    resident: Uuid,
) -> rusqlite::Result<Option<Person>> {
    let sql = format!(
        "{PERSON} FROM rolls_person p WHERE community = ? AND activity = ? AND recurrence_id = ? \
         AND resident = ?"
    );
    db.prepare_cached(&sql)?
        .query_row(params![key.community, key.activity, key.recurrence_id, resident], person)
        .optional()
}
