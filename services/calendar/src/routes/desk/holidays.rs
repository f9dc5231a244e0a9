//! Public holidays: the papers that count; pasting a year's paper, what it changes, adopting it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use chrono::NaiveDate;
use linli_almanac::HolidayYear;
use linli_platform::{
    ids::{EVERYWHERE, StreamId},
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    told::{one, say, words},
};
use crate::{
    contract::{HolidayKind, HolidayPaper, SERVICE},
    deciders::holidays::{Command, Holidays},
    projections::holidays,
    routes::Text,
};

/// An adopted paper as it is listed.
struct Adopted {
    year: u32,
    source: String,
    days: Vec<String>,
}

/// What a paper changes: nothing, or days added (`new`), gone (`gone`) and otherwise (`other`).
struct Difference {
    year: u32,
    source: String,
    is_first: bool,
    lines: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "desk_holidays.html")]
struct View {
    t: Text,
    base: String,
    plan: String,
    adopted: Vec<Adopted>,
    error: String,
    difference: Option<Difference>,
    paper: String,
    cmd: Uuid,
}

type Days<'a> = BTreeMap<NaiveDate, (&'a str, HolidayKind)>;

fn days(paper: &HolidayPaper) -> Days<'_> {
    paper.days.iter().map(|day| (day.date, (day.name.as_str(), day.kind))).collect()
}

fn day(t: Text, date: NaiveDate, (name, kind): (&str, HolidayKind)) -> String {
    let kind = match kind {
        HolidayKind::Off => t.w("holiday_off"),
        HolidayKind::Work => t.w("holiday_work"),
    };
    format!("{} {name} {kind}", t.date(date))
}

fn difference(t: Text, before: Option<&HolidayPaper>, after: &HolidayPaper) -> Difference {
    let (old, new) = (before.map(days).unwrap_or_default(), days(after));
    let mut lines = Vec::new();
    for date in old.keys().chain(new.keys().filter(|date| !old.contains_key(date))) {
        match (old.get(date), new.get(date)) {
            (Some(was), None) => lines.push(("gone", day(t, *date, *was))),
            (None, Some(is)) => lines.push(("new", day(t, *date, *is))),
            (Some(was), Some(is)) if was != is => lines.push(("other", day(t, *date, *is))),
            _ => {}
        }
    }
    let (year, source) = (after.year, after.source.clone());
    Difference { year, source, is_first: before.is_none(), lines }
}

async fn show(desk: &Desk, error: String, difference: Option<Difference>) -> Result<Page, Refusal> {
    let t = desk.t;
    let adopted = desk.read(holidays::all).await?;
    let adopted = adopted.iter().map(|paper| Adopted {
        year: paper.year,
        source: paper.source.clone(),
        days: days(paper).into_iter().map(|(date, named)| day(t, date, named)).collect(),
    });
    let wrong = !error.is_empty();
    let view = View {
        t,
        base: desk.at("holidays"),
        plan: desk.at("plan"),
        adopted: adopted.collect(),
        error,
        difference,
        paper: desk.fields.get("paper").to_owned(),
        cmd: desk.fresh(),
    };
    let page = desk.page(t.w("desk-holidays"), &view)?;
    Ok(if wrong { page.status(StatusCode::UNPROCESSABLE_ENTITY) } else { page })
}

/// The papers, and the form.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    show(&desk, String::new(), None).await
}

/// The paper of the form; else what is wrong with it.
fn paper(desk: &Desk) -> Result<HolidayPaper, String> {
    let read: Result<HolidayYear, _> = toml::from_str(desk.fields.get("paper"));
    let paper = read.map_err(|no| words(desk.t, &one("desk-no-paper", no.to_string().trim())))?;
    paper.check().map_err(|no| say(desk.t, &no))?;
    Ok(HolidayPaper::of_almanac(&paper))
}

/// What a paper changes.
pub(super) async fn preview(desk: Desk) -> Result<Page, Refusal> {
    let paper = match paper(&desk) {
        Ok(paper) => paper,
        Err(no) => return show(&desk, no, None).await,
    };
    let adopted = desk.read(holidays::all).await?;
    let before = adopted.iter().find(|before| before.year == paper.year);
    show(&desk, String::new(), Some(difference(desk.t, before, &paper))).await
}

/// Adopts a paper, and goes on to the occurrences that it leaves elsewhere.
pub(super) async fn adopt(desk: Desk) -> Result<Response, Refusal> {
    let paper = match paper(&desk) {
        Ok(paper) => paper,
        Err(no) => return Ok(show(&desk, no, None).await?.into_response()),
    };
    let stream = StreamId::new(EVERYWHERE, SERVICE, "holidays", paper.year);
    let stream = stream.map_err(Refusal::failed)?;
    let done = desk.give_to::<Holidays>(&stream, desk.cmd()?, Command::Adopt(paper)).await;
    let position = done.map_err(|error| desk.no(error))?;
    let may = desk.viewer.may("occurrence.change", desk.code());
    Ok(desk.see(if may { "affected" } else { "holidays" }, position))
}
