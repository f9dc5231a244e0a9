//! What a place gives points for: to everybody, and to be adopted at the desk.

use askama::Template;
use axum::{
    Extension, Form, Json,
    extract::Path,
    response::{IntoResponse as _, Response},
};
use chrono::NaiveDate;
use linli_platform::{
    ids::{CommandId, StreamId},
    stream::{ExecuteError, Meta},
    web::{Page, Refusal, Viewer, see},
};
use serde::Serialize;
use uuid::Uuid;

use super::{State, text::Text};
use crate::{
    SERVICE,
    contract::{KindRates, Rules},
    deciders::scoring::{Command, POINTS, Scoring},
    projections::places::{self, Adopted},
};

/// So many lines for kinds of activity a form has besides those filled in.
const LINES_FREE: usize = 4;

/// The rules that hold in a place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InForce {
    place: String,
    from: NaiveDate,
    rules: Rules,
    event: String,
}

pub(super) async fn json(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
) -> Result<Json<Option<InForce>>, Refusal> {
    let today = state.today(&community).await?;
    let rules = state.tables.read(move |db| places::rules(db, &community, today)).await?;
    let told = |Adopted { place, from, rules, event }| InForce { place, from, rules, event };
    Ok(Json(rules.map(told)))
}

/// Rules in the words of a page.
struct Told {
    since: String,
    rules: Rules,
    day_max: String,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    t: Text,
    code: String,
    place: String,
    now: Option<Told>,
    next: Vec<Told>,
    form: Option<Filled>,
}

/// The form with what it begins from.
struct Filled {
    cmd: Uuid,
    from: NaiveDate,
    rules: Rules,
}

pub(super) async fn page(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    shown(&state, &community, &viewer, false).await
}

pub(super) async fn desk(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    shown(&state, &community, &viewer, true).await
}

async fn shown(
    state: &State,
    community: &str,
    viewer: &Viewer,
    desk: bool,
) -> Result<Page, Refusal> {
    let (scope, today) = state.scope(community).await?;
    let t = Text::of(viewer);
    let code = community.to_owned();
    let read = state.tables.read(move |db| {
        let now = places::rules(db, &code, today)?;
        let ahead = places::adopted(db, &code)?.into_iter().filter(|one| one.from > today);
        let mut named = Vec::new();
        for adopted in now.iter().cloned().chain(ahead) {
            let place = places::place(db, &adopted.place)?;
            let name = place.map(|place| t.name((&place.name, &place.name_en)).to_owned());
            named.push((name.unwrap_or_else(|| adopted.place.clone()), adopted));
        }
        Ok((now.is_some(), named))
    });
    let (any, named) = read.await?;
    let begin = named.first().map(|(_, adopted)| adopted.rules.clone()).unwrap_or_default();
    let mut told = named.into_iter().map(|(by, adopted)| Told {
        since: t.with("rules_since", &[("date", &t.day(adopted.from)), ("place", &by)]),
        day_max: match adopted.rules.day_max {
            0 => t.get("no_limit").to_owned(),
            max => max.to_string(),
        },
        rules: adopted.rules,
    });
    let now = if any { told.next() } else { None };
    let next = told.collect();
    let mut rules = Rules { example: false, note: String::new(), ..begin };
    rules.kinds.extend(std::iter::repeat_n(KindRates::default(), LINES_FREE));
    let from = today.succ_opt().unwrap_or(today);
    let cmd = state.platform.entropy.uuid();
    let page = RulesPage {
        t,
        code: community.to_owned(),
        place: t.name((&scope.place.name, &scope.place.name_en)).to_owned(),
        now,
        next,
        form: desk.then_some(Filled { cmd, from, rules }),
    };
    Ok(Page::new(t.get("rules"), page.render().map_err(Refusal::failed)?).of(community))
}

/// What was filled in: names and values, in order.
type Fields = Vec<(String, String)>;

pub(super) async fn adopt(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    viewer: Viewer,
    Form(fields): Form<Fields>,
) -> Result<Response, Refusal> {
    let t = Text::of(&viewer);
    let zone = state.zone(&community).await?;
    let (cmd, from, rules) = filled(&fields, t)?;
    let stream = StreamId::new(&community, SERVICE, "scoring", POINTS);
    let stream = stream.map_err(|_| Refusal::missing())?;
    let meta = Meta::by(viewer.actor(), CommandId(cmd));
    let command = Command::Adopt { from, rules, zone };
    let done = state.platform.streams.execute::<Scoring>(&stream, meta, command).await;
    let done = done.map_err(|error| match error {
        ExecuteError::Rejected(no) => Refusal::invalid(t.no(&no.told())),
        other => Refusal::failed(other),
    })?;
    Ok(see(&format!("/desk/{community}/scoring"), done.position).into_response())
}

fn filled(fields: &Fields, t: Text) -> Result<(Uuid, NaiveDate, Rules), Refusal> {
    let all = |name: &'static str| {
        fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.trim())
    };
    let one = |name: &'static str| all(name).next().unwrap_or_default();
    let wrong = |name: &str, value: &str| {
        Refusal::invalid(t.with("bad_choice", &[("field", name), ("value", value)]))
    };
    let number = |name: &'static str| match one(name) {
        "" => Ok(0),
        text => text.parse::<u32>().map_err(|_| wrong(name, text)),
    };
    let rate = |name: &'static str, n: usize| match all(name).nth(n).unwrap_or_default() {
        "" => Ok(None),
        text => text.parse::<u32>().map(Some).map_err(|_| wrong(name, text)),
    };
    let mut kinds = Vec::new();
    for (n, kind) in all("kind").enumerate() {
        let (attendance, hour) = (rate("kind_attendance", n)?, rate("kind_hour", n)?);
        let duty = rate("kind_duty", n)?;
        let empty = kind.is_empty() && (attendance, hour, duty) == (None, None, None);
        if !empty {
            kinds.push(KindRates { kind: kind.to_owned(), attendance, hour, duty });
        }
    }
    let rules = Rules {
        attendance: number("attendance")?,
        hour: number("hour")?,
        duty: number("duty")?,
        kinds,
        day_max: number("day_max")?,
        base_min: number("base_min")?,
        example: false,
        note: one("note").to_owned(),
    };
    let cmd = one("cmd").parse().map_err(|_| wrong("cmd", one("cmd")))?;
    let from = one("from").parse().map_err(|_| wrong("from", one("from")))?;
    Ok((cmd, from, rules))
}

/// A rate as a field or a cell has it.
fn rate(rate: Option<u32>) -> String {
    rate.map(|rate| rate.to_string()).unwrap_or_default()
}
