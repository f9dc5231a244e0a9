//! Of places, residents and teams, what ranking hears.

use serde::Deserialize;
use uuid::Uuid;

/// Of people's `place` streams.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PlaceEvent {
    /// It is known from now on.
    PlaceAdded {
        /// Its name.
        #[serde(default)]
        name: String,
        /// Its name in English.
        #[serde(default)]
        name_en: String,
        /// What it is.
        #[serde(default)]
        kind: PlaceKind,
        /// The code of the place it is part of; empty at the top.
        #[serde(default)]
        parent: String,
        /// Its own time zone; empty: its parent's.
        #[serde(default)]
        zone: String,
    },
    /// It is called otherwise, or belongs elsewhere.
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
}

/// What a place is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlaceKind {
    /// A city.
    #[default]
    City,
    /// A district, or a county-level city.
    District,
    /// A subdistrict.
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

/// Of people's `resident` streams.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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

/// Of people's `team` streams.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TeamEvent {
    /// It is known from now on.
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
}
