//! The events of duties: those of one occurrence, and standing ones.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
        /// For whom they stand in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<Uuid>,
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
    /// Whoever has the duty asks for somebody in their place.
    StandInAsked {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who has it.
        resident: Uuid,
    },
    /// They can come after all.
    StandInWithdrawn {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who has it.
        resident: Uuid,
    },
    /// Somebody is missing, and the day is near.
    DutyUnfilled {
        /// Which duties, and how many are missing at each.
        #[serde(default)]
        duties: Vec<DutyPlace>,
        /// When the occurrence begins.
        start: DateTime<Utc>,
    },
    /// Whoever had the duty was there.
    DutyDone {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
    },
    /// They were not there after all, or under another entry.
    DutyDoneReversed {
        /// The duty's name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
        /// The entry that they are, after a merger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<Uuid>,
    },
}

/// What happens on the `duty` stream of a standing duty, which belongs to no occurrence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StandingEvent {
    /// What there is to look after, for how many people, from when on.
    StandingDutySet {
        /// Its name.
        #[serde(default)]
        name: String,
        /// Its name in English; may be empty.
        #[serde(default)]
        name_en: String,
        /// What there is to do.
        #[serde(default)]
        about: String,
        /// The code of the building or grid it is for; may be empty.
        #[serde(default)]
        building: String,
        /// How many people it takes.
        #[serde(default)]
        places: u32,
        /// From which day on.
        from_on: NaiveDate,
        /// Its last day, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_on: Option<NaiveDate>,
        /// The member of staff who is told when nobody stands in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<Uuid>,
    },
    /// It is no more.
    StandingDutyEnded {},
    /// Somebody takes it on.
    StandingDutyClaimed {
        /// Who.
        resident: Uuid,
        /// Who asked for them, if somebody else did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy: Option<Uuid>,
    },
    /// Somebody gives it back.
    StandingDutyReleased {
        /// Who.
        resident: Uuid,
    },
    /// Whoever has it is away for some days and asks for somebody in their place.
    CoverAsked {
        /// Who is away.
        resident: Uuid,
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
    },
    /// Somebody stands in.
    CoverTaken {
        /// Who stands in.
        resident: Uuid,
        /// Who is away.
        instead_of: Uuid,
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
    },
    /// They are not away after all, or gave the duty back.
    CoverWithdrawn {
        /// Who was to be away.
        resident: Uuid,
        /// The first day.
        from_on: NaiveDate,
    },
    /// The first day is near and nobody stands in.
    CoverMissing {
        /// Who is away.
        resident: Uuid,
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
    },
}
