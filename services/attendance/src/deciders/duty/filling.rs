//! Duties that somebody must take before the day, and that somebody has done after it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{ALERTED_BEFORE, DutyState, Rejection};
use crate::contract::{DutyEvent, DutyPlace};

type Decision = Result<Vec<DutyEvent>, Rejection>;

pub(super) fn ask(state: &DutyState, duty: String, resident: Uuid, now: DateTime<Utc>) -> Decision {
    if !state.has(resident, &duty) {
        return Err(Rejection::NotTheirs(duty));
    }
    if state.asking.contains(&resident) {
        return Ok(Vec::new());
    }
    state.going(now)?;
    Ok(vec![DutyEvent::StandInAsked { duty, resident }])
}

pub(super) fn withdraw(state: &DutyState, duty: String, resident: Uuid) -> Vec<DutyEvent> {
    let asks = state.has(resident, &duty) && state.asking.contains(&resident);
    asks.then_some(DutyEvent::StandInWithdrawn { duty, resident }).into_iter().collect()
}

/// Told as a duty given back and claimed, so that whoever counts or reminds needs no rule of its
/// own for stand-ins.
pub(super) fn stand_in(
    state: &DutyState,
    duty: String,
    resident: Uuid,
    proxy: Option<Uuid>,
    now: DateTime<Utc>,
) -> Decision {
    match state.claims.get(&resident) {
        Some(own) if *own == duty => return Ok(Vec::new()),
        Some(own) => return Err(Rejection::OtherDuty(own.clone())),
        None => {}
    }
    state.going(now)?;
    let mut asking = state.asking.iter().copied();
    let Some(away) = asking.find(|&away| state.has(away, &duty)) else {
        return Err(Rejection::NobodyAsks(duty));
    };
    Ok(vec![
        DutyEvent::DutyReleased { duty: duty.clone(), resident: away },
        DutyEvent::DutyClaimed { duty, resident, proxy, instead_of: Some(away) },
    ])
}

/// What is missing at each duty, those who ask for a stand-in included.
fn missing(state: &DutyState) -> Vec<DutyPlace> {
    let at = |place: &DutyPlace| {
        let claimed = u32::try_from(state.claimed(&place.name)).unwrap_or(u32::MAX);
        let asking = state.asking.iter().filter(|&&who| state.has(who, &place.name)).count();
        let asking = u32::try_from(asking).unwrap_or(u32::MAX);
        place.places.saturating_sub(claimed).saturating_add(asking)
    };
    let places = state.duties.iter().map(|place| (place, at(place)));
    let missing = places.filter(|(_, missing)| *missing > 0);
    missing.map(|(place, places)| DutyPlace { name: place.name.clone(), places }).collect()
}

pub(super) fn alert(state: &DutyState, now: DateTime<Utc>) -> Vec<DutyEvent> {
    let near = now >= state.start - ALERTED_BEFORE && now < state.start;
    if state.cancelled || !near {
        return Vec::new();
    }
    let told = (missing(state), state.start);
    if told.0.is_empty() || state.alerted.as_ref() == Some(&told) {
        return Vec::new();
    }
    vec![DutyEvent::DutyUnfilled { duties: told.0, start: told.1 }]
}

pub(super) fn settle(state: &DutyState, present: Vec<Uuid>) -> Vec<DutyEvent> {
    let done = |resident: Uuid| {
        let duty = state.claims.get(&resident).filter(|_| !state.done.contains_key(&resident))?;
        Some(DutyEvent::DutyDone { duty: duty.clone(), resident })
    };
    present.into_iter().filter_map(done).collect()
}

/// Of two entries of one person the duty is done once.
pub(super) fn unsettle(state: &DutyState, resident: Uuid, into: Option<Uuid>) -> Vec<DutyEvent> {
    let Some(duty) = state.done.get(&resident).cloned() else { return Vec::new() };
    let mut events = vec![DutyEvent::DutyDoneReversed { duty: duty.clone(), resident, into }];
    if let Some(resident) = into.filter(|into| !state.done.contains_key(into)) {
        events.push(DutyEvent::DutyDone { duty, resident });
    }
    events
}
