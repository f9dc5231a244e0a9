//! Why something is refused, in the reader's language, with the way out.

use linli_almanac::{HolidayError, RuleError};
use linli_platform::{ids::StreamId, web::Language};

use crate::{
    deciders::{activity, cadence, holidays, venue},
    routes::Text,
    values::segment::SegmentError,
};

/// A reason that has words under a key, with what is filled in.
pub(super) trait Told: std::error::Error {
    /// Key and values.
    fn told(&self) -> Reason;
}

/// A key of the words, and what is filled in.
pub(super) type Reason = (&'static str, Vec<(&'static str, String)>);

/// A reason in words.
pub(super) fn say(t: Text, no: &impl Told) -> String {
    words(t, &no.told())
}

/// A key with its values in words.
pub(super) fn words(t: Text, (key, values): &Reason) -> String {
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    t.with(key, &values)
}

/// A reason with one value.
pub(super) fn one(key: &'static str, value: impl std::fmt::Display) -> Reason {
    (key, vec![("value", format!("{value}"))])
}

fn plain(key: &'static str) -> Reason {
    (key, Vec::new())
}

/// Why a command of the calendar's processes was refused, in the reader's language; `detail` is what
/// the process noted of it. None where that can't be read.
pub fn refused(language: Language, to: &StreamId, detail: &str) -> Option<String> {
    let t = Text(language);
    match to.category() {
        "activity" => Some(say(t, &serde_json::from_str::<activity::Rejection>(detail).ok()?)),
        "venue" => Some(say(t, &serde_json::from_str::<venue::Rejection>(detail).ok()?)),
        _ => None,
    }
}

impl Told for activity::Rejection {
    fn told(&self) -> Reason {
        use activity::Rejection as R;
        match self {
            R::Unknown => plain("desk-no-activity"),
            R::AlreadyDrafted(slug) => one("desk-no-again", slug),
            R::Slug(slug) => one("desk-no-slug", slug),
            R::TitleMissing => plain("desk-no-title"),
            R::TooLong { max, .. } => one("desk-no-too-long", max),
            R::TeamMissing => plain("desk-no-team"),
            R::VenueAndRotation => plain("desk-no-venue-and-rotation"),
            R::Duty => plain("desk-no-duty"),
            R::MinutesMissing => plain("desk-no-minutes"),
            R::MinutesForAllDay(n) => one("desk-no-minutes-all-day", n),
            R::TooManyMinutes(n) => one("desk-no-too-many-minutes", n),
            R::Segment(error) => error.told(),
            R::SegmentInPast { today, .. } => one("desk-no-segment-past", today),
            R::NoRule => plain("desk-no-rule"),
            R::NotPublished => plain("desk-no-not-published"),
            R::Retired(end) => one("desk-no-retired", end),
            R::NotOfSegment { id, .. } => one("desk-no-not-of-segment", id),
            R::StandsAlready { by, .. } => one("desk-no-stands", by),
            R::Begun { id, .. } => one("desk-no-begun", id),
            R::NotOpened(id) => one("desk-no-not-opened", id),
            R::Cancelled(id) => one("desk-no-cancelled", id),
            R::ReasonMissing => plain("desk-no-reason"),
            R::EndsBeforeStart => plain("desk-no-order"),
            R::InPast(_) => plain("desk-no-past"),
            R::LongOver { .. } => plain("desk-no-long-over"),
            R::StaleForm(_) => plain("desk-no-stale"),
            R::Zone(zone) => one("desk-no-zone", zone),
        }
    }
}

impl Told for SegmentError {
    fn told(&self) -> Reason {
        match self {
            Self::Rule(error) => error.told(),
            Self::Zone(zone) => one("desk-no-zone", zone),
            Self::Order { from, until } => (
                "desk-no-segment-order",
                vec![("from", from.to_string()), ("until", until.to_string())],
            ),
            Self::NoDates { from, .. } => one("desk-no-dates", from),
        }
    }
}

impl Told for RuleError {
    fn told(&self) -> Reason {
        match self {
            // The almanac shows the line; its own words stand behind ours.
            Self::Toml(text) => one("desk-no-rule-toml", text),
            Self::NoKind => plain("desk-no-rule-kind"),
            Self::SeveralKinds(kinds) => one("desk-no-rule-kinds", kinds.join(", ")),
            Self::CronFields { expression, .. } => one("desk-no-rule-cron-fields", expression),
            Self::CronWeekdayDigits(expression) => one("desk-no-rule-cron-digits", expression),
            Self::Cron { expression, .. } => one("desk-no-rule-cron", expression),
            Self::TooOften { times, limit, .. } => (
                "desk-no-rule-often",
                vec![("value", times.to_string()), ("max", limit.to_string())],
            ),
            Self::AtBesideCron(at) => one("desk-no-rule-at", at),
            Self::EveryWeeks(n) => one("desk-no-rule-weeks", n),
            Self::CountWithoutFrom(n) => one("desk-no-rule-count", n),
            Self::Number { key, value, .. } => one(number(key), value),
            Self::Weekday(text) => one("desk-no-rule-weekday", text),
            Self::Term(term) => one("desk-no-rule-term", &term.0),
            Self::Year { date, .. } => one("desk-no-rule-year", date),
            Self::Never(_) => plain("desk-no-rule-never"),
        }
    }
}

/// What a number of a rule may be, by its key.
fn number(key: &str) -> &'static str {
    match key {
        "weekday.nth" => "desk-no-rule-nth",
        "month_day" => "desk-no-rule-month-day",
        "workday" => "desk-no-rule-workday",
        "lunar.month" => "desk-no-rule-lunar-month",
        "lunar.day" => "desk-no-rule-lunar-day",
        _ => "desk-no-rule-offset",
    }
}

impl Told for venue::Rejection {
    fn told(&self) -> Reason {
        match self {
            Self::Unknown => plain("desk-no-such-venue"),
            Self::AlreadyAdded(name) => one("desk-no-venue-again", name),
            Self::NameMissing => plain("desk-no-name"),
            Self::EndsBeforeStart => plain("desk-no-order"),
            Self::ReasonMissing => plain("desk-no-reason"),
            Self::StaleForm { .. } => plain("desk-no-stale"),
        }
    }
}

impl Told for holidays::Rejection {
    fn told(&self) -> Reason {
        match self {
            Self::Paper(error) => error.told(),
            Self::SourceMissing(_) => plain("desk-no-source"),
            Self::OtherYear { given, .. } => one("desk-no-other-year", given),
        }
    }
}

impl Told for HolidayError {
    fn told(&self) -> Reason {
        match self {
            Self::Year(year) => one("desk-no-paper-year", year),
            Self::Empty(year) => one("desk-no-paper-empty", year),
            Self::Outside { date, .. } => one("desk-no-paper-outside", date),
            Self::Twice { date, .. } => one("desk-no-paper-twice", date),
            Self::WorkOnWeekday { date, .. } => one("desk-no-paper-weekday", date),
        }
    }
}

impl Told for cadence::Rejection {
    fn told(&self) -> Reason {
        match self {
            Self::StaleForm { .. } => plain("desk-no-stale"),
            Self::TitleMissing => plain("desk-no-title"),
            Self::KindMissing => plain("desk-no-kind"),
            Self::AtLeastZero => plain("desk-no-at-least"),
        }
    }
}
