//! `boards`: sums of what the tallies credit, kept up with each credit: of people by week, month and
//! year, of buildings and teams by day and month. All else is a sum of a few of these rows.

use chrono::NaiveDate;
use linli_platform::projection::{ApplyError, Fact, Projection};
use rusqlite::{Connection, Row, ToSql, params};
use uuid::Uuid;

use crate::{
    contract::{Credit, TallyEvent, heard::Heard},
    values::{Period, Span},
};

/// The projection.
pub enum Boards {}

impl Projection<Heard> for Boards {
    const NAME: &'static str = "boards";
    const VERSION: u32 = 1;
    const TABLES: &'static str = "
        CREATE TABLE boards_person (
            period INTEGER NOT NULL, community TEXT NOT NULL, resident BLOB NOT NULL,
            points INTEGER NOT NULL, times INTEGER NOT NULL, minutes INTEGER NOT NULL,
            PRIMARY KEY (period, community, resident)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE boards_building (
            community TEXT NOT NULL, period INTEGER NOT NULL, building TEXT NOT NULL,
            points INTEGER NOT NULL, times INTEGER NOT NULL, minutes INTEGER NOT NULL,
            PRIMARY KEY (community, period, building)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE boards_team (
            team BLOB NOT NULL, period INTEGER NOT NULL,
            points INTEGER NOT NULL, times INTEGER NOT NULL, minutes INTEGER NOT NULL,
            PRIMARY KEY (team, period)
        ) STRICT, WITHOUT ROWID;";

    fn apply(db: &Connection, fact: &Fact<Heard>) -> Result<(), ApplyError> {
        match &fact.event {
            Heard::Tally(_, TallyEvent::Credited(credit)) => Ok(add(db, credit, 1)?),
            Heard::Tally(_, TallyEvent::Reversed(credit)) => Ok(add(db, credit, -1)?),
            _ => Ok(()),
        }
    }
}

/// The number of a day, as rows of buildings and teams have it; months stand far below.
fn day_row(day: NaiveDate) -> i64 {
    use chrono::Datelike as _;
    10_000_000 + i64::from(day.num_days_from_ce())
}

fn add(db: &Connection, credit: &Credit, sign: i64) -> rusqlite::Result<()> {
    let Credit { community, building, on, resident, .. } = credit;
    let points = sign * i64::from(credit.points);
    let times = sign * i64::from(credit.times);
    let minutes = sign * i64::from(credit.minutes);
    let periods = Span::ALL.map(|span| Period::of(span, *on).row());
    let mut person = db.prepare_cached(
        "INSERT INTO boards_person VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE \
         SET points = points + ?4, times = times + ?5, minutes = minutes + ?6",
    )?;
    for period in periods {
        person.execute(params![period, community, resident, points, times, minutes])?;
    }
    let days = [day_row(*on), Period::of(Span::Month, *on).row()];
    let mut place = db.prepare_cached(
        "INSERT INTO boards_building VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE \
         SET points = points + ?4, times = times + ?5, minutes = minutes + ?6",
    )?;
    for period in days {
        place.execute(params![community, period, building, points, times, minutes])?;
    }
    for team in &credit.teams {
        let mut of_team = db.prepare_cached(
            "INSERT INTO boards_team VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE \
             SET points = points + ?3, times = times + ?4, minutes = minutes + ?5",
        )?;
        for period in days {
            of_team.execute(params![team, period, points, times, minutes])?;
        }
    }
    Ok(())
}

/// The rows of days or months that make a period up.
fn rows_of(period: Period) -> (i64, i64) {
    let month = |day| Period::of(Span::Month, day).row();
    match period.span {
        Span::Week => (day_row(period.first), day_row(period.last())),
        Span::Month | Span::Year => (month(period.first), month(period.last())),
    }
}

/// What somebody or some place has, by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Has {
    /// Points.
    pub points: i64,
    /// Attendances by name.
    pub times: i64,
    /// Minutes of service.
    pub minutes: i64,
}

impl std::ops::AddAssign for Has {
    fn add_assign(&mut self, other: Self) {
        self.points += other.points;
        self.times += other.times;
        self.minutes += other.minutes;
    }
}

fn has(row: &Row<'_>) -> rusqlite::Result<Has> {
    Ok(Has { points: row.get(1)?, times: row.get(2)?, minutes: row.get(3)? })
}

/// What each building of a community has in a period; people without one under ''.
pub fn by_building(
    db: &Connection,
    community: &str,
    period: Period,
) -> rusqlite::Result<Vec<(String, Has)>> {
    let (first, last) = rows_of(period);
    db.prepare_cached(
        "SELECT building, sum(points), sum(times), sum(minutes) FROM boards_building \
         WHERE community = ? AND period BETWEEN ? AND ? GROUP BY building",
    )?
    .query_map(params![community, first, last], |row| Ok((row.get(0)?, has(row)?)))?
    .collect()
}

/// What each building of a community has on each day of a period.
pub fn by_day(
    db: &Connection,
    community: &str,
    period: Period,
) -> rusqlite::Result<Vec<(String, NaiveDate, Has)>> {
    between(db, community, (period.first, period.last()))
}

/// The same for any days, both ends included.
pub fn between(
    db: &Connection,
    community: &str,
    (first, last): (NaiveDate, NaiveDate),
) -> rusqlite::Result<Vec<(String, NaiveDate, Has)>> {
    let (first, last) = (day_row(first), day_row(last));
    db.prepare_cached(
        "SELECT building, points, times, minutes, period FROM boards_building \
         WHERE community = ? AND period BETWEEN ? AND ?",
    )?
    .query_map(params![community, first, last], |row| {
        let day = i32::try_from(row.get::<_, i64>(4)? - 10_000_000).unwrap_or_default();
        let day = NaiveDate::from_num_days_from_ce_opt(day).unwrap_or_default();
        Ok((row.get(0)?, day, has(row)?))
    })?
    .collect()
}

fn sum(db: &Connection, sql: &str, of: &dyn ToSql, period: Period) -> rusqlite::Result<Has> {
    let (first, last) = rows_of(period);
    db.prepare_cached(sql)?.query_row(params![of, first, last], has)
}

/// What the people of a community have together in a period.
pub fn of_community(db: &Connection, community: &str, period: Period) -> rusqlite::Result<Has> {
    let sql = "SELECT 0, coalesce(sum(points), 0), coalesce(sum(times), 0), \
               coalesce(sum(minutes), 0) FROM boards_building \
               WHERE community = ? AND period BETWEEN ? AND ?";
    sum(db, sql, &community, period)
}

/// What the members of a team have together in a period.
pub fn of_team(db: &Connection, team: Uuid, period: Period) -> rusqlite::Result<Has> {
    let sql = "SELECT 0, coalesce(sum(points), 0), coalesce(sum(times), 0), \
               coalesce(sum(minutes), 0) FROM boards_team \
               WHERE team = ? AND period BETWEEN ? AND ?";
    sum(db, sql, &team, period)
}

/// By what people are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Points.
    Points,
    /// Attendances.
    Times,
    /// Minutes of service.
    Minutes,
}

/// The people of a community who have most in a period, with those who tie with the last of them,
/// but no more than twice as many; only those who have something.
pub fn best(
    db: &Connection,
    community: &str,
    period: Period,
    by: By,
    most: u32,
) -> rusqlite::Result<Vec<(Uuid, i64)>> {
    let column = match by {
        By::Points => "points",
        By::Times => "times",
        By::Minutes => "minutes",
    };
    let sql = format!(
        "SELECT resident, {column} FROM boards_person \
         WHERE period = ?1 AND community = ?2 AND {column} > 0 \
         ORDER BY {column} DESC, resident LIMIT ?3 * 2"
    );
    let mut found: Vec<(Uuid, i64)> = db
        .prepare_cached(&sql)?
        .query_map(params![period.row(), community, most], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let last = found.get((most as usize).saturating_sub(1)).map(|(_, value)| *value);
    found.retain(|(_, value)| last.is_none_or(|last| *value >= last));
    Ok(found)
}

/// How many people of a community have something in a period.
pub fn active(db: &Connection, community: &str, period: Period) -> rusqlite::Result<u64> {
    db.prepare_cached(
        "SELECT count(*) FROM boards_person WHERE period = ? AND community = ? AND times > 0",
    )?
    .query_row(params![period.row(), community], |row| row.get(0))
}
