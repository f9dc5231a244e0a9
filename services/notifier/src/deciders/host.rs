//! The machine that the hand runs on.
//!
//! Invariant: to say again what is so already changes nothing.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use crate::{contract::HostEvent, values::Hours};

/// The decider of `host`.
pub enum Host {}

/// What is said of it.
#[derive(Debug, Clone)]
pub enum HostCommand {
    /// The hours in which it runs, by its configuration.
    SetHours(Hours),
}

impl Decider for Host {
    const SERVICE: &'static str = "notifier";
    const CATEGORY: &'static str = "host";
    type Command = HostCommand;
    type Event = HostEvent;
    type State = Hours;
    type Rejection = Infallible;

    fn decide(
        state: &Hours,
        HostCommand::SetHours(hours): HostCommand,
        _now: DateTime<Utc>,
    ) -> Result<Vec<HostEvent>, Infallible> {
        Ok(if *state == hours { vec![] } else { vec![HostEvent::HoursSet { hours }] })
    }

    fn evolve(_: Hours, HostEvent::HoursSet { hours }: &HostEvent) -> Hours {
        hours.clone()
    }
}
