//! `duty`, of a standing one: a public space or a task that people look after, whatever occurs.
//!
//! What always holds:
//! - It never has more people than places; fewer places than people take it from nobody.
//! - A repeated claim changes nothing; nobody takes on what has ended.
//! - Who is away for some days keeps it; in their place stands at most one other at a time, never
//!   they themselves.
//! - Nobody is away twice on one day.
//! - What it is changes only by a form that shows what it was last.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use linli_platform::{decider::Decider, ids::Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{SERVICE, contract::StandingEvent};

mod cover;
mod rejection;
#[cfg(test)]
mod tests;

pub use rejection::Rejection;

/// The most people that one standing duty takes.
pub const PLACES_MAX: u32 = 500;
/// The most days that somebody is away at a time.
pub const AWAY_DAYS_MAX: i64 = 183;

/// What a standing duty is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// What there is to do.
    pub about: String,
    /// The code of the building or grid it is for; may be empty.
    pub building: String,
    /// How many people it takes.
    pub places: u32,
    /// From which day on.
    pub from_on: NaiveDate,
    /// Its last day, if it has one.
    pub until_on: Option<NaiveDate>,
    /// The member of staff who is told when nobody stands in.
    pub contact: Option<Uuid>,
}

impl Described {
    /// What an event says that it is.
    fn of(event: &StandingEvent) -> Option<Self> {
        let StandingEvent::StandingDutySet {
            name,
            name_en,
            about,
            building,
            places,
            from_on,
            until_on,
            contact,
        } = event.clone()
        else {
            return None;
        };
        Some(Self { name, name_en, about, building, places, from_on, until_on, contact })
    }

    /// The event that says so.
    fn told(self) -> StandingEvent {
        let Self { name, name_en, about, building, places, from_on, until_on, contact } = self;
        StandingEvent::StandingDutySet {
            name,
            name_en,
            about,
            building,
            places,
            from_on,
            until_on,
            contact,
        }
    }
}

/// What can be asked of a standing duty. `on` is the day it is where the duty is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Say what it is.
    Set {
        /// What.
        what: Described,
        /// The version of what the form showed; none of a new one.
        seen: Option<Version>,
    },
    /// Say that it is no more.
    End,
    /// Take it on.
    Claim {
        /// Who.
        resident: Uuid,
        /// Who asks for them, if somebody else does.
        proxy: Option<Uuid>,
        /// Today.
        on: NaiveDate,
    },
    /// Give it back.
    Release {
        /// Who.
        resident: Uuid,
    },
    /// Ask for somebody in one's place.
    AskCover {
        /// Who is away.
        resident: Uuid,
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
        /// Today.
        on: NaiveDate,
    },
    /// Stand in for somebody who is away.
    TakeCover {
        /// Who stands in.
        resident: Uuid,
        /// Who is away.
        instead_of: Uuid,
        /// From which day on.
        from_on: NaiveDate,
    },
    /// Not be away after all.
    WithdrawCover {
        /// Who was to be away.
        resident: Uuid,
        /// From which day on.
        from_on: NaiveDate,
    },
    /// Tell that nobody stands in yet.
    AlertCover {
        /// Who is away.
        resident: Uuid,
        /// From which day on.
        from_on: NaiveDate,
    },
    /// Take it from somebody who is no more, or give it to the entry that they are.
    HandOver {
        /// Who.
        resident: Uuid,
        /// The other entry of the same person, if there is one.
        into: Option<Uuid>,
    },
}

/// Some days on which somebody is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cover {
    until_on: NaiveDate,
    by: Option<Uuid>,
    alerted: bool,
}

/// The state of a standing duty.
#[derive(Debug, Clone, Default)]
pub struct StandingState {
    /// The version of the last event, and of the last that said what it is.
    version: Version,
    set_at: Version,
    what: Option<Described>,
    ended: bool,
    by: BTreeSet<Uuid>,
    /// Under who is away and the first day.
    covers: BTreeMap<(Uuid, NaiveDate), Cover>,
}

impl StandingState {
    /// Those who look after it.
    pub fn by(&self) -> &BTreeSet<Uuid> {
        &self.by
    }

    /// What it is, unless it is no more.
    fn going(&self) -> Result<&Described, Rejection> {
        self.what.as_ref().filter(|_| !self.ended).ok_or(Rejection::Ended)
    }
}

/// The decider of standing duties, in category `duty`.
pub enum Standing {}

impl Decider for Standing {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "duty";
    type Command = Command;
    type Event = StandingEvent;
    type State = StandingState;
    type Rejection = Rejection;

    fn decide(
        state: &StandingState,
        command: Command,
        _: DateTime<Utc>,
    ) -> Result<Vec<StandingEvent>, Rejection> {
        use Command as C;
        match command {
            C::Set { what, seen } => set(state, what, seen),
            C::End if state.what.is_none() || state.ended => Ok(Vec::new()),
            C::End => Ok(vec![StandingEvent::StandingDutyEnded {}]),
            C::Claim { resident, proxy, on } => claim(state, resident, proxy, on),
            C::Release { resident } => Ok(cover::release(state, resident)),
            C::AskCover { resident, from_on, until_on, on } => {
                cover::ask(state, resident, (from_on, until_on), on)
            }
            C::TakeCover { resident, instead_of, from_on } => {
                cover::take(state, resident, (instead_of, from_on))
            }
            C::WithdrawCover { resident, from_on } => Ok(cover::withdraw(state, resident, from_on)),
            C::AlertCover { resident, from_on } => Ok(cover::alert(state, resident, from_on)),
            C::HandOver { resident, into } => Ok(cover::hand_over(state, resident, into)),
        }
    }

    fn evolve(mut state: StandingState, event: &StandingEvent) -> StandingState {
        use StandingEvent as E;
        state.version = Version(state.version.0 + 1);
        match event {
            E::StandingDutySet { .. } => {
                state.what = Described::of(event);
                state.ended = false;
                state.set_at = state.version;
            }
            E::StandingDutyEnded {} => state.ended = true,
            E::StandingDutyClaimed { resident, .. } => {
                state.by.insert(*resident);
            }
            E::StandingDutyReleased { resident } => {
                state.by.remove(resident);
                state.covers.retain(|(away, _), _| away != resident);
            }
            E::CoverAsked { resident, from_on, until_on } => {
                let cover = Cover { until_on: *until_on, by: None, alerted: false };
                state.covers.insert((*resident, *from_on), cover);
            }
            E::CoverTaken { resident, instead_of, from_on, .. } => {
                if let Some(cover) = state.covers.get_mut(&(*instead_of, *from_on)) {
                    cover.by = Some(*resident);
                }
            }
            E::CoverWithdrawn { resident, from_on } => {
                state.covers.remove(&(*resident, *from_on));
            }
            E::CoverMissing { resident, from_on, .. } => {
                if let Some(cover) = state.covers.get_mut(&(*resident, *from_on)) {
                    cover.alerted = true;
                }
            }
        }
        state
    }
}

fn set(
    state: &StandingState,
    what: Described,
    seen: Option<Version>,
) -> Result<Vec<StandingEvent>, Rejection> {
    if what.name.trim().is_empty() {
        return Err(Rejection::Nameless);
    }
    if what.places == 0 || what.places > PLACES_MAX {
        return Err(Rejection::AbsurdPlaces { places: what.places, max: PLACES_MAX });
    }
    if let Some(until_on) = what.until_on.filter(|until_on| *until_on < what.from_on) {
        return Err(Rejection::Backwards { from_on: what.from_on, until_on });
    }
    if state.what.as_ref() == Some(&what) && !state.ended {
        return Ok(Vec::new());
    }
    if let (Some(now), Some(_)) = (&state.what, seen.filter(|seen| *seen != state.set_at)) {
        return Err(Rejection::Stale { current: state.set_at, now: Box::new(now.clone()) });
    }
    Ok(vec![what.told()])
}

fn claim(
    state: &StandingState,
    resident: Uuid,
    proxy: Option<Uuid>,
    on: NaiveDate,
) -> Result<Vec<StandingEvent>, Rejection> {
    let what = state.going()?;
    if state.by.contains(&resident) {
        return Ok(Vec::new());
    }
    if what.until_on.is_some_and(|until_on| on > until_on) {
        return Err(Rejection::Ended);
    }
    if state.by.len() >= what.places as usize {
        return Err(Rejection::Full(what.places));
    }
    Ok(vec![StandingEvent::StandingDutyClaimed { resident, proxy }])
}
