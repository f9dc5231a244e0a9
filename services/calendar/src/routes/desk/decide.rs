//! Several occurrences decided on in one step: those that a new rule, a late holiday paper or
//! another venue leaves elsewhere, and those that a closed venue hits.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Days, Utc};
use linli_platform::{
    ids::Position,
    stream::ExecuteError,
    web::{Page, Refusal},
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    ask::Desk,
    existing::badge,
    fields::Fields,
    form,
    occurrence::{self, Wanted},
    told::{say, words},
};
use crate::{
    contract::Closure,
    deciders::activity::{Activities, Command},
    projections::{
        agenda::{self, Ask},
        desk, venues,
    },
    routes::Text,
    values::agenda::{Entry, State},
};

/// The longest that an occurrence begins before the closure that hits it, in days.
const LENGTH_DAYS: u64 = 7;

/// An occurrence to decide on, and where it would go.
struct Waiting {
    entry: Entry,
    /// Where the rule has it now; none where it has nothing there, or was not asked.
    start: Option<DateTime<Utc>>,
    minutes: String,
    venue: Option<Uuid>,
    instead: String,
}

/// The same as the page has it.
struct Row {
    key: String,
    seen: u64,
    shown: String,
    title: String,
    when: String,
    venue_name: String,
    badge: &'static str,
    instead: String,
    all_day: bool,
    start: String,
    minutes: String,
    venue: Option<Uuid>,
}

#[derive(Template)]
#[template(path = "desk_decide.html")]
struct View<'a> {
    t: Text,
    title: &'a str,
    how: &'a str,
    /// Where the form is sent, and the page that it came from.
    send: String,
    back: String,
    rows: Vec<Row>,
    venues: Vec<(Uuid, String)>,
    reason: String,
    may_keep: bool,
    may_change: bool,
    cmd: Uuid,
}

fn row(t: Text, waiting: Waiting) -> Row {
    let Waiting { entry, start, minutes, venue, instead } = waiting;
    Row {
        key: format!("{}/{}", entry.activity.id, entry.id),
        seen: entry.version.0,
        shown: occurrence::shown(&entry),
        title: entry.called(t.is_english()).to_owned(),
        when: t.entry_when(&entry),
        venue_name: t.venue(&entry),
        badge: badge(entry.state),
        instead,
        all_day: entry.all_day,
        start: occurrence::local(start.unwrap_or(entry.start), entry.all_day, entry.zone),
        minutes,
        venue,
    }
}

async fn show(
    desk: &Desk,
    (title, how): (&str, &str),
    back: String,
    waiting: Vec<Waiting>,
    closure: Option<&Closure>,
) -> Result<Page, Refusal> {
    let (code, english) = (desk.code().to_owned(), desk.t.is_english());
    let none = Fields::default();
    let choices = desk.read(move |db| form::choices(db, &code, &none, english)).await?;
    let view = View {
        t: desk.t,
        title,
        how,
        send: desk.at("affected"),
        back,
        rows: waiting.into_iter().map(|waiting| row(desk.t, waiting)).collect(),
        venues: choices.venues,
        reason: closure.map(|closure| closure.reason.clone()).unwrap_or_default(),
        may_keep: closure.is_none(),
        may_change: desk.viewer.may("occurrence.change", desk.code()),
        cmd: desk.fresh(),
    };
    desk.page(title, &view)
}

/// What a new rule, paper or venue leaves elsewhere.
pub(super) async fn affected(desk: Desk) -> Result<Page, Refusal> {
    let (code, now, t) = (desk.code().to_owned(), desk.now, desk.t);
    let only: Option<Uuid> = desk.fields.get("activity").parse().ok();
    let read = desk.read(move |db| {
        let mut all = Vec::new();
        for one in desk::affected(db, &code, now)? {
            let (activity, id) = (one.activity.id, one.fact.now.recurrence_id);
            if only.is_some_and(|only| only != activity) {
                continue;
            }
            let Some(entry) = agenda::occurrence_by_id(db, activity, id, now)? else { continue };
            all.push(waiting(t, entry, one.now.as_ref()));
        }
        Ok(all)
    });
    let back = match only {
        Some(only) => desk.at(format_args!("affected?activity={only}")),
        None => desk.at("affected"),
    };
    let words = (t.w("desk-affected"), t.w("desk-affected_how"));
    show(&desk, words, back, read.await?, None).await
}

fn waiting(t: Text, entry: Entry, planned: Option<&crate::values::plan::Planned>) -> Waiting {
    // A change between whole days and times can't be a move: it is kept or cancelled.
    let planned = planned.filter(|planned| planned.all_day == entry.all_day);
    let instead = planned.map_or_else(
        || t.w("desk-instead_nothing").to_owned(),
        |one| t.when(one.start, one.end, one.all_day, one.zone),
    );
    let minutes = planned.map(|one| (one.end - one.start).num_minutes().to_string());
    Waiting {
        start: planned.map(|one| one.start),
        minutes: minutes.unwrap_or_default(),
        venue: planned.map_or(entry.venue, |one| one.venue),
        instead,
        entry,
    }
}

/// The occurrences that a closure of a venue hits, facts and computed ones.
pub(super) async fn closure(desk: Desk) -> Result<Page, Refusal> {
    let venue: Uuid = desk.part("venue").parse().map_err(|_| Refusal::missing())?;
    let id: Uuid = desk.part("closure").parse().map_err(|_| Refusal::missing())?;
    let (code, now, zone) = (desk.code().to_owned(), desk.now, desk.place.zone);
    let read = desk.read(move |db| {
        let own = venues::by_id(db, venue)?.filter(|venue| venue.community == code);
        let found = venues::closures(db, venue, now)?.into_iter().find(|one| one.closure == id);
        let (Some(own), Some(closure)) = (own, found) else { return Ok(None) };
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        let first = day(closure.from.max(now));
        let first = first.checked_sub_days(Days::new(LENGTH_DAYS)).unwrap_or(first);
        let ask = Ask { drafts: false, ..Ask::all(&code, first..=day(closure.until)) };
        let hit = hit(db, &ask, venue, &closure, now)?;
        Ok(Some((own, closure, hit)))
    });
    let (own, closure, hit) = read.await?.ok_or_else(Refusal::missing)?;
    let t = desk.t;
    let name = own.description.name.as_str();
    let when = t.when(closure.from, closure.until, false, zone);
    let title = t.with("desk-closure_of", &[("venue", name), ("when", &when)]);
    let back = desk.at(format_args!("venues/{venue}/closures/{id}"));
    show(&desk, (&title, t.w("desk-closure_how")), back, hit, Some(&closure)).await
}

fn hit(
    db: &Connection,
    ask: &Ask,
    venue: Uuid,
    closure: &Closure,
    now: DateTime<Utc>,
) -> rusqlite::Result<Vec<Waiting>> {
    let hit = |entry: &Entry| {
        entry.venue == Some(venue)
            && entry.activity.community == ask.community
            && !matches!(entry.state, State::Cancelled | State::Held)
            && entry.end > now
            && entry.start < closure.until
            && closure.from < entry.end
    };
    let wait = |entry: Entry| Waiting {
        start: None,
        minutes: String::new(),
        venue: None,
        instead: String::new(),
        entry,
    };
    Ok(agenda::agenda(db, ask, now)?.into_iter().filter(hit).map(wait).collect())
}

/// Does what was decided on each. What can't be done is named; the others are done.
pub(super) async fn settle(desk: Desk) -> Result<Response, Refusal> {
    desk.cmd()?;
    let (code, english) = (desk.code().to_owned(), desk.t.is_english());
    let none = Fields::default();
    let choices = desk.read(move |db| form::choices(db, &code, &none, english)).await?;
    let mut chosen = Vec::new();
    for n in 0.. {
        let key = desk.fields.get(&format!("row-{n}"));
        let Some((activity, id)) = key.split_once('/') else { break };
        let own = desk.fields.get(&format!("do-{n}"));
        let choice = if own.is_empty() { desk.fields.get("all") } else { own };
        if choice.is_empty() {
            continue;
        }
        // Nothing is done before all is known to make sense.
        if choice != "keep" && desk.fields.get("reason").is_empty() {
            return Err(Refusal::invalid(desk.t.w("desk-no-reason")));
        }
        let entry = occurrence::find(&desk, activity, id).await?;
        let command = command(&desk, n, choice, own.is_empty(), &entry, &choices.venues);
        chosen.push((entry, command?));
    }
    let (mut position, mut left) = (Position(0), Vec::new());
    for (entry, command) in chosen {
        let cmd = desk.cmd_for(format_args!("{}/{}", entry.activity.id, entry.id))?;
        let no = match command {
            None => desk.t.w("desk-no-stale").to_owned(),
            Some(command) => match desk.give::<Activities>(entry.activity.id, cmd, command).await {
                Ok(at) => {
                    position = position.max(at);
                    continue;
                }
                Err(ExecuteError::Rejected(no)) => say(desk.t, &no),
                Err(other) => return Err(Refusal::failed(other)),
            },
        };
        left.push(format!("{} {}: {no}", entry.title, desk.t.entry_when(&entry)));
    }
    let back = desk.fields.get("back");
    let inside = back.starts_with(&desk.at("")) && !back.contains("//");
    let back = if inside { back.to_owned() } else { desk.at("affected") };
    if left.is_empty() {
        return Ok(linli_platform::web::see(&back, position));
    }
    let view = Left { t: desk.t, refused: left, back };
    let page = desk.page(desk.t.w("desk-left"), &view)?;
    Ok(page.status(StatusCode::CONFLICT).into_response())
}

/// What could not be done.
#[derive(Template)]
#[template(path = "desk_left.html")]
struct Left {
    t: Text,
    refused: Vec<String>,
    back: String,
}

/// The command of the n-th row; none if it shows an occurrence that is elsewhere by now.
fn command(
    desk: &Desk,
    n: usize,
    choice: &str,
    for_all: bool,
    entry: &Entry,
    venues: &[(Uuid, String)],
) -> Result<Option<Command>, Refusal> {
    let get = |name: &str| desk.fields.get(&format!("{name}-{n}"));
    let seen = occurrence::seen(&desk.fields, &format!("seen-{n}"));
    if !occurrence::is_fresh(entry, seen, get("shown")) {
        return Ok(None);
    }
    let reason = desk.fields.get("reason");
    let all_venue = desk.fields.get("all_venue");
    let venue = if for_all && !all_venue.is_empty() { all_venue } else { get("venue") };
    let command = match choice {
        "keep" => Command::Keep { id: entry.id },
        "cancel" => occurrence::cancelled(entry, seen, reason, false),
        _ => {
            let (start, minutes) = (get("start"), get("minutes"));
            let wanted = Wanted { start, minutes, venue, reason, past: false };
            let moved = occurrence::moved(entry, seen, venues, &wanted);
            moved.map_err(|no| Refusal::invalid(words(desk.t, &no)))?
        }
    };
    Ok(Some(command))
}
