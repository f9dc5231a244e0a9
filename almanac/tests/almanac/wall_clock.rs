//! Wall-clock times: daylight saving, the names of occurrences, RRULE.

use crate::common::{SHANGHAI, computed, day, holidays_2026, instant, rule};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use linli_almanac::{HolidayTable, RecurrenceId};
use proptest::prelude::*;

const LONDON: Tz = chrono_tz::Europe::London;

fn utc(toml: &str, from: NaiveDate, to: NaiveDate, zone: Tz) -> Vec<String> {
    rule(toml)
        .occurrences(from..=to, zone, &HolidayTable::new())
        .unwrap()
        .iter()
        .map(|c| format!("{} {}", c.id, instant(c.start).to_utc().format("%m-%d %H:%M")))
        .collect()
}

#[test]
fn a_start_in_a_gap_is_one_hour_later_and_keeps_its_name() {
    // London, 29 March 2026: 01:00 becomes 02:00.
    assert_eq!(
        utc("cron = \"0 30 1 * * *\"", day(2026, 3, 28), day(2026, 3, 30), LONDON),
        [
            "20260328T013000 03-28 01:30",
            "20260329T013000 03-29 01:30",
            "20260330T013000 03-30 00:30"
        ]
    );
}

#[test]
fn a_start_in_a_fold_is_the_earlier() {
    // London, 25 October 2026: 02:00 becomes 01:00.
    assert_eq!(
        utc("cron = \"0 30 1 * * *\"", day(2026, 10, 24), day(2026, 10, 26), LONDON),
        [
            "20261024T013000 10-24 00:30",
            "20261025T013000 10-25 00:30",
            "20261026T013000 10-26 01:30"
        ]
    );
}

#[test]
fn what_the_gap_puts_on_one_start_becomes_one() {
    assert_eq!(
        utc("cron = \"0 30 1,2,3 * * *\"", day(2026, 3, 29), day(2026, 3, 29), LONDON),
        ["20260329T013000 03-29 01:30", "20260329T033000 03-29 02:30"]
    );
    // In the order of the starts, not of the clock times as written.
    assert_eq!(
        utc("cron = \"0 0,30 1,2 * * *\"", day(2026, 3, 29), day(2026, 3, 29), LONDON),
        ["20260329T010000 03-29 01:00", "20260329T013000 03-29 01:30"]
    );
}

#[test]
fn a_day_that_a_zone_leaves_out_becomes_the_next() {
    // Samoa crossed the date line: there was no 30 December 2011.
    let apia = chrono_tz::Pacific::Apia;
    let rule = rule("cron = \"0 0 9 * * *\"");
    let ask = |from, to| rule.occurrences(from..=to, apia, &HolidayTable::new()).unwrap();
    let both = ask(day(2011, 12, 29), day(2011, 12, 31));
    assert_eq!(
        both.iter().map(|c| c.nominal).collect::<Vec<_>>(),
        [day(2011, 12, 29), day(2011, 12, 30)]
    );
    assert_eq!(ask(day(2011, 12, 31), day(2011, 12, 31)), both[1..]);
    assert_eq!(ask(day(2011, 12, 30), day(2011, 12, 30)), []);
}

#[test]
fn the_day_before_a_gap_at_midnight_reaches_into_the_next() {
    // Beirut puts the clock forward at midnight: 2026-03-29 00:00 becomes 01:00.
    let beirut = chrono_tz::Asia::Beirut;
    assert_eq!(
        utc("cron = \"0 30 0 * * *\"", day(2026, 3, 29), day(2026, 3, 29), beirut),
        ["20260329T003000 03-28 22:30"]
    );
}

#[test]
fn shanghai_had_daylight_saving_until_1991() {
    assert_eq!(
        utc("cron = \"0 0 9 1 7 *\"", day(1990, 1, 1), day(1992, 12, 31), SHANGHAI),
        [
            "19900701T090000 07-01 00:00",
            "19910701T090000 07-01 00:00",
            "19920701T090000 07-01 01:00"
        ]
    );
}

#[test]
fn the_name_of_an_occurrence_is_its_nominal_date_and_time_as_written() {
    let moved = computed(
        &rule(
            "lunar = { month = 8, day = 15 }\nat = \"19:00\"\nholiday = \"after\"\noffset_days = 1",
        ),
        day(2026, 9, 1),
        day(2026, 9, 30),
        &holidays_2026(),
    );
    assert_eq!(moved[0].id.to_string(), "20260926T190000");
    assert_eq!(moved[0].start.to_string(), "2026-09-28T19:00:00+08:00");
    let all_day = computed(
        &rule("lunar = { month = 8, day = 15 }"),
        day(2026, 9, 1),
        day(2026, 9, 30),
        &holidays_2026(),
    );
    assert_eq!(all_day[0].id.to_string(), "20260925");
    assert_eq!(all_day[0].start.to_string(), "2026-09-25");
}

#[test]
fn names_that_are_none() {
    for wrong in [
        "",
        "2026",
        "20260229",
        "20261301",
        "2026-09-25",
        "20260925T1900",
        "20260925T190000Z",
        "20260925 190000",
        "20260925T240000",
        "20260925T190060",
        "+2026092",
        " 2026092",
        "２０２６",
        "20260925T19:000",
    ] {
        let error = wrong.parse::<RecurrenceId>().expect_err(wrong);
        assert!(error.to_string().contains("20260925T190000"));
        assert!(serde_json::from_value::<RecurrenceId>(wrong.into()).is_err());
    }
}

proptest! {
    #[test]
    fn names_survive_their_text_and_order_as_time_does(
        days in proptest::collection::vec((0..72_000_u64, proptest::option::of(0..86_400_u32)), 2),
    ) {
        let ids: Vec<RecurrenceId> = days
            .into_iter()
            .map(|(days, second)| RecurrenceId {
                date: day(1901, 1, 1) + chrono::Days::new(days),
                time: second.map(|second| {
                    chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap()
                }),
            })
            .collect();
        for id in &ids {
            prop_assert_eq!(id.to_string().parse::<RecurrenceId>(), Ok(*id));
            let json = serde_json::to_string(id).unwrap();
            prop_assert_eq!(&json, &format!("\"{id}\""));
            prop_assert_eq!(serde_json::from_str::<RecurrenceId>(&json).unwrap(), *id);
        }
        prop_assert_eq!(ids[0].cmp(&ids[1]), ids[0].to_string().cmp(&ids[1].to_string()));
    }

    #[test]
    fn a_random_wall_clock_time_is_met_or_lies_in_a_gap(seconds in 0..2_500_000_000_i64) {
        let local = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
        let resolved = linli_almanac::zoned::resolve(LONDON, local);
        let shown = resolved.naive_local();
        prop_assert!(shown == local || shown == local + chrono::Duration::hours(1));
        // The earlier of a fold: an hour before, the clock showed an hour less.
        let before = (resolved - chrono::Duration::hours(1)).naive_local();
        prop_assert!(before != shown);
    }
}

fn rrule(toml: &str) -> Option<String> {
    rule(toml).plain_rrule(day(2026, 1, 1)).map(|plain| plain.text(SHANGHAI))
}

#[test]
fn plain_cron_rules_become_an_rrule() {
    let told = |toml: &str| rrule(toml).unwrap_or_else(|| panic!("{toml} is plain"));
    assert_eq!(told("cron = \"0 30 8 * * *\""), "FREQ=DAILY");
    assert_eq!(told("cron = \"0 0 9 5 * *\""), "FREQ=MONTHLY;BYMONTHDAY=5");
    assert_eq!(told("cron = \"0 0 9 5,20 * ?\""), "FREQ=MONTHLY;BYMONTHDAY=5,20");
    assert_eq!(told("cron = \"0 0 9 * * Sun,Mon-Wed\""), "FREQ=WEEKLY;BYDAY=MO,TU,WE,SU");
    assert_eq!(told("cron = \"0 0 9 5 * *\"\nholiday = \"skip\""), "FREQ=MONTHLY;BYMONTHDAY=5");
    assert_eq!(
        told("cron = \"0 0 9 * * Tue\"\nfrom = \"2025-06-01\"\nuntil = \"2026-12-31\""),
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261231T155959Z"
    );
}

#[test]
fn an_rrule_begins_with_a_date_of_the_rule_and_counts_from_there() {
    let fixed = rule("cron = \"0 0 9 5 * *\"\nfrom = \"2025-11-01\"\ncount = 6");
    let plain = fixed.plain_rrule(day(2026, 1, 1)).unwrap();
    assert_eq!(plain.first, day(2026, 1, 5).and_hms_opt(9, 0, 0).unwrap());
    assert_eq!(plain.text(SHANGHAI), "FREQ=MONTHLY;BYMONTHDAY=5;COUNT=4");
    assert_eq!(fixed.plain_rrule(day(2026, 5, 1)), None, "it has ended");
    // RFC 5545 allows one end alone.
    let both = "cron = \"0 0 9 5 * *\"\nfrom = \"2026-01-01\"\ncount = 3\nuntil = \"2026-12-31\"";
    assert_eq!(rrule(both).unwrap(), "FREQ=MONTHLY;BYMONTHDAY=5;UNTIL=20260305T155959Z");
}

#[test]
fn anything_else_is_given_date_by_date() {
    for toml in [
        "cron = \"0 0 9,15 * * *\"",
        "cron = \"0 0 9 1-7 * Wed\"",
        "cron = \"0 0 9 5 1-6 *\"",
        "cron = \"0 0 9 * * Mon\"\nevery_weeks = 2",
        "cron = \"0 0 9 5 * *\"\noffset_days = 1",
        "cron = \"0 0 9 5 * *\"\nholiday = \"after\"",
        "cron = \"0 0 9 5 * *\"\nholiday = \"before\"",
        "month_day = 5\nat = \"09:00\"",
        "weekday = { nth = 1, day = \"mon\" }",
        "lunar = { month = 8, day = 15 }",
        "solar_term = \"冬至\"",
        "dates = [\"2026-03-05\"]",
    ] {
        assert_eq!(rrule(toml), None, "{toml}");
    }
}

#[test]
fn what_is_left_out_is_named_for_exdate() {
    let rule = rule(
        "cron = \"0 0 9 5 * *\"\nholiday = \"skip\"\nfrom = \"2026-01-01\"\nexcept = [\"2026-08-05\"]",
    );
    let ids: Vec<String> = rule
        .left_out(day(2026, 1, 1)..=day(2026, 12, 31), &holidays_2026())
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(ids, ["20260405T090000", "20260505T090000", "20260805T090000", "20261005T090000"]);
    let kept = computed(&rule, day(2026, 1, 1), day(2026, 12, 31), &holidays_2026());
    assert_eq!(kept.len() + ids.len(), 12);
    assert!(rule.left_out(day(1900, 1, 1)..=day(2026, 1, 1), &holidays_2026()).is_err());
}
