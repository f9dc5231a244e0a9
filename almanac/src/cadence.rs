//! Cadence: "at least N per week, month, quarter or year", a promise and not a date.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
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
    /// before the period ends, one on each working day. `None` when nothing is owed, and when that
    /// day has passed ([`is_out_of_reach`](Self::is_out_of_reach)).
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
        let first = today.max(*period.start());
        let last_date_to_catch_up = last_date(first, *period.end(), owed, holidays);
        Standing { period, done, planned: ahead, owed, last_date_to_catch_up }
    }
}

/// The `owed`-th working day counted back from `last`, if it isn't before `first`.
fn last_date(
    first: NaiveDate,
    last: NaiveDate,
    owed: u32,
    holidays: &HolidayTable,
) -> Option<NaiveDate> {
    let mut left = owed;
    let mut day = last;
    while left > 0 && day >= first {
        if holidays.is_likely_working_day(day) {
            left -= 1;
            if left == 0 {
                return Some(day);
            }
        }
        day = day.checked_sub_days(Days::new(1))?;
    }
    None
}
