//! Puts a bulletin together from the figures as they are now.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound as _, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::{Entry, schedule, series, told};
use crate::{
    contract::BASE_MIN,
    projections::{figures, places},
    values::{
        Best, Content, Correction, Count, Group, Listed, Measures, StatPeriod,
        figures::{Gathered, Line, Lines, Occurrence, Since},
    },
};

/// So many residents are named at most.
const BEST_MAX: usize = 20;
/// Corrected in no later bulletin: it is as of the cut-off.
const AS_OF_CUT_OFF: Count = Count::Residents;

/// A bulletin that is not out, or never will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it says.
    pub content: Content,
    /// When its period is over.
    pub over: DateTime<Utc>,
}

/// Why none can be put together.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The tables can't be read.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// There is no such place.
    #[error("there is no place '{0}'")]
    NoPlace(String),
}

/// The next bulletin of a place, for a period, with the figures as they are now.
pub fn compose(
    db: &Connection,
    place: &str,
    period: StatPeriod,
    now: DateTime<Utc>,
) -> Result<Draft, ComposeError> {
    let here = places::place(db, place)?.ok_or_else(|| ComposeError::NoPlace(place.into()))?;
    let (schedule, zone) = (schedule(db, place)?, figures::zone_of(db, place)?);
    let (from_on, until_on) = schedule.months.span(period);
    let before = series(db, place, period.series())?;
    let gathered = figures::gather(db, place, from_on, until_on)?;
    let names = Names::of(db, &gathered)?;
    let lines = gathered.lines();
    let occurrences = gathered.occurrences.iter().map(|it| listed(it, &lines)).collect();
    let content = Content {
        v: 1,
        place: place.to_owned(),
        place_name: here.name,
        place_name_en: here.name_en,
        series: period.series(),
        number: before.last().map_or(0, |last| last.number) + 1,
        period,
        from_on,
        until_on,
        cut_off: now.trunc_subsecs(0),
        base_min: places::rules(db, place, until_on)?.map_or(BASE_MIN, |it| it.rules.base_min),
        lines: groups(&lines, &names),
        occurrences,
        residents: best(&gathered, &names),
        corrections: corrections(db, place, &before, period)?,
    };
    Ok(Draft { content, over: schedule.over(period, zone) })
}

/// All lines but those of single occurrences, each with what it is called.
pub fn named_lines(db: &Connection, gathered: &Gathered) -> rusqlite::Result<Vec<Group>> {
    Ok(groups(&gathered.lines(), &Names::of(db, gathered)?))
}

/// How lines are called.
struct Names {
    places: BTreeMap<String, String>,
    teams: BTreeMap<Uuid, String>,
}

impl Names {
    fn of(db: &Connection, gathered: &Gathered) -> rusqlite::Result<Self> {
        let scope = serde_json::to_value(&gathered.scope).unwrap_or_default();
        let mut called = BTreeMap::new();
        let levels = gathered.shares.iter().flat_map(|share| [&share.building, &share.grid]);
        let homes = gathered.homes.iter().flat_map(|(building, grid, _)| [building, grid]);
        let codes: BTreeSet<_> = levels.chain(homes).chain(&gathered.communities).collect();
        for code in codes {
            if let Some(place) = places::place(db, code)? {
                called.insert(code.clone(), place.name);
            }
        }
        Ok(Self { places: called, teams: figures::team_names(db, &scope)? })
    }

    fn name(&self, line: &str) -> String {
        let Some((group, code)) = line.split_once('/') else { return String::new() };
        let name = match group {
            "team" => code.parse().ok().and_then(|team: Uuid| self.teams.get(&team)),
            "building" | "grid" | "community" => self.places.get(code),
            _ => None,
        };
        name.cloned().unwrap_or_else(|| code.to_owned())
    }
}

fn is_occurrence(line: &str) -> bool {
    line.starts_with("occurrence/")
}

fn groups(lines: &Lines, names: &Names) -> Vec<Group> {
    let groups = lines.iter().filter(|(line, _)| !is_occurrence(line));
    let group = |(line, it): (&String, &Line)| Group {
        line: line.clone(),
        name: names.name(line),
        measures: it.measures.clone(),
    };
    groups.map(group).collect()
}

fn listed(occurrence: &Occurrence, lines: &Lines) -> Listed {
    let line = occurrence.line();
    let shown = |title: &String| if occurrence.public { title.clone() } else { String::new() };
    let [roll, tally, activity] = occurrence.read;
    let read = [("activity", activity), ("roll", roll), ("tally", tally)];
    Listed {
        title: shown(&occurrence.title),
        title_en: shown(&occurrence.title_en),
        on: occurrence.on,
        hosts: occurrence.hosts.clone(),
        kinds: occurrence.kinds.clone(),
        public: occurrence.public,
        measures: lines.get(&line).map(|line| line.measures.clone()).unwrap_or_default(),
        read: read.into_iter().map(|(stream, n)| (stream.to_owned(), n)).collect(),
        line,
    }
}

/// Those of the place's own people with the most points. Nobody is left out before another with
/// as many.
fn best(gathered: &Gathered, names: &Names) -> Vec<Best> {
    let mut people = BTreeMap::<Uuid, Best>::new();
    let own = gathered.shares.iter().filter(|share| gathered.scope.contains(&share.community));
    for share in own {
        let none = || Best {
            resident: share.resident,
            building: names.places.get(&share.building).cloned().unwrap_or_default(),
            present: 0,
            minutes: 0,
            points: 0,
        };
        let it = people.entry(share.resident).or_insert_with(none);
        it.present += share.times;
        it.minutes += share.minutes;
        it.points += share.points;
    }
    let mut best: Vec<_> = people.into_values().filter(|it| it.points > 0).collect();
    best.sort_by_key(|it| (std::cmp::Reverse(it.points), it.resident));
    let mut upto = best.len().min(BEST_MAX);
    if let Some(left_out) = best.get(upto).map(|it| it.points) {
        upto = best.partition_point(|it| it.points > left_out);
    }
    best.truncate(upto);
    best
}

/// What earlier bulletins of the series said otherwise than it is now.
fn corrections(
    db: &Connection,
    place: &str,
    before: &[Entry],
    period: StatPeriod,
) -> rusqlite::Result<Vec<Correction>> {
    // Whatever the last one did not know came onto the log after the one before it was out.
    let known = before.iter().rev().nth(1).map_or(0, |entry| entry.seq);
    let mut found = Vec::new();
    for entry in before.iter().filter(|entry| entry.period != period) {
        if !figures::touched_since(db, entry.from_on, entry.until_on, known)? {
            continue;
        }
        let gathered = figures::gather(db, place, entry.from_on, entry.until_on)?;
        let names = Names::of(db, &gathered)?;
        let told = told(db, place, entry.period)?;
        found.extend(differences(db, entry, &gathered, &names, &told)?);
    }
    Ok(found)
}

fn differences(
    db: &Connection,
    entry: &Entry,
    gathered: &Gathered,
    names: &Names,
    told: &BTreeMap<String, Measures>,
) -> rusqlite::Result<Vec<Correction>> {
    let now = gathered.lines();
    let all: BTreeSet<&String> = told.keys().chain(now.keys()).collect();
    // What has left the period changed the sums as well.
    let mut gone = BTreeMap::<&str, (Since, String, bool)>::new();
    for line in all.iter().filter(|line| is_occurrence(line) && !now.contains_key(**line)) {
        gone.extend(figures::occurrence_since(db, line)?.map(|it| (line.as_str(), it)));
    }
    let last_gone = gone.values().map(|(since, ..)| since).max();
    let public = |line: &str| gathered.occurrences.iter().find(|it| it.line() == line);
    let (none, mut found) = (Measures::new(), Vec::new());
    for line in all {
        let old = told.get(line).unwrap_or(&none);
        let new = now.get(line).map_or(&none, |it| &it.measures);
        let since = now.get(line).and_then(|it| it.since.as_ref());
        let (since, name, public) = match (gone.get(line.as_str()), public(line)) {
            (Some((since, title, public)), _) => (Some(since), title.clone(), *public),
            (None, Some(it)) => (since, it.title.clone(), it.public),
            (None, None) => (since.max(last_gone), names.name(line), true),
        };
        for measure in Count::ALL.into_iter().filter(|it| *it != AS_OF_CUT_OFF) {
            let (old, new) = (old.get(&measure).copied(), new.get(&measure).copied());
            // A sum of nothing is 0; of an occurrence it matters whether something is known.
            let same =
                if is_occurrence(line) { old == new } else { old.unwrap_or(0) == new.unwrap_or(0) };
            if !same {
                found.push(Correction {
                    bulletin: entry.number,
                    period: entry.period,
                    line: line.clone(),
                    name: if public { name.clone() } else { String::new() },
                    public,
                    measure,
                    old,
                    new,
                    cause: since.map(|since| since.cause.clone()).unwrap_or_default(),
                });
            }
        }
    }
    Ok(found)
}
