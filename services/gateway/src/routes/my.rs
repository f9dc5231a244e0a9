//! One's own page, from the pieces that each service shows of its own.

use askama::Template;
use axum::{Extension, Form, response::Redirect};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use linli_people::People;
use linli_platform::web::{Page, Refusal, Viewer};

use serde::Deserialize;

use super::{Gateway, words::Text};

#[derive(Template)]
#[template(path = "my.html")]
struct My {
    t: Text,
    attendance: String,
    points: String,
    reminders: String,
    profile: String,
    calendar: Option<Address>,
}

/// A person's calendar address, to be subscribed to by any calendar program.
struct Address {
    url: String,
    /// The same for programs that open `webcal:` themselves.
    webcal: String,
    qr: String,
}

pub(super) async fn page(
    Extension(gateway): Extension<Gateway>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    let who = viewer.principal.as_ref().ok_or_else(Refusal::sign_in)?;
    let people = People::new(&gateway.platform, &gateway.people);
    let profile = linli_people::fragments::my(&people, &viewer).await?;
    let (attendance, points, reminders) = (String::new(), String::new(), String::new());
    let mut my = My { t, attendance, points, reminders, profile, calendar: None };
    // Staff don't register, nor are they reminded; those for whom they act are residents.
    if !who.staff || !who.acts_for.is_empty() {
        let attendance = linli_attendance::State::new(&gateway.platform, &gateway.attendance);
        my.attendance = linli_attendance::fragments::my(&attendance, &viewer).await?;
        let ranking = linli_ranking::State::new(&gateway.platform, &gateway.ranking);
        my.points = linli_ranking::fragments::my(&ranking, &viewer).await?;
    }
    if !who.staff {
        let (platform, tables) = (&gateway.platform, &gateway.notifier);
        my.reminders = linli_notifier::fragments::my(platform, tables, &viewer).await?;
    }
    let secret = people.feed_secret(who.person).await.map_err(|e| e.refusal(viewer.language))?;
    my.calendar = address(&gateway.platform.public_url, &secret);
    Ok(Page::new(t.w("my_title"), my.render().map_err(Refusal::failed)?))
}

/// What is asked of a new address.
#[derive(Deserialize)]
pub(super) struct Renewal {
    /// `1`: the old one is known to others and void at once.
    #[serde(default)]
    known: String,
}

/// Another calendar address. It stands on no log: it is no more than another secret.
pub(super) async fn renew(
    Extension(gateway): Extension<Gateway>,
    viewer: Viewer,
    Form(renewal): Form<Renewal>,
) -> Result<Redirect, Refusal> {
    let who = viewer.principal.as_ref().ok_or_else(Refusal::sign_in)?;
    let people = People::new(&gateway.platform, &gateway.people);
    let renewed = people.renew_feed(who.person, renewal.known == "1").await;
    renewed.map_err(|error| error.refusal(viewer.language))?;
    Ok(Redirect::to("/my#calendar"))
}

fn address(public_url: &str, secret: &str) -> Option<Address> {
    let url = format!("{public_url}/my/{secret}/calendar.ics");
    let webcal = format!("webcal{}", url.strip_prefix("https").or(url.strip_prefix("http"))?);
    let qr = SvgBuilder::default().to_str(&QRBuilder::new(url.as_str()).build().ok()?);
    Some(Address { url, webcal, qr })
}
