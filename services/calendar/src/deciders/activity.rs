//! One activity with all its occurrences. Invariants:
//!
//! - Id and slug are for ever; drafted once, then described, published, retired.
//! - A rule is one that the almanac can compute, with at least one date in its segment. Once
//!   published, a timed rule has minutes, an all-day one has none, and segments begin today or later.
//! - Only occurrences of a published activity are opened, each once by its [`RecurrenceId`], never
//!   after it has begun, and never where a fact of an earlier segment stands on that nominal date.
//! - New segments touch no opened occurrence.
//! - The revision of an occurrence rises by one with each move and with its cancellation, with
//!   nothing else. A move or cancellation has a reason. What is cancelled stays so, and what ended
//!   a day ago stays as it is: its roll is closed.
//! - An edit form that was opened before the last change of what it shows is refused.

use chrono::{DateTime, NaiveDate, Utc};
use linli_almanac::RecurrenceId;
use linli_platform::{decider::Decider, ids::Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{date_in, is_slug};
use crate::{
    contract::{ActivityEvent as Event, Description, Opening, SERVICE, SegmentAdded, Words},
    values::{
        plan::stands_for,
        segment::{Segment, span},
    },
};

mod checks;
mod occurrence;
mod rejection;
mod state;

#[cfg(test)]
mod tests;

pub use rejection::{Rejection, Shown, Stale};
pub use state::{Activity, Occurrence, Standing};

/// The decider of the category `activity`.
pub enum Activities {}

/// What can be asked of an activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Draft it.
    Draft {
        /// Its name in links, for ever.
        slug: String,
        /// What it is.
        description: Description,
    },
    /// Describe it anew.
    Describe {
        /// The version that the form was opened at; none from a program.
        seen: Option<Version>,
        /// What it is.
        description: Description,
    },
    /// "This and future": a rule from a nominal date on.
    AddSegment {
        /// The version of the last segment that the form showed; none from a program.
        seen: Option<Version>,
        /// The first nominal date.
        from: NaiveDate,
        /// The last nominal date, if it has an end of its own.
        until: Option<NaiveDate>,
        /// The rule in TOML.
        rule: String,
        /// The IANA name of the zone.
        zone: String,
    },
    /// Show it to those whom it is for.
    Publish,
    /// Publish it if it is a draft, and open these occurrences. Those that are opened or cancelled
    /// already, or have begun, are left as they are.
    PublishMonth {
        /// What to open.
        openings: Vec<Opening>,
        /// Their times or places are not the rule's but were chosen, as with `Open`.
        own: bool,
    },
    /// Compute no occurrence from this nominal date on.
    Retire {
        /// The date.
        from: NaiveDate,
    },
    /// Make an occurrence a fact.
    Open {
        /// The occurrence.
        opening: Opening,
        /// Its time or place is not the rule's but was chosen: it is kept whatever the rule says.
        own: bool,
    },
    /// Give one occurrence its own words, in place of those it had.
    DescribeOccurrence {
        /// The version that the form was opened at; none from a program.
        seen: Option<Version>,
        /// Its words.
        words: Words,
    },
    /// Move one occurrence in time or place.
    Move(Move),
    /// Call one occurrence off.
    Cancel(Cancel),
    /// Let an opened occurrence stand although the rule would now have it elsewhere.
    Keep {
        /// Which.
        id: RecurrenceId,
    },
}

/// Moves one occurrence in time or place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// Which.
    pub id: RecurrenceId,
    /// How it is computed, if it may not be opened yet: it is opened first.
    pub opening: Option<Opening>,
    /// The version that the form was opened at; none from a program.
    pub seen: Option<Version>,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// It has no times of day.
    pub all_day: bool,
    /// Where.
    pub venue: Option<Uuid>,
    /// Why, without names of persons.
    pub reason: String,
    /// It is stated that the new time is over: the move is only recorded.
    pub past: bool,
}

/// Calls one occurrence off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cancel {
    /// Which.
    pub id: RecurrenceId,
    /// How it is computed, if it may not be opened yet: it is opened first.
    pub opening: Option<Opening>,
    /// The version that the form was opened at; none from a program.
    pub seen: Option<Version>,
    /// Why, without names of persons.
    pub reason: String,
    /// It is stated that its time is over: it did not take place.
    pub past: bool,
}

impl Decider for Activities {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "activity";
    type Command = Command;
    type Event = Event;
    type State = Activity;
    type Rejection = Rejection;

    fn decide(
        state: &Activity,
        command: Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        if let Command::Draft { slug, description } = command {
            return draft(state, slug, description);
        }
        if !state.drafted {
            return Err(Rejection::Unknown);
        }
        match command {
            Command::Draft { .. } => Ok(Vec::new()),
            Command::Describe { seen, description } => describe(state, seen, description),
            Command::AddSegment { seen, from, until, rule, zone } => {
                let segment = state.next_segment();
                add_segment(state, seen, SegmentAdded { segment, from, until, rule, zone }, now)
            }
            Command::Publish => publish(state, now),
            Command::PublishMonth { openings, own } => publish_month(state, openings, own, now),
            Command::Retire { from } => Ok(retire(state, from)),
            Command::Open { opening, own } => occurrence::open(state, opening, own, now),
            Command::DescribeOccurrence { seen, words } => occurrence::describe(state, seen, words),
            Command::Move(command) => occurrence::move_to(state, command, now),
            Command::Cancel(command) => occurrence::cancel(state, command, now),
            Command::Keep { id } => occurrence::keep(state, id),
        }
    }

    fn evolve(state: Activity, event: &Event) -> Activity {
        state.with(event)
    }
}

fn draft(
    state: &Activity,
    slug: String,
    description: Description,
) -> Result<Vec<Event>, Rejection> {
    if state.drafted {
        let same = state.slug == slug && state.description == description;
        return if same { Ok(Vec::new()) } else { Err(Rejection::AlreadyDrafted(slug)) };
    }
    if !is_slug(&slug) {
        return Err(Rejection::Slug(slug));
    }
    checks::description(&description)?;
    Ok(vec![Event::ActivityDrafted { slug, description }])
}

fn describe(
    state: &Activity,
    seen: Option<Version>,
    description: Description,
) -> Result<Vec<Event>, Rejection> {
    if state.description == description {
        return Ok(Vec::new());
    }
    checks::fresh(seen, state.described, || {
        let now = Shown::Activity(Box::new(state.description.clone()));
        (Shown::Activity(Box::new(description.clone())), now)
    })?;
    checks::description(&description)?;
    if let Some(newest) = state.segments.last().filter(|_| state.published) {
        checks::minutes(newest, description.minutes)?;
    }
    Ok(vec![Event::ActivityDescribed { description }])
}

fn add_segment(
    state: &Activity,
    seen: Option<Version>,
    added: SegmentAdded,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Rejection> {
    if state.newest.as_ref().is_some_and(|newest| {
        let numbered = SegmentAdded { segment: newest.segment, ..added.clone() };
        *newest == numbered
    }) {
        return Ok(Vec::new());
    }
    checks::fresh(seen, state.segmented, || {
        let now = state.newest.clone().map(|segment| Shown::Rule(Box::new(segment)));
        (Shown::Rule(Box::new(added.clone())), now.unwrap_or(Shown::Nothing))
    })?;
    let segment = Segment::parse(&added)?;
    segment.check()?;
    if state.published {
        checks::minutes(&segment, state.description.minutes)?;
    }
    let today = date_in(segment.zone, now);
    if state.published && added.from < today {
        return Err(Rejection::SegmentInPast { from: added.from, today });
    }
    if let Some(end) = state.retired_from.filter(|end| *end <= added.from) {
        return Err(Rejection::Retired(end));
    }
    Ok(vec![Event::SegmentAdded(added)])
}

fn publish(state: &Activity, now: DateTime<Utc>) -> Result<Vec<Event>, Rejection> {
    if state.published {
        return Ok(Vec::new());
    }
    if state.segments.is_empty() {
        return Err(Rejection::NoRule);
    }
    checks::lengths(&state.segments, state.description.minutes, now)?;
    Ok(vec![Event::ActivityPublished {}])
}

fn publish_month(
    state: &Activity,
    openings: Vec<Opening>,
    own: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Rejection> {
    let mut events = publish(state, now)?;
    let mut state = events.iter().fold(state.clone(), Activity::with);
    for opening in openings {
        // What one occurrence can't be is no reason against the others.
        for event in occurrence::open(&state, opening, own, now).unwrap_or_default() {
            state = state.with(&event);
            events.push(event);
        }
    }
    Ok(events)
}

fn retire(state: &Activity, from: NaiveDate) -> Vec<Event> {
    let new = state.retired_from != Some(from);
    new.then_some(Event::ActivityRetired { from }).into_iter().collect()
}

/// Whether an occurrence of this id can be one of this segment.
fn belongs(state: &Activity, id: RecurrenceId, segment: u32) -> Result<(), Rejection> {
    let n = state.segments.iter().position(|one| one.number == segment);
    let span = n.and_then(|n| span(&state.segments, n));
    if !span.is_some_and(|(first, last)| (first..=last).contains(&id.date)) {
        return Err(Rejection::NotOfSegment { id, segment });
    }
    if let Some(end) = state.retired_from.filter(|end| *end <= id.date) {
        return Err(Rejection::Retired(end));
    }
    match stands_for(&state.facts(), id, segment).filter(|other| *other != id) {
        Some(by) => Err(Rejection::StandsAlready { id, by }),
        None => Ok(()),
    }
}
