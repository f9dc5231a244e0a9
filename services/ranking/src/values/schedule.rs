//! When a place's bulletins come out.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Series, StatMonths, StatPeriod};
use crate::contract::{Due, ScheduleEvent};

/// What a place has set, or what holds unless it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// On which day statistical months begin.
    pub months: StatMonths,
    /// When weekly summaries come out.
    pub weekly: Due,
    /// When monthly reports come out.
    pub monthly: Due,
}

impl Default for Schedule {
    /// On Tuesday and on the third day, so that rolls are closed by then.
    fn default() -> Self {
        let due = |days_after| Due { by_hand: false, days_after, at_local: "09:00".into() };
        Self { months: StatMonths::default(), weekly: due(2), monthly: due(3) }
    }
}

impl Schedule {
    /// After one more event.
    pub fn evolve(&mut self, event: &ScheduleEvent) {
        match event {
            ScheduleEvent::BulletinsScheduled { month_first_day, from_month, weekly, monthly } => {
                if let Ok(StatPeriod::Month(first)) = from_month.parse() {
                    self.months.set(first, *month_first_day);
                }
                (self.weekly, self.monthly) = (weekly.clone(), monthly.clone());
            }
            ScheduleEvent::BulletinAsked { .. } => {}
        }
    }

    /// How a series comes out.
    pub fn of(&self, series: Series) -> &Due {
        match series {
            Series::Weekly => &self.weekly,
            Series::Monthly => &self.monthly,
        }
    }

    /// When a period's bulletin comes out by itself; none if the desk alone asks for it.
    pub fn due(&self, period: StatPeriod, zone: Tz) -> Option<DateTime<Utc>> {
        let due = self.of(period.series());
        let day = self.months.span(period).1 + Days::new(u64::from(due.days_after));
        (!due.by_hand).then(|| instant(day, time(&due.at_local), zone).max(self.over(period, zone)))
    }

    /// When a period is over.
    pub fn over(&self, period: StatPeriod, zone: Tz) -> DateTime<Utc> {
        instant(self.months.span(period).1 + Days::new(1), NaiveTime::MIN, zone)
    }
}

/// A time of day as `09:00`; midnight for anything else.
pub fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap_or(NaiveTime::MIN)
}

/// A wall-clock time's instant: an hour later where clocks leap over it, the earlier of two.
fn instant(day: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = NaiveDateTime::new(day, time);
    let later = || zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
    let found = zone.from_local_datetime(&local).earliest().or_else(later);
    found.map_or_else(|| local.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use linli_platform::testing::at;

    use super::*;

    #[test]
    fn a_bulletin_comes_out_at_the_places_own_hour_and_never_before_the_period_is_over() {
        let mut schedule = Schedule::default();
        let zone = Tz::Asia__Shanghai;
        let due = |schedule: &Schedule, period: &str| {
            schedule.due(period.parse().unwrap(), zone).unwrap()
        };
        assert_eq!(due(&schedule, "2026-11"), at("2026-12-03T09:00:00+08:00"));
        assert_eq!(due(&schedule, "2026-W45"), at("2026-11-10T09:00:00+08:00"));
        schedule.monthly = Due { by_hand: false, days_after: 0, at_local: "09:00".into() };
        assert_eq!(due(&schedule, "2026-11"), at("2026-12-01T00:00:00+08:00"));
        schedule.monthly.by_hand = true;
        assert_eq!(schedule.due("2026-11".parse().unwrap(), zone), None);
        let london = schedule.over("2026-03".parse().unwrap(), Tz::Europe__London);
        assert_eq!(london, at("2026-03-31T23:00:00Z"));
    }
}
