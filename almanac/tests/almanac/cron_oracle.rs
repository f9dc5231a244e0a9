//! The walk over field sets against the `cron` crate's own iterator, on a clock without zone: there
//! it is right.

use std::str::FromStr;

use crate::common::{day, instant, rule};
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use linli_almanac::HolidayTable;
use proptest::prelude::*;

fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    let range = (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => (low..=high).prop_map(|number| number.to_string()),
        1 => range,
        1 => proptest::collection::vec(low..=high, 1..4)
            .prop_map(|list| list.iter().map(u32::to_string).collect::<Vec<_>>().join(",")),
        1 => (low..=high, 2..9_u32).prop_map(|(start, step)| format!("{start}/{step}")),
    ]
}

fn weekdays() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        1 => Just("Mon-Fri".to_owned()),
        1 => Just("Sun,Sat".to_owned()),
        1 => proptest::sample::subsequence(
            vec!["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], 1..=7,
        ).prop_map(|names| names.join(",")),
    ]
}

/// One to four starts a day.
fn times() -> impl Strategy<Value = String> {
    (
        0..60_u32,
        proptest::collection::vec(0..60_u32, 1..=2),
        proptest::collection::vec(0..24_u32, 1..=2),
    )
        .prop_map(|(second, minutes, hours)| {
            let list = |all: &[u32]| all.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            format!("{second} {} {}", list(&minutes), list(&hours))
        })
}

fn by_the_crate(expression: &str, from: NaiveDateTime, to: NaiveDateTime) -> Vec<DateTime<Utc>> {
    let schedule = cron::Schedule::from_str(expression).unwrap();
    // Its iterator begins behind the instant given.
    let before = Utc.from_utc_datetime(&(from - chrono::Duration::seconds(1)));
    schedule.after(&before).take_while(|at| at.naive_utc() < to).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_expressions_agree_with_the_cron_crate(
        times in times(),
        days in field(1, 31),
        months in field(1, 12),
        weekdays in weekdays(),
        start in 0..36_000_u64,
        length in 1..400_u64,
    ) {
        let expression = format!("{times} {days} {months} {weekdays}");
        // A combination such as 31 February never occurs; that is tested elsewhere.
        let Ok(rule) = linli_almanac::Rule::parse(&format!("cron = \"{expression}\"")) else {
            let none = by_the_crate(
                &expression,
                day(1901, 1, 1).and_hms_opt(0, 0, 0).unwrap(),
                day(2100, 1, 1).and_hms_opt(0, 0, 0).unwrap(),
            );
            prop_assert!(none.is_empty(), "{expression} was refused but occurs");
            return Ok(());
        };
        let first = day(2000, 1, 1) + chrono::Days::new(start);
        let last = (first + chrono::Days::new(length)).min(day(2099, 12, 31));
        let ours: Vec<DateTime<Utc>> = rule
            .occurrences(first..=last, Tz::UTC, &HolidayTable::new())
            .unwrap()
            .iter()
            .map(|computed| instant(computed.start).to_utc())
            .collect();
        let until = last.succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap();
        let theirs = by_the_crate(&expression, first.and_hms_opt(0, 0, 0).unwrap(), until);
        prop_assert_eq!(ours, theirs);
    }
}

#[test]
fn the_limits_of_the_range_agree_with_the_cron_crate() {
    for expression in ["0 0 9 5 * *", "0 30 8 * * *", "0 0 9 15-21 * Sat", "0 0 0 29 2 *"] {
        let rule = rule(&format!("cron = \"{expression}\""));
        let ours = rule
            .occurrences(day(2000, 1, 1)..=day(2099, 12, 31), Tz::UTC, &HolidayTable::new())
            .unwrap();
        let theirs = by_the_crate(
            expression,
            day(2000, 1, 1).and_hms_opt(0, 0, 0).unwrap(),
            day(2100, 1, 1).and_hms_opt(0, 0, 0).unwrap(),
        );
        assert_eq!(ours.len(), theirs.len(), "{expression}");
        assert_eq!(ours.last().map(|c| instant(c.start).to_utc()), theirs.last().copied());
    }
}
