//! What a rule refuses, and what it says.

use crate::common::{SHANGHAI, day, rule};
use chrono::NaiveDate;
use linli_almanac::{HolidayPolicy, HolidayTable, Rule, RuleError};

fn refused(toml: &str) -> RuleError {
    match Rule::parse(toml) {
        Ok(_) => panic!("accepted: {toml}"),
        Err(error) => error,
    }
}

/// The message names the key and shows what to write instead.
fn says(toml: &str, parts: &[&str]) {
    let message = refused(toml).to_string();
    for part in parts {
        assert!(message.contains(part), "{toml}\nsays {message}\nwithout {part}");
    }
}

#[test]
fn malformed_toml_is_shown_with_its_line() {
    says("cron = \"0 0 9 * * *\"\nholiday = ", &["line 2"]);
    says("month_day = 5\nat = \"9 o'clock\"", &["line 2", "9 o'clock", "\"19:00\""]);
    says("dates = [\"2026-02-30\"]", &["line 1", "2026-02-30"]);
    says("month_day = 5\nfrom = \"soon\"", &["line 2", "soon", "\"2026-03-05\""]);
    says("month_day = 5\nat = \"23:59:60\"", &["is not a time"]);
    says("month_day = \"five\"", &["line 1"]);
}

#[test]
fn unknown_keys_are_refused_with_those_that_exist() {
    says("corn = \"0 0 9 * * *\"", &["corn", "cron"]);
    says("weekday = { nth = 1, day = \"mon\", hour = 3 }", &["hour"]);
    says("lunar = { month = 1, day = 1, leap = true }", &["leap"]);
    says("month_day = 5\nholiday = \"maybe\"", &["maybe", "keep", "skip", "before", "after"]);
}

#[test]
fn exactly_one_kind() {
    assert_eq!(refused(""), RuleError::NoKind);
    assert_eq!(refused("at = \"09:00\""), RuleError::NoKind);
    assert_eq!(
        refused("month_day = 5\nworkday = 1\nsolar_term = \"立春\""),
        RuleError::SeveralKinds(vec!["month_day", "workday", "solar_term"])
    );
    says("month_day = 5\nworkday = 1", &["month_day and workday"]);
}

#[test]
fn cron_takes_six_fields_and_weekday_names() {
    says("cron = \"30 8 * * *\"", &["5 fields", "\"0 30 8 * * *\""]);
    says("cron = \"0 30 8 * * * 2026\"", &["7 fields", "from and until"]);
    says("cron = \"@daily\"", &["1 fields", "0 30 8 * * *"]);
    says("cron = \"\"", &["0 fields"]);
    for digits in ["1", "1-5", "Mon,2", "*/2", "１"] {
        let error = refused(&format!("cron = \"0 0 9 * * {digits}\""));
        assert!(matches!(error, RuleError::CronWeekdayDigits(_)), "{error}");
    }
    for wrong in [
        "0 0 25 * * *",
        "0 61 9 * * *",
        "0 0 9 32 * *",
        "0 0 9 * 13 *",
        "0 0 9 * * Foo",
        "0 0 9 L * *",
        "0 0 9 * * Fri-Mon",
    ] {
        let error = refused(&format!("cron = \"{wrong}\""));
        assert!(matches!(error, RuleError::Cron { .. }), "{wrong}: {error}");
    }
}

#[test]
fn what_the_cron_parser_says_stands_on_one_line() {
    says("cron = \"0 0 9 * * Foo\"", &["'Foo' is not a valid day of the week", "Mon-Fri"]);
    let message = refused("cron = \"0 0 25 * * *\"").to_string();
    assert!(message.contains("25") && message.lines().count() == 1, "{message}");
}

#[test]
fn cron_that_begins_all_the_time_is_refused() {
    assert!(matches!(refused("cron = \"* * * * * *\""), RuleError::TooOften { times: 86_400, .. }));
    says("cron = \"0 * * * * *\"", &["1440 times a day", "at most 96"]);
    assert_eq!(rule("cron = \"0 0/15 * * * *\"").times().len(), 96);
}

#[test]
fn keys_that_don_t_go_together() {
    says("cron = \"0 0 9 * * *\"\nat = \"19:00\"", &["at = \"19:00\"", "leave at out"]);
    for toml in [
        "month_day = 5\nevery_weeks = 2",
        "cron = \"0 0 9 5 * *\"\nevery_weeks = 2",
        "cron = \"0 0 9 * * *\"\nevery_weeks = 2",
        "cron = \"0 0 9 * 3 Mon\"\nevery_weeks = 2",
        "cron = \"0 0 9 * * Mon\"\nevery_weeks = 0",
        "cron = \"0 0 9 * * Mon\"\nevery_weeks = -1",
        "cron = \"0 0 9 5 * *\"\nevery_weeks = 1",
    ] {
        assert!(matches!(refused(toml), RuleError::EveryWeeks(_)), "{toml}");
    }
    assert_eq!(refused("month_day = 5\ncount = 3"), RuleError::CountWithoutFrom(3));
}

#[test]
fn numbers_out_of_range_say_what_is_allowed() {
    says("month_day = 0", &["month_day = 0", "-1"]);
    says("month_day = 32", &["month_day = 32"]);
    says("month_day = -32", &["month_day = -32"]);
    says("workday = 0", &["workday = 0"]);
    says("workday = 24", &["1 to 23"]);
    says("weekday = { nth = 6, day = \"mon\" }", &["weekday.nth = 6"]);
    says("weekday = { nth = 1, day = \"funday\" }", &["funday", "mon, tue"]);
    says("lunar = { month = 13, day = 1 }", &["lunar.month = 13", "1 to 12"]);
    says("lunar = { month = 0, day = 1 }", &["lunar.month = 0"]);
    says("lunar = { month = 1, day = 31 }", &["lunar.day = 31", "1 to 30"]);
    says("lunar = { month = 1, day = -2 }", &["lunar.day = -2"]);
    says("lunar = { month = 99999999999, day = 1 }", &["lunar.month = 99999999999"]);
    says("month_day = 5\noffset_days = 400", &["offset_days = 400", "366"]);
    says("solar_term = \"春节\"", &["春节", "qingming"]);
}

#[test]
fn years_out_of_range() {
    for toml in [
        "month_day = 5\nfrom = \"1900-12-31\"",
        "month_day = 5\nuntil = \"2100-01-01\"",
        "month_day = 5\nexcept = [\"2126-01-05\"]",
        "dates = [\"2026-01-05\", \"2206-01-05\"]",
    ] {
        assert!(matches!(refused(toml), RuleError::Year { .. }), "{toml}");
    }
    says("dates = [\"2206-01-05\"]", &["dates = 2206-01-05", "1901", "2099"]);
}

#[test]
fn a_rule_that_can_never_occur_is_refused_with_the_reason() {
    says("cron = \"0 0 9 31 2 *\"", &["never occur", "no such day"]);
    says("cron = \"0 0 9 30 Feb Mon\"", &["no such day"]);
    says("dates = []", &["dates is empty"]);
    says("month_day = 5\nfrom = \"2026-02-01\"\nuntil = \"2026-01-01\"", &["lies before from"]);
    says(
        "month_day = 5\nfrom = \"2026-02-06\"\nuntil = \"2026-02-28\"",
        &["no date from 2026-02-06"],
    );
    says("month_day = 5\nfrom = \"2026-02-06\"\ncount = 0", &["count = 0"]);
    says(
        "dates = [\"2026-01-05\", \"2026-02-05\"]\nexcept = [\"2026-02-05\", \"2026-01-05\"]",
        &["except names every date"],
    );
    says("dates = [\"2099-12-31\"]\noffset_days = 1", &["no such day"]);
    says("dates = [\"2026-01-05\"]\nfrom = \"2027-01-01\"", &["no date from 2027-01-01"]);
    // Rare is not never.
    assert!(Rule::parse("cron = \"0 0 9 29 2 Mon\"").is_ok());
    assert!(Rule::parse("lunar = { month = 12, day = 30 }").is_ok());
}

#[test]
fn windows_outside_the_calendar_are_refused() {
    let rule = rule("month_day = 5");
    let ask = |from: NaiveDate, to: NaiveDate| {
        rule.occurrences(from..=to, SHANGHAI, &HolidayTable::new())
    };
    assert!(matches!(ask(day(1900, 12, 31), day(2026, 1, 1)), Err(RuleError::Year { .. })));
    assert!(matches!(ask(day(2026, 1, 1), day(2100, 1, 1)), Err(RuleError::Year { .. })));
    assert!(matches!(ask(NaiveDate::MIN, NaiveDate::MAX), Err(RuleError::Year { .. })));
    assert_eq!(ask(day(2026, 2, 1), day(2026, 1, 1)).unwrap(), []);
    assert_eq!(ask(day(1901, 1, 1), day(2099, 12, 31)).unwrap().len(), 199 * 12);
    assert!(rule.preview(day(2100, 1, 1), 1, SHANGHAI, &HolidayTable::new()).is_err());
}

#[test]
fn every_spelling_of_the_issue_is_read() {
    for toml in [
        "cron = \"0 30 8 * * *\"",
        "weekday = { nth = 3, day = \"sat\" }",
        "weekday = { nth = -1, day = \"Saturday\" }",
        "month_day = -1",
        "workday = 1",
        "workday = -1",
        "lunar = { month = 8, day = 15 }\nat = \"19:00\"",
        "lunar = { month = 12, day = -1 }",
        "solar_term = \"清明\"",
        "solar_term = \"qingming\"",
        "dates = [\"2026-03-05\"]",
        "cron = \"0 0 9 * * Mon\"\nevery_weeks = 2",
        "month_day = 5\noffset_days = -3\nholiday = \"after\"\nfrom = \"2026-01-01\"\n\
         until = \"2026-12-31\"\ncount = 3\nexcept = [\"2026-03-02\"]",
    ] {
        let rule = rule(toml);
        assert_eq!(rule.to_toml().trim_end(), toml, "written back as it was read");
    }
}

#[test]
fn bare_toml_dates_and_an_inline_table_are_read_too() {
    let quoted = rule("month_day = 5\nat = \"19:00\"\nfrom = \"2026-01-01\"");
    assert_eq!(rule("month_day = 5\nat = 19:00:00\nfrom = 2026-01-01"), quoted);
    assert_eq!(rule("{ month_day = 5, at = \"19:00\", from = \"2026-01-01\" }"), quoted);
    assert_eq!("month_day = 5\nat = \"19:00\"\nfrom = \"2026-01-01\"".parse(), Ok(quoted.clone()));
    assert_eq!(quoted.from(), Some(day(2026, 1, 1)));
    assert_eq!(quoted.until(), None);
    assert_eq!(quoted.holiday_policy(), HolidayPolicy::Keep);
    assert_eq!(
        rule("month_day = 5\nat = \"9:05:30\"").to_toml(),
        "month_day = 5\nat = \"09:05:30\"\n"
    );
}

#[test]
fn a_rule_stands_inside_other_toml_and_json() {
    #[derive(serde::Deserialize)]
    struct Segment {
        rule: Rule,
    }
    let segment: Segment = toml::from_str("[rule]\nmonth_day = 5\nfrom = 2026-01-01").unwrap();
    let json = serde_json::to_string(&segment.rule).unwrap();
    assert_eq!(json, "{\"month_day\":5,\"from\":\"2026-01-01\"}");
    let wrong = toml::from_str::<Segment>("[rule]\nmonth_day = 0").err().unwrap();
    assert!(wrong.to_string().contains("month_day = 0 is out of range"));
}
