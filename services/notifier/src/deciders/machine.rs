//! The machine that the hand runs on.
//!
//! Invariant: to say again what is so already changes nothing.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use crate::{contract::MachineEvent, values::Hours};

/// The decider of `machine`.
pub enum Machine {}

/// What is said of it.
#[derive(Debug, Clone)]
pub enum MachineCommand {
    /// The hours in which it runs, by its configuration.
    SetHours(Hours),
}

impl Decider for Machine {
    const SERVICE: &'static str = "notifier";
    const CATEGORY: &'static str = "machine";
    type Command = MachineCommand;
    type Event = MachineEvent;
    type State = Hours;
    type Rejection = Infallible;

    fn decide(
        state: &Hours,
        MachineCommand::SetHours(hours): MachineCommand,
        _now: DateTime<Utc>,
    ) -> Result<Vec<MachineEvent>, Infallible> {
        Ok(if *state == hours { vec![] } else { vec![MachineEvent::HoursSet { hours }] })
    }

    fn evolve(_: Hours, MachineEvent::HoursSet { hours }: &MachineEvent) -> Hours {
        hours.clone()
    }
}
