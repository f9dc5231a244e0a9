//! What several test files share.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use linli_almanac::{Computed, HolidayTable, HolidayYear, Rule, Start};

pub const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;

pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub fn rule(toml: &str) -> Rule {
    Rule::parse(toml).unwrap_or_else(|error| panic!("{toml}\n{error}"))
}

/// The holiday paper of 2026.
pub fn paper_2026() -> HolidayYear {
    toml::from_str(include_str!("../../../seeds/holidays/2026.toml")).unwrap()
}

pub fn holidays_2026() -> HolidayTable {
    let mut table = HolidayTable::new();
    table.adopt(paper_2026()).unwrap();
    table
}

pub fn computed(
    rule: &Rule,
    from: NaiveDate,
    to: NaiveDate,
    holidays: &HolidayTable,
) -> Vec<Computed> {
    rule.occurrences(from..=to, SHANGHAI, holidays).unwrap()
}

/// The starts of a year without any holiday paper, as text.
pub fn starts_in(toml: &str, year: i32) -> Vec<String> {
    starts(toml, day(year, 1, 1), day(year, 12, 31), &HolidayTable::new())
}

pub fn starts(toml: &str, from: NaiveDate, to: NaiveDate, holidays: &HolidayTable) -> Vec<String> {
    let text = |computed: &Computed| match computed.start {
        Start::AllDay(date) => date.to_string(),
        Start::At(at) => at.format("%Y-%m-%d %H:%M").to_string(),
    };
    computed(&rule(toml), from, to, holidays).iter().map(text).collect()
}

pub fn instant(start: Start) -> DateTime<Tz> {
    match start {
        Start::At(instant) => instant,
        Start::AllDay(date) => panic!("{date} is all day"),
    }
}
