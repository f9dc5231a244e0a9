//! Occurrences as short lines, for pages that show some of a community's.

use std::ops::RangeInclusive;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_attendance::{
    projections::rolls::{self, Counts},
    values::OccurrenceKey,
};
use linli_calendar::{
    projections::agenda::{self, Ask},
    values::agenda::{Entry, State},
};
use linli_people::projections::places::{self, PlaceRow};
use linli_platform::web::Refusal;

use super::{
    Gateway,
    words::{Text, badge},
};

/// A place that has pages of its own, and its day.
pub(super) struct Here {
    pub place: PlaceRow,
    pub zone: Tz,
    pub today: NaiveDate,
}

/// A line of a list.
pub(super) struct Line {
    pub path: String,
    pub title: String,
    pub day: String,
    pub times: String,
    pub venue: String,
    pub badge: &'static str,
    pub state: String,
    /// `12/30`, and whether somebody waits.
    pub places: String,
    /// Its roll at the desk, once there is one.
    pub roll: Option<String>,
}

impl Gateway {
    /// The community of that code, or 404.
    pub async fn here(&self, code: &str) -> Result<Here, Refusal> {
        let code = code.to_owned();
        let found = self.people.read(move |db| {
            let place = places::place(db, &code)?;
            Ok((place, places::zone(db, &code)?))
        });
        let (place, zone) = found.await?;
        let place = place.ok_or_else(Refusal::missing)?;
        let zone = zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
        let today = self.now().with_timezone(&zone).date_naive();
        Ok(Here { place, zone, today })
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.platform.clock.now()
    }

    /// Occurrences, by start.
    pub async fn agenda(&self, ask: Ask) -> Result<Vec<Entry>, Refusal> {
        let now = self.now();
        Ok(self.calendar.read(move |db| agenda::agenda(db, &ask, now)).await?)
    }

    /// Occurrences with their rolls, where they have one.
    pub async fn with_rolls(
        &self,
        entries: Vec<Entry>,
    ) -> Result<Vec<(Entry, Option<Counts>)>, Refusal> {
        let read = self.attendance.read(move |db| {
            let counts = |entry: &Entry| {
                let id = entry.id.to_string();
                let key = OccurrenceKey::new(&entry.activity.community, entry.activity.id, &id);
                rolls::counts(db, &key)
            };
            entries.into_iter().map(|entry| Ok((counts(&entry)?, entry))).collect()
        });
        let all: Vec<(Option<Counts>, Entry)> = read.await?;
        Ok(all.into_iter().map(|(counts, entry)| (entry, counts)).collect())
    }
}

/// So many days from a date on.
pub(super) fn days(from: NaiveDate, n: u64) -> RangeInclusive<NaiveDate> {
    from..=from.checked_add_days(Days::new(n.saturating_sub(1))).unwrap_or(from)
}

impl Line {
    pub fn of(t: Text, entry: &Entry, counts: Option<&Counts>) -> Self {
        let venue = entry.venue_name.as_ref().map(|venue| venue.called(t.english()).to_owned());
        let over = matches!(entry.state, State::Cancelled | State::Draft | State::Computed);
        let slug = &entry.activity.slug;
        Self {
            path: entry.path(),
            title: entry.called(t.english()).to_owned(),
            day: t.day(entry.starts_on()),
            times: t.times(entry),
            venue: venue.unwrap_or_default(),
            badge: badge(entry.state),
            state: t.state(entry).to_owned(),
            places: counts.filter(|_| !over).map(|counts| places(t, counts)).unwrap_or_default(),
            roll: counts
                .map(|_| format!("/desk/{}/roll/{slug}/{}", entry.activity.community, entry.id)),
        }
    }
}

/// How full it is, in words.
pub(super) fn places(t: Text, counts: &Counts) -> String {
    match counts.free() {
        None if counts.registered == 0 => String::new(),
        None => t.of("registered", counts.registered),
        Some(0) if counts.waiting > 0 => t.of("full_waiting", counts.waiting),
        Some(0) => t.w("full").to_owned(),
        Some(free) => t.of("places_left", free),
    }
}
