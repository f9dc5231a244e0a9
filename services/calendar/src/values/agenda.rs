//! The agenda: what is a fact merged with what is computed.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_almanac::{HolidayTable, RecurrenceId};
use linli_platform::ids::{Position, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    plan::{self, Facts, Planned},
    segment::Segment,
    zone,
};
use crate::contract::{Attendance, Description, Moved, Opening, Visibility, Words};

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

/// All that the agenda of one activity is made of, in or near a window.
#[derive(Debug, Clone)]
pub struct Story {
    /// The activity.
    pub activity: Arc<Activity>,
    /// Its occurrences that are facts.
    pub facts: BTreeMap<RecurrenceId, Fact>,
    /// Own words of its occurrences.
    pub words: BTreeMap<RecurrenceId, Own>,
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

impl Story {
    /// The ids of its facts with their segments.
    pub fn ids(&self) -> Facts {
        self.facts.iter().map(|(id, fact)| (*id, fact.now.segment)).collect()
    }

    /// What its segments compute in a window, whether or not a fact stands for it.
    pub fn planned(&self, window: &RangeInclusive<NaiveDate>, papers: &Papers) -> Vec<Planned> {
        let Activity { segments, retired_from, description, .. } = self.activity.as_ref();
        plan::planned(segments, *retired_from, description, window, &papers.table)
    }

    /// Its occurrences that start in a window, facts and computed ones, in no order.
    pub fn entries(
        &self,
        window: &RangeInclusive<NaiveDate>,
        papers: &Papers,
        venues: &BTreeMap<Uuid, Arc<VenueName>>,
        now: DateTime<Utc>,
    ) -> Vec<Entry> {
        let computed = plan::open_ended(self.planned(window, papers), &self.ids());
        let state = if self.activity.published { State::Computed } else { State::Draft };
        let computed = computed.iter().map(|planned| {
            let fact = Fact::opened(
                &planned.opening(&self.activity.description),
                Version(0),
                papers.newest(planned.id.date).map_or(self.activity.changed_at, |(at, _)| at),
            );
            self.entry(&fact, state, venues)
        });
        let facts = self.facts.values().filter(|fact| window.contains(&fact.starts_on()));
        let facts = facts.map(|fact| self.entry(fact, state_of(fact, now), venues));
        computed.chain(facts).collect()
    }

    pub(super) fn entry(
        &self,
        fact: &Fact,
        state: State,
        venues: &BTreeMap<Uuid, Arc<VenueName>>,
    ) -> Entry {
        self.worded(fact, self.words.get(&fact.now.recurrence_id), state, venues)
    }

    /// An occurrence with just these own words.
    pub(super) fn worded(
        &self,
        fact: &Fact,
        own: Option<&Own>,
        state: State,
        venues: &BTreeMap<Uuid, Arc<VenueName>>,
    ) -> Entry {
        let words = own.map(|own| &own.words);
        let description = &self.activity.description;
        let text = words.and_then(|words| words.text.clone());
        let title = words.and_then(|words| words.title.clone());
        let title_en = words.and_then(|words| words.title_en.clone());
        let kinds = words.map(|words| &words.kinds).filter(|kinds| !kinds.is_empty());
        let venue_name = fact.now.venue.and_then(|venue| venues.get(&venue).cloned());
        let changed = [
            Some(self.activity.changed_at),
            own.map(|own| own.at),
            venue_name.as_ref().map(|venue| venue.renamed_at),
        ];
        // English words of the activity would contradict own words that have none.
        let english = |own: bool, text: &str| if own { String::new() } else { text.to_owned() };
        Entry {
            activity: self.activity.clone(),
            id: fact.now.recurrence_id,
            segment: fact.now.segment,
            title_en: title_en.unwrap_or_else(|| english(title.is_some(), &description.title_en)),
            title: title.unwrap_or_else(|| description.title.clone()),
            text_en: english(text.is_some(), &description.text_en),
            text: text.unwrap_or_else(|| description.text.clone()),
            kinds: kinds.unwrap_or(&description.kinds).clone(),
            start: fact.now.start,
            end: fact.now.end,
            all_day: fact.now.all_day,
            zone: zone(&fact.now.zone),
            venue: fact.now.venue,
            venue_name,
            capacity: words.and_then(|words| words.capacity).unwrap_or(fact.now.capacity),
            attendance: fact.now.attendance,
            state,
            revision: fact.revision,
            reason: fact.reason.clone(),
            unsettled: fact.now.unsettled,
            changed_at: changed.into_iter().flatten().fold(fact.changed_at, Ord::max),
            version: fact.version,
            words_version: own.map_or(Version(0), |own| own.version),
        }
    }
}

pub(super) fn state_of(fact: &Fact, now: DateTime<Utc>) -> State {
    match fact {
        Fact { cancelled: true, .. } => State::Cancelled,
        Fact { now: opened, .. } if opened.end <= now => State::Held,
        Fact { moved: true, .. } => State::Moved,
        Fact { .. } => State::Opened,
    }
}
