//! Occurrences that are facts, and own words of occurrences, facts or not.

use std::{collections::BTreeMap, ops::RangeInclusive};

use chrono::{DateTime, NaiveDate};
use linli_almanac::RecurrenceId;
use linli_platform::{
    ids::Version,
    projection::{ApplyError, Fact as Recorded, Projection},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{instant, json, parsed};
use crate::{
    contract::{ActivityEvent as Event, Heard},
    values::{
        agenda::{Fact, Own},
        plan,
    },
};

/// The projection.
pub enum Occurrences {}

impl Projection<Heard> for Occurrences {
    const NAME: &'static str = "occurrences";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE occurrences (
            activity TEXT NOT NULL, id TEXT NOT NULL, start_at INTEGER NOT NULL,
            fact TEXT NOT NULL, PRIMARY KEY (activity, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX occurrences_start ON occurrences (activity, start_at);
        CREATE TABLE occurrences_words (
            activity TEXT NOT NULL, id TEXT NOT NULL, words TEXT NOT NULL,
            version INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (activity, id)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, heard: &Recorded<Heard>) -> Result<(), ApplyError> {
        let Heard::Activity(event) = &heard.event else { return Ok(()) };
        let activity = heard.source.stream.id();
        let (version, at, position) = (heard.source.version, heard.at, heard.position);
        match event {
            Event::OccurrenceOpened(opening) => {
                put(db, activity, &Fact::opened(opening, version, at))
            }
            Event::OccurrenceMoved(moved) => change(db, activity, moved.recurrence_id, |fact| {
                fact.move_to(moved);
                (fact.version, fact.changed_at, fact.settled) = (version, at, position);
            }),
            Event::OccurrenceCancelled { recurrence_id, revision, reason } => {
                change(db, activity, *recurrence_id, |fact| {
                    fact.cancelled = true;
                    fact.revision = *revision;
                    fact.reason = Some(reason.clone());
                    (fact.version, fact.changed_at) = (version, at);
                })
            }
            Event::OccurrenceKept { recurrence_id } => {
                change(db, activity, *recurrence_id, |fact| fact.settled = position)
            }
            Event::OccurrenceDescribed(words) => {
                let text = serde_json::to_string(words)?;
                let (id, at) = (words.recurrence_id.to_string(), at.timestamp_micros());
                db.prepare_cached(
                    "INSERT OR REPLACE INTO occurrences_words VALUES (?, ?, ?, ?, ?)",
                )?
                .execute(params![activity, id, text, version.0, at])?;
                Ok(())
            }
            Event::ActivityDrafted { .. }
            | Event::ActivityDescribed { .. }
            | Event::SegmentAdded(_)
            | Event::ActivityPublished {}
            | Event::ActivityRetired { .. } => Ok(()),
        }
    }
}

fn put(db: &Connection, activity: &str, fact: &Fact) -> Result<(), ApplyError> {
    let (id, start) = (fact.now.recurrence_id.to_string(), fact.now.start.timestamp_micros());
    db.prepare_cached("INSERT OR REPLACE INTO occurrences VALUES (?, ?, ?, ?)")?
        .execute(params![activity, id, start, serde_json::to_string(fact)?])?;
    Ok(())
}

fn change(
    db: &Connection,
    activity: &str,
    id: RecurrenceId,
    change: impl FnOnce(&mut Fact),
) -> Result<(), ApplyError> {
    let mut fact: Fact = db
        .prepare_cached("SELECT fact FROM occurrences WHERE activity = ? AND id = ?")?
        .query_row([activity, &id.to_string()], |row| json(row, 0))?;
    change(&mut fact);
    put(db, activity, &fact)
}

/// The facts of an activity that start in a window, or could stand for what is computed there.
pub fn near(
    db: &Connection,
    activity: Uuid,
    window: &RangeInclusive<NaiveDate>,
) -> rusqlite::Result<BTreeMap<RecurrenceId, Fact>> {
    let (first, last) =
        (*plan::around(*window.start()).start(), *plan::around(*window.end()).end());
    // Ids sort by their dates; `~` comes after all their characters.
    let (first_id, last_id) = (first.format("%Y%m%d"), format!("{}~", last.format("%Y%m%d")));
    let micros =
        |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    let mut found = db.prepare_cached(
        "SELECT fact FROM occurrences WHERE activity = ?1 AND id BETWEEN ?2 AND ?3
         UNION SELECT fact FROM occurrences WHERE activity = ?1 AND start_at BETWEEN ?4 AND ?5",
    )?;
    let values =
        params![activity.to_string(), first_id.to_string(), last_id, micros(first), micros(last)];
    let facts = found.query_map(values, |row| json::<Fact>(row, 0))?;
    facts.map(|fact| fact.map(|fact| (fact.now.recurrence_id, fact))).collect()
}

/// The facts of an activity that start after an instant.
pub fn ahead(
    db: &Connection,
    activity: Uuid,
    now: DateTime<chrono::Utc>,
) -> rusqlite::Result<BTreeMap<RecurrenceId, Fact>> {
    let mut found =
        db.prepare_cached("SELECT fact FROM occurrences WHERE activity = ? AND start_at > ?")?;
    let values = params![activity.to_string(), now.timestamp_micros()];
    let facts = found.query_map(values, |row| json::<Fact>(row, 0))?;
    facts.map(|fact| fact.map(|fact| (fact.now.recurrence_id, fact))).collect()
}

/// All own words of an activity's occurrences.
pub fn words(db: &Connection, activity: Uuid) -> rusqlite::Result<BTreeMap<RecurrenceId, Own>> {
    let mut found = db.prepare_cached(
        "SELECT id, words, version, at FROM occurrences_words WHERE activity = ?",
    )?;
    let words = found.query_map([activity.to_string()], |row| {
        let own = Own { words: json(row, 1)?, version: Version(row.get(2)?), at: instant(row, 3)? };
        Ok((parsed(row, 0)?, own))
    })?;
    words.collect()
}
