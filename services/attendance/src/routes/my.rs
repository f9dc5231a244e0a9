//! What a person sees of their own attendance.

use askama::Template;
use linli_platform::{
    directory::Purpose,
    web::{Refusal, Viewer},
};

use super::{State, give::path, occurrence::own, text::Text};
use crate::{
    projections::{
        activities::{self, Named, either},
        duties,
        rolls::{self, Standing, Total},
        standing,
    },
    values::OccurrenceKey,
};

#[derive(Template)]
#[template(path = "my.html")]
struct Fragment {
    t: Text,
    people: Vec<PersonView>,
}

struct PersonView {
    name: String,
    total: String,
    ahead: Vec<Line>,
    duties: Vec<Line>,
    /// What they look after: link and name.
    standing: Vec<(String, String)>,
}

struct Line {
    path: String,
    title: String,
    when: String,
    badge: &'static str,
    state: String,
}

/// An occurrence as a line shows it, with what may stand in its place.
struct Found<T> {
    named: Option<Named>,
    what: T,
}

/// The part of one's own page that shows where one is registered or waits, what one has taken on,
/// and one's hours; the same of those for whom one acts.
pub async fn fragment(state: &State, viewer: &Viewer) -> Result<String, Refusal> {
    let ids = own(viewer);
    let called = state.names(viewer, ids.clone(), Purpose::Own).await;
    let now = state.platform.clock.now();
    let mut people = Vec::new();
    for id in ids {
        let (ahead, duties, standing, total) = state
            .read(move |db| {
                let named = |key: &OccurrenceKey| activities::by_key(db, key);
                let ahead = rolls::ahead(db, id, now)?.into_iter();
                let ahead = ahead.map(|what| Ok(Found { named: named(&what.key)?, what }));
                let ahead = ahead.collect::<rusqlite::Result<Vec<_>>>()?;
                let duties = duties::of_resident(db, id, now)?.into_iter();
                let duties = duties.map(|what| Ok(Found { named: named(&what.key)?, what }));
                let duties = duties.collect::<rusqlite::Result<Vec<_>>>()?;
                Ok((ahead, duties, standing::of_resident(db, id)?, rolls::total(db, id)?))
            })
            .await?;
        let t = Text::of(viewer);
        let mut person = person(t, called.get(id), ahead, duties, total);
        person.standing.extend(standing.into_iter().map(|(community, zh, en)| {
            (format!("/c/{community}/duties"), either(t.0, &zh, &en).to_owned())
        }));
        people.push(person);
    }
    Fragment { t: Text::of(viewer), people }.render().map_err(Refusal::failed)
}

fn person(
    t: Text,
    name: String,
    ahead: Vec<Found<rolls::Mine>>,
    duties: Vec<Found<duties::Mine>>,
    total: Total,
) -> PersonView {
    let line = |named: Option<Named>, start, cancelled, (badge, state): (&'static str, String)| {
        let named = named?;
        let state = if cancelled { t.get("no_cancelled").to_owned() } else { state };
        Some(Line {
            path: path(&named),
            title: named.title(t.0).to_owned(),
            when: t.when(start, named.zone),
            badge: if cancelled { "cancelled" } else { badge },
            state,
        })
    };
    let standing = |person: &rolls::Person| match person.standing {
        Standing::Waiting(n) => ("waiting", t.n("state_waiting_n", n)),
        Standing::Excused => ("excused", t.get("state_excused").to_owned()),
        Standing::Registered | Standing::None if person.came_at.is_some() => {
            ("present", t.get("state_present").to_owned())
        }
        Standing::Registered | Standing::None => {
            ("registered", t.get("state_registered").to_owned())
        }
    };
    let of_roll = |found: Found<rolls::Mine>| {
        line(found.named, found.what.start, found.what.cancelled, standing(&found.what.person))
    };
    let of_duty = |found: Found<duties::Mine>| {
        let badge = ("registered", found.what.duty);
        line(found.named, found.what.start, found.what.cancelled, badge)
    };
    let (times, hours) = (total.times.to_string(), t.hours(total.minutes));
    PersonView {
        name,
        total: t.with("my_total", &[("times", &times), ("hours", &hours)]),
        ahead: ahead.into_iter().filter_map(of_roll).collect(),
        duties: duties.into_iter().filter_map(of_duty).collect(),
        standing: Vec::new(),
    }
}
