//! What the notifier can look up.

pub mod announcements;
pub mod calls;
pub mod covers;
pub mod deliveries;
pub mod occurrences;
pub mod subscriptions;

use chrono::{DateTime, Utc};
use rusqlite::Row;
use uuid::Uuid;

/// An instant as the tables hold it, in microseconds.
fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<DateTime<Utc>> {
    Ok(DateTime::from_timestamp_micros(row.get(column)?).unwrap_or_default())
}

/// An id as the tables hold it, as text.
fn id(row: &Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
    Ok(row.get::<_, String>(column)?.parse().unwrap_or_default())
}
