//! What is remembered of an activity to decide on.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use linli_almanac::RecurrenceId;
use linli_platform::ids::Version;
use uuid::Uuid;

use crate::{
    contract::{ActivityEvent as Event, Description, Moved, Opening, SegmentAdded, Words},
    values::{plan::Facts, segment::Segment},
};

/// An activity as its stream tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// It exists.
    pub drafted: bool,
    /// Its name in links.
    pub slug: String,
    /// What it is.
    pub description: Description,
    /// The version of the last event that changed the description.
    pub described: Version,
    /// Its segments in the order they were added.
    pub segments: Vec<Segment>,
    /// The newest segment as written.
    pub newest: Option<SegmentAdded>,
    /// The version of the last event that added a segment.
    pub segmented: Version,
    /// It is shown to those whom it is for.
    pub published: bool,
    /// No occurrence is computed from this nominal date on.
    pub retired_from: Option<NaiveDate>,
    /// The occurrences that are facts.
    pub occurrences: BTreeMap<RecurrenceId, Occurrence>,
    /// Own words of occurrences, opened or not, with the version of the last change.
    pub words: BTreeMap<RecurrenceId, (Words, Version)>,
    version: Version,
}

/// An occurrence that is a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The segment that computed it.
    pub segment: u32,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    pub all_day: bool,
    /// The IANA name of its zone.
    pub zone: String,
    /// Where.
    pub venue: Option<Uuid>,
    /// How often start, end, venue or cancellation changed.
    pub revision: u32,
    /// Whether it takes place.
    pub standing: Standing,
    /// The version of the last event that changed where, when or whether it is.
    pub changed: Version,
}

/// Whether an opened occurrence takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As it was opened.
    Opened,
    /// At another time or place.
    Moved,
    /// Not at all.
    Cancelled,
}

impl Activity {
    /// The number of the segment that is added next.
    pub fn next_segment(&self) -> u32 {
        self.newest.as_ref().map_or(1, |newest| newest.segment + 1)
    }

    /// The ids of its opened occurrences with their segments.
    pub fn facts(&self) -> Facts {
        self.occurrences.iter().map(|(id, one)| (*id, one.segment)).collect()
    }

    pub(super) fn with(mut self, event: &Event) -> Self {
        self.version = self.version.plus(1);
        let version = self.version;
        match event {
            Event::ActivityDrafted { slug, description } => {
                self.drafted = true;
                self.slug.clone_from(slug);
                self.description.clone_from(description);
                self.described = version;
            }
            Event::ActivityDescribed { description } => {
                self.description.clone_from(description);
                self.described = version;
            }
            Event::SegmentAdded(added) => {
                // It was read before it was written; a program that can't read it computes less.
                self.segments.extend(Segment::parse(added).ok());
                self.newest = Some(added.clone());
                self.segmented = version;
            }
            Event::ActivityPublished {} => self.published = true,
            Event::ActivityRetired { from } => self.retired_from = Some(*from),
            Event::OccurrenceOpened(opening) => {
                self.occurrences.insert(opening.recurrence_id, Occurrence::new(opening, version));
            }
            Event::OccurrenceDescribed(words) => {
                self.words.insert(words.recurrence_id, (words.clone(), version));
            }
            Event::OccurrenceMoved(moved) => {
                if let Some(occurrence) = self.occurrences.get_mut(&moved.recurrence_id) {
                    occurrence.move_to(moved, version);
                }
            }
            Event::OccurrenceCancelled { recurrence_id, revision, .. } => {
                if let Some(occurrence) = self.occurrences.get_mut(recurrence_id) {
                    occurrence.standing = Standing::Cancelled;
                    occurrence.revision = *revision;
                    occurrence.changed = version;
                }
            }
            // That it stands is for the desk to know; nothing is decided on it.
            Event::OccurrenceKept { .. } => {}
        }
        self
    }
}

impl Occurrence {
    fn new(opening: &Opening, version: Version) -> Self {
        Self {
            segment: opening.segment,
            start: opening.start,
            end: opening.end,
            all_day: opening.all_day,
            zone: opening.zone.clone(),
            venue: opening.venue,
            revision: 0,
            standing: Standing::Opened,
            changed: version,
        }
    }

    fn move_to(&mut self, moved: &Moved, version: Version) {
        self.start = moved.start;
        self.end = moved.end;
        self.all_day = moved.all_day;
        self.zone.clone_from(&moved.zone);
        self.venue = moved.venue;
        self.revision = moved.revision;
        self.standing = Standing::Moved;
        self.changed = version;
    }
}
