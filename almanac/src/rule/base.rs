//! The dates that each kind of rule names, before `offset_days` and everything after it.

use std::ops::ControlFlow;

use chrono::{Datelike, Days, NaiveDate};

use super::month::MonthPattern;
use crate::holidays::HolidayTable;
use crate::lunar::{self, LunarDate};
use crate::table::{FIRST_LUNAR_YEAR, FIRST_TERM_YEAR, days_in_month};
use crate::terms::{self, SolarTerm};

/// A date that a rule names, before its offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleDay {
    pub(super) date: NaiveDate,
    /// Its place among all dates of the rule, from an origin of the rule's kind.
    pub(super) ordinal: u32,
    /// It hangs on a holiday paper that isn't adopted.
    pub(super) unsettled: bool,
}

/// Cron with `every_weeks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weekly {
    /// Bit 0 = Monday.
    pub(super) weekdays: u8,
    pub(super) every: u32,
    /// Monday of the first week that counts.
    pub(super) anchor: NaiveDate,
}

/// The last day of a lunar month, in place of a number.
pub(super) const LAST: i8 = -1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Month(MonthPattern),
    Weekly(Weekly),
    /// The nth working day of each month, from the end when negative.
    Workday(i32),
    /// Month, and day or [`LAST`].
    Lunar(u8, i8),
    Term(SolarTerm),
    /// In order, each once.
    Dates(Vec<NaiveDate>),
}

impl Base {
    /// How many of the rule's dates lie before `date`. Of working days the months are counted, so
    /// that a late holiday paper shifts no turn.
    pub(super) fn count_before(&self, date: NaiveDate, holidays: &HolidayTable) -> u32 {
        match self {
            Self::Month(pattern) => pattern.count_before(date),
            Self::Weekly(weekly) => weekly.count_before(date),
            Self::Workday(nth) => {
                let day = nth_workday(date.year(), date.month(), *nth, holidays);
                month_number(date.year(), date.month())
                    + u32::from(day.is_some_and(|(day, _)| day < date))
            }
            Self::Lunar(month, day) => {
                let passed = (FIRST_LUNAR_YEAR..=date.year())
                    .filter_map(|year| lunar_day(year, *month, *day))
                    .take_while(|day| *day < date);
                u32::try_from(passed.count()).unwrap_or(0)
            }
            Self::Term(term) => {
                let years = u32::try_from(date.year() - FIRST_TERM_YEAR).unwrap_or(0);
                let day = terms::term_date(date.year(), *term);
                years + u32::from(day.is_some_and(|day| day < date))
            }
            Self::Dates(dates) => {
                u32::try_from(dates.partition_point(|day| *day < date)).unwrap_or(u32::MAX)
            }
        }
    }

    /// Visits the rule's dates from `from` to `to` in order, until told to stop.
    pub(super) fn walk(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        holidays: &HolidayTable,
        visit: &mut impl FnMut(RuleDay) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if from > to {
            return ControlFlow::Continue(());
        }
        let years = from.year() - 1..=to.year();
        match self {
            Self::Month(pattern) => pattern.walk(from, to, visit),
            Self::Weekly(weekly) => weekly.walk(from, to, visit),
            Self::Workday(nth) => walk_workdays(*nth, from, to, holidays, visit),
            Self::Lunar(month, day) => {
                let days = years.filter_map(|year| lunar_day(year, *month, *day));
                numbered(self.count_before(from, holidays), days, from, to, visit)
            }
            Self::Term(term) => {
                let days = years.filter_map(|year| terms::term_date(year, *term));
                numbered(self.count_before(from, holidays), days, from, to, visit)
            }
            Self::Dates(dates) => {
                let first = self.count_before(from, holidays);
                numbered(first, dates.iter().copied(), from, to, visit)
            }
        }
    }
}

/// Visits those of `days` that lie in the range, numbered from `ordinal`.
fn numbered(
    ordinal: u32,
    days: impl Iterator<Item = NaiveDate>,
    from: NaiveDate,
    to: NaiveDate,
    visit: &mut impl FnMut(RuleDay) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let inside = days.skip_while(|day| *day < from).take_while(|day| *day <= to);
    (ordinal..)
        .zip(inside)
        .try_for_each(|(ordinal, date)| visit(RuleDay { date, ordinal, unsettled: false }))
}

/// The civil day of a lunar month and day in a year, never in the leap month.
fn lunar_day(year: i32, month: u8, day: i8) -> Option<NaiveDate> {
    if day == LAST {
        return lunar::last_day_of_month(year, month);
    }
    lunar::to_civil(LunarDate { year, month, leap: false, day: u8::try_from(day).ok()? })
}

impl Weekly {
    fn count_before(&self, date: NaiveDate) -> u32 {
        let days = u32::try_from((date - self.anchor).num_days()).unwrap_or(0);
        let (cycles, rest) = (days / (7 * self.every), days % (7 * self.every));
        let passed = if rest >= 7 { self.weekdays } else { self.weekdays & ((1 << rest) - 1) };
        cycles * self.weekdays.count_ones() + passed.count_ones()
    }

    fn walk(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        visit: &mut impl FnMut(RuleDay) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let from = from.max(self.anchor);
        let mut ordinal = self.count_before(from);
        let weeks = u32::try_from((from - self.anchor).num_days() / 7).unwrap_or(0);
        let cycle = u64::from(weeks / self.every * self.every);
        let mut monday = self.anchor.checked_add_days(Days::new(cycle * 7));
        while let Some(week) = monday
            && week <= to
        {
            for (weekday, date) in week.iter_days().take(7).enumerate() {
                if self.weekdays & (1 << weekday) != 0 && date >= from && date <= to {
                    visit(RuleDay { date, ordinal, unsettled: false })?;
                    ordinal += 1;
                }
            }
            monday = week.checked_add_days(Days::new(u64::from(self.every) * 7));
        }
        ControlFlow::Continue(())
    }
}

/// Months since the year 0, a number for each month.
fn month_number(year: i32, month: u32) -> u32 {
    u32::try_from(year).unwrap_or(0) * 12 + month - 1
}

/// The nth working day of a month, and whether a day on the way hangs on a missing paper.
fn nth_workday(
    year: i32,
    month: u32,
    nth: i32,
    holidays: &HolidayTable,
) -> Option<(NaiveDate, bool)> {
    let length = days_in_month(year, month);
    let mut left = nth.unsigned_abs();
    let mut unsettled = false;
    for step in 0..length {
        let number = if nth > 0 { step + 1 } else { length - step };
        let day = NaiveDate::from_ymd_opt(year, month, number)?;
        unsettled |= holidays.is_working_day(day).is_none();
        if holidays.is_likely_working_day(day) {
            left -= 1;
            if left == 0 {
                return Some((day, unsettled));
            }
        }
    }
    None
}

fn walk_workdays(
    nth: i32,
    from: NaiveDate,
    to: NaiveDate,
    holidays: &HolidayTable,
    visit: &mut impl FnMut(RuleDay) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for number in month_number(from.year(), from.month())..=month_number(to.year(), to.month()) {
        let (year, month) = (i32::try_from(number / 12).unwrap_or(i32::MAX), number % 12 + 1);
        if let Some((date, unsettled)) = nth_workday(year, month, nth, holidays)
            && date >= from
            && date <= to
        {
            visit(RuleDay { date, ordinal: number, unsettled })?;
        }
    }
    ControlFlow::Continue(())
}
