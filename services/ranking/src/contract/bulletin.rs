//! Bulletins: when a place has them, and what they hold.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::is_zero;
use crate::values::{Series, StatPeriod};

/// When the bulletins of one series come out by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// Only when the desk asks for one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// So many days after the last day of the period.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub days_after: u32,
    /// At this time of day in the place's zone, as `09:00`.
    #[serde(default)]
    pub at_local: String,
}

/// What happens on `schedule`, the stream of when a place's bulletins come out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ScheduleEvent {
    /// From now on bulletins come out so.
    BulletinsScheduled {
        /// On which day of the month the statistical month begins, 1 to 28.
        #[serde(default)]
        month_first_day: u32,
        /// The first statistical month that begins so, as `2026-12`.
        #[serde(default)]
        from_month: String,
        /// When weekly summaries come out.
        weekly: Due,
        /// When monthly reports come out.
        monthly: Due,
    },
    /// The desk wants one now.
    BulletinAsked {
        /// Of which series.
        #[serde(default)]
        series: Series,
        /// For which period.
        period: StatPeriod,
    },
}

/// What happens on `bulletin`, the stream of all bulletins of one series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BulletinEvent {
    /// A part of a content that is too long for one event.
    BulletinPart {
        /// For which period.
        period: StatPeriod,
        /// Which part, from 1; the first drops what was begun before.
        #[serde(default)]
        part: u32,
        /// The text.
        #[serde(default)]
        text: String,
    },
    /// It is out, and stays as it is.
    BulletinPublished {
        /// Which of the series, from 1.
        #[serde(default)]
        number: u32,
        /// For which period.
        period: StatPeriod,
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
        /// When its figures were taken.
        cut_off: DateTime<Utc>,
        /// Canonical JSON; empty if it stands in parts.
        #[serde(default)]
        content: String,
        /// In how many parts the content stands; 0: here.
        #[serde(default, skip_serializing_if = "is_zero")]
        parts: u32,
        /// SHA-256 of the content's bytes, in hexadecimal digits.
        #[serde(default)]
        checksum: String,
    },
}
