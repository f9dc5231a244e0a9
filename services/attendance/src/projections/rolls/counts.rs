//! What a roll adds up to.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use crate::{contract::Attendance, values::OccurrenceKey};

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
    /// How many are expected: those listed, those registered, and of them the excused.
    pub expected: u32,
    /// How many are expected and neither came nor are excused: absent, once the roll is closed.
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
         count(*) FILTER (WHERE listed OR standing IN ('registered', 'excused')), \
         count(*) FILTER (WHERE came_at IS NULL AND standing <> 'excused' \
         AND (listed OR standing = 'registered')), \
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
            expected: row.get(12)?,
            missing: row.get(13)?,
            minutes: row.get(14)?,
        })
    })
    .optional()
}
