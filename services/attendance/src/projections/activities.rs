//! `activities`: which activity a link names, what it and its occurrences are called, and who may
//! come.

use chrono_tz::Tz;
use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    web::Language,
};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use uuid::Uuid;

use crate::{
    contract::heard::{CalendarEvent, Described, Heard, VenueEvent, Visibility},
    values::OccurrenceKey,
};

/// The projection.
pub enum Activities {}

impl Projection<Heard> for Activities {
    const NAME: &'static str = "activities";
    const VERSION: u32 = 2;
    const TABLES: &'static str = "
        CREATE TABLE activities (
            community TEXT NOT NULL, activity BLOB NOT NULL, slug TEXT NOT NULL,
            title TEXT NOT NULL, title_en TEXT NOT NULL,
            text TEXT NOT NULL DEFAULT '', text_en TEXT NOT NULL DEFAULT '',
            visibility TEXT NOT NULL, teams TEXT NOT NULL,
            PRIMARY KEY (community, activity)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX activities_by_slug ON activities (community, slug);
        CREATE TABLE activities_occurrence (
            community TEXT NOT NULL, activity BLOB NOT NULL, recurrence_id TEXT NOT NULL,
            zone TEXT NOT NULL, title TEXT, title_en TEXT, text TEXT,
            venue TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (community, activity, recurrence_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE activities_venue (
            venue TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Calendar { community, activity, event } => {
                happened(db, community, *activity, event)
            }
            Heard::Venue(venue, event) => {
                let (VenueEvent::VenueAdded { description }
                | VenueEvent::VenueChanged { description }) = event;
                db.prepare_cached("INSERT OR REPLACE INTO activities_venue VALUES (?, ?, ?)")?
                    .execute(params![venue.to_string(), description.name, description.name_en])?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn happened(
    db: &Connection,
    community: &str,
    activity: Uuid,
    event: &CalendarEvent,
) -> Result<(), ApplyError> {
    let of = |sql: &str, values: &[&dyn ToSql]| -> Result<(), ApplyError> {
        let key: [&dyn ToSql; 2] = [&community, &activity];
        db.prepare_cached(sql)?.execute([&key[..], values].concat().as_slice())?;
        Ok(())
    };
    match event {
        CalendarEvent::ActivityDrafted { slug, description } => {
            let insert = "INSERT INTO activities (community, activity, slug, title, title_en, \
                          visibility, teams) VALUES (?, ?, ?, '', '', '', '')";
            of(insert, params![slug])?;
            describe(db, community, activity, description)
        }
        CalendarEvent::ActivityDescribed { description } => {
            describe(db, community, activity, description)
        }
        CalendarEvent::OccurrenceOpened { recurrence_id, zone, venue, .. } => of(
            "INSERT INTO activities_occurrence (community, activity, recurrence_id, zone, venue) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET zone = ?4, venue = ?5",
            params![recurrence_id, zone, venue],
        ),
        CalendarEvent::OccurrenceMoved { recurrence_id, zone, venue, reason, .. } => of(
            "UPDATE activities_occurrence SET zone = ?4, venue = ?5, reason = ?6 \
             WHERE community = ?1 AND activity = ?2 AND recurrence_id = ?3",
            params![recurrence_id, zone, venue, reason],
        ),
        CalendarEvent::OccurrenceCancelled { recurrence_id, reason, .. } => of(
            "UPDATE activities_occurrence SET reason = ?4 \
             WHERE community = ?1 AND activity = ?2 AND recurrence_id = ?3",
            params![recurrence_id, reason],
        ),
        // Its words may come before it is opened, and are all its own words.
        CalendarEvent::OccurrenceDescribed { recurrence_id, title, title_en, text, .. } => of(
            "INSERT INTO activities_occurrence \
             (community, activity, recurrence_id, zone, venue, title, title_en, text) \
             VALUES (?1, ?2, ?3, '', '', ?4, ?5, ?6) \
             ON CONFLICT DO UPDATE SET title = ?4, title_en = ?5, text = ?6",
            params![recurrence_id, title, title_en, text],
        ),
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
        "UPDATE activities SET title = ?3, title_en = ?4, visibility = ?5, teams = ?6, \
         text = ?7, text_en = ?8 \
         WHERE community = ?1 AND activity = ?2",
    )?
    .execute(params![
        community,
        activity,
        described.title,
        described.title_en,
        visibility,
        teams,
        described.text,
        described.text_en
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
    /// What its notice says.
    pub text: String,
    /// What it says in English, which may be empty.
    pub text_en: String,
    /// The name of its venue, which may be empty.
    pub venue: String,
    /// The venue's name in English, which may be empty.
    pub venue_en: String,
    /// Why it was moved or cancelled, as published; may be empty.
    pub reason: String,
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
        either(language, &self.title, &self.title_en)
    }

    /// What its notice says in a language, as far as it does.
    pub fn text(&self, language: Language) -> &str {
        either(language, &self.text, &self.text_en)
    }

    /// Its venue in a language, as far as that has a name in it.
    pub fn venue(&self, language: Language) -> &str {
        either(language, &self.venue, &self.venue_en)
    }
}

/// The English words where they are asked for and there are any.
pub fn either<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    if language == Language::En && !en.is_empty() { en } else { zh }
}

const NAMED: &str = "SELECT a.community, a.activity, o.recurrence_id, a.slug, \
    coalesce(o.title, a.title), coalesce(o.title_en, a.title_en), o.zone, a.visibility, a.teams, \
    coalesce(o.text, a.text), a.text_en, coalesce(v.name, ''), coalesce(v.name_en, ''), o.reason \
    FROM activities a JOIN activities_occurrence o USING (community, activity) \
    LEFT JOIN activities_venue v USING (venue)";

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
        text: row.get(9)?,
        text_en: row.get(10)?,
        venue: row.get(11)?,
        venue_en: row.get(12)?,
        reason: row.get(13)?,
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
         AND o.recurrence_id = ?4 AND o.zone <> ''"
    ))?
    .query_row(params![community, activity, id, recurrence_id], named)
    .optional()
}

/// The name of an occurrence.
pub fn by_key(db: &Connection, key: &OccurrenceKey) -> rusqlite::Result<Option<Named>> {
    db.prepare_cached(&format!(
        "{NAMED} WHERE a.community = ?1 AND a.activity = ?2 AND o.recurrence_id = ?3 \
         AND o.zone <> ''"
    ))?
    .query_row(params![key.community, key.activity, key.recurrence_id], named)
    .optional()
}
