//! Venues with their closures, bookings and clashes.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::Version,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{instant, json, parsed};
use crate::{
    contract::{Booking, Clash, Closure, Heard, VenueDescription, VenueEvent as Event},
    values::agenda::VenueName,
};

/// The projection.
pub enum Venues {}

impl Projection<Heard> for Venues {
    const NAME: &'static str = "venues";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE venues (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL,
            name_en TEXT NOT NULL, description TEXT NOT NULL, renamed_at INTEGER NOT NULL,
            version INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX venues_community ON venues (community);
        CREATE TABLE venues_closure (
            id TEXT PRIMARY KEY, venue TEXT NOT NULL, from_at INTEGER NOT NULL,
            until_at INTEGER NOT NULL, reason TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        -- `against` is empty where the occurrence has the venue.
        CREATE TABLE venues_booking (
            venue TEXT NOT NULL, occurrence TEXT NOT NULL, revision INTEGER NOT NULL,
            start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, against TEXT NOT NULL,
            PRIMARY KEY (venue, occurrence)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX venues_booking_start ON venues_booking (venue, start_at);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Venue(event) = &fact.event else { return Ok(()) };
        let id = fact.source.stream.id();
        match event {
            Event::VenueAdded { description } | Event::VenueChanged { description } => {
                let text = serde_json::to_string(description)?;
                let VenueDescription { name, name_en, .. } = description;
                let (community, at) = (fact.source.stream.community(), fact.at.timestamp_micros());
                db.prepare_cached(
                    "INSERT INTO venues VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT DO UPDATE SET
                        renamed_at = iif((name, name_en) = (?3, ?4), renamed_at, ?6),
                        name = ?3, name_en = ?4, description = ?5, version = ?7",
                )?
                .execute(params![
                    id,
                    community,
                    name,
                    name_en,
                    text,
                    at,
                    fact.source.version.0
                ])?;
            }
            Event::VenueClosed(Closure { closure, from, until, reason }) => {
                let (from, until) = (from.timestamp_micros(), until.timestamp_micros());
                db.prepare_cached("INSERT OR REPLACE INTO venues_closure VALUES (?, ?, ?, ?, ?)")?
                    .execute(params![closure.to_string(), id, from, until, reason])?;
            }
            Event::VenueReopened { closure } => {
                db.prepare_cached("DELETE FROM venues_closure WHERE id = ?")?
                    .execute([closure.to_string()])?;
            }
            Event::VenueBooked(booking) => put(db, id, booking, &[])?,
            Event::VenueClashed(Clash { booking, with }) => put(db, id, booking, with)?,
            Event::VenueReleased { occurrence } => {
                db.prepare_cached("DELETE FROM venues_booking WHERE venue = ? AND occurrence = ?")?
                    .execute([id, occurrence])?;
            }
        }
        Ok(())
    }
}

fn put(
    db: &Connection,
    venue: &str,
    booking: &Booking,
    against: &[String],
) -> Result<(), ApplyError> {
    let Booking { occurrence, revision, start, end } = booking;
    let (start, end) = (start.timestamp_micros(), end.timestamp_micros());
    let against = serde_json::to_string(against)?;
    db.prepare_cached("INSERT OR REPLACE INTO venues_booking VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![venue, occurrence, revision, start, end, against])?;
    Ok(())
}

/// A venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Venue {
    /// Its id.
    pub id: Uuid,
    /// The code of the community whose it is.
    pub community: String,
    /// What it is.
    pub description: VenueDescription,
    /// The version of its stream that last described it.
    pub version: Version,
}

/// What an occurrence asked of a venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The venue.
    pub venue: Uuid,
    /// The occurrence and its time, and what stands against it: nothing where it has the venue.
    pub clash: Clash,
}

/// The venues of a community by name.
pub fn of_community(db: &Connection, community: &str) -> rusqlite::Result<Vec<Venue>> {
    db.prepare_cached(
        "SELECT id, community, description, version FROM venues WHERE community = ? ORDER BY name",
    )?
    .query_map([community], read)?
    .collect()
}

/// One venue.
pub fn by_id(db: &Connection, id: Uuid) -> rusqlite::Result<Option<Venue>> {
    db.prepare_cached("SELECT id, community, description, version FROM venues WHERE id = ?")?
        .query_row([id.to_string()], read)
        .optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Venue> {
    Ok(Venue {
        id: parsed(row, 0)?,
        community: row.get(1)?,
        description: json(row, 2)?,
        version: Version(row.get(3)?),
    })
}

/// How all venues are called.
pub fn names(db: &Connection) -> rusqlite::Result<BTreeMap<Uuid, Arc<VenueName>>> {
    db.prepare_cached("SELECT id, name, name_en, renamed_at FROM venues")?
        .query_map([], |row| {
            let name =
                VenueName { name: row.get(1)?, name_en: row.get(2)?, renamed_at: instant(row, 3)? };
            Ok((parsed(row, 0)?, Arc::new(name)))
        })?
        .collect()
}

/// The closures of a venue that are not over, by their beginning.
pub fn closures(
    db: &Connection,
    venue: Uuid,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Closure>> {
    db.prepare_cached(
        "SELECT id, from_at, until_at, reason FROM venues_closure
         WHERE venue = ? AND until_at > ? ORDER BY from_at",
    )?
    .query_map(params![venue.to_string(), now.timestamp_micros()], |row| {
        Ok(Closure {
            closure: parsed(row, 0)?,
            from: instant(row, 1)?,
            until: instant(row, 2)?,
            reason: row.get(3)?,
        })
    })?
    .collect()
}

/// What was asked of a venue for a time, booked or clashing, by its beginning.
pub fn requests(
    db: &Connection,
    venue: Uuid,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> rusqlite::Result<Vec<Request>> {
    db.prepare_cached(
        "SELECT venue, occurrence, revision, start_at, end_at, against FROM venues_booking
         WHERE venue = ?1 AND start_at < ?3 AND end_at > ?2 ORDER BY start_at, occurrence",
    )?
    .query_map(
        params![venue.to_string(), from.timestamp_micros(), until.timestamp_micros()],
        request,
    )?
    .collect()
}

/// The clashes at a community's venues that are not over, by their beginning.
pub fn clashes(
    db: &Connection,
    community: &str,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Request>> {
    db.prepare_cached(
        "SELECT venue, occurrence, revision, start_at, end_at, against
         FROM venues_booking JOIN venues ON venues.id = venue
         WHERE community = ? AND against <> '[]' AND end_at > ? ORDER BY start_at, occurrence",
    )?
    .query_map(params![community, now.timestamp_micros()], request)?
    .collect()
}

fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    let booking = Booking {
        occurrence: row.get(1)?,
        revision: row.get(2)?,
        start: instant(row, 3)?,
        end: instant(row, 4)?,
    };
    Ok(Request { venue: parsed(row, 0)?, clash: Clash { booking, with: json(row, 5)? } })
}
