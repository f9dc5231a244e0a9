//! `hand-over-places`: somebody who was erased keeps no place and no duty of what lies ahead; those
//! of somebody who was written down twice go to the other entry, and so does whatever they have
//! attended, however long ago, so that one person counts once.
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
        DutyEvent, RollEvent, StandingEvent,
        heard::{Heard, ResidentEvent},
    },
    deciders::{duty, roll, standing},
    values::{OccurrenceKey, StandingKey},
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

/// Somebody's row on a roll or duty, under `of/<resident>/<kind>/<key>` and
/// `at/<kind>/<key>/<resident>`.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    kind: Kind,
    key: OccurrenceKey,
    resident: Uuid,
    /// Whether they have a place, a place in the line, or the duty.
    placed: bool,
    /// Whether they are on the list of those expected.
    listed: bool,
    /// Whether they are checked in, which counts for ever.
    came: bool,
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
    const VERSION: u32 = 2;
    type Command = Order;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        match &fact.event {
            Heard::Roll(key, event) => roll_learnt(rows, key, event),
            Heard::Duty(key, event) => duty_learnt(rows, key, event),
            Heard::Standing(key, event) => standing_learnt(rows, key, event),
            Heard::Resident(resident, event) => {
                if let Some(into) = left(event) {
                    rows.put(&format!("gone/{resident}"), &Gone { into });
                }
            }
            _ => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        let Input::Event(fact) = input else { return Vec::new() };
        let places: Vec<Place> = match &fact.event {
            Heard::Resident(resident, event) if left(event).is_some() => {
                let mut actions = standing_handed_over(rows, *resident);
                let places = held(rows, &format!("of/{resident}/"));
                actions.extend(places.iter().filter_map(|place| handed_over(rows, place, now)));
                return actions;
            }
            Heard::Standing(_, StandingEvent::StandingDutyClaimed { resident, .. }) => {
                return standing_handed_over(rows, *resident);
            }
            // Somebody gone who asks late, or is given a place before that was known.
            Heard::Roll(key, event) if !newly(event).is_empty() => {
                let rows_of = |id: &Uuid| rows.get(&of(Kind::Roll, key, *id));
                newly(event).iter().filter_map(rows_of).collect()
            }
            Heard::Duty(key, DutyEvent::DutyClaimed { resident, .. }) => {
                rows.get(&of(Kind::Duty, key, *resident)).into_iter().collect()
            }
            // What was cancelled, or had begun, lies ahead again.
            Heard::Roll(key, RollEvent::RollMoved { .. }) => held(rows, &at(Kind::Roll, key)),
            Heard::Duty(key, DutyEvent::DutiesSet { .. }) => held(rows, &at(Kind::Duty, key)),
            _ => Vec::new(),
        };
        places.iter().filter_map(|place| handed_over(rows, place, now)).collect()
    }
}

/// Those who come onto a roll with this event.
fn newly(event: &RollEvent) -> &[Uuid] {
    use RollEvent as E;
    match event {
        E::Registered { resident, .. }
        | E::Waitlisted { resident, .. }
        | E::Promoted { resident }
        | E::CheckedIn { resident, .. } => std::slice::from_ref(resident),
        E::Expected { residents, .. } => residents,
        _ => &[],
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

fn of(kind: Kind, key: &OccurrenceKey, resident: Uuid) -> String {
    format!("of/{resident}/{}/{key}", kind.name())
}

fn held(rows: &Rows<'_>, prefix: &str) -> Vec<Place> {
    rows.scan(prefix).into_iter().map(|(_, place)| place).collect()
}

/// Changes somebody's row; one that says nothing any more goes.
fn change(
    rows: &mut Rows<'_>,
    (kind, key, resident): (Kind, &OccurrenceKey, Uuid),
    to: impl FnOnce(&mut Place),
) {
    let (of, at) = (of(kind, key, resident), format!("{}{resident}", at(kind, key)));
    let nothing =
        || Place { kind, key: key.clone(), resident, placed: false, listed: false, came: false };
    let mut place = rows.get(&of).unwrap_or_else(nothing);
    to(&mut place);
    let stays = place.placed || place.listed || place.came;
    for row in [of, at] {
        if stays { rows.put(&row, &place) } else { rows.remove(&row) }
    }
}

fn roll_learnt(rows: &mut Rows<'_>, key: &OccurrenceKey, event: &RollEvent) {
    use RollEvent as E;
    let row = ahead(Kind::Roll, key);
    let on = |resident: &Uuid| (Kind::Roll, key, *resident);
    match event {
        E::RollOpened { start, .. } | E::RollMoved { start, .. } => {
            rows.put(&row, &Ahead { until: *start, cancelled: false });
        }
        E::RollCancelled { .. } => cancelled(rows, &row),
        E::Registered { resident, .. }
        | E::Waitlisted { resident, .. }
        | E::Promoted { resident } => change(rows, on(resident), |place| place.placed = true),
        E::Withdrawn { resident } | E::Excused { resident, .. } => {
            change(rows, on(resident), |place| place.placed = false);
        }
        E::Expected { residents, .. } => {
            for resident in residents {
                change(rows, on(resident), |place| place.listed = true);
            }
        }
        E::ExpectationDropped { resident } => {
            change(rows, on(resident), |place| place.listed = false);
        }
        E::CheckedIn { resident, .. } => change(rows, on(resident), |place| place.came = true),
        E::CheckInReversed { resident, .. } => {
            change(rows, on(resident), |place| place.came = false);
        }
        E::RollClosed { .. } => close(rows, key),
        E::CapacitySet { .. }
        | E::CheckedOut { .. }
        | E::HoursCorrected { .. }
        | E::HeadcountGiven { .. }
        | E::Rated { .. }
        | E::RatingReversed { .. }
        | E::CommentApproved { .. }
        | E::CommentWithheld { .. } => {}
    }
}

/// Nothing of it lies ahead any more; who was there has been there.
fn close(rows: &mut Rows<'_>, key: &OccurrenceKey) {
    for kind in [Kind::Roll, Kind::Duty] {
        for place in held(rows, &at(kind, key)) {
            change(rows, (kind, key, place.resident), |place| {
                (place.placed, place.listed) = (false, false);
            });
        }
        rows.remove(&ahead(kind, key));
    }
}

fn duty_learnt(rows: &mut Rows<'_>, key: &OccurrenceKey, event: &DutyEvent) {
    use DutyEvent as E;
    let row = ahead(Kind::Duty, key);
    match event {
        E::DutiesSet { end, .. } => rows.put(&row, &Ahead { until: *end, cancelled: false }),
        E::DutiesCancelled {} => cancelled(rows, &row),
        E::DutyClaimed { resident, .. } => {
            change(rows, (Kind::Duty, key, *resident), |place| place.placed = true);
        }
        E::DutyReleased { resident, .. } => {
            change(rows, (Kind::Duty, key, *resident), |place| place.placed = false);
        }
        E::StandInAsked { .. }
        | E::StandInWithdrawn { .. }
        | E::DutyUnfilled { .. }
        | E::DutyDone { .. }
        | E::DutyDoneReversed { .. } => {}
    }
}

/// Who looks after what, under `standing/<resident>/<key>`.
fn standing_learnt(rows: &mut Rows<'_>, key: &StandingKey, event: &StandingEvent) {
    match event {
        StandingEvent::StandingDutyClaimed { resident, .. } => {
            rows.put(&format!("standing/{resident}/{key}"), key);
        }
        StandingEvent::StandingDutyReleased { resident } => {
            rows.remove(&format!("standing/{resident}/{key}"));
        }
        _ => {}
    }
}

fn standing_handed_over(rows: &Rows<'_>, resident: Uuid) -> Vec<Action<Order>> {
    let Some(into) = heir(rows, resident) else { return Vec::new() };
    let kept = rows.scan::<StandingKey>(&format!("standing/{resident}/"));
    let order = |key: StandingKey| {
        let command = Order::Standing(standing::Command::HandOver { resident, into });
        // The names come from streams, so none is lost here.
        key.stream().ok().map(|to| Action::Command { to, command })
    };
    kept.into_iter().filter_map(|(_, key)| order(key)).collect()
}

fn cancelled(rows: &mut Rows<'_>, row: &str) {
    if let Some(ahead) = rows.get::<Ahead>(row) {
        rows.put(row, &Ahead { cancelled: true, ..ahead });
    }
}

/// The command that hands a place over, if its holder is gone and it still matters: what was
/// attended matters for ever once it is somebody else's, a place as long as the roll is open.
fn handed_over(rows: &Rows<'_>, place: &Place, now: DateTime<Utc>) -> Option<Action<Order>> {
    let &Place { kind, ref key, resident, placed, listed, came } = place;
    let into = heir(rows, resident)?;
    let ahead = rows.get::<Ahead>(&ahead(kind, key)).filter(|ahead| !ahead.cancelled);
    let in_time = |ahead: &Ahead| match kind {
        Kind::Roll => into.is_some() || ahead.until > now,
        Kind::Duty => ahead.until > now,
    };
    let placed_ahead = (placed || listed) && ahead.as_ref().is_some_and(in_time);
    let attended = came && into.is_some();
    if !(placed_ahead || attended) {
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
