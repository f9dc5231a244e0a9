//! What residents are told when something can't be.

use uuid::Uuid;

use crate::deciders::Reason;

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nobody was registered under this id.
    #[error("there is no such resident")]
    Unknown,
    /// Somebody else was.
    #[error("somebody is registered under this id already")]
    Taken,
    /// They were erased.
    #[error("this resident was erased: nothing can be written about them any more")]
    Erased,
    /// They were merged.
    #[error("this resident was merged into {0}: write it there")]
    Merged(Uuid),
    /// The building is missing.
    #[error("a resident lives in a building: choose one")]
    BuildingMissing,
    /// A sealed value is under another person's key.
    #[error("a value is sealed for somebody else")]
    SealedForAnother,
    /// The language is neither of the two.
    #[error("the language is zh or en")]
    LanguageUnknown,
    /// The form shows an older revision than there is.
    #[error("somebody changed this since the form was opened: look at both and send it again")]
    Stale {
        /// What the form showed.
        seen: u32,
        /// What there is.
        now: u32,
    },
    /// Under 14 without a guardian's consent.
    #[error("under 14 a guardian's consent comes first")]
    GuardianMissing,
    /// It would be about oneself.
    #[error("nobody is their own proxy or double")]
    Oneself,
    /// The other is being merged into this one.
    #[error("the other entry is being merged into this one: look at both and decide for one way")]
    Crossed,
    /// Too many links in an hour.
    #[error("too many sign-in links were asked for within an hour")]
    AskedTooOften,
}

impl Reason for Rejection {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "no_resident",
            Self::Taken => "no_taken",
            Self::Erased => "no_erased",
            Self::Merged(_) => "no_merged",
            Self::BuildingMissing => "no_building_missing",
            Self::SealedForAnother => "no_sealed_for_another",
            Self::LanguageUnknown => "no_language",
            Self::Stale { .. } => "no_stale",
            Self::GuardianMissing => "no_guardian",
            Self::Oneself => "no_oneself",
            Self::Crossed => "no_crossed",
            Self::AskedTooOften => "no_asked_too_often",
        }
    }
}
