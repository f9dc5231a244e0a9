//! `keep-duties`: tells two days before when somebody is missing at a duty, or in the place of
//! somebody who is away from a standing one; and notes whose duty is done once the roll is closed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveTime, Utc};
use linli_platform::process::{Action, Input, Process, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Order;
use crate::{
    contract::{DutyEvent, DutyPlace, RollEvent, heard::Heard},
    deciders::duty::{self, ALERTED_BEFORE},
    values::OccurrenceKey,
};

mod covers;
#[cfg(test)]
mod tests;

/// The duties of an occurrence, under `duty/<key>`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    places: Vec<DutyPlace>,
    start: DateTime<Utc>,
    cancelled: bool,
    claims: BTreeMap<Uuid, String>,
    asking: BTreeSet<Uuid>,
    /// What was told last, and for which start.
    told: Option<(Vec<DutyPlace>, DateTime<Utc>)>,
    done: BTreeSet<Uuid>,
    closed: bool,
}

impl Known {
    /// Whether anything is missing that was not told yet.
    fn untold(&self) -> bool {
        let free = |place: &DutyPlace| {
            let by = self.claims.iter().filter(|(_, duty)| **duty == place.name);
            let here = by.filter(|(who, _)| !self.asking.contains(who)).count();
            let places = usize::try_from(place.places).unwrap_or(usize::MAX);
            let free = u32::try_from(places.saturating_sub(here)).unwrap_or(u32::MAX);
            DutyPlace { name: place.name.clone(), places: free }
        };
        let missing: Vec<_> =
            self.places.iter().map(free).filter(|place| place.places > 0).collect();
        !missing.is_empty() && self.told.as_ref() != Some(&(missing, self.start))
    }
}

/// The process.
pub enum Duties {}

impl Process<Heard> for Duties {
    const NAME: &'static str = "keep-duties";
    const VERSION: u32 = 1;
    type Command = Order;

    fn evolve(rows: &mut Rows<'_>, input: &Input<'_, Heard>) {
        let Input::Event(fact) = input else { return };
        match &fact.event {
            Heard::Duty(key, event) => {
                let row = format!("duty/{key}");
                let mut known = rows.get::<Known>(&row).unwrap_or_default();
                learn(&mut known, event);
                rows.put(&row, &known);
            }
            Heard::Standing(key, event) => covers::learn(rows, key, event),
            Heard::Roll(key, event) => attended(rows, key, event),
            _ => {}
        }
    }

    fn react(rows: &Rows<'_>, input: &Input<'_, Heard>, now: DateTime<Utc>) -> Vec<Action<Order>> {
        match input {
            Input::Timer { name, .. } => due(rows, name, now),
            Input::Event(fact) => match &fact.event {
                Heard::Duty(key, event) => watch(rows, key, event, now),
                Heard::Standing(key, event) => covers::watch(key, event, now),
                Heard::Roll(key, event) => settle(rows, key, event),
                _ => Vec::new(),
            },
        }
    }
}

fn learn(known: &mut Known, event: &DutyEvent) {
    use DutyEvent as E;
    match event {
        E::DutiesSet { duties, start, .. } => {
            known.places.clone_from(duties);
            (known.start, known.cancelled) = (*start, false);
        }
        E::DutiesCancelled {} => known.cancelled = true,
        E::DutyClaimed { duty, resident, .. } => {
            known.claims.insert(*resident, duty.clone());
        }
        E::DutyReleased { resident, .. } => {
            known.claims.remove(resident);
            known.asking.remove(resident);
        }
        E::StandInAsked { resident, .. } => {
            known.asking.insert(*resident);
        }
        E::StandInWithdrawn { resident, .. } => {
            known.asking.remove(resident);
        }
        E::DutyUnfilled { duties, start } => known.told = Some((duties.clone(), *start)),
        E::DutyDone { resident, .. } => {
            known.done.insert(*resident);
        }
        E::DutyDoneReversed { resident, .. } => {
            known.done.remove(resident);
        }
    }
}

/// Who is there, under `came/<key>/<resident>` until the roll closes.
fn attended(rows: &mut Rows<'_>, key: &OccurrenceKey, event: &RollEvent) {
    let row = format!("duty/{key}");
    match event {
        RollEvent::CheckedIn { resident, .. } => {
            rows.put(&format!("came/{key}/{resident}"), resident);
        }
        RollEvent::CheckInReversed { resident, .. } => {
            rows.remove(&format!("came/{key}/{resident}"));
        }
        RollEvent::RollClosed { .. } => {
            let known = rows.get::<Known>(&row);
            for (came, resident) in rows.scan::<Uuid>(&format!("came/{key}/")) {
                // Of those with a duty it is still needed, to see them settled.
                if !known.as_ref().is_some_and(|known| known.claims.contains_key(&resident)) {
                    rows.remove(&came);
                }
            }
            if let Some(known) = known {
                rows.put(&row, &Known { closed: true, ..known });
            }
        }
        _ => {}
    }
}

/// Looks again whenever somebody may be missing: a timer rings after all that happened at once, so
/// that a duty given from one to another is not taken for one that nobody has.
fn watch(
    rows: &Rows<'_>,
    key: &OccurrenceKey,
    event: &DutyEvent,
    now: DateTime<Utc>,
) -> Vec<Action<Order>> {
    let name = format!("unfilled/{key}");
    let Some(known) = rows.get::<Known>(&format!("duty/{key}")) else { return Vec::new() };
    match event {
        DutyEvent::DutiesCancelled {} => vec![Action::ClearTimer { name }],
        DutyEvent::DutiesSet { .. }
        | DutyEvent::DutyReleased { .. }
        | DutyEvent::StandInAsked { .. }
            if known.start > now =>
        {
            let due = (known.start - ALERTED_BEFORE).max(now);
            vec![Action::SetTimer { name, due }]
        }
        _ => Vec::new(),
    }
}

fn due(rows: &Rows<'_>, timer: &str, now: DateTime<Utc>) -> Vec<Action<Order>> {
    let Some(key) = timer.strip_prefix("unfilled/") else { return covers::due(rows, timer) };
    let known = rows.get::<Known>(&format!("duty/{key}"));
    let known = known.filter(|known| !known.cancelled && known.start > now && known.untold());
    let told = known.and_then(|_| command(&key_of(key)?, duty::Command::Alert));
    told.into_iter().collect()
}

fn key_of(text: &str) -> Option<OccurrenceKey> {
    let mut parts = text.split('/');
    let (community, activity, recurrence_id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(OccurrenceKey::new(community, activity.parse().ok()?, recurrence_id))
}

/// A duty is done by who had it and was there; that shows when the roll closes, or later.
fn settle(rows: &Rows<'_>, key: &OccurrenceKey, event: &RollEvent) -> Vec<Action<Order>> {
    let Some(known) = rows.get::<Known>(&format!("duty/{key}")).filter(|known| known.closed) else {
        return Vec::new();
    };
    let order = match event {
        RollEvent::RollClosed { .. } => {
            let came = rows.scan::<Uuid>(&format!("came/{key}/")).into_iter().map(|(_, who)| who);
            let present: Vec<_> = came.filter(|who| known.claims.contains_key(who)).collect();
            (!present.is_empty()).then_some(duty::Command::Settle { present })
        }
        RollEvent::CheckedIn { resident, .. } => {
            let open = known.claims.contains_key(resident) && !known.done.contains(resident);
            open.then(|| duty::Command::Settle { present: vec![*resident] })
        }
        RollEvent::CheckInReversed { resident, into, .. } => {
            let done = known.done.contains(resident);
            done.then_some(duty::Command::Unsettle { resident: *resident, into: *into })
        }
        _ => None,
    };
    order.and_then(|order| command(key, order)).into_iter().collect()
}

fn command(key: &OccurrenceKey, command: duty::Command) -> Option<Action<Order>> {
    // The names come from streams, so none is lost here.
    let to = key.duty().ok()?;
    Some(Action::Command { to, command: Order::Duty(command) })
}

/// Midnight of a day, in UTC: a day has no zone of its own here, and two days are meant roughly.
fn midnight(day: chrono::NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
