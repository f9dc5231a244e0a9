//! What people have to do with occurrences, as `attendance` tells it, for their own feeds.

use std::{collections::BTreeMap, ops::RangeInclusive};

use chrono::{DateTime, NaiveDate, Utc};
use linli_almanac::RecurrenceId;
use linli_platform::{
    ids::Position,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{instant, json, parsed};
use crate::{
    contract::{AttendanceEvent as Event, Heard, occurrence_of},
    values::feed::{Part, Standing},
};

/// The projection.
pub enum Mine {}

impl Projection<Heard> for Mine {
    const NAME: &'static str = "mine";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE mine (
            person TEXT NOT NULL, activity TEXT NOT NULL, id TEXT NOT NULL,
            standing TEXT NOT NULL, duties TEXT NOT NULL, at INTEGER NOT NULL,
            position INTEGER NOT NULL, PRIMARY KEY (person, activity, id)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Attendance(event) = &fact.event else { return Ok(()) };
        let Some((activity, id)) = occurrence_of(&fact.source.stream) else { return Ok(()) };
        let (person, activity) = (event.resident().to_string(), activity.to_string());
        let known = db
            .prepare_cached(
                "SELECT standing, duties, at FROM mine WHERE person = ? AND activity = ? AND id = ?",
            )?
            .query_row([&person, &activity, &id.to_string()], |row| {
                Ok(Part {
                    standing: standing(&row.get::<_, String>(0)?),
                    duties: json(row, 1)?,
                    at: instant(row, 2)?,
                })
            })
            .optional()?;
        let mut part = known.unwrap_or_default();
        match event {
            Event::Registered { .. } | Event::Promoted { .. } => {
                part.standing = Standing::Registered;
            }
            Event::Waitlisted { .. } => part.standing = Standing::Waiting,
            Event::Withdrawn { .. } | Event::Excused { .. } => part.standing = Standing::Not,
            Event::DutyClaimed { duty, .. } => part.duties.push(duty.clone()),
            Event::DutyReleased { duty, .. } => part.duties.retain(|own| own != duty),
        }
        let duties = serde_json::to_string(&part.duties)?;
        db.prepare_cached("INSERT OR REPLACE INTO mine VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(
            params![
                person,
                activity,
                id.to_string(),
                name(part.standing),
                duties,
                fact.at.timestamp_micros(),
                fact.position.0
            ],
        )?;
        Ok(())
    }
}

fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::Not => "not",
        Standing::Registered => "registered",
        Standing::Waiting => "waiting",
    }
}

fn standing(name: &str) -> Standing {
    match name {
        "registered" => Standing::Registered,
        "waiting" => Standing::Waiting,
        _ => Standing::Not,
    }
}

/// A person's parts, by activity and occurrence, on these nominal dates; also those that are over,
/// since a feed tells when they last changed.
pub fn parts(
    db: &Connection,
    person: Uuid,
    dates: &RangeInclusive<NaiveDate>,
) -> rusqlite::Result<BTreeMap<Uuid, BTreeMap<RecurrenceId, Part>>> {
    // Ids sort by their dates; `~` comes after all their characters.
    let (first, last) = (dates.start().format("%Y%m%d"), dates.end().format("%Y%m%d"));
    let mut found = db.prepare_cached(
        "SELECT activity, id, standing, duties, at FROM mine
         WHERE person = ? AND id BETWEEN ? AND ?",
    )?;
    let values = [person.to_string(), first.to_string(), format!("{last}~")];
    let rows = found.query_map(values, |row| {
        let part = Part {
            standing: standing(&row.get::<_, String>(2)?),
            duties: json(row, 3)?,
            at: instant(row, 4)?,
        };
        Ok((parsed(row, 0)?, parsed(row, 1)?, part))
    })?;
    let mut all: BTreeMap<Uuid, BTreeMap<_, _>> = BTreeMap::new();
    for row in rows {
        let (activity, id, part) = row?;
        all.entry(activity).or_default().insert(id, part);
    }
    Ok(all)
}

/// Where on this log, and when, a person's parts last changed.
pub fn moved(db: &Connection, person: Uuid) -> rusqlite::Result<(Position, DateTime<Utc>)> {
    let sql = "SELECT coalesce(max(position), 0), coalesce(max(at), 0) FROM mine WHERE person = ?";
    db.prepare_cached(sql)?
        .query_row([person.to_string()], |row| Ok((Position(row.get(0)?), instant(row, 1)?)))
}
