//! `wallet`: what somebody does with points. What they have earned stands on the tallies and comes
//! with the command, read from tables that have caught up with the log (ADR 0008).
//!
//! What always holds:
//! - Nobody spends or gives away more than is there at that moment: earned and received, less spent
//!   and sent. A later correction of what was earned may leave less than nothing; then nothing more
//!   is spent until it is earned.
//! - What leaves one wallet is spent at one love bank or goes to one other wallet: the sum of all is
//!   zero.
//! - A spending is taken back once; a transfer arrives once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use linli_platform::{decider::Decider, vault::Sealed};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{SERVICE, contract::WalletEvent};

#[cfg(test)]
mod tests;

/// The most points that leave a wallet at once.
pub const POINTS_MAX: u32 = 100_000;

/// What can be asked of a wallet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Spend points.
    Spend {
        /// Which spending.
        spending: Uuid,
        /// Whose love bank.
        place: String,
        /// How many.
        points: u32,
        /// All points that the tallies credit.
        earned: u64,
        /// For what, sealed under the resident's key.
        remark: Option<Sealed>,
    },
    /// Take a spending back.
    ReverseSpending {
        /// Which.
        spending: Uuid,
    },
    /// Give points to somebody.
    Send {
        /// Which transfer.
        transfer: Uuid,
        /// Whose wallet this is.
        from: Uuid,
        /// To whom.
        to: Uuid,
        /// How many.
        points: u32,
        /// All points that the tallies credit.
        earned: u64,
        /// Whose desk does it; may be empty.
        place: String,
    },
    /// Give back what came from somebody.
    GiveBack {
        /// The transfer that brought it.
        received: Uuid,
        /// The transfer that takes it back.
        transfer: Uuid,
        /// All points that the tallies credit.
        earned: u64,
        /// Whose desk does it; may be empty.
        place: String,
    },
    /// Take what somebody sent.
    Receive {
        /// Which transfer.
        transfer: Uuid,
        /// From whom.
        from: Uuid,
        /// How many.
        points: u32,
    },
    /// Hand all over to another entry of the same person.
    HandOver {
        /// The other entry.
        into: Uuid,
    },
    /// Take over what another entry of the same person had.
    TakeOver {
        /// The other entry.
        from: Uuid,
        /// Received less sent and spent.
        points: i32,
        /// Which time it hands over, from 1.
        n: u32,
    },
}

/// Why a wallet does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Rejection {
    /// There are not so many points.
    #[error("{points} points are more than the {there} that are there")]
    TooFew {
        /// How many were asked for.
        points: u32,
        /// How many there are.
        there: i64,
    },
    /// Nothing, or a slip of the finger.
    #[error("{0} points can't be meant; give a number from 1 to {POINTS_MAX}")]
    Absurd(u32),
    /// There is no such spending.
    #[error("there is no such spending in this wallet")]
    NoSpending,
    /// There is no such transfer.
    #[error("no such transfer has come to this wallet")]
    NoTransfer,
    /// To oneself.
    #[error("the points would go to whom they come from; choose somebody else")]
    ToOneself,
    /// The person is another entry now.
    #[error("this person was written down twice; go on with the other entry")]
    HandedOver,
}

#[derive(Debug, Clone)]
struct Spending {
    place: String,
    points: u32,
    reversed: bool,
}

/// What a wallet remembers.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Received less sent and spent.
    net: i64,
    spendings: BTreeMap<Uuid, Spending>,
    sent: BTreeSet<Uuid>,
    received: BTreeMap<Uuid, (Uuid, u32)>,
    given_back: BTreeSet<Uuid>,
    taken_over: BTreeSet<(Uuid, u32)>,
    handed_over: u32,
    into: Option<Uuid>,
}

/// The decider of category `wallet`.
pub enum Wallet {}

type Decision = Result<Vec<WalletEvent>, Rejection>;

impl Decider for Wallet {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "wallet";
    type Command = Command;
    type Event = WalletEvent;
    type State = State;
    type Rejection = Rejection;

    fn decide(state: &State, command: Command, _now: DateTime<Utc>) -> Decision {
        match command {
            Command::Spend { spending, .. } if state.spendings.contains_key(&spending) => {
                Ok(Vec::new())
            }
            Command::Spend { spending, place, points, earned, remark } => {
                state.can_give(points, earned)?;
                Ok(vec![WalletEvent::PointsSpent { spending, place, points, remark }])
            }
            Command::ReverseSpending { spending } => state.reverse(spending),
            Command::Send { transfer, .. } if state.sent.contains(&transfer) => Ok(Vec::new()),
            Command::Send { from, to, .. } if from == to => Err(Rejection::ToOneself),
            Command::Send { transfer, to, points, earned, place, .. } => {
                state.can_give(points, earned)?;
                Ok(vec![WalletEvent::PointsSent { transfer, to, points, place, reverses: None }])
            }
            Command::GiveBack { received, transfer, earned, place } => {
                state.give_back(received, transfer, earned, place)
            }
            // What arrives after the entry was handed over is handed on by the process.
            Command::Receive { transfer, from, points } => {
                let known = state.received.contains_key(&transfer);
                let event = WalletEvent::PointsReceived { transfer, from, points };
                Ok(if known { Vec::new() } else { vec![event] })
            }
            Command::HandOver { into } => Ok(state.hand_over(into)),
            Command::TakeOver { from, points, n } => {
                let known = state.taken_over.contains(&(from, n));
                let event = WalletEvent::WalletTakenOver { from, points, n };
                Ok(if known { Vec::new() } else { vec![event] })
            }
        }
    }

    fn evolve(mut state: State, event: &WalletEvent) -> State {
        match event {
            WalletEvent::PointsSpent { spending, place, points, .. } => {
                state.net -= i64::from(*points);
                let (place, points) = (place.clone(), *points);
                state.spendings.insert(*spending, Spending { place, points, reversed: false });
            }
            WalletEvent::SpendingReversed { spending, points, .. } => {
                state.net += i64::from(*points);
                if let Some(spending) = state.spendings.get_mut(spending) {
                    spending.reversed = true;
                }
            }
            WalletEvent::PointsSent { transfer, points, reverses, .. } => {
                state.net -= i64::from(*points);
                state.sent.insert(*transfer);
                state.given_back.extend(reverses);
            }
            WalletEvent::PointsReceived { transfer, from, points } => {
                state.net += i64::from(*points);
                state.received.insert(*transfer, (*from, *points));
            }
            WalletEvent::WalletHandedOver { into, points, n } => {
                state.net -= i64::from(*points);
                (state.into, state.handed_over) = (Some(*into), *n);
            }
            WalletEvent::WalletTakenOver { from, points, n } => {
                state.net += i64::from(*points);
                state.taken_over.insert((*from, *n));
            }
        }
        state
    }
}

impl State {
    fn can_give(&self, points: u32, earned: u64) -> Result<(), Rejection> {
        if self.into.is_some() {
            return Err(Rejection::HandedOver);
        }
        if points == 0 || points > POINTS_MAX {
            return Err(Rejection::Absurd(points));
        }
        let there = i64::try_from(earned).unwrap_or(i64::MAX).saturating_add(self.net);
        if i64::from(points) > there {
            return Err(Rejection::TooFew { points, there });
        }
        Ok(())
    }

    fn reverse(&self, spending: Uuid) -> Decision {
        let Spending { place, points, reversed } =
            self.spendings.get(&spending).ok_or(Rejection::NoSpending)?;
        if *reversed {
            return Ok(Vec::new());
        }
        if self.into.is_some() {
            return Err(Rejection::HandedOver);
        }
        let (place, points) = (place.clone(), *points);
        Ok(vec![WalletEvent::SpendingReversed { spending, place, points }])
    }

    fn give_back(&self, received: Uuid, transfer: Uuid, earned: u64, place: String) -> Decision {
        let (to, points) = *self.received.get(&received).ok_or(Rejection::NoTransfer)?;
        if self.given_back.contains(&received) {
            return Ok(Vec::new());
        }
        self.can_give(points, earned)?;
        let reverses = Some(received);
        Ok(vec![WalletEvent::PointsSent { transfer, to, points, place, reverses }])
    }

    fn hand_over(&self, into: Uuid) -> Vec<WalletEvent> {
        let points = i32::try_from(self.net).unwrap_or(0);
        if points == 0 && self.into.is_some() {
            return Vec::new();
        }
        vec![WalletEvent::WalletHandedOver { into, points, n: self.handed_over + 1 }]
    }
}

impl Rejection {
    /// The words that tell it, and what stands in them.
    pub fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Self::TooFew { points, there } => {
                ("no_too_few", vec![("n", points.to_string()), ("there", there.to_string())])
            }
            Self::Absurd(points) => {
                let max = POINTS_MAX.to_string();
                ("no_absurd_points", vec![("n", points.to_string()), ("max", max)])
            }
            Self::NoSpending => ("no_spending", vec![]),
            Self::NoTransfer => ("no_transfer", vec![]),
            Self::ToOneself => ("no_to_oneself", vec![]),
            Self::HandedOver => ("no_handed_over", vec![]),
        }
    }
}
