//! Every day of the lunar table against independent libraries. Where one is known to be wrong, the
//! very months are named, so that a new difference fails and a vanished one is noticed.

use std::collections::BTreeSet;

use chinese_lunisolar_calendar::LunisolarDate;
use chrono::{Datelike, NaiveDate};
use icu_calendar::cal::{ChineseTraditional, Gregorian};
use linli_almanac::lunar::{self, LunarDate, to_civil, to_lunar};
use tyme4rs::tyme::lunar::{LunarMonth, LunarYear};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn lunar(year: i32, month: u8, leap: bool, day: u8) -> LunarDate {
    LunarDate { year, month, leap, day }
}

fn all_days() -> impl Iterator<Item = NaiveDate> {
    day(1900, 1, 31).iter_days().take_while(|date| *date <= day(2100, 2, 8))
}

/// The days, as unbroken runs, on which an oracle gives another date than we do.
fn differing_runs(
    days: impl Iterator<Item = NaiveDate>,
    oracle: impl Fn(NaiveDate) -> LunarDate,
) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for date in days.filter(|date| to_lunar(*date) != Some(oracle(*date))) {
        match runs.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(date) => *last = date,
            _ => runs.push((date, date)),
        }
    }
    runs
}

#[test]
fn every_day_survives_the_way_there_and_back() {
    let mut count = 0;
    let mut before = None;
    for date in all_days() {
        let lunar = to_lunar(date).unwrap();
        assert_eq!(to_civil(lunar), Some(date), "{lunar:?}");
        assert!(before < Some(lunar), "{date}: lunar dates order as the days do");
        before = Some(lunar);
        count += 1;
    }
    assert_eq!(count, 73_058);
}

#[test]
fn outside_the_table_there_is_no_answer() {
    assert_eq!(to_lunar(day(1900, 1, 30)), None);
    assert_eq!(to_lunar(day(2100, 2, 9)), None);
    assert_eq!(to_lunar(NaiveDate::MIN), None);
    assert_eq!(to_lunar(NaiveDate::MAX), None);
    assert_eq!(to_civil(lunar(1899, 12, false, 1)), None);
    assert_eq!(to_civil(lunar(2100, 1, false, 1)), None);
    for (month, leap, number) in
        [(0, false, 1), (13, false, 1), (1, false, 0), (1, false, 31), (5, true, 1), (255, true, 1)]
    {
        assert_eq!(to_civil(lunar(2025, month, leap, number)), None);
    }
    // The 12th month of 2024 has 29 days, that of 2025 too, the leap 6th of 2025 has 29.
    assert_eq!(to_civil(lunar(2024, 12, false, 30)), None);
    assert_eq!(to_civil(lunar(2025, 6, true, 30)), None);
    assert_eq!(to_civil(lunar(2025, 6, false, 30)), Some(day(2025, 7, 24)));
}

#[test]
fn chinese_lunisolar_calendar_agrees_but_for_1906_and_2089() {
    let oracle = |date| {
        let theirs = LunisolarDate::from_date(date).unwrap();
        let month = theirs.to_lunar_month();
        lunar(
            theirs.to_lunisolar_year().to_u16().into(),
            month.to_u8(),
            month.is_leap_month(),
            theirs.to_lunar_day().to_u8(),
        )
    };
    // It begins on 1901-02-19, and ends with our table.
    let differing = differing_runs(all_days().skip_while(|d| *d < day(1901, 2, 19)), oracle);
    let known = [
        // The new moon of 1906-04-23, reckoned then at Beijing's own meridian.
        (day(1906, 4, 23), day(1906, 5, 22)),
        // Disputed: 23:58 on 2089-09-04 by our model.
        (day(2089, 9, 4), day(2089, 10, 3)),
    ];
    assert_eq!(differing, known);
}

#[test]
fn icu_calendar_agrees_but_for_the_disputed_months() {
    let oracle = |date: NaiveDate| {
        let day = date.day().try_into().unwrap();
        let month = icu_calendar::types::Month::new(date.month().try_into().unwrap());
        let theirs = icu_calendar::Date::try_new(date.year().into(), month, day, Gregorian)
            .unwrap()
            .to_calendar(ChineseTraditional::new());
        let month = theirs.month().to_input();
        lunar(
            theirs.cyclic_year().related_iso,
            month.number(),
            month.is_leap(),
            theirs.day_of_month().0,
        )
    };
    let known = [
        (day(1906, 4, 23), day(1906, 5, 22)),
        // Disputed: 00:00:40 on 2057-09-29 and 00:00:15 on 2097-08-08 by our model.
        (day(2057, 9, 28), day(2057, 10, 27)),
        (day(2097, 8, 7), day(2097, 9, 5)),
    ];
    assert_eq!(differing_runs(all_days(), oracle), known);
}

/// Its months are compared by first day and length, which covers their days; a conversion day by
/// day would take it minutes.
#[test]
fn tyme4rs_agrees_but_for_2097_and_what_its_lost_corrections_shift() {
    let mut differing = BTreeSet::new();
    for year in 1900..2100 {
        let leap = LunarYear::from_year(year).get_leap_month();
        assert_eq!(lunar::leap_month(year.try_into().unwrap()).map_or(0, usize::from), leap);
        for month in LunarYear::from_year(year).get_months() {
            let first = lunar(
                year.try_into().unwrap(),
                month.get_month().try_into().unwrap(),
                month.get_month_with_leap() < 0,
                1,
            );
            let (civil, days) = month_by_tyme(&month);
            if to_civil(first) != Some(civil) || length(first) != days {
                differing.insert((first.year, first.month, first.leap));
            }
        }
    }
    assert_eq!(differing, BTreeSet::from(TYME4RS));
}

/// Pairs of neighbours: the border between the two lies one day off. All before 1961 come from its
/// table of historical corrections, which it indexes wrongly and so never applies.
const TYME4RS: [(i32, u8, bool); 22] = [
    (1909, 7, false),
    (1909, 8, false),
    (1910, 11, false),
    (1910, 12, false),
    (1916, 2, false),
    (1916, 3, false),
    (1920, 9, false),
    (1920, 10, false),
    (1927, 9, false),
    (1927, 10, false),
    (1928, 8, false),
    (1928, 9, false),
    (1942, 7, false),
    (1942, 8, false),
    (1943, 10, false),
    (1943, 11, false),
    (1953, 12, false),
    (1954, 1, false),
    (1957, 1, false),
    (1957, 2, false),
    // Disputed: 00:00:15 on 2097-08-08.
    (2097, 6, false),
    (2097, 7, false),
];

fn month_by_tyme(month: &LunarMonth) -> (NaiveDate, usize) {
    let first = month.get_first_julian_day().get_solar_day();
    let date = day(
        first.get_solar_month().get_solar_year().get_year().try_into().unwrap(),
        first.get_month().try_into().unwrap(),
        first.get_day().try_into().unwrap(),
    );
    (date, month.get_day_count())
}

fn length(first: LunarDate) -> usize {
    if to_civil(LunarDate { day: 30, ..first }).is_some() { 30 } else { 29 }
}
