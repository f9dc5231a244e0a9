//! Quiet hours: when a reminder that could wake somebody comes instead.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use linli_almanac::zoned::resolve;
use serde::{Deserialize, Serialize, de::Error as _};

/// Quiet hours of every day, wall-clock. Both the same: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quiet {
    /// Their first minute.
    pub from: NaiveTime,
    /// The first minute after.
    pub until: NaiveTime,
}

/// A text that is not `22:00-07:00`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' are no quiet hours: write them as 22:00-07:00")]
pub struct QuietError(String);

/// The evening minute that an early occurrence's reminder is pulled to.
const EVENING: NaiveTime = time(20, 30);
/// Who has to leave within this time after the quiet hours must know the evening before.
const EARLY: TimeDelta = TimeDelta::minutes(90);
/// How long before quiet hours that begin before the evening.
const JUST_BEFORE: TimeDelta = TimeDelta::minutes(30);

const fn time(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

impl Default for Quiet {
    /// From 22:00 to 07:00.
    fn default() -> Self {
        Self { from: time(22, 0), until: time(7, 0) }
    }
}

impl Quiet {
    /// The quiet hours that an instant falls in: when they began and when they end.
    pub fn around(&self, at: DateTime<Utc>, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let today = at.with_timezone(&zone).date_naive();
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let span = |began: NaiveDate| {
            let overnight = u64::from(self.until <= self.from);
            let ends = began.checked_add_days(Days::new(overnight)).unwrap_or(began);
            let instant = |date: NaiveDate, time| resolve(zone, date.and_time(time)).to_utc();
            (instant(began, self.from), instant(ends, self.until))
        };
        let spans = [span(yesterday), span(today)];
        let quiet = self.from != self.until;
        spans.into_iter().find(|(from, until)| quiet && (*from..*until).contains(&at))
    }

    /// When a reminder wanted at `at` comes: then, or where that is in quiet hours at their end,
    /// or for an occurrence that begins within 90 minutes of that end the evening before, at
    /// 20:30.
    pub fn due(&self, at: DateTime<Utc>, start: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let Some((from, until)) = self.around(at, zone) else { return at };
        if start >= until + EARLY {
            return until;
        }
        let evening = from.with_timezone(&zone).date_naive().and_time(EVENING);
        let evening = resolve(zone, evening).to_utc();
        if evening < from { evening } else { from - JUST_BEFORE }
    }

    /// Until when something that is about to go out at `now` has to wait.
    pub fn hold(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        self.around(now, zone).map(|(_, until)| until)
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.format("%H:%M"), self.until.format("%H:%M"))
    }
}

impl FromStr for Quiet {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        let read = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let times = text.split_once('-').and_then(|(a, b)| Some((read(a)?, read(b)?)));
        let (from, until) = times.ok_or_else(|| QuietError(text.to_owned()))?;
        Ok(Self { from, until })
    }
}

impl Serialize for Quiet {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quiet {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use linli_platform::testing::at;

    use super::*;

    fn due(wanted: &str, start: &str, quiet: &str) -> DateTime<Utc> {
        quiet.parse::<Quiet>().unwrap().due(at(wanted), at(start), Shanghai)
    }

    #[test]
    fn by_day_a_reminder_comes_when_it_is_wanted() {
        let wanted = "2026-11-05T07:00:00+08:00";
        assert_eq!(due(wanted, "2026-11-05T09:00:00+08:00", "22:00-07:00"), at(wanted));
        let late = "2026-11-05T21:59:00+08:00";
        assert_eq!(due(late, "2026-11-05T23:59:00+08:00", "22:00-07:00"), at(late));
        let night = "2026-11-05T03:00:00+08:00";
        assert_eq!(due(night, "2026-11-05T05:00:00+08:00", "00:00-00:00"), at(night));
    }

    #[test]
    fn in_quiet_hours_it_is_held_to_their_end() {
        let morning = at("2026-11-05T07:00:00+08:00");
        for wanted in ["2026-11-04T22:00:00+08:00", "2026-11-05T06:59:59+08:00"] {
            assert_eq!(due(wanted, "2026-11-05T08:30:00+08:00", "22:00-07:00"), morning);
        }
    }

    #[test]
    fn for_an_early_occurrence_it_is_pulled_to_the_evening_before() {
        let evening = at("2026-11-04T20:30:00+08:00");
        for wanted in ["2026-11-04T23:00:00+08:00", "2026-11-05T06:29:00+08:00"] {
            assert_eq!(due(wanted, "2026-11-05T08:29:00+08:00", "22:00-07:00"), evening);
        }
        let pulled = due("2026-11-05T06:00:00+08:00", "2026-11-05T08:00:00+08:00", "20:00-08:00");
        assert_eq!(pulled, at("2026-11-04T19:30:00+08:00"));
    }

    #[test]
    fn what_is_late_waits_for_the_end_of_the_quiet_hours() {
        let quiet = Quiet::default();
        let until = Some(at("2026-11-05T07:00:00+08:00"));
        assert_eq!(quiet.hold(at("2026-11-05T01:00:00+08:00"), Shanghai), until);
        assert_eq!(quiet.hold(at("2026-11-05T07:00:00+08:00"), Shanghai), None);
        assert!("10 to 7".parse::<Quiet>().is_err());
        assert_eq!("22:00-07:00".parse(), Ok(quiet));
    }
}
