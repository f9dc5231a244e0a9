//! A roll as a table: name, building, flat or card, time; one person a line. All of it is entered,
//! or nothing.

use std::collections::HashMap;

use axum::response::Response;
use chrono::{DateTime, Utc};
use linli_platform::{
    directory::Purpose,
    web::{Language, Refusal, see},
};
use uuid::Uuid;

use super::{
    State,
    ask::Ask,
    give::{desk_path, on_the_day},
    roll::Read,
    text::Text,
    who::Written,
};
use crate::{contract::Way, deciders::roll::Arrival, projections::activities::Named};

/// The most lines of one table.
const LINES_MAX: usize = 2_000;
/// The most problems that are told at once.
const TOLD_MAX: usize = 20;

/// A line of the table, trimmed.
struct Line {
    number: u64,
    cells: [String; 4],
}

/// Enters the lines of the file, or of what was pasted, as from paper.
pub(super) async fn enter(state: State, ask: Ask) -> Result<Response, Refusal> {
    let Read { named, counts, .. } = state.whole_roll(&ask).await?;
    let t = ask.text();
    let text = [ask.field("file"), ask.field("csv")].into_iter().find(|text| !text.is_empty());
    let lines = lines(text.unwrap_or_default(), t)?;
    let (mut arrivals, mut problems, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    for line in &lines {
        match state.arrival(&ask, (&named, counts.start), line).await? {
            Ok(arrival) => {
                if let Some(first) = seen.insert(arrival.resident, line.number) {
                    let first = first.to_string();
                    problems.push((line.number, t.with("csv_again", &[("line", &first)])));
                }
                arrivals.push(arrival);
            }
            Err(problem) => problems.push((line.number, problem)),
        }
    }
    if !problems.is_empty() {
        let told = problems.iter().take(TOLD_MAX).map(|(line, problem)| {
            t.with("csv_line", &[("line", &line.to_string()), ("problem", problem)])
        });
        let told: Vec<_> =
            std::iter::once(t.n("csv_refused", problems.len())).chain(told).collect();
        return Err(Refusal::invalid(told.join("\n")));
    }
    let by = (&ask.viewer, Purpose::Desk);
    let position = state.all_in(by, &named, ask.command()?, arrivals).await?;
    Ok(see(&format!("{}/paper", desk_path(&named)), position))
}

fn lines(text: &str, t: Text) -> Result<Vec<Line>, Refusal> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            Refusal::invalid(t.with("csv_unreadable", &[("why", &error.to_string())]))
        })?;
        let number = record.position().map_or(0, csv::Position::line);
        let cell = |n: usize| record.get(n).unwrap_or_default().trim().to_owned();
        let line = Line { number, cells: std::array::from_fn(cell) };
        let head = [Language::Zh, Language::En].map(|language| Text(language).get("name"));
        let is_head = lines.is_empty() && head.contains(&line.cells[0].as_str());
        if !is_head && line.cells.iter().any(|cell| !cell.is_empty()) {
            lines.push(line);
        }
    }
    match lines.len() {
        0 => Err(Refusal::invalid(t.get("csv_empty"))),
        n if n > LINES_MAX => Err(Refusal::invalid(t.n("csv_too_long", LINES_MAX))),
        _ => Ok(lines),
    }
}

impl State {
    /// Whom a line means and when they came, or what is wrong with it.
    async fn arrival(
        &self,
        ask: &Ask,
        (of, start): (&Named, DateTime<Utc>),
        line: &Line,
    ) -> Result<Result<Arrival, String>, Refusal> {
        let (t, [name, building, flat, time]) = (ask.text(), &line.cells);
        let at = if time.is_empty() {
            None
        } else {
            let Some(at) = on_the_day(time, start, of.zone) else {
                return Ok(Err(t.with("bad_time", &[("value", time)])));
            };
            Some(at)
        };
        if name.is_empty() {
            return Ok(Err(t.get("csv_nameless").to_owned()));
        }
        let written = Written { name, building, flat };
        let found: Vec<Uuid> = self.meant(ask, &of.key.community, written).await?;
        Ok(match found.as_slice() {
            [resident] => {
                let (way, proxy, staff) = (Way::Paper, None, true);
                Ok(Arrival { resident: *resident, way, at, proxy, staff })
            }
            [] => Err(t.with("nobody_called", &[("name", name)])),
            _ => Err(t.with("csv_several", &[("name", name)])),
        })
    }
}
