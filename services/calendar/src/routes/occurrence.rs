//! One occurrence for everybody: its facts as a fragment of the gateway's page, its notice to copy,
//! its poster.

use askama::Template;
use axum::{Extension, extract::Path};
use linli_almanac::RecurrenceId;
use linli_platform::web::{Page, Refusal, Viewer};

use super::{Calendar, Shared, Text, month::badge, qr, sees};
use crate::{
    contract::Visibility,
    projections::agenda,
    values::{
        agenda::{Entry, State},
        notice::{Line, notice},
    },
};

/// The calendar's part of an occurrence's page.
#[derive(Debug, Clone)]
pub struct Fragment {
    /// The occurrence.
    pub entry: Entry,
    /// Its title in the visitor's language.
    pub title: String,
    /// What the calendar shows of it.
    pub html: String,
    /// A plain notice of at most 300 characters.
    pub notice: String,
}

#[derive(Template)]
#[template(path = "occurrence.html")]
struct View<'a> {
    t: Text,
    facts: &'a Facts,
    notice: &'a str,
    desk: Option<String>,
}

#[derive(Template)]
#[template(path = "poster.html")]
struct Poster<'a> {
    t: Text,
    place: &'a str,
    facts: &'a Facts,
    qr: String,
}

/// What is told of an occurrence, ready to be shown.
pub(super) struct Facts {
    pub title: String,
    pub path: String,
    pub when: String,
    pub venue: String,
    pub audience: String,
    pub text: Vec<String>,
    pub kinds: String,
    pub capacity: u32,
    pub duties: Vec<(String, u32)>,
    pub guardian: bool,
    pub state: &'static str,
    pub badge: String,
    pub reason: String,
    pub unsettled: bool,
    pub private: bool,
}

impl Facts {
    pub fn of(t: Text, entry: &Entry) -> Self {
        let description = &entry.activity.description;
        let state = badge(entry.state);
        let english = t.is_english() && !entry.text_en.is_empty();
        let text = if english { &entry.text_en } else { &entry.text };
        Self {
            title: entry.called(t.is_english()).to_owned(),
            path: entry.path(),
            when: t.entry_when(entry),
            venue: t.venue(entry),
            audience: description.audience.clone(),
            text: text.lines().map(str::to_owned).collect(),
            kinds: entry.kinds.join(" · "),
            capacity: entry.capacity,
            duties: description.duties.iter().map(|d| (d.name.clone(), d.places)).collect(),
            guardian: description.guardian_consent,
            badge: if state.is_empty() { String::new() } else { t.of("state", state) },
            state,
            reason: entry.reason.clone().unwrap_or_default(),
            unsettled: entry.unsettled,
            private: description.visibility != Visibility::Public,
        }
    }
}

/// The occurrence of a link, if this visitor may see it.
pub(super) async fn find(
    calendar: &Calendar,
    viewer: &Viewer,
    community: &str,
    activity: &str,
    id: &str,
) -> Result<Entry, Refusal> {
    let id: RecurrenceId = id.parse().map_err(|_| Refusal::missing())?;
    let (code, slug, viewer) = (community.to_owned(), activity.to_owned(), viewer.clone());
    let now = calendar.platform.clock.now();
    let found = calendar.tables.read(move |db| {
        let Some(entry) = agenda::occurrence(db, &code, &slug, id, now)? else { return Ok(None) };
        let ask = sees(db, &viewer, &code, entry.starts_on()..=entry.starts_on())?;
        let draft = entry.state == State::Draft && !viewer.may("activity.plan", &code);
        let shown = ask.audience.sees(&entry.activity.description) && !draft;
        Ok(shown.then_some(entry))
    });
    found.await?.ok_or_else(Refusal::missing)
}

/// The calendar's part of an occurrence's page, for the gateway to put together with that of other
/// services; 404 where there is none, or none for this visitor.
pub async fn fragment(
    calendar: &Calendar,
    viewer: &Viewer,
    community: &str,
    activity: &str,
    id: &str,
) -> Result<Fragment, Refusal> {
    let t = Text(viewer.language);
    let entry = find(calendar, viewer, community, activity, id).await?;
    let facts = Facts::of(t, &entry);
    let notice = plain(t, &entry, &calendar.platform.public_url);
    let host = &entry.activity.community;
    let desk = viewer
        .may("occurrence.change", host)
        .then(|| format!("/desk/{host}/change/{}/{}", entry.activity.id, entry.id));
    let view = View { t, facts: &facts, notice: &notice, desk };
    let html = view.render().map_err(Refusal::failed)?;
    Ok(Fragment { title: facts.title.clone(), html, notice, entry })
}

/// A notice to copy: that it takes place, was moved, or is cancelled.
pub fn plain(t: Text, entry: &Entry, public_url: &str) -> String {
    let line = |key: &'static str, value: &str, may_shrink| Line {
        label: t.w(key).to_owned(),
        value: value.to_owned(),
        may_shrink,
    };
    let title = entry.called(t.is_english());
    let reason = entry.reason.as_deref().unwrap_or_default();
    let (when, venue) = (t.entry_when(entry), t.venue(entry));
    let address = format!("{public_url}{}", entry.path());
    let audience = &entry.activity.description.audience;
    let text = if t.is_english() { &entry.text_en } else { &entry.text };
    let place = line("notice_where", &venue, false);
    let lines = match entry.state {
        State::Cancelled => vec![
            line("notice_cancelled", title, false),
            line("notice_was", &when, false),
            line("notice_reason", reason, true),
            line("notice_sorry", t.w("notice_sorry_text"), false),
        ],
        State::Moved => vec![
            line("notice_moved", title, false),
            line("notice_now", &when, false),
            place,
            line("notice_reason", reason, true),
            line("notice_link", &address, false),
        ],
        State::Draft | State::Computed | State::Opened | State::Held => vec![
            line("notice_published", title, false),
            line("notice_when", &when, false),
            place,
            line("notice_for", audience, true),
            line("notice_text", &text.replace('\n', " "), true),
            line("notice_link", &address, false),
        ],
    };
    notice(lines)
}

pub(super) async fn poster(
    Extension(calendar): Shared,
    viewer: Viewer,
    Path((community, activity, id)): Path<(String, String, String)>,
) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    let entry = find(&calendar, &viewer, &community, &activity, &id).await?;
    let place = super::place(&calendar, &community).await?;
    let facts = Facts::of(t, &entry);
    let link = format!("{}{}", calendar.platform.public_url, facts.path);
    let view = Poster { t, place: place.called(t.is_english()), facts: &facts, qr: qr(&link) };
    Ok(super::page(&community, &facts.title, &view)?.bare())
}
