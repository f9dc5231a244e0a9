//! `bulletins`: has each place's weekly summary and monthly report made when it is due, or when the
//! desk asks for one.
//!
//! A place has them from the period in which it came to be. What a bulletin says is not known here:
//! whoever carries the command out takes the figures as they are then.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use linli_platform::{
    ids::StreamId,
    process::{Action, Input, Process, Rows},
    projection::Fact,
};
use serde::{Deserialize, Serialize};

use crate::{
    SERVICE,
    contract::{
        BulletinEvent, ScheduleEvent,
        heard::{Heard, PlaceEvent, PlaceKind},
    },
    values::{Schedule, Series, StatPeriod},
};

#[cfg(test)]
mod tests;

/// The process.
pub enum Bulletins {}

/// Make a period's bulletin and publish it, on the stream of its series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The period.
    pub period: StatPeriod,
}

/// A place, under `place/<code>`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    parent: String,
    zone: String,
}

/// The zone where no place names one.
const ZONE: Tz = Tz::Asia__Shanghai;
/// A circle of parents would not end.
const LEVELS_MAX: usize = 16;

fn place_row(code: &str) -> String {
    format!("place/{code}")
}

fn schedule_row(place: &str) -> String {
    format!("schedule/{place}")
}

/// The next period that comes out by itself.
fn next_row(place: &str, series: Series) -> String {
    format!("next/{place}/{}", series.code())
}

fn out_row(place: &str, period: StatPeriod) -> String {
    format!("out/{place}/{period}")
}

fn timer_name(place: &str, series: Series) -> String {
    format!("issue/{place}/{}", series.code())
}

fn timer_of(name: &str) -> Option<(&str, Series)> {
    let (place, series) = name.strip_prefix("issue/")?.rsplit_once('/')?;
    Some((place, Series::of(series)?))
}

impl Process<Heard> for Bulletins {
    const NAME: &'static str = "bulletins";
    const VERSION: u32 = 1;
    type Command = Issue;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        match input {
            Input::Timer { name, .. } => {
                let Some((place, series)) = timer_of(name) else { return };
                let next = rows.get::<StatPeriod>(&next_row(place, series));
                if let Some(period) = next {
                    rows.leave(period);
                    put_next(rows, place, period.next());
                }
            }
            Input::Event(fact) => learn(rows, fact),
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, _: DateTime<Utc>) -> Vec<Action<Issue>> {
        let both = |place: &str| Series::ALL.map(|series| timer(rows, place, series)).to_vec();
        match input {
            Input::Timer { name, .. } => {
                let Some((place, series)) = timer_of(name) else { return Vec::new() };
                let issue = rows.left().and_then(|period| issue(rows, place, period));
                issue.into_iter().chain([timer(rows, place, series)]).collect()
            }
            Input::Event(fact) => match &fact.event {
                Heard::Place(code, PlaceEvent::PlaceAdded { kind, .. }) if reports(*kind) => {
                    both(code)
                }
                Heard::Schedule(place, ScheduleEvent::BulletinsScheduled { .. }) => both(place),
                Heard::Schedule(place, ScheduleEvent::BulletinAsked { period, .. }) => {
                    issue(rows, place, *period).into_iter().collect()
                }
                Heard::Bulletin {
                    place,
                    event: BulletinEvent::BulletinPublished { period, .. },
                } => {
                    vec![timer(rows, place, period.series())]
                }
                _ => Vec::new(),
            },
        }
    }
}

/// Whether such a place has bulletins.
fn reports(kind: PlaceKind) -> bool {
    matches!(kind, PlaceKind::Subdistrict | PlaceKind::Community)
}

fn learn(rows: &mut Rows<'_>, fact: &Fact<Heard>) {
    match &fact.event {
        Heard::Place(code, PlaceEvent::PlaceAdded { kind, parent, zone, .. }) => {
            rows.put(&place_row(code), &Place { parent: parent.clone(), zone: zone.clone() });
            if reports(*kind) {
                from_today(rows, code, fact.at);
            }
        }
        Heard::Place(code, PlaceEvent::PlaceChanged { parent, .. }) => {
            let zone = rows.get::<Place>(&place_row(code)).unwrap_or_default().zone;
            rows.put(&place_row(code), &Place { parent: parent.clone(), zone });
        }
        Heard::Schedule(place, event) => {
            let mut schedule = schedule_of(rows, place);
            schedule.evolve(event);
            rows.put(&schedule_row(place), &schedule);
            if matches!(event, ScheduleEvent::BulletinsScheduled { .. }) {
                from_today(rows, place, fact.at);
            }
        }
        Heard::Bulletin { place, event: BulletinEvent::BulletinPublished { period, .. } } => {
            rows.put(&out_row(place, *period), &true);
            if let Some(next) = rows.get::<StatPeriod>(&next_row(place, period.series())) {
                put_next(rows, place, next);
            }
        }
        _ => {}
    }
}

/// From the period that it is in now on, unless later ones alone are left: nothing long past comes
/// out because something was set today.
fn from_today(rows: &mut Rows<'_>, place: &str, at: DateTime<Utc>) {
    let today = at.with_timezone(&zone(rows, place)).date_naive();
    let months = schedule_of(rows, place).months;
    for series in Series::ALL {
        let current = months.holding(series, today);
        let next = rows.get::<StatPeriod>(&next_row(place, series));
        put_next(rows, place, next.map_or(current, |next| next.max(current)));
    }
}

/// This one is next, or the first after it that is not out.
fn put_next(rows: &mut Rows<'_>, place: &str, mut next: StatPeriod) {
    while rows.get::<bool>(&out_row(place, next)).is_some() {
        next = next.next();
    }
    rows.put(&next_row(place, next.series()), &next);
}

fn schedule_of(rows: &Rows<'_>, place: &str) -> Schedule {
    rows.get(&schedule_row(place)).unwrap_or_default()
}

fn zone(rows: &Rows<'_>, place: &str) -> Tz {
    let mut code = place.to_owned();
    for _ in 0..LEVELS_MAX {
        let Some(place) = rows.get::<Place>(&place_row(&code)) else { break };
        if let Ok(zone) = place.zone.parse() {
            return zone;
        }
        code = place.parent;
    }
    ZONE
}

fn issue(rows: &Rows<'_>, place: &str, period: StatPeriod) -> Option<Action<Issue>> {
    let out = rows.get::<bool>(&out_row(place, period)).is_some();
    let to = StreamId::new(place, SERVICE, "bulletin", period.series().code());
    to.ok().filter(|_| !out).map(|to| Action::Command { to, command: Issue { period } })
}

fn timer(rows: &Rows<'_>, place: &str, series: Series) -> Action<Issue> {
    let name = timer_name(place, series);
    let next = rows.get::<StatPeriod>(&next_row(place, series));
    let due = next.and_then(|period| schedule_of(rows, place).due(period, zone(rows, place)));
    match due {
        Some(due) => Action::SetTimer { name, due },
        None => Action::ClearTimer { name },
    }
}
