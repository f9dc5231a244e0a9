//! What a community tells: written, looked at with the number of people it reaches, sent; and where
//! notices were put up by hand.

use askama::Template;
use axum::{
    Extension, Form,
    extract::Path,
    response::{IntoResponse as _, Response},
};
use chrono::TimeDelta;
use linli_platform::web::{Page, Refusal, Viewer, see};
use rusqlite::Connection;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Face, stream,
    words::{Tongue, instant},
};
use crate::{
    contract::{Medium, What},
    deciders::{Announcement, AnnouncementCommand, TEXT_MAX, TITLE_MAX, Unsaid},
    projections::{
        announcements::{self, Mails},
        occurrences,
    },
};

/// How many of the newest announcements the page shows.
const SHOWN: u32 = 50;

/// One announcement on the page.
struct Line {
    id: Uuid,
    title: String,
    text: String,
    audience: String,
    at: String,
    mails: Mails,
    posted: String,
}

#[derive(Template)]
#[template(path = "announcements.html")]
struct ListPage<'a> {
    t: Tongue,
    cmd: Uuid,
    community: &'a str,
    /// Value and label of whom it can be for.
    audiences: Vec<(String, String)>,
    lines: Vec<Line>,
    /// Value and label of all whose notice may have been put up.
    sources: Vec<(String, String)>,
    media: Vec<(&'static str, String)>,
    title_max: usize,
    text_max: usize,
}

#[derive(Template)]
#[template(path = "announcement_preview.html")]
struct Preview<'a> {
    t: Tongue,
    community: &'a str,
    form: &'a Said,
    audience: &'a str,
    reached: usize,
    without: usize,
}

fn medium(t: Tongue, medium: Medium) -> String {
    t.t(&format!("medium_{}", medium.name().to_lowercase()))
}

fn audience(
    db: &Connection,
    community: &str,
    t: Tongue,
    (what, of): (What, &str),
) -> rusqlite::Result<String> {
    Ok(match what {
        What::Kind => t.with("audience_kind", &[("kind", of)]),
        What::Team => {
            let teams = announcements::teams(db, community)?;
            let name = teams.into_iter().find(|(id, _)| id == of).map(|(_, name)| name);
            t.with("audience_team", &[("team", &name.unwrap_or_default())])
        }
        What::All | What::Activity | What::Venue => t.t("audience_all"),
    })
}

fn line(
    db: &Connection,
    community: &str,
    t: Tongue,
    told: announcements::Announced,
) -> rusqlite::Result<Line> {
    let posted = announcements::posted(db, community, &told.id.to_string())?.into_iter();
    let posted = posted.filter(|(_, places)| *places > 0);
    let posted = posted.map(|(of, places)| format!("{} {places}", medium(t, of)));
    Ok(Line {
        id: told.id,
        audience: audience(db, community, t, (told.what, &told.of))?,
        at: instant(&told.at),
        mails: announcements::mails(db, community, told.id)?,
        posted: posted.collect::<Vec<_>>().join(&t.t("list_joint")),
        title: told.title,
        text: told.text,
    })
}

pub(super) async fn list(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
) -> Result<Page, Refusal> {
    let (t, here) = (Tongue(viewer.language), community.clone());
    let now = face.platform.clock.now();
    let window = (now - TimeDelta::days(31), now + TimeDelta::days(31));
    let read = face.tables.read(move |db| {
        let told = announcements::newest(db, &here, SHOWN)?;
        let lines = told.into_iter().map(|told| line(db, &here, t, told));
        let lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
        let all = ("ALL:".to_owned(), t.t("audience_all"));
        let named = |key, name: &str, of: &str| t.with(key, &[(name, of)]);
        let teams = announcements::teams(db, &here)?.into_iter();
        let teams = teams.map(|(id, n)| (format!("TEAM:{id}"), named("audience_team", "team", &n)));
        let (kinds, _) = occurrences::on_offer(db, &here, t.0)?;
        let kinds = kinds.into_iter();
        let kinds = kinds.map(|k| (format!("KIND:{k}"), named("audience_kind", "kind", &k)));
        let audiences: Vec<_> = [all].into_iter().chain(teams).chain(kinds).collect();
        let mut sources: Vec<_> =
            lines.iter().map(|line| (line.id.to_string(), line.title.clone())).collect();
        for occ in occurrences::between(db, &here, window, t.0)? {
            sources.push((occ.id.clone(), format!("{} · {}", occ.title, t.when(&occ))));
        }
        Ok((lines, audiences, sources))
    });
    let (lines, audiences, sources) = read.await?;
    let page = ListPage {
        t,
        cmd: face.platform.entropy.uuid(),
        community: &community,
        audiences,
        lines,
        sources,
        media: Medium::ALL.map(|of| (of.name(), medium(t, of))).to_vec(),
        title_max: TITLE_MAX,
        text_max: TEXT_MAX,
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("announcements_title"), html).of(&community))
}

/// What is to be told, to whom.
#[derive(Deserialize)]
pub(super) struct Said {
    cmd: Uuid,
    title: String,
    text: String,
    /// `ALL:`, `TEAM:<uuid>` or `KIND:<name>`.
    audience: String,
    /// There once somebody has looked at the number of people.
    sure: Option<String>,
}

impl Said {
    fn audience(&self) -> Option<(What, &str)> {
        let (what, of) = self.audience.split_once(':')?;
        let what = [What::All, What::Team, What::Kind].into_iter().find(|w| w.name() == what)?;
        Some((what, of))
    }
}

fn says_no(t: Tongue) -> impl Fn(&Unsaid) -> Refusal {
    move |unsaid| {
        let key = match unsaid {
            Unsaid::Empty => "unsaid_empty",
            Unsaid::TooLong => "unsaid_too_long",
            Unsaid::Audience => "unsaid_audience",
            Unsaid::Made => return Refusal::no(t.t("unsaid_made")),
            Unsaid::Places => "unsaid_places",
        };
        Refusal::invalid(t.t(key))
    }
}

pub(super) async fn say(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
    Form(said): Form<Said>,
) -> Result<Response, Refusal> {
    let t = Tongue(viewer.language);
    let (what, of) = said.audience().ok_or_else(|| says_no(t)(&Unsaid::Audience))?;
    if said.sure.is_none() {
        return Ok(preview(&face, &viewer, &community, &said, (what, of)).await?.into_response());
    }
    // The form's id is the announcement's, so a button pressed twice makes one.
    let to = stream::<Announcement>(&community, said.cmd)?;
    let (title, text, of) = (said.title.clone(), said.text.clone(), of.to_owned());
    let command = AnnouncementCommand::Announce { title, text, what, of };
    let at = face.give::<Announcement>(&viewer, &to, said.cmd, command, says_no(t)).await?;
    Ok(see(&format!("/desk/{community}/announcements"), at))
}

/// How many people it reaches, before anything goes out.
async fn preview(
    face: &Face,
    viewer: &Viewer,
    community: &str,
    said: &Said,
    (what, of): (What, &str),
) -> Result<Page, Refusal> {
    let t = Tongue(viewer.language);
    let (here, object) = (community.to_owned(), of.to_owned());
    let read = face.tables.read(move |db| {
        let to = announcements::audience(db, &here, (what, &object))?;
        Ok((to, audience(db, &here, t, (what, &object))?))
    });
    let (people, audience) = read.await?;
    let all = people.len();
    let addresses = face.platform.directory.addresses(people).await?;
    let reached = addresses.values().filter(|address| address.email.is_some()).count();
    let without = all - reached;
    let page = Preview { t, community, form: said, audience: &audience, reached, without };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("announcement_preview_title"), html).of(community))
}

/// Where something was put up.
#[derive(Deserialize)]
pub(super) struct Posted {
    cmd: Uuid,
    /// An announcement, or an occurrence.
    source: String,
    medium: String,
    places: u32,
}

pub(super) async fn post(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
    Form(posted): Form<Posted>,
) -> Result<Response, Refusal> {
    let t = Tongue(viewer.language);
    let medium = Medium::ALL.into_iter().find(|medium| medium.name() == posted.medium);
    let medium = medium.ok_or_else(Refusal::missing)?;
    let (here, source) = (community.clone(), posted.source.clone());
    let read = face.tables.read(move |db| {
        let told = announcements::one(db, &here, &source)?.is_some();
        let occurrence = occurrences::revisions(db, &source, t.0)?;
        Ok(told || occurrence.first().is_some_and(|occ| occ.community == here))
    });
    if !read.await? {
        return Err(Refusal::missing());
    }
    let to = stream::<Announcement>(&community, &posted.source)?;
    let scope = format!("{}/{}/{}", posted.source, posted.medium, posted.places);
    let cmd = linli_platform::entropy::derived(&posted.cmd.to_string(), &scope);
    let command = AnnouncementCommand::Post { medium, places: posted.places };
    let at = face.give::<Announcement>(&viewer, &to, cmd, command, says_no(t)).await?;
    Ok(see(&format!("/desk/{community}/announcements"), at))
}
