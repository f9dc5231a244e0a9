//! In a demonstration: the mails that would have gone out, to be read in the browser.

use askama::Template;
use axum::{Extension, extract::Path};
use linli_platform::web::{Page, Refusal, Viewer};
use uuid::Uuid;

use super::{Face, words::Tongue};
use crate::adapters::mail::{Letter, Mailer, Outbox, OutboxMail};

#[derive(Template)]
#[template(path = "outbox.html")]
struct ListPage {
    t: Tongue,
    mails: Vec<OutboxMail>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    t: Tongue,
    letter: Letter,
}

impl Face {
    fn outbox(&self) -> Result<&Outbox, Refusal> {
        match &self.post.mailer {
            Mailer::Outbox(outbox) => Ok(outbox),
            Mailer::Smtp(_) | Mailer::Rehearsal(_) => Err(Refusal::missing()),
        }
    }
}

pub(super) async fn list(
    Extension(face): Extension<Face>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Tongue(viewer.language);
    let mails = face.outbox()?.list().await.map_err(Refusal::failed)?;
    let html = ListPage { t, mails }.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("outbox_title"), html))
}

pub(super) async fn letter(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(file): Path<Uuid>,
) -> Result<Page, Refusal> {
    let t = Tongue(viewer.language);
    let letter = face.outbox()?.read(file).await.map_err(Refusal::failed)?;
    let letter = letter.ok_or_else(Refusal::missing)?;
    let title = letter.head.subject.clone();
    let html = LetterPage { t, letter }.render().map_err(Refusal::failed)?;
    Ok(Page::new(title, html))
}
