//! A rule from a date on.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use linli_almanac::{HolidayTable, Rule, RuleError};

use crate::contract::SegmentAdded;

/// A segment of an activity, ready to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// 1, 2, …
    pub number: u32,
    /// The first nominal date.
    pub from: NaiveDate,
    /// The last nominal date, if it has an end of its own.
    pub until: Option<NaiveDate>,
    /// The rule.
    pub rule: Rule,
    /// Whose wall clock it reads.
    pub zone: Tz,
}

/// Why a rule can't be a segment. The messages name the place and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The almanac refuses the rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// No such zone.
    #[error("'{0}' is no time zone: write an IANA name such as Asia/Shanghai")]
    Zone(String),
    /// The end lies before the beginning.
    #[error("until = {until} lies before from = {from}; exchange them")]
    Order {
        /// The first date.
        from: NaiveDate,
        /// The last date.
        until: NaiveDate,
    },
    /// The rule has no date there.
    #[error("the rule has no date from {from} on{}; change the rule or the dates", until_text(*.until))]
    NoDates {
        /// The first date.
        from: NaiveDate,
        /// The last date, if there is one.
        until: Option<NaiveDate>,
    },
}

fn until_text(until: Option<NaiveDate>) -> String {
    until.map(|date| format!(" until {date}")).unwrap_or_default()
}

impl Segment {
    /// Reads a segment as it stands on the log.
    pub fn parse(added: &SegmentAdded) -> Result<Self, SegmentError> {
        let zone = added.zone.parse().map_err(|_| SegmentError::Zone(added.zone.clone()))?;
        let rule = Rule::parse(&added.rule)?;
        let (from, until) = (added.from, added.until);
        Ok(Self { number: added.segment, from, until, rule, zone })
    }

    /// Refuses a segment without a single date.
    pub fn check(&self) -> Result<(), SegmentError> {
        let (from, until) = (self.from, self.until);
        if let Some(until) = until.filter(|until| *until < from) {
            return Err(SegmentError::Order { from, until });
        }
        // Without holiday papers every policy keeps the nominal date.
        let first = self.rule.preview(from, 1, self.zone, &HolidayTable::new())?;
        match first.first() {
            Some(first) if until.is_none_or(|until| first.nominal <= until) => Ok(()),
            _ => Err(SegmentError::NoDates { from, until }),
        }
    }

    /// Whether its occurrences have no times of day.
    pub fn is_all_day(&self) -> bool {
        self.rule.times().is_empty()
    }
}

/// The first and last nominal date of the `n`-th segment, none where later ones leave it nothing.
pub fn span(segments: &[Segment], n: usize) -> Option<(NaiveDate, NaiveDate)> {
    let segment = segments.get(n)?;
    let later = segments.iter().skip(n + 1).map(|later| later.from).min();
    let before_later = match later {
        Some(date) => date.checked_sub_days(Days::new(1))?,
        None => NaiveDate::MAX,
    };
    let last = before_later.min(segment.until.unwrap_or(NaiveDate::MAX));
    (segment.from <= last).then_some((segment.from, last))
}
