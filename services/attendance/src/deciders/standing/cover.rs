//! Days on which somebody else looks after a standing duty, and those who leave it.

use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::{AWAY_DAYS_MAX, Rejection, StandingState};
use crate::contract::StandingEvent;

type Decision = Result<Vec<StandingEvent>, Rejection>;

pub(super) fn ask(
    state: &StandingState,
    resident: Uuid,
    (from_on, until_on): (NaiveDate, NaiveDate),
    on: NaiveDate,
) -> Decision {
    state.going()?;
    if !state.by.contains(&resident) {
        return Err(Rejection::NotTheirs);
    }
    let own = state.covers.iter().filter(|((away, _), _)| *away == resident);
    for ((_, other_on), cover) in own {
        if (*other_on, cover.until_on) == (from_on, until_on) {
            return Ok(Vec::new());
        }
        if from_on <= cover.until_on && *other_on <= until_on {
            return Err(Rejection::AwayAlready(*other_on));
        }
    }
    let last = on + TimeDelta::days(AWAY_DAYS_MAX);
    if from_on < on || until_on < from_on || until_on > last {
        return Err(Rejection::OtherDays { from_on, until_on, first: on, last });
    }
    Ok(vec![StandingEvent::CoverAsked { resident, from_on, until_on }])
}

pub(super) fn take(
    state: &StandingState,
    resident: Uuid,
    (instead_of, from_on): (Uuid, NaiveDate),
) -> Decision {
    state.going()?;
    let Some(cover) = state.covers.get(&(instead_of, from_on)) else {
        return Err(Rejection::NobodyAsks(from_on));
    };
    if resident == instead_of {
        return Err(Rejection::Oneself);
    }
    match cover.by {
        Some(by) if by == resident => Ok(Vec::new()),
        Some(_) => Err(Rejection::Taken),
        None => {
            let until_on = cover.until_on;
            Ok(vec![StandingEvent::CoverTaken { resident, instead_of, from_on, until_on }])
        }
    }
}

pub(super) fn withdraw(
    state: &StandingState,
    resident: Uuid,
    from_on: NaiveDate,
) -> Vec<StandingEvent> {
    let asked = state.covers.contains_key(&(resident, from_on));
    asked.then_some(StandingEvent::CoverWithdrawn { resident, from_on }).into_iter().collect()
}

pub(super) fn alert(
    state: &StandingState,
    resident: Uuid,
    from_on: NaiveDate,
) -> Vec<StandingEvent> {
    let missing = state.covers.get(&(resident, from_on));
    let missing = missing.filter(|cover| cover.by.is_none() && !cover.alerted && !state.ended);
    let told = missing.map(|cover| StandingEvent::CoverMissing {
        resident,
        from_on,
        until_on: cover.until_on,
    });
    told.into_iter().collect()
}

/// Who gives it back is not away from it any more.
pub(super) fn release(state: &StandingState, resident: Uuid) -> Vec<StandingEvent> {
    if !state.by.contains(&resident) {
        return Vec::new();
    }
    let own = state.covers.keys().filter(|(away, _)| *away == resident);
    let mut events: Vec<_> = own
        .map(|(resident, from_on)| StandingEvent::CoverWithdrawn {
            resident: *resident,
            from_on: *from_on,
        })
        .collect();
    events.push(StandingEvent::StandingDutyReleased { resident });
    events
}

/// The other entry looks after it, and is away on the same days.
pub(super) fn hand_over(
    state: &StandingState,
    resident: Uuid,
    into: Option<Uuid>,
) -> Vec<StandingEvent> {
    let mut events = release(state, resident);
    let into = into.filter(|into| *into != resident && !state.by.contains(into));
    if let Some(into) = into.filter(|_| !events.is_empty()) {
        events.push(StandingEvent::StandingDutyClaimed { resident: into, proxy: None });
        let own = state.covers.iter().filter(|((away, _), _)| *away == resident);
        for ((_, from_on), cover) in own {
            let (from_on, until_on) = (*from_on, cover.until_on);
            events.push(StandingEvent::CoverAsked { resident: into, from_on, until_on });
            if let Some(by) = cover.by.filter(|by| *by != into) {
                events.push(StandingEvent::CoverTaken {
                    resident: by,
                    instead_of: into,
                    from_on,
                    until_on,
                });
            }
        }
    }
    events
}
