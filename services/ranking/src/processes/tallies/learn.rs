//! What the process learns of places, rules, activities and residents.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use linli_platform::{ids::EventRef, process::Rows};
use uuid::Uuid;

use super::state::{
    Activity, Adopted, Home, Member, Occurrence, Opened, Place, Resident, activity_row,
    occurrence_row, place_row, resident_row, rules_row,
};
use crate::{
    contract::{
        Header, ScoringEvent,
        heard::{CalendarEvent, Described, PlaceEvent, ResidentEvent},
    },
    values::{OccurrenceKey, Rates},
};

/// The zone where no place names one.
const ZONE: Tz = Tz::Asia__Shanghai;
/// A circle of parents would not end.
const LEVELS_MAX: usize = 16;

pub(super) fn place(rows: &mut Rows<'_>, code: &str, event: &PlaceEvent) {
    let row = place_row(code);
    let place = match event {
        PlaceEvent::PlaceAdded { parent, zone, .. } => {
            Place { parent: parent.clone(), zone: zone.clone() }
        }
        PlaceEvent::PlaceChanged { parent, .. } => {
            let zone = rows.get::<Place>(&row).unwrap_or_default().zone;
            Place { parent: parent.clone(), zone }
        }
    };
    rows.put(&row, &place);
}

pub(super) fn rules(rows: &mut Rows<'_>, place: &str, event: &ScoringEvent, source: &EventRef) {
    let ScoringEvent::ScoringAdopted { from, rules } = event;
    let row = rules_row(place);
    let mut adopted: Vec<Adopted> = rows.get(&row).unwrap_or_default();
    adopted.push(Adopted { from: *from, rules: rules.clone(), source: source.clone() });
    rows.put(&row, &adopted);
}

/// The place and all above it, the nearest first.
fn upwards(rows: &Rows<'_>, code: &str) -> Vec<(String, Place)> {
    let mut found: Vec<(String, Place)> = Vec::new();
    let mut code = code.to_owned();
    while !code.is_empty() && found.len() < LEVELS_MAX {
        let place = rows.get::<Place>(&place_row(&code)).unwrap_or_default();
        let above = place.parent.clone();
        found.push((std::mem::replace(&mut code, above), place));
    }
    found
}

/// The rules that hold for what a place hosts on a day: its own, or those of the nearest above.
fn rules_of(rows: &Rows<'_>, place: &str, on: NaiveDate) -> Option<Adopted> {
    upwards(rows, place).into_iter().find_map(|(code, _)| {
        let adopted: Vec<Adopted> = rows.get(&rules_row(&code)).unwrap_or_default();
        adopted.into_iter().rev().find(|adopted| adopted.from <= on)
    })
}

/// The zone of a place.
fn zone_of(rows: &Rows<'_>, place: &str) -> Tz {
    let zones = upwards(rows, place).into_iter().map(|(_, place)| place.zone);
    zones.filter(|zone| !zone.is_empty()).find_map(|zone| zone.parse().ok()).unwrap_or(ZONE)
}

/// Takes in what the calendar says.
pub(super) fn calendar(
    rows: &mut Rows<'_>,
    community: &str,
    activity: Uuid,
    event: &CalendarEvent,
) {
    let key = |recurrence_id: &str| OccurrenceKey::new(community, activity, recurrence_id);
    match event {
        CalendarEvent::ActivityDrafted { description, .. }
        | CalendarEvent::ActivityDescribed { description } => {
            let Described { kinds, teams, partners, .. } = description.clone();
            rows.put(&activity_row(community, activity), &Activity { kinds, teams, partners });
        }
        CalendarEvent::OccurrenceOpened { recurrence_id, start, end, all_day, zone }
        | CalendarEvent::OccurrenceMoved { recurrence_id, start, end, all_day, zone } => {
            change(rows, &key(recurrence_id), |occurrence| {
                (occurrence.start, occurrence.end) = (Some(*start), Some(*end));
                (occurrence.all_day, occurrence.cancelled) = (*all_day, false);
                occurrence.zone.clone_from(zone);
            });
        }
        CalendarEvent::OccurrenceDescribed { recurrence_id, kinds, .. } => {
            change(rows, &key(recurrence_id), |occurrence| occurrence.kinds.clone_from(kinds));
        }
        CalendarEvent::OccurrenceCancelled { recurrence_id } => {
            change(rows, &key(recurrence_id), |occurrence| occurrence.cancelled = true);
        }
    }
}

/// The occurrence whose time an event may change.
pub(super) fn timed(
    community: &str,
    activity: Uuid,
    event: &CalendarEvent,
) -> Option<OccurrenceKey> {
    match event {
        CalendarEvent::OccurrenceOpened { recurrence_id, .. }
        | CalendarEvent::OccurrenceMoved { recurrence_id, .. }
        | CalendarEvent::OccurrenceCancelled { recurrence_id } => {
            Some(OccurrenceKey::new(community, activity, recurrence_id))
        }
        _ => None,
    }
}

fn change(rows: &mut Rows<'_>, key: &OccurrenceKey, change: impl FnOnce(&mut Occurrence)) {
    let row = occurrence_row(key);
    let mut occurrence = rows.get::<Occurrence>(&row).unwrap_or_default();
    change(&mut occurrence);
    rows.put(&row, &occurrence);
}

/// What an occurrence is and gives as of now; none if the calendar has not told when it is.
pub(super) fn opened(
    rows: &Rows<'_>,
    key: &OccurrenceKey,
    occurrence: &Occurrence,
) -> Option<Opened> {
    let start = occurrence.start?;
    let zone = occurrence.zone.parse().unwrap_or_else(|_| zone_of(rows, &key.community));
    let on = start.with_timezone(&zone).date_naive();
    let activity = activity_row(&key.community, key.activity);
    let Activity { kinds, teams, partners } = rows.get(&activity).unwrap_or_default();
    let kinds = if occurrence.kinds.is_empty() { kinds } else { occurrence.kinds.clone() };
    let mut hosts = vec![key.community.clone()];
    hosts.extend(partners.into_iter().filter(|partner| *partner != key.community));
    let adopted = rules_of(rows, &key.community, on);
    let rates = adopted.as_ref().map(|it| Rates::of(&it.rules, &kinds)).unwrap_or_default();
    let header = Header {
        activity: key.activity,
        recurrence_id: key.recurrence_id.clone(),
        on,
        hosts,
        kinds,
        teams,
        scoring: adopted.map(|adopted| adopted.source),
    };
    Some(Opened { header, rates })
}

pub(super) fn resident(rows: &mut Rows<'_>, id: Uuid, event: &ResidentEvent, at: DateTime<Utc>) {
    let row = resident_row(id);
    let mut resident = rows.get::<Resident>(&row).unwrap_or_default();
    let day =
        |rows: &Rows<'_>, community: &str| at.with_timezone(&zone_of(rows, community)).date_naive();
    let here = resident.homes.last().map(|home| home.community.clone()).unwrap_or_default();
    match event {
        ResidentEvent::ResidentRegistered { community, building }
        | ResidentEvent::ResidentMoved { community, building } => {
            let from = day(rows, community);
            let (community, building) = (community.clone(), building.clone());
            resident.homes.push(Home { from, community, building });
        }
        ResidentEvent::TeamJoined { team } => {
            let from = day(rows, &here);
            resident.teams.push(Member { team: *team, from, until: None });
        }
        ResidentEvent::TeamLeft { team } => {
            let until = Some(day(rows, &here));
            let open = |member: &&mut Member| member.team == *team && member.until.is_none();
            if let Some(member) = resident.teams.iter_mut().find(open) {
                member.until = until;
            }
        }
        // Settled by whoever knows the days; what was earned by the erased stays in the counts.
        ResidentEvent::ResidentMerged { .. } | ResidentEvent::ResidentErased {} => return,
    }
    rows.put(&row, &resident);
}
