//! The agenda of a community, and one occurrence of it: several projections together.

use std::{ops::RangeInclusive, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use linli_almanac::RecurrenceId;
use rusqlite::Connection;
use uuid::Uuid;

use super::{activities, holidays, occurrences, venues};
use crate::values::{
    agenda::{Activity, Audience, Entry, Story},
    plan,
};

/// Which agenda.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The code of the community where it shows, as host or partner.
    pub community: String,
    /// The civil dates on which occurrences start, each in its own zone.
    pub window: RangeInclusive<NaiveDate>,
    /// Who looks.
    pub audience: Audience,
    /// Whether drafts of the community itself are part of it.
    pub drafts: bool,
}

impl Ask {
    /// All that staff see, drafts too: what `linli agenda` prints.
    pub fn all(community: &str, window: RangeInclusive<NaiveDate>) -> Self {
        Self { community: community.to_owned(), window, audience: Audience::Staff, drafts: true }
    }

    /// All that everybody sees.
    pub fn public(community: &str, window: RangeInclusive<NaiveDate>) -> Self {
        let audience = Audience::Public;
        Self { community: community.to_owned(), window, audience, drafts: false }
    }

    pub(super) fn shows(&self, activity: &Activity) -> bool {
        let draft = self.drafts && activity.community == self.community;
        (activity.published || draft) && self.audience.sees(&activity.description)
    }
}

/// An agenda, ordered by start.
pub fn agenda(db: &Connection, ask: &Ask, now: DateTime<Utc>) -> rusqlite::Result<Vec<Entry>> {
    let papers = holidays::papers(db, &ask.window)?;
    let names = venues::names(db)?;
    let mut entries = Vec::new();
    for activity in activities::shown_in(db, &ask.community)? {
        if ask.shows(&activity) {
            let story = story(db, activity, &ask.window)?;
            entries.extend(story.entries(&ask.window, &papers, &names, now));
        }
    }
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(entries)
}

fn order(entry: &Entry) -> (DateTime<Utc>, &str, Uuid, RecurrenceId) {
    (entry.start, &entry.activity.slug, entry.activity.id, entry.id)
}

/// An activity with its facts in or near a window, and all its own words.
pub(super) fn story(
    db: &Connection,
    activity: Activity,
    window: &RangeInclusive<NaiveDate>,
) -> rusqlite::Result<Story> {
    let facts = occurrences::near(db, activity.id, window)?;
    let words = occurrences::words(db, activity.id)?;
    Ok(Story { activity: Arc::new(activity), facts, words })
}

/// One occurrence by the names that stand in its link; none if neither a fact nor the rule has it.
/// Whether the viewer may see it is for the edge: `Audience::sees`, and drafts for staff alone.
pub fn occurrence(
    db: &Connection,
    community: &str,
    slug: &str,
    id: RecurrenceId,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<Entry>> {
    match activities::by_slug(db, community, slug)? {
        Some(activity) => of_activity(db, activity, id, now),
        None => Ok(None),
    }
}

/// One occurrence by its activity's id.
pub fn occurrence_by_id(
    db: &Connection,
    activity: Uuid,
    id: RecurrenceId,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<Entry>> {
    match activities::by_id(db, activity)? {
        Some(activity) => of_activity(db, activity, id, now),
        None => Ok(None),
    }
}

fn of_activity(
    db: &Connection,
    activity: Activity,
    id: RecurrenceId,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<Entry>> {
    let around = plan::around(id.date);
    let story = story(db, activity, &around)?;
    // A moved one may be anywhere by now.
    let window = match story.facts.get(&id) {
        Some(fact) => fact.starts_on()..=fact.starts_on(),
        None => around,
    };
    let papers = holidays::papers(db, &window)?;
    let names = venues::names(db)?;
    let entries = story.entries(&window, &papers, &names, now);
    Ok(entries.into_iter().find(|entry| entry.id == id))
}

/// The occurrences of one activity that start in a window, ordered by start, for feeds and its own
/// page.
pub fn of_one(
    db: &Connection,
    activity: Activity,
    window: &RangeInclusive<NaiveDate>,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Entry>> {
    let papers = holidays::papers(db, window)?;
    let names = venues::names(db)?;
    let mut entries = story(db, activity, window)?.entries(window, &papers, &names, now);
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(entries)
}
