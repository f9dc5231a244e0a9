//! `activities`: what activities and their occurrences are called, and whether all may see them.

use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    web::Language,
};
use rusqlite::{Connection, OptionalExtension as _, params};
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
            title TEXT NOT NULL, title_en TEXT NOT NULL, public INTEGER NOT NULL,
            PRIMARY KEY (community, activity)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE activities_own (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            title TEXT, title_en TEXT, PRIMARY KEY (community, activity, recurrence_id)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Calendar { community, activity, event } = &fact.event else { return Ok(()) };
        match event {
            CalendarEvent::ActivityDrafted { slug, description } => {
                db.prepare_cached("INSERT INTO activities VALUES (?, ?, ?, '', '', 0)")?
                    .execute(params![community, activity, slug])?;
                describe(db, community, *activity, description)?;
            }
            CalendarEvent::ActivityDescribed { description } => {
                describe(db, community, *activity, description)?;
            }
            CalendarEvent::OccurrenceDescribed { recurrence_id, title, title_en, .. } => {
                db.prepare_cached("INSERT OR REPLACE INTO activities_own VALUES (?, ?, ?, ?, ?)")?
                    .execute(params![community, activity, recurrence_id, title, title_en])?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn describe(
    db: &Connection,
    community: &str,
    activity: Uuid,
    described: &Described,
) -> Result<(), ApplyError> {
    let Described { title, title_en, visibility, .. } = described;
    db.prepare_cached(
        "UPDATE activities SET title = ?3, title_en = ?4, public = ?5 \
         WHERE community = ?1 AND activity = ?2",
    )?
    .execute(params![
        community,
        activity,
        title,
        title_en,
        *visibility == Visibility::Public
    ])?;
    Ok(())
}

/// What an occurrence is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The activity's name in links.
    pub slug: String,
    title: String,
    title_en: String,
    /// Whether all may see it; else its title is for those who may.
    pub public: bool,
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

/// The name of an occurrence.
pub fn named(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Option<Named>> {
    db.prepare_cached(
        "SELECT slug, coalesce(o.title, a.title), coalesce(o.title_en, a.title_en), public \
         FROM activities a LEFT JOIN activities_own o ON o.community = a.community \
         AND o.activity = a.activity AND o.recurrence_id = ?3 \
         WHERE a.community = ?1 AND a.activity = ?2",
    )?
    .query_row(params![key.community, key.activity, key.recurrence_id], |row| {
        Ok(Named {
            slug: row.get(0)?,
            title: row.get(1)?,
            title_en: row.get(2)?,
            public: row.get(3)?,
        })
    })
    .optional()
}
