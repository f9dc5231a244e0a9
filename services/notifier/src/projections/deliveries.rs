//! Every delivery and how it stands: what was sent, what not and why, and what is in doubt.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::{CommandId, StreamId},
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{id, instant};
use crate::{
    contract::{Class, DeliveryEvent, FollowupEvent, heard::Heard},
    values::{Channel, Key},
};

/// The projection.
pub enum Deliveries {}

/// How a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The source's id.
    pub source: String,
    /// Which.
    pub key: Key,
    /// `started`, `settled`, `missed`, `superseded`, `suppressed` or `held`.
    pub state: String,
    /// The class of the newest outcome; empty before one.
    pub class: String,
    /// Its code, or why it was suppressed.
    pub reason: String,
    /// How often it was tried.
    pub attempt: u32,
    /// How often its outcome was not known: it may have arrived once more than that.
    pub doubts: u32,
    /// When this was so.
    pub at: DateTime<Utc>,
}

/// A batch that was started and not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The stream.
    pub stream: StreamId,
    /// The command that started it.
    pub cmd: CommandId,
    /// Which try.
    pub attempt: u32,
    /// Which.
    pub keys: Vec<Key>,
}

impl Projection<Heard> for Deliveries {
    const NAME: &'static str = "deliveries";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE deliveries (
            community TEXT NOT NULL, source TEXT NOT NULL, resident TEXT NOT NULL,
            revision INTEGER NOT NULL, purpose TEXT NOT NULL, channel TEXT NOT NULL,
            state TEXT NOT NULL, class TEXT NOT NULL, reason TEXT NOT NULL,
            attempt INTEGER NOT NULL, doubts INTEGER NOT NULL, let_go INTEGER NOT NULL,
            first_at INTEGER NOT NULL, at INTEGER NOT NULL, cmd TEXT NOT NULL,
            PRIMARY KEY (community, source, resident, revision, purpose, channel)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deliveries_started ON deliveries (community, source) WHERE state = 'started';
        CREATE INDEX deliveries_doubtful ON deliveries (community, at) WHERE class = 'INDETERMINATE';
        CREATE INDEX deliveries_newest ON deliveries (community, at);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Delivery(event) => delivery(db, fact, event),
            Heard::Followup(FollowupEvent::LetGo { key }) => {
                let stream = &fact.source.stream;
                db.prepare_cached(
                    "UPDATE deliveries SET let_go = 1 WHERE community = ? AND source = ?
                     AND resident = ? AND revision = ? AND purpose = ? AND channel = ?",
                )?
                .execute(params![
                    stream.community(),
                    stream.id(),
                    key.resident.to_string(),
                    key.revision,
                    key.purpose.to_string(),
                    key.channel.to_string()
                ])?;
                Ok(())
            }
            Heard::Activity(_)
            | Heard::Venue(_)
            | Heard::Place(_)
            | Heard::Resident(_)
            | Heard::Staff(_)
            | Heard::Roll(_)
            | Heard::Duty(_)
            | Heard::Standing(_)
            | Heard::Subscription(_)
            | Heard::Followup(_)
            | Heard::Team(_)
            | Heard::Announcement(_)
            | Heard::Machine(_) => Ok(()),
        }
    }
}

/// What changes about one delivery.
#[derive(Default)]
struct Change<'a> {
    state: &'a str,
    class: &'a str,
    reason: &'a str,
    attempt: u32,
    doubts: u32,
}

fn delivery(db: &Connection, fact: &Fact<Heard>, event: &DeliveryEvent) -> Result<(), ApplyError> {
    match event {
        DeliveryEvent::DeliveriesStarted { attempt, keys } => {
            let change = Change { state: "started", attempt: *attempt, ..Change::default() };
            keys.iter().try_for_each(|key| put(db, fact, *key, &change))
        }
        DeliveryEvent::DeliveriesSettled { attempt, outcomes } => {
            outcomes.iter().try_for_each(|outcome| {
                let doubts = u32::from(outcome.class == Class::Indeterminate);
                let (class, reason) = (outcome.class.name(), outcome.code.as_str());
                let change = Change { state: "settled", class, reason, attempt: *attempt, doubts };
                put(db, fact, outcome.key, &change)
            })
        }
        DeliveryEvent::DeliveriesMissed { keys } => {
            let change = Change { state: "missed", ..Change::default() };
            keys.iter().try_for_each(|key| put(db, fact, *key, &change))
        }
        DeliveryEvent::DeliveriesSuppressed { reason, keys } => {
            let change = Change { state: "suppressed", reason, ..Change::default() };
            keys.iter().try_for_each(|key| put(db, fact, *key, &change))
        }
        DeliveryEvent::DeliveriesHeld { keys, .. } => {
            let change = Change { state: "held", ..Change::default() };
            keys.iter().try_for_each(|key| put(db, fact, *key, &change))
        }
        DeliveryEvent::DeliveriesSuperseded { revision } => {
            let stream = &fact.source.stream;
            db.prepare_cached(
                "UPDATE deliveries SET state = 'superseded', at = ? WHERE community = ?
                 AND source = ? AND revision < ? AND (state = 'held' OR
                 state = 'settled' AND class IN ('TRANSIENT', 'THROTTLED', 'ACCOUNT'))",
            )?
            .execute(params![
                fact.at.timestamp_micros(),
                stream.community(),
                stream.id(),
                revision
            ])?;
            Ok(())
        }
    }
}

fn put(
    db: &Connection,
    fact: &Fact<Heard>,
    key: Key,
    change: &Change<'_>,
) -> Result<(), ApplyError> {
    let stream = &fact.source.stream;
    db.prepare_cached(
        "INSERT INTO deliveries VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?12, ?13)
         ON CONFLICT DO UPDATE SET state = ?7, class = ?8, reason = ?9,
             attempt = max(attempt, ?10), doubts = doubts + ?11, at = ?12, cmd = ?13",
    )?
    .execute(params![
        stream.community(),
        stream.id(),
        key.resident.to_string(),
        key.revision,
        key.purpose.to_string(),
        key.channel.to_string(),
        change.state,
        change.class,
        change.reason,
        change.attempt,
        change.doubts,
        fact.at.timestamp_micros(),
        fact.cmd.to_string()
    ])?;
    Ok(())
}

fn key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let text = |column: &str| row.get::<_, String>(column);
    let purpose = text("purpose")?.parse();
    Ok(Key {
        resident: id(row, "resident")?,
        revision: row.get("revision")?,
        purpose: purpose.map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?,
        channel: Channel::Email,
    })
}

fn standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    Ok(Standing {
        source: row.get("source")?,
        key: key(row)?,
        state: row.get("state")?,
        class: row.get("class")?,
        reason: row.get("reason")?,
        attempt: row.get("attempt")?,
        doubts: row.get("doubts")?,
        at: instant(row, "at")?,
    })
}

/// A community's newest deliveries, at most `limit`.
pub fn newest(db: &Connection, community: &str, limit: u32) -> rusqlite::Result<Vec<Standing>> {
    db.prepare_cached("SELECT * FROM deliveries WHERE community = ? ORDER BY at DESC LIMIT ?")?
        .query_map(params![community, limit], standing)?
        .collect()
}

/// All deliveries of one source.
pub fn of_source(db: &Connection, stream: &StreamId) -> rusqlite::Result<Vec<Standing>> {
    db.prepare_cached("SELECT * FROM deliveries WHERE community = ? AND source = ?")?
        .query_map([stream.community(), stream.id()], standing)?
        .collect()
}

/// Deliveries of a community that a person has to decide on: their outcome is not known, and they
/// are not tried again by themselves.
pub fn doubtful(db: &Connection, community: &str) -> rusqlite::Result<Vec<Standing>> {
    db.prepare_cached(
        "SELECT * FROM deliveries WHERE community = ? AND class = 'INDETERMINATE'
         AND state = 'settled' AND let_go = 0 AND doubts > 1 ORDER BY at DESC, source, resident",
    )?
    .query_map([community], standing)?
    .collect()
}

/// What was started and not settled, on the whole log.
pub fn unsettled(db: &Connection) -> rusqlite::Result<Vec<Unsettled>> {
    let mut query = db.prepare_cached(
        "SELECT * FROM deliveries WHERE state = 'started'
         ORDER BY community, source, cmd, attempt",
    )?;
    let mut rows = query.query([])?;
    let mut found: Vec<Unsettled> = Vec::new();
    while let Some(row) = rows.next()? {
        let (community, source): (String, String) = (row.get("community")?, row.get("source")?);
        let Ok(stream) = StreamId::new(&community, "notifier", "delivery", source) else {
            continue;
        };
        let cmd: String = row.get("cmd")?;
        let cmd = CommandId(cmd.parse().unwrap_or_default());
        let attempt = row.get("attempt")?;
        let key = key(row)?;
        match found.last_mut() {
            Some(batch) if batch.cmd == cmd && batch.stream == stream => batch.keys.push(key),
            _ => found.push(Unsettled { stream, cmd, attempt, keys: vec![key] }),
        }
    }
    Ok(found)
}

/// How many deliveries stand in which state, with the class of their newest outcome.
pub fn counts(db: &Connection) -> rusqlite::Result<Vec<(String, String, u64)>> {
    db.prepare_cached("SELECT state, class, count(*) FROM deliveries GROUP BY state, class")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// All to whom anything was ever to be delivered.
pub fn recipients(db: &Connection) -> rusqlite::Result<Vec<Uuid>> {
    db.prepare_cached("SELECT DISTINCT resident FROM deliveries")?
        .query_map([], |row| id(row, "resident"))?
        .collect()
}

/// All deliveries to one person, each with its source.
pub fn to_resident(db: &Connection, person: Uuid) -> rusqlite::Result<Vec<(StreamId, Key)>> {
    let mut query = db.prepare_cached("SELECT * FROM deliveries WHERE resident = ?")?;
    let mut rows = query.query([person.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (community, source): (String, String) = (row.get("community")?, row.get("source")?);
        let Ok(stream) = StreamId::new(&community, "notifier", "delivery", source) else {
            continue;
        };
        found.push((stream, key(row)?));
    }
    Ok(found)
}

/// When a delivery first came up, so that every try of its mail bears the same date.
pub fn first_at(
    db: &Connection,
    stream: &StreamId,
    key: Key,
) -> rusqlite::Result<Option<DateTime<Utc>>> {
    db.prepare_cached(
        "SELECT first_at FROM deliveries WHERE community = ? AND source = ? AND resident = ?
         AND revision = ? AND purpose = ?",
    )?
    .query_row(
        params![
            stream.community(),
            stream.id(),
            key.resident.to_string(),
            key.revision,
            key.purpose.to_string()
        ],
        |row| instant(row, "first_at"),
    )
    .optional()
}

/// The newest revision below `below` that anybody was told of a source, or 0.
pub fn last_told(db: &Connection, stream: &StreamId, below: u32) -> rusqlite::Result<u32> {
    db.prepare_cached(
        "SELECT coalesce(max(revision), 0) FROM deliveries
         WHERE community = ? AND source = ? AND revision < ? AND attempt > 0",
    )?
    .query_row(params![stream.community(), stream.id(), below], |row| row.get(0))
}
