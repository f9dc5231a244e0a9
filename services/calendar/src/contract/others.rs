//! Events of public holidays, promises and feeds.

use chrono::NaiveDate;
use linli_almanac as almanac;
use serde::{Deserialize, Serialize};

/// What has happened to a year's public holidays, on stream `_/calendar/holidays/<year>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HolidaysEvent {
    /// The State Council's paper counts; in place of an older one of that year.
    HolidaysAdopted(HolidayPaper),
}

/// The holiday paper of one year.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HolidayPaper {
    /// The year it is for.
    pub year: u32,
    /// The days it names.
    pub days: Vec<HolidayDay>,
    /// Where it was published.
    pub source: String,
}

/// One day that a holiday paper names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HolidayDay {
    /// The day.
    pub date: NaiveDate,
    /// The holiday it belongs to.
    #[serde(default)]
    pub name: String,
    /// Free or worked.
    #[serde(default)]
    pub kind: HolidayKind,
}

/// Whether a named day is free or worked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HolidayKind {
    /// A day off.
    #[default]
    Off,
    /// A weekend day that is worked.
    Work,
}

impl HolidayPaper {
    /// The paper in the almanac's words.
    pub fn to_almanac(&self) -> almanac::HolidayYear {
        let day = |day: &HolidayDay| almanac::Holiday {
            date: day.date,
            name: day.name.clone(),
            kind: match day.kind {
                HolidayKind::Off => almanac::HolidayKind::Off,
                HolidayKind::Work => almanac::HolidayKind::Work,
            },
        };
        almanac::HolidayYear {
            year: i32::try_from(self.year).unwrap_or(i32::MAX),
            source: self.source.clone(),
            days: self.days.iter().map(day).collect(),
        }
    }

    /// The almanac's paper in the words of the log.
    pub fn of_almanac(paper: &almanac::HolidayYear) -> Self {
        let day = |day: &almanac::Holiday| HolidayDay {
            date: day.date,
            name: day.name.clone(),
            kind: match day.kind {
                almanac::HolidayKind::Off => HolidayKind::Off,
                almanac::HolidayKind::Work => HolidayKind::Work,
            },
        };
        Self {
            year: u32::try_from(paper.year).unwrap_or_default(),
            days: paper.days.iter().map(day).collect(),
            source: paper.source.clone(),
        }
    }
}

/// What has happened to a promise, on stream `<community>/calendar/cadence/<uuid>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CadenceEvent {
    /// It is made, or made anew.
    CadenceSet(CadencePromise),
    /// It no longer holds.
    CadenceDropped {},
}

/// "At least so many of this kind in each month."
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CadencePromise {
    /// How it is put into words.
    pub title: String,
    /// The kind of activity that counts.
    pub kind: String,
    /// How many at least.
    pub at_least: u32,
    /// In which period.
    pub per: Per,
}

/// The period of a promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Per {
    /// A civil month.
    #[default]
    Month,
    /// Monday to Sunday.
    Week,
    /// Three months.
    Quarter,
    /// A civil year.
    Year,
}

impl From<Per> for almanac::Per {
    fn from(per: Per) -> Self {
        match per {
            Per::Month => Self::Month,
            Per::Week => Self::Week,
            Per::Quarter => Self::Quarter,
            Per::Year => Self::Year,
        }
    }
}

/// What has happened to the feeds, on stream `_/calendar/feed/host`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FeedEvent {
    /// The part after `@` in the UIDs of all feeds is settled for ever.
    HostNamed {
        /// A host name.
        #[serde(default)]
        host: String,
    },
}
