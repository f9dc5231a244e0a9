//! What staff follow up: calls to make, and mails of which nobody knows whether they arrived.

use std::collections::HashMap;

use askama::Template;
use axum::{Extension, Form, extract::Path, response::Response};
use linli_platform::{
    directory::Purpose,
    web::{Names, PATIENCE, Page, Refusal, Viewer, see},
};
use rusqlite::Connection;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Face, stream,
    words::{Tongue, WORDS, instant},
};
use crate::{
    adapters::mail::Mailer,
    deciders::{Followup, FollowupCommand},
    projections::{announcements, calls, covers, deliveries, occurrences},
    values::COVER,
    values::Key,
};

/// How many of the newest deliveries the page shows.
const SHOWN: u32 = 200;
/// One delivery on the page.
struct DeliveryLine {
    about: String,
    resident: Uuid,
    purpose: String,
    state: String,
    badge: String,
    reason: String,
    attempt: u32,
    doubts: u32,
    at: String,
    source: String,
    key: String,
}

/// One call on the page.
struct CallLine {
    about: String,
    when: String,
    resident: Uuid,
    purpose: String,
    reason: String,
    source: String,
    revision: u32,
}

#[derive(Template)]
#[template(path = "deliveries.html")]
struct DeliveriesPage<'a> {
    t: Tongue,
    cmd: Uuid,
    community: &'a str,
    people: &'a People,
    doubtful: Vec<DeliveryLine>,
    newest: Vec<DeliveryLine>,
    /// Why mail to people who were erased may still lie in the outbox.
    uncleared: Option<String>,
}

#[derive(Template)]
#[template(path = "calls.html")]
struct CallsPage<'a> {
    t: Tongue,
    cmd: Uuid,
    community: &'a str,
    people: &'a People,
    calls: Vec<CallLine>,
}

/// How a page calls people, and telephone numbers where somebody gave one.
struct People {
    names: Names,
    phones: HashMap<Uuid, String>,
}

impl People {
    fn name(&self, person: &Uuid) -> String {
        self.names.get(*person)
    }

    fn phone(&self, person: &Uuid) -> &str {
        self.phones.get(person).map_or("", String::as_str)
    }
}

impl Face {
    async fn people(&self, viewer: &Viewer, people: Vec<Uuid>, with_phones: bool) -> People {
        let directory = self.platform.directory.as_ref();
        let mut phones = HashMap::new();
        if with_phones {
            let asked = tokio::time::timeout(PATIENCE, directory.addresses(people.clone())).await;
            // Without an answer in time the page goes without, as it does without names.
            let addresses = asked.ok().and_then(Result::ok).unwrap_or_default();
            phones = addresses.into_iter().filter_map(|(id, it)| Some((id, it.phone?))).collect();
        }
        let names = Names::ask(directory, people, viewer, Purpose::Desk, &WORDS).await;
        People { names, phones }
    }
}

/// What a source is about: an occurrence's title, or the summary of a week.
fn about(
    db: &Connection,
    (community, source): (&str, &str),
    t: Tongue,
) -> rusqlite::Result<(String, String)> {
    if let Some(id) = source.strip_prefix("announcement-") {
        let title = announcements::one(db, community, id)?.map(|told| told.title);
        let title = title.unwrap_or_default();
        return Ok((t.with("about_announcement", &[("title", &title)]), String::new()));
    }
    Ok(match occurrences::revisions(db, source, t.0)?.first() {
        Some(occ) => (occ.title.clone(), t.when(occ)),
        None if source.starts_with(COVER) => {
            let duty = covers::one(db, source, t.0)?.map(|cover| cover.duty).unwrap_or_default();
            (t.with("about_cover", &[("duty", &duty)]), String::new())
        }
        None => match source.strip_prefix("digest-") {
            Some(week) => (t.with("about_digest", &[("week", week)]), String::new()),
            None => (source.to_owned(), String::new()),
        },
    })
}

fn line(
    db: &Connection,
    community: &str,
    standing: &deliveries::Standing,
    t: Tongue,
) -> rusqlite::Result<DeliveryLine> {
    let badge = match (standing.state.as_str(), standing.class.as_str()) {
        ("settled", class) => class.to_lowercase(),
        (state, _) => state.to_owned(),
    };
    let reason = match standing.reason.as_str() {
        "no-consent" | "no-address" => t.t(&format!("reason_{}", standing.reason)),
        code => code.to_owned(),
    };
    Ok(DeliveryLine {
        about: about(db, (community, &standing.source), t)?.0,
        resident: standing.key.resident,
        purpose: t.purpose(standing.key.purpose),
        state: t.t(&format!("state_{badge}")),
        badge,
        reason,
        attempt: standing.attempt,
        doubts: standing.doubts,
        at: instant(&standing.at),
        source: standing.source.clone(),
        key: standing.key.to_string(),
    })
}

pub(super) async fn deliveries(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
) -> Result<Page, Refusal> {
    let t = Tongue(viewer.language);
    let here = community.clone();
    let lines = move |db: &Connection, here: &str, found: Vec<deliveries::Standing>| {
        found
            .iter()
            .map(|standing| line(db, here, standing, t))
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let read = face.tables.read(move |db| {
        let doubtful = lines(db, &here, deliveries::doubtful(db, &here)?)?;
        Ok((doubtful, lines(db, &here, deliveries::newest(db, &here, SHOWN)?)?))
    });
    let (doubtful, newest) = read.await?;
    let people = doubtful.iter().chain(&newest).map(|line| line.resident).collect();
    let people = &face.people(&viewer, people, false).await;
    let cmd = face.platform.entropy.uuid();
    let uncleared = match &face.post.mailer {
        Mailer::Outbox(outbox) => outbox.uncleared().borrow().clone(),
        Mailer::Smtp(_) | Mailer::Rehearsal(_) => None,
    };
    let page =
        DeliveriesPage { t, cmd, community: &community, people, doubtful, newest, uncleared };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("deliveries_title"), html).of(&community))
}

pub(super) async fn calls(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
) -> Result<Page, Refusal> {
    let t = Tongue(viewer.language);
    let (here, now) = (community.clone(), face.platform.clock.now());
    let read = face.tables.read(move |db| {
        let open = calls::open(db, &here, now)?.into_iter().map(|call| {
            let (about, when) = about(db, (&here, &call.source), t)?;
            let purpose = call.purpose.parse().map(|purpose| t.purpose(purpose));
            Ok(CallLine {
                about,
                when,
                resident: call.resident,
                purpose: purpose.unwrap_or_default(),
                reason: t.t(&format!("reason_{}", call.reason)),
                source: call.source,
                revision: call.revision,
            })
        });
        open.collect::<rusqlite::Result<Vec<_>>>()
    });
    let calls = read.await?;
    let people = calls.iter().map(|call| call.resident).collect();
    let people = &face.people(&viewer, people, true).await;
    let cmd = face.platform.entropy.uuid();
    let page = CallsPage { t, cmd, community: &community, people, calls };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("calls_title"), html).of(&community))
}

impl Face {
    async fn follow_up(
        &self,
        viewer: &Viewer,
        (community, source): (&str, &str),
        cmd: Uuid,
        command: FollowupCommand,
    ) -> Result<linli_platform::ids::Position, Refusal> {
        let stream = stream::<Followup>(community, source)?;
        let t = Tongue(viewer.language);
        self.give::<Followup>(viewer, &stream, cmd, command, |_| Refusal::no(t.t("let_go_before")))
            .await
    }
}

/// Who was called, about what.
#[derive(Deserialize)]
pub(super) struct Called {
    cmd: Uuid,
    source: String,
    resident: Uuid,
    revision: u32,
}

pub(super) async fn tick(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
    Form(called): Form<Called>,
) -> Result<Response, Refusal> {
    let Called { cmd, source, resident, revision } = called;
    let command = FollowupCommand::Tick { resident, revision };
    // One form's id for all lines of the page: which line it was makes the command.
    let cmd = linli_platform::entropy::derived(&cmd.to_string(), &format!("{source}/{resident}"));
    let at = face.follow_up(&viewer, (&community, &source), cmd, command).await?;
    Ok(see(&format!("/desk/{community}/calls"), at))
}

/// Which delivery is decided on.
#[derive(Deserialize)]
pub(super) struct Decided {
    cmd: Uuid,
    source: String,
    key: String,
}

async fn decide(
    face: &Face,
    viewer: &Viewer,
    community: &str,
    decided: Decided,
    command: fn(Key) -> FollowupCommand,
) -> Result<Response, Refusal> {
    let key: Key = decided.key.parse().map_err(|_| Refusal::missing())?;
    let scope = format!("{}/{}", decided.source, decided.key);
    let cmd = linli_platform::entropy::derived(&decided.cmd.to_string(), &scope);
    let at = face.follow_up(viewer, (community, &decided.source), cmd, command(key)).await?;
    Ok(see(&format!("/desk/{community}/deliveries"), at))
}

pub(super) async fn resend(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
    Form(decided): Form<Decided>,
) -> Result<Response, Refusal> {
    decide(&face, &viewer, &community, decided, FollowupCommand::Resend).await
}

pub(super) async fn let_go(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Path(community): Path<String>,
    Form(decided): Form<Decided>,
) -> Result<Response, Refusal> {
    decide(&face, &viewer, &community, decided, FollowupCommand::LetGo).await
}
