//! Why a rule is refused, and the way out.

use chrono::NaiveDate;

use crate::terms::UnknownTerm;

/// Why a rule is refused. Every message names the place and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Malformed TOML, an unknown key, a date or time that isn't one; the message shows the line.
    #[error("the rule can't be read: {0}")]
    Toml(String),
    /// None of the rule kinds is given.
    #[error(
        "the rule says no dates: write one of cron, weekday, month_day, workday, lunar, solar_term or dates"
    )]
    NoKind,
    /// More than one rule kind is given.
    #[error("the rule has {}: keep one of them, and make the others rules of their own", .0.join(" and "))]
    SeveralKinds(Vec<&'static str>),
    /// A cron expression with another number of fields than six.
    #[error(
        "cron = {expression:?} has {found} fields instead of 6 (second minute hour day month weekday): {way_out}"
    )]
    CronFields {
        /// The expression as written.
        expression: String,
        /// How many fields it has.
        found: usize,
        /// What to write instead.
        way_out: String,
    },
    /// A digit in the weekday field, which cron dialects number differently.
    #[error(
        "cron = {0:?} gives the weekday as a number, which some count from Sunday and others from Monday: write names such as Mon or Mon-Fri"
    )]
    CronWeekdayDigits(String),
    /// A cron expression that the parser refuses.
    #[error(
        "cron = {expression:?} is not valid ({reason}): write second minute hour day month weekday, for example \"0 30 8 * * Mon-Fri\""
    )]
    Cron {
        /// The expression as written.
        expression: String,
        /// What the parser says.
        reason: String,
    },
    /// A cron expression that fires too often for something that people attend.
    #[error(
        "cron = {expression:?} begins {times} times a day: at most {limit} are allowed; fix the seconds (0) and the minutes"
    )]
    TooOften {
        /// The expression as written.
        expression: String,
        /// Starts a day.
        times: usize,
        /// The most that are allowed.
        limit: usize,
    },
    /// `at` beside `cron`.
    #[error("at = {0:?} stands beside cron, which has its own time: leave at out")]
    AtBesideCron(String),
    /// `every_weeks` without a weekly cron, or out of range.
    #[error(
        "every_weeks = {0} needs a weekly cron (day and month *, weekdays by name, such as \"0 0 9 * * Mon\") and a number from 1 to 520"
    )]
    EveryWeeks(i64),
    /// `count` without a date to count from.
    #[error("count = {0} needs a date to count from: add from = \"YYYY-MM-DD\"")]
    CountWithoutFrom(u32),
    /// A number outside what the key allows.
    #[error("{key} = {value} is out of range: {allowed}")]
    Number {
        /// The key.
        key: &'static str,
        /// Its value.
        value: i64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A weekday name that isn't one.
    #[error("weekday.day = {0:?} is not a weekday: write mon, tue, wed, thu, fri, sat or sun")]
    Weekday(String),
    /// A solar term that isn't one.
    #[error("solar_term: {0}")]
    Term(#[from] UnknownTerm),
    /// A date outside the years that the almanac covers.
    #[error("{key} = {date} is out of range: dates from 1901-01-01 to 2099-12-31 can be computed")]
    Year {
        /// The key, or `window` for the dates asked for.
        key: &'static str,
        /// The date.
        date: NaiveDate,
    },
    /// A rule without a single date.
    #[error("the rule can never occur: {0}")]
    Never(String),
}
