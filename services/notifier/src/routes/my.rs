//! One's own subscriptions, quiet hours, and the stop of all reminders.

use askama::Template;
use axum::{Extension, Form, response::Response};
use linli_platform::{
    service::Platform,
    tables::Tables,
    web::{Page, Refusal, Viewer, see},
};
use rusqlite::Connection;
use serde::Deserialize;
use uuid::Uuid;

use super::{Face, words::Tongue};
use crate::{
    contract::{Digest, What},
    deciders::SubscriptionCommand,
    projections::{
        occurrences::{self, Named},
        subscriptions::{self, Held},
    },
    values::{Channel, Quiet},
};

const PATH: &str = "/my/subscriptions";

/// One line of the list.
struct Line {
    community: String,
    subscription: Uuid,
    about: String,
    leads: String,
    digest: String,
}

#[derive(Template)]
#[template(path = "my.html")]
struct MyPage {
    t: Tongue,
    cmd: Uuid,
    fresh: Uuid,
    community: String,
    lines: Vec<Line>,
    /// Value and label of all that can be chosen.
    choices: Vec<(String, String)>,
    quiet_from: String,
    quiet_until: String,
    stopped: bool,
}

#[derive(Template)]
#[template(path = "my_fragment.html")]
struct MyFragment {
    t: Tongue,
    lines: Vec<Line>,
    stopped: bool,
}

fn line(db: &Connection, held: &Held, t: Tongue) -> rusqlite::Result<Line> {
    let named = |of| occurrences::name(db, of, &held.of, t.0);
    let about = match held.what {
        What::All => t.t("about_all"),
        What::Activity => named(Named::Activity)?,
        What::Kind => t.with("about_kind", &[("kind", &held.of)]),
        What::Team => t.t("about_team"),
        What::Venue => t.with("about_venue", &[("venue", &named(Named::Venue)?)]),
    };
    let leads: Vec<String> = held.leads.iter().map(|minutes| t.lead(*minutes)).collect();
    let digest = match held.digest {
        Digest::Default => "digest_default",
        Digest::Never => "digest_never",
        Digest::Always => "digest_always",
    };
    Ok(Line {
        community: held.community.clone(),
        subscription: held.subscription,
        about,
        leads: leads.join(&t.t("list_joint")),
        digest: t.t(digest),
    })
}

fn lines(db: &Connection, resident: Uuid, t: Tongue) -> rusqlite::Result<Vec<Line>> {
    let held = subscriptions::of_resident(db, resident)?;
    held.iter().map(|held| line(db, held, t)).collect()
}

fn choices(db: &Connection, community: &str, t: Tongue) -> rusqlite::Result<Vec<(String, String)>> {
    let (kinds, activities) = occurrences::on_offer(db, community, t.0)?;
    let all = ("ALL:".to_owned(), t.t("about_all"));
    let kinds = kinds
        .into_iter()
        .map(|kind| (format!("KIND:{kind}"), t.with("about_kind", &[("kind", &kind)])));
    let activities = activities.into_iter().map(|(id, title)| (format!("ACTIVITY:{id}"), title));
    Ok([all].into_iter().chain(kinds).chain(activities).collect())
}

pub(super) async fn page(
    Extension(face): Extension<Face>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let (person, community) = owner(&viewer)?;
    let t = Tongue(viewer.language);
    let (cmd, fresh) = (face.platform.entropy.uuid(), face.platform.entropy.uuid());
    let page = face.tables.read(move |db| {
        let quiet = subscriptions::quiet(db, person)?;
        Ok(MyPage {
            t,
            cmd,
            fresh,
            lines: lines(db, person, t)?,
            choices: choices(db, &community, t)?,
            community,
            quiet_from: quiet.from.format("%H:%M").to_string(),
            quiet_until: quiet.until.format("%H:%M").to_string(),
            stopped: subscriptions::stopped(db, person)?,
        })
    });
    let html = page.await?.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.t("my_title"), html))
}

/// What one is reminded of, for one's own page.
pub async fn fragment(
    _platform: &Platform,
    tables: &Tables,
    viewer: &Viewer,
) -> Result<String, Refusal> {
    let (person, _) = owner(viewer)?;
    let t = Tongue(viewer.language);
    let read = tables.read(move |db| {
        let stopped = subscriptions::stopped(db, person)?;
        Ok(MyFragment { t, lines: lines(db, person, t)?, stopped })
    });
    read.await?.render().map_err(Refusal::failed)
}

/// Whose page it is, and the community they belong to.
pub(super) fn owner(viewer: &Viewer) -> Result<(Uuid, String), Refusal> {
    let principal = viewer.principal.as_ref().ok_or_else(Refusal::sign_in)?;
    Ok((principal.person, principal.community.clone()))
}

/// What the form asks for. A box that is not ticked is not sent.
#[derive(Deserialize)]
pub(super) struct Wanted {
    cmd: Uuid,
    community: String,
    subscription: Uuid,
    about: String,
    lead_10080: Option<String>,
    lead_1440: Option<String>,
    lead_120: Option<String>,
    lead_30: Option<String>,
    #[serde(default)]
    digest: Digest,
}

pub(super) async fn subscribe(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Refusal> {
    let (person, _) = owner(&viewer)?;
    let no_object = || Refusal::invalid(Tongue(viewer.language).t("unfit_no_object"));
    let (what, of) = wanted.about.split_once(':').ok_or_else(no_object)?;
    let what = match what {
        "ALL" => What::All,
        "KIND" => What::Kind,
        "ACTIVITY" => What::Activity,
        "TEAM" => What::Team,
        "VENUE" => What::Venue,
        _ => return Err(no_object()),
    };
    let boxes = [
        (wanted.lead_10080, 10_080),
        (wanted.lead_1440, 1440),
        (wanted.lead_120, 120),
        (wanted.lead_30, 30),
    ];
    let command = SubscriptionCommand::Subscribe {
        subscription: wanted.subscription,
        what,
        of: of.to_owned(),
        lead_minutes: boxes.into_iter().filter_map(|(ticked, n)| ticked.map(|_| n)).collect(),
        channels: vec![Channel::Email],
        digest: wanted.digest,
    };
    let at = face.wish(&viewer, &wanted.community, person, wanted.cmd, command).await?;
    Ok(see(PATH, at))
}

/// Which subscription to end.
#[derive(Deserialize)]
pub(super) struct Ended {
    cmd: Uuid,
    community: String,
    subscription: Uuid,
}

pub(super) async fn end(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Form(ended): Form<Ended>,
) -> Result<Response, Refusal> {
    let (person, _) = owner(&viewer)?;
    let command = SubscriptionCommand::Unsubscribe { subscription: ended.subscription };
    let at = face.wish(&viewer, &ended.community, person, ended.cmd, command).await?;
    Ok(see(PATH, at))
}

/// Quiet hours as typed.
#[derive(Deserialize)]
pub(super) struct Hours {
    cmd: Uuid,
    from: String,
    until: String,
}

pub(super) async fn quiet(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Form(hours): Form<Hours>,
) -> Result<Response, Refusal> {
    let (person, _) = owner(&viewer)?;
    let quiet: Result<Quiet, _> = format!("{}-{}", hours.from, hours.until).parse();
    let unfit = |_| Refusal::invalid(Tongue(viewer.language).t("unfit_quiet"));
    let command = SubscriptionCommand::SetQuiet(quiet.map_err(unfit)?);
    Ok(see(PATH, face.wish(&viewer, "_", person, hours.cmd, command).await?))
}

/// Whether all reminders stop or go on.
#[derive(Deserialize)]
pub(super) struct Switch {
    cmd: Uuid,
    stop: Option<String>,
}

pub(super) async fn reminders(
    Extension(face): Extension<Face>,
    viewer: Viewer,
    Form(switch): Form<Switch>,
) -> Result<Response, Refusal> {
    let (person, _) = owner(&viewer)?;
    let command = match switch.stop {
        Some(_) => SubscriptionCommand::Stop,
        None => SubscriptionCommand::Resume,
    };
    Ok(see(PATH, face.wish(&viewer, "_", person, switch.cmd, command).await?))
}
