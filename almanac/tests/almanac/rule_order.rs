//! The order of operations: rule's date, offset, bounds and exceptions, holiday policy, merging.

use crate::common::{SHANGHAI, computed, day, holidays_2026, rule, starts};
use chrono::NaiveDate;
use linli_almanac::{Computed, HolidayTable, Rule, rotation};
use proptest::prelude::*;

/// Nominal date and start of each.
fn moves(toml: &str, from: NaiveDate, to: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
    computed(&rule(toml), from, to, &holidays_2026())
        .iter()
        .map(|computed| (computed.nominal, computed.starts_on))
        .collect()
}

#[test]
fn from_until_and_except_look_at_the_date_after_the_offset() {
    let toml = "month_day = 1\noffset_days = -1\nfrom = \"2026-01-31\"\nuntil = \"2026-04-30\"\n\
                except = [\"2026-02-28\"]";
    assert_eq!(
        starts(toml, day(2026, 1, 1), day(2026, 12, 31), &HolidayTable::new()),
        ["2026-01-31", "2026-03-31", "2026-04-30"]
    );
}

#[test]
fn the_policy_comes_after_the_bounds() {
    // 5 October is free until the 7th; `until` sees the 5th, so the 8th is still reached.
    let toml = "cron = \"0 0 9 5 * *\"\nholiday = \"after\"\nuntil = \"2026-10-05\"";
    assert_eq!(
        moves(toml, day(2026, 10, 1), day(2026, 12, 31)),
        [(day(2026, 10, 5), day(2026, 10, 8))]
    );
    // And an exception on the 8th doesn't hit what moves there.
    let toml = "cron = \"0 0 9 5 * *\"\nholiday = \"after\"\nexcept = [\"2026-10-08\"]";
    assert_eq!(
        moves(toml, day(2026, 10, 8), day(2026, 10, 8)),
        [(day(2026, 10, 5), day(2026, 10, 8))]
    );
}

#[test]
fn each_policy_on_the_national_holiday() {
    let october = |policy: &str| {
        moves(
            &format!("cron = \"0 0 9 5 * *\"\nholiday = \"{policy}\""),
            day(2026, 9, 20),
            day(2026, 10, 31),
        )
    };
    let nominal = day(2026, 10, 5);
    assert_eq!(october("keep"), [(nominal, nominal)]);
    assert_eq!(october("skip"), []);
    assert_eq!(october("before"), [(nominal, day(2026, 9, 30))]);
    assert_eq!(october("after"), [(nominal, day(2026, 10, 8))]);
}

#[test]
fn a_make_up_working_day_is_a_place_to_move_to_and_an_ordinary_weekend_is_no_holiday() {
    // Spring Festival 2026 ends on Monday the 23rd. New Year ends on the 3rd; Sunday 4 is worked.
    assert_eq!(
        moves("dates = [\"2026-01-02\"]\nholiday = \"after\"", day(2026, 1, 1), day(2026, 1, 31)),
        [(day(2026, 1, 2), day(2026, 1, 4))]
    );
    assert_eq!(
        moves("dates = [\"2026-02-16\"]\nholiday = \"before\"", day(2026, 2, 1), day(2026, 2, 28)),
        [(day(2026, 2, 16), day(2026, 2, 14))],
        "Saturday 14 February is worked"
    );
    for policy in ["skip", "before", "after"] {
        let toml = format!("dates = [\"2026-11-21\"]\nholiday = \"{policy}\"");
        let saturday = day(2026, 11, 21);
        assert_eq!(moves(&toml, saturday, saturday), [(saturday, saturday)], "{policy}");
    }
}

#[test]
fn of_two_on_one_start_the_earlier_nominal_date_remains() {
    let toml = "cron = \"0 30 8 * * *\"\nholiday = \"after\"";
    let found = moves(toml, day(2026, 9, 30), day(2026, 10, 9));
    assert_eq!(
        found,
        [
            (day(2026, 9, 30), day(2026, 9, 30)),
            (day(2026, 10, 1), day(2026, 10, 8)),
            (day(2026, 10, 9), day(2026, 10, 9)),
        ]
    );
    // Also when the window begins behind the nominal date.
    assert_eq!(moves(toml, day(2026, 10, 8), day(2026, 10, 8)), [found[1]]);
    let before =
        moves("cron = \"0 30 8 * * *\"\nholiday = \"before\"", day(2026, 9, 30), day(2026, 9, 30));
    assert_eq!(before, [(day(2026, 9, 30), day(2026, 9, 30))]);
}

#[test]
fn what_moves_out_of_the_window_is_not_there() {
    let toml = "cron = \"0 0 9 5 * *\"\nholiday = \"after\"";
    assert_eq!(moves(toml, day(2026, 10, 1), day(2026, 10, 7)), []);
    let toml = "cron = \"0 0 9 5 * *\"\nholiday = \"before\"";
    assert_eq!(moves(toml, day(2026, 10, 1), day(2026, 10, 31)), []);
    assert_eq!(moves(toml, day(2026, 9, 30), day(2026, 9, 30)).len(), 1);
}

#[test]
fn without_the_years_paper_it_stays_and_is_unsettled() {
    let found = computed(
        &rule("cron = \"0 0 9 1 10 *\"\nholiday = \"after\""),
        day(2026, 1, 1),
        day(2027, 12, 31),
        &holidays_2026(),
    );
    let told: Vec<_> = found.iter().map(|c| (c.starts_on, c.unsettled)).collect();
    assert_eq!(told, [(day(2026, 10, 8), false), (day(2027, 10, 1), true)]);
    let kept = computed(
        &rule("cron = \"0 0 9 1 10 *\""),
        day(2027, 1, 1),
        day(2027, 12, 31),
        &holidays_2026(),
    );
    assert!(!kept[0].unsettled, "keep needs no paper");
}

#[test]
fn a_move_that_would_cross_into_an_unknown_year_is_unsettled() {
    let mut paper = crate::common::paper_2026();
    paper.days.push(linli_almanac::Holiday {
        date: day(2026, 12, 31),
        name: "test".to_owned(),
        kind: linli_almanac::HolidayKind::Off,
    });
    let mut table = HolidayTable::new();
    table.adopt(paper).unwrap();
    let rule = rule("cron = \"0 0 9 31 12 *\"\nholiday = \"after\"");
    let found = computed(&rule, day(2026, 12, 1), day(2026, 12, 31), &table);
    assert_eq!((found[0].starts_on, found[0].unsettled), (day(2026, 12, 31), true));
}

#[test]
fn count_counts_nominal_dates_whatever_becomes_of_them() {
    let toml = "cron = \"0 0 9 5 * *\"\nfrom = \"2026-08-01\"\ncount = 4\nholiday = \"skip\"\n\
                except = [\"2026-09-05\"]";
    // August, September (excepted), October (skipped), November.
    assert_eq!(
        moves(toml, day(2026, 1, 1), day(2026, 12, 31)),
        [(day(2026, 8, 5), day(2026, 8, 5)), (day(2026, 11, 5), day(2026, 11, 5))]
    );
    let twice = "cron = \"0 0 9,15 * * *\"\nfrom = \"2026-08-01\"\ncount = 3";
    assert_eq!(
        starts(twice, day(2026, 1, 1), day(2026, 12, 31), &HolidayTable::new()),
        ["2026-08-01 09:00", "2026-08-01 15:00", "2026-08-02 09:00"]
    );
    let listed = "dates = [\"2026-08-01\", \"2026-08-03\", \"2026-08-02\"]\ncount = 2";
    assert_eq!(
        starts(listed, day(2026, 1, 1), day(2026, 12, 31), &HolidayTable::new()),
        ["2026-08-01", "2026-08-02"]
    );
}

#[test]
fn a_cancelled_date_keeps_its_turn() {
    let venues = ["pavilion", "gallery", "hall"];
    let turns = |toml: &str, holidays: &HolidayTable| -> Vec<(NaiveDate, &str)> {
        let (rule, first) = (rule(toml), day(2026, 9, 29));
        let turn = |c: &Computed| rotation::pick(3, c.index, rule.passed(first)).unwrap();
        computed(&rule, first, day(2026, 10, 20), holidays)
            .iter()
            .map(|c| (c.starts_on, venues[turn(c)]))
            .collect()
    };
    let toml = "cron = \"0 0 19 * * Tue\"\nfrom = \"2026-09-29\"";
    let all = [
        (day(2026, 9, 29), "pavilion"),
        (day(2026, 10, 6), "gallery"),
        (day(2026, 10, 13), "hall"),
        (day(2026, 10, 20), "pavilion"),
    ];
    assert_eq!(turns(toml, &HolidayTable::new()), all);
    let excepted = format!("{toml}\nexcept = [\"2026-10-06\"]");
    assert_eq!(turns(&excepted, &HolidayTable::new()), [all[0], all[2], all[3]]);
    let skipped = format!("{toml}\nholiday = \"skip\"");
    assert_eq!(turns(&skipped, &holidays_2026()), [all[0], all[2], all[3]]);
    let without_from = "cron = \"0 0 19 * * Tue\"";
    assert_eq!(
        turns(without_from, &HolidayTable::new()),
        all,
        "counted from the series' first day"
    );
    assert_eq!(rotation::pick(0, 5, 0), None);
    assert_eq!(rotation::pick(3, 4, 5), Some(2), "moved over the series' first day");
}

#[test]
fn without_from_turns_count_from_1901() {
    let yearly = rule("solar_term = \"立冬\"");
    let found = computed(&yearly, day(2026, 1, 1), day(2026, 12, 31), &HolidayTable::new());
    assert_eq!(found[0].index, 125);
    let monthly = rule("cron = \"0 0 9 5 * *\"");
    let found = computed(&monthly, day(1901, 1, 1), day(1901, 12, 31), &HolidayTable::new());
    assert_eq!(found.iter().map(|c| c.index).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
}

/// Rules of every kind, with and without everything that can be added.
fn any_rule() -> impl Strategy<Value = Rule> {
    let kind = prop_oneof![
        Just("cron = \"0 30 8 * * *\"".to_owned()),
        Just("cron = \"0 0 9,9 1-7,15 * Mon-Fri\"".to_owned()),
        Just("cron = \"0 0/30 1-3 * 3,10 Sun\"".to_owned()),
        (1..5_u8).prop_map(|n| format!("cron = \"0 0 9 * * Mon,Sat\"\nevery_weeks = {n}")),
        (1..6_u8).prop_map(|n| format!("weekday = {{ nth = {n}, day = \"sat\" }}\nat = \"09:00\"")),
        (1..29_i8).prop_map(|n| format!("month_day = -{n}")),
        (1..16_i8).prop_map(|n| format!("workday = {n}\nat = \"09:00\"")),
        (1..13_u8, 1..30_u8).prop_map(|(m, d)| format!("lunar = {{ month = {m}, day = {d} }}")),
        Just("solar_term = \"清明\"\nat = \"08:00\"".to_owned()),
        Just("dates = [\"2026-10-01\", \"2026-10-05\", \"2026-02-17\", \"2025-12-31\"]".to_owned()),
    ];
    let policy = prop_oneof![Just("keep"), Just("skip"), Just("before"), Just("after")];
    let from = proptest::option::of(0..900_u64);
    (kind, policy, -10..10_i32, from, proptest::option::of(1..60_u32), any::<bool>())
        .prop_filter_map("the rule has dates", |(kind, policy, offset, from, count, except)| {
            let mut toml = format!("{kind}\nholiday = \"{policy}\"\noffset_days = {offset}\n");
            if let Some(days) = from {
                let from = day(2024, 6, 1) + chrono::Days::new(days);
                toml.extend(["from = \"", &from.to_string(), "\"\n"]);
                toml += &count.map_or_else(String::new, |count| format!("count = {count}\n"));
            }
            if except {
                toml += "except = [\"2026-10-05\", \"2026-10-06\", \"2026-02-20\"]\n";
            }
            Rule::parse(&toml).ok()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_part_of_the_window_gives_that_part_of_the_answer(
        rule in any_rule(),
        first in 0..1_000_u64,
        length in 0..200_u64,
        london in any::<bool>(),
    ) {
        let zone = if london { chrono_tz::Europe::London } else { SHANGHAI };
        let holidays = holidays_2026();
        let (from, to) = (day(2024, 7, 1), day(2028, 6, 30));
        let all = rule.occurrences(from..=to, zone, &holidays).unwrap();
        let first = from + chrono::Days::new(first);
        let last = first + chrono::Days::new(length);
        let part = rule.occurrences(first..=last, zone, &holidays).unwrap();
        let expected: Vec<Computed> =
            all.iter().filter(|c| (first..=last).contains(&c.starts_on)).copied().collect();
        prop_assert_eq!(part, expected);
    }

    #[test]
    fn starts_ascend_and_ids_and_numbers_are_unique(rule in any_rule()) {
        let found =
            computed(&rule, day(2024, 7, 1), day(2028, 6, 30), &holidays_2026());
        prop_assert!(found.windows(2).all(|pair| pair[0].start < pair[1].start));
        let mut ids: Vec<_> = found.iter().map(|c| (c.id, c.index)).collect();
        ids.sort_unstable();
        prop_assert!(ids.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
    }

    #[test]
    fn a_rule_survives_toml_and_json(rule in any_rule()) {
        let again = Rule::parse(&rule.to_toml()).unwrap();
        prop_assert_eq!(&again, &rule);
        let json = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Rule>(&json).unwrap(), &rule);
        let window = day(2026, 1, 1)..=day(2026, 12, 31);
        prop_assert_eq!(
            again.occurrences(window.clone(), SHANGHAI, &holidays_2026()),
            rule.occurrences(window, SHANGHAI, &holidays_2026())
        );
    }
}
