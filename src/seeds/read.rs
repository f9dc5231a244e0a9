//! Reading files of seeds: all that is wrong with them is found before anything is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chrono::NaiveDate;
use linli_almanac::{HolidayYear, RecurrenceId, Rule};
use linli_platform::entropy::derived;
use serde::de::DeserializeOwned;
use toml::Spanned;
use uuid::Uuid;

use super::{File, Origin, text};
use crate::failure::{Failure, line_of, toml_problem};

/// Something of a file, with the place where it stands and a mark of its content.
#[derive(Debug)]
pub struct Item<T> {
    /// Where it stands.
    pub origin: Origin,
    /// The same for the same content, whatever comments stand around it.
    pub content: Uuid,
    /// What stands there.
    pub it: T,
}

/// All that files of seeds hold.
#[derive(Debug, Default)]
pub struct Seeds {
    /// The places, parents before their children.
    pub places: Vec<Item<text::Place>>,
    /// The holidays by year.
    pub holidays: Vec<Item<HolidayYear>>,
    /// What places give points for.
    pub scoring: Vec<Item<text::Scoring>>,
    /// The communities.
    pub communities: Vec<Community>,
}

/// A community's file.
#[derive(Debug)]
pub struct Community {
    /// Its code, and where that stands.
    pub code: Item<String>,
    /// Its units.
    pub units: Vec<Item<text::Unit>>,
    /// Its venues.
    pub venues: Vec<Item<text::Venue>>,
    /// Its teams.
    pub teams: Vec<Item<text::Team>>,
    /// Its promises.
    pub cadences: Vec<Item<text::Cadence>>,
    /// Its activities.
    pub activities: Vec<Item<text::Activity>>,
    /// The lines of what is named within, by byte.
    file: File,
}

impl Community {
    /// Where something within this file stands.
    pub fn origin<T>(&self, at: &Spanned<T>, what: impl Into<String>) -> Origin {
        origin(&self.file, at, what.into())
    }
}

/// Reads the files of a folder of seeds, or one file.
pub fn files(path: &Path) -> Result<Vec<File>, Failure> {
    let failed = |path: &Path, error| Failure::file(path, "read", &error);
    let mut paths = Vec::new();
    if path.is_dir() {
        for folder in [path.to_owned(), path.join("holidays"), path.join("scoring")] {
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(&folder).map_err(|e| failed(&folder, e))? {
                let file = entry.map_err(|e| failed(&folder, e))?.path();
                if file.extension().is_some_and(|ending| ending == "toml") {
                    paths.push(file);
                }
            }
        }
        paths.sort();
        if paths.is_empty() {
            return Err(Failure::failed(format!(
                "{} has no .toml file: name a folder as seeds/README.md describes it",
                path.display()
            )));
        }
    } else {
        paths.push(path.to_owned());
    }
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
        Ok(File { path: path.display().to_string(), text })
    };
    paths.into_iter().map(read).collect()
}

/// Reads what stands in files; every problem is told, each with its line.
pub fn read(files: &[File]) -> Result<Seeds, Failure> {
    let mut seeds = Seeds::default();
    let mut problems = Vec::new();
    for file in files {
        let done = match file.name() {
            _ if file.lies_in("scoring") => scoring(file).map(|it| seeds.scoring.push(it)),
            "places.toml" => places(file).map(|places| seeds.places.extend(places)),
            name if name.trim_end_matches(".toml").parse::<i32>().is_ok() => {
                holidays(file).map(|paper| seeds.holidays.push(paper))
            }
            _ => community(file).map(|community| seeds.communities.push(community)),
        };
        problems.extend(done.err().into_iter().flatten());
    }
    if problems.is_empty() { Ok(seeds) } else { Err(Failure::Failed(problems.join("\n"))) }
}

type Problems = Vec<String>;

fn parsed<T: DeserializeOwned>(file: &File) -> Result<(T, toml::Table), Problems> {
    let problem = |error| vec![toml_problem(&file.path, &file.text, &error)];
    let typed = toml::from_str(&file.text).map_err(problem)?;
    Ok((typed, toml::from_str(&file.text).map_err(problem)?))
}

fn origin<T>(file: &File, at: &Spanned<T>, what: String) -> Origin {
    Origin { file: file.path.clone(), line: line_of(&file.text, at.span().start), what }
}

/// The elements of one list of a file.
fn items<T>(
    file: &File,
    table: &toml::Table,
    list: &str,
    elements: Vec<Spanned<T>>,
    key: impl Fn(&T) -> &str,
) -> Vec<Item<T>> {
    let written = table.get(list).and_then(toml::Value::as_array);
    let written = written.map(Vec::as_slice).unwrap_or_default();
    // Keys of a TOML table are in order here, and comments are gone.
    let elements = elements.into_iter().zip(written).map(|(element, value)| {
        let origin = origin(file, &element, format!("{list} '{}'", key(element.as_ref())));
        let content = derived("seeds", &value.to_string());
        Item { origin, content, it: element.into_inner() }
    });
    elements.collect()
}

fn places(file: &File) -> Result<Vec<Item<text::Place>>, Problems> {
    let (written, table) = parsed::<text::Places>(file)?;
    let mut places = items(file, &table, "place", written.place, |place| &place.code);
    let mut problems = keys(&places, |place| &place.code);
    let mut known = BTreeSet::new();
    for Item { origin, it: place, .. } in &mut places {
        if !place.parent.is_empty() && !known.contains(&place.parent) {
            let parent = &place.parent;
            problems.push(format!("{origin}: its parent '{parent}' does not stand before it"));
        }
        known.insert(place.code.clone());
        if place.parent.is_empty() && place.zone.is_empty() {
            place.zone.clone_from(&written.zone);
        }
    }
    if problems.is_empty() { Ok(places) } else { Err(problems) }
}

fn holidays(file: &File) -> Result<Item<HolidayYear>, Problems> {
    let (written, table) = parsed::<text::Holidays>(file)?;
    let day = |day: text::HolidayDay| linli_almanac::Holiday {
        date: day.date,
        name: day.name,
        kind: day.kind,
    };
    let days = written.days.into_iter().map(day).collect();
    let paper = HolidayYear { year: written.year, source: written.source, days };
    let what = format!("holidays of {}", paper.year);
    let origin = Origin { file: file.path.clone(), line: 1, what };
    paper.check().map_err(|error| vec![format!("{origin}: {error}")])?;
    Ok(Item { origin, content: derived("seeds", &table.to_string()), it: paper })
}

fn scoring(file: &File) -> Result<Item<text::Scoring>, Problems> {
    let (it, table) = parsed::<text::Scoring>(file)?;
    let what = format!("scoring of '{}'", it.place.as_ref());
    let origin = origin(file, &it.place, what);
    let name = file.name().trim_end_matches(".toml");
    if name != it.place.as_ref() {
        return Err(vec![format!("{origin}: the file is called {name}; call both the same")]);
    }
    Ok(Item { origin, content: derived("seeds", &table.to_string()), it })
}

/// Refuses keys that can't stand in an id or link, and those that stand twice.
fn keys<T>(items: &[Item<T>], key: impl Fn(&T) -> &str) -> Problems {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let mut seen = BTreeMap::new();
    let mut problems = Vec::new();
    for Item { origin, it, .. } in items {
        let key = key(it);
        if key.is_empty() || !key.chars().all(plain) {
            problems.push(format!("{origin}: write its key in a-z, 0-9 and '-'"));
        }
        if let Some(first) = seen.insert(key, origin.line) {
            problems.push(format!("{origin}: stands in line {first} already; choose another key"));
        }
    }
    problems
}

fn community(file: &File) -> Result<Community, Problems> {
    let (written, table) = parsed::<text::Community>(file)?;
    let code = written.community;
    let what = format!("community '{}'", code.as_ref());
    let code = Item {
        origin: origin(file, &code, what),
        content: derived("seeds", code.as_ref()),
        it: code.into_inner(),
    };
    let community = Community {
        units: items(file, &table, "unit", written.unit, |it| &it.key),
        venues: items(file, &table, "venue", written.venue, |it| &it.key),
        teams: items(file, &table, "team", written.team, |it| &it.key),
        cadences: items(file, &table, "cadence", written.cadence, |it| &it.key),
        activities: items(file, &table, "activity", written.activity, |it| &it.key),
        file: file.clone(),
        code,
    };
    let problems = Check::of(&community).problems();
    if problems.is_empty() { Ok(community) } else { Err(problems) }
}

/// Looks for what a community's file names and doesn't have.
struct Check<'a> {
    community: &'a Community,
    problems: Problems,
}

impl<'a> Check<'a> {
    fn of(community: &'a Community) -> Self {
        Self { community, problems: Vec::new() }
    }

    fn problems(mut self) -> Problems {
        let Community { code, units, venues, teams, cadences, activities, file } = self.community;
        let name = file.name().trim_end_matches(".toml");
        if name != code.it {
            let origin = &code.origin;
            self.problems.push(format!("{origin}: the file is called {name}; call both the same"));
        }
        self.problems.extend(keys(units, |it| &it.key));
        self.problems.extend(keys(venues, |it| &it.key));
        self.problems.extend(keys(teams, |it| &it.key));
        self.problems.extend(keys(cadences, |it| &it.key));
        self.problems.extend(keys(activities, |it| &it.key));
        let [units, teams] = [
            units.iter().map(|it| it.it.key.as_str()).collect::<Vec<_>>(),
            teams.iter().map(|it| it.it.key.as_str()).collect(),
        ];
        for venue in venues {
            self.known("unit", &units, venue.it.lender.as_ref());
        }
        for team in &self.community.teams {
            self.known("team", &teams, team.it.parent.as_ref());
        }
        for activity in activities {
            self.known("team", &teams, activity.it.team.as_ref());
            self.activity(activity);
        }
        self.problems
    }

    fn at<T>(&mut self, at: &Spanned<T>, what: impl Into<String>) {
        let origin = self.community.origin(at, what);
        self.problems.push(origin.to_string());
    }

    /// Refuses a key that nothing in the file has.
    fn known(&mut self, sort: &str, known: &[&str], key: Option<&Spanned<String>>) {
        let unknown = key.filter(|key| !known.contains(&key.as_ref().as_str()));
        if let Some(key) = unknown {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let name = key.as_ref();
            self.at(key, format!("there is no {sort} '{name}' in this file; it has {known}"));
        }
    }

    fn activity(&mut self, activity: &Item<text::Activity>) {
        let Item { origin, it, .. } = activity;
        let venues: Vec<_> = self.community.venues.iter().map(|it| it.it.key.as_str()).collect();
        let described = it.described.iter().filter_map(|one| one.as_ref().venue.as_ref());
        for venue in it.venue.iter().chain(&it.rotation).chain(described) {
            self.known("venue", &venues, Some(venue));
        }
        if it.venue.is_some() != it.rotation.is_empty() {
            self.problems.push(format!("{origin}: name one `venue`, or a `rotation` of several"));
        }
        let for_team = it.visibility == text::Visibility::Team;
        if for_team != it.team.is_some() {
            let way = "`team` and visibility = \"team\" belong together";
            self.problems.push(format!("{origin}: {way}"));
        }
        let mut last: Option<NaiveDate> = None;
        for segment in &it.segment {
            let text::Segment { from, until, rule } = segment.as_ref();
            if let Err(error) = Rule::parse(rule.as_ref()) {
                self.at(rule, format!("activity '{}': {error}", it.key));
            }
            if last.is_some_and(|last| *from <= last) || until.is_some_and(|until| until < *from) {
                let way = "segments follow each other by date and do not overlap";
                self.at(segment, format!("activity '{}': {way}", it.key));
            }
            last = until.or(Some(*from));
        }
        for one in &it.described {
            let id = &one.as_ref().id;
            if let Err(error) = id.as_ref().parse::<RecurrenceId>() {
                self.at(id, error.to_string());
            }
        }
    }
}
