//! One promise: "at least so many of this kind in each month". Invariants:
//!
//! - It has a title, a kind of activity that counts, and a number of at least one.
//! - Dropped, it can be made anew.

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use crate::contract::{CadenceEvent as Event, CadencePromise, SERVICE};

/// The decider of the category `cadence`.
pub enum Cadences {}

/// What can be asked of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make it, or make it anew.
    Set(CadencePromise),
    /// Let it hold no longer.
    Drop,
}

/// Why a promise is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No title.
    #[error("the promise needs a title")]
    TitleMissing,
    /// What counts?
    #[error("name the kind of activity that counts")]
    KindMissing,
    /// At least none is no promise.
    #[error("at_least = 0 promises nothing: write 1 or more")]
    AtLeastZero,
}

impl Decider for Cadences {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "cadence";
    type Command = Command;
    type Event = Event;
    type State = Option<CadencePromise>;
    type Rejection = Rejection;

    fn decide(
        state: &Option<CadencePromise>,
        command: Command,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        match (command, state) {
            (Command::Set(promise), Some(now)) if *now == promise => Ok(Vec::new()),
            (Command::Set(promise), _) => {
                if promise.title.trim().is_empty() {
                    return Err(Rejection::TitleMissing);
                }
                if promise.kind.trim().is_empty() {
                    return Err(Rejection::KindMissing);
                }
                if promise.at_least == 0 {
                    return Err(Rejection::AtLeastZero);
                }
                Ok(vec![Event::CadenceSet(promise)])
            }
            (Command::Drop, Some(_)) => Ok(vec![Event::CadenceDropped {}]),
            (Command::Drop, None) => Ok(Vec::new()),
        }
    }

    fn evolve(_state: Option<CadencePromise>, event: &Event) -> Option<CadencePromise> {
        match event {
            Event::CadenceSet(promise) => Some(promise.clone()),
            Event::CadenceDropped {} => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;
    use crate::contract::Per;

    fn promise(at_least: u32) -> CadencePromise {
        let (title, kind) = ("市场环境整治每月至少两次".to_owned(), "环境整治".to_owned());
        CadencePromise { title, kind, at_least, per: Per::Month }
    }

    #[test]
    fn a_promise_is_made_changed_dropped_and_made_again() {
        let now = at("2026-01-01T00:00:00Z");
        let none = given::<Cadences>([]);
        none.when(Command::Set(promise(2)), now).then([Event::CadenceSet(promise(2))]);
        none.when(Command::Drop, now).then_nothing();
        let made = given::<Cadences>([Event::CadenceSet(promise(2))]);
        made.when(Command::Set(promise(2)), now).then_nothing();
        made.when(Command::Set(promise(3)), now).then([Event::CadenceSet(promise(3))]);
        made.when(Command::Drop, now).then([Event::CadenceDropped {}]);
        let dropped = [Event::CadenceSet(promise(2)), Event::CadenceDropped {}];
        let dropped = given::<Cadences>(dropped);
        dropped.when(Command::Set(promise(2)), now).then([Event::CadenceSet(promise(2))]);
    }

    #[test]
    fn a_promise_of_nothing_is_refused() {
        let now = at("2026-01-01T00:00:00Z");
        let none = given::<Cadences>([]);
        none.when(Command::Set(promise(0)), now).then_rejected(&Rejection::AtLeastZero);
        let untitled = CadencePromise { title: " ".into(), ..promise(1) };
        none.when(Command::Set(untitled), now).then_rejected(&Rejection::TitleMissing);
        let kindless = CadencePromise { kind: String::new(), ..promise(1) };
        none.when(Command::Set(kindless), now).then_rejected(&Rejection::KindMissing);
    }
}
