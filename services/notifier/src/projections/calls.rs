//! The call list: whom no mail reaches although they have to know.
//!
//! On it stands whoever has no address (or one that takes nothing), whatever they should be told;
//! of a change or a place that fell free also who did not agree to mail, and who could not be
//! mailed in time. One line per resident and revision, until it is ticked; a reminder also no longer
//! than until its occurrence begins.

use chrono::{DateTime, Utc};
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::instant;
use crate::{
    contract::{
        Class, DeliveryEvent, FollowupEvent,
        heard::{Heard, ResidentEvent},
    },
    values::{Key, Purpose},
};

/// The projection.
pub enum Calls {}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The occurrence, `<activity uuid>-<recurrence id>`.
    pub source: String,
    /// Whom to call.
    pub resident: Uuid,
    /// Of which revision to tell.
    pub revision: u32,
    /// What for, for example `changed`.
    pub purpose: String,
    /// Why no mail reaches them.
    pub reason: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

impl Projection<Heard> for Calls {
    const NAME: &'static str = "calls";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE calls (
            community TEXT NOT NULL, source TEXT NOT NULL, resident TEXT NOT NULL,
            revision INTEGER NOT NULL, purpose TEXT NOT NULL, reason TEXT NOT NULL,
            at INTEGER NOT NULL, ticked INTEGER NOT NULL,
            PRIMARY KEY (community, source, resident, revision)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX calls_of ON calls (resident);";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Delivery(event) => delivery(db, fact, event),
            Heard::Followup(FollowupEvent::CallTicked { resident, revision }) => {
                let stream = &fact.source.stream;
                // Who was told of a revision was told of all before it.
                db.prepare_cached(
                    "UPDATE calls SET ticked = 1 WHERE community = ? AND source = ?
                     AND resident = ? AND revision <= ?",
                )?
                .execute(params![
                    stream.community(),
                    stream.id(),
                    resident.to_string(),
                    revision
                ])?;
                Ok(())
            }
            Heard::Resident(
                ResidentEvent::ResidentErased {} | ResidentEvent::ResidentMerged { .. },
            ) => {
                db.prepare_cached("DELETE FROM calls WHERE resident = ?")?
                    .execute([fact.source.stream.id()])?;
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

fn delivery(db: &Connection, fact: &Fact<Heard>, event: &DeliveryEvent) -> Result<(), ApplyError> {
    match event {
        DeliveryEvent::DeliveriesSuppressed { reason, keys } => {
            let wanted = keys.iter().filter(|key| must_know(key) || reason == "no-address");
            wanted.into_iter().try_for_each(|key| put(db, fact, *key, reason))
        }
        DeliveryEvent::DeliveriesSettled { outcomes, .. } => {
            let refused = |class| matches!(class, Class::Address | Class::Content);
            let refused = outcomes.iter().filter(|outcome| refused(outcome.class));
            refused.into_iter().try_for_each(|outcome| put(db, fact, outcome.key, "refused"))
        }
        DeliveryEvent::DeliveriesMissed { keys } => {
            let keys = keys.iter().filter(|key| must_know(key));
            keys.into_iter().try_for_each(|key| put(db, fact, *key, "late"))
        }
        DeliveryEvent::DeliveriesStarted { .. }
        | DeliveryEvent::DeliveriesSuperseded { .. }
        | DeliveryEvent::DeliveriesHeld { .. } => Ok(()),
    }
}

fn must_know(key: &Key) -> bool {
    matches!(key.purpose, Purpose::Changed | Purpose::Promoted)
}

fn put(db: &Connection, fact: &Fact<Heard>, key: Key, reason: &str) -> Result<(), ApplyError> {
    if !key.purpose.tells_of_an_occurrence() {
        return Ok(());
    }
    let (stream, resident) = (&fact.source.stream, key.resident.to_string());
    // A call about an older revision is not worth making any more.
    db.prepare_cached(
        "DELETE FROM calls WHERE community = ? AND source = ? AND resident = ? AND revision < ?
         AND ticked = 0",
    )?
    .execute(params![stream.community(), stream.id(), resident, key.revision])?;
    db.prepare_cached("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING")?
        .execute(params![
            stream.community(),
            stream.id(),
            resident,
            key.revision,
            key.purpose.to_string(),
            reason,
            fact.at.timestamp_micros()
        ])?;
    Ok(())
}

/// The calls that a community has to make, the oldest first: none to remind of what has begun.
pub fn open(db: &Connection, community: &str, now: DateTime<Utc>) -> rusqlite::Result<Vec<Call>> {
    db.prepare_cached(
        "SELECT * FROM calls WHERE community = ? AND ticked = 0 AND (purpose NOT LIKE 'lead-%' OR
             EXISTS (SELECT 1 FROM occurrences_revision o
                     WHERE o.id = source AND o.revision = calls.revision AND o.start > ?))
         ORDER BY at, source, resident",
    )?
    .query_map(params![community, now.timestamp_micros()], |row| {
        Ok(Call {
            source: row.get("source")?,
            resident: super::id(row, "resident")?,
            revision: row.get("revision")?,
            purpose: row.get("purpose")?,
            reason: row.get("reason")?,
            at: instant(row, "at")?,
        })
    })?
    .collect()
}
