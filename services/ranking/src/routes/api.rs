//! Boards for other programs: JSON, CSV, and a series of days for dashboards.

use axum::{
    Extension, Json,
    extract::{Path, Query as Fields},
    http::header,
    response::{IntoResponse as _, Response},
};
use chrono::{Days, NaiveDate};
use linli_platform::web::{Refusal, Viewer};
use serde::Serialize;

use super::{
    State,
    page::unit,
    text::{self, Text},
    view::{Query, View},
};
use crate::{
    projections::{
        boards,
        compare::{self, Who},
        occurrences,
    },
    values::{Measure, Ranked},
};

/// So many days of a series are given at once.
const DAYS_MAX: i64 = 400;

/// A board as JSON. Times are in minutes; people have a name only if they consent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardJson {
    place: String,
    level: &'static str,
    measure: &'static str,
    unit: &'static str,
    period: String,
    first: NaiveDate,
    last: NaiveDate,
    per_head: bool,
    /// Groups of fewer residents have no rank.
    base_min: u32,
    /// How many residents have been anywhere.
    people: u64,
    total: TotalJson,
    lines: Vec<LineJson>,
    trend: Vec<TrendJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TotalJson {
    occurrences: i64,
    attended: i64,
    points: i64,
    minutes: i64,
    activity_minutes: i64,
    unreported: i64,
}

impl From<occurrences::Total> for TotalJson {
    fn from(total: occurrences::Total) -> Self {
        let occurrences::Total { occurrences, attended, points, minutes, .. } = total;
        let (activity_minutes, unreported) = (total.activity_minutes, total.unreported);
        Self { occurrences, attended, points, minutes, activity_minutes, unreported }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineJson {
    /// Absent: a group too small to be ranked.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
    /// The code of a place, the id of a team; absent for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    value: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<u32>,
    /// Hundredths, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_head_hundredths: Option<u64>,
}

#[derive(Serialize)]
struct TrendJson {
    period: String,
    value: i64,
}

fn unit_code(measure: Measure) -> &'static str {
    match measure {
        Measure::Points => "points",
        Measure::Attended => "attendances",
        Measure::Minutes => "person-minutes",
        Measure::ActivityMinutes => "minutes",
        Measure::Occurrences => "occurrences",
    }
}

fn line(view: &View, t: Text, line: &Ranked<Who>) -> LineJson {
    LineJson {
        rank: line.rank,
        id: match &line.line.key {
            Who::Place(code) => Some(code.clone()),
            Who::Team(id) => Some(id.to_string()),
            Who::Resident(_) => None,
        },
        name: view.name(&line.line.key, t),
        value: line.line.value,
        base: line.line.base,
        per_head_hundredths: view.per_head(line),
    }
}

pub(super) async fn json(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Json<BoardJson>, Refusal> {
    let view = state.view(&viewer, &community, &query).await?;
    let t = Text::of(&viewer);
    let asked = &view.asked;
    let trend = |(period, total): &(crate::values::Period, occurrences::Total)| TrendJson {
        period: period.to_string(),
        value: compare::of_total(*total, asked.measure),
    };
    Ok(Json(BoardJson {
        place: asked.place.clone(),
        level: asked.level.code(),
        measure: asked.measure.code(),
        unit: unit_code(asked.measure),
        period: asked.period.to_string(),
        first: asked.period.first,
        last: asked.period.last(),
        per_head: asked.per_head,
        base_min: view.board.base_min,
        people: view.people,
        total: view.total.into(),
        lines: view.board.lines.iter().map(|one| line(&view, t, one)).collect(),
        trend: view.trend.iter().map(trend).collect(),
    }))
}

/// A text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The bytes of a CSV file that a spreadsheet opens by a double click.
fn csv_of(rows: &[Vec<String>]) -> Result<Vec<u8>, Refusal> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    for row in rows {
        writer.write_record(row.iter().map(|text| cell(text))).map_err(Refusal::failed)?;
    }
    writer.into_inner().map_err(Refusal::failed)
}

pub(super) async fn csv_file(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Response, Refusal> {
    let view = state.view(&viewer, &community, &query).await?;
    let (t, asked) = (Text::of(&viewer), &view.asked);
    let measure = t.code("measure", asked.measure.code());
    let head = [
        t.get("rank").to_owned(),
        t.get("name").to_owned(),
        format!("{measure} ({})", unit(t, asked.measure)),
        t.get("by_head").to_owned(),
        t.get("base").to_owned(),
        t.get("period").to_owned(),
    ];
    let mut rows = vec![head.to_vec()];
    for line in &view.board.lines {
        let value = i64::try_from(line.line.value).unwrap_or(i64::MAX);
        let rank = line.rank.map_or(t.get("not_ranked").to_owned(), |rank| rank.to_string());
        let per_head = view.per_head(line).map(|it| text::per_head(asked.measure, it));
        rows.push(vec![
            rank,
            view.name(&line.line.key, t),
            text::value(asked.measure, value),
            per_head.unwrap_or_default(),
            line.line.base.map(|base| base.to_string()).unwrap_or_default(),
            asked.period.to_string(),
        ]);
    }
    let name = format!("{}-{}-{}.csv", asked.place, asked.level.code(), asked.period);
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned());
    let file = (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""));
    Ok(([kind, file], csv_of(&rows)?).into_response())
}

/// One value of a series: flat, so that a dashboard needs no rule to take it apart.
#[derive(Serialize)]
pub(super) struct Reading {
    /// Midnight of the day in the place's own zone.
    time: String,
    /// The code of what it is of: a place or a building.
    of: String,
    measure: &'static str,
    value: i64,
}

/// Values by day, of a place or of each of its buildings.
pub(super) async fn series(
    Extension(state): Extension<State>,
    Path(community): Path<String>,
    Fields(query): Fields<Query>,
    viewer: Viewer,
) -> Result<Json<Vec<Reading>>, Refusal> {
    let (scope, today) = state.scope(&community).await?;
    let t = Text::of(&viewer);
    let date = |name: &str, default: NaiveDate| match query.get(name).map(String::as_str) {
        None | Some("") => Ok(default),
        // A dashboard sends an instant; its first ten letters are the date.
        Some(text) => text.get(..10).and_then(|day| day.parse().ok()).ok_or_else(|| {
            Refusal::invalid(t.with("bad_choice", &[("field", name), ("value", text)]))
        }),
    };
    let month = today.checked_sub_days(Days::new(30)).unwrap_or(today);
    let (first, last) = (date("from", month)?, date("to", today)?);
    if first > last || (last - first).num_days() >= DAYS_MAX {
        return Err(Refusal::invalid(t.n("bad_range", DAYS_MAX)));
    }
    let code = query.get("measure").map_or("points", String::as_str);
    let measure = Measure::of(code).ok_or_else(|| {
        Refusal::invalid(t.with("bad_choice", &[("field", "measure"), ("value", code)]))
    })?;
    let by_building = query.get("by").map(String::as_str) == Some("building");
    let zone = state.zone(&community).await?;
    let values = state.tables.read(move |db| {
        let mut values: Vec<(NaiveDate, String, i64)> = Vec::new();
        if by_building {
            for host in scope.hosts() {
                let days = boards::between(db, host, (first, last))?;
                let value = |(building, day, has)| (day, building, compare::of_has(has, measure));
                values.extend(days.into_iter().map(value));
            }
            values.sort();
        } else {
            for (day, total) in occurrences::by_day(db, &scope.hosts(), (first, last))? {
                let value = compare::of_total(total, measure);
                values.push((day, scope.place.code.clone(), value));
            }
        }
        Ok(values)
    });
    let value = |(day, of, value): (NaiveDate, String, i64)| {
        let time = day.and_time(chrono::NaiveTime::MIN).and_local_timezone(zone).earliest();
        let time = time.map_or_else(|| day.to_string(), |time| time.to_rfc3339());
        Reading { time, of, measure: measure.code(), value }
    };
    Ok(Json(values.await?.into_iter().map(value).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_in_a_spreadsheet_and_runs_nothing() {
        let bytes = csv_of(&[vec!["名次".into(), "=1+1".into()], vec!["1".into(), "a,b".into()]]);
        let bytes = bytes.map_err(|refusal| refusal.text).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}名次,'=1+1\r\n1,\"a,b\"\r\n");
    }
}
