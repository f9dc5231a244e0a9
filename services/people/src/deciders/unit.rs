//! Partner units. Invariants: a unit is added once, has a name and one of the known kinds, and
//! nothing changes it once it is a partner no more.

use chrono::{DateTime, Utc};
use linli_platform::decider::Decider;

use super::Reason;
use crate::contract::{SERVICE, UNIT, UnitEvent};

/// Decides on units.
pub struct Units;

/// The kinds of units.
pub const KINDS: [&str; 6] =
    ["enterprise", "school", "department", "property", "organisation", "branch"];

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Command {
    /// Write it down.
    Add {
        /// The community's code.
        community: String,
        /// Its name.
        name: String,
        /// One of [`KINDS`].
        kind: String,
    },
    /// Call it otherwise.
    Rename {
        /// The new name.
        name: String,
    },
    /// It is a partner no more.
    End,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The id is another unit's.
    #[error("there is another unit of this id")]
    Taken,
    /// There is no such unit.
    #[error("there is no such unit")]
    Unknown,
    /// It has no name.
    #[error("the unit has no name")]
    NameMissing,
    /// No such kind.
    #[error(
        "a unit is an enterprise, school, department, property (company), organisation or branch"
    )]
    KindUnknown,
    /// It is a partner no more.
    #[error("the unit is a partner no more: add it anew")]
    Ended,
}

impl Reason for Rejection {
    fn key(&self) -> &'static str {
        match self {
            Self::Taken => "no_taken",
            Self::Unknown => "no_unit",
            Self::NameMissing => "no_name_missing",
            Self::KindUnknown => "no_unit_kind",
            Self::Ended => "no_ended",
        }
    }
}

/// What is remembered of a unit.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    name: Option<String>,
    adding: Option<UnitEvent>,
    ended: bool,
}

impl Decider for Units {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = UNIT;
    type Command = Command;
    type Event = UnitEvent;
    type State = Unit;
    type Rejection = Rejection;

    fn decide(
        unit: &Unit,
        command: Command,
        _: DateTime<Utc>,
    ) -> Result<Vec<UnitEvent>, Rejection> {
        if let Command::Add { community, name, kind } = command {
            if name.trim().is_empty() {
                return Err(Rejection::NameMissing);
            }
            if !KINDS.contains(&kind.as_str()) {
                return Err(Rejection::KindUnknown);
            }
            let added = UnitEvent::UnitAdded { community, name, kind };
            return match &unit.adding {
                None => Ok(vec![added]),
                Some(there) if *there == added => Ok(vec![]),
                Some(_) => Err(Rejection::Taken),
            };
        }
        let name_now = unit.name.as_ref().ok_or(Rejection::Unknown)?;
        match command {
            Command::End if unit.ended => Ok(vec![]),
            _ if unit.ended => Err(Rejection::Ended),
            Command::End => Ok(vec![UnitEvent::UnitEnded {}]),
            Command::Rename { name } if name.trim().is_empty() => Err(Rejection::NameMissing),
            Command::Rename { name } if name == *name_now => Ok(vec![]),
            Command::Rename { name } => Ok(vec![UnitEvent::UnitRenamed { name }]),
            Command::Add { .. } => Err(Rejection::Taken),
        }
    }

    fn evolve(mut unit: Unit, event: &UnitEvent) -> Unit {
        match event {
            UnitEvent::UnitAdded { name, .. } => {
                unit.name = Some(name.clone());
                unit.adding = Some(event.clone());
            }
            UnitEvent::UnitRenamed { name } => unit.name = Some(name.clone()),
            UnitEvent::UnitEnded {} => unit.ended = true,
        }
        unit
    }
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::{at, given};

    use super::*;

    const NOON: &str = "2026-11-02T12:00:00+08:00";

    fn add(kind: &str) -> Command {
        let (community, name) = ("guanyuan".into(), "电力新村活动中心".into());
        Command::Add { community, name, kind: kind.into() }
    }

    fn added() -> UnitEvent {
        let (community, name) = ("guanyuan".into(), "电力新村活动中心".into());
        UnitEvent::UnitAdded { community, name, kind: "organisation".into() }
    }

    #[test]
    fn a_unit_comes_and_goes() {
        given::<Units>([]).when(add("organisation"), at(NOON)).then([added()]);
        given::<Units>([]).when(add("club"), at(NOON)).then_rejected(&Rejection::KindUnknown);
        given::<Units>([]).when(Command::End, at(NOON)).then_rejected(&Rejection::Unknown);
        let there = given::<Units>([added()]);
        there.when(add("organisation"), at(NOON)).then_nothing();
        there.when(add("school"), at(NOON)).then_rejected(&Rejection::Taken);
        let rename = |name: &str| Command::Rename { name: name.into() };
        there.when(rename(""), at(NOON)).then_rejected(&Rejection::NameMissing);
        there
            .when(rename("电力新村"), at(NOON))
            .then([UnitEvent::UnitRenamed { name: "电力新村".into() }]);
        let gone = given::<Units>([added(), UnitEvent::UnitEnded {}]);
        gone.when(rename("电力新村"), at(NOON)).then_rejected(&Rejection::Ended);
        gone.when(Command::End, at(NOON)).then_nothing();
    }
}
