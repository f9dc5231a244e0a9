//! Which feed is asked for, and how it is made.

use std::fmt::Write as _;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use linli_platform::{ids::Position, web::Language};
use rusqlite::Connection;
use serde::Deserialize;
use uuid::Uuid;

use super::kept::{Kept, etag};
use crate::{
    projections::{agenda::Ask, feeds, mine, neighbours},
    routes::Text,
    values::{
        agenda::Audience,
        feed::{Frame, Marks, Mine, Sources, Span, render},
        midnight,
    },
};

/// What may stand behind `?`.
#[derive(Debug, Deserialize)]
pub(in crate::routes) struct Asked {
    pub kind: Option<String>,
    pub lang: Option<String>,
    /// Minutes before what one is expected at, in one's own feed; 0: no alarm.
    pub alarm: Option<u32>,
}

impl Asked {
    /// An answer that the feed is at another address for ever, with all that was asked of it.
    pub(super) fn led_to(&self, path: String) -> Response {
        let alarm = self.alarm.map(|minutes| minutes.to_string());
        let asked = [("kind", &self.kind), ("lang", &self.lang), ("alarm", &alarm)];
        let asked = asked.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let address = with_query(path, asked);
        // Whoever asks again must see when it leads there no more.
        let seldom = (header::CACHE_CONTROL, "private, max-age=300".to_owned());
        let to = (header::LOCATION, address);
        (StatusCode::MOVED_PERMANENTLY, [to, seldom]).into_response()
    }
}

/// A path with what stands behind `?`: every octet that is no plain letter as %XX.
pub(in crate::routes) fn with_query<'a>(
    path: String,
    asked: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut address = path;
    for (n, (name, value)) in asked.enumerate() {
        address.push(if n == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        for octet in value.bytes() {
            // Writing to a String can't fail.
            let _ = if octet.is_ascii_alphanumeric() {
                write!(address, "{}", char::from(octet))
            } else {
                write!(address, "%{octet:02X}")
            };
        }
    }
    address
}

/// Which feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Which {
    pub(super) communities: Vec<String>,
    /// None: staff.
    pub(super) teams: Option<Vec<Uuid>>,
    pub(super) kind: Option<String>,
    pub(super) english: bool,
    /// The path where it is fetched.
    pub(super) source: String,
    /// What it is called: a team's name, or that of one's own feed.
    pub(super) owner: Option<String>,
    /// Whose own it is, and how many minutes before what they are expected at they are told.
    pub(super) person: Option<(Uuid, u32)>,
}

impl Which {
    pub(super) fn of(
        communities: Vec<String>,
        teams: Option<Vec<Uuid>>,
        asked: Asked,
        source: String,
    ) -> Self {
        let english = asked.lang.is_some_and(|code| Language::of(&code) == Language::En);
        let kind = asked.kind.filter(|kind| !kind.is_empty());
        let named = kind.as_deref().map(|kind| ("kind", kind));
        let source = with_query(source, named.into_iter());
        Self { communities, teams, kind, english, source, owner: None, person: None }
    }

    pub(super) fn language(&self) -> Language {
        if self.english { Language::En } else { Language::Zh }
    }

    fn audience(&self) -> Audience {
        match &self.teams {
            None => Audience::Staff,
            Some(teams) if teams.is_empty() => Audience::Public,
            Some(teams) => Audience::Teams(teams.clone()),
        }
    }

    /// Where on this log anything of it last changed.
    pub(super) fn moved(&self, db: &Connection) -> rusqlite::Result<Position> {
        let (all, _) = feeds::moved(db)?;
        let own = self.person.map(|(person, _)| mine::moved(db, person)).transpose()?;
        Ok(own.map_or(all, |(own, _)| own.max(all)))
    }

    /// When anything of it last changed.
    fn moved_at(&self, db: &Connection) -> rusqlite::Result<DateTime<Utc>> {
        let (_, all) = feeds::moved(db)?;
        let own = self.person.map(|(person, _)| mine::moved(db, person)).transpose()?;
        Ok(own.map_or(all, |(_, own)| own.max(all)))
    }

    /// Reads what it is made of, and makes it.
    pub(super) fn make(
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
        let mut frame = Frame {
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
        if let Some((person, alarm_minutes)) = self.person {
            frame.mine = Mine { alarm_minutes, marks: marks(text), ..Mine::default() };
            let dates = frame.span.all();
            feeds::add_own(db, person, &mut frame.mine, &mut sources, &dates)?;
        }
        let body = render(&frame, &sources, now);
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        Ok(Some(Kept {
            looked: Position(0),
            moved: self.moved(db)?,
            until: midnight(zone, tomorrow),
            etag: etag(body.as_bytes()),
            body: body.into(),
            modified: self.moved_at(db)?.max(midnight(zone, today)),
        }))
    }
}

/// What is the same around every feed; name, page, source and span are not.
pub(super) fn plain_frame(
    db: &Connection,
    text: Text,
    public_url: &str,
) -> rusqlite::Result<Frame> {
    let words = |key: &'static str| text.w(key).to_owned();
    Ok(Frame {
        name: String::new(),
        about: String::new(),
        page: public_url.to_owned(),
        source: String::new(),
        public_url: public_url.to_owned(),
        host: feeds::host(db)?.unwrap_or_else(|| super::host_of(public_url).to_owned()),
        zone: chrono_tz::Asia::Shanghai,
        english: text.is_english(),
        cancelled: words("feed_cancelled"),
        reason: words("feed_reason"),
        audience: words("feed_audience"),
        kind: None,
        mine: Mine::default(),
        span: Span::exactly(NaiveDate::MIN..=NaiveDate::MIN),
    })
}

fn marks(text: Text) -> Marks {
    let words = |key: &'static str| text.w(key).to_owned();
    Marks {
        registered: words("feed_registered"),
        waiting: words("feed_waiting"),
        duty: words("feed_duty"),
        duties: words("feed_duties"),
    }
}
