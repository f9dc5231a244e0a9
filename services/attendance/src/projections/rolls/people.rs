//! People's rows on a roll.

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::values::OccurrenceKey;

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
    /// Whether they are on the list of those expected.
    pub listed: bool,
    /// The newest remark about them, sealed.
    pub remark: Option<Sealed>,
}

impl Person {
    /// Somebody of whom a roll knows nothing.
    pub fn nobody(resident: Uuid) -> Self {
        let (standing, listed) = (Standing::None, false);
        let (came_at, way, left_at, minutes, remark) = (None, None, None, None, None);
        Self { resident, standing, came_at, way, left_at, minutes, listed, remark }
    }

    /// Whether they should come and neither came nor are excused.
    pub fn missing(&self) -> bool {
        let expected = match self.standing {
            Standing::Registered => true,
            Standing::Excused => false,
            Standing::None | Standing::Waiting(_) => self.listed,
        };
        expected && self.came_at.is_none()
    }
}

pub(super) const PERSON: &str = "SELECT resident, standing, came_at, way, left_at, minutes, \
    CASE standing WHEN 'waiting' THEN (SELECT count(*) FROM rolls_person w \
    WHERE w.community = p.community AND w.activity = p.activity \
    AND w.recurrence_id = p.recurrence_id AND w.standing = 'waiting' AND w.place <= p.place) \
    ELSE 0 END, listed, remark";

pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let standing: String = row.get(1)?;
    let remark: Option<String> = row.get(8)?;
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
        listed: row.get(7)?,
        // What can't be read is not shown; the roll counts without it.
        remark: remark.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// Everybody on a roll: those with a place, those who wait in their order, the others.
pub fn people(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Vec<Person>> {
    let sql = format!(
        "{PERSON} FROM rolls_person p WHERE community = ? AND activity = ? AND recurrence_id = ? \
         AND (standing <> 'none' OR came_at IS NOT NULL OR listed) \
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
