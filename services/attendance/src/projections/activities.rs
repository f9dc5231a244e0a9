//! `activities`: which activity a link names, what it and its occurrences are called, and who may
//! come.

use chrono_tz::Tz;
use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    web::Language,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use crate::{
    contract::heard::{CalendarEvent, Described, Heard, Visibility},
    values::OccurrenceKey,
};

/// The projection.
pub enum Activities {}

impl Projection<Heard> for Activities {
    const NAME: &'static str = "activities";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE activities (
            community TEXT NOT NULL, activity BLOB NOT NULL, slug TEXT NOT NULL,
            title TEXT NOT NULL, title_en TEXT NOT NULL,
            visibility TEXT NOT NULL, teams TEXT NOT NULL,
            PRIMARY KEY (community, activity)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX activities_by_slug ON activities (community, slug);
        CREATE TABLE activities_occurrence (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            zone TEXT NOT NULL, title TEXT, title_en TEXT,
            PRIMARY KEY (community, activity, recurrence_id)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Calendar { community, activity, event } = &fact.event else { return Ok(()) };
        match event {
            CalendarEvent::ActivityDrafted { slug, description } => {
                db.prepare_cached(
                    "INSERT INTO activities (community, activity, slug, title, title_en, \
                     visibility, teams) VALUES (?, ?, ?, '', '', '', '')",
                )?
                .execute(params![community, activity, slug])?;
                describe(db, community, *activity, description)
            }
            CalendarEvent::ActivityDescribed { description } => {
                describe(db, community, *activity, description)
            }
            CalendarEvent::OccurrenceOpened { recurrence_id, zone, .. } => {
                db.prepare_cached(
                    "INSERT INTO activities_occurrence (community, activity, recurrence_id, zone) \
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET zone = ?4",
                )?
                .execute(params![community, activity, recurrence_id, zone])?;
                Ok(())
            }
            CalendarEvent::OccurrenceMoved { recurrence_id, zone, .. } => {
                db.prepare_cached(
                    "UPDATE activities_occurrence SET zone = ?4 \
                     WHERE community = ?1 AND activity = ?2 AND recurrence_id = ?3",
                )?
                .execute(params![community, activity, recurrence_id, zone])?;
                Ok(())
            }
            CalendarEvent::OccurrenceDescribed { recurrence_id, title, title_en, .. } => {
                db.prepare_cached(
                    "UPDATE activities_occurrence \
                     SET title = coalesce(?4, title), title_en = coalesce(?5, title_en) \
                     WHERE community = ?1 AND activity = ?2 AND recurrence_id = ?3",
                )?
                .execute(params![
                    community,
                    activity,
                    recurrence_id,
                    title,
                    title_en
                ])?;
                Ok(())
            }
            CalendarEvent::OccurrenceCancelled { .. } => Ok(()),
        }
    }
}

fn describe(
    db: &Connection,
    community: &str,
    activity: Uuid,
    described: &Described,
) -> Result<(), ApplyError> {
    let teams = serde_json::to_string(&described.teams)?;
    let visibility = match described.visibility {
        Visibility::Public => "PUBLIC",
        Visibility::Team => "TEAM",
        Visibility::Staff => "STAFF",
    };
    db.prepare_cached(
        "UPDATE activities SET title = ?3, title_en = ?4, visibility = ?5, teams = ?6 \
         WHERE community = ?1 AND activity = ?2",
    )?
    .execute(params![
        community,
        activity,
        described.title,
        described.title_en,
        visibility,
        teams
    ])?;
    Ok(())
}

/// An occurrence's name, zone and public.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The occurrence.
    pub key: OccurrenceKey,
    /// The activity's name in links.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Its title in English, which may be empty.
    pub title_en: String,
    /// The zone of its wall-clock times.
    pub zone: Tz,
    /// Who may come.
    pub visibility: Visibility,
    /// Whose own it is.
    pub teams: Vec<Uuid>,
}

impl Named {
    /// Its title in a language, as far as it has one.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::En if !self.title_en.is_empty() => &self.title_en,
            _ => &self.title,
        }
    }
}

const NAMED: &str = "SELECT a.community, a.activity, o.recurrence_id, a.slug, \
    coalesce(o.title, a.title), coalesce(o.title_en, a.title_en), o.zone, a.visibility, a.teams \
    FROM activities a JOIN activities_occurrence o USING (community, activity)";

fn named(row: &Row<'_>) -> rusqlite::Result<Named> {
    let (community, recurrence_id): (String, String) = (row.get(0)?, row.get(2)?);
    let zone: String = row.get(6)?;
    let visibility: String = row.get(7)?;
    let teams: serde_json::Value = row.get(8)?;
    Ok(Named {
        key: OccurrenceKey::new(&community, row.get(1)?, &recurrence_id),
        slug: row.get(3)?,
        title: row.get(4)?,
        title_en: row.get(5)?,
        zone: zone.parse().unwrap_or(Tz::UTC),
        visibility: match visibility.as_str() {
            "TEAM" => Visibility::Team,
            "STAFF" => Visibility::Staff,
            _ => Visibility::Public,
        },
        teams: serde_json::from_value(teams).unwrap_or_default(),
    })
}

/// The occurrence that a link names: by the activity's slug, or by its uuid.
pub fn by_link(
    db: &Connection,
    community: &str,
    activity: &str,
    recurrence_id: &str,
) -> rusqlite::Result<Option<Named>> {
    let id = Uuid::try_parse(activity).ok();
    db.prepare_cached(&format!(
        "{NAMED} WHERE a.community = ?1 AND (a.slug = ?2 OR a.activity = ?3) \
         AND o.recurrence_id = ?4"
    ))?
    .query_row(params![community, activity, id, recurrence_id], named)
    .optional()
}

/// The name of an occurrence.
pub fn by_key(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Option<Named>> {
    db.prepare_cached(&format!(
        "{NAMED} WHERE a.community = ?1 AND a.activity = ?2 AND o.recurrence_id = ?3"
    ))?
    .query_row(params![key.community, key.activity, key.recurrence_id], named)
    .optional()
}
