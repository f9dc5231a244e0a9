//! Giving the streams what seeds ask: first all of it is decided without writing, so that a "no"
//! leaves nothing half done.

use std::{collections::HashSet, slice::from_ref};

use chrono::{DateTime, Utc};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use linli_almanac::HolidayTable;
use linli_calendar::{
    contract::HolidaysEvent,
    deciders::{activity, cadence, holidays, venue},
};
use linli_people::{
    contract::{self as people},
    deciders::{place, team, unit},
};
use linli_platform::{
    decider::Decider,
    ids::{Actor, CommandId, Version},
    service::Platform,
    stream::Meta,
};
use linli_ranking::deciders::scoring;
use serde::{Deserialize, Serialize};

use super::{
    Origin,
    commands::{Commands, Known, Places, Work, stages},
    read::Seeds,
};
use crate::{failure::Failure, output::Progress};

/// How many streams are written at once; the log puts them into few transactions.
const AT_ONCE: usize = 64;

/// What became of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How many elements were written.
    pub new: usize,
    /// How many are there already.
    pub there: usize,
    /// Those that are there with other content: nothing was changed.
    pub edited: Vec<Origin>,
}

/// What has to be done about one element.
enum Standing {
    /// These of its commands, by number.
    Todo(Vec<usize>),
    There,
    Edited,
}

/// Writes what files of seeds hold and the log does not yet.
pub async fn load(
    platform: &Platform,
    actor: &Actor,
    seeds: &Seeds,
    progress: &Progress,
) -> Result<Report, Failure> {
    let places = places(platform, seeds).await?;
    let stages = stages(seeds, &places, &table(platform, seeds).await?)?;
    let now = platform.clock.now();
    let looked = stages.iter().flatten().map(|work| look(platform, work, now).boxed());
    let looked = stream::iter(looked.collect::<Vec<_>>());
    let looked: Vec<_> = looked.buffered(AT_ONCE).collect().await;
    let mut standings = Vec::new();
    let mut problems = Vec::new();
    for standing in looked {
        match standing {
            Ok(standing) => standings.push(standing),
            Err(failure) => problems.extend(failure.text().map(str::to_owned)),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Failed(problems.join("\n")));
    }
    let mut report = Report::default();
    let mut standings = standings.into_iter();
    let total = standings.len();
    let mut done = 0;
    for stage in &stages {
        let mut todo = Vec::new();
        for (work, standing) in stage.iter().zip(standings.by_ref()) {
            match standing {
                Standing::Todo(commands) => todo.push((work, commands)),
                Standing::There => report.there += 1,
                Standing::Edited => report.edited.push(work.origin.clone()),
            }
        }
        report.new += todo.len();
        let written = todo
            .into_iter()
            .map(|(work, todo)| async move { write(platform, actor, work, &todo).await }.boxed());
        let written = stream::iter(written.collect::<Vec<_>>());
        let mut written = written.buffer_unordered(AT_ONCE);
        while written.try_next().await?.is_some() {
            done += 1;
            progress.at(&format!("seed: {done} of at most {total} written"));
        }
    }
    Ok(report)
}

/// The places that the files have or name, those on the log included.
async fn places(platform: &Platform, seeds: &Seeds) -> Result<Places, Failure> {
    let mut places = Places::new();
    for item in &seeds.places {
        let (parent, zone) = (item.it.parent.clone(), item.it.zone.clone());
        places.insert(item.it.code.clone(), Known { parent, zone });
    }
    let communities = seeds.communities.iter();
    let mut wanted: Vec<String> = communities.clone().map(|c| c.code.it.clone()).collect();
    let activities = communities.flat_map(|community| &community.activities);
    let partners = activities.flat_map(|activity| &activity.it.partners);
    wanted.extend(partners.map(|code| code.as_ref().clone()));
    wanted.extend(seeds.scoring.iter().map(|item| item.it.place.as_ref().clone()));
    while let Some(code) = wanted.pop() {
        if code.is_empty() || places.contains_key(&code) {
            continue;
        }
        let Ok(stream) = people::stream(people::PLACE, &code) else { continue };
        let (place, _) = platform.streams.state::<place::Places>(&stream).await?;
        if let Some(place) = place {
            wanted.push(place.parent.clone());
            places.insert(code, Known { parent: place.parent, zone: place.zone });
        }
    }
    Ok(places)
}

/// The holidays of the files, over those on the log.
async fn table(platform: &Platform, seeds: &Seeds) -> Result<HolidayTable, Failure> {
    let mut table = HolidayTable::new();
    let years: HashSet<_> = seeds
        .communities
        .iter()
        .flat_map(|community| &community.activities)
        .flat_map(|activity| &activity.it.described)
        .filter_map(|one| one.as_ref().id.as_ref().get(..4)?.parse::<i32>().ok())
        .collect();
    for year in years {
        let stream = linli_platform::ids::StreamId::new("_", "calendar", "holidays", year)?;
        for commit in platform.log.read(&stream, Version(0)).await? {
            for (_, _, event) in commit.events() {
                let HolidaysEvent::HolidaysAdopted(paper) = event.decode()?;
                table.adopt(paper.to_almanac())?;
            }
        }
    }
    for item in &seeds.holidays {
        table.adopt(item.it.clone())?;
    }
    Ok(table)
}

macro_rules! with_decider {
    ($commands:expr, $function:ident, $($argument:expr),*) => {
        match $commands {
            Commands::Place(one) => $function::<place::Places>($($argument,)* from_ref(one)).await,
            Commands::Unit(one) => $function::<unit::Units>($($argument,)* from_ref(one)).await,
            Commands::Venue(one) => $function::<venue::Venues>($($argument,)* from_ref(one)).await,
            Commands::Team(one) => $function::<team::Teams>($($argument,)* from_ref(one)).await,
            Commands::Holidays(one) => $function::<holidays::Holidays>($($argument,)* from_ref(one)).await,
            Commands::Cadence(one) => $function::<cadence::Cadences>($($argument,)* from_ref(one)).await,
            Commands::Scoring(one) => $function::<scoring::Scoring>($($argument,)* from_ref(one)).await,
            Commands::Activity(all) => $function::<activity::Activities>($($argument,)* all).await,
        }
    };
}

async fn look(platform: &Platform, work: &Work, now: DateTime<Utc>) -> Result<Standing, Failure> {
    let commits = platform.log.read(&work.stream, Version(0)).await?;
    let entries = commits.iter().flat_map(|commit| &commit.entries);
    let seen: HashSet<CommandId> = entries.map(|entry| entry.cmd).collect();
    if !seen.is_empty() && !seen.contains(&work.command_id(0)) {
        return Ok(Standing::Edited);
    }
    let missing = |n: &usize| !seen.contains(&work.command_id(*n));
    let open = (0..work.commands.count()).filter(|n| !work.commands.is_over(*n, now));
    let todo: Vec<usize> = open.filter(missing).collect();
    if todo.is_empty() {
        return Ok(Standing::There);
    }
    with_decider!(&work.commands, try_out, platform, work, now, &todo)?;
    Ok(Standing::Todo(todo))
}

impl Commands {
    fn count(&self) -> usize {
        if let Self::Activity(all) = self { all.len() } else { 1 }
    }

    /// Whether the time of a command is over: what is past is computed, never opened.
    fn is_over(&self, n: usize, now: DateTime<Utc>) -> bool {
        let Self::Activity(all) = self else { return false };
        matches!(all.get(n), Some(activity::Command::Open { opening, .. }) if opening.start <= now)
    }
}

/// Decides without writing.
async fn try_out<D: Decider>(
    platform: &Platform,
    work: &Work,
    now: DateTime<Utc>,
    todo: &[usize],
    commands: &[D::Command],
) -> Result<(), Failure> {
    let (mut state, _) = platform.streams.state::<D>(&work.stream).await?;
    for command in todo.iter().filter_map(|n| commands.get(*n)) {
        let events = D::decide(&state, command.clone(), now)
            .map_err(|no| Failure::failed(format!("{}: {no}", work.origin)))?;
        state = events.iter().fold(state, D::evolve);
    }
    Ok(())
}

async fn write(
    platform: &Platform,
    actor: &Actor,
    work: &Work,
    todo: &[usize],
) -> Result<(), Failure> {
    with_decider!(&work.commands, give, platform, actor, work, todo)
}

async fn give<D: Decider>(
    platform: &Platform,
    actor: &Actor,
    work: &Work,
    todo: &[usize],
    commands: &[D::Command],
) -> Result<(), Failure> {
    for n in todo {
        let Some(command) = commands.get(*n) else { continue };
        let meta = Meta::by(actor.clone(), work.command_id(*n));
        let given = platform.streams.execute::<D>(&work.stream, meta, command.clone()).await;
        given.map_err(|error| Failure::failed(format!("{}: {error}", work.origin)))?;
    }
    Ok(())
}
