//! `bulletins`: all bulletins as they came out, what they said of each line, corrections included,
//! and when each place has them.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{
    contract::{BulletinEvent, heard::Heard},
    values::{Content, Measures, Schedule, Series, StatPeriod},
};

mod compose;

pub use compose::{ComposeError, Draft, compose, named_lines};

/// The projection.
pub enum Bulletins {}

impl Projection<Heard> for Bulletins {
    const NAME: &'static str = "bulletin_list";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE bulletin_list (
            place TEXT NOT NULL, series TEXT NOT NULL, number INTEGER NOT NULL,
            period TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL,
            cut_off TEXT NOT NULL, checksum TEXT NOT NULL, content TEXT NOT NULL,
            seq INTEGER NOT NULL, PRIMARY KEY (place, series, number),
            UNIQUE (place, series, period)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE bulletin_list_parts (
            place TEXT NOT NULL, series TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL,
            PRIMARY KEY (place, series, part)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE bulletin_list_told (
            place TEXT NOT NULL, period TEXT NOT NULL, line TEXT NOT NULL, measure TEXT NOT NULL,
            value INTEGER NOT NULL, PRIMARY KEY (place, period, line, measure)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE bulletin_list_schedules (place TEXT PRIMARY KEY, schedule TEXT NOT NULL)
        STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Schedule(place, event) => {
                let mut schedule = schedule(db, place)?;
                schedule.evolve(event);
                let text = serde_json::to_string(&schedule)?;
                db.prepare_cached("INSERT OR REPLACE INTO bulletin_list_schedules VALUES (?, ?)")?
                    .execute(params![place, text])?;
            }
            Heard::Bulletin {
                place,
                event: BulletinEvent::BulletinPart { period, part, text },
            } => {
                if *part == 1 {
                    drop_parts(db, place, period.series())?;
                }
                db.prepare_cached(
                    "INSERT OR REPLACE INTO bulletin_list_parts VALUES (?, ?, ?, ?)",
                )?
                .execute(params![place, period.series().code(), part, text])?;
            }
            Heard::Bulletin { place, event } => published(db, fact, place, event)?,
            _ => {}
        }
        Ok(())
    }
}

fn drop_parts(db: &Connection, place: &str, series: Series) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM bulletin_list_parts WHERE place = ? AND series = ?")?
        .execute(params![place, series.code()])?;
    Ok(())
}

fn published(
    db: &Connection,
    fact: &Fact<Heard>,
    place: &str,
    event: &BulletinEvent,
) -> Result<(), ApplyError> {
    let BulletinEvent::BulletinPublished {
        number,
        period,
        from_on,
        until_on,
        cut_off,
        content,
        parts,
        checksum,
    } = event
    else {
        return Ok(());
    };
    let series = period.series();
    let content = if *parts == 0 { content.clone() } else { together(db, place, series)? };
    drop_parts(db, place, series)?;
    let read: Content = serde_json::from_str(&content)?;
    db.prepare_cached("INSERT INTO bulletin_list VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            place,
            series.code(),
            number,
            period.to_string(),
            from_on,
            until_on,
            cut_off.to_rfc3339_opts(SecondsFormat::Secs, true),
            checksum,
            content,
            fact.position.0,
        ],
    )?;
    let told = |period: StatPeriod, line: &str, measure: &str, value: Option<i64>| match value {
        Some(value) => db
            .prepare_cached("INSERT OR REPLACE INTO bulletin_list_told VALUES (?, ?, ?, ?, ?)")?
            .execute(params![place, period.to_string(), line, measure, value]),
        None => db
            .prepare_cached(
                "DELETE FROM bulletin_list_told
                 WHERE place = ? AND period = ? AND line = ? AND measure = ?",
            )?
            .execute(params![place, period.to_string(), line, measure]),
    };
    let groups = read.lines.iter().map(|group| (&group.line, &group.measures));
    let listed = read.occurrences.iter().map(|listed| (&listed.line, &listed.measures));
    for (line, measures) in groups.chain(listed) {
        for (measure, value) in measures {
            told(*period, line, measure.code(), Some(*value))?;
        }
    }
    for it in &read.corrections {
        told(it.period, &it.line, it.measure.code(), it.new)?;
    }
    Ok(())
}

fn together(db: &Connection, place: &str, series: Series) -> rusqlite::Result<String> {
    let parts: Vec<String> = db
        .prepare_cached(
            "SELECT text FROM bulletin_list_parts WHERE place = ? AND series = ? ORDER BY part",
        )?
        .query_map(params![place, series.code()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(parts.concat())
}

/// When a place has its bulletins.
pub fn schedule(db: &Connection, place: &str) -> rusqlite::Result<Schedule> {
    let text: Option<String> = db
        .prepare_cached("SELECT schedule FROM bulletin_list_schedules WHERE place = ?")?
        .query_row([place], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// A bulletin as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of which series.
    pub series: Series,
    /// Which of the series.
    pub number: u32,
    /// For which period.
    pub period: StatPeriod,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
    /// When the figures were taken.
    pub cut_off: DateTime<Utc>,
    /// SHA-256 of its bytes.
    pub checksum: String,
    pub(super) seq: u64,
}

const COLUMNS: &str = "series, number, period, from_on, until_on, cut_off, checksum, seq";

fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let wrong = |n| {
        let why = "not as it was written".into();
        rusqlite::Error::FromSqlConversionFailure(n, rusqlite::types::Type::Text, why)
    };
    let text = |n: usize| row.get::<_, String>(n);
    Ok(Entry {
        series: Series::of(&text(0)?).ok_or_else(|| wrong(0))?,
        number: row.get(1)?,
        period: text(2)?.parse().map_err(|_| wrong(2))?,
        from_on: row.get(3)?,
        until_on: row.get(4)?,
        cut_off: text(5)?.parse().map_err(|_| wrong(5))?,
        checksum: row.get(6)?,
        seq: row.get(7)?,
    })
}

/// All of a place, the newest first.
pub fn list(db: &Connection, place: &str) -> rusqlite::Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bulletin_list WHERE place = ? ORDER BY until_on DESC, series, number"
    );
    db.prepare_cached(&sql)?.query_map([place], read)?.collect()
}

/// Those of one series, the first first.
fn series(db: &Connection, place: &str, series: Series) -> rusqlite::Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bulletin_list WHERE place = ? AND series = ? ORDER BY number"
    );
    db.prepare_cached(&sql)?.query_map(params![place, series.code()], read)?.collect()
}

/// A bulletin and its bytes.
pub fn one(
    db: &Connection,
    place: &str,
    series: Series,
    number: u32,
) -> rusqlite::Result<Option<(Entry, String)>> {
    let sql = format!(
        "SELECT {COLUMNS}, content FROM bulletin_list
         WHERE place = ? AND series = ? AND number = ?"
    );
    db.prepare_cached(&sql)?
        .query_row(params![place, series.code(), number], |row| Ok((read(row)?, row.get(8)?)))
        .optional()
}

/// The bulletin of a period.
pub fn of_period(
    db: &Connection,
    place: &str,
    period: StatPeriod,
) -> rusqlite::Result<Option<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bulletin_list WHERE place = ? AND series = ? AND period = ?"
    );
    let named = params![place, period.series().code(), period.to_string()];
    db.prepare_cached(&sql)?.query_row(named, read).optional()
}

/// What has been said of a period so far, by line.
fn told(
    db: &Connection,
    place: &str,
    period: StatPeriod,
) -> rusqlite::Result<std::collections::BTreeMap<String, Measures>> {
    let mut lines = std::collections::BTreeMap::<String, Measures>::new();
    let mut statement = db.prepare_cached(
        "SELECT line, measure, value FROM bulletin_list_told WHERE place = ? AND period = ?",
    )?;
    let mut rows = statement.query(params![place, period.to_string()])?;
    while let Some(row) = rows.next()? {
        if let Some(measure) = crate::values::Count::of(&row.get::<_, String>(1)?) {
            lines.entry(row.get(0)?).or_default().insert(measure, row.get(2)?);
        }
    }
    Ok(lines)
}
