//! The board of promises: what is held, planned and owed in each period, and the last day to catch
//! up; making and dropping promises.

use askama::Template;
use axum::response::Response;
use chrono::{Datelike as _, Days, NaiveDate};
use linli_almanac::Standing;
use linli_platform::{
    entropy::derived,
    ids::Version,
    stream::ExecuteError,
    web::{Page, Refusal},
};
use uuid::Uuid;

use super::{
    ask::Desk,
    stale,
    told::{one, words},
};
use crate::{
    contract::{CadencePromise, Per},
    deciders::cadence::{Cadences, Command, Rejection},
    projections::desk::{self, Kept},
    routes::Text,
    values::plan,
};

/// So far ahead the board says first what is still owed, in days.
const AHEAD_DAYS: u64 = 31;

struct Row {
    title: String,
    promise: String,
    period: String,
    done: u32,
    planned: u32,
    owed: u32,
    last: String,
    badge: &'static str,
}

/// A promise over the months of a year.
struct Line {
    title: String,
    cells: Vec<Cell>,
}

/// A month, or a quarter or year over several of them.
struct Cell {
    months: usize,
    /// It was over before anything was promised.
    before: bool,
    held: u32,
    planned: u32,
    owed: u32,
    badge: &'static str,
}

/// A promise to be changed or ended.
struct Form {
    id: Uuid,
    version: u64,
    promise: CadencePromise,
    per: &'static str,
    cmds: [Uuid; 2],
}

#[derive(Template)]
#[template(path = "desk_cadences.html")]
struct View {
    t: Text,
    base: String,
    plan: String,
    month: String,
    year: i32,
    owed: Vec<Row>,
    rows: Vec<Row>,
    lines: Vec<Line>,
    forms: Vec<Form>,
    cmd: Uuid,
}

const PERS: [(&str, Per); 4] =
    [("month", Per::Month), ("week", Per::Week), ("quarter", Per::Quarter), ("year", Per::Year)];

fn per_name(per: Per) -> &'static str {
    PERS.iter().find(|(_, one)| *one == per).map_or("month", |(name, _)| name)
}

fn in_words(t: Text, promise: &CadencePromise) -> String {
    let (n, per) = (promise.at_least.to_string(), t.of("desk-per", per_name(promise.per)));
    t.with("desk-promise_words", &[("n", n.as_str()), ("per", &per), ("kind", &promise.kind)])
}

fn badge(standing: &Standing) -> &'static str {
    match () {
        () if standing.is_met() => "kept",
        () if standing.is_out_of_reach() => "missed",
        () => "owed",
    }
}

fn row(t: Text, kept: &Kept) -> Row {
    let standing = &kept.standing;
    let (first, last) = (*standing.period.start(), *standing.period.end());
    Row {
        promise: in_words(t, &kept.promise),
        title: kept.promise.title.clone(),
        period: format!("{} – {}", t.date(first), t.date(last)),
        done: standing.done,
        planned: standing.planned,
        owed: standing.owed,
        last: standing.last_date_to_catch_up.map(|date| t.date(date)).unwrap_or_default(),
        badge: badge(standing),
    }
}

/// What is owed and can still be caught up, the most urgent first.
fn owed(t: Text, kept: &[Kept]) -> Vec<Row> {
    let until = |kept: &&Kept| kept.standing.last_date_to_catch_up;
    let mut owed: Vec<_> = kept.iter().filter(|kept| until(kept).is_some()).collect();
    owed.sort_by_key(until);
    owed.into_iter().map(|kept| row(t, kept)).collect()
}

/// The promises of a year, each with its months, quarters or the year; weeks are added up in the
/// month in which they end.
fn lines(year: i32, kept: &[Kept]) -> Vec<Line> {
    let mut lines: Vec<(Uuid, Line)> = Vec::new();
    for one in kept {
        let (standing, promise) = (&one.standing, &one.promise);
        let end = *standing.period.end();
        if end.year() != year {
            continue;
        }
        if lines.last().is_none_or(|(id, _)| *id != one.id) {
            let (title, cells) = (promise.title.clone(), Vec::new());
            lines.push((one.id, Line { title, cells }));
        }
        let Some((_, line)) = lines.last_mut() else { continue };
        let months = match promise.per {
            Per::Week | Per::Month => 1,
            Per::Quarter => 3,
            Per::Year => 12,
        };
        let (held, planned, owed) = (standing.done, standing.planned, standing.owed);
        let new = Cell { months, before: false, held, planned, owed, badge: badge(standing) };
        let told: usize = line.cells.iter().map(|cell| cell.months).sum();
        let month = end.month() as usize;
        if let Some(cell) = line.cells.last_mut().filter(|_| told == month) {
            // Another week that ends in the same month.
            cell.add(&new);
        } else {
            let passed = month.saturating_sub(told + months);
            line.cells.extend((passed > 0).then(|| Cell::before(passed)));
            line.cells.push(new);
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

impl Cell {
    fn before(months: usize) -> Self {
        Self { months, before: true, held: 0, planned: 0, owed: 0, badge: "" }
    }

    /// Another week of the same month.
    fn add(&mut self, week: &Self) {
        self.held += week.held;
        self.planned += week.planned;
        self.owed += week.owed;
        let worst = ["missed", "owed", "kept"];
        let found = worst.into_iter().find(|badge| [self.badge, week.badge].contains(badge));
        self.badge = found.unwrap_or(self.badge);
    }
}

fn form(desk: &Desk, kept: &Kept) -> Form {
    Form {
        id: kept.id,
        version: kept.version.0,
        per: per_name(kept.promise.per),
        promise: kept.promise.clone(),
        cmds: [desk.fresh(), desk.fresh()],
    }
}

/// The board: what is owed, a month, the year.
pub(super) async fn page(desk: Desk) -> Result<Page, Refusal> {
    let (t, today) = (desk.t, desk.today());
    let asked: Option<NaiveDate> = format!("{}-01", desk.fields.get("month")).parse().ok();
    let first = asked.unwrap_or(today);
    let month = plan::month(first.year(), first.month()).unwrap_or(today..=today);
    let soon = today..=today.checked_add_days(Days::new(AHEAD_DAYS)).unwrap_or(today);
    let january = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(first);
    let year = january(first.year())..=january(first.year() + 1).pred_opt().unwrap_or(first);
    let (code, zone, now) = (desk.code().to_owned(), desk.place.zone, desk.now);
    let read = desk.read(move |db| {
        let stand = |window| desk::cadences(db, &code, window, zone, now);
        Ok((stand(&soon)?, stand(&month)?, stand(&year)?))
    });
    let (soon, kept, whole) = read.await?;
    let mut forms: Vec<Form> = Vec::new();
    for one in &kept {
        if forms.last().is_none_or(|form| form.id != one.id) {
            forms.push(form(&desk, one));
        }
    }
    let view = View {
        t,
        base: desk.at("cadences"),
        plan: desk.at("plan"),
        month: first.format("%Y-%m").to_string(),
        year: first.year(),
        owed: owed(t, &soon),
        rows: kept.iter().map(|kept| row(t, kept)).collect(),
        lines: lines(first.year(), &whole),
        forms,
        cmd: desk.fresh(),
    };
    desk.page(t.w("desk-cadences"), &view)
}

async fn give(desk: &Desk, id: Uuid, command: Command) -> Result<Response, Refusal> {
    let done = desk.give::<Cadences>(id, desk.cmd()?, command).await;
    Ok(desk.see("cadences", done.map_err(|error| desk.no(error))?))
}

fn said(desk: &Desk) -> Result<CadencePromise, Refusal> {
    let text = desk.fields.get("at_least");
    let at_least = text.parse();
    let at_least =
        at_least.map_err(|_| Refusal::invalid(words(desk.t, &one("desk-no-number", text))))?;
    let per = PERS.iter().find(|(name, _)| *name == desk.fields.get("per"));
    let (title, kind) = (desk.fields.get("title").to_owned(), desk.fields.get("kind").to_owned());
    Ok(CadencePromise { title, kind, at_least, per: per.map(|(_, per)| *per).unwrap_or_default() })
}

/// Makes a promise.
pub(super) async fn set(desk: Desk) -> Result<Response, Refusal> {
    let id = derived(desk.code(), &format!("cadence/{}", desk.cmd()?.0));
    give(&desk, id, Command::Set(said(&desk)?)).await
}

/// Puts another promise in the place of one.
pub(super) async fn change(desk: Desk) -> Result<Response, Refusal> {
    let id: Uuid = desk.part("cadence").parse().map_err(|_| Refusal::missing())?;
    let promise = said(&desk)?;
    let seen = Version(desk.fields.get("seen").parse().unwrap_or_default());
    let command = Command::Change { seen, promise: promise.clone() };
    match desk.give::<Cadences>(id, desk.cmd()?, command).await {
        Err(ExecuteError::Rejected(Rejection::StaleForm { current, now, .. })) => {
            let mut fields = desk.fields.clone();
            fields.set("seen", current.0);
            let (base, back) = (desk.at(format_args!("cadences/{id}")), desk.at("cadences"));
            let yours = told(desk.t, &promise);
            let now = now.map(|now| told(desk.t, &now)).unwrap_or_default();
            stale::compared(&desk, fields, (&base, &back), &yours, &now)
        }
        done => Ok(desk.see("cadences", done.map_err(|error| desk.no(error))?)),
    }
}

fn told(t: Text, promise: &CadencePromise) -> Vec<(String, String)> {
    let line = |key: &str, value: String| (t.of("desk-field", key), value);
    vec![
        line("promise", promise.title.clone()),
        line("kind", promise.kind.clone()),
        line("at_least", promise.at_least.to_string()),
        line("per", t.of("desk-per", per_name(promise.per))),
    ]
}

/// Lets a promise of this community hold no longer.
pub(super) async fn end(desk: Desk) -> Result<Response, Refusal> {
    let id = desk.part("cadence").parse().map_err(|_| Refusal::missing())?;
    give(&desk, id, Command::Drop).await
}
