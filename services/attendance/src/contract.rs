//! What attendance publishes, in the words of `proto/linli/attendance/v1/attendance.proto`; what it
//! hears of others stands in [`heard`].

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub mod heard;
#[cfg(test)]
mod tests;

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

/// What happens on a `roll`, the stream of one occurrence's attendance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RollEvent {
    /// The occurrence was opened, so people may register.
    RollOpened {
        /// The activity.
        activity: Uuid,
        /// Which occurrence of it.
        recurrence_id: String,
        /// When it begins.
        start: DateTime<Utc>,
        /// When it ends.
        end: DateTime<Utc>,
        /// Places; 0 is no limit.
        #[serde(default)]
        capacity: u32,
        /// How people are recorded.
        #[serde(default)]
        attendance: Attendance,
        /// Whether those under 14 need a guardian's consent.
        #[serde(default)]
        guardian_consent: bool,
    },
    /// The occurrence takes place at another time or venue.
    RollMoved {
        /// The occurrence's revision with this.
        #[serde(default)]
        revision: u32,
        /// When it begins now.
        start: DateTime<Utc>,
        /// When it ends now.
        end: DateTime<Utc>,
    },
    /// The occurrence does not take place.
    RollCancelled {
        /// The occurrence's revision with this.
        #[serde(default)]
        revision: u32,
    },
    /// There are more or fewer places.
    CapacitySet {
        /// Places; 0 is no limit.
        #[serde(default)]
        capacity: u32,
    },
    /// Somebody has a place.
    Registered {
        /// Who.
        resident: Uuid,
        /// Who asked for them, if somebody else did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy: Option<Uuid>,
    },
    /// Somebody waits for a place.
    Waitlisted {
        /// Who.
        resident: Uuid,
        /// Who asked for them, if somebody else did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy: Option<Uuid>,
        /// Whose place in the line they take; without it they stand at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<Uuid>,
    },
    /// Somebody who waited has a place.
    Promoted {
        /// Who.
        resident: Uuid,
    },
    /// Somebody gives their place, or their place in the line, back.
    Withdrawn {
        /// Who.
        resident: Uuid,
    },
    /// Somebody lets know that they don't come.
    Excused {
        /// Who.
        resident: Uuid,
    },
    /// Somebody is there.
    CheckedIn {
        /// Who.
        resident: Uuid,
        /// How it is known.
        #[serde(default)]
        way: Way,
        /// When they came; from paper as written there.
        at: DateTime<Utc>,
        /// Who checked them in from their own phone, if somebody else did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy: Option<Uuid>,
    },
    /// Somebody has left, and their time is credited.
    CheckedOut {
        /// Who.
        resident: Uuid,
        /// When.
        at: DateTime<Utc>,
        /// Minutes credited.
        #[serde(default)]
        minutes: u32,
    },
    /// Somebody's credited time was wrong.
    HoursCorrected {
        /// Whose.
        resident: Uuid,
        /// Minutes credited before.
        #[serde(default)]
        minutes_before: u32,
        /// Minutes credited now.
        #[serde(default)]
        minutes: u32,
        /// Why, sealed under the resident's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<Sealed>,
    },
    /// Somebody was not there after all.
    CheckInReversed {
        /// Who.
        resident: Uuid,
    },
    /// People were counted, those with names among them.
    HeadcountGiven {
        /// How many in all.
        #[serde(default)]
        people: u32,
    },
    /// The roll is closed; what comes later comes from paper or is a correction.
    RollClosed {
        /// When.
        at: DateTime<Utc>,
        /// How many were present by name.
        #[serde(default)]
        present: u32,
        /// Minutes credited to all of them.
        #[serde(default)]
        minutes: u32,
    },
}

/// One duty of an occurrence and how many it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DutyPlace {
    /// Its name, by which it is claimed.
    #[serde(default)]
    pub name: String,
    /// How many people it takes.
    #[serde(default)]
    pub places: u32,
}

/// What happens on a `duty`, the stream of one occurrence's duties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DutyEvent {
    /// What there is to do, and when.
    DutiesSet {
        /// All duties.
        #[serde(default)]
        duties: Vec<DutyPlace>,
        /// When the occurrence begins.
        start: DateTime<Utc>,
        /// When it ends.
        end: DateTime<Utc>,
    },
    /// Somebody takes a duty on.
    DutyClaimed {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
        /// Who asked for them, if somebody else did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy: Option<Uuid>,
    },
    /// Somebody gives a duty back.
    DutyReleased {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
    },
    /// The occurrence does not take place.
    DutiesCancelled {},
}
