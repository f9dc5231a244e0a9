//! The roll while its occurrence takes place and afterwards: who came, for how long, how many.

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    CLOSED_AFTER, HEADCOUNT_MAX, MINUTES_MAX, NAMES_MAX, Phase, Rejection, RollState, Standing,
    state::Draft,
};
use crate::contract::{RollEvent, Way};

type Decision = Result<Vec<RollEvent>, Rejection>;

/// Somebody at the door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Who.
    pub resident: Uuid,
    /// How it is known.
    pub way: Way,
    /// When they came, where the paper says so.
    pub at: Option<DateTime<Utc>>,
    /// Who checks them in from their own phone, if somebody else does.
    pub proxy: Option<Uuid>,
    /// Whether a member of staff does it, who sees the room and lets people in.
    pub staff: bool,
}

/// All of them, or none: the first who can't come in keeps the others out, and is told.
pub(super) fn check_in_all(
    state: &RollState,
    arrivals: &[Arrival],
    now: DateTime<Utc>,
) -> Decision {
    let mut draft = Draft::of(state);
    for arrival in arrivals {
        let named = |why| Rejection::OneOf { resident: arrival.resident, why: Box::new(why) };
        let events = check_in(&draft.state, arrival, now).map_err(named)?;
        draft.extend(events);
    }
    Ok(draft.events)
}

pub(super) fn check_in(state: &RollState, arrival: &Arrival, now: DateTime<Utc>) -> Decision {
    let &Arrival { resident, way, at, proxy, staff } = arrival;
    if state.phase == Phase::Cancelled {
        return Err(Rejection::Cancelled);
    }
    if state.presence(resident).is_some() {
        return Ok(Vec::new());
    }
    let at = match way {
        Way::Paper => on_paper(state, at, now)?,
        _ => at_the_door(state, staff, now)?,
    };
    let standing = state.standing(resident);
    if standing == Standing::None && state.names() >= NAMES_MAX {
        return Err(Rejection::TooManyNames(NAMES_MAX));
    }
    // Staff see the room and let people in; nobody lets themselves into a full one.
    let taken = state.registered + state.walk_ins;
    let full = state.capacity > 0 && taken >= state.capacity;
    if full && !staff && standing != Standing::Registered {
        return Err(Rejection::Full(state.capacity));
    }
    let mut events = vec![RollEvent::CheckedIn { resident, way, at, proxy, merged: None }];
    if state.phase == Phase::Closed {
        // The closing has passed by, so what it would have credited is credited now.
        let minutes = state.minutes_unless_told();
        events.push(RollEvent::CheckedOut { resident, at: state.end, minutes });
    }
    Ok(events)
}

/// A time from paper lies within the occurrence and not ahead; without one it is the start.
fn on_paper(
    state: &RollState,
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Rejection> {
    let (from, until) = (state.doors(), state.end);
    if now < from {
        return Err(Rejection::TooEarly(from));
    }
    let at = at.unwrap_or(state.start.min(now));
    if at < from || at > until || at > now {
        return Err(Rejection::OtherDay { at, from, until: until.min(now) });
    }
    Ok(at)
}

fn at_the_door(
    state: &RollState,
    staff: bool,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Rejection> {
    let until = if staff { state.end + CLOSED_AFTER } else { state.end };
    if state.phase == Phase::Closed {
        Err(Rejection::Closed)
    } else if now < state.doors() {
        Err(Rejection::TooEarly(state.doors()))
    } else if now > until {
        Err(Rejection::TooLate(until))
    } else {
        Ok(now)
    }
}

pub(super) fn check_out(
    state: &RollState,
    resident: Uuid,
    at: Option<DateTime<Utc>>,
    minutes: Option<u32>,
    now: DateTime<Utc>,
) -> Decision {
    let presence = state.presence(resident).ok_or(Rejection::NotPresent)?;
    if presence.minutes.is_some() {
        return Ok(Vec::new());
    }
    let left = at.unwrap_or(now);
    if left < presence.at || left > now {
        return Err(Rejection::OtherDay { at: left, from: presence.at, until: now });
    }
    let max = state.length().min(MINUTES_MAX);
    let minutes = match minutes {
        Some(minutes) if minutes > max => return Err(Rejection::AbsurdHours { minutes, max }),
        Some(minutes) => minutes,
        None => u32::try_from((left - presence.at).num_minutes()).unwrap_or(0).min(max),
    };
    Ok(vec![RollEvent::CheckedOut { resident, at: left, minutes }])
}

pub(super) fn correct_hours(
    state: &RollState,
    resident: Uuid,
    minutes: u32,
    remark: Option<Sealed>,
) -> Decision {
    let presence = state.presence(resident).ok_or(Rejection::NotPresent)?;
    if minutes > MINUTES_MAX {
        return Err(Rejection::AbsurdHours { minutes, max: MINUTES_MAX });
    }
    if presence.minutes == Some(minutes) {
        return Ok(Vec::new());
    }
    let minutes_before = presence.minutes.unwrap_or(0);
    Ok(vec![RollEvent::HoursCorrected { resident, minutes_before, minutes, remark }])
}

/// With a check-in goes what stood on it.
pub(super) fn reverse(state: &RollState, resident: Uuid) -> Vec<RollEvent> {
    let Some(presence) = state.presence(resident) else { return Vec::new() };
    let minutes_before = presence.minutes.unwrap_or(0);
    let mut events = vec![RollEvent::CheckInReversed { resident, minutes_before, into: None }];
    if state.rating(resident).is_some() {
        events.push(RollEvent::RatingReversed { resident });
    }
    events
}

pub(super) fn headcount(state: &RollState, people: u32, now: DateTime<Utc>) -> Decision {
    let named = state.present;
    if state.phase == Phase::Cancelled {
        Err(Rejection::Cancelled)
    } else if now < state.doors() {
        Err(Rejection::TooEarly(state.doors()))
    } else if people < named {
        Err(Rejection::BelowNamed { named, people })
    } else if people > HEADCOUNT_MAX {
        Err(Rejection::AbsurdHeadcount(people))
    } else if state.headcount == Some(people) {
        Ok(Vec::new())
    } else {
        Ok(vec![RollEvent::HeadcountGiven { people }])
    }
}

/// Credits the whole length to whoever is present and was not checked out.
pub(super) fn close(state: &RollState, now: DateTime<Utc>) -> Decision {
    match state.phase {
        Phase::Closed | Phase::Unopened => return Ok(Vec::new()),
        Phase::Cancelled => return Err(Rejection::Cancelled),
        Phase::Open if now < state.end => return Err(Rejection::NotOver(state.end)),
        Phase::Open => {}
    }
    let length = state.minutes_unless_told();
    let (mut events, mut minutes) = (Vec::new(), 0);
    for (resident, presence) in state.all_present() {
        minutes += presence.minutes.unwrap_or(length);
        if presence.minutes.is_none() {
            events.push(RollEvent::CheckedOut { resident, at: state.end, minutes: length });
        }
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    events.push(RollEvent::RollClosed {
        at: now,
        present: state.present,
        minutes,
        expected: count(state.expected()),
        excused: count(state.excused()),
        absent: state.missing().collect(),
    });
    Ok(events)
}
