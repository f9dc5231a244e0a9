//! The button with which one is reminded of an activity.

use askama::Template;
use axum::{Extension, Form, extract::Path, response::Response};
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Refusal, Viewer, see},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Face, my, words::Tongue};
use crate::{
    contract::{Digest, What},
    deciders::SubscriptionCommand,
    projections::{occurrences, subscriptions},
    values::{Channel, LEADS_DEFAULT, own_subscription},
};

#[derive(Template)]
#[template(path = "occurrence.html")]
struct Button {
    t: Tongue,
    cmd: Uuid,
    path: String,
    back: String,
    signed_in: bool,
    subscribed: bool,
}

/// The button for an occurrence's page; `back` is that page's path.
pub async fn fragment(
    platform: &Platform,
    tables: &Tables,
    viewer: &Viewer,
    (community, slug): (&str, &str),
    back: &str,
) -> Result<String, Refusal> {
    let t = Tongue(viewer.language);
    let person = viewer.person();
    let (here, named) = (community.to_owned(), slug.to_owned());
    let subscribed = tables.read(move |db| {
        let (Some(person), Some((activity, _))) =
            (person, occurrences::activity_of(db, &here, &named, t.0)?)
        else {
            return Ok(false);
        };
        let held = subscriptions::of_resident(db, person)?;
        Ok(held.iter().any(|held| held.subscription == own_subscription(person, &activity)))
    });
    let subscribed = subscribed.await?;
    let button = Button {
        t,
        cmd: platform.entropy.uuid(),
        path: format!("/c/{community}/{slug}"),
        back: back.to_owned(),
        signed_in: person.is_some(),
        subscribed,
    };
    button.render().map_err(Refusal::failed)
}

/// The form behind the button.
#[derive(Deserialize)]
pub(super) struct Pressed {
    cmd: Uuid,
    back: String,
}

impl Pressed {
    /// Where to go on: within this site alone.
    fn back(&self) -> &str {
        let inside = self.back.starts_with("/c/") && !self.back.contains(['\\', '\r', '\n']);
        if inside { &self.back } else { "/my/subscriptions" }
    }
}

async fn activity(face: &Face, community: &str, slug: &str) -> Result<String, Refusal> {
    let (community, slug) = (community.to_owned(), slug.to_owned());
    let language = linli_platform::web::Language::Zh;
    let found =
        face.tables.read(move |db| occurrences::activity_of(db, &community, &slug, language));
    found.await?.map(|(id, _)| id).ok_or_else(Refusal::missing)
}

pub(super) async fn subscribe(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path((community, slug)): Path<(String, String)>,
    Form(pressed): Form<Pressed>,
) -> Result<Response, Refusal> {
    let (person, _) = my::owner(&viewer)?;
    let activity = activity(&face, &community, &slug).await?;
    let command = SubscriptionCommand::Subscribe {
        subscription: own_subscription(person, &activity),
        what: What::Activity,
        of: activity,
        lead_minutes: LEADS_DEFAULT.to_vec(),
        channels: vec![Channel::Email],
        digest: Digest::Default,
    };
    let at = face.wish(&viewer, &community, person, pressed.cmd, command).await?;
    Ok(see(pressed.back(), at))
}

pub(super) async fn unsubscribe(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path((community, slug)): Path<(String, String)>,
    Form(pressed): Form<Pressed>,
) -> Result<Response, Refusal> {
    let (person, _) = my::owner(&viewer)?;
    let activity = activity(&face, &community, &slug).await?;
    let command =
        SubscriptionCommand::Unsubscribe { subscription: own_subscription(person, &activity) };
    let at = face.wish(&viewer, &community, person, pressed.cmd, command).await?;
    Ok(see(pressed.back(), at))
}
