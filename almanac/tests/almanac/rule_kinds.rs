//! What each kind of rule yields, against dates from calendars on the wall.

use crate::common::{SHANGHAI, computed, day, holidays_2026, rule, starts, starts_in};
use chrono::{Datelike, NaiveDate};
use linli_almanac::{HolidayTable, lunar};
use proptest::prelude::*;

#[test]
fn cron_gives_the_fixed_day_of_every_month() {
    let fixed = starts_in("cron = \"0 0 9 5 * *\"", 2026);
    assert_eq!(fixed.len(), 12);
    assert_eq!(fixed[0], "2026-01-05 09:00");
    assert_eq!(fixed[10], "2026-11-05 09:00");
}

#[test]
fn cron_gives_daily_weekly_and_several_times_a_day() {
    assert_eq!(starts_in("cron = \"0 30 8 * * *\"", 2028).len(), 366);
    let fridays = starts_in("cron = \"0 30 7 * * Fri\"", 2026);
    assert_eq!((fridays.len(), fridays[0].as_str()), (52, "2026-01-02 07:30"));
    let twice = starts_in("cron = \"0 0,30 9,14 1 1 *\"", 2026);
    assert_eq!(
        twice,
        ["2026-01-01 09:00", "2026-01-01 09:30", "2026-01-01 14:00", "2026-01-01 14:30"]
    );
}

#[test]
fn cron_with_day_and_weekday_needs_both() {
    // First and third Wednesday.
    let wednesdays = starts(
        "cron = \"0 0 15 1-7,15-21 * Wed\"",
        day(2026, 11, 1),
        day(2026, 12, 31),
        &HolidayTable::new(),
    );
    assert_eq!(
        wednesdays,
        ["2026-11-04 15:00", "2026-11-18 15:00", "2026-12-02 15:00", "2026-12-16 15:00"]
    );
}

#[test]
fn nth_and_last_weekday() {
    let third = starts_in("weekday = { nth = 3, day = \"sat\" }\nat = \"09:00\"", 2026);
    assert_eq!(third.len(), 12);
    assert_eq!(third[10], "2026-11-21 09:00");
    let last = starts_in("weekday = { nth = -1, day = \"Friday\" }", 2026);
    assert_eq!((last.len(), last[1].as_str()), (12, "2026-02-27"));
    assert_eq!(
        starts_in("weekday = { nth = 5, day = \"sun\" }", 2026),
        ["2026-03-29", "2026-05-31", "2026-08-30", "2026-11-29"]
    );
    assert_eq!(
        starts_in("weekday = { nth = -5, day = \"sun\" }", 2026),
        ["2026-03-01", "2026-05-03", "2026-08-02", "2026-11-01"]
    );
}

#[test]
fn days_of_the_month_from_the_end() {
    let last = starts_in("month_day = -1\nat = \"16:30\"", 2028);
    assert_eq!((last.len(), last[1].as_str()), (12, "2028-02-29 16:30"));
    assert_eq!(starts_in("month_day = 31", 2026).len(), 7);
    assert_eq!(starts_in("month_day = -31", 2026)[1], "2026-03-01");
    assert_eq!(starts_in("month_day = 29", 2026).len(), 11);
}

#[test]
fn working_days_follow_the_paper_and_its_make_up_days() {
    let first =
        starts("workday = 1\nat = \"09:00\"", day(2026, 1, 1), day(2026, 12, 31), &holidays_2026());
    // January: 1 to 3 are free, Sunday 4 is worked. October: the 1st to 7th are free.
    assert_eq!(first[0], "2026-01-04 09:00");
    assert_eq!(first[4], "2026-05-06 09:00");
    assert_eq!(first[9], "2026-10-08 09:00");
    let last = starts("workday = -1", day(2026, 1, 1), day(2026, 12, 31), &holidays_2026());
    // Saturday 28 February is worked.
    assert_eq!(last[1], "2026-02-28");
    assert_eq!(last[8], "2026-09-30");
    assert_eq!(last.len(), 12);
}

#[test]
fn working_days_without_a_paper_are_monday_to_friday_and_unsettled() {
    let rule = rule("workday = 1");
    let found = computed(&rule, day(2026, 10, 1), day(2026, 10, 31), &HolidayTable::new());
    assert_eq!(
        found.iter().map(|c| (c.starts_on, c.unsettled)).collect::<Vec<_>>(),
        [(day(2026, 10, 1), true)]
    );
    let settled = computed(&rule, day(2026, 10, 1), day(2026, 10, 31), &holidays_2026());
    assert!(!settled[0].unsettled);
    // The paper moves the date but not the turn: months are counted.
    assert_eq!(found[0].index, settled[0].index);
}

#[test]
fn lunar_days_fall_in_the_plain_month_alone() {
    assert_eq!(
        starts_in("lunar = { month = 8, day = 15 }\nat = \"19:00\"", 2026),
        ["2026-09-25 19:00"]
    );
    // 2025 repeats the 6th month: one date only.
    assert_eq!(starts_in("lunar = { month = 6, day = 1 }", 2025), ["2025-06-25"]);
    // A civil year may hold a lunar day twice or not at all.
    assert_eq!(starts_in("lunar = { month = 12, day = 8 }", 2098), ["2098-01-09", "2098-12-29"]);
    assert!(starts_in("lunar = { month = 12, day = 8 }", 2099).is_empty());
}

#[test]
fn the_last_day_of_the_12th_month_is_always_the_eve() {
    let eves = computed(
        &rule("lunar = { month = 12, day = -1 }"),
        day(1901, 1, 1),
        day(2099, 12, 31),
        &HolidayTable::new(),
    );
    assert_eq!(eves.len(), 199);
    for (year, eve) in (1901..).zip(&eves) {
        assert_eq!(eve.starts_on.succ_opt(), lunar::new_year(year));
        assert_eq!(eve.index, u32::try_from(year - 1901).unwrap());
    }
    // The 30th as a number is left out in years that lack it.
    let thirtieth = computed(
        &rule("lunar = { month = 12, day = 30 }"),
        day(2024, 1, 1),
        day(2029, 12, 31),
        &HolidayTable::new(),
    );
    assert_eq!(thirtieth.iter().map(|c| c.starts_on).collect::<Vec<_>>(), [day(2024, 2, 9)]);
}

#[test]
fn solar_terms_with_an_offset() {
    assert_eq!(starts_in("solar_term = \"清明\"", 2025), ["2025-04-04"]);
    assert_eq!(starts_in("solar_term = \"qingming\"", 2026), ["2026-04-05"]);
    assert_eq!(
        starts_in("solar_term = \"冬至\"\noffset_days = -1\nat = \"15:00\"", 2026),
        ["2026-12-21 15:00"]
    );
}

#[test]
fn listed_dates_are_sorted_and_taken_once() {
    assert_eq!(
        starts_in("dates = [\"2026-12-04\", \"2026-03-05\", \"2026-12-04\"]\nat = \"15:00\"", 2026),
        ["2026-03-05 15:00", "2026-12-04 15:00"]
    );
}

#[test]
fn every_second_week_counts_from_the_week_of_from() {
    let toml = "cron = \"0 0 9 * * Mon,Thu\"\nevery_weeks = 2\nfrom = \"2026-03-04\"";
    // From is a Wednesday: its Monday has passed, its Thursday counts.
    let found = starts(toml, day(2026, 3, 1), day(2026, 4, 5), &HolidayTable::new());
    assert_eq!(
        found,
        [
            "2026-03-05 09:00",
            "2026-03-16 09:00",
            "2026-03-19 09:00",
            "2026-03-30 09:00",
            "2026-04-02 09:00"
        ]
    );
    let all = computed(&rule(toml), day(2026, 1, 1), day(2030, 12, 31), &HolidayTable::new());
    for (index, computed) in (0..).zip(&all) {
        assert_eq!(computed.index, index);
    }
}

#[test]
fn preview_finds_the_next_dates_of_a_rare_rule() {
    let rare = rule("cron = \"0 0 9 29 2 Mon\"");
    let found = rare.preview(day(2026, 1, 1), 3, SHANGHAI, &HolidayTable::new()).unwrap();
    let dates: Vec<NaiveDate> = found.iter().map(|computed| computed.starts_on).collect();
    assert_eq!(dates, [day(2044, 2, 29), day(2072, 2, 29)], "the calendar ends before a third");
    let text = found[0].start.to_string();
    assert_eq!(text, "2044-02-29T09:00:00+08:00");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The bit sets against the plain definition, day by day over random years.
    #[test]
    fn weekdays_and_month_days_agree_with_their_definition(
        nth in prop_oneof![-5..=-1_i32, 1..=5],
        number in prop_oneof![-31..=-1_i32, 1..=31],
        weekday in 0..7_u8,
        year in 1901..=2099_i32,
    ) {
        let weekday = chrono::Weekday::try_from(weekday).unwrap();
        let toml = format!("weekday = {{ nth = {nth}, day = \"{weekday}\" }}");
        prop_assert_eq!(dates(&toml, year), days_where(year, |date, length| {
            let (before, after) = ((date.day() - 1) / 7 + 1, (length - date.day()) / 7 + 1);
            date.weekday() == weekday
                && nth.unsigned_abs() == if nth > 0 { before } else { after }
        }));
        prop_assert_eq!(dates(&format!("month_day = {number}"), year), days_where(
            year,
            |date, length| {
                number.unsigned_abs() == if number > 0 { date.day() } else { length - date.day() + 1 }
            },
        ));
    }
}

fn dates(toml: &str, year: i32) -> Vec<NaiveDate> {
    let all = computed(&rule(toml), day(year, 1, 1), day(year, 12, 31), &HolidayTable::new());
    all.iter().map(|computed| computed.starts_on).collect()
}

fn days_where(year: i32, is_named: impl Fn(NaiveDate, u32) -> bool) -> Vec<NaiveDate> {
    day(year, 1, 1)
        .iter_days()
        .take_while(|date| date.year() == year)
        .filter(|date| is_named(*date, u32::from(date.num_days_in_month())))
        .collect()
}
