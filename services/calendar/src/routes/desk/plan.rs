//! All activities of a community: how they stand, their rules in words, their next dates; and what
//! waits for the desk.

use askama::Template;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use linli_platform::web::{Page, Refusal};
use rusqlite::Connection;
use uuid::Uuid;

use super::{ask::Desk, existing::badge, form, rule_form, rule_words, told::words};
use crate::{
    deciders::activity::{Activities, Command},
    projections::{activities, agenda, desk},
    routes::Text,
    values::agenda::{Activity, Entry, State},
};

/// Next dates that a line of the plan shows.
const NEXT: usize = 3;
/// How far ahead they are looked for, in days: a festival comes once in 13 lunar months.
const NEXT_DAYS: u64 = 400;

struct Row {
    path: String,
    title: String,
    kinds: String,
    state: &'static str,
    visibility: Option<&'static str>,
    rule: String,
    next: Vec<(String, &'static str)>,
    draft: bool,
    publish: String,
    cmd: Uuid,
}

#[derive(Template)]
#[template(path = "desk_plan.html")]
struct View {
    t: Text,
    base: String,
    place: String,
    rows: Vec<Row>,
    affected: usize,
    clashes: Vec<(String, String, String)>,
    may: Vec<(&'static str, &'static str)>,
    may_publish: bool,
}

/// Other pages of the desk, with the permission that each needs.
const PAGES: [(&str, &str, &str); 6] = [
    ("publish", "desk-publish", "activity.publish"),
    ("affected", "desk-affected", "occurrence.change"),
    ("venues", "desk-venues", "venue.manage"),
    ("cadences", "desk-cadences", "activity.plan"),
    ("feeds", "desk-feeds", "activity.plan"),
    ("holidays", "desk-holidays", "holidays.adopt"),
];

/// How an activity stands.
pub(super) fn state(activity: &Activity, today: NaiveDate) -> &'static str {
    match (activity.published, activity.retired_from) {
        (_, Some(end)) if end <= today => "retired",
        (true, _) => "published",
        (false, _) => "draft",
    }
}

/// All that the plan reads at once.
struct Read {
    activities: Vec<(Activity, Vec<Entry>)>,
    affected: usize,
    clashes: Vec<desk::Clashing>,
}

fn read(
    db: &Connection,
    code: &str,
    today: NaiveDate,
    now: chrono::DateTime<chrono::Utc>,
) -> rusqlite::Result<Read> {
    let window = today..=today.checked_add_days(Days::new(NEXT_DAYS)).unwrap_or(today);
    let mut all = Vec::new();
    for activity in activities::shown_in(db, code)? {
        if activity.community == code {
            let entries = agenda::of_one(db, activity.clone(), &window, now)?.into_iter();
            let next = entries.filter(|e| e.end > now && e.state != State::Cancelled);
            all.push((activity, next.take(NEXT).collect()));
        }
    }
    Ok(Read {
        activities: all,
        affected: desk::affected(db, code, now)?.len(),
        clashes: desk::clashes(db, code, now)?,
    })
}

fn row(desk: &Desk, activity: &Activity, next: &[Entry]) -> Row {
    let t = desk.t;
    let visibility = form::visibility(activity.description.visibility);
    Row {
        path: desk.at(format_args!("plan/{}", activity.id)),
        title: called(t, activity),
        kinds: activity.description.kinds.join("、"),
        state: state(activity, desk.today()),
        visibility: (visibility != "public").then_some(visibility),
        rule: activity.segments.last().map(|one| rule_words::rule(t, one)).unwrap_or_default(),
        next: next.iter().map(|entry| (t.entry_when(entry), badge(entry.state))).collect(),
        draft: !activity.published && !activity.segments.is_empty(),
        publish: desk.at(format_args!("plan/{}/publish", activity.id)),
        cmd: desk.fresh(),
    }
}

/// The title of an activity in the reader's language, as far as it has one.
pub(super) fn called(t: Text, activity: &Activity) -> String {
    let of = &activity.description;
    let english = t.is_english() && !of.title_en.is_empty();
    if english { of.title_en.clone() } else { of.title.clone() }
}

/// The plan.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let (code, today, now, t) = (desk.code().to_owned(), desk.today(), desk.now, desk.t);
    let read = desk.read(move |db| read(db, &code, today, now)).await?;
    let clash = |one: &desk::Clashing| {
        let path = desk.at(format_args!("change/{}/{}", one.entry.activity.id, one.entry.id));
        let title = one.entry.called(t.is_english()).to_owned();
        (path, title, format!("{} {}", t.entry_when(&one.entry), t.venue(&one.entry)))
    };
    let pages = PAGES.into_iter().filter(|(.., needs)| desk.viewer.may(needs, desk.code()));
    let view = View {
        t,
        base: format!("/desk/{}", desk.code()),
        place: desk.place.called(t.is_english()).to_owned(),
        rows: read.activities.iter().map(|(one, next)| row(&desk, one, next)).collect(),
        affected: read.affected,
        clashes: read.clashes.iter().map(clash).collect(),
        may: pages.map(|(path, words, _)| (path, words)).collect(),
        may_publish: desk.viewer.may("activity.publish", desk.code()),
    };
    desk.page(t.w("desk-plan"), &view)
}

/// Publishes one activity.
pub(super) async fn publish(desk: Desk) -> Result<Response, Refusal> {
    change(&desk, Command::Publish).await
}

/// Ends one activity: no occurrence is computed from a date on.
pub(super) async fn retire(desk: Desk) -> Result<Response, Refusal> {
    let from = rule_form::date(desk.fields.get("retire_from"));
    let from = from.map_err(|reason| Refusal::invalid(words(desk.t, &reason)))?;
    change(&desk, Command::Retire { from }).await
}

async fn change(desk: &Desk, command: Command) -> Result<Response, Refusal> {
    let id = desk.activity().await?.id;
    let done = desk.give::<Activities>(id, desk.cmd()?, command).await;
    let position = done.map_err(|error| desk.no(error))?;
    Ok(desk.see(format_args!("plan/{id}"), position))
}
