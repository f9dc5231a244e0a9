//! The way out that every reminder carries: no sign-in, one button, and a way back.
//!
//! A GET only shows the page, since mail programs open links by themselves. A POST acts, also that
//! which mail programs send for their own button (RFC 8058).

use askama::Template;
use axum::{Extension, Form, extract::Path};
use linli_platform::web::{Page, Refusal, Viewer};
use serde::Deserialize;
use uuid::Uuid;

use super::{Face, UNSUBSCRIBE, words::Tongue};
use crate::{deciders::SubscriptionCommand, projections::subscriptions};

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct WayOut {
    t: Tongue,
    token: String,
    stopped: bool,
    /// Whether this is so since just now.
    done: bool,
}

impl Face {
    fn bearer(&self, token: &str) -> Result<Uuid, Refusal> {
        let opened = self.platform.vault.open_cookie(UNSUBSCRIBE, token);
        opened.and_then(|id| Uuid::from_slice(&id).ok()).ok_or_else(Refusal::missing)
    }
}

fn way_out(t: Tongue, token: String, stopped: bool, done: bool) -> Result<Page, Refusal> {
    let html = WayOut { t, token, stopped, done }.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("unsubscribe_title"), html))
}

pub(super) async fn page(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(token): Path<String>,
) -> Result<Page, Refusal> {
    let person = face.bearer(&token)?;
    let stopped = face.tables.read(move |db| subscriptions::stopped(db, person)).await?;
    way_out(Tongue(viewer.language), token, stopped, false)
}

/// What the page's button sends; a mail program sends its own field, which is no `resume`.
#[derive(Deserialize)]
pub(super) struct Choice {
    resume: Option<String>,
}

pub(super) async fn act(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(token): Path<String>,
    Form(choice): Form<Choice>,
) -> Result<Page, Refusal> {
    let person = face.bearer(&token)?;
    let stop = choice.resume.is_none();
    let command = if stop { SubscriptionCommand::Stop } else { SubscriptionCommand::Resume };
    // Whoever holds the token stands in for the resident, and nobody sends a form's id along; to
    // stop twice changes nothing.
    let cmd = face.platform.entropy.uuid();
    face.wish(&viewer, "_", person, cmd, command).await?;
    way_out(Tongue(viewer.language), token, stop, true)
}
