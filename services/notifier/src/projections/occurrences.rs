//! Occurrences with all their revisions, activities, venues and places: what a mail says.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::{Asia::Shanghai, Tz};
use linli_platform::{
    ids::StreamId,
    projection::{ApplyError, Fact, Projection},
    web::Language,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::instant;
use crate::{
    contract::heard::{ActivityEvent, Description, Heard, PlaceEvent, VenueEvent, Visibility},
    values::is_frequent,
};

/// The projection.
pub enum Occurrences {}

/// One occurrence at one of its revisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// `<activity uuid>-<recurrence id>`.
    pub id: String,
    /// The community that hosts it.
    pub community: String,
    /// Its activity's id.
    pub activity: String,
    /// Its activity's name in links.
    pub slug: String,
    /// Its own part of its name.
    pub recurrence_id: String,
    /// Its title, in the language asked for where there is one.
    pub title: String,
    /// Its kinds.
    pub kinds: Vec<String>,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whose own it is.
    pub teams: Vec<String>,
    /// Whether it is one of a series held weekly or more often.
    pub frequent: bool,
    /// The revision: 0 as opened.
    pub revision: u32,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Whether it is all day.
    pub all_day: bool,
    /// The zone its times are meant in.
    pub zone: Tz,
    /// The venue's id; empty for none.
    pub venue: String,
    /// The venue's name; empty for none.
    pub venue_name: String,
    /// Whether it is cancelled.
    pub cancelled: bool,
    /// Why it was moved or cancelled.
    pub reason: String,
}

impl Projection<Heard> for Occurrences {
    const NAME: &'static str = "occurrences";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE occurrences_activity (
            activity TEXT PRIMARY KEY, community TEXT NOT NULL, slug TEXT NOT NULL,
            title TEXT NOT NULL, title_en TEXT NOT NULL, kinds TEXT NOT NULL,
            visibility TEXT NOT NULL, teams TEXT NOT NULL, frequent INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX occurrences_slug ON occurrences_activity (community, slug);
        CREATE TABLE occurrences_words (
            id TEXT PRIMARY KEY, community TEXT NOT NULL, activity TEXT NOT NULL,
            recurrence_id TEXT NOT NULL, title TEXT, title_en TEXT, kinds TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE occurrences_revision (
            id TEXT NOT NULL, revision INTEGER NOT NULL, start INTEGER NOT NULL,
            end INTEGER NOT NULL, all_day INTEGER NOT NULL, zone TEXT NOT NULL,
            venue TEXT NOT NULL, cancelled INTEGER NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (id, revision)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX occurrences_start ON occurrences_revision (start);
        CREATE TABLE occurrences_venue (
            venue TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE occurrences_place (
            code TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let stream = &fact.source.stream;
        match &fact.event {
            Heard::Activity(event) => activity(db, stream, event),
            Heard::Venue(
                VenueEvent::VenueAdded { description } | VenueEvent::VenueChanged { description },
            ) => {
                db.prepare_cached("INSERT OR REPLACE INTO occurrences_venue VALUES (?, ?, ?)")?
                    .execute(params![stream.id(), description.name, description.name_en])?;
                Ok(())
            }
            Heard::Place(PlaceEvent::PlaceAdded { code, name, name_en, .. }) => {
                place(db, code, name, name_en)
            }
            Heard::Place(PlaceEvent::PlaceChanged { name, name_en }) => {
                place(db, stream.id(), name, name_en)
            }
            Heard::Resident(_)
            | Heard::Staff(_)
            | Heard::Roll(_)
            | Heard::Duty(_)
            | Heard::Standing(_)
            | Heard::Subscription(_)
            | Heard::Delivery(_)
            | Heard::Followup(_)
            | Heard::Team(_)
            | Heard::Announcement(_)
            | Heard::Machine(_) => Ok(()),
        }
    }
}

fn place(db: &Connection, code: &str, name: &str, name_en: &str) -> Result<(), ApplyError> {
    db.prepare_cached("INSERT OR REPLACE INTO occurrences_place VALUES (?, ?, ?)")?
        .execute(params![code, name, name_en])?;
    Ok(())
}

fn activity(db: &Connection, stream: &StreamId, event: &ActivityEvent) -> Result<(), ApplyError> {
    let (community, activity) = (stream.community(), stream.id());
    let id = |recurrence_id: &str| format!("{activity}-{recurrence_id}");
    match event {
        ActivityEvent::ActivityDrafted { slug, description } => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO occurrences_activity
                 VALUES (?, ?, ?, '', '', '[]', '\"PUBLIC\"', '[]', 0)",
            )?
            .execute(params![activity, community, slug])?;
            describe(db, activity, description)?;
        }
        ActivityEvent::ActivityDescribed { description } => describe(db, activity, description)?,
        ActivityEvent::SegmentAdded { from, rule, zone } => {
            db.prepare_cached("UPDATE occurrences_activity SET frequent = ? WHERE activity = ?")?
                .execute(params![is_frequent(*from, rule, zone), activity])?;
        }
        ActivityEvent::OccurrenceOpened { recurrence_id, start, end, all_day, zone, venue } => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO occurrences_words VALUES (?, ?, ?, ?, NULL, NULL, NULL)",
            )?
            .execute(params![
                id(recurrence_id),
                community,
                activity,
                recurrence_id
            ])?;
            let times = (*start, *end, *all_day);
            revision(db, &id(recurrence_id), 0, times, (zone, venue, ""))?;
        }
        ActivityEvent::OccurrenceDescribed { recurrence_id, title, title_en, kinds } => {
            let kinds = if kinds.is_empty() { None } else { Some(serde_json::to_string(kinds)?) };
            db.prepare_cached(
                "UPDATE occurrences_words SET title = coalesce(?, title),
                 title_en = coalesce(?, title_en), kinds = ? WHERE id = ?",
            )?
            .execute(params![title, title_en, kinds, id(recurrence_id)])?;
        }
        ActivityEvent::OccurrenceMoved {
            recurrence_id,
            revision: n,
            start,
            end,
            all_day,
            zone,
            venue,
            reason,
        } => {
            let times = (*start, *end, *all_day);
            revision(db, &id(recurrence_id), *n, times, (zone, venue, reason))?;
        }
        ActivityEvent::OccurrenceCancelled { recurrence_id, revision, reason } => {
            db.prepare_cached(
                "INSERT OR REPLACE INTO occurrences_revision
                 SELECT id, ?2, start, end, all_day, zone, venue, 1, ?3
                 FROM occurrences_revision WHERE id = ?1 ORDER BY revision DESC LIMIT 1",
            )?
            .execute(params![id(recurrence_id), revision, reason])?;
        }
    }
    Ok(())
}

fn describe(db: &Connection, activity: &str, description: &Description) -> Result<(), ApplyError> {
    let Description { title, title_en, kinds, visibility, teams, .. } = description;
    db.prepare_cached(
        "UPDATE occurrences_activity SET title = ?, title_en = ?, kinds = ?, visibility = ?,
         teams = ? WHERE activity = ?",
    )?
    .execute(params![
        title,
        title_en,
        serde_json::to_string(kinds)?,
        serde_json::to_string(visibility)?,
        serde_json::to_string(teams)?,
        activity
    ])?;
    Ok(())
}

type Times = (DateTime<Utc>, DateTime<Utc>, bool);

fn revision(
    db: &Connection,
    id: &str,
    revision: u32,
    (start, end, all_day): Times,
    (zone, venue, reason): (&str, &str, &str),
) -> Result<(), ApplyError> {
    let (start, end) = (start.timestamp_micros(), end.timestamp_micros());
    db.prepare_cached(
        "INSERT OR REPLACE INTO occurrences_revision VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
    )?
    .execute(params![id, revision, start, end, all_day, zone, venue, reason])?;
    Ok(())
}

const SELECT: &str = "
    SELECT w.*, a.slug, a.title AS a_title, a.title_en AS a_title_en, a.kinds AS a_kinds,
           a.visibility, a.teams, a.frequent, r.*, v.name, v.name_en
    FROM occurrences_words w
    JOIN occurrences_activity a ON a.activity = w.activity
    JOIN occurrences_revision r ON r.id = w.id
    LEFT JOIN occurrences_venue v ON v.venue = r.venue";

fn read(row: &Row<'_>, language: Language) -> rusqlite::Result<Occurrence> {
    let text = |column: &str| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
    let either = |zh: String, en: String| {
        if language == Language::En && !en.is_empty() { en } else { zh }
    };
    let own = |own: &str, general: &str| -> rusqlite::Result<String> {
        let own = text(own)?;
        if own.is_empty() { text(general) } else { Ok(own) }
    };
    let list = |json: String| serde_json::from_str(&json).unwrap_or_default();
    // A title of its own without a translation is better than the translation of another.
    let own_alone = !text("title")?.is_empty() && text("title_en")?.is_empty();
    let title_en = if own_alone { String::new() } else { own("title_en", "a_title_en")? };
    Ok(Occurrence {
        id: row.get("id")?,
        community: row.get("community")?,
        activity: row.get("activity")?,
        slug: row.get("slug")?,
        recurrence_id: row.get("recurrence_id")?,
        title: either(own("title", "a_title")?, title_en),
        kinds: list(own("kinds", "a_kinds")?),
        visibility: serde_json::from_str(&text("visibility")?).unwrap_or_default(),
        teams: list(text("teams")?),
        frequent: row.get("frequent")?,
        revision: row.get("revision")?,
        start: instant(row, "start")?,
        end: instant(row, "end")?,
        all_day: row.get("all_day")?,
        zone: text("zone")?.parse().unwrap_or(Shanghai),
        venue: row.get("venue")?,
        venue_name: either(text("name")?, text("name_en")?),
        cancelled: row.get("cancelled")?,
        reason: row.get("reason")?,
    })
}

/// An occurrence's revisions, the newest first; none of one that was not opened.
pub fn revisions(
    db: &Connection,
    id: &str,
    language: Language,
) -> rusqlite::Result<Vec<Occurrence>> {
    db.prepare_cached(&format!("{SELECT} WHERE w.id = ? ORDER BY r.revision DESC"))?
        .query_map([id], |row| read(row, language))?
        .collect()
}

/// The newest revision of an occurrence, or 0.
pub fn newest(db: &Connection, id: &str) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT coalesce(max(revision), 0) FROM occurrences_revision WHERE id = ?")?
        .query_row([id], |row| row.get(0))
}

/// A community's occurrences as they stand that begin in a span and are not cancelled, in order.
pub fn between(
    db: &Connection,
    community: &str,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    language: Language,
) -> rusqlite::Result<Vec<Occurrence>> {
    let sql = format!(
        "{SELECT} WHERE w.community = ? AND r.start >= ? AND r.start < ? AND r.cancelled = 0
         AND r.revision = (SELECT max(revision) FROM occurrences_revision n WHERE n.id = w.id)
         ORDER BY r.start, w.id"
    );
    db.prepare_cached(&sql)?
        .query_map(params![community, from.timestamp_micros(), until.timestamp_micros()], |row| {
            read(row, language)
        })?
        .collect()
}

/// The activity of a slug: its id and title.
pub fn activity_of(
    db: &Connection,
    community: &str,
    slug: &str,
    language: Language,
) -> rusqlite::Result<Option<(String, String)>> {
    db.prepare_cached(
        "SELECT activity, title, title_en FROM occurrences_activity
         WHERE community = ? AND slug = ?",
    )?
    .query_row([community, slug], |row| {
        let (zh, en): (String, String) = (row.get(1)?, row.get(2)?);
        Ok((row.get(0)?, if language == Language::En && !en.is_empty() { en } else { zh }))
    })
    .optional()
}

/// A name by its id: of an activity, a venue, or a place by its code; empty if unknown.
pub fn name(db: &Connection, of: Named, id: &str, language: Language) -> rusqlite::Result<String> {
    let sql = match of {
        Named::Activity => "SELECT title, title_en FROM occurrences_activity WHERE activity = ?",
        Named::Venue => "SELECT name, name_en FROM occurrences_venue WHERE venue = ?",
        Named::Place => "SELECT name, name_en FROM occurrences_place WHERE code = ?",
    };
    let name = db.prepare_cached(sql)?.query_row([id], |row| {
        let (zh, en): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(if language == Language::En && !en.is_empty() { en } else { zh })
    });
    Ok(name.optional()?.unwrap_or_default())
}

/// What bears a name.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// An activity, by id.
    Activity,
    /// A venue, by id.
    Venue,
    /// A place, by code.
    Place,
}

/// Kinds, and ids of activities with titles.
pub type Offer = (BTreeSet<String>, Vec<(String, String)>);

/// What a community's public activities are: their kinds, and their ids with titles, in order.
pub fn on_offer(db: &Connection, community: &str, language: Language) -> rusqlite::Result<Offer> {
    let mut query = db.prepare_cached(
        "SELECT activity, title, title_en, kinds FROM occurrences_activity
         WHERE community = ? AND visibility = '\"PUBLIC\"' ORDER BY title, activity",
    )?;
    let mut rows = query.query([community])?;
    let (mut kinds, mut activities) = (BTreeSet::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let (zh, en): (String, String) = (row.get(1)?, row.get(2)?);
        let title = if language == Language::En && !en.is_empty() { en } else { zh };
        activities.push((row.get(0)?, title));
        let own: Vec<String> = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
        kinds.extend(own);
    }
    Ok((kinds, activities))
}
