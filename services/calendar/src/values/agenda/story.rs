//! One activity with its facts and words, and its occurrences as they follow from these.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_almanac::RecurrenceId;
use linli_platform::ids::{Position, Version};
use uuid::Uuid;

use super::{Activity, Entry, Fact, Own, Papers, State, VenueName};
use crate::{
    contract::Attendance,
    values::{
        plan::{self, Facts, Planned},
        zone,
    },
};

/// How venues are called, by their ids.
type Names = BTreeMap<Uuid, Arc<VenueName>>;

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

/// One line of an agenda that borrows what it tells; an [`Entry`] has it for itself. A feed has
/// hundreds of them and writes each once.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a> {
    /// The activity, with its host, slug and description.
    pub activity: &'a Arc<Activity>,
    /// Which occurrence.
    pub id: RecurrenceId,
    /// The segment that computed it.
    pub segment: u32,
    /// Its title.
    pub title: &'a str,
    /// Its title in English; may be empty.
    pub title_en: &'a str,
    /// What happens.
    pub text: &'a str,
    /// What happens, in English: empty where it has own words.
    pub text_en: &'a str,
    /// Its kinds.
    pub kinds: &'a [String],
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
    pub venue_name: Option<&'a Arc<VenueName>>,
    /// How many can take part; 0 for no limit.
    pub capacity: u32,
    /// How those who come are counted.
    pub attendance: Attendance,
    /// What becomes of it.
    pub state: State,
    /// How often start, end, venue or cancellation changed.
    pub revision: u32,
    /// Why it was moved or cancelled.
    pub reason: Option<&'a str>,
    /// Its date hangs on holidays that are not known.
    pub unsettled: bool,
    /// When anything that a calendar shows of it last changed.
    pub changed_at: DateTime<Utc>,
    /// What a form for a move or cancellation carries as `seen`; 0 where it is no fact.
    pub version: Version,
    /// What a form for its own words carries as `seen`; 0 where it has none.
    pub words_version: Version,
}

impl From<Glance<'_>> for Entry {
    fn from(it: Glance<'_>) -> Self {
        Self {
            activity: it.activity.clone(),
            id: it.id,
            segment: it.segment,
            title: it.title.to_owned(),
            title_en: it.title_en.to_owned(),
            text: it.text.to_owned(),
            text_en: it.text_en.to_owned(),
            kinds: it.kinds.to_vec(),
            start: it.start,
            end: it.end,
            all_day: it.all_day,
            zone: it.zone,
            venue: it.venue,
            venue_name: it.venue_name.cloned(),
            capacity: it.capacity,
            attendance: it.attendance,
            state: it.state,
            revision: it.revision,
            reason: it.reason.map(str::to_owned),
            unsettled: it.unsettled,
            changed_at: it.changed_at,
            version: it.version,
            words_version: it.words_version,
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
        venues: &Names,
        now: DateTime<Utc>,
    ) -> Vec<Entry> {
        self.glances(window, papers, venues, now).into_iter().map(Entry::from).collect()
    }

    /// The same, borrowed.
    pub fn glances<'a>(
        &'a self,
        window: &RangeInclusive<NaiveDate>,
        papers: &Papers,
        venues: &'a Names,
        now: DateTime<Utc>,
    ) -> Vec<Glance<'a>> {
        let computed = plan::open_ended(self.planned(window, papers), &self.ids());
        let state = if self.activity.published { State::Computed } else { State::Draft };
        let computed = computed.iter().map(|planned| self.computed(planned, papers, state, venues));
        let facts = self.facts.values().filter(|fact| window.contains(&fact.starts_on()));
        let facts = facts.map(|fact| self.fact(fact, papers, venues, now));
        computed.chain(facts).collect()
    }

    /// An occurrence that is a fact.
    pub(in crate::values) fn fact<'a>(
        &'a self,
        fact: &'a Fact,
        papers: &Papers,
        venues: &'a Names,
        now: DateTime<Utc>,
    ) -> Glance<'a> {
        let opened = &fact.now;
        // Opened before that year's holidays were known, it hangs on them until they are or until
        // somebody chose its time.
        let paper = papers.newest(opened.recurrence_id.date).map(|(at, _)| at);
        let paper = paper.filter(|at| opened.unsettled && *at > fact.changed_at);
        let glance = Glance {
            segment: opened.segment,
            start: opened.start,
            end: opened.end,
            all_day: opened.all_day,
            zone: zone(&opened.zone),
            venue: opened.venue,
            capacity: opened.capacity,
            attendance: opened.attendance,
            state: state_of(fact, now),
            revision: fact.revision,
            reason: fact.reason.as_deref(),
            unsettled: opened.unsettled && fact.settled == Position(0) && paper.is_none(),
            changed_at: paper.map_or(fact.changed_at, |at| at.max(fact.changed_at)),
            version: fact.version,
            ..self.bare(opened.recurrence_id)
        };
        self.worded(glance, venues)
    }

    /// An occurrence that is only computed.
    pub(in crate::values) fn computed<'a>(
        &'a self,
        planned: &Planned,
        papers: &Papers,
        state: State,
        venues: &'a Names,
    ) -> Glance<'a> {
        let adopted = papers.newest(planned.id.date).map(|(at, _)| at);
        let glance = Glance {
            segment: planned.segment,
            start: planned.start,
            end: planned.end,
            all_day: planned.all_day,
            zone: planned.zone,
            venue: planned.venue,
            state,
            unsettled: planned.unsettled,
            changed_at: adopted.unwrap_or(self.activity.changed_at),
            ..self.bare(planned.id)
        };
        self.worded(glance, venues)
    }

    /// The activity's words for an occurrence, with no time or place yet.
    pub(in crate::values) fn bare(&self, id: RecurrenceId) -> Glance<'_> {
        let description = &self.activity.description;
        Glance {
            activity: &self.activity,
            id,
            segment: 0,
            title: &description.title,
            title_en: &description.title_en,
            text: &description.text,
            text_en: &description.text_en,
            kinds: &description.kinds,
            start: DateTime::UNIX_EPOCH,
            end: DateTime::UNIX_EPOCH,
            all_day: false,
            zone: Tz::UTC,
            venue: None,
            venue_name: None,
            capacity: description.capacity,
            attendance: description.attendance,
            state: State::Computed,
            revision: 0,
            reason: None,
            unsettled: false,
            changed_at: self.activity.changed_at,
            version: Version(0),
            words_version: Version(0),
        }
    }

    /// Adds the name of its venue.
    pub(in crate::values) fn placed<'a>(mut it: Glance<'a>, venues: &'a Names) -> Glance<'a> {
        it.venue_name = it.venue.and_then(|venue| venues.get(&venue));
        let renamed = it.venue_name.map(|venue| venue.renamed_at);
        let changed = [Some(it.activity.changed_at), renamed];
        it.changed_at = changed.into_iter().flatten().fold(it.changed_at, Ord::max);
        it
    }

    /// Adds the name of its venue and its own words.
    pub(in crate::values) fn worded<'a>(&'a self, it: Glance<'a>, venues: &'a Names) -> Glance<'a> {
        let mut it = Self::placed(it, venues);
        let Some(own) = self.words.get(&it.id) else { return it };
        let words = &own.words;
        if let Some(title) = &words.title {
            // English words of the activity would contradict own words that have none.
            (it.title, it.title_en) = (title, "");
        }
        if let Some(title) = &words.title_en {
            it.title_en = title;
        }
        if let Some(text) = &words.text {
            (it.text, it.text_en) = (text, "");
        }
        if !words.kinds.is_empty() {
            it.kinds = &words.kinds;
        }
        it.capacity = words.capacity.unwrap_or(it.capacity);
        it.changed_at = it.changed_at.max(own.at);
        it.words_version = own.version;
        it
    }
}

fn state_of(fact: &Fact, now: DateTime<Utc>) -> State {
    match fact {
        Fact { cancelled: true, .. } => State::Cancelled,
        Fact { now: opened, .. } if opened.end <= now => State::Held,
        Fact { moved: true, .. } => State::Moved,
        Fact { .. } => State::Opened,
    }
}
