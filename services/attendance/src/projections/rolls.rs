//! `rolls`: each occurrence's roll with its counts, and each person's row on it.

use chrono::{DateTime, Utc};
use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    vault::Sealed,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::{
    contract::{Attendance, RollEvent, heard::Heard},
    values::OccurrenceKey,
};

mod counts;
mod mine;
mod people;

pub use counts::{Counts, counts};
pub use mine::{Mine, Total, ahead, total};
use people::{PERSON, person};
pub use people::{Person, Standing, people, person_of};

/// The projection.
pub enum Rolls {}

impl Projection<Heard> for Rolls {
    const NAME: &'static str = "rolls";
    const VERSION: u32 = 2;
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
            listed INTEGER NOT NULL DEFAULT 0, remark TEXT,
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
            E::Excused { resident, remark, .. } => {
                on.stand(*resident, "excused")?;
                on.remark(*resident, remark.as_ref())?;
            }
            E::CheckedIn { resident, way, at, .. } => on.came(*resident, way.name(), *at)?,
            E::CheckedOut { resident, at, minutes } => {
                on.person(*resident, "left_at = ?5, minutes = ?6", params![at, minutes])?;
            }
            E::HoursCorrected { resident, minutes, remark, .. } => {
                on.person(*resident, "minutes = ?5", params![minutes])?;
                on.remark(*resident, remark.as_ref())?;
            }
            E::CheckInReversed { resident, .. } => {
                let gone = "came_at = NULL, way = NULL, left_at = NULL, minutes = NULL";
                on.person(*resident, gone, params![])?;
            }
            E::Expected { residents, .. } => {
                for resident in residents {
                    on.list(*resident, true)?;
                }
            }
            E::ExpectationDropped { resident } => on.list(*resident, false)?,
            E::Rated { .. }
            | E::RatingReversed { .. }
            | E::CommentApproved { .. }
            | E::CommentWithheld { .. } => {}
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

    fn list(&self, resident: Uuid, listed: bool) -> rusqlite::Result<()> {
        let OccurrenceKey { community, activity, recurrence_id } = self.key;
        self.db
            .prepare_cached(
                "INSERT INTO rolls_person (community, activity, recurrence_id, resident, \
                 standing, place, listed) VALUES (?1, ?2, ?3, ?4, 'none', ?5, ?6) \
                 ON CONFLICT DO UPDATE SET listed = ?6",
            )?
            .execute(params![community, activity, recurrence_id, resident, self.place, listed])?;
        Ok(())
    }

    /// The newest remark about somebody, as sealed as it came.
    fn remark(&self, resident: Uuid, remark: Option<&Sealed>) -> Result<(), ApplyError> {
        let remark = remark.map(serde_json::to_string).transpose()?;
        Ok(self.person(resident, "remark = coalesce(?5, remark)", params![remark])?)
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
