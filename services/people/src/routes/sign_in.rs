//! Letting people in: a link by mail, a printed card, a password; and out again.
//!
//! Opening a link or scanning a card signs nobody in: programs that look through mail open every
//! link. The page has a button, and the button's POST does.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use linli_platform::{
    directory::{DirectoryError, SignIn, SignedIn},
    web::{Page, Refusal, Viewer, session},
};
use serde::Deserialize;

use super::{Shared, Text, WORDS, or, page};
use crate::adapters::People;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Doors<'a> {
    t: Text,
    next: &'a str,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "sign_in_confirm.html")]
struct Confirm<'a> {
    t: Text,
    action: &'a str,
    field: &'a str,
    secret: &'a str,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "sign_in_sent.html")]
struct Sent {
    t: Text,
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Email {
    email: String,
}

#[derive(Deserialize)]
pub(super) struct Link {
    secret: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Card {
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Only a path of this house is gone to: never another site's address.
fn local(next: &str) -> Option<&str> {
    let inside = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    (inside && !next.chars().any(char::is_control)).then_some(next)
}

fn doors(viewer: &Viewer, next: &str, wrong: bool) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    let next = local(next).unwrap_or_default();
    let page = page(t.w("sign_in_title"), &Doors { t, next, wrong })?;
    Ok(if wrong { page.status(StatusCode::UNPROCESSABLE_ENTITY) } else { page })
}

pub(super) async fn form(viewer: Viewer, Query(q): Query<Next>) -> Result<Page, Refusal> {
    doors(&viewer, &q.next, false)
}

/// The answer leaves before anything is looked up, so neither it nor its time tells whether the
/// address is known.
pub(super) async fn email(
    Extension(people): Shared,
    viewer: Viewer,
    Form(form): Form<Email>,
) -> Result<Page, Refusal> {
    tokio::spawn(async move {
        if let Err(error) = people.ask_link(&form.email).await {
            tracing::error!(%error, "a sign-in link can't be asked for");
        }
    });
    let t = Text(viewer.language);
    page(t.w("sign_in_sent_title"), &Sent { t })
}

pub(super) async fn link(viewer: Viewer, Query(q): Query<Link>) -> Result<Page, Refusal> {
    let (t, next) = (Text(viewer.language), local(&q.next).unwrap_or_default());
    let (action, field, secret) = ("/sign-in/link", "secret", q.secret.as_str());
    page(t.w("sign_in_title"), &Confirm { t, action, field, secret, next })
}

pub(super) async fn card(viewer: Viewer, Path(code): Path<String>) -> Result<Page, Refusal> {
    let (t, next) = (Text(viewer.language), "");
    let (action, field, secret) = ("/sign-in/card", "code", code.as_str());
    page(t.w("sign_in_title"), &Confirm { t, action, field, secret, next })
}

/// Signs in with what was shown, or shows the doors again.
async fn try_in(
    people: &People,
    viewer: &Viewer,
    with: SignIn,
    next: &str,
) -> Result<Response, Refusal> {
    match people.platform.directory.sign_in(with).await {
        Ok(SignedIn::As(who)) => {
            let home = if who.staff { "/desk" } else { "/my" };
            let to = local(next).unwrap_or(home);
            let cookie = session::issue(&people.platform, &who);
            let cookie = cookie.ok_or_else(|| Refusal::failed("no session can be made"))?;
            Ok(with_cookie(Redirect::to(to).into_response(), Some(cookie)))
        }
        Err(DirectoryError::Down(why)) => Err(Refusal::failed(why)),
        Ok(SignedIn::Minted { .. } | SignedIn::Renewed { .. }) | Err(_) => {
            Ok(doors(viewer, next, true)?.into_response())
        }
    }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) async fn redeem(
    Extension(people): Shared,
    viewer: Viewer,
    Form(Link { secret, next }): Form<Link>,
) -> Result<Response, Refusal> {
    try_in(&people, &viewer, SignIn::Link { secret }, &next).await
}

pub(super) async fn show_card(
    Extension(people): Shared,
    viewer: Viewer,
    Form(Card { code, next }): Form<Card>,
) -> Result<Response, Refusal> {
    try_in(&people, &viewer, SignIn::Card { code }, &next).await
}

pub(super) async fn password(
    Extension(people): Shared,
    viewer: Viewer,
    Form(Credentials { email, password, next }): Form<Credentials>,
) -> Result<Response, Refusal> {
    if let Err(minutes) = people.tries.one_more(&email, people.platform.clock.now()) {
        let n = minutes.to_string();
        let text = WORDS.with(viewer.language, "no_too_many_tries", &[("n", &n)]);
        return Err(Refusal { status: StatusCode::TOO_MANY_REQUESTS, text });
    }
    let with = SignIn::Password { email: email.clone(), password };
    let answer = try_in(&people, &viewer, with, &next).await?;
    if answer.status().is_redirection() {
        people.tries.right(&email);
    }
    Ok(answer)
}

pub(super) async fn out(Extension(people): Shared) -> Response {
    with_cookie(Redirect::to("/").into_response(), session::end(&people.platform))
}

pub(super) async fn out_everywhere(
    Extension(people): Shared,
    viewer: Viewer,
) -> Result<Response, Refusal> {
    let person = viewer.person().ok_or_else(Refusal::sign_in)?;
    people.sign_out_everywhere(person).await.map_err(or(&viewer))?;
    Ok(out(Extension(people)).await)
}

/// Signs in whoever has just accepted an invitation.
pub(super) async fn welcome(
    people: &People,
    viewer: &Viewer,
    (email, password): (String, String),
) -> Result<Response, Refusal> {
    try_in(people, viewer, SignIn::Password { email, password }, "/desk").await
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(local("/c/xiguan?month=2026-11"), Some("/c/xiguan?month=2026-11"));
        for outside in ["", "https://example.org", "//example.org", "/\\example.org", "/a\nb"] {
            assert_eq!(local(outside), None, "{outside}");
        }
    }
}
