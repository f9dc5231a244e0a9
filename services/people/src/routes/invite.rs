//! An invitation is accepted: name and address are checked, a password is chosen.

use askama::Template;
use axum::{
    Extension, Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    vault::PASSWORD_CHARS_MIN,
    web::{Page, Refusal, Viewer},
};
use secrecy::SecretString;
use serde::Deserialize;

use super::{Shared, Text, WORDS, or, page, sign_in};
use crate::adapters::{Caught, PeopleError};

#[derive(Template)]
#[template(path = "invite.html")]
struct Invitation<'a> {
    t: Text,
    secret: &'a str,
    name: &'a str,
    email: &'a str,
    least: usize,
    wrong: Option<&'a str>,
}

#[derive(Deserialize)]
pub(super) struct Accepted {
    name: String,
    email: String,
    password: String,
    again: String,
}

fn shown(
    viewer: &Viewer,
    secret: &str,
    given: &Caught,
    wrong: Option<&str>,
) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    let Caught { name, email } = given;
    let least = PASSWORD_CHARS_MIN;
    let page = page(t.w("invite_title"), &Invitation { t, secret, name, email, least, wrong })?;
    let bad = wrong.is_some();
    Ok(if bad { page.status(StatusCode::UNPROCESSABLE_ENTITY) } else { page })
}

pub(super) async fn form(
    Extension(people): Shared,
    viewer: Viewer,
    Path(secret): Path<String>,
) -> Result<Page, Refusal> {
    let found = people.invitation(&secret).await.map_err(or(&viewer))?;
    let void = || PeopleError::invitation_void().refusal(viewer.language);
    let (_, caught) = found.ok_or_else(void)?;
    shown(&viewer, &secret, &caught, None)
}

pub(super) async fn accept(
    Extension(people): Shared,
    viewer: Viewer,
    Path(secret): Path<String>,
    Form(form): Form<Accepted>,
) -> Result<Response, Refusal> {
    let Accepted { name, email, password, again } = form;
    let given = Caught { name, email };
    if password != again {
        let wrong = WORDS.get(viewer.language, "wrong_password_again");
        return Ok(shown(&viewer, &secret, &given, Some(wrong))?.into_response());
    }
    let chosen = SecretString::from(password.clone());
    match people.accept(&secret, given.clone(), chosen).await {
        Ok(_) => sign_in::welcome(&people, &viewer, (given.email, password)).await,
        Err(PeopleError::Wrong { key, .. }) => {
            let wrong = WORDS.get(viewer.language, key);
            Ok(shown(&viewer, &secret, &given, Some(wrong))?.into_response())
        }
        Err(other) => Err(other.refusal(viewer.language)),
    }
}
