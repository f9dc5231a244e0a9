//! What residents see of an occurrence's roll, and what they do there.

use askama::Template;
use axum::response::Response;
use linli_platform::{
    directory::Purpose,
    web::{Refusal, Viewer, see},
};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    give::{desk_path, path},
    text::Text,
};
use crate::{
    contract::Attendance,
    deciders::{duty, roll},
    projections::{
        activities::Named,
        duties::{self, Claimed},
        rolls::{self, Counts, Person, Standing},
    },
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
}

/// Oneself, or somebody for whom one acts.
struct Own {
    id: Uuid,
    name: String,
    badge: &'static str,
    state: String,
    /// What may be done: a path's last part and its words; with it the command's id.
    action: Option<(&'static str, &'static str)>,
    cmd: Uuid,
}

struct DutyRow {
    name: String,
    taken: String,
    mine: Vec<Own>,
    /// Who may claim it; empty when it is full.
    others: Vec<(Uuid, String)>,
    cmd: Uuid,
}

/// Whom the viewer may register: themselves, if a resident, and those they act for.
pub(super) fn own(viewer: &Viewer) -> Vec<Uuid> {
    let Some(principal) = &viewer.principal else { return Vec::new() };
    let oneself = (!principal.staff).then_some(principal.person);
    oneself.into_iter().chain(principal.acts_for.iter().copied()).collect()
}

/// The part of an occurrence's page that shows its roll and duties: places left, one's own state
/// with its buttons, the place in the line, duties to claim. Empty while the occurrence is not
/// opened. `activity` is its slug, or its uuid.
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
    let (counts, rows, claimed) = state
        .read(move |db| {
            let rows = asked.into_iter().map(|id| rolls::person_of(db, &key, id));
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok((rolls::counts(db, &key)?, rows, duties::of_occurrence(db, &key)?))
        })
        .await?;
    let Some(counts) = counts else { return Ok(String::new()) };
    let called = state.names(viewer, ids.clone(), Purpose::Own).await;
    let people: Vec<_> = ids.iter().map(|&id| (id, called.get(id))).collect();
    let page = View { state, viewer, named: &named, counts: &counts };
    page.fragment(&people, &rows, claimed).render().map_err(Refusal::failed)
}

struct View<'a> {
    state: &'a State,
    viewer: &'a Viewer,
    named: &'a Named,
    counts: &'a Counts,
}

impl View<'_> {
    fn fragment(
        &self,
        people: &[(Uuid, String)],
        rows: &[Option<Person>],
        claimed: Vec<Claimed>,
    ) -> Fragment {
        let (t, counts) = (Text::of(self.viewer), self.counts);
        let places = match counts.free() {
            None => t.n("registered_n", counts.registered),
            Some(free) => t.with(
                "places_left",
                &[("free", &free.to_string()), ("capacity", &counts.capacity.to_string())],
            ),
        };
        let may_take = self.viewer.may("roll.take", &self.named.key.community);
        Fragment {
            t,
            path: path(self.named),
            desk: may_take.then(|| desk_path(self.named)),
            signed_in: self.viewer.principal.is_some(),
            places,
            waiting: counts.waiting,
            note: self.note(),
            by_name: counts.attendance != Attendance::Headcount,
            people: people.iter().zip(rows).map(|(p, row)| self.own(p, row.as_ref())).collect(),
            duties: claimed.into_iter().map(|duty| self.duty(duty, people)).collect(),
        }
    }

    fn begun(&self) -> bool {
        self.state.platform.clock.now() >= self.counts.start
    }

    fn note(&self) -> Option<&'static str> {
        if self.counts.cancelled {
            Some("no_cancelled")
        } else if self.counts.closed {
            Some("note_over")
        } else if self.begun() {
            Some("note_begun")
        } else if self.counts.attendance == Attendance::Headcount {
            Some("no_not_by_name")
        } else {
            None
        }
    }

    fn own(&self, (id, name): &(Uuid, String), row: Option<&Person>) -> Own {
        let t = Text::of(self.viewer);
        let over = self.counts.cancelled || self.counts.closed;
        let standing = row.map_or(Standing::None, |row| row.standing);
        let (badge, state) = match (row.and_then(|row| row.came_at), standing) {
            (Some(_), _) => ("present", t.get("state_present").to_owned()),
            (None, Standing::Registered) => ("registered", t.get("state_registered").to_owned()),
            (None, Standing::Waiting(n)) => ("waiting", t.n("state_waiting_n", n)),
            (None, Standing::Excused) => ("excused", t.get("state_excused").to_owned()),
            (None, Standing::None) => ("none", t.get("state_none").to_owned()),
        };
        let action = match (badge, standing) {
            ("present", _) => None,
            _ if over => None,
            (_, Standing::Registered) if self.begun() => Some(("excuse", "do_excuse")),
            _ if self.begun() => None,
            (_, Standing::Registered | Standing::Waiting(_)) => Some(("withdraw", "do_withdraw")),
            _ if self.counts.attendance == Attendance::Headcount => None,
            _ if self.counts.free() == Some(0) => Some(("register", "do_wait")),
            _ => Some(("register", "do_register")),
        };
        let cmd = self.state.platform.entropy.uuid();
        Own { id: *id, name: name.clone(), badge, state, action, cmd }
    }

    fn duty(&self, duty: Claimed, people: &[(Uuid, String)]) -> DutyRow {
        let t = Text::of(self.viewer);
        let (count, places) = (duty.by.len().to_string(), duty.places.to_string());
        let taken = t.with("duty_taken", &[("n", &count), ("places", &places)]);
        let (mine, others): (Vec<_>, Vec<_>) =
            people.iter().cloned().partition(|(id, _)| duty.by.contains(id));
        let open = duty.by.len() < duty.places as usize && !self.counts.closed;
        let entropy = &self.state.platform.entropy;
        let mine = mine.into_iter().map(|(id, name)| Own {
            id,
            name,
            badge: "registered",
            state: t.get("duty_yours").to_owned(),
            action: Some(("release", "do_release")),
            cmd: entropy.uuid(),
        });
        let (mine, others) = (mine.collect(), if open { others } else { Vec::new() });
        DutyRow { name: duty.name, taken, mine, others, cmd: entropy.uuid() }
    }
}

/// For whom a form asks: oneself if it names nobody. Staff who take the roll may ask for anybody.
fn for_whom(ask: &Ask) -> Result<(Uuid, Option<Uuid>), Refusal> {
    let viewer = &ask.viewer;
    let person = viewer.person().ok_or_else(Refusal::sign_in)?;
    let resident = match ask.field("resident") {
        "" => person,
        _ => ask.parsed("resident")?,
    };
    let staff = viewer.principal.as_ref().is_some_and(|principal| principal.staff);
    if viewer.stands_for(resident) && !(staff && resident == person) {
        let proxy = (resident != person).then_some(person);
        Ok((resident, proxy.filter(|_| !staff)))
    } else if viewer.may("roll.take", ask.part("community")) {
        Ok((resident, None))
    } else {
        Err(Refusal::forbidden())
    }
}

pub(super) async fn register(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let guardian_ok = state.guest(&ask, &of, resident).await?.guardian_ok;
    let command = roll::Command::Register { resident, proxy, guardian_ok };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn withdraw(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, _)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let command = roll::Command::Withdraw { resident };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn excuse(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    state.guest(&ask, &of, resident).await?;
    let remark = state.sealed(&of, resident, ("remark", ask.field("remark")), ask.text()).await?;
    let command = roll::Command::Excuse { resident, remark, proxy };
    let position = state.roll(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn claim(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, proxy)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    state.guest(&ask, &of, resident).await?;
    let duty = ask.field("duty").to_owned();
    let command = duty::Command::Claim { duty, resident, proxy };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}

pub(super) async fn release(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (of, (resident, _)) = (state.occurrence(&ask).await?, for_whom(&ask)?);
    let command = duty::Command::Release { duty: ask.field("duty").to_owned(), resident };
    let position = state.duty(&ask.viewer, &of, ask.command()?, command).await?;
    Ok(see(&path(&of), position))
}
