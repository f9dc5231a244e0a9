//! `hand-over-places`: somebody who was erased keeps no place and no duty of what lies ahead;
//! those of somebody who was written down twice go to the other entry.
//!
//! It goes by the rolls and duties themselves, not by what pages show, and remembers who is gone
//! for good: a registration that arrives after the erasure is taken back all the same.

use chrono::{DateTime, Utc};
use linli_platform::{
    ids::NameError,
    process::{Action, Input, Process, Rows},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Order;
use crate::{
    contract::{
        DutyEvent, RollEvent,
        heard::{Heard, ResidentEvent},
    },
    deciders::{duty, roll},
    values::OccurrenceKey,
};

#[cfg(test)]
mod tests;

/// A roll or the duties of an occurrence, under `roll/<key>` or `duty/<key>`.
#[derive(Debug, Serialize, Deserialize)]
struct Ahead {
    /// Until when places are given back, or duties.
    until: DateTime<Utc>,
    cancelled: bool,
}

/// Somebody's place or duty, under `of/<resident>/<kind>/<key>` and `at/<kind>/<key>/<resident>`.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    kind: Kind,
    key: OccurrenceKey,
    resident: Uuid,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Kind {
    Roll,
    Duty,
}

/// Somebody who is no more, under `gone/<resident>`.
#[derive(Debug, Serialize, Deserialize)]
struct Gone {
    into: Option<Uuid>,
}

/// The process.
pub enum Leavers {}

impl Process<Heard> for Leavers {
    const NAME: &'static str = "hand-over-places";
    const VERSION: u32 = 1;
    type Command = Order;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        match &fact.event {
            Heard::Roll(key, event) => roll_learnt(rows, key, event),
            Heard::Duty(key, event) => duty_learnt(rows, key, event),
            Heard::Resident(resident, event) => {
                if let Some(into) = left(event) {
                    rows.put(&format!("gone/{resident}"), &Gone { into });
                }
            }
            Heard::Calendar { .. } | Heard::Process(_) => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        let Input::Event(fact) = input else { return Vec::new() };
        let places: Vec<Place> = match &fact.event {
            Heard::Resident(resident, event) if left(event).is_some() => {
                held(rows, &format!("of/{resident}/"))
            }
            // Somebody gone who asks late, or is given a place before that was known.
            Heard::Roll(
                key,
                RollEvent::Registered { resident, .. }
                | RollEvent::Waitlisted { resident, .. }
                | RollEvent::Promoted { resident },
            ) => vec![Place { kind: Kind::Roll, key: key.clone(), resident: *resident }],
            Heard::Duty(key, DutyEvent::DutyClaimed { resident, .. }) => {
                vec![Place { kind: Kind::Duty, key: key.clone(), resident: *resident }]
            }
            // What was cancelled, or had begun, lies ahead again.
            Heard::Roll(key, RollEvent::RollMoved { .. }) => held(rows, &at(Kind::Roll, key)),
            Heard::Duty(key, DutyEvent::DutiesSet { .. }) => held(rows, &at(Kind::Duty, key)),
            _ => Vec::new(),
        };
        places.iter().filter_map(|place| handed_over(rows, place, now)).collect()
    }
}

/// Whether somebody is no more with this event, and who they are now.
#[expect(clippy::option_option, reason = "one who is gone may or may not be somebody else")]
fn left(event: &ResidentEvent) -> Option<Option<Uuid>> {
    match event {
        ResidentEvent::ResidentErased {} => Some(None),
        ResidentEvent::ResidentMerged { into } => Some(Some(*into)),
        _ => None,
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Roll => "roll",
            Self::Duty => "duty",
        }
    }
}

fn at(kind: Kind, key: &OccurrenceKey) -> String {
    format!("at/{}/{key}/", kind.name())
}

fn ahead(kind: Kind, key: &OccurrenceKey) -> String {
    format!("{}/{key}", kind.name())
}

fn held(rows: &Rows<'_>, prefix: &str) -> Vec<Place> {
    rows.scan(prefix).into_iter().map(|(_, place)| place).collect()
}

/// Notes that somebody has a place or a duty, or has it no more.
fn stand(rows: &mut Rows<'_>, kind: Kind, key: &OccurrenceKey, resident: Uuid, stands: bool) {
    let of = format!("of/{resident}/{}/{key}", kind.name());
    let at = format!("{}{resident}", at(kind, key));
    let place = Place { kind, key: key.clone(), resident };
    for row in [of, at] {
        if stands { rows.put(&row, &place) } else { rows.remove(&row) }
    }
}

fn roll_learnt(rows: &mut Rows<'_>, key: &OccurrenceKey, event: &RollEvent) {
    use RollEvent as E;
    let row = ahead(Kind::Roll, key);
    match event {
        E::RollOpened { start, .. } | E::RollMoved { start, .. } => {
            rows.put(&row, &Ahead { until: *start, cancelled: false });
        }
        E::RollCancelled { .. } => cancelled(rows, &row),
        E::Registered { resident, .. }
        | E::Waitlisted { resident, .. }
        | E::Promoted { resident } => stand(rows, Kind::Roll, key, *resident, true),
        E::Withdrawn { resident } | E::Excused { resident } => {
            stand(rows, Kind::Roll, key, *resident, false);
        }
        // Nothing of it lies ahead any more.
        E::RollClosed { .. } => {
            for kind in [Kind::Roll, Kind::Duty] {
                for place in held(rows, &at(kind, key)) {
                    stand(rows, kind, key, place.resident, false);
                }
                rows.remove(&ahead(kind, key));
            }
        }
        E::CapacitySet { .. }
        | E::CheckedIn { .. }
        | E::CheckedOut { .. }
        | E::HoursCorrected { .. }
        | E::CheckInReversed { .. }
        | E::HeadcountGiven { .. } => {}
    }
}

fn duty_learnt(rows: &mut Rows<'_>, key: &OccurrenceKey, event: &DutyEvent) {
    let row = ahead(Kind::Duty, key);
    match event {
        DutyEvent::DutiesSet { end, .. } => {
            rows.put(&row, &Ahead { until: *end, cancelled: false });
        }
        DutyEvent::DutiesCancelled {} => cancelled(rows, &row),
        DutyEvent::DutyClaimed { resident, .. } => stand(rows, Kind::Duty, key, *resident, true),
        DutyEvent::DutyReleased { resident, .. } => stand(rows, Kind::Duty, key, *resident, false),
    }
}

fn cancelled(rows: &mut Rows<'_>, row: &str) {
    if let Some(ahead) = rows.get::<Ahead>(row) {
        rows.put(row, &Ahead { cancelled: true, ..ahead });
    }
}

/// The command that hands a place over, if its holder is gone and it still matters.
fn handed_over(rows: &Rows<'_>, place: &Place, now: DateTime<Utc>) -> Option<Action<Order>> {
    let &Place { kind, ref key, resident } = place;
    let into = heir(rows, resident)?;
    let ahead = rows.get::<Ahead>(&ahead(kind, key))?;
    if ahead.cancelled || ahead.until <= now {
        return None;
    }
    let order = || -> Result<_, NameError> {
        Ok(match kind {
            Kind::Roll => Action::Command {
                to: key.roll()?,
                command: Order::Roll(roll::Command::HandOver { resident, into }),
            },
            Kind::Duty => Action::Command {
                to: key.duty()?,
                command: Order::Duty(duty::Command::HandOver { resident, into }),
            },
        })
    };
    // The names come from streams, so none is lost here.
    order().ok()
}

/// None for somebody who is here; else who they are now, through all mergers. Two entries that were
/// merged into each other are nobody.
#[expect(clippy::option_option, reason = "one who is gone may or may not be somebody else")]
fn heir(rows: &Rows<'_>, resident: Uuid) -> Option<Option<Uuid>> {
    let gone = |who: Uuid| rows.get::<Gone>(&format!("gone/{who}"));
    let (mut seen, mut next) = (vec![resident], gone(resident)?.into);
    while let Some(who) = next.filter(|who| !seen.contains(who)) {
        match gone(who) {
            None => return Some(Some(who)),
            Some(further) => next = further.into,
        }
        seen.push(who);
    }
    Some(None)
}
