//! `schedule`: when a place's bulletins come out, and which ones its desk wants now.
//!
//! What always holds:
//! - Statistical months follow each other without a gap, and none that has begun begins anew: a new
//!   first day holds from the first month that is under way under neither rule.
//! - Nobody can ask for a period that is not over.

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use linli_platform::decider::Decider;

use crate::{
    SERVICE,
    contract::{Due, ScheduleEvent},
    values::{FIRST_DAY_MAX, Schedule, StatPeriod},
};

#[cfg(test)]
mod tests;

/// The id of each place's stream of bulletins' times.
pub const BULLETINS: &str = "bulletins";
/// A bulletin that comes out later than this many days after its period is of no use to anybody.
pub const DAYS_AFTER_MAX: u32 = 28;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Let bulletins come out so.
    Set {
        /// On which day statistical months begin.
        month_first_day: u32,
        /// When weekly summaries come out.
        weekly: Due,
        /// When monthly reports come out.
        monthly: Due,
        /// The place's zone.
        zone: Tz,
    },
    /// Publish one now.
    Ask {
        /// For which period.
        period: StatPeriod,
        /// The place's zone.
        zone: Tz,
    },
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Not every month has such a day.
    #[error("a month can't begin on day {0}: choose a day from 1 to {FIRST_DAY_MAX}")]
    NoSuchDay(u32),
    /// Much too late.
    #[error("{0} days after the end is too late; the most is {DAYS_AFTER_MAX}")]
    TooLate(u32),
    /// Not a time of day.
    #[error("'{0}' is no time of day; write it as 09:00")]
    NoSuchTime(String),
    /// The period goes on.
    #[error("{period} is not over before {over}: until then look at the preview")]
    NotOver {
        /// The period.
        period: StatPeriod,
        /// When it is over.
        over: DateTime<Utc>,
    },
}

/// What is set, and whether anything ever was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// What holds.
    pub schedule: Schedule,
    asked: Vec<StatPeriod>,
}

/// The decider of category `schedule`.
pub enum BulletinSchedule {}

impl Decider for BulletinSchedule {
    const SERVICE: &'static str = SERVICE;
    const CATEGORY: &'static str = "schedule";
    type Command = Command;
    type Event = ScheduleEvent;
    type State = State;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: Command,
        now: DateTime<Utc>,
    ) -> Result<Vec<ScheduleEvent>, Rejection> {
        let schedule = &state.schedule;
        match command {
            Command::Set { month_first_day: day, weekly, monthly, zone } => {
                if !(1..=FIRST_DAY_MAX).contains(&day) {
                    return Err(Rejection::NoSuchDay(day));
                }
                check(&weekly)?;
                check(&monthly)?;
                let today = now.with_timezone(&zone).date_naive();
                let from = schedule.months.changeable(day, today);
                let same_months = schedule.months.day(from) == day;
                if same_months && (&schedule.weekly, &schedule.monthly) == (&weekly, &monthly) {
                    return Ok(Vec::new());
                }
                let from_month = StatPeriod::Month(from).to_string();
                let month_first_day = day;
                Ok(vec![ScheduleEvent::BulletinsScheduled {
                    month_first_day,
                    from_month,
                    weekly,
                    monthly,
                }])
            }
            Command::Ask { period, zone } => {
                let over = schedule.over(period, zone);
                if now < over {
                    return Err(Rejection::NotOver { period, over });
                }
                if state.asked.contains(&period) {
                    return Ok(Vec::new());
                }
                Ok(vec![ScheduleEvent::BulletinAsked { series: period.series(), period }])
            }
        }
    }

    fn evolve(mut state: State, event: &ScheduleEvent) -> State {
        state.schedule.evolve(event);
        match event {
            ScheduleEvent::BulletinsScheduled { .. } => {}
            ScheduleEvent::BulletinAsked { period, .. } => state.asked.push(*period),
        }
        state
    }
}

fn check(due: &Due) -> Result<(), Rejection> {
    if due.days_after > DAYS_AFTER_MAX {
        return Err(Rejection::TooLate(due.days_after));
    }
    match NaiveTime::parse_from_str(&due.at_local, "%H:%M") {
        Ok(_) => Ok(()),
        Err(_) => Err(Rejection::NoSuchTime(due.at_local.clone())),
    }
}

impl Rejection {
    /// The words that tell it, and what stands in them.
    pub fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        match self {
            Self::NoSuchDay(day) => ("bulletin_no_such_day", vec![("n", day.to_string())]),
            Self::TooLate(days) => {
                let max = ("max", DAYS_AFTER_MAX.to_string());
                ("bulletin_no_too_late", vec![("n", days.to_string()), max])
            }
            Self::NoSuchTime(text) => ("bulletin_no_such_time", vec![("text", text.clone())]),
            Self::NotOver { period, .. } => {
                ("bulletin_no_not_over", vec![("period", period.to_string())])
            }
        }
    }
}
