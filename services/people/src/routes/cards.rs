//! Cards to print and cut, several to a sheet of A4.

use askama::Template;
use axum::{Extension, Form, extract::Path};
use fast_qr::{
    QRBuilder,
    convert::{Builder as _, svg::SvgBuilder},
};
use linli_platform::web::{Page, Refusal, Viewer};
use serde::Deserialize;
use uuid::Uuid;

use super::{Shared, Text, community, covered, meta, or, page};
use crate::projections::{places, residents};

/// The most cards made at once: a large building.
const CARDS_MAX: u32 = 400;

struct Card {
    name: String,
    building: String,
    code: String,
    qr: String,
}

#[derive(Template)]
#[template(path = "cards.html")]
struct Sheet<'a> {
    t: Text,
    community: &'a str,
    address: &'a str,
    cards: &'a [Card],
}

#[derive(Deserialize)]
pub(super) struct Issue {
    cmd: Uuid,
    /// One resident's id, or empty.
    #[serde(default)]
    person: String,
    /// A building's code: for all who live there.
    #[serde(default)]
    building: String,
}

fn qr(address: &str) -> Result<String, Refusal> {
    let code = QRBuilder::new(address).build().map_err(|_| Refusal::failed("no QR code"))?;
    Ok(SvgBuilder::default().margin(1).to_str(&code))
}

/// The answer to the POST is the sheet itself, since the codes are kept nowhere.
pub(super) async fn issue(
    Extension(people): Shared,
    viewer: Viewer,
    Path(code): Path<String>,
    Form(form): Form<Issue>,
) -> Result<Page, Refusal> {
    let here = community(&people, &code).await?;
    let scope = covered(&people, &code).await?;
    let rows = people.tables.read(move |db| match form.person.parse::<Uuid>() {
        Ok(id) => residents::residents(db, &[id]),
        Err(_) if form.building.is_empty() => Ok(Vec::new()),
        Err(_) => Ok(residents::living(db, &form.building, (0, CARDS_MAX))?.0),
    });
    let rows = rows.await?.into_iter().filter(|row| row.lives() && scope.contains(&row.community));
    let ids: Vec<_> = rows.map(|row| row.id).collect();
    if ids.is_empty() {
        return Err(Refusal::missing());
    }
    let issued = people.issue_cards(&meta(&viewer, form.cmd), &ids).await;
    let (printed, _) = issued.map_err(or(&viewer))?;
    let mut cards = Vec::with_capacity(printed.len());
    for card in printed {
        let building = people.tables.read(move |db| places::place(db, &card.building)).await?;
        let building = building.map_or(String::new(), |b| b.called(viewer.language).to_owned());
        cards.push(Card { name: card.name, building, code: card.code, qr: qr(&card.address)? });
    }
    let t = Text(viewer.language);
    let address = format!("{}/sign-in", people.platform.public_url);
    let community = here.called(viewer.language);
    let sheet = Sheet { t, community, address: &address, cards: &cards };
    Ok(page(t.w("cards_title"), &sheet)?.of(&code).bare())
}
