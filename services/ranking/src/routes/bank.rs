//! The love bank at the desk: what somebody has, spending, giving, taking back.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query as Fields},
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    directory::{DirectoryError, Purpose},
    entropy::derived,
    ids::{CommandId, Position},
    stream::{ExecuteError, Meta},
    vault::Sealed,
    web::{Page, Refusal, Viewer, see},
};
use uuid::Uuid;

use super::{State, text::Text, view::Query};
use crate::{
    deciders::wallet::{Command, Wallet},
    processes::wallet,
    projections::{credits, residents, wallets},
};

/// The longest remark.
const REMARK_CHARS_MAX: usize = 200;
/// So many entries the page shows.
const ENTRIES_MAX: u32 = 30;

struct Found {
    id: Uuid,
    name: String,
    there: i64,
}

struct Entry {
    name: String,
    points: i64,
    at: String,
    path: String,
}

#[derive(Template)]
#[template(path = "bank.html")]
struct Bank<'a> {
    t: Text,
    code: &'a str,
    place: &'a str,
    spent: i64,
    q: &'a str,
    to: &'a str,
    found: Vec<Found>,
    receivers: Vec<Found>,
    entries: Vec<Entry>,
    cmd: Uuid,
}

pub(super) async fn page(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let (scope, _) = state.scope(&community).await?;
    let zone = state.zone(&community).await?;
    let t = Text::of(&viewer);
    let field = |name: &str| query.get(name).map_or("", |value| value.trim()).to_owned();
    let (q, to) = (field("q"), field("to"));
    let found = state.found(&viewer, &community, &q).await?;
    let receivers = state.found(&viewer, &community, &to).await?;
    let code = community.clone();
    let read = state.tables.read(move |db| {
        Ok((wallets::of_place(db, &code, ENTRIES_MAX)?, wallets::spent_at(db, &code)?))
    });
    let (entries, spent) = read.await?;
    let persons = entries.iter().map(|entry| entry.resident).collect();
    let names = state.names(&viewer, persons, Purpose::Desk).await;
    let entry = |entry: &wallets::Entry| Entry {
        name: names.get(entry.resident),
        points: -entry.points,
        at: entry.at.with_timezone(&zone).format(t.get("date_and_time")).to_string(),
        path: format!("/desk/{community}/points/{}", entry.resident),
    };
    let bank = Bank {
        t,
        code: &community,
        place: t.name((&scope.place.name, &scope.place.name_en)),
        spent,
        q: &q,
        to: &to,
        found,
        receivers,
        entries: entries.iter().map(entry).collect(),
        cmd: state.platform.entropy.uuid(),
    };
    Ok(Page::new(t.get("bank"), bank.render().map_err(Refusal::failed)?).of(&community))
}

/// What was filled in.
type Filled = HashMap<String, String>;

struct Asked<'a> {
    t: Text,
    viewer: &'a Viewer,
    community: &'a str,
    fields: &'a Filled,
}

impl Asked<'_> {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, Refusal> {
        let value = self.field(name);
        value.parse().map_err(|_| {
            Refusal::invalid(self.t.with("bad_choice", &[("field", name), ("value", value)]))
        })
    }
}

pub(super) async fn act(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
    Form(fields): Form<Filled>,
) -> Result<Response, Refusal> {
    let t = Text::of(&viewer);
    let asked = Asked { t, viewer: &viewer, community: &community, fields: &fields };
    let (cmd, resident) = (asked.parsed::<Uuid>("cmd")?, asked.parsed::<Uuid>("resident")?);
    state.lives_in(resident, &community).await?;
    // A page with several forms bears one id; what is asked of it tells the forms apart.
    let own = derived(&cmd.to_string(), &format!("{} {}", asked.field("do"), asked.field("of")));
    let earned = state.earned(resident).await?;
    let place = community.clone();
    let command = match asked.field("do") {
        "spend" => {
            let points = asked.parsed("points")?;
            let remark = state.sealed(&asked, resident).await?;
            Command::Spend { spending: own, place, points, earned, remark }
        }
        "send" => {
            let to = asked.parsed::<Uuid>("to")?;
            let known = state.tables.read(move |db| residents::home(db, to)).await?;
            if known.is_none() {
                return Err(Refusal::invalid(t.get("no_resident")));
            }
            let points = asked.parsed("points")?;
            Command::Send { transfer: own, from: resident, to, points, earned, place }
        }
        "undo-spent" => Command::ReverseSpending { spending: asked.parsed("of")? },
        "undo-received" => {
            Command::GiveBack { received: asked.parsed("of")?, transfer: own, earned, place }
        }
        other => {
            let values = [("field", "do"), ("value", other)];
            return Err(Refusal::invalid(t.with("bad_choice", &values)));
        }
    };
    let position = state.give(&asked, resident, CommandId(own), command).await?;
    Ok(see(&format!("/desk/{community}/points/{resident}"), position).into_response())
}

impl State {
    /// The residents that what was typed may mean, with what they have.
    async fn found(
        &self,
        viewer: &Viewer,
        community: &str,
        typed: &str,
    ) -> Result<Vec<Found>, Refusal> {
        let ids = self.find(community, typed).await?;
        let names = self.names(viewer, ids.clone(), Purpose::Desk).await;
        let read = self.tables.read(move |db| {
            let sums = |id| Ok((id, credits::earned(db, id)?, wallets::net(db, id)?));
            ids.into_iter().map(sums).collect::<rusqlite::Result<Vec<_>>>()
        });
        let found = |(id, earned, net): (Uuid, u64, i64)| Found {
            id,
            name: names.get(id),
            there: i64::try_from(earned).unwrap_or(i64::MAX).saturating_add(net),
        };
        Ok(read.await?.into_iter().map(found).collect())
    }

    /// What somebody has earned, by tables that hold all of the log.
    async fn earned(&self, resident: Uuid) -> Result<u64, Refusal> {
        let last: Position = self.platform.log.last().await.map_err(Refusal::failed)?;
        if !self.tables.reach(last).await {
            return Err(Refusal::failed("the tables have not caught up with the log"));
        }
        Ok(self.tables.read(move |db| credits::earned(db, resident)).await?)
    }

    async fn sealed(&self, asked: &Asked<'_>, resident: Uuid) -> Result<Option<Sealed>, Refusal> {
        let words = asked.field("remark");
        if words.is_empty() {
            return Ok(None);
        }
        if words.chars().count() > REMARK_CHARS_MAX {
            return Err(Refusal::invalid(asked.t.n("remark_too_long", REMARK_CHARS_MAX)));
        }
        let keys = self.platform.directory.keys(vec![resident]).await?;
        let nobody = || Refusal::from(DirectoryError::Nobody(resident));
        let key = keys.get(&resident).ok_or_else(nobody)?;
        let stream = wallet(resident).map_err(Refusal::failed)?;
        let sealed = key.seal(&stream, "remark", words, &self.platform.entropy);
        sealed.map(Some).map_err(Refusal::failed)
    }

    async fn give(
        &self,
        asked: &Asked<'_>,
        resident: Uuid,
        cmd: CommandId,
        command: Command,
    ) -> Result<Position, Refusal> {
        let stream = wallet(resident).map_err(Refusal::failed)?;
        let meta = Meta::by(asked.viewer.actor(), cmd);
        let done = self.platform.streams.execute::<Wallet>(&stream, meta, command).await;
        let done = done.map_err(|error| match error {
            ExecuteError::Rejected(no) => Refusal::no(asked.t.no(&no.told())),
            other => Refusal::failed(other),
        })?;
        tracing::info!(community = asked.community, position = %done.position, "points were used");
        Ok(done.position)
    }
}
