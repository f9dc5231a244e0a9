//! A form that came too late: both versions side by side (409), and the ways to go on.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use linli_platform::{ids::Version, web::Refusal};
use uuid::Uuid;

use super::{ask::Desk, fields::Fields, form};
use crate::{
    contract::{Description, SegmentAdded, Words},
    deciders::activity::{Occurrence, Shown, Stale},
    projections::venues,
    routes::Text,
    values::{agenda::VenueName, zone},
};

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub label: String,
    pub yours: String,
    pub now: String,
}

#[derive(Template)]
#[template(path = "desk_stale.html")]
struct View<'a> {
    t: Text,
    base: &'a str,
    back: &'a str,
    rows: Vec<Row>,
    fields: Fields,
    cmd: Uuid,
}

type Names = BTreeMap<Uuid, Arc<VenueName>>;

/// What one side says, in the order of the form.
type Side = Vec<(String, String)>;

/// The page of both. `base` is where the form was sent, `back` where it is opened anew, `seen` the
/// field that carries the version, with the present one.
pub(super) async fn page(
    desk: &Desk,
    stale: &Stale,
    at: (&str, &str),
    seen: (&str, Version),
) -> Result<Response, Refusal> {
    let names = desk.read(venues::names).await?;
    let (yours, now) = (side(desk.t, &stale.yours, &names), side(desk.t, &stale.now, &names));
    let mut fields = desk.fields.clone();
    fields.set(seen.0, seen.1.0);
    compared(desk, fields, at, &yours, &now)
}

/// The page of two sides that were told already, with the fields to send anew.
pub(super) fn compared(
    desk: &Desk,
    mut fields: Fields,
    (base, back): (&str, &str),
    yours: &[(String, String)],
    now: &[(String, String)],
) -> Result<Response, Refusal> {
    fields.0.retain(|(key, _)| key != "cmd");
    let view = View { t: desk.t, base, back, rows: rows(yours, now), fields, cmd: desk.fresh() };
    let page = desk.page(desk.t.w("desk-stale"), &view)?;
    Ok(page.status(StatusCode::CONFLICT).into_response())
}

fn rows(yours: &[(String, String)], now: &[(String, String)]) -> Vec<Row> {
    let of = |side: &[(String, String)], label: &str| {
        let found = side.iter().find(|(name, _)| name == label);
        found.map_or_else(String::new, |(_, text)| text.clone())
    };
    let others = now.iter().filter(|(label, _)| yours.iter().all(|(name, _)| name != label));
    let labels = yours.iter().chain(others).map(|(label, _)| label);
    let row =
        |label: &String| Row { label: label.clone(), yours: of(yours, label), now: of(now, label) };
    labels.map(row).filter(|row| row.yours != row.now).collect()
}

fn side(t: Text, shown: &Shown, names: &Names) -> Side {
    let told = match shown {
        Shown::Nothing => Vec::new(),
        Shown::Activity(description) => activity(t, description, names),
        Shown::Rule(rule) => segment(rule),
        Shown::Words(words) => own(words),
        Shown::Place(place) => occurrence(t, place, names),
        Shown::Cancelled => vec![("state", t.w("state_cancelled").to_owned())],
    };
    told.into_iter().map(|(key, text)| (t.of("desk-field", key), text)).collect()
}

fn venue(t: Text, id: Option<&Uuid>, names: &Names) -> String {
    let name = id.and_then(|id| names.get(id));
    name.map_or_else(String::new, |name| name.called(t.is_english()).to_owned())
}

fn activity(t: Text, of: &Description, names: &Names) -> Vec<(&'static str, String)> {
    let duties = of.duties.iter().map(|duty| format!("{} × {}", duty.name, duty.places));
    let turns = of.rotation.iter().map(|id| venue(t, Some(id), names));
    let yes = |set: bool| t.w(if set { "desk-yes" } else { "desk-no" }).to_owned();
    vec![
        ("title", of.title.clone()),
        ("title_en", of.title_en.clone()),
        ("kinds", of.kinds.join("、")),
        ("visibility", t.of("desk-visibility", form::visibility(of.visibility))),
        ("team", of.teams.len().to_string()),
        ("venue", venue(t, of.venue.as_ref(), names)),
        ("rotation", turns.collect::<Vec<_>>().join("、")),
        ("audience", of.audience.clone()),
        ("minutes", of.minutes.to_string()),
        ("capacity", of.capacity.to_string()),
        ("attendance", t.of("desk-attendance", form::attendance(of.attendance))),
        ("expected", yes(of.expected)),
        ("guardian_consent", yes(of.guardian_consent)),
        ("duties", duties.collect::<Vec<_>>().join("\n")),
        ("contact", of.contact.map(|id| id.to_string()).unwrap_or_default()),
        ("partners", of.partners.join(" ")),
        ("text", of.text.clone()),
        ("text_en", of.text_en.clone()),
    ]
}

fn segment(rule: &SegmentAdded) -> Vec<(&'static str, String)> {
    vec![
        ("from", rule.from.to_string()),
        ("until", rule.until.map(|date| date.to_string()).unwrap_or_default()),
        ("rule", rule.rule.trim().to_owned()),
    ]
}

fn own(words: &Words) -> Vec<(&'static str, String)> {
    vec![
        ("title", words.title.clone().unwrap_or_default()),
        ("title_en", words.title_en.clone().unwrap_or_default()),
        ("text", words.text.clone().unwrap_or_default()),
        ("kinds", words.kinds.join("、")),
        ("capacity", words.capacity.map(|n| n.to_string()).unwrap_or_default()),
    ]
}

fn occurrence(t: Text, one: &Occurrence, names: &Names) -> Vec<(&'static str, String)> {
    use crate::deciders::activity::Standing as S;
    let state = match one.standing {
        S::Opened => "opened",
        S::Moved => "moved",
        S::Cancelled => "cancelled",
    };
    vec![
        ("when", t.when(one.start, one.end, one.all_day, zone(&one.zone))),
        ("venue", venue(t, one.venue.as_ref(), names)),
        ("state", t.of("state", state)),
    ]
}
