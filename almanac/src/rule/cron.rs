//! A cron expression as sets of months, days, weekdays and times.
//!
//! The `cron` crate parses and validates; its iterator is not used, since it walks instants one by
//! one and trips over daylight saving. We walk the sets over civil days (`month.rs`) instead.

use std::str::FromStr;

use chrono::NaiveTime;
use cron::{Schedule, TimeUnitSpec};

use super::RuleError;
use super::month::Fields;

/// Every quarter of an hour: nothing that people attend begins more often.
const TIMES_MAX: usize = 96;

/// The sets of an expression, and its times of day in order.
pub(super) fn parse(expression: &str) -> Result<(Fields, Vec<NaiveTime>), RuleError> {
    let parts: Vec<&str> = expression.split_whitespace().collect();
    let wrong_fields = |way_out: String| RuleError::CronFields {
        expression: expression.to_owned(),
        found: parts.len(),
        way_out,
    };
    match parts.len() {
        6 => {}
        5 => return Err(wrong_fields(format!("seconds come first, \"0 {}\"", parts.join(" ")))),
        7 => return Err(wrong_fields("leave the year out and write from and until".to_owned())),
        _ => return Err(wrong_fields("for example \"0 30 8 * * *\" for daily 8:30".to_owned())),
    }
    if parts[5].chars().any(char::is_numeric) {
        return Err(RuleError::CronWeekdayDigits(expression.to_owned()));
    }
    let schedule = Schedule::from_str(&parts.join(" ")).map_err(|error| RuleError::Cron {
        expression: expression.to_owned(),
        // The crate repeats the expression and points at the place; its last line says what.
        reason: last_line(&error.to_string()),
    })?;
    let count = [schedule.hours().count(), schedule.minutes().count(), schedule.seconds().count()]
        .into_iter()
        .fold(1_usize, |product, count| product.saturating_mul(count as usize));
    if count > TIMES_MAX {
        return Err(RuleError::TooOften {
            expression: expression.to_owned(),
            times: count,
            limit: TIMES_MAX,
        });
    }
    Ok((fields(&schedule), times(&schedule)))
}

fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or(message).trim_matches(['(', ')', '.', ' ']).to_owned()
}

fn fields(schedule: &Schedule) -> Fields {
    Fields {
        months: schedule.months().iter().fold(0, |set, month| set | 1 << month),
        days: schedule.days_of_month().iter().fold(0, |set, day| set | 1 << (day - 1)),
        // The crate counts from Sunday = 1; bit 0 is our Monday.
        weekdays: schedule.days_of_week().iter().fold(0, |set, day| set | 1 << ((day + 5) % 7)),
    }
}

fn times(schedule: &Schedule) -> Vec<NaiveTime> {
    let mut times = Vec::new();
    for hour in schedule.hours().iter() {
        for minute in schedule.minutes().iter() {
            for second in schedule.seconds().iter() {
                times.extend(NaiveTime::from_hms_opt(hour, minute, second));
            }
        }
    }
    times
}
