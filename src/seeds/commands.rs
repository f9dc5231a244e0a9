//! What seeds ask of the streams, in the order in which it is asked.

use std::collections::BTreeMap;

use linli_almanac::{HolidayTable, HolidayYear, Per};
use linli_calendar::{
    contract::{self as calendar, HolidayPaper},
    deciders::{activity, cadence, holidays, venue},
};
use linli_people::{
    contract::{self as people, Kind},
    deciders::{place, team, unit},
};
use linli_platform::{
    entropy::derived,
    ids::{CommandId, EVERYWHERE, StreamId},
};
use linli_ranking::{
    contract::{KindRates, Rules},
    deciders::scoring,
};
use toml::Spanned;
use uuid::Uuid;

use super::{
    Origin, described,
    read::{Community, Item, Seeds},
    text,
};
use crate::failure::Failure;

/// What one element of the files asks of its stream.
#[derive(Debug)]
pub struct Work {
    /// Where the element stands.
    pub origin: Origin,
    /// A mark of its content.
    pub content: Uuid,
    /// The stream.
    pub stream: StreamId,
    /// The commands, in order.
    pub commands: Commands,
}

impl Work {
    /// The id of its `n`-th command: the same for the same content on the same stream.
    pub fn command_id(&self, n: usize) -> CommandId {
        CommandId(derived(&format!("seed/{}", self.stream), &format!("{}/{n}", self.content)))
    }
}

/// Commands to one sort of stream.
#[derive(Debug)]
pub enum Commands {
    /// To a place.
    Place(place::Command),
    /// To a partner unit.
    Unit(unit::Command),
    /// To a venue.
    Venue(venue::Command),
    /// To a team.
    Team(team::Command),
    /// To a year's holidays.
    Holidays(holidays::Command),
    /// To a promise.
    Cadence(cadence::Command),
    /// To an activity.
    Activity(Vec<activity::Command>),
    /// To a place's rules of points.
    Scoring(scoring::Command),
}

/// What is known of a place, from the files or from the log.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The code of the place it is part of.
    pub parent: String,
    /// Its own zone; empty: its parent's.
    pub zone: String,
}

/// All places that the files may name, by code.
pub type Places = BTreeMap<String, Known>;

/// The zone of a place: its own or the nearest above's.
pub fn zone_of(places: &Places, code: &str) -> Option<String> {
    let above = |code: &&str| places.get(*code).map(|place| place.parent.as_str());
    // A circle of parents would not end.
    let path = std::iter::successors(Some(code), above).take(16);
    let mut zones = path.filter_map(|code| places.get(code)).map(|place| &place.zone);
    zones.find(|zone| !zone.is_empty()).cloned()
}

/// What all files ask, stage by stage: a stage waits for the one before.
pub fn stages(
    seeds: &Seeds,
    places: &Places,
    holidays: &HolidayTable,
) -> Result<Vec<Vec<Work>>, Failure> {
    let mut stages = vec![
        all(&seeds.places, place)?,
        Vec::new(),
        Vec::new(),
        Vec::new(),
        all(&seeds.holidays, paper)?,
        Vec::new(),
        Vec::new(),
        Vec::new(),
    ];
    let mut problems = Vec::new();
    for community in &seeds.communities {
        let code = &community.code.it;
        let Some(zone) = zone_of(places, code) else {
            let origin = &community.code.origin;
            problems.push(format!("{origin}: no such place; add it to places.toml, with a zone"));
            continue;
        };
        stages[1].extend(all(&community.units, |item| unit(code, item))?);
        stages[2].extend(all(&community.venues, |item| venue(code, item))?);
        stages[3].extend(all(&community.teams, |item| team(code, item))?);
        stages[5].extend(all(&community.cadences, |item| cadence(code, item))?);
        for item in &community.activities {
            for partner in &item.it.partners {
                if !places.contains_key(partner.as_ref()) {
                    let what = format!("there is no place '{}'", partner.as_ref());
                    problems.push(community.origin(partner, what).to_string());
                }
            }
            match activity(community, item, &zone, holidays) {
                Ok(work) => stages[6].push(work),
                Err(problem) => problems.push(problem),
            }
        }
    }
    for item in &seeds.scoring {
        match scoring_of(item, places) {
            Ok(work) => stages[7].push(work),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(stages) } else { Err(Failure::Failed(problems.join("\n"))) }
}

fn all<T>(
    items: &[Item<T>],
    work: impl Fn(&Item<T>) -> Result<(StreamId, Commands), Failure>,
) -> Result<Vec<Work>, Failure> {
    let made = items.iter().map(|item| {
        let (stream, commands) = work(item)?;
        let (origin, content) = (item.origin.clone(), item.content);
        Ok(Work { origin, content, stream, commands })
    });
    made.collect()
}

fn place(item: &Item<text::Place>) -> Result<(StreamId, Commands), Failure> {
    let text::Place { code, name, name_en, kind, parent, zone, synthetic } = item.it.clone();
    let kind = match kind {
        text::PlaceKind::City => Kind::City,
        text::PlaceKind::District => Kind::District,
        text::PlaceKind::Subdistrict => Kind::Subdistrict,
        text::PlaceKind::Community => Kind::Community,
        text::PlaceKind::Compound => Kind::Compound,
        text::PlaceKind::Grid => Kind::Grid,
        text::PlaceKind::Building => Kind::Building,
    };
    let stream = people::stream(people::PLACE, &code)?;
    let place = people::Place { code, name, name_en, kind, parent, zone, synthetic };
    Ok((stream, Commands::Place(place::Command::Add(place))))
}

fn unit(community: &str, item: &Item<text::Unit>) -> Result<(StreamId, Commands), Failure> {
    let text::Unit { key, name, kind } = &item.it;
    let stream = people::stream(people::UNIT, derived(community, key))?;
    let (community, name, kind) = (community.to_owned(), name.clone(), kind.clone());
    Ok((stream, Commands::Unit(unit::Command::Add { community, name, kind })))
}

fn team(community: &str, item: &Item<text::Team>) -> Result<(StreamId, Commands), Failure> {
    let text::Team { key, name, parent, about, size_note } = &item.it;
    let stream = people::stream(people::TEAM, derived(community, key))?;
    let said = [about.trim(), size_note.trim()];
    let said: Vec<_> = said.into_iter().filter(|text| !text.is_empty()).collect();
    let found = team::Command::Found {
        community: community.to_owned(),
        name: name.clone(),
        parent: id_of(community, parent.as_ref()),
        about: said.join("\n"),
    };
    Ok((stream, Commands::Team(found)))
}

fn calendar_stream(community: &str, category: &str, key: &str) -> Result<StreamId, Failure> {
    let id = derived(community, key);
    Ok(StreamId::new(community, calendar::SERVICE, category, id)?)
}

fn venue(community: &str, item: &Item<text::Venue>) -> Result<(StreamId, Commands), Failure> {
    let text::Venue { key, name, name_en, capacity, lender, text } = &item.it;
    let description = calendar::VenueDescription {
        name: name.clone(),
        name_en: name_en.clone(),
        capacity: *capacity,
        lender: id_of(community, lender.as_ref()),
        text: text.clone(),
    };
    let commands = Commands::Venue(venue::Command::Add(description));
    Ok((calendar_stream(community, "venue", key)?, commands))
}

fn paper(item: &Item<HolidayYear>) -> Result<(StreamId, Commands), Failure> {
    let stream = StreamId::new(EVERYWHERE, calendar::SERVICE, "holidays", item.it.year)?;
    let adopt = holidays::Command::Adopt(HolidayPaper::of_almanac(&item.it));
    Ok((stream, Commands::Holidays(adopt)))
}

fn cadence(community: &str, item: &Item<text::Cadence>) -> Result<(StreamId, Commands), Failure> {
    let text::Cadence { key, title, kind, at_least, per } = &item.it;
    let promise = calendar::CadencePromise {
        title: title.clone(),
        kind: kind.clone(),
        at_least: *at_least,
        per: match per {
            Per::Week => calendar::Per::Week,
            Per::Month => calendar::Per::Month,
            Per::Quarter => calendar::Per::Quarter,
            Per::Year => calendar::Per::Year,
        },
    };
    let commands = Commands::Cadence(cadence::Command::Set(promise));
    Ok((calendar_stream(community, "cadence", key)?, commands))
}

fn scoring_of(item: &Item<text::Scoring>, places: &Places) -> Result<Work, String> {
    let Item { origin, content, it } = item;
    let place = it.place.as_ref();
    let missing = || format!("{origin}: no such place; add it to places.toml, with a zone");
    let zone = zone_of(places, place).and_then(|zone| zone.parse().ok()).ok_or_else(missing)?;
    let stream = StreamId::new(place, linli_ranking::SERVICE, "scoring", scoring::POINTS)
        .map_err(|error| format!("{origin}: {error}"))?;
    let kinds = it.kinds.iter().map(|kind| KindRates {
        kind: kind.kind.clone(),
        attendance: kind.attendance,
        hour: kind.hour,
        duty: kind.duty,
    });
    let rules = Rules {
        attendance: it.attendance,
        hour: it.hour,
        duty: it.duty,
        kinds: kinds.collect(),
        day_max: it.day_max,
        base_min: it.base_min,
        example: it.example,
        note: it.note.clone(),
    };
    let commands = Commands::Scoring(scoring::Command::Adopt { from: it.from, rules, zone });
    Ok(Work { origin: origin.clone(), content: *content, stream, commands })
}

/// The id of what a key names in the same file.
pub(super) fn id_of(community: &str, key: Option<&Spanned<String>>) -> Option<Uuid> {
    key.map(|key| derived(community, key.as_ref()))
}

fn activity(
    community: &Community,
    item: &Item<text::Activity>,
    zone: &str,
    holidays: &HolidayTable,
) -> Result<Work, String> {
    let (code, it) = (&community.code.it, &item.it);
    let stream = calendar_stream(code, "activity", &it.key);
    let stream = stream.map_err(|error| error.text().unwrap_or_default().to_owned())?;
    let description = description(code, it);
    let mut commands =
        vec![activity::Command::Draft { slug: it.key.clone(), description: description.clone() }];
    for segment in it.segment.iter().map(Spanned::as_ref) {
        commands.push(activity::Command::AddSegment {
            seen: None,
            from: segment.from,
            until: segment.until,
            rule: segment.rule.as_ref().trim().to_owned(),
            zone: zone.to_owned(),
        });
    }
    let own = described::commands(community, item, &description, zone, holidays)?;
    commands.extend(own.words);
    if it.state == text::State::Published {
        commands.push(activity::Command::Publish);
        commands.extend(own.openings);
    }
    let (origin, content) = (item.origin.clone(), item.content);
    Ok(Work { origin, content, stream, commands: Commands::Activity(commands) })
}

fn description(community: &str, it: &text::Activity) -> calendar::Description {
    let duty = |duty: &text::Duty| calendar::Duty { name: duty.name.clone(), places: duty.places };
    calendar::Description {
        title: it.title.clone(),
        title_en: it.title_en.clone(),
        kinds: it.kinds.clone(),
        visibility: match it.visibility {
            text::Visibility::Public => calendar::Visibility::Public,
            text::Visibility::Team => calendar::Visibility::Team,
            text::Visibility::Staff => calendar::Visibility::Staff,
        },
        teams: id_of(community, it.team.as_ref()).into_iter().collect(),
        venue: id_of(community, it.venue.as_ref()),
        rotation: it.rotation.iter().filter_map(|key| id_of(community, Some(key))).collect(),
        audience: it.audience.clone(),
        text: it.text.clone(),
        text_en: it.text_en.clone(),
        minutes: it.minutes,
        capacity: it.capacity,
        attendance: match it.attendance {
            text::Attendance::Names => calendar::Attendance::Names,
            text::Attendance::Headcount => calendar::Attendance::Headcount,
            text::Attendance::Paper => calendar::Attendance::Paper,
        },
        expected: it.expected,
        guardian_consent: it.guardian_consent,
        duties: it.duties.iter().map(duty).collect(),
        partners: it.partners.iter().map(|code| code.as_ref().clone()).collect(),
        contact: None,
    }
}
