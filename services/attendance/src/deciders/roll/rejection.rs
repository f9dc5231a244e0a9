//! The ways a roll says no.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a roll does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Rejection {
    /// No such occurrence was opened.
    #[error("the occurrence is not opened yet")]
    NotOpened,
    /// The occurrence does not take place.
    #[error("the occurrence is cancelled")]
    Cancelled,
    /// It has begun.
    #[error("the occurrence began at {0}; who comes now is checked in at the door")]
    Started(DateTime<Utc>),
    /// It is over and its roll closed.
    #[error("the roll is closed; enter it as from paper, or as a correction")]
    Closed,
    /// It is over and its roll closed, and who was not there is absent.
    #[error(
        "the roll is closed, and an excuse is taken only before that: whoever was there is entered \
         as from paper"
    )]
    ExcusedTooLate,
    /// It is not over yet.
    #[error("the occurrence ends at {0} only; its roll can't be closed before")]
    NotOver(DateTime<Utc>),
    /// People are counted, not named.
    #[error("people are counted at this occurrence; nobody needs to register")]
    NotByName,
    /// A guardian must consent first.
    #[error("under 14 years a guardian's consent is needed: note it at the desk first")]
    GuardianConsent,
    /// More people are registered.
    #[error(
        "{registered} people are registered: withdraw some before you lower the places to \
             {asked}"
    )]
    BelowRegistered {
        /// How many are registered.
        registered: u32,
        /// How many places were asked for.
        asked: u32,
    },
    /// The doors are not open.
    #[error("check-in begins at {0}")]
    TooEarly(DateTime<Utc>),
    /// One can't check oneself in any more.
    #[error("check-in ended at {0}; what came later is entered from paper at the desk")]
    TooLate(DateTime<Utc>),
    /// The time is of another day or lies ahead.
    #[error("{at} is not within the occurrence, from {from} to {until}")]
    OtherDay {
        /// The time given.
        at: DateTime<Utc>,
        /// The first that is taken.
        from: DateTime<Utc>,
        /// The last that is taken.
        until: DateTime<Utc>,
    },
    /// All places are taken.
    #[error("all {0} places are taken; ask at the door")]
    Full(u32),
    /// The person is not checked in.
    #[error("the person is not checked in")]
    NotPresent,
    /// The person is checked in.
    #[error("the person is checked in; reverse the check-in first")]
    Present,
    /// Nobody is there that long.
    #[error("{minutes} minutes are more than the {max} that can be credited")]
    AbsurdHours {
        /// The minutes given.
        minutes: u32,
        /// The most that are taken.
        max: u32,
    },
    /// Fewer people than names.
    #[error(
        "{named} people are present by name: reverse their check-ins, or give at least that \
             many, not {people}"
    )]
    BelowNamed {
        /// How many are present by name.
        named: u32,
        /// The headcount given.
        people: u32,
    },
    /// A slip of the finger.
    #[error("{0} people can't be meant")]
    AbsurdHeadcount(u32),
    /// The roll is full of names.
    #[error("a roll takes at most {0} names; give a headcount for the others")]
    TooManyNames(usize),
    /// Nobody waits for them.
    #[error("the person is not expected, so there is nothing to excuse")]
    NotExpected,
    /// Only who was there says how it was.
    #[error("only those who were checked in rate it")]
    NotThere,
    /// They have said how it was.
    #[error("the person has rated it already")]
    Rated,
    /// Nobody knows yet how it is.
    #[error("it begins at {0} and can be rated then")]
    RatedTooEarly(DateTime<Utc>),
    /// It is long over.
    #[error("it could be rated until {0}")]
    RatedTooLate(DateTime<Utc>),
    /// They wrote nothing.
    #[error("there is no comment")]
    NoComment,
    /// Of several one can't, so none is done.
    #[error("{resident}: {why}")]
    OneOf {
        /// Who can't.
        resident: Uuid,
        /// Why.
        why: Box<Rejection>,
    },
}

impl Rejection {
    /// The key of its text in `locales/`.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NotOpened => "no_not_opened",
            Self::Cancelled => "no_cancelled",
            Self::Started(_) => "no_started",
            Self::Closed => "no_closed",
            Self::ExcusedTooLate => "no_excused_too_late",
            Self::NotOver(_) => "no_not_over",
            Self::NotByName => "no_not_by_name",
            Self::GuardianConsent => "no_guardian_consent",
            Self::BelowRegistered { .. } => "no_below_registered",
            Self::TooEarly(_) => "no_too_early",
            Self::TooLate(_) => "no_too_late",
            Self::OtherDay { .. } => "no_other_day",
            Self::Full(_) => "no_full",
            Self::NotPresent => "no_not_present",
            Self::Present => "no_present",
            Self::AbsurdHours { .. } => "no_absurd_hours",
            Self::BelowNamed { .. } => "no_below_named",
            Self::AbsurdHeadcount(_) => "no_absurd_headcount",
            Self::TooManyNames(_) => "no_too_many_names",
            Self::NotExpected => "no_not_expected",
            Self::NotThere => "no_not_there",
            Self::Rated => "no_rated",
            Self::RatedTooEarly(_) => "no_rated_too_early",
            Self::RatedTooLate(_) => "no_rated_too_late",
            Self::NoComment => "no_comment",
            Self::OneOf { why, .. } => why.key(),
        }
    }

    /// What its text is filled with; `show` writes an instant as the reader's wall clock has it.
    pub fn values(&self, show: &dyn Fn(DateTime<Utc>) -> String) -> Vec<(&'static str, String)> {
        match self {
            Self::NotOpened
            | Self::Cancelled
            | Self::Closed
            | Self::ExcusedTooLate
            | Self::NotByName
            | Self::GuardianConsent
            | Self::NotPresent
            | Self::Present
            | Self::NotExpected
            | Self::NotThere
            | Self::Rated
            | Self::NoComment => Vec::new(),
            Self::Started(at)
            | Self::NotOver(at)
            | Self::TooEarly(at)
            | Self::TooLate(at)
            | Self::RatedTooEarly(at)
            | Self::RatedTooLate(at) => vec![("at", show(*at))],
            Self::OneOf { why, .. } => why.values(show),
            Self::BelowRegistered { registered, asked } => {
                vec![("registered", registered.to_string()), ("asked", asked.to_string())]
            }
            Self::OtherDay { at, from, until } => {
                vec![("at", show(*at)), ("from", show(*from)), ("until", show(*until))]
            }
            Self::Full(places) => vec![("places", places.to_string())],
            Self::AbsurdHours { minutes, max } => {
                vec![("minutes", minutes.to_string()), ("max", max.to_string())]
            }
            Self::BelowNamed { named, people } => {
                vec![("named", named.to_string()), ("people", people.to_string())]
            }
            Self::AbsurdHeadcount(people) => vec![("people", people.to_string())],
            Self::TooManyNames(max) => vec![("max", max.to_string())],
        }
    }
}
