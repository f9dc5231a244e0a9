//! Publishing a month: what it does, activity by activity, and doing it.

use askama::Template;
use axum::response::Response;
use chrono::{Datelike as _, Months, NaiveDate};
use linli_platform::{
    ids::Position,
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    form,
    plan::called,
    told::{one, words},
};
use crate::{
    contract::Opening,
    deciders::activity::{Activities, Command},
    projections::{desk, venues},
    routes::Text,
    values::{desk::Publication, plan, zone},
};

struct Row {
    id: Uuid,
    path: String,
    title: String,
    publishes: bool,
    visibility: &'static str,
    openings: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "desk_publish.html")]
struct View {
    t: Text,
    base: String,
    month: String,
    name: String,
    before: String,
    after: String,
    rows: Vec<Row>,
    dates: usize,
    public: usize,
    cmd: Uuid,
}

/// The first day of the month that was asked for; else the next month's.
fn month(desk: &Desk) -> Result<NaiveDate, Refusal> {
    let text = desk.fields.get("month");
    if text.is_empty() {
        let today = desk.today();
        let first = today.with_day(1).unwrap_or(today);
        return Ok(first.checked_add_months(Months::new(1)).unwrap_or(first));
    }
    let wrong = |_| Refusal::invalid(words(desk.t, &one("desk-no-month", text)));
    format!("{text}-01").parse().map_err(wrong)
}

async fn publications(desk: &Desk, first: NaiveDate) -> Result<Vec<Publication>, Refusal> {
    let (code, now) = (desk.code().to_owned(), desk.now);
    let window = plan::month(first.year(), first.month()).ok_or_else(Refusal::missing)?;
    desk.read(move |db| desk::month_plan(db, &code, &window, now)).await
}

/// What publishing a month will do.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let first = month(&desk)?;
    let publications = publications(&desk, first).await?;
    let names = desk.read(venues::names).await?;
    let t = desk.t;
    let opening = |one: &Opening| {
        let name = one.venue.and_then(|venue| names.get(&venue));
        let name = name.map_or("", |name| name.called(t.is_english())).to_owned();
        (t.when(one.start, one.end, one.all_day, zone(&one.zone)), name, one.unsettled)
    };
    let row = |one: &Publication| Row {
        id: one.activity.id,
        path: desk.at(format_args!("plan/{}", one.activity.id)),
        title: called(t, &one.activity),
        publishes: one.publishes,
        visibility: form::visibility(one.activity.description.visibility),
        openings: one.openings.iter().map(opening).collect(),
    };
    let rows: Vec<Row> = publications.iter().map(row).collect();
    let count = |rows: &mut dyn Iterator<Item = &Row>| rows.map(|row| row.openings.len()).sum();
    let written = |first: NaiveDate| first.format("%Y-%m").to_string();
    let (before, after) = (
        first.checked_sub_months(Months::new(1)).unwrap_or(first),
        first.checked_add_months(Months::new(1)).unwrap_or(first),
    );
    let view = View {
        t,
        base: desk.at("publish"),
        month: written(first),
        name: t.month(first),
        before: written(before),
        after: written(after),
        dates: count(&mut rows.iter()),
        public: count(&mut rows.iter().filter(|row| row.visibility == "public")),
        rows,
        cmd: desk.fresh(),
    };
    desk.page(t.w("desk-publish"), &view)
}

/// Publishes what was ticked: one command per activity.
pub(super) async fn publish(desk: Desk) -> Result<Response, Refusal> {
    let first = month(&desk)?;
    desk.cmd()?;
    let mut position = Position(0);
    for Publication { activity, openings, .. } in publications(&desk, first).await? {
        if !desk.fields.names("activity", &activity.id) {
            continue;
        }
        let id = desk.cmd_for(activity.id)?;
        let command = Command::PublishMonth { openings, own: false };
        let done = desk.give::<Activities>(activity.id, id, command).await;
        position = position.max(done.map_err(|error| desk.no(error))?);
    }
    Ok(desk.see(format_args!("publish?month={}", first.format("%Y-%m")), position))
}
