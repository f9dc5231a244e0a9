//! The hours in which the host runs: what would fall due while it is off goes out before.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use linli_almanac::zoned::resolve;
use serde::{Deserialize, Serialize};

/// Whoever has to leave within this time after the host is on again must know before.
const EARLY: TimeDelta = TimeDelta::minutes(90);
/// What goes out early goes out so long before the host is off.
const LAST_HOUR: TimeDelta = TimeDelta::hours(1);
/// So many days are looked through for hours in which the host runs.
const DAYS: u64 = 14;
const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// A text that is not `mon-fri 08:00-17:30`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" are no hours: write \"08:00-17:30\" for every day, \"mon-fri 08:00-17:30\", or \
     \"sat 09:00-12:00\"; until 24:00 at the latest, a night as two lines"
)]
pub struct HoursError(String);

/// Hours of some days of the week, wall-clock at the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    /// The first and the last day, as counted from Monday, 0.
    days: (u32, u32),
    from: NaiveTime,
    /// None is midnight.
    until: Option<NaiveTime>,
}

/// All hours in which the host runs; none given is always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hours(pub Vec<Span>);

impl Span {
    fn takes(&self, date: NaiveDate) -> bool {
        let (day, (first, last)) = (date.weekday().num_days_from_monday(), self.days);
        if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
    }

    /// From when until when, on a date.
    fn on(&self, date: NaiveDate, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        let end = match self.until {
            Some(until) => date.and_time(until),
            None => date.checked_add_days(Days::new(1)).unwrap_or(date).and_time(NaiveTime::MIN),
        };
        (resolve(zone, date.and_time(self.from)).to_utc(), resolve(zone, end).to_utc())
    }
}

impl Hours {
    /// The spans around a date, in order, those that touch made one.
    fn around(&self, date: NaiveDate, zone: Tz) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let first = date.checked_sub_days(Days::new(DAYS)).unwrap_or(date);
        let mut all: Vec<_> = first
            .iter_days()
            .take(usize::try_from(2 * DAYS).unwrap_or_default() + 1)
            .flat_map(|date| {
                self.0.iter().filter(move |span| span.takes(date)).map(move |s| (s, date))
            })
            .map(|(span, date)| span.on(date, zone))
            .collect();
        all.sort_unstable();
        let mut joined: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
        for (from, until) in all {
            match joined.last_mut() {
                Some((_, end)) if from <= *end => *end = until.max(*end),
                _ => joined.push((from, until)),
            }
        }
        joined
    }

    /// When something due at `at` about what starts at `start` goes out: then, or where the host is
    /// off at that time and on again too late for it, in the last hour before it is off.
    pub fn due(&self, at: DateTime<Utc>, start: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let spans = self.around(at.with_timezone(&zone).date_naive(), zone);
        let on = |(from, until): &&(DateTime<Utc>, DateTime<Utc>)| (*from..*until).contains(&at);
        if self.0.is_empty() || spans.iter().any(|span| on(&span)) {
            return at;
        }
        let opens = spans.iter().map(|(from, _)| *from).find(|from| *from > at);
        let last = spans.iter().rev().find(|(_, until)| *until <= at);
        match (opens, last) {
            (Some(opens), _) if start >= opens + EARLY => at,
            (_, Some((from, until))) => (*until - LAST_HOUR).max(*from),
            (_, None) => at,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |n: u32| {
            WEEK.iter()
                .find(|(_, day)| day.num_days_from_monday() == n)
                .map_or("", |(name, _)| name)
        };
        match self.days {
            (0, 6) => {}
            (first, last) if first == last => write!(f, "{} ", day(first))?,
            (first, last) => write!(f, "{}-{} ", day(first), day(last))?,
        }
        let until = self.until.map_or("24:00".to_owned(), |time| time.format("%H:%M").to_string());
        write!(f, "{}-{until}", self.from.format("%H:%M"))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans: Vec<_> = self.0.iter().map(Span::to_string).collect();
        f.write_str(if spans.is_empty() { "always" } else { "" })?;
        f.write_str(&spans.join(", "))
    }
}

fn days(text: &str) -> Option<(u32, u32)> {
    let day = |name: &str| {
        let name = name.trim().to_lowercase();
        let (_, day) = WEEK.iter().find(|(known, _)| *known == name)?;
        Some(day.num_days_from_monday())
    };
    match text.split_once('-') {
        Some((first, last)) => Some((day(first)?, day(last)?)),
        None => day(text).map(|day| (day, day)),
    }
}

impl FromStr for Span {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let read = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let span = || {
            let (week, times) = match text.trim().rsplit_once(char::is_whitespace) {
                Some((week, times)) => (days(week)?, times),
                None => ((0, 6), text.trim()),
            };
            let (from, until) = times.split_once('-')?;
            let from = read(from)?;
            let until = if until.trim() == "24:00" { None } else { Some(read(until)?) };
            until.is_none_or(|until| until > from).then_some(Self { days: week, from, until })
        };
        span().ok_or_else(|| HoursError(text.to_owned()))
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    /// Spans with commas between them.
    fn from_str(text: &str) -> Result<Self, HoursError> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<String> for Span {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use linli_platform::testing::at;

    use super::*;

    fn hours(spans: &[&str]) -> Hours {
        Hours(spans.iter().map(|span| span.parse().unwrap()).collect())
    }

    #[test]
    fn what_falls_due_while_the_host_is_off_goes_out_in_its_last_hour() {
        let office = hours(&["mon-fri 08:00-17:30", "sat 09:00-12:00"]);
        for (wanted, start, comes) in [
            // Friday, 6 November 2026.
            ("2026-11-06T10:00:00+08:00", "2026-11-06T12:00:00+08:00", "2026-11-06T10:00:00+08:00"),
            // Back on Saturday at 9, long before it begins.
            ("2026-11-06T18:00:00+08:00", "2026-11-07T18:00:00+08:00", "2026-11-06T18:00:00+08:00"),
            ("2026-11-06T18:00:00+08:00", "2026-11-06T20:00:00+08:00", "2026-11-06T16:30:00+08:00"),
            // An hour and a half after it is on again is soon enough, less is not.
            ("2026-11-07T08:30:00+08:00", "2026-11-07T10:30:00+08:00", "2026-11-07T08:30:00+08:00"),
            ("2026-11-07T08:29:00+08:00", "2026-11-07T10:29:00+08:00", "2026-11-06T16:30:00+08:00"),
            // Sunday: the last hour was on Saturday.
            ("2026-11-08T07:00:00+08:00", "2026-11-08T09:00:00+08:00", "2026-11-07T11:00:00+08:00"),
        ] {
            assert_eq!(office.due(at(wanted), at(start), Shanghai), at(comes), "{wanted}");
        }
    }

    #[test]
    fn a_host_that_is_always_on_changes_nothing_and_a_night_may_be_two_lines() {
        let (due, start) = (at("2026-11-06T23:00:00+08:00"), at("2026-11-07T00:30:00+08:00"));
        for always in [hours(&[]), hours(&["00:00-24:00"]), hours(&["20:00-24:00", "00:00-02:00"])]
        {
            assert_eq!(always.due(due, start, Shanghai), due);
        }
        // Over the end of the week.
        let weekend = hours(&["sat-mon 08:00-20:00"]);
        let sunday = at("2026-11-08T10:00:00+08:00");
        assert_eq!(weekend.due(sunday, sunday, Shanghai), sunday);
    }

    #[test]
    fn hours_come_back_from_their_text_and_others_are_refused() {
        for text in ["08:00-17:30", "mon-fri 08:00-17:30", "sat 09:00-24:00", "sat-mon 00:00-01:00"]
        {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for wrong in ["", "8-17", "17:30-08:00", "08:00-25:00", "mon-fry 08:00-17:30", "fri"] {
            let told = wrong.parse::<Span>().unwrap_err().to_string();
            assert!(told.contains("mon-fri 08:00-17:30"), "{told}");
        }
        let both = "08:00-17:30, sat 09:00-12:00";
        assert_eq!(both.parse::<Hours>().unwrap().to_string(), both);
        assert!("08:00-17:30,".parse::<Hours>().is_err());
        assert_eq!(hours(&[]).to_string(), "always");
        assert_eq!(
            hours(&["08:00-17:30", "sat 9:00-12:00"]).to_string(),
            "08:00-17:30, sat 09:00-12:00"
        );
    }
}
