//! What happens to residents.

use chrono::{DateTime, Utc};
use linli_platform::vault::Sealed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What somebody consents to.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// To be written to.
    #[default]
    Reminders,
    /// To be named on boards.
    Rankings,
    /// A guardian's, for one under 14.
    Guardian,
    /// To be kept at all.
    Storage,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 4] = [Self::Storage, Self::Reminders, Self::Rankings, Self::Guardian];

    /// As in forms: `reminders`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reminders => "reminders",
            Self::Rankings => "rankings",
            Self::Guardian => "guardian",
            Self::Storage => "storage",
        }
    }

    /// The purpose of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// A resident as first written down. A name and a building suffice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "marks of a person, independent of each other")]
pub struct Registered {
    /// The community's code.
    #[serde(default)]
    pub community: String,
    /// The building's code.
    #[serde(default)]
    pub building: String,
    /// The name.
    pub name: Sealed,
    /// A telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sealed>,
    /// An e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Sealed>,
    /// The flat within the building.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flat: Option<Sealed>,
    /// `zh` or `en`.
    #[serde(default)]
    pub language: String,
    /// Reads large type.
    #[serde(default)]
    pub large_type: bool,
    /// A member of the Party, of this community's branch or another.
    #[serde(default)]
    pub party_member: bool,
    /// A volunteer.
    #[serde(default)]
    pub volunteer: bool,
    /// Head of a building.
    #[serde(default)]
    pub building_head: bool,
    /// Not yet 14: nothing goes without a guardian's consent.
    #[serde(default, rename = "under14")]
    pub under_14: bool,
    /// Made up for a demonstration.
    #[serde(default)]
    pub synthetic: bool,
}

/// What changes of a resident; what is absent stays. An empty text sealed means: no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Changed {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Sealed>,
    /// A telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sealed>,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Sealed>,
    /// The flat within the building.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flat: Option<Sealed>,
    /// `zh` or `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Reads large type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_type: Option<bool>,
    /// A member of the Party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party_member: Option<bool>,
    /// A volunteer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volunteer: Option<bool>,
    /// Head of a building.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub building_head: Option<bool>,
    /// Not yet 14.
    #[serde(rename = "under14", skip_serializing_if = "Option::is_none")]
    pub under_14: Option<bool>,
}

/// What happens to a resident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ResidentEvent {
    /// They are known from now on.
    ResidentRegistered(Registered),
    /// What is known of them changed.
    ResidentChanged(Changed),
    /// They live elsewhere.
    ResidentMoved {
        /// The community's code.
        #[serde(default)]
        community: String,
        /// The building's code.
        #[serde(default)]
        building: String,
    },
    /// They agreed to something.
    ConsentGiven {
        /// To what.
        #[serde(default)]
        purpose: Purpose,
        /// `paper`, `page`, `import` or `merge`.
        #[serde(default)]
        how: String,
    },
    /// They agree no more.
    ConsentWithdrawn {
        /// To what.
        #[serde(default)]
        purpose: Purpose,
    },
    /// They belong to a team.
    TeamJoined {
        /// Which.
        team: Uuid,
    },
    /// They belong to it no more.
    TeamLeft {
        /// Which.
        team: Uuid,
    },
    /// Another resident may act for this one.
    ProxyAllowed {
        /// Who may.
        proxy: Uuid,
    },
    /// And may no more.
    ProxyEnded {
        /// Who.
        proxy: Uuid,
    },
    /// A sign-in link was asked for under their address.
    SignInAsked {
        /// For the how manieth time, from 1.
        #[serde(default)]
        n: u32,
        /// When.
        at: DateTime<Utc>,
    },
    /// A card was made for them; earlier ones are void.
    CardIssued {
        /// What it was ordered by: the same order again is the same card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<Uuid>,
    },
    /// Another entry is theirs, too: what it agreed to and belongs to follows as events of its own.
    DoubleTakenOver {
        /// The other.
        double: Uuid,
        /// When.
        at: DateTime<Utc>,
    },
    /// They were written down twice: the other is the one.
    ResidentMerged {
        /// The other.
        into: Uuid,
    },
    /// Their key is destroyed: nobody knows any more who they were.
    ResidentErased {},
}
