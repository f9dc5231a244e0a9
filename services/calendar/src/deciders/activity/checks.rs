//! What an activity may be.

use chrono::{DateTime, Utc};
use linli_platform::ids::Version;

use super::{Rejection, Shown, Stale};
use crate::{
    contract::{Description, Visibility},
    deciders::date_in,
    values::segment::{Segment, span},
};

/// The longest title, in characters.
const TITLE_MAX: usize = 80;
/// The longest text, in characters.
const TEXT_MAX: usize = 4000;
/// A week.
const MINUTES_MAX: u32 = 7 * 24 * 60;

pub(super) fn description(description: &Description) -> Result<(), Rejection> {
    if description.title.trim().is_empty() {
        return Err(Rejection::TitleMissing);
    }
    let long = [
        ("title", &description.title, TITLE_MAX),
        ("title_en", &description.title_en, 2 * TITLE_MAX),
        ("text", &description.text, TEXT_MAX),
        ("text_en", &description.text_en, TEXT_MAX),
        ("audience", &description.audience, 2 * TITLE_MAX),
    ];
    if let Some((field, _, max)) = long.into_iter().find(|(_, t, max)| t.chars().count() > *max) {
        return Err(Rejection::TooLong { field, max });
    }
    if description.minutes > MINUTES_MAX {
        return Err(Rejection::TooManyMinutes(description.minutes));
    }
    if description.visibility == Visibility::Team && description.teams.is_empty() {
        return Err(Rejection::TeamMissing);
    }
    if description.venue.is_some() && !description.rotation.is_empty() {
        return Err(Rejection::VenueAndRotation);
    }
    let unnamed = |duty: &crate::contract::Duty| duty.name.trim().is_empty() || duty.places == 0;
    if description.duties.iter().any(unnamed) {
        return Err(Rejection::Duty);
    }
    Ok(())
}

/// All segments with dates ahead fit the length: a draft may have been written in another order.
pub(super) fn lengths(
    segments: &[Segment],
    length: u32,
    now: DateTime<Utc>,
) -> Result<(), Rejection> {
    for (n, segment) in segments.iter().enumerate() {
        let today = date_in(segment.zone, now);
        if span(segments, n).is_some_and(|(_, last)| last >= today) {
            minutes(segment, length)?;
        }
    }
    Ok(())
}

/// A timed rule has a length, an all-day one has none.
pub(super) fn minutes(segment: &Segment, minutes: u32) -> Result<(), Rejection> {
    match (segment.is_all_day(), minutes) {
        (false, 0) => Err(Rejection::MinutesMissing),
        (true, 1..) => Err(Rejection::MinutesForAllDay(minutes)),
        _ => Ok(()),
    }
}

/// Refuses a form that was opened before the last change of what it shows.
pub(super) fn fresh(
    seen: Option<Version>,
    current: Version,
    both: impl FnOnce() -> (Shown, Shown),
) -> Result<(), Rejection> {
    match seen {
        Some(seen) if seen != current => {
            let (yours, now) = both();
            Err(Rejection::StaleForm(Box::new(Stale { seen, current, yours, now })))
        }
        _ => Ok(()),
    }
}
