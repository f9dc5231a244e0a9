//! The deliveries of one source: an occurrence, a week's summary, a day's sign-in links.
//!
//! Invariants:
//! - A delivery is started before it is sent, and whoever appended the start alone may send it.
//! - Tries of a delivery count 1, 2, 3 …; the next needs the one before settled, and settled so
//!   that another makes sense. After `INDETERMINATE` that is once by itself, then by a person.
//! - What is accepted, refused for good, missed or suppressed is never started again.
//! - What tells of a revision below the newest is never started.
//! - Nothing is started once it is too late for it, nor in the quiet hours it must keep.
//! - An outcome is taken for a delivery that is started at that try, once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use linli_platform::decider::Decider;
use serde::{Deserialize, Serialize};

use crate::{
    contract::{Class, DeliveryEvent, Outcome},
    values::{BATCH_MAX, Key, Quiet},
};

/// The decider of `delivery`.
pub enum Delivery {}

/// When it is too late, and when it has to wait.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Late {
    /// From then on it is no use: the occurrence begins.
    pub expires: Option<DateTime<Utc>>,
    /// Hours to be kept, with the zone they are meant in.
    pub quiet: Option<(Quiet, Tz)>,
}

/// What can be asked about the deliveries of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DeliveryCommand {
    /// To send these, at most 64.
    Start {
        /// Which try, from 1.
        attempt: u32,
        /// Which.
        keys: Vec<Key>,
        /// The bounds of its time.
        late: Late,
        /// A person wants it once more although it may have gone out twice.
        resend: bool,
    },
    /// What became of a batch.
    Settle {
        /// Which try.
        attempt: u32,
        /// Of those that were tried.
        outcomes: Vec<Outcome>,
        /// Those that can't be reached, by reason.
        suppressed: Vec<(String, Vec<Key>)>,
    },
    /// These are given up.
    Miss {
        /// Which.
        keys: Vec<Key>,
    },
    /// A newer revision stands.
    Supersede {
        /// Its number.
        revision: u32,
    },
}

/// Why a batch can't be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unsendable {
    /// It is too large.
    #[error("a batch of {0} deliveries: at most {BATCH_MAX} are sent at once")]
    Batch(usize),
    /// None of it may be sent (again).
    #[error("all of them are started, settled or superseded already")]
    Done,
}

/// What is remembered of a source.
#[derive(Debug, Clone, Default)]
pub struct State {
    keys: HashMap<Key, Standing>,
    /// What tells of a revision below is void.
    newest: u32,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    attempt: u32,
    /// How often its outcome was not known.
    doubts: u32,
    now: Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Now {
    Waiting,
    Started,
    Settled(Class),
    Over,
}

impl State {
    fn may_start(&self, key: Key, attempt: u32, resend: bool) -> bool {
        key.revision >= self.newest
            && match self.keys.get(&key) {
                None => attempt == 1,
                Some(s) => match s.now {
                    Now::Waiting => attempt == s.attempt + 1,
                    Now::Started | Now::Over => false,
                    Now::Settled(Class::Indeterminate) => {
                        attempt == s.attempt + 1 && (resend || s.doubts == 1)
                    }
                    Now::Settled(class) => class.retries() && attempt == s.attempt + 1,
                },
            }
    }

    fn started(&self, key: Key, attempt: u32) -> bool {
        self.keys.get(&key).is_some_and(|s| s.attempt == attempt && s.now == Now::Started)
    }

    /// Whether nothing can come of it any more.
    fn is_over(&self, key: Key) -> bool {
        self.keys.get(&key).is_some_and(|s| match s.now {
            Now::Waiting => false,
            Now::Started | Now::Over => true,
            Now::Settled(class) => !class.retries() && class != Class::Indeterminate,
        })
    }

    fn set(&mut self, key: Key, change: impl FnOnce(&mut Standing)) {
        let fresh = Standing { attempt: 0, doubts: 0, now: Now::Waiting };
        change(self.keys.entry(key).or_insert(fresh));
    }
}

impl Decider for Delivery {
    const SERVICE: &'static str = "notifier";
    const CATEGORY: &'static str = "delivery";
    type Command = DeliveryCommand;
    type Event = DeliveryEvent;
    type State = State;
    type Rejection = Unsendable;

    fn decide(
        state: &State,
        command: DeliveryCommand,
        now: DateTime<Utc>,
    ) -> Result<Vec<DeliveryEvent>, Unsendable> {
        match command {
            DeliveryCommand::Start { attempt, keys, late, resend } => {
                if keys.len() > BATCH_MAX {
                    return Err(Unsendable::Batch(keys.len()));
                }
                let may = |key: &Key| state.may_start(*key, attempt, resend);
                let keys: Vec<Key> = keys.into_iter().filter(may).collect();
                if keys.is_empty() {
                    return Err(Unsendable::Done);
                }
                Ok(vec![start(attempt, keys, &late, now)])
            }
            DeliveryCommand::Settle { attempt, mut outcomes, suppressed } => {
                outcomes.retain(|outcome| state.started(outcome.key, attempt));
                let settled = DeliveryEvent::DeliveriesSettled { attempt, outcomes };
                let mut events = vec![settled];
                for (reason, mut keys) in suppressed {
                    keys.retain(|key| state.started(*key, attempt));
                    events.push(DeliveryEvent::DeliveriesSuppressed { reason, keys });
                }
                events.retain(|event| !is_empty(event));
                Ok(events)
            }
            DeliveryCommand::Miss { mut keys } => {
                keys.retain(|key| !state.is_over(*key));
                let missed = DeliveryEvent::DeliveriesMissed { keys };
                Ok(if is_empty(&missed) { vec![] } else { vec![missed] })
            }
            DeliveryCommand::Supersede { revision } if revision > state.newest => {
                Ok(vec![DeliveryEvent::DeliveriesSuperseded { revision }])
            }
            DeliveryCommand::Supersede { .. } => Ok(vec![]),
        }
    }

    fn evolve(mut state: State, event: &DeliveryEvent) -> State {
        match event {
            DeliveryEvent::DeliveriesStarted { attempt, keys } => {
                for key in keys {
                    state.set(*key, |s| (s.attempt, s.now) = (*attempt, Now::Started));
                }
            }
            DeliveryEvent::DeliveriesSettled { outcomes, .. } => {
                for Outcome { key, class, .. } in outcomes {
                    state.set(*key, |s| {
                        s.now = Now::Settled(*class);
                        s.doubts += u32::from(*class == Class::Indeterminate);
                    });
                }
            }
            DeliveryEvent::DeliveriesMissed { keys }
            | DeliveryEvent::DeliveriesSuppressed { keys, .. } => {
                for key in keys {
                    state.set(*key, |s| s.now = Now::Over);
                }
            }
            DeliveryEvent::DeliveriesSuperseded { revision } => state.newest = *revision,
            DeliveryEvent::DeliveriesHeld { .. } => {}
        }
        state
    }
}

fn start(attempt: u32, keys: Vec<Key>, late: &Late, now: DateTime<Utc>) -> DeliveryEvent {
    let too_late = |instant| late.expires.is_some_and(|expires| instant >= expires);
    let until = late.quiet.and_then(|(quiet, zone)| quiet.hold(now, zone));
    match until {
        _ if too_late(now) => DeliveryEvent::DeliveriesMissed { keys },
        Some(until) if too_late(until) => DeliveryEvent::DeliveriesMissed { keys },
        Some(until) => DeliveryEvent::DeliveriesHeld { until, attempt, keys },
        None => DeliveryEvent::DeliveriesStarted { attempt, keys },
    }
}

fn is_empty(event: &DeliveryEvent) -> bool {
    match event {
        DeliveryEvent::DeliveriesSettled { outcomes, .. } => outcomes.is_empty(),
        DeliveryEvent::DeliveriesStarted { keys, .. }
        | DeliveryEvent::DeliveriesMissed { keys }
        | DeliveryEvent::DeliveriesSuppressed { keys, .. }
        | DeliveryEvent::DeliveriesHeld { keys, .. } => keys.is_empty(),
        DeliveryEvent::DeliveriesSuperseded { .. } => false,
    }
}

#[cfg(test)]
mod tests;
