//! A week, a month or a year of the calendar.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl Span {
    /// All spans.
    pub const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Year];

    /// As in addresses: `week`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A week, a month or a year: `2026-W45`, `2026-11`, `2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// How long it is.
    pub span: Span,
    /// Its first day.
    pub first: NaiveDate,
}

/// Why a text names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no period: write 2026-W45 for a week, 2026-11 for a month, 2026 for a year")]
pub struct PeriodError(pub String);

impl Period {
    /// The period of a span that a day lies in.
    pub fn of(span: Span, day: NaiveDate) -> Self {
        let first = match span {
            Span::Week => day.week(Weekday::Mon).checked_first_day(),
            Span::Month => day.with_day(1),
            Span::Year => day.with_day(1).and_then(|day| day.with_month(1)),
        };
        Self { span, first: first.unwrap_or(day) }
    }

    /// Its last day.
    pub fn last(&self) -> NaiveDate {
        let next = self.shifted(1).first;
        next.pred_opt().unwrap_or(next)
    }

    /// The period so many later, or earlier. At the end of the calendar it stays.
    #[must_use]
    pub fn shifted(&self, by: i32) -> Self {
        let (first, n) = (self.first, by.unsigned_abs());
        let months = match self.span {
            Span::Week => {
                let days = Days::new(u64::from(n) * 7);
                let moved = if by < 0 {
                    first.checked_sub_days(days)
                } else {
                    first.checked_add_days(days)
                };
                return Self { first: moved.unwrap_or(first), ..*self };
            }
            Span::Month => Months::new(n),
            Span::Year => Months::new(n.saturating_mul(12)),
        };
        let moved = if by < 0 {
            first.checked_sub_months(months)
        } else {
            first.checked_add_months(months)
        };
        Self { first: moved.unwrap_or(first), ..*self }
    }

    /// Whether a day lies in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last()
    }

    /// Its days.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> {
        let last = self.last();
        self.first.iter_days().take_while(move |day| *day <= last)
    }

    /// The number under which tables keep it: in order of time within a span.
    pub fn row(&self) -> i64 {
        match self.span {
            Span::Week => {
                let week = self.first.iso_week();
                2_000_000 + i64::from(week.year()) * 100 + i64::from(week.week())
            }
            Span::Month => {
                1_000_000 + i64::from(self.first.year()) * 100 + i64::from(self.first.month())
            }
            Span::Year => i64::from(self.first.year()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.span {
            Span::Week => {
                let week = self.first.iso_week();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Span::Month => write!(f, "{:04}-{:02}", self.first.year(), self.first.month()),
            Span::Year => write!(f, "{:04}", self.first.year()),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let wrong = || PeriodError(text.to_owned());
        let number = |text: &str| text.parse::<u32>().ok();
        let (year, rest) = text.split_at_checked(4).ok_or_else(wrong)?;
        let year = year.parse::<i32>().ok().filter(|year| (1901..=2099).contains(year));
        let year = year.ok_or_else(wrong)?;
        let (span, first) = match rest.strip_prefix('-') {
            None if rest.is_empty() => (Span::Year, NaiveDate::from_ymd_opt(year, 1, 1)),
            None => return Err(wrong()),
            Some(rest) => {
                if let Some(week) = rest.strip_prefix('W') {
                    let week = number(week).ok_or_else(wrong)?;
                    (Span::Week, NaiveDate::from_isoywd_opt(year, week, Weekday::Mon))
                } else {
                    let month = number(rest).ok_or_else(wrong)?;
                    (Span::Month, NaiveDate::from_ymd_opt(year, month, 1))
                }
            }
        };
        Ok(Self { span, first: first.ok_or_else(wrong)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_begins_on_monday_and_belongs_to_the_year_of_its_thursday() {
        let week = Period::of(Span::Week, day("2027-01-01"));
        assert_eq!((week.to_string(), week.first), ("2026-W53".to_owned(), day("2026-12-28")));
        assert_eq!(week.last(), day("2027-01-03"));
        assert_eq!(week.shifted(1).to_string(), "2027-W01");
        assert_eq!(Period::of(Span::Month, day("2026-11-30")).last(), day("2026-11-30"));
        for wrong in ["", "26", "2026-13", "2026-W54", "1899", "2026-", "2026 11", "二〇二六"] {
            assert_eq!(wrong.parse::<Period>(), Err(PeriodError(wrong.into())), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_a_gap(days in 0_u64..70_000, span in 0_usize..3) {
            let day = day("1905-01-01") + Days::new(days);
            let period = Period::of(Span::ALL[span], day);
            prop_assert!(period.contains(day));
            prop_assert_eq!(period.to_string().parse(), Ok(period));
            prop_assert_eq!(Some(period.shifted(1).first), period.last().succ_opt());
            prop_assert_eq!(period.shifted(1).shifted(-1), period);
            prop_assert!(period.shifted(1).row() > period.row());
        }
    }
}
