//! What communities told, to whom it may go, where it was put up; and duties that have nobody.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{id, instant};
use crate::contract::{
    AnnouncementEvent, Medium, What,
    heard::{Consent, DutyEvent, Heard, Missing, PlaceEvent, ResidentEvent, TeamEvent},
};

/// The projection.
pub enum Announcements {}

/// One announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Its id.
    pub id: Uuid,
    /// In one line.
    pub title: String,
    /// The rest.
    pub text: String,
    /// To whom.
    pub what: What,
    /// Which team or kind; empty for all.
    pub of: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How its mails stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mails {
    /// The relay, or the outbox, has them.
    pub sent: u32,
    /// Under way, held or tried again.
    pub waiting: u32,
    /// Given up, refused, or nobody could be written to.
    pub not_sent: u32,
}

impl Projection<Heard> for Announcements {
    const NAME: &'static str = "announcements";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE announcements (
            community TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
            what TEXT NOT NULL, object TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (community, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE announcements_posted (
            community TEXT NOT NULL, source TEXT NOT NULL, medium TEXT NOT NULL,
            places INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (community, source, medium)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE announcements_people (
            resident TEXT PRIMARY KEY, community TEXT NOT NULL, agrees INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX announcements_people_of ON announcements_people (community) WHERE agrees = 1;
        CREATE TABLE announcements_place (
            code TEXT PRIMARY KEY, parent TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE announcements_team (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE announcements_unfilled (
            occurrence TEXT PRIMARY KEY, duties TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let stream = &fact.source.stream;
        match &fact.event {
            Heard::Announcement(event) => said(db, fact, event),
            Heard::Resident(event) => person(db, stream.id(), event),
            Heard::Place(PlaceEvent::PlaceAdded { code, parent, .. }) => {
                let sql = "INSERT OR REPLACE INTO announcements_place VALUES (?, ?)";
                db.prepare_cached(sql)?.execute([code, parent])?;
                Ok(())
            }
            Heard::Team(event) => team(db, stream.id(), event),
            Heard::Duty(DutyEvent::DutyUnfilled { duties }) => {
                let sql = "INSERT OR REPLACE INTO announcements_unfilled VALUES (?, ?)";
                db.prepare_cached(sql)?.execute([stream.id(), &serde_json::to_string(duties)?])?;
                Ok(())
            }
            Heard::Activity(_)
            | Heard::Venue(_)
            | Heard::Place(_)
            | Heard::Staff(_)
            | Heard::Roll(_)
            | Heard::Duty(_)
            | Heard::Standing(_)
            | Heard::Subscription(_)
            | Heard::Delivery(_)
            | Heard::Followup(_)
            | Heard::Machine(_) => Ok(()),
        }
    }
}

fn said(db: &Connection, fact: &Fact<Heard>, event: &AnnouncementEvent) -> Result<(), ApplyError> {
    let (community, source) = (fact.source.stream.community(), fact.source.stream.id());
    let at = fact.at.timestamp_micros();
    match event {
        AnnouncementEvent::Announced { title, text, what, of } => {
            let what = serde_json::to_string(what)?;
            db.prepare_cached("INSERT INTO announcements VALUES (?, ?, ?, ?, ?, ?, ?)")?
                .execute(params![community, source, title, text, what, of, at])?;
        }
        AnnouncementEvent::Posted { medium, places } => {
            let sql = "INSERT OR REPLACE INTO announcements_posted VALUES (?, ?, ?, ?, ?)";
            db.prepare_cached(sql)?.execute(params![
                community,
                source,
                medium.name(),
                places,
                at
            ])?;
        }
    }
    Ok(())
}

fn person(db: &Connection, resident: &str, event: &ResidentEvent) -> Result<(), ApplyError> {
    let agrees = |is: bool| {
        let sql = "UPDATE announcements_people SET agrees = ? WHERE resident = ?";
        db.prepare_cached(sql)?.execute(params![is, resident])
    };
    match event {
        ResidentEvent::ResidentRegistered { community }
        | ResidentEvent::ResidentMoved { community } => {
            db.prepare_cached(
                "INSERT INTO announcements_people VALUES (?1, ?2, 0)
                 ON CONFLICT DO UPDATE SET community = ?2",
            )?
            .execute([resident, community])?;
        }
        ResidentEvent::ConsentGiven { purpose: Consent::Reminders } => {
            agrees(true)?;
        }
        ResidentEvent::ConsentWithdrawn { purpose: Consent::Reminders } => {
            agrees(false)?;
        }
        ResidentEvent::ResidentMerged { .. } | ResidentEvent::ResidentErased {} => {
            let sql = "DELETE FROM announcements_people WHERE resident = ?";
            db.prepare_cached(sql)?.execute([resident])?;
        }
        ResidentEvent::ConsentGiven { .. }
        | ResidentEvent::ConsentWithdrawn { .. }
        | ResidentEvent::TeamJoined { .. }
        | ResidentEvent::TeamLeft { .. }
        | ResidentEvent::SignInAsked { .. } => {}
    }
    Ok(())
}

fn team(db: &Connection, id: &str, event: &TeamEvent) -> Result<(), ApplyError> {
    match event {
        TeamEvent::TeamFounded { community, name } => db
            .prepare_cached("INSERT OR REPLACE INTO announcements_team VALUES (?, ?, ?)")?
            .execute([id, community, name])?,
        TeamEvent::TeamRenamed { name } => db
            .prepare_cached("UPDATE announcements_team SET name = ? WHERE id = ?")?
            .execute([name, id])?,
        TeamEvent::TeamEnded {} => {
            db.prepare_cached("DELETE FROM announcements_team WHERE id = ?")?.execute([id])?
        }
    };
    Ok(())
}

fn announced(row: &Row<'_>) -> rusqlite::Result<Announced> {
    let what: String = row.get("what")?;
    Ok(Announced {
        id: id(row, "id")?,
        title: row.get("title")?,
        text: row.get("text")?,
        what: serde_json::from_str(&what).unwrap_or_default(),
        of: row.get("object")?,
        at: instant(row, "at")?,
    })
}

/// One announcement.
pub fn one(db: &Connection, community: &str, id: &str) -> rusqlite::Result<Option<Announced>> {
    db.prepare_cached("SELECT * FROM announcements WHERE community = ? AND id = ?")?
        .query_row([community, id], announced)
        .optional()
}

/// A community's newest announcements, at most `limit`.
pub fn newest(db: &Connection, community: &str, limit: u32) -> rusqlite::Result<Vec<Announced>> {
    let sql = "SELECT * FROM announcements WHERE community = ? ORDER BY at DESC, id LIMIT ?";
    db.prepare_cached(sql)?.query_map(params![community, limit], announced)?.collect()
}

/// In how many places of each medium something was put up: an announcement, or an occurrence's
/// notice.
pub fn posted(
    db: &Connection,
    community: &str,
    source: &str,
) -> rusqlite::Result<BTreeMap<Medium, u32>> {
    let sql = "SELECT medium, places FROM announcements_posted WHERE community = ? AND source = ?";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([community, source], |row| {
        let name: String = row.get(0)?;
        let medium = Medium::ALL.into_iter().find(|medium| medium.name() == name);
        Ok((medium.unwrap_or_default(), row.get(1)?))
    })?;
    rows.collect()
}

/// How an announcement's mails stand.
pub fn mails(db: &Connection, community: &str, id: Uuid) -> rusqlite::Result<Mails> {
    let sql = "SELECT count(*) FILTER (WHERE class = 'ACCEPTED'),
            count(*) FILTER (WHERE state IN ('started', 'held') OR
                class IN ('TRANSIENT', 'THROTTLED', 'ACCOUNT') AND state = 'settled'),
            count(*) FROM deliveries WHERE community = ? AND source = ?";
    db.prepare_cached(sql)?.query_row([community, &format!("announcement-{id}")], |row| {
        let (sent, waiting, all): (u32, u32, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Mails { sent, waiting, not_sent: all.saturating_sub(sent + waiting) })
    })
}

/// Whom an announcement may go to: those who agreed to be written to and have not stopped it.
pub fn audience(
    db: &Connection,
    community: &str,
    (what, of): (What, &str),
) -> rusqlite::Result<Vec<Uuid>> {
    const WILLING: &str = "FROM announcements_people p WHERE agrees = 1 AND NOT EXISTS
        (SELECT 1 FROM subscriptions_stopped s WHERE s.resident = p.resident)";
    let (also, object) = match what {
        What::All => (
            "p.community IN (WITH RECURSIVE down (at) AS (SELECT ?1 UNION SELECT l.code FROM down
             JOIN announcements_place l ON l.parent = down.at) SELECT at FROM down) AND ?2 = ''",
            "",
        ),
        What::Team => (
            "?1 <> '' AND EXISTS (SELECT 1 FROM subscriptions_team t
             WHERE t.resident = p.resident AND t.team = ?2)",
            of,
        ),
        What::Kind => (
            "EXISTS (SELECT 1 FROM subscriptions k WHERE k.resident = p.resident
             AND k.community = ?1 AND k.what = '\"KIND\"' AND k.object = ?2)",
            of,
        ),
        What::Activity | What::Venue => return Ok(vec![]),
    };
    let sql = format!("SELECT p.resident {WILLING} AND {also} ORDER BY p.resident");
    db.prepare_cached(&sql)?.query_map([community, object], |row| id(row, "resident"))?.collect()
}

/// A community's teams, with their names.
pub fn teams(db: &Connection, community: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT id, name FROM announcements_team WHERE community = ? ORDER BY name, id";
    let mut query = db.prepare_cached(sql)?;
    query.query_map([community], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The duties of an occurrence that had nobody when it was near.
pub fn unfilled(db: &Connection, occurrence: &str) -> rusqlite::Result<Vec<Missing>> {
    let sql = "SELECT duties FROM announcements_unfilled WHERE occurrence = ?";
    let text: Option<String> =
        db.prepare_cached(sql)?.query_row([occurrence], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}
