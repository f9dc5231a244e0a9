//! Rules that name days within each month, as one bit set per month.

use std::ops::ControlFlow;

use chrono::{Datelike, NaiveDate, Weekday};

use super::base::RuleDay;
use crate::table::{days_in_month, days_in_year, is_leap_year};

/// Counting begins here: earlier than any rule's date, offsets included.
const ORIGIN_YEAR: i32 = 1899;

/// The sets of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    /// Bit 1 = January … bit 12 = December.
    pub(super) months: u16,
    /// Bit 0 = the 1st … bit 30 = the 31st.
    pub(super) days: u32,
    /// Bit 0 = Monday … bit 6 = Sunday.
    pub(super) weekdays: u8,
}

impl Fields {
    pub(super) const ALL_MONTHS: u16 = 0x1ffe;
    pub(super) const ALL_DAYS: u32 = 0x7fff_ffff;
    pub(super) const ALL_WEEKDAYS: u8 = 0x7f;
}

/// Which days of a month a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MonthRule {
    /// Day and weekday must both be in their sets, as in the `cron` crate and in `RRULE`.
    Cron(Fields),
    /// The nth such weekday, from the end when negative.
    Nth(i32, Weekday),
    /// The day of that number, from the end when negative.
    Day(i32),
}

impl MonthRule {
    /// The days as bits (bit 0 = the 1st) of a month that begins on weekday `first` (0 = Monday).
    fn days(&self, month: u32, first: u32, length: u32) -> u32 {
        let whole_month = (1_u32 << length) - 1;
        match self {
            Self::Cron(fields) if fields.months & (1 << month) == 0 => 0,
            Self::Cron(fields) => fields.days & weekdays_from(fields.weekdays, first) & whole_month,
            Self::Nth(nth, weekday) => {
                let mut days =
                    weekdays_from(1 << weekday.num_days_from_monday(), first) & whole_month;
                // Drop the days on the near side of the nth, then keep the nearest one.
                for _ in 1..nth.unsigned_abs() {
                    days = if *nth > 0 { without_lowest(days) } else { without_highest(days) };
                }
                if *nth > 0 { days & days.wrapping_neg() } else { days & !without_highest(days) }
            }
            Self::Day(day) => {
                let number = day.unsigned_abs();
                match number {
                    _ if number > length => 0,
                    _ if *day > 0 => 1 << (number - 1),
                    _ => 1 << (length - number),
                }
            }
        }
    }
}

/// A set of weekdays laid over the days of a month that begins on weekday `first`.
fn weekdays_from(weekdays: u8, first: u32) -> u32 {
    let week = u32::from(weekdays);
    let rotated = (week >> first | week << (7 - first)) & 0x7f;
    // Five weeks side by side; the top bits that a 32-bit word can't hold lie beyond the 31st.
    rotated | rotated << 7 | rotated << 14 | rotated << 21 | rotated << 28
}

fn without_lowest(days: u32) -> u32 {
    days & days.wrapping_sub(1)
}

fn without_highest(days: u32) -> u32 {
    days & !1_u32.checked_shl(31_u32.wrapping_sub(days.leading_zeros())).unwrap_or(0)
}

/// A [`MonthRule`] with the number of its days in each of the 14 kinds of civil year, so that the
/// days before a date are counted without walking them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MonthPattern {
    pub(super) rule: MonthRule,
    /// By weekday of 1 January (0 = Monday), then common and leap year.
    counts: [[u32; 2]; 7],
}

impl MonthPattern {
    pub(super) fn new(rule: MonthRule) -> Self {
        let mut counts = [[0; 2]; 7];
        for (first, kinds) in (0..).zip(&mut counts) {
            // Any common and any leap year will do: only the lengths of their months count.
            for (count, year) in kinds.iter_mut().zip([2001, 2000]) {
                *count = Months { year, month: 1, first, day0: 0 }
                    .take_while(|month| month.year == year)
                    .map(|month| month.days_of(&rule).count_ones())
                    .sum();
            }
        }
        Self { rule, counts }
    }

    /// How many of the rule's days lie before `date`.
    pub(super) fn count_before(&self, date: NaiveDate) -> u32 {
        // 1 January 1899 was a Sunday.
        let (mut first, mut count) = (6, 0);
        for year in ORIGIN_YEAR..date.year() {
            count += self.counts[first][usize::from(is_leap_year(year))];
            first = (first + usize::from(days_in_year(year))) % 7;
        }
        let (year, month) = (date.year(), date.month());
        let first = u32::try_from(first).unwrap_or(0);
        for civil in (Months { year, month: 1, first, day0: 0 }) {
            let days = civil.days_of(&self.rule);
            if civil.month == month {
                return count + (days & ((1 << date.day0()) - 1)).count_ones();
            }
            count += days.count_ones();
        }
        count
    }

    /// Visits the rule's days from `from` to `to`.
    pub(super) fn walk(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        visit: &mut impl FnMut(RuleDay) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut ordinal = self.count_before(from);
        for civil in Months::containing(from) {
            let (year, month) = (civil.year, civil.month);
            if (year, month) > (to.year(), to.month()) {
                break;
            }
            let mut days = civil.days_of(&self.rule);
            if (year, month) == (from.year(), from.month()) {
                days &= u32::MAX << from.day0();
            }
            if (year, month) == (to.year(), to.month()) {
                days &= (1 << to.day()) - 1;
            }
            while days != 0 {
                let day_of_year = civil.day0 + days.trailing_zeros() + 1;
                if let Some(date) = NaiveDate::from_yo_opt(year, day_of_year) {
                    visit(RuleDay { date, ordinal, unsettled: false })?;
                }
                ordinal += 1;
                days = without_lowest(days);
            }
        }
        ControlFlow::Continue(())
    }
}

/// A civil month; as an iterator it yields itself and all that follow.
struct Months {
    year: i32,
    month: u32,
    /// Weekday of its first day, 0 = Monday.
    first: u32,
    /// Days of the year before it.
    day0: u32,
}

impl Months {
    fn containing(date: NaiveDate) -> Self {
        // Adding 35 keeps the difference positive without changing it modulo 7.
        let first = (date.weekday().num_days_from_monday() + 35 - date.day0()) % 7;
        Self { year: date.year(), month: date.month(), first, day0: date.ordinal0() - date.day0() }
    }

    fn days_of(&self, rule: &MonthRule) -> u32 {
        rule.days(self.month, self.first, days_in_month(self.year, self.month))
    }
}

impl Iterator for Months {
    type Item = Self;

    fn next(&mut self) -> Option<Self> {
        let Self { year, month, first, day0 } = *self;
        let length = days_in_month(self.year, self.month);
        self.first = (self.first + length) % 7;
        if self.month == 12 {
            (self.year, self.month, self.day0) = (self.year + 1, 1, 0);
        } else {
            (self.month, self.day0) = (self.month + 1, self.day0 + length);
        }
        Some(Self { year, month, first, day0 })
    }
}
