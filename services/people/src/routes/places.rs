//! The places of a community: its compounds, grids and buildings.

use askama::Template;
use axum::{Extension, Form, extract::Path, response::Response};
use linli_platform::web::{Page, Refusal, Viewer, see};
use serde::Deserialize;
use uuid::Uuid;

use super::{CALLED_CHARS_MAX, Shared, Text, bounded, community, meta, or, page};
use crate::{
    adapters::People,
    contract::{Kind, Place},
    projections::places::{self, PlaceRow},
};

#[derive(Template)]
#[template(path = "places.html")]
struct Tree<'a> {
    t: Text,
    community: &'a str,
    may_manage: bool,
    places: &'a [PlaceRow],
    kinds: [Kind; 3],
    cmd: Uuid,
}

impl Tree<'_> {
    fn called<'p>(&self, place: &'p PlaceRow) -> &'p str {
        place.called(self.t.0)
    }
}

/// What a desk may add or change: what lies below its own community.
const BELOW: [Kind; 3] = [Kind::Compound, Kind::Grid, Kind::Building];

pub(super) async fn tree(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
) -> Result<Page, Refusal> {
    community(&people, &code).await?;
    let (t, place) = (Text(viewer.language), code.clone());
    let places = people.tables.read(move |db| places::within(db, &place)).await?;
    let may_manage = viewer.may("people.manage", &code);
    let cmd = people.platform.entropy.uuid();
    let shown = Tree { t, community: &code, may_manage, places: &places, kinds: BELOW, cmd };
    Ok(page(t.w("places_title"), &shown)?.of(&code))
}

/// Whether a place lies within the desk's own.
async fn within(people: &People, desk: &str, code: &str) -> Result<Option<PlaceRow>, Refusal> {
    let (desk, code) = (desk.to_owned(), code.to_owned());
    let path = people.tables.read(move |db| places::path(db, &code)).await?;
    let inside = path.iter().any(|place| place.code == desk);
    Ok(path.into_iter().next().filter(|_| inside))
}

#[derive(Deserialize)]
pub(super) struct Added {
    cmd: Uuid,
    code: String,
    name: String,
    #[serde(default)]
    name_en: String,
    kind: String,
    parent: String,
}

pub(super) async fn add(
    Extension(people): Shared,
    viewer: Viewer,
    Path(desk): Path<String>,
    Form(form): Form<Added>,
) -> Result<Response, Refusal> {
    within(&people, &desk, &form.parent).await?.ok_or_else(Refusal::missing)?;
    let kind = Kind::of(&form.kind).filter(|kind| BELOW.contains(kind));
    let place = Place {
        code: form.code.trim().to_lowercase(),
        name: bounded(&viewer, &form.name, CALLED_CHARS_MAX)?,
        name_en: bounded(&viewer, &form.name_en, CALLED_CHARS_MAX)?,
        kind: kind.ok_or_else(Refusal::missing)?,
        parent: form.parent,
        ..Place::default()
    };
    let done = people.add_place(meta(&viewer, form.cmd), place).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{desk}/places"), done.position))
}

#[derive(Deserialize)]
pub(super) struct Changed {
    cmd: Uuid,
    name: String,
    #[serde(default)]
    name_en: String,
    parent: String,
}

pub(super) async fn change(
    Extension(people): Shared,
    viewer: Viewer,
    Path((desk, code)): Path<(String, String)>,
    Form(form): Form<Changed>,
) -> Result<Response, Refusal> {
    let place = within(&people, &desk, &code).await?.ok_or_else(Refusal::missing)?;
    within(&people, &desk, &form.parent).await?.ok_or_else(Refusal::missing)?;
    if !BELOW.contains(&place.kind) {
        return Err(Refusal::forbidden());
    }
    let Changed { cmd, name, name_en, parent } = form;
    let name = bounded(&viewer, &name, CALLED_CHARS_MAX)?;
    let new = (name, bounded(&viewer, &name_en, CALLED_CHARS_MAX)?, parent);
    let done = people.change_place(meta(&viewer, cmd), &code, new).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{desk}/places"), done))
}
