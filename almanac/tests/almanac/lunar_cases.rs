//! The hard cases of the lunar calendar, by name, and lunar dates as text.

use chrono::{Datelike, NaiveDate};
use linli_almanac::festivals::{festival_on, festivals};
use linli_almanac::lunar::{self, LunarDate, leap_month, new_year, to_civil, to_lunar};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn lunar(year: i32, month: u8, leap: bool, day: u8) -> LunarDate {
    LunarDate { year, month, leap, day }
}

fn named(year: i32, name: &str) -> Vec<NaiveDate> {
    festivals(year).into_iter().filter(|f| f.name == name).map(|f| f.date).collect()
}

#[test]
fn the_leap_month_of_2033_follows_the_11th() {
    assert_eq!(leap_month(2033), Some(11));
    assert_eq!(to_lunar(day(2033, 12, 21)), Some(lunar(2033, 11, false, 30)));
    assert_eq!(to_lunar(day(2033, 12, 22)), Some(lunar(2033, 11, true, 1)));
    assert_eq!(to_lunar(day(2034, 1, 19)), Some(lunar(2033, 11, true, 29)));
    assert_eq!(to_lunar(day(2034, 1, 20)), Some(lunar(2033, 12, false, 1)));
    assert_eq!(new_year(2034), Some(day(2034, 2, 19)));
}

#[test]
fn the_leap_month_of_2025_follows_the_6th() {
    assert_eq!(leap_month(2025), Some(6));
    assert_eq!(to_lunar(day(2025, 7, 24)), Some(lunar(2025, 6, false, 30)));
    assert_eq!(to_lunar(day(2025, 7, 25)), Some(lunar(2025, 6, true, 1)));
    assert_eq!(to_lunar(day(2025, 8, 22)), Some(lunar(2025, 6, true, 29)));
    assert_eq!(to_lunar(day(2025, 8, 23)), Some(lunar(2025, 7, false, 1)));
}

#[test]
fn leap_months_ahead() {
    let leaps: Vec<(i32, u8)> =
        (2024..=2040).filter_map(|year| Some((year, leap_month(year)?))).collect();
    assert_eq!(leaps, [(2025, 6), (2028, 5), (2031, 3), (2033, 11), (2036, 6), (2039, 5)]);
}

#[test]
fn the_disputed_months_begin_where_our_model_puts_them() {
    // The new moon falls at 00:00:40, 23:58 and 00:00:15.
    for (first, month) in [(day(2057, 9, 29), 9), (day(2089, 9, 4), 8), (day(2097, 8, 8), 7)] {
        assert_eq!(to_lunar(first), Some(lunar(first.year(), month, false, 1)), "{first}");
    }
}

#[test]
fn spring_festivals_that_browsers_get_wrong() {
    assert_eq!(new_year(2027), Some(day(2027, 2, 6)), "not 7 February");
    assert_eq!(new_year(2030), Some(day(2030, 2, 3)));
    assert_eq!(named(2027, "春节"), [day(2027, 2, 6)]);
}

#[test]
fn the_eve_is_the_day_before_on_the_29th_and_on_the_30th() {
    let eve = |year| {
        let [date] = named(year, "除夕")[..] else { panic!("one eve in {year}") };
        assert_eq!(date.succ_opt(), new_year(year));
        assert_eq!(festival_on(date), Some("除夕"));
        lunar::text(date).unwrap()
    };
    assert_eq!(eve(2026), "腊月廿九");
    assert_eq!(eve(2024), "腊月三十");
    let short = (2025..=2099).filter(|year| eve(*year) == "腊月廿九").count();
    let long = (2025..=2099).filter(|year| eve(*year) == "腊月三十").count();
    assert_eq!(short + long, 75);
    assert!(short > 30 && long > 30, "{short} of 29 days, {long} of 30");
}

#[test]
fn the_festivals_of_2026_and_2033() {
    let list = |year| -> Vec<(&str, u32, u32)> {
        festivals(year).iter().map(|f| (f.name, f.date.month(), f.date.day())).collect()
    };
    assert_eq!(
        list(2026),
        [
            ("腊八", 1, 26),
            ("除夕", 2, 16),
            ("春节", 2, 17),
            ("元宵", 3, 3),
            ("清明", 4, 5),
            ("端午", 6, 19),
            ("七夕", 8, 19),
            ("中秋", 9, 25),
            ("重阳", 10, 18),
        ]
    );
    // In 2033 the leap month 11 pushes 腊八 into the next civil year.
    assert_eq!(
        list(2033),
        [
            ("腊八", 1, 8),
            ("除夕", 1, 30),
            ("春节", 1, 31),
            ("元宵", 2, 14),
            ("清明", 4, 4),
            ("端午", 6, 1),
            ("七夕", 8, 1),
            ("中秋", 9, 8),
            ("重阳", 10, 1),
        ]
    );
}

#[test]
fn qingming_is_a_festival_on_the_4th_and_on_the_5th() {
    assert_eq!(named(2025, "清明"), [day(2025, 4, 4)]);
    assert_eq!(named(2026, "清明"), [day(2026, 4, 5)]);
}

#[test]
fn a_leap_month_repeats_no_festival() {
    // 2025 repeats month 6, 2028 month 5 (端午), 2006 month 7 (七夕), 1995 month 8 (中秋).
    for (year, name) in [(2028, "端午"), (2006, "七夕"), (1995, "中秋"), (2014, "重阳")] {
        assert_eq!(named(year, name).len(), 1, "{name} {year}");
    }
    let leap = to_civil(lunar(1995, 8, true, 15)).unwrap();
    assert_eq!(festival_on(leap), None);
    assert_eq!(festival_on(to_civil(lunar(1995, 8, false, 15)).unwrap()), Some("中秋"));
}

#[test]
fn each_festival_is_found_from_its_date_and_no_other_day_is_one() {
    let mut found = 0;
    for year in 1901..=2099 {
        let listed = festivals(year);
        assert!(listed.is_sorted());
        let by_day: Vec<(NaiveDate, &str)> = day(year, 1, 1)
            .iter_days()
            .take_while(|date| date.year() == year)
            .filter_map(|date| Some((date, festival_on(date)?)))
            .collect();
        assert_eq!(by_day, listed.iter().map(|f| (f.date, f.name)).collect::<Vec<_>>());
        for name in ["春节", "元宵", "清明", "端午", "七夕", "中秋", "重阳", "除夕"]
        {
            assert_eq!(named(year, name).len(), 1, "{name} {year}");
        }
        found += named(year, "腊八").len();
    }
    assert!((197..=200).contains(&found), "腊八 comes once in a lunar year: {found}");
}

#[test]
fn festivals_are_for_1901_to_2099() {
    assert!(festivals(1900).is_empty());
    assert!(festivals(2100).is_empty());
    assert_eq!(festival_on(day(2100, 1, 18)), None);
    assert_eq!(festivals(1901).len(), 9);
    // 腊八 lies so close to the turn of the year that 2098 holds two and 2099 none.
    assert_eq!(named(2098, "腊八"), [day(2098, 1, 9), day(2098, 12, 29)]);
    assert_eq!(festivals(2099).len(), 8);
}

#[test]
fn lunar_dates_as_text() {
    let text = |date| lunar::text(date).unwrap();
    assert_eq!(text(day(2026, 9, 25)), "八月十五");
    assert_eq!(text(day(2025, 7, 27)), "闰六月初三");
    assert_eq!(text(day(2026, 2, 16)), "腊月廿九");
    assert_eq!(text(day(2033, 12, 22)), "闰冬月初一");
    assert_eq!(lunar::text(day(1850, 1, 1)), None);
    let cell = |date| to_lunar(date).unwrap().cell_text();
    assert_eq!(cell(day(2026, 2, 17)), "正月");
    assert_eq!(cell(day(2026, 2, 18)), "初二");
    let numbers = [1, 10, 11, 15, 20, 21, 29, 30];
    assert_eq!(
        numbers.map(|number| lunar(2024, 12, false, number).day_text()),
        ["初一", "初十", "十一", "十五", "二十", "廿一", "廿九", "三十"]
    );
    assert_eq!(to_lunar(day(2026, 2, 17)).unwrap().year_text(), "丙午马年");
    assert_eq!(to_lunar(day(2026, 2, 16)).unwrap().year_text(), "乙巳蛇年");
    assert_eq!(to_lunar(day(1984, 2, 2)).unwrap().year_text(), "甲子鼠年");
    assert_eq!(to_lunar(day(1901, 1, 1)).unwrap().year_text(), "庚子鼠年");
    assert_eq!(to_lunar(day(2026, 9, 25)).unwrap().to_string(), "八月十五");
}
