//! All 4,824 solar terms against the precise path of tyme4rs, which is right on every one.

use chrono::{Datelike, NaiveDate};
use linli_almanac::SolarTerm;
use linli_almanac::terms::{term_date, term_on};
use tyme4rs::tyme::solar::SolarTerm as Oracle;

#[test]
fn every_term_of_two_centuries_agrees_with_tyme4rs() {
    let mut compared = 0;
    for year in 1900..=2100 {
        for (index, term) in SolarTerm::ALL.into_iter().enumerate() {
            // Its year of terms begins with the winter solstice of the year before.
            let (their_year, their_index) =
                if index == 23 { (year + 1, 0) } else { (year, index + 1) };
            let theirs = Oracle::from_index(
                isize::try_from(their_year).unwrap(),
                isize::try_from(their_index).unwrap(),
            )
            .get_julian_day()
            .get_solar_day();
            let date = term_date(year, term).unwrap();
            assert_eq!(
                (date.year(), date.month() as usize, date.day() as usize),
                (year, theirs.get_month(), theirs.get_day()),
                "{term} {year}"
            );
            assert_eq!(term_on(date), Some(term));
            compared += 1;
        }
    }
    assert_eq!(compared, 4_824);
}

#[test]
fn only_the_24_days_of_a_year_bear_a_term() {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let named: Vec<SolarTerm> = first.iter_days().take(365).filter_map(term_on).collect();
    assert_eq!(named, SolarTerm::ALL);
}

#[test]
fn qingming_falls_on_the_4th_and_on_the_5th() {
    let day = |year| term_date(year, SolarTerm::Qingming).unwrap().day();
    assert_eq!([2024, 2025, 2026, 2027, 2028].map(day), [4, 4, 5, 5, 4]);
    assert_eq!(day(1902), 6, "early in the century it was the 6th as well");
}

#[test]
fn the_closest_calls_stand_as_computed() {
    // 42, 40 and 40 seconds before midnight.
    let on = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
    assert_eq!(term_date(2021, SolarTerm::Dongzhi), on(2021, 12, 21));
    assert_eq!(term_date(2051, SolarTerm::Chunfen), on(2051, 3, 20));
    assert_eq!(term_date(2084, SolarTerm::Chunfen), on(2084, 3, 19));
}

#[test]
fn outside_the_table_there_is_no_term() {
    assert_eq!(term_date(1899, SolarTerm::Dongzhi), None);
    assert_eq!(term_date(2101, SolarTerm::Xiaohan), None);
    assert_eq!(term_on(NaiveDate::MAX), None);
}

#[test]
fn names_are_read_in_every_usual_spelling() {
    for term in SolarTerm::ALL {
        assert_eq!(term.zh().parse(), Ok(term));
        assert_eq!(term.pinyin().parse(), Ok(term));
        assert_eq!(term.pinyin().to_uppercase().parse(), Ok(term));
    }
    assert_eq!(" Qing Ming ".parse(), Ok(SolarTerm::Qingming));
    assert_eq!("guyu".parse(), Ok(SolarTerm::Guyu));
    assert_eq!("穀雨".parse(), Ok(SolarTerm::Guyu));
    for wrong in ["", " ", "清", "清明节", "easter", "qingming2"] {
        let refused = wrong.parse::<SolarTerm>().unwrap_err();
        assert!(refused.to_string().contains("qingming"), "the message shows an example");
    }
    assert_eq!(serde_json::to_string(&SolarTerm::Dongzhi).unwrap(), "\"冬至\"");
    assert_eq!(serde_json::from_str::<SolarTerm>("\"dongzhi\"").unwrap(), SolarTerm::Dongzhi);
}
