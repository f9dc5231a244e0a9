//! What the desk asks: decisions that wait, clashes, what publishing a month does, promises.

use std::ops::RangeInclusive;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_almanac::{Cadence, Per, Standing};
use linli_platform::ids::Version;
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    activities,
    agenda::{self, Ask, story},
    cadences::{self, Holding},
    holidays, occurrences,
    venues::{self, Request},
};
use crate::{
    contract::{CadencePromise, Closure},
    values::{
        agenda::{Entry, State, Story},
        desk::{self, Affected, Publication},
        key::OccurrenceKey,
    },
};

/// A clash at a venue with the occurrence that clashes.
#[derive(Debug, Clone)]
pub struct Clashing {
    /// What was asked, and what stands against it.
    pub request: Request,
    /// The occurrence.
    pub entry: Entry,
}

/// How a promise stands in one of its periods.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// The promise.
    pub promise: CadencePromise,
    /// What a form for it carries as `seen`.
    pub version: Version,
    /// How it stands.
    pub standing: Standing,
}

/// The opened occurrences of a community's own activities that the present rule, holidays or venue
/// would have elsewhere: each to be kept, moved or cancelled.
pub fn affected(
    db: &Connection,
    community: &str,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Affected>> {
    let mut all = Vec::new();
    for activity in activities::shown_in(db, community)? {
        if activity.community != community || !activity.published {
            continue;
        }
        let facts = occurrences::ahead(db, activity.id, now)?;
        let last = facts.keys().map(|id| id.date).max();
        let Some((first, last)) = facts.keys().map(|id| id.date).min().zip(last) else { continue };
        let papers = holidays::papers(db, &(first..=last))?;
        let words = std::collections::BTreeMap::new();
        let story = Story { activity: activity.into(), facts, words };
        all.extend(desk::affected(&story, &papers, now));
    }
    all.sort_by_key(|affected| affected.fact.now.start);
    Ok(all)
}

/// The clashes at a community's venues that are not over, by their beginning.
pub fn clashes(
    db: &Connection,
    community: &str,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Clashing>> {
    with_entries(db, venues::clashes(db, community, now)?, now)
}

/// The occurrences that a closure of a venue hits, planned or made: to be moved or cancelled.
pub fn hit_by(
    db: &Connection,
    venue: Uuid,
    closure: &Closure,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Clashing>> {
    let from = closure.from.max(now);
    with_entries(db, venues::requests(db, venue, from, closure.until)?, now)
}

fn with_entries(
    db: &Connection,
    requests: Vec<Request>,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Clashing>> {
    let mut all = Vec::new();
    for request in requests {
        let Ok(key) = request.clash.booking.occurrence.parse::<OccurrenceKey>() else { continue };
        let entry = agenda::occurrence_by_id(db, key.activity, key.id, now)?;
        all.extend(entry.map(|entry| Clashing { request, entry }));
    }
    Ok(all)
}

/// What publishing a month does, activity by activity: drafts that become public, occurrences that
/// are opened. The command for each is `PublishMonth` with these openings.
pub fn month_plan(
    db: &Connection,
    community: &str,
    month: &RangeInclusive<NaiveDate>,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Publication>> {
    let papers = holidays::papers(db, month)?;
    let mut all = Vec::new();
    for activity in activities::shown_in(db, community)? {
        if activity.community == community {
            let story = story(db, activity, month)?;
            all.extend(desk::publication(&story, month, &papers, now));
        }
    }
    Ok(all)
}

/// How a community's promises stand in the periods that touch a window, as of now in its zone.
pub fn cadences(
    db: &Connection,
    community: &str,
    window: &RangeInclusive<NaiveDate>,
    zone: Tz,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Kept>> {
    let today = now.with_timezone(&zone).date_naive();
    let holding = cadences::of_community(db, community)?;
    // The longest period is a year: the window with all of any period that touches it.
    let around = *Per::Year.containing(*window.start()).start() - Days::new(7)
        ..=*Per::Year.containing(*window.end()).end() + Days::new(7);
    let ask = Ask { drafts: false, ..Ask::all(community, around.clone()) };
    let (mut held, mut ahead) = (Vec::new(), Vec::new());
    if !holding.is_empty() {
        for entry in agenda::agenda(db, &ask, now)? {
            let on = entry.starts_on();
            match entry.state {
                State::Held => held.push((on, entry.kinds)),
                State::Cancelled => {}
                _ if entry.end > now => ahead.push((on, entry.kinds)),
                _ => {}
            }
        }
    }
    let papers = holidays::papers(db, &around)?;
    let mut all = Vec::new();
    for Holding { id, promise, version, since } in holding {
        // The decider let no promise of nothing pass.
        let Ok(at_least) = promise.at_least.try_into() else { continue };
        let cadence = Cadence { at_least, per: promise.per.into() };
        let of_kind = |all: &[(NaiveDate, Vec<String>)]| -> Vec<NaiveDate> {
            let counts = all.iter().filter(|(_, kinds)| kinds.contains(&promise.kind));
            counts.map(|(on, _)| *on).collect()
        };
        let (held, ahead) = (of_kind(&held), of_kind(&ahead));
        // What was over before it was promised is owed by nobody.
        let since = since.with_timezone(&zone).date_naive();
        for period in periods(cadence.per, window).filter(|period| *period.end() >= since) {
            let standing = cadence.owed(*period.start(), &held, &ahead, today, &papers.table);
            all.push(Kept { id, promise: promise.clone(), version, standing });
        }
    }
    Ok(all)
}

/// The periods that touch a window, in their order.
fn periods(
    per: Per,
    window: &RangeInclusive<NaiveDate>,
) -> impl Iterator<Item = RangeInclusive<NaiveDate>> {
    let last = *window.end();
    std::iter::successors(Some(per.containing(*window.start())), move |period| {
        let next = period.end().checked_add_days(Days::new(1))?;
        (next <= last).then(|| per.containing(next))
    })
}
