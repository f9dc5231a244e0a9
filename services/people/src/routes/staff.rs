//! Members of staff, their roles and invitations.

use std::collections::BTreeSet;

use askama::Template;
use axum::{Extension, Form, extract::Path, response::Response};
use linli_platform::web::{Page, Refusal, Viewer, see};
use serde::Deserialize;
use uuid::Uuid;

use super::{Once, Shared, Text, WORDS, community, covered, meta, meta_of, or, page};
use crate::{
    adapters::{NewStaff, People},
    deciders::staff::Command,
    projections::staff::{self, StaffRow},
    values::roles::{PERMISSIONS, Role},
};

struct Member {
    id: Uuid,
    name: String,
    email: String,
    roles: Vec<(String, String)>,
    /// Whether all their roles lie within this desk's reach, so that it may let them go.
    ours: bool,
}

#[derive(Template)]
#[template(path = "staff.html")]
struct Staff<'a> {
    t: Text,
    community: &'a str,
    members: &'a [Member],
    places: &'a [String],
    roles: [&'static str; 4],
    table: Vec<(&'static str, [bool; 4])>,
    link: Option<&'a str>,
    cmd: Uuid,
}

/// The places in which this viewer may give roles from this desk: its own and those below; `*` only
/// for one who has it for all.
async fn reach(people: &People, viewer: &Viewer, code: &str) -> Result<BTreeSet<String>, Refusal> {
    let mut reach: BTreeSet<_> = covered(people, code).await?.into_iter().collect();
    if viewer.may("staff.manage", "*") {
        reach.insert("*".to_owned());
    }
    Ok(reach)
}

/// Whether all that somebody does here lies within reach. Who has no role belongs to no community,
/// so they are the business of an administrator of everything.
fn within(row: &StaffRow, reach: &BTreeSet<String>) -> bool {
    let all = row.roles.iter().all(|(_, place)| reach.contains(place));
    all && (!row.roles.is_empty() || reach.contains("*"))
}

async fn shown(
    people: &People,
    viewer: &Viewer,
    code: &str,
    link: Option<&str>,
) -> Result<Page, Refusal> {
    community(people, code).await?;
    let reach = reach(people, viewer, code).await?;
    let rows = people.tables.read(staff::members).await?;
    let mut members = Vec::new();
    for row in rows {
        if !row.roles.iter().any(|(_, place)| reach.contains(place)) && !within(&row, &reach) {
            continue;
        }
        let (name, email) = people.staff_in_clear(row.id).await.map_err(or(viewer))?;
        let ours = within(&row, &reach);
        members.push(Member { id: row.id, name, email, roles: row.roles, ours });
    }
    let table = PERMISSIONS.map(|p| (p, Role::ALL.map(|role| role.allows(p))));
    let t = Text(viewer.language);
    let places: Vec<_> = reach.into_iter().collect();
    let cmd = people.platform.entropy.uuid();
    let staff = Staff {
        t,
        community: code,
        members: &members,
        places: &places,
        roles: Role::ALL.map(Role::code),
        table: table.to_vec(),
        link,
        cmd,
    };
    Ok(page(t.w("staff_title"), &staff)?.of(code))
}

pub(super) async fn list(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
) -> Result<Page, Refusal> {
    shown(&people, &viewer, &code, None).await
}

#[derive(Deserialize)]
pub(super) struct Invite {
    cmd: Uuid,
    name: String,
    #[serde(default)]
    email: String,
    role: String,
    place: String,
}

/// The answer to the POST shows the link, which is kept nowhere.
pub(super) async fn invite(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Form(form): Form<Invite>,
) -> Result<Page, Refusal> {
    if !reach(&people, &viewer, &code).await?.contains(&form.place) {
        return Err(Refusal::forbidden());
    }
    let Invite { cmd, name, email, role, place } = form;
    let language = viewer.language.code().to_owned();
    let who = NewStaff { name, email, language, role, community: place };
    let (id, new) = people.join(meta(&viewer, cmd), who).await.map_err(or(&viewer))?;
    // A link lets its reader choose the password, so for a colleague who works elsewhere too there
    // is none from here: they have got the role and sign in as before.
    if !new && ours(&people, &viewer, &code, id).await.is_err() {
        return shown(&people, &viewer, &code, None).await;
    }
    let invited = people.invite_again(id).await.map_err(or(&viewer))?;
    shown(&people, &viewer, &code, Some(&invited.link)).await
}

/// Whether somebody's roles all lie within reach: a desk lets nobody go who works elsewhere too.
async fn ours(people: &People, viewer: &Viewer, code: &str, id: Uuid) -> Result<(), Refusal> {
    let reach = reach(people, viewer, code).await?;
    let row = people.tables.read(move |db| staff::member(db, id)).await?;
    let row = row.filter(|row| !row.gone).ok_or_else(Refusal::missing)?;
    if within(&row, &reach) { Ok(()) } else { Err(Refusal::forbidden()) }
}

pub(super) async fn invite_again(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Path<(String, Uuid)>,
    Form(_): Form<Once>,
) -> Result<Page, Refusal> {
    ours(&people, &viewer, &code, id).await?;
    let invited = people.invite_again(id).await.map_err(or(&viewer))?;
    shown(&people, &viewer, &code, Some(&invited.link)).await
}

#[derive(Deserialize)]
pub(super) struct GivenRole {
    cmd: Uuid,
    role: String,
    place: String,
    give: bool,
}

pub(super) async fn role(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Path<(String, Uuid)>,
    Form(form): Form<GivenRole>,
) -> Result<Response, Refusal> {
    if !reach(&people, &viewer, &code).await?.contains(&form.place) {
        return Err(Refusal::forbidden());
    }
    let asked = (id, &form.role, &form.place, form.give);
    let meta = meta_of(&viewer, form.cmd, &asked);
    let done = if form.give {
        let give = Command::GiveRole { role: form.role, community: form.place };
        people.staff(meta, id, give).await
    } else {
        people.take_role(meta, id, &form.role, &form.place).await
    };
    Ok(see(&format!("/desk/{code}/staff"), done.map_err(or(&viewer))?))
}

pub(super) async fn leave(
    Extension(people): Shared,
    viewer: Viewer,
    Path((code, id)): Path<(String, Uuid)>,
    Form(form): Form<Once>,
) -> Result<Response, Refusal> {
    ours(&people, &viewer, &code, id).await?;
    if viewer.person() == Some(id) {
        return Err(Refusal::no(WORDS.get(viewer.language, "no_oneself")));
    }
    let done = people.leave(meta(&viewer, form.cmd), id).await.map_err(or(&viewer))?;
    Ok(see(&format!("/desk/{code}/staff"), done))
}
