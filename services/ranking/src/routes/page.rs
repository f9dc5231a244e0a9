//! The board as a page: choice, table with bars, trend, days.

use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query as Fields},
};
use linli_platform::web::{Page, Refusal, Viewer};

use super::{
    State,
    svg::{self, Point},
    text::{self, Text},
    view::{Query, View, line_path},
};
use crate::{
    projections::{
        compare::{Who, of_total},
        occurrences::Total,
    },
    values::{Measure, Period, Ranked, Span},
};

/// So many lines stand on a page; the CSV file has all.
const LINES_MAX: usize = 120;
/// So many buildings stand on the map of days.
const HEAT_MAX: usize = 60;

/// One of several things to choose from.
pub(super) struct Choice {
    pub code: String,
    pub text: String,
    pub chosen: bool,
}

struct Row {
    rank: Option<u32>,
    name: String,
    path: Option<String>,
    value: String,
    per_head: Option<String>,
    base: Option<u32>,
    bar: String,
}

/// A map of days with its table.
struct Heat {
    svg: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage<'a> {
    t: Text,
    place: &'a str,
    code: &'a str,
    period: String,
    period_code: String,
    before: String,
    after: Option<String>,
    measure: String,
    unit: String,
    levels: Vec<Choice>,
    measures: Vec<Choice>,
    spans: Vec<Choice>,
    per_head: bool,
    has_heads: bool,
    rows: Vec<Row>,
    more: usize,
    base_note: Option<String>,
    level_note: String,
    figures: Vec<(String, String)>,
    trend: String,
    trend_rows: Vec<(String, String)>,
    heat: Option<Heat>,
    csv: String,
    json: String,
    live: String,
}

pub(super) async fn page(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Page, Refusal> {
    let mut view = state.view(&viewer, &community, &query).await?;
    // A month that has just begun says nothing yet: whoever names none sees the one before.
    let before = view.trend.iter().rev().nth(1).map(|(_, total)| *total);
    if !query.contains_key("period")
        && view.total == Total::default()
        && before.is_some_and(|before| before != Total::default())
    {
        let mut asked = query.clone();
        asked.insert("period".to_owned(), view.asked.period.shifted(-1).to_string());
        view = state.view(&viewer, &community, &asked).await?;
    }
    let t = Text::of(&viewer);
    let html = shown(&view, t).render().map_err(Refusal::failed)?;
    let title = format!("{} · {}", view.place(t), t.get("boards"));
    Ok(Page::new(title, html).of(&community))
}

/// The unit of a measure in words.
pub(super) fn unit(t: Text, measure: Measure) -> String {
    t.code("unit", measure.code())
}

fn shown(view: &View, t: Text) -> BoardPage<'_> {
    let asked = &view.asked;
    let choice = |code: &str, prefix, chosen| Choice {
        code: code.to_owned(),
        text: t.code(prefix, code),
        chosen,
    };
    let levels = view.scope.levels().into_iter();
    let measures = Measure::ALL.into_iter().filter(|measure| measure.fits(asked.level));
    let spans = Span::ALL.into_iter();
    let next = asked.period.shifted(1);
    let shown = view.board.lines.iter().take(LINES_MAX);
    let most = most(view);
    let small = view.board.lines.iter().any(|line| line.rank.is_none());
    BoardPage {
        t,
        place: view.place(t),
        code: &asked.place,
        period: t.period(asked.period),
        period_code: asked.period.to_string(),
        before: address(view, &asked.period.shifted(-1).to_string()),
        after: (next.first <= view.today).then(|| address(view, &next.to_string())),
        measure: t.code("measure", asked.measure.code()),
        unit: unit(t, asked.measure),
        levels: levels.map(|l| choice(l.code(), "level", l == asked.level)).collect(),
        measures: measures.map(|m| choice(m.code(), "measure", m == asked.measure)).collect(),
        spans: spans.map(|s| choice(s.code(), "span", s == asked.period.span)).collect(),
        per_head: asked.per_head,
        has_heads: asked.level.has_heads(),
        rows: shown.map(|line| row(view, t, line, most)).collect(),
        more: view.board.lines.len().saturating_sub(LINES_MAX),
        base_note: small.then(|| t.n("below_base", view.board.base_min)),
        level_note: t.code("level_note", asked.level.code()),
        figures: figures(view, t),
        trend: trend(view, t),
        trend_rows: trend_rows(view, t),
        heat: heat(view, t),
        csv: machine(view, "rankings.csv"),
        json: machine(view, "rankings"),
        live: view.scope.hosts().join(","),
    }
}

/// The address of the same board at another period.
fn address(view: &View, period: &str) -> String {
    let asked = &view.asked;
    let per = if asked.per_head { "&per=head" } else { "" };
    let (place, level, measure) = (&asked.place, asked.level.code(), asked.measure.code());
    format!("/rankings/{place}?level={level}&measure={measure}&period={period}{per}")
}

/// The address of the same board for a program.
fn machine(view: &View, file: &str) -> String {
    let own = address(view, &view.asked.period.to_string());
    let query = own.split_once('?').map_or("", |(_, query)| query);
    format!("/api/v1/c/{}/{file}?{query}", view.asked.place)
}

fn worth(view: &View, line: &Ranked<Who>) -> i64 {
    let worth =
        if view.asked.per_head { view.per_head(line).unwrap_or(0) } else { line.line.value };
    i64::try_from(worth).unwrap_or(i64::MAX)
}

fn most(view: &View) -> i64 {
    // Those without a rank don't set the measure for the others.
    let ranked = view.board.lines.iter().filter(|line| line.rank.is_some());
    ranked.map(|line| worth(view, line)).max().unwrap_or(0)
}

fn row(view: &View, t: Text, line: &Ranked<Who>, most: i64) -> Row {
    let measure = view.asked.measure;
    let value = i64::try_from(line.line.value).unwrap_or(i64::MAX);
    Row {
        rank: line.rank,
        name: view.name(&line.line.key, t),
        path: line_path(&view.asked.place, &line.line.key, view.asked.period),
        value: text::value(measure, value),
        per_head: view.per_head(line).map(|hundredths| text::per_head(measure, hundredths)),
        base: line.line.base,
        bar: svg::bar(worth(view, line), most),
    }
}

/// What the place has in all, by each measure.
fn figures(view: &View, t: Text) -> Vec<(String, String)> {
    let figure = |measure: Measure| {
        let value = text::value(measure, of_total(view.total, measure));
        (t.code("measure", measure.code()), value)
    };
    let mut figures: Vec<_> = Measure::ALL.into_iter().map(figure).collect();
    figures.push((t.get("people").to_owned(), view.people.to_string()));
    if view.total.unreported > 0 {
        figures.push((t.get("unreported").to_owned(), view.total.unreported.to_string()));
    }
    figures
}

fn trend(view: &View, t: Text) -> String {
    let measure = view.asked.measure;
    let point = |(period, total): &(Period, _)| {
        let value = of_total(*total, measure);
        let name = period.to_string();
        let label = name.split_once('-').map_or(name.clone(), |(_, rest)| rest.to_owned());
        Point { label, value, shown: text::value(measure, value) }
    };
    let points: Vec<_> = view.trend.iter().map(point).collect();
    let name = t.code("measure", measure.code());
    svg::trend(&t.with("trend_of", &[("measure", &name), ("place", view.place(t))]), &points)
}

fn trend_rows(view: &View, t: Text) -> Vec<(String, String)> {
    let measure = view.asked.measure;
    let row = |(period, total): &(Period, _)| {
        (t.period(*period), text::value(measure, of_total(*total, measure)))
    };
    view.trend.iter().map(row).collect()
}

fn heat(view: &View, t: Text) -> Option<Heat> {
    if view.days.is_empty() {
        return None;
    }
    let measure = view.asked.measure;
    let days: Vec<_> = view.asked.period.days().collect();
    let columns: Vec<_> = days.iter().map(|day| day.format("%-d").to_string()).collect();
    let names = view.scope.within.iter().filter(|place| view.days.contains_key(&place.code));
    let rows: Vec<_> = names
        .take(HEAT_MAX)
        .map(|place| {
            let has = view.days.get(&place.code);
            let value = |day| has.and_then(|has| has.get(day)).copied().unwrap_or(0);
            let name = t.name((&place.name, &place.name_en)).to_owned();
            (name, days.iter().map(value).collect::<Vec<i64>>())
        })
        .collect();
    let name = t.code("measure", measure.code());
    let title = t.with("heat_of", &[("measure", &name)]);
    let svg = svg::heat(&title, &columns, &rows);
    let told = |value: i64| if value == 0 { String::new() } else { text::value(measure, value) };
    let row = |(name, values): (String, Vec<i64>)| (name, values.into_iter().map(told).collect());
    Some(Heat { svg, columns, rows: rows.into_iter().map(row).collect() })
}
