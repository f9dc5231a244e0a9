//! A residents' list from a spreadsheet: every bad line is named first, and nothing is taken from
//! a file that has one.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt as _, TryStreamExt as _};
use linli_platform::{entropy::derived, ids::Position, stream::Meta, vault::IndexEntry};
use serde::Serialize;
use uuid::Uuid;

use super::{
    directory::Fault,
    people::{People, PeopleError, blocking, further},
    registry::{NewResident, Sealer, entry},
};
use crate::{
    contract::{self, Purpose, RESIDENT},
    deciders::Reason as _,
    projections::{places, residents},
    routes::vocabulary,
    values::{
        matching::{self, Building, Namesake},
        sheet::{self, Bad, Column, Line, Problem},
    },
};

/// How many residents are written at once: the log puts them into few transactions.
const AT_ONCE: usize = 64;

/// A line that can't be taken, for a page or as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportLine {
    /// Its number in the file, from 1.
    pub line: u64,
    /// The column's key in `locales/`, where it is one alone.
    pub column: Option<&'static str>,
    /// What stands there.
    pub text: String,
    /// The problem's key in `locales/`.
    pub key: &'static str,
    /// The line that it repeats, where that is the problem.
    pub first: Option<u64>,
    /// The problem and the way out, in English.
    pub problem: String,
}

/// What an import would do, or has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The file's encoding.
    pub encoding: String,
    /// Columns that nothing is taken from.
    pub ignored: Vec<String>,
    /// Lines with somebody new.
    pub new: usize,
    /// Lines with somebody who is there already.
    pub there: usize,
    /// Those of them, by line number, whose telephone number or address differs: they are not
    /// changed, edit them at the desk.
    pub differing: Vec<u64>,
    /// Lines that can't be taken.
    pub bad: Vec<ImportLine>,
    /// Whether the new ones were written down.
    pub done: bool,
    /// Where to wait for them.
    #[serde(skip)]
    pub position: Option<Position>,
}

fn told(bad: Bad) -> ImportLine {
    let Bad { line, column, text, problem } = bad;
    let (key, column) = (problem.key(), column.map(Column::key));
    let first = match problem {
        Problem::Twice(first) => Some(first),
        _ => None,
    };
    ImportLine { line, column, text, key, first, problem: problem.to_string() }
}

/// What a line comes to.
enum Verdict {
    New(Line, String),
    There { differs: Option<u64> },
    Bad(Bad),
}

/// Judges lines against those who are there. All that the index knows of them is read at once.
struct Judge<'a> {
    db: &'a rusqlite::Connection,
    known: HashMap<&'a str, Vec<(Uuid, IndexEntry)>>,
    community: HashSet<String>,
}

impl Judge<'_> {
    /// Residents of the community with a line's name.
    fn namesakes(&self, name: &str) -> Result<Vec<(Namesake, &IndexEntry)>, Fault> {
        let mut found = Vec::new();
        for (person, entry) in self.known.get(name).into_iter().flatten() {
            let Some(row) = residents::resident(self.db, *person)? else { continue };
            if !row.lives() || !self.community.contains(&row.community) {
                continue;
            }
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let (flat, phone) = (text(&entry.flat), text(&entry.phone));
            let (person, building) = (*person, row.building);
            found.push((Namesake { person, building, flat, phone }, entry));
        }
        Ok(found)
    }

    fn verdict(&self, line: &Line, building: String) -> Result<Verdict, Fault> {
        let found = self.namesakes(&line.name)?;
        let namesakes: Vec<_> = found.iter().map(|(namesake, _)| namesake.clone()).collect();
        Ok(match matching::known(line, &building, &namesakes) {
            Err(problem) => Verdict::Bad(about(line, problem)),
            Ok(None) => Verdict::New(line.clone(), building),
            Ok(Some(person)) => {
                let entry = found.iter().find(|(namesake, _)| namesake.person == person);
                let other = |new: &Option<String>, now: Option<&Option<String>>| {
                    new.is_some() && now.is_none_or(|now| new != now)
                };
                let now = entry.map(|(_, entry)| entry);
                let differs = other(&line.phone, now.map(|now| &now.phone))
                    || other(&line.email, now.map(|now| &now.email))
                    || other(&line.flat, now.map(|now| &now.flat));
                Verdict::There { differs: differs.then_some(line.line) }
            }
        })
    }
}

fn about(line: &Line, problem: Problem) -> Bad {
    Bad { line: line.line, column: Some(Column::Name), text: line.name.clone(), problem }
}

/// Lines with their buildings' codes; those without one are bad.
fn housed(lines: Vec<Line>, buildings: &[Building], bad: &mut Vec<Bad>) -> Vec<(Line, String)> {
    let mut housed = Vec::with_capacity(lines.len());
    for line in lines {
        match matching::building(buildings, &line.building) {
            Ok(code) => housed.push((line, code.to_owned())),
            Err(problem) => bad.push(Bad {
                line: line.line,
                column: Some(Column::Building),
                text: line.building,
                problem,
            }),
        }
    }
    let repeats = matching::repeated(&housed);
    for (line, _) in &housed {
        if let Some(first) = repeats.get(&line.line) {
            bad.push(about(line, Problem::Twice(*first)));
        }
    }
    housed.retain(|(line, _)| !repeats.contains_key(&line.line));
    housed
}

fn new_resident(line: Line, building: String) -> NewResident {
    let mut consents = vec![Purpose::Storage];
    consents.extend(line.reminders.then_some(Purpose::Reminders));
    consents.extend(line.rankings.then_some(Purpose::Rankings));
    consents.extend(line.guardian.then_some(Purpose::Guardian));
    // A child for whom no guardian has signed yet is kept without any consent.
    if line.under_14 && !line.guardian {
        consents.clear();
    }
    NewResident {
        building,
        name: line.name,
        phone: line.phone.unwrap_or_default(),
        email: line.email.unwrap_or_default(),
        flat: line.flat.unwrap_or_default(),
        language: line.language,
        party_member: line.party_member,
        volunteer: line.volunteer,
        building_head: line.building_head,
        under_14: line.under_14,
        consents,
        how: "import".into(),
        ..NewResident::default()
    }
}

impl People {
    /// Reads a list of a community's residents and, if `commit` says so and no line is bad, writes
    /// down those who are new.
    pub async fn import_csv(
        &self,
        meta: &Meta,
        community: &str,
        bytes: &[u8],
        commit: bool,
    ) -> Result<ImportReport, PeopleError> {
        let (text, encoding) = sheet::decode(bytes)?;
        let sheet = sheet::read(&text, &vocabulary())?;
        let (vault, place) = (self.platform.vault.clone(), community.to_owned());
        let judged = self.tables.read(move |db| {
            let (buildings, mut bad) = (places::buildings(db, &place)?, sheet.bad);
            let community = places::scope(db, &place)?.into_iter().collect();
            let lines = housed(sheet.lines, &buildings, &mut bad);
            let judge = || {
                let known = vault.namesakes(lines.iter().map(|(line, _)| line.name.as_str()))?;
                let judge = Judge { db, known, community };
                let verdicts = lines.iter().map(|(line, code)| judge.verdict(line, code.clone()));
                verdicts.collect::<Result<Vec<_>, Fault>>()
            };
            Ok(judge().map(|verdicts| (verdicts, bad, sheet.ignored)))
        });
        let judged = judged.await?.map_err(|fault| PeopleError::Log(fault.to_string()))?;
        let (verdicts, mut bad, ignored) = judged;
        let mut report =
            ImportReport { encoding: encoding.to_owned(), ignored, ..ImportReport::default() };
        let mut new = Vec::new();
        for verdict in verdicts {
            match verdict {
                Verdict::New(line, building) => new.push((line.line, new_resident(line, building))),
                Verdict::There { differs } => {
                    report.there += 1;
                    report.differing.extend(differs);
                }
                Verdict::Bad(line) => bad.push(line),
            }
        }
        bad.sort_by_key(|bad| bad.line);
        report.new = new.len();
        report.bad = bad.into_iter().map(told).collect();
        if commit && report.bad.is_empty() {
            report.position = self.write_all(meta, new).await?.1;
            report.done = true;
        }
        Ok(report)
    }

    /// Writes new residents down whose values are in order, each with its line's number. Keys in one
    /// transaction, then the events, then the index in one transaction. The ids, which are given back
    /// in order, follow from the command's and the line's number: the same form sent twice makes
    /// nobody twice.
    pub async fn write_all(
        &self,
        meta: &Meta,
        new: Vec<(u64, NewResident)>,
    ) -> Result<(Vec<Uuid>, Option<Position>), PeopleError> {
        let id = |line: u64| derived(&meta.cmd.to_string(), &format!("line {line}"));
        let ids: Vec<Uuid> = new.iter().map(|(line, _)| id(*line)).collect();
        let mut communities = HashMap::new();
        for (_, new) in &new {
            if !communities.contains_key(&new.building) {
                let community = self.community_of(&new.building, None).await?;
                communities.insert(new.building.clone(), community);
            }
        }
        let communities = &communities;
        let asked = ids.clone();
        let keys = blocking(&self.platform.vault, move |vault| {
            vault.new_keys(&asked)?;
            vault.keys(&asked)
        });
        let keys = &keys.await?;
        let entries: Vec<_> = new
            .iter()
            .zip(&ids)
            .map(|((_, new), id)| (*id, entry(RESIDENT, new.clear(), &new.language)))
            .collect();
        let all = ids.clone();
        let written = futures::stream::iter(new.into_iter().zip(ids).map(|((_, new), id)| {
            let meta = further(meta, &format!("register {id}"));
            async move {
                let key = keys.get(&id).ok_or_else(PeopleError::nobody)?;
                let stream = contract::stream(RESIDENT, id)?;
                let entropy = &self.platform.entropy;
                let sealer = Sealer { key, stream: &stream, entropy };
                let community = communities.get(&new.building).cloned().unwrap_or_default();
                let command = new.command(community, &sealer)?;
                self.resident(meta, id, command).await
            }
        }))
        .buffer_unordered(AT_ONCE)
        .try_fold(None, |last: Option<Position>, at| async move { Ok(last.max(Some(at))) });
        let last = written.await?;
        blocking(&self.platform.vault, move |vault| vault.put_all(&entries)).await?;
        Ok((all, last))
    }
}
