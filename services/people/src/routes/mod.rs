//! Pages, forms and JSON: letting people in, the desk's pages about people, one's own profile.

mod api;
mod cards;
pub mod fragments;
mod groups;
mod import;
mod invite;
mod places;
mod resident;
mod residents;
mod sign_in;
mod staff;
mod words;

use askama::Template;
use axum::{Extension, extract::DefaultBodyLimit, handler::Handler as _};
use linli_platform::{
    entropy::derived,
    ids::CommandId,
    stream::Meta,
    web::{Need, Page, Refusal, Routes, Viewer},
};
use uuid::Uuid;

pub(crate) use words::Text;
pub use words::{WORDS, vocabulary};

use crate::{
    adapters::{People, PeopleError},
    projections::places::{PlaceRow, place, scope},
};

/// The most bytes of a residents' list that is read in.
const LIST_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(crate) type Shared = Extension<People>;

/// A form that asks for nothing but to be sent once.
#[derive(serde::Deserialize)]
pub(crate) struct Once {
    pub cmd: Uuid,
}

pub(crate) fn meta(viewer: &Viewer, cmd: Uuid) -> Meta {
    Meta::by(viewer.actor(), CommandId(cmd))
}

/// For one of several forms that a page shows under the same id: what is asked is part of the
/// command's id, so that going back and pressing another button is another command.
pub(crate) fn meta_of(viewer: &Viewer, cmd: Uuid, asked: &impl std::fmt::Debug) -> Meta {
    let cmd = derived(&cmd.to_string(), &format!("{asked:?}"));
    Meta::by(viewer.actor(), CommandId(cmd))
}

pub(crate) fn page(title: &str, template: &impl Template) -> Result<Page, Refusal> {
    Ok(Page::new(title, template.render().map_err(Refusal::failed)?))
}

/// What a page makes of an error.
pub(crate) fn or(viewer: &Viewer) -> impl Fn(PeopleError) -> Refusal {
    let language = viewer.language;
    move |error| error.refusal(language)
}

/// The most characters of what a team, a unit or a place is called.
pub(crate) const CALLED_CHARS_MAX: usize = 100;
/// The most characters of a description.
pub(crate) const ABOUT_CHARS_MAX: usize = 1000;

/// A text of a form without blanks around it, or 422 if it is longer than `max` characters.
pub(crate) fn bounded(viewer: &Viewer, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().count() <= max {
        return Ok(text.to_owned());
    }
    let n = max.to_string();
    Err(Refusal::invalid(WORDS.with(viewer.language, "wrong_too_long", &[("n", &n)])))
}

/// The community of the path, or 404.
pub(crate) async fn community(people: &People, code: &str) -> Result<PlaceRow, Refusal> {
    let code = code.to_owned();
    let found = people.tables.read(move |db| place(db, &code)).await?;
    found.ok_or_else(Refusal::missing)
}

/// The communities that a permission for the path's community covers.
pub(crate) async fn covered(people: &People, code: &str) -> Result<Vec<String>, Refusal> {
    let code = code.to_owned();
    Ok(people.tables.read(move |db| scope(db, &code)).await?)
}

fn doors() -> Routes {
    use sign_in as s;
    Routes::new()
        .get("/sign-in", Need::Anyone, s::form)
        .post("/sign-in/email", Need::Anyone, s::email)
        .get("/sign-in/link", Need::Anyone, s::link)
        .post("/sign-in/link", Need::Anyone, s::redeem)
        .get("/sign-in/card/{code}", Need::Anyone, s::card)
        .post("/sign-in/card", Need::Anyone, s::show_card)
        .post("/sign-in/password", Need::Anyone, s::password)
        .post("/sign-out", Need::Anyone, s::out)
        .post("/sign-out/everywhere", Need::SignedIn, s::out_everywhere)
        .get("/invite/{secret}", Need::Anyone, invite::form)
        .post("/invite/{secret}", Need::Anyone, invite::accept)
}

fn desk_residents() -> Routes {
    let (see, manage) = (Need::May("people.see"), Need::May("people.manage"));
    let list = DefaultBodyLimit::max(LIST_BYTES_MAX);
    let one = "/desk/{community}/residents/{id}";
    let under = |what: &str| format!("{one}/{what}");
    Routes::new()
        .get("/desk/{community}/residents", see, residents::list)
        .post("/desk/{community}/residents", manage, residents::register)
        .get("/desk/{community}/residents/new", manage, residents::blank)
        .post("/desk/{community}/residents/export.csv", manage, residents::export)
        .get("/desk/{community}/residents/import", manage, import::form)
        .post("/desk/{community}/residents/import", manage, import::take.layer(list))
        .post("/desk/{community}/cards", manage, cards::issue)
        .get(one, see, resident::show)
        .post(&under("edit"), manage, resident::edit)
        .post(&under("move"), manage, resident::relocate)
        .post(&under("consent"), manage, resident::consent)
        .post(&under("team"), manage, resident::team)
        .post(&under("proxy"), manage, resident::proxy)
        .post(&under("merge"), manage, resident::merge)
        .post(&under("erase"), Need::May("people.erase"), resident::erase)
}

fn desk_others() -> Routes {
    let (see, manage) = (Need::May("people.see"), Need::May("people.manage"));
    let staff_manage = Need::May("staff.manage");
    Routes::new()
        .get("/desk/{community}/teams", see, groups::teams)
        .post("/desk/{community}/teams", manage, groups::found)
        .post("/desk/{community}/teams/{id}", manage, groups::change_team)
        .get("/desk/{community}/units", see, groups::units)
        .post("/desk/{community}/units", manage, groups::add_unit)
        .post("/desk/{community}/units/{id}", manage, groups::change_unit)
        .get("/desk/{community}/places", see, places::tree)
        .post("/desk/{community}/places", manage, places::add)
        .post("/desk/{community}/places/{code}", manage, places::change)
        .get("/desk/{community}/staff", staff_manage, staff::list)
        .post("/desk/{community}/staff", staff_manage, staff::invite)
        .post("/desk/{community}/staff/{id}/role", staff_manage, staff::role)
        .post("/desk/{community}/staff/{id}/invite", staff_manage, staff::invite_again)
        .post("/desk/{community}/staff/{id}/leave", staff_manage, staff::leave)
}

/// All pages of the service.
pub fn routes(people: &People) -> Routes {
    doors()
        .merge(desk_residents())
        .merge(desk_others())
        .post("/my/profile", Need::SignedIn, fragments::profile)
        .post("/my/consent", Need::SignedIn, fragments::consent)
        .post("/my/proxy", Need::SignedIn, fragments::end_proxy)
        .get("/api/v1/places", Need::Anyone, api::places)
        .get("/api/v1/places/{code}", Need::Anyone, api::place)
        .get("/api/v1/c/{community}/teams", Need::Anyone, api::teams)
        .get("/api/v1/c/{community}/units", Need::Anyone, api::units)
        .get("/api/v1/c/{community}/residents", Need::May("people.see"), api::residents)
        .sharing(people.clone())
        .waiting_for(&people.tables)
}
