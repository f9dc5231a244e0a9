//! The board of promises: what is held, planned and owed in each period, and the last day to catch
//! up; making and dropping promises.

use askama::Template;
use axum::response::Response;
use chrono::{Datelike as _, NaiveDate};
use linli_platform::{
    entropy::derived,
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    told::{one, words},
};
use crate::{
    contract::{CadencePromise, Per},
    deciders::cadence::{Cadences, Command},
    projections::desk::{self, Kept},
    routes::Text,
    values::plan,
};

struct Row {
    id: Uuid,
    title: String,
    promise: String,
    period: String,
    done: u32,
    planned: u32,
    owed: u32,
    last: String,
    badge: &'static str,
}

#[derive(Template)]
#[template(path = "desk_cadences.html")]
struct View {
    t: Text,
    base: String,
    plan: String,
    month: String,
    rows: Vec<Row>,
    cmd: Uuid,
}

const PERS: [(&str, Per); 4] =
    [("month", Per::Month), ("week", Per::Week), ("quarter", Per::Quarter), ("year", Per::Year)];

fn row(t: Text, kept: Kept) -> Row {
    let standing = &kept.standing;
    let (first, last) = (*standing.period.start(), *standing.period.end());
    let per =
        PERS.iter().find(|(_, per)| *per == kept.promise.per).map_or("month", |(name, _)| name);
    let (n, per) = (kept.promise.at_least.to_string(), t.of("desk-per", per));
    let values = [("n", n.as_str()), ("per", &per), ("kind", &kept.promise.kind)];
    Row {
        id: kept.id,
        promise: t.with("desk-promise_words", &values),
        title: kept.promise.title,
        period: format!("{} – {}", t.date(first), t.date(last)),
        done: standing.done,
        planned: standing.planned,
        owed: standing.owed,
        last: standing.last_date_to_catch_up.map(|date| t.date(date)).unwrap_or_default(),
        badge: match () {
            () if standing.is_met() => "kept",
            () if standing.is_out_of_reach() => "missed",
            () => "owed",
        },
    }
}

/// The board of a month.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let today = desk.today();
    let asked: Option<NaiveDate> = format!("{}-01", desk.fields.get("month")).parse().ok();
    let first = asked.unwrap_or(today);
    let month = plan::month(first.year(), first.month()).unwrap_or(today..=today);
    let (code, zone, now) = (desk.code().to_owned(), desk.place.zone, desk.now);
    let kept = desk.read(move |db| desk::cadences(db, &code, &month, zone, now)).await?;
    let view = View {
        t: desk.t,
        base: desk.at("cadences"),
        plan: desk.at("plan"),
        month: first.format("%Y-%m").to_string(),
        rows: kept.into_iter().map(|kept| row(desk.t, kept)).collect(),
        cmd: desk.fresh(),
    };
    desk.page(desk.t.w("desk-cadences"), &view)
}

async fn give(desk: &Desk, id: Uuid, command: Command) -> Result<Response, Refusal> {
    let done = desk.give::<Cadences>(id, desk.cmd()?, command).await;
    Ok(desk.see("cadences", done.map_err(|error| desk.no(error))?))
}

/// Makes a promise.
pub(super) async fn set(desk: Desk) -> Result<Response, Refusal> {
    let text = desk.fields.get("at_least");
    let at_least = text.parse();
    let at_least =
        at_least.map_err(|_| Refusal::invalid(words(desk.t, &one("desk-no-number", text))));
    let per = PERS.iter().find(|(name, _)| *name == desk.fields.get("per"));
    let promise = CadencePromise {
        title: desk.fields.get("title").to_owned(),
        kind: desk.fields.get("kind").to_owned(),
        at_least: at_least?,
        per: per.map(|(_, per)| *per).unwrap_or_default(),
    };
    let id = derived(desk.code(), &format!("cadence/{}", desk.cmd()?.0));
    give(&desk, id, Command::Set(promise)).await
}

/// Lets a promise of this community hold no longer.
pub(super) async fn end(desk: Desk) -> Result<Response, Refusal> {
    let id = desk.part("cadence").parse().map_err(|_| Refusal::missing())?;
    give(&desk, id, Command::Drop).await
}
