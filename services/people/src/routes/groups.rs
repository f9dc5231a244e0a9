//! Teams and partner units of a community.

use askama::Template;
use axum::{Extension, Form, extract::Path, response::Response};
use linli_platform::web::{Page, Refusal, Viewer, see};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    ABOUT_CHARS_MAX, CALLED_CHARS_MAX, Shared, Text, bounded, community, meta, meta_of, or, page,
};
use crate::{
    deciders::{team, unit},
    projections::groups::{self, TeamRow, UnitRow},
};

#[derive(Template)]
#[template(path = "teams.html")]
struct TeamPage<'a> {
    t: Text,
    community: &'a str,
    may_manage: bool,
    teams: &'a [TeamRow],
    cmd: Uuid,
}

pub(super) async fn teams(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
) -> Result<Page, Refusal> {
    community(&people, &code).await?;
    let (t, place) = (Text(viewer.language), code.clone());
    let teams = people.tables.read(move |db| groups::teams(db, &place)).await?;
    let (may_manage, cmd) = (viewer.may("people.manage", &code), people.platform.entropy.uuid());
    let shown = TeamPage { t, community: &code, may_manage, teams: &teams, cmd };
    Ok(page(t.w("teams_title"), &shown)?.of(&code))
}

#[derive(Deserialize)]
pub(super) struct Found {
    cmd: Uuid,
    name: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    about: String,
}

pub(super) async fn found(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Form(form): Form<Found>,
) -> Result<Response, Refusal> {
    let Found { cmd, name, parent, about } = form;
    let name = bounded(&viewer, &name, CALLED_CHARS_MAX)?;
    let about = bounded(&viewer, &about, ABOUT_CHARS_MAX)?;
    let command =
        team::Command::Found { community: code.clone(), name, parent: parent.parse().ok(), about };
    // The form's own id names the team: sent twice it founds one.
    let done = people.team(meta(&viewer, cmd), cmd, command).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{code}/teams"), done))
}

#[derive(Deserialize)]
pub(super) struct Renamed {
    cmd: Uuid,
    #[serde(default)]
    name: String,
    end: Option<String>,
}

pub(super) async fn change_team(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Path<(String, Uuid)>,
    Form(form): Form<Renamed>,
) -> Result<Response, Refusal> {
    let team = people.tables.read(move |db| groups::team(db, id)).await?;
    if team.is_none_or(|team| team.community != code) {
        return Err(Refusal::missing());
    }
    let command = match form.end {
        Some(_) => team::Command::End,
        None => team::Command::Rename { name: bounded(&viewer, &form.name, CALLED_CHARS_MAX)? },
    };
    let done = people.team(meta_of(&viewer, form.cmd, &command), id, command).await;
    Ok(see(&format!("/desk/{code}/teams"), done.map_err(or(&viewer))?))
}

#[derive(Template)]
#[template(path = "units.html")]
struct UnitPage<'a> {
    t: Text,
    community: &'a str,
    may_manage: bool,
    units: &'a [UnitRow],
    kinds: [&'static str; 6],
    cmd: Uuid,
}

pub(super) async fn units(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
) -> Result<Page, Refusal> {
    community(&people, &code).await?;
    let (t, place) = (Text(viewer.language), code.clone());
    let units = people.tables.read(move |db| groups::units(db, &place)).await?;
    let (may_manage, cmd) = (viewer.may("people.manage", &code), people.platform.entropy.uuid());
    let shown =
        UnitPage { t, community: &code, may_manage, units: &units, kinds: unit::KINDS, cmd };
    Ok(page(t.w("units_title"), &shown)?.of(&code))
}

#[derive(Deserialize)]
pub(super) struct Added {
    cmd: Uuid,
    name: String,
    kind: String,
}

pub(super) async fn add_unit(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Form(Added { cmd, name, kind }): Form<Added>,
) -> Result<Response, Refusal> {
    let (community, name) = (code.clone(), bounded(&viewer, &name, CALLED_CHARS_MAX)?);
    let command = unit::Command::Add { community, name, kind };
    let done = people.unit(meta(&viewer, cmd), cmd, command).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{code}/units"), done))
}

pub(super) async fn change_unit(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Path<(String, Uuid)>,
    Form(form): Form<Renamed>,
) -> Result<Response, Refusal> {
    let unit = people.tables.read(move |db| groups::unit(db, id)).await?;
    if unit.is_none_or(|unit| unit.community != code) {
        return Err(Refusal::missing());
    }
    let command = match form.end {
        Some(_) => unit::Command::End,
        None => unit::Command::Rename { name: bounded(&viewer, &form.name, CALLED_CHARS_MAX)? },
    };
    let done = people.unit(meta_of(&viewer, form.cmd, &command), id, command).await;
    Ok(see(&format!("/desk/{code}/units"), done.map_err(or(&viewer))?))
}
