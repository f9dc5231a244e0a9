//! `keep-rolls`: opens, moves, cancels and closes the roll of each occurrence, and says what there
//! is to do at it, as the calendar has it.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::NameError,
    process::{Action, Input, Process, Rows},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contract::{
        DutyPlace, RollEvent,
        heard::{CalendarEvent, Heard},
    },
    deciders::{
        duty,
        roll::{self, CLOSED_AFTER},
        standing,
    },
    values::OccurrenceKey,
};

#[cfg(test)]
mod tests;

/// What the process asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Of a roll.
    Roll(roll::Command),
    /// Of an occurrence's duties.
    Duty(duty::Command),
    /// Of a standing duty.
    Standing(standing::Command),
}

/// What it knows of an activity, under `activity/<community>/<uuid>`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    guardian_consent: bool,
    duties: Vec<DutyPlace>,
    /// The duties before the last description, to see whether it changed them.
    before: Vec<DutyPlace>,
}

/// What it knows of an occurrence that goes on, under `open/<community>/<uuid>/<recurrence id>`.
#[derive(Debug, Serialize, Deserialize)]
struct Open {
    key: OccurrenceKey,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// The process.
pub enum Rolls {}

impl Process<Heard> for Rolls {
    const NAME: &'static str = "keep-rolls";
    const VERSION: u32 = 1;
    type Command = Order;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        match &fact.event {
            Heard::Calendar { community, activity, event } => {
                learn(rows, community, *activity, event);
            }
            Heard::Roll(key, RollEvent::RollClosed { .. }) => rows.remove(&open_row(key)),
            _ => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        let wanted = match input {
            Input::Timer { name, .. } => close(name),
            Input::Event(fact) => match &fact.event {
                Heard::Calendar { community, activity, event } => {
                    follow(rows, community, *activity, event, now)
                }
                Heard::Roll(key, RollEvent::RollClosed { .. }) => Ok(vec![clear(key)]),
                _ => Ok(Vec::new()),
            },
        };
        // The names come from streams and rows that were made of valid ones, so none is lost here.
        wanted.unwrap_or_default()
    }
}

fn activity_row(community: &str, activity: Uuid) -> String {
    format!("activity/{community}/{activity}")
}

fn open_row(key: &OccurrenceKey) -> String {
    format!("open/{key}")
}

fn timer(key: &OccurrenceKey) -> String {
    format!("close/{key}")
}

fn learn(rows: &mut Rows<'_>, community: &str, activity: Uuid, event: &CalendarEvent) {
    let row = activity_row(community, activity);
    let key = |recurrence_id: &str| OccurrenceKey::new(community, activity, recurrence_id);
    match event {
        CalendarEvent::ActivityDrafted { description, .. }
        | CalendarEvent::ActivityDescribed { description } => {
            let before = rows.get::<Known>(&row).unwrap_or_default().duties;
            let (guardian_consent, duties) =
                (description.guardian_consent, description.duties.clone());
            rows.put(&row, &Known { guardian_consent, duties, before });
        }
        CalendarEvent::OccurrenceOpened { recurrence_id, start, end, .. }
        | CalendarEvent::OccurrenceMoved { recurrence_id, start, end, .. } => {
            let key = key(recurrence_id);
            rows.put(&open_row(&key), &Open { key, start: *start, end: *end });
        }
        CalendarEvent::OccurrenceCancelled { recurrence_id, .. } => {
            rows.remove(&open_row(&key(recurrence_id)));
        }
        CalendarEvent::OccurrenceDescribed { .. } => {}
    }
}

type Wanted = Result<Vec<Action<Order>>, NameError>;

fn follow(
    rows: &Rows<'_>,
    community: &str,
    activity: Uuid,
    event: &CalendarEvent,
    now: DateTime<Utc>,
) -> Wanted {
    let known = rows.get::<Known>(&activity_row(community, activity)).unwrap_or_default();
    let key = |recurrence_id: &str| OccurrenceKey::new(community, activity, recurrence_id);
    match event {
        CalendarEvent::ActivityDescribed { .. } => {
            if known.duties == known.before {
                return Ok(Vec::new());
            }
            let ahead = rows.scan::<Open>(&format!("open/{community}/{activity}/"));
            let ahead = ahead.into_iter().map(|(_, open)| open).filter(|open| open.end > now);
            ahead.map(|open| set_duties(&open.key, &known, open.start, open.end)).collect()
        }
        CalendarEvent::OccurrenceOpened {
            recurrence_id, start, end, capacity, attendance, ..
        } => {
            let key = key(recurrence_id);
            let open = roll::Command::Open {
                activity,
                recurrence_id: recurrence_id.clone(),
                start: *start,
                end: *end,
                capacity: *capacity,
                attendance: *attendance,
                guardian_consent: known.guardian_consent,
            };
            begin(&key, open, &known, (*start, *end))
        }
        CalendarEvent::OccurrenceMoved { recurrence_id, revision, start, end, .. } => {
            let moved = roll::Command::Move { revision: *revision, start: *start, end: *end };
            begin(&key(recurrence_id), moved, &known, (*start, *end))
        }
        CalendarEvent::OccurrenceDescribed { recurrence_id, capacity: Some(capacity), .. } => {
            let set = roll::Command::SetCapacity { capacity: *capacity };
            Ok(vec![of_roll(&key(recurrence_id), set)?])
        }
        CalendarEvent::ActivityDrafted { .. } | CalendarEvent::OccurrenceDescribed { .. } => {
            Ok(Vec::new())
        }
        CalendarEvent::OccurrenceCancelled { recurrence_id, revision, .. } => {
            let key = key(recurrence_id);
            let mut wanted =
                vec![of_roll(&key, roll::Command::Cancel { revision: *revision })?, clear(&key)];
            if !known.duties.is_empty() {
                wanted.push(of_duty(&key, duty::Command::Cancel)?);
            }
            Ok(wanted)
        }
    }
}

/// The roll's command, the duties if there are any, and the timer that closes the roll.
fn begin(
    key: &OccurrenceKey,
    command: roll::Command,
    known: &Known,
    (start, end): (DateTime<Utc>, DateTime<Utc>),
) -> Wanted {
    let due = end + CLOSED_AFTER;
    let mut wanted = vec![of_roll(key, command)?, Action::SetTimer { name: timer(key), due }];
    if !known.duties.is_empty() {
        wanted.push(set_duties(key, known, start, end)?);
    }
    Ok(wanted)
}

fn set_duties(
    key: &OccurrenceKey,
    known: &Known,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<Action<Order>, NameError> {
    of_duty(key, duty::Command::Set { duties: known.duties.clone(), start, end })
}

fn close(timer: &str) -> Wanted {
    let mut parts = timer.split('/').skip(1);
    let (community, activity, recurrence_id) = (parts.next(), parts.next(), parts.next());
    match (community, activity.and_then(|id| id.parse().ok()), recurrence_id) {
        (Some(community), Some(activity), Some(recurrence_id)) => {
            let key = OccurrenceKey::new(community, activity, recurrence_id);
            Ok(vec![of_roll(&key, roll::Command::Close)?])
        }
        _ => Ok(Vec::new()),
    }
}

fn of_roll(key: &OccurrenceKey, command: roll::Command) -> Result<Action<Order>, NameError> {
    Ok(Action::Command { to: key.roll()?, command: Order::Roll(command) })
}

fn of_duty(key: &OccurrenceKey, command: duty::Command) -> Result<Action<Order>, NameError> {
    Ok(Action::Command { to: key.duty()?, command: Order::Duty(command) })
}

fn clear(key: &OccurrenceKey) -> Action<Order> {
    Action::ClearTimer { name: timer(key) }
}
