//! A recurrence rule: how it is written, what it refuses, and its dates.
//!
//! One kind (`cron`, `weekday`, `month_day`, `workday`, `lunar`, `solar_term`, `dates`) names
//! dates; plus `offset_days` these are the **nominal** dates. `from`, `until` (inclusive), `count`,
//! `except` and rotation look at nominal dates alone. Then the holiday policy moves or drops what
//! falls on a public holiday; an ordinary weekend is none. Of two occurrences that land on one
//! start the one with the earlier nominal date remains.
//!
//! Without `from`, dates are numbered from 1901-01-01, and `every_weeks` counts weeks from the one
//! that holds that day. `count` counts dates, whether excepted, skipped or not, as `RRULE` does.

mod base;
mod build;
mod cron;
mod error;
mod expand;
mod month;
mod rrule;
mod text;

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

pub use error::RuleError;
pub use expand::{Computed, Start};
pub use rrule::PlainRrule;
pub use text::HolidayPolicy;

use base::Base;
use text::RuleText;

/// A checked recurrence rule. It serialises as the keys it was written with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "RuleText", into = "RuleText")]
pub struct Rule {
    text: RuleText,
    base: Base,
    /// In order; empty for an all-day rule.
    times: Vec<NaiveTime>,
    offset_days: i32,
    policy: HolidayPolicy,
    /// First and last nominal date that may occur.
    span: (NaiveDate, NaiveDate),
    count: Option<u32>,
    /// In order.
    except: Vec<NaiveDate>,
    /// How many of the kind's dates lie before the first; kept unless it hangs on holidays.
    origin: Option<u32>,
}

impl Rule {
    /// Reads a rule from TOML: lines of keys, or one inline table in braces.
    pub fn parse(toml: &str) -> Result<Self, RuleError> {
        RuleText::parse(toml)?.try_into()
    }

    /// The rule as TOML, one key a line; [`parse`](Self::parse) reads it back.
    pub fn to_toml(&self) -> String {
        // Strings, numbers and dates alone, which TOML can always hold.
        self.text.to_toml().unwrap_or_default()
    }

    /// What happens on public holidays.
    pub fn holiday_policy(&self) -> HolidayPolicy {
        self.policy
    }

    /// The wall-clock times of a day, in order; empty for an all-day rule.
    pub fn times(&self) -> &[NaiveTime] {
        &self.times
    }

    /// The first nominal date that may occur, if the rule says one.
    pub fn from(&self) -> Option<NaiveDate> {
        self.text.from.map(|date| date.0)
    }

    /// The last nominal date that may occur, if the rule says one.
    pub fn until(&self) -> Option<NaiveDate> {
        self.text.until.map(|date| date.0)
    }
}

impl PartialEq for Rule {
    /// All else is derived from the text.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Rule {}

impl From<Rule> for RuleText {
    fn from(rule: Rule) -> Self {
        rule.text
    }
}

impl std::str::FromStr for Rule {
    type Err = RuleError;

    fn from_str(toml: &str) -> Result<Self, RuleError> {
        Self::parse(toml)
    }
}
