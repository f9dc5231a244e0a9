//! Check-in by a person's own code or printed card, shown to an organiser.
//!
//! The code says who and when it was made, sealed by the vault: of one altered letter it stands for
//! nobody. It is good on the day it was made, once at each occurrence, so that a picture of it is of
//! little use. A card is good until it is replaced, and shown to somebody who sees who shows it.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use linli_platform::{
    directory::{Lookup, Purpose},
    web::{Page, Refusal, see},
};
use uuid::Uuid;

use super::{State, ask::Ask, give::desk_path, text::Text};
use crate::{contract::Way, projections::activities::Named};

/// What the vault seals a code for.
const PURPOSE: &str = "check-in";
/// Bytes of a person's id, which a code begins with; an instant in microseconds follows.
const ID_BYTES: usize = 16;
/// Letters in a group, so that a code can be read out and typed.
const GROUP: usize = 4;

/// A QR code as SVG.
pub(super) fn qr(text: &str) -> Result<String, Refusal> {
    let code =
        QRBuilder::new(text).build().map_err(|error| Refusal::failed(format!("{error:?}")))?;
    Ok(SvgBuilder::default().to_str(&code))
}

impl State {
    fn personal(&self, person: Uuid) -> Result<String, Refusal> {
        let made = self.platform.clock.now().timestamp_micros().to_be_bytes();
        let says = [&person.as_bytes()[..], &made].concat();
        self.platform.vault.seal_cookie(PURPOSE, &says).map_err(Refusal::failed)
    }

    /// For whom a code of one's own stands, and when it was made.
    fn says(&self, code: &str) -> Option<(Uuid, DateTime<Utc>)> {
        let says = self.platform.vault.open_cookie(PURPOSE, code)?;
        let (person, made) = says.split_at_checked(ID_BYTES)?;
        let made = i64::from_be_bytes(made.try_into().ok()?);
        Some((Uuid::from_slice(person).ok()?, DateTime::from_timestamp_micros(made)?))
    }

    /// For whom a code or a card's code stands at an occurrence, and which of both it was.
    pub(super) async fn bearer(
        &self,
        ask: &Ask,
        of: &Named,
        typed: &str,
    ) -> Result<(Uuid, Way), Refusal> {
        if let Some((person, made)) = self.says(&plain(typed)) {
            let day = |at: DateTime<Utc>| at.with_timezone(&of.zone).date_naive();
            if day(made) != day(self.platform.clock.now()) {
                let on = ask.text().day(day(made));
                return Err(Refusal::no(ask.text().with("no_code_today", &[("on", &on)])));
            }
            return Ok((person, Way::Code));
        }
        let found = self.platform.directory.find(Lookup::Card(typed.to_owned())).await?;
        match found.as_slice() {
            [person] => Ok((*person, Way::Card)),
            _ => Err(Refusal::invalid(ask.text().get("no_code"))),
        }
    }
}

/// A code without the blanks it is written with.
fn plain(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).collect()
}

/// A code in groups.
fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups = letters.chunks(GROUP).map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

#[derive(Template)]
#[template(path = "my_code.html")]
struct Mine {
    t: Text,
    name: String,
    svg: String,
    code: String,
}

pub(super) async fn mine(state: State, ask: Ask) -> Result<Page, Refusal> {
    let person = resident(&ask)?;
    let code = state.personal(person)?;
    let t = ask.text();
    let called = state.names(&ask.viewer, vec![person], Purpose::Own).await;
    let page = Mine { t, name: called.get(person), svg: qr(&code)?, code: grouped(&code) };
    Ok(Page::new(t.get("my_code"), page.render().map_err(Refusal::failed)?))
}

fn resident(ask: &Ask) -> Result<Uuid, Refusal> {
    let principal = ask.viewer.principal.as_ref().ok_or_else(Refusal::sign_in)?;
    let staff = || Refusal::invalid(ask.text().get("code_for_residents"));
    (!principal.staff).then_some(principal.person).ok_or_else(staff)
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    t: Text,
    title: String,
    path: String,
    last: String,
    cmd: Uuid,
}

/// Where an organiser scans or types codes, one after the other.
pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let (named, t) = (state.occurrence(&ask).await?, ask.text());
    let last = match ask.field("last").parse() {
        Ok(person) => {
            let called = state.names(&ask.viewer, vec![person], Purpose::Desk).await;
            t.with("checked_in_name", &[("name", &called.get(person))])
        }
        Err(_) => String::new(),
    };
    let title = named.title(t.0).to_owned();
    let cmd = state.platform.entropy.uuid();
    let page = CodePage { t, title, path: desk_path(&named), last, cmd };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("check_in_by_code"), html).of(&named.key.community))
}

pub(super) async fn check_in(state: State, ask: Ask) -> Result<Response, Refusal> {
    let named = state.occurrence(&ask).await?;
    let (resident, way) = state.bearer(&ask, &named, ask.field("code")).await?;
    state.resident(resident, ask.text()).await?;
    let position = state.by_code(&ask.viewer, &named, ask.command()?, (resident, way)).await?;
    Ok(see(&format!("{}/code?last={resident}", desk_path(&named)), position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_out_in_groups_and_typed_with_or_without_blanks() {
        assert_eq!(grouped("abcdefghij"), "abcd efgh ij");
        assert_eq!(plain(" abcd efgh\tij "), "abcdefghij");
    }
}
