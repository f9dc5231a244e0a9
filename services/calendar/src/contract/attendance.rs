//! What the calendar hears of `attendance`: who comes to an occurrence and who has a duty there, for
//! people's own feeds.

use linli_almanac::RecurrenceId;
use linli_platform::{commit::NewEvent, ids::StreamId};
use serde::Deserialize;
use uuid::Uuid;

/// What `attendance` says, on streams `<community>/attendance/{roll,duty}/<activity>-<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AttendanceEvent {
    /// Somebody has a place.
    Registered {
        /// Who.
        resident: Uuid,
    },
    /// Somebody waits for one.
    Waitlisted {
        /// Who.
        resident: Uuid,
    },
    /// Who waited has a place.
    Promoted {
        /// Who.
        resident: Uuid,
    },
    /// Somebody gave their place back.
    Withdrawn {
        /// Who.
        resident: Uuid,
    },
    /// Somebody said that they can't come.
    Excused {
        /// Who.
        resident: Uuid,
    },
    /// Somebody has a duty.
    DutyClaimed {
        /// Its name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
    },
    /// Somebody gave a duty back.
    DutyReleased {
        /// Its name.
        #[serde(default)]
        duty: String,
        /// Who.
        resident: Uuid,
    },
}

impl AttendanceEvent {
    /// Reads it; `None` for what does not concern the calendar.
    pub(super) fn hear(event: &NewEvent) -> Result<Option<Self>, serde_json::Error> {
        let known = [
            "registered",
            "waitlisted",
            "promoted",
            "withdrawn",
            "excused",
            "dutyClaimed",
            "dutyReleased",
        ];
        if known.contains(&event.name()) { event.decode().map(Some) } else { Ok(None) }
    }

    /// Whom it is about.
    pub fn resident(&self) -> Uuid {
        match self {
            Self::Registered { resident }
            | Self::Waitlisted { resident }
            | Self::Promoted { resident }
            | Self::Withdrawn { resident }
            | Self::Excused { resident }
            | Self::DutyClaimed { resident, .. }
            | Self::DutyReleased { resident, .. } => *resident,
        }
    }
}

/// Which occurrence a roll or the duties are of.
pub fn occurrence_of(stream: &StreamId) -> Option<(Uuid, RecurrenceId)> {
    let (activity, id) = stream.uuid_and_rest()?;
    Some((activity, id.parse().ok()?))
}
