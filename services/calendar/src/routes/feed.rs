//! Feeds for calendar programs: of a community, a kind, a team, a person. A feed is kept in memory
//! until something of the calendar changes or the day ends; whoever has it already gets a 304.

use std::ops::RangeInclusive;

use axum::{
    Extension,
    extract::{Path, Query},
    http::HeaderMap,
    response::Response,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use linli_platform::{
    directory::{DirectoryError, Principal, SignIn, SignedIn},
    entropy::derived,
    ids::{Actor, CommandId, EVERYWHERE, StreamId},
    service::Platform,
    stream::Meta,
    tables::{Tables, TablesError},
    web::{Language, Refusal},
};
use rusqlite::Connection;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{Shared, Text};
use crate::{
    contract::SERVICE,
    deciders::feed::{Command, Feeds},
    projections::{agenda::Ask, feeds, neighbours},
    values::{
        agenda::Audience,
        feed::{Frame, Span, render},
    },
};

mod kept;
mod which;

pub use kept::Cache;
use kept::answer;
pub(super) use which::with_query;
use which::{Asked, Which, plain_frame};

/// The kind of secret that stands for a team in the address of its feed.
pub const TEAM_FEED: &str = "team-feed";
/// Days for which a renewed address leads to the new one.
const RENEWED_DAYS: i64 = 90;
/// So many minutes before what one is expected at, one's calendar program says so.
const ALARM_MINUTES: u32 = 60;
/// The longest before that it can be asked to: a week.
const ALARM_MINUTES_MAX: u32 = 7 * 24 * 60;

pub(super) async fn community(
    Extension(calendar): Shared,
    Path(community): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let source = format!("/c/{community}/calendar.ics");
    let which = Which::of(vec![community], Some(Vec::new()), asked, source);
    answer(&calendar, which, &headers).await
}

pub(super) async fn team(
    Extension(calendar): Shared,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (vault, now) = (calendar.platform.vault.clone(), calendar.platform.clock.now());
    let (source, secret) = (format!("/t/{token}/calendar.ics"), token.clone());
    let holder = tokio::task::spawn_blocking(move || vault.holder(TEAM_FEED, &secret, now));
    let holder = holder.await.map_err(Refusal::failed)?.map_err(Refusal::failed)?;
    let Some(team) = holder else { return renewed_team(&calendar, token, asked).await };
    let found = calendar.tables.read(move |db| neighbours::team(db, team)).await?;
    let (community, name) = found.ok_or_else(Refusal::missing)?;
    let mut which = Which::of(vec![community], Some(vec![team]), asked, source);
    which.owner = Some(name);
    answer(&calendar, which, &headers).await
}

/// Sends whoever has the old address of a team's feed to the new one.
async fn renewed_team(
    calendar: &super::Calendar,
    token: String,
    asked: Asked,
) -> Result<Response, Refusal> {
    let (vault, now) = (calendar.platform.vault.clone(), calendar.platform.clock.now());
    let found = tokio::task::spawn_blocking(move || vault.renewed(TEAM_FEED, &token, now));
    let secret = found.await.map_err(Refusal::failed)?.map_err(Refusal::failed)?;
    let secret = secret.ok_or_else(Refusal::missing)?;
    Ok(asked.led_to(format!("/t/{}/calendar.ics", secret.expose_secret())))
}

pub(super) async fn person(
    Extension(calendar): Shared,
    Path(token): Path<String>,
    Query(mut asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let source = format!("/my/{token}/calendar.ics");
    let signed = calendar.platform.directory.sign_in(SignIn::Feed { secret: token }).await;
    let who = match signed {
        Ok(SignedIn::As(who)) => who,
        Ok(SignedIn::Renewed { secret }) => {
            return Ok(asked.led_to(format!("/my/{secret}/calendar.ics")));
        }
        Ok(SignedIn::Minted { .. }) | Err(DirectoryError::Refused | DirectoryError::Nobody(_)) => {
            return Err(Refusal::missing());
        }
        Err(error @ DirectoryError::Down(_)) => return Err(Refusal::failed(error)),
    };
    asked.lang.get_or_insert_with(|| who.language.clone());
    let (staff, person) = (who.staff, who.person);
    let minutes = asked.alarm.unwrap_or(ALARM_MINUTES).min(ALARM_MINUTES_MAX);
    let sees = calendar
        .tables
        .read(move |db| Ok((communities(db, &who)?, neighbours::teams_of(db, person)?)));
    let (communities, teams) = sees.await?;
    let mut which = Which::of(communities, (!staff).then_some(teams), asked, source);
    which.owner = Some(Text(which.language()).w("feed_mine").to_owned());
    which.person = Some((person, minutes));
    answer(&calendar, which, &headers).await
}

/// The communities whose calendar somebody looks at: their own, for staff all that they work for.
fn communities(db: &Connection, who: &Principal) -> rusqlite::Result<Vec<String>> {
    let own = Some(&who.community).filter(|code| *code != EVERYWHERE);
    let granted = who.grants.iter().map(|grant| &grant.community).filter(|_| who.staff);
    let mut all: Vec<_> = own.into_iter().chain(granted).cloned().collect();
    if all.iter().any(|code| code == "*") {
        all = feeds::hosts(db)?;
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The host of an address: `https://linli.example.org:8443/x` → `linli.example.org`.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = authority.split(':').next().unwrap_or(authority);
    if host.is_empty() || host.starts_with('[') { "linli" } else { host }
}

/// Settles the host in all UIDs, at the first start for ever; later it does nothing.
pub async fn name_host(platform: &Platform) -> Result<(), String> {
    let stream = StreamId::new(EVERYWHERE, SERVICE, "feed", "host").map_err(|e| e.to_string())?;
    let host = host_of(&platform.public_url).to_owned();
    let cmd = CommandId(derived(EVERYWHERE, "feed host"));
    let meta = Meta::by(Actor::Process("calendar.feed".into()), cmd);
    let named = platform.streams.execute::<Feeds>(&stream, meta, Command::Name { host });
    named.await.map(|_| ()).map_err(|error| error.to_string())
}

/// Another address for a team's feed. The old one leads to it for a while, unless it is `known` to
/// others: then it is void at once.
pub fn renew_team(platform: &Platform, team: Uuid, known: bool) -> Result<(), Refusal> {
    let until = platform.clock.now() + TimeDelta::days(RENEWED_DAYS);
    let renewed = if known {
        platform.vault.rotate(TEAM_FEED, team)
    } else {
        platform.vault.renew(TEAM_FEED, team, until)
    };
    renewed.map(drop).map_err(Refusal::failed)
}

/// The path of a team's feed; whoever knows it may read it.
pub fn team_path(platform: &Platform, team: Uuid) -> Result<String, Refusal> {
    let secret = platform.vault.lasting(TEAM_FEED, team).map_err(Refusal::failed)?;
    Ok(format!("/t/{}/calendar.ics", secret.expose_secret()))
}

/// The agenda of these dates as an iCalendar file: what is public, or with `all` everything but
/// drafts. None if there is no such community.
pub fn export_ics(
    tables: &Tables,
    (community, public_url): (&str, &str),
    window: &RangeInclusive<NaiveDate>,
    all: bool,
    now: DateTime<Utc>,
) -> Result<Option<String>, TablesError> {
    tables.read_now(|db| {
        let Some(place) = neighbours::place(db, community)? else { return Ok(None) };
        let span = Span::exactly(window.clone());
        let audience = if all { Audience::Staff } else { Audience::Public };
        let ask = Ask { audience, drafts: false, ..Ask::all(community, window.clone()) };
        let sources = feeds::sources(db, &ask, &span)?;
        let frame = Frame {
            name: place.name.clone(),
            about: Text(Language::Zh).with("feed_about", &[("place", &place.name)]),
            page: format!("{public_url}/c/{community}"),
            zone: place.zone,
            span,
            ..plain_frame(db, Text(Language::Zh), public_url)?
        };
        Ok(Some(render(&frame, &sources, now)))
    })
}
