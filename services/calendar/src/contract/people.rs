//! What the calendar hears of `people`: how places and teams are called, who belongs to a team.

use linli_platform::commit::NewEvent;
use serde::Deserialize;
use uuid::Uuid;

/// What `people` says, on streams `_/people/{place,team,unit,resident,staff}/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PeopleEvent {
    /// There is such a place.
    PlaceAdded(Place),
    /// It is called otherwise.
    PlaceChanged {
        /// Its name.
        #[serde(default)]
        name: String,
        /// Its name in English; may be empty.
        #[serde(default)]
        name_en: String,
    },
    /// There is such a team.
    TeamFounded {
        /// The code of its community.
        #[serde(default)]
        community: String,
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// It is called otherwise.
    TeamRenamed {
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// It is no more.
    TeamEnded {},
    /// There is such a unit: a school, an enterprise, a department.
    UnitAdded {
        /// The code of its community.
        #[serde(default)]
        community: String,
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// It is called otherwise.
    UnitRenamed {
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// It is no more.
    UnitEnded {},
    /// A member of staff works for a community.
    RoleGiven {
        /// Its code, `*` for all.
        #[serde(default)]
        community: String,
        /// As what.
        #[serde(default)]
        role: String,
    },
    /// They work for it no more, as that.
    RoleTaken {
        /// Its code, `*` for all.
        #[serde(default)]
        community: String,
        /// As what.
        #[serde(default)]
        role: String,
    },
    /// They work here no more.
    StaffLeft {},
    /// A resident belongs to a team.
    TeamJoined {
        /// The team.
        team: Uuid,
    },
    /// They belong to it no more.
    TeamLeft {
        /// The team.
        team: Uuid,
    },
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// Its code, for ever.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in English; may be empty.
    pub name_en: String,
    /// The code of the place it is part of; empty at the top.
    pub parent: String,
    /// Its zone by IANA name; empty: its parent's.
    pub zone: String,
}

impl PeopleEvent {
    /// Reads it; `None` for what does not concern the calendar.
    pub(super) fn hear(event: &NewEvent) -> Result<Option<Self>, serde_json::Error> {
        let known = [
            "placeAdded",
            "placeChanged",
            "teamFounded",
            "teamRenamed",
            "teamEnded",
            "teamJoined",
            "teamLeft",
            "unitAdded",
            "unitRenamed",
            "unitEnded",
            "roleGiven",
            "roleTaken",
            "staffLeft",
        ];
        if known.contains(&event.name()) { event.decode().map(Some) } else { Ok(None) }
    }
}
