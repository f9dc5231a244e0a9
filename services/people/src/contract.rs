//! What `people` publishes, in the words of `proto/linli/people/v1/people.proto`. It hears nobody
//! else. A category's events are one enum, whose JSON is the proto3 JSON of its message.

use chrono::{DateTime, Utc};
use linli_platform::{
    commit::NewEvent,
    ids::{EVERYWHERE, NameError, StreamId},
    vault::Sealed,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod residents;
#[cfg(test)]
mod tests;

pub use residents::{Changed, Purpose, Registered, ResidentEvent};

/// The service's name, the second part of its streams.
pub const SERVICE: &str = "people";

/// The category of places.
pub const PLACE: &str = "place";
/// The category of residents.
pub const RESIDENT: &str = "resident";
/// The category of staff.
pub const STAFF: &str = "staff";
/// The category of volunteer teams.
pub const TEAM: &str = "team";
/// The category of partner units.
pub const UNIT: &str = "unit";

/// The stream of one thing of a category. People, places and all else here stand under
/// [`EVERYWHERE`], so that nobody changes stream by moving.
pub fn stream(category: &str, id: impl std::fmt::Display) -> Result<StreamId, NameError> {
    StreamId::new(EVERYWHERE, SERVICE, category, id)
}

/// What kind of place it is, from the top down. Levels may be missing.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A city.
    #[default]
    City,
    /// A district, or a county-level city.
    District,
    /// A subdistrict, with its street office.
    Subdistrict,
    /// A community.
    Community,
    /// A compound within a community.
    Compound,
    /// A grid.
    Grid,
    /// A building.
    Building,
}

impl Kind {
    /// All kinds, from the top down.
    pub const ALL: [Self; 7] = [
        Self::City,
        Self::District,
        Self::Subdistrict,
        Self::Community,
        Self::Compound,
        Self::Grid,
        Self::Building,
    ];

    /// As in seeds and forms: `building`.
    pub fn code(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::District => "district",
            Self::Subdistrict => "subdistrict",
            Self::Community => "community",
            Self::Compound => "compound",
            Self::Grid => "grid",
            Self::Building => "building",
        }
    }

    /// The kind of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What happens to a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PlaceEvent {
    /// It is known from now on.
    PlaceAdded(Place),
    /// It is called otherwise, or belongs elsewhere. Its code, kind and zone never change.
    PlaceChanged {
        /// Its name.
        #[serde(default)]
        name: String,
        /// Its name in English.
        #[serde(default)]
        name_en: String,
        /// The code of the place it is part of; empty at the top.
        #[serde(default)]
        parent: String,
    },
    /// The list of its residents left the house; by whom and when stands beside the event.
    ResidentsExported {
        /// How many they were.
        #[serde(default)]
        residents: u32,
    },
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// Its code, for ever: in addresses, streams and files.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// What it is.
    pub kind: Kind,
    /// The code of the place it is part of; empty at the top.
    pub parent: String,
    /// Its time zone by IANA name; empty: its parent's.
    pub zone: String,
    /// Made up for a demonstration.
    pub synthetic: bool,
}

/// What happens to a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StaffEvent {
    /// They work here from now on.
    StaffJoined {
        /// The name.
        name: Sealed,
        /// The e-mail address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Sealed>,
        /// `zh` or `en`.
        #[serde(default)]
        language: String,
    },
    /// What is known of them changed; what is absent stays.
    StaffChanged {
        /// The name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Sealed>,
        /// The e-mail address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Sealed>,
        /// `zh` or `en`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// They have a role in a place and all below it.
    RoleGiven {
        /// The role's name.
        #[serde(default)]
        role: String,
        /// The place's code, `*` for all.
        #[serde(default)]
        community: String,
    },
    /// And have it no more.
    RoleTaken {
        /// The role's name.
        #[serde(default)]
        role: String,
        /// The place's code, `*` for all.
        #[serde(default)]
        community: String,
    },
    /// They work here no more; their roles are gone.
    StaffLeft {},
    /// Their key is destroyed.
    StaffErased {},
    /// A sign-in link was asked for under their address.
    StaffSignInAsked {
        /// For the how manieth time, from 1.
        #[serde(default)]
        n: u32,
        /// When.
        at: DateTime<Utc>,
    },
}

/// What happens to a volunteer team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TeamEvent {
    /// There is such a team.
    TeamFounded {
        /// The community's code.
        #[serde(default)]
        community: String,
        /// Its name.
        #[serde(default)]
        name: String,
        /// The team it is part of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Uuid>,
        /// What it does.
        #[serde(default)]
        about: String,
    },
    /// It is called otherwise.
    TeamRenamed {
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// It is no more.
    TeamEnded {},
}

/// What happens to a partner unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UnitEvent {
    /// It is a partner.
    UnitAdded {
        /// The community's code.
        #[serde(default)]
        community: String,
        /// Its name.
        #[serde(default)]
        name: String,
        /// `enterprise`, `school`, `department`, `property`, `organisation` or `branch`.
        #[serde(default)]
        kind: String,
    },
    /// It is called otherwise.
    UnitRenamed {
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// It is a partner no more.
    UnitEnded {},
}

/// What this service hears: itself.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Of a place.
    Place(PlaceEvent),
    /// Of a resident.
    Resident(ResidentEvent),
    /// Of staff.
    Staff(StaffEvent),
    /// Of a team.
    Team(TeamEvent),
    /// Of a unit.
    Unit(UnitEvent),
}

/// Reads what this service hears. An own event that it doesn't know is an error: nothing is
/// skipped silently.
pub fn hear(stream: &StreamId, event: &NewEvent) -> Result<Option<Heard>, serde_json::Error> {
    if stream.service() != SERVICE {
        return Ok(None);
    }
    Ok(Some(match stream.category() {
        PLACE => Heard::Place(event.decode()?),
        RESIDENT => Heard::Resident(event.decode()?),
        STAFF => Heard::Staff(event.decode()?),
        TEAM => Heard::Team(event.decode()?),
        UNIT => Heard::Unit(event.decode()?),
        _ => return Ok(None),
    }))
}
