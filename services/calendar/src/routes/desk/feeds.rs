//! The addresses of feeds, to be given away: of the community, of a kind, of each team; and another
//! address for a team.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use linli_platform::web::{Page, Refusal};
use uuid::Uuid;

use super::ask::Desk;
use crate::{
    contract::Visibility,
    projections::{activities, neighbours},
    routes::{
        Text,
        feed::{renew_team, team_path, with_query},
    },
};

/// A feed with its addresses.
struct Feed {
    name: String,
    url: String,
    /// The same for programs that open `webcal:` themselves.
    webcal: String,
    /// Whose it is, where another address can be asked for.
    team: Option<Uuid>,
}

#[derive(Template)]
#[template(path = "desk_feeds.html")]
struct View {
    t: Text,
    base: String,
    plan: String,
    feeds: Vec<Feed>,
}

fn feed(name: String, url: String, team: Option<Uuid>) -> Feed {
    let bare = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    Feed { name, webcal: format!("webcal://{bare}"), url, team }
}

/// All addresses.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let code = desk.code().to_owned();
    let read = desk.read(move |db| {
        let public = activities::shown_in(db, &code)?.into_iter().filter(|activity| {
            activity.published && activity.description.visibility == Visibility::Public
        });
        let kinds: BTreeSet<_> = public.flat_map(|activity| activity.description.kinds).collect();
        Ok((kinds, neighbours::teams(db, &code)?))
    });
    let (kinds, teams) = read.await?;
    let platform = desk.calendar.platform.clone();
    let paths = tokio::task::spawn_blocking(move || {
        let path = |(id, name)| Ok((id, name, team_path(&platform, id)?));
        teams.into_iter().map(path).collect::<Result<Vec<_>, Refusal>>()
    });
    let paths = paths.await.map_err(Refusal::failed)??;
    let url = &desk.calendar.platform.public_url;
    let own = format!("{url}/c/{}/calendar.ics", desk.code());
    let place = desk.place.called(desk.t.is_english()).to_owned();
    let mut feeds = vec![feed(place, own.clone(), None)];
    feeds.extend(kinds.into_iter().map(|kind| {
        let address = with_query(own.clone(), [("kind", kind.as_str())].into_iter());
        feed(kind, address, None)
    }));
    let team = |(id, name, path)| feed(name, format!("{url}{path}"), Some(id));
    feeds.extend(paths.into_iter().map(team));
    let view = View { t: desk.t, base: desk.at("feeds"), plan: desk.at("plan"), feeds };
    desk.page(desk.t.w("desk-feeds"), &view)
}

/// Another address for the feed of a team of this community. It stands on no log: it is no more than
/// another secret.
pub(super) async fn renew(desk: Desk) -> Result<Response, Refusal> {
    let team: Uuid = desk.part("team").parse().map_err(|_| Refusal::missing())?;
    let found = desk.read(move |db| neighbours::team(db, team)).await?;
    let own = found.filter(|(community, _)| community == desk.code());
    own.ok_or_else(Refusal::missing)?;
    let (platform, known) = (desk.calendar.platform.clone(), desk.fields.has("known", "1"));
    let renewed = tokio::task::spawn_blocking(move || renew_team(&platform, team, known));
    renewed.await.map_err(Refusal::failed)??;
    Ok(Redirect::to(&desk.at("feeds")).into_response())
}
