//! What is counted. Each is defined in `docs/counting.md`.

use serde::{Deserialize, Serialize};

/// One measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Count {
    /// Opened occurrences.
    Planned,
    /// Those held.
    Occurrences,
    /// Those cancelled.
    Cancelled,
    /// Those held of which nobody has said who came.
    Unreported,
    /// Those held to which nobody came.
    Nobody,
    /// The larger of names and headcount.
    Attended,
    /// Checked in by name.
    Present,
    /// Counted.
    Headcount,
    /// Different residents checked in by name.
    People,
    /// Who have a place.
    Registered,
    /// On the list, registered or excused.
    Expected,
    /// Let know that they don't come, and didn't.
    Excused,
    /// Expected, neither there nor excused.
    Absent,
    /// Person-minutes of service.
    Minutes,
    /// Minutes from start to end.
    ActivityMinutes,
    /// Ratings.
    Ratings,
    /// Those of the two better words.
    Satisfied,
    /// Points.
    Points,
    /// Announcements made.
    Announcements,
    /// Notices that a channel accepted.
    Sent,
    /// Places where a notice was put up by hand.
    Posted,
    /// Residents registered.
    Residents,
}

impl Count {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 22] = [
        Self::Planned,
        Self::Occurrences,
        Self::Cancelled,
        Self::Unreported,
        Self::Nobody,
        Self::Attended,
        Self::Present,
        Self::Headcount,
        Self::People,
        Self::Registered,
        Self::Expected,
        Self::Excused,
        Self::Absent,
        Self::Minutes,
        Self::ActivityMinutes,
        Self::Ratings,
        Self::Satisfied,
        Self::Points,
        Self::Announcements,
        Self::Sent,
        Self::Posted,
        Self::Residents,
    ];

    /// As tables and JSON have it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Occurrences => "occurrences",
            Self::Cancelled => "cancelled",
            Self::Unreported => "unreported",
            Self::Nobody => "nobody",
            Self::Attended => "attended",
            Self::Present => "present",
            Self::Headcount => "headcount",
            Self::People => "people",
            Self::Registered => "registered",
            Self::Expected => "expected",
            Self::Excused => "excused",
            Self::Absent => "absent",
            Self::Minutes => "minutes",
            Self::ActivityMinutes => "activityMinutes",
            Self::Ratings => "ratings",
            Self::Satisfied => "satisfied",
            Self::Points => "points",
            Self::Announcements => "announcements",
            Self::Sent => "sent",
            Self::Posted => "posted",
            Self::Residents => "residents",
        }
    }

    /// The measure of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.code() == code)
    }

    /// What it is counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Planned
            | Self::Occurrences
            | Self::Cancelled
            | Self::Unreported
            | Self::Nobody => "occurrences",
            Self::Attended | Self::Present | Self::Headcount => "attendances",
            Self::People | Self::Residents => "persons",
            Self::Registered | Self::Expected | Self::Excused | Self::Absent => {
                "persons per occurrence"
            }
            Self::Minutes => "person-minutes",
            Self::ActivityMinutes => "minutes",
            Self::Ratings | Self::Satisfied => "ratings",
            Self::Points => "points",
            Self::Announcements => "announcements",
            Self::Sent => "deliveries",
            Self::Posted => "places",
        }
    }
}
