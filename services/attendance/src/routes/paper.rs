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
};
use crate::{contract::Way, deciders::roll::Command};

/// Empty lines at the end of a sheet, for those who come without having registered.
const BLANK_LINES: usize = 12;

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet {
    t: Text,
    title: String,
    when: String,
    names: Vec<(String, String)>,
    blank: Vec<usize>,
}

/// A4, without the frame: those with a place by name, then empty lines.
pub(super) async fn sheet(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, rows } = state.whole_roll(&ask).await?;
    let t = ask.text();
    let placed = rows.into_iter().filter(|row| matches!(row.badge, "registered" | "present"));
    let names: Vec<_> = placed.map(|row| (row.name, row.building)).collect();
    let blank = (names.len() + 1..=names.len() + BLANK_LINES).collect();
    let title = named.title(t.0).to_owned();
    let when = t.span(counts.start, counts.end, named.zone);
    let html = Sheet { t, title, when, names, blank }.render().map_err(Refusal::failed)?;
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
    q: String,
    at: String,
    found: Vec<Row>,
    cmds: [Uuid; 3],
}

/// Typing a sheet back: a name and Enter for each, or ticks for those expected.
pub(super) async fn page(state: State, ask: Ask) -> Result<Page, Refusal> {
    let Read { named, counts, rows } = state.whole_roll(&ask).await?;
    // A name that was typed and fits several, or nobody.
    let (q, at) = (ask.field("name").to_owned(), ask.field("time").to_owned());
    let found = state.found(&ask, &named, &q).await?;
    let (present, absent): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.present);
    let t = ask.text();
    let entropy = &state.platform.entropy;
    let page = Paper {
        t,
        title: named.title(t.0).to_owned(),
        when: t.span(counts.start, counts.end, named.zone),
        path: desk_path(&named),
        start: t.clock(counts.start, named.zone),
        absent,
        present: present.len(),
        q,
        at,
        found,
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
    let path = format!("{}/paper", desk_path(&named));
    let mut ids = Vec::new();
    for id in ask.all("resident") {
        ids.push(Uuid::try_parse(id).map_err(|_| Refusal::invalid(t.get("no_resident")))?);
    }
    let typed = ask.field("name");
    if ids.is_empty() && !typed.is_empty() {
        let found = state.found(&ask, &named, typed).await?;
        // Of two of one name the sheet's building decides, so a person chooses.
        let exact = found.iter().filter(|row| row.name == typed).count();
        let meant = |row: &&Row| row.name == typed || exact == 0;
        let mut meant = found.iter().filter(meant);
        match (meant.next(), meant.next()) {
            (Some(one), None) => ids.push(one.id),
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
    Ok(see(&path, position))
}
