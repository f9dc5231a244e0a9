//! The duties of a community: what is still missing at occurrences near, and the standing ones.

use askama::Template;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Tz;
use linli_platform::{
    directory::Purpose,
    entropy::derived,
    ids::CommandId,
    web::{Names, Page, Refusal, see},
};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    duties_set::{Form, staff},
    give::desk_path,
    occurrence::own,
    occurrence_form::for_whom,
    text::Text,
    who::Written,
};
use crate::{
    deciders::{duty::ALERTED_BEFORE, standing::Command},
    projections::{
        activities::{self, either},
        duties, places,
        standing::{self, Kept},
    },
    values::StandingKey,
};

#[derive(Template)]
#[template(path = "duties.html")]
struct Duties {
    t: Text,
    place: String,
    /// The community's code, and the start of this page's address.
    code: String,
    path: String,
    /// Where a form comes back to.
    back: &'static str,
    /// One's own people, who may stand in.
    people: Vec<(Uuid, String)>,
    /// Whether the desk sees it, with names and forms to change it.
    desk: bool,
    /// Occurrences near at which somebody is missing: link, title, when, what.
    unfilled: Vec<(String, String, String, String)>,
    standing: Vec<Row>,
    buildings: Vec<(String, String)>,
    today: NaiveDate,
    /// The form of another one.
    new: Form,
}

struct Row {
    id: Uuid,
    name: String,
    about: String,
    building: String,
    days: String,
    taken: String,
    missing: bool,
    /// Who looks after it: by name at the desk, one's own people elsewhere.
    by: Vec<(Uuid, String)>,
    /// Who may take it on.
    others: Vec<(Uuid, String)>,
    covers: Vec<Cover>,
    cmd: Uuid,
    /// Its form at the desk.
    form: Form,
}

/// Some days on which somebody is away.
struct Cover {
    /// Names it in forms, without telling strangers who is away.
    token: Uuid,
    away: Uuid,
    /// The name, where the page may say it.
    who: String,
    /// Whether it is oneself, or one of one's own people.
    mine: bool,
    from_on: NaiveDate,
    days: String,
    /// Who stands in, or that somebody does; empty while nobody does.
    by: String,
    told: bool,
}

impl State {
    pub(super) async fn place(&self, ask: &Ask) -> Result<(String, String, Tz), Refusal> {
        let (community, t) = (ask.part("community").to_owned(), ask.text());
        let code = community.clone();
        let read =
            self.read(move |db| Ok((places::name(db, &code, "", t.0)?, places::zone(db, &code)?)));
        let (name, zone) = read.await?;
        Ok((community, name, zone))
    }

    pub(super) fn today(&self, zone: Tz) -> NaiveDate {
        self.platform.clock.now().with_timezone(&zone).date_naive()
    }

    async fn standing_of(&self, ask: &Ask, desk: bool) -> Result<Duties, Refusal> {
        let ((community, place, zone), t) = (self.place(ask).await?, ask.text());
        let (today, now) = (self.today(zone), self.platform.clock.now());
        let code = community.clone();
        let read = self.read(move |db| {
            let near = duties::unfilled(db, &code, (now, now + ALERTED_BEFORE))?.into_iter();
            let named =
                near.map(|near| Ok(activities::by_key(db, &near.key)?.map(|named| (named, near))));
            let near = named.collect::<rusqlite::Result<Vec<_>>>()?;
            let kept = standing::all(db, &code, today)?;
            let codes: Vec<_> = kept.iter().map(|kept| kept.building.clone()).collect();
            let called = codes.iter().map(|of| places::name(db, of, &code, t.0));
            let called = called.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok((near, kept, called, places::below(db, &code, t.0)?))
        });
        let (near, kept, called, buildings) = read.await?;
        let people = own(&ask.viewer);
        let mut ids = people.clone();
        if desk {
            for kept in &kept {
                let covers = kept.covers.iter().flat_map(|c| [Some(c.away), c.by]).flatten();
                ids.extend(kept.by.iter().copied().chain(covers).chain(kept.contact));
            }
        }
        let purpose = if desk { Purpose::Desk } else { Purpose::Own };
        let names = self.names(&ask.viewer, ids, purpose).await;
        let seen = Seen { state: self, t, desk, people, names, staff: staff(&ask.viewer) };
        let unfilled = near.into_iter().flatten().map(|(named, near)| {
            let missing = near.duties.iter().map(|duty| {
                t.with("duty_missing", &[("duty", &duty.name), ("n", &duty.missing().to_string())])
            });
            let link = if desk { desk_path(&named) } else { super::give::path(&named) };
            let when = t.when(near.start, named.zone);
            let missing: Vec<_> = missing.collect();
            (link, named.title(t.0).to_owned(), when, missing.join(t.get("and")))
        });
        Ok(Duties {
            t,
            place,
            path: if desk { format!("/desk/{community}") } else { format!("/c/{community}") },
            code: community,
            back: if desk { "desk" } else { "" },
            people: seen.people.iter().map(|id| (*id, seen.names.get(*id))).collect(),
            desk,
            unfilled: unfilled.collect(),
            standing: kept.into_iter().zip(called).map(|(k, at)| seen.row(k, at)).collect(),
            buildings,
            today,
            new: Form::new(self.platform.entropy.uuid(), today),
        })
    }
}

/// How a viewer sees standing duties.
struct Seen<'a> {
    state: &'a State,
    t: Text,
    desk: bool,
    people: Vec<Uuid>,
    names: Names,
    /// Who looks, if they are staff.
    staff: Option<Uuid>,
}

impl Seen<'_> {
    fn row(&self, kept: Kept, building: String) -> Row {
        let (t, called) = (self.t, |id: &Uuid| (*id, self.names.get(*id)));
        let told = kept.contact.filter(|_| self.desk).map(|id| (id, self.names.get(id)));
        let form = Form::of(self.state.platform.entropy.uuid(), &kept, (self.staff, told));
        let mine = |id: &&Uuid| self.desk || self.people.contains(*id);
        let free = kept.by.len() < kept.places as usize;
        let others = self.people.iter().filter(|id| free && !kept.by.contains(*id));
        let (n, places) = (kept.by.len().to_string(), kept.places.to_string());
        let until = kept.until_on.map_or_else(|| t.get("no_end").to_owned(), |on| t.day(on));
        let cover = |cover: &standing::Cover| Cover {
            token: token(kept.key.id, cover),
            away: cover.away,
            who: if self.desk { self.names.get(cover.away) } else { String::new() },
            mine: self.desk || self.people.contains(&cover.away),
            from_on: cover.from_on,
            days: format!("{} – {}", t.day(cover.from_on), t.day(cover.until_on)),
            by: match cover.by {
                Some(by) if self.desk || self.people.contains(&by) => self.names.get(by),
                Some(_) => t.get("stand_in_found").to_owned(),
                None => String::new(),
            },
            told: cover.told,
        };
        Row {
            id: kept.key.id,
            name: either(t.0, &kept.name, &kept.name_en).to_owned(),
            about: kept.about,
            building,
            days: format!("{} – {until}", t.day(kept.from_on)),
            taken: t.with("duty_taken", &[("n", &n), ("places", &places)]),
            missing: free,
            by: kept.by.iter().filter(mine).map(called).collect(),
            others: others.map(called).collect(),
            covers: kept.covers.iter().map(cover).collect(),
            cmd: self.state.platform.entropy.uuid(),
            form,
        }
    }
}

fn token(duty: Uuid, cover: &standing::Cover) -> Uuid {
    derived(&duty.to_string(), &format!("{} {}", cover.away, cover.from_on))
}

/// What residents see: what there is to look after, and where a stand-in is wanted.
pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    shown(&ask, &state.standing_of(&ask, false).await?)
}

/// What the desk sees: who does what, who is missing, and a form for another standing duty.
pub(super) async fn desk(state: State, ask: Ask) -> Result<Page, Refusal> {
    shown(&ask, &state.standing_of(&ask, true).await?)
}

fn shown(ask: &Ask, page: &Duties) -> Result<Page, Refusal> {
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(ask.text().get("duties"), html).of(ask.part("community")))
}

/// Takes a standing duty on, gives it back, asks for a stand-in, or stands in: as `do` says.
pub(super) async fn act(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (community, _, zone) = state.place(&ask).await?;
    let (on, key) = (state.today(zone), StandingKey::new(&community, ask.parsed("id")?));
    let asked = key.clone();
    let Some(covers) = state.read(move |db| standing::covers_of(db, &asked, on)).await? else {
        return Err(Refusal::missing());
    };
    let (resident, proxy) = for_whom(&ask)?;
    let command = match ask.field("do") {
        "claim" => Command::Claim { resident, proxy, on },
        "release" => Command::Release { resident },
        "ask" => {
            let (from_on, until_on) = (ask.parsed("from_on")?, ask.parsed("until_on")?);
            Command::AskCover { resident, from_on, until_on, on }
        }
        "take" => {
            let token: Uuid = ask.parsed("cover")?;
            let cover = covers.iter().find(|cover| self::token(key.id, cover) == token);
            let gone = || Refusal::no(ask.text().get("no_duty_asked"));
            let cover = cover.ok_or_else(gone)?;
            Command::TakeCover { resident, instead_of: cover.away, from_on: cover.from_on }
        }
        "withdraw" => Command::WithdrawCover { resident, from_on: ask.parsed("from_on")? },
        _ => return Err(Refusal::invalid(ask.text().get("no_standing_verb"))),
    };
    if matches!(command, Command::Claim { .. } | Command::TakeCover { .. }) {
        state.resident(resident, ask.text()).await?;
    }
    // Each button of the page means another command, though they share the page's id.
    let what = format!("{} {resident} {}", ask.field("do"), ask.field("cover"));
    let cmd = CommandId(derived(&ask.command()?.0.to_string(), &what));
    let position = state.standing(&ask.viewer, &key, cmd, command).await?;
    let home = if ask.field("back") == "desk" { "desk" } else { "c" };
    Ok(see(&format!("/{home}/{community}/duties"), position))
}

/// Gives a standing duty to somebody whom the desk knows by name, building and flat, or by card.
pub(super) async fn give(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (community, _, zone) = state.place(&ask).await?;
    let (t, key) = (ask.text(), StandingKey::new(&community, ask.parsed("id")?));
    let (name, building, flat) = (ask.field("name"), ask.field("building"), ask.field("flat"));
    let found = state.meant(&ask, &community, Written { name, building, flat }).await?;
    let resident = match found.as_slice() {
        [one] => *one,
        [] => return Err(Refusal::invalid(t.with("nobody_called", &[("name", name)]))),
        _ => return Err(Refusal::invalid(t.with("csv_several", &[("name", name)]))),
    };
    state.resident(resident, t).await?;
    let command = Command::Claim { resident, proxy: None, on: state.today(zone) };
    let position = state.standing(&ask.viewer, &key, ask.command()?, command).await?;
    Ok(see(&format!("/desk/{community}/duties"), position))
}

/// Says that a standing duty is no more.
pub(super) async fn end(state: State, ask: Ask) -> Result<Response, Refusal> {
    let community = ask.part("community").to_owned();
    let key = StandingKey::new(&community, ask.parsed("id")?);
    let position = state.standing(&ask.viewer, &key, ask.command()?, Command::End).await?;
    Ok(see(&format!("/desk/{community}/duties"), position))
}
