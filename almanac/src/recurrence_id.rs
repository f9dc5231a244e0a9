//! The lasting name of an occurrence within its activity.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

/// The nominal date (after `offset_days`) and the rule's wall-clock time as written, before holiday
/// policy, daylight saving and moves. It never changes. Text: `20260925T190000`, all-day
/// `20260925`. An all-day occurrence orders before the timed ones of its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecurrenceId {
    /// The nominal date.
    pub date: NaiveDate,
    /// The wall-clock time, none for an all-day occurrence.
    pub time: Option<NaiveTime>,
}

impl RecurrenceId {
    /// The id of an all-day occurrence.
    pub const fn all_day(date: NaiveDate) -> Self {
        Self { date, time: None }
    }

    /// The id of an occurrence at a wall-clock time.
    pub const fn at(date: NaiveDate, time: NaiveTime) -> Self {
        Self { date, time: Some(time) }
    }
}

impl fmt::Display for RecurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written for every occurrence of a feed, and patterns take their time.
        let date = self.date;
        write!(f, "{:04}{:02}{:02}", date.year(), date.month(), date.day())?;
        self.time.map_or(Ok(()), |time| {
            write!(f, "T{:02}{:02}{:02}", time.hour(), time.minute(), time.second())
        })
    }
}

/// A text that isn't a [`RecurrenceId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no occurrence: write 20260925T190000, or 20260925 for an all-day one")]
pub struct BadRecurrenceId(pub String);

impl FromStr for RecurrenceId {
    type Err = BadRecurrenceId;

    fn from_str(text: &str) -> Result<Self, BadRecurrenceId> {
        let parsed = match text.len() {
            8 => NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(Self::all_day),
            15 => NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")
                .ok()
                .map(|local| Self::at(local.date(), local.time())),
            _ => None,
        };
        // chrono also reads signs, spaces and leap seconds; one occurrence has one text only.
        parsed
            .filter(|id| id.time.is_none_or(|time| time.nanosecond() == 0))
            .filter(|id| id.to_string() == text)
            .ok_or_else(|| BadRecurrenceId(text.to_owned()))
    }
}

impl Serialize for RecurrenceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecurrenceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
