//! What stands around the occurrences of a feed, and what they are made of.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::Mine;
use crate::values::{
    agenda::{Papers, Story, VenueName},
    midnight,
};

/// Days of the past that a feed holds.
pub const DAYS_BACK: u64 = 30;
/// Days ahead that a feed holds.
pub const DAYS_AHEAD: u64 = 400;
/// Days for which a cancelled occurrence still stands in a feed, marked as such.
pub(super) const CANCELLED_DAYS: u64 = 14;

/// What stands around the occurrences of a feed.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The calendar's name.
    pub name: String,
    /// A sentence about it.
    pub about: String,
    /// The page that shows the same.
    pub page: String,
    /// Where the feed itself is fetched; empty for a file.
    pub source: String,
    /// The address of Linli, without a slash at the end.
    pub public_url: String,
    /// What stands after `@` in the UIDs, for ever.
    pub host: String,
    /// The zone of the community.
    pub zone: Tz,
    /// Whether English titles are shown where there are some.
    pub english: bool,
    /// Goes before the title of what is cancelled: 【取消】.
    pub cancelled: String,
    /// Goes before the reason of a move or cancellation.
    pub reason: String,
    /// Goes before the words about whom it is for.
    pub audience: String,
    /// The kind of activity that it holds alone, if it does.
    pub kind: Option<String>,
    /// What the person whose feed it is has to do with what it shows.
    pub mine: Mine,
    /// Which dates it holds.
    pub span: Span,
}

/// Which dates a feed holds.
#[derive(Debug, Clone)]
pub struct Span {
    /// The dates on which single occurrences start.
    pub window: RangeInclusive<NaiveDate>,
    /// The nominal dates of what recurs: whole years, so that the text changes once a year.
    pub years: RangeInclusive<NaiveDate>,
    /// When those years last changed.
    pub changed_at: DateTime<Utc>,
    /// What was cancelled before is left out.
    pub cancelled_since: Option<DateTime<Utc>>,
}

impl Span {
    /// 30 days back to 400 ahead.
    pub fn around(today: NaiveDate, zone: Tz) -> Self {
        let day = |year: i32, month, day| NaiveDate::from_ymd_opt(year, month, day);
        let back = |date: NaiveDate, days| date.checked_sub_days(Days::new(days)).unwrap_or(date);
        let ahead = |date: NaiveDate, days| date.checked_add_days(Days::new(days)).unwrap_or(date);
        let window = back(today, DAYS_BACK)..=ahead(today, DAYS_AHEAD);
        let (start, end) = (window.start().year(), window.end().year());
        let years = day(start, 1, 1).unwrap_or(today)..=day(end, 12, 31).unwrap_or(today);
        // The first days on which the window had begun, or reached, these years.
        let begun = ahead(*years.start(), DAYS_BACK);
        let reached = back(day(end, 1, 1).unwrap_or(today), DAYS_AHEAD);
        Self {
            window,
            years,
            changed_at: midnight(zone, begun.max(reached)),
            cancelled_since: Some(midnight(zone, back(today, CANCELLED_DAYS))),
        }
    }

    /// Just these dates, what is cancelled among them.
    pub fn exactly(window: RangeInclusive<NaiveDate>) -> Self {
        let years = window.clone();
        Self { window, years, changed_at: DateTime::UNIX_EPOCH, cancelled_since: None }
    }

    /// All dates on which it has anything.
    pub fn all(&self) -> RangeInclusive<NaiveDate> {
        *self.years.start().min(self.window.start())..=*self.years.end().max(self.window.end())
    }

    /// Whether what was cancelled then has left the feed.
    pub(super) fn drops(&self, cancelled_at: DateTime<Utc>) -> bool {
        self.cancelled_since.is_some_and(|since| cancelled_at < since)
    }
}

/// What the occurrences of a feed are made of.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The activities, with their facts in and near the years of the span.
    pub stories: Vec<Story>,
    /// The adopted holidays of those years.
    pub papers: Papers,
    /// How venues are called.
    pub venues: BTreeMap<Uuid, Arc<VenueName>>,
}

impl Sources {
    /// Adds those of another community; a joint activity stands there once.
    pub fn add(&mut self, other: Self) {
        for story in other.stories {
            if !self.stories.iter().any(|known| known.activity.id == story.activity.id) {
                self.stories.push(story);
            }
        }
        self.papers = other.papers;
        self.venues = other.venues;
    }
}
