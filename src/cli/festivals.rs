//! `linli festivals`: festivals, solar terms and public holidays of a civil year.

use chrono::NaiveDate;
use linli_almanac::{
    Festival, HolidayKind, HolidayTable, SolarTerm, YEARS, festivals, lunar, terms,
};
use serde::Serialize;

use super::Context;
use crate::{
    failure::Failure,
    holidays,
    output::{json, line, tell},
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The civil year, 1901 to 2099
    year: i32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Festivities {
    year: i32,
    /// The month that the lunar year beginning in this civil year repeats.
    leap_month: Option<u8>,
    festivals: Vec<Festival>,
    solar_terms: Vec<Term>,
    holidays: Vec<Day>,
}

#[derive(Serialize)]
struct Term {
    name: &'static str,
    date: NaiveDate,
}

#[derive(Serialize)]
struct Day {
    date: NaiveDate,
    name: String,
    kind: HolidayKind,
}

fn of(year: i32, table: &HolidayTable) -> Festivities {
    let day = |day: &linli_almanac::Holiday| Day {
        date: day.date,
        name: day.name.clone(),
        kind: day.kind,
    };
    let term =
        |term: SolarTerm| Some(Term { name: term.zh(), date: terms::term_date(year, term)? });
    Festivities {
        year,
        leap_month: lunar::leap_month(year),
        festivals: festivals::festivals(year),
        solar_terms: SolarTerm::ALL.into_iter().filter_map(term).collect(),
        holidays: table.of_year(year).map(day).collect(),
    }
}

pub(super) async fn run(cx: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let asked = arguments.year;
    if !YEARS.contains(&asked) {
        return Err(Failure::usage(format!("{asked}: only the years 1901 to 2099 are known")));
    }
    let table = holidays::in_folder(&cx.data()).await?;
    let year = of(asked, &table);
    if arguments.json {
        return json(&year);
    }
    for Festival { date, name } in &year.festivals {
        let lunar = lunar::text(*date).unwrap_or_default();
        line(format_args!("{date}  {name}  {lunar}"))?;
    }
    line("")?;
    for Term { date, name } in &year.solar_terms {
        line(format_args!("{date}  {name}"))?;
    }
    line("")?;
    for Day { date, name, kind } in &year.holidays {
        let kind = match kind {
            HolidayKind::Off => "off",
            HolidayKind::Work => "work",
        };
        line(format_args!("{date}  {name}  {kind}"))?;
    }
    if let Some(unknown) = holidays::unknown(&table, asked) {
        tell(unknown);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_year_stays() {
        let table = holidays::embedded().unwrap();
        let year = serde_json::to_value(of(2033, &table)).unwrap();
        assert_eq!(year["year"], 2033);
        assert_eq!(year["leap_month"], 11);
        assert_eq!(year["festivals"][0]["name"], "腊八");
        assert_eq!(year["solar_terms"].as_array().unwrap().len(), 24);
        assert_eq!(year["solar_terms"][0]["name"], "小寒");
        assert_eq!(year["holidays"].as_array().unwrap().len(), 0);
        let known = serde_json::to_value(of(2026, &table)).unwrap();
        assert_eq!(known["leap_month"], serde_json::Value::Null);
        let first = serde_json::json!({ "date": "2026-01-01", "name": "元旦", "kind": "off" });
        assert_eq!(known["holidays"][0], first);
        let work = known["holidays"].as_array().unwrap().iter().any(|day| day["kind"] == "work");
        assert!(work);
    }
}
