//! How an occurrence is told: as a line of `linli agenda`, by its names and its link.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use linli_almanac::RecurrenceId;
use serde::Serialize;

use super::agenda::{Entry, Glance, State, VenueName};
use crate::contract::{Opening, Visibility};

/// The text in the language asked for, as far as there is one.
fn spoken<'a>(english: bool, zh: &'a str, en: &'a str) -> &'a str {
    if english && !en.is_empty() { en } else { zh }
}

impl VenueName {
    /// Its name in the language asked for, as far as it has one.
    pub fn called(&self, english: bool) -> &str {
        spoken(english, &self.name, &self.name_en)
    }
}

/// One line of `linli agenda --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The activity's slug.
    pub activity: String,
    /// The occurrence's title.
    pub title: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// `public`, `team` or `staff`.
    pub visibility: &'static str,
    /// Which occurrence.
    pub recurrence_id: RecurrenceId,
    /// `2026-09-25T19:00:00+08:00`; all day: `2026-09-25`.
    pub start: String,
    /// The first instant after it; all day: the date after it.
    pub end: String,
    /// An IANA name.
    pub zone: &'static str,
    /// The venue's name.
    pub venue: Option<String>,
    /// What becomes of it.
    pub state: State,
}

impl<'a> Glance<'a> {
    /// Its title in the language asked for, as far as it has one.
    pub fn called(&self, english: bool) -> &'a str {
        spoken(english, self.title, self.title_en)
    }

    /// What happens, in the language asked for, as far as it is told.
    pub fn told(&self, english: bool) -> &'a str {
        spoken(english, self.text, self.text_en)
    }
}

impl Entry {
    /// Its title in the language asked for, as far as it has one.
    pub fn called(&self, english: bool) -> &str {
        spoken(english, &self.title, &self.title_en)
    }

    /// The path of its page, at its host.
    pub fn path(&self) -> String {
        format!("/c/{}/{}/{}", self.activity.community, self.activity.slug, self.id)
    }

    /// It as a line of `linli agenda --json`.
    pub fn line(&self) -> Line {
        let text = |at: DateTime<Utc>| {
            let local = at.with_timezone(&self.zone);
            if self.all_day {
                local.date_naive().to_string()
            } else {
                local.to_rfc3339_opts(SecondsFormat::Secs, false)
            }
        };
        Line {
            activity: self.activity.slug.clone(),
            title: self.title.clone(),
            kinds: self.kinds.clone(),
            visibility: match self.activity.description.visibility {
                Visibility::Public => "public",
                Visibility::Team => "team",
                Visibility::Staff => "staff",
            },
            recurrence_id: self.id,
            start: text(self.start),
            end: text(self.end),
            zone: self.zone.name(),
            venue: self.venue_name.as_ref().map(|venue| venue.name.clone()),
            state: self.state,
        }
    }

    /// The civil date of its start in its zone.
    pub fn starts_on(&self) -> NaiveDate {
        self.start.with_timezone(&self.zone).date_naive()
    }

    /// The occurrence as it could be opened now, for the desk's commands.
    pub fn opening(&self) -> Opening {
        Opening {
            recurrence_id: self.id,
            segment: self.segment,
            start: self.start,
            end: self.end,
            all_day: self.all_day,
            zone: self.zone.name().to_owned(),
            venue: self.venue,
            capacity: self.capacity,
            attendance: self.attendance,
            unsettled: self.unsettled,
        }
    }
}
