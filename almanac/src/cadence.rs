//! Cadence: "at least N per week, month, quarter or year", a promise and not a date.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use chrono::{Datelike, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::holidays::HolidayTable;

/// The period in which a cadence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Monday to Sunday.
    Week,
    /// A civil month.
    Month,
    /// Three civil months from January, April, July or October.
    Quarter,
    /// A civil year.
    Year,
}

impl Per {
    /// The first and last day of the period that holds `date`.
    pub fn containing(self, date: NaiveDate) -> RangeInclusive<NaiveDate> {
        let months = match self {
            Self::Week => {
                let week = date.week(Weekday::Mon);
                return week.first_day()..=week.last_day();
            }
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        let first_month = date.month0() / months * months + 1;
        let first = NaiveDate::from_ymd_opt(date.year(), first_month, 1).unwrap_or(date);
        let last = first
            .checked_add_months(Months::new(months))
            .and_then(|next| next.pred_opt())
            .unwrap_or(NaiveDate::MAX);
        first..=last
    }
}

/// A promise to hold at least so many sessions in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// How many, at least one.
    pub at_least: NonZeroU32,
    /// In which period.
    pub per: Per,
}

/// How one period stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// First and last day of the period.
    pub period: RangeInclusive<NaiveDate>,
    /// Sessions held in it.
    pub done: u32,
    /// Sessions planned in it from today on.
    pub planned: u32,
    /// Sessions that are neither held nor planned yet.
    pub owed: u32,
    /// The day by which the first of the owed sessions must be held so that all of them fit in
    /// before the period ends, one on each working day; on each day where the promise is for more
    /// than the period's working days (daily duty, seven a week), and as many a day as it takes
    /// where it is for more than its days. `None` when nothing is owed, and when that day has
    /// passed ([`is_out_of_reach`](Self::is_out_of_reach)).
    pub last_date_to_catch_up: Option<NaiveDate>,
}

impl Standing {
    /// Nothing is owed any more, plans included.
    pub fn is_met(&self) -> bool {
        self.owed == 0
    }

    /// Something is owed, and too few working days are left for it.
    pub fn is_out_of_reach(&self) -> bool {
        self.owed > 0 && self.last_date_to_catch_up.is_none()
    }
}

impl Cadence {
    /// How the period that holds `date` stands as of `today`. Only dates inside the period count;
    /// a session planned for a day that has passed counts only once it is in `held`. Where a year's
    /// holiday paper is missing, Monday to Friday are taken as working days.
    pub fn owed(
        &self,
        date: NaiveDate,
        held: &[NaiveDate],
        planned: &[NaiveDate],
        today: NaiveDate,
        holidays: &HolidayTable,
    ) -> Standing {
        let period = self.per.containing(date);
        let count = |dates: &[NaiveDate], from: NaiveDate| {
            let inside = dates.iter().filter(|date| period.contains(date) && **date >= from);
            u32::try_from(inside.count()).unwrap_or(u32::MAX)
        };
        let done = count(held, *period.start());
        let ahead = count(planned, today);
        let owed = self.at_least.get().saturating_sub(done.saturating_add(ahead));
        let last_date_to_catch_up = self.last_date(&period, owed, today, holidays);
        Standing { period, done, planned: ahead, owed, last_date_to_catch_up }
    }

    /// The last day from `today` on at which the owed sessions still fit into the period.
    fn last_date(
        self,
        period: &RangeInclusive<NaiveDate>,
        owed: u32,
        today: NaiveDate,
        holidays: &HolidayTable,
    ) -> Option<NaiveDate> {
        let every_day: Vec<NaiveDate> =
            period.start().iter_days().take_while(|day| period.contains(day)).collect();
        let mut days = every_day.clone();
        days.retain(|day| holidays.is_likely_working_day(*day));
        let promised = usize::try_from(self.at_least.get()).ok()?;
        if days.len() < promised {
            days = every_day;
        }
        let a_day = promised.div_ceil(days.len().max(1));
        let needed = usize::try_from(owed).ok()?.div_ceil(a_day);
        let index = days.len().checked_sub(needed)?;
        // Nothing owed points behind the last day, where there is none.
        days.get(index).copied().filter(|day| *day >= today)
    }
}
