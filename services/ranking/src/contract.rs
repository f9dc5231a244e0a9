//! What ranking publishes, in the words of `proto/linli/ranking/v1/ranking.proto`; what it hears of
//! others stands in [`heard`].

use chrono::NaiveDate;
use linli_platform::{ids::EventRef, vault::Sealed};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod bulletin;
pub mod heard;
pub mod lists;
mod rules;
#[cfg(test)]
mod tests;

pub use bulletin::{BulletinEvent, Due, ScheduleEvent};
pub use rules::{BASE_MIN, KindRates, Rules, ScoringEvent};

/// What points are credited for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ground {
    /// Having been there.
    #[default]
    Attendance,
    /// The time that was given.
    Hours,
    /// A duty that was done.
    Duty,
}

impl Ground {
    /// All grounds.
    pub const ALL: [Self; 3] = [Self::Attendance, Self::Hours, Self::Duty];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attendance => "ATTENDANCE",
            Self::Hours => "HOURS",
            Self::Duty => "DUTY",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// One person's share of one occurrence, on one ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credit {
    /// Whose.
    pub resident: Uuid,
    /// For what.
    #[serde(default)]
    pub ground: Ground,
    /// Points.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u32,
    /// Attendances: 1 with [`Ground::Attendance`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub times: u32,
    /// Minutes of service, with [`Ground::Hours`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minutes: u32,
    /// The occurrence's date in the place's own zone.
    pub on: NaiveDate,
    /// The code of the community where the person lived that day; may be empty.
    #[serde(default)]
    pub community: String,
    /// The code of the building where the person lived that day; may be empty.
    #[serde(default)]
    pub building: String,
    /// The teams that the person belonged to that day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Uuid>,
    /// What earned it, or took it away again.
    pub cause: EventRef,
    /// Rises with each change for the same person and ground.
    #[serde(default)]
    pub revision: u32,
    /// Points that the day's limit took away.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub capped: u32,
}

/// What an occurrence is, as its tally keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The activity.
    pub activity: Uuid,
    /// Which occurrence of it.
    #[serde(default)]
    pub recurrence_id: String,
    /// The date in the place's own zone.
    pub on: NaiveDate,
    /// The codes of those who host: the lead first, then partners.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The kinds of activity.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Whose own it is, if it is a team's.
    #[serde(default)]
    pub teams: Vec<Uuid>,
    /// The event that adopted the rules; none were without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scoring: Option<EventRef>,
}

/// What an occurrence counts for, once it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sum {
    /// The date in the place's own zone.
    pub on: NaiveDate,
    /// Attendances: the larger of headcount and names.
    #[serde(default)]
    pub attended: u32,
    /// How many came by name.
    #[serde(default)]
    pub present: u32,
    /// How many were counted, if they were; 0 is a confirmed zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headcount: Option<u32>,
    /// Minutes of service of all persons.
    #[serde(default)]
    pub minutes: u32,
    /// Minutes from start to end; 0 where it lasts all day.
    #[serde(default)]
    pub activity_minutes: u32,
    /// The codes of those who host: the lead first, then partners.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The kinds of activity.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Whose own it is, if it is a team's.
    #[serde(default)]
    pub teams: Vec<Uuid>,
    /// Whether the roll was closed.
    #[serde(default)]
    pub closed: bool,
    /// Whether anybody has said how many came: by a name, a headcount or by closing the roll.
    #[serde(default)]
    pub reported: bool,
}

/// What happens on a `tally`, the stream of what one occurrence has earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TallyEvent {
    /// The first person came, or its end has come.
    TallyOpened(Header),
    /// Somebody has earned something.
    Credited(Credit),
    /// Something that was credited is taken back; the cause is what made it so.
    Reversed(Credit),
    /// It is over and counts for this; a later one replaces it.
    Summed(Sum),
    /// It did not take place after all.
    Voided {},
}

/// What happens on a `wallet`, the stream of what somebody does with points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum WalletEvent {
    /// Points were spent at the love bank.
    PointsSpent {
        /// Which spending.
        spending: Uuid,
        /// The code of the place whose love bank it is.
        #[serde(default)]
        place: String,
        /// How many.
        #[serde(default)]
        points: u32,
        /// For what, sealed under the resident's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<Sealed>,
    },
    /// A spending was taken back.
    SpendingReversed {
        /// Which.
        spending: Uuid,
        /// The code of the place whose love bank it was.
        #[serde(default)]
        place: String,
        /// How many come back.
        #[serde(default)]
        points: u32,
    },
    /// Points were given to another resident.
    PointsSent {
        /// Which transfer.
        transfer: Uuid,
        /// To whom.
        to: Uuid,
        /// How many.
        #[serde(default)]
        points: u32,
        /// The code of the place whose desk did it; may be empty.
        #[serde(default)]
        place: String,
        /// The transfer that this gives back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reverses: Option<Uuid>,
    },
    /// Points came from another resident.
    PointsReceived {
        /// Which transfer.
        transfer: Uuid,
        /// From whom.
        from: Uuid,
        /// How many.
        #[serde(default)]
        points: u32,
    },
    /// The person was written down twice; the other entry has it now.
    WalletHandedOver {
        /// The other entry.
        into: Uuid,
        /// Received less sent and spent.
        #[serde(default)]
        points: i32,
        /// Which time, from 1: what comes late is handed on.
        #[serde(default)]
        n: u32,
    },
    /// What another entry of the same person had.
    WalletTakenOver {
        /// The other entry.
        from: Uuid,
        /// Received less sent and spent.
        #[serde(default)]
        points: i32,
        /// Which time, from 1: what comes late is handed on.
        #[serde(default)]
        n: u32,
    },
}
