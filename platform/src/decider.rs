//! What a service writes to change something: one decider per category of stream.

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

/// How commands become events, and events become state. Both functions are pure: no clock, log or
/// socket ever reaches them.
///
/// A command that asks for what already is yields no events. A rejection is a domain "no": it is
/// told to whoever asked and never stands on the log.
pub trait Decider: 'static {
    /// The service whose streams these are.
    const SERVICE: &'static str;
    /// The category of stream, the third part of its name.
    const CATEGORY: &'static str;
    /// What can be asked. Cloned when it has to be decided again on a newer state.
    type Command: Clone + Send + 'static;
    /// What can have happened: an enum whose JSON is the canonical proto3 JSON of its message.
    type Event: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// What is remembered of the stream to decide on, and no more.
    type State: Default + Clone + Send + Sync + 'static;
    /// The ways of saying no.
    type Rejection: std::error::Error + Clone + Send + Sync + 'static;

    /// Says what happens when `command` is asked for at `now`.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after one more event.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
}
