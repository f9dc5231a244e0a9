//! The code on the wall, and check-in from one's own phone with it.
//!
//! The wall shows an address that holds when it was made, sealed by the vault for this occurrence
//! alone. It is good for five minutes and the wall's page makes a new one every minute, so a
//! photograph of it is soon of no use. Whoever came in with it gets another that is theirs alone,
//! to say in peace whom to check in.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use linli_platform::{
    directory::Purpose,
    web::{Page, Refusal, see},
};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    code::qr,
    give::{desk_path, path},
    occurrence::own,
    text::Text,
};
use crate::{contract::Way, deciders::roll::Arrival, values::OccurrenceKey};

/// How long a code is good to come in with.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(5);
/// How long whoever came in with it may take to say whom to check in.
const TO_CHOOSE: TimeDelta = TimeDelta::minutes(10);
/// How often the wall makes a new one, in seconds.
const NEW_EVERY_S: &str = "60";

fn on_the_wall(key: &OccurrenceKey) -> String {
    format!("wall/{key}")
}

fn in_the_hand(key: &OccurrenceKey, person: Uuid) -> String {
    format!("wall/{key}/{person}")
}

impl State {
    fn made_now(&self, purpose: &str) -> Result<String, Refusal> {
        let made = self.platform.clock.now().timestamp_micros().to_be_bytes();
        self.platform.vault.seal_cookie(purpose, &made).map_err(Refusal::failed)
    }

    /// Whether `code` was made for this purpose and is at most so old.
    fn holds(&self, purpose: &str, code: &str, at_most: TimeDelta) -> bool {
        let made = self.platform.vault.open_cookie(purpose, code);
        let made = made.and_then(|bytes| bytes.as_slice().try_into().ok()).map(i64::from_be_bytes);
        let made: Option<DateTime<Utc>> = made.and_then(DateTime::from_timestamp_micros);
        made.is_some_and(|made| self.platform.clock.now() - made <= at_most)
    }
}

#[derive(Template)]
#[template(path = "wall.html")]
struct Wall {
    t: Text,
    title: String,
    svg: String,
    path: String,
}

pub(super) async fn page(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (named, t) = (state.occurrence(&ask).await?, ask.text());
    let code = state.made_now(&on_the_wall(&named.key))?;
    let address = format!("{}{}/check-in?code={code}", state.platform.public_url, path(&named));
    let title = named.title(t.0).to_owned();
    let wall = Wall { t, title, svg: qr(&address)?, path: desk_path(&named) };
    let html = wall.render().map_err(Refusal::failed)?;
    let page = Page::new(t.get("wall_code"), html).of(&named.key.community).bare();
    Ok(([("refresh", NEW_EVERY_S)], page).into_response())
}

#[derive(Template)]
#[template(path = "wall_check_in.html")]
struct CheckIn {
    t: Text,
    title: String,
    path: String,
    code: String,
    people: Vec<(Uuid, String)>,
    cmd: Uuid,
}

fn spent(ask: &Ask) -> Refusal {
    Refusal::no(ask.text().get("no_wall_code"))
}

pub(super) async fn check_in_page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let (named, t) = (state.occurrence(&ask).await?, ask.text());
    let person = ask.viewer.person().ok_or_else(Refusal::sign_in)?;
    if !state.holds(&on_the_wall(&named.key), ask.field("code"), GOOD_FOR) {
        return Err(spent(&ask));
    }
    let code = state.made_now(&in_the_hand(&named.key, person))?;
    let ids = own(&ask.viewer);
    let called = state.names(&ask.viewer, ids.clone(), Purpose::Own).await;
    let page = CheckIn {
        t,
        title: named.title(t.0).to_owned(),
        path: path(&named),
        code,
        people: ids.into_iter().map(|id| (id, called.get(id))).collect(),
        cmd: state.platform.entropy.uuid(),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("do_check_in"), html).of(&named.key.community))
}

/// Checks in oneself and those one acts for, as ticked: all of them, or nobody.
pub(super) async fn check_in(state: State, ask: Ask) -> Result<Response, Refusal> {
    let named = state.occurrence(&ask).await?;
    let person = ask.viewer.person().ok_or_else(Refusal::sign_in)?;
    if !state.holds(&in_the_hand(&named.key, person), ask.field("code"), TO_CHOOSE) {
        return Err(spent(&ask));
    }
    let allowed = own(&ask.viewer);
    let ids = ask.all("resident").map(Uuid::try_parse).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(|_| Refusal::invalid(ask.text().get("no_resident")))?;
    if ids.is_empty() {
        return Err(Refusal::invalid(ask.text().get("nobody_ticked")));
    }
    if ids.iter().any(|id| !allowed.contains(id)) {
        return Err(Refusal::forbidden());
    }
    for &resident in &ids {
        state.guest(&ask, &named, resident).await?;
    }
    let arrival = |resident| {
        let proxy = (resident != person).then_some(person);
        Arrival { resident, way: Way::Code, at: None, proxy, staff: false }
    };
    let arrivals = ids.into_iter().map(arrival).collect();
    let by = (&ask.viewer, Purpose::Own);
    let position = state.all_in(by, &named, ask.command()?, arrivals).await?;
    Ok(see(&path(&named), position))
}
