//! `duty`: what is to be done at one occurrence, and who takes it on.
//!
//! What always holds:
//! - A duty never has more claims than places; fewer places than claims take nobody's claim away.
//! - One person has at most one duty per occurrence; a repeated claim changes nothing.
//! - Claims and releases end with the occurrence, and there are none of a cancelled one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    SERVICE,
    contract::{DutyEvent, DutyPlace},
};

#[cfg(test)]
mod tests;

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
}

impl DutyState {
    fn claimed(&self, duty: &str) -> usize {
        self.claims.values().filter(|claimed| *claimed == duty).count()
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

/// Why a duty is not claimed or given back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rejection {
    /// The occurrence has no such duty.
    #[error("this occurrence has no duty '{0}'")]
    Unknown(String),
    /// Enough people do it.
    #[error("all {0} places of this duty are taken")]
    Full(u32),
    /// The person has another duty at the same time.
    #[error("the person has the duty '{0}' already: give it back first")]
    OtherDuty(String),
    /// The occurrence does not take place.
    #[error("the occurrence is cancelled")]
    Cancelled,
    /// The occurrence is over.
    #[error("the occurrence ended at {0}")]
    Over(DateTime<Utc>),
}

impl Rejection {
    /// The key of its text in `locales/`.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "no_duty_unknown",
            Self::Full(_) => "no_duty_full",
            Self::OtherDuty(_) => "no_duty_other",
            Self::Cancelled => "no_cancelled",
            Self::Over(_) => "no_duty_over",
        }
    }

    /// What its text is filled with; `show` writes an instant as the reader's wall clock has it.
    pub fn values(&self, show: impl Fn(DateTime<Utc>) -> String) -> Vec<(&'static str, String)> {
        match self {
            Self::Unknown(duty) | Self::OtherDuty(duty) => vec![("duty", duty.clone())],
            Self::Full(places) => vec![("places", places.to_string())],
            Self::Cancelled => Vec::new(),
            Self::Over(at) => vec![("at", show(*at))],
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
                if state.claims.get(&resident) != Some(&duty) {
                    return Ok(Vec::new());
                }
                state.going(now)?;
                Ok(vec![DutyEvent::DutyReleased { duty, resident }])
            }
            Command::HandOver { resident, into } => hand_over(state, resident, into, now),
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
        events.push(DutyEvent::DutyClaimed { duty: duty.clone(), resident, proxy: None });
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
    Ok(vec![DutyEvent::DutyClaimed { duty, resident, proxy }])
}
