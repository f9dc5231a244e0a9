//! Places, people and teams as far as figures need them, and what was sent.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_platform::projection::Fact;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{ZONE, cause, day, seq};
use crate::{
    contract::{
        heard::{Heard, PlaceEvent, PlaceKind, ResidentEvent, TeamEvent},
        lists::{ACCEPTED, NoticeEvent},
    },
    values::Count,
};

/// Before all days: where a place was when it was first told of.
const EVER: &str = "0000-01-01";
/// What sign-in links are sent for.
const SIGN_IN: &str = "sign-in";

pub(super) fn place(
    db: &Connection,
    at: DateTime<Utc>,
    code: &str,
    event: &PlaceEvent,
) -> rusqlite::Result<()> {
    match event {
        PlaceEvent::PlaceAdded { kind, parent, zone, .. } => {
            db.prepare_cached("INSERT OR REPLACE INTO figures_places VALUES (?, ?, ?, ?, ?)")?
                .execute(params![code, EVER, parent, kind.code(), zone])?;
        }
        PlaceEvent::PlaceChanged { parent, .. } => {
            let from = day(at, zone(db, code)?.unwrap_or(ZONE));
            db.prepare_cached(
                "INSERT OR REPLACE INTO figures_places
                 SELECT code, ?2, ?3, kind, zone FROM figures_places
                 WHERE code = ?1 ORDER BY from_on DESC LIMIT 1",
            )?
            .execute(params![code, from, parent])?;
        }
    }
    Ok(())
}

/// The zone of a place: its own, or the nearest above's.
pub(super) fn zone(db: &Connection, code: &str) -> rusqlite::Result<Option<Tz>> {
    let zone: Option<String> = db
        .prepare_cached(
            "WITH RECURSIVE up (code, depth) AS (
                 SELECT ?1, 0 UNION
                 SELECT (SELECT parent FROM figures_places p WHERE p.code = up.code
                         ORDER BY from_on DESC LIMIT 1), depth + 1
                 FROM up WHERE up.code <> '' AND depth < 16
             )
             SELECT zone FROM up JOIN figures_places USING (code) WHERE zone <> ''
             ORDER BY depth LIMIT 1",
        )?
        .query_row([code], |row| row.get(0))
        .optional()?;
    Ok(zone.and_then(|zone| zone.parse().ok()))
}

/// The grid that a building belonged to on a day; empty if to none.
pub(super) fn grid(db: &Connection, building: &str, on: NaiveDate) -> rusqlite::Result<String> {
    if building.is_empty() {
        return Ok(String::new());
    }
    let found = db
        .prepare_cached(
            "WITH RECURSIVE up (code, depth) AS (
                 SELECT ?1, 0 UNION
                 SELECT (SELECT parent FROM figures_places p
                         WHERE p.code = up.code AND p.from_on <= ?2
                         ORDER BY from_on DESC LIMIT 1), depth + 1
                 FROM up WHERE up.code <> '' AND depth < 16
             )
             SELECT code FROM up JOIN figures_places USING (code) WHERE kind = ?3
             ORDER BY depth LIMIT 1",
        )?
        .query_row(params![building, on, PlaceKind::Grid.code()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub(super) fn resident(
    db: &Connection,
    resident: Uuid,
    event: &ResidentEvent,
) -> rusqlite::Result<()> {
    let who = resident.to_string();
    match event {
        ResidentEvent::ResidentRegistered { community, building }
        | ResidentEvent::ResidentMoved { community, building } => {
            db.prepare_cached("INSERT OR REPLACE INTO figures_residents VALUES (?, ?, ?)")?
                .execute(params![who, community, building])?;
        }
        ResidentEvent::ResidentMerged { .. } | ResidentEvent::ResidentErased {} => {
            db.prepare_cached("DELETE FROM figures_residents WHERE resident = ?")?
                .execute([who])?;
        }
        ResidentEvent::TeamJoined { .. } | ResidentEvent::TeamLeft { .. } => {}
    }
    Ok(())
}

pub(super) fn team(db: &Connection, team: Uuid, event: &TeamEvent) -> rusqlite::Result<()> {
    let team = team.to_string();
    match event {
        TeamEvent::TeamFounded { community, name } => db
            .prepare_cached("INSERT OR REPLACE INTO figures_teams VALUES (?, ?, ?)")?
            .execute([&team, community, name])?,
        TeamEvent::TeamRenamed { name } => db
            .prepare_cached("UPDATE figures_teams SET name = ?2 WHERE team = ?1")?
            .execute([&team, name])?,
    };
    Ok(())
}

/// Counts what a channel accepted, what was told and where it was put up, on the day it was.
pub(super) fn notices(
    db: &Connection,
    fact: &Fact<Heard>,
    community: &str,
    event: &NoticeEvent,
) -> rusqlite::Result<()> {
    let on = day(fact.at, zone(db, community)?.unwrap_or(ZONE));
    match event {
        NoticeEvent::DeliveriesSettled { outcomes } => {
            let accepted = outcomes.iter().filter(|outcome| outcome.class == ACCEPTED);
            let notices = accepted.filter(|outcome| !outcome.key.purpose.starts_with(SIGN_IN));
            notices
                .map(|outcome| outcome.key.channel.as_str())
                .try_for_each(|channel| told(db, fact, (community, on, channel), Count::Sent, 1))
        }
        NoticeEvent::Announced {} => told(db, fact, (community, on, ""), Count::Announcements, 1),
        NoticeEvent::Posted { medium, places } => {
            let (stream, places) = (fact.source.stream.as_str(), i64::from(*places));
            // A later number is of the same notice: it counts on the day of the first.
            let before: Option<(NaiveDate, i64)> = db
                .prepare_cached(
                    "SELECT on_date, places FROM figures_posted WHERE stream = ? AND medium = ?",
                )?
                .query_row([stream, medium], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (on, was) = before.unwrap_or((on, 0));
            db.prepare_cached("INSERT OR REPLACE INTO figures_posted VALUES (?, ?, ?, ?)")?
                .execute(params![stream, medium, on, places])?;
            let channel = medium.to_lowercase();
            told(db, fact, (community, on, &channel), Count::Posted, places - was)
        }
    }
}

fn told(
    db: &Connection,
    fact: &Fact<Heard>,
    (community, on, channel): (&str, NaiveDate, &str),
    count: Count,
    n: i64,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO figures_notices VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET n = n + excluded.n, seq = excluded.seq, cause = excluded.cause",
    )?
    .execute(params![community, on, channel, count.code(), n, seq(fact), cause(fact)])?;
    db.prepare_cached("INSERT OR REPLACE INTO figures_touched VALUES (?, ?)")?
        .execute(params![on, seq(fact)])?;
    Ok(())
}
