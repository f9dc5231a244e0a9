//! One promise: "at least so many of this kind in each month". Invariants:
//!
//! - It has a title, a kind of activity that counts, and a number of at least one.
//! - Dropped, it can be made anew.
//! - An edit form that was opened before its last change is refused.

use chrono::{DateTime, Utc};
use linli_platform::{decider::Decider, ids::Version};

use crate::contract::{CadenceEvent as Event, CadencePromise, SERVICE};

/// The decider of the category `cadence`.
pub enum Cadences {}

/// What can be asked of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make it, or make it anew.
    Set(CadencePromise),
    /// Put another in its place.
    Change {
        /// The version that the form was opened at.
        seen: Version,
        /// The other.
        promise: CadencePromise,
    },
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
    /// An edit form was opened before its last change.
    #[error("it was changed while the form was open (version {seen}, now {current})")]
    StaleForm {
        /// The version that the form was opened at.
        seen: Version,
        /// The version of the last change.
        current: Version,
        /// What it is now; none if it holds no longer.
        now: Option<CadencePromise>,
    },
}

/// What is remembered of a promise.
#[derive(Debug, Clone, Default)]
pub struct Promise {
    /// The promise, while it holds.
    now: Option<CadencePromise>,
    /// The version of its last change.
    changed: Version,
}

impl Decider for Cadences {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "cadence";
    type Command = Command;
    type Event = Event;
    type State = Promise;
    type Rejection = Rejection;

    fn decide(
        state: &Promise,
        command: Command,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        match (command, &state.now) {
            (Command::Set(promise) | Command::Change { promise, .. }, Some(now))
                if *now == promise =>
            {
                Ok(Vec::new())
            }
            (Command::Change { seen, .. }, now) if seen != state.changed => {
                Err(Rejection::StaleForm { seen, current: state.changed, now: now.clone() })
            }
            (Command::Set(promise) | Command::Change { promise, .. }, _) => set(promise),
            (Command::Drop, Some(_)) => Ok(vec![Event::CadenceDropped {}]),
            (Command::Drop, None) => Ok(Vec::new()),
        }
    }

    fn evolve(state: Promise, event: &Event) -> Promise {
        let changed = state.changed.plus(1);
        match event {
            Event::CadenceSet(promise) => Promise { now: Some(promise.clone()), changed },
            Event::CadenceDropped {} => Promise { now: None, changed },
        }
    }
}

fn set(promise: CadencePromise) -> Result<Vec<Event>, Rejection> {
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
    fn a_promise_is_changed_by_a_form_that_shows_it_as_it_is() {
        let now = at("2026-01-01T00:00:00Z");
        let change = |seen, n| Command::Change { seen: Version(seen), promise: promise(n) };
        let made = [Event::CadenceSet(promise(2)), Event::CadenceSet(promise(3))];
        let made = given::<Cadences>(made);
        made.when(change(2, 4), now).then([Event::CadenceSet(promise(4))]);
        made.when(change(1, 3), now).then_nothing();
        let (seen, current) = (Version(1), Version(2));
        let stale = Rejection::StaleForm { seen, current, now: Some(promise(3)) };
        made.when(change(1, 4), now).then_rejected(&stale);
        made.when(change(2, 0), now).then_rejected(&Rejection::AtLeastZero);
        let dropped = [Event::CadenceSet(promise(2)), Event::CadenceDropped {}];
        let stale = Rejection::StaleForm { seen, current, now: None };
        given::<Cadences>(dropped).when(change(1, 4), now).then_rejected(&stale);
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
