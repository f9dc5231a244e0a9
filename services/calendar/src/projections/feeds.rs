//! What all feeds share, and what a feed is made of.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use linli_platform::{
    ids::Position,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{
    activities,
    agenda::{Ask, story},
    holidays, instant, mine, venues,
};
use crate::{
    contract::{FeedEvent as Event, Heard},
    values::feed::{Mine, Part, Sources, Span},
};

/// The projection.
pub enum Feeds {}

impl Projection<Heard> for Feeds {
    const NAME: &'static str = "feeds";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE feeds (host TEXT NOT NULL) STRICT;
        -- One row: the last time that anything of the calendar changed.
        CREATE TABLE feeds_moved (
            one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, at INTEGER NOT NULL
        ) STRICT;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        // It changes the feeds of those alone whom it is about.
        if matches!(fact.event, Heard::Attendance(_)) {
            return Ok(());
        }
        db.prepare_cached("INSERT OR REPLACE INTO feeds_moved VALUES (1, ?, ?)")?
            .execute(params![fact.position.0, fact.at.timestamp_micros()])?;
        let Heard::Feed(Event::HostNamed { host }) = &fact.event else { return Ok(()) };
        db.execute("INSERT INTO feeds VALUES (?)", [host])?;
        Ok(())
    }
}

/// The part after `@` in the UIDs of all feeds, once it is named.
pub fn host(db: &Connection) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT host FROM feeds LIMIT 1", [], |row| row.get(0)).optional()
}

/// Where on this log, and when, anything of the calendar last changed.
pub fn moved(db: &Connection) -> rusqlite::Result<(Position, DateTime<Utc>)> {
    let found = db
        .prepare_cached("SELECT position, at FROM feeds_moved")?
        .query_row([], |row| Ok((Position(row.get(0)?), instant(row, 1)?)))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// What the feed of a community is made of.
pub fn sources(db: &Connection, ask: &Ask, span: &Span) -> rusqlite::Result<Sources> {
    let years = span.all();
    let mut stories = Vec::new();
    for activity in activities::shown_in(db, &ask.community)? {
        if ask.shows(&activity) {
            stories.push(story(db, activity, &years)?);
        }
    }
    Ok(Sources { stories, papers: holidays::papers(db, &years)?, venues: venues::names(db)? })
}

/// Adds to a feed the occurrences in which a person has a part though their activities are not in it.
pub fn add_own(
    db: &Connection,
    person: Uuid,
    mine: &mut Mine,
    sources: &mut Sources,
    window: &RangeInclusive<NaiveDate>,
) -> rusqlite::Result<()> {
    mine.parts = mine::parts(db, person, window)?;
    for (activity, parts) in &mine.parts {
        let there = sources.stories.iter().any(|story| story.activity.id == *activity);
        if there || parts.values().all(Part::is_over) {
            continue;
        }
        if let Some(activity) = activities::by_id(db, *activity)? {
            mine.alone.insert(activity.id);
            sources.stories.push(story(db, activity, window)?);
        }
    }
    Ok(())
}

/// The codes of all communities that have activities.
pub fn hosts(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached("SELECT DISTINCT community FROM activities ORDER BY community")?
        .query_map([], |row| row.get(0))?
        .collect()
}
