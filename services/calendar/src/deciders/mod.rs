//! What can be asked of the calendar and what comes of it: one decider per category of stream.

pub mod activity;
pub mod cadence;
pub mod feed;
pub mod holidays;
pub mod venue;

use chrono::NaiveDate;

/// The longest reason, in characters.
const REASON_MAX: usize = 200;

/// A reason that was really given.
fn reason(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(REASON_MAX).collect())
}

/// Whether text is a name for links: lower-case letters, digits and single `-` between them.
fn is_slug(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=60).contains(&text.len())
        && text.chars().all(plain)
        && text.split('-').all(|part| !part.is_empty())
}

/// The civil date at an instant in a zone.
fn date_in(zone: chrono_tz::Tz, at: chrono::DateTime<chrono::Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}
