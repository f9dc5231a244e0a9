//! What a board compares, put together from the sums that the projections keep.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    boards::{self, By, Has},
    occurrences::{self, Total},
    places::{self, Place},
    residents, teams,
};
use crate::{
    contract::{Rules, heard::PlaceKind},
    values::{Level, Line, Measure, Period, Ranked, ranked},
};

/// So many people stand on a board, and those who tie with the last of them.
const PEOPLE_MAX: u32 = 50;

/// What is asked of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The code of the place within which is compared.
    pub place: String,
    /// Whom.
    pub level: Level,
    /// When.
    pub period: Period,
    /// By what.
    pub measure: Measure,
    /// Whether by head.
    pub per_head: bool,
}

/// Who or what a line is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A place, by code.
    Place(String),
    /// A team.
    Team(Uuid),
    /// A resident.
    Resident(Uuid),
}

/// A board.
#[derive(Debug, Clone)]
pub struct Board {
    /// Its lines, the best first, groups without a rank last.
    pub lines: Vec<Ranked<Who>>,
    /// What places and teams are called: their name and their name in English.
    pub names: BTreeMap<Who, (String, String)>,
    /// Groups of fewer people have no rank.
    pub base_min: u32,
}

/// A place with all that boards need to know of what is below it.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The place.
    pub place: Place,
    /// All places within it, itself included.
    pub within: Vec<Place>,
}

impl Scope {
    /// The place of a code; none if there is none.
    pub fn of(db: &Connection, code: &str) -> rusqlite::Result<Option<Self>> {
        let within = places::within(db, code)?;
        let place = within.iter().find(|place| place.code == code).cloned();
        Ok(place.map(|place| Self { place, within }))
    }

    /// The codes of those who host or are lived in: communities, and what stands above them.
    pub fn hosts(&self) -> Vec<&str> {
        let host = |place: &&Place| {
            !matches!(place.kind, PlaceKind::Compound | PlaceKind::Grid | PlaceKind::Building)
        };
        self.within.iter().filter(host).map(|place| place.code.as_str()).collect()
    }

    /// The levels that can be compared within it.
    pub fn levels(&self) -> Vec<Level> {
        let has = |level: &Level| match level {
            Level::Subdistrict => self.has(PlaceKind::Subdistrict),
            Level::Community => self.has(PlaceKind::Community),
            Level::Grid => self.has(PlaceKind::Grid),
            Level::Building | Level::Team | Level::Resident => true,
        };
        Level::ALL.into_iter().filter(has).collect()
    }

    fn has(&self, kind: PlaceKind) -> bool {
        self.all(kind).any(|place| place.code != self.place.code)
    }

    fn all(&self, kind: PlaceKind) -> impl Iterator<Item = &Place> {
        self.within.iter().filter(move |place| place.kind == kind)
    }

    /// The code of the place of a kind that each place lies in, by the place's code.
    pub fn under(&self, kind: PlaceKind) -> BTreeMap<&str, &str> {
        let by_code: BTreeMap<_, _> =
            self.within.iter().map(|place| (place.code.as_str(), place)).collect();
        let above = |code: &str| {
            let up = |place: &&Place| by_code.get(place.parent.as_str()).copied();
            // A circle of parents would not end.
            let mut path = std::iter::successors(by_code.get(code).copied(), up).take(16);
            path.find(|place| place.kind == kind).map(|place| place.code.as_str())
        };
        by_code.keys().filter_map(|code| Some((*code, above(code)?))).collect()
    }
}

/// The measure of what people have by name.
pub fn of_has(has: Has, measure: Measure) -> i64 {
    match measure {
        Measure::Points => has.points,
        Measure::Attended => has.times,
        Measure::Minutes => has.minutes,
        Measure::ActivityMinutes | Measure::Occurrences => 0,
    }
}

/// The measure of what occurrences count for.
pub fn of_total(total: Total, measure: Measure) -> i64 {
    match measure {
        Measure::Points => total.points,
        Measure::Attended => total.attended,
        Measure::Minutes => total.minutes,
        Measure::ActivityMinutes => total.activity_minutes,
        Measure::Occurrences => total.occurrences,
    }
}

/// The board that is asked for.
pub fn board(db: &Connection, scope: &Scope, asked: &Asked) -> rusqlite::Result<Board> {
    let last = asked.period.last();
    let rules = places::rules(db, &scope.place.code, last)?.map(|adopted| adopted.rules);
    let base_min = rules.unwrap_or_else(Rules::default).base_min;
    let found = match asked.level {
        Level::Subdistrict => hosts(db, scope, asked, PlaceKind::Subdistrict)?,
        Level::Community => hosts(db, scope, asked, PlaceKind::Community)?,
        Level::Grid => lived_in(db, scope, asked, PlaceKind::Grid)?,
        Level::Building => lived_in(db, scope, asked, PlaceKind::Building)?,
        Level::Team => of_teams(db, scope, asked)?,
        Level::Resident => of_people(db, scope, asked)?,
    };
    let mut names = BTreeMap::new();
    let mut lines = Vec::new();
    for Found { who, name, value, base } in found {
        let value = u64::try_from(value).unwrap_or(0);
        lines.push(Line { key: who.clone(), value, base });
        names.extend(name.map(|name| (who, name)));
    }
    let per_head = asked.per_head && asked.level.has_heads();
    let base_least = if asked.level.has_base() { base_min } else { 0 };
    Ok(Board { lines: ranked(lines, per_head, base_least), names, base_min })
}

/// A line as the tables have it.
struct Found {
    who: Who,
    name: Option<(String, String)>,
    value: i64,
    base: Option<u32>,
}

fn called(place: &Place) -> (String, String) {
    (place.name.clone(), place.name_en.clone())
}

fn days(period: Period) -> (NaiveDate, NaiveDate) {
    (period.first, period.last())
}

fn hosts(
    db: &Connection,
    scope: &Scope,
    asked: &Asked,
    kind: PlaceKind,
) -> rusqlite::Result<Vec<Found>> {
    let under = scope.under(kind);
    let mut found = Vec::new();
    for place in scope.all(kind).filter(|place| place.code != scope.place.code) {
        let own = |code: &&str| under.get(code) == Some(&place.code.as_str());
        let codes: Vec<_> = scope.hosts().into_iter().filter(own).collect();
        let mut people = 0;
        for code in &codes {
            people += residents::by_building(db, code)?.iter().map(|(_, n)| n).sum::<u32>();
        }
        let total = occurrences::total(db, &codes, days(asked.period))?;
        found.push(Found {
            who: Who::Place(place.code.clone()),
            name: Some(called(place)),
            value: of_total(total, asked.measure),
            base: Some(people),
        });
    }
    Ok(found)
}

fn lived_in(
    db: &Connection,
    scope: &Scope,
    asked: &Asked,
    kind: PlaceKind,
) -> rusqlite::Result<Vec<Found>> {
    let maps = places::maps(db, kind, days(asked.period))?;
    let now = scope.under(kind);
    let mut sums: BTreeMap<String, (i64, u32)> = BTreeMap::new();
    for host in scope.hosts() {
        for map in &maps {
            for (building, has) in brought(db, host, asked.period, (map, maps.len() > 1))? {
                if let Some(code) = map.under.get(&building) {
                    sums.entry(code.clone()).or_default().0 += of_has(has, asked.measure);
                }
            }
        }
        for (building, people) in residents::by_building(db, host)? {
            if let Some(code) = now.get(building.as_str()) {
                sums.entry((*code).to_owned()).or_default().1 += people;
            }
        }
    }
    let line = |place: &Place| {
        let (value, people) = sums.get(place.code.as_str()).copied().unwrap_or_default();
        let who = Who::Place(place.code.clone());
        Found { who, name: Some(called(place)), value, base: Some(people) }
    };
    Ok(scope.all(kind).map(line).collect())
}

/// What buildings have in a period, or in a map's part of it.
fn brought(
    db: &Connection,
    host: &str,
    period: Period,
    (map, in_part): (&places::Map, bool),
) -> rusqlite::Result<Vec<(String, Has)>> {
    if !in_part {
        return boards::by_building(db, host, period);
    }
    let of_days = boards::between(db, host, (map.first, map.last))?;
    Ok(of_days.into_iter().map(|(building, _, has)| (building, has)).collect())
}

fn of_teams(db: &Connection, scope: &Scope, asked: &Asked) -> rusqlite::Result<Vec<Found>> {
    let mut found = Vec::new();
    for host in scope.hosts() {
        for team in teams::of_community(db, host)? {
            let value = if asked.measure.fits(Level::Building) {
                of_has(boards::of_team(db, team.team, asked.period)?, asked.measure)
            } else {
                let total = occurrences::total(db, &[team.team.to_string()], days(asked.period))?;
                of_total(total, asked.measure)
            };
            let name = Some((team.name.clone(), team.name));
            found.push(Found { who: Who::Team(team.team), name, value, base: Some(team.members) });
        }
    }
    Ok(found)
}

fn of_people(db: &Connection, scope: &Scope, asked: &Asked) -> rusqlite::Result<Vec<Found>> {
    let by = match asked.measure {
        Measure::Attended => By::Times,
        Measure::Minutes => By::Minutes,
        _ => By::Points,
    };
    let mut found: BTreeMap<Uuid, i64> = BTreeMap::new();
    for host in scope.hosts() {
        for (resident, value) in boards::best(db, host, asked.period, by, PEOPLE_MAX)? {
            // Who moved between two communities has a part in each.
            *found.entry(resident).or_default() += value;
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(resident, value)| (std::cmp::Reverse(*value), *resident));
    let last = found.get(PEOPLE_MAX as usize - 1).map(|(_, value)| *value);
    found.retain(|(_, value)| last.is_none_or(|last| *value >= last));
    let line =
        |(resident, value)| Found { who: Who::Resident(resident), name: None, value, base: None };
    Ok(found.into_iter().map(line).collect())
}

/// What a place has in a period and in those before it, the oldest first.
pub fn trend(
    db: &Connection,
    scope: &Scope,
    period: Period,
    periods: u16,
) -> rusqlite::Result<Vec<(Period, Total)>> {
    let first = period.shifted(1 - i32::from(periods));
    let days = occurrences::by_day(db, &scope.hosts(), (first.first, period.last()))?;
    let mut trend: Vec<_> =
        (0..i32::from(periods)).map(|n| (first.shifted(n), Total::default())).collect();
    for (day, total) in days {
        let of = Period::of(period.span, day);
        if let Some((_, sum)) = trend.iter_mut().find(|(period, _)| *period == of) {
            *sum += total;
        }
    }
    Ok(trend)
}
