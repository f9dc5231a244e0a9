//! One resident at the desk: all that is known, and all that can be done.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Extension, Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    directory::{Lookup, Name, Purpose as For},
    vault::phone_digits,
    web::{Page, Refusal, Viewer, see},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Shared, Text, WORDS, covered, meta, meta_of, or, page,
    residents::{Line, lines, search},
};
use crate::{
    adapters::{Clear, Edit, People, PeopleError},
    contract::Purpose,
    deciders::resident::Command,
    projections::{
        groups::{self, TeamRow},
        places,
        residents::{self, ResidentRow},
    },
    values::{contact::plain, matching::Building},
};

/// Somebody else, beside an id.
struct Other {
    id: Uuid,
    name: String,
}

#[derive(Template)]
#[template(path = "resident.html")]
struct One<'a> {
    t: Text,
    base: String,
    community: &'a str,
    may_manage: bool,
    may_erase: bool,
    row: &'a ResidentRow,
    clear: &'a Clear,
    building: &'a str,
    buildings: &'a [Building],
    consents: Vec<(&'static str, bool)>,
    teams: Vec<(TeamRow, bool)>,
    proxies: Vec<Other>,
    acts_for: Vec<Other>,
    entered: Option<&'a Clear>,
    cmds: [Uuid; 8],
}

/// A resident of the path's community, or 404: an id of elsewhere is not for this desk.
async fn found(people: &People, code: &str, id: Uuid) -> Result<(ResidentRow, Clear), Refusal> {
    let scope = covered(people, code).await?;
    let (row, clear) = match people.known(id).await {
        Err(PeopleError::No { .. }) => return Err(Refusal::missing()),
        other => other.map_err(Refusal::failed)?,
    };
    if scope.contains(&row.community) { Ok((row, clear)) } else { Err(Refusal::missing()) }
}

async fn others(people: &People, viewer: &Viewer, ids: Vec<Uuid>) -> Result<Vec<Other>, Refusal> {
    let directory = &people.platform.directory;
    let names = directory.names(ids.clone(), viewer.principal.clone(), For::Desk).await?;
    let called = |id: &Uuid| match names.get(id) {
        Some(Name::Known(name)) => name.clone(),
        Some(Name::Withheld { building: Some(building) }) => {
            WORDS.with(viewer.language, "a_resident_of", &[("building", building)])
        }
        Some(Name::Withheld { building: None }) => {
            WORDS.get(viewer.language, "a_resident").to_owned()
        }
        Some(Name::Erased) | None => WORDS.get(viewer.language, "erased").to_owned(),
    };
    Ok(ids.into_iter().map(|id| Other { id, name: called(&id) }).collect())
}

async fn shown(
    people: &People,
    viewer: &Viewer,
    code: &str,
    id: Uuid,
    entered: Option<&Clear>,
) -> Result<Page, Refusal> {
    let (row, clear) = found(people, code, id).await?;
    let (t, place, lives_in) = (Text(viewer.language), row.community.clone(), row.building.clone());
    let scope = code.to_owned();
    let around = people.tables.read(move |db| {
        let member: BTreeSet<Uuid> = residents::teams_of(db, id)?.into_iter().collect();
        let teams = groups::teams(db, &place)?.into_iter();
        let teams: Vec<_> = teams.map(|team| (member.contains(&team.id), team)).collect();
        Ok((
            places::place(db, &lives_in)?,
            places::buildings(db, &scope)?,
            teams.into_iter().map(|(is, team)| (team, is)).collect(),
            residents::proxies_of(db, id)?,
            residents::acts_for(db, id)?,
        ))
    });
    let (building, buildings, teams, proxies, acts_for) = around.await?;
    let building = building.map_or(String::new(), |b| b.called(viewer.language).to_owned());
    let one = One {
        t,
        base: format!("/desk/{code}/residents/{id}"),
        community: code,
        may_manage: viewer.may("people.manage", code) && row.lives(),
        may_erase: viewer.may("people.erase", code) && !row.erased,
        consents: Purpose::ALL.map(|p| (p.code(), row.consents.contains(&p))).to_vec(),
        row: &row,
        clear: &clear,
        building: &building,
        buildings: &buildings,
        teams,
        proxies: others(people, viewer, proxies).await?,
        acts_for: others(people, viewer, acts_for).await?,
        entered,
        cmds: std::array::from_fn(|_| people.platform.entropy.uuid()),
    };
    let title = if row.erased { t.w("erased").to_owned() } else { clear.name.clone() };
    Ok(page(&title, &one)?.of(code))
}

type Here = Path<(String, Uuid)>;

pub(super) async fn show(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Here,
) -> Result<Page, Refusal> {
    shown(&people, &viewer, &code, id, None).await
}

#[derive(Deserialize)]
pub(super) struct Edited {
    cmd: Uuid,
    seen: u32,
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    flat: String,
    #[serde(default)]
    language: String,
    large_type: Option<String>,
    party_member: Option<String>,
    volunteer: Option<String>,
    building_head: Option<String>,
    under_14: Option<String>,
}

/// A form that was opened before somebody else's change comes back with both versions.
pub(super) async fn edit(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Here,
    Form(form): Form<Edited>,
) -> Result<Response, Refusal> {
    found(&people, &code, id).await?;
    let entered = Clear {
        name: form.name.clone(),
        phone: form.phone.clone(),
        email: form.email.clone(),
        flat: form.flat.clone(),
    };
    let edit = Edit {
        seen: Some(form.seen),
        name: Some(form.name),
        phone: Some(form.phone),
        email: Some(form.email),
        flat: Some(form.flat),
        language: Some(form.language).filter(|language| !language.is_empty()),
        large_type: Some(form.large_type.is_some()),
        party_member: Some(form.party_member.is_some()),
        volunteer: Some(form.volunteer.is_some()),
        building_head: Some(form.building_head.is_some()),
        under_14: Some(form.under_14.is_some()),
    };
    match people.change(meta_of(&viewer, form.cmd, &edit), id, edit).await {
        Ok(position) => Ok(see(&format!("/desk/{code}/residents/{id}"), position)),
        Err(PeopleError::No { key: "no_stale", .. }) => {
            let page = shown(&people, &viewer, &code, id, Some(&entered)).await?;
            Ok(page.status(StatusCode::CONFLICT).into_response())
        }
        Err(other) => Err(other.refusal(viewer.language)),
    }
}

async fn told(
    people: &People,
    viewer: &Viewer,
    (code, id): (String, Uuid),
    cmd: Uuid,
    command: Command,
) -> Result<Response, Refusal> {
    found(people, &code, id).await?;
    let meta = meta_of(viewer, cmd, &command);
    let done = people.resident(meta, id, command).await;
    Ok(see(&format!("/desk/{code}/residents/{id}"), done.map_err(or(viewer))?))
}

#[derive(Deserialize)]
pub(super) struct Moved {
    cmd: Uuid,
    building: String,
}

pub(super) async fn relocate(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Here,
    Form(form): Form<Moved>,
) -> Result<Response, Refusal> {
    found(&people, &code, id).await?;
    people.community_of(&form.building, Some(&code)).await.map_err(or(&viewer))?;
    let done = people.relocate(meta(&viewer, form.cmd), id, &form.building).await;
    Ok(see(&format!("/desk/{code}/residents/{id}"), done.map_err(or(&viewer))?))
}

#[derive(Deserialize)]
pub(super) struct Consent {
    cmd: Uuid,
    purpose: String,
    give: bool,
}

pub(super) async fn consent(
    Extension(people): Shared,
    viewer: Viewer,
    Path(here): Here,
    Form(form): Form<Consent>,
) -> Result<Response, Refusal> {
    let purpose = Purpose::of(&form.purpose).ok_or_else(Refusal::missing)?;
    let command = if form.give {
        Command::GiveConsent { purpose, how: "paper".into() }
    } else {
        Command::WithdrawConsent { purpose }
    };
    told(&people, &viewer, here, form.cmd, command).await
}

#[derive(Deserialize)]
pub(super) struct Membership {
    cmd: Uuid,
    team: Uuid,
    join: bool,
}

pub(super) async fn team(
    Extension(people): Shared,
    viewer: Viewer,
    Path(here): Here,
    Form(form): Form<Membership>,
) -> Result<Response, Refusal> {
    let (id, ours) = (form.team, covered(&people, &here.0).await?);
    let team = people.tables.read(move |db| groups::team(db, id)).await?;
    let joinable = team.is_some_and(|team| !team.ended && ours.contains(&team.community));
    if form.join && !joinable {
        return Err(Refusal::missing());
    }
    let command = if form.join { Command::JoinTeam(id) } else { Command::LeaveTeam(id) };
    told(&people, &viewer, here, form.cmd, command).await
}

#[derive(Deserialize)]
pub(super) struct Acting {
    cmd: Uuid,
    /// An id, a card's code, a telephone number, or a name with a flat.
    proxy: String,
    allow: bool,
}

/// The one resident that an id, a card's code, a telephone number, or a name with a flat stands for.
/// A name alone decides nothing.
async fn one_of(people: &People, viewer: &Viewer, code: &str, text: &str) -> Result<Uuid, Refusal> {
    let text = text.trim();
    if let Ok(id) = text.parse() {
        return Ok(found(people, code, id).await?.0.id);
    }
    let mut fitting = match text.rsplit_once(char::is_whitespace) {
        Some((name, flat)) if phone_digits(text).len() < 7 => {
            let named = search(people, code, name.trim()).await?;
            let t = Text(viewer.language);
            let lines = lines(people, t, named).await?.into_iter();
            let same = |line: &Line| line.name == name.trim() && line.flat == plain(flat);
            lines.filter(same).map(|line| line.id).collect()
        }
        _ if phone_digits(text).len() >= 7 => {
            search(people, code, text).await?.into_iter().map(|row| row.id).collect()
        }
        _ => people.platform.directory.find(Lookup::Card(text.to_owned())).await?,
    };
    match (fitting.pop(), fitting.is_empty()) {
        (Some(one), true) => Ok(found(people, code, one).await?.0.id),
        (Some(_), false) => {
            Err(Refusal::invalid(WORDS.get(viewer.language, "wrong_several_found")))
        }
        (None, _) => Err(Refusal::invalid(WORDS.get(viewer.language, "wrong_nobody_found"))),
    }
}

pub(super) async fn proxy(
    Extension(people): Shared,
    viewer: Viewer,
    Path(here): Here,
    Form(form): Form<Acting>,
) -> Result<Response, Refusal> {
    let command = if form.allow {
        Command::AllowProxy(one_of(&people, &viewer, &here.0, &form.proxy).await?)
    } else {
        Command::EndProxy(form.proxy.parse().map_err(|_| Refusal::missing())?)
    };
    told(&people, &viewer, here, form.cmd, command).await
}

#[derive(Deserialize)]
pub(super) struct Merge {
    cmd: Uuid,
    into: String,
}

pub(super) async fn merge(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Here,
    Form(form): Form<Merge>,
) -> Result<Response, Refusal> {
    found(&people, &code, id).await?;
    let into = one_of(&people, &viewer, &code, &form.into).await?;
    let done = people.merge(meta(&viewer, form.cmd), id, into).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{code}/residents/{into}"), done))
}

#[derive(Deserialize)]
pub(super) struct Erase {
    cmd: Uuid,
    /// Ticked: this can't be undone.
    sure: Option<String>,
}

pub(super) async fn erase(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Here,
    Form(form): Form<Erase>,
) -> Result<Response, Refusal> {
    found(&people, &code, id).await?;
    if form.sure.is_none() {
        return Err(Refusal::invalid(WORDS.get(viewer.language, "wrong_not_sure")));
    }
    let done = people.erase(meta(&viewer, form.cmd), id).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{code}/residents"), done))
}
