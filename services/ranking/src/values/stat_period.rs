//! Weeks and statistical months.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, Days, IsoWeek, Months, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Which bulletins.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Series {
    /// Monthly reports, 月报.
    #[default]
    Monthly,
    /// Weekly summaries, 周小结.
    Weekly,
}

impl Series {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Weekly, Self::Monthly];

    /// As streams and addresses have it: `monthly`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Weekly => "weekly",
        }
    }

    /// The series of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|series| series.code() == code)
    }
}

/// The last day of a month's beginning that still names the month in which it begins.
const NAMED_BY_BEGINNING_MAX: u32 = 15;
/// The latest day that every month has.
pub const FIRST_DAY_MAX: u32 = 28;

/// A week or a statistical month, by its name: `2026-W45`, `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatPeriod {
    /// A statistical month, by the first day of the civil month that names it.
    Month(NaiveDate),
    /// A week, by its Monday.
    Week(NaiveDate),
}

/// A text names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no period: write a month as 2026-11 or a week as 2026-W45")]
pub struct StatPeriodError(String);

impl StatPeriod {
    /// The series that has it.
    pub fn series(self) -> Series {
        match self {
            Self::Month(_) => Series::Monthly,
            Self::Week(_) => Series::Weekly,
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Month(first) => Self::Month(first + Months::new(1)),
            Self::Week(monday) => Self::Week(monday + Days::new(7)),
        }
    }
}

impl fmt::Display for StatPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => write!(f, "{}", first.format("%Y-%m")),
            Self::Week(monday) => {
                let week: IsoWeek = monday.iso_week();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
        }
    }
}

impl FromStr for StatPeriod {
    type Err = StatPeriodError;

    fn from_str(text: &str) -> Result<Self, StatPeriodError> {
        let read = || {
            let (year, rest) = text.split_once('-')?;
            let year = year.parse().ok().filter(|year| (1901..=2099).contains(year))?;
            Some(match rest.strip_prefix('W') {
                Some(week) => {
                    let week = week.parse().ok()?;
                    Self::Week(NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?)
                }
                None => Self::Month(NaiveDate::from_ymd_opt(year, rest.parse().ok()?, 1)?),
            })
        };
        // The one way of writing each, since streams are searched by it.
        let found = read().filter(|period| period.to_string() == text);
        found.ok_or_else(|| StatPeriodError(text.to_owned()))
    }
}

impl Serialize for StatPeriod {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatPeriod {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// On which day statistical months begin; an earlier rule holds until a later one does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatMonths(Vec<(NaiveDate, u32)>);

impl StatMonths {
    /// From the month named by `first` on, months begin on `day`. What was to hold from there on
    /// does not any more.
    pub fn set(&mut self, first: NaiveDate, day: u32) {
        self.0.retain(|(from, _)| *from < first);
        self.0.push((first, day.clamp(1, FIRST_DAY_MAX)));
    }

    /// On which day the month named by `first` begins.
    pub fn day(&self, first: NaiveDate) -> u32 {
        let rules = self.0.iter().rev();
        rules.into_iter().find(|(from, _)| *from <= first).map_or(1, |(_, day)| *day)
    }

    /// The first day of the month named by `first`.
    pub fn begins(&self, first: NaiveDate) -> NaiveDate {
        begins(first, self.day(first))
    }

    /// The first and the last day of a period.
    pub fn span(&self, period: StatPeriod) -> (NaiveDate, NaiveDate) {
        let (from, next) = match (period, period.next()) {
            (StatPeriod::Month(first), StatPeriod::Month(next)) => {
                (self.begins(first), self.begins(next))
            }
            (StatPeriod::Week(from), StatPeriod::Week(next) | StatPeriod::Month(next))
            | (StatPeriod::Month(from), StatPeriod::Week(next)) => (from, next),
        };
        (from, next - Days::new(1))
    }

    /// The period of a series that a day is in.
    pub fn holding(&self, series: Series, day: NaiveDate) -> StatPeriod {
        match series {
            Series::Weekly => StatPeriod::Week(day.week(Weekday::Mon).first_day()),
            Series::Monthly => {
                let civil = day - Days::new(u64::from(day.day0()));
                // It may be named by the civil month before or after.
                let mut month = StatPeriod::Month(civil - Months::new(1));
                while self.span(month).1 < day {
                    month = month.next();
                }
                month
            }
        }
    }

    /// The first month that can begin on another day: under neither rule has it begun.
    pub fn changeable(&self, day: u32, today: NaiveDate) -> NaiveDate {
        let StatPeriod::Month(mut first) = self.holding(Series::Monthly, today) else {
            return today;
        };
        while self.begins(first) <= today || begins(first, day) <= today {
            first = first + Months::new(1);
        }
        first
    }
}

fn begins(first: NaiveDate, day: u32) -> NaiveDate {
    let day = day.clamp(1, FIRST_DAY_MAX);
    let begins = first + Days::new(u64::from(day - 1));
    if day > NAMED_BY_BEGINNING_MAX { begins - Months::new(1) } else { begins }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(text: &str) -> StatPeriod {
        text.parse().unwrap()
    }

    fn span(months: &StatMonths, of: &str) -> (String, String) {
        let (from, until) = months.span(period(of));
        (from.to_string(), until.to_string())
    }

    fn spans(from: &str, until: &str) -> (String, String) {
        (from.to_owned(), until.to_owned())
    }

    #[test]
    fn a_month_is_named_after_where_most_of_it_lies() {
        let mut months = StatMonths::default();
        assert_eq!(span(&months, "2026-02"), spans("2026-02-01", "2026-02-28"));
        months.set(day("2026-03-01"), 5);
        assert_eq!(span(&months, "2026-03"), spans("2026-03-05", "2026-04-04"));
        months.set(day("2026-05-01"), 26);
        assert_eq!(span(&months, "2026-11"), spans("2026-10-26", "2026-11-25"));
        assert_eq!(span(&months, "2026-W45"), spans("2026-11-02", "2026-11-08"));
    }

    #[test]
    fn another_first_day_makes_one_month_longer_or_shorter_and_loses_no_day() {
        let mut months = StatMonths::default();
        let from = months.changeable(26, day("2026-11-10"));
        assert_eq!(from, day("2026-12-01"));
        months.set(from, 26);
        assert_eq!(span(&months, "2026-11"), spans("2026-11-01", "2026-11-25"));
        assert_eq!(span(&months, "2026-12"), spans("2026-11-26", "2026-12-25"));
        // On the 28th December has begun by the new rule: too late for it.
        assert_eq!(StatMonths::default().changeable(26, day("2026-11-28")), day("2027-01-01"));
        assert_eq!(months.holding(Series::Monthly, day("2026-11-26")), period("2026-12"));
    }

    #[test]
    fn a_period_is_written_in_one_way() {
        for text in ["2026-11", "2026-W45", "2026-W53", "2020-W53"] {
            assert_eq!(period(text).to_string(), text);
        }
        for wrong in ["2026-13", "2026-1", "2026-W54", "2025-W53", "W45", "2026", "0026-11", ""] {
            assert_eq!(wrong.parse::<StatPeriod>(), Err(StatPeriodError(wrong.into())));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_set_each_day_is_in_one_period_and_periods_follow_each_other(
            changes in proptest::collection::vec((0_u64..900, 1_u32..=28), 0..5),
            probe in 0_u64..1200,
        ) {
            let start = day("2026-01-01");
            let mut months = StatMonths::default();
            let mut at: Vec<_> = changes;
            at.sort_unstable();
            for (n, first_day) in at {
                let before = months.clone();
                let today = start + Days::new(n);
                let from = months.changeable(first_day, today);
                months.set(from, first_day);
                // What is over or under way began as it did.
                let current = before.holding(Series::Monthly, today);
                prop_assert_eq!(before.span(current).0, months.span(current).0);
                prop_assert!(months.span(current).1 >= today);
            }
            let probed = start + Days::new(probe);
            for series in Series::ALL {
                let period = months.holding(series, probed);
                let (from, until) = months.span(period);
                prop_assert!(from <= probed && probed <= until);
                prop_assert_eq!(months.span(period.next()).0, until + Days::new(1));
            }
        }
    }
}
