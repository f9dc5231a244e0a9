//! What residents see of an occurrence's roll.

use askama::Template;
use chrono::{DateTime, Utc};
use linli_platform::{
    directory::Purpose,
    web::{Refusal, Viewer},
};
use rusqlite::Connection;
use uuid::Uuid;

pub(super) use super::occurrence_form::{
    ask_stand_in, claim, excuse, register, release, stand_in, withdraw, withdraw_stand_in,
};
use super::{
    State,
    give::{desk_path, path},
    rating::{Rated, words},
    text::Text,
};
use crate::{
    contract::Attendance,
    deciders::roll::RATED_AFTER,
    projections::{
        activities::Named,
        duties::{self, Claimed},
        ratings::{self, Comment, Summary},
        rolls::{self, Counts, Person, Standing},
    },
    values::OccurrenceKey,
};

#[derive(Template)]
#[template(path = "occurrence.html")]
struct Fragment {
    t: Text,
    path: String,
    desk: Option<String>,
    signed_in: bool,
    places: String,
    waiting: u32,
    note: Option<&'static str>,
    by_name: bool,
    people: Vec<Own>,
    duties: Vec<DutyRow>,
    rating_words: Vec<(&'static str, String)>,
    rated: Option<Rated>,
    comments: Vec<String>,
}

/// Oneself, or somebody for whom one acts.
struct Own {
    id: Uuid,
    name: String,
    badge: &'static str,
    state: String,
    /// What may be done: a path's last part and its words.
    action: Option<(&'static str, &'static str)>,
    /// Whether they may let know that they don't come, and say why.
    excuses: bool,
    /// Whether they may say how it was.
    rates: bool,
    /// A command's id for each of the three.
    cmds: [Uuid; 3],
}

struct DutyRow {
    name: String,
    taken: String,
    mine: Vec<Holder>,
    /// Who may claim it, or stand in; nobody when that is of no use.
    others: Vec<(Uuid, String)>,
    /// Whether a place is free, and whether somebody asks for a stand-in.
    free: bool,
    asked: bool,
    cmd: Uuid,
}

/// Oneself, or somebody for whom one acts, with a duty.
struct Holder {
    id: Uuid,
    name: String,
    asks: bool,
    cmds: [Uuid; 2],
}

/// All that the tables say for a fragment.
struct Found {
    counts: Counts,
    /// Of each of one's own people: their row, and whether they have rated.
    rows: Vec<(Option<Person>, bool)>,
    claimed: Vec<Claimed>,
    summary: Option<Summary>,
    comments: Vec<Comment>,
}

/// Whom the viewer may register: themselves, if a resident, and those they act for.
pub(super) fn own(viewer: &Viewer) -> Vec<Uuid> {
    let Some(principal) = &viewer.principal else { return Vec::new() };
    let oneself = (!principal.staff).then_some(principal.person);
    oneself.into_iter().chain(principal.acts_for.iter().copied()).collect()
}

fn found(db: &Connection, key: &OccurrenceKey, people: &[Uuid]) -> rusqlite::Result<Option<Found>> {
    let Some(counts) = rolls::counts(db, key)? else { return Ok(None) };
    let row = |id: &Uuid| Ok((rolls::person_of(db, key, *id)?, ratings::rated(db, key, *id)?));
    Ok(Some(Found {
        counts,
        rows: people.iter().map(row).collect::<rusqlite::Result<_>>()?,
        claimed: duties::of_occurrence(db, key)?,
        summary: ratings::summary(db, key)?,
        comments: ratings::comments(db, key)?,
    }))
}

/// The part of an occurrence's page that shows its roll and duties: places left, one's own state
/// with its buttons, the place in the line, duties to claim, ratings. Empty while the occurrence is
/// not opened. `activity` is its slug, or its uuid.
pub async fn fragment(
    state: &State,
    viewer: &Viewer,
    community: &str,
    activity: &str,
    recurrence_id: &str,
) -> Result<String, Refusal> {
    let link = (community.to_owned(), activity.to_owned(), recurrence_id.to_owned());
    let named = match state.linked(link.0, link.1, link.2).await {
        Err(refusal) if refusal.status == axum::http::StatusCode::NOT_FOUND => {
            return Ok(String::new());
        }
        other => other?,
    };
    let (key, ids) = (named.key.clone(), own(viewer));
    let asked = ids.clone();
    let Some(mut found) = state.read(move |db| found(db, &key, &asked)).await? else {
        return Ok(String::new());
    };
    // Fewer ratings than are shown could be guessed one by one, by their words too.
    let comments = std::mem::take(&mut found.comments);
    let comments = if found.summary.is_some() { comments } else { Vec::new() };
    let comments = state.comments_shown(&named, comments).await?;
    let called = state.names(viewer, ids.clone(), Purpose::Own).await;
    let people: Vec<_> = ids.iter().map(|&id| (id, called.get(id))).collect();
    let page = View { state, viewer, named: &named, found: &found };
    page.fragment(&people, comments).render().map_err(Refusal::failed)
}

struct View<'a> {
    state: &'a State,
    viewer: &'a Viewer,
    named: &'a Named,
    found: &'a Found,
}

impl View<'_> {
    fn fragment(&self, people: &[(Uuid, String)], comments: Vec<String>) -> Fragment {
        let (t, counts) = (Text::of(self.viewer), &self.found.counts);
        let places = match counts.free() {
            None => t.n("registered_n", counts.registered),
            Some(free) => t.with(
                "places_left",
                &[("free", &free.to_string()), ("capacity", &counts.capacity.to_string())],
            ),
        };
        let may_take = self.viewer.may("roll.take", &self.named.key.community);
        let own = people.iter().zip(&self.found.rows);
        Fragment {
            t,
            path: path(self.named),
            desk: may_take.then(|| desk_path(self.named)),
            signed_in: self.viewer.principal.is_some(),
            places,
            waiting: counts.waiting,
            note: self.note(),
            by_name: counts.attendance != Attendance::Headcount,
            people: own.map(|(p, (row, rated))| self.own(p, row.as_ref(), *rated)).collect(),
            duties: self.found.claimed.iter().map(|duty| self.duty(duty, people)).collect(),
            rating_words: words(t),
            rated: self.found.summary.map(|summary| Rated::of(t, &summary)),
            comments,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.state.platform.clock.now()
    }

    fn begun(&self) -> bool {
        self.now() >= self.found.counts.start
    }

    fn cmds<const N: usize>(&self) -> [Uuid; N] {
        std::array::from_fn(|_| self.state.platform.entropy.uuid())
    }

    fn note(&self) -> Option<&'static str> {
        let counts = &self.found.counts;
        if counts.cancelled {
            Some("no_cancelled")
        } else if counts.closed {
            Some("note_over")
        } else if self.begun() {
            Some("note_begun")
        } else if counts.attendance == Attendance::Headcount {
            Some("no_not_by_name")
        } else {
            None
        }
    }

    fn own(&self, (id, name): &(Uuid, String), row: Option<&Person>, rated: bool) -> Own {
        let (t, counts) = (Text::of(self.viewer), &self.found.counts);
        let over = counts.cancelled || counts.closed;
        let standing = row.map_or(Standing::None, |row| row.standing);
        let (came, listed) = row.map_or((false, false), |r| (r.came_at.is_some(), r.listed));
        let (badge, state) = match standing {
            _ if came => ("present", t.get("state_present").to_owned()),
            Standing::Registered => ("registered", t.get("state_registered").to_owned()),
            Standing::Waiting(n) => ("waiting", t.n("state_waiting_n", n)),
            Standing::Excused => ("excused", t.get("state_excused").to_owned()),
            Standing::None if listed => ("pending", t.get("state_expected").to_owned()),
            Standing::None => ("none", t.get("state_none").to_owned()),
        };
        let action = match standing {
            _ if came || over || self.begun() => None,
            Standing::Registered | Standing::Waiting(_) => Some(("withdraw", "do_withdraw")),
            _ if counts.attendance == Attendance::Headcount => None,
            _ if counts.free() == Some(0) => Some(("register", "do_wait")),
            _ => Some(("register", "do_register")),
        };
        let expected = match standing {
            Standing::Registered => true,
            Standing::Waiting(_) | Standing::None => listed,
            Standing::Excused => false,
        };
        let rateable = self.begun() && self.now() <= counts.end + RATED_AFTER;
        Own {
            id: *id,
            name: name.clone(),
            badge,
            state,
            action,
            excuses: expected && !came && !over,
            rates: came && !rated && rateable && !counts.cancelled,
            cmds: self.cmds(),
        }
    }

    fn duty(&self, duty: &Claimed, people: &[(Uuid, String)]) -> DutyRow {
        let t = Text::of(self.viewer);
        let (count, places) = (duty.by.len().to_string(), duty.places.to_string());
        let taken = t.with("duty_taken", &[("n", &count), ("places", &places)]);
        let (mine, others): (Vec<_>, Vec<_>) =
            people.iter().cloned().partition(|(id, _)| duty.by.contains(id));
        let over = self.now() >= self.found.counts.end;
        let free = duty.by.len() < duty.places as usize && !over;
        let asked = !duty.asking.is_empty() && !over;
        let holder = |(id, name)| {
            let asks = duty.asking.contains(&id);
            Holder { id, name, asks, cmds: self.cmds() }
        };
        DutyRow {
            name: duty.name.clone(),
            taken,
            mine: mine.into_iter().map(holder).collect(),
            others: if free || asked { others } else { Vec::new() },
            free,
            asked,
            cmd: self.state.platform.entropy.uuid(),
        }
    }
}
