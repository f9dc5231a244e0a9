//! Rules → dates, lunar dates, and a community's year.

use std::{hint::black_box, path::Path, str::FromStr as _, time::Instant};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, TimeZone as _, Weekday};
use chrono_tz::{Asia::Shanghai, Tz};
use linli_almanac::{HolidayTable, HolidayYear, LunarDate, Rule, lunar};

use crate::{
    kit::{Lane, Table, goal, rate},
    peers,
};

/// A rule in our words, in cron's and as an RRULE, with the exceptions left out.
struct Case {
    name: &'static str,
    ours: &'static str,
    cron: &'static str,
    rrule: &'static str,
    /// How often one round goes through the fifty years.
    times: usize,
}

const CASES: [Case; 3] = [
    Case {
        name: "5th at 9:00",
        ours: "month_day = 5\nat = \"09:00\"",
        cron: "0 0 9 5 * *",
        rrule: "FREQ=MONTHLY;BYMONTHDAY=5;BYHOUR=9;BYMINUTE=0",
        times: 600,
    },
    Case {
        name: "daily 8:30",
        ours: "cron = \"0 30 8 * * *\"",
        cron: "0 30 8 * * *",
        rrule: "FREQ=DAILY;BYHOUR=8;BYMINUTE=30",
        times: 20,
    },
    Case {
        name: "third Saturday",
        ours: "weekday = { nth = 3, day = \"sat\" }\nat = \"09:00\"",
        cron: "0 0 9 15-21 * Sat",
        rrule: "FREQ=MONTHLY;BYDAY=3SA;BYHOUR=9;BYMINUTE=0",
        times: 600,
    },
];

const EXCEPT: &str = "except = [\"2026-12-05\", \"2027-01-16\", \"2030-05-05\", \"2040-06-16\"]";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn first() -> NaiveDate {
    day(2026, 1, 1)
}

fn last() -> NaiveDate {
    day(2075, 12, 31)
}

/// The limit: the dates by chrono's own arithmetic, one look at the zone each.
fn arithmetic(case: &Case) -> Result<usize> {
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).context("a time of day");
    let zoned = |date: NaiveDate, time: NaiveTime| -> Option<DateTime<Tz>> {
        Shanghai.from_local_datetime(&date.and_time(time)).single()
    };
    let months = (0..600).map(|n| first() + Months::new(n));
    let found: Vec<_> = match case.name {
        "daily 8:30" => {
            let time = at(8, 30)?;
            let days = first().iter_days().take_while(|date| *date <= last());
            days.filter_map(|date| zoned(date, time)).collect()
        }
        "5th at 9:00" => {
            let time = at(9, 0)?;
            months.filter_map(|month| zoned(month.with_day(5)?, time)).collect()
        }
        _ => {
            let (time, sat) = (at(9, 0)?, Weekday::Sat);
            let third =
                |m: NaiveDate| NaiveDate::from_weekday_of_month_opt(m.year(), m.month(), sat, 3);
            months.filter_map(|month| zoned(third(month)?, time)).collect()
        }
    };
    Ok(black_box(found).len())
}

fn repeated(times: usize, mut once: impl FnMut() -> Result<usize>) -> Result<f64> {
    let start = Instant::now();
    let mut n = 0;
    for _ in 0..times {
        n += once()?;
    }
    Ok(rate(n, start))
}

/// Gives the limit's own rate on the daily rule.
fn rules(table: &mut Table) -> Result<f64> {
    let mut daily = f64::INFINITY;
    let holidays = HolidayTable::new();
    let folder = tempfile::tempdir()?;
    let dateutil = peers::python("dateutil.rrule", include_str!("peers/dates.py"));
    let libical = peers::libical(folder.path());
    for case in &CASES {
        let rule = Rule::parse(&format!("{}\n{EXCEPT}", case.ours))?;
        let schedule = cron::Schedule::from_str(case.cron)?;
        let start = Shanghai.from_utc_datetime(&first().and_time(NaiveTime::MIN));
        let end = Shanghai.from_utc_datetime(&last().and_time(NaiveTime::MIN));
        let mut lanes = vec![
            Lane::new("Linli", || {
                repeated(case.times, || {
                    Ok(black_box(rule.occurrences(first()..=last(), Shanghai, &holidays)?).len())
                })
            }),
            Lane::new("chrono alone", || repeated(case.times, || arithmetic(case))),
            Lane::new("cron 0.17", || {
                repeated(1 + case.times / 10, || {
                    Ok(schedule.after(&start).take_while(|at| *at < end).count())
                })
            }),
        ];
        match &dateutil {
            Ok(dateutil) => {
                lanes.push(Lane::new("dateutil", || peers::rate_of(dateutil().arg(case.rrule))));
            }
            Err(absent) => table.note(absent.to_string()),
        }
        match &libical {
            Ok(libical) => {
                lanes.push(Lane::new("libical", || peers::rate_of(libical().arg(case.rrule))));
            }
            Err(absent) => table.note(absent.to_string()),
        }
        let goals = [goal("chrono alone", 0.2), goal("cron 0.17", 1.5), goal("libical", 20.0)];
        let limit = table.contest(&format!("50 years of \"{}\"", case.name), lanes, &goals)?;
        if case.name == "daily 8:30" {
            daily = limit;
        }
    }
    Ok(daily)
}

/// A civil date for each lunar date of the years 2000 to 2050.
fn lunar_dates(table: &mut Table) -> Result<()> {
    let days = day(2000, 2, 5).iter_days().take_while(|date| *date <= day(2050, 12, 31));
    let dates: Vec<LunarDate> = days.filter_map(lunar::to_lunar).collect();
    let icu: Vec<_> = dates
        .iter()
        .map(|date| {
            let month = icu_calendar::types::Month::new(date.month);
            (
                date.year,
                if date.leap { icu_calendar::types::Month::leap(date.month) } else { month },
                date.day,
            )
        })
        .collect();
    let calendar = icu_calendar::cal::ChineseTraditional::new();
    let lanes = vec![
        Lane::new("Linli", || {
            repeated(40, || {
                Ok(dates.iter().filter_map(|date| black_box(lunar::to_civil(*date))).count())
            })
        }),
        Lane::new("icu_calendar 2", || {
            repeated(40, || {
                let civil = icu.iter().filter_map(|(year, month, day)| {
                    let year = icu_calendar::types::YearInput::from(*year);
                    let date = icu_calendar::Date::try_new(year, *month, *day, calendar).ok()?;
                    Some(black_box(date.to_calendar(icu_calendar::Iso)))
                });
                Ok(civil.count())
            })
        }),
        Lane::new("tyme4rs 1", || {
            repeated(1, || {
                let few = dates.iter().step_by(20).map(|date| {
                    let month = isize::from(date.month) * if date.leap { -1 } else { 1 };
                    let year = isize::try_from(date.year).unwrap_or_default();
                    let day = tyme4rs::tyme::lunar::LunarDay::from_ymd(
                        year,
                        month,
                        usize::from(date.day),
                    );
                    black_box(day.get_solar_day())
                });
                Ok(few.count())
            })
        }),
    ];
    table.contest("lunar date → civil date", lanes, &[goal("icu_calendar 2", 1.0)])?;
    Ok(())
}

/// Every rule of a seed file, wherever it stands.
fn seeded(value: &toml::Value, rules: &mut Vec<Rule>) -> Result<()> {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value {
                    toml::Value::String(rule) if key == "rule" => rules.push(Rule::parse(rule)?),
                    _ => seeded(value, rules)?,
                }
            }
        }
        toml::Value::Array(values) => values.iter().try_for_each(|value| seeded(value, rules))?,
        _ => {}
    }
    Ok(())
}

fn whole_year(table: &mut Table, limit: f64) -> Result<()> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds");
    let read = |name: &str| std::fs::read_to_string(seeds.join(name)).context(name.to_owned());
    let mut rules = Vec::new();
    seeded(&toml::from_str(&read("xiguan.toml")?)?, &mut rules)?;
    let mut holidays = HolidayTable::new();
    holidays.adopt(toml::from_str::<HolidayYear>(&read("holidays/2026.toml")?)?)?;
    let window = day(2026, 1, 1)..=day(2026, 12, 31);
    let year = || -> Result<usize> {
        let mut n = 0;
        for rule in &rules {
            n += black_box(rule.occurrences(window.clone(), Shanghai, &holidays)?).len();
        }
        Ok(n)
    };
    let n = year()?;
    let mut rounds = Vec::new();
    for _ in 0..=crate::kit::ROUNDS {
        let start = Instant::now();
        for _ in 0..200 {
            year()?;
        }
        rounds.push(start.elapsed().as_secs_f64() * 1e6 / 200.0);
    }
    let work = format!("a community's year: {n} occurrences of {} rules, µs", rules.len());
    table.absolute(&work, rounds.split_off(1), 100.0, (46e6, limit));
    Ok(())
}

/// Measures and fills the table.
pub fn run(table: &mut Table) -> Result<()> {
    let limit = rules(table)?;
    lunar_dates(table)?;
    whole_year(table, limit)
}
