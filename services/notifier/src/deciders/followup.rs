//! What people decide about the deliveries of one source.
//!
//! Invariants:
//! - A call is ticked once per resident and revision.
//! - What was let go is not sent again.
//! - An indeterminate delivery is resent as often as somebody asks; the `delivery` stream alone
//!   says whether it may start.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;
use uuid::Uuid;

use crate::{contract::FollowupEvent, values::Key};

/// The decider of `followup`.
pub enum Followup {}

/// What staff can decide.
#[derive(Debug, Clone)]
pub enum FollowupCommand {
    /// They were told by voice.
    Tick {
        /// Who.
        resident: Uuid,
        /// Of which revision.
        revision: u32,
    },
    /// Send it once more.
    Resend(Key),
    /// Leave it.
    LetGo(Key),
}

/// It was let go before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this was let go already")]
pub struct NotOpen;

/// What is remembered of the decisions.
#[derive(Debug, Clone, Default)]
pub struct State {
    ticked: BTreeSet<(Uuid, u32)>,
    let_go: BTreeSet<Key>,
}

impl Decider for Followup {
    const SERVICE: &'static str = "notifier";
    const CATEGORY: &'static str = "followup";
    type Command = FollowupCommand;
    type Event = FollowupEvent;
    type State = State;
    type Rejection = NotOpen;

    fn decide(
        state: &State,
        command: FollowupCommand,
        _now: DateTime<Utc>,
    ) -> Result<Vec<FollowupEvent>, NotOpen> {
        Ok(match command {
            FollowupCommand::Tick { resident, revision } => {
                let ticked = state.ticked.contains(&(resident, revision));
                if ticked { vec![] } else { vec![FollowupEvent::CallTicked { resident, revision }] }
            }
            FollowupCommand::Resend(key) if state.let_go.contains(&key) => return Err(NotOpen),
            FollowupCommand::Resend(key) => vec![FollowupEvent::Resent { key }],
            FollowupCommand::LetGo(key) if state.let_go.contains(&key) => vec![],
            FollowupCommand::LetGo(key) => vec![FollowupEvent::LetGo { key }],
        })
    }

    fn evolve(mut state: State, event: &FollowupEvent) -> State {
        match event {
            FollowupEvent::CallTicked { resident, revision } => {
                state.ticked.insert((*resident, *revision));
            }
            FollowupEvent::LetGo { key } => {
                state.let_go.insert(*key);
            }
            FollowupEvent::Resent { .. } => {}
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;
    use crate::values::Purpose;

    #[test]
    fn a_call_is_ticked_once_per_revision() {
        let now = at("2026-11-05T08:00:00+08:00");
        let resident = Uuid::from_u128(7);
        let tick = |revision| FollowupCommand::Tick { resident, revision };
        let ticked = |revision| FollowupEvent::CallTicked { resident, revision };
        given::<Followup>([]).when(tick(1), now).then([ticked(1)]);
        given::<Followup>([ticked(1)]).when(tick(1), now).then_nothing();
        given::<Followup>([ticked(1)]).when(tick(2), now).then([ticked(2)]);
    }

    #[test]
    fn what_was_let_go_stays_so() {
        let now = at("2026-11-05T08:00:00+08:00");
        let key = Key::mail(Uuid::from_u128(7), 0, Purpose::Lead(60));
        let fresh = given::<Followup>([]);
        fresh.when(FollowupCommand::Resend(key), now).then([FollowupEvent::Resent { key }]);
        fresh.when(FollowupCommand::LetGo(key), now).then([FollowupEvent::LetGo { key }]);
        let gone = given::<Followup>([FollowupEvent::LetGo { key }]);
        gone.when(FollowupCommand::Resend(key), now).then_rejected(&NotOpen);
        gone.when(FollowupCommand::LetGo(key), now).then_nothing();
    }
}
