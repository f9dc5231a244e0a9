//! Activities with their segments.

use chrono::NaiveDate;
use linli_platform::{
    ids::{Position, Version},
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{instant, json, parsed};
use crate::{
    contract::{ActivityEvent as Event, Description, Heard},
    values::{agenda::Activity, segment::Segment},
};

/// The projection.
pub enum Activities {}

impl Projection<Heard> for Activities {
    const NAME: &'static str = "activities";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE activities (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, slug TEXT NOT NULL,
            description TEXT NOT NULL, published INTEGER NOT NULL DEFAULT 0, retired_from TEXT,
            described INTEGER NOT NULL, segmented INTEGER NOT NULL DEFAULT 0,
            changed_at INTEGER NOT NULL, ruled INTEGER NOT NULL DEFAULT 0,
            placed INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX activities_slug ON activities (community, slug);
        CREATE TABLE activities_segment (
            activity TEXT NOT NULL, number INTEGER NOT NULL, added TEXT NOT NULL,
            PRIMARY KEY (activity, number)
        ) STRICT, WITHOUT ROWID;
        -- Where an activity shows: at its host and at its partners.
        CREATE TABLE activities_shown (
            community TEXT NOT NULL, activity TEXT NOT NULL, PRIMARY KEY (community, activity)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Activity(event) = &fact.event else { return Ok(()) };
        let (id, position) = (fact.source.stream.id(), fact.position.0);
        let set = |what: &str, values: &[&dyn rusqlite::ToSql]| {
            db.prepare_cached(&format!("UPDATE activities SET {what} WHERE id = ?1"))?
                .execute(values)
        };
        match event {
            Event::ActivityDrafted { slug, description } => {
                let text = serde_json::to_string(description)?;
                let community = fact.source.stream.community();
                db.prepare_cached(
                    "INSERT INTO activities (id, community, slug, description, described, changed_at)
                     VALUES (?, ?, ?, ?, ?, 0)",
                )?
                .execute(params![id, community, slug, text, fact.source.version.0])?;
                show(db, id, community, description)?;
            }
            Event::ActivityDescribed { description } => {
                let text = serde_json::to_string(description)?;
                let old = description_of(db, id)?;
                if is_elsewhere(&old, description) {
                    set("placed = ?2", params![id, position])?;
                }
                let version = fact.source.version.0;
                set("description = ?2, described = ?3", params![id, text, version])?;
                show(db, id, fact.source.stream.community(), description)?;
            }
            Event::SegmentAdded(added) => {
                let text = serde_json::to_string(added)?;
                db.prepare_cached("INSERT INTO activities_segment VALUES (?, ?, ?)")?
                    .execute(params![id, added.segment, text])?;
                let version = fact.source.version.0;
                set("segmented = ?2, ruled = ?3", params![id, version, position])?;
            }
            Event::ActivityPublished {} => {
                set("published = 1", params![id])?;
            }
            Event::ActivityRetired { from } => {
                set("retired_from = ?2, ruled = ?3", params![id, from.to_string(), position])?;
            }
            Event::OccurrenceOpened(_)
            | Event::OccurrenceDescribed(_)
            | Event::OccurrenceMoved(_)
            | Event::OccurrenceCancelled { .. }
            | Event::OccurrenceKept { .. } => return Ok(()),
        }
        set("changed_at = ?2", params![id, fact.at.timestamp_micros()])?;
        Ok(())
    }
}

fn description_of(db: &Connection, id: &str) -> rusqlite::Result<Description> {
    db.prepare_cached("SELECT description FROM activities WHERE id = ?")?
        .query_row([id], |row| json(row, 0))
}

fn is_elsewhere(old: &Description, new: &Description) -> bool {
    (old.venue, &old.rotation, old.minutes) != (new.venue, &new.rotation, new.minutes)
}

fn show(
    db: &Connection,
    id: &str,
    community: &str,
    description: &Description,
) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM activities_shown WHERE activity = ?")?.execute([id])?;
    let mut insert = db.prepare_cached("INSERT OR IGNORE INTO activities_shown VALUES (?, ?)")?;
    for code in description.partners.iter().map(String::as_str).chain([community]) {
        insert.execute([code, id])?;
    }
    Ok(())
}

const COLUMNS: &str = "id, community, slug, description, published, retired_from, described,
    segmented, changed_at, ruled, placed";

/// The activities that show in a community, its own and those it is a partner of, drafts included.
pub fn shown_in(db: &Connection, community: &str) -> rusqlite::Result<Vec<Activity>> {
    let query = format!(
        "SELECT {COLUMNS} FROM activities
         WHERE id IN (SELECT activity FROM activities_shown WHERE community = ?)
         ORDER BY community, slug, id"
    );
    let mut statement = db.prepare_cached(&query)?;
    let found = statement.query_map([community], |row| read(db, row))?;
    found.collect()
}

/// One activity by id.
pub fn by_id(db: &Connection, id: Uuid) -> rusqlite::Result<Option<Activity>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM activities WHERE id = ?"))?
        .query_row([id.to_string()], |row| read(db, row))
        .optional()
}

/// One activity by its slug in a community where it shows; the community's own goes first.
pub fn by_slug(db: &Connection, community: &str, slug: &str) -> rusqlite::Result<Option<Activity>> {
    let query = format!(
        "SELECT {COLUMNS} FROM activities
         WHERE slug = ?2 AND id IN (SELECT activity FROM activities_shown WHERE community = ?1)
         ORDER BY community <> ?1, published DESC, id LIMIT 1"
    );
    db.prepare_cached(&query)?.query_row([community, slug], |row| read(db, row)).optional()
}

fn read(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Activity> {
    let retired: Option<String> = row.get(5)?;
    let retired_from = match retired {
        Some(_) => Some(parsed::<NaiveDate>(row, 5)?),
        None => None,
    };
    let mut segments = db.prepare_cached(
        "SELECT added FROM activities_segment WHERE activity = ? ORDER BY number",
    )?;
    let segments = segments.query_map([row.get_ref(0)?.as_str()?], |row| json(row, 0))?;
    // A rule that this version can't read computes nothing; the decider let no such rule pass.
    let segments = segments.filter_map(|added| match added {
        Ok(added) => Segment::parse(&added).ok().map(Ok),
        Err(error) => Some(Err(error)),
    });
    Ok(Activity {
        id: parsed(row, 0)?,
        community: row.get(1)?,
        slug: row.get(2)?,
        description: json(row, 3)?,
        segments: segments.collect::<rusqlite::Result<_>>()?,
        published: row.get(4)?,
        retired_from,
        described: Version(row.get(6)?),
        segmented: Version(row.get(7)?),
        changed_at: instant(row, 8)?,
        ruled: Position(row.get(9)?),
        placed: Position(row.get(10)?),
    })
}
