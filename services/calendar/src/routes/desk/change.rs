//! One occurrence at the desk: its own words, moving, cancelling, opening it.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use linli_platform::{
    stream::ExecuteError,
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    existing::badge,
    fields::{Fields, parts},
    form,
    occurrence::{self, Wanted},
    stale,
    told::{one, say, words},
};
use crate::{
    contract::Words,
    deciders::activity::{Activities, Command, Rejection},
    projections::occurrences,
    routes::{Text, plain},
    values::agenda::Entry,
};

#[derive(Template)]
#[template(path = "desk_change.html")]
struct View<'a> {
    t: Text,
    base: String,
    title: String,
    when: String,
    venue: String,
    badge: &'static str,
    unsettled: bool,
    reason: &'a str,
    public: String,
    plan: String,
    contact: String,
    anew: String,
    may_plan: bool,
    notice: String,
    errors: Vec<String>,
    f: &'a Fields,
    venues: Vec<(Uuid, String)>,
    all_day: bool,
    cmds: [Uuid; 4],
}

/// The occurrence that the path names.
async fn entry(desk: &Desk) -> Result<Entry, Refusal> {
    occurrence::find(desk, desk.part("activity"), desk.part("recurrence_id")).await
}

fn base(desk: &Desk, entry: &Entry) -> String {
    desk.at(format_args!("change/{}/{}", entry.activity.id, entry.id))
}

/// All forms of an occurrence, as they are first shown.
async fn fields(desk: &Desk, entry: &Entry) -> Result<Fields, Refusal> {
    let (activity, id) = (entry.activity.id, entry.id);
    let mut own = desk.read(move |db| occurrences::words(db, activity)).await?;
    let own = own.remove(&id).map_or_else(|| Words::none(id), |own| own.words);
    let mut fields = Fields::default();
    fields.set("seen", entry.version.0);
    fields.set("shown", occurrence::shown(entry));
    fields.set("words_seen", entry.words_version.0);
    fields.set("start", occurrence::local(entry.start, entry.all_day, entry.zone));
    fields.set("minutes", (entry.end - entry.start).num_minutes());
    fields.set("venue", entry.venue.map(|id| id.to_string()).unwrap_or_default());
    fields.set("title", own.title.unwrap_or_default());
    fields.set("title_en", own.title_en.unwrap_or_default());
    fields.set("text", own.text.unwrap_or_default());
    fields.set("kinds", own.kinds.join("、"));
    fields.set("capacity", own.capacity.map(|n| n.to_string()).unwrap_or_default());
    Ok(fields)
}

async fn venues(desk: &Desk) -> Result<Vec<(Uuid, String)>, Refusal> {
    let (code, english) = (desk.code().to_owned(), desk.t.is_english());
    let none = Fields::default();
    Ok(desk.read(move |db| form::choices(db, &code, &none, english)).await?.venues)
}

async fn show(
    desk: &Desk,
    entry: &Entry,
    f: &Fields,
    errors: Vec<String>,
) -> Result<Page, Refusal> {
    let t = desk.t;
    let (wrong, venues) = (!errors.is_empty(), venues(desk).await?);
    let contact = desk.names(entry.activity.description.contact.into_iter().collect()).await;
    let view = View {
        t,
        base: base(desk, entry),
        title: entry.called(t.is_english()).to_owned(),
        when: t.entry_when(entry),
        venue: t.venue(entry),
        badge: badge(entry.state),
        unsettled: entry.unsettled,
        reason: entry.reason.as_deref().unwrap_or_default(),
        public: entry.path(),
        plan: desk.at(format_args!("plan/{}", entry.activity.id)),
        contact: contact.into_iter().map(|(_, name)| name).collect(),
        anew: desk.at(format_args!("plan/new?like={}/{}", entry.activity.id, entry.id)),
        may_plan: desk.viewer.may("activity.plan", desk.code()),
        notice: plain(t, entry, &desk.calendar.platform.public_url),
        errors,
        f,
        venues,
        all_day: entry.all_day,
        cmds: std::array::from_fn(|_| desk.fresh()),
    };
    let page = desk.page(&view.title, &view)?;
    Ok(if wrong { page.status(StatusCode::UNPROCESSABLE_ENTITY) } else { page })
}

/// The page of an occurrence.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let entry = entry(&desk).await?;
    let fields = fields(&desk, &entry).await?;
    show(&desk, &entry, &fields, Vec::new()).await
}

/// The forms again with what was filled in, and what is wrong with it.
async fn again(desk: &Desk, entry: &Entry, error: String) -> Result<Response, Refusal> {
    let mut fields = fields(desk, entry).await?;
    for (name, value) in &desk.fields.0 {
        fields.set(name, value);
    }
    Ok(show(desk, entry, &fields, vec![error]).await?.into_response())
}

/// Gives the command of one of the forms; `seen` is the field that carries its version.
async fn give(
    desk: &Desk,
    entry: &Entry,
    command: Command,
    (what, seen): (&str, &str),
) -> Result<Response, Refusal> {
    let (id, base) = (entry.activity.id, base(desk, entry));
    match desk.give::<Activities>(id, desk.cmd()?, command).await {
        Ok(position) => Ok(linli_platform::web::see(&base, position)),
        Err(ExecuteError::Rejected(Rejection::StaleForm(both))) => {
            let send = format!("{base}/{what}");
            stale::page(desk, &both, (&send, &base), (seen, both.current)).await
        }
        Err(ExecuteError::Rejected(no)) => again(desk, entry, say(desk.t, &no)).await,
        Err(other) => Err(Refusal::failed(other)),
    }
}

/// Gives an occurrence its own words.
pub(super) async fn describe(desk: Desk) -> Result<Response, Refusal> {
    let entry = entry(&desk).await?;
    let own = |name: &str| Some(desk.fields.get(name).to_owned()).filter(|text| !text.is_empty());
    let capacity = match own("capacity").map(|text| text.parse().map_err(|_| text)).transpose() {
        Ok(capacity) => capacity,
        Err(text) => {
            return again(&desk, &entry, words(desk.t, &one("desk-no-number", text))).await;
        }
    };
    let words = Words {
        recurrence_id: entry.id,
        title: own("title"),
        title_en: own("title_en"),
        text: own("text").map(|text| text.replace("\r\n", "\n")),
        kinds: parts(desk.fields.get("kinds")).map(str::to_owned).collect(),
        capacity,
    };
    let seen = Some(occurrence::seen(&desk.fields, "words_seen"));
    let command = Command::DescribeOccurrence { seen, words };
    give(&desk, &entry, command, ("describe", "words_seen")).await
}

/// A computed occurrence is elsewhere by now than the form shows: both, side by side.
fn elsewhere(desk: &Desk, entry: &Entry, what: &str) -> Result<Response, Refusal> {
    let t = desk.t;
    let label = t.w("desk-field_when").to_owned();
    let base = base(desk, entry);
    let was = desk.fields.get("start").replace('T', " ");
    let now = format!("{} {}", t.entry_when(entry), t.venue(entry));
    let (yours, now) = ([(label.clone(), was)], [(label, now)]);
    let mut fields = desk.fields.clone();
    fields.set("shown", occurrence::shown(entry));
    let send = format!("{base}/{what}");
    stale::compared(desk, fields, (&send, &base), &yours, &now)
}

/// Moves an occurrence in time or place.
pub(super) async fn relocate(desk: Desk) -> Result<Response, Refusal> {
    let entry = entry(&desk).await?;
    let get = |name: &str| desk.fields.get(name);
    let seen = occurrence::seen(&desk.fields, "seen");
    if !occurrence::is_fresh(&entry, seen, get("shown")) {
        return elsewhere(&desk, &entry, "move");
    }
    let wanted = Wanted {
        start: get("start"),
        minutes: get("minutes"),
        venue: get("venue"),
        reason: get("reason"),
        past: desk.fields.has("past", "on"),
    };
    match occurrence::moved(&entry, seen, &venues(&desk).await?, &wanted) {
        Ok(command) => give(&desk, &entry, command, ("move", "seen")).await,
        Err(no) => again(&desk, &entry, words(desk.t, &no)).await,
    }
}

/// Calls an occurrence off.
pub(super) async fn cancel(desk: Desk) -> Result<Response, Refusal> {
    let entry = entry(&desk).await?;
    let seen = occurrence::seen(&desk.fields, "seen");
    if !occurrence::is_fresh(&entry, seen, desk.fields.get("shown")) {
        return elsewhere(&desk, &entry, "cancel");
    }
    let (reason, past) = (desk.fields.get("reason"), desk.fields.has("past", "on"));
    let command = occurrence::cancelled(&entry, seen, reason, past);
    give(&desk, &entry, command, ("cancel", "seen")).await
}

/// Makes a computed occurrence a fact, so that people can register.
pub(super) async fn open(desk: Desk) -> Result<Response, Refusal> {
    let entry = entry(&desk).await?;
    let command = Command::Open { opening: entry.opening(), own: false };
    give(&desk, &entry, command, ("open", "seen")).await
}
