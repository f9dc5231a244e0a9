use super::*;
use crate::contract::SegmentAdded;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn segment(number: u32, from: &str, until: Option<&str>, rule: &str) -> Segment {
    let (from, until, zone) = (date(from), until.map(date), "Asia/Shanghai".to_owned());
    let rule = rule.to_owned();
    Segment::parse(&SegmentAdded { segment: number, from, until, rule, zone }).unwrap()
}

fn hours(minutes: u32) -> Description {
    Description { minutes, ..Description::default() }
}

fn year(segments: &[Segment], description: &Description) -> Vec<Planned> {
    let window = date("2026-01-01")..=date("2026-12-31");
    planned(segments, None, description, &window, &HolidayTable::new())
}

fn ids(planned: &[Planned]) -> Vec<String> {
    planned.iter().map(|planned| planned.id.to_string()).collect()
}

#[test]
fn the_5th_the_12th_and_the_20th_are_36_days_a_year() {
    let rules = ["0 0 9 5 * *", "0 30 19 12 * *", "0 0 9 20 * *"];
    let mut all = Vec::new();
    for cron in rules {
        let rule = format!("cron = \"{cron}\"\nholiday = \"keep\"");
        all.extend(year(&[segment(1, "2026-01-01", None, &rule)], &hours(90)));
    }
    assert_eq!(all.len(), 36);
    for month in 1..=12 {
        for day in [5, 12, 20] {
            let day = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
            assert_eq!(all.iter().filter(|planned| planned.starts_on == day).count(), 1, "{day}");
        }
    }
}

#[test]
fn a_new_segment_ends_the_ones_before_it() {
    let morning = segment(1, "2026-01-01", None, "cron = \"0 0 9 5 * *\"");
    let late = segment(2, "2026-11-01", None, "cron = \"0 0 10 5 * *\"");
    let evening = segment(3, "2026-04-01", Some("2026-08-04"), "cron = \"0 0 19 5 * *\"");
    let two = ids(&year(&[morning.clone(), late.clone()], &hours(60)));
    assert_eq!(two.len(), 12);
    assert_eq!((two[9].as_str(), two[10].as_str()), ("20261005T090000", "20261105T100000"));
    let three = ids(&year(&[morning, late, evening], &hours(60)));
    let wanted = ["20260105T090000", "20260205T090000", "20260305T090000"];
    assert_eq!(three[..3], wanted);
    assert_eq!(three[3..], ["0405", "0505", "0605", "0705"].map(|d| format!("2026{d}T190000")));
}

#[test]
fn a_retired_activity_computes_nothing_more() {
    let rule = segment(1, "2026-01-01", None, "cron = \"0 0 9 5 * *\"");
    let window = date("2026-01-01")..=date("2026-12-31");
    let end = Some(date("2026-03-05"));
    let left = planned(&[rule], end, &hours(60), &window, &HolidayTable::new());
    assert_eq!(ids(&left), ["20260105T090000", "20260205T090000"]);
}

#[test]
fn venues_are_taken_in_turn_whatever_the_window() {
    let weekly = "cron = \"0 0 19 * * Tue\"\nfrom = \"2026-01-06\"";
    let weekly = [segment(1, "2026-01-01", None, weekly)];
    let rotation: Vec<_> = (1..=3).map(Uuid::from_u128).collect();
    let turns = Description { rotation: rotation.clone(), ..hours(15) };
    let all = year(&weekly, &turns);
    for (n, planned) in all.iter().enumerate() {
        assert_eq!(planned.venue, Some(rotation[n % 3]), "{}", planned.id);
    }
    let window = date("2026-06-01")..=date("2026-06-30");
    let june = planned(&weekly, None, &turns, &window, &HolidayTable::new());
    assert!(june.iter().all(|one| all.contains(one)) && june.len() == 5);
}

#[test]
fn turns_begin_with_the_first_venue_of_each_segment() {
    let rotation: Vec<_> = (1..=3).map(Uuid::from_u128).collect();
    let turns = Description { rotation: rotation.clone(), ..hours(15) };
    let rules = [
        // Neither has a `from`; the second has two times a day and an excepted first day.
        segment(1, "2026-01-01", None, "cron = \"0 0 19 * * Tue\""),
        segment(2, "2026-03-04", None, "cron = \"0 0 9,19 * * Fri\"\nexcept = [\"2026-03-06\"]"),
        segment(3, "2026-05-02", None, "workday = 1\nat = \"09:00\""),
        segment(4, "2026-10-01", None, "lunar = { month = 9, day = 9 }\nat = \"09:00\""),
    ];
    let all = year(&rules, &turns);
    let venues = |number: u32| -> Vec<_> {
        let own = all.iter().filter(|one| one.segment == number);
        own.map(|one| one.venue.unwrap().as_u128()).collect()
    };
    assert_eq!(venues(1)[..4], [1, 2, 3, 1]);
    assert_eq!(venues(2)[..4], [3, 1, 2, 3], "the excepted day kept its two turns");
    assert_eq!(venues(3), [1, 2, 3, 1], "June to September; the first of May was before");
    assert_eq!(venues(4), [1]);
}

#[test]
fn all_day_is_from_midnight_to_midnight() {
    let rule = segment(1, "2026-01-01", None, "solar_term = \"清明\"");
    let day = &year(&[rule], &hours(0))[0];
    assert!(day.all_day);
    assert_eq!(day.start.to_rfc3339(), "2026-04-04T16:00:00+00:00");
    assert_eq!(day.end - day.start, TimeDelta::hours(24));
}

#[test]
fn a_fact_stands_for_its_id_and_for_later_segments_on_its_day() {
    let twice = segment(1, "2026-01-01", Some("2026-01-31"), "cron = \"0 0 9,19 5 * *\"");
    let planned = year(&[twice], &hours(60));
    let facts = Facts::from([(planned[0].id, 1)]);
    assert_eq!(ids(&open_ended(planned, &facts)), ["20260105T190000"]);
    let later = segment(2, "2026-01-01", Some("2026-01-31"), "cron = \"0 0 15 5 * *\"");
    assert_eq!(open_ended(year(&[later], &hours(60)), &facts), []);
}

#[test]
fn a_year_is_the_sum_of_its_months() {
    let rule =
        segment(1, "2026-01-01", None, "month_day = -1\nat = \"16:30\"\nholiday = \"after\"");
    let all = year(std::slice::from_ref(&rule), &hours(60));
    let mut sum = Vec::new();
    for month_number in 1..=12 {
        let window = month(2026, month_number).unwrap();
        sum.extend(planned(
            std::slice::from_ref(&rule),
            None,
            &hours(60),
            &window,
            &HolidayTable::new(),
        ));
    }
    assert_eq!(all, sum);
    assert!(all.iter().all(|planned| planned.unsettled), "no paper is adopted");
}
