//! The list of those expected, by team or by role; single people are picked on the roll itself.

use askama::Template;
use axum::response::Response;
use linli_platform::web::{Page, Refusal, see};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    give::desk_path,
    roll::{Read, Row},
    text::Text,
};
use crate::{
    deciders::roll::Command,
    projections::{places, residents},
    values::{Audience, Role},
};

#[derive(Template)]
#[template(path = "expected.html")]
struct List {
    t: Text,
    title: String,
    when: String,
    path: String,
    groups: Vec<(String, String)>,
    rows: Vec<Row>,
    cmds: [Uuid; 2],
}

/// The words of a role.
fn called(t: Text, role: Role) -> String {
    let key = match role {
        Role::PartyMember => "role_party_member",
        Role::Volunteer => "role_volunteer",
        Role::BuildingHead => "role_building_head",
    };
    t.get(key).to_owned()
}

pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, mut rows } = state.whole_roll(&ask).await?;
    rows.retain(|row| row.listed);
    let (t, community) = (ask.text(), named.key.community.clone());
    let teams = state.read(move |db| places::teams(db, &community)).await?;
    let roles = Role::ALL.map(|role| (Audience::Role(role), called(t, role)));
    let teams = teams.into_iter().map(|(team, name)| (Audience::Team(team), name));
    let groups = roles.into_iter().chain(teams);
    let entropy = &state.platform.entropy;
    let page = List {
        t,
        title: named.title(t.0).to_owned(),
        when: t.span(counts.start, counts.end, named.zone),
        path: desk_path(&named),
        groups: groups.map(|(audience, name)| (audience.to_string(), name)).collect(),
        rows,
        cmds: std::array::from_fn(|_| entropy.uuid()),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("expected_list"), html).of(&named.key.community))
}

/// Puts a team, or all with a role, on the list; those on it stay.
pub(super) async fn add(state: State, ask: Ask) -> Result<Response, Refusal> {
    let named = state.occurrence(&ask).await?;
    let unknown = || Refusal::invalid(ask.text().get("no_group"));
    let audience: Audience = ask.field("group").parse().map_err(|()| unknown())?;
    let community = named.key.community.clone();
    let read = state.read(move |db| residents::members(db, audience, &community));
    let residents = read.await?;
    if residents.is_empty() {
        return Err(Refusal::no(ask.text().get("group_empty")));
    }
    let command = Command::Expect { residents, by: audience.to_string() };
    let position = state.roll(&ask.viewer, &named, ask.command()?, command).await?;
    Ok(see(&format!("{}/expected", desk_path(&named)), position))
}
