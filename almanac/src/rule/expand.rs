//! The order of operations: rule's date, offset, bounds, exceptions, holiday policy, wall clock.

use std::fmt;
use std::ops::{ControlFlow, RangeInclusive};

use chrono::{DateTime, NaiveDate, SecondsFormat};
use chrono_tz::Tz;

use super::build::{FIRST_DAY, LAST_DAY, check_year, plus};
use super::{HolidayPolicy, Rule, RuleError};
use crate::holidays::HolidayTable;
use crate::recurrence_id::RecurrenceId;
use crate::zoned;

/// When an occurrence begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Start {
    /// All day.
    AllDay(NaiveDate),
    /// At an instant.
    At(DateTime<Tz>),
}

impl Start {
    /// The civil date in the zone of the rule.
    pub fn date(&self) -> NaiveDate {
        match self {
            Self::AllDay(date) => *date,
            Self::At(instant) => instant.date_naive(),
        }
    }
}

impl fmt::Display for Start {
    /// `2026-09-25T19:00:00+08:00`, or `2026-09-25` for all day.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllDay(date) => date.fmt(f),
            Self::At(instant) => f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Secs, false)),
        }
    }
}

/// One occurrence as the rule computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computed {
    /// Its lasting name: nominal date and wall-clock time as written.
    pub id: RecurrenceId,
    /// The rule's date plus `offset_days`.
    pub nominal: NaiveDate,
    /// Its number since `from` (without it, since 1901-01-01), from 0. Excepted, skipped and
    /// merged dates keep their numbers, so neither they nor the window shift a rotation.
    pub index: u32,
    /// The civil date of the start, after holiday policy and daylight saving.
    pub starts_on: NaiveDate,
    /// When it begins.
    pub start: Start,
    /// The holiday paper that decides its date isn't adopted; it stands as with `keep`.
    pub unsettled: bool,
}

/// A nominal date with the number of its first occurrence.
struct Nominal {
    date: NaiveDate,
    index: u32,
    unsettled: bool,
}

impl Rule {
    /// The occurrences that start within the window, in the order of their starts. What a holiday
    /// policy moves into the window is there, and what it moves out is not; so the answer for a
    /// part of a window is that part of the answer.
    pub fn occurrences(
        &self,
        window: RangeInclusive<NaiveDate>,
        zone: Tz,
        holidays: &HolidayTable,
    ) -> Result<Vec<Computed>, RuleError> {
        let (first, last) = (*window.start(), *window.end());
        check_year("window", first)?;
        check_year("window", last)?;
        let mut found = Vec::new();
        if first > last {
            return Ok(found);
        }
        let (lowest, highest) = self.reach(first, last, holidays);
        let _ = self.walk(lowest, highest, holidays, true, &mut |nominal| {
            let Some((date, unsettled)) = self.apply_policy(nominal.date, holidays) else {
                return ControlFlow::Continue(());
            };
            let nominal = Nominal { unsettled: nominal.unsettled || unsettled, ..nominal };
            self.place(&nominal, date, zone, &window, &mut found);
            ControlFlow::Continue(())
        });
        found.sort_by_key(|computed| (computed.start, computed.id));
        found.dedup_by_key(|computed| computed.start);
        Ok(found)
    }

    /// The first `count` occurrences that start on or after `from`; fewer when the rule ends.
    pub fn preview(
        &self,
        from: NaiveDate,
        count: usize,
        zone: Tz,
        holidays: &HolidayTable,
    ) -> Result<Vec<Computed>, RuleError> {
        let mut found = Vec::new();
        let mut first = check_year("window", from)?;
        let mut days = 366;
        while found.len() < count && first <= LAST_DAY {
            let last = plus(first, days).min(LAST_DAY);
            found.extend(self.occurrences(first..=last, zone, holidays)?);
            // A sparse rule is searched in ever larger steps.
            (first, days) = (plus(last, 1), days.saturating_mul(2));
        }
        found.truncate(count);
        Ok(found)
    }

    /// The nominal occurrences in a window that don't take place: excepted ones, and those that
    /// the policy `skip` drops. They are the `EXDATE`s of a [`plain_rrule`](Self::plain_rrule).
    pub fn left_out(
        &self,
        window: RangeInclusive<NaiveDate>,
        holidays: &HolidayTable,
    ) -> Result<Vec<RecurrenceId>, RuleError> {
        let first = check_year("window", *window.start())?;
        let last = check_year("window", *window.end())?;
        let mut ids = Vec::new();
        let _ = self.walk(first, last, holidays, false, &mut |nominal| {
            let date = nominal.date;
            if self.is_excepted(date) || self.apply_policy(date, holidays).is_none() {
                ids.extend(self.ids(&nominal).map(|(id, _)| id));
            }
            ControlFlow::Continue(())
        });
        Ok(ids)
    }

    /// How many of its nominal occurrences come before a day: the [`index`](Computed::index) of the
    /// first one on or after it. No holiday paper changes it.
    pub fn passed(&self, before: NaiveDate) -> u32 {
        let none = HolidayTable::new();
        let day = plus(before.clamp(FIRST_DAY, LAST_DAY).max(self.span.0), -self.offset_days);
        let dates = self.base.count_before(day, &none).saturating_sub(self.origin(&none));
        dates.saturating_mul(u32::try_from(self.times.len()).unwrap_or(u32::MAX).max(1))
    }

    /// The number of the kind's dates before the first that may occur.
    pub(super) fn origin(&self, holidays: &HolidayTable) -> u32 {
        self.origin.unwrap_or_else(|| {
            self.base.count_before(plus(self.span.0, -self.offset_days), holidays)
        })
    }

    /// The first nominal date at all, with or without regard to `except`.
    pub(super) fn first_nominal(&self, with_except: bool) -> Option<NaiveDate> {
        self.first_nominal_from(self.span.0, with_except).map(|(date, _)| date)
    }

    /// The first nominal date on or after a day, with its number.
    pub(super) fn first_nominal_from(
        &self,
        day: NaiveDate,
        with_except: bool,
    ) -> Option<(NaiveDate, u32)> {
        let mut found = None;
        let _ = self.walk(day, LAST_DAY, &HolidayTable::new(), with_except, &mut |nominal| {
            found = Some((nominal.date, nominal.index));
            ControlFlow::Break(())
        });
        found
    }

    /// The last nominal date at all, without regard to `except`.
    pub(super) fn last_nominal(&self) -> Option<NaiveDate> {
        let mut last = None;
        let _ = self.walk(self.span.0, self.span.1, &HolidayTable::new(), false, &mut |nominal| {
            last = Some(nominal.date);
            ControlFlow::Continue(())
        });
        last
    }

    fn is_excepted(&self, date: NaiveDate) -> bool {
        self.except.binary_search(&date).is_ok()
    }

    /// Visits the nominal dates from `first` to `last` that `from`, `until` and `count` leave, and,
    /// if asked, `except`.
    fn walk(
        &self,
        first: NaiveDate,
        last: NaiveDate,
        holidays: &HolidayTable,
        with_except: bool,
        visit: &mut impl FnMut(Nominal) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let origin = self.origin(holidays);
        let per_day = u32::try_from(self.times.len()).unwrap_or(u32::MAX).max(1);
        let first = plus(first.max(self.span.0), -self.offset_days);
        let last = plus(last.min(self.span.1), -self.offset_days);
        self.base.walk(first, last, holidays, &mut |day| {
            let date = plus(day.date, self.offset_days);
            let index = day.ordinal.saturating_sub(origin).saturating_mul(per_day);
            if self.count.is_some_and(|count| index >= count) {
                return ControlFlow::Break(());
            }
            if with_except && self.is_excepted(date) {
                return ControlFlow::Continue(());
            }
            visit(Nominal { date, index, unsettled: day.unsettled })
        })
    }

    /// The nominal dates that can start in a window: moved ones come over holidays and weekends
    /// without a working day between, and a gap in the wall clock can reach the next day.
    fn reach(
        &self,
        first: NaiveDate,
        last: NaiveDate,
        holidays: &HolidayTable,
    ) -> (NaiveDate, NaiveDate) {
        let (mut lowest, mut highest) = (plus(first, -1), plus(last, 1));
        let is_passed_over = |day: NaiveDate| holidays.is_working_day(day) == Some(false);
        match self.policy {
            HolidayPolicy::Keep | HolidayPolicy::Skip => highest = last,
            HolidayPolicy::After => {
                while is_passed_over(lowest) {
                    lowest = plus(lowest, -1);
                }
            }
            HolidayPolicy::Before => {
                while is_passed_over(highest) {
                    highest = plus(highest, 1);
                }
            }
        }
        (lowest, highest)
    }

    /// The date after the holiday policy, none for a skipped one, and whether a missing paper
    /// keeps it from being settled.
    fn apply_policy(
        &self,
        nominal: NaiveDate,
        holidays: &HolidayTable,
    ) -> Option<(NaiveDate, bool)> {
        if self.policy == HolidayPolicy::Keep {
            return Some((nominal, false));
        }
        match holidays.is_holiday(nominal) {
            None => return Some((nominal, true)),
            Some(false) => return Some((nominal, false)),
            Some(true) => {}
        }
        let moved = match self.policy {
            HolidayPolicy::Keep | HolidayPolicy::Skip => return None,
            HolidayPolicy::Before => holidays.previous_working_day(nominal),
            HolidayPolicy::After => holidays.next_working_day(nominal),
        };
        Some(moved.map_or((nominal, true), |day| (day, false)))
    }

    /// The ids of a nominal date's occurrences with their numbers, as far as `count` allows.
    fn ids(&self, nominal: &Nominal) -> impl Iterator<Item = (RecurrenceId, u32)> {
        let date = nominal.date;
        let all_day = self.times.is_empty().then_some(RecurrenceId::all_day(date));
        let timed = self.times.iter().map(move |time| RecurrenceId::at(date, *time));
        let limit = self.count.unwrap_or(u32::MAX);
        all_day
            .into_iter()
            .chain(timed)
            .zip(nominal.index..)
            .take_while(move |(_, index)| *index < limit)
    }

    /// Adds a nominal date's occurrences that start in the window.
    fn place(
        &self,
        nominal: &Nominal,
        date: NaiveDate,
        zone: Tz,
        window: &RangeInclusive<NaiveDate>,
        found: &mut Vec<Computed>,
    ) {
        for (id, index) in self.ids(nominal) {
            let start = match id.time {
                None => Start::AllDay(date),
                Some(time) => Start::At(zoned::resolve(zone, date.and_time(time))),
            };
            let starts_on = start.date();
            if window.contains(&starts_on) {
                let (nominal, unsettled) = (nominal.date, nominal.unsettled);
                found.push(Computed { id, nominal, index, starts_on, start, unsettled });
            }
        }
    }
}
