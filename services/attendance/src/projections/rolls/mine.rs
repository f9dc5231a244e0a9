//! What of all rolls concerns one person.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{PERSON, Person, person};
use crate::values::OccurrenceKey;

/// Somebody's row on the roll of an occurrence.
#[derive(Debug, Clone, PartialEq)]
pub struct Mine {
    /// The occurrence.
    pub key: OccurrenceKey,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// Whether it does not take place.
    pub cancelled: bool,
    /// The row.
    pub person: Person,
}

/// Where somebody has a place or waits, of what ends after `from`; the next first.
pub fn ahead(db: &Connection, resident: Uuid, from: DateTime<Utc>) -> rusqlite::Result<Vec<Mine>> {
    let sql = format!(
        "{PERSON}, community, activity, recurrence_id, start_at, cancelled \
         FROM rolls_person p JOIN rolls USING (community, activity, recurrence_id) \
         WHERE resident = ? AND end_at > ? AND (standing <> 'none' OR listed) ORDER BY start_at"
    );
    db.prepare_cached(&sql)?
        .query_map(params![resident, from], |row| {
            let (community, recurrence_id): (String, String) = (row.get(9)?, row.get(11)?);
            Ok(Mine {
                key: OccurrenceKey::new(&community, row.get(10)?, &recurrence_id),
                start: row.get(12)?,
                cancelled: row.get(13)?,
                person: person(row)?,
            })
        })?
        .collect()
}

/// How often somebody came, and for how long in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Occurrences attended.
    pub times: u32,
    /// Minutes credited.
    pub minutes: u64,
}

/// What somebody has attended so far.
pub fn total(db: &Connection, resident: Uuid) -> rusqlite::Result<Total> {
    db.prepare_cached(
        "SELECT count(came_at), coalesce(sum(minutes), 0) FROM rolls_person WHERE resident = ?",
    )?
    .query_row([resident], |row| Ok(Total { times: row.get(0)?, minutes: row.get(1)? }))
}
