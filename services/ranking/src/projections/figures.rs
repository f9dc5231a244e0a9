//! `figures`: what each occurrence counts for, who did what there, and how many notices went out;
//! kept up event by event, so that any days of any place are summed up from few rows.
//!
//! Numbers of the log's order (`seq`) serve to find what changed last; they never leave the tables.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_platform::{
    ids::Actor,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    contract::heard::{Heard, RollEvent},
    values::{Count, OccurrenceKey},
};

mod calendar;
mod places;
mod read;
mod rolls;
mod tallies;

pub use read::{gather, occurrence_since, team_names, touched_since, zone_of};

/// The zone where no place names one.
const ZONE: Tz = Tz::Asia__Shanghai;

/// The projection.
pub enum Figures {}

impl Projection<Heard> for Figures {
    const NAME: &'static str = "figures";
    const VERSION: u32 = 1;
    const TABLES: &'static str = include_str!("figures/tables.sql");

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Calendar { community, activity, event } => {
                calendar::apply(db, fact, community, *activity, event)?;
            }
            Heard::Roll(key, event) => {
                let occurrence = read_to(db, key, "roll", fact)?;
                match event {
                    RollEvent::CheckedIn { resident } => {
                        rolls::flag(db, fact, occurrence, *resident, rolls::CAME, 0)?;
                    }
                    RollEvent::CheckInReversed { resident } => {
                        rolls::flag(db, fact, occurrence, *resident, 0, rolls::CAME)?;
                    }
                    RollEvent::RollClosed {} if !matches!(fact.actor, Actor::Process(_)) => {
                        change(db, occurrence, "by_hand = 1", fact)?;
                    }
                    _ => {}
                }
            }
            Heard::List(key, event) => {
                let occurrence = read_to(db, key, "roll", fact)?;
                rolls::apply(db, fact, occurrence, event)?;
            }
            Heard::Tally(key, event) => {
                let occurrence = read_to(db, key, "tally", fact)?;
                tallies::apply(db, fact, occurrence, event)?;
            }
            Heard::Notice(community, event) => places::notices(db, fact, community, event)?,
            Heard::Place(code, event) => places::place(db, fact.at, code, event)?,
            Heard::Resident(resident, event) => places::resident(db, *resident, event)?,
            Heard::Team(team, event) => places::team(db, *team, event)?,
            _ => {}
        }
        Ok(())
    }
}

/// The occurrence's number, new if it was not known.
fn occurrence(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<i64> {
    let named = params![key.community, key.activity.to_string(), key.recurrence_id];
    let found = db
        .prepare_cached(
            "SELECT id FROM figures_occurrences
             WHERE community = ? AND activity = ? AND recurrence_id = ?",
        )?
        .query_row(named, |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    db.prepare_cached(
        "INSERT INTO figures_occurrences (community, activity, recurrence_id) VALUES (?, ?, ?)",
    )?
    .insert(named)
}

/// The occurrence's number, once it is noted up to where one of its streams was read.
fn read_to(
    db: &Connection,
    key: &OccurrenceKey,
    stream: &str,
    fact: &Fact<Heard>,
) -> rusqlite::Result<i64> {
    let id = occurrence(db, key)?;
    let mut sql = String::from("UPDATE figures_occurrences SET ");
    let _ = write!(sql, "{stream}_version = ? WHERE id = ?");
    db.prepare_cached(&sql)?.execute(params![fact.source.version.0, id])?;
    Ok(id)
}

/// Changes an occurrence's own row, and says so.
fn change(db: &Connection, occurrence: i64, set: &str, fact: &Fact<Heard>) -> rusqlite::Result<()> {
    let sql = format!("UPDATE figures_occurrences SET {set}, seq = ?, cause = ? WHERE id = ?");
    db.prepare_cached(&sql)?.execute(params![seq(fact), cause(fact), occurrence])?;
    touch(db, occurrence, fact)
}

/// Its day has other figures from now on.
fn touch(db: &Connection, occurrence: i64, fact: &Fact<Heard>) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO figures_touched
         SELECT on_date, ?2 FROM figures_occurrences WHERE id = ?1 AND on_date IS NOT NULL",
    )?
    .execute(params![occurrence, seq(fact)])?;
    Ok(())
}

/// Sets one figure of an occurrence; `None`: it is not known.
fn set(
    db: &Connection,
    occurrence: i64,
    measure: Count,
    value: Option<i64>,
    fact: &Fact<Heard>,
) -> rusqlite::Result<()> {
    let changed = match value {
        Some(value) => db
            .prepare_cached(
                "INSERT INTO figures_values VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE
                 SET value = excluded.value, seq = excluded.seq, cause = excluded.cause
                 WHERE value <> excluded.value",
            )?
            .execute(params![occurrence, measure.code(), value, seq(fact), cause(fact)])?,
        None => db
            .prepare_cached("DELETE FROM figures_values WHERE occurrence = ? AND measure = ?")?
            .execute(params![occurrence, measure.code()])?,
    };
    if changed > 0 { touch(db, occurrence, fact) } else { Ok(()) }
}

/// Adds to one figure of an occurrence.
fn add(
    db: &Connection,
    occurrence: i64,
    measure: Count,
    by: i64,
    fact: &Fact<Heard>,
) -> rusqlite::Result<()> {
    if by == 0 {
        return Ok(());
    }
    db.prepare_cached(
        "INSERT INTO figures_values VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE
         SET value = value + excluded.value, seq = excluded.seq, cause = excluded.cause",
    )?
    .execute(params![occurrence, measure.code(), by, seq(fact), cause(fact)])?;
    touch(db, occurrence, fact)
}

/// The order in which facts came.
fn seq(fact: &Fact<Heard>) -> u64 {
    fact.position.0
}

/// What made it so: for what a process says, that which made it say so.
fn cause(fact: &Fact<Heard>) -> String {
    fact.cause.as_ref().unwrap_or(&fact.source).to_string()
}

fn day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}
