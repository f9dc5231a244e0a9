//! The few rules that calendar clients can be trusted with as an `RRULE`.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::base::Base;
use super::month::{Fields, MonthRule};
use super::{HolidayPolicy, Rule};
use crate::zoned;

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A plain rule as `RRULE`. Its exceptions are the `EXDATE`s of [`Rule::left_out`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRrule {
    /// Frequency and by-part: `FREQ=MONTHLY;BYMONTHDAY=5`.
    pub parts: String,
    /// `DTSTART`: the first date of the rule, even if it is excepted, at the rule's wall-clock
    /// time.
    pub first: NaiveDateTime,
    /// The last nominal date that may occur.
    pub until: Option<NaiveDate>,
    /// How many dates there are from `first` on; never beside `until`.
    pub count: Option<u32>,
}

impl PlainRrule {
    /// The whole value: `FREQ=MONTHLY;BYMONTHDAY=5;UNTIL=20261231T155959Z`. The end is the last
    /// second of its day in the zone, as UTC, which a start with a zone asks for.
    pub fn text(&self, zone: Tz) -> String {
        let mut text = self.parts.clone();
        if let Some(count) = self.count {
            // Writing to a String can't fail.
            let _ = write!(text, ";COUNT={count}");
        } else if let Some(until) = self.until {
            let end = until.and_time(NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default());
            let utc = zoned::resolve(zone, end).with_timezone(&Utc);
            let _ = write!(text, ";UNTIL={}", utc.format("%Y%m%dT%H%M%SZ"));
        }
        text
    }
}

impl Rule {
    /// The rule from a day on as `RRULE`, if it is plain: cron with one time a day, with day or
    /// weekday field but not both, every month, every week, without offset, and with the policy
    /// `keep` or `skip`. Anything else is given to clients date by date. A caller that rotates
    /// venues or hosts must not ask.
    pub fn plain_rrule(&self, since: NaiveDate) -> Option<PlainRrule> {
        let Base::Month(pattern) = &self.base else { return None };
        let MonthRule::Cron(fields) = pattern.rule else { return None };
        let [time] = self.times[..] else { return None };
        let is_kept = matches!(self.policy, HolidayPolicy::Keep | HolidayPolicy::Skip);
        if self.offset_days != 0 || !is_kept {
            return None;
        }
        let parts = parts(fields)?;
        let (date, index) = self.first_nominal_from(since, false)?;
        let mut count = self.count.map(|count| count - index);
        let mut until = self.until();
        if count.is_some() && until.is_some() {
            // An RRULE has one end only; the walk knows both, so its last date is the end.
            until = self.last_nominal();
            count = None;
        }
        Some(PlainRrule { parts, first: date.and_time(time), until, count })
    }
}

fn parts(fields: Fields) -> Option<String> {
    if fields.months != Fields::ALL_MONTHS {
        return None;
    }
    match (fields.days == Fields::ALL_DAYS, fields.weekdays == Fields::ALL_WEEKDAYS) {
        (true, true) => Some("FREQ=DAILY".to_owned()),
        (true, false) => {
            let days: Vec<&str> = (0..7)
                .filter(|day| fields.weekdays & (1 << day) != 0)
                .map(|day| WEEKDAYS[day])
                .collect();
            Some(format!("FREQ=WEEKLY;BYDAY={}", days.join(",")))
        }
        (false, true) => {
            let days: Vec<String> = (0..31)
                .filter(|day| fields.days & (1 << day) != 0)
                .map(|day: u32| (day + 1).to_string())
                .collect();
            Some(format!("FREQ=MONTHLY;BYMONTHDAY={}", days.join(",")))
        }
        (false, false) => None,
    }
}
