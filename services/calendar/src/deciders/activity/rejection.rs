//! The ways of saying no to a command about an activity.

use chrono::{DateTime, NaiveDate, Utc};
use linli_almanac::RecurrenceId;
use linli_platform::ids::Version;
use serde::{Deserialize, Serialize};

use super::state::Occurrence;
use crate::{
    contract::{Description, SegmentAdded, Words},
    values::segment::SegmentError,
};

/// Why a command about an activity is refused. Those that no process can meet are not written down.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub enum Rejection {
    /// Nothing has been drafted under this id.
    #[error("there is no such activity")]
    Unknown,
    /// It is drafted already, and otherwise.
    #[error("'{0}' is drafted already, with other content: change it at the desk")]
    AlreadyDrafted(String),
    /// The slug can't stand in a link.
    #[error("'{0}' can't stand in a link: write up to 60 of a-z, 0-9 and single '-' between them")]
    Slug(String),
    /// No title.
    #[error("the title is missing")]
    TitleMissing,
    /// A text is too long.
    #[serde(skip)]
    #[error("{field} is longer than {max} characters")]
    TooLong {
        /// Which text.
        #[serde(skip)]
        field: &'static str,
        /// The longest it may be, in characters.
        max: usize,
    },
    /// For a team, but for which?
    #[error("it is for a team alone, but no team is named")]
    TeamMissing,
    /// One place and several.
    #[error("name one venue, or venues to take in turn, not both")]
    VenueAndRotation,
    /// A duty without a name or a place.
    #[error("each duty needs a name and at least one place")]
    Duty,
    /// A timed rule without a length.
    #[error("the rule has a time of day: say how many minutes it lasts")]
    MinutesMissing,
    /// An all-day rule with a length.
    #[error("the rule has no time of day: leave out minutes = {0}, or add a time to the rule")]
    MinutesForAllDay(u32),
    /// Longer than a week.
    #[error("{0} minutes are more than a week")]
    TooManyMinutes(u32),
    /// The rule can't be used.
    #[serde(skip)]
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The past of a published activity is not rewritten.
    #[error("a new rule can begin on {today} at the earliest, not on {from}")]
    SegmentInPast {
        /// The date asked for.
        from: NaiveDate,
        /// Today in the rule's zone.
        today: NaiveDate,
    },
    /// It has no rule to be published with.
    #[error("it has no dates yet: add a rule before publishing")]
    NoRule,
    /// It is a draft.
    #[error("it is a draft: publish it first")]
    NotPublished,
    /// It is over.
    #[error("it has ended on {0}")]
    Retired(NaiveDate),
    /// The segment does not reach there.
    #[error("segment {segment} has no occurrence {id}")]
    NotOfSegment {
        /// The occurrence.
        id: RecurrenceId,
        /// The segment.
        segment: u32,
    },
    /// A fact of an earlier segment stands on that date.
    #[error("on that day {by} is opened and stands for {id}: keep, move or cancel that one")]
    StandsAlready {
        /// What was to be opened.
        id: RecurrenceId,
        /// What stands there.
        by: RecurrenceId,
    },
    /// What has begun is computed, never opened.
    #[error("{id} has begun at {start}: what is past is not opened")]
    Begun {
        /// The occurrence.
        id: RecurrenceId,
        /// When it began.
        start: DateTime<Utc>,
    },
    /// It is not a fact yet.
    #[error("{0} is not opened yet")]
    NotOpened(RecurrenceId),
    /// It does not take place.
    #[error("{0} is cancelled")]
    Cancelled(RecurrenceId),
    /// Why?
    #[error("say why, in a few words and without names")]
    ReasonMissing,
    /// It would end before it begins.
    #[error("it must end after it begins")]
    EndsBeforeStart,
    /// The new time is over, and nobody said that this is meant.
    #[error("{0} is past: choose a later time, or state that you record what has been")]
    InPast(DateTime<Utc>),
    /// Its roll is closed.
    #[error(
        "{id} ended at {end}, more than a day ago, and its roll is closed: correct the roll instead"
    )]
    LongOver {
        /// The occurrence.
        id: RecurrenceId,
        /// When it ended.
        end: DateTime<Utc>,
    },
    /// An edit form was opened before the last change of what it shows.
    #[serde(skip)]
    #[error("it was changed while the form was open (version {}, now {})", .0.seen, .0.current)]
    StaleForm(Box<Stale>),
    /// No such zone.
    #[error("'{0}' is no time zone: write an IANA name such as Asia/Shanghai")]
    Zone(String),
}

/// Both sides of a form that came too late.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// The version that the form was opened at.
    pub seen: Version,
    /// The version of the last change.
    pub current: Version,
    /// What was sent.
    pub yours: Shown,
    /// What stands now.
    pub now: Shown,
}

/// What an edit form shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// Nothing yet.
    Nothing,
    /// The words of the activity.
    Activity(Box<Description>),
    /// Its newest rule.
    Rule(Box<SegmentAdded>),
    /// The own words of an occurrence.
    Words(Box<Words>),
    /// Where and when an occurrence is.
    Place(Box<Occurrence>),
    /// That an occurrence does not take place.
    Cancelled,
}
