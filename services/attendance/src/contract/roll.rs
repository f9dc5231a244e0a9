//! The events of a `roll`.

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Attendance, Rating, Way};

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
        /// Why, sealed under the resident's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<Sealed>,
        /// Who excuses them, if another resident does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy: Option<Uuid>,
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
        /// The double whose check-in this was, after a merger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        merged: Option<Uuid>,
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
    /// Somebody was not there after all, or under another entry.
    CheckInReversed {
        /// Who.
        resident: Uuid,
        /// Minutes credited until now.
        #[serde(default)]
        minutes_before: u32,
        /// The entry that they are, after a merger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<Uuid>,
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
        /// How many were expected, the registered among them.
        #[serde(default)]
        expected: u32,
        /// How many had let know that they don't come.
        #[serde(default)]
        excused: u32,
        /// Who was expected and neither came nor was excused.
        #[serde(default)]
        absent: Vec<Uuid>,
    },
    /// People stand on the list of those expected.
    Expected {
        /// Who.
        #[serde(default)]
        residents: Vec<Uuid>,
        /// Why: `team:<uuid>`, `role:<role>`, or empty for those picked one by one.
        #[serde(default)]
        by: String,
    },
    /// Somebody is not expected any more.
    ExpectationDropped {
        /// Who.
        resident: Uuid,
    },
    /// Somebody who was there rates it.
    Rated {
        /// Who.
        resident: Uuid,
        /// In one of five words.
        #[serde(default)]
        rating: Rating,
        /// In their own words, sealed under their key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<Sealed>,
    },
    /// Somebody's rating went with their check-in.
    RatingReversed {
        /// Who.
        resident: Uuid,
    },
    /// Somebody's comment may be shown.
    CommentApproved {
        /// Whose.
        resident: Uuid,
    },
    /// Somebody's comment is not shown.
    CommentWithheld {
        /// Whose.
        resident: Uuid,
    },
}
