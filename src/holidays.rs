//! The public holidays that a command without a server computes with: those of the log, where there
//! is one, over those that are part of the program.

use std::path::Path;

use chrono::Datelike as _;
use futures::{StreamExt as _, stream};
use linli_almanac::{HolidayTable, YEARS};
use linli_calendar::contract::{HolidaysEvent, SERVICE};
use linli_platform::{
    event_log::{
        EventLog as _,
        sqlite::{OpenMode, SqliteLog},
    },
    ids::{EVERYWHERE, StreamId, Version},
};

use crate::{
    failure::Failure,
    seeds::{embedded, read::read},
};

/// The holidays of the program's own seeds.
pub fn embedded() -> Result<HolidayTable, Failure> {
    let papers = embedded::files().iter().filter(|file| file.path.contains("/holidays/"));
    let papers: Vec<_> = papers.cloned().collect();
    let mut table = HolidayTable::new();
    for paper in read(&papers)?.holidays {
        table.adopt(paper.it)?;
    }
    Ok(table)
}

/// The holidays that count in a data folder; without a log there, the program's own.
pub async fn in_folder(data: &Path) -> Result<HolidayTable, Failure> {
    let mut table = embedded()?;
    if !data.join("log.db").is_file() {
        return Ok(table);
    }
    let log = SqliteLog::open(data, OpenMode::ReadOnly)?;
    let years = stream::iter(YEARS).map(|year| {
        let log = &log;
        async move {
            let stream = StreamId::new(EVERYWHERE, SERVICE, "holidays", year)?;
            Ok::<_, Failure>(log.read(&stream, Version(0)).await?)
        }
    });
    let mut years = years.buffered(8);
    while let Some(commits) = years.next().await {
        for commit in commits? {
            for (_, _, event) in commit.events() {
                let HolidaysEvent::HolidaysAdopted(paper) = event.decode()?;
                table.adopt(paper.to_almanac())?;
            }
        }
    }
    Ok(table)
}

/// What to tell if a year's holidays are not known.
pub fn unknown(table: &HolidayTable, year: i32) -> Option<String> {
    let missing = !table.has_year(year);
    missing
        .then(|| format!("放假安排未公布: the holidays of {year} are not known, all dates stand"))
}

/// Whether a date's year can be asked for.
pub fn year_of(date: chrono::NaiveDate) -> Result<i32, Failure> {
    if YEARS.contains(&date.year()) {
        Ok(date.year())
    } else {
        Err(Failure::usage(format!("{date}: only the years 1901 to 2099 can be computed")))
    }
}
