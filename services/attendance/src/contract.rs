//! What attendance publishes, in the words of `proto/linli/attendance/v1/attendance.proto`; what it
//! hears of others stands in [`heard`].

use serde::{Deserialize, Serialize};

mod duty;
pub mod heard;
mod roll;
#[cfg(test)]
mod tests;

pub use duty::{DutyEvent, DutyPlace, StandingEvent};
pub use roll::RollEvent;

/// How people are recorded at an occurrence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Attendance {
    /// By name, with registration and check-in.
    #[default]
    Names,
    /// By number alone: nobody registers.
    Headcount,
    /// By name on a sheet of paper, typed in later.
    Paper,
}

/// How somebody was checked in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Way {
    /// Ticked by an organiser.
    #[default]
    List,
    /// By the code on the wall or their own.
    Code,
    /// By a printed card.
    Card,
    /// From a sheet of paper, typed in later.
    Paper,
    /// At a screen by the door.
    Kiosk,
}

impl Way {
    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "LIST",
            Self::Code => "CODE",
            Self::Card => "CARD",
            Self::Paper => "PAPER",
            Self::Kiosk => "KIOSK",
        }
    }
}

/// How somebody who was there found it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rating {
    /// Very satisfied.
    #[default]
    VerySatisfied,
    /// Satisfied.
    Satisfied,
    /// Neither nor.
    Fair,
    /// Dissatisfied.
    Dissatisfied,
    /// Very dissatisfied.
    VeryDissatisfied,
}

impl Rating {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [
        Self::VerySatisfied,
        Self::Satisfied,
        Self::Fair,
        Self::Dissatisfied,
        Self::VeryDissatisfied,
    ];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::VerySatisfied => "VERY_SATISFIED",
            Self::Satisfied => "SATISFIED",
            Self::Fair => "FAIR",
            Self::Dissatisfied => "DISSATISFIED",
            Self::VeryDissatisfied => "VERY_DISSATISFIED",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rating| rating.name() == name)
    }
}
