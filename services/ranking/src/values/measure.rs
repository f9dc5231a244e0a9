//! What boards compare, and whom.

/// Whom a board compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Subdistricts.
    Subdistrict,
    /// Communities.
    Community,
    /// Grids.
    Grid,
    /// Buildings.
    Building,
    /// Volunteer teams.
    Team,
    /// Residents.
    Resident,
}

impl Level {
    /// All levels, from the top down.
    pub const ALL: [Self; 6] = [
        Self::Subdistrict,
        Self::Community,
        Self::Grid,
        Self::Building,
        Self::Team,
        Self::Resident,
    ];

    /// As in addresses: `building`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Subdistrict => "subdistrict",
            Self::Community => "community",
            Self::Grid => "grid",
            Self::Building => "building",
            Self::Team => "team",
            Self::Resident => "resident",
        }
    }

    /// The level of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }

    /// Whether its lines stand for many people, so that a value per head means something.
    pub fn has_heads(self) -> bool {
        self != Self::Resident
    }

    /// Whether a group of few people has no rank. A team is small by its nature.
    pub fn has_base(self) -> bool {
        !matches!(self, Self::Resident | Self::Team)
    }
}

/// What a board compares by. Hours of service and hours of activities are never added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Points.
    Points,
    /// Attendances.
    Attended,
    /// Minutes of service, over all persons.
    Minutes,
    /// Minutes from start to end, over all occurrences.
    ActivityMinutes,
    /// Occurrences held.
    Occurrences,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 5] =
        [Self::Points, Self::Attended, Self::Minutes, Self::ActivityMinutes, Self::Occurrences];

    /// As in addresses and in JSON: `activityMinutes`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Attended => "attended",
            Self::Minutes => "minutes",
            Self::ActivityMinutes => "activityMinutes",
            Self::Occurrences => "occurrences",
        }
    }

    /// The measure of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.code() == code)
    }

    /// Whether it is shown in hours.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Minutes | Self::ActivityMinutes)
    }

    /// Whether those of a level have it: only hosts and teams hold occurrences.
    pub fn fits(self, level: Level) -> bool {
        let holds = matches!(level, Level::Subdistrict | Level::Community | Level::Team);
        holds || !matches!(self, Self::ActivityMinutes | Self::Occurrences)
    }
}
