//! The first page: the communities, and what comes next in each. The same for programs.

use askama::Template;
use axum::{Extension, Json};
use linli_calendar::{projections::agenda::Ask, values::agenda::State};
use linli_people::{contract::Kind, projections::places};
use linli_platform::web::{Page, Refusal, Viewer};
use serde::Serialize;

use super::{
    Gateway,
    lines::{Line, days},
    words::Text,
};

/// How far ahead is counted.
const DAYS: u64 = 30;

#[derive(Template)]
#[template(path = "communities.html")]
struct Communities {
    t: Text,
    places: Vec<Card>,
    subdistricts: Vec<Card>,
    signed_in: bool,
}

struct Card {
    code: String,
    name: String,
    /// Where it lies: the names of all above it.
    above: String,
    coming: String,
    next: Option<Line>,
}

/// A community as programs see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Community {
    code: String,
    name: String,
    name_en: String,
    kind: &'static str,
    zone: String,
    /// Public occurrences of the next 30 days that are not cancelled.
    coming: usize,
}

async fn hosts(gateway: &Gateway) -> Result<Vec<places::PlaceRow>, Refusal> {
    let mut hosts = gateway.people.read(places::hosts).await?;
    hosts.sort_by(|a, b| (a.kind, &a.parent, &a.code).cmp(&(b.kind, &b.parent, &b.code)));
    Ok(hosts)
}

/// The public occurrences of a place's next days, over or cancelled ones left out.
async fn coming(
    gateway: &Gateway,
    code: &str,
) -> Result<Vec<linli_calendar::values::agenda::Entry>, Refusal> {
    let (here, now) = (gateway.here(code).await?, gateway.now());
    let mut entries = gateway.agenda(Ask::public(code, days(here.today, DAYS))).await?;
    entries.retain(|entry| entry.state != State::Cancelled && entry.end > now);
    Ok(entries)
}

pub(super) async fn page(
    Extension(gateway): Extension<Gateway>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    let (mut places, mut subdistricts) = (Vec::new(), Vec::new());
    for place in hosts(&gateway).await? {
        let card = card(&gateway, t, &place).await?;
        if place.kind == Kind::Subdistrict { subdistricts.push(card) } else { places.push(card) }
    }
    let page = Communities { t, places, subdistricts, signed_in: viewer.principal.is_some() };
    Ok(Page::new(t.w("communities_title"), page.render().map_err(Refusal::failed)?))
}

async fn card(gateway: &Gateway, t: Text, place: &places::PlaceRow) -> Result<Card, Refusal> {
    let coming = coming(gateway, &place.code).await?;
    let code = place.code.clone();
    let path = gateway.people.read(move |db| places::path(db, &code)).await?;
    let above: Vec<_> = path.iter().skip(1).rev().map(|place| place.called(t.0)).collect();
    Ok(Card {
        code: place.code.clone(),
        name: place.called(t.0).to_owned(),
        above: above.join(" · "),
        coming: t.of("coming", coming.len()),
        next: coming.first().map(|entry| Line::of(t, entry, None)),
    })
}

pub(super) async fn list(
    Extension(gateway): Extension<Gateway>,
) -> Result<Json<Vec<Community>>, Refusal> {
    let mut all = Vec::new();
    for place in hosts(&gateway).await? {
        let coming = coming(&gateway, &place.code).await?.len();
        let zone = gateway.here(&place.code).await?.zone.name().to_owned();
        let kind = place.kind.code();
        let places::PlaceRow { code, name, name_en, .. } = place;
        all.push(Community { code, name, name_en, kind, zone, coming });
    }
    Ok(Json(all))
}
