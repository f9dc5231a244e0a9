//! Feeds for calendar programs: of a community, a kind, a team, a person. A feed is kept in memory
//! until something of the calendar changes or the day ends; whoever has it already gets a 304.

use std::{
    collections::HashMap,
    fmt::Write as _,
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, Query},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use linli_platform::{
    directory::{DirectoryError, Principal, SignIn, SignedIn},
    entropy::derived,
    ids::{Actor, CommandId, EVERYWHERE, Position, StreamId},
    service::Platform,
    stream::Meta,
    tables::{Tables, TablesError},
    web::{Language, Refusal},
};
use rusqlite::Connection;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Shared, Text};
use crate::{
    contract::SERVICE,
    deciders::feed::{Command, Feeds},
    projections::{agenda::Ask, feeds, neighbours},
    values::{
        agenda::Audience,
        feed::{Frame, Sources, Span, render},
        midnight,
    },
};

/// The kind of secret that stands for a team in the address of its feed.
pub const TEAM_FEED: &str = "team-feed";
/// Feeds kept in memory; with more than that, all are made anew.
const KEPT_MAX: usize = 512;

/// What may stand behind `?`.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    kind: Option<String>,
    lang: Option<String>,
}

/// Which feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Which {
    communities: Vec<String>,
    /// None: staff.
    teams: Option<Vec<Uuid>>,
    kind: Option<String>,
    english: bool,
    /// The path where it is fetched.
    source: String,
    /// What it is called: a team's name, or that of one's own feed.
    owner: Option<String>,
}

/// A feed as it was made.
#[derive(Debug, Clone)]
struct Kept {
    /// The tables were here when it was last known to be true.
    looked: Position,
    moved: Position,
    until: DateTime<Utc>,
    body: Bytes,
    etag: HeaderValue,
    modified: DateTime<Utc>,
}

/// The feeds in memory.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<HashMap<Which, Kept>>>);

impl Cache {
    fn get(&self, which: &Which) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(which).cloned()
    }

    fn put(&self, which: Which, kept: Kept) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX && !all.contains_key(&which) {
            all.clear();
        }
        all.insert(which, kept);
    }
}

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
    let source = format!("/t/{token}/calendar.ics");
    let holder = tokio::task::spawn_blocking(move || vault.holder(TEAM_FEED, &token, now));
    let team = holder.await.map_err(Refusal::failed)?.map_err(Refusal::failed)?;
    let team = team.ok_or_else(Refusal::missing)?;
    let found = calendar.tables.read(move |db| neighbours::team(db, team)).await?;
    let (community, name) = found.ok_or_else(Refusal::missing)?;
    let mut which = Which::of(vec![community], Some(vec![team]), asked, source);
    which.owner = Some(name);
    answer(&calendar, which, &headers).await
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
        Ok(SignedIn::Minted { .. }) | Err(DirectoryError::Refused | DirectoryError::Nobody(_)) => {
            return Err(Refusal::missing());
        }
        Err(error @ DirectoryError::Down(_)) => return Err(Refusal::failed(error)),
    };
    asked.lang.get_or_insert_with(|| who.language.clone());
    let (staff, person) = (who.staff, who.person);
    let sees = calendar
        .tables
        .read(move |db| Ok((communities(db, &who)?, neighbours::teams_of(db, person)?)));
    let (communities, teams) = sees.await?;
    let mut which = Which::of(communities, (!staff).then_some(teams), asked, source);
    which.owner = Some(Text(which.language()).w("feed_mine").to_owned());
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

impl Which {
    fn of(
        communities: Vec<String>,
        teams: Option<Vec<Uuid>>,
        asked: Asked,
        source: String,
    ) -> Self {
        let english = asked.lang.is_some_and(|code| Language::of(&code) == Language::En);
        let kind = asked.kind.filter(|kind| !kind.is_empty());
        let mut source = source;
        if let Some(kind) = &kind {
            // As it stands in an address: every octet that is no plain letter as %XX.
            source.push_str("?kind=");
            for octet in kind.bytes() {
                let _ = if octet.is_ascii_alphanumeric() {
                    write!(source, "{}", char::from(octet))
                } else {
                    write!(source, "%{octet:02X}")
                };
            }
        }
        Self { communities, teams, kind, english, source, owner: None }
    }

    fn language(&self) -> Language {
        if self.english { Language::En } else { Language::Zh }
    }

    fn audience(&self) -> Audience {
        match &self.teams {
            None => Audience::Staff,
            Some(teams) if teams.is_empty() => Audience::Public,
            Some(teams) => Audience::Teams(teams.clone()),
        }
    }

    /// Reads what it is made of, and makes it.
    fn make(
        &self,
        db: &Connection,
        public_url: &str,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<Option<Kept>> {
        let mut places = Vec::new();
        for code in &self.communities {
            places.extend(neighbours::place(db, code)?);
        }
        let Some(first) = places.first() else { return Ok(None) };
        let (zone, text) = (first.zone, Text(self.language()));
        let today = now.with_timezone(&zone).date_naive();
        let span = Span::around(today, zone);
        let names: Vec<_> = places.iter().map(|place| place.called(self.english)).collect();
        let title = self.owner.clone().unwrap_or_else(|| names.join(" · "));
        let about = text.with("feed_about", &[("place", &names.join(" · "))]);
        let frame = Frame {
            name: match &self.kind {
                Some(kind) => format!("{title} · {kind}"),
                None => title,
            },
            about,
            page: format!("{public_url}/c/{}", first.code),
            source: format!("{public_url}{}", self.source),
            kind: self.kind.clone(),
            zone,
            span,
            ..plain_frame(db, text, public_url)?
        };
        let mut sources = Sources::default();
        for code in &self.communities {
            let window = frame.span.window.clone();
            let ask = Ask { audience: self.audience(), drafts: false, ..Ask::all(code, window) };
            sources.add(feeds::sources(db, &ask, &frame.span)?);
        }
        let (moved, moved_at) = feeds::moved(db)?;
        let body = render(&frame, &sources, now);
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        Ok(Some(Kept {
            looked: Position(0),
            moved,
            until: midnight(zone, tomorrow),
            etag: etag(body.as_bytes()),
            body: body.into(),
            modified: moved_at.max(midnight(zone, today)),
        }))
    }
}

/// What is the same around every feed; name, page, source and span are not.
fn plain_frame(db: &Connection, text: Text, public_url: &str) -> rusqlite::Result<Frame> {
    let words = |key: &'static str| text.w(key).to_owned();
    Ok(Frame {
        name: String::new(),
        about: String::new(),
        page: public_url.to_owned(),
        source: String::new(),
        public_url: public_url.to_owned(),
        host: feeds::host(db)?.unwrap_or_else(|| host_of(public_url).to_owned()),
        zone: chrono_tz::Asia::Shanghai,
        english: text.is_english(),
        cancelled: words("feed_cancelled"),
        reason: words("feed_reason"),
        audience: words("feed_audience"),
        kind: None,
        span: Span::exactly(NaiveDate::MIN..=NaiveDate::MIN),
    })
}

fn etag(body: &[u8]) -> HeaderValue {
    let sum: [u8; 32] = Sha256::digest(body).into();
    let mut text = String::with_capacity(34);
    text.push('"');
    for byte in &sum[..16] {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('"');
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

async fn answer(
    calendar: &super::Calendar,
    which: Which,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let (cache, now) = (&calendar.feeds, calendar.platform.clock.now());
    let looked = calendar.tables.progress().borrow().position;
    let known = cache.get(&which).filter(|kept| now < kept.until);
    if let Some(kept) = known.as_ref().filter(|kept| kept.looked == looked) {
        return Ok(respond(kept, headers));
    }
    let (asked, url) = (which.clone(), calendar.platform.public_url.clone());
    let read = calendar.tables.read(move |db| match known {
        Some(kept) if kept.moved == feeds::moved(db)?.0 => Ok(Some(kept)),
        _ => asked.make(db, &url, now),
    });
    let kept = Kept { looked, ..read.await?.ok_or_else(Refusal::missing)? };
    let response = respond(&kept, headers);
    cache.put(which, kept);
    Ok(response)
}

fn respond(kept: &Kept, headers: &HeaderMap) -> Response {
    let modified = kept.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = if is_known(kept, headers) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = (header::CONTENT_TYPE, "text/calendar; charset=utf-8");
        ([kind], kept.body.clone()).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, kept.etag.clone());
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
    if let Ok(modified) = HeaderValue::from_str(&modified) {
        out.insert(header::LAST_MODIFIED, modified);
    }
    response
}

/// Whether whoever asks has it already. The entity tag decides where there is one.
fn is_known(kept: &Kept, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let own = kept.etag.to_str().unwrap_or_default();
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own);
    }
    text(header::IF_MODIFIED_SINCE)
        .and_then(|at| NaiveDateTime::parse_from_str(at, "%a, %d %b %Y %H:%M:%S GMT").ok())
        .is_some_and(|at| kept.modified.timestamp() <= at.and_utc().timestamp())
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

/// The path of a team's feed; whoever knows it may read it.
pub fn team_path(platform: &Platform, team: Uuid) -> Result<String, Refusal> {
    use secrecy::ExposeSecret as _;
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
