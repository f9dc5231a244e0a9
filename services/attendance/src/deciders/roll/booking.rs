//! The roll before its occurrence begins: opened, moved, cancelled; registered, waiting, withdrawn.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Command, NAMES_MAX, Phase, Rejection, RollState, Standing};
use crate::contract::{Attendance, RollEvent};

type Decision = Result<Vec<RollEvent>, Rejection>;

pub(super) fn open(state: &RollState, command: Command) -> Vec<RollEvent> {
    match command {
        Command::Open {
            activity,
            recurrence_id,
            start,
            end,
            capacity,
            attendance,
            guardian_consent,
        } if state.phase == Phase::Unopened => vec![RollEvent::RollOpened {
            activity,
            recurrence_id,
            start,
            end,
            capacity,
            attendance,
            guardian_consent,
        }],
        _ => Vec::new(),
    }
}

/// A revision that is not newer than the one known is superseded and changes nothing.
pub(super) fn relocate(
    state: &RollState,
    revision: u32,
    (start, end): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Decision {
    if revision <= state.revision {
        return Ok(Vec::new());
    }
    if state.phase == Phase::Closed {
        return Err(Rejection::Closed);
    }
    let mut events = vec![RollEvent::RollMoved { revision, start, end }];
    let mut moved = state.clone();
    (moved.phase, moved.start, moved.end) = (Phase::Open, start, end);
    events.extend(promotions(&moved, moved.free(), now));
    Ok(events)
}

pub(super) fn cancel(state: &RollState, revision: u32) -> Decision {
    if revision <= state.revision || state.phase == Phase::Cancelled {
        return Ok(Vec::new());
    }
    if state.phase == Phase::Closed {
        return Err(Rejection::Closed);
    }
    Ok(vec![RollEvent::RollCancelled { revision }])
}

pub(super) fn set_capacity(state: &RollState, capacity: u32, now: DateTime<Utc>) -> Decision {
    still_on(state)?;
    let registered = state.registered;
    if capacity == state.capacity {
        return Ok(Vec::new());
    }
    if capacity > 0 && capacity < registered {
        return Err(Rejection::BelowRegistered { registered, asked: capacity });
    }
    let mut events = vec![RollEvent::CapacitySet { capacity }];
    let free = (capacity > 0).then(|| capacity - registered);
    events.extend(promotions(state, free, now));
    Ok(events)
}

pub(super) fn register(
    state: &RollState,
    resident: Uuid,
    proxy: Option<Uuid>,
    guardian_ok: bool,
    now: DateTime<Utc>,
) -> Decision {
    before_start(state, now)?;
    if state.attendance == Attendance::Headcount {
        return Err(Rejection::NotByName);
    }
    if state.guardian_consent && !guardian_ok {
        return Err(Rejection::GuardianConsent);
    }
    if state.presence(resident).is_some() {
        return Ok(Vec::new());
    }
    let free = state.free().is_none_or(|free| free > 0);
    match state.standing(resident) {
        // A free place beside a line is one that no longer goes to the first by itself.
        Standing::Waiting if free => Ok(vec![RollEvent::Promoted { resident }]),
        Standing::Registered | Standing::Waiting => Ok(Vec::new()),
        Standing::None | Standing::Excused if state.names() >= NAMES_MAX => {
            Err(Rejection::TooManyNames(NAMES_MAX))
        }
        Standing::None | Standing::Excused => Ok(vec![if free {
            RollEvent::Registered { resident, proxy }
        } else {
            RollEvent::Waitlisted { resident, proxy, instead_of: None }
        }]),
    }
}

pub(super) fn withdraw(state: &RollState, resident: Uuid, now: DateTime<Utc>) -> Decision {
    let standing = state.standing(resident);
    if matches!(standing, Standing::None | Standing::Excused) {
        return Ok(Vec::new());
    }
    before_start(state, now)?;
    if state.presence(resident).is_some() {
        return Err(Rejection::Present);
    }
    Ok(leaving(state, standing, RollEvent::Withdrawn { resident }, now))
}

/// An excuse counts until the roll is closed; before the start it frees the place.
pub(super) fn excuse(
    state: &RollState,
    resident: Uuid,
    excused: RollEvent,
    now: DateTime<Utc>,
) -> Decision {
    if state.phase == Phase::Closed {
        return Err(Rejection::ExcusedTooLate);
    }
    still_on(state)?;
    let standing = state.standing(resident);
    if standing == Standing::Excused {
        return Ok(Vec::new());
    }
    if state.presence(resident).is_some() {
        return Err(Rejection::Present);
    }
    if standing == Standing::None && !state.listed(resident) {
        return Err(Rejection::NotExpected);
    }
    Ok(leaving(state, standing, excused, now))
}

/// Who leaves the line frees no place; who had one leaves it to the first in line.
pub(super) fn leaving(
    state: &RollState,
    standing: Standing,
    event: RollEvent,
    now: DateTime<Utc>,
) -> Vec<RollEvent> {
    let mut events = vec![event];
    if standing == Standing::Registered {
        events.extend(promotions(state, state.free().map(|free| free + 1), now));
    }
    events
}

/// The first in line get the free places, as long as it isn't too late to tell them.
fn promotions(state: &RollState, free: Option<u32>, now: DateTime<Utc>) -> Vec<RollEvent> {
    let places = match free {
        _ if state.phase != Phase::Open || !state.promotes(now) => 0,
        Some(free) => free as usize,
        None => usize::MAX,
    };
    let first = state.waiting().iter().take(places);
    first.map(|&resident| RollEvent::Promoted { resident }).collect()
}

/// The occurrence is neither cancelled nor its roll closed.
pub(super) fn still_on(state: &RollState) -> Result<(), Rejection> {
    match state.phase {
        Phase::Unopened => Err(Rejection::NotOpened),
        Phase::Open => Ok(()),
        Phase::Cancelled => Err(Rejection::Cancelled),
        Phase::Closed => Err(Rejection::Closed),
    }
}

pub(super) fn before_start(state: &RollState, now: DateTime<Utc>) -> Result<(), Rejection> {
    still_on(state)?;
    if now >= state.start { Err(Rejection::Started(state.start)) } else { Ok(()) }
}
