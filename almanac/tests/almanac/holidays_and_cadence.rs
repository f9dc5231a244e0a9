//! Holiday papers, working days, and what a cadence owes.

use std::path::Path;

use crate::common::{day, holidays_2026, paper_2026};
use chrono::NaiveDate;
use linli_almanac::{
    Cadence, Holiday, HolidayError, HolidayKind, HolidayTable, HolidayYear, Per, Standing,
};
use proptest::prelude::*;

fn named(date: NaiveDate, kind: HolidayKind) -> Holiday {
    Holiday { date, name: "元旦".to_owned(), kind }
}

fn paper(year: i32, days: Vec<Holiday>) -> HolidayYear {
    HolidayYear { year, source: "test".to_owned(), days }
}

#[test]
fn every_seeded_paper_can_be_adopted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds/holidays");
    let mut table = HolidayTable::new();
    for year in 2007..=2026 {
        let text = std::fs::read_to_string(folder.join(format!("{year}.toml"))).unwrap();
        let paper: HolidayYear = toml::from_str(&text).unwrap();
        assert_eq!(paper.year, year);
        table.adopt(paper).unwrap();
    }
    // 2007's paper has the last Saturday and Sunday of 2006 worked.
    assert_eq!(table.is_working_day(day(2006, 12, 30)), Some(true));
    assert_eq!(table.is_working_day(day(2006, 12, 29)), None);
    assert_eq!(table.papers().count(), 20);
    assert!(table.of_year(2026).all(|day| day.date.format("%Y").to_string() == "2026"));
}

#[test]
fn working_days_of_2026() {
    let table = holidays_2026();
    let working = |month, number| table.is_working_day(day(2026, month, number));
    assert_eq!(working(10, 5), Some(false));
    assert_eq!(working(10, 8), Some(true));
    assert_eq!(working(10, 10), Some(true), "a Saturday worked");
    assert_eq!(working(10, 11), Some(false));
    assert_eq!(table.is_holiday(day(2026, 10, 11)), Some(false), "an ordinary Sunday");
    assert_eq!(table.is_holiday(day(2026, 10, 5)), Some(true));
    assert_eq!(table.is_holiday(day(2027, 10, 1)), None);
    assert_eq!(table.next_working_day(day(2026, 9, 30)), Some(day(2026, 10, 8)));
    assert_eq!(table.next_working_day(day(2026, 10, 9)), Some(day(2026, 10, 10)));
    assert_eq!(table.previous_working_day(day(2026, 10, 8)), Some(day(2026, 9, 30)));
    assert_eq!(table.next_working_day(day(2026, 12, 31)), None, "2027 is not known");
    assert_eq!(table.previous_working_day(day(2026, 1, 1)), None);
    assert_eq!(table.on(day(2026, 10, 5)).unwrap().name, "国庆节");
}

#[test]
fn a_paper_may_speak_of_its_neighbours_and_the_later_one_decides() {
    let mut table = holidays_2026();
    let new_year = vec![
        named(day(2026, 12, 31), HolidayKind::Off),
        named(day(2026, 12, 26), HolidayKind::Work),
        named(day(2027, 1, 1), HolidayKind::Off),
    ];
    table.adopt(paper(2027, new_year)).unwrap();
    assert_eq!(table.is_working_day(day(2026, 12, 31)), Some(false));
    assert_eq!(table.is_working_day(day(2026, 12, 26)), Some(true));
    assert_eq!(table.next_working_day(day(2026, 12, 30)), Some(day(2027, 1, 4)));
    // An older year adopted again later doesn't take the word from the newer paper.
    let mut again = paper_2026();
    again.days.push(named(day(2026, 12, 26), HolidayKind::Off));
    table.adopt(again).unwrap();
    assert_eq!(table.is_working_day(day(2026, 12, 26)), Some(true));
    assert_eq!(table.of_year(2026).count(), paper_2026().days.len() + 2);
}

#[test]
fn the_newest_adoption_of_a_year_wins_whole() {
    let mut table = holidays_2026();
    table.adopt(paper(2026, vec![named(day(2026, 1, 1), HolidayKind::Off)])).unwrap();
    assert_eq!(table.is_working_day(day(2026, 10, 5)), Some(true), "the older days are gone");
    assert_eq!(table.paper(2026).unwrap().source, "test");
    assert!(table.has_year(2026) && !table.has_year(2027));
}

#[test]
fn a_paper_that_contradicts_itself_is_refused() {
    let off = |date| named(date, HolidayKind::Off);
    let refused = |year, days| HolidayTable::new().adopt(paper(year, days)).unwrap_err();
    let first = day(2026, 1, 1);
    assert_eq!(refused(2026, vec![]), HolidayError::Empty(2026));
    assert_eq!(refused(1900, vec![off(day(1900, 1, 1))]), HolidayError::Year(1900));
    assert_eq!(
        refused(2026, vec![off(first), named(first, HolidayKind::Work)]),
        HolidayError::Twice { year: 2026, date: first }
    );
    for date in [day(2025, 11, 30), day(2027, 2, 1), day(2024, 12, 31)] {
        assert_eq!(refused(2026, vec![off(date)]), HolidayError::Outside { year: 2026, date });
    }
    let thursday = refused(2026, vec![named(first, HolidayKind::Work)]);
    assert!(thursday.to_string().contains("2026-01-01"), "{thursday}");
}

#[test]
fn holidays_as_json() {
    let holiday = named(day(2026, 1, 4), HolidayKind::Work);
    let json = serde_json::to_string(&holiday).unwrap();
    assert_eq!(json, "{\"date\":\"2026-01-04\",\"name\":\"元旦\",\"kind\":\"work\"}");
    assert_eq!(serde_json::from_str::<Holiday>(&json).unwrap(), holiday);
    let table = holidays_2026();
    let json = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<HolidayTable>(&json).unwrap(), table);
    assert!(
        serde_json::from_str::<HolidayTable>("[{\"year\":2026,\"source\":\"\",\"days\":[]}]")
            .is_err()
    );
}

fn cadence(toml: &str) -> Cadence {
    toml::from_str(toml).unwrap()
}

fn november(at_least: u32, held: &[u32], planned: &[u32], today: u32) -> Standing {
    let days = |all: &[u32]| all.iter().map(|d| day(2026, 11, *d)).collect::<Vec<_>>();
    cadence(&format!("at_least = {at_least}\nper = \"month\"")).owed(
        day(2026, 11, 10),
        &days(held),
        &days(planned),
        day(2026, 11, today),
        &holidays_2026(),
    )
}

#[test]
fn a_month_that_still_owes_one() {
    let standing = november(2, &[4], &[], 10);
    assert_eq!(
        standing,
        Standing {
            period: day(2026, 11, 1)..=day(2026, 11, 30),
            done: 1,
            planned: 0,
            owed: 1,
            // 30 November is a Monday.
            last_date_to_catch_up: Some(day(2026, 11, 30)),
        }
    );
    assert!(!standing.is_met() && !standing.is_out_of_reach());
}

#[test]
fn several_owed_need_a_working_day_each() {
    // Monday 30, Friday 27, Thursday 26.
    assert_eq!(november(3, &[], &[], 2).last_date_to_catch_up, Some(day(2026, 11, 26)));
    assert_eq!(november(3, &[], &[], 26).last_date_to_catch_up, Some(day(2026, 11, 26)));
    let late = november(3, &[], &[], 27);
    assert_eq!((late.owed, late.last_date_to_catch_up), (3, None));
    assert!(late.is_out_of_reach());
}

#[test]
fn a_promise_for_every_day_uses_every_day() {
    let week = |at_least: u32, held: &[NaiveDate], today| {
        cadence(&format!("at_least = {at_least}\nper = \"week\"")).owed(
            today,
            held,
            &[],
            today,
            &holidays_2026(),
        )
    };
    let monday = day(2026, 11, 9);
    assert_eq!(week(7, &[], monday).last_date_to_catch_up, Some(monday));
    let tuesday = day(2026, 11, 10);
    assert!(week(7, &[], tuesday).is_out_of_reach());
    assert_eq!(week(7, &[monday], tuesday).last_date_to_catch_up, Some(tuesday));
    // Five fit the working days; ten take two a day, so the last four need Saturday and Sunday.
    assert_eq!(week(5, &[monday], tuesday).last_date_to_catch_up, Some(tuesday));
    let six = [monday; 6];
    assert_eq!(week(10, &six, tuesday).last_date_to_catch_up, Some(day(2026, 11, 14)));
}

#[test]
fn plans_count_while_they_lie_ahead() {
    assert!(november(2, &[4], &[20], 10).is_met());
    assert!(november(2, &[4], &[20], 20).is_met());
    let missed = november(2, &[4], &[20], 21);
    assert_eq!((missed.planned, missed.owed), (0, 1));
    let more = november(2, &[4, 5, 6], &[20], 10);
    assert_eq!((more.done, more.planned, more.owed), (3, 1, 0));
    assert_eq!(more.last_date_to_catch_up, None);
    assert!(!more.is_out_of_reach());
}

#[test]
fn dates_of_other_periods_don_t_count() {
    let standing = cadence("at_least = 1\nper = \"week\"").owed(
        day(2026, 11, 10),
        &[day(2026, 11, 8), day(2026, 11, 16)],
        &[day(2026, 11, 17)],
        day(2026, 11, 10),
        &holidays_2026(),
    );
    assert_eq!(standing.period, day(2026, 11, 9)..=day(2026, 11, 15));
    assert_eq!((standing.done, standing.planned, standing.owed), (0, 0, 1));
    assert_eq!(standing.last_date_to_catch_up, Some(day(2026, 11, 13)));
}

#[test]
fn catching_up_minds_holidays_and_make_up_days() {
    let monthly = cadence("at_least = 1\nper = \"month\"");
    let last = |month, today| {
        let date = day(2026, month, 15);
        monthly.owed(date, &[], &[], today, &holidays_2026()).last_date_to_catch_up
    };
    assert_eq!(last(2, day(2026, 2, 1)), Some(day(2026, 2, 28)), "a Saturday worked");
    // A period ahead is asked for early, a past one can't be caught up.
    assert_eq!(last(10, day(2026, 2, 1)), Some(day(2026, 10, 30)));
    assert_eq!(last(1, day(2026, 2, 1)), None);
}

#[test]
fn periods() {
    let period = |per: Per, month, number| per.containing(day(2028, month, number)).into_inner();
    assert_eq!(period(Per::Month, 2, 29), (day(2028, 2, 1), day(2028, 2, 29)));
    assert_eq!(period(Per::Quarter, 6, 30), (day(2028, 4, 1), day(2028, 6, 30)));
    assert_eq!(period(Per::Quarter, 12, 1), (day(2028, 10, 1), day(2028, 12, 31)));
    assert_eq!(period(Per::Year, 2, 29), (day(2028, 1, 1), day(2028, 12, 31)));
    assert_eq!(period(Per::Week, 1, 1), (day(2027, 12, 27), day(2028, 1, 2)));
}

#[test]
fn a_cadence_that_promises_nothing_is_refused() {
    for wrong in [
        "at_least = 0\nper = \"month\"",
        "at_least = 2\nper = \"day\"",
        "at_least = 2",
        "at_least = 2\nper = \"month\"\nof = \"x\"",
    ] {
        assert!(toml::from_str::<Cadence>(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn held_on_the_last_dates_it_is_just_met(
        at_least in 1..6_u32,
        per in prop_oneof![Just(Per::Week), Just(Per::Month), Just(Per::Quarter), Just(Per::Year)],
        days in 0..365_u64,
    ) {
        let table = holidays_2026();
        let today = day(2026, 1, 1) + chrono::Days::new(days);
        let cadence = Cadence { at_least: at_least.try_into().unwrap(), per };
        let standing = cadence.owed(today, &[], &[], today, &table);
        prop_assume!(standing.period.end() <= &day(2026, 12, 31));
        let days: Vec<NaiveDate> = standing.period.start().iter_days()
            .take_while(|day| standing.period.contains(day))
            .collect();
        let working: Vec<NaiveDate> =
            days.iter().copied().filter(|day| table.is_working_day(*day) == Some(true)).collect();
        // A week of Spring Festival has too few working days for any promise.
        let usable = if working.len() < at_least as usize { days } else { working };
        let first = standing.last_date_to_catch_up.unwrap_or(today);
        let plans: Vec<NaiveDate> = usable.into_iter().filter(|day| *day >= first).collect();
        if standing.is_out_of_reach() {
            prop_assert!(plans.len() < at_least as usize);
            return Ok(());
        }
        prop_assert_eq!(u32::try_from(plans.len()).unwrap(), at_least);
        prop_assert!(cadence.owed(today, &[], &plans, today, &table).is_met());
    }
}
