//! The ways duties say no.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Why a duty is not claimed or given back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rejection {
    /// The occurrence has no such duty.
    #[error("this occurrence has no duty '{0}'")]
    Unknown(String),
    /// Enough people do it.
    #[error("all {0} places of this duty are taken")]
    Full(u32),
    /// The person has another duty at the same time.
    #[error("the person has the duty '{0}' already: give it back first")]
    OtherDuty(String),
    /// The occurrence does not take place.
    #[error("the occurrence is cancelled")]
    Cancelled,
    /// The occurrence is over.
    #[error("the occurrence ended at {0}")]
    Over(DateTime<Utc>),
    /// The person does not have the duty.
    #[error("the person does not have the duty '{0}'")]
    NotTheirs(String),
    /// Nobody needs somebody in their place.
    #[error("nobody asks for a stand-in at the duty '{0}' any more")]
    NobodyAsks(String),
}

impl Rejection {
    /// The key of its text in `locales/`.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "no_duty_unknown",
            Self::Full(_) => "no_duty_full",
            Self::OtherDuty(_) => "no_duty_other",
            Self::Cancelled => "no_cancelled",
            Self::Over(_) => "no_duty_over",
            Self::NotTheirs(_) => "no_duty_theirs",
            Self::NobodyAsks(_) => "no_duty_nobody_asks",
        }
    }

    /// What its text is filled with; `show` writes an instant as the reader's wall clock has it.
    pub fn values(&self, show: &dyn Fn(DateTime<Utc>) -> String) -> Vec<(&'static str, String)> {
        match self {
            Self::Unknown(duty)
            | Self::OtherDuty(duty)
            | Self::NotTheirs(duty)
            | Self::NobodyAsks(duty) => vec![("duty", duty.clone())],
            Self::Full(places) => vec![("places", places.to_string())],
            Self::Cancelled => Vec::new(),
            Self::Over(at) => vec![("at", show(*at))],
        }
    }
}
