//! `keep-expected`: where an activity has a list of those expected, its teams, or those whom its
//! audience names, stand on it: whoever joins them later, too, and who leaves them before the start
//! no more.

use chrono::{DateTime, Utc};
use linli_platform::process::{Action, Input, Process, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Order;
use crate::{
    contract::{
        RollEvent,
        heard::{CalendarEvent, Described, Heard, Visibility},
    },
    deciders::roll,
    values::{Audience, OccurrenceKey},
};

mod groups;
#[cfg(test)]
mod tests;

use groups::Group;

/// The groups that an activity expects, under `activity/<community>/<uuid>`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Expects(Vec<Group>);

/// An occurrence whose roll is open, under `open/<key>` and `expects/<group>/<key>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Open {
    key: OccurrenceKey,
    start: DateTime<Utc>,
    groups: Vec<Group>,
}

/// The process.
pub enum Expected {}

impl Process<Heard> for Expected {
    const NAME: &'static str = "keep-expected";
    const VERSION: u32 = 1;
    type Command = Order;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        match &fact.event {
            Heard::Calendar { community, activity, event } => {
                if let Some(described) = described(event) {
                    learn(rows, community, *activity, described);
                }
            }
            Heard::Resident(resident, event) => groups::learn(rows, *resident, event),
            Heard::Place(code, event) => groups::placed(rows, code, event),
            Heard::Roll(key, event) => follow(rows, key, event),
            _ => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        let Input::Event(fact) = input else { return Vec::new() };
        match &fact.event {
            Heard::Roll(key, RollEvent::RollOpened { .. }) => {
                let open = rows.get::<Open>(&open_row(key));
                open.map(|open| expect_all(rows, &open)).unwrap_or_default()
            }
            Heard::Calendar { community, activity, event } if described(event).is_some() => {
                let ahead = rows.scan::<Open>(&format!("open/{community}/{activity}/"));
                let ahead = ahead.into_iter().map(|(_, open)| open);
                let ahead = ahead.filter(|open| open.start > now);
                ahead.flat_map(|open| expect_all(rows, &open)).collect()
            }
            Heard::Resident(resident, event) => {
                let (joined, left) = groups::changed(rows, *resident, event);
                let mut actions = Vec::new();
                for group in &joined {
                    for open in expecting(rows, group) {
                        actions.extend(expect(&open.key, vec![*resident], group.audience()));
                    }
                }
                for open in left.iter().flat_map(|group| expecting(rows, group)) {
                    let still = open.groups.iter().any(|g| groups::in_it(rows, g, *resident));
                    if open.start > now && !still {
                        let drop = roll::Command::DropExpected { resident: *resident };
                        actions.extend(command(&open.key, drop));
                    }
                }
                actions
            }
            _ => Vec::new(),
        }
    }
}

/// What an activity is with this event.
fn described(event: &CalendarEvent) -> Option<&Described> {
    match event {
        CalendarEvent::ActivityDrafted { description, .. }
        | CalendarEvent::ActivityDescribed { description } => Some(description),
        _ => None,
    }
}

fn open_row(key: &OccurrenceKey) -> String {
    format!("open/{key}")
}

fn activity_row(community: &str, activity: Uuid) -> String {
    format!("activity/{community}/{activity}")
}

/// Whom an activity expects: the teams whose own it is, else those whom its audience names.
fn groups_of(community: &str, described: &Described) -> Vec<Group> {
    if !described.expected {
        return Vec::new();
    }
    let audiences = match described.visibility {
        Visibility::Team => described.teams.iter().copied().map(Audience::Team).collect(),
        Visibility::Public | Visibility::Staff => Audience::named(&described.audience),
    };
    audiences.into_iter().map(|audience| Group::of(audience, community)).collect()
}

fn learn(rows: &mut Rows<'_>, community: &str, activity: Uuid, described: &Described) {
    let groups = groups_of(community, described);
    rows.put(&activity_row(community, activity), &Expects(groups.clone()));
    for (_, open) in rows.scan::<Open>(&format!("open/{community}/{activity}/")) {
        let Open { key, start, .. } = open.clone();
        forget(rows, &open);
        keep(rows, &Open { key, start, groups: groups.clone() });
    }
}

fn follow(rows: &mut Rows<'_>, key: &OccurrenceKey, event: &RollEvent) {
    let known = rows.get::<Open>(&open_row(key));
    match event {
        RollEvent::RollOpened { start, .. } | RollEvent::RollMoved { start, .. } => {
            let expects = rows.get::<Expects>(&activity_row(&key.community, key.activity));
            let groups = expects.unwrap_or_default().0;
            keep(rows, &Open { key: key.clone(), start: *start, groups });
        }
        RollEvent::RollCancelled { .. } | RollEvent::RollClosed { .. } => {
            if let Some(open) = known {
                forget(rows, &open);
            }
        }
        _ => {}
    }
}

fn keep(rows: &mut Rows<'_>, open: &Open) {
    rows.put(&open_row(&open.key), open);
    for group in &open.groups {
        rows.put(&format!("expects/{group}/{}", open.key), &open.key);
    }
}

fn forget(rows: &mut Rows<'_>, open: &Open) {
    rows.remove(&open_row(&open.key));
    for group in &open.groups {
        rows.remove(&format!("expects/{group}/{}", open.key));
    }
}

/// The open rolls that expect a group.
fn expecting(rows: &Rows<'_>, group: &Group) -> Vec<Open> {
    let keys = rows.scan::<OccurrenceKey>(&format!("expects/{group}/"));
    keys.into_iter().filter_map(|(_, key)| rows.get(&open_row(&key))).collect()
}

fn expect_all(rows: &Rows<'_>, open: &Open) -> Vec<Action<Order>> {
    let of = |group: &Group| (groups::members(rows, group), group.audience());
    let wanted = open.groups.iter().map(of).filter(|(members, _)| !members.is_empty());
    wanted.filter_map(|(members, by)| expect(&open.key, members, by)).collect()
}

fn expect(key: &OccurrenceKey, residents: Vec<Uuid>, by: String) -> Option<Action<Order>> {
    command(key, roll::Command::Expect { residents, by })
}

fn command(key: &OccurrenceKey, command: roll::Command) -> Option<Action<Order>> {
    // The names come from streams, so none is lost here.
    let to = key.roll().ok()?;
    Some(Action::Command { to, command: Order::Roll(command) })
}
