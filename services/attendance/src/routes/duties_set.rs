//! The desk says what a standing duty is, or changes that.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use chrono::NaiveDate;
use linli_platform::{
    directory::Purpose,
    entropy::derived,
    ids::{Actor, Version},
    stream::{ExecuteError, Meta},
    web::{Page, Refusal, Viewer, see},
};
use uuid::Uuid;

use super::{State, ask::Ask, text::Text};
use crate::{
    deciders::standing::{Command, Described, Rejection, Standing},
    projections::{
        places,
        standing::{self, Kept},
    },
    values::StandingKey,
};

/// The most characters of a standing duty's name, and of what it says there is to do.
const NAME_CHARS_MAX: usize = 60;
const ABOUT_CHARS_MAX: usize = 400;

/// What a form of a standing duty is filled with.
pub(super) struct Form {
    pub cmd: Uuid,
    /// The duty and the version of what the form shows; none of a new one.
    pub of: Option<(Uuid, Version)>,
    pub name: String,
    pub name_en: String,
    pub about: String,
    pub building: String,
    pub places: u32,
    pub from_on: NaiveDate,
    pub until_on: String,
    /// Whether whoever sees the form is told when nobody stands in.
    pub tell_me: bool,
    /// Who else is.
    pub told: String,
}

impl Form {
    /// The form of a new one.
    pub fn new(cmd: Uuid, from_on: NaiveDate) -> Self {
        let [name, name_en, about, building, until_on, told] = Default::default();
        let (of, places, tell_me) = (None, 1, true);
        Self { cmd, of, name, name_en, about, building, places, from_on, until_on, tell_me, told }
    }

    /// The form of one that there is: who looks, and who is told, with their name.
    pub fn of(
        cmd: Uuid,
        kept: &Kept,
        (viewer, told): (Option<Uuid>, Option<(Uuid, String)>),
    ) -> Self {
        let tell_me = viewer.is_some() && kept.contact == viewer;
        Self {
            cmd,
            of: Some((kept.key.id, kept.version)),
            name: kept.name.clone(),
            name_en: kept.name_en.clone(),
            about: kept.about.clone(),
            building: kept.building.clone(),
            places: kept.places,
            from_on: kept.from_on,
            until_on: kept.until_on.map(|on| on.to_string()).unwrap_or_default(),
            tell_me,
            told: told.filter(|_| !tell_me).map(|(_, name)| name).unwrap_or_default(),
        }
    }
}

/// Who looks, if they are staff.
pub(super) fn staff(viewer: &Viewer) -> Option<Uuid> {
    match viewer.actor() {
        Actor::Staff(id) => Some(id),
        _ => None,
    }
}

/// Says what a standing duty is; a new one where the form names none.
pub(super) async fn set(state: State, ask: Ask) -> Result<Response, Refusal> {
    let (community, _, zone) = state.place(&ask).await?;
    let cmd = ask.command()?;
    let (id, seen) = match ask.field("id") {
        // The same form sent again names the same duty.
        "" => (derived(&cmd.0.to_string(), "standing duty"), None),
        _ => (ask.parsed("id")?, Some(Version(ask.parsed("seen")?))),
    };
    let key = StandingKey::new(&community, id);
    let asked = key.clone();
    let before = state.read(move |db| standing::one(db, &asked)).await?;
    let what = described(&ask, before.as_ref(), state.today(zone))?;
    let (stream, yours) = (key.stream().map_err(|_| Refusal::missing())?, what.clone());
    let meta = Meta::by(ask.viewer.actor(), cmd);
    let command = Command::Set { what, seen };
    match state.platform.streams.execute::<Standing>(&stream, meta, command).await {
        Ok(done) => Ok(see(&format!("/desk/{community}/duties"), done.position)),
        Err(ExecuteError::Rejected(Rejection::Stale { current, now })) => {
            state.compared(&ask, &key, (&yours, &now), current).await
        }
        Err(ExecuteError::Rejected(no)) => {
            let t = ask.text();
            Err(Refusal::no(t.no(no.key(), &no.values(&|on| t.day(on)))))
        }
        Err(other) => Err(Refusal::failed(other)),
    }
}

/// What the form says; who is told stays as it was where the form does not ask for somebody else.
fn described(ask: &Ask, before: Option<&Kept>, today: NaiveDate) -> Result<Described, Refusal> {
    let t = ask.text();
    let short = |field: &str, max: usize| {
        let text = ask.field(field);
        let fits = text.chars().count() <= max;
        fits.then(|| text.to_owned()).ok_or_else(|| Refusal::invalid(t.n("remark_too_long", max)))
    };
    let day = |field: &str| match ask.field(field) {
        "" => Ok(None),
        _ => ask.parsed::<NaiveDate>(field).map(Some),
    };
    let (me, before) = (staff(&ask.viewer), before.and_then(|kept| kept.contact));
    Ok(Described {
        name: short("name", NAME_CHARS_MAX)?,
        name_en: short("name_en", NAME_CHARS_MAX)?,
        about: short("about", ABOUT_CHARS_MAX)?,
        building: ask.field("building").to_owned(),
        places: ask.parsed("places")?,
        from_on: day("from_on")?.unwrap_or(today),
        until_on: day("until_on")?,
        contact: if ask.field("tell_me").is_empty() {
            before.filter(|id| Some(*id) != me)
        } else {
            me
        },
    })
}

/// Both versions of what a form and somebody else changed.
#[derive(Template)]
#[template(path = "duty_stale.html")]
struct Stale {
    t: Text,
    base: String,
    rows: Vec<(&'static str, String, String)>,
    fields: Vec<(&'static str, String)>,
}

impl State {
    async fn compared(
        &self,
        ask: &Ask,
        key: &StandingKey,
        (yours, now): (&Described, &Described),
        current: Version,
    ) -> Result<Response, Refusal> {
        let (t, code) = (ask.text(), key.community.clone());
        let ids: Vec<Uuid> = [yours, now].iter().filter_map(|of| of.contact).collect();
        let names = self.names(&ask.viewer, ids, Purpose::Desk).await;
        let below = self.read(move |db| places::below(db, &code, t.0)).await?;
        let told = |of: &Described| {
            let building = below.iter().find(|(code, _)| *code == of.building);
            let building = building.map(|(_, name)| name.clone()).unwrap_or_default();
            let until = of.until_on.map_or_else(|| t.get("no_end").to_owned(), |on| t.day(on));
            let contact = of.contact.map(|id| names.get(id)).unwrap_or_default();
            [
                ("standing_name", of.name.clone()),
                ("standing_name_en", of.name_en.clone()),
                ("standing_about", of.about.clone()),
                ("building", building),
                ("duty_places", of.places.to_string()),
                ("standing_from", t.day(of.from_on)),
                ("standing_until", until),
                ("standing_told", contact),
            ]
        };
        let rows = told(yours).into_iter().zip(told(now));
        let rows = rows.map(|((label, yours), (_, now))| (label, yours, now)).collect();
        let mut fields: Vec<_> = ["id", "name", "name_en", "about", "building", "places"]
            .into_iter()
            .chain(["from_on", "until_on", "tell_me"])
            .map(|field| (field, ask.field(field).to_owned()))
            .collect();
        fields.push(("seen", current.0.to_string()));
        fields.push(("cmd", self.platform.entropy.uuid().to_string()));
        let page = Stale { t, base: format!("/desk/{}/duties", key.community), rows, fields };
        let html = page.render().map_err(Refusal::failed)?;
        let page = Page::new(t.get("stale"), html).of(&key.community);
        Ok(page.status(StatusCode::CONFLICT).into_response())
    }
}
