//! Tests of a decider that read given, when, then.

use std::fmt::Debug;

use chrono::{DateTime, Utc};

use crate::decider::Decider;

/// A stream on which something has happened.
pub struct Given<D: Decider>(D::State);

/// What came of a command.
pub struct When<D: Decider>(Result<Vec<D::Event>, D::Rejection>);

/// Starts a test with what has happened so far.
pub fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
    let state = events.into_iter().fold(D::State::default(), |s, event| D::evolve(s, &event));
    Given(state)
}

/// The instant of an RFC 3339 text, for example `2026-03-04T20:00:00+08:00`.
pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time as in RFC 3339").to_utc()
}

impl<D: Decider> Given<D> {
    /// Gives a command at an instant.
    pub fn when(&self, command: D::Command, now: DateTime<Utc>) -> When<D> {
        When(D::decide(&self.0, command, now))
    }

    /// The state that the events make.
    pub fn state(&self) -> &D::State {
        &self.0
    }
}

impl<D: Decider> When<D>
where
    D::Event: Debug + PartialEq,
    D::Rejection: PartialEq,
{
    /// Exactly these events come of it.
    #[track_caller]
    pub fn then(self, events: impl IntoIterator<Item = D::Event>) {
        assert_eq!(self.0.map_err(|r| r.to_string()), Ok(events.into_iter().collect::<Vec<_>>()));
    }

    /// It was done already, or there is nothing to do.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// It is rejected just so.
    #[track_caller]
    pub fn then_rejected(self, rejection: &D::Rejection) {
        match self.0 {
            Err(given) => assert_eq!(&given, rejection),
            Ok(events) => panic!("not rejected, but {events:?}"),
        }
    }
}
