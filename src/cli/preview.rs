//! `linli preview`: the next dates of a rule, before anybody plans with it.

use chrono::NaiveDate;
use chrono_tz::Tz;
use linli_almanac::{Computed, HolidayTable, Rule, lunar};
use serde::Serialize;

use super::Context;
use crate::{
    failure::Failure,
    holidays,
    output::{json, line, tell},
};

/// The most dates in one answer.
const COUNT_MAX: usize = 10_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The rule in TOML, for example 'weekday = { nth = 3, day = "sat" }'
    #[arg(long)]
    rule: String,
    /// The first date
    #[arg(long)]
    from: NaiveDate,
    /// How many dates
    #[arg(long, default_value_t = 10)]
    count: usize,
    /// Whose wall clock the rule reads
    #[arg(long, default_value = "Asia/Shanghai")]
    zone: String,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// One line of what `--json` prints.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Date {
    /// `2026-09-25T19:00:00+08:00`, all day `2026-09-25`.
    start: String,
    /// `八月十五`.
    lunar: String,
}

impl From<&Computed> for Date {
    fn from(computed: &Computed) -> Self {
        let lunar = lunar::text(computed.starts_on).unwrap_or_default();
        Self { start: computed.start.to_string(), lunar }
    }
}

fn computed(arguments: &Arguments, table: &HolidayTable) -> Result<Vec<Computed>, Failure> {
    let wrong = |text: String| Failure::usage(text);
    let rule = Rule::parse(&arguments.rule).map_err(|error| wrong(format!("--rule: {error}")))?;
    let zone: Tz = arguments.zone.parse().map_err(|_| {
        wrong(format!("--zone {:?}: write an IANA name such as Europe/London", arguments.zone))
    })?;
    holidays::year_of(arguments.from)?;
    if arguments.count > COUNT_MAX {
        return Err(wrong(format!("--count: at most {COUNT_MAX} dates")));
    }
    Ok(rule.preview(arguments.from, arguments.count, zone, table)?)
}

pub(super) async fn run(cx: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let table = holidays::in_folder(&cx.data()).await?;
    let computed = computed(arguments, &table)?;
    let dates: Vec<Date> = computed.iter().map(Date::from).collect();
    if arguments.json {
        json(&dates)?;
    } else {
        for Date { start, lunar } in &dates {
            line(format_args!("{start}  {lunar}"))?;
        }
    }
    if let Some(first) = computed.iter().find(|computed| computed.unsettled) {
        let from = first.nominal;
        tell(format_args!("放假安排未公布: from {from} on, the holidays are not known"));
    }
    if dates.is_empty() {
        tell("the rule has no date from there on");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(rule: &str, from: &str, count: usize, zone: &str) -> Result<Vec<Date>, String> {
        let (rule, zone) = (rule.to_owned(), zone.to_owned());
        let arguments = Arguments { rule, from: from.parse().unwrap(), count, zone, json: true };
        computed(&arguments, &holidays::embedded().unwrap())
            .map(|all| all.iter().map(Date::from).collect())
            .map_err(|failure| {
                assert_eq!(failure.code(), 2);
                failure.text().unwrap().to_owned()
            })
    }

    #[test]
    fn the_shape_of_a_date_stays() {
        let rule = "lunar = { month = 8, day = 15 }\nat = \"19:00\"";
        let dates = preview(rule, "2026-01-01", 1, "Asia/Shanghai").unwrap();
        let json = serde_json::to_string(&dates).unwrap();
        let shape = r#"[{"start":"2026-09-25T19:00:00+08:00","lunar":"八月十五"}]"#;
        assert_eq!(json, shape);
        let dates = preview("month_day = -1", "2026-02-01", 1, "Europe/London").unwrap();
        assert_eq!(dates[0].start, "2026-02-28");
    }

    #[test]
    fn a_holiday_moves_a_date() {
        let rule = "cron = \"0 0 9 1 10 *\"\nholiday = \"after\"";
        let dates = preview(rule, "2026-01-01", 1, "Asia/Shanghai").unwrap();
        assert_eq!(dates[0].start, "2026-10-08T09:00:00+08:00");
    }

    #[test]
    fn what_cannot_be_computed_is_told_with_its_argument() {
        let day = "2026-01-01";
        assert!(preview("", day, 1, "Asia/Shanghai").unwrap_err().starts_with("--rule: "));
        let told = preview("month_day = 1", day, 1, "Shanghai").unwrap_err();
        assert!(told.contains("IANA"), "{told}");
        let told = preview("month_day = 1", "1800-01-01", 1, "Asia/Shanghai").unwrap_err();
        assert!(told.contains("1901 to 2099"), "{told}");
    }
}
