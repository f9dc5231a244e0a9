//! Events of an activity and all its occurrences' facts.

use chrono::{DateTime, NaiveDate, Utc};
use linli_almanac::RecurrenceId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::serial;

/// What has happened to an activity, on stream `<community>/calendar/activity/<uuid>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ActivityEvent {
    /// It was thought of; nobody but staff sees it.
    ActivityDrafted {
        /// Its name in links, for ever.
        slug: String,
        /// What it is.
        description: Description,
    },
    /// It is described anew, as a whole.
    ActivityDescribed {
        /// What it is.
        description: Description,
    },
    /// It has a rule from a date on.
    SegmentAdded(SegmentAdded),
    /// It is shown to those whom it is for.
    ActivityPublished {},
    /// It ends.
    ActivityRetired {
        /// No occurrence is computed from this nominal date on.
        from: NaiveDate,
    },
    /// An occurrence became a fact.
    OccurrenceOpened(Opening),
    /// An occurrence has words of its own.
    OccurrenceDescribed(Words),
    /// An opened occurrence is at another time or place.
    OccurrenceMoved(Moved),
    /// An opened occurrence does not take place.
    OccurrenceCancelled {
        /// Which.
        recurrence_id: RecurrenceId,
        /// One more than before.
        #[serde(default)]
        revision: u32,
        /// Why, without names of persons: it is public.
        #[serde(default)]
        reason: String,
    },
    /// An opened occurrence stands although the rule would now have it elsewhere.
    OccurrenceKept {
        /// Which.
        recurrence_id: RecurrenceId,
    },
}

/// What an activity is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Description {
    /// Its title.
    pub title: String,
    /// Its title in English; may be empty.
    pub title_en: String,
    /// Its kinds, such as 志愿服务.
    pub kinds: Vec<String>,
    /// Who sees it.
    pub visibility: Visibility,
    /// The teams whose own it is, where only they see it.
    pub teams: Vec<Uuid>,
    /// Where it takes place.
    #[serde(with = "serial")]
    pub venue: Option<Uuid>,
    /// The venues it takes in turn, in place of one.
    pub rotation: Vec<Uuid>,
    /// Whom it is for, in words.
    pub audience: String,
    /// What happens.
    pub text: String,
    /// What happens, in English; may be empty.
    pub text_en: String,
    /// How long it lasts, in minutes; 0 for all day.
    pub minutes: u32,
    /// How many can take part; 0 for no limit.
    pub capacity: u32,
    /// How those who came are counted.
    pub attendance: Attendance,
    /// There is a list of those expected.
    pub expected: bool,
    /// Under 14, a guardian must consent.
    pub guardian_consent: bool,
    /// What has to be done at each occurrence.
    pub duties: Vec<Duty>,
    /// Codes of the communities that join in.
    pub partners: Vec<String>,
    /// The member of staff to ask.
    #[serde(with = "serial")]
    pub contact: Option<Uuid>,
}

/// Something to be done at an occurrence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Duty {
    /// What it is called.
    pub name: String,
    /// How many people it takes.
    pub places: u32,
}

/// Who sees an activity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// The teams it names, and staff.
    Team,
    /// Staff alone.
    Staff,
}

/// How those who came are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Attendance {
    /// By a roll with registration and check-in.
    #[default]
    Names,
    /// As a number.
    Headcount,
    /// On a paper list that is typed in later.
    Paper,
}

/// A rule from a nominal date on. Earlier segments end the day before; of those that begin later,
/// if any, nothing remains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAdded {
    /// 1, 2, …
    #[serde(default)]
    pub segment: u32,
    /// The first nominal date.
    pub from: NaiveDate,
    /// The last nominal date, if it has an end of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// The rule in TOML, as `linli preview --rule` takes it.
    #[serde(default)]
    pub rule: String,
    /// The IANA name of the zone that its wall clock shows.
    #[serde(default)]
    pub zone: String,
}

/// An occurrence as it was opened; its revision is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// Which.
    pub recurrence_id: RecurrenceId,
    /// The segment that computed it.
    #[serde(default)]
    pub segment: u32,
    /// When it begins; all day: midnight in the zone.
    pub start: DateTime<Utc>,
    /// When it ends; all day: the next midnight.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    #[serde(default)]
    pub all_day: bool,
    /// The IANA name of its zone.
    #[serde(default)]
    pub zone: String,
    /// Where.
    #[serde(default, with = "serial")]
    pub venue: Option<Uuid>,
    /// How many can take part; 0 for no limit.
    #[serde(default)]
    pub capacity: u32,
    /// How those who came are counted.
    #[serde(default)]
    pub attendance: Attendance,
    /// Opened although that year's holidays were not known.
    #[serde(default)]
    pub unsettled: bool,
}

/// All own words of one occurrence; absent ones are as the activity has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Words {
    /// Which; it need not be opened.
    pub recurrence_id: RecurrenceId,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its title in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// What happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its kinds; empty: as the activity's.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// How many can take part; 0 for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

impl Words {
    /// No own words.
    pub fn none(recurrence_id: RecurrenceId) -> Self {
        let (title, title_en, text, capacity) = (None, None, None, None);
        Self { recurrence_id, title, title_en, text, kinds: Vec::new(), capacity }
    }
}

/// Where and when an occurrence is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// Which.
    pub recurrence_id: RecurrenceId,
    /// One more than before; opened is 0.
    #[serde(default)]
    pub revision: u32,
    /// When it begins now; all day: midnight in the zone.
    pub start: DateTime<Utc>,
    /// When it ends now; all day: the next midnight.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    #[serde(default)]
    pub all_day: bool,
    /// The IANA name of its zone.
    #[serde(default)]
    pub zone: String,
    /// Where it is now.
    #[serde(default, with = "serial")]
    pub venue: Option<Uuid>,
    /// Why, without names of persons: it is public.
    #[serde(default)]
    pub reason: String,
}
