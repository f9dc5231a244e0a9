//! The newest holiday paper of each year.

use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDate};
use linli_platform::{
    ids::Position,
    projection::{ApplyError, Fact, Projection},
};
use rusqlite::{Connection, params};

use super::{instant, json};
use crate::{
    contract::{Heard, HolidayPaper, HolidaysEvent as Event},
    values::agenda::Papers,
};

/// The projection.
pub enum Holidays {}

impl Projection<Heard> for Holidays {
    const NAME: &'static str = "holidays";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE holidays (
            year INTEGER PRIMARY KEY, paper TEXT NOT NULL, adopted_at INTEGER NOT NULL,
            position INTEGER NOT NULL
        ) STRICT;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Holidays(Event::HolidaysAdopted(paper)) = &fact.event else { return Ok(()) };
        let (text, at) = (serde_json::to_string(paper)?, fact.at.timestamp_micros());
        db.prepare_cached("INSERT OR REPLACE INTO holidays VALUES (?, ?, ?, ?)")?
            .execute(params![paper.year, text, at, fact.position.0])?;
        Ok(())
    }
}

/// The papers that can concern a window: those of its years and their neighbours.
pub fn papers(db: &Connection, window: &RangeInclusive<NaiveDate>) -> rusqlite::Result<Papers> {
    let (first, last) = (window.start().year() - 1, window.end().year() + 1);
    let mut found = db.prepare_cached(
        "SELECT year, paper, adopted_at, position FROM holidays WHERE year BETWEEN ? AND ?",
    )?;
    let rows = found.query_map([first, last], |row| {
        let paper: HolidayPaper = json(row, 1)?;
        Ok((row.get(0)?, paper, (instant(row, 2)?, Position(row.get(3)?))))
    })?;
    let mut papers = Papers::default();
    for row in rows {
        let (year, paper, adopted) = row?;
        // The decider let no paper pass that can't be adopted.
        if papers.table.adopt(paper.to_almanac()).is_ok() {
            papers.adopted.insert(year, adopted);
        }
    }
    Ok(papers)
}

/// All adopted papers, the newest year first, for the desk.
pub fn all(db: &Connection) -> rusqlite::Result<Vec<HolidayPaper>> {
    let mut found = db.prepare_cached("SELECT paper FROM holidays ORDER BY year DESC")?;
    found.query_map([], |row| json(row, 0))?.collect()
}
