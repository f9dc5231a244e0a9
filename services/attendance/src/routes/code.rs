//! Check-in by a person's own code or printed card, shown to an organiser.
//!
//! The code is a secret of the vault that stands for the person: of one altered letter it stands
//! for nobody. A new one makes the old void.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use linli_platform::{
    directory::{Lookup, Purpose},
    vault::{Vault, VaultError},
    web::{Page, Refusal, see},
};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{State, ask::Ask, give::desk_path, text::Text};
use crate::{contract::Way, deciders::roll::Command};

/// The kind of secret in the vault.
const KIND: &str = "check-in";
/// Letters in a group, so that a code can be read out and typed.
const GROUP: usize = 4;

/// A QR code as SVG.
pub(super) fn qr(text: &str) -> Result<String, Refusal> {
    let code =
        QRBuilder::new(text).build().map_err(|error| Refusal::failed(format!("{error:?}")))?;
    Ok(SvgBuilder::default().to_str(&code))
}

impl State {
    async fn vault<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let vault = self.platform.vault.clone();
        let done = tokio::task::spawn_blocking(move || ask(&vault)).await;
        done.map_err(Refusal::failed)?.map_err(Refusal::failed)
    }

    /// For whom a code or a card's code stands, and which of both it was.
    pub(super) async fn bearer(&self, typed: &str) -> Result<Option<(Uuid, Way)>, Refusal> {
        let (code, now) = (plain(typed), self.platform.clock.now());
        if let Some(person) = self.vault(move |vault| vault.holder(KIND, &code, now)).await? {
            return Ok(Some((person, Way::Code)));
        }
        let found = self.platform.directory.find(Lookup::Card(typed.to_owned())).await?;
        Ok(match found.as_slice() {
            [person] => Some((*person, Way::Card)),
            _ => None,
        })
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
    cmd: Uuid,
}

pub(super) async fn mine(state: State, ask: Ask) -> Result<Page, Refusal> {
    let person = resident(&ask)?;
    let code = state.vault(move |vault| vault.lasting(KIND, person)).await?;
    let t = ask.text();
    let called = state.names(&ask.viewer, vec![person], Purpose::Own).await;
    let page = Mine {
        t,
        name: called.get(person),
        svg: qr(code.expose_secret())?,
        code: grouped(code.expose_secret()),
        cmd: state.platform.entropy.uuid(),
    };
    Ok(Page::new(t.get("my_code"), page.render().map_err(Refusal::failed)?))
}

/// A new code in place of the old.
pub(super) async fn renew(state: State, ask: Ask) -> Result<Response, Refusal> {
    let person = resident(&ask)?;
    state.vault(move |vault| vault.rotate(KIND, person)).await?;
    Ok(Redirect::to("/my/code").into_response())
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
    let bearer = state.bearer(ask.field("code")).await?;
    let unknown = || Refusal::invalid(ask.text().get("no_code"));
    let (resident, way) = bearer.ok_or_else(unknown)?;
    state.resident(resident, ask.text()).await?;
    let command = Command::CheckIn { resident, way, at: None, proxy: None, staff: true };
    let position = state.roll(&ask.viewer, &named, ask.command()?, command).await?;
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
