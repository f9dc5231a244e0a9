//! The ways a standing duty says no.

use chrono::NaiveDate;
use linli_platform::ids::Version;
use serde::{Deserialize, Serialize};

use super::Described;

/// Why a standing duty does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Rejection {
    /// There is no such duty, or no more.
    #[error("this standing duty has ended")]
    Ended,
    /// It needs a name.
    #[error("a standing duty needs a name")]
    Nameless,
    /// A slip of the finger.
    #[error("{places} people can't be meant: write 1 to {max}")]
    AbsurdPlaces {
        /// How many places were asked for.
        places: u32,
        /// The most that are taken.
        max: u32,
    },
    /// The last day is before the first.
    #[error("{until_on} is before {from_on}")]
    Backwards {
        /// The first day.
        from_on: NaiveDate,
        /// The last day.
        until_on: NaiveDate,
    },
    /// Enough people do it.
    #[error("all {0} places of this standing duty are taken")]
    Full(u32),
    /// The person does not have it.
    #[error("the person does not look after this")]
    NotTheirs,
    /// The days lie behind, or are too many.
    #[error("from {from_on} until {until_on} is not within {first} to {last}")]
    OtherDays {
        /// The first day given.
        from_on: NaiveDate,
        /// The last day given.
        until_on: NaiveDate,
        /// The first that is taken.
        first: NaiveDate,
        /// The last that is taken.
        last: NaiveDate,
    },
    /// They are away then already.
    #[error("the person is away from {0} on already")]
    AwayAlready(NaiveDate),
    /// Nobody is away then.
    #[error("nobody asks for a stand-in from {0} on")]
    NobodyAsks(NaiveDate),
    /// Somebody else stands in.
    #[error("somebody stands in already")]
    Taken,
    /// It was changed while the form was open.
    #[error("it was changed while the form was open")]
    Stale {
        /// The version of what it is now.
        current: Version,
        /// What it is now.
        now: Box<Described>,
    },
    /// Nobody stands in for themselves.
    #[error("nobody stands in for themselves")]
    Oneself,
}

impl Rejection {
    /// The key of its text in `locales/`.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Ended => "no_standing_ended",
            Self::Nameless => "no_standing_nameless",
            Self::AbsurdPlaces { .. } => "no_standing_places",
            Self::Backwards { .. } => "no_standing_backwards",
            Self::Full(_) => "no_duty_full",
            Self::NotTheirs => "no_standing_theirs",
            Self::OtherDays { .. } => "no_standing_other_days",
            Self::AwayAlready(_) => "no_standing_away",
            Self::NobodyAsks(_) => "no_standing_nobody_asks",
            Self::Taken => "no_standing_taken",
            Self::Stale { .. } => "stale_text",
            Self::Oneself => "no_standing_oneself",
        }
    }

    /// What its text is filled with; `show` writes a day as the reader does.
    pub fn values(&self, show: &dyn Fn(NaiveDate) -> String) -> Vec<(&'static str, String)> {
        match self {
            Self::Ended
            | Self::Nameless
            | Self::NotTheirs
            | Self::Taken
            | Self::Stale { .. }
            | Self::Oneself => Vec::new(),
            Self::AbsurdPlaces { places, max } => {
                vec![("places", places.to_string()), ("max", max.to_string())]
            }
            Self::Backwards { from_on, until_on } => {
                vec![("from", show(*from_on)), ("until", show(*until_on))]
            }
            Self::Full(places) => vec![("places", places.to_string())],
            Self::OtherDays { from_on, until_on, first, last } => vec![
                ("from", show(*from_on)),
                ("until", show(*until_on)),
                ("first", show(*first)),
                ("last", show(*last)),
            ],
            Self::AwayAlready(on) | Self::NobodyAsks(on) => vec![("on", show(*on))],
        }
    }
}
