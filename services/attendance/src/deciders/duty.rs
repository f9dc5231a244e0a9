//! `duty`: what is to be done at one occurrence, and who takes it on.
//!
//! What always holds:
//! - A duty never has more claims than places; fewer places than claims take nobody's claim away.
//! - One person has at most one duty per occurrence; a repeated claim changes nothing.
//! - Whoever asks for a stand-in has the duty until somebody takes it; the first who asked is the
//!   first in whose place somebody stands.
//! - Claims and releases end with the occurrence, and there are none of a cancelled one.
//! - That somebody is missing is told from [`ALERTED_BEFORE`] on, and again only when others are.
//! - A duty is done once, by whoever had it and was there.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::decider::Decider;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    SERVICE,
    contract::{DutyEvent, DutyPlace},
};

mod filling;
mod rejection;
#[cfg(test)]
mod tests;

pub use rejection::Rejection;

/// How long before the start it is told that somebody is missing.
pub const ALERTED_BEFORE: TimeDelta = TimeDelta::days(2);

/// What can be asked of the duties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Say what there is to do, and when.
    Set {
        /// All duties.
        duties: Vec<DutyPlace>,
        /// When the occurrence begins.
        start: DateTime<Utc>,
        /// When it ends.
        end: DateTime<Utc>,
    },
    /// Take a duty on.
    Claim {
        /// The duty's name.
        duty: String,
        /// Who.
        resident: Uuid,
        /// Who asks for them, if somebody else does.
        proxy: Option<Uuid>,
    },
    /// Give a duty back.
    Release {
        /// The duty's name.
        duty: String,
        /// Who.
        resident: Uuid,
    },
    /// Take the duty of somebody who is no more back, or give it to the entry that they are.
    HandOver {
        /// Who.
        resident: Uuid,
        /// The other entry of the same person, if there is one.
        into: Option<Uuid>,
    },
    /// Ask for somebody in one's place.
    AskStandIn {
        /// The duty's name.
        duty: String,
        /// Who has it.
        resident: Uuid,
    },
    /// Come after all.
    WithdrawStandIn {
        /// The duty's name.
        duty: String,
        /// Who has it.
        resident: Uuid,
    },
    /// Take the place of the first who asked for it.
    StandIn {
        /// The duty's name.
        duty: String,
        /// Who stands in.
        resident: Uuid,
        /// Who asks for them, if somebody else does.
        proxy: Option<Uuid>,
    },
    /// Tell that somebody is missing.
    Alert,
    /// Note who of those with a duty was there.
    Settle {
        /// Those who were.
        present: Vec<Uuid>,
    },
    /// Note that somebody was not there after all, or under another entry.
    Unsettle {
        /// Who.
        resident: Uuid,
        /// The other entry.
        into: Option<Uuid>,
    },
    /// The occurrence was cancelled.
    Cancel,
}

/// The state of an occurrence's duties.
#[derive(Debug, Clone, Default)]
pub struct DutyState {
    duties: Vec<DutyPlace>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    cancelled: bool,
    /// Who has which duty.
    claims: BTreeMap<Uuid, String>,
    /// Who of them asks for a stand-in, the first first.
    asking: Vec<Uuid>,
    /// What was last told to be missing, and for which start.
    alerted: Option<(Vec<DutyPlace>, DateTime<Utc>)>,
    /// Who has done what.
    done: BTreeMap<Uuid, String>,
}

impl DutyState {
    fn claimed(&self, duty: &str) -> usize {
        self.claims.values().filter(|claimed| *claimed == duty).count()
    }

    fn has(&self, resident: Uuid, duty: &str) -> bool {
        self.claims.get(&resident).is_some_and(|own| own == duty)
    }

    /// Claims and releases are possible now.
    fn going(&self, now: DateTime<Utc>) -> Result<(), Rejection> {
        if self.cancelled {
            Err(Rejection::Cancelled)
        } else if now >= self.end && !self.duties.is_empty() {
            Err(Rejection::Over(self.end))
        } else {
            Ok(())
        }
    }
}

/// The decider of category `duty`.
pub enum Duty {}

impl Decider for Duty {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "duty";
    type Command = Command;
    type Event = DutyEvent;
    type State = DutyState;
    type Rejection = Rejection;

    fn decide(
        state: &DutyState,
        command: Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<DutyEvent>, Rejection> {
        match command {
            Command::Set { duties, start, end } => {
                let same = (&state.duties, state.start, state.end) == (&duties, start, end);
                let changed = !same || state.cancelled;
                Ok(changed
                    .then_some(DutyEvent::DutiesSet { duties, start, end })
                    .into_iter()
                    .collect())
            }
            Command::Claim { duty, resident, proxy } => claim(state, duty, resident, proxy, now),
            Command::Release { duty, resident } => {
                if !state.has(resident, &duty) {
                    return Ok(Vec::new());
                }
                state.going(now)?;
                Ok(vec![DutyEvent::DutyReleased { duty, resident }])
            }
            Command::HandOver { resident, into } => hand_over(state, resident, into, now),
            Command::AskStandIn { duty, resident } => filling::ask(state, duty, resident, now),
            Command::WithdrawStandIn { duty, resident } => {
                Ok(filling::withdraw(state, duty, resident))
            }
            Command::StandIn { duty, resident, proxy } => {
                filling::stand_in(state, duty, resident, proxy, now)
            }
            Command::Alert => Ok(filling::alert(state, now)),
            Command::Settle { present } => Ok(filling::settle(state, present)),
            Command::Unsettle { resident, into } => Ok(filling::unsettle(state, resident, into)),
            Command::Cancel if state.cancelled || state.duties.is_empty() => Ok(Vec::new()),
            Command::Cancel => Ok(vec![DutyEvent::DutiesCancelled {}]),
        }
    }

    fn evolve(mut state: DutyState, event: &DutyEvent) -> DutyState {
        match event {
            DutyEvent::DutiesSet { duties, start, end } => {
                state.duties.clone_from(duties);
                (state.start, state.end, state.cancelled) = (*start, *end, false);
            }
            DutyEvent::DutyClaimed { duty, resident, .. } => {
                state.claims.insert(*resident, duty.clone());
            }
            DutyEvent::DutyReleased { resident, .. } => {
                state.claims.remove(resident);
                state.asking.retain(|other| other != resident);
            }
            DutyEvent::StandInAsked { resident, .. } => state.asking.push(*resident),
            DutyEvent::StandInWithdrawn { resident, .. } => {
                state.asking.retain(|other| other != resident);
            }
            DutyEvent::DutyUnfilled { duties, start } => {
                state.alerted = Some((duties.clone(), *start));
            }
            DutyEvent::DutyDone { duty, resident } => {
                state.done.insert(*resident, duty.clone());
            }
            DutyEvent::DutyDoneReversed { resident, .. } => {
                state.done.remove(resident);
            }
            DutyEvent::DutiesCancelled {} => state.cancelled = true,
        }
        state
    }
}

/// The other entry takes it on unless it has a duty already, also one that has too many claims.
fn hand_over(
    state: &DutyState,
    resident: Uuid,
    into: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<DutyEvent>, Rejection> {
    let Some(duty) = state.claims.get(&resident).filter(|_| into != Some(resident)) else {
        return Ok(Vec::new());
    };
    state.going(now)?;
    let mut events = vec![DutyEvent::DutyReleased { duty: duty.clone(), resident }];
    if let Some(resident) = into.filter(|into| !state.claims.contains_key(into)) {
        events.push(DutyEvent::DutyClaimed {
            duty: duty.clone(),
            resident,
            proxy: None,
            instead_of: None,
        });
    }
    Ok(events)
}

fn claim(
    state: &DutyState,
    duty: String,
    resident: Uuid,
    proxy: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<DutyEvent>, Rejection> {
    match state.claims.get(&resident) {
        Some(own) if *own == duty => return Ok(Vec::new()),
        Some(own) => return Err(Rejection::OtherDuty(own.clone())),
        None => {}
    }
    state.going(now)?;
    let Some(place) = state.duties.iter().find(|place| place.name == duty) else {
        return Err(Rejection::Unknown(duty));
    };
    if state.claimed(&duty) >= place.places as usize {
        return Err(Rejection::Full(place.places));
    }
    Ok(vec![DutyEvent::DutyClaimed { duty, resident, proxy, instead_of: None }])
}
