//! The printed sign-in sheet, and typing it back.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use linli_platform::web::{Page, Refusal, see};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    give::{desk_path, on_the_day},
    roll::{Read, Row},
    text::Text,
    who::Written,
};
use crate::{
    contract::Way,
    deciders::roll::Command,
    projections::{places, rolls::Counts},
};

/// Empty lines at the end of a sheet, for those who come without having registered.
const BLANK_LINES: usize = 12;

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet {
    t: Text,
    title: String,
    when: String,
    venue: String,
    counts: Counts,
    /// Name, building, and what is known of their coming.
    names: Vec<(String, String, String)>,
    blank: Vec<usize>,
}

/// A4, without the frame: those expected or with a place by name, then empty lines.
pub(super) async fn sheet(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, rows } = state.whole_roll(&ask).await?;
    let t = ask.text();
    let placed = rows.into_iter().filter(|row| !matches!(row.badge, "none" | "waiting"));
    let names: Vec<_> = placed
        .map(|row| {
            let known = if row.badge == "excused" { row.state } else { String::new() };
            (row.name, row.building, known)
        })
        .collect();
    let blank = (names.len() + 1..=names.len() + BLANK_LINES).collect();
    let title = named.title(t.0).to_owned();
    let when = t.span(counts.start, counts.end, named.zone);
    let venue = named.venue(t.0).to_owned();
    let sheet = Sheet { t, title, when, venue, counts, names, blank };
    let html = sheet.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("sheet"), html).of(&named.key.community).bare())
}

#[derive(Template)]
#[template(path = "paper.html")]
struct Paper {
    t: Text,
    title: String,
    when: String,
    path: String,
    start: String,
    absent: Vec<Row>,
    present: usize,
    /// What was typed, of somebody who is not clear yet.
    name: String,
    building: String,
    flat: String,
    at: String,
    /// Whether a flat or card was given and helped no further.
    flat_given: bool,
    buildings: Vec<(String, String)>,
    found: Vec<Row>,
    /// Whether those found are called just so; else they are offered to choose from.
    sure: bool,
    /// Whether nothing but a flat or a card tells those found apart.
    alike: bool,
    cmds: [Uuid; 4],
}

/// Typing a sheet back: building, name and Enter for each, or ticks for those expected.
pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, rows } = state.whole_roll(&ask).await?;
    let field = |name| ask.field(name).to_owned();
    let (name, building, flat) = (field("name"), field("building"), field("flat"));
    let (t, community) = (ask.text(), named.key.community.clone());
    let mut sure = true;
    let found = if name.is_empty() {
        Vec::new()
    } else {
        let written = Written { name: &name, building: &building, flat: &flat };
        let ids = state.meant(&ask, &named.key.community, written).await?;
        sure = !ids.is_empty();
        let alike =
            if sure || !flat.is_empty() { ids } else { state.find(&community, &name).await? };
        state.rows_of(&ask, &named, alike).await?
    };
    let same = |a: &Row, b: &Row| (&a.name, &a.building) == (&b.name, &b.building);
    let alike =
        found.iter().enumerate().any(|(n, row)| found[n + 1..].iter().any(|o| same(row, o)));
    let (present, absent): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.present);
    let buildings = state.read(move |db| places::below(db, &community, t.0)).await?;
    let entropy = &state.platform.entropy;
    let page = Paper {
        t,
        title: named.title(t.0).to_owned(),
        when: t.span(counts.start, counts.end, named.zone),
        path: desk_path(&named),
        start: t.clock(counts.start, named.zone),
        absent,
        present: present.len(),
        flat_given: !flat.is_empty(),
        name,
        building,
        flat,
        at: field("time"),
        buildings,
        found,
        sure,
        alike,
        cmds: std::array::from_fn(|_| entropy.uuid()),
    };
    let html = page.render().map_err(Refusal::failed)?;
    Ok(Page::new(t.get("type_back"), html).of(&named.key.community))
}

/// Enters those ticked, or the one person that a typed name stands for. A name that several bear,
/// or nobody, goes back to the page to choose from.
pub(super) async fn enter(state: State, ask: Ask) -> Result<Response, Refusal> {
    let Read { named, counts, .. } = state.whole_roll(&ask).await?;
    let t = ask.text();
    let at = match ask.field("time") {
        "" => None,
        time => {
            let at = on_the_day(time, counts.start, named.zone);
            Some(at.ok_or_else(|| Refusal::invalid(t.with("bad_time", &[("value", time)])))?)
        }
    };
    let mut ids = Vec::new();
    for id in ask.all("resident") {
        ids.push(Uuid::try_parse(id).map_err(|_| Refusal::invalid(t.get("no_resident")))?);
    }
    let (name, building) = (ask.field("name"), ask.field("building"));
    if ids.is_empty() && !name.is_empty() {
        let written = Written { name, building, flat: ask.field("flat") };
        match state.meant(&ask, &named.key.community, written).await?.as_slice() {
            [one] => ids.push(*one),
            _ => return Ok(page(state, ask).await?.into_response()),
        }
    }
    if ids.is_empty() {
        return Err(Refusal::invalid(t.get("nobody_ticked")));
    }
    for &id in &ids {
        state.resident(id, t).await?;
    }
    let command =
        |resident| Command::CheckIn { resident, way: Way::Paper, at, proxy: None, staff: true };
    let commands = ids.into_iter().map(|id| (id, command(id))).collect();
    let position = state.take_all(&ask, &named, "paper", commands).await?;
    Ok(see(&format!("{}/paper{}", desk_path(&named), kept(building, ask.field("time"))), position))
}

/// The building and the time stay for the next name, as far as they can stand in an address.
fn kept(building: &str, time: &str) -> String {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c));
    if plain(building) && plain(time) {
        format!("?building={building}&time={time}")
    } else {
        String::new()
    }
}
