//! Somebody's points with the cause of each, and what they did with them: to themselves, and to the
//! desk.

use askama::Template;
use axum::{Extension, extract::Path};
use chrono_tz::Tz;
use linli_platform::{
    directory::Purpose,
    ids::StreamId,
    vault::{PersonKey, Placed},
    web::{Names, Page, Refusal, Viewer},
};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{State, drill::titled, text::Text};
use crate::{
    contract::Ground,
    processes::wallet,
    projections::{
        activities::{self, Named},
        credits, residents, wallets,
    },
};

/// So many credits, and entries of a wallet, stand on a page.
const ENTRIES_MAX: u32 = 300;

struct Earned {
    on: String,
    title: String,
    path: Option<String>,
    ground: String,
    points: i64,
    capped: u32,
    cause: String,
}

struct Used {
    at: String,
    what: String,
    remark: String,
    points: i64,
    id: Option<Uuid>,
    kind: &'static str,
    undone: bool,
}

/// Somebody's points.
struct PersonView {
    id: Uuid,
    name: String,
    there: i64,
    earned: u64,
    used: i64,
    entries: Vec<Earned>,
    wallet: Vec<Used>,
}

#[derive(Template)]
#[template(path = "points.html")]
struct Points {
    t: Text,
    people: Vec<PersonView>,
    desk: bool,
    bank: Option<String>,
    cmd: Uuid,
}

#[derive(Template)]
#[template(path = "my.html")]
struct Fragment {
    t: Text,
    people: Vec<(String, String)>,
}

/// Themselves, if they are a resident, and those for whom they act.
fn own(viewer: &Viewer) -> Vec<Uuid> {
    let Some(who) = &viewer.principal else { return Vec::new() };
    let own = (!who.staff).then_some(who.person);
    own.into_iter().chain(who.acts_for.iter().copied()).collect()
}

/// The part of one's own page that shows one's points, and the way to each of them.
pub async fn fragment(state: &State, viewer: &Viewer) -> Result<String, Refusal> {
    let t = Text::of(viewer);
    let ids = own(viewer);
    let called = state.names(viewer, ids.clone(), Purpose::Own).await;
    let mut people = Vec::new();
    for id in ids {
        let sums = state.tables.read(move |db| {
            let id = residents::who(db, id)?;
            Ok((credits::earned(db, id)?, wallets::net(db, id)?))
        });
        let (earned, net) = sums.await?;
        let there = i64::try_from(earned).unwrap_or(i64::MAX).saturating_add(net);
        let values = [("earned", earned.to_string()), ("there", there.to_string())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        people.push((called.get(id), t.with("points_total", &values)));
    }
    Fragment { t, people }.render().map_err(Refusal::failed)
}

pub(super) async fn mine(
    Extension(state): Extension<State>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text::of(&viewer);
    let ids = own(&viewer);
    let called = state.names(&viewer, ids.clone(), Purpose::Own).await;
    let mut people = Vec::new();
    for id in ids {
        let zone = state.zone_of(id).await?;
        people.push(state.person(&viewer, id, &called, zone).await?);
    }
    let cmd = state.platform.entropy.uuid();
    let page = Points { t, people, desk: false, bank: None, cmd };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("my_points"), html))
}

/// The desk sees the points of those who live in its community.
pub(super) async fn desk(
    Extension(state): Extension<State>,
    Path((community, resident)): Path<(String, Uuid)>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text::of(&viewer);
    state.lives_in(resident, &community).await?;
    let called = state.names(&viewer, vec![resident], Purpose::Desk).await;
    let zone = state.zone(&community).await?;
    let people = vec![state.person(&viewer, resident, &called, zone).await?];
    let bank = viewer.may("points.spend", &community).then(|| format!("/desk/{community}/bank"));
    let cmd = state.platform.entropy.uuid();
    let html = Points { t, people, desk: true, bank, cmd }.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("points"), html).of(&community))
}

impl State {
    /// Refuses whoever does not live in a community or below it.
    pub(super) async fn lives_in(&self, resident: Uuid, community: &str) -> Result<(), Refusal> {
        let (scope, _) = self.scope(community).await?;
        let home = self.tables.read(move |db| residents::home(db, resident)).await?;
        let here = home.is_some_and(|(home, _)| scope.hosts().contains(&home.as_str()));
        if here { Ok(()) } else { Err(Refusal::missing()) }
    }

    async fn zone_of(&self, resident: Uuid) -> Result<Tz, Refusal> {
        let home = self.tables.read(move |db| residents::home(db, resident)).await?;
        match home {
            Some((community, _)) => self.zone(&community).await,
            None => Ok(Tz::Asia__Shanghai),
        }
    }

    async fn person(
        &self,
        viewer: &Viewer,
        resident: Uuid,
        called: &Names,
        zone: Tz,
    ) -> Result<PersonView, Refusal> {
        let read = self.tables.read(move |db| {
            let id = residents::who(db, resident)?;
            let entries = credits::of_resident(db, id, ENTRIES_MAX)?.into_iter();
            let entries = entries.map(|entry| Ok((activities::named(db, &entry.key)?, entry)));
            let entries = entries.collect::<rusqlite::Result<Vec<_>>>()?;
            let wallet = wallets::of_resident(db, id, ENTRIES_MAX)?;
            Ok((entries, wallet, credits::earned(db, id)?, wallets::net(db, id)?))
        });
        let (entries, wallet, earned, net) = read.await?;
        let t = Text::of(viewer);
        // Whoever has been somewhere knows what it was.
        let shown = |(named, entry): (Option<Named>, credits::Entry)| {
            let (title, path) = titled(t, &entry.key, named.as_ref(), true);
            Earned {
                on: t.day(entry.on),
                title,
                path,
                ground: ground(t, entry.ground, entry.points < 0 || entry.times < 0),
                points: entry.points,
                capped: entry.capped,
                cause: entry.cause,
            }
        };
        let others = wallet.iter().filter_map(|entry| entry.other).collect();
        let others = self.names(viewer, others, Purpose::Ranking).await;
        let owner = wallet.first().map(|entry| entry.resident);
        let keys = self.platform.directory.keys(owner.into_iter().collect()).await?;
        let key = owner.and_then(|owner| keys.get(&owner));
        Ok(PersonView {
            id: resident,
            name: called.get(resident),
            there: i64::try_from(earned).unwrap_or(i64::MAX).saturating_add(net),
            earned,
            used: -net,
            entries: entries.into_iter().map(shown).collect(),
            wallet: wallet.iter().map(|entry| used(t, entry, &others, zone, key)).collect(),
        })
    }
}

fn used(
    t: Text,
    entry: &wallets::Entry,
    others: &Names,
    zone: Tz,
    key: Option<&PersonKey>,
) -> Used {
    let other = entry.other.map(|other| others.get(other)).unwrap_or_default();
    let kind = entry.kind.code();
    let word = format!("wallet_{kind}");
    Used {
        at: entry.at.with_timezone(&zone).format(t.get("date_and_time")).to_string(),
        what: t.with(&word, &[("other", &other)]),
        remark: remark(entry, key).unwrap_or_default(),
        points: entry.points,
        id: entry.id,
        kind,
        undone: entry.undone,
    }
}

/// For what points were spent, as long as its person has a key.
fn remark(entry: &wallets::Entry, key: Option<&PersonKey>) -> Option<String> {
    let sealed = entry.remark.as_ref()?;
    let stream: StreamId = wallet(entry.resident).ok()?;
    let opened = key?.open(Placed { stream: &stream, field: "remark", sealed }).ok()?;
    Some(opened.expose_secret().to_owned())
}

fn ground(t: Text, ground: Ground, taken_back: bool) -> String {
    let key = match ground {
        Ground::Attendance => "ground_attendance",
        Ground::Hours => "ground_hours",
        Ground::Duty => "ground_duty",
    };
    let word = t.get(key);
    if taken_back { t.with("taken_back", &[("what", word)]) } else { word.to_owned() }
}
