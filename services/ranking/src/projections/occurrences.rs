//! `occurrences`: what each occurrence has earned and counts for, under every place that hosts it and
//! every team whose own it is.

use chrono::NaiveDate;
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};
use uuid::Uuid;

use crate::{
    contract::{Credit, Header, Sum, TallyEvent, heard::Heard},
    values::OccurrenceKey,
};

/// The projection.
pub enum Occurrences {}

impl Projection<Heard> for Occurrences {
    const NAME: &'static str = "occurrences";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE occurrences (
            activity BLOB NOT NULL, recurrence_id TEXT NOT NULL, community TEXT NOT NULL,
            points INTEGER NOT NULL DEFAULT 0, times INTEGER NOT NULL DEFAULT 0,
            minutes INTEGER NOT NULL DEFAULT 0,
            held INTEGER NOT NULL DEFAULT 0, attended INTEGER NOT NULL DEFAULT 0,
            activity_minutes INTEGER NOT NULL DEFAULT 0, reported INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (activity, recurrence_id, community)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE occurrences_of (
            of TEXT NOT NULL, on_day TEXT NOT NULL,
            activity BLOB NOT NULL, recurrence_id TEXT NOT NULL, community TEXT NOT NULL,
            PRIMARY KEY (of, on_day, activity, recurrence_id, community)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        let Heard::Tally(key, event) = &fact.event else { return Ok(()) };
        match event {
            TallyEvent::TallyOpened(header) => opened(db, key, header)?,
            TallyEvent::Credited(credit) => add(db, key, credit, 1)?,
            TallyEvent::Reversed(credit) => add(db, key, credit, -1)?,
            TallyEvent::Summed(sum) => summed(db, key, sum)?,
            TallyEvent::Voided {} => {
                db.prepare_cached(
                    "UPDATE occurrences SET held = 0, attended = 0, activity_minutes = 0, \
                     reported = 0 WHERE activity = ? AND recurrence_id = ? AND community = ?",
                )?
                .execute(params![
                    key.activity,
                    key.recurrence_id,
                    key.community
                ])?;
            }
        }
        Ok(())
    }
}

fn opened(db: &Connection, key: &OccurrenceKey, header: &Header) -> rusqlite::Result<()> {
    let OccurrenceKey { community, activity, recurrence_id } = key;
    db.prepare_cached(
        "INSERT INTO occurrences (activity, recurrence_id, community) VALUES (?, ?, ?) \
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![activity, recurrence_id, community])?;
    // Moved to another day, it is no more of the one before.
    db.prepare_cached(
        "DELETE FROM occurrences_of WHERE activity = ? AND recurrence_id = ? AND community = ?",
    )?
    .execute(params![activity, recurrence_id, community])?;
    let teams = header.teams.iter().map(Uuid::to_string);
    for of in header.hosts.iter().cloned().chain(teams) {
        db.prepare_cached("INSERT OR IGNORE INTO occurrences_of VALUES (?, ?, ?, ?, ?)")?
            .execute(params![of, header.on, activity, recurrence_id, community])?;
    }
    Ok(())
}

fn add(db: &Connection, key: &OccurrenceKey, credit: &Credit, sign: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE occurrences SET points = points + ?4, times = times + ?5, minutes = minutes + ?6 \
         WHERE activity = ?1 AND recurrence_id = ?2 AND community = ?3",
    )?
    .execute(params![
        key.activity,
        key.recurrence_id,
        key.community,
        sign * i64::from(credit.points),
        sign * i64::from(credit.times),
        sign * i64::from(credit.minutes)
    ])?;
    Ok(())
}

fn summed(db: &Connection, key: &OccurrenceKey, sum: &Sum) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE occurrences SET held = 1, attended = ?4, activity_minutes = ?5, reported = ?6 \
         WHERE activity = ?1 AND recurrence_id = ?2 AND community = ?3",
    )?
    .execute(params![
        key.activity,
        key.recurrence_id,
        key.community,
        sum.attended,
        sum.activity_minutes,
        sum.reported
    ])?;
    Ok(())
}

/// What occurrences have earned and count for together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// How many are held.
    pub occurrences: i64,
    /// Attendances: of each the larger of headcount and names.
    pub attended: i64,
    /// Points, as soon as they are credited.
    pub points: i64,
    /// Minutes of service, as soon as they are credited.
    pub minutes: i64,
    /// Minutes from start to end of those held.
    pub activity_minutes: i64,
    /// Of how many nobody has said how many came.
    pub unreported: i64,
}

impl std::ops::AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        self.occurrences += other.occurrences;
        self.attended += other.attended;
        self.points += other.points;
        self.minutes += other.minutes;
        self.activity_minutes += other.activity_minutes;
        self.unreported += other.unreported;
    }
}

/// What the occurrences of some hosts, or of one team, have on each day that has any, both ends
/// included; one that several of them host counts once.
pub fn by_day<S: AsRef<str>>(
    db: &Connection,
    of: &[S],
    (first, last): (NaiveDate, NaiveDate),
) -> rusqlite::Result<Vec<(NaiveDate, Total)>> {
    let marks = vec!["?"; of.len()].join(", ");
    // Before it is over, whoever is checked in counts already.
    let sql = format!(
        "SELECT on_day, sum(held), sum(max(attended, times)), sum(points), sum(minutes), \
         sum(activity_minutes), sum(held AND NOT reported) FROM (\
         SELECT DISTINCT on_day, activity, recurrence_id, community FROM occurrences_of \
         WHERE of IN ({marks}) AND on_day BETWEEN ? AND ?) \
         JOIN occurrences USING (activity, recurrence_id, community) GROUP BY on_day"
    );
    let days = [first, last].map(|day| Value::from(day.to_string()));
    let of = of.iter().map(|of| Value::from(of.as_ref().to_owned()));
    let read = |row: &Row<'_>| {
        let total = Total {
            occurrences: row.get(1)?,
            attended: row.get(2)?,
            points: row.get(3)?,
            minutes: row.get(4)?,
            activity_minutes: row.get(5)?,
            unreported: row.get(6)?,
        };
        Ok((row.get(0)?, total))
    };
    db.prepare_cached(&sql)?.query_map(params_from_iter(of.chain(days)), read)?.collect()
}

/// The same for all days together.
pub fn total<S: AsRef<str>>(
    db: &Connection,
    of: &[S],
    days: (NaiveDate, NaiveDate),
) -> rusqlite::Result<Total> {
    let mut sum = Total::default();
    by_day(db, of, days)?.into_iter().for_each(|(_, total)| sum += total);
    Ok(sum)
}

/// An occurrence in a list of what a place or team has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of {
    /// The occurrence.
    pub key: OccurrenceKey,
    /// Its date.
    pub on: NaiveDate,
    /// What it has.
    pub total: Total,
}

/// The occurrences of some hosts, or of one team, in order; each once.
pub fn list<S: AsRef<str>>(
    db: &Connection,
    of: &[S],
    (first, last): (NaiveDate, NaiveDate),
) -> rusqlite::Result<Vec<Of>> {
    let marks = vec!["?"; of.len()].join(", ");
    let sql = format!(
        "SELECT DISTINCT on_day, activity, recurrence_id, community, held, \
         max(attended, times), points, minutes, activity_minutes, held AND NOT reported \
         FROM occurrences_of JOIN occurrences USING (activity, recurrence_id, community) \
         WHERE of IN ({marks}) AND on_day BETWEEN ? AND ? ORDER BY on_day, activity, recurrence_id"
    );
    let days = [first, last].map(|day| Value::from(day.to_string()));
    let of = of.iter().map(|of| Value::from(of.as_ref().to_owned()));
    let read = |row: &Row<'_>| {
        let (recurrence_id, community): (String, String) = (row.get(2)?, row.get(3)?);
        let total = Total {
            occurrences: row.get(4)?,
            attended: row.get(5)?,
            points: row.get(6)?,
            minutes: row.get(7)?,
            activity_minutes: row.get(8)?,
            unreported: row.get(9)?,
        };
        Ok(Of {
            key: OccurrenceKey::new(&community, row.get(1)?, &recurrence_id),
            on: row.get(0)?,
            total,
        })
    };
    db.prepare_cached(&sql)?.query_map(params_from_iter(of.chain(days)), read)?.collect()
}
