//! The agenda: what is a fact merged with what is computed.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_almanac::{HolidayTable, RecurrenceId};
use linli_platform::ids::{Position, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{segment::Segment, zone};
use crate::contract::{Attendance, Description, Moved, Opening, Visibility, Words};

mod story;

pub use story::{Glance, Story};

/// An activity with its segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Its id, for ever.
    pub id: Uuid,
    /// The code of its host.
    pub community: String,
    /// Its name in links, for ever.
    pub slug: String,
    /// What it is.
    pub description: Description,
    /// Its segments in the order they were added.
    pub segments: Vec<Segment>,
    /// Whether it is more than a draft.
    pub published: bool,
    /// No occurrence is computed from this nominal date on.
    pub retired_from: Option<NaiveDate>,
    /// What a form for its description carries as `seen`.
    pub described: Version,
    /// What a form for a new segment carries as `seen`.
    pub segmented: Version,
    /// When anything about it last changed, its occurrences aside.
    pub changed_at: DateTime<Utc>,
    /// Where on this log its rule last changed.
    pub ruled: Position,
    /// Where on this log its venue or length last changed.
    pub placed: Position,
}

/// An occurrence that is a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Where and when it is now, and what else was opened.
    pub now: Opening,
    /// How often start, end, venue or cancellation changed.
    pub revision: u32,
    /// Whether it was moved.
    pub moved: bool,
    /// Whether it is cancelled.
    pub cancelled: bool,
    /// Why it was moved or cancelled, the last time.
    pub reason: Option<String>,
    /// What a form for its move or cancellation carries as `seen`.
    pub version: Version,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
    /// Where on this log somebody last chose its time and place; 0 if nobody has.
    pub settled: Position,
}

impl Fact {
    /// The fact that an opening makes.
    pub fn opened(opening: &Opening, version: Version, at: DateTime<Utc>) -> Self {
        Self {
            now: opening.clone(),
            revision: 0,
            moved: false,
            cancelled: false,
            reason: None,
            version,
            changed_at: at,
            settled: Position(0),
        }
    }

    /// Takes a move.
    pub fn move_to(&mut self, moved: &Moved) {
        self.now.start = moved.start;
        self.now.end = moved.end;
        self.now.all_day = moved.all_day;
        self.now.zone.clone_from(&moved.zone);
        self.now.venue = moved.venue;
        self.revision = moved.revision;
        self.moved = true;
        self.reason = Some(moved.reason.clone());
    }

    /// The civil date of its start in its zone.
    pub fn starts_on(&self) -> NaiveDate {
        self.now.start.with_timezone(&zone(&self.now.zone)).date_naive()
    }
}

/// Own words of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The words.
    pub words: Words,
    /// What a form for them carries as `seen`.
    pub version: Version,
    /// When they were last changed.
    pub at: DateTime<Utc>,
}

/// How a venue is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueName {
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// When it last got another name.
    pub renamed_at: DateTime<Utc>,
}

/// The adopted holidays.
#[derive(Debug, Clone, Default)]
pub struct Papers {
    /// To compute with.
    pub table: HolidayTable,
    /// When, and where on this log, the newest paper of each year was adopted.
    pub adopted: BTreeMap<i32, (DateTime<Utc>, Position)>,
}

impl Papers {
    /// The newest adoption that can concern a date.
    pub fn newest(&self, date: NaiveDate) -> Option<(DateTime<Utc>, Position)> {
        use chrono::Datelike as _;
        let years = date.year() - 1..=date.year() + 1;
        self.adopted.range(years).map(|(_, adopted)| *adopted).max_by_key(|(_, at)| *at)
    }
}

/// What becomes of an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Of an activity that is not published.
    Draft,
    /// Planned, not yet a fact.
    Computed,
    /// A fact, registration can begin.
    Opened,
    /// A fact at another time or place than at first.
    Moved,
    /// It does not take place.
    Cancelled,
    /// Opened, not cancelled, over.
    Held,
}

/// One line of an agenda.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The activity, with its host, slug and description.
    pub activity: Arc<Activity>,
    /// Which occurrence.
    pub id: RecurrenceId,
    /// The segment that computed it.
    pub segment: u32,
    /// Its title.
    pub title: String,
    /// Its title in English; may be empty.
    pub title_en: String,
    /// What happens.
    pub text: String,
    /// What happens, in English: empty where it has own words.
    pub text_en: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// When it begins; all day: midnight in the zone.
    pub start: DateTime<Utc>,
    /// When it ends; all day: the midnight after.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    pub all_day: bool,
    /// Its zone.
    pub zone: Tz,
    /// Where.
    pub venue: Option<Uuid>,
    /// How that place is called, if it is known.
    pub venue_name: Option<Arc<VenueName>>,
    /// How many can take part; 0 for no limit.
    pub capacity: u32,
    /// How those who come are counted.
    pub attendance: Attendance,
    /// What becomes of it.
    pub state: State,
    /// How often start, end, venue or cancellation changed: the `SEQUENCE` of feeds.
    pub revision: u32,
    /// Why it was moved or cancelled.
    pub reason: Option<String>,
    /// 放假安排未公布: its date hangs on holidays that are not known.
    pub unsettled: bool,
    /// When anything that a calendar shows of it last changed.
    pub changed_at: DateTime<Utc>,
    /// What a form for a move or cancellation carries as `seen`; 0 where it is no fact.
    pub version: Version,
    /// What a form for its own words carries as `seen`; 0 where it has none.
    pub words_version: Version,
}

/// Who looks at an agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Anybody.
    Public,
    /// Somebody of these teams.
    Teams(Vec<Uuid>),
    /// Somebody of the staff.
    Staff,
}

impl Audience {
    /// Whether they see what is described so, once it is published.
    pub fn sees(&self, description: &Description) -> bool {
        match (self, description.visibility) {
            (Self::Staff, _) | (_, Visibility::Public) => true,
            (Self::Teams(own), Visibility::Team) => {
                description.teams.iter().any(|team| own.contains(team))
            }
            (Self::Public, Visibility::Team) | (_, Visibility::Staff) => false,
        }
    }
}
