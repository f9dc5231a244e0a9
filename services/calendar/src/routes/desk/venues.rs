//! Venues: adding, describing, closing from–to, opening again; what clashes there.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use linli_platform::{
    entropy::derived,
    ids::Version,
    stream::ExecuteError,
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    fields::Fields,
    occurrence::instant,
    stale,
    told::{one, words},
};
use crate::{
    contract::{Closure, VenueDescription},
    deciders::venue::{Command, Rejection, Venues},
    projections::{desk, neighbours, venues},
    routes::Text,
};

struct Row {
    id: Uuid,
    version: u64,
    description: VenueDescription,
    lender: String,
    /// Id, when, why.
    closures: Vec<(Uuid, String, String)>,
    /// Title and time of what clashes here, with its page.
    clashes: Vec<(String, String)>,
    cmds: [Uuid; 3],
}

impl Row {
    fn lent_by(&self, unit: &Uuid) -> bool {
        self.description.lender.as_ref() == Some(unit)
    }
}

#[derive(Template)]
#[template(path = "desk_venues.html")]
struct View {
    t: Text,
    base: String,
    plan: String,
    rows: Vec<Row>,
    units: Vec<(Uuid, String)>,
    cmd: Uuid,
}

/// All venues.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let (code, now, t, zone) = (desk.code().to_owned(), desk.now, desk.t, desk.place.zone);
    let change = desk.at("change");
    let read = desk.read(move |db| {
        let clashes = desk::clashes(db, &code, now)?;
        let units = neighbours::units(db, &code)?;
        let mut rows = Vec::new();
        for venue in venues::of_community(db, &code)? {
            let closures = venues::closures(db, venue.id, now)?.into_iter();
            let closures = closures
                .map(|one| (one.closure, t.when(one.from, one.until, false, zone), one.reason));
            let here = clashes.iter().filter(|clash| clash.request.venue == venue.id);
            let here = here.map(|clash| {
                let entry = &clash.entry;
                let path = format!("{change}/{}/{}", entry.activity.id, entry.id);
                (path, format!("{} {}", entry.called(t.is_english()), t.entry_when(entry)))
            });
            rows.push(Row {
                id: venue.id,
                version: venue.version.0,
                closures: closures.collect(),
                clashes: here.collect(),
                lender: lender(&units, &venue.description),
                description: venue.description,
                cmds: [Uuid::nil(); 3],
            });
        }
        Ok((rows, units))
    });
    let (mut rows, units) = read.await?;
    for row in &mut rows {
        row.cmds = std::array::from_fn(|_| desk.fresh());
    }
    let (base, plan, cmd) = (desk.at("venues"), desk.at("plan"), desk.fresh());
    desk.page(t.w("desk-venues"), &View { t, base, plan, rows, units, cmd })
}

fn description(desk: &Desk, before: &VenueDescription) -> Result<VenueDescription, Refusal> {
    let text = |name: &str| desk.fields.get(name).to_owned();
    let capacity = match desk.fields.get("capacity") {
        "" => 0,
        text => text
            .parse()
            .map_err(|_| Refusal::invalid(words(desk.t, &one("desk-no-number", text))))?,
    };
    Ok(VenueDescription {
        name: text("name"),
        name_en: text("name_en"),
        capacity,
        lender: match desk.fields.get("lender") {
            // A unit that is no more stays what it was.
            "kept" => before.lender,
            id => id.parse().ok(),
        },
        text: text("text").replace("\r\n", "\n"),
    })
}

/// The venue of this community that the path names.
async fn venue(desk: &Desk) -> Result<venues::Venue, Refusal> {
    let id: Uuid = desk.part("venue").parse().map_err(|_| Refusal::missing())?;
    let found = desk.read(move |db| venues::by_id(db, id)).await?;
    found.filter(|venue| venue.community == desk.code()).ok_or_else(Refusal::missing)
}

async fn give(
    desk: &Desk,
    venue: Uuid,
    command: Command,
    then: impl std::fmt::Display,
) -> Result<Response, Refusal> {
    let done = desk.give::<Venues>(venue, desk.cmd()?, command).await;
    Ok(desk.see(then, done.map_err(|error| desk.no(error))?))
}

/// Adds a venue.
pub(super) async fn add(desk: Desk) -> Result<Response, Refusal> {
    let id = derived(desk.code(), &format!("venue/{}", desk.cmd()?.0));
    let description = description(&desk, &VenueDescription::default())?;
    give(&desk, id, Command::Add(description), "venues").await
}

/// The units that may lend a venue here.
async fn units(desk: &Desk) -> Result<Vec<(Uuid, String)>, Refusal> {
    let code = desk.code().to_owned();
    desk.read(move |db| neighbours::units(db, &code)).await
}

fn lender(units: &[(Uuid, String)], of: &VenueDescription) -> String {
    let known = units.iter().find(|(id, _)| Some(*id) == of.lender);
    known.map(|(_, name)| name.clone()).unwrap_or_default()
}

fn told(desk: &Desk, units: &[(Uuid, String)], of: &VenueDescription) -> Vec<(String, String)> {
    let line = |key: &str, value: &str| (desk.t.of("desk-field", key), value.to_owned());
    vec![
        line("name", &of.name),
        line("name_en", &of.name_en),
        line("capacity", &of.capacity.to_string()),
        line("lender", &lender(units, of)),
        line("about", &of.text),
    ]
}

/// Describes a venue anew.
pub(super) async fn change(desk: Desk) -> Result<Response, Refusal> {
    let before = venue(&desk).await?;
    let yours = description(&desk, &before.description)?;
    let seen = Some(Version(desk.fields.get("seen").parse().unwrap_or_default()));
    let command = Command::Change { seen, description: yours.clone() };
    match desk.give::<Venues>(before.id, desk.cmd()?, command).await {
        Err(ExecuteError::Rejected(Rejection::StaleForm { current, now, .. })) => {
            let mut fields: Fields = desk.fields.clone();
            fields.set("seen", current.0);
            let (base, back) = (desk.at(format_args!("venues/{}", before.id)), desk.at("venues"));
            let units = units(&desk).await?;
            let (yours, now) = (told(&desk, &units, &yours), told(&desk, &units, &now));
            Ok(stale::compared(&desk, fields, (&base, &back), &yours, &now)?.into_response())
        }
        done => Ok(desk.see("venues", done.map_err(|error| desk.no(error))?)),
    }
}

/// Closes a venue, and goes on to the occurrences that are hit.
pub(super) async fn close(desk: Desk) -> Result<Response, Refusal> {
    let id = venue(&desk).await?.id;
    let closure = derived("closure", &desk.cmd()?.0.to_string());
    let at = |name: &str| {
        let at = instant(desk.fields.get(name), false, desk.place.zone);
        at.map_err(|no| Refusal::invalid(words(desk.t, &no)))
    };
    let (from, until) = (at("from")?, at("until")?);
    let reason = desk.fields.get("reason").to_owned();
    let command = Command::Close(Closure { closure, from, until, reason });
    give(&desk, id, command, format!("venues/{id}/closures/{closure}")).await
}

/// Ends a closure.
pub(super) async fn reopen(desk: Desk) -> Result<Response, Refusal> {
    let id = venue(&desk).await?.id;
    let closure = desk.fields.get("closure").parse().map_err(|_| Refusal::missing())?;
    give(&desk, id, Command::Reopen { closure }, "venues").await
}
