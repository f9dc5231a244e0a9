//! `covers`: days on which nobody stands in at a standing duty, for the mail that says so.

use chrono::NaiveDate;
use linli_platform::{
    projection::{ApplyError, Fact, Projection},
    web::Language,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    contract::heard::{Heard, StandingEvent},
    values::cover_source,
};

/// The projection.
pub enum Covers {}

impl Projection<Heard> for Covers {
    const NAME: &'static str = "covers";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE covers_duty (
            duty TEXT PRIMARY KEY, name TEXT NOT NULL, name_en TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE covers (
            source TEXT PRIMARY KEY, duty TEXT NOT NULL, from_on TEXT NOT NULL,
            until_on TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Standing(event) = &fact.event else { return Ok(()) };
        let duty = fact.source.stream.id();
        match event {
            StandingEvent::StandingDutySet { name, name_en, .. } => {
                let name_en = if name_en.is_empty() { name } else { name_en };
                db.prepare_cached("INSERT OR REPLACE INTO covers_duty VALUES (?, ?, ?)")?
                    .execute([duty, name, name_en])?;
            }
            StandingEvent::CoverMissing { resident, from_on, until_on } => {
                let source = cover_source(duty, *resident, *from_on);
                db.prepare_cached("INSERT OR REPLACE INTO covers VALUES (?, ?, ?, ?)")?
                    .execute(params![source, duty, from_on, until_on])?;
            }
        }
        Ok(())
    }
}

/// Some days on which nobody stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The duty's name.
    pub duty: String,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
}

/// The days that a source tells of.
pub fn one(db: &Connection, source: &str, language: Language) -> rusqlite::Result<Option<Cover>> {
    let name = if language == Language::En { "name_en" } else { "name" };
    let sql = format!(
        "SELECT {name}, from_on, until_on FROM covers JOIN covers_duty USING (duty) \
         WHERE source = ?"
    );
    db.prepare_cached(&sql)?
        .query_row([source], |row| {
            Ok(Cover { duty: row.get(0)?, from_on: row.get(1)?, until_on: row.get(2)? })
        })
        .optional()
}
