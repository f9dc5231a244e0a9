//! One's own profile, as a piece of the gateway's `/my`, and what its forms do.

use askama::Template;
use axum::{Extension, Form, response::Response};
use linli_platform::{
    directory::{Name, Purpose as For},
    web::{Refusal, Viewer, see},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Shared, Text, WORDS, meta, meta_of, or};
use crate::{
    adapters::{Clear, Edit, People},
    contract::Purpose,
    deciders::resident::Command,
    projections::residents::{self, ResidentRow},
};

/// Somebody who may act for the visitor, or for whom the visitor may act.
struct Bound {
    id: Uuid,
    name: String,
}

#[derive(Template)]
#[template(path = "my.html")]
struct My<'a> {
    t: Text,
    row: &'a ResidentRow,
    clear: &'a Clear,
    consents: Vec<(&'static str, bool)>,
    proxies: Vec<Bound>,
    acts_for: Vec<Bound>,
    cmds: [Uuid; 3],
}

#[derive(Template)]
#[template(path = "my_staff.html")]
struct MyStaff<'a> {
    t: Text,
    name: &'a str,
    email: &'a str,
}

/// The profile of whoever is signed in: language, large type, consents, proxies, signing out
/// everywhere. Needs somebody signed in.
pub async fn my(people: &People, viewer: &Viewer) -> Result<String, Refusal> {
    let who = viewer.principal.as_ref().ok_or_else(Refusal::sign_in)?;
    let t = Text(viewer.language);
    if who.staff {
        let (name, email) = people.staff_in_clear(who.person).await.map_err(or(viewer))?;
        let my = MyStaff { t, name: &name, email: &email };
        return my.render().map_err(Refusal::failed);
    }
    let id = who.person;
    let (row, clear) = people.known(id).await.map_err(or(viewer))?;
    let bound = people
        .tables
        .read(move |db| Ok((residents::proxies_of(db, id)?, residents::acts_for(db, id)?)));
    let (proxies, acts_for) = bound.await?;
    let my = My {
        t,
        consents: Purpose::ALL.map(|p| (p.code(), row.consents.contains(&p))).to_vec(),
        row: &row,
        clear: &clear,
        proxies: named(people, viewer, proxies).await?,
        acts_for: named(people, viewer, acts_for).await?,
        cmds: std::array::from_fn(|_| people.platform.entropy.uuid()),
    };
    my.render().map_err(Refusal::failed)
}

async fn named(people: &People, viewer: &Viewer, ids: Vec<Uuid>) -> Result<Vec<Bound>, Refusal> {
    let directory = &people.platform.directory;
    let names = directory.names(ids.clone(), viewer.principal.clone(), For::Own).await?;
    let name = |id: Uuid| {
        let name = match names.get(&id) {
            Some(Name::Known(name)) => name.clone(),
            Some(Name::Withheld { building: Some(building) }) => {
                WORDS.with(viewer.language, "a_resident_of", &[("building", building)])
            }
            _ => WORDS.get(viewer.language, "a_resident").to_owned(),
        };
        Bound { id, name }
    };
    Ok(ids.into_iter().map(name).collect())
}

/// The resident who is signed in, for whom these forms are.
fn myself(viewer: &Viewer) -> Result<Uuid, Refusal> {
    let who = viewer.principal.as_ref().ok_or_else(Refusal::sign_in)?;
    if who.staff { Err(Refusal::forbidden()) } else { Ok(who.person) }
}

#[derive(Deserialize)]
pub(super) struct Profile {
    cmd: Uuid,
    language: String,
    large_type: Option<String>,
}

pub(super) async fn profile(
    Extension(people): Shared,
    viewer: Viewer,
    Form(form): Form<Profile>,
) -> Result<Response, Refusal> {
    let edit = Edit {
        language: Some(form.language),
        large_type: Some(form.large_type.is_some()),
        ..Edit::default()
    };
    let done = people.change(meta(&viewer, form.cmd), myself(&viewer)?, edit).await;
    Ok(see("/my", done.map_err(or(&viewer))?))
}

#[derive(Deserialize)]
pub(super) struct Consent {
    cmd: Uuid,
    purpose: String,
    give: bool,
}

/// A guardian's consent is given at the desk, on paper, never by the child's own sign-in.
pub(super) async fn consent(
    Extension(people): Shared,
    viewer: Viewer,
    Form(form): Form<Consent>,
) -> Result<Response, Refusal> {
    let purpose = Purpose::of(&form.purpose).filter(|purpose| *purpose != Purpose::Guardian);
    let purpose = purpose.ok_or_else(Refusal::missing)?;
    let command = if form.give {
        Command::GiveConsent { purpose, how: "page".into() }
    } else {
        Command::WithdrawConsent { purpose }
    };
    let meta = meta_of(&viewer, form.cmd, &command);
    let done = people.resident(meta, myself(&viewer)?, command).await;
    Ok(see("/my", done.map_err(or(&viewer))?))
}

#[derive(Deserialize)]
pub(super) struct Ended {
    cmd: Uuid,
    proxy: Uuid,
}

pub(super) async fn end_proxy(
    Extension(people): Shared,
    viewer: Viewer,
    Form(form): Form<Ended>,
) -> Result<Response, Refusal> {
    let command = Command::EndProxy(form.proxy);
    let meta = meta_of(&viewer, form.cmd, &command);
    let done = people.resident(meta, myself(&viewer)?, command).await;
    Ok(see("/my", done.map_err(or(&viewer))?))
}
