//! What attendance hears of people and places.

use serde::Deserialize;
use uuid::Uuid;

/// Of people's `resident` streams.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ResidentEvent {
    /// Somebody is new.
    ResidentRegistered {
        /// The code of their community.
        #[serde(default)]
        community: String,
        /// The code of their building.
        #[serde(default)]
        building: String,
        /// Whether they belong to the Party.
        #[serde(default)]
        party_member: bool,
        /// Whether they are a volunteer.
        #[serde(default)]
        volunteer: bool,
        /// Whether they are the head of a building.
        #[serde(default)]
        building_head: bool,
        /// Whether they are under 14.
        #[serde(default, rename = "under14")]
        under_14: bool,
    },
    /// Something about somebody changed.
    ResidentChanged {
        /// Whether they belong to the Party, if that changed.
        #[serde(default)]
        party_member: Option<bool>,
        /// Whether they are a volunteer, if that changed.
        #[serde(default)]
        volunteer: Option<bool>,
        /// Whether they are the head of a building, if that changed.
        #[serde(default)]
        building_head: Option<bool>,
        /// Whether they are under 14, if that changed.
        #[serde(default, rename = "under14")]
        under_14: Option<bool>,
    },
    /// They live elsewhere now.
    ResidentMoved {
        /// The code of their community.
        #[serde(default)]
        community: String,
        /// The code of their building.
        #[serde(default)]
        building: String,
    },
    /// A consent was given.
    ConsentGiven {
        /// What for.
        #[serde(default)]
        purpose: String,
    },
    /// A consent was withdrawn.
    ConsentWithdrawn {
        /// What for.
        #[serde(default)]
        purpose: String,
    },
    /// They joined a team.
    TeamJoined {
        /// Which.
        team: Uuid,
    },
    /// They left a team.
    TeamLeft {
        /// Which.
        team: Uuid,
    },
    /// They were written down twice: the other is the one.
    ResidentMerged {
        /// The other.
        into: Uuid,
    },
    /// They were erased.
    ResidentErased {},
}

/// Of people's `place` streams.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PlaceEvent {
    /// A place is new.
    PlaceAdded {
        /// Its code.
        #[serde(default)]
        code: String,
        /// Its name.
        #[serde(default)]
        name: String,
        /// Its name in English; may be empty.
        #[serde(default)]
        name_en: String,
        /// The code of the place it is in.
        #[serde(default)]
        parent: String,
        /// Its zone; empty: as the place it is in.
        #[serde(default)]
        zone: String,
    },
    /// A place is called otherwise, or is in another.
    PlaceChanged {
        /// Its name.
        #[serde(default)]
        name: String,
        /// Its name in English; may be empty.
        #[serde(default)]
        name_en: String,
        /// The code of the place it is in.
        #[serde(default)]
        parent: String,
    },
}

/// Of people's `team` streams.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TeamEvent {
    /// A team is new.
    TeamFounded {
        /// The code of its community.
        #[serde(default)]
        community: String,
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// A team is called otherwise.
    TeamRenamed {
        /// Its name.
        #[serde(default)]
        name: String,
    },
    /// A team is no more.
    TeamEnded {},
}
