//! The desk: what today and the next days ask of those who work here, and the way to all their
//! pages.

use askama::Template;
use axum::{
    Extension,
    extract::Path,
    response::{IntoResponse as _, Redirect, Response},
};
use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};
use linli_calendar::{
    projections::{
        agenda::Ask,
        desk::{self, Clashing, Kept},
    },
    values::{agenda::Entry, desk::Affected},
};
use linli_notifier::projections::{calls, deliveries};
use linli_people::projections::places;
use linli_platform::{
    tables::Tables,
    web::{Page, Refusal, Viewer},
};

mod declined;

use super::{
    Gateway,
    lines::{Here, Line, days},
    words::Text,
};

/// How many days the desk shows, today among them.
const DAYS: u64 = 8;

#[derive(Template)]
#[template(path = "desk_choose.html")]
struct Choose {
    t: Text,
    places: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    t: Text,
    name: String,
    code: String,
    links: Vec<(String, &'static str)>,
    today: Vec<Line>,
    next: Vec<Line>,
    clashes: Vec<(String, String, String)>,
    affected: Vec<(String, String, String)>,
    may_change: bool,
    promises: Vec<Promise>,
    calls: usize,
    doubtful: usize,
    declined: Vec<declined::Vain>,
    stopped: Vec<(String, String, String)>,
}

/// How a promise of the community stands.
struct Promise {
    title: String,
    period: String,
    standing: String,
    badge: &'static str,
}

/// A page of the desk: its path after `/desk/{community}`, its words, what it needs.
const LINKS: [(&str, &str, &str); 19] = [
    ("/plan", "desk_activities", "activity.plan"),
    ("/publish", "desk_publish", "activity.publish"),
    ("/affected", "desk_decisions", "occurrence.change"),
    ("/cadences", "desk_cadence", "activity.plan"),
    ("/feeds", "desk_feeds", "activity.plan"),
    ("/venues", "desk_venues", "venue.manage"),
    ("/holidays", "desk_holidays", "holidays.adopt"),
    ("/duties", "desk_duties", "roll.take"),
    ("/residents", "desk_residents", "people.see"),
    ("/teams", "desk_teams", "people.see"),
    ("/units", "desk_units", "people.see"),
    ("/places", "desk_places", "people.see"),
    ("/staff", "desk_staff", "staff.manage"),
    ("/bulletins", "desk_bulletins", "bulletin.publish"),
    ("/announcements", "desk_announcements", "announce"),
    ("/calls", "desk_calls", "notifier.followup"),
    ("/scoring", "desk_scoring", "scoring.adopt"),
    ("/bank", "desk_bank", "points.spend"),
    ("/deliveries", "desk_deliveries", "notifier.followup"),
];

/// All communities where somebody works; the page itself where it is one.
pub(super) async fn choose(
    Extension(gateway): Extension<Gateway>,
    viewer: Viewer,
) -> Result<Response, Refusal> {
    let t = Text(viewer.language);
    let hosts = gateway.people.read(places::hosts).await?;
    let mine: Vec<_> = hosts.iter().filter(|place| viewer.may("people.see", &place.code)).collect();
    if let [only] = mine.as_slice() {
        return Ok(Redirect::to(&format!("/desk/{}", only.code)).into_response());
    }
    if mine.is_empty() {
        return Err(Refusal::forbidden());
    }
    let name = |place: &&places::PlaceRow| place.called(viewer.language).to_owned();
    let places = mine.iter().map(|place| (place.code.clone(), name(place))).collect();
    let html = Choose { t, places }.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.w("nav_desk"), html).into_response())
}

/// What the calendar asks of the desk.
struct Asked {
    clashes: Vec<Clashing>,
    affected: Vec<Affected>,
    kept: Vec<Kept>,
}

async fn asked(gateway: &Gateway, here: &Here) -> Result<Asked, Refusal> {
    let (code, zone, now) = (here.place.code.clone(), here.zone, gateway.now());
    let first = here.today.with_day(1).unwrap_or(here.today);
    let last =
        first.checked_add_months(Months::new(1)).and_then(|d| d.checked_sub_days(Days::new(1)));
    let month = first..=last.unwrap_or(first);
    let read = gateway.calendar.read(move |db| {
        Ok(Asked {
            clashes: desk::clashes(db, &code, now)?,
            affected: desk::affected(db, &code, now)?,
            kept: desk::cadences(db, &code, &month, zone, now)?,
        })
    });
    Ok(read.await?)
}

pub(super) async fn page(
    Extension(gateway): Extension<Gateway>,
    Path(community): Path<String>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let t = Text(viewer.language);
    let here = gateway.here(&community).await?;
    let entries = gateway.agenda(Ask::all(&community, days(here.today, DAYS))).await?;
    let (today, next) = lines(&gateway, t, &viewer, here.today, entries).await?;
    let asked = asked(&gateway, &here).await?;
    let (code, now) = (community.clone(), gateway.now());
    let read = gateway.notifier.read(move |db| {
        Ok((calls::open(db, &code, now)?.len(), deliveries::doubtful(db, &code)?.len()))
    });
    let (calls, doubtful) = read.await?;
    let desk = Desk {
        t,
        name: here.place.called(viewer.language).to_owned(),
        links: links(&gateway, &viewer, &community),
        today,
        next,
        clashes: asked.clashes.iter().map(|clash| clashing(t, clash)).collect(),
        affected: asked.affected.iter().map(|one| deciding(t, &here, one)).collect(),
        may_change: viewer.may("occurrence.change", &community),
        promises: asked.kept.iter().map(|kept| promise(t, kept)).collect(),
        calls,
        doubtful,
        declined: declined::newest(&gateway, t, &here).await?,
        stopped: gateway.tables().into_iter().flat_map(|tables| stopped(t, tables)).collect(),
        code: community.clone(),
    };
    let html = desk.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.w("nav_desk"), html).of(&community))
}

/// The lines of today and of the days after; rolls are for those who take them.
async fn lines(
    gateway: &Gateway,
    t: Text,
    viewer: &Viewer,
    today: NaiveDate,
    entries: Vec<Entry>,
) -> Result<(Vec<Line>, Vec<Line>), Refusal> {
    let (mut now, mut next) = (Vec::new(), Vec::new());
    for (entry, counts) in gateway.with_rolls(entries).await? {
        let mut line = Line::of(t, &entry, counts.as_ref());
        line.roll = line.roll.filter(|_| viewer.may("roll.take", &entry.activity.community));
        if entry.starts_on() == today { now.push(line) } else { next.push(line) }
    }
    Ok((now, next))
}

/// The pages of the desk that there are and that the viewer may use.
fn links(gateway: &Gateway, viewer: &Viewer, community: &str) -> Vec<(String, &'static str)> {
    let there = |path: &str| gateway.pages.contains(&format!("/desk/{{community}}{path}"));
    let links =
        LINKS.into_iter().filter(|(path, _, needs)| there(path) && viewer.may(needs, community));
    links.map(|(path, words, _)| (format!("/desk/{community}{path}"), words)).collect()
}

fn clashing(t: Text, clash: &Clashing) -> (String, String, String) {
    let entry = &clash.entry;
    let when = format!("{} {}", t.day(entry.starts_on()), t.times(entry));
    (entry.path(), entry.called(t.english()).to_owned(), when)
}

fn deciding(t: Text, here: &Here, one: &Affected) -> (String, String, String) {
    let (activity, fact) = (&one.activity, &one.fact.now);
    let path = format!("/c/{}/{}/{}", activity.community, activity.slug, fact.recurrence_id);
    let day = |at: DateTime<Utc>| t.day(at.with_timezone(&here.zone).date_naive());
    let would = match &one.now {
        Some(planned) => t.of("would_be", day(planned.start)),
        None => t.w("would_not_be").to_owned(),
    };
    (path, activity.description.title.clone(), format!("{} · {would}", day(fact.start)))
}

fn promise(t: Text, kept: &Kept) -> Promise {
    let standing = &kept.standing;
    let (first, last) = (standing.period.start(), standing.period.end());
    let (badge, words) = if standing.is_met() {
        ("kept", t.of("promise_kept", standing.done + standing.planned))
    } else if let Some(day) = standing.last_date_to_catch_up {
        (
            "owed",
            format!(
                "{} {}",
                t.of("promise_owed", standing.owed),
                t.of("promise_until", t.day(day))
            ),
        )
    } else {
        ("late", t.of("promise_late", standing.owed))
    };
    Promise {
        title: kept.promise.title.clone(),
        period: format!("{} – {}", t.day(*first), t.day(*last)),
        standing: words,
        badge,
    }
}

/// What of a service's tables has stopped, and why.
fn stopped(t: Text, tables: &Tables) -> Vec<(String, String, String)> {
    let service = t.w(&format!("service_{}", tables.service())).to_owned();
    let stopped = tables.progress().borrow().stopped.clone();
    stopped.into_iter().map(|(name, why)| (service.clone(), name, why)).collect()
}
