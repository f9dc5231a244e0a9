//! How often a series is held.

use chrono::{Days, NaiveDate};
use chrono_tz::Asia::Shanghai;
use linli_almanac::{HolidayTable, Rule};

/// A series with this many dates in eight weeks is held weekly or more often, two weeks that fall
/// out allowed for.
const FREQUENT: usize = 6;

/// Whether a rule (TOML, in a zone by its IANA name) gives dates weekly or more often from a date
/// on. A rule that can't be read gives none.
pub fn is_frequent(from: NaiveDate, rule: &str, zone: &str) -> bool {
    let until = from.checked_add_days(Days::new(55)).unwrap_or(from);
    let zone = zone.parse().unwrap_or(Shanghai);
    let dates = Rule::parse(rule)
        .and_then(|rule| rule.occurrences(from..=until, zone, &HolidayTable::new()));
    dates.is_ok_and(|dates| dates.len() >= FREQUENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekly_is_frequent_and_monthly_or_every_other_week_is_not() {
        let from = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let frequent = |rule: &str| is_frequent(from, rule, "Asia/Shanghai");
        assert!(frequent("cron = \"0 30 8 * * *\""));
        assert!(frequent("cron = \"0 0 9 * * Tue\""));
        assert!(!frequent("cron = \"0 0 9 * * Tue\"\nevery_weeks = 2"));
        assert!(!frequent("cron = \"0 0 9 5 * *\""));
        assert!(!frequent("nonsense"));
    }
}
