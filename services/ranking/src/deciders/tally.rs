//! `tally`: what one occurrence has earned whom, and what it counts for. A process alone asks.
//!
//! What always holds:
//! - The points of a person are the sum of what was credited less what was reversed, each with its
//!   cause; nothing is changed in place.
//! - For each person and ground at most one credit stands, that of the highest revision: what was
//!   asked before, or is superseded, changes nothing, whatever the command's id.
//! - A reversal takes back exactly what stands.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use linli_platform::{decider::Decider, ids::EventRef};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    SERVICE,
    contract::{Credit, Ground, Header, Sum, TallyEvent},
};

#[cfg(test)]
mod tests;

/// What can be asked of a tally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Say what the occurrence is.
    Open(Header),
    /// Let a credit stand in place of the one before on the same ground; one of nothing takes back.
    Settle {
        /// The credit.
        credit: Credit,
        /// Why the one before does not stand any more.
        because: EventRef,
    },
    /// Say what the occurrence counts for.
    Sum(Sum),
    /// It did not take place: it counts for nothing.
    Void,
}

/// A tally only ever does what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
pub enum Rejection {}

/// What a tally remembers.
#[derive(Debug, Clone, Default)]
pub struct State {
    header: Option<Header>,
    credits: BTreeMap<(Uuid, Ground), Standing>,
    sum: Option<Sum>,
}

#[derive(Debug, Clone)]
struct Standing {
    revision: u32,
    credit: Option<Credit>,
}

/// The decider of category `tally`.
pub enum Tally {}

impl Decider for Tally {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "tally";
    type Command = Command;
    type Event = TallyEvent;
    type State = State;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: Command,
        _now: DateTime<Utc>,
    ) -> Result<Vec<TallyEvent>, Rejection> {
        Ok(match command {
            Command::Open(header) if state.header.as_ref() == Some(&header) => Vec::new(),
            Command::Open(header) => vec![TallyEvent::TallyOpened(header)],
            Command::Settle { credit, because } => settle(state, credit, because),
            Command::Sum(sum) if state.sum.as_ref() == Some(&sum) => Vec::new(),
            Command::Sum(sum) => vec![TallyEvent::Summed(sum)],
            Command::Void if state.sum.is_none() => Vec::new(),
            Command::Void => vec![TallyEvent::Voided {}],
        })
    }

    fn evolve(mut state: State, event: &TallyEvent) -> State {
        match event {
            TallyEvent::TallyOpened(header) => state.header = Some(header.clone()),
            TallyEvent::Credited(credit) => state.stand(credit, Some(credit.clone())),
            TallyEvent::Reversed(credit) => state.stand(credit, None),
            TallyEvent::Summed(sum) => state.sum = Some(sum.clone()),
            TallyEvent::Voided {} => state.sum = None,
        }
        state
    }
}

impl State {
    fn stand(&mut self, of: &Credit, credit: Option<Credit>) {
        let standing = Standing { revision: of.revision, credit };
        self.credits.insert((of.resident, of.ground), standing);
    }
}

fn settle(state: &State, credit: Credit, because: EventRef) -> Vec<TallyEvent> {
    let there = state.credits.get(&(credit.resident, credit.ground));
    if there.is_some_and(|there| there.revision >= credit.revision) {
        return Vec::new();
    }
    let mut events = Vec::new();
    if let Some(before) = there.and_then(|there| there.credit.clone()) {
        let revision = credit.revision;
        events.push(TallyEvent::Reversed(Credit { cause: because, revision, ..before }));
    }
    // What a day's limit took wholly is told too: the attendance itself counts.
    if (credit.points, credit.times, credit.minutes, credit.capped) != (0, 0, 0, 0) {
        events.push(TallyEvent::Credited(credit));
    }
    events
}
