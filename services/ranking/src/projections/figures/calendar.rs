//! What the calendar says of occurrences.

use chrono::{DateTime, Utc};
use linli_platform::projection::{ApplyError, Fact};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{ZONE, change, day, places, read_to, touch};
use crate::{
    contract::heard::{CalendarEvent, Described, Heard, Visibility},
    values::OccurrenceKey,
};

pub(super) fn apply(
    db: &Connection,
    fact: &Fact<Heard>,
    community: &str,
    activity: Uuid,
    event: &CalendarEvent,
) -> Result<(), ApplyError> {
    let known = |recurrence_id: &str| {
        read_to(db, &OccurrenceKey::new(community, activity, recurrence_id), "activity", fact)
    };
    match event {
        CalendarEvent::ActivityDrafted { description, .. }
        | CalendarEvent::ActivityDescribed { description } => describe(db, activity, description)?,
        CalendarEvent::OccurrenceOpened { recurrence_id, start, zone, .. }
        | CalendarEvent::OccurrenceMoved { recurrence_id, start, zone, .. } => {
            let occurrence = known(recurrence_id)?;
            // The day that it leaves has other figures, too.
            touch(db, occurrence, fact)?;
            takes_place(db, occurrence, community, *start, zone)?;
            change(db, occurrence, "cancelled = 0", fact)?;
        }
        CalendarEvent::OccurrenceDescribed { recurrence_id, title, title_en, kinds } => {
            let occurrence = known(recurrence_id)?;
            let kinds = (!kinds.is_empty()).then(|| serde_json::to_string(kinds)).transpose()?;
            db.prepare_cached(
                "UPDATE figures_occurrences SET title = ?, title_en = ?,
                 kinds = CASE over WHEN 0 THEN ? ELSE kinds END WHERE id = ?",
            )?
            .execute(params![title, title_en, kinds, occurrence])?;
        }
        CalendarEvent::OccurrenceCancelled { recurrence_id } => {
            change(db, known(recurrence_id)?, "cancelled = 1", fact)?;
        }
    }
    Ok(())
}

fn describe(db: &Connection, activity: Uuid, it: &Described) -> Result<(), ApplyError> {
    let json = |texts: &[String]| serde_json::to_string(texts);
    db.prepare_cached("INSERT OR REPLACE INTO figures_activities VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            activity.to_string(),
            it.title,
            it.title_en,
            json(&it.kinds)?,
            serde_json::to_string(&it.teams)?,
            json(&it.partners)?,
            it.visibility == Visibility::Public,
        ])?;
    Ok(())
}

fn takes_place(
    db: &Connection,
    occurrence: i64,
    community: &str,
    start: DateTime<Utc>,
    zone: &str,
) -> rusqlite::Result<()> {
    let zone = match zone.parse() {
        Ok(zone) => zone,
        Err(_) => places::zone(db, community)?.unwrap_or(ZONE),
    };
    let start_text = start.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    db.prepare_cached("UPDATE figures_occurrences SET on_date = ?, start = ? WHERE id = ?")?
        .execute(params![day(start, zone), start_text, occurrence])?;
    Ok(())
}
